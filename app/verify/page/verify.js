'use strict';
/* From a bundle to a verdict. */

function newReport() {
	return {
		verdict: 'good', origin: '', genesis: '', size: 0, root: '', entriesChecked: 0, epochs: 0,
		disclosed: 0, withheld: 0, redacted: 0, redactedElsewhere: 0, blobsChecked: 0, blobsAbsent: 0, blobsEncrypted: 0,
		proofs: 0, witnessLines: 0, unsigned: 0, foreign: 0, firstForeign: '', continues: [],
	};
}

/* ---- what the auditor brings ---- */

function plainCode(text) {
	return text.toUpperCase().replace(/[\s-]/g, '');
}

function isCode(code) {
	return code.length >= GENESIS_CODE_MIN && /^[A-Z2-7]{1,52}$/.test(code);
}

/* A genesis as a code: what was typed, or what follows from a note that was kept. */
async function readGenesisPin({ code, note }) {
	if (note !== undefined) {
		const genesis = await parseGenesis(note);
		if (genesis === null)
			throw cannotTell('pinGenesisNote');
		return encodeBase32(genesis.hash);
	}
	if (!code || plainCode(code) === '')
		return undefined;
	if (!isCode(plainCode(code)))
		throw cannotTell('pinGenesisCode');
	return plainCode(code);
}

function readOlder(bytes) {
	const note = parseNote(bytes), older = note && parseCheckpoint(bytes, note.lines[0]);

	if (!older)
		throw cannotTell('pinOlder');
	return { ...older, origin: note.lines[0] };
}

function readPaper(text) {
	const parts = /^\s*([0-9]+)\s*-(.*)$/s.exec(text), size = parts ? parseCount(parts[1]) : null;

	if (size === null || !isCode(plainCode(parts[2])))
		throw cannotTell('pinPaper');
	return { size, code: plainCode(parts[2]) };
}

function readPolicy(bytes) {
	const policy = parsePolicy(bytes);

	if (policy === null)
		throw cannotTell('pinPolicy');
	return policy;
}

/* pins: { code, note, older, paper, policy }, each optional: texts, and files as bytes. */
async function readPins(pins) {
	return {
		genesis: await readGenesisPin(pins),
		older: pins.older && readOlder(pins.older),
		paper: pins.paper?.trim() ? readPaper(pins.paper) : undefined,
		policy: pins.policy && readPolicy(pins.policy),
	};
}

function markPins(log, { older, paper }) {
	if (older) {
		if (older.origin !== log.genesis.origin || older.size < 1 || older.size > log.size)
			throw new Fault('bad', ['olderSize', older.size]);
		log.whenSizeIs(older.size, (root) => {
			if (!sameBytes(root, older.root))
				throw new Fault('bad', ['olderRoot', older.size]);
			log.report.since = older.size;
		});
	}
	if (paper) {
		if (paper.size < 1 || paper.size > log.size)
			throw new Fault('bad', ['paperSize', paper.size]);
		log.whenSizeIs(paper.size, (root) => {
			const text = `${log.genesis.origin}\n${paper.size}\n${encodeBase64(root)}\n`;
			if (!encodeBase32(sha256(toBytes(text))).startsWith(paper.code))
				throw new Fault('bad', ['paperCode', paper.size]);
			log.report.paper = paper.size;
		});
	}
}

/* ---- what lies beside the entries ---- */

function checkRedactions(log) {
	const left = Math.min(...log.awaiting.values());

	if (log.awaiting.size > 0 && !log.isPart)
		throw badEntry(left, 'redactedByNobody');
	log.report.redactedElsewhere = log.awaiting.size;
	log.report.redacted -= log.awaiting.size;
}

async function checkPolicyFile(log) {
	const right = log.policy ?? `log ${log.genesis.identity.vkey}\nquorum none\n`;
	const found = await log.bundle.read('policy', DISCLOSURE_MAX);

	if (!log.isPart && !sameBytes(found, toBytes(right)))
		throw badFile('policy', 'policyFile');
}

async function checkProof(log, path, seq) {
	const bytes = await log.bundle.read(path, 2 * NOTE_MAX), cut = bytes.length - log.checkpoint.length;
	const [name, index, ...proof] = toLatin(bytes.subarray(0, Math.max(cut, 0))).split('\n');
	const isWhole = proof.splice(-2).join('\n') === '\n' && proof.every((line) => isHash64.test(line));

	if (cut < 0 || name !== 'c2sp.org/tlog-proof@v1' || index !== `index ${seq}` || !isWhole ||
	    !sameBytes(bytes.subarray(cut), log.checkpoint))
		throw badFile(path, 'proofForm');
	const at = 32 * (seq % TILE_WIDTH), tile = Math.floor(seq / TILE_WIDTH);
	const hashes = await log.bundle.read(tilePath(0, tile, tileWidth(log.size, tile)));
	const root = rootFromProof(hashes.subarray(at, at + 32), seq, log.size, proof.map(decodeBase64));
	if (root === null || !sameBytes(root, log.head.root))
		throw badFile(path, 'proofRoot');
	log.report.proofs++;
}

