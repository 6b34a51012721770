/* From the button to the coil: never later than 5 ms, never for less than 3 ms of bounce. In simulated time. */
#include "tests/firmware/simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct sim sim;

static int up(void **state)
{
	(void)state;
	sim_open(&sim);
	sim_up(&sim);
	return 0;
}

static int down(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

enum { PHASES = 240, STUCK_PHASES = 40, BOUNCES = 300 };

/* Presses the button of `uplink` at `at`; microseconds from the edge to its coil. */
static uint64_t edge_to_coil_us(uint8_t uplink, uint64_t at)
{
	uint64_t since = board_log_end(sim.board);
	uint64_t edge, coil;

	sim_press_at(&sim, at, (uint8_t)(SIM_UPLINK + uplink), 30);
	board_run(sim.board, at + BOARD_MS(20));
	edge = sim_noted(&sim, since, HAPPENED_INPUT, (uint8_t)(SIM_UPLINK + uplink), 1);
	coil = sim_noted(&sim, since, HAPPENED_COIL, uplink, 0);
	assert_true(edge != 0 && coil > edge);
	return (coil - edge) * 1000000 / BOARD_CLOCK;
}

/* Back to connected, by the only way there is. */
static void restore_all(void)
{
	sim_run_polling(&sim, 100);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, BOARD_ALL_UPLINKS, sim_latch(&sim)), RESULT_DONE);
	sim_press_at(&sim, board_now(sim.board) + BOARD_MS(10), SIM_KEY, 220);
	sim_run_polling(&sim, 280);
	assert_true(board_connected(sim.board, 0));
	sim_drop_events(&sim);
}

static void any_phase_is_in_time(void **state)
{
	struct sim_dice dice = {1};

	(void)state;
	for (int i = 0; i < PHASES; i++) {
		uint64_t at = board_now(sim.board) + BOARD_US(sim_roll(&dice, 1000));

		assert_in_range(edge_to_coil_us((uint8_t)(i % BOARD_UPLINKS), at), 3000, 5000);
		if (i % BOARD_UPLINKS == BOARD_UPLINKS - 1)
			restore_all();
	}
}

static void bus_traffic_does_not_delay_it(void **state)
{
	static const uint8_t poll[] = {1, 3, 1, 0, 0, 32, 0x45, 0xEE};
	struct sim_dice dice = {2};
	uint8_t noise[200];

	(void)state;
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (uint8_t)sim_roll(&dice, 256);
	for (int i = 0; i < PHASES / 2; i++) {
		uint64_t at = board_now(sim.board) + BOARD_US(sim_roll(&dice, 20000));

		/* A request with a long answer, or garbage without end, all around the press. */
		if (i % 2 == 0)
			assert_true(board_send(sim.board, poll, sizeof poll));
		else
			assert_true(board_send(sim.board, noise, sizeof noise));
		assert_in_range(edge_to_coil_us((uint8_t)(i % BOARD_UPLINKS), at), 3000, 5000);
		sim_run_ms(&sim, 20);
		if (i % BOARD_UPLINKS == BOARD_UPLINKS - 1)
			restore_all();
	}
}

static void the_firmware_reports_the_time_it_took(void **state)
{
	uint64_t us = edge_to_coil_us(0, board_now(sim.board) + 12345);
	struct sim_event event;

	(void)state;
	event = sim_find(&sim, EVENT_CUT_BUTTON, 200);
	assert_in_range(event.arg, us - 150, us + 50);
	event = sim_find(&sim, EVENT_PROVEN, 200);
	assert_in_range(event.arg, us + 9850, us + 10200);
}

static void bounce_below_three_milliseconds_never_trips(void **state)
{
	struct sim_dice dice = {3};

	(void)state;
	for (int i = 0; i < BOUNCES; i++) {
		uint8_t bit = (uint8_t)(SIM_DECLARE + sim_roll(&dice, 6));
		uint64_t at = board_now(sim.board) + BOARD_US(sim_roll(&dice, 1000));
		uint64_t length = BOARD_US(50 + sim_roll(&dice, 2900));

		board_input(sim.board, at, bit, true);
		board_input(sim.board, at + length, bit, false);
		board_run(sim.board, at + length + BOARD_MS(2 + sim_roll(&dice, 5)));
		if (i % 100 == 0)
			sim_poll(&sim, 0);
	}
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_true(board_coil(sim.board, i));
	sim_poll(&sim, 0);
	assert_int_equal(sim_oldest(&sim).number, 0);
}

/* For up to 5 ms; a contact that chatters longer may look, each time a sample is taken, as if it were closed, then
 * open. */
