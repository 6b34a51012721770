/* Latches, the way back, and what outlives power and resets. */
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

static bool all_connected(void)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if (!board_connected(sim.board, i))
			return false;
	return true;
}

static bool none_connected(void)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if (board_connected(sim.board, i))
			return false;
	return true;
}

static void press(uint8_t bit)
{
	sim_press_at(&sim, board_now(sim.board), bit, 50);
	sim_run_polling(&sim, 200);
}

static void turn_key(unsigned ms)
{
	sim_press_at(&sim, board_now(sim.board), SIM_KEY, ms);
	sim_run_polling(&sim, ms + 100);
}

static void a_latch_survives_power_cycles(void **state)
{
	(void)state;
	assert_true(all_connected());
	press(SIM_ISOLATE);
	assert_true(none_connected());
	for (int i = 0; i < 5; i++) {
		sim_power_cycle(&sim, 100);
		assert_true(none_connected());
	}
	sim_poll(&sim, 0);
	assert_int_equal(sim_latch(&sim), 1);
}

static void without_a_latch_power_brings_the_uplinks_back(void **state)
{
	(void)state;
	board_power(sim.board, false);
	sim_run_ms(&sim, 50);
	assert_true(none_connected());
	board_power(sim.board, true);
	sim_run_ms(&sim, 300);
	assert_true(all_connected());
	sim_find(&sim, EVENT_RECONNECTED_AT_START, 200);
}

static void power_lost_right_after_the_press_keeps_the_latch(void **state)
{
	(void)state;
	/* The coil falls within 5 ms; the one byte that matters is written 3.4 ms and a turn of the loop later. */
	for (unsigned ms = 10; ms < 120; ms += 5) {
		struct sim other;

		sim_open(&other);
		sim_up(&other);
		sim_press_at(&other, board_now(other.board), SIM_UPLINK + 2, 300);
		sim_run_ms(&other, ms);
		board_power(other.board, false);
		sim_run_ms(&other, 400);
		board_power(other.board, true);
		sim_run_ms(&other, 300);
		assert_false(board_connected(other.board, 2));
		sim_close(&other);
	}
}

static void permit_and_key_bring_back_what_was_named(void **state)
{
	(void)state;
	press(SIM_ISOLATE);
	sim_drop_events(&sim);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x03, sim_latch(&sim)), RESULT_DONE);
	turn_key(400);
	assert_true(board_connected(sim.board, 0) && board_connected(sim.board, 1));
	assert_false(board_connected(sim.board, 2) || board_connected(sim.board, 3));
	sim_find(&sim, EVENT_PERMIT_GIVEN, 300);
	assert_int_equal(sim_find(&sim, EVENT_RESTORED, 300).uplink, 1);
	assert_int_equal(sim_find(&sim, EVENT_RESTORED, 300).uplink, 2);
	sim_power_cycle(&sim, 100);
	assert_true(board_connected(sim.board, 0));
	assert_false(board_connected(sim.board, 2));
}

static void the_key_must_be_turned_for_the_right_time(void **state)
{
	(void)state;
	press(SIM_UPLINK);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x01, sim_latch(&sim)), RESULT_DONE);
	turn_key(150);
	assert_false(board_connected(sim.board, 0));
	turn_key(3200);
	assert_false(board_connected(sim.board, 0));
	turn_key(250);
	assert_true(board_connected(sim.board, 0));
}

static void a_key_already_on_must_first_be_seen_off(void **state)
{
	(void)state;
	press(SIM_UPLINK);
	board_input(sim.board, board_now(sim.board), SIM_KEY, true);
	sim_run_polling(&sim, 100);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x01, sim_latch(&sim)), RESULT_DONE);
	sim_run_polling(&sim, 300);
	board_input(sim.board, board_now(sim.board), SIM_KEY, false);
	sim_run_polling(&sim, 100);
	assert_false(board_connected(sim.board, 0));
	turn_key(400);
	assert_true(board_connected(sim.board, 0));
}

static void a_newer_trip_voids_the_permit(void **state)
{
	(void)state;
	press(SIM_UPLINK);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x01, sim_latch(&sim)), RESULT_DONE);
	press(SIM_UPLINK + 3);
	turn_key(400);
	assert_false(board_connected(sim.board, 0));
	sim_find(&sim, EVENT_PERMIT_VOIDED_TRIP, 300);
}

static void a_permit_for_an_older_latch_is_refused(void **state)
{
	(void)state;
	press(SIM_UPLINK);
	press(SIM_UPLINK);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x01, sim_latch(&sim) - 1), RESULT_WRONG_LATCH);
	turn_key(400);
	assert_false(board_connected(sim.board, 0));
}

static void a_reset_voids_the_permit(void **state)
{
	(void)state;
	press(SIM_UPLINK);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x01, sim_latch(&sim)), RESULT_DONE);
	sim_power_cycle(&sim, 50);
	sim_poll(&sim, 0);
	assert_int_equal(sim.status[STATUS_PERMIT_STATE], PERMIT_NONE);
	turn_key(400);
	assert_false(board_connected(sim.board, 0));
}

static void a_command_voids_the_permit(void **state)
{
	(void)state;
	press(SIM_UPLINK);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x01, sim_latch(&sim)), RESULT_DONE);
	assert_int_equal(sim_command(&sim, COMMAND_VOID, 0, 0), RESULT_DONE);
	turn_key(400);
	assert_false(board_connected(sim.board, 0));
	sim_find(&sim, EVENT_PERMIT_VOIDED_COMMAND, 300);
}

