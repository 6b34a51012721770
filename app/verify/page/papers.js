'use strict';
/* The notes that say whose log it is and how far it goes: genesis, certificates of epochs, checkpoints. */

const ORIGIN = /^[!-*,-.0-~]+\/[!-*,-.0-~]+\/([0-9]+)$/;
const isHash64 = new RegExp(`^${HASH64}$`);

function isOrigin(text) {
	const parts = text.length <= 255 ? ORIGIN.exec(text) : null;

	return parts !== null && parts[1] !== '0' && parseBig(parts[1]) !== null;
}

/* { origin, identity, epoch 1's key, hash }, or null. */
async function parseGenesis(bytes) {
	const note = parseNote(bytes);

	if (note === null || note.lines.length !== 4 || note.lines[0] !== 'kannuki-genesis/v1' || !isOrigin(note.lines[1]))
		return null;
	const origin = note.lines[1], identity = parseVkey(note.lines[2]), first = parseVkey(note.lines[3]);
	if (identity?.name !== origin || first?.name !== origin || !await signedExactlyBy(note, first, identity))
		return null;
	return { origin, identity, first, hash: note.hash };
}

/* The key that a certificate names, with the certificate's hash; null unless it is that of `epoch` after `before`. */
async function parseCertificate(bytes, epoch, before, genesis) {
	const note = parseNote(bytes);

	if (note === null || note.lines.length !== 5 || note.lines[0] !== 'kannuki-epoch/v1')
		return null;
	const [, origin, number, vkey, hash] = note.lines, key = parseVkey(vkey);
	if (origin !== genesis.origin || number !== String(epoch) || key?.name !== origin || hash !== encodeBase64(before.hash))
		return null;
	return await signedExactlyBy(note, before.key, genesis.identity) ? { key, hash: note.hash } : null;
}

/* { size, root, note }, or null. Who signed it, the caller asks. */
function parseCheckpoint(bytes, origin) {
	const note = parseNote(bytes);
	const size = note?.lines.length === 3 && note.lines[0] === origin ? parseCount(note.lines[1]) : null;

	if (size === null || !isHash64.test(note.lines[2]))
		return null;
	return { size, root: decodeBase64(note.lines[2]), note };
}
