/* Many short lives of one board: each is a process of its own that begins as a copy of the prepared one, so that
 * nothing is simulated twice. A trial has a name, PLACE:SEED:NUMBER, by which it runs again alone.
 */
#ifndef KANNUKI_TEST_TRIALS_H
#define KANNUKI_TEST_TRIALS_H

#include "tests/firmware/simulation.h"

/* What trials find, added up over all of them; in memory shared with them. */
struct tally {
	uint64_t trials, broken;
	uint64_t presses, bounces;
	uint64_t cuts, torn, again;
	uint64_t edge_to_coil, edge_to_coil_traffic; /* the longest, in cycles */
	uint64_t stack_free;                         /* the least, in bytes */
};

struct trial {
	struct sim *sim;
	struct tally *tally;
	struct sim_dice dice;
	const char *name;
	uint64_t seed;
	unsigned number, part;
	void *context; /* the trial's own */
};

struct trials {
	const char *name;
	void (*run)(struct trial *t);
	unsigned count;
	uint64_t seed;
	int only;   /* -1: all */
	bool first; /* ends at the first broken promise */
};

/* Runs `count` trials on the board of `sim`, on every processor. Returns how many broke a promise; each is printed. */
uint64_t trials_run(const struct trials *what, struct sim *sim, struct tally *sum);

/* A promise is broken: says which, and ends this trial. */
_Noreturn void trial_break(const struct trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Runs `body` in a copy of this trial and waits for it; one that breaks a promise is counted. */
void trial_fork(struct trial *t, void (*body)(struct trial *t, void *context), void *context);

uint32_t trial_roll(struct trial *t, uint32_t below);
/* The longest and the least so far. */
void tally_longest(uint64_t *longest, uint64_t value);

/* Reads --trials N, --seed S, --only N, --first. */
void trials_options(struct trials *what, int argc, char **argv);
/* Runs them on a fresh board and prints a line of TAP, and `report`. Returns the exit status. */
int trials_main(const struct trials *what, void (*report)(const struct tally *sum));

#endif
