/* The ledger: one signed, append-only log on disk. Opens, appends in groups, reads, rotates epochs.
 *
 *   ledger_add … ledger_add   stages entries in one open transaction
 *   ledger_commit             checkpoint signed and everything durable; only now may anyone be told "recorded"
 *   ledger_abandon            forgets what was staged since the last commit
 *
 * The format is docs/formats/ledger.md. A struct ledger belongs to one thread. Time is passed in.
 */
#ifndef KANNUKI_LEDGER_LEDGER_H
#define KANNUKI_LEDGER_LEDGER_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "ledger/age.h"
#include "ledger/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GENESIS_CODE_CHARS = 24 };

struct ledger;

/* Keys that the panel's controller keeps and overwrites in turn, so that nothing on a medium opens the stored secret of
   an epoch that is over. In the caller's locked memory, which stays for as long as the ledger is open; what is kept may
   change between any two calls. The ledger writes the second half. */
enum { SLOT_KEYS = 2, SLOT_KEY_SIZE = 32 };
struct slot_keys {
	bool seals; /* the next epoch's secret is sealed with the newest that is kept, whenever an epoch begins */
	unsigned kept;
	uint8_t key[SLOT_KEYS][SLOT_KEY_SIZE]; /* older first */

	bool is_missing; /* what is stored needs a key that is not among these */
	bool is_sealed;  /* what is stored is sealed with … */
	uint8_t present[SLOT_KEY_SIZE];
};

/* What is to be recorded. All strings are borrowed for the call. */
struct draft {
	const char *who;    /* opaque account id, "system" or "panel" */
	const char *via;    /* panel web serial cli keeper */
	const char *type;   /* incident panel register people system epoch */
	const char *about;  /* incident, register item or "-" */
	const char *idem;   /* 32 lower-case hex digits, or NULL */
	const char *body;   /* JSON object; its "act" is the exact entry type */
	const char *text;   /* JSON value (string, or object of strings), or NULL */
	const char *person; /* JSON object, or NULL */
	const char *files;  /* JSON array, or NULL */
	/* Of a restricted case: seals everything, body too, with this case's key, and `about` must be "-". Else NULL.
	 */
	const char *restricted;
	bool leads_to_room; /* on a full medium its commit may use what is kept for that (space.h) */
};

/* What was recorded, as it will be read back. */
struct record {
	uint64_t seq;
	uint8_t leaf[HASH_SIZE];
	uint64_t boot;
	uint64_t epoch;
	struct moment at;
	const char *who, *via, *type, *about, *idem; /* idem NULL when absent */
	const char *body;                            /* JSON text; NULL when withheld */
	const char *text, *person, *files;           /* JSON text; NULL when absent or erased */
	const char *restricted;                      /* the case whose key seals all of it, or NULL */
};

struct checkpoint_info {
	uint64_t size;
	uint8_t root[HASH_SIZE];
	uint64_t epoch;
};

/* Room on a medium: plenty; time to act; only for entries, files are refused; the last reserve is in use. */
enum space_level { SPACE_UNKNOWN, SPACE_GOOD, SPACE_LOW, SPACE_NO_FILES, SPACE_RESERVE_USED };
struct space {
	enum space_level level;
	uint64_t free_bytes, total_bytes;
};

/* Where the ledger is kept, and how each place does. */
enum medium_state { MEDIUM_NONE, MEDIUM_GOOD, MEDIUM_FAILED };
struct medium_info {
	const char *folder; /* NULL: there is none */
	enum medium_state state;
	const char *why; /* of MEDIUM_FAILED */
	uint64_t generation;
	struct space space;
};
enum { LEDGER_MEDIA = 2 };

/* Called now and then during what takes long; `what` is a word for the step: "filling", "checking" … */
struct progress {
	void (*report)(void *context, const char *what, uint64_t done, uint64_t total);
	void *context;
};

/* Makes a new ledger in `folder` (which must be empty or absent): identity, first epoch, genesis. `mirror`, another
   such folder on a second medium, holds the same; it may be NULL. `origin` is "<operator
   domain>/<serial>/<incarnation>". `code` receives the genesis code for paper. */
enum err ledger_create(const char *folder, const char *mirror, const char *origin, struct moment now,
		       char code[GENESIS_CODE_CHARS + 1], struct fault *f) MUST_USE;

