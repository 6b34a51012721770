'use strict';
/* Ed25519 as the format wants it: the browser checks the equation; points that nobody honest has are refused before,
 * since browsers differ about them. */

const FIELD_PRIME = (1n << 255n) - 19n;
const EIGHTH_POINT = [
	0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
];
/* The y of all points of small order; p - 0 is refused as too large. */
const SMALL_ORDER = [0n, 1n, pointY(EIGHTH_POINT)].flatMap((y) => [y, FIELD_PRIME - y]);

function pointY(bytes) {
	const digits = encodeHex(Uint8Array.from(bytes).reverse());

	return BigInt('0x' + digits) & (1n << 255n) - 1n;
}

function isHonestPoint(bytes) {
	const y = pointY(bytes);

	return y < FIELD_PRIME && !SMALL_ORDER.includes(y);
}

/* `key.raw` are the 32 bytes; what the browser makes of them is kept beside. */
async function signedBy(key, message, signature) {
	if (signature.length !== 64 || !isHonestPoint(key.raw) || !isHonestPoint(signature.subarray(0, 32)))
		return false;
	try {
		key.ready ??= crypto.subtle.importKey('raw', key.raw, 'Ed25519', false, ['verify']);
		return await crypto.subtle.verify('Ed25519', await key.ready, signature, message);
	} catch {
		return false; // 32 bytes that are no point of the curve
	}
}
