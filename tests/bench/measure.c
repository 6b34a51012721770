#include "tests/bench/measure.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Noreturn void give_up(const char *what)
{
	(void)fprintf(stderr, "benchmark: %s failed\n", what);
	exit(1);
}

double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double quantile(double *values, size_t count, double q)
{
	qsort(values, count, sizeof *values, ascending);
	return values[(size_t)((double)(count - 1) * q)];
}

void report(const char *name, double value, const char *unit, enum goal op, double goal)
{
	bool good = op == AT_LEAST ? value >= goal : value <= goal;

	printf("bench %s %.2f %s goal %s %g %s\n", name, value, unit, op == AT_LEAST ? ">=" : "<=", goal,
	       good ? "ok" : "short");
	(void)fflush(stdout);
}

/* ---- places ---- */

void own_folder(char out[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);

	demand(len > 0, "readlink");
	out[len] = '\0';
	*strrchr(out, '/') = '\0';
}

void path_join(char out[PATH_MAX], const char *place, const char *name)
{
	demand(snprintf(out, PATH_MAX, "%s/%s", place, name) < PATH_MAX, "a path");
}

void place_make(char place[PATH_MAX])
{
	char folder[PATH_MAX];

	own_folder(folder);
	path_join(place, folder, "place.XXXXXX");
	demand(mkdtemp(place) != NULL, "mkdtemp");
}

void place_remove(const char *place)
{
	const char *const argv[] = {"rm", "-rf", place, NULL};

	(void)cost_of(argv);
}

/* ---- processes ---- */

struct cost cost_of(const char *const argv[])
{
	double start = now_us();
	struct rusage used;
	pid_t child = fork();
	int status, null;

	demand(child >= 0, "fork");
	if (child == 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		(void)dup2(null, STDOUT_FILENO);
		// NOLINTNEXTLINE(performance-no-int-to-ptr): execvp promises to change nothing, but not by its type
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	demand(wait4(child, &status, 0, &used) == child && status == 0, argv[0]);
	return (struct cost){
		.cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
		.wall_s = (now_us() - start) / 1e6,
		.peak_kib = used.ru_maxrss,
	};
}

void in_child(void (*work)(const void *context), const void *context)
{
	int status;
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	demand(child >= 0, "fork");
	if (child == 0) {
		work(context);
		exit(0);
	}
	demand(waitpid(child, &status, 0) == child && status == 0, "a part of the benchmark");
}

/* ---- ledgers ---- */

struct ledger *ledger_make(const char *place, const char *name, const char *mirror_name, char *code)
{
	char path[PATH_MAX], mirror[PATH_MAX], own_code[GENESIS_CODE_CHARS + 1];
	struct ledger *l = NULL;
	struct fault f;

	path_join(path, place, name);
	if (mirror_name != NULL)
		path_join(mirror, place, mirror_name);
	demand(ledger_create(path, mirror_name != NULL ? mirror : NULL, "bench.example/k1/1", moment_now(),
			     code != NULL ? code : own_code, &f) == ERR_OK &&
		       ledger_open(path, moment_now(), &l, &f) == ERR_OK,
	       f.text);
	return l;
}

/* Spread over all keys, as hashes are: the worst for an index. */
static uint64_t scatter(uint64_t n)
{
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
	n = (n ^ n >> 27) * 0x94d049bb133111eb;
	return n ^ n >> 31;
}

void append(struct ledger *l, enum retry_key key, struct moment now)
{
	static uint64_t number = 0;
	struct draft draft = {
		.who = "u12",
		.via = "panel",
		.type = "panel",
		.about = "2026-007",
		.body = "{\"act\":\"panel.pressed\",\"button\":\"isolate\",\"number\":123456,\"age_ms\":12}"};
	char idem[33];
	struct fault f;

	/* Another process may have counted from 1 too, but in a smaller ledger. */
	if (key == WITH_RETRY_KEY) {
		number++;
		(void)snprintf(idem, sizeof idem, "%016" PRIx64 "%016" PRIx64, scatter(number),
			       scatter(~ledger_head(l).size));
		draft.idem = idem;
	}
	demand(ledger_add(l, &draft, now, NULL, NULL, &f) == ERR_OK, f.text);
}

void commit(struct ledger *l)
{
	struct fault f;

	demand(ledger_commit(l, moment_now(), &f) == ERR_OK, f.text);
}
