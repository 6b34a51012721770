/* Power cuts: plays what a disk remembers up to an instant and makes the disk that is found when power returns.
 *
 * What was synced is there. Each write since then has one of these fates, thrown for each anew; of creations and
 * deletions the folder has a beginning (a journaling file system keeps their order), all or nothing.
 */
#ifndef KANNUKI_TESTS_CRASH_POWER_H
#define KANNUKI_TESTS_CRASH_POWER_H

#include "disk.h"

enum fate {
	FATE_KEPT,      /* everything arrived: a program that was killed, a battery */
	FATE_LOST,      /* nothing arrived */
	FATE_REORDERED, /* any of them arrived */
	FATE_TORN,      /* any sectors (512 or 4,096 bytes) of any of them arrived */
	FATE_TRASHED,   /* the same, and some sectors hold garbage where they were written */
	FATE_SMEARED,   /* the same, and the garbage reaches as far as the sector does */
	FATES
};
extern const char *const fate_names[FATES];

struct power {
	const struct disk *log;
	struct disk safe;             /* what was synced; has no ops */
	size_t *waiting, count, room; /* ops that are not */
	struct dice doubt;            /* what a failed sync left */
};

/* `start` is the disk before the first op of `log`; `seed` decides what failed syncs lose. */
void power_init(struct power *p, const struct disk *start, const struct disk *log, uint64_t seed);
void power_copy(struct power *to, const struct power *from);
void power_fini(struct power *p);
/* The next op of the log has happened. */
void power_play(struct power *p, size_t op);
/* Power is cut now; `out` is uninitialised. */
void power_cut(const struct power *p, enum fate fate, struct dice dice, struct disk *out);

/* Two disks with the same files have the same number. */
uint64_t disk_number(const struct disk *d);

#endif
