/* Presses by the hundred, each in its own moment; `make bench` has them by the ten thousand.
 *
 *   test_presses [--trials N] [--seed S] [--only NUMBER] [--first]
 */
#include "tests/firmware/presses.h"

#include <inttypes.h>
#include <stdio.h>

static void report(const struct tally *sum)
{
	printf("#= %" PRIu64 " presses in %" PRIu64 " trials, %" PRIu64
	       " bounces and spikes, edge to coil %.3f ms at most\n",
	       sum->presses, sum->trials, sum->bounces,
	       (double)(sum->edge_to_coil > sum->edge_to_coil_traffic ? sum->edge_to_coil : sum->edge_to_coil_traffic) *
		       1000 / BOARD_CLOCK);
}

int main(int argc, char **argv)
{
	struct trials presses = {.name = "presses", .run = presses_try, .count = 400, .seed = 1, .only = -1};

	trials_options(&presses, argc, argv);
	return trials_main(&presses, report);
}
