/* What the files of struct ledger share. Nobody outside this room includes it (tests do, to inject faults).
 *
 * `durable` is where the last commit left the log; `staged` runs ahead as far as `changes` holds what the next commit
 * will make durable. The databases know nothing of `changes` before.
 */
#ifndef KANNUKI_LEDGER_INSIDE_H
#define KANNUKI_LEDGER_INSIDE_H

#include "ledger/blobs.h"
#include "ledger/checkpoint.h"
#include "ledger/disclosure.h"
#include "ledger/keys.h"
#include "ledger/ledger.h"
#include "ledger/media.h"
#include "ledger/past.h"
#include "ledger/tree.h"

#include <jansson.h>

struct position {
	struct tree tree;        /* tree.size is the next seq */
	uint8_t prev[HASH_SIZE]; /* the newest leaf */
};

/* What this start of the writer signs with. */
struct running {
	uint64_t boot, epoch;
	struct signer key;
};

/* What a new incarnation says of itself, and takes over. */
struct succession {
	const struct batch *tallies;
	const char *continues; /* JSON: what the logs before it said last */
	const char *begun;     /* body of incarnation.begun */
	const char *text;      /* JSON, or NULL */
	const char *who, *via;
};

enum { CASES_CACHED = 16 };
struct case_key {
	char about[WORD_MAX + 1];
	uint8_t key[SEAL_KEY_SIZE];
};

enum { SALTS_DRAWN = 32 };

/* Random bytes that no disclosure has used yet. */
struct salts {
	uint8_t of[SALTS_DRAWN][SALT_SIZE];
	int left;
};

struct ledger {
	char *folder;
	bool is_readonly;
	struct media media;
	struct keys keys;
	struct genesis genesis;
	char code[GENESIS_CODE_CHARS + 1];
	struct running running;
	struct position durable, staged;
	struct batch changes;
	struct buf idems; /* struct staged_idem of what is staged */
	struct checkpoint head;
	struct buf head_note; /* the newest checkpoint with the epoch's line */
	enum err failed;      /* adding failed half way: nothing that is staged may be committed */
	bool is_broken;       /* a sync failed: the file may lie about what is on the disk until it is opened again */
	bool is_ended;        /* a later incarnation goes on elsewhere */
	struct slot_keys *slots;             /* borrowed; NULL: none */
	const struct succession *succession; /* of a new incarnation while it is made */
	struct rejoin *rejoin;               /* a medium that is being taken in again */
	struct opener *opener;               /* it is being opened, or NULL */
	unsigned keys_mended;                /* when it was opened */
	bool must_truncate;                  /* an erased text is still in a log file */
	struct buf news; /* what happened to the media when they were opened: bodies of entries, one a line */
	struct case_key cases[CASES_CACHED];
	unsigned next_case;
	struct salts salts;
};

/* All of them as changes; none when they cannot be read. */
void tallies_copy(struct ledger *l, struct batch *to);

/* An empty ledger whose media are known but not open. *out is untouched unless it succeeds. */
enum err ledger_new(struct ledger **out, struct fault *f) MUST_USE;
/* Begins an epoch as boot number `boot` with this key, whose note has this hash, says who started and what happened to
   the media, and commits. Takes `key` over, whatever becomes of it. */
enum err ledger_start_writing(struct ledger *l, uint64_t boot, struct moment now, struct signer *key,
			      const uint8_t hash[HASH_SIZE], struct fault *f) MUST_USE;
enum err may_write(const struct ledger *l, struct fault *f) MUST_USE;

