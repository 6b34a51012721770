'use strict';
/* Signed notes (C2SP signed-note): a text, an empty line, lines of signatures. */

const NOTE_MAX = 65536;
const NOTE_LINES_MAX = 64;
const KEY_ED25519 = 0x01;
const KEY_COSIGNATURE = 0x04;

const EMPTY_LINE = [LF, LF];
const SIGNATURE_LINE = /^— ([^ ]+) ([A-Za-z0-9+/=]+)$/;

function isKeyName(name) {
	return name !== '' && toBytes(name).length <= 255 && !/[\p{White_Space}\p{Cc}+]/u.test(name);
}

function parseSignature(line) {
	const parts = SIGNATURE_LINE.exec(line);
	const raw = parts && isKeyName(parts[1]) ? decodeBase64(parts[2]) : null;

	if (raw === null || raw.length < 5 || raw.length > 4096)
		return null;
	return { name: parts[1], id: encodeHex(raw.subarray(0, 4)), signature: raw.slice(4) };
}

/* The lines of a note behind its text; null unless all are signature lines. */
function parseSignatures(text) {
	if (text === null || !text.endsWith('\n'))
		return null;
	const signatures = text.slice(0, -1).split('\n').map(parseSignature);
	return signatures.length <= NOTE_LINES_MAX && !signatures.includes(null) ? signatures : null;
}

function lastEmptyLine(bytes) {
	for (let at = bytes.length - 2; at >= 0; at--)
		if (bytes[at] === EMPTY_LINE[0] && bytes[at + 1] === EMPTY_LINE[1])
			return at;
	return -1;
}

/* { bytes, text, lines, hash, signatures }, or null. `bytes` is what is signed, `lines` the text's. */
function parseNote(note) {
	const at = lastEmptyLine(note);
	const bytes = note.slice(0, at + 1);
	const text = toText(bytes);
	const signatures = parseSignatures(toText(note.subarray(at + 2)));

	if (note.length > NOTE_MAX || at < 1 || !text || signatures === null || /[\x00-\x09\x0b-\x1f]/.test(text))
		return null;
	return { bytes, text, lines: text.slice(0, -1).split('\n'), hash: sha256(bytes), signatures };
}

/* ---- keys ---- */

function keyId(name, kind, key) {
	return encodeHex(sha256(toBytes(name), [LF, kind], key).subarray(0, 4));
}

/* <name>+<id>+<base64(kind, key)>, or null. */
function parseVkey(text, kind = KEY_ED25519) {
	const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
	const raw = parts && isKeyName(parts[1]) ? decodeBase64(parts[3]) : null;

	if (raw === null || raw.length !== 33 || raw[0] !== kind || keyId(parts[1], kind, raw.subarray(1)) !== parts[2])
		return null;
	return { name: parts[1], id: parts[2], kind, raw: raw.slice(1), vkey: text };
}

function isLineOf(line, key) {
	return line.name === key.name && line.id === key.id;
}

/* These keys, in this order, and nobody else. */
async function signedExactlyBy(note, ...keys) {
	if (note.signatures.length !== keys.length || !keys.every((key, i) => isLineOf(note.signatures[i], key)))
		return false;
	const answers = keys.map((key, i) => signedBy(key, note.bytes, note.signatures[i].signature));
	return (await Promise.all(answers)).every(Boolean);
}
