/* Too many events of the panel: from a wire that chatters for days, or a panel daemon that somebody has taken over.
 *
 * Events are like when they are of one kind and one uplink. The first FLOOD_BURST like ones are recorded each by
 * itself, and one more for each FLOOD_MINUTES that passed. Beyond these they are counted in a tally of the ledger, as
 * durable as an entry but without taking room, and answered as recorded; every FLOOD_MINUTES what was counted becomes
 * one entry for each kind: how many, since when, until when. Never counted, however many there are, is what opens a
 * case and what takes a permit, a proof or a connection from the book (book_takes_back): nobody can do so twice in a
 * row.
 *
 * So like events never hide other ones, and the log grows by no more than FLOOD_BURST, and one for each FLOOD_MINUTES,
 * of each of the 93 classes there are, and as many again where a case is opened or closed every time.
 */
#ifndef KANNUKI_KEEPER_FLOOD_H
#define KANNUKI_KEEPER_FLOOD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { FLOOD_BURST = 32, FLOOD_MINUTES = 10, FLOOD_OVER_MINUTES = 60 };
/* Kinds that the board does not know count as one: 0. There is room for some that it does not have yet. */
enum { FLOOD_KINDS = 48, FLOOD_UPLINKS = 5, FLOOD_CLASSES = FLOOD_KINDS * FLOOD_UPLINKS };

struct flood {
	int64_t spent_ns[FLOOD_CLASSES]; /* until when what was let through is paid for */
	json_t *tallies[FLOOD_CLASSES];  /* what is counted; NULL: nothing */
	unsigned waiting;                /* tallies */
	uint64_t order;                  /* of the event that was counted last */
	int64_t counted_ns;              /* when that was */
	bool is_stale;                   /* a commit failed: the ledger knows better */
};

unsigned flood_class(const char *kind, uint64_t uplink);
/* One more may be recorded by itself. */
bool flood_admits(const struct flood *f, unsigned class, int64_t now_ns);
/* One was. */
void flood_charge(struct flood *f, unsigned class, int64_t now_ns);
/* The tallies in the order of the events that were counted last; how many. */
unsigned flood_sort(const struct flood *f, unsigned classes[FLOOD_CLASSES]);
/* Takes `tally` over; NULL: none any more. */
void flood_set(struct flood *f, unsigned class, json_t *tally);
void flood_clear(struct flood *f);

#endif
