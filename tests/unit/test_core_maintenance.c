/* What happens without an incident: proof tests, an announced absence, the jumper, the attention line. */
#include "core_board.h"
#include "firmware/core/panel_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Up and running, the host present, everything recorded. */
static int up(void **state)
{
	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	panel_heartbeat(&core.panel);
	core_drop_events();
	return 0;
}

static uint8_t command(uint16_t code, uint16_t uplinks, uint32_t argument)
{
	static uint32_t nonce;
	const struct command c = {
		.code = code, .uplinks = uplinks, .nonce = ++nonce, .argument = argument, .at = core.now};

	panel_command(&core.panel, &c);
	trip_set_coils(&core.trip, core.panel.coils);
	return core.panel.host.result;
}

static void run_with_host(uint32_t ms)
{
	for (; ms > 0; ms--) {
		panel_heartbeat(&core.panel);
		core_run(1);
	}
}

/* ---- the proof test ---- */

static void a_proof_test_takes_one_uplink_after_the_other(void **state)
{
	uint8_t off_together = 0;

	(void)state;
	assert_int_equal(command(COMMAND_PROVE, 0x0D, 0), RESULT_DONE);
	assert_int_equal(core.trip.coils, 0x0E);
	assert_true(panel_is_proving(&core.panel, 0));
	assert_false(panel_is_proving(&core.panel, 2));
	while (core.panel.proving.phase != PROVING_NOTHING) {
		uint8_t off = (uint8_t)~core.trip.coils & 0x0F;

		assert_true((off & (off - 1)) == 0);
		off_together |= off;
		run_with_host(1);
	}
	assert_int_equal(off_together, 0x0D);
	assert_int_equal(core.trip.coils, 0x0F);
	assert_int_equal(core.panel.kept.latched, 0);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++) {
		struct event event;

		assert_int_equal(core.panel.proofs[i].result, i == 1 ? PROOF_IS_NONE : PROOF_IS_GOOD);
		if (i == 1)
			continue;
		event = core_take_event();
		assert_int_equal(event.kind, EVENT_PROOF_GOOD);
		assert_int_equal(event.uplink, i + 1);
		assert_in_range(event.arg, 9000, 12000);
	}
	assert_int_equal(core_take_event().kind, EVENT_NONE);
}

static void a_proof_test_is_refused_when_anything_else_goes_on(void **state)
{
	(void)state;
	assert_int_equal(command(COMMAND_PROVE, 0, 0), RESULT_BAD_UPLINKS);
	core.pressed = INPUT_KEY;
	run_with_host(10);
	assert_int_equal(command(COMMAND_PROVE, 1, 0), RESULT_BUTTON_DOWN);
	core.pressed = 0;
	run_with_host(10);
	core.no_supply = true;
	run_with_host(10);
	assert_int_equal(command(COMMAND_PROVE, 1, 0), RESULT_NO_SUPPLY);
	core.no_supply = false;
	run_with_host(100);
	assert_int_equal(command(COMMAND_PROVE, 3, 0), RESULT_DONE);
	assert_int_equal(command(COMMAND_PROVE, 4, 0), RESULT_BUSY);
	run_with_host(200);
	core_press(INPUT_UPLINK_1, 50);
	run_with_host(100);
	assert_int_equal(command(COMMAND_PROVE, 3, 0), RESULT_NOT_CONNECTED);
	assert_int_equal(command(COMMAND_PERMIT, 1, core.panel.kept.latch_number), RESULT_DONE);
	assert_int_equal(command(COMMAND_PROVE, 2, 0), RESULT_BUSY);
	command(COMMAND_VOID, 0, 0);
	assert_int_equal(command(COMMAND_PROVE, 2, 0), RESULT_DONE);
	assert_int_equal(command(COMMAND_PERMIT, 1, core.panel.kept.latch_number), RESULT_BUSY);
}

static void what_has_no_mirror_contact_cannot_be_tested(void **state)
{
	(void)state;
	core.panel.relays[1].blind = true;
	assert_int_equal(command(COMMAND_PROVE, 0x02, 0), RESULT_MIRROR_FAULT);
	assert_int_equal(command(COMMAND_PROVE, 0x01, 0), RESULT_DONE);
}

