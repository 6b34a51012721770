/* kannuki-verify on a bundle of 1,000,000 entries against coreutils' sha256sum over the same bytes: every entry tile,
 * hash tile and disclosure file of the bundle (kannuki-verify hashes each entry once, each disclosure once, and 65
 * bytes for each inner node besides). Process CPU time, runs of both alternate, medians.
 * The memory is the largest of all runs; wall time with one thread and with all, too, for what the machine has.
 */
#include "ledger/ledger.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENTRIES = 1000000, GROUP = 1000, ROUNDS = 5 };

static void demand(int good, const char *what)
{
	if (!good) {
		(void)fprintf(stderr, "bench_verify: %s failed\n", what);
		exit(1);
	}
}

static void add_group(struct ledger *l, int from)
{
	struct fault f;

	for (int i = from; i < from + GROUP; i++) {
		char body[128], about[16];
		struct draft draft = {.who = "u12", .via = "panel", .type = "panel", .about = about, .body = body};

		(void)snprintf(about, sizeof about, "2026-%03d", i / 500 % 1000);
		(void)snprintf(body, sizeof body,
			       "{\"act\":\"panel.pressed\",\"button\":\"isolate\",\"number\":%d,\"age_ms\":12}", i);
		demand(ledger_add(l, &draft, moment_now(), NULL, NULL, &f) == ERR_OK, f.text);
	}
	demand(ledger_commit(l, moment_now(), &f) == ERR_OK, f.text);
	demand(ledger_tidy(l) == ERR_OK, "tidy");
}

static void make_bundle(const char *ledger, const char *bundle, char code[GENESIS_CODE_CHARS + 1])
{
	struct export_options everything = {0};
	struct ledger *l = NULL;
	struct export *x = NULL;
	bool done = false;
	struct fault f;

	demand(ledger_create(ledger, NULL, "bench.example/k1/1", moment_now(), code, &f) == ERR_OK &&
		       ledger_open(ledger, moment_now(), &l, &f) == ERR_OK,
	       f.text);
	for (int i = 0; i < ENTRIES; i += GROUP)
		add_group(l, i);
	demand(export_begin(l, bundle, &everything, moment_now(), &x, &f) == ERR_OK, f.text);
	while (!done)
		demand(export_step(x, INT64_C(1000000000), &done, &f) == ERR_OK, f.text);
	export_end(x);
	ledger_close(l);
}

static double now(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

struct cost {
	double cpu[ROUNDS], wall[ROUNDS];
	long peak_kib;
};

/* Of the child, with all its threads. */
static void measure(struct cost *cost, int round, const char *const argv[])
{
	double start = now();
	struct rusage used;
	pid_t child = fork();
	int status, null;

	demand(child >= 0, "fork");
	if (child == 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		(void)dup2(null, STDOUT_FILENO);
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	demand(wait4(child, &status, 0, &used) == child && status == 0, argv[0]);
	cost->wall[round] = now() - start;
	cost->cpu[round] = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			   (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	if (used.ru_maxrss > cost->peak_kib)
		cost->peak_kib = used.ru_maxrss;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, ascending);
	return values[count / 2];
}

int main(void)
{
	char program[PATH_MAX], place[PATH_MAX], ledger[PATH_MAX + 16], bundle[PATH_MAX + 16], verify[PATH_MAX + 32];
	char sum[3 * PATH_MAX], code[GENESIS_CODE_CHARS + 1], remove[PATH_MAX + 16];
	const char *const all_argv[] = {verify, bundle, "--genesis", code, NULL};
	const char *const one_argv[] = {verify, bundle, "--genesis", code, "--jobs", "1", NULL};
	const char *const sum_argv[] = {"sh", "-c", sum, NULL};
	struct cost all = {0}, one = {0}, sums = {0};
	double ratio, memory;
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);

	demand(len > 0, "readlink");
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	(void)snprintf(verify, sizeof verify, "%s/../bin/kannuki-verify", program);
	(void)snprintf(place, sizeof place, "%.4000s/verify.XXXXXX", program);
	demand(mkdtemp(place) != NULL, "mkdtemp");
	(void)snprintf(ledger, sizeof ledger, "%s/ledger", place);
	(void)snprintf(bundle, sizeof bundle, "%s/bundle", place);
	make_bundle(ledger, bundle, code);
	(void)snprintf(sum, sizeof sum, "find %s/tile %s/disclosures -type f -print0 | xargs -0 -n 10000 sha256sum",
		       bundle, bundle);
	for (int i = 0; i < ROUNDS; i++) {
		measure(&sums, i, sum_argv);
		measure(&all, i, all_argv);
		measure(&one, i, one_argv);
	}
	ratio = median(sums.cpu, ROUNDS) / median(all.cpu, ROUNDS);
	memory = (double)all.peak_kib / 1024;
	printf("# sha256sum %.3f s CPU, kannuki-verify %.3f s; wall %.3f s, with one thread %.3f s\n",
	       median(sums.cpu, ROUNDS), median(all.cpu, ROUNDS), median(all.wall, ROUNDS), median(one.wall, ROUNDS));
	printf("bench verify-1m-over-sha256sum %.2f ratio goal >= 0.5 %s\n", ratio, ratio >= 0.5 ? "ok" : "short");
	printf("bench verify-1m-memory %.1f MiB goal <= 10 %s\n", memory, memory <= 10 ? "ok" : "short");
	(void)snprintf(remove, sizeof remove, "rm -rf '%s'", place);
	(void)!system(remove);
	return 0;
}
