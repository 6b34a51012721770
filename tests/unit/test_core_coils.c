/* Bistable relays: pulses until the mirror contact agrees, never both coils, and a start that changes nothing. */
#include "core_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { CLOSING_1 = 1, CLOSING_2 = 2, OPENING_1 = 4, OPENING_2 = 8 };

/* Milliseconds that `pin` is energised within the next `ms`, the mirror contacts being as said. */
static int pulse_ms(struct coils *c, uint8_t pin, uint8_t mirrors, int ms)
{
	int on = 0;

	for (; ms > 0; ms--) {
		on += (coils_set(c, c->wanted, 0) & pin) != 0;
		coils_step(c, mirrors);
	}
	return on;
}

static void an_ordinary_relay_is_held(void **state)
{
	struct coils c;

	(void)state;
	coils_init(&c, 0);
	assert_int_equal(coils_set(&c, 0x0B, 0), 0x0B);
	coils_step(&c, 0);
	assert_int_equal(coils_set(&c, 0x02, 0), 0x02);
}

static void one_pulse_when_the_mirror_agrees(void **state)
{
	struct coils c;

	(void)state;
	coils_init(&c, 0x02);
	assert_int_equal(coils_set(&c, 0x03, 0x0F), 0x01 | CLOSING_2);
	assert_int_equal(pulse_ms(&c, CLOSING_2, 0x00, 1000), BOARD_PULSE_MS);
	assert_int_equal(coils_set(&c, 0x01, 0), 0x01 | OPENING_2);
	assert_int_equal(pulse_ms(&c, OPENING_2, 0x02, 1000), BOARD_PULSE_MS);
	assert_int_equal(coils_set(&c, 0x01, 0x0F), 0x01);
}

static void three_pulses_when_it_does_not(void **state)
{
	struct coils c;

	(void)state;
	coils_init(&c, 0x01);
	assert_int_equal(coils_set(&c, 0x01, 0x0F), CLOSING_1);
	assert_int_equal(pulse_ms(&c, CLOSING_1, 0x01, 2000), BOARD_PULSES * BOARD_PULSE_MS);
	assert_int_equal(coils_set(&c, 0x00, 0), OPENING_1);
	assert_int_equal(pulse_ms(&c, OPENING_1, 0x00, 100), BOARD_PULSE_MS + 30);
	/* The second pulse has worked. */
	assert_int_equal(pulse_ms(&c, OPENING_1, 0x01, 2000), 20);
}

static void another_wish_ends_the_pulse_at_once(void **state)
{
	struct coils c;

	(void)state;
	coils_init(&c, 0x01);
	coils_set(&c, 0x01, 0x0F);
	pulse_ms(&c, CLOSING_1, 0x01, 20);
	assert_int_equal(coils_set(&c, 0x00, 0), OPENING_1);
	assert_int_equal(pulse_ms(&c, OPENING_1, 0x01, 2000), BOARD_PULSE_MS);
}

static void what_was_told_nothing_is_left_alone(void **state)
{
	struct coils c;

	(void)state;
	coils_init(&c, 0x03);
	assert_int_equal(coils_set(&c, 0x03, 0), 0);
	assert_int_equal(coils_set(&c, 0x00, 0), 0);
	assert_int_equal(coils_set(&c, 0x00, 0x02), OPENING_2);
	assert_int_equal(coils_set(&c, 0x00, 0x0F), OPENING_1 | OPENING_2);
}

/* ---- with the panel ---- */

static void provision(void)
{
	uint8_t *block = core.eeprom + PROVISION_AT;
	uint16_t crc;

	memset(block, 0, PROVISION_SIZE);
	memcpy(block, "KN\x02\x03\x03", 5);
	block[PROVISION_PULSE] = 0x03;
	block[PROVISION_HEARTBEAT_MS] = 2000 >> 8;
	block[PROVISION_HEARTBEAT_MS + 1] = 2000 & 0xFF;
	crc = crc16(block, PROVISION_CRC);
	block[PROVISION_CRC] = (uint8_t)crc;
	block[PROVISION_CRC + 1] = (uint8_t)(crc >> 8);
}

static void run_with_host(uint32_t ms)
{
	for (; ms > 0; ms--) {
		panel_heartbeat(&core.panel);
		core_run(1);
	}
}

static bool is_connected(int uplink)
{
	return core.relay[uplink - 1] == CORE_RELAY_MS;
}

static int up(void **state)
{
	(void)state;
	core_fresh();
	provision();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	run_with_host(3000);
	core_drop_events();
	return 0;
}

static void a_start_connects_and_the_coils_rest(void **state)
{
	(void)state;
	assert_true(is_connected(1) && is_connected(2));
	assert_int_equal(core.pins, 0);
	assert_int_equal(core.panel.faults, 0);
}

static void a_start_never_opens_what_is_connected(void **state)
{
	(void)state;
	core_start(RESET_WATCHDOG, MEMORY_KEPT);
	for (int ms = 0; ms < 1000; ms++) {
		run_with_host(1);
		assert_true(is_connected(1) && is_connected(2));
	}
	assert_int_equal(core_find_event(EVENT_UNPROVEN).kind, EVENT_NONE);
}

