/* What breaks around the chip, and what the firmware makes of it. Contacts that weld are in test_latch.c, the bus in
 * test_bus.c.
 */
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

static uint16_t faults(void)
{
	sim_poll(&sim, 0);
	return sim.status[STATUS_FAULTS];
}

static bool is_lit(uint16_t lamp)
{
	return (board_lamps(sim.board) & lamp) != 0;
}

/* A healthy board shows no fault and keeps FAULT dark: otherwise the rest of this file would say nothing. */
static void assert_well(void)
{
	assert_int_equal(faults(), 0);
	sim_run_ms(&sim, 3);
	assert_false(is_lit(LAMP_FAULT));
}

static void assert_fault(uint16_t fault)
{
	assert_int_equal(faults(), fault);
	sim_run_ms(&sim, 3);
	assert_true(is_lit(LAMP_FAULT));
}

static void a_stuck_or_shorted_button_is_named_and_the_others_cut(void **state)
{
	(void)state;
	assert_well();
	assert_true(board_input(sim.board, board_now(sim.board), SIM_UPLINK, true));
	sim_run_polling(&sim, 9500);
	assert_well();
	sim_run_polling(&sim, 1000);
	assert_fault(FAULT_BUTTON);
	assert_int_equal(sim_find(&sim, EVENT_STUCK_ON, 2000).arg, INPUT_UPLINK_1);
	assert_false(board_connected(sim.board, 0));
	sim_press_at(&sim, board_now(sim.board), SIM_ISOLATE, 50);
	sim_run_polling(&sim, 200);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_false(board_connected(sim.board, i));
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x01, sim_latch(&sim)), RESULT_DONE);
	sim_press_at(&sim, board_now(sim.board), SIM_KEY, 600);
	sim_run_polling(&sim, 1000);
	assert_false(board_connected(sim.board, 0));
	assert_true(board_input(sim.board, board_now(sim.board), SIM_UPLINK, false));
	assert_int_equal(sim_find(&sim, EVENT_STUCK_OFF, 2000).arg, INPUT_UPLINK_1);
	assert_well();
}

static void a_key_left_on_is_named_and_reconnects_nothing(void **state)
{
	(void)state;
	sim_press_at(&sim, board_now(sim.board), SIM_ISOLATE, 50);
	sim_run_polling(&sim, 200);
	assert_true(board_input(sim.board, board_now(sim.board), SIM_KEY, true));
	sim_run_polling(&sim, 10500);
	assert_fault(FAULT_KEY);
	assert_int_equal(sim_find(&sim, EVENT_STUCK_ON, 2000).arg, INPUT_KEY);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x0F, sim_latch(&sim)), RESULT_DONE);
	assert_true(board_input(sim.board, board_now(sim.board), SIM_KEY, false));
	sim_run_polling(&sim, 500);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_false(board_connected(sim.board, i));
	assert_well();
}

static void a_mirror_that_closes_by_itself_is_a_fault_and_the_uplink_stays(void **state)
{
	(void)state;
	board_short_mirror_wire(sim.board, 1, true);
	sim_run_polling(&sim, 200);
	assert_fault(FAULT_MIRROR);
	assert_int_equal(sim_find(&sim, EVENT_UNPROVEN, 2000).uplink, 2);
	assert_true(board_connected(sim.board, 1));
}

static void a_contact_that_does_not_open_is_not_restored(void **state)
{
	(void)state;
	sim_press_at(&sim, board_now(sim.board), SIM_UPLINK, 50);
	sim_run_polling(&sim, 200);
	board_short_mirror_wire(sim.board, 0, true);
	assert_int_equal(sim_command(&sim, COMMAND_PERMIT, 0x01, sim_latch(&sim)), RESULT_DONE);
	sim_press_at(&sim, board_now(sim.board), SIM_KEY, 600);
	sim_run_polling(&sim, 1000);
	assert_int_equal(sim_find(&sim, EVENT_RESTORE_FAILED, 2000).uplink, 1);
	assert_false(board_connected(sim.board, 0));
}

static void without_coil_supply_all_falls_and_stays_fallen(void **state)
{
	(void)state;
	board_take_supply(sim.board, true);
	sim_run_polling(&sim, 200);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_false(board_connected(sim.board, i));
	assert_fault(FAULT_SUPPLY);
	sim_find(&sim, EVENT_SUPPLY_LOST, 2000);
	board_take_supply(sim.board, false);
	sim_find(&sim, EVENT_SUPPLY_BACK, 2000);
	sim_run_polling(&sim, 200);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_false(board_connected(sim.board, i));
	assert_well();
}

