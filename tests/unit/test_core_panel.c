/* The panel as a whole: what a press, a command, a key and a silent host lead to. */
#include "core_board.h"

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

static uint8_t result_of(uint16_t code, uint16_t uplinks, uint32_t nonce)
{
	const struct command command = {.code = code,
					.uplinks = uplinks,
					.nonce = nonce,
					.argument = core.panel.kept.latch_number,
					.at = core.now};

	panel_command(&core.panel, &command);
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

static void turn_key(void)
{
	core.pressed |= INPUT_KEY;
	run_with_host(500);
	core.pressed &= (uint16_t)~INPUT_KEY;
	run_with_host(100);
}

static void uplinks_connect_after_start(void **state)
{
	(void)state;
	assert_int_equal(core.trip.coils, BOARD_ALL_UPLINKS);
	for (int i = 0; i < BOARD_UPLINKS; i++)
		assert_int_equal(relay_shown(&core.panel.relays[i]), UPLINK_IS_CONNECTED);
	assert_int_equal(core.panel.faults, FAULT_PROVISION);
}

static void declare_cuts_nothing(void **state)
{
	(void)state;
	core_press(INPUT_DECLARE, 50);
	assert_int_equal(core.trip.coils, BOARD_ALL_UPLINKS);
	assert_int_equal(core_take_event().kind, EVENT_DECLARE);
	assert_int_equal(core_take_event().kind, EVENT_NONE);
	assert_true((core.panel.lamps & LAMP_ALARM) != 0);
}

static void isolate_cuts_proves_and_latches(void **state)
{
	struct event event;

	(void)state;
	core_press(INPUT_ISOLATE, 50);
	event = core_take_event();
	assert_int_equal(event.kind, EVENT_ISOLATE);
	assert_int_equal(event.arg, core.panel.kept.latch_number);
	for (int i = 1; i <= BOARD_UPLINKS; i++) {
		event = core_take_event();
		assert_int_equal(event.kind, EVENT_CUT_BUTTON);
		assert_int_equal(event.uplink, i);
		assert_in_range(event.arg, 3000, 4000);
	}
	for (int i = 1; i <= BOARD_UPLINKS; i++) {
		event = core_take_event();
		assert_int_equal(event.kind, EVENT_PROVEN);
		assert_in_range(event.arg, 9000, 14000);
	}
	assert_int_equal(core_take_event().kind, EVENT_NONE);
	assert_int_equal(core.panel.kept.latched, BOARD_ALL_UPLINKS);
	assert_int_equal(core.panel.lamps & 0x0F00, 0x0F00);
	core_run(1000);
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	assert_int_equal(core.trip.coils, 0);
	assert_int_equal(core_find_event(EVENT_CUT_AT_START).arg, 1);
}

static void one_uplink_alone(void **state)
{
	struct event event;

	(void)state;
	core_press(INPUT_UPLINK_3, 50);
	assert_int_equal(core.trip.coils, 0x0B);
	assert_true((core.panel.lamps & LAMP_ALARM) != 0);
	event = core_take_event();
	assert_int_equal(event.kind, EVENT_UPLINK_ISOLATE);
	assert_int_equal(event.uplink, 3);
}

static void a_welded_relay_is_reported_and_blinks(void **state)
{
	struct event event;

	(void)state;
	core.welded = 1;
	core_press(INPUT_UPLINK_1, 50);
	core_run(200);
	event = core_find_event(EVENT_UNPROVEN);
	assert_int_equal(event.uplink, 1);
	assert_int_equal(event.arg, 0);
	assert_true((core.panel.faults & FAULT_MIRROR) != 0);
	assert_true((core.panel.lamps & LAMP_FAULT) != 0);
	assert_int_equal(result_of(COMMAND_PERMIT, 1, 5), RESULT_MIRROR_FAULT);
	core.welded = 0;
	core_run(200);
	assert_int_equal(core_find_event(EVENT_PROVEN).uplink, 1);
	assert_int_equal(core_find_event(EVENT_MIRROR_WELL).uplink, 1);
	assert_int_equal(core.panel.faults & FAULT_MIRROR, 0);
}

static void contacts_welded_since_before_the_start_stay_a_fault(void **state)
{
	(void)state;
	core.welded = 2;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	memset(core.relay, 0, sizeof core.relay);
	core_run(500);
	assert_int_equal(core_find_event(EVENT_UNPROVEN).uplink, 2);
	assert_int_equal(relay_shown(&core.panel.relays[1]), UPLINK_IS_CONNECTED);
	assert_true((core.panel.faults & FAULT_MIRROR) != 0);
}

static void the_host_can_cut(void **state)
{
	struct event event;

	(void)state;
	assert_int_equal(result_of(COMMAND_ISOLATE, 0x02, 11), RESULT_DONE);
	assert_int_equal(core.trip.coils, 0x0D);
	event = core_take_event();
	assert_int_equal(event.kind, EVENT_CUT_COMMAND);
	assert_int_equal(event.uplink, 2);
	run_with_host(100);
	assert_int_equal(core_take_event().kind, EVENT_PROVEN);
	assert_int_equal(core.panel.kept.latched, 0x02);
}

static void drive_now(void)
{
	trip_set_coils(&core.trip, core.panel.coils);
}

static void a_command_reaches_the_coil_before_its_answer(void **state)
{
	const struct command cut = {.code = COMMAND_ISOLATE, .uplinks = 0x04, .nonce = 11};

	(void)state;
	core.panel.drive = drive_now;
	panel_command(&core.panel, &cut);
	assert_int_equal(core.trip.coils, 0x0B);
}

static void a_command_is_not_carried_out_twice(void **state)
{
	uint32_t latch;

	(void)state;
	result_of(COMMAND_ISOLATE, 0x02, 11);
	latch = core.panel.kept.latch_number;
	assert_int_equal(result_of(COMMAND_ISOLATE, 0x02, 11), RESULT_DONE);
	assert_int_equal(core.panel.kept.latch_number, latch);
	assert_int_equal(result_of(COMMAND_ISOLATE, 0x06, 12), RESULT_DONE);
	assert_int_equal(core.panel.kept.latch_number, latch + 1);
}

static void a_cut_that_changes_nothing_is_not_recorded_and_voids_the_permit(void **state)
{
	uint32_t latch;
	long writes;

	(void)state;
	core_press(INPUT_UPLINK_1 | INPUT_UPLINK_2, 50);
	run_with_host(300);
	core_drop_events();
	assert_int_equal(result_of(COMMAND_PERMIT, 0x02, 1), RESULT_DONE);
	run_with_host(300);
	core_drop_events();
	run_with_host(300);
	latch = core.panel.kept.latch_number;
	writes = core.writes;
	assert_int_equal(result_of(COMMAND_ISOLATE, 0x11, 2), RESULT_BAD_UPLINKS);
	assert_int_equal(core.panel.permit.state, PERMIT_NONE);
	assert_int_equal(core_take_event().kind, EVENT_PERMIT_VOIDED_TRIP);
	for (uint32_t nonce = 3; nonce < 100; nonce++) {
		assert_int_equal(result_of(COMMAND_ISOLATE, 0x03, nonce), RESULT_DONE);
		run_with_host(20);
	}
	assert_int_equal(core.panel.kept.latch_number, latch);
	assert_in_range(core.writes - writes, 0, JOURNAL_EVENT_SIZE + 1);
	assert_int_equal(core.trip.coils, 0x0C);
}

static void the_host_has_an_allowance_that_comes_back(void **state)
{
	uint32_t nonce = 1;

	(void)state;
	while (result_of(COMMAND_SELF_TEST, 0, nonce) == RESULT_DONE)
		nonce++;
	assert_int_equal(core.panel.host.result, RESULT_TOO_SOON);
	assert_int_equal(nonce - 1, BOARD_ALLOWANCE_S / BOARD_COST_COMMAND_S);
	run_with_host((BOARD_COST_COMMAND_S - 1) * 1000);
	assert_int_equal(result_of(COMMAND_SELF_TEST, 0, ++nonce), RESULT_TOO_SOON);
	assert_int_equal(result_of(COMMAND_ISOLATE, 0x01, ++nonce), RESULT_DONE);
	assert_int_equal(core.trip.coils, 0x0E);
	run_with_host(2000);
	/* What is refused for another reason costs nothing. */
	assert_int_equal(result_of(COMMAND_PERMIT, 0x02, ++nonce), RESULT_NOT_LATCHED);
	assert_int_equal(result_of(COMMAND_PERMIT, 0x01, ++nonce), RESULT_DONE);
	assert_int_equal(result_of(COMMAND_PERMIT, 0x01, ++nonce), RESULT_TOO_SOON);
	assert_int_equal(result_of(COMMAND_VOID, 0, ++nonce), RESULT_DONE);
	assert_int_equal(core.panel.permit.state, PERMIT_NONE);
}

/* Policy and lamp are as ever. */
static void a_host_that_comes_and_goes_is_told_so_often(void **state)
{
	unsigned told = 0, back = 0;

	(void)state;
	core.panel.kept.provision.loss = 0x04;
	for (unsigned i = 0; i < 300; i++) {
		core_run(BOARD_HEARTBEAT_MS + 2);
		assert_true((core.panel.faults & FAULT_HOST) != 0);
		assert_int_equal(core.trip.coils, 0x0B);
		panel_heartbeat(&core.panel);
		for (struct event e = core_take_event(); e.kind != EVENT_NONE; e = core_take_event()) {
			told += e.kind == EVENT_HOST_LOST;
			back += e.kind == EVENT_HOST_BACK;
		}
	}
	assert_int_equal(told, (BOARD_ALLOWANCE_S + 300 * BOARD_HEARTBEAT_MS / 1000) / BOARD_COST_LOSS_S);
	assert_int_equal(back, told);
}

static void wrong_commands_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(result_of(0x1234, 1, 1), RESULT_BAD_CODE);
	assert_int_equal(result_of(COMMAND_ISOLATE, 0, 2), RESULT_BAD_UPLINKS);
	assert_int_equal(result_of(COMMAND_ISOLATE, 0x10, 3), RESULT_BAD_UPLINKS);
	assert_int_equal(result_of(COMMAND_PERMIT, 0, 4), RESULT_BAD_UPLINKS);
	assert_int_equal(result_of(COMMAND_PERMIT, 1, 5), RESULT_NOT_LATCHED);
	assert_int_equal(result_of(COMMAND_VOID, 0, 6), RESULT_DONE);
	panel_command_refused(&core.panel, 7);
	assert_int_equal(core.panel.host.result, RESULT_BAD_CHECK);
	assert_int_equal(core.trip.coils, BOARD_ALL_UPLINKS);
	assert_int_equal(core_take_event().kind, EVENT_NONE);
}

