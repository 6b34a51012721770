'use strict';
/* The strict order of docs/formats/ledger.md: every entry of a whole log, or the hashes of all and the entries of a part. */

const ENTRY_TILE_MAX = TILE_WIDTH * (2 + ENTRY_MAX);

/* ---- one tile of entries with its disclosure file ---- */

/* The files of a tile are fetched while the tile before is judged. */
function fetchTile(log, index) {
	const width = tileWidth(log.size, index), paths = {
		entries: tilePath('entries', index, width),
		lines: `disclosures/${index}.jsonl`,
		hashes: tilePath(0, index, width),
	};

	if (width === 0)
		return null;
	const wanted = log.hasTile(index);
	const fetched = Promise.all([
		wanted ? log.bundle.fetch(paths.entries, ENTRY_TILE_MAX) : null,
		wanted ? log.bundle.fetch(paths.lines, DISCLOSURES_FILE_MAX) : null,
		log.isPart ? log.bundle.fetch(paths.hashes, TILE_WIDTH * 32) : null,
	]);
	fetched.catch(() => {}); // who awaits it hears of it
	return { index, width, paths, fetched, wanted };
}

async function fetchedTile(log, tile) {
	const [entries, lines, hashes] = await tile.fetched;

	if (tile.wanted && lines === null)
		await log.bundle.read(tile.paths.lines, DISCLOSURES_FILE_MAX);
	if (tile.wanted && entries === null)
		await log.bundle.read(tile.paths.entries, ENTRY_TILE_MAX);
	if (log.isPart && hashes?.length !== tile.width * 32)
		throw badFile(tile.paths.hashes, hashes === null ? 'missing' : 'tileHashes');
	return { ...tile, entries, lines, hashes };
}

/* Gives judge(bytes, seq, lines) each entry in turn; it is done when the next one is asked for. */
async function eachEntry(tile, judge) {
	const { entries, paths } = tile, lines = new Lines(tile.lines);
	let at = 0;

	for (let i = 0; i < tile.width; i++) {
		const length = entries[at] << 8 | entries[at + 1], end = at + 2 + length;
		if (at + 2 > entries.length || length > ENTRY_MAX || end > entries.length)
			throw badFile(paths.entries, 'tileEntries');
		const later = judge(entries.subarray(at + 2, end), tile.index * TILE_WIDTH + i, lines);
		if (later)
			await later;
		at = end;
	}
	if (at !== entries.length)
		throw badFile(paths.entries, 'tileEntries');
	if (!lines.isAtEnd())
		throw badFile(paths.lines, 'lineTooMany');
}

/* ---- a whole log ---- */

async function turnEpoch(log, entry, body) {
	const closing = await log.readClosing(log.epochs - 1);

	if (closing.size !== entry.at || !sameBytes(closing.root, log.tree.root()))
		throw badFile(closing.path, 'closingRoot', entry.at);
	const next = await log.readCertificate(log.epochs);
	log.checkEpochBody(entry, body, next.hash);
	log.closings.set(closing.size, log.epochs - 1);
	log.key = next;
}

/* Returns a promise only where an epoch turns or a tile is full: most entries need no waiting. A full tile is compared
 * when the entry after it was judged: were its last entry changed, that one would have told. */
function judgeEntry(log, bytes, seq, lines, path) {
	const entry = parseEntry(bytes, seq);

	if (!sameBytes(entry.prev, log.prev))
		return log.blameLast(badEntry(seq, 'entryPrev'));
	log.checkEpoch(entry);
	const body = log.checkDisclosures(entry, lines, path);
	if (seq === 0)
		log.checkEpochBody(entry, body, log.genesis.hash);
	log.heed(entry, body);
	const settle = () => {
		log.append(entry.leaf);
		log.report.entriesChecked++;
		log.report.epochs = log.epochs;
		return log.tree.size % TILE_WIDTH === 1 ? log.compareTiles() : null;
	};
	if (entry.type !== 'epoch' || seq === 0)
		return settle();
	return turnEpoch(log, entry, body).then(settle);
}