static void a_jumper_left_is_a_fault_and_the_button_still_cuts(void **state)
{
	(void)state;
	board_set_jumper(sim.board, true);
	sim_run_polling(&sim, 100);
	assert_fault(FAULT_JUMPER);
	sim_press_at(&sim, board_now(sim.board), SIM_UPLINK + 3, 50);
	sim_run_polling(&sim, 200);
	assert_false(board_connected(sim.board, 3));
	board_set_jumper(sim.board, false);
	sim_run_polling(&sim, 100);
	assert_well();
}

static void a_brown_out_is_a_fault_and_the_uplinks_come_back(void **state)
{
	(void)state;
	board_brown_out(sim.board);
	sim_run_ms(&sim, 300);
	assert_fault(FAULT_BROWN_OUT);
	assert_int_equal(sim_find(&sim, EVENT_STARTED, 2000).arg, RESET_BROWN_OUT);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_true(board_connected(sim.board, i));
}

static void a_torn_eeprom_is_told_and_means_every_uplink(void **state)
{
	(void)state;
	board_tear_eeprom(sim.board);
	sim_run_ms(&sim, 300);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_false(board_connected(sim.board, i));
	assert_int_not_equal(sim_find(&sim, EVENT_EEPROM_BAD, 2000).arg, 0);
	assert_well();
	/* It was repaired: the next start finds nothing. */
	sim_drop_events(&sim);
	sim_run_polling(&sim, 5000);
	sim_power_cycle(&sim, 100);
	sim_find(&sim, EVENT_STARTED, 2000);
	assert_int_equal(sim.status[STATUS_FAULTS], 0);
	assert_int_equal(sim_find(&sim, EVENT_CUT_AT_START, 2000).arg, 1);
}

static void a_line_broken_one_way_is_a_host_that_is_lost(void **state)
{
	(void)state;
	for (enum board_line line = LINE_DEAF; line <= LINE_UNPLUGGED; line++) {
		board_set_line(sim.board, line);
		/* What the host sends still arrives when only the answers are lost, and is a heartbeat. */
		for (int i = 0; i < 60; i++) {
			static const uint8_t beat[] = {1, 6, 0, 1, 0, 1, 0x19, 0xCA};

			sim_send(&sim, beat, sizeof beat);
			assert_int_equal(sim.answer_length, 0);
			sim_run_ms(&sim, 10);
		}
		assert_int_equal(is_lit(LAMP_FAULT), line != LINE_MUTE);
		board_set_line(sim.board, LINE_WHOLE);
		sim_run_polling(&sim, 200);
		assert_well();
	}
}

static void a_noisy_line_trips_nothing_and_a_press_waits_for_its_end(void **state)
{
	(void)state;
	board_set_line(sim.board, LINE_NOISY);
	for (int i = 0; i < 50; i++) {
		static const uint8_t ask[] = {1, 3, 1, 0, 0, STATUS_SIZE, 0x84, 0x2E};

		sim_send(&sim, ask, sizeof ask);
	}
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_true(board_connected(sim.board, i));
	sim_press_at(&sim, board_now(sim.board), SIM_UPLINK, 50);
	sim_run_ms(&sim, 200);
	assert_false(board_connected(sim.board, 0));
	board_set_line(sim.board, LINE_WHOLE);
	sim_run_ms(&sim, 50);
	assert_int_equal(sim_find(&sim, EVENT_UPLINK_ISOLATE, 2000).uplink, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stuck_or_shorted_button_is_named_and_the_others_cut, up, down),
		cmocka_unit_test_setup_teardown(a_key_left_on_is_named_and_reconnects_nothing, up, down),
		cmocka_unit_test_setup_teardown(a_mirror_that_closes_by_itself_is_a_fault_and_the_uplink_stays, up,
						down),
		cmocka_unit_test_setup_teardown(a_contact_that_does_not_open_is_not_restored, up, down),
		cmocka_unit_test_setup_teardown(without_coil_supply_all_falls_and_stays_fallen, up, down),
		cmocka_unit_test_setup_teardown(a_jumper_left_is_a_fault_and_the_button_still_cuts, up, down),
		cmocka_unit_test_setup_teardown(a_brown_out_is_a_fault_and_the_uplinks_come_back, up, down),
		cmocka_unit_test_setup_teardown(a_torn_eeprom_is_told_and_means_every_uplink, up, down),
		cmocka_unit_test_setup_teardown(a_line_broken_one_way_is_a_host_that_is_lost, up, down),
		cmocka_unit_test_setup_teardown(a_noisy_line_trips_nothing_and_a_press_waits_for_its_end, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
