/* The firmware on boards that are wired otherwise: bistable relays, the slow bus. */
#include "tests/firmware/simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct sim sim;

static int down(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

static void up(const struct board_choices *choices)
{
	sim_open(&sim);
	board_provision_as(sim.eeprom, choices);
	sim_up(&sim);
}

static const struct board_choices bistable = {
	.controller = 1, .fitted = 3, .isolate = 3, .pulse = 3, .heartbeat_ms = 2000, .journal = 1};

static void bistable_relays_close_open_and_hold_without_power(void **state)
{
	uint64_t since, at, coil;

	(void)state;
	up(&bistable);
	assert_true(board_connected(sim.board, 0) && board_connected(sim.board, 1));
	assert_false(board_coil(sim.board, 0));
	sim_power_cycle(&sim, 500);
	assert_true(board_connected(sim.board, 0) && board_connected(sim.board, 1));
	sim_run_polling(&sim, 2000);
	since = board_log_end(sim.board);
	at = board_now(sim.board) + 4321;
	sim_press_at(&sim, at, SIM_UPLINK, 50);
	sim_run_ms(&sim, 100);
	coil = sim_noted(&sim, since, HAPPENED_COIL, 2, 1);
	assert_in_range(coil - at, BOARD_MS(3), BOARD_MS(5));
	assert_false(board_connected(sim.board, 0));
	assert_true(board_connected(sim.board, 1));
	assert_in_range(sim_find(&sim, EVENT_PROVEN, 500).arg, 12000, 16000);
	assert_false(board_coil(sim.board, 2));
	sim_power_cycle(&sim, 500);
	assert_false(board_connected(sim.board, 0));
	assert_true(board_connected(sim.board, 1));
}

/* Three pulses have not opened it; whoever presses once more wants it tried once more. */
static void a_bistable_relay_that_stayed_is_tried_again_by_the_next_press(void **state)
{
	uint64_t since, at;

	(void)state;
	up(&bistable);
	board_weld(sim.board, 0, true);
	sim_press_at(&sim, board_now(sim.board), SIM_UPLINK, 50);
	sim_run_polling(&sim, 1000);
	assert_int_equal(sim_find(&sim, EVENT_UNPROVEN, 500).uplink, 1);
	since = board_log_end(sim.board);
	at = board_now(sim.board) + 4321;
	sim_press_at(&sim, at, SIM_UPLINK, 50);
	sim_run_polling(&sim, 40);
	assert_in_range(sim_noted(&sim, since, HAPPENED_COIL, 2, 1) - at, BOARD_MS(3), BOARD_MS(20));
}

static void isolate_opens_bistable_relays_with_the_processor_stuck(void **state)
{
	(void)state;
	up(&bistable);
	board_hang(sim.board);
	sim_press_at(&sim, board_now(sim.board), SIM_ISOLATE, 60);
	sim_run_ms(&sim, 30);
	assert_false(board_connected(sim.board, 0) || board_connected(sim.board, 1));
}

static void the_slow_bus_answers(void **state)
{
	static const struct board_choices slow = {
		.controller = 1, .fitted = 15, .isolate = 15, .baud = 1, .heartbeat_ms = 2000, .journal = 1};

	(void)state;
	up(&slow);
	for (int i = 0; i < 20; i++) {
		sim_poll(&sim, 0);
		sim_run_us(&sim, 3333);
	}
	assert_int_equal(sim_command(&sim, COMMAND_ISOLATE, 1, 0), RESULT_DONE);
	sim_run_ms(&sim, 1);
	assert_false(board_coil(sim.board, 0));
}

/* A bit of the mask of fitted uplinks has fallen over: the rule without a block holds, and FAULT says so. */
static void a_damaged_block_is_not_believed(void **state)
{
	static const struct board_choices two = {
		.controller = 1, .fitted = 3, .isolate = 3, .heartbeat_ms = 2000, .journal = 1};

	(void)state;
	sim_open(&sim);
	board_provision_as(sim.eeprom, &two);
	sim.eeprom[PROVISION_AT + PROVISION_FITTED] ^= 2;
	sim_up(&sim);
	sim_poll(&sim, 0);
	assert_true((sim.status[STATUS_FAULTS] & FAULT_PROVISION) != 0);
	assert_true((sim.status[STATUS_UPLINK + 1] & UPLINK_FITTED) != 0);
	assert_true((sim.status[STATUS_UPLINK + 3] & UPLINK_FITTED) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(bistable_relays_close_open_and_hold_without_power, down),
		cmocka_unit_test_teardown(a_bistable_relay_that_stayed_is_tried_again_by_the_next_press, down),
		cmocka_unit_test_teardown(isolate_opens_bistable_relays_with_the_processor_stuck, down),
		cmocka_unit_test_teardown(the_slow_bus_answers, down),
		cmocka_unit_test_teardown(a_damaged_block_is_not_believed, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