async function walkWhole(log, progress) {
	let next = fetchTile(log, 0);

	while (next !== null) {
		const tile = await fetchedTile(log, next);
		next = fetchTile(log, tile.index + 1);
		await eachEntry(tile, (bytes, seq, lines) => judgeEntry(log, bytes, seq, lines, tile.paths.lines));
		await progress(log.tree.size, log.size);
	}
}

/* ---- a part of a log ---- */

/* All certificates and closing checkpoints; their roots are asked of the tree while it grows. */
async function readAllEpochs(log) {
	const epochs = [{ from: 0, hash: log.genesis.hash }];

	log.epochs = log.report.epochs = 1;
	while (log.bundle.has(`epochs/${log.epochs + 1}.note`)) {
		const closing = await log.readClosing(log.epochs);
		if (closing.size <= epochs.at(-1).from || closing.size >= log.size)
			throw badFile(closing.path, 'closingOrder');
		const next = await log.readCertificate(log.epochs + 1);
		log.whenSizeIs(closing.size, (root) => {
			if (!sameBytes(root, closing.root))
				throw badFile(closing.path, 'closingRoot', closing.size);
		});
		epochs.push({ from: closing.size, hash: next.hash });
		log.closings.set(closing.size, log.epochs);
		log.key = next;
		log.report.epochs = ++log.epochs;
	}
	return epochs;
}

/* The epoch rules of a part: the closing checkpoints say where epochs begin. */
class PartEpochs {
	constructor(epochs) {
		this.epochs = epochs;
		this.running = 0;
		this.boot = null;
	}

	check(entry) {
		while (this.epochs[this.running]?.from <= entry.at)
			this.running++;
		const begins = this.epochs[this.running - 1].from === entry.at;

		if (entry.epoch !== String(this.running) || begins !== (entry.type === 'epoch'))
			throw badEntry(entry.at, 'entryEpoch');
		if (entry.at === 0 ? entry.boot !== 1n : !this.bootFollows(entry, begins))
			throw badEntry(entry.at, 'entryBoot');
		this.boot = entry.boot;
	}

	bootFollows(entry, begins) {
		return this.boot === null || entry.boot === this.boot || begins && entry.boot === this.boot + 1n;
	}

	/* Of the note that the running epoch began with. */
	hash() {
		return this.epochs[this.running - 1].hash;
	}
}

function judgePartEntry(log, epochs, bytes, seq, lines, path, leaf) {
	const entry = parseEntry(bytes, seq);

	if (!sameBytes(entry.prev, log.prev))
		throw badEntry(seq, 'entryPrev');
	epochs.check(entry);
	if (!sameBytes(entry.leaf, leaf))
		throw badEntry(seq, 'entryLeaf');
	const body = log.checkDisclosures(entry, lines, path);
	if (entry.type === 'epoch')
		log.checkEpochBody(entry, body, epochs.hash());
	log.heed(entry, body);
	log.append(leaf);
	log.report.entriesChecked++;
}

async function walkPart(log, progress) {
	const epochs = new PartEpochs(await readAllEpochs(log));
	let next = fetchTile(log, 0);

	while (next !== null) {
		const tile = await fetchedTile(log, next);
		const leaf = (i) => tile.hashes.subarray(32 * i, 32 * i + 32);
		next = fetchTile(log, tile.index + 1);
		if (tile.wanted)
			await eachEntry(tile, (bytes, seq, lines) =>
				judgePartEntry(log, epochs, bytes, seq, lines, tile.paths.lines, leaf(seq % TILE_WIDTH)));
		for (let i = 0; !tile.wanted && i < tile.width; i++)
			log.append(leaf(i));
		await log.compareTiles();
		await progress(log.tree.size, log.size);
	}
}