/* Takes the lock, checks the newest entries against the checkpoint, begins a new epoch, and records
   epoch.start and writer.start (committed before it returns). `folder` is either of the two media; what one of them
   lacks is copied from the other first. ERR_BUSY: another process holds it. ERR_STATE: the two media went different
   ways, or the next epoch's secret is lost: only a new incarnation can go on (ledger_reincarnate); or it goes on as one
   already, elsewhere. */
enum err ledger_open(const char *folder, struct moment now, struct ledger **out, struct fault *f) MUST_USE;
/* Like ledger_open but neither begins an epoch nor allows writing: for offline reading and export. */
enum err ledger_open_readonly(const char *folder, struct ledger **out, struct fault *f) MUST_USE;
void ledger_close(struct ledger *l);
/* ledger_open, telling how far it is, with the keys of the panel's controller (NULL: none). ERR_STATE with is_missing:
   that controller is needed. */
enum err ledger_open_telling(const char *folder, struct moment now, const struct progress *progress,
			     struct slot_keys *slots, struct ledger **out, struct fault *f) MUST_USE;

/* Begins a new log where the old one cannot go on: its origin ends in the next number, its first entry commits to what
   the old one said last, its genesis code is new and must go on paper. The old one stays whole in
   DIR/incarnations/<n>, which can be opened for reading like any ledger (past.h reads all of them as one). One that
   could go on is ended only with a reason. ERR_STATE: no reason was given, or a person must first put things in
   order; f says what. */
struct reincarnation {
	const char *who, *via;   /* NULL: the box itself */
	const char *reason;      /* plain text, or NULL */
	struct slot_keys *slots; /* NULL: nobody has asked the panel's controller, and what it seals is not lost */
};
enum err ledger_reincarnate(const char *folder, const struct reincarnation *why, struct moment now,
			    char code[GENESIS_CODE_CHARS + 1], struct fault *f) MUST_USE;
/* The folder of incarnation number `n` (from 1) that was left behind. ERR_MISSING: there is none. */
enum err ledger_earlier_path(const char *folder, unsigned n, char *path, size_t size) MUST_USE;

void ledger_media(const struct ledger *l, struct medium_info out[LEDGER_MEDIA]);
/* A medium failed or came back: ledger_note_media says so in the log (staged; commit it). */
bool ledger_media_changed(const struct ledger *l);
/* It is on one of two media and does not know where the other one is. */
bool ledger_misses_other(const struct ledger *l);
/* Gives a ledger on one medium a second one; ledger_rejoin (anew) then fills it. Or says where the other one is. */
enum err ledger_add_mirror(struct ledger *l, const char *folder, struct fault *f) MUST_USE;
/* Says in `folder`, whose ledger is closed, where its other medium is from now on. */
enum err ledger_name_other(const char *folder, const char *other, struct fault *f) MUST_USE;
enum err ledger_note_media(struct ledger *l, struct moment now, struct fault *f) MUST_USE;
/* Tries to take a failed medium in again. *done: it holds everything again, or there is nothing to do. Otherwise call
   it again; each call keeps to its budget. An error says why it cannot be. REJOIN_ANEW: a blank or hopelessly damaged
   medium is written from nothing, and what is there is set aside (never by itself: an empty folder may be a medium that
   is only not mounted). REJOIN_REPLACE: what is there is known to be nothing that the other lacks, and is removed. */
enum rejoin_how { REJOIN_AS_IT_IS, REJOIN_ANEW, REJOIN_REPLACE };
enum err ledger_rejoin(struct ledger *l, enum rejoin_how how, int64_t budget_ns, bool *done, struct fault *f) MUST_USE;
/* How many entries the medium that is being taken in holds by now; all of them when there is none. */
uint64_t ledger_rejoined(const struct ledger *l);

const char *ledger_origin(const struct ledger *l);
const char *ledger_genesis_code(const struct ledger *l);
/* The last committed checkpoint. */
struct checkpoint_info ledger_head(const struct ledger *l);
/* Short form for people, "7F3A-91C2": the first 32 bits of the checkpoint's root. */
void checkpoint_short_code(char out[10], const uint8_t root[HASH_SIZE]);

/* Stages one entry. `seq` and `leaf` are final if the next commit succeeds. ERR_EXISTS: this idem is
   already in the ledger (use ledger_find_idem). ERR_RANGE/ERR_FORMAT: the draft breaks the format; f says which part.
 */
