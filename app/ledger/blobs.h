/* Stored files: DIR/blobs/<sha256 in hex> on each medium, whole and synced before an entry names them. Which entry
 * names which file stands in the table `blobs`; what no entry names is swept away.
 */
#ifndef KANNUKI_LEDGER_BLOBS_H
#define KANNUKI_LEDGER_BLOBS_H

#include "ledger/ledger.h"
#include "ledger/media.h"

/* The rows of a `files` value for entry `seq`. */
void blobs_name(struct batch *b, uint64_t seq, const char *files);
/* Opens a stored file on whichever good medium has it. ERR_MISSING. */
enum err blob_open(const struct ledger *l, const char *name, int *fd) MUST_USE;
/* Removes what no entry names from every good medium; what cannot be removed stays for the next time. Only when nobody
   keeps a file just now. */
void blobs_sweep(struct ledger *l);
void blobs_sweep_medium(struct ledger *l, const struct medium *medium);
/* Appends the hashes of the files that entry `seq` names; later, removes those of them that no entry names any more. */
enum err blobs_of(struct ledger *l, uint64_t seq, struct buf *hashes) MUST_USE;
void blobs_remove(struct ledger *l, const struct buf *hashes);

/* Copies to `to` what it lacks of the files that entries name, one piece of a file at each call. */
struct blob_fill;
enum err blob_fill_begin(struct ledger *l, const struct medium *to, struct blob_fill **out, struct fault *f) MUST_USE;
enum err blob_fill_step(struct blob_fill *fill, bool *done, struct fault *f) MUST_USE;
void blob_fill_end(struct blob_fill *fill);

#endif