static void a_cut_that_nothing_proves_is_taken_back_only_where_that_is_trusted(void **state)
{
	(void)state;
	core.panel.relays[1].blind = true;
	core_press(INPUT_UPLINK_1, 50);
	core_press(INPUT_UPLINK_2, 50);
	run_with_host(200);
	assert_int_equal(command(COMMAND_PERMIT, 0x02, core.panel.kept.latch_number), RESULT_MIRROR_FAULT);
	core.panel.relays[1].trusted = true;
	/* Not before its coil is off, either. */
	core.panel.relays[1].state = RELAY_CONNECTED;
	assert_int_equal(command(COMMAND_PERMIT, 0x02, core.panel.kept.latch_number), RESULT_MIRROR_FAULT);
	core.panel.relays[1].state = RELAY_CUTTING;
	assert_int_equal(command(COMMAND_PERMIT, 0x02, core.panel.kept.latch_number), RESULT_DONE);
	/* Trust is of no use to what has a contact. */
	core.panel.relays[0].trusted = true;
	core.panel.relays[0].state = RELAY_CUTTING;
	assert_int_equal(command(COMMAND_PERMIT, 0x01, core.panel.kept.latch_number), RESULT_MIRROR_FAULT);
}

static void a_welded_relay_fails_and_the_next_one_is_tested(void **state)
{
	struct event event;

	(void)state;
	core.welded = 1;
	assert_int_equal(command(COMMAND_PROVE, 0x03, 0), RESULT_DONE);
	run_with_host(300);
	event = core_take_event();
	assert_int_equal(event.kind, EVENT_PROOF_BAD);
	assert_int_equal(event.uplink, 1);
	assert_int_equal(event.arg, 0);
	assert_int_equal(core_take_event().kind, EVENT_PROOF_GOOD);
	assert_int_equal(core_take_event().kind, EVENT_NONE);
	assert_int_equal(core.trip.coils, 0x0F);
	assert_true((core.panel.faults & FAULT_MIRROR) != 0);
	/* The next proof test is the proven cut that ends the fault. */
	core.welded = 0;
	assert_int_equal(command(COMMAND_PROVE, 0x01, 0), RESULT_DONE);
	run_with_host(300);
	assert_int_equal(core_take_event().kind, EVENT_MIRROR_WELL);
	assert_int_equal(core_take_event().kind, EVENT_PROOF_GOOD);
	assert_int_equal(core.panel.faults & FAULT_MIRROR, 0);
}

static void a_mirror_that_does_not_open_again_fails(void **state)
{
	struct event event;

	(void)state;
	command(COMMAND_PROVE, 0x02, 0);
	run_with_host(5);
	core.stuck_closed = 2;
	run_with_host(200);
	event = core_take_event();
	assert_int_equal(event.kind, EVENT_PROOF_BAD);
	assert_int_equal(event.uplink, 2);
	assert_int_equal(event.arg, 1);
	assert_int_equal(core.panel.proofs[1].result, PROOF_IS_BAD);
	assert_int_equal(core.panel.proving.phase, PROVING_NOTHING);
	assert_int_equal(core.trip.coils, 0x0F);
}

/* The coil is off already, but the press still is an isolation and is proven. */
static void a_press_in_every_millisecond_of_a_proof_test_wins(void **state)
{
	for (uint32_t ms = 0; ms < 60; ms++) {
		up(state);
		assert_int_equal(command(COMMAND_PROVE, 0x01, 0), RESULT_DONE);
		run_with_host(ms);
		core_press(INPUT_UPLINK_1, 50);
		run_with_host(200);
		assert_int_equal(core.trip.coils, 0x0E);
		assert_int_equal(core.panel.kept.latched, 0x01);
		assert_int_equal(core.panel.proving.phase, PROVING_NOTHING);
		assert_int_equal(core_find_event(EVENT_UPLINK_ISOLATE).uplink, 1);
		assert_int_equal(core_find_event(EVENT_CUT_BUTTON).uplink, 1);
		assert_int_equal(core_find_event(EVENT_PROVEN).uplink, 1);
	}
}

static void a_trip_of_another_uplink_ends_the_proof_test(void **state)
{
	(void)state;
	command(COMMAND_PROVE, 0x03, 0);
	run_with_host(5);
	assert_int_equal(command(COMMAND_ISOLATE, 0x08, 0), RESULT_DONE);
	run_with_host(100);
	assert_int_equal(core.trip.coils, 0x07);
	assert_int_equal(core.panel.proofs[0].result, PROOF_IS_INTERRUPTED);
	assert_int_equal(core.panel.proofs[1].result, PROOF_IS_NONE);
	assert_int_equal(core_find_event(EVENT_PROOF_GOOD).kind, EVENT_NONE);
}

