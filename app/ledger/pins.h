/* What outside the box keeps the log's past as it was: witnesses that cosign checkpoints, and time stamps over them.
 *
 *   witness_request   ends the epoch; what a witness is asked (C2SP tlog-witness, add-checkpoint)
 *   witness_accept    its answer, judged by the policy in force, goes into every bundle from now on
 *   stamp_request     ends the epoch; what a time stamp authority is asked (RFC 3161)
 *   stamp_accept      its reply likewise
 *
 * The closing checkpoints that somebody was asked about are remembered (store.h, `asked`), so an answer may come days
 * later, and only for one of them. Each function commits by itself; nothing may be staged. Nothing here is part of
 * kannuki-verify.
 */
#ifndef KANNUKI_LEDGER_PINS_H
#define KANNUKI_LEDGER_PINS_H

#include "ledger/ledger.h"

enum { PIN_FILE_MAX = 64 * 1024, WITNESS_NAME_SIZE = 256, WITNESS_SEEN_BEFORE = -1 };

/* On whose behalf, as in struct draft. */
struct actor {
	const char *who, *via;
};

/* The text of the last policy.set; without one, what follows from the genesis. */
enum err policy_in_force(struct ledger *l, struct buf *out, struct fault *f) MUST_USE;
/* Records policy.set. ERR_FORMAT, ERR_RANGE: not a policy (f names the line), or of another log. ERR_EXISTS: it is in
   force already. */
enum err policy_set(struct ledger *l, const struct actor *by, const char *text, size_t len, struct moment now,
		    struct fault *f) MUST_USE;

/* `old_size` is the size that this witness saw last, 0 if none; WITNESS_SEEN_BEFORE: the largest that any witness
   cosigned. ERR_RANGE: the log is not that large. */
enum err witness_request(struct ledger *l, int64_t old_size, struct moment now, struct buf *out,
			 struct fault *f) MUST_USE;

struct cosigned {
	uint64_t size; /* the entries that were seen: 0 to size − 1 */
	unsigned count;
	char first[WITNESS_NAME_SIZE];
};
/* `data` is what the witness answered: its lines, or the whole cosigned checkpoint. All lines are taken, or none.
   ERR_FORMAT: neither of these. ERR_MISSING: a witness that the policy does not name, or a checkpoint that no witness
   was asked about. ERR_CRYPTO: a signature is wrong. ERR_EXISTS: this witness signed this checkpoint before. */
enum err witness_accept(struct ledger *l, const struct actor *by, const void *data, size_t len, struct moment now,
			struct cosigned *out, struct fault *f) MUST_USE;

enum err stamp_request(struct ledger *l, struct moment now, struct buf *out, struct fault *f) MUST_USE;

struct stamped {
	uint64_t size, epoch;
	int64_t wall_ms; /* as the authority says */
};
/* The stamp must fit a request of this log and its own signature; whether the authority is one to be trusted is for
   auditors to say. ERR_FORMAT: no reply. ERR_DENIED: the authority refused. ERR_MISSING: of no checkpoint that an
   authority was asked about. ERR_CRYPTO: another request's, or its signature is wrong. ERR_EXISTS: there is one. */
enum err stamp_accept(struct ledger *l, const struct actor *by, const void *data, size_t len, struct moment now,
		      struct stamped *out, struct fault *f) MUST_USE;

#endif
