/* The scribe: ledger, book and group commit in one place. Nothing is told "recorded" before it is durable and signed.
 *
 *   scribe_record … scribe_record      staged, and already folded into the book, so that the next wish sees them
 *   (the loop has taken everything that had arrived)
 *   scribe_commit                      one checkpoint, one sync; then every waiter hears its receipt
 *
 * A medium that failed or came back is told of in the next commit; the loop makes one when nothing else does.
 *
 * When the commit fails every waiter hears NULL and the book is folded again from what the ledger really holds; after a
 * failed write the file is opened again first. If that fails too, hooks.lost is called: the program has to end.
 */
#ifndef KANNUKI_KEEPER_SCRIBE_H
#define KANNUKI_KEEPER_SCRIBE_H

#include "keeper/chain.h"
#include "keeper/recall.h"
#include "procedure/book.h"

#include <systemd/sd-event.h>

/* So many who wait make a commit at once: under a flood the first must not wait for the last. */
enum { SCRIBE_GROUP_MAX = 64 };

struct receipt {
	uint64_t seq;
	int64_t wall_ms;
	char code[10]; /* short code of the checkpoint that covers it */
	char about[65];
};

/* Hears once what became of an entry: NULL when it was not recorded. Owns its context. */
struct waiter {
	void (*hear)(void *context, const struct receipt *receipt);
	void *context;
};

struct entry {
	const char *who, *via;
	const struct act_kind *kind;
	const char *about; /* NULL: "-" */
	const char *idem;  /* or NULL */
	json_t *body;      /* object; "act" is added here when absent; borrowed */
	json_t *text, *person;
	json_t *files; /* that are stored already */
};

/* Whether what was committed is what people look at. */
enum change { CHANGE_HOUSEKEEPING, CHANGE_VISIBLE };

struct scribe_hooks {
	/* After every commit, and after one that failed. */
	void (*changed)(void *context, enum change change);
	/* What became of a medium is recorded, or the ledger was opened again. */
	void (*media)(void *context);
	/* The ledger is about to be closed and opened again: let go of what was had from scribe_ledger. */
	void (*closing)(void *context);
	/* The record can no longer be kept or read; the program has to end. */
	void (*lost)(void *context, const struct fault *fault);
	void *context;
};

struct scribe;

/* `folders` are those of the ledger on its media, "" for none: it is opened from the first that holds it. `packs` holds
   the pack that setup.done names; `slots` (NULL: none) are borrowed. Replays everything. */
enum err scribe_open(sd_event *event, const char *const folders[LEDGER_MEDIA], const char *packs, struct slots *slots,
		     const struct scribe_hooks *hooks, struct scribe **out, struct fault *f) MUST_USE;
/* The same without writing anything: for looking at the book. Nothing can be recorded. */
enum err scribe_look(const char *const folders[LEDGER_MEDIA], const char *packs, struct scribe **out,
		     struct fault *f) MUST_USE;
/* Commits what is staged. */
void scribe_close(struct scribe *s);

/* NULL after hooks.lost. */
struct ledger *scribe_ledger(struct scribe *s);
/* The same with the logs before it. All numbers of entries here and in the book are those of the chain. */
struct chain *scribe_chain(struct scribe *s);
const struct pack *scribe_pack(const struct scribe *s);
const struct book *scribe_book(const struct scribe *s);
const struct recall *scribe_recall(const struct scribe *s);
/* False after a commit that failed, until one succeeds. */
bool scribe_is_well(const struct scribe *s);

enum urgency { SOON, AT_ONCE };

/* Stages one entry. On success the waiter will hear, perhaps before this returns; on failure (f says why) nothing was
   staged and it will not. */
enum err scribe_record(struct scribe *s, const struct entry *entry, enum urgency urgency, struct waiter waiter,
		       struct fault *f) MUST_USE;
/* The same for entries that are recorded all together or not at all; the waiter hears of the first. */
enum err scribe_record_all(struct scribe *s, const struct entry *entries, size_t count, enum urgency urgency,
			   struct waiter waiter, struct fault *f) MUST_USE;
/* Number of the entry that is staged next. */
uint64_t scribe_next(const struct scribe *s);
/* Stages what is counted for an entry to come (ledger_put_tally). Without a waiter it goes with what is staged next. */
enum err scribe_put_tally(struct scribe *s, unsigned number, const char *text, struct waiter waiter,
			  struct fault *f) MUST_USE;
/* For the keeper's own entries, where nobody waits. */
void scribe_note(struct scribe *s, const struct entry *entry);

/* Is there an entry with this idem already? ERR_OK: the waiter hears its receipt, at once or with the commit in hand.
   ERR_MISSING: none. ERR_EXISTS: there is one, of somebody else or of another act. The waiter stays the caller's then.
 */
enum err scribe_repeat(struct scribe *s, const char *idem, const char *who, const char *act,
		       struct waiter waiter) MUST_USE;

/* Whoever waits hears the outcome, so the answer may be ignored. */
enum err scribe_commit(struct scribe *s);
/* Records it when somebody has set the wall clock by more than a second. Each new entry looks, too. */
void scribe_mind_clock(struct scribe *s);
/* After work on the ledger beside the scribe: if a medium failed or came back, the next turn of the loop records it. */
void scribe_mind_media(struct scribe *s);
/* Ends the log and begins a new incarnation, which somebody has asked for. */
enum err scribe_reincarnate(struct scribe *s, const struct reincarnation *why, struct fault *f) MUST_USE;
/* Commits first. */
enum err scribe_rotate(struct scribe *s, struct fault *f) MUST_USE;
/* Makes the book anew from the entries, as is needed after something was erased, in slices while recording goes on. */
enum err scribe_renew(struct scribe *s, int64_t budget_ns, bool *done, struct fault *f) MUST_USE;
/* Folds in what the ledger wrote by itself (epochs). */
enum err scribe_catch_up(struct scribe *s, struct fault *f) MUST_USE;

#endif
