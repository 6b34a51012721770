/* Makes one medium hold what the other holds: erasures first, then what it lacks, then its generation. What it has
 * beyond the other is kept as a file in `orphans/` of the other's folder.
 *
 * From the first change to the last the medium is marked as filling; a crash in between only means that the next
 * refill goes on.
 */
#ifndef KANNUKI_LEDGER_REFILL_H
#define KANNUKI_LEDGER_REFILL_H

#include "ledger/inside.h"

/* What two media say of each other. `common` entries are the same on both. */
struct claim {
	uint64_t generation, size;
	bool is_alone, is_filling;
};
struct claim claim_of(const struct medium *medium, const struct standing *s);
/* The index of the one that is right, or -1: they went different ways, and both may have been acknowledged. */
int claims_judge(const struct claim claims[2], uint64_t common);

struct refill;

/* How many entries the two open media have in common. */
enum err media_common(struct media *m, uint64_t *common, struct fault *f) MUST_USE;

/* From the medium that is read. `common`: keep that many of the entries that are there. */
enum err refill_begin(struct ledger *l, struct medium *to, uint64_t common, struct refill **out,
		      struct fault *f) MUST_USE;
/* *done: the medium is good and takes part from now on. */
enum err refill_step(struct refill *r, int64_t budget_ns, bool *done, struct fault *f) MUST_USE;
void refill_end(struct refill *r);
/* How many entries are there by now, and how many of them were copied. */
uint64_t refill_far(const struct refill *r);
uint64_t refill_copied(const struct refill *r);
uint64_t refill_orphans(const struct refill *r);

#endif
