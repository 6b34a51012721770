/* How fast an idle board is simulated, against the processor's own time. */
#include "tests/firmware/simulation.h"

#include <stdio.h>
#include <time.h>

enum { SECONDS = 60, GOAL = 50 };

static double processor_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
	static struct sim sim;
	double began, pace;

	sim_open(&sim);
	sim_up(&sim);
	began = processor_seconds();
	sim_run_us(&sim, (uint64_t)SECONDS * 1000000);
	pace = SECONDS / (processor_seconds() - began);
	sim_close(&sim);
	printf("bench idle-board-over-real-time %.1f ratio goal >= %d %s\n", pace, GOAL, pace >= GOAL ? "ok" : "short");
	return 0;
}
