'use strict';
/* The Merkle tree of RFC 6962, growing leaf by leaf, and proofs of inclusion. */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const TILE_WIDTH = 256;

function leafHash(bytes) {
	return sha256(LEAF, bytes);
}

function nodeHash(left, right) {
	return sha256(NODE, left, right);
}

/* Full subtrees wait until their right neighbour is full too: full[l] has 2^l leaves, or is null.
 * Every hash that belongs into a tile is given to onHash(level of the tile, hash). */
class Tree {
	constructor(onHash) {
		this.size = 0;
		this.full = [];
		this.onHash = onHash;
	}

	append(leaf) {
		let hash = leaf, level = 0;

		this.onHash(0, hash);
		for (; this.full[level]; level++) {
			hash = nodeHash(this.full[level], hash);
			this.full[level] = null;
			if ((level + 1) % 8 === 0)
				this.onHash((level + 1) / 8, hash);
		}
		this.full[level] = hash;
		this.size++;
	}

	root() {
		const waiting = this.full.filter(Boolean);

		return waiting.length === 0 ? sha256() : waiting.reduce((right, left) => nodeHash(left, right));
	}
}

/* The root that follows from a leaf and the hashes beside its way up, or null when they are too few or too many. */
function rootFromProof(leaf, index, size, proof) {
	let hash = leaf, last = size - 1, used = 0;

	for (; last > 0; last = Math.floor(last / 2), index = Math.floor(index / 2)) {
		if (index === last && index % 2 === 0)
			continue; // no neighbour on the right: carried up as it is
		if (used === proof.length)
			return null;
		const beside = proof[used++];
		hash = index % 2 === 1 ? nodeHash(beside, hash) : nodeHash(hash, beside);
	}
	return used === proof.length ? hash : null;
}