static void a_bouncing_press_is_one_press(void **state)
{
	struct sim_dice dice = {4};

	(void)state;
	for (int i = 0; i < 60; i++) {
		uint64_t at = board_now(sim.board) + BOARD_MS(2) + BOARD_US(sim_roll(&dice, 1000)),
			 end = at + BOARD_MS(5);
		int bounces = (int)sim_roll(&dice, 16);

		for (int bounce = 0; bounce < bounces && at + BOARD_US(1040) < end; bounce++) {
			board_input(sim.board, at, SIM_DECLARE, true);
			at += BOARD_US(20 + sim_roll(&dice, 500));
			board_input(sim.board, at, SIM_DECLARE, false);
			at += BOARD_US(20 + sim_roll(&dice, 500));
		}
		sim_press_at(&sim, at, SIM_DECLARE, 40);
		board_run(sim.board, at + BOARD_MS(60));
		assert_int_equal(sim_take(&sim).kind, EVENT_DECLARE);
		assert_int_equal(sim_take(&sim).number, 0);
	}
}

static void isolate_opens_the_contacts_by_its_second_pole_alone(void **state)
{
	uint64_t since = board_log_end(sim.board);
	uint64_t at = board_now(sim.board) + 777;

	(void)state;
	board_break_isolate(sim.board, true, false);
	sim_press_at(&sim, at, SIM_ISOLATE, 500);
	board_run(sim.board, at + BOARD_MS(11));
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_false(board_connected(sim.board, i));
	sim_run_ms(&sim, 700);
	/* And the firmware keeps them open when the button is let go. */
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_false(board_connected(sim.board, i));
	assert_true(sim_noted(&sim, since, HAPPENED_CONTACT, 0, 1) == 0);
	sim_find(&sim, EVENT_CUT_SUPPLY, 300);
}

/* Wherever the program stands still, a press that lasts longer than the watchdog cuts and is remembered; where
   interrupts still come, it cuts at once. */
static void with_the_processor_stuck_the_button_still_cuts(void **state)
{
	int at_once = 0;

	(void)state;
	for (unsigned phase = 0; phase < STUCK_PHASES; phase++) {
		uint64_t at = board_now(sim.board) + BOARD_MS(3);

		board_hang(sim.board);
		sim_press_at(&sim, at, SIM_UPLINK + 1, 300);
		board_run(sim.board, at + BOARD_MS(5));
		at_once += !board_coil(sim.board, 1);
		sim_run_ms(&sim, 500);
		assert_false(board_connected(sim.board, 1));
		sim_poll(&sim, 0);
		assert_true((sim.status[STATUS_UPLINK + 1] & UPLINK_LATCHED) != 0);
		down(state);
		up(state);
		sim_run_us(&sim, phase * 1237);
	}
	assert_in_range(at_once, STUCK_PHASES * 3 / 4, STUCK_PHASES);
}

/* The coil has fallen and nothing is written yet when the watchdog bites: memory that outlives it knows. */
static void a_short_press_while_the_processor_is_stuck_is_kept(void **state)
{
	int taken = 0;

	(void)state;
	for (unsigned phase = 0; phase < STUCK_PHASES / 4; phase++) {
		sim_run_us(&sim, phase * 1237);
		board_hang(sim.board);
		sim_press_at(&sim, board_now(sim.board), SIM_UPLINK + 1, 30);
		sim_run_ms(&sim, 40);
		if (!board_coil(sim.board, 1)) {
			taken++;
			sim_run_ms(&sim, 500);
			assert_false(board_connected(sim.board, 1));
			assert_true(board_connected(sim.board, 2));
			assert_int_equal(sim_find(&sim, EVENT_CUT_AT_START, 300).uplink, 2);
		}
		down(state);
		up(state);
	}
	assert_int_not_equal(taken, 0);
}

int main(void)
{
#define ON_BOARD(test) cmocka_unit_test_setup_teardown(test, up, down)
	const struct CMUnitTest tests[] = {
		ON_BOARD(any_phase_is_in_time),
		ON_BOARD(bus_traffic_does_not_delay_it),
		ON_BOARD(the_firmware_reports_the_time_it_took),
		ON_BOARD(bounce_below_three_milliseconds_never_trips),
		ON_BOARD(a_bouncing_press_is_one_press),
		ON_BOARD(isolate_opens_the_contacts_by_its_second_pole_alone),
		ON_BOARD(with_the_processor_stuck_the_button_still_cuts),
		ON_BOARD(a_short_press_while_the_processor_is_stuck_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
