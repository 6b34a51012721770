/* An inclusion proof as a file of its own (C2SP tlog-proof, without extra data):
 *
 *   c2sp.org/tlog-proof@v1 LF
 *   index <seq> LF
 *   <base64 of a hash> LF        from the leaf's neighbour up to the root's children
 *   LF
 *   <a checkpoint with its signatures>
 */
#ifndef KANNUKI_LEDGER_TLOG_PROOF_H
#define KANNUKI_LEDGER_TLOG_PROOF_H

#include "ledger/note.h"
#include "ledger/tree.h"

enum { TLOG_PROOF_MAX = NOTE_MAX + 64 + TREE_HEIGHT * BASE64_SIZE(HASH_SIZE) };

struct tlog_proof {
	uint64_t index;
	size_t count;
	uint8_t hashes[TREE_HEIGHT][HASH_SIZE];
	const char *checkpoint; /* the rest of the bytes that were parsed */
	size_t checkpoint_len;
};

/* ERR_FORMAT. The checkpoint is not looked at. */
enum err tlog_proof_parse(struct tlog_proof *out, const char *data, size_t len) MUST_USE;
void tlog_proof_format(struct buf *out, const struct tlog_proof *proof);

#endif
