/* The panel controller's own figures, in simulated time: the same on every machine. */
#include "tests/firmware/cuts.h"
#include "tests/firmware/presses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PRESS_TRIALS = 3400, /* of three presses each */
	CUT_TRIALS = 290,    /* of 37 cuts each */
	COMMANDS = 1000,
	POLLS = 500,
	HANGS = 60,
	TEN_THOUSAND = 10000,
	RAM = 16384
};

static struct sim sim;
static uint64_t least_stack; /* bytes of memory that nothing has reached, in any of them */

static double ms_of(uint64_t cycles)
{
	return (double)cycles * 1000 / BOARD_CLOCK;
}

static void report(const char *name, double value, const char *unit, double goal)
{
	printf("bench %s %.3f %s goal <= %g %s\n", name, value, unit, goal, value <= goal ? "ok" : "short");
}

static void report_least(const char *name, double value, const char *unit, double goal)
{
	printf("bench %s %.0f %s goal >= %g %s\n", name, value, unit, goal, value >= goal ? "ok" : "short");
}

/* Every round begins with a board whose uplinks are all connected. */
static void fresh(void)
{
	sim_close(&sim);
	sim_open(&sim);
	sim_up(&sim);
}

static void bench_presses(void)
{
	const struct trials presses = {
		.name = "presses", .run = presses_try, .count = PRESS_TRIALS, .seed = 7, .only = -1};
	struct tally sum;

	fresh();
	sim_run_quiet(&sim);
	trials_run(&presses, &sim, &sum);
	report("edge-to-coil-max", ms_of(sum.edge_to_coil), "ms", 5);
	report("edge-to-coil-under-traffic-max", ms_of(sum.edge_to_coil_traffic), "ms", 5);
	report_least("presses", (double)sum.presses, "presses", TEN_THOUSAND);
	report_least("bounces", (double)sum.bounces, "bounces", TEN_THOUSAND);
	report("bounces-and-presses-misread", (double)sum.broken, "trials", 0);
	least_stack = sum.stack_free;
}

static void bench_cuts(void)
{
	const struct trials cuts = {.name = "cuts", .run = cuts_try, .count = CUT_TRIALS, .seed = 7, .only = -1};
	struct tally sum;

	trials_run(&cuts, &sim, &sum);
	report_least("power-cuts", (double)sum.cuts, "cuts", TEN_THOUSAND);
	report_least("power-cuts-inside-a-byte", (double)sum.torn, "cuts", 1);
	report("power-cuts-that-broke-a-promise", (double)sum.broken, "cuts", 0);
	if (sum.stack_free < least_stack)
		least_stack = sum.stack_free;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* From the first byte of the frame on the wire. */
static void bench_commands(void)
{
	static uint64_t cycles[COMMANDS];

	for (int i = 0; i < COMMANDS; i++) {
		uint8_t uplink = (uint8_t)(i % BOARD_UPLINKS);
		uint64_t since, began;

		if (uplink == 0)
			fresh();
		sim_run_us(&sim, (uint64_t)i * 37 % 1000);
		since = board_log_end(sim.board);
		began = board_now(sim.board);
		sim_command(&sim, COMMAND_ISOLATE, (uint16_t)(1U << uplink), 0);
		cycles[i] = sim_noted(&sim, since, HAPPENED_COIL, uplink, 0) - began;
	}
	qsort(cycles, COMMANDS, sizeof cycles[0], by_size);
	report("command-to-coil-p999", ms_of(cycles[COMMANDS * 999 / 1000]), "ms", 20);
}

static void bench_polls(void)
{
	uint64_t longest = 0;

	fresh();
	for (int i = 0; i < POLLS; i++) {
		uint64_t began = board_now(sim.board);

		sim_poll(&sim, 0);
		if (sim.answer_began - began > longest)
			longest = sim.answer_began - began;
		sim_run_us(&sim, (uint64_t)i * 53 % 1000);
	}
	report("poll-to-answer-max", ms_of(longest), "ms", BOARD_BUS_TIMEOUT_MS);
}

static void bench_watchdog(void)
{
	uint64_t longest = 0;

	for (int i = 0; i < HANGS; i++) {
		uint64_t since, began, reset;

		fresh();
		sim_run_us(&sim, (uint64_t)i * 61);
		since = board_log_end(sim.board);
		began = board_now(sim.board);
		board_hang(sim.board);
		sim_run_ms(&sim, 300);
		reset = sim_noted(&sim, since, HAPPENED_COIL, 0, 0);
		if (reset - began > longest)
			longest = reset - began;
	}
	report("watchdog-to-safe-max", ms_of(longest), "ms", 150);
}

/* The chip has 128 KiB of flash and 16 KiB of RAM. The goals are our own: a program that fits into so little can be
   read in an afternoon, and leaves room for a repair in ten years. */
static void bench_size(void)
{
	const char *build = getenv("KANNUKI_BUILD");
	char command[4200], name[64];
	double flash = 0, ram = 0, bytes;
	FILE *sections;

	snprintf(command, sizeof command, "avr-size -A '%s/firmware/kannuki-panel.elf'", build);
	sections = popen(command, "r");
	if (sections == NULL)
		return;
	for (char line[256]; fgets(line, sizeof line, sections) != NULL;) {
		if (sscanf(line, "%63s %lf", name, &bytes) != 2)
			continue;
		if (strcmp(name, ".text") == 0 || strcmp(name, ".data") == 0)
			flash += bytes;
		if (strcmp(name, ".data") == 0 || strcmp(name, ".bss") == 0 || strcmp(name, ".noinit") == 0)
			ram += bytes;
	}
	pclose(sections);
	report("firmware-flash", flash, "bytes", 24576);
	report("firmware-ram-static", ram, "bytes", 4096);
	report("firmware-stack-max", RAM - ram - (double)least_stack, "bytes", 1024);
}

int main(void)
{
	if (getenv("KANNUKI_BUILD") == NULL) {
		fputs("bench_panel: set KANNUKI_BUILD to the build folder, or run make bench\n", stderr);
		return 1;
	}
	sim_open(&sim);
	bench_presses();
	bench_cuts();
	bench_commands();
	bench_polls();
	bench_watchdog();
	bench_size();
	sim_close(&sim);
	return 0;
}
