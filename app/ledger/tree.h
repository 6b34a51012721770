/* The RFC 6962 Merkle tree, kept as its frontier: the roots of the perfect subtrees from left to right.
 *
 *   size 11 = 1011b    peaks[3] covers entries 0..7, peaks[1] 8..9, peaks[0] 10
 *   root = node(peaks[3], node(peaks[1], peaks[0]))        the empty tree: SHA-256 of the empty string
 *
 * Each append makes one leaf and as many inner nodes as the size had trailing one bits. A node of height 8·L that
 * becomes complete is a hash of the tlog-tiles level L; `done` is told of it.
 */
#ifndef KANNUKI_LEDGER_TREE_H
#define KANNUKI_LEDGER_TREE_H

#include "base/err.h"
#include "ledger/hash.h"

#include <stddef.h>
#include <stdint.h>

enum { TREE_HEIGHT = 63, TILE_WIDTH = 256, TILE_LEVELS = 8, TILE_PATH_SIZE = 64 };

struct tree {
	uint64_t size;
	uint8_t peaks[TREE_HEIGHT][HASH_SIZE]; /* peaks[h] is meaningful when bit h of size is set */
};

/* Hears of each finished tile hash, level by level. */
struct tile_listener {
	void (*done)(void *context, unsigned level, const uint8_t hash[HASH_SIZE]);
	void *context;
};

/* `listener` may be NULL. */
void tree_append(struct tree *t, const uint8_t leaf[HASH_SIZE], const struct tile_listener *listener);
void tree_root(const struct tree *t, uint8_t root[HASH_SIZE]);

/* The frontier as bytes: the peaks of the set bits, the smallest subtree first. */
enum { TREE_PEAKS_MAX = TREE_HEIGHT * HASH_SIZE };
size_t tree_peaks_write(const struct tree *t, uint8_t out[TREE_PEAKS_MAX]);
enum err tree_peaks_read(struct tree *t, uint64_t size, const void *peaks, size_t len) MUST_USE;

/* RFC 6962 2.1.1 and 2.1.2 as a reader of a proof checks them. ERR_CRYPTO: the proof does not fit. */
enum err tree_check_inclusion(const uint8_t leaf[HASH_SIZE], uint64_t index, uint64_t size,
			      const uint8_t (*proof)[HASH_SIZE], size_t count, const uint8_t root[HASH_SIZE]) MUST_USE;
enum err tree_check_consistency(uint64_t old_size, const uint8_t old_root[HASH_SIZE], uint64_t size,
				const uint8_t root[HASH_SIZE], const uint8_t (*proof)[HASH_SIZE],
				size_t count) MUST_USE;

/* "tile/0/x001/234" or, with width < 256, "tile/0/x001/234.p/17". `level` is "0" … "7" or "entries". */
void tile_path(char out[TILE_PATH_SIZE], const char *level, uint64_t index, unsigned width);

#endif