static void a_command_cuts_the_uplink_under_test(void **state)
{
	struct event event;

	(void)state;
	command(COMMAND_PROVE, 0x01, 0);
	run_with_host(15);
	command(COMMAND_ISOLATE, 0x01, 0);
	run_with_host(100);
	event = core_take_event();
	assert_int_equal(event.kind, EVENT_CUT_COMMAND);
	assert_int_equal(core_take_event().kind, EVENT_PROVEN);
	assert_int_equal(core.trip.coils, 0x0E);
}

static void no_supply_during_a_proof_test_is_a_trip(void **state)
{
	(void)state;
	core.panel.kept.provision.isolate = 0x01;
	core.no_supply = true;
	run_with_host(45);
	core.panel.inputs |= INPUT_SUPPLY;
	panel_prove(&core.panel, 0x01);
	run_with_host(20);
	assert_int_equal(core.panel.kept.latched, 0x01);
	assert_int_equal(core_find_event(EVENT_CUT_SUPPLY).uplink, 1);
}

/* ---- an announced absence ---- */

static void an_announced_absence_is_waited_for_once(void **state)
{
	struct event event;

	(void)state;
	core.panel.kept.provision.loss = 0x06;
	assert_int_equal(command(COMMAND_EXPECT_ABSENCE, 0, 10), RESULT_DONE);
	assert_int_equal(core_find_event(EVENT_ABSENCE).arg, 10);
	assert_int_equal(panel_absence_left_s(&core.panel), 10);
	core_run(9500);
	assert_int_equal(panel_absence_left_s(&core.panel), 1);
	assert_true((core.panel.faults & FAULT_HOST) != 0);
	assert_int_equal(core.trip.coils, 0x0F);
	assert_int_equal(core_find_event(EVENT_HOST_LOST).arg, BOARD_HEARTBEAT_MS);
	panel_heartbeat(&core.panel);
	assert_int_equal(panel_absence_left_s(&core.panel), 0);
	core_run(BOARD_HEARTBEAT_MS + 10);
	assert_int_equal(core.trip.coils, 0x09);
	event = core_find_event(EVENT_CUT_HOST_LOST);
	assert_int_equal(event.arg, BOARD_HEARTBEAT_MS);
}

static void a_host_that_does_not_come_back_is_cut_after_its_time(void **state)
{
	(void)state;
	core.panel.kept.provision.loss = 0x06;
	command(COMMAND_EXPECT_ABSENCE, 0, 5);
	core_run(4999);
	assert_int_equal(core.trip.coils, 0x0F);
	core_run(2);
	assert_int_equal(core.trip.coils, 0x09);
	assert_int_equal(core_find_event(EVENT_CUT_HOST_LOST).arg, 5000);
	assert_int_equal(panel_absence_left_s(&core.panel), 0);
}

static void an_absence_shorter_than_the_limit_changes_nothing(void **state)
{
	(void)state;
	core.panel.kept.provision.loss = 0x01;
	command(COMMAND_EXPECT_ABSENCE, 0, 1);
	core_run(BOARD_HEARTBEAT_MS - 10);
	assert_int_equal(core.trip.coils, 0x0F);
	core_run(20);
	assert_int_equal(core.trip.coils, 0x0E);
}

static void a_host_that_stays_has_its_announcement_forgotten(void **state)
{
	(void)state;
	core.panel.kept.provision.loss = 0x01;
	command(COMMAND_EXPECT_ABSENCE, 0, 5);
	run_with_host(5001);
	core_run(BOARD_HEARTBEAT_MS + 10);
	assert_int_equal(core.trip.coils, 0x0E);
}

static void an_absence_has_limits(void **state)
{
	(void)state;
	assert_int_equal(command(COMMAND_EXPECT_ABSENCE, 0, 0), RESULT_BAD_ARGUMENT);
	assert_int_equal(command(COMMAND_EXPECT_ABSENCE, 0, BOARD_ABSENCE_MAX_S + 1), RESULT_BAD_ARGUMENT);
	assert_int_equal(command(COMMAND_EXPECT_ABSENCE, 0, BOARD_ABSENCE_MAX_S), RESULT_DONE);
	assert_int_equal(core_find_event(EVENT_ABSENCE).arg, BOARD_ABSENCE_MAX_S);
	assert_int_equal(core_find_event(EVENT_ABSENCE).kind, EVENT_NONE);
}