static void a_press_opens_and_is_proven(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_2, 50);
	run_with_host(300);
	assert_true(is_connected(1) && !is_connected(2));
	assert_int_equal(core.pins, 0);
	assert_in_range(core_find_event(EVENT_PROVEN).arg, 9000, 15000);
	core_press(INPUT_ISOLATE, 50);
	run_with_host(300);
	assert_false(is_connected(1));
	core_start(RESET_POWER_ON, MEMORY_LOST);
	run_with_host(1000);
	assert_false(is_connected(1) || is_connected(2));
}

/* The power goes with the press; the relay has not moved, but the trip byte is written. */
static void a_trip_cut_short_by_power_is_carried_out_after_it(void **state)
{
	(void)state;
	core.pressed = INPUT_UPLINK_1;
	core_run(8);
	core.pressed = 0;
	core.relay[0] = CORE_RELAY_MS;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(15);
	assert_false(is_connected(1));
	core_run(1000);
	assert_false(is_connected(1));
	assert_true(is_connected(2));
}

static void a_press_before_the_start_is_over_opens_at_once(void **state)
{
	(void)state;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core.pressed = INPUT_UPLINK_1;
	core_run(5);
	assert_true((core.pins & OPENING_1) != 0);
	core_run(500);
	assert_false(is_connected(1));
	assert_true(is_connected(2));
}

static void permit_and_key_close_it_again(void **state)
{
	struct command permit = {.code = COMMAND_PERMIT, .uplinks = 1, .nonce = 5};

	(void)state;
	core_press(INPUT_UPLINK_1, 50);
	run_with_host(300);
	permit.argument = core.panel.kept.latch_number;
	panel_command(&core.panel, &permit);
	assert_int_equal(core.panel.host.result, RESULT_DONE);
	core.pressed = INPUT_KEY;
	run_with_host(500);
	core.pressed = 0;
	run_with_host(300);
	assert_true(is_connected(1));
	assert_int_equal(core.panel.kept.latched, 0);
	assert_int_equal(core_find_event(EVENT_RESTORED).uplink, 1);
}

static void a_welded_one_is_tried_three_times_and_reported(void **state)
{
	int on = 0;

	(void)state;
	core.welded = 1;
	core.pressed = INPUT_UPLINK_1;
	for (int ms = 0; ms < 500; ms++) {
		run_with_host(1);
		on += (core.pins & OPENING_1) != 0;
	}
	assert_int_equal(on, BOARD_PULSES * BOARD_PULSE_MS);
	assert_int_equal(core_find_event(EVENT_UNPROVEN).uplink, 1);
	assert_true((core.panel.faults & FAULT_MIRROR) != 0);
}

static int opening_ms(int ms)
{
	int on = 0;

	for (; ms > 0; ms--) {
		run_with_host(1);
		on += (core.pins & OPENING_1) != 0;
	}
	return on;
}

/* Whoever presses once more wants it tried once more; so does whoever orders it. What is proven is left at rest. */
static void a_welded_one_is_tried_again_when_somebody_asks_again(void **state)
{
	const struct command again = {.code = COMMAND_ISOLATE, .uplinks = 3, .nonce = 7};

	(void)state;
	core.welded = 1;
	core_press(INPUT_UPLINK_1, 50);
	run_with_host(1000);
	core.pressed = INPUT_UPLINK_1;
	assert_int_equal(opening_ms(500), BOARD_PULSES * BOARD_PULSE_MS);
	core.pressed = 0;
	assert_int_equal(opening_ms(500), 0);
	panel_command(&core.panel, &again);
	assert_int_equal(opening_ms(500), BOARD_PULSES * BOARD_PULSE_MS);
	core.welded = 0;
	core_press(INPUT_UPLINK_1, 50);
	run_with_host(500);
	assert_false(is_connected(1));
	core.pressed = INPUT_UPLINK_1;
	assert_int_equal(opening_ms(500), 0);
	core.pressed = 0;
	panel_command(&core.panel, &(const struct command){.code = COMMAND_ISOLATE, .uplinks = 3, .nonce = 8});
	assert_int_equal(opening_ms(500), 0);
}

static void a_proof_test_works_with_pulses(void **state)
{
	const struct command prove = {.code = COMMAND_PROVE, .uplinks = 3, .nonce = 5};

	(void)state;
	panel_command(&core.panel, &prove);
	run_with_host(1000);
	assert_int_equal(core_find_event(EVENT_PROOF_GOOD).uplink, 1);
	assert_int_equal(core_find_event(EVENT_PROOF_GOOD).uplink, 2);
	assert_true(is_connected(1) && is_connected(2));
}

int main(void)
{
#define WHEN_UP(test) cmocka_unit_test_setup(test, up)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_relay_is_held),
		cmocka_unit_test(one_pulse_when_the_mirror_agrees),
		cmocka_unit_test(three_pulses_when_it_does_not),
		cmocka_unit_test(another_wish_ends_the_pulse_at_once),
		cmocka_unit_test(what_was_told_nothing_is_left_alone),
		WHEN_UP(a_start_connects_and_the_coils_rest),
		WHEN_UP(a_start_never_opens_what_is_connected),
		WHEN_UP(a_press_opens_and_is_proven),
		WHEN_UP(a_trip_cut_short_by_power_is_carried_out_after_it),
		WHEN_UP(a_press_before_the_start_is_over_opens_at_once),
		WHEN_UP(permit_and_key_close_it_again),
		WHEN_UP(a_welded_one_is_tried_three_times_and_reported),
		WHEN_UP(a_welded_one_is_tried_again_when_somebody_asks_again),
		WHEN_UP(a_proof_test_works_with_pulses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
