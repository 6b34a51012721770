/* One durable signed entry at a time, against the least that any durable record costs on this disk: a 256-byte pwrite
 * and fdatasync into a file that was written before. Short rounds of all alternate; each figure is the ratio of the
 * medians over all rounds. The program runs itself again with tests/bench/slow_flush.c preloaded for slower disks; that
 * counts the syncs too, those of writing SQLite's log back among them.
 */
#include "tests/bench/measure.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EACH = 10, ROUNDS_BETWEEN_TIDYING = 20, RECORD = 256, PREWRITTEN = 4096 };

static const struct speed {
	const char *flush_us, *suffix;
	int rounds;
	double goal;
	bool has_mirror;
} speeds[] = {
	{NULL, "", 300, 0.45, false},
	{"500", "-500us", 100, 0.85, false},
	{"5000", "-5ms", 40, 0.95, true},
};
enum { SPEEDS = sizeof speeds / sizeof *speeds };

/* What alternates: each with its times, and the syncs of all its rounds. */
struct runner {
	int fd; /* the floor's file, or: */
	struct ledger *ledger;
	double *times;
	size_t count;
	unsigned long syncs;
};

static unsigned long syncs_now(void)
{
	/* Only there when slow_flush.so is. */
	const unsigned long *made = dlsym(RTLD_DEFAULT, "flushes_made");

	return made != NULL ? *made : 0;
}

static int open_floor(const char *place)
{
	static const char zeros[RECORD * PREWRITTEN];
	char path[PATH_MAX];
	int fd;

	path_join(path, place, "floor");
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	demand(fd >= 0 && write(fd, zeros, sizeof zeros) == (ssize_t)sizeof zeros && fsync(fd) == 0, "floor file");
	return fd;
}

static void write_floor(int fd)
{
	static off_t at;
	char record[RECORD];

	memset(record, 'x', sizeof record);
	demand(pwrite(fd, record, RECORD, at) == RECORD && fdatasync(fd) == 0, "floor");
	at = (at + RECORD) % (RECORD * PREWRITTEN);
}

static void run_round(struct runner *r)
{
	unsigned long before = syncs_now();

	for (int i = 0; i < EACH; i++) {
		double start = now_us();

		if (r->ledger == NULL) {
			write_floor(r->fd);
		} else {
			append(r->ledger, WITHOUT_RETRY_KEY, moment_now());
			commit(r->ledger);
		}
		r->times[r->count++] = now_us() - start;
	}
	r->syncs += syncs_now() - before;
}

/* As the keeper does when idle. */
static void tidy(struct runner *r)
{
	unsigned long before = syncs_now();

	if (r->ledger != NULL)
		demand(ledger_tidy(r->ledger) == ERR_OK, "tidy");
	r->syncs += syncs_now() - before;
}

/* The first entries make the files grow; they are not counted. */
static void warm_up(struct runner *r)
{
	for (int i = 0; i < 2 * ROUNDS_BETWEEN_TIDYING; i++) {
		run_round(r);
		r->count = 0;
	}
	r->syncs = 0;
}

static void run_rounds(struct runner *runners, int count, int rounds)
{
	for (int i = 0; i < count; i++) {
		runners[i].times = calloc((size_t)rounds * EACH, sizeof(double));
		demand(runners[i].times != NULL, "memory");
		if (runners[i].ledger != NULL)
			warm_up(&runners[i]);
	}
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < count; i++) {
			/* Whom one follows matters on some disks, so the order turns round. */
			struct runner *r = &runners[round % 2 == 0 ? i : count - 1 - i];

			if (round % ROUNDS_BETWEEN_TIDYING == 0)
				tidy(r);
			run_round(r);
		}
}

static double p50(struct runner *r)
{
	return quantile(r->times, r->count, 0.5);
}

static void tell(const char *what, const struct speed *speed, double value, const char *unit, enum goal op, double goal)
{
	char name[64];

	(void)snprintf(name, sizeof name, "%s%s", what, speed->suffix);
	report(name, value, unit, op, goal);
}

static bool both_are_good(const struct ledger *l)
{
	struct medium_info media[LEDGER_MEDIA];

	ledger_media(l, media);
	return media[0].state == MEDIUM_GOOD && media[1].state == MEDIUM_GOOD;
}

static void tell_all(struct runner *floor, struct runner *one, struct runner *two, const struct speed *speed)
{
	double p99 = quantile(one->times, one->count, 0.99);

	printf("# floor p50 %.0f us, p99 %.0f us; append p50 %.0f us, p99 %.0f us; %zu each\n", p50(floor),
	       quantile(floor->times, floor->count, 0.99), p50(one), p99, one->count);
	tell("append-1-over-floor", speed, p50(floor) / p50(one), "ratio", AT_LEAST, speed->goal);
	tell("append-1-p99-over-p50", speed, p99 / p50(one), "ratio", AT_MOST, 3);
	if (speed->flush_us != NULL)
		tell("append-1-syncs", speed, (double)one->syncs / (double)one->count, "per-commit", AT_MOST, 1.05);
	if (!speed->has_mirror)
		return;
	demand(both_are_good(two->ledger), "a medium");
	printf("# two media p50 %.0f us\n", p50(two));
	tell("two-media-over-one", speed, p50(one) / p50(two), "ratio", AT_LEAST, 0.9);
}

static void measure(const char *place, const struct speed *speed)
{
	struct runner runners[] = {{.fd = open_floor(place)},
				   {.ledger = ledger_make(place, "one", NULL, NULL)},
				   {.ledger = speed->has_mirror ? ledger_make(place, "two", "second", NULL) : NULL}};
	int count = speed->has_mirror ? 3 : 2;

	run_rounds(runners, count, speed->rounds);
	tell_all(&runners[0], &runners[1], &runners[2], speed);
	for (int i = 0; i < count; i++) {
		if (runners[i].ledger != NULL)
			ledger_close(runners[i].ledger);
		free(runners[i].times);
	}
	(void)close(runners[0].fd);
}

/* As a program anew, because only so the shim comes in. */
static void measure_slowed(const void *context)
{
	const struct speed *speed = context;
	char folder[PATH_MAX], shim[PATH_MAX], number[2] = {(char)('0' + (speed - speeds)), '\0'};

	own_folder(folder);
	path_join(shim, folder, "slow_flush.so");
	(void)setenv("LD_PRELOAD", shim, 1);
	(void)setenv("KANNUKI_FLUSH_US", speed->flush_us, 1);
	(void)execl("/proc/self/exe", "bench_ledger", number, (char *)NULL);
	_exit(127);
}

int main(int argc, char **argv)
{
	int chosen = argc == 2 ? argv[1][0] - '0' : 0;
	char place[PATH_MAX];

	demand(chosen >= 0 && chosen < SPEEDS, "the number of a speed");
	place_make(place);
	measure(place, &speeds[chosen]);
	(void)unsetenv("LD_PRELOAD");
	place_remove(place);
	for (int i = 1; i < SPEEDS && argc != 2; i++)
		in_child(measure_slowed, &speeds[i]);
	return 0;
}
