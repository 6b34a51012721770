#include "tests/firmware/trials.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 16, HANGS_S = 1200 };

static struct sim_dice dice_of(uint64_t seed, uint64_t number)
{
	struct sim_dice dice = {seed * UINT64_C(0x9E3779B97F4A7C15) ^ (number + 1) * UINT64_C(0xD6E8FEB86659FD93)};

	(void)sim_roll(&dice, 2);
	return dice;
}

uint32_t trial_roll(struct trial *t, uint32_t below)
{
	return sim_roll(&t->dice, below);
}

void tally_longest(uint64_t *longest, uint64_t value)
{
	if (value > *longest)
		*longest = value;
}

static void print_name(const struct trial *t)
{
	printf("# %s:%" PRIu64 ":%u.%u ", t->name, t->seed, t->number, t->part);
}

void trial_break(const struct trial *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_name(t);
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	fflush(stdout);
	_exit(1);
}

/* A failed assertion of the simulation ends the copy, too. */
void trial_fork(struct trial *t, void (*body)(struct trial *t, void *context), void *context)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		alarm(HANGS_S);
		body(t, context);
		_exit(0);
	}
	if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
		return;
	t->tally->broken++;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 1) {
		print_name(t);
		printf("died, status %d\n", status);
		fflush(stdout);
	}
}

static void run_one(struct trial *t, void *context)
{
	const struct trials *what = context;

	what->run(t);
}

static bool some_broken(const struct tally *tallies, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (tallies[i].broken != 0)
			return true;
	return false;
}

static void work(struct trials what, struct sim *sim, struct tally *tallies, unsigned worker, unsigned workers)
{
	struct tally *tally = &tallies[worker];

	for (unsigned number = worker; number < what.count; number += workers) {
		struct trial t = {.sim = sim,
				  .tally = tally,
				  .dice = dice_of(what.seed, number),
				  .name = what.name,
				  .seed = what.seed,
				  .number = number};

		if (what.only >= 0 && number != (unsigned)what.only)
			continue;
		if (what.first && some_broken(tallies, workers))
			break;
		tally->trials++;
		trial_fork(&t, run_one, &what);
	}
}

static void add(struct tally *sum, const struct tally *t)
{
	sum->trials += t->trials;
	sum->broken += t->broken;
	sum->presses += t->presses;
	sum->bounces += t->bounces;
	sum->cuts += t->cuts;
	sum->torn += t->torn;
	sum->again += t->again;
	tally_longest(&sum->edge_to_coil, t->edge_to_coil);
	tally_longest(&sum->edge_to_coil_traffic, t->edge_to_coil_traffic);
	if (t->stack_free < sum->stack_free)
		sum->stack_free = t->stack_free;
}

static struct tally *shared_tallies(unsigned count)
{
	struct tally *tallies =
		mmap(NULL, count * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (tallies == MAP_FAILED) {
		puts("Bail out! no memory to share");
		exit(1);
	}
	for (unsigned i = 0; i < count; i++)
		tallies[i].stack_free = UINT16_MAX;
	return tallies;
}

uint64_t trials_run(const struct trials *what, struct sim *sim, struct tally *sum)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned workers = processors < 1 ? 1 : processors > WORKERS_MAX ? WORKERS_MAX : (unsigned)processors;
	struct tally *tallies = shared_tallies(workers);
	pid_t children[WORKERS_MAX];

	*sum = (struct tally){.stack_free = UINT16_MAX};
	fflush(stdout);
	for (unsigned i = 0; i < workers; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			work(*what, sim, tallies, i, workers);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < workers; i++) {
		int status = -1;

		waitpid(children[i], &status, 0);
		add(sum, &tallies[i]);
		sum->broken += status != 0;
	}
	munmap(tallies, workers * sizeof *tallies);
	return sum->broken;
}

void trials_options(struct trials *what, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "0";

		if (strcmp(argv[i], "--trials") == 0)
			what->count = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			what->seed = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--only") == 0)
			what->only = (int)strtol(value, NULL, 10);
		else if (strcmp(argv[i], "--first") == 0)
			what->first = true;
	}
}

int trials_main(const struct trials *what, void (*report)(const struct tally *sum))
{
	static struct sim sim;
	struct tally sum;
	uint64_t broken;

	sim_open(&sim);
	sim_up(&sim);
	sim_run_quiet(&sim);
	broken = trials_run(what, &sim, &sum);
	sim_close(&sim);
	printf("1..1\n%sok 1 - %s\n", broken == 0 ? "" : "not ", what->name);
	report(&sum);
	return broken == 0 ? 0 : 1;
}
