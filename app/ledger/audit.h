/* The strict rules of docs/formats/ledger.md as one pass over a log, wherever it is read from: a bundle or the box's
 * own database. No file, no database, constant memory (beside 48 bytes for each redacted disclosure).
 *
 *   audit_begin                         genesis
 *   for each entry:
 *     audit_entry                       its form, seq, prev, epoch and boot
 *     audit_disclosure for each sd      in the order of the names
 *     audit_settle                      certificates and closing checkpoints where an epoch begins; the tree
 *   audit_end                           size, root, both signatures of the last checkpoint, redactions
 *
 * Of a part of the log (audit_part after audit_begin) the leaf hashes of all entries are known beforehand:
 *
 *   for each place in the log:
 *     audit_place                       its leaf hash; certificates and closing checkpoints where an epoch begins
 *     audit_skip, or the three above where the entry itself is there
 *
 * The first failure ends it. `file` then names the note that is to blame, or is empty when it is the entry `blamed`.
 */
#ifndef KANNUKI_LEDGER_AUDIT_H
#define KANNUKI_LEDGER_AUDIT_H

#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/epoch.h"
#include "ledger/tree.h"

enum disclosed { DISCLOSED, WITHHELD, REDACTED, DISCLOSED_COUNT };

/* Where certificates and closing checkpoints come from. ERR_MISSING: there is none. */
struct audit_source {
	enum err (*certificate)(void *context, uint64_t epoch, struct buf *out);
	enum err (*closing)(void *context, uint64_t epoch, struct buf *out);
	void *context;
};

/* The head of a log that ended, as the first entry of the one after it names it. */
struct earlier_log {
	char origin[NOTE_NAME_MAX + 1];
	struct checkpoint head;
	uint8_t genesis[HASH_SIZE];
};
enum { EARLIER_LOGS_MAX = 64 };

struct audit {
	struct genesis genesis;
	struct audit_source source;
	const struct tile_listener *listener;
	struct tree tree;
	uint8_t prev[HASH_SIZE];
	uint64_t epoch, boot, epoch_began; /* the entry that begins the running epoch */
	struct note_key key;               /* of the running epoch */
	uint8_t key_hash[HASH_SIZE];       /* of the note that names it */
	struct entry entry;                /* the one at hand */
	uint8_t leaf[HASH_SIZE];
	struct buf body; /* its body as JSON when the rules need it, else empty */
	struct buf note;
	char *decoded;         /* room for a decoded disclosure */
	struct buf redactions; /* what awaits its redaction */
	struct buf policy;     /* the text of the last policy.set; data is NULL without one */
	struct buf earlier;    /* of struct earlier_log */
	uint64_t counts[DISCLOSED_COUNT];
	uint64_t blamed;
	bool doubts_last; /* or it is the entry before, of the hash `prev`, that was changed */
	char file[48];

	/* Of a part of the log. */
	bool is_part, begins, has_boot; /* begins: the entry at this place must begin an epoch */
	uint8_t placed[HASH_SIZE];      /* the leaf hash at this place */
	struct checkpoint closing;      /* of the running epoch; size UINT64_MAX while it is the last one */
	uint64_t size;                  /* of the whole log */
	uint64_t entries;               /* that were there */
	uint64_t redacted_elsewhere;    /* the redaction is not in this part */
};

/* The genesis note must fit itself; whose it is, the caller judges by genesis.hash. */
enum err audit_begin(struct audit *a, const void *genesis, size_t len, const struct audit_source *source,
		     const struct tile_listener *listener, struct fault *f) MUST_USE;
void audit_fini(struct audit *a);

enum err audit_entry(struct audit *a, const void *leaf, size_t len, struct fault *f) MUST_USE;
/* `text` only when DISCLOSED. */
enum err audit_disclosure(struct audit *a, enum disclosure_name name, enum disclosed state, const char *text,
			  size_t len, struct fault *f) MUST_USE;
/* The same two for somebody who has already parsed and hashed; `value` is the JSON of a body that a rule reads. */
enum err audit_found_entry(struct audit *a, const struct entry *entry, const uint8_t leaf[HASH_SIZE],
			   struct fault *f) MUST_USE;
enum err audit_found_disclosure(struct audit *a, enum disclosure_name name, enum disclosed state, const char *value,
				size_t len, struct fault *f) MUST_USE;
/* Only bodies that a rule is about are read as JSON. */
bool audit_needs_body(const struct entry *entry);
enum err audit_settle(struct audit *a, struct fault *f) MUST_USE;

/* `size`: of the whole log. */
void audit_part(struct audit *a, uint64_t size);
enum err audit_place(struct audit *a, const uint8_t leaf[HASH_SIZE], struct fault *f) MUST_USE;
void audit_skip(struct audit *a);

/* `note` holds the last checkpoint with the lines of the last entry's epoch and, besides, of identity; only
   the store of a running writer does not have the latter yet. */
enum audit_end { AUDIT_BOTH_SIGN, AUDIT_EPOCH_SIGNS };
enum err audit_end(struct audit *a, const void *note, size_t len, enum audit_end who, struct fault *f) MUST_USE;

#endif