/* The lines of witnesses on a closing checkpoint, or on checkpoint.log. */
async function witnessedLines(log, path, size) {
	const own = await log.bundle.read(size === log.size ? 'checkpoint.log' : `checkpoints/${log.closings.get(size)}`);
	const lines = log.linesAfter(own, await log.bundle.read(path));

	if (lines === null || lines.length === 0)
		throw badFile(path, 'witnessedForm');
	return { note: parseNote(own), lines, size, path };
}

async function checkPolicyPin(log, policy, witnessed) {
	let reached = null;

	if (!policy.logs.some((key) => key.vkey === log.genesis.identity.vkey))
		throw new Fault('bad', ['policyLog']);
	for (const { note, lines, size, path } of witnessed) {
		const signers = await signersOf(policy, note, lines, path);
		log.report.witnessLines -= lines.filter((line) => policy.witnesses.some((one) => isLineOf(line, one))).length;
		if (quorumHolds(policy.quorum, signers))
			reached = Math.max(reached ?? 0, size);
	}
	if (reached === null)
		throw new Fault('bad', ['policyQuorum']);
	log.report.witnessedSize = reached;
}

async function checkBlob(log, path) {
	if (await log.bundle.hash(path) !== path.slice('blobs/'.length))
		throw badFile(path, 'blob');
	log.report.blobsChecked++;
}

/* Every file that the walk did not read. */
async function checkFiles(log) {
	const witnessed = [{ note: log.head.note, lines: log.cosignatures, size: log.size, path: 'checkpoint' }];

	for (const path of Array.from(log.bundle.parts.keys()).sort()) {
		const kind = classify(path, log);
		if (kind === 'stray')
			throw badFile(path, 'stray');
		if (kind === 'blob')
			await checkBlob(log, path);
		if (kind === 'encrypted')
			log.report.blobsEncrypted++;
		if (kind === 'unsigned')
			log.report.unsigned++;
		if (kind === 'foreign' && log.report.foreign++ === 0)
			log.report.firstForeign = path;
		if (kind === 'part' && path.startsWith('proofs/'))
			await checkProof(log, path, parseCount(/[0-9]+/.exec(path)[0]));
		if (kind === 'part' && path.startsWith('witnessed/'))
			witnessed.push(await witnessedLines(log, path, parseCount(path.slice('witnessed/'.length))));
	}
	return witnessed;
}

/* ---- the verdict ---- */

async function judge(log, pins, progress) {
	await log.readGenesis(pins.genesis);
	await log.readCheckpoint();
	await log.readRange();
	markPins(log, pins);
	await (log.isPart ? walkPart : walkWhole)(log, progress);
	await log.compareLastTiles();
	await log.checkHead();
	checkRedactions(log);
	await checkPolicyFile(log);
	const witnessed = await checkFiles(log);
	log.report.witnessLines = witnessed.reduce((sum, { lines }) => sum + lines.length, 0);
	if (pins.policy)
		await checkPolicyPin(log, pins.policy, witnessed);
	if (pins.genesis === undefined)
		throw cannotTell('noGenesis');
}

/* What was known when it ended goes into the report, good or bad. */
function conclude(report, log, fault) {
	if (log) {
		report.continues = log.continues;
		if (log.isPart)
			report.range = { from: log.from, to: log.to };
	}
	if (fault !== null) {
		const { verdict, words, file, entry } = fault instanceof Fault ? fault : cannotTell('unreadable', String(fault));
		Object.assign(report, { verdict, words, file, entry });
	}
	return report;
}

/* The browser can do what is needed. */
async function browserFits() {
	try {
		let spelled;
		JSON.parse('5.0', (key, value, context) => { spelled = context.source; });
		await crypto.subtle.importKey('raw', new Uint8Array(32), 'Ed25519', false, ['verify']);
		return spelled === '5.0' && await sha256Agrees();
	} catch {
		return false;
	}
}

/* `source` is a ZIP file, a Map of a folder's files, or a Bundle. Always answers { report, bundle }; `bundle` only when it could be opened. */
async function verifyBundle(source, pins, progress = () => {}) {
	const report = newReport();
	let log, bundle, fault = null;

	try {
		const known = await readPins(pins);
		bundle = source instanceof Bundle ? source : await Bundle.open(source);
		log = new Log(bundle, report);
		await judge(log, known, progress);
	} catch (error) {
		fault = error;
	}
	return { report: conclude(report, log, fault), bundle };
}
