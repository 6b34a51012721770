/* The bus as the panel daemon meets it: answers, silence, garbage, a host that comes and goes. */
#include "tests/firmware/simulation.h"

#include "firmware/core/crc16.h"

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

#include <string.h>

#define ASK(...) sim_ask(&sim, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void identity_names_the_controller(void **state)
{
	static const uint8_t id[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};

	(void)state;
	ASK(1, 3, 0x00, 0x80, 0, IDENTITY_SIZE);
	assert_int_equal(sim.answer_length, 5 + 2 * IDENTITY_SIZE);
	assert_memory_equal(sim.answer + 3 + 2 * IDENTITY_CONTROLLER, id, sizeof id);
}

static void an_answer_begins_after_the_silence_and_within_the_timeout(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		sim_run_us(&sim, 137);
		sim_poll(&sim, 0);
		assert_in_range(sim.answer_began, board_now(sim.board) - BOARD_MS(BOARD_BUS_TIMEOUT_MS),
				board_now(sim.board));
	}
}

static void errors_are_exceptions(void **state)
{
	(void)state;
	ASK(1, 3, 0x12, 0x34, 0, 1);
	assert_int_equal(sim.answer_length, 5);
	assert_int_equal(sim.answer[1], 0x83);
	assert_int_equal(sim.answer[2], 2);
	ASK(1, 99, 0, 0, 0, 0);
	assert_int_equal(sim.answer[1], 99 | 0x80);
	assert_int_equal(sim.answer[2], 1);
	ASK(1, 16, 0, 0, 0, 3, 6, 0, 0, 0, 0, 0xFF, 0xFF);
	assert_int_equal(sim.answer[1], 16 | 0x80);
	assert_int_equal(sim.answer[2], 3);
}

static void bad_crc_and_other_slaves_get_silence(void **state)
{
	static const uint8_t bad[] = {1, 3, 1, 0, 0, 4, 0, 0};

	(void)state;
	sim_send(&sim, bad, sizeof bad);
	assert_int_equal(sim.answer_length, 0);
	ASK(7, 3, 1, 0, 0, 4);
	assert_int_equal(sim.answer_length, 0);
	sim_poll(&sim, 0);
}

static void a_frame_cut_short_anywhere_is_forgotten(void **state)
{
	const uint8_t frame[] = {1, 3, 1, 0, 0, 4, 0x45, 0xF5};

	(void)state;
	assert_int_equal(crc16(frame, sizeof frame), 0);
	for (size_t length = 1; length < sizeof frame; length++) {
		sim_send(&sim, frame, length);
		assert_int_equal(sim.answer_length, 0);
		sim_send(&sim, frame, sizeof frame);
		assert_int_equal(sim.answer_length, 13);
	}
}

static void garbage_changes_nothing(void **state)
{
	struct sim_dice dice = {6};

	(void)state;
	for (int i = 0; i < 100; i++) {
		uint8_t bytes[300];
		size_t length = 1 + sim_roll(&dice, sizeof bytes - 1);

		for (size_t k = 0; k < length; k++)
			bytes[k] = (uint8_t)sim_roll(&dice, 256);
		sim_send(&sim, bytes, length);
		assert_int_equal(sim.answer_length, 0);
	}
	sim_poll(&sim, 0);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_true(board_coil(sim.board, i));
}

static void a_command_cuts_within_20_ms_of_its_first_byte(void **state)
{
	uint64_t since = board_log_end(sim.board);
	uint64_t began = board_now(sim.board);
	uint64_t coil;

	(void)state;
	assert_int_equal(sim_command(&sim, COMMAND_ISOLATE, 0x04, 0), RESULT_DONE);
	coil = sim_noted(&sim, since, HAPPENED_COIL, 2, 0);
	assert_in_range(coil - began, 1, BOARD_MS(20));
	assert_int_equal(sim_find(&sim, EVENT_CUT_COMMAND, 300).uplink, 3);
	assert_int_equal(sim_find(&sim, EVENT_PROVEN, 300).uplink, 3);
}

static void lamps_follow_the_host(void **state)
{
	(void)state;
	sim.lamps = LAMP_RECORDED | LAMP_INCIDENT | LAMP_DRILL;
	sim_poll(&sim, 0);
	sim_run_ms(&sim, 3);
	assert_int_equal(board_lamps(sim.board), LAMP_RECORDED | LAMP_INCIDENT | LAMP_DRILL);
	sim_press_at(&sim, board_now(sim.board), SIM_TEST, 50);
	sim_run_ms(&sim, 20);
	assert_int_equal(board_lamps(sim.board), 0x0F2F);
}