/* A host that believes in more uplinks than there are must be able to cut those there are. */
static void a_command_that_names_too_many_cuts_the_others(void **state)
{
	(void)state;
	core.panel.kept.provision.fitted = 0x03;
	assert_int_equal(result_of(COMMAND_ISOLATE, 0x0E, 1), RESULT_BAD_UPLINKS);
	assert_int_equal(core.panel.kept.latched, 0x02);
	assert_int_equal(core.panel.coils & 0x03, 0x01);
	assert_int_equal(core_take_event().kind, EVENT_CUT_COMMAND);
	assert_int_equal(result_of(COMMAND_ISOLATE, 0x0C, 2), RESULT_BAD_UPLINKS);
	assert_int_equal(core.panel.kept.latched, 0x02);
}

static void permit_and_key_reconnect_what_was_named(void **state)
{
	struct event event;

	(void)state;
	core_press(INPUT_ISOLATE, 50);
	core_run(300);
	core_drop_events();
	assert_int_equal(result_of(COMMAND_PERMIT, 0x05, 77), RESULT_DONE);
	turn_key();
	assert_int_equal(core.trip.coils, 0x05);
	assert_int_equal(core.panel.kept.latched, 0x0A);
	assert_int_equal(core_find_event(EVENT_PERMIT_GIVEN).arg, 77);
	event = core_find_event(EVENT_RESTORED);
	assert_int_equal(event.uplink, 1);
	assert_int_equal(event.arg, 77);
	assert_int_equal(core_find_event(EVENT_RESTORED).uplink, 3);
	core_run(1000);
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	assert_int_equal(core.trip.coils, 0x05);
}