/* What one medium says of itself, judged by itself. */
struct standing {
	struct genesis genesis;
	struct position durable;
	struct checkpoint head;
	struct buf head_note;
	struct entry last;
	uint64_t rows; /* entries that are there */
};
/* Of the medium that is read. ERR_CORRUPT. */
enum err standing_genesis(struct ledger *l, struct genesis *out, struct fault *f) MUST_USE;
enum err standing_load(struct ledger *l, struct standing *out, struct fault *f) MUST_USE;
void standing_fini(struct standing *s);
/* Of one that was being filled, whose entries are not all there: only its head, and who signed it. */
enum err standing_claim(struct ledger *l, struct standing *out, struct fault *f) MUST_USE;
/* The same of medium `index`, with the keys that fit; it is the one that is read from then on. */
enum standing_how { STANDING_WHOLE, STANDING_CLAIM };
enum err standing_hear(struct ledger *l, int index, enum standing_how how, struct standing *out,
		       struct fault *f) MUST_USE;

/* The keys that fit the genesis and open what is sealed on the medium that is read, from whichever medium has them. */
enum err keyring_find(struct ledger *l, const struct genesis *genesis, struct fault *f) MUST_USE;
/* Both key files of this medium are the right ones. */
enum err keyring_check(const struct ledger *l, const struct medium *medium, struct fault *f) MUST_USE;
/* Writes those that are not; how many were written. f->err: one could not be. */
unsigned keyring_mend(struct ledger *l, const struct medium *medium, struct fault *f);

/* Opens the media, decides which one is right, and makes the other like it when the ledger is to be written. */
enum err reconcile(struct ledger *l, enum store_mode mode, struct standing *out, const struct progress *progress,
		   struct fault *f) MUST_USE;
/* False when the damaged one may hold what the good one lacks. */
bool medium_is_behind(const struct medium *damaged, const struct medium *good);
/* Same box, same identity, an earlier number. */
bool genesis_is_earlier(const struct genesis *a, const struct genesis *b);
enum err say_half_filled(const struct medium *medium, const struct fault *of_other, struct fault *f);
enum err say_unrelated(const struct ledger *l, struct fault *f);
enum err say_conflict(const struct ledger *l, struct fault *f);
enum err say_of_another_log(const char *folder, bool is_earlier_one, struct fault *f);
/* The name of its file while it is made; the first removes what an earlier try left, the second puts it into the place
   of the old one on the media that hold it. */
extern const char incarnation_next[];
enum err incarnation_clear_next(const char *folder, struct fault *f) MUST_USE;
enum err incarnation_take_place(const struct media *media, const bool made[MEDIA_MAX], struct fault *f) MUST_USE;
/* What the first entries of a log say of those before it (past.h). */
enum { LINEAGE_ENTRIES = 3 };
struct lineage {
	uint64_t before; /* entries in them */
	uint64_t common; /* of these, the ones that all logs just before this one have */
	unsigned count;  /* logs just before this one: 0, 1 or 2 */
	struct checkpoint heads[MEDIA_MAX];
};
enum err lineage_read(struct ledger *l, struct lineage *out, struct fault *f) MUST_USE;

/* True: a later incarnation took its place; f says where. */
bool incarnation_is_ended(const char *folder, struct fault *f);
/* The news as entries, staged. */
enum err news_stage(struct ledger *l, struct moment now, struct fault *f) MUST_USE;
void news_add(struct ledger *l, const char *format, ...) PRINTF_LIKE(2, 3);
void news_of_loss(struct ledger *l, const struct medium *medium);
/* "first" or "second", as entries name it. */
const char *medium_name(const struct ledger *l, const struct medium *medium);

/* check_begin, also without the stored files. */
enum check_what { CHECK_ENTRIES, CHECK_FILES_TOO };
enum err check_begin_with(struct ledger *l, enum check_what what, struct check **check, struct fault *f) MUST_USE;

/* A tile_listener that adds the nodes of this tree to the changes. */
struct node_keeper {
	struct batch *changes;
	const struct tree *tree;
};
void node_keep(void *context, unsigned level, const uint8_t hash[HASH_SIZE]);
/* Stages the nodes that an older program did not keep; nothing else may be staged. Entries that cannot be read or do
   not fit the log are for a check to find: then nothing is staged, and recording goes on. */
void nodes_complete(struct ledger *l, const struct progress *progress);

