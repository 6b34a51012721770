/* The media a ledger is kept on: one, or two that hold the same. A batch goes to both at once, each in a thread of its
 * own; a medium that fails or does not answer within 2 s is left alone from then on.
 *
 *   generation   a survivor raises its own durably before it first answers alone, so that the other one, when it comes
 *                back, is known to be behind
 *   alone        1 from that moment until the other has caught up: the generation is not raised twice, and whatever
 *                this medium holds beyond the other may have been acknowledged
 *   paired       1 once there were two: a medium that cannot say where the other is knows that it is alone
 *   filling      1 while the other's entries are being copied here: by itself this medium is not whole
 */
#ifndef KANNUKI_LEDGER_MEDIA_H
#define KANNUKI_LEDGER_MEDIA_H

#include "ledger/ledger.h"
#include "ledger/store.h"

enum { MEDIA_MAX = 2 };

struct runner;

struct medium {
	char *folder; /* NULL: there is none */
	const char *file;
	int lock;
	enum medium_state state;
	struct fault why;      /* of MEDIUM_FAILED */
	struct store *store;   /* NULL: not open */
	struct runner *runner; /* NULL: work is done where it is asked for */
	uint64_t generation;
	bool is_alone, is_filling, is_paired;
};

struct media {
	struct medium m[MEDIA_MAX];
	int reading;   /* the medium that questions go to */
	bool has_news; /* a medium failed or came back, and no entry says so yet */
	int64_t patience_ns;
	bool is_tight;   /* the reserve is in use on one of them */
	bool asks_room;  /* what is recorded now leads to that, and may have the reserve before the last */
	bool makes_room; /* what is recorded now may have the last reserve, too (space.h) */
};

/* What a medium is asked to do. */
enum job { JOB_APPLY, JOB_TIDY, JOB_TRUNCATE };

void media_init(struct media *m);
/* Ends what a crash interrupted while a new incarnation took the old one's place (incarnation.c). */
enum err incarnation_finish(const char *folder, struct fault *f) MUST_USE;
/* Where a ledger's media are, from either folder: DIR/ledger.db or DIR/mirror.db, and the file DIR/other. */
enum err media_find(struct media *m, const char *folder, struct fault *f) MUST_USE;
/* Writes both folders' file `other`. */
enum err media_pair(const char *first, const char *second, struct fault *f) MUST_USE;
/* Writes it again where it is missing. */
enum err media_name_again(const struct media *m, struct fault *f) MUST_USE;
/* Locks and opens one medium, and reads its row; why it cannot be used is kept in the medium. */
enum err medium_open(struct medium *medium, enum store_mode mode) MUST_USE;
void medium_close(struct medium *medium);
/* It cannot be used; why it cannot is kept, with its name. */
void medium_blame(struct medium *medium, const struct fault *why);
/* The same of one that was in use: told at once, and recorded by ledger_note_media. */
void medium_fail(struct media *m, struct medium *medium, const struct fault *why);
/* Gives each open medium its thread when there are two. */
enum err media_start(struct media *m, struct fault *f) MUST_USE;
void media_close(struct media *m);

struct store *media_store(struct media *m);
/* The other good medium, or NULL. */
struct medium *media_second(struct media *m);
/* Reads go to the other medium from now on; false when there is none. */
bool media_switch(struct media *m);
bool media_is_alone(const struct media *m);
/* Two belong to this ledger, whether both are there or not, and even if nobody knows where. */
bool media_has_two(const struct media *m);

/* Makes the batch durable on every good medium. ERR_OK: at least one has it, and if that one is alone its generation
   says so. Anything else: no medium is known to have it. */
enum err media_apply(struct media *m, const struct batch *batch, struct fault *f) MUST_USE;
/* On one medium only, whatever its state; waits for it. */
enum err medium_apply(struct media *m, struct medium *medium, const struct batch *batch, struct fault *f) MUST_USE;
enum err medium_do(struct media *m, struct medium *medium, enum job job) MUST_USE;
/* Tidying may fail without harm; the next time may succeed. What makes room may have the last reserve for it. */
enum err media_do(struct media *m, enum job job) MUST_USE;

/* Tests: every medium is worked on in the caller's thread, the first one first. */
extern bool media_without_threads;

#endif
