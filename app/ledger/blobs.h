/* Stored files: DIR/blobs/<sha256 in hex> on each medium, whole and synced before an entry names them. Which entry
 * names which file stands in the table `blobs`; what no entry names is swept away.
 */
#ifndef KANNUKI_LEDGER_BLOBS_H
#define KANNUKI_LEDGER_BLOBS_H

#include "ledger/ledger.h"
#include "ledger/media.h"

/* The rows of a `files` value for entry `seq`. */
void blobs_name(struct batch *b, uint64_t seq, const char *files);
/* In doubt it is. */
bool blob_is_named(struct store *s, const char *name);
/* A stored file on one medium. ERR_MISSING. */
enum err blob_open(const struct medium *medium, const char *name, int *fd) MUST_USE;
/* Removes what no entry names from every good medium; what cannot be removed stays for the next time. Only when nobody
   keeps a file just now. */
void blobs_sweep(struct ledger *l);
void blobs_sweep_medium(struct ledger *l, const struct medium *medium);
/* Appends the hashes of the files that entry `seq` names; later, removes those of them that no entry names any more. */
enum err blobs_of(struct ledger *l, uint64_t seq, struct buf *hashes) MUST_USE;
void blobs_remove(struct ledger *l, const struct buf *hashes);

/* A file under way to one medium. */
struct part {
	const char *folder;
	char name[32];
	int fd;
	uint64_t size; /* so far */
};
enum err part_begin(struct part *p, const char *folder, struct fault *f) MUST_USE;
enum err part_add(struct part *p, const char *data, size_t len, struct fault *f) MUST_USE;
/* Under its name only when it is whole and on the disk. */
enum err part_end(struct part *p, const char *name, struct fault *f) MUST_USE;
void part_fini(struct part *p);

/* Reads, on one medium, each file that an entry from `from` on names, and hashes it, one piece at each call. What is
   wrong or missing there is copied from the other medium if that one has it right, or only told. */
enum blob_care { BLOBS_LOOK, BLOBS_MEND };
struct blob_finding {
	uint64_t seq;     /* of the first entry that names it */
	const char *name; /* its SHA-256 in hex */
	bool is_mended;
	struct fault fault; /* what is wrong, and where */
};
typedef void blob_listener(void *context, const struct blob_finding *finding);

struct blob_walk;
enum err blob_walk_begin(struct ledger *l, const struct medium *on, uint64_t from, enum blob_care care,
			 struct blob_walk **out, struct fault *f) MUST_USE;
/* After an error the walk may go on with the next file unless *done. `tell` may be NULL. */
enum err blob_walk_step(struct blob_walk *walk, blob_listener *tell, void *context, bool *done,
			struct fault *f) MUST_USE;
void blob_walk_end(struct blob_walk *walk);

#endif
