/* A transaction as a value: changes that are made together and in order, on one medium or on two. It owns copies of
 * everything that is put in, so that a slow medium may still read it when the others are long done.
 */
#ifndef KANNUKI_LEDGER_BATCH_H
#define KANNUKI_LEDGER_BATCH_H

#include "base/bytes.h"

#include <stdbool.h>

/* A value to bind or a column that was read; data NULL is SQL NULL. */
struct blob {
	const void *data;
	size_t len;
};

enum { CHANGE_BLOBS_MAX = 8 };

/* One change: a statement of store.h, its integer (?1) and its blobs (?2 …). */
struct change {
	unsigned statement;
	int count;
	int64_t integer;
	struct blob blobs[CHANGE_BLOBS_MAX];
};

/* Zero-initialise; an error is sticky, as in struct buf. */
struct batch {
	struct buf bytes;
};

void batch_add(struct batch *b, unsigned statement, int64_t integer, const struct blob *blobs, int count);
void batch_clear(struct batch *b);
void batch_fini(struct batch *b);
void batch_copy(struct batch *to, const struct batch *from);
/* Adds the changes of another. */
void batch_join(struct batch *b, const struct batch *more);
bool batch_is_same(const struct batch *a, const struct batch *b);
bool batch_is_empty(const struct batch *b);
enum err batch_status(const struct batch *b) MUST_USE;

/* Walks it: *at begins at 0. False at the end. The blobs point into the batch. */
bool batch_next(const struct batch *b, size_t *at, struct change *out);

#endif