static void recorded_goes_out_with_a_press_and_comes_with_its_acknowledgement(void **state)
{
	(void)state;
	sim.lamps = LAMP_RECORDED;
	sim_poll(&sim, 0);
	sim_press_at(&sim, board_now(sim.board), SIM_DECLARE, 50);
	sim_run_polling(&sim, 100);
	assert_int_equal(board_lamps(sim.board) & LAMP_RECORDED, 0);
	sim_poll(&sim, sim_oldest(&sim).number);
	sim_run_ms(&sim, 3);
	assert_int_equal(board_lamps(sim.board) & LAMP_RECORDED, LAMP_RECORDED);
}

static void a_silent_host_lights_fault_and_the_uplinks_hold(void **state)
{
	(void)state;
	sim_run_ms(&sim, BOARD_HEARTBEAT_MS + 100);
	assert_true((board_lamps(sim.board) & LAMP_FAULT) != 0);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		assert_true(board_connected(sim.board, i));
	assert_in_range(sim_find(&sim, EVENT_HOST_LOST, 200).arg, BOARD_HEARTBEAT_MS, BOARD_HEARTBEAT_MS + 10);
	sim_find(&sim, EVENT_HOST_BACK, 200);
	sim_run_polling(&sim, 50);
	assert_int_equal(board_lamps(sim.board) & LAMP_FAULT, 0);
}

static void a_silent_host_cuts_where_that_was_provisioned(void **state)
{
	const struct board_choices choices = {
		.controller = 1, .fitted = 0x0F, .isolate = 0x0F, .stay = 0x08, .loss = 0x02, .heartbeat_ms = 500};

	(void)state;
	board_power(sim.board, false);
	board_provision_as(sim.eeprom, &choices);
	board_power(sim.board, true);
	sim_run_ms(&sim, 300);
	assert_false(board_connected(sim.board, 3));
	sim_poll(&sim, 0);
	sim_run_ms(&sim, 600);
	assert_false(board_connected(sim.board, 1));
	assert_true(board_connected(sim.board, 0) && board_connected(sim.board, 2));
	assert_int_equal(sim_find(&sim, EVENT_CUT_HOST_LOST, 500).uplink, 2);
}

static void without_provisioning_it_says_so_and_works(void **state)
{
	(void)state;
	board_power(sim.board, false);
	memset(sim.eeprom, 0xFF, sizeof sim.eeprom);
	board_power(sim.board, true);
	sim_run_ms(&sim, 300);
	sim_poll(&sim, 0);
	assert_true((sim.status[STATUS_FAULTS] & FAULT_PROVISION) != 0);
	sim_press_at(&sim, board_now(sim.board), SIM_ISOLATE, 50);
	sim_run_ms(&sim, 20);
	assert_false(board_coil(sim.board, 0));
}

static void a_flood_of_presses_fills_the_queue_and_loses_no_count(void **state)
{
	uint32_t presses = 0;

	(void)state;
	for (int i = 0; i < 80; i++) {
		sim_press_at(&sim, board_now(sim.board), SIM_DECLARE, 20);
		sim_run_ms(&sim, 40);
	}
	for (struct sim_event e = sim_take(&sim); e.number != 0; e = sim_take(&sim))
		if (e.kind == EVENT_DECLARE)
			presses += e.times;
	assert_int_equal(presses, 80);
}

static void a_proof_test_cuts_for_a_moment_and_tells_the_time(void **state)
{
	uint64_t since = board_log_end(sim.board), off, on;

	(void)state;
	assert_int_equal(sim_command(&sim, COMMAND_PROVE, 0x05, 0), RESULT_DONE);
	sim_run_ms(&sim, 100);
	off = sim_noted(&sim, since, HAPPENED_CONTACT, 2, 0);
	on = sim_noted(&sim, since, HAPPENED_CONTACT, 2, 1);
	assert_true(off != 0 && on > off);
	assert_in_range(on - off, BOARD_MS(10), BOARD_MS(60));
	assert_int_equal(sim_noted(&sim, since, HAPPENED_CONTACT, 1, 0), 0);
	assert_in_range(sim_find(&sim, EVENT_PROOF_GOOD, 500).arg, 10000, 12000);
	assert_int_equal(sim_find(&sim, EVENT_PROOF_GOOD, 500).uplink, 3);
}

