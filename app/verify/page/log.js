'use strict';
/* What a verifier knows of a log while it reads a bundle, and the rules of docs/formats/ledger.md about single things:
 * genesis, checkpoint, an entry's place, its disclosures, the turn of an epoch, hash tiles. walk.js puts them in order. */

const GENESIS_CODE_MIN = 20;

class Log {
	constructor(bundle, report) {
		this.bundle = bundle;
		this.report = report;
		this.tree = new Tree((level, hash) => this.takeHash(level, hash));
		this.tiles = [];         // of each level: the hashes that await their tile's end
		this.finishedTiles = []; // await their comparison
		this.prev = sha256();
		this.epochs = 0;
		this.boot = 0n;
		this.key = null;         // of the running epoch, and the hash of the note that names it
		this.closings = new Map(); // epochs by the size of their closing checkpoints
		this.marks = new Map();  // what to ask of the tree when it has a size
		this.awaiting = new Map(); // entries with redacted disclosures, by what their redaction must say
		this.pins = [];          // what the auditor knows, asked last
		this.policy = null;
		this.continues = [];
	}

	hasTile(index) {
		return index >= this.from / TILE_WIDTH && index < this.to / TILE_WIDTH;
	}

	/* ---- genesis, checkpoint, range ---- */

	async readGenesis(codes) {
		const genesis = await parseGenesis(await this.bundle.read('genesis.note'));

		if (genesis === null)
			throw badFile('genesis.note', 'genesisForm');
		this.genesis = genesis;
		this.key = { key: genesis.first, hash: genesis.hash };
		this.report.origin = genesis.origin;
		this.report.genesis = encodeBase32(genesis.hash);
		if (!codes.every((code) => this.report.genesis.startsWith(code)))
			throw badFile('genesis.note', 'genesisForeign');
	}

	async readCheckpoint() {
		const own = await this.bundle.read('checkpoint.log'), all = await this.bundle.read('checkpoint');
		const head = parseCheckpoint(own, this.genesis.origin);

		if (head === null || head.size === 0)
			throw badFile('checkpoint.log', 'checkpointForm');
		Object.assign(this, { head, size: head.size, from: 0, to: head.size, checkpoint: all });
		this.report.size = head.size;
		this.report.root = head.root;
		this.cosignatures = this.linesAfter(own, all);
		if (this.cosignatures === null)
			throw badFile('checkpoint', 'checkpointWitnessed');
	}

	/* The signature lines that `all` has after the bytes of `own`; null when it is anything else. */
	linesAfter(own, all) {
		const note = beginsWith(all, own) ? parseNote(all) : null;

		return note !== null && note.bytes.length < own.length ? note.signatures.slice(2) : null;
	}

	async readRange() {
		if (!this.bundle.has('range'))
			return;
		const text = toLatin(await this.bundle.read('range'));
		const [from, to] = new RegExp(`^from (${NUMBER})\nto (${NUMBER})\n$`).exec(text)?.slice(1).map(parseCount) ?? [];
		const isPart = from > 0 || to < this.size;

		if (!(from < to) || to > this.size || !isPart || from % TILE_WIDTH !== 0)
			throw badFile('range', 'rangeForm');
		if (to % TILE_WIDTH !== 0 && to !== this.size)
			throw badFile('range', 'rangeForm');
		Object.assign(this, { from, to, isPart });
	}

	/* ---- hash tiles ---- */

	takeHash(level, hash) {
		if (level === 0 && this.isPart)
			return; // it came from there
		const tile = this.tiles[level] ??= { level, index: 0, hashes: [] };

		tile.hashes.push(hash);
		if (tile.hashes.length === TILE_WIDTH)
			this.finishTile(tile);
	}

	finishTile(tile) {
		this.finishedTiles.push(tile);
		this.tiles[tile.level] = { level: tile.level, index: tile.index + 1, hashes: [] };
	}

	async compareTiles() {
		for (const tile of this.finishedTiles.splice(0)) {
			const path = tilePath(tile.level, tile.index, tile.hashes.length);
			if (!sameBytes(await this.bundle.read(path), joinBytes(tile.hashes)))
				throw badFile(path, 'tileHashes');
		}
	}

	async compareLastTiles() {
		await this.compareTiles();
		this.tiles.filter((tile) => tile.hashes.length > 0).forEach((tile) => this.finishTile(tile));
		await this.compareTiles();
	}

	/* Where the last entry and what follows it contradict each other, its hash tile tells which was changed. */
	async blameLast(fault) {
		const last = this.tree.size - 1, tile = Math.floor(last / TILE_WIDTH), at = 32 * (last % TILE_WIDTH);
		const path = tilePath(0, tile, tileWidth(this.size, tile));
		const hashes = !this.isPart && last >= 0 && this.bundle.has(path) ? await this.bundle.read(path) : null;

		if (hashes === null || hashes.length < at + 32 || sameBytes(hashes.subarray(at, at + 32), this.prev))
			throw fault;
		throw badEntry(last, 'entryChanged');
	}