/* A cut that is due while the only uplink of the policy is under test. */
static void a_lost_host_during_a_proof_test_cuts(void **state)
{
	(void)state;
	core.panel.kept.provision.loss = 0x01;
	core_run(BOARD_HEARTBEAT_MS - 5);
	panel_prove(&core.panel, 0x01);
	core_run(100);
	assert_int_equal(core.panel.kept.latched, 0x01);
	assert_int_equal(core_find_event(EVENT_CUT_HOST_LOST).uplink, 1);
	assert_int_equal(core_find_event(EVENT_PROVEN).uplink, 1);
}

/* ---- lines and faults ---- */

static void the_jumper_is_a_fault_as_long_as_it_is_set(void **state)
{
	(void)state;
	core.pressed = INPUT_JUMPER;
	run_with_host(10);
	assert_true((core.panel.faults & FAULT_JUMPER) != 0);
	assert_true((core.panel.lamps & LAMP_FAULT) != 0);
	core.pressed = 0;
	run_with_host(10);
	assert_int_equal(core.panel.faults & FAULT_JUMPER, 0);
}

static void the_attention_line_is_high_while_an_event_waits(void **state)
{
	(void)state;
	run_with_host(1);
	assert_false(core.panel.attention);
	core_press(INPUT_DECLARE, 10);
	assert_true(core.panel.attention);
	core_drop_events();
	run_with_host(1);
	assert_false(core.panel.attention);
}

static void little_stack_is_a_fault(void **state)
{
	(void)state;
	run_with_host(1);
	assert_int_equal(core.panel.faults & FAULT_STACK, 0);
	core.panel.stack_free = 1023;
	run_with_host(1);
	assert_true((core.panel.faults & FAULT_STACK) != 0);
}

static void a_brown_out_is_a_fault_for_ten_minutes_but_not_that_of_a_power_on(void **state)
{
	(void)state;
	core_start(RESET_POWER_ON | RESET_BROWN_OUT, MEMORY_LOST);
	run_with_host(100);
	assert_int_equal(core.panel.faults & FAULT_BROWN_OUT, 0);
	core_start(RESET_BROWN_OUT, MEMORY_LOST);
	run_with_host(599000);
	assert_true((core.panel.faults & FAULT_BROWN_OUT) != 0);
	run_with_host(2000);
	assert_int_equal(core.panel.faults & FAULT_BROWN_OUT, 0);
}

int main(void)
{
#define WHEN_UP(test) cmocka_unit_test_setup(test, up)
	const struct CMUnitTest tests[] = {
		WHEN_UP(a_proof_test_takes_one_uplink_after_the_other),
		WHEN_UP(a_proof_test_is_refused_when_anything_else_goes_on),
		WHEN_UP(what_has_no_mirror_contact_cannot_be_tested),
		WHEN_UP(a_cut_that_nothing_proves_is_taken_back_only_where_that_is_trusted),
		WHEN_UP(a_welded_relay_fails_and_the_next_one_is_tested),
		WHEN_UP(a_mirror_that_does_not_open_again_fails),
		WHEN_UP(a_press_in_every_millisecond_of_a_proof_test_wins),
		WHEN_UP(a_trip_of_another_uplink_ends_the_proof_test),
		WHEN_UP(a_command_cuts_the_uplink_under_test),
		WHEN_UP(no_supply_during_a_proof_test_is_a_trip),
		WHEN_UP(an_announced_absence_is_waited_for_once),
		WHEN_UP(a_host_that_does_not_come_back_is_cut_after_its_time),
		WHEN_UP(an_absence_shorter_than_the_limit_changes_nothing),
		WHEN_UP(a_host_that_stays_has_its_announcement_forgotten),
		WHEN_UP(an_absence_has_limits),
		WHEN_UP(a_lost_host_during_a_proof_test_cuts),
		WHEN_UP(the_jumper_is_a_fault_as_long_as_it_is_set),
		WHEN_UP(the_attention_line_is_high_while_an_event_waits),
		WHEN_UP(little_stack_is_a_fault),
		WHEN_UP(a_brown_out_is_a_fault_for_ten_minutes_but_not_that_of_a_power_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