static void a_permit_waits_for_the_proof_of_the_cut(void **state)
{
	(void)state;
	core.pressed = INPUT_UPLINK_1;
	core_run(6);
	assert_int_equal(result_of(COMMAND_PERMIT, 0x01, 1), RESULT_MIRROR_FAULT);
	core.pressed = 0;
	core_run(50);
	assert_int_equal(result_of(COMMAND_PERMIT, 0x01, 2), RESULT_DONE);
}

static void a_provisioned_board_with_its_host_has_no_fault(void **state)
{
	(void)state;
	core.panel.kept.provision.valid = true;
	run_with_host(10);
	assert_int_equal(core.panel.faults, 0);
	assert_int_equal(core.panel.lamps & LAMP_FAULT, 0);
}

static void two_buttons_in_the_same_millisecond(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_1 | INPUT_UPLINK_4 | INPUT_DECLARE, 50);
	assert_int_equal(core.trip.coils, 0x06);
	assert_int_equal(core_take_event().kind, EVENT_DECLARE);
	assert_int_equal(core_take_event().uplink, 1);
	assert_int_equal(core_take_event().uplink, 4);
	assert_int_equal(core.panel.kept.latch_number, 2);
}

static void the_key_alone_does_nothing(void **state)
{
	(void)state;
	core_press(INPUT_ISOLATE, 50);
	turn_key();
	turn_key();
	assert_int_equal(core.trip.coils, 0);
}

