/* Power cuts by the hundred; `make bench` has them by the ten thousand.
 *
 *   test_cuts [--trials N] [--seed S] [--only NUMBER] [--first]     a trial is a life with 25 cuts
 */
#include "tests/firmware/cuts.h"

#include <inttypes.h>
#include <stdio.h>

static void report(const struct tally *sum)
{
	printf("#= %" PRIu64 " power cuts in %" PRIu64 " lives, %" PRIu64 " of them in the middle of a byte, %" PRIu64
	       " while starting\n",
	       sum->cuts, sum->trials, sum->torn, sum->again);
}

int main(int argc, char **argv)
{
	struct trials cuts = {.name = "cuts", .run = cuts_try, .count = 24, .seed = 1, .only = -1};

	trials_options(&cuts, argc, argv);
	return trials_main(&cuts, report);
}
