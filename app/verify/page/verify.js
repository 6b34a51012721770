'use strict';
/* From a bundle to a verdict. */

function newReport() {
	return {
		verdict: 'good', origin: '', genesis: '', size: 0, root: new Uint8Array(32), entriesChecked: 0, epochs: 0,
		disclosed: 0, withheld: 0, redacted: 0, redactedElsewhere: 0, blobsChecked: 0, blobsAbsent: 0, blobsEncrypted: 0,
		proofs: 0, stamps: 0, witnessLines: 0, unsigned: 0, foreign: 0, firstForeign: '', continues: [], own: [],
	};
}

/* ---- what the auditor brings ---- */

function withoutGaps(text) {
	return text.replace(/[ \t\r\n\u00a0\u3000]/g, '');
}

/* What is no ASCII is left alone: Unicode makes an S of some letters. */
function plainCode(text) {
	return withoutGaps(text).replace(/-/g, '').replace(/[a-z]/g, (c) => c.toUpperCase());
}

function isCode(code) {
	return code.length >= GENESIS_CODE_MIN && /^[A-Z2-7]{1,52}$/.test(code);
}

/* Codes that the genesis must begin with: what was typed, and what follows from a note that was kept. */
async function readGenesisPins({ code, note }) {
	const typed = plainCode(code ?? ''), kept = note && await parseGenesis(note);

	if (note && kept === null)
		throw cannotTell('pinGenesisNote');
	if (typed !== '' && !isCode(typed))
		throw cannotTell('pinGenesisCode');
	return [typed, kept ? encodeBase32(kept.hash) : ''].filter(Boolean);
}

function readOlder(bytes) {
	const lines = parseNote(bytes)?.lines ?? [], [origin, number, root] = lines;
	const size = lines.length === 3 && isOrigin(origin) && isHash64.test(root) ? parseBig(number) : null;

	if (size === null)
		throw cannotTell('pinOlder');
	return { origin, size: Number(size), root: decodeBase64(root) };
}

function readPaper(text) {
	const parts = /^([0-9]+)-(.*)$/s.exec(withoutGaps(text)), size = parts ? parseBig(parts[1]) : null;

	if (size === null || !isCode(plainCode(parts[2])))
		throw cannotTell('pinPaper');
	return { size: Number(size), code: plainCode(parts[2]) };
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
		genesis: await readGenesisPins(pins),
		older: pins.older && readOlder(pins.older),
		paper: withoutGaps(pins.paper ?? '') ? readPaper(pins.paper) : undefined,
		policy: pins.policy && readPolicy(pins.policy),
		files: pins,
	};
}

/* A checkpoint that was kept must fit the log at its size. What does not fit is said last: what is wrong in the bundle
 * itself goes before. */
function markPin(log, pin, name, fits) {
	let found = pin.size < 1 || pin.size > log.size ? `${name}Size` : `${name}Root`;

	log.whenSizeIs(pin.size, (root) => {
		if (!fits(root))
			return;
		found = null;
		log.report[name] = pin.size;
	});
	log.pins.push(() => {
		if (found !== null)
			throw new Fault('bad', [found, pin.size]);
	});
}

function markPins(log, { older, paper }) {
	const { origin } = log.genesis;

	if (older)
		markPin(log, older, 'since', (root) => older.origin === origin && sameBytes(root, older.root));
	if (paper) {
		markPin(log, paper, 'paper', (root) => {
			const text = `${origin}\n${paper.size}\n${encodeBase64(root)}\n`;
			return encodeBase32(sha256(toBytes(text))).startsWith(paper.code);
		});
	}
}

const OWN_FILES = [['note', 'genesis.note'], ['older', 'checkpoint.log'], ['policy', 'policy']];

/* Where a file was taken from cannot be seen here: only that the bundle has the same one. */
async function markOwn(log, pins) {
	for (const [pin, path] of OWN_FILES)
		if (pins[pin] && sameBytes(pins[pin], await log.bundle.read(path, DISCLOSURE_MAX)))
			log.report.own.push(pin);
}

/* ---- what lies beside the entries ---- */

function checkRedactions(log) {
	const left = Math.min(...log.awaiting.values());

	if (log.awaiting.size > 0 && !log.isPart)
		throw badEntry(left, 'redactedByNobody');
	log.report.redactedElsewhere = log.awaiting.size;
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

/* Every line of a witness that the policy names must verify; others are counted. */
async function checkWitnesses(log, policy, { note, lines, size, path }) {
	if (!policy) {
		log.report.witnessLines += lines.length;
		return;
	}
	const signers = await signersOf(policy, note, lines, path);
	log.report.witnessLines += lines.filter((line) => !policy.witnesses.some((one) => isLineOf(line, one))).length;
	for (const one of log.report.witnesses)
		if (signers.has(one.key))
			one.size = Math.max(one.size, size);
	if (quorumHolds(policy.quorum, signers))
		log.report.witnessed = Math.max(log.report.witnessed ?? 0, size);
}

function markPolicy(log, policy) {
	log.report.witnesses = policy.witnesses.map((key) => ({ key, name: key.name, size: 0 }));
	log.pins.push(() => {
		if (!policy.logs.some((key) => key.vkey === log.genesis.identity.vkey))
			throw new Fault('bad', ['policyLog']);
		if (log.report.witnessed === undefined)
			throw new Fault('bad', ['policyQuorum']);
	});
}

async function checkBlob(log, path) {
	if (await log.bundle.hash(path) !== path.slice('blobs/'.length))
		throw badFile(path, 'blob');
	log.report.blobsChecked++;
}

const COUNTED = { encrypted: 'blobsEncrypted', stamp: 'stamps', unsigned: 'unsigned', foreign: 'foreign' };

/* Every file that the walk did not read. */
async function checkFiles(log, policy) {
	const head = { note: log.head.note, lines: log.cosignatures, size: log.size, path: 'checkpoint' };

	await checkWitnesses(log, policy, head);
	for (const path of Array.from(log.bundle.parts.keys()).sort()) {
		const kind = classify(path, log);
		if (kind === 'stray')
			throw badFile(path, 'stray');
		if (kind === 'blob')
			await checkBlob(log, path);
		if (kind === 'foreign')
			log.report.firstForeign ||= harmless(path);
		if (kind in COUNTED)
			log.report[COUNTED[kind]]++;
		if (kind === 'part' && path.startsWith('proofs/'))
			await checkProof(log, path, parseCount(/[0-9]+/.exec(path)[0]));
		if (kind === 'part' && path.startsWith('witnessed/'))
			await checkWitnesses(log, policy, await witnessedLines(log, path, parseCount(path.slice('witnessed/'.length))));
	}
}

/* ---- the verdict ---- */

async function judge(log, pins, progress) {
	await log.readGenesis(pins.genesis);
	await log.readCheckpoint();
	await log.readRange();
	markPins(log, pins);
	if (pins.policy)
		markPolicy(log, pins.policy);
	await (log.isPart ? walkPart : walkWhole)(log, progress);
	await log.checkHead();
	checkRedactions(log);
	await log.compareLastTiles();
	await checkPolicyFile(log);
	await checkFiles(log, pins.policy);
	log.pins.forEach((check) => check());
	await markOwn(log, pins.files);
	if (pins.genesis.length === 0)
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
		Object.assign(report, { verdict, words, file: file && harmless(file), entry });
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
		bundle.refuseDeeper();
		log = new Log(bundle, report);
		await judge(log, known, progress);
	} catch (error) {
		fault = error;
	}
	return { report: conclude(report, log, fault), bundle };
}