static void a_key_left_on_does_nothing(void **state)
{
	(void)state;
	core_press(INPUT_ISOLATE, 50);
	core_run(300);
	core.pressed = INPUT_KEY;
	run_with_host(100);
	assert_int_equal(result_of(COMMAND_PERMIT, 0x0F, 1), RESULT_DONE);
	run_with_host(500);
	core.pressed = 0;
	run_with_host(100);
	assert_int_equal(core.trip.coils, 0);
	assert_int_equal(core.panel.permit.state, PERMIT_WAIT_ON);
	turn_key();
	assert_int_equal(core.trip.coils, 0x0F);
}

static void a_permit_ends_by_time_trip_command_or_another(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_1, 50);
	core_run(300);
	core_drop_events();
	result_of(COMMAND_PERMIT, 0x01, 1);
	run_with_host((uint32_t)BOARD_PERMIT_S * 1000 - 5);
	assert_int_not_equal(core.panel.permit.state, PERMIT_NONE);
	run_with_host(10);
	assert_int_equal(core.panel.permit.state, PERMIT_NONE);
	assert_int_equal(core_find_event(EVENT_PERMIT_EXPIRED).arg, 1);
	result_of(COMMAND_PERMIT, 0x01, 2);
	result_of(COMMAND_PERMIT, 0x01, 3);
	assert_int_equal(core_find_event(EVENT_PERMIT_VOIDED_COMMAND).arg, 2);
	result_of(COMMAND_VOID, 0, 4);
	assert_int_equal(core_find_event(EVENT_PERMIT_VOIDED_COMMAND).arg, 3);
	result_of(COMMAND_PERMIT, 0x01, 5);
	core_press(INPUT_UPLINK_4, 50);
	assert_int_equal(core_find_event(EVENT_PERMIT_VOIDED_TRIP).arg, 5);
	turn_key();
	assert_int_equal(core.trip.coils, 0x06);
}

static void a_permit_for_an_older_latch_is_refused(void **state)
{
	struct command command = {.code = COMMAND_PERMIT, .uplinks = 1, .nonce = 9};

	(void)state;
	core_press(INPUT_UPLINK_1, 50);
	core_run(300);
	command.argument = core.panel.kept.latch_number;
	core_press(INPUT_UPLINK_2, 50);
	panel_command(&core.panel, &command);
	assert_int_equal(core.panel.host.result, RESULT_WRONG_LATCH);
}

/* Turned, and the coils just driven. */
static void until_closing(void)
{
	core.pressed |= INPUT_KEY;
	run_with_host(500);
	core.pressed &= (uint16_t)~INPUT_KEY;
	while (core.panel.permit.state != PERMIT_CLOSING)
		run_with_host(1);
}

static void a_relay_that_does_not_close_is_cut_again(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_1, 50);
	core_run(300);
	core_drop_events();
	result_of(COMMAND_PERMIT, 0x01, 21);
	core.stuck_closed = 1;
	until_closing();
	assert_int_equal(result_of(COMMAND_PERMIT, 0x01, 22), RESULT_BUSY);
	run_with_host(200);
	assert_int_equal(core.trip.coils, 0x0E);
	assert_int_equal(core.panel.kept.latched, 0x01);
	assert_int_equal(core_find_event(EVENT_RESTORE_FAILED).arg, 21);
}

