/* Proofs from the database, of RFC 6962: that an entry is in the log, and that the log only grew.
 *
 * The hashes of one tile of entries are made from its entries, all others are in the table `nodes`; so a proof reads
 * one or two tiles of each level, however large the log is. What is given out was checked against the checkpoint.
 */
#ifndef KANNUKI_LEDGER_PROOF_H
#define KANNUKI_LEDGER_PROOF_H

#include "ledger/checkpoint.h"
#include "ledger/ledger.h"
#include "ledger/tree.h"

struct proof {
	size_t count;
	uint8_t hashes[TREE_HEIGHT][HASH_SIZE];
};

/* `at` is a checkpoint of this log. ERR_RANGE: the entry, or the older size, is not within it. ERR_CORRUPT: what is
   stored does not fit it. */
enum err prove_entry(struct ledger *l, uint64_t seq, const struct checkpoint *at, struct proof *out,
		     struct fault *f) MUST_USE;
/* From the first `old_size` entries to `at`; from none, there is nothing to prove. */
enum err prove_growth(struct ledger *l, uint64_t old_size, const struct checkpoint *at, struct proof *out,
		      struct fault *f) MUST_USE;
/* The root of the first `size` entries, of which there is one at least. Errors as above. */
enum err prove_root(struct ledger *l, uint64_t size, uint8_t root[HASH_SIZE], struct fault *f) MUST_USE;

#endif
