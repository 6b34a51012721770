/* The panel controller's own figures, in simulated time: the same on every machine. */
#include "tests/firmware/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRESSES = 1000, COMMANDS = 1000, POLLS = 500 };

static struct sim sim;

static double ms_of(uint64_t cycles)
{
	return (double)cycles * 1000 / BOARD_CLOCK;
}

static void report(const char *name, double value, const char *unit, double goal)
{
	printf("bench %s %.3f %s goal <= %g %s\n", name, value, unit, goal, value <= goal ? "ok" : "short");
}

/* Every round begins with a board whose uplinks are all connected. */
static void fresh(void)
{
	sim_close(&sim);
	sim_open(&sim);
	sim_up(&sim);
}

static uint64_t press(uint8_t uplink, struct sim_dice *dice, bool traffic)
{
	static const uint8_t poll[] = {1, 3, 1, 0, 0, 32, 0x45, 0xEE};
	uint64_t since = board_log_end(sim.board);
	uint64_t at = board_now(sim.board) + BOARD_US(sim_roll(dice, 20000));

	if (traffic)
		(void)board_send(sim.board, poll, sizeof poll);
	sim_press_at(&sim, at, (uint8_t)(SIM_UPLINK + uplink), 20);
	board_run(sim.board, at + BOARD_MS(30));
	return sim_noted(&sim, since, HAPPENED_COIL, uplink, 0) -
	       sim_noted(&sim, since, HAPPENED_INPUT, (uint8_t)(SIM_UPLINK + uplink), 1);
}

static void bench_presses(const char *name, bool traffic)
{
	struct sim_dice dice = {7};
	uint64_t longest = 0;

	for (int i = 0; i < PRESSES; i++) {
		uint64_t cycles;

		if (i % BOARD_UPLINKS == 0)
			fresh();
		cycles = press((uint8_t)(i % BOARD_UPLINKS), &dice, traffic);
		if (cycles > longest)
			longest = cycles;
	}
	report(name, ms_of(longest), "ms", 5);
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

	for (int i = 0; i < 20; i++) {
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
	report("stuck-to-safe-max", ms_of(longest), "ms", 150);
}

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
}

int main(void)
{
	if (getenv("KANNUKI_BUILD") == NULL) {
		fputs("bench_panel: set KANNUKI_BUILD to the build folder, or run make bench\n", stderr);
		return 1;
	}
	sim_open(&sim);
	bench_presses("edge-to-coil-max", false);
	bench_presses("edge-to-coil-under-traffic-max", true);
	bench_commands();
	bench_polls();
	bench_watchdog();
	bench_size();
	sim_close(&sim);
	return 0;
}
