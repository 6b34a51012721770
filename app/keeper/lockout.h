/* Wrong passwords: when somebody has to wait, and when it is worth an entry.
 *
 *   failures within the hour   1–5   6    7    8    …  from 14
 *   then wait                  0     5 s  10 s 20 s …  15 min
 *
 * Counted for each name and kind of peer, so that a flood on one socket does not lock a person out of another.
 * Names without an account are counted too, lest the answer tell which names exist.
 * A restart forgets nothing that an entry tells: each account's counts are taken from there (accounts_recall). Names
 * without an account begin anew.
 * One entry for the first failure, then at most one a minute for each account and one for all unknown names.
 */
#ifndef KANNUKI_KEEPER_LOCKOUT_H
#define KANNUKI_KEEPER_LOCKOUT_H

#include "ipc/methods.h"

#include <stdint.h>

enum { LOCKS_MAX = 256, LOCK_ACCOUNT_SIZE = 65 };

/* Failures that wait for an entry. */
struct tally {
	enum peer peer; /* of the last one */
	unsigned unreported;
	int64_t reported_ns;
};

struct lock {
	char account[LOCK_ACCOUNT_SIZE]; /* empty: a name without an account */
	uint64_t name_hash;              /* of the name as typed, never 0; 0: a free place */
	enum peer peer;
	unsigned failures;
	int64_t failed_ns, until_ns;
	struct tally tally;
};

struct lockout {
	struct lock locks[LOCKS_MAX];
	struct tally unknown;
};

/* How long this name has to wait; 0: not at all. */
int64_t lockout_left_ns(const struct lockout *l, const char *name, enum peer peer, int64_t now_ns);
/* `account` is "" for a name without one. */
void lockout_failed(struct lockout *l, const char *account, const char *name, enum peer peer, int64_t now_ns);
/* As it was before a restart: so many failures, the last one `age_ns` ago. Nothing of it waits for an entry. */
void lockout_restore(struct lockout *l, const char *account, enum peer peer, unsigned failures, int64_t age_ns,
		     int64_t now_ns);
void lockout_passed(struct lockout *l, const char *name, enum peer peer);

/* Failures that are due for an entry: how many, of which account ("": unknown names) and through which peer.
   0: none are due. Call again until then, after every failure and every minute. */
unsigned lockout_report(struct lockout *l, int64_t now_ns, const char **account, enum peer *peer);

#endif
