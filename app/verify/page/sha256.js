'use strict';
/* SHA-256 (FIPS 180-4). The browser's own takes a whole file at once and answers later: too much memory for a stored
 * video, and too slow for millions of short texts. This one must agree with the browser's before any verdict. */

const ROUND = new Int32Array(64);
const START = new Int32Array(8);

/* The constants are the first 32 bits of the fractional parts of cube and square roots of primes. */
(function fillConstants() {
	const primes = [];

	for (let n = 2; primes.length < 64; n++)
		if (primes.every((prime) => n % prime !== 0))
			primes.push(n);
	const fraction = (root) => (root - Math.floor(root)) * 0x100000000 | 0;
	primes.forEach((prime, i) => { ROUND[i] = fraction(Math.cbrt(prime)); });
	primes.slice(0, 8).forEach((prime, i) => { START[i] = fraction(Math.sqrt(prime)); });
})();

class Sha256 {
	constructor() {
		this.state = new Int32Array(8);
		this.words = new Int32Array(64);
		this.block = new Uint8Array(64);
		this.begin();
	}

	begin() {
		this.state.set(START);
		this.length = 0;
		return this;
	}

	add(bytes) {
		let at = 0, held = this.length % 64;

		this.length += bytes.length;
		if (held > 0) {
			const taken = Math.min(64 - held, bytes.length);
			for (; at < taken; at++)
				this.block[held++] = bytes[at];
			if (held < 64)
				return this;
			this.mix(this.block, 0);
		}
		for (; at + 64 <= bytes.length; at += 64)
			this.mix(bytes, at);
		for (let to = 0; at < bytes.length; at++)
			this.block[to++] = bytes[at];
		return this;
	}

	end() {
		const block = this.block, out = new Uint8Array(32);
		let held = this.length % 64;

		block[held++] = 0x80;
		if (held > 56) {
			block.fill(0, held);
			this.mix(block, 0);
			held = 0;
		}
		block.fill(0, held);
		const view = new DataView(block.buffer);
		view.setUint32(56, Math.floor(this.length / 0x20000000));
		view.setUint32(60, this.length * 8 % 0x100000000);
		this.mix(block, 0);
		const answer = new DataView(out.buffer);
		this.state.forEach((word, i) => answer.setInt32(4 * i, word));
		return out;
	}

	mix(bytes, at) {
		const w = this.words, s = this.state;
		let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];

		for (let i = 0; i < 16; i++, at += 4)
			w[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
		for (let i = 16; i < 64; i++) {
			const x = w[i - 15], y = w[i - 2];
			const low = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
			const high = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
			w[i] = w[i - 16] + low + w[i - 7] + high | 0;
		}
		for (let i = 0; i < 64; i++) {
			const turned = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
			const first = h + turned + (e & f ^ ~e & g) + ROUND[i] + w[i] | 0;
			const other = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
			const second = other + (a & b ^ a & c ^ b & c) | 0;
			h = g;
			g = f;
			f = e;
			e = d + first | 0;
			d = c;
			c = b;
			b = a;
			a = first + second | 0;
		}
		s[0] += a;
		s[1] += b;
		s[2] += c;
		s[3] += d;
		s[4] += e;
		s[5] += f;
		s[6] += g;
		s[7] += h;
	}
}

const hasher = new Sha256();

function sha256(...parts) {
	hasher.begin();
	for (const part of parts)
		hasher.add(part);
	return hasher.end();
}

/* Every length up to three blocks, so every way of padding. */
async function sha256Agrees() {
	const bytes = Uint8Array.from({ length: 192 }, (_, i) => i * 167 + 13);

	for (let length = 0; length <= bytes.length; length++) {
		const theirs = await crypto.subtle.digest('SHA-256', bytes.subarray(0, length));
		if (!sameBytes(sha256(bytes.subarray(0, length)), new Uint8Array(theirs)))
			return false;
	}
	return true;
}