static void a_press_while_closing_wins(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_1, 50);
	core_run(300);
	core_drop_events();
	result_of(COMMAND_PERMIT, 0x01, 31);
	until_closing();
	assert_int_equal(core.trip.coils, 0x0F);
	core_press(INPUT_UPLINK_2, 50);
	assert_int_equal(core.trip.coils, 0x0C);
	assert_int_equal(core_find_event(EVENT_PERMIT_VOIDED_TRIP).arg, 31);
}

static void a_button_held_down_forbids_closing(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_1, 50);
	core_run(300);
	core.pressed = INPUT_UPLINK_1;
	run_with_host(50);
	core_drop_events();
	result_of(COMMAND_PERMIT, 0x01, 41);
	turn_key();
	assert_int_equal(core.trip.coils, 0x0E);
	assert_int_equal(core_find_event(EVENT_RESTORE_FAILED).arg, 41);
}

static void a_silent_host_is_noticed_and_the_uplinks_hold(void **state)
{
	(void)state;
	core_run(BOARD_HEARTBEAT_MS + 10);
	assert_true((core.panel.faults & FAULT_HOST) != 0);
	assert_int_equal(core_find_event(EVENT_HOST_LOST).arg, BOARD_HEARTBEAT_MS);
	assert_int_equal(core.trip.coils, BOARD_ALL_UPLINKS);
	core_run(500);
	panel_heartbeat(&core.panel);
	core_run(1);
	assert_int_equal(core_find_event(EVENT_HOST_BACK).kind, EVENT_HOST_BACK);
	assert_int_equal(core.panel.faults & FAULT_HOST, 0);
}

static void loss_policy_isolate_cuts(void **state)
{
	struct event event;

	(void)state;
	core.panel.kept.provision.loss = 0x06;
	core_run(BOARD_HEARTBEAT_MS + 10);
	assert_int_equal(core.trip.coils, 0x09);
	event = core_find_event(EVENT_CUT_HOST_LOST);
	assert_int_equal(event.uplink, 2);
	assert_int_equal(event.arg, BOARD_HEARTBEAT_MS);
	panel_heartbeat(&core.panel);
	core_run(100);
	assert_int_equal(core.trip.coils, 0x09);
}

static void a_host_that_never_spoke_has_longer(void **state)
{
	(void)state;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core.panel.kept.provision.loss = 0x01;
	core_run(BOARD_HOST_GRACE_MS - 100);
	assert_int_equal(core.trip.coils, 0x0F);
	core_run(200);
	assert_int_equal(core.trip.coils, 0x0E);
	core.panel.host.silent_ms = UINT32_MAX;
	core_run(2);
	assert_int_equal(core.panel.host.silent_ms, UINT32_MAX);
}

static void stuck_inputs_are_named(void **state)
{
	(void)state;
	core.pressed = INPUT_KEY | INPUT_TEST;
	run_with_host(10100);
	assert_int_equal(core.panel.faults & (FAULT_KEY | FAULT_BUTTON), FAULT_KEY | FAULT_BUTTON);
	assert_int_equal(core_find_event(EVENT_STUCK_ON).arg, INPUT_KEY);
	assert_int_equal(core_find_event(EVENT_STUCK_ON).arg, INPUT_TEST);
	core.pressed = 0;
	run_with_host(100);
	assert_int_equal(core.panel.faults & (FAULT_KEY | FAULT_BUTTON), 0);
	assert_int_equal(core_find_event(EVENT_KEY_OFF).kind, EVENT_KEY_OFF);
	assert_int_equal(core_find_event(EVENT_STUCK_OFF).arg, INPUT_KEY);
	core.pressed = INPUT_TEST;
	run_with_host(70000);
	assert_int_equal(core.panel.on_ms[7], UINT16_MAX);
}

static void supply_gone_without_the_button_is_a_trip(void **state)
{
	(void)state;
	core.no_supply = true;
	core_run(100);
	assert_int_equal(core.trip.coils, 0);
	assert_true((core.panel.faults & FAULT_SUPPLY) != 0);
	assert_true((core.panel.lamps & LAMP_ALARM) != 0);
	assert_int_equal(core_find_event(EVENT_SUPPLY_LOST).kind, EVENT_SUPPLY_LOST);
	assert_int_equal(core_find_event(EVENT_CUT_SUPPLY).uplink, 1);
	core.no_supply = false;
	core_run(100);
	assert_int_equal(core_find_event(EVENT_SUPPLY_BACK).kind, EVENT_SUPPLY_BACK);
	assert_int_equal(core.trip.coils, 0);
	core.no_supply = true;
	core_run(100);
	assert_int_equal(core_find_event(EVENT_SUPPLY_LOST).kind, EVENT_SUPPLY_LOST);
	assert_int_equal(core_find_event(EVENT_CUT_SUPPLY).kind, EVENT_NONE);
}

