'use strict';
/* Bytes, text and numbers. Each has exactly one spelling (RFC 4648, strict); what is spelled otherwise is null. */

const LF = 0x0a;

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/* Regular expressions of the format's scalars, to be put together into larger ones. */
const NUMBER = '(?:0|[1-9][0-9]{0,18})';
const HASH64 = '[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=';
const HASH64URL = '[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]';
const WORD = '[A-Za-z0-9._:/@-]{1,64}';

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const latin = new TextDecoder('latin1');

function toBytes(text) {
	return encoder.encode(text);
}

/* Null when the bytes are not UTF-8. */
function toText(bytes) {
	try {
		return strictDecoder.decode(bytes);
	} catch {
		return null;
	}
}

/* Without what could turn the direction of writing or end a line: for names that whoever made the bundle chose. */
function harmless(text) {
	return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (c) => Array.from(toBytes(c), (byte) => '\\x' + encodeHex([byte])).join(''));
}

/* One character a byte: for what is ASCII, or else of no form of ours. */
function toLatin(bytes) {
	return latin.decode(bytes);
}

function sameBytes(a, b) {
	if (a.length !== b.length)
		return false;
	for (let i = 0; i < a.length; i++)
		if (a[i] !== b[i])
			return false;
	return true;
}

function beginsWith(bytes, start) {
	return bytes.length >= start.length && sameBytes(bytes.subarray(0, start.length), start);
}

function joinBytes(parts) {
	const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;

	for (const part of parts) {
		joined.set(part, at);
		at += part.length;
	}
	return joined;
}

/* ---- numbers: 0 to 2^63 - 1 ---- */

const isNumber = new RegExp(`^${NUMBER}$`);
const NUMBER_MAX = (1n << 63n) - 1n;

function parseBig(text) {
	if (!isNumber.test(text))
		return null;
	const value = BigInt(text);
	return value <= NUMBER_MAX ? value : null;
}

/* What counts entries or bytes: nothing that a browser could hold is beyond 2^53. */
function parseCount(text) {
	const value = parseBig(text);

	return value !== null && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

/* ---- base64, base64url, base32, hexadecimal ---- */

function lookup(alphabet) {
	const table = new Int8Array(128).fill(-1);

	for (let i = 0; i < alphabet.length; i++)
		table[alphabet.charCodeAt(i)] = i;
	return table;
}

const TABLE64 = lookup(BASE64);
const TABLE64URL = lookup(BASE64URL);

function decodeDigits(table, characters) {
	const out = new Uint8Array(Math.floor(characters.length * 3 / 4));
	let bits = 0, held = 0, at = 0;

	for (let i = 0; i < characters.length; i++) {
		const digit = characters[i] < 128 ? table[characters[i]] : -1;
		if (digit < 0)
			return null;
		held = held << 6 | digit;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[at++] = held >> bits;
			held &= (1 << bits) - 1;
		}
	}
	return bits < 6 && held === 0 ? out : null;
}

function decodeBase64(text) {
	if (text.length % 4 !== 0)
		return null;
	return decodeDigits(TABLE64, toBytes(text.replace(/={1,2}$/, '')));
}

/* Takes the characters as bytes. */
function decodeBase64Url(characters) {
	return decodeDigits(TABLE64URL, characters);
}

function encodeDigits(alphabet, width, bytes) {
	let text = '', bits = 0, held = 0;

	for (const byte of bytes) {
		held = held << 8 | byte;
		for (bits += 8; bits >= width;) {
			bits -= width;
			text += alphabet[held >> bits];
			held &= (1 << bits) - 1;
		}
	}
	return bits > 0 ? text + alphabet[held << (width - bits)] : text;
}

function encodeBase64(bytes) {
	return encodeDigits(BASE64, 6, bytes) + ['', '==', '='][bytes.length % 3];
}

function encodeBase64Url(bytes) {
	return encodeDigits(BASE64URL, 6, bytes);
}

function encodeBase32(bytes) {
	return encodeDigits(BASE32, 5, bytes);
}

function encodeHex(bytes) {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
