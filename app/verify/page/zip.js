'use strict';
/* A bundle as one ZIP file: nothing packed, nothing encrypted, one way to read it. */

const ZIP_LOCAL = 0x04034b50;
const ZIP_CENTRAL = 0x02014b50;
const ZIP_END = 0x06054b50;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP_END_SIZE = 22;
const ZIP_LOCAL_SIZE = 30;
const ZIP_CENTRAL_SIZE = 46;
const DIRECTORY_MAX = 1 << 30;
const CHUNK = 1 << 20;

/* A part is { size, read(from, to) }: bytes that are fetched when they are needed. */
function blobPart(blob) {
	return {
		size: blob.size,
		read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
	};
}

function memoryPart(bytes) {
	return { size: bytes.length, read: async (from, to) => bytes.subarray(from, to) };
}

function partOf(part, from, size) {
	return { size, read: (start, end) => part.read(from + start, from + Math.min(end, size)) };
}

/* Little-endian numbers; reading past the end is a fault of the envelope. */
class ZipRecord {
	constructor(bytes, signature) {
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		if (bytes.length < 4 || this.long(0) !== signature)
			throw new Fault('bad', ['zipBroken']);
	}

	need(at, size) {
		if (at + size > this.bytes.length)
			throw new Fault('bad', ['zipBroken']);
		return at;
	}

	short(at) {
		return this.view.getUint16(this.need(at, 2), true);
	}

	long(at) {
		return this.view.getUint32(this.need(at, 4), true);
	}

	huge(at) {
		const value = this.view.getBigUint64(this.need(at, 8), true);

		if (value > BigInt(Number.MAX_SAFE_INTEGER))
			throw new Fault('bad', ['zipBroken']);
		return Number(value);
	}
}

/* Where the central directory lies: { count, size, offset }. */
async function findDirectory(zip) {
	const at = zip.size - ZIP_END_SIZE;
	const end = new ZipRecord(await zip.read(Math.max(at, 0), zip.size), ZIP_END);
	const found = { count: end.short(10), size: end.long(12), offset: end.long(16) };

	if (end.short(20) !== 0)
		throw new Fault('bad', ['zipBroken']);
	if (found.count !== 0xffff && found.size !== 0xffffffff && found.offset !== 0xffffffff)
		return found;
	const locator = new ZipRecord(await zip.read(Math.max(at - 20, 0), at), ZIP64_LOCATOR);
	const large = new ZipRecord(await zip.read(locator.huge(8), at), ZIP64_END);
	return { count: large.huge(32), size: large.huge(40), offset: large.huge(48) };
}

/* The sizes and the offset of a member, which ZIP64 keeps in a field of its own when they are large. */
function memberPlace(record, at, extra, extraEnd) {
	const place = { packed: record.long(at + 20), size: record.long(at + 24), offset: record.long(at + 42) };

	for (let field = extra; field + 4 <= extraEnd; field += 4 + record.short(field + 2)) {
		if (record.short(field) !== 1)
			continue;
		let value = field + 4;
		for (const name of ['size', 'packed', 'offset']) {
			if (place[name] === 0xffffffff) {
				place[name] = record.huge(value);
				value += 8;
			}
		}
		break;
	}
	return place;
}

function isMemberName(name) {
	return name !== '' && !name.startsWith('/') && !name.includes('..') && !/[\\\x00-\x1f]/.test(name);
}

/* All members in the order of the directory: { name, rawName, flags, method, crc, packed, size, offset }. */
function parseDirectory(bytes, count) {
	const members = [];
	let at = 0;

	for (let i = 0; i < count; i++) {
		const record = new ZipRecord(bytes.subarray(at), ZIP_CENTRAL);
		const extra = ZIP_CENTRAL_SIZE + record.short(28), comment = extra + record.short(30);
		const next = record.need(comment + record.short(32), 0);
		const rawName = record.bytes.subarray(ZIP_CENTRAL_SIZE, extra);
		members.push({
			name: toText(rawName) ?? toLatin(rawName), rawName, flags: record.short(8), method: record.short(10),
			crc: record.long(16), ...memberPlace(record, 0, extra, comment),
		});
		at += next;
	}
	if (at !== bytes.length)
		throw new Fault('bad', ['zipBroken']);
	return members;
}

/* ---- CRC-32 ---- */

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
	for (let bit = 0; bit < 8; bit++)
		byte = byte & 1 ? byte >>> 1 ^ 0xedb88320 : byte >>> 1;
	return byte;
});

async function crcOf(part) {
	let crc = -1;

	for (let at = 0; at < part.size; at += CHUNK) {
		const bytes = await part.read(at, Math.min(at + CHUNK, part.size));
		for (let i = 0; i < bytes.length; i++)
			crc = CRC[(crc ^ bytes[i]) & 0xff] ^ crc >>> 8;
	}
	return ~crc >>> 0;
}

/* ---- members ---- */

async function memberPart(zip, member) {
	const fixed = member.offset + ZIP_LOCAL_SIZE;
	const local = new ZipRecord(await zip.read(member.offset, fixed), ZIP_LOCAL);
	const name = await zip.read(fixed, fixed + local.short(26));
	const part = partOf(zip, fixed + local.short(26) + local.short(28), member.size);

	if (member.method !== 0 || member.flags & 1 || member.packed !== member.size)
		throw badFile(member.name, 'zipPacked');
	if (!sameBytes(name, member.rawName) || await crcOf(part) !== member.crc)
		throw badFile(member.name, 'zipMember');
	return part;
}

/* The parts of a bundle by their paths. */
async function openZip(zip) {
	const parts = new Map();

	if (zip.size < 4 || !sameBytes(await zip.read(0, 4), [0x50, 0x4b, 3, 4]))
		throw cannotTell('noZip');
	const { count, size, offset } = await findDirectory(zip);
	if (size > DIRECTORY_MAX || offset + size > zip.size)
		throw new Fault('bad', ['zipBroken']);
	for (const member of parseDirectory(await zip.read(offset, offset + size), count)) {
		if (!isMemberName(member.name))
			throw badFile(member.name, 'zipName');
		if (member.name.endsWith('/'))
			continue;
		if (parts.has(member.name))
			throw badFile(member.name, 'zipTwice');
		parts.set(member.name, await memberPart(zip, member));
	}
	return parts;
}
