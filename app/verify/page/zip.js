'use strict';
/* A bundle as one ZIP file: nothing packed, nothing encrypted, one way to read it. */

const ZIP_LOCAL = { signature: 0x04034b50, size: 30, common: 6 };
const ZIP_RECORD = { signature: 0x02014b50, size: 46, common: 8 };
const ZIP_END = { signature: 0x06054b50, size: 22 };
const ZIP64_LOCATOR = { signature: 0x07064b50, size: 20 };
const ZIP64_END = { signature: 0x06064b50, size: 56 };
const ZIP_FULL = 0xffffffff;
const ZIP_FULL_SHORT = 0xffff;
const EXTRA_ZIP64 = 0x0001;
const EXTRA_OTHER_NAME = 0x7075;
const FLAGS_OF_OTHERS = 1 | 1 << 3 | 1 << 6 | 1 << 13; // encrypted in three ways, sizes after the data
const NAME_MAX = 1024;
const EXTRA_MAX = 1024;
const DIRECTORY_MAX = 1 << 30;
const CHUNK = 1 << 20;

/* ---- parts: { size, read(from, to) }, bytes that are fetched when they are needed ---- */

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

/* For small reads one after the other: a large piece is fetched at a time. */
function windowOf(part) {
	let begin = 0, held = new Uint8Array(0);

	return {
		size: part.size,
		read: async (from, to) => {
			if (from < begin || Math.min(to, part.size) > begin + held.length) {
				begin = from;
				held = await part.read(from, Math.max(to, from + 8 * CHUNK));
			}
			return held.subarray(from - begin, to - begin);
		},
	};
}

/* ---- records ---- */

function zipBroken() {
	return badFile('ZIP', 'zipBroken');
}

/* Little-endian numbers of a record that begins with its signature; reading past the end is a fault of the envelope. */
class ZipRecord {
	constructor(bytes, { signature, size }) {
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		if (bytes.length < size || signature !== null && this.long(0) !== signature)
			throw zipBroken();
	}

	within(at, size) {
		if (at + size > this.bytes.length)
			throw zipBroken();
		return at;
	}

	short(at) {
		return this.view.getUint16(this.within(at, 2), true);
	}

	long(at) {
		return this.view.getUint32(this.within(at, 4), true);
	}

	huge(at) {
		const value = this.view.getBigUint64(this.within(at, 8), true);

		if (value > BigInt(Number.MAX_SAFE_INTEGER))
			throw zipBroken();
		return Number(value);
	}

	slice(from, to) {
		return this.bytes.subarray(from, this.within(to, 0));
	}
}

/* Where the directory lies, by the end record and, where there is one, the ZIP64 end record before it. */
async function findDirectory(zip) {
	const at = zip.size - ZIP_END.size, end = new ZipRecord(await zip.read(Math.max(at, 0), zip.size), ZIP_END);
	const found = { count: end.short(10), size: end.long(12), offset: end.long(16), end: at };

	if (end.short(4) !== 0 || end.short(6) !== 0 || end.short(8) !== found.count || end.short(20) !== 0)
		throw zipBroken();
	const before = await zip.read(Math.max(at - ZIP64_LOCATOR.size - ZIP64_END.size, 0), at);
	const tail = before.subarray(-ZIP64_LOCATOR.size);
	if (before.length === ZIP64_LOCATOR.size + ZIP64_END.size && new DataView(tail.buffer, tail.byteOffset).getUint32(0, true) ===
	    ZIP64_LOCATOR.signature)
		return findLargeDirectory(found, before, at - before.length);
	return found;
}

/* The ZIP64 records agree with the end record in all that is not given up there. */
function findLargeDirectory(small, bytes, at) {
	const end = new ZipRecord(bytes, ZIP64_END), locator = new ZipRecord(bytes.subarray(ZIP64_END.size), ZIP64_LOCATOR);
	const found = { count: end.huge(32), size: end.huge(40), offset: end.huge(48), end: at };
	const fits = (name, full) => small[name] === full || small[name] === found[name];

	if (end.huge(4) !== ZIP64_END.size - 12 || end.long(16) !== 0 || end.long(20) !== 0 || end.huge(24) !== found.count ||
	    locator.long(4) !== 0 || locator.huge(8) !== at || locator.long(16) !== 1)
		throw zipBroken();
	if (!fits('count', ZIP_FULL_SHORT) || !fits('size', ZIP_FULL) || !fits('offset', ZIP_FULL))
		throw zipBroken();
	return found;
}

/* The ZIP64 field holds exactly the numbers that are all ones in the header, in this order. */
function takeExtra(header) {
	const { extra } = header;
	const full = ['size', 'packed', 'offset'].filter((name) => header[name] === ZIP_FULL);
	let isAwaited = full.length > 0, next = 0;

	for (let at = 0; at < extra.length; at = next) {
		const field = new ZipRecord(extra.subarray(at), { signature: null, size: 4 });
		next = at + 4 + field.short(2);
		field.within(4, next - at - 4);
		if (field.short(0) === EXTRA_OTHER_NAME)
			throw zipBroken();
		if (field.short(0) !== EXTRA_ZIP64)
			continue;
		if (!isAwaited || next - at - 4 !== 8 * full.length)
			throw zipBroken();
		full.forEach((name, i) => { header[name] = field.huge(4 + 8 * i); });
		isAwaited = false;
	}
	if (isAwaited)
		throw zipBroken();
	return header;
}