enum err ledger_add(struct ledger *l, const struct draft *draft, struct moment now, uint64_t *seq,
		    uint8_t leaf[HASH_SIZE], struct fault *f) MUST_USE;
/* Stored files. A file is first kept, which may take long and touches no database: a thread of its own may do it with
   the places of that moment. Then an entry names it in `files` by the SHA-256. What no entry names is swept away when
   the ledger is opened. */
struct file_places {
	char folders[LEDGER_MEDIA][512];
	int count;
};
struct kept_file {
	char sha256[2 * HASH_SIZE + 1];
	uint64_t size;
};
void ledger_file_places(const struct ledger *l, struct file_places *out);
/* Copies what can be read from `fd` to every place while hashing it, and syncs. ERR_FULL: only room for entries is
 * left. */
enum err file_keep(const struct file_places *places, int fd, struct kept_file *out, struct fault *f) MUST_USE;
/* The same of what comes from elsewhere. `size` is what it claims to have: where there is no room for that it is not
   begun. `go_on` is asked at each piece; ERR_STATE when it says no. */
struct file_watch {
	uint64_t size;
	bool (*go_on)(void *context, uint64_t so_far);
	void *context;
};
enum err file_keep_watched(const struct file_places *places, int fd, const struct file_watch *watch,
			   struct kept_file *out, struct fault *f) MUST_USE;
/* It is on every medium in use; an erasure, or a medium that came back, may have got in between. */
bool ledger_has_file(const struct ledger *l, const char *sha256);
/* Removes it unless a recorded entry names it. Nothing may be staged. */
void ledger_drop_file(struct ledger *l, const char *sha256);
/* For reading. ERR_MISSING: on no medium in use. */
enum err ledger_open_file(const struct ledger *l, const char *sha256, int *fd) MUST_USE;

/* Makes everything staged durable and signed. Nothing staged: does nothing. On failure everything
   staged is abandoned and none of it may be acknowledged. After a sync that failed (ERR_IO) the file may say other
   things than the disk: everything is refused until the ledger is closed and opened again. */
enum err ledger_commit(struct ledger *l, struct moment now, struct fault *f) MUST_USE;
void ledger_abandon(struct ledger *l);
bool ledger_has_staged(const struct ledger *l);

/* What is counted for an entry to come: durable with the next commit, in the place of what was counted under this
   number before. NULL: its entry is staged, and it goes. A new incarnation takes all of them over. Reading them gives
   what was durable last. */
typedef void tally_taker(void *context, unsigned number, const char *text, size_t len);
enum err ledger_put_tally(struct ledger *l, unsigned number, const char *text, struct fault *f) MUST_USE;
enum err ledger_tallies(struct ledger *l, tally_taker *take, void *context, struct fault *f) MUST_USE;

/* Finishes the epoch and begins the next. Nothing may be staged. The keeper calls it every hour. */
enum err ledger_rotate(struct ledger *l, struct moment now, struct fault *f) MUST_USE;
/* Runs SQLite's checkpoint when it is worth it; the keeper calls it after 1 s of idleness. (A commit that finds more
   than 16 MiB waiting does it too.) */
enum err ledger_tidy(struct ledger *l) MUST_USE;

/* ERR_MISSING when no entry (committed or staged) carries this idem. */
enum err ledger_find_idem(struct ledger *l, const char *idem, uint64_t *seq, uint8_t leaf[HASH_SIZE]) MUST_USE;

/* A later incarnation goes on elsewhere: this one is only read, checked and exported, to its last entry. */
bool ledger_is_ended(const struct ledger *l);

/* Calls `take` for each entry of [from, to) in order; the record is valid during the call only.
   A non-zero answer of `take` stops the reading and is returned. */
typedef enum err record_taker(void *context, const struct record *record);
enum err ledger_read(struct ledger *l, uint64_t from, uint64_t to, record_taker *take, void *context,
		     struct fault *f) MUST_USE;

/* Re-hashes everything: seq, prev, disclosures, root, epochs and signatures; then the stored files on each medium. Says
   the first bad entry or file in f. */
enum err ledger_check(struct ledger *l, struct fault *f) MUST_USE;

/* The same in slices, so that a keeper can go on recording in between: begin, step until *done or an error, end.
   What is recorded meanwhile is checked too. End it before ledger_close. */