static void a_short_loss_of_supply_is_none(void **state)
{
	(void)state;
	core.no_supply = true;
	core_run(40);
	core.no_supply = false;
	core_run(100);
	assert_int_equal(core_find_event(EVENT_SUPPLY_LOST).kind, EVENT_NONE);
	assert_int_equal(core.trip.coils, 0x0F);
}

static void recorded_shines_only_when_no_press_waits(void **state)
{
	(void)state;
	core.panel.host.lamps = LAMP_RECORDED | LAMP_INCIDENT;
	core_run(1);
	assert_int_equal(core.panel.lamps & 3, 3);
	core_press(INPUT_DECLARE, 50);
	assert_int_equal(core.panel.lamps & 3, LAMP_INCIDENT);
	core_drop_events();
	core_run(1);
	assert_int_equal(core.panel.lamps & 3, 3);
}

static void the_lamp_of_a_connected_uplink_winks(void **state)
{
	int lit = 0;

	(void)state;
	for (int ms = 0; ms < 4096; ms++) {
		run_with_host(1);
		lit += (core.panel.lamps & LAMP_UPLINK_1) != 0;
	}
	assert_int_equal(lit, 64);
}

static void test_button_lights_lamps_and_mutes(void **state)
{
	(void)state;
	core.panel.host.lamps = LAMP_BUZZER;
	core_press(INPUT_TEST, 50);
	assert_int_equal(core.panel.lamps & 0x0F2F, 0x0F2F);
	assert_int_equal(core.panel.lamps & LAMP_ALARM, 0);
	run_with_host(2100);
	assert_int_equal(core.panel.lamps & (LAMP_BUZZER | LAMP_RECORDED), LAMP_BUZZER);
	core_press(INPUT_TEST, 1100);
	run_with_host(2100);
	assert_int_equal(core.panel.lamps & LAMP_BUZZER, 0);
	core.panel.host.lamps = 0;
	core_run(1);
	core.panel.host.lamps = LAMP_BUZZER;
	core_run(1);
	assert_true((core.panel.lamps & LAMP_BUZZER) != 0);
	assert_int_equal(result_of(COMMAND_SELF_TEST, 0, 3), RESULT_DONE);
	core_run(1);
	assert_int_equal(core.panel.lamps & 0x0F2F, 0x0F2F);
}

static void an_uplink_that_is_not_fitted_does_not_exist(void **state)
{
	(void)state;
	core.panel.kept.provision.fitted = 0x03;
	core.panel.coils &= 0x03;
	core.trip.coils &= 0x03;
	core_press(INPUT_UPLINK_4, 50);
	core_run(200);
	assert_int_equal(core_take_event().kind, EVENT_NONE);
	assert_int_equal(core.panel.lamps & 0x0C00, 0);
}

static void stay_isolated_needs_a_permit_after_power_on(void **state)
{
	(void)state;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core.panel.kept.provision.stay = 0x02;
	panel_start(&core.panel, &(struct panel_start){.reset = RESET_POWER_ON});
	core_run(500);
	assert_int_equal(core.trip.coils, 0x0D);
	assert_int_equal(core_find_event(EVENT_CUT_AT_START).arg, 2);
	assert_int_equal(core.panel.kept.latched, 0x02);
}

static void a_trip_not_yet_saved_survives_the_watchdog(void **state)
{
	(void)state;
	core.pressed = INPUT_UPLINK_1;
	core_run(4);
	core.pressed = 0;
	memset(core.eeprom, 0xFF, sizeof core.eeprom);
	core_start(RESET_WATCHDOG, MEMORY_KEPT);
	core_run(500);
	assert_int_equal(core.panel.kept.latched, 0x01);
	assert_int_equal(core.trip.coils, 0x0E);
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(500);
	assert_int_equal(core.trip.coils, 0x0E);
}

