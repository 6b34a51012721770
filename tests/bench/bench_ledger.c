/* One durable signed entry at a time, against the least that any durable record costs on this disk: a 256-byte pwrite
 * and fdatasync into a file that was written before. Short rounds of both alternate; each figure is the ratio of the
 * medians over all rounds. With KANNUKI_FLUSH_US set (tests/bench/slow_flush.c preloaded) it measures a slower disk;
 * without it, it runs itself again for 0.5 ms and 5 ms.
 */
#include "ledger/ledger.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EACH = 10, ROUNDS_BETWEEN_TIDYING = 20, RECORD = 256, PREWRITTEN = 4096 };

static double now_us(void)
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

static double quantile(double *values, size_t count, double q)
{
	qsort(values, count, sizeof *values, ascending);
	return values[(size_t)((double)(count - 1) * q)];
}

static void demand(int good, const char *what)
{
	if (!good) {
		(void)fprintf(stderr, "bench_ledger: %s failed\n", what);
		exit(1);
	}
}

static int open_floor(const char *folder)
{
	static const char zeros[RECORD * PREWRITTEN];
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof path, "%s/floor", folder);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	demand(fd >= 0 && write(fd, zeros, sizeof zeros) == (ssize_t)sizeof zeros && fsync(fd) == 0, "floor file");
	return fd;
}

static void floor_round(int fd, double times[EACH])
{
	static off_t at;
	char record[RECORD];

	memset(record, 'x', sizeof record);
	for (int i = 0; i < EACH; i++) {
		double start = now_us();

		demand(pwrite(fd, record, RECORD, at) == RECORD && fdatasync(fd) == 0, "floor");
		times[i] = now_us() - start;
		at = (at + RECORD) % (RECORD * PREWRITTEN);
	}
}

static void append_round(struct ledger *l, double times[EACH])
{
	static const struct draft draft = {.who = "u12",
					   .via = "panel",
					   .type = "panel",
					   .about = "2026-007",
					   .body = "{\"act\":\"panel.pressed\",\"button\":\"isolate\",\"number\":17}"};
	struct fault f;

	for (int i = 0; i < EACH; i++) {
		double start = now_us();

		demand(ledger_add(l, &draft, moment_now(), NULL, NULL, &f) == ERR_OK &&
			       ledger_commit(l, moment_now(), &f) == ERR_OK,
		       f.text);
		times[i] = now_us() - start;
	}
}

static void measure(const char *folder, int rounds, const char *suffix, double goal)
{
	double *floor_times = calloc((size_t)(rounds * EACH), sizeof(double));
	double *append_times = calloc((size_t)(rounds * EACH), sizeof(double));
	size_t count = (size_t)(rounds * EACH);
	char path[PATH_MAX], code[GENESIS_CODE_CHARS + 1];
	struct ledger *l = NULL;
	struct fault f = {.text = "no memory"};
	double floor_us, append_us;
	int fd = open_floor(folder);

	(void)snprintf(path, sizeof path, "%s/ledger", folder);
	demand(floor_times != NULL && append_times != NULL &&
		       ledger_create(path, NULL, "bench.example/k1/1", moment_now(), code, &f) == ERR_OK &&
		       ledger_open(path, moment_now(), &l, &f) == ERR_OK,
	       f.text);
	/* The first entries make the files grow; they are not counted. */
	for (int i = 0; i < 2 * ROUNDS_BETWEEN_TIDYING; i++)
		append_round(l, append_times);
	for (int i = 0; i < rounds; i++) {
		/* As the keeper does when idle. */
		if (i % ROUNDS_BETWEEN_TIDYING == 0)
			demand(ledger_tidy(l) == ERR_OK, "tidy");
		floor_round(fd, floor_times + i * EACH);
		append_round(l, append_times + i * EACH);
	}
	ledger_close(l);
	(void)close(fd);
	floor_us = quantile(floor_times, count, 0.5);
	append_us = quantile(append_times, count, 0.5);
	printf("# floor p50 %.0f us, append p50 %.0f us, p99 %.0f us, %zu each\n", floor_us, append_us,
	       quantile(append_times, count, 0.99), count);
	printf("bench append-1-over-floor%s %.2f ratio goal >= %.2f %s\n", suffix, floor_us / append_us, goal,
	       floor_us / append_us >= goal ? "ok" : "short");
	free(floor_times);
	free(append_times);
}

static void measure_with(const char *program, const char *us, const char *rounds, const char *suffix, const char *goal)
{
	char shim[PATH_MAX];
	pid_t child = fork();
	int status;

	demand(child >= 0, "fork");
	if (child == 0) {
		(void)snprintf(shim, sizeof shim, "%.*s/slow_flush.so", (int)(strrchr(program, '/') - program),
			       program);
		(void)setenv("LD_PRELOAD", shim, 1);
		(void)setenv("KANNUKI_FLUSH_US", us, 1);
		(void)execl(program, program, rounds, suffix, goal, (char *)NULL);
		_exit(127);
	}
	demand(waitpid(child, &status, 0) == child && status == 0, "the run on a slower disk");
}

int main(int argc, char **argv)
{
	/* Beside the program: on the disk of the build, not in memory as /tmp may be. */
	char folder[PATH_MAX], program[PATH_MAX], command[PATH_MAX + 16];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);

	demand(len > 0, "readlink");
	program[len] = '\0';
	(void)snprintf(folder, sizeof folder, "%.4000s.XXXXXX", program);
	demand(mkdtemp(folder) != NULL, "mkdtemp");
	if (argc == 4)
		measure(folder, atoi(argv[1]), argv[2], atof(argv[3])); // NOLINT(cert-err34-c): our own arguments
	else
		measure(folder, 300, "", 0.45);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
	(void)!system(command);
	(void)fflush(stdout);
	if (argc != 4) {
		measure_with(program, "500", "60", "-500us", "0.85");
		measure_with(program, "5000", "20", "-5ms", "0.95");
	}
	return 0;
}