/* Of `size`; the root is all zeros. */
static uint16_t witness(uint16_t size)
{
	uint16_t words[WITNESS_WRITE_SIZE] = {[WITNESS_WRITE_NONCE_LOW] = ++sim.nonce,
					      [WITNESS_WRITE_EPOCH] = 1,
					      [WITNESS_WRITE_LOG_SIZE + 3] = size};
	uint16_t block[WITNESS_SIZE];

	sim_write(&sim, BLOCK_WITNESS_WRITE, WITNESS_WRITE_SIZE, words);
	sim_read(&sim, BLOCK_WITNESS, WITNESS_SIZE, block);
	assert_int_equal(block[WITNESS_RESULT_NONCE_LOW], sim.nonce);
	return block[WITNESS_RESULT];
}

static void assert_witness(enum board_store_state state, uint16_t size)
{
	uint16_t block[WITNESS_SIZE];

	sim_read(&sim, BLOCK_WITNESS, WITNESS_SIZE, block);
	assert_int_equal(block[WITNESS_STATE], state);
	assert_int_equal(block[WITNESS_LOG_SIZE + 3], size);
}

static void a_witness_outlives_the_power_and_never_becomes_smaller(void **state)
{
	(void)state;
	assert_int_equal(witness(42), RESULT_DONE);
	assert_witness(STORE_IS_WRITING, 42);
	sim_run_ms(&sim, 400);
	sim_power_cycle(&sim, 100);
	assert_witness(STORE_IS_KEPT, 42);
	assert_int_equal(witness(41), RESULT_OLDER);
	sim_run_ms(&sim, 400);
	assert_witness(STORE_IS_KEPT, 42);
}

static void only_the_oldest_event_can_be_acknowledged(void **state)
{
	uint32_t number;

	(void)state;
	sim_press_at(&sim, board_now(sim.board), SIM_DECLARE, 20);
	sim_press_at(&sim, board_now(sim.board) + BOARD_MS(40), SIM_DECLARE, 20);
	sim_run_polling(&sim, 100);
	sim_poll(&sim, 0);
	number = sim_oldest(&sim).number;
	sim_poll(&sim, number + 1);
	assert_int_equal(sim_oldest(&sim).number, number);
	sim_poll(&sim, number - 1);
	assert_int_equal(sim_oldest(&sim).number, number);
	sim_poll(&sim, number);
	assert_int_equal(sim_oldest(&sim).number, number + 1);
}

static void a_command_with_a_wrong_check_word_is_not_carried_out(void **state)
{
	(void)state;
	ASK(1, 16, 0, 0, 0, EXCHANGE_SIZE, 2 * EXCHANGE_SIZE, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0x3A, 0xC5, 0, 1, 0, 0, 0,
	    9, 0, 0, 0, 0, 0, 0);
	assert_int_equal(sim.answer_length, 8);
	sim_poll(&sim, 0);
	assert_int_equal(sim.status[STATUS_RESULT], RESULT_BAD_CHECK);
	assert_true(board_coil(sim.board, 0));
}

int main(void)
{
#define ON_BOARD(test) cmocka_unit_test_setup_teardown(test, up, down)
	const struct CMUnitTest tests[] = {
		ON_BOARD(identity_names_the_controller),
		ON_BOARD(an_answer_begins_after_the_silence_and_within_the_timeout),
		ON_BOARD(errors_are_exceptions),
		ON_BOARD(bad_crc_and_other_slaves_get_silence),
		ON_BOARD(a_frame_cut_short_anywhere_is_forgotten),
		ON_BOARD(garbage_changes_nothing),
		ON_BOARD(a_command_cuts_within_20_ms_of_its_first_byte),
		ON_BOARD(lamps_follow_the_host),
		ON_BOARD(recorded_goes_out_with_a_press_and_comes_with_its_acknowledgement),
		ON_BOARD(a_silent_host_lights_fault_and_the_uplinks_hold),
		ON_BOARD(a_silent_host_cuts_where_that_was_provisioned),
		ON_BOARD(without_provisioning_it_says_so_and_works),
		ON_BOARD(a_proof_test_cuts_for_a_moment_and_tells_the_time),
		ON_BOARD(a_witness_outlives_the_power_and_never_becomes_smaller),
		ON_BOARD(only_the_oldest_event_can_be_acknowledged),
		ON_BOARD(a_command_with_a_wrong_check_word_is_not_carried_out),
		ON_BOARD(a_flood_of_presses_fills_the_queue_and_loses_no_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