static void a_second_watchdog_reset_within_ten_minutes_latches(void **state)
{
	(void)state;
	core_start(RESET_WATCHDOG, MEMORY_KEPT);
	core_run(1000);
	assert_int_equal(core.trip.coils, 0x0F);
	assert_true((core.panel.faults & FAULT_WATCHDOG) != 0);
	core_run(1000);
	core_start(RESET_WATCHDOG, MEMORY_KEPT);
	core_run(1000);
	assert_int_equal(core.trip.coils, 0);
	assert_int_equal(core_find_event(EVENT_CUT_AT_START).arg, 3);
}

static void the_watchdog_is_forgotten_after_ten_minutes_or_with_the_power(void **state)
{
	(void)state;
	core_start(RESET_WATCHDOG, MEMORY_KEPT);
	run_with_host(601000);
	assert_int_equal(core.panel.faults & FAULT_WATCHDOG, 0);
	assert_int_equal(core.watchdog.resets, 0);
	core_start(RESET_WATCHDOG, MEMORY_KEPT);
	core_run(500);
	assert_int_equal(core.trip.coils, 0x0F);
	core_start(RESET_POWER_ON | RESET_WATCHDOG, MEMORY_LOST);
	core_run(500);
	assert_int_equal(core.trip.coils, 0x0F);
	core.watchdog.seconds_inverse ^= 1;
	core_start(RESET_WATCHDOG, MEMORY_KEPT);
	core_run(500);
	assert_int_equal(core.trip.coils, 0x0F);
}

int main(void)
{
#define WHEN_UP(test) cmocka_unit_test_setup(test, up)
	const struct CMUnitTest tests[] = {
		WHEN_UP(uplinks_connect_after_start),
		WHEN_UP(declare_cuts_nothing),
		WHEN_UP(isolate_cuts_proves_and_latches),
		WHEN_UP(one_uplink_alone),
		WHEN_UP(a_welded_relay_is_reported_and_blinks),
		WHEN_UP(contacts_welded_since_before_the_start_stay_a_fault),
		WHEN_UP(the_host_can_cut),
		WHEN_UP(a_command_reaches_the_coil_before_its_answer),
		WHEN_UP(a_command_is_not_carried_out_twice),
		WHEN_UP(a_cut_that_changes_nothing_is_not_recorded_and_voids_the_permit),
		WHEN_UP(the_host_has_an_allowance_that_comes_back),
		WHEN_UP(a_host_that_comes_and_goes_is_told_so_often),
		WHEN_UP(wrong_commands_change_nothing),
		WHEN_UP(a_command_that_names_too_many_cuts_the_others),
		WHEN_UP(permit_and_key_reconnect_what_was_named),
		WHEN_UP(a_permit_waits_for_the_proof_of_the_cut),
		WHEN_UP(a_provisioned_board_with_its_host_has_no_fault),
		WHEN_UP(two_buttons_in_the_same_millisecond),
		WHEN_UP(the_key_alone_does_nothing),
		WHEN_UP(a_key_left_on_does_nothing),
		WHEN_UP(a_permit_ends_by_time_trip_command_or_another),
		WHEN_UP(a_permit_for_an_older_latch_is_refused),
		WHEN_UP(a_relay_that_does_not_close_is_cut_again),
		WHEN_UP(a_press_while_closing_wins),
		WHEN_UP(a_button_held_down_forbids_closing),
		WHEN_UP(a_silent_host_is_noticed_and_the_uplinks_hold),
		WHEN_UP(loss_policy_isolate_cuts),
		WHEN_UP(a_host_that_never_spoke_has_longer),
		WHEN_UP(stuck_inputs_are_named),
		WHEN_UP(supply_gone_without_the_button_is_a_trip),
		WHEN_UP(a_short_loss_of_supply_is_none),
		WHEN_UP(recorded_shines_only_when_no_press_waits),
		WHEN_UP(the_lamp_of_a_connected_uplink_winks),
		WHEN_UP(test_button_lights_lamps_and_mutes),
		WHEN_UP(an_uplink_that_is_not_fitted_does_not_exist),
		WHEN_UP(stay_isolated_needs_a_permit_after_power_on),
		WHEN_UP(a_trip_not_yet_saved_survives_the_watchdog),
		WHEN_UP(a_second_watchdog_reset_within_ten_minutes_latches),
		WHEN_UP(the_watchdog_is_forgotten_after_ten_minutes_or_with_the_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
