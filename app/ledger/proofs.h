/* Inclusion proofs of some entries (C2SP tlog-proof), gathered while a log's hash tiles are made: each tile on the way
 * from an entry to the root gives the neighbours at its eight heights. No tile is read again, and the memory does not
 * depend on the size of the log.
 *
 *   proofs_full_tile    whenever a tile of 256 hashes is complete
 *   proofs_last_tile    at the end, for each level from 0 to TILE_LEVELS - 1, with what is left in its last tile
 */
#ifndef KANNUKI_LEDGER_PROOFS_H
#define KANNUKI_LEDGER_PROOFS_H

#include "ledger/tlog_proof.h"

#include <stdbool.h>

enum { PROOFS_MAX = 512 };

struct proofs {
	uint64_t size; /* of the log */
	size_t count;
	struct tlog_proof *all; /* by index; without the checkpoint */
	bool has_rest;          /* the entries that fill no tile of the level below: their common hash */
	uint8_t rest[HASH_SIZE];
};

/* For the entries `seqs` of a log of `size` entries, each once. ERR_RANGE: too many, or beyond the log. ERR_NOMEM. */
enum err proofs_init(struct proofs *p, const uint64_t *seqs, size_t count, uint64_t size) MUST_USE;
void proofs_fini(struct proofs *p);

void proofs_full_tile(struct proofs *p, unsigned level, uint64_t tile, const uint8_t hashes[TILE_WIDTH][HASH_SIZE]);
void proofs_last_tile(struct proofs *p, unsigned level, const uint8_t hashes[TILE_WIDTH][HASH_SIZE], unsigned width);

#endif