struct check;
enum err check_begin(struct ledger *l, struct check **check, struct fault *f) MUST_USE;
enum err check_step(struct check *check, int64_t budget_ns, bool *done, struct fault *f) MUST_USE;
/* How many entries have been checked. */
uint64_t check_progress(const struct check *check);
void check_end(struct check *check);

/* ---- erasing ----
   A redaction is recorded, the value is deleted on every medium and from SQLite's log file, and it never comes back
   from a medium that was away. Whoever keeps a picture of the entries must make it anew. */

struct redaction {
	const char *who, *via;          /* as in struct draft */
	const char *authority, *reason; /* by what right, and why: plain texts */
	const char *approved_by[2];     /* two different accounts */
};
/* Commits by itself; nothing may be staged. `name` is text, person or files. ERR_BUSY: it is erased and recorded, but
   SQLite's log file still holds it; ledger_tidy tries again. */
enum err ledger_redact(struct ledger *l, uint64_t seq, const char *name, const struct redaction *why, struct moment now,
		       struct fault *f) MUST_USE;

/* Everything that people wrote about a case, and the key that sealed it: begin, step until *done, end. Each step
   commits what it erased. `past` (past.h): in the logs before this one, too; it stays open meanwhile, or is NULL.
   ERR_STATE: not all of these are here. */
struct disposal;
struct past;
enum err disposal_begin(struct ledger *l, struct past *past, const char *about, const struct redaction *why,
			struct disposal **disposal, struct fault *f) MUST_USE;
enum err disposal_step(struct disposal *disposal, int64_t budget_ns, struct moment now, bool *done,
		       struct fault *f) MUST_USE;
uint64_t disposal_erased(const struct disposal *disposal);
void disposal_end(struct disposal *disposal);

/* Files beside the log in which nothing is erased: what was set aside as damaged, and orphans. Removing them is
   recorded first. ERR_MISSING: there are none. */
typedef enum err leftover_taker(void *context, const char *path, struct fault *f);
enum err ledger_leftovers(const struct ledger *l, leftover_taker *take, void *context, struct fault *f) MUST_USE;
enum err ledger_remove_leftovers(struct ledger *l, const struct redaction *why, struct moment now, uint64_t *removed,
				 struct fault *f) MUST_USE;

/* ---- scrubbing ----
   Re-hashes every row and every stored file of every medium; a bad one is repaired from the other, a medium that cannot
   be read any more is written anew. What was done waits in ledger_note_media. Begin, step until *done, end. */
struct scrub_report {
	uint64_t checked, repaired; /* entries; of all kinds */
	uint64_t bad;               /* beyond repair: no medium has them right */
	struct fault first_bad;     /* the first of those */
};
struct scrub;
enum err scrub_begin(struct ledger *l, struct scrub **scrub, struct fault *f) MUST_USE;
enum err scrub_step(struct scrub *scrub, int64_t budget_ns, bool *done, struct fault *f) MUST_USE;
void scrub_tell(const struct scrub *scrub, struct scrub_report *report);
void scrub_end(struct scrub *scrub);

/* Export in slices, so that a keeper can go on recording in between: begin (which ends the epoch, as the
   format wants, and pins the checkpoint), step until *done, end. `out` must not exist; it is renamed into
   place when complete. On a read-only ledger the last closing checkpoint is exported instead; of one that has ended,
   everything. */
enum { EXPORT_PROOFS_MAX = 256 };
struct export_options {
	uint64_t from, to; /* entries [from, to); to 0: to the end. The tiles that hold them go out */
	bool without_text, without_person, without_files;
	bool as_zip;
	/* Whom stored files are encrypted to; nobody: as they are. Lent until export_begin returns. */
	const struct age_recipient *recipients;
	size_t recipient_count;
	/* Entries to be proven each by itself; those of a range of at most 256 are anyway. Lent likewise. */
	const uint64_t *prove;
	size_t prove_count;
};
struct export;
enum err export_begin(struct ledger *l, const char *out, const struct export_options *options, struct moment now,
		      struct export **export, struct fault *f) MUST_USE;
enum err export_step(struct export *export, int64_t budget_ns, bool *done, struct fault *f) MUST_USE;
/* How far it is. The number of files is known when all entries are written; absent ones count among `files`. */
struct export_progress {
	uint64_t entries, entries_total, files, files_total, files_absent;
};
struct export_progress export_progress(const struct export *export);
void export_end(struct export *export);

#endif
