'use strict';
/* Whom the auditor trusts as witnesses (C2SP tlog-policy), and what they signed (C2SP tlog-cosignature, Ed25519). */

/* Members count when at least `least` of them do; a witness, when it has signed. */
function parseGroup([least, ...names], known) {
	const members = names.map((name) => known.get(name));
	const needed = { any: 1, all: members.length }[least] ?? parseCount(least);

	if (members.length === 0 || members.includes(undefined) || new Set(names).size !== names.length)
		return null;
	if (needed === null || needed < 1 || needed > members.length || members.some((one) => one.taken))
		return null;
	members.forEach((one) => { one.taken = true; });
	return { least: needed, members };
}

/* One line into the policy; false when the line is none. */
function takePolicyLine(policy, [word, ...rest]) {
	const { known, logs, witnesses } = policy;
	const isNew = rest.length > 0 && rest[0] !== 'none' && !known.has(rest[0]);

	if (word === 'log') {
		const key = rest.length === 1 || rest.length === 2 ? parseVkey(rest[0]) : null;
		const isOne = key !== null && !logs.some((log) => sameBytes(log.raw, key.raw));
		return isOne && logs.push(key) > 0;
	}
	if (word === 'witness') {
		const key = isNew && (rest.length === 2 || rest.length === 3) ? parseVkey(rest[1], KEY_COSIGNATURE) : null;
		if (key === null || witnesses.some((witness) => sameBytes(witness.raw, key.raw)))
			return false;
		known.set(rest[0], { key });
		return witnesses.push(key) > 0;
	}
	if (word === 'group') {
		const group = isNew ? parseGroup(rest.slice(1), known) : null;
		return group !== null && Boolean(known.set(rest[0], group));
	}
	if (word !== 'quorum' || rest.length !== 1 || policy.quorum !== undefined)
		return false;
	policy.quorum = rest[0] === 'none' ? null : known.get(rest[0]);
	return policy.quorum !== undefined;
}

/* { logs, witnesses, quorum }, or null. */
function parsePolicy(bytes) {
	const policy = { logs: [], witnesses: [], known: new Map(), quorum: undefined };
	const text = toText(bytes);

	if (text === null || /[\x00-\x08\x0b-\x1f\x7f]/.test(text) || (text !== '' && !text.endsWith('\n')))
		return null;
	const lines = text.split('\n').map((line) => line.split(/[ \t]+/).filter(Boolean));
	const meant = lines.filter((words) => words.length > 0 && !words[0].startsWith('#'));
	return meant.every((words) => takePolicyLine(policy, words)) && policy.quorum !== undefined ? policy : null;
}

function quorumHolds(needed, signers) {
	if (needed === null)
		return true;
	if (needed.key)
		return signers.has(needed.key);
	return needed.members.filter((one) => quorumHolds(one, signers)).length >= needed.least;
}

async function cosignedBy(key, note, line) {
	if (line.signature.length !== 8 + 64)
		return false;
	const time = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
	const message = joinBytes([toBytes(`cosignature/v1\ntime ${time}\n`), note.bytes]);
	return time <= NUMBER_MAX && signedBy(key, message, line.signature.subarray(8));
}

/* The witnesses of the policy that signed this note; a line of theirs that does not verify is a fault of `file`. */
async function signersOf(policy, note, lines, file) {
	const signers = new Set();

	for (const line of lines) {
		const key = policy.witnesses.find((witness) => isLineOf(line, witness));
		if (key === undefined)
			continue;
		if (!await cosignedBy(key, note, line))
			throw badFile(file, 'cosignature', line.name);
		signers.add(key);
	}
	return signers;
}
