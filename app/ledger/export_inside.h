/* What the files of struct export share. */
#ifndef KANNUKI_LEDGER_EXPORT_INSIDE_H
#define KANNUKI_LEDGER_EXPORT_INSIDE_H

#include "ledger/bundle.h"
#include "ledger/inside.h"
#include "ledger/outlet.h"
#include "ledger/proofs.h"

struct tile_buffer {
	uint64_t tile;
	unsigned width;
	uint8_t hashes[TILE_WIDTH][HASH_SIZE];
};

/* The stored files that disclosed entries name: each once, in the order they are met. `slots` finds a hash among them.
 */
struct blob_names {
	uint8_t (*hashes)[HASH_SIZE];
	size_t count, room;
	uint32_t *slots;
	size_t slot_count;
};

struct late {
	uint64_t seq;
	int name;
};

/* The stored file that is being copied. */
struct copying {
	size_t next;     /* of the names */
	int fd, second;  /* the second medium's, while the first one's is judged */
	bool is_judging; /* it is only read so far */
	char name[FILE_HASH_CHARS + 1];
	struct hasher *hasher;
	struct age *age;
};

struct export
{
	struct ledger *ledger;
	struct export_options options;
	struct age_recipient recipients[AGE_RECIPIENTS_MAX];
	struct outlet outlet;
	struct checkpoint pinned;
	struct buf closing;           /* its note */
	struct buf checkpoint;        /* the same with the lines of witnesses, where there are any */
	uint64_t epoch;               /* that it closes */
	uint64_t asked_to;            /* beyond the last entry that was asked for */
	uint64_t first_tile, to_tile; /* tiles whose entries are in the bundle */
	unsigned phase;
	int64_t end_ns; /* of this step */
	struct fault *f;

	struct tree tree;
	struct tile_buffer levels[TILE_LEVELS];
	struct proofs proofs;
	struct buf entries, lines, value, policy;
	struct opened opened;
	struct buf late; /* struct late: redactions from the pinned end to before `late_seen` */
	uint64_t late_seen;

	struct blob_names blobs;
	struct copying copying;
	uint64_t blobs_absent;
	uint64_t next_epoch;
	size_t next_proof;
};

/* A phase does a piece of its work in each call, and says when all is done. */
typedef enum err export_phase(struct export *x, bool *done);

/* Entries, disclosures and full hash tiles. */
export_phase export_entries;
/* The last hash tile of each level. */
export_phase export_last_tiles;
export_phase export_blobs;
export_phase export_epochs;
export_phase export_proofs;
/* All that is there once. */
export_phase export_rest;

bool export_is_over(const struct export *x);
/* The whole log is no range, however it was asked for. */
bool export_is_ranged(const struct export *x);

/* Whether this disclosure of the entry at hand was erased by a redaction that is not in the bundle. */
enum err export_is_late(struct export *x, int name, bool *is_late) MUST_USE;

/* Takes the names out of the JSON of a `files` disclosure. ERR_NOMEM. */
enum err blob_names_add(struct blob_names *names, const char *files, size_t len) MUST_USE;
void blob_names_fini(struct blob_names *names);
void copying_fini(struct copying *c);

/* What is in this bundle and how people check it, with commands that work as they stand. */
void export_readme(struct buf *out, const struct export *x);

#endif