/* ledger_commit of what makes room: on a full medium it may have the last reserve, too. */
enum err commit_erasure(struct ledger *l, struct moment now, struct fault *f) MUST_USE;
/* Two different people, an authority and a reason. */
enum err redaction_judge(const struct redaction *why, struct fault *f) MUST_USE;
/* The same, something that can be erased, and nothing staged. */
enum err redaction_begin(const struct ledger *l, const char *name, const struct redaction *why,
			 enum disclosure_name *which, struct fault *f) MUST_USE;
/* Stages what records an erasure; takes over its members, whose `approved_by` is added here. */
enum err redaction_stage(struct ledger *l, json_t *members, const struct redaction *why, struct moment now,
			 struct fault *f) MUST_USE;
/* `number` is what people call the entry. ERR_MISSING: there is none, or it has no such value. ERR_EXISTS: it was
   erased before. */
enum err redaction_find(struct ledger *l, uint64_t seq, uint64_t number, enum disclosure_name name, struct entry *out,
			struct fault *f) MUST_USE;
/* ledger_redact of an entry that people call `number`. */
enum err redact_called(struct ledger *l, uint64_t seq, uint64_t number, const char *name, const struct redaction *why,
		       struct moment now, struct fault *f) MUST_USE;
/* Authority and reason as the `text` of an entry, to be freed. */
enum err redaction_words(const struct redaction *why, char **text, struct fault *f) MUST_USE;
/* Takes a disclosure away, for good. */
void batch_erase(struct batch *b, uint64_t seq, enum disclosure_name name);
bool entry_is_erased(struct ledger *l, uint64_t seq, enum disclosure_name name);
/* The same by a redaction in a later log. */
void batch_erase_later(struct batch *b, uint64_t seq, enum disclosure_name name);
bool entry_is_erased_later(struct ledger *l, uint64_t seq, enum disclosure_name name);

/* What the logs before this one lose: the value of a disclosure, or the key of a case (about is not empty). */
struct loss {
	uint64_t seq;
	enum disclosure_name name;
	uint8_t digest[HASH_SIZE];
	char about[WORD_MAX + 1];
};
/* Stages the entry that says so of `archive`; for the key of a case it is NULL. */
enum err loss_stage(struct ledger *l, const struct ledger *archive, const struct loss *loss,
		    const struct redaction *why, struct moment now, struct fault *f) MUST_USE;
/* What an entry says, for good, from all logs before it that are here. */
enum err past_lose(struct past *p, const struct loss *all, size_t count, struct fault *f) MUST_USE;
/* Finishes what the entries of these logs say and was cut off, or could not be done on a medium that was away. */
void past_settle(struct past *p, struct ledger *l);
/* The log that holds the entry of this number, and its place there; NULL: it is not here. */
struct ledger *past_find(const struct past *p, uint64_t number, uint64_t *seq);
bool past_has_case(const struct past *p, const char *about);
/* Every row of `query` becomes a change: its first column the integer, the others the blobs. */
enum err copy_rows(struct store *from, struct batch *batch, const char *query, int64_t first, int64_t end,
		   enum store_statement statement, struct fault *f) MUST_USE;
/* Stages the mark of an entry whose body (the disclosure string, not sealed) asks for one. */
void mark_stage(struct batch *changes, uint64_t seq, const struct buf *body);
/* On this medium the first `size` entries have just these marks, `right`, in the order of their entries. */
enum err marks_repair(struct ledger *l, struct medium *medium, const struct batch *right, uint64_t size,
		      bool *was_wrong, struct fault *f) MUST_USE;
void rejoin_end(struct ledger *l);
/* Each good medium has its reserves, as long as there is room for them. */
void hold_space(struct ledger *l);

/* Parts of making a ledger: a new database on one medium; genesis and the first epoch. */
enum err ledger_make_medium(struct ledger *l, int index, const char *folder, struct fault *f) MUST_USE;
enum err ledger_begin_first(struct ledger *l, const char *origin, struct moment now, struct fault *f) MUST_USE;

