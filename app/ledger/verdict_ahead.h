/* Threads that read tiles of entries ahead of the one that judges the log in order.
 *
 *   tile of entries, its disclosure file, its leaf hashes ── a thread ──► what it found ── in order ──► audit
 *
 * A thread does all that needs no neighbour: the forms, the hashes, the disclosures, the tile of leaf hashes. It says
 * only "all good, and this is what the rules about order need" or nothing. Of a tile with nothing said, the one that
 * judges reads all by itself, as it would without threads. So neither the verdict nor what it blames can depend on
 * how many there are.
 */
#ifndef KANNUKI_LEDGER_VERDICT_AHEAD_H
#define KANNUKI_LEDGER_VERDICT_AHEAD_H

#include "ledger/audit.h"
#include "ledger/bundle.h"

/* More threads than this only wait for the one that judges. */
enum { JOBS_MAX = 8 };

/* The values of a body that a rule reads, and of a list of files, as JSON. */
enum { FOUND_VALUES = DISCLOSURE_FILES + 1 };

struct found_entry {
	struct entry entry;
	uint8_t leaf[HASH_SIZE];
	uint8_t states[DISCLOSURE_COUNT]; /* enum disclosed */
	uint32_t value_at[FOUND_VALUES], value_len[FOUND_VALUES];
};

struct found_tile {
	struct buf values;
	unsigned width;
	struct found_entry entries[TILE_WIDTH];
};

struct ahead;
/* The tiles from `from` to `to` - 1 of a log of `size` entries. NULL: `jobs` is less than 2, or there can be no
 * threads. */
struct ahead *ahead_start(const struct bundle *bundle, uint64_t size, uint64_t from, uint64_t to, unsigned jobs);
/* Waits for the next tile, in order. NULL: read it yourself. Valid until the next call. */
const struct found_tile *ahead_take(struct ahead *a);
void ahead_stop(struct ahead *a);

#endif