	append(leaf) {
		this.tree.append(leaf);
		this.prev = leaf;
		if (!this.marks.has(this.tree.size))
			return;
		const root = this.tree.root();
		this.marks.get(this.tree.size).forEach((ask) => ask(root));
	}

	whenSizeIs(size, ask) {
		this.marks.set(size, [...this.marks.get(size) ?? [], ask]);
	}

	/* ---- epochs ---- */

	async readCertificate(epoch) {
		const path = `epochs/${epoch}.note`;
		const next = await parseCertificate(await this.bundle.read(path), epoch, this.key, this.genesis);

		if (next === null)
			throw badFile(path, 'certificate');
		return next;
	}

	/* The closing checkpoint of the running epoch. */
	async readClosing(epoch) {
		const path = `checkpoints/${epoch}`;
		const closing = parseCheckpoint(await this.bundle.read(path), this.genesis.origin);

		if (closing === null || !await signedExactlyBy(closing.note, this.key.key, this.genesis.identity))
			throw badFile(path, 'closingForm');
		return { ...closing, path };
	}

	async checkHead() {
		if (!await signedExactlyBy(this.head.note, this.key.key, this.genesis.identity))
			throw badFile('checkpoint.log', 'headSigners', this.epochs);
		if (!sameBytes(this.tree.root(), this.head.root))
			await this.blameLast(badFile('checkpoint.log', 'headRoot'));
	}

	/* ---- entries ---- */

	/* The rules of epoch and boot, from the entry before. */
	checkEpoch(entry) {
		const begins = entry.type === 'epoch', next = this.epochs + (begins ? 1 : 0);

		if (entry.at === 0 && (!begins || entry.boot !== 1n))
			throw badEntry(0, 'entryFirst');
		if (entry.epoch !== String(next))
			throw badEntry(entry.at, 'entryEpoch');
		if (entry.at > 0 && entry.boot !== this.boot && !(begins && entry.boot === this.boot + 1n))
			throw badEntry(entry.at, 'entryBoot');
		this.epochs = next;
		this.boot = entry.boot;
	}

	/* The body of the entry that begins an epoch. */
	checkEpochBody(entry, body, hash) {
		const named = member(body, entry.epoch === '1' ? 'genesis' : 'certificate');

		if (member(body, 'act') !== 'epoch.start' || named !== encodeBase64(hash))
			throw badEntry(entry.at, 'epochBody');
	}

	/* Reads the lines of an entry; returns its body as JSON where the rules need it. */
	checkDisclosures(entry, lines, path) {
		let body;

		for (const name of SD_NAMES) {
			if (entry[name] === undefined)
				continue;
			const line = lines.next();
			if (line === null)
				throw badFile(path, 'lineMissing', name, entry.at);
			const found = parseDisclosureLine(line, entry.at, name);
			if (found === null)
				throw badFile(path, 'lineForm', name, entry.at);
			this.report[found.status]++;
			const value = this.judgeDisclosure(entry, name, found);
			if (name === 'body' && value !== null)
				body = this.readBody(entry, value);
			if (name === 'files' && value !== null)
				this.countBlobs(value);
		}
		return body;
	}

	judgeDisclosure(entry, name, { status, characters }) {
		if (status === 'redacted') {
			if (name === 'body')
				throw badEntry(entry.at, 'bodyRedacted');
			this.awaiting.set(redactionKey(entry.at, name, entry[name]), entry.at);
		}
		if (status !== 'disclosed')
			return null;
		if (encodeBase64Url(sha256(characters)) !== entry[name])
			throw badEntry(entry.at, 'disclosureHash', name);
		const value = openDisclosure(characters, name);
		if (value === null)
			throw badEntry(entry.at, 'disclosureForm', name);
		return value;
	}

	readBody(entry, value) {
		if (entry.type !== 'epoch' && entry.type !== 'system')
			return undefined;
		const body = parseJson(value);

		if (body === undefined)
			throw badEntry(entry.at, 'bodyForm');
		return body;
	}

	/* What a body says about the log itself. */
	heed(entry, body) {
		if (entry.at === 0) {
			const continues = continuesOf(body, this.genesis.origin);
			if (continues === null)
				throw badEntry(0, 'continues');
			this.continues = continues;
		}
		if (entry.type !== 'system')
			return;
		this.awaiting.delete(redactionOf(body));
		this.policy = policyOf(body) ?? this.policy;
	}

	countBlobs(value) {
		for (const name of blobsOf(value))
			if (!this.bundle.has(`blobs/${name}`))
				this.report.blobsAbsent++;
	}
}