struct staged_idem {
	uint8_t idem[IDEM_BYTES];
	uint8_t leaf[HASH_SIZE];
	uint64_t seq;
};

/* The key that seals what people wrote about the case `name`; made on first use when `create`. */
enum err case_key(struct ledger *l, const char *name, bool create, uint8_t key[SEAL_KEY_SIZE],
		  struct fault *f) MUST_USE;
bool case_has_key(struct ledger *l, const char *about);
void case_keys_forget(struct ledger *l);

/* The secret of an epoch as it is stored (secret.c). ERR_DENIED: it is sealed with a key of the panel's controller that
   is not here. */
void secret_seal(const struct ledger *l, uint64_t epoch, const uint8_t seed[SEED_SIZE], struct buf *out);
enum err secret_open(const struct ledger *l, uint64_t epoch, struct blob sealed, struct buf *seed) MUST_USE;
/* What secret_seal made last is durable. */
void secret_is_stored(const struct ledger *l);

/* Finishes the running epoch and stages the beginning of the next with its key (load_next_epoch).
   `was` receives what ran before: epoch_settle keeps the new one and wipes the old, or the other way round. */
enum err epoch_begin(struct ledger *l, uint64_t boot, struct moment now, struct signer *key,
		     const uint8_t hash[HASH_SIZE], struct running *was, struct fault *f) MUST_USE;
void epoch_settle(struct ledger *l, struct running *was, enum err outcome);
/* The certified key of the epoch after the running one, from its stored secret on the medium that is read. ERR_STATE:
   it is lost. */
enum err load_next_epoch(struct ledger *l, struct signer *key, uint8_t hash[HASH_SIZE], struct fault *f) MUST_USE;
/* The same from whichever medium has it; the epoch that begins then makes both alike. */
enum err find_next_epoch(struct ledger *l, struct signer *key, uint8_t hash[HASH_SIZE], struct fault *f) MUST_USE;
/* The key of an epoch and the hash of the note that names it, as stored. */
enum err epoch_key_stored(struct ledger *l, uint64_t epoch, struct note_key *key, uint8_t hash[HASH_SIZE],
			  struct fault *f) MUST_USE;

/* ledger_rotate; the same transaction remembers that somebody is asked about the closing checkpoint (store.h, `asked`).
   `epoch` receives the one that ended. */
enum err rotate_asking(struct ledger *l, struct blob nonce, struct moment now, uint64_t *epoch,
		       struct fault *f) MUST_USE;
/* The last checkpoint with the identity's line besides: what closes the running epoch. */
enum err closing_make(const struct ledger *l, struct buf *note) MUST_USE;
/* The closing checkpoint of an epoch that ended: its note is appended to `note`. ERR_CORRUPT. */
enum err closing_load(struct ledger *l, uint64_t epoch, struct buf *note, struct checkpoint *out,
		      struct fault *f) MUST_USE;
/* Appends the lines of witnesses that a checkpoint of this size has, in their order. */
enum err cosignatures_load(struct ledger *l, uint64_t size, struct buf *note, struct fault *f) MUST_USE;

/* One stored entry with its disclosures opened. */
struct opened {
	struct entry entry;
	struct blob leaf;
	uint8_t hash[HASH_SIZE];
	bool is_restricted;
	char restricted[WORD_MAX + 1];
	struct buf strings[DISCLOSURE_COUNT]; /* the disclosure strings */
	bool is_erased[DISCLOSURE_COUNT];
};

/* Fills `o` (zeroed by the caller before its first use) from the row; valid until the next step. ERR_CORRUPT. */
enum err opened_fill(struct ledger *l, struct opened *o, sqlite3_stmt *row, struct fault *f) MUST_USE;
void opened_fini(struct opened *o);

/* CLOCK_MONOTONIC, to keep a slice of work within its budget. */
int64_t slice_clock_ns(void);

#endif
