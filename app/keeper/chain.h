/* The ledger with the logs before it, as the keeper reads them: entries have one running number, whichever log they are
 * in. A log that can never take an entry again is followed by a new incarnation when it is opened; a person is asked
 * only where that would not help (docs/operation/ledger.md, "A new incarnation").
 */
#ifndef KANNUKI_KEEPER_CHAIN_H
#define KANNUKI_KEEPER_CHAIN_H

#include "keeper/slots.h"
#include "ledger/past.h"

struct chain {
	char folders[LEDGER_MEDIA][600];
	struct slots *slots;   /* borrowed; NULL: none */
	struct ledger *ledger; /* NULL: not open */
	struct past *past;
};

/* The folders of the ledger on its media, "" for none. */
enum err chain_init(struct chain *c, const char *const folders[LEDGER_MEDIA], struct slots *slots,
		    struct fault *f) MUST_USE;
/* From the first folder that holds a ledger. Waits for the panel's controller where its key is needed. Only here may a
   new incarnation begin by itself. */
enum err chain_open(struct chain *c, struct fault *f) MUST_USE;
/* To read only. */
enum err chain_look(struct chain *c, struct fault *f) MUST_USE;
void chain_close(struct chain *c);
/* Ends the log that is open and begins the next; afterwards one of them is open, or none (f says why). */
enum err chain_renew(struct chain *c, const struct reincarnation *why, struct fault *f) MUST_USE;

/* After a medium came back: what it holds of the logs before is found again, and what it lacks is copied to it. Nobody
   may be reading them in slices. */
void chain_mind_media(struct chain *c);
/* Only found again: copies that were made meanwhile are known, and have lost what is erased. */
enum err chain_find_past(struct chain *c, struct fault *f) MUST_USE;

/* How many entries there are in all; what is staged is not counted. */
uint64_t chain_size(const struct chain *c);
/* The number of the entry at this place of the present log, and back: false when it is in an earlier one. */
uint64_t chain_number(const struct chain *c, uint64_t seq);
bool chain_seq(const struct chain *c, uint64_t number, uint64_t *seq);
/* Like ledger_read; the records carry numbers. */
enum err chain_read(struct chain *c, uint64_t from, uint64_t to, record_taker *take, void *context,
		    struct fault *f) MUST_USE;
enum err chain_find_idem(struct chain *c, const char *idem, uint64_t *number) MUST_USE;
/* Which log an entry is in, and its place there. NULL: no medium that is here holds it. */
const char *chain_locate(const struct chain *c, uint64_t number, uint64_t *seq);

#endif
