/* Long work on the ledger that people ask for: one at a time, in slices between everything else. Who asks for what is
 * being done already waits for the same answer; who waits is told how far it is.
 */
#ifndef KANNUKI_KEEPER_CHORE_H
#define KANNUKI_KEEPER_CHORE_H

#include "keeper/keeper.h"

enum { CHORE_ASKERS_MAX = 16, CHORE_KEY_SIZE = 160 };

struct chore;

struct chore_kind {
	const char *name;
	/* One slice; of no more than slice_ns. */
	enum err (*step)(struct chore *c, bool *done, struct fault *f);
	void (*progress)(const struct chore *c, uint64_t *done, uint64_t *total);
	/* It ended, well or not: answers the askers. */
	void (*finish)(struct chore *c, enum err err, const struct fault *f);
	/* Lets go of what it holds of the ledger, and of its own memory. */
	void (*drop)(struct chore *c);
};

/* The beginning of the structure of each kind. */
struct chore {
	const struct chore_kind *kind;
	struct keeper *keeper;
	sd_event_source *source;
	char key[CHORE_KEY_SIZE]; /* what is the same work */
	char who[ACCOUNT_SIZE];
	enum peer peer;
	enum lang lang;
	struct ticket askers[CHORE_ASKERS_MAX]; /* none: the keeper itself wants it */
	unsigned askers_count;
	int64_t told_ns;
};

/* True when there is nothing left to do for the asker: the same work is in hand and will answer it, or another one is,
   which has been said. */
bool chore_joined(struct keeper *k, const struct request *r, const char *key);
/* Begins; `c` was made by calloc and is owned from now on, also when it cannot begin. `r` and `session` are NULL when
   nobody asked. */
enum err chore_begin(struct keeper *k, struct chore *c, const struct chore_kind *kind, const struct request *r,
		     const struct session *session, const char *key, struct fault *f) MUST_USE;
/* The same answer to all; takes over `result` or `args`. */
void chore_answer(struct chore *c, json_t *result);
void chore_refuse(struct chore *c, const char *code, json_t *args);
/* Ends unfinished, without an answer. */
void chore_end(struct keeper *k);
/* The same, and the askers are told. */
void chore_let_go(struct keeper *k);

#endif
