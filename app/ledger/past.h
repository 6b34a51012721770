/* The logs before this one, read as one with it: the numbers of entries go on from log to log.
 *
 *   number   0 … before − 1        before …
 *            the logs before       this log: number = before + seq
 *
 * How many were before is in the entry incarnation.begun, the third of each log but the first. Where two media went
 * different ways, both are there: first what they have in common, then the tail of one, then that of the other.
 */
#ifndef KANNUKI_LEDGER_PAST_H
#define KANNUKI_LEDGER_PAST_H

#include "ledger/ledger.h"

struct past;

/* Opens what there is of them in the folders of the media of `l`, for reading. */
enum err past_open(struct ledger *l, struct past **out, struct fault *f) MUST_USE;
void past_close(struct past *p);

/* Lets go of the logs themselves; the numbers stay. */
void past_forget(struct past *p);

/* The number of entry 0 of the log that goes on. */
uint64_t past_size(const struct past *p);
/* How many of these no medium that is here holds. */
uint64_t past_missing(const struct past *p);
/* Like ledger_read; record.seq is the number. Entries that are not here are left out. */
enum err past_read(struct past *p, uint64_t from, uint64_t to, record_taker *take, void *context,
		   struct fault *f) MUST_USE;
/* The same, and on through `l`, the log that goes on. */
enum err past_read_on(struct past *p, struct ledger *l, uint64_t from, uint64_t to, record_taker *take, void *context,
		      struct fault *f) MUST_USE;
/* ledger_redact in whichever log the entry of this number is; recorded in `l`, the log that goes on. ERR_STATE: no
   medium that is here holds it. A medium that is away loses it when past_open finds it next (unless `l` is only read).
 */
enum err past_redact(struct past *p, struct ledger *l, uint64_t number, const char *name, const struct redaction *why,
		     struct moment now, struct fault *f) MUST_USE;
/* ERR_MISSING: no entry here carries this retry key. */
enum err past_find_idem(struct past *p, const char *idem, uint64_t *number) MUST_USE;
/* One after the other, from 0; NULL beyond the last. One that is on two media comes twice. */
struct ledger *past_log(const struct past *p, unsigned index);
/* A log that one medium holds and the other lacks: where it is, and where its copy belongs. Of the media in use; at
   most so many are told at once. Answers how many. */
enum { PAST_LACKING_MAX = 16, PAST_PATH_SIZE = 700 };
struct lacking {
	char from[PAST_PATH_SIZE], to[PAST_PATH_SIZE];
	uint64_t free_bytes; /* on the medium it belongs to */
};
unsigned past_lacking(const struct past *p, const struct ledger *l, struct lacking out[PAST_LACKING_MAX]);
/* In which log the entry of this number is, and its place there. NULL: it is not here. */
const char *past_locate(const struct past *p, uint64_t number, uint64_t *seq);

#endif