/* What a directory record and a local header have in common; `length` is how long the header is without a comment,
 * `extra` what takeExtra has to look at. */
function parseHeader(bytes, kind) {
	const record = new ZipRecord(bytes, kind), at = kind.common;
	const name = kind.size + record.short(at + 20), end = name + record.short(at + 22);
	const header = {
		flags: record.short(at), method: record.short(at + 2), crc: record.long(at + 8), packed: record.long(at + 12),
		size: record.long(at + 16), rawName: record.slice(kind.size, name), extra: record.slice(name, end), length: end,
	};

	if (kind === ZIP_RECORD)
		Object.assign(header, { offset: record.long(42), disk: record.short(34), comment: record.short(32) });
	if (header.rawName.length > NAME_MAX || header.extra.length > EXTRA_MAX)
		throw zipBroken();
	record.within(end, header.comment ?? 0);
	return header;
}

/* What another program packed is said before anything is said of a member. */
function parseDirectory(bytes, count) {
	const members = [];
	let at = 0;

	while (at < bytes.length) {
		const member = parseHeader(bytes.subarray(at), ZIP_RECORD);
		if (member.disk !== 0)
			throw zipBroken();
		if (member.method !== 0 || member.flags & FLAGS_OF_OTHERS)
			throw cannotTell('zipPacked');
		members.push({ ...member, name: toText(member.rawName) ?? toLatin(member.rawName) });
		at += member.length + member.comment;
	}
	if (members.length !== count)
		throw zipBroken();
	refuseDeeper(members.map(({ name }) => name));
	return members;
}

/* A relative path whose every part is a name of its own; the last may be empty, which makes it a folder. */
function isMemberName({ name, rawName }) {
	const parts = name.split('/'), last = parts.pop();

	if (name === '' || last === '.' || /\.\.|[\\\x00-\x1f]/.test(name))
		return false;
	return !parts.includes('') && !parts.includes('.');
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

/* Whatever is wrong with the header of a member is said of the member. */
async function ofMember({ name }, work) {
	try {
		return await work();
	} catch (error) {
		throw error instanceof Fault ? badFile(name || 'ZIP', 'zipMember') : error;
	}
}

/* Where the bytes of a member begin, behind its local header, and end. */
async function placeOf(zip, member, directory) {
	const { name, flags, method, packed, size, offset, crc } = takeExtra(member);

	if (packed !== size || name.endsWith('/') && size > 0 || offset >= directory)
		throw zipBroken();
	const room = Math.min(directory, offset + ZIP_LOCAL.size + NAME_MAX + EXTRA_MAX);
	const local = takeExtra(parseHeader(await zip.read(offset, room), ZIP_LOCAL)), start = offset + local.length;
	if (local.flags !== flags || local.method !== method || local.packed !== packed || local.size !== size ||
	    local.crc !== crc || !sameBytes(local.rawName, member.rawName) || start + size > directory)
		throw zipBroken();
	return { ...member, start, end: start + size };
}

/* In the order in which they lie in the file. */
async function placeMembers(zip, members, directory) {
	const names = new Set(), placed = [];

	for (const member of members.sort((a, b) => a.offset - b.offset)) {
		if (!isMemberName(member))
			throw badFile(member.name || 'ZIP', 'zipName');
		placed.push(await ofMember(member, () => placeOf(zip, member, directory)));
		if (names.has(member.name))
			throw badFile(member.name, 'zipTwice');
		names.add(member.name);
	}
	return placed;
}

/* The parts of a bundle by their paths. The members fill the file up to the directory, and that up to the end. */
async function openZip(zip) {
	const parts = new Map(), sequential = windowOf(zip);
	let filled = 0;

	if (zip.size < 4 || !sameBytes(await zip.read(0, 4), [0x50, 0x4b, 3, 4]))
		throw cannotTell('noZip');
	const { count, size, offset, end } = await findDirectory(zip);
	if (size > DIRECTORY_MAX || offset + size !== end)
		throw zipBroken();
	const members = await placeMembers(sequential, parseDirectory(await zip.read(offset, end), count), offset);
	for (const member of members) {
		if (member.offset !== filled)
			throw badFile('ZIP', 'zipGap');
		filled = member.end;
	}
	if (filled !== offset)
		throw badFile('ZIP', 'zipGap');
	for (const { name, start, size, crc } of members) {
		if (await crcOf(partOf(sequential, start, size)) !== crc)
			throw badFile(name, 'zipSum');
		if (!name.endsWith('/'))
			parts.set(name, partOf(zip, start, size));
	}
	return parts;
}
