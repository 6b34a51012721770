/* What the files of struct ledger share. Nobody outside this room includes it (tests do, to inject faults).
 *
 * `durable` is where the last commit left the log; `staged` runs ahead while a transaction is open, and falls back to
 * `durable` when it is abandoned. Only the database and these two can disagree, and only until the next statement.
 */
#ifndef KANNUKI_LEDGER_INSIDE_H
#define KANNUKI_LEDGER_INSIDE_H

#include "ledger/checkpoint.h"
#include "ledger/disclosure.h"
#include "ledger/keys.h"
#include "ledger/ledger.h"
#include "ledger/store.h"
#include "ledger/tree.h"

struct position {
	struct tree tree;        /* tree.size is the next seq */
	uint8_t prev[HASH_SIZE]; /* the newest leaf */
};

/* What this start of the writer signs with. */
struct running {
	uint64_t boot, epoch;
	struct signer key;
};

enum { CASES_CACHED = 16 };
struct case_key {
	char about[WORD_MAX + 1];
	uint8_t key[SEAL_KEY_SIZE];
};

struct ledger {
	char *folder;
	int lock;
	bool is_readonly;
	struct store store;
	struct keys keys;
	struct genesis genesis;
	char code[GENESIS_CODE_CHARS + 1];
	struct running running;
	struct position durable, staged;
	struct checkpoint head;
	struct buf head_note; /* the newest checkpoint with the epoch's line */
	bool in_transaction;
	enum err failed; /* adding failed in the store: nothing of this transaction may be committed */
	bool is_broken;  /* a sync failed: the file may lie about what is on the disk until it is opened again */
	struct case_key cases[CASES_CACHED];
	unsigned next_case;
};

/* Takes the folder's lock; nothing is read yet. *out is untouched unless it succeeds. */
enum err ledger_new(const char *folder, struct ledger **out, struct fault *f) MUST_USE;
/* Begins an epoch as boot number `boot`, says who started, and commits. */
enum err ledger_start_writing(struct ledger *l, uint64_t boot, struct moment now, struct fault *f) MUST_USE;

/* Opens the transaction if there is none. */
enum err ledger_begin(struct ledger *l, struct fault *f) MUST_USE;
/* The key that seals what people wrote about `about`; made on first use when `create`. */
enum err case_key(struct ledger *l, const char *about, bool create, uint8_t key[SEAL_KEY_SIZE],
		  struct fault *f) MUST_USE;
void case_keys_forget(struct ledger *l);

/* Finishes the running epoch and stages the beginning of the next in the open transaction.
   `was` receives what ran before: epoch_settle keeps the new one and wipes the old, or the other way round. */
enum err epoch_begin(struct ledger *l, uint64_t boot, struct moment now, struct running *was, struct fault *f) MUST_USE;
void epoch_settle(struct ledger *l, struct running *was, enum err outcome);
/* The key of an epoch and the hash of the note that names it, as stored. */
enum err epoch_key_stored(struct ledger *l, uint64_t epoch, struct note_key *key, uint8_t hash[HASH_SIZE],
			  struct fault *f) MUST_USE;

/* One stored entry with its disclosures opened. */
struct opened {
	struct entry entry;
	struct blob leaf;
	uint8_t hash[HASH_SIZE];
	struct buf strings[DISCLOSURE_COUNT]; /* the disclosure strings */
	bool is_erased[DISCLOSURE_COUNT];
};

/* Fills `o` (zeroed by the caller before its first use) from the row; valid until the next step. ERR_CORRUPT. */
enum err opened_fill(struct ledger *l, struct opened *o, sqlite3_stmt *row, struct fault *f) MUST_USE;
void opened_fini(struct opened *o);

/* CLOCK_MONOTONIC, to keep a slice of work within its budget. */
int64_t slice_clock_ns(void);

#endif
