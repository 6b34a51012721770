'use strict';
/* The files of a bundle, whether they come from a folder or a ZIP file, and which of them may be there. */

const SMALL_ZIP = 32 << 20;

class Bundle {
	/* `parts` by their paths. */
	constructor(parts) {
		this.parts = parts;
	}

	/* A ZIP file, or the files of a folder by their paths in it. */
	static async open(source) {
		if (source instanceof Map)
			return new Bundle(new Map(Array.from(source, ([path, file]) => [path, blobPart(file)])));
		const whole = source.size <= SMALL_ZIP;
		return new Bundle(await openZip(whole ? memoryPart(new Uint8Array(await source.arrayBuffer())) : blobPart(source)));
	}

	refuseDeeper() {
		refuseDeeper(Array.from(this.parts.keys()));
	}

	has(path) {
		return this.parts.has(path);
	}

	async read(path, limit = NOTE_MAX) {
		const part = this.parts.get(path);

		if (part === undefined)
			throw badFile(path, 'missing');
		if (part.size > limit)
			throw badFile(path, 'long');
		return part.read(0, part.size);
	}

	/* Nothing for a file that is not there or too long: the one who asks for it in earnest will say so. */
	async fetch(path, limit) {
		const part = this.parts.get(path);

		return part !== undefined && part.size <= limit ? part.read(0, part.size) : null;
	}

	async hash(path) {
		const part = this.parts.get(path), hasher = new Sha256();

		for (let at = 0; at < part.size; at += CHUNK)
			hasher.add(await part.read(at, Math.min(at + CHUNK, part.size)));
		return encodeHex(hasher.end());
	}
}

/* ---- paths ---- */

/* Whoever packs a folder, or unpacks into one, easily has a folder around the bundle. */
function refuseDeeper(paths) {
	if (!paths.includes('genesis.note') && paths.some((path) => /^[^/]+\/genesis\.note$/.test(path)))
		throw cannotTell('deeper');
}

function hashesOfLevel(size, level) {
	return Math.floor(size / TILE_WIDTH ** level);
}

/* How many hashes tile `index` holds of `hashes` in its level; 0 when there is no such tile. */
function tileWidth(hashes, index) {
	return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

function tilePath(level, index, width) {
	const digits = String(index), groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.../g);
	const path = groups.map((group, i) => i < groups.length - 1 ? 'x' + group : group).join('/');

	return `tile/${level}/${path}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

function isTilePath(path, log) {
	const parts = /^tile\/([0-7]|entries)\/([x0-9/]+)/.exec(path);
	const index = parts ? parseCount(parts[2].replace(/[x/]/g, '').replace(/^0+(?=[0-9])/, '')) : null;

	if (index === null)
		return false;
	const isEntries = parts[1] === 'entries';
	const width = tileWidth(isEntries ? log.size : hashesOfLevel(log.size, Number(parts[1])), index);
	return width > 0 && path === tilePath(parts[1], index, width) && (!isEntries || log.hasTile(index));
}

const FOLDERS = [
	[/^checkpoints\/(.*)$/, (k, log) => k >= 1 && k < log.epochs],
	[/^disclosures\/(.*)\.jsonl$/, (n, log) => tileWidth(log.size, n) > 0 && log.hasTile(n)],
	[/^epochs\/(.*)\.note$/, (k, log) => k >= 2 && k <= log.epochs],
	[/^proofs\/(.*)\.tlog-proof$/, (seq, log) => seq < log.size],
	[/^witnessed\/(.*)$/, (size, log) => size === log.size || log.closings.has(size)],
];

function isInItsPlace(path, log) {
	for (const [form, fits] of FOLDERS) {
		const number = parseCount(form.exec(path)?.[1] ?? '');
		if (number !== null)
			return fits(number, log);
	}
	return isTilePath(path, log);
}

const PARTS = ['checkpoint', 'checkpoint.log', 'genesis.note', 'policy', 'range'];

/* part, stray, blob, encrypted, stamp, unsigned or foreign. `log` knows size, epochs, closings (by size) and hasTile(index). */
function classify(path, log) {
	if (PARTS.includes(path))
		return 'part';
	if (path.slice(path.lastIndexOf('/') + 1).startsWith('.'))
		return 'foreign';
	if (/^(?:checkpoints|disclosures|epochs|proofs|tile|witnessed)\//.test(path))
		return isInItsPlace(path, log) ? 'part' : 'stray';
	if (/^blobs\/[0-9a-f]{64}$/.test(path))
		return 'blob';
	if (/^blobs\/[0-9a-f]{64}\.age$/.test(path))
		return 'encrypted';
	if (/^[^/]+\.tsr$/.test(path))
		return 'stamp';
	return path === 'README.txt' || path === 'summary.pdf' ? 'unsigned' : 'foreign';
}
