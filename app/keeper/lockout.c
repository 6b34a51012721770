#include "keeper/lockout.h"

#include <stdio.h>
#include <string.h>

static const int64_t second_ns = 1000000000;
static const int64_t forget_after_s = 3600, report_every_s = 60, longest_wait_s = 900;
enum { FREE_FAILURES = 5, FIRST_WAIT_S = 5 };

/* FNV-1a; a clash only makes two unknown names share a count. */
static uint64_t hash_of(const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return hash != 0 ? hash : 1;
}

static const struct lock *find(const struct lockout *l, const char *name, enum peer peer)
{
	uint64_t hash = hash_of(name);

	for (size_t i = 0; i < LOCKS_MAX; i++)
		if (l->locks[i].name_hash == hash && l->locks[i].peer == peer)
			return &l->locks[i];
	return NULL;
}

int64_t lockout_left_ns(const struct lockout *l, const char *name, enum peer peer, int64_t now_ns)
{
	const struct lock *lock = find(l, name, peer);

	return lock != NULL && lock->until_ns > now_ns ? lock->until_ns - now_ns : 0;
}

/* A free place, else the oldest of the unknown names, else the oldest: a flood of invented names does not push out
   the counts of real accounts. */
static struct lock *make_place(struct lockout *l)
{
	struct lock *oldest = NULL, *oldest_unknown = NULL;

	for (size_t i = 0; i < LOCKS_MAX; i++) {
		struct lock *lock = &l->locks[i];

		if (lock->name_hash == 0)
			return lock;
		if (oldest == NULL || lock->failed_ns < oldest->failed_ns)
			oldest = lock;
		if (lock->account[0] == '\0' && (oldest_unknown == NULL || lock->failed_ns < oldest_unknown->failed_ns))
			oldest_unknown = lock;
	}
	return oldest_unknown != NULL ? oldest_unknown : oldest;
}

static int64_t wait_s(unsigned failures)
{
	unsigned doublings = failures > FREE_FAILURES ? failures - FREE_FAILURES - 1 : 0;
	int64_t wait = doublings < 8 ? (int64_t)FIRST_WAIT_S << doublings : longest_wait_s;

	if (failures <= FREE_FAILURES)
		return 0;
	return wait < longest_wait_s ? wait : longest_wait_s;
}

void lockout_failed(struct lockout *l, const char *account, const char *name, enum peer peer, int64_t now_ns)
{
	const struct lock *known = find(l, name, peer);
	struct lock *lock = known != NULL ? &l->locks[known - l->locks] : make_place(l);
	struct tally *tally = account[0] != '\0' ? &lock->tally : &l->unknown;

	if (known == NULL) {
		memset(lock, 0, sizeof *lock);
		(void)snprintf(lock->account, sizeof lock->account, "%s", account);
		lock->name_hash = hash_of(name);
		lock->peer = peer;
	}
	if (now_ns - lock->failed_ns > forget_after_s * second_ns)
		lock->failures = 0;
	lock->failures++;
	lock->failed_ns = now_ns;
	lock->until_ns = now_ns + wait_s(lock->failures) * second_ns;
	tally->unreported++;
	tally->peer = peer;
}

void lockout_restore(struct lockout *l, const char *account, enum peer peer, unsigned failures, int64_t age_ns,
		     int64_t now_ns)
{
	struct lock *lock;

	if (failures == 0 || age_ns > forget_after_s * second_ns)
		return;
	lock = make_place(l);
	*lock = (struct lock){.name_hash = hash_of(account), .peer = peer, .failures = failures};
	(void)snprintf(lock->account, sizeof lock->account, "%s", account);
	lock->failed_ns = now_ns - age_ns;
	lock->until_ns = lock->failed_ns + wait_s(failures) * second_ns;
}

void lockout_passed(struct lockout *l, const char *name, enum peer peer)
{
	const struct lock *known = find(l, name, peer);

	if (known != NULL) {
		l->locks[known - l->locks].failures = 0;
		l->locks[known - l->locks].until_ns = 0;
	}
}

static unsigned take_due(struct tally *tally, int64_t now_ns, enum peer *peer)
{
	unsigned times = tally->unreported;

	if (times == 0 || (tally->reported_ns != 0 && now_ns - tally->reported_ns < report_every_s * second_ns))
		return 0;
	tally->unreported = 0;
	tally->reported_ns = now_ns;
	*peer = tally->peer;
	return times;
}

unsigned lockout_report(struct lockout *l, int64_t now_ns, const char **account, enum peer *peer)
{
	unsigned times = take_due(&l->unknown, now_ns, peer);

	if (times > 0) {
		*account = "";
		return times;
	}
	for (size_t i = 0; i < LOCKS_MAX; i++) {
		times = take_due(&l->locks[i].tally, now_ns, peer);
		if (times > 0) {
			*account = l->locks[i].account;
			return times;
		}
	}
	return 0;
}
