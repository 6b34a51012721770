'use strict';
/* What people wrote, beside the entries: lines of a disclosure file, and the values that commitments stand for. */

const DISCLOSURE_MAX = 87448;
const DISCLOSURES_FILE_MAX = TILE_WIDTH * SD_NAMES.length * (DISCLOSURE_MAX + 128);

/* The lines of a file of ASCII. A last line without its LF is none. */
class Lines {
	constructor(bytes) {
		this.bytes = bytes;
		this.at = 0;
	}

	/* Null at the end. */
	next() {
		const end = this.bytes.indexOf(LF, this.at);

		if (end < 0)
			return null;
		const line = this.bytes.subarray(this.at, end);
		this.at = end + 1;
		return line;
	}

	isAtEnd() {
		return this.at === this.bytes.length;
	}
}

/* { status, characters } of the line that belongs to `name` of entry `seq`; null when it has none of the three forms. */
function parseDisclosureLine(line, seq, name) {
	const head = `{"seq":${seq},"name":"${name}",`, value = head.length + '"disclosure":"'.length;
	const start = toLatin(line.subarray(0, value)), end = toLatin(line.subarray(-2));

	if (!start.startsWith(head))
		return null;
	if (start.endsWith('"disclosure":"') && end === '"}' && line.length >= value + 2 && line.length <= value + 2 + DISCLOSURE_MAX)
		return { status: 'disclosed', characters: line.subarray(value, -2) };
	const status = /^"status":"(withheld|redacted)"}$/.exec(toLatin(line.subarray(head.length)));
	return status && { status: status[1] };
}

/* The bytes of the value, or null: the string is one that the writer could have made for this name. */
function openDisclosure(characters, name) {
	const array = decodeBase64Url(characters);
	const head = `["${'.'.repeat(22)}","${name}",`.length;

	if (array === null || array.length <= head || array[array.length - 1] !== 0x5d)
		return null;
	const start = toLatin(array.subarray(0, head)), salt = start.slice(2, 24);
	if (start !== `["${salt}","${name}",` || decodeBase64Url(toBytes(salt)) === null)
		return null;
	return array.subarray(head, -1);
}

/* ---- JSON (RFC 8259) ---- */

/* A number that is not one of the format (5.0, 5e0, -0, 2^63) is kept apart: it stands for no seq and no size. */
function keepSpelling(key, value, { source }) {
	const isOther = typeof value === 'number' && (!isNumber.test(source) || BigInt(source) > NUMBER_MAX);
	return isOther ? { spelled: source } : value;
}

const ESCAPED_NUL = /(?:^|[^\\])(?:\\\\)*\\u0000/;

const STRING = /"(?:[^"\\]|\\.)*"/g;
const INT64_MIN = -(1n << 63n);

/* 64 bits hold each number of a JSON text: one without fraction and exponent as an integer. Asked of the text, because of
 * two members of one name only the last is read. */
function numbersFit(text) {
	const numbers = text.replace(STRING, '""').match(/-?[0-9][0-9.eE+-]*/g) ?? [];

	return numbers.every((one) => (/[.eE]/.test(one) ? Number.isFinite(Number(one)) : BigInt(one) >= INT64_MIN && BigInt(one) <= NUMBER_MAX));
}

/* Undefined when the bytes are not JSON. */
function parseJson(bytes) {
	const text = toText(bytes);

	if (text === null || ESCAPED_NUL.test(text))
		return undefined;
	try {
		const value = JSON.parse(text, keepSpelling);
		return numbersFit(text) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isObject(value) {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/* A member that the object itself has. */
function member(object, name) {
	return isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

/* ---- what bodies mean ---- */

function redactionKey(seq, name, digest) {
	return `${seq} ${name} ${digest}`;
}

/* What a body erases, as redactionKey; null when it erases nothing. */
function redactionOf(body) {
	const approvers = member(body, 'approved_by');

	if (member(body, 'act') !== 'redaction' || !Array.isArray(approvers))
		return null;
	if (new Set(approvers.filter((one) => typeof one === 'string')).size < 2)
		return null;
	const [seq, name, digest] = ['seq', 'name', 'digest'].map((one) => member(body, one));
	return typeof seq === 'number' && typeof digest === 'string' ? redactionKey(seq, name, digest) : null;
}

function policyOf(body) {
	const policy = member(body, 'policy');

	return member(body, 'act') === 'policy.set' && typeof policy === 'string' ? policy : null;
}

const isBlobName = /^[0-9a-f]{64}$/;

/* Names of stored files in a `files` value. */
function blobsOf(value) {
	const files = parseJson(value);

	if (!Array.isArray(files))
		return [];
	return files.map((file) => member(file, 'sha256')).filter((name) => typeof name === 'string' && isBlobName.test(name));
}

/* The logs before this one; null when `continues` is there and is anything else. */
function continuesOf(body, origin) {
	const list = member(body, 'continues');

	if (list === undefined)
		return [];
	return Array.isArray(list) && list.every((one) => isEarlier(one, origin)) ? list : null;
}

function isEarlier(one, origin) {
	const end = origin.lastIndexOf('/') + 1, named = member(one, 'origin');

	if (typeof named !== 'string' || !isOrigin(named) || named.slice(0, end) !== origin.slice(0, end))
		return false;
	const size = member(one, 'size');
	return BigInt(named.slice(end)) < BigInt(origin.slice(end)) && typeof size === 'number' && size >= 1 &&
		[member(one, 'root'), member(one, 'genesis')].every((hash) => typeof hash === 'string' && isHash64.test(hash));
}