static void welded_contacts_are_seen_and_forbid_restore(void **state)
{
	(void)state;
	board_weld(sim.board, 1, true);
	press(SIM_UPLINK + 1);
	assert_true(board_connected(sim.board, 1));
	assert_int_equal(sim_find(&sim, EVENT_UNPROVEN, 300).uplink, 2);
	sim_poll(&sim, 0);
	assert_true((sim.status[STATUS_FAULTS] & FAULT_MIRROR) != 0);
	assert_true((board_lamps(sim.board) & LAMP_FAULT) != 0);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x02, sim_latch(&sim)), RESULT_MIRROR_FAULT);
}

static void a_broken_mirror_wire_is_not_taken_for_a_cut(void **state)
{
	(void)state;
	board_cut_mirror_wire(sim.board, 0, true);
	press(SIM_UPLINK);
	assert_false(board_connected(sim.board, 0));
	assert_int_equal(sim_find(&sim, EVENT_UNPROVEN, 300).uplink, 1);
	board_cut_mirror_wire(sim.board, 0, false);
	sim_find(&sim, EVENT_MIRROR_WELL, 300);
}

static void the_watchdog_brings_it_back_within_150_ms(void **state)
{
	uint64_t since = board_log_end(sim.board);
	uint64_t hung = board_now(sim.board);
	struct sim_event event;
	uint64_t reset;

	(void)state;
	board_hang(sim.board);
	sim_run_ms(&sim, 500);
	reset = sim_noted(&sim, since, HAPPENED_RESET, 0, 1);
	assert_in_range(reset - hung, BOARD_MS(100), BOARD_MS(150));
	event = sim_find(&sim, EVENT_STARTED, 300);
	assert_int_equal(event.arg, RESET_WATCHDOG);
	assert_true(all_connected());
	/* Once more within ten minutes: now it stays cut. */
	board_hang(sim.board);
	sim_run_ms(&sim, 500);
	assert_true(none_connected());
	assert_int_equal(sim_find(&sim, EVENT_CUT_AT_START, 300).arg, 3);
}

static void a_brown_out_is_named(void **state)
{
	(void)state;
	board_power(sim.board, false);
	board_reset_flags(sim.board, RESET_BROWN_OUT);
	sim_run_ms(&sim, 50);
	board_power(sim.board, true);
	sim_run_ms(&sim, 300);
	assert_int_equal(sim_find(&sim, EVENT_STARTED, 300).arg, RESET_BROWN_OUT);
}

static void events_wait_through_power_loss_until_acknowledged(void **state)
{
	struct sim_event before, after;

	(void)state;
	sim_press_at(&sim, board_now(sim.board), SIM_DECLARE, 50);
	sim_run_ms(&sim, 300);
	sim_poll(&sim, 0);
	before = sim_oldest(&sim);
	assert_int_equal(before.kind, EVENT_DECLARE);
	assert_in_range(before.age_ms, 250, 320);
	sim_power_cycle(&sim, 1000);
	sim_poll(&sim, 0);
	after = sim_oldest(&sim);
	assert_int_equal(after.number, before.number);
	assert_int_equal(after.age_ms, BOARD_AGE_UNKNOWN);
	sim_poll(&sim, after.number);
	sim_run_ms(&sim, 200);
	sim_power_cycle(&sim, 1000);
	sim_poll(&sim, 0);
	assert_int_not_equal(sim_oldest(&sim).kind, EVENT_DECLARE);
}

static void numbers_never_go_back(void **state)
{
	struct sim_dice dice = {5};
	uint32_t highest = 0;

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct sim_event event;

		sim_press_at(&sim, board_now(sim.board), SIM_DECLARE, 20);
		sim_run_us(&sim, 5000 + sim_roll(&dice, 150000));
		board_power(sim.board, false);
		sim_run_ms(&sim, 20);
		board_power(sim.board, true);
		sim_run_us(&sim, 100000 + sim_roll(&dice, 100000));
		while ((event = sim_take(&sim)).number != 0) {
			assert_true(event.number > highest);
			highest = event.number;
		}
		/* Acknowledged, and the acknowledgements are in EEPROM. */
		sim_run_ms(&sim, 600);
	}
}

static void the_memory_of_start_is_full_of_noise_and_does_not_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		sim_power_cycle(&sim, 20);
		assert_true(all_connected());
	}
}

int main(void)
{
#define ON_BOARD(test) cmocka_unit_test_setup_teardown(test, up, down)
	const struct CMUnitTest tests[] = {
		ON_BOARD(a_latch_survives_power_cycles),
		ON_BOARD(without_a_latch_power_brings_the_uplinks_back),
		ON_BOARD(power_lost_right_after_the_press_keeps_the_latch),
		ON_BOARD(permit_and_key_bring_back_what_was_named),
		ON_BOARD(the_key_must_be_turned_for_the_right_time),
		ON_BOARD(a_key_already_on_must_first_be_seen_off),
		ON_BOARD(a_newer_trip_voids_the_permit),
		ON_BOARD(a_permit_for_an_older_latch_is_refused),
		ON_BOARD(a_reset_voids_the_permit),
		ON_BOARD(a_command_voids_the_permit),
		ON_BOARD(welded_contacts_are_seen_and_forbid_restore),
		ON_BOARD(a_broken_mirror_wire_is_not_taken_for_a_cut),
		ON_BOARD(the_watchdog_brings_it_back_within_150_ms),
		ON_BOARD(a_brown_out_is_named),
		ON_BOARD(events_wait_through_power_loss_until_acknowledged),
		ON_BOARD(numbers_never_go_back),
		ON_BOARD(the_memory_of_start_is_full_of_noise_and_does_not_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
