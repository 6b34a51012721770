/* The event queue and the journal: numbers only rise, latches are never lost, wherever the power goes. */
#include "core_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void events_come_out_oldest_first_and_by_number(void **state)
{
	struct eventq q;

	(void)state;
	eventq_init(&q);
	q.shown_below = 100;
	assert_null(eventq_oldest(&q));
	eventq_add(&q, EVENT_DECLARE, 0, 7, 1000);
	eventq_add(&q, EVENT_CUT_BUTTON, 2, 8, 2000);
	assert_int_equal(eventq_oldest(&q)->number, 1);
	assert_int_equal(event_age(eventq_oldest(&q), 1000, 3500), 2500);
	assert_int_equal(q.presses, 1);
	eventq_acknowledge(&q, 2);
	eventq_acknowledge(&q, 0);
	assert_int_equal(q.waiting, 2);
	eventq_acknowledge(&q, 1);
	assert_int_equal(q.presses, 0);
	assert_int_equal(eventq_oldest(&q)->number, 2);
	eventq_acknowledge(&q, 2);
	eventq_acknowledge(&q, 2);
	assert_int_equal(q.waiting, 0);
}

static void a_full_queue_joins_like_events(void **state)
{
	struct eventq q;
	uint32_t before;

	(void)state;
	eventq_init(&q);
	q.shown_below = UINT32_MAX;
	for (uint32_t i = 0; i < BOARD_QUEUE - 1; i++)
		eventq_add(&q, EVENT_KEY_ON, (uint8_t)(i % 2), i, i);
	assert_true(eventq_is_full(&q));
	before = q.next_number;
	eventq_add(&q, EVENT_KEY_ON, 1, 99, 500);
	assert_int_equal(q.next_number, before);
	assert_int_equal(q.slots[BOARD_QUEUE - 3].times, 2);
	assert_int_equal(q.slots[BOARD_QUEUE - 3].arg, BOARD_QUEUE - 3);
	assert_int_equal(q.slots[BOARD_QUEUE - 3].last_ms, 500);
	eventq_add(&q, EVENT_TEST, 0, 0, 600);
	eventq_add(&q, EVENT_DECLARE, 0, 0, 700);
	assert_int_equal(q.waiting, BOARD_QUEUE);
	assert_int_equal(q.slots[BOARD_QUEUE - 1].kind, EVENT_OVERFLOW);
	assert_int_equal(q.slots[BOARD_QUEUE - 1].arg, EVENT_TEST);
	assert_int_equal(q.slots[BOARD_QUEUE - 1].times, 2);
}

static void what_the_host_may_be_recording_is_not_joined(void **state)
{
	struct eventq q;

	(void)state;
	eventq_init(&q);
	q.shown_below = UINT32_MAX;
	eventq_add(&q, EVENT_DECLARE, 0, 0, 0);
	for (uint32_t i = 0; i < BOARD_QUEUE - 2; i++)
		eventq_add(&q, EVENT_KEY_ON, 0, i, i);
	eventq_add(&q, EVENT_DECLARE, 0, 0, 9);
	assert_int_equal(eventq_oldest(&q)->times, 1);
	/* All but the overflow are taken and others come: it is the oldest now, and still the one to count. */
	for (uint32_t i = 1; i < BOARD_QUEUE; i++)
		eventq_acknowledge(&q, i);
	assert_int_equal(eventq_oldest(&q)->kind, EVENT_OVERFLOW);
	for (uint32_t i = 0; i < BOARD_QUEUE - 2; i++)
		eventq_add(&q, EVENT_KEY_ON, 0, i, i);
	eventq_add(&q, EVENT_TEST, 0, 0, 9);
	assert_int_equal(eventq_oldest(&q)->times, 2);
}

static void counts_stop_at_their_end_and_reach_eeprom_by_doubling(void **state)
{
	struct eventq q;
	struct event *joined;
	int saves = 0;

	(void)state;
	eventq_init(&q);
	for (uint32_t i = 0; i < BOARD_QUEUE - 1; i++)
		eventq_add(&q, EVENT_KEY_ON, 0, 0, 0);
	joined = &q.slots[BOARD_QUEUE - 2];
	joined->unsaved = false;
	for (uint32_t i = 0; i < 70000; i++) {
		eventq_add(&q, EVENT_KEY_ON, 0, 0, i);
		saves += joined->unsaved;
		joined->unsaved = false;
	}
	assert_int_equal(joined->times, UINT16_MAX);
	assert_int_equal(saves, 15);
}

static void ages_end_before_unknown(void **state)
{
	const struct event known = {.age = AGE_KNOWN}, unknown = {.age = AGE_UNKNOWN};

	(void)state;
	assert_int_equal(event_age(&known, 0, UINT64_C(1) << 40), BOARD_AGE_UNKNOWN - 1);
	assert_int_equal(event_age(&unknown, 0, 5), BOARD_AGE_UNKNOWN);
}

static void a_new_number_is_shown_only_when_its_limit_is_durable(void **state)
{
	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	assert_null(eventq_oldest(&core.panel.kept.events));
	core_run(100);
	assert_int_equal(core_take_event().kind, EVENT_STARTED);
	assert_true(core.panel.kept.events.shown_below > core.panel.kept.events.next_number);
}

static void waiting_events_come_back_with_unknown_age(void **state)
{
	struct event event;
	uint32_t highest;

	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(500);
	core_drop_events();
	core_press(INPUT_DECLARE, 50);
	core_run(500);
	highest = core.panel.kept.events.next_number;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	event = core_take_event();
	assert_int_equal(event.kind, EVENT_DECLARE);
	assert_int_equal(event.age, AGE_UNKNOWN);
	assert_true(event.number < highest);
	core_run(500);
	event = core_take_event();
	assert_int_equal(event.kind, EVENT_STARTED);
	assert_true(event.number >= highest);
	assert_int_equal(core.panel.kept.starts, 2);
}

static void an_acknowledged_event_does_not_come_back(void **state)
{
	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	core_drop_events();
	core_run(1000);
	core_start(RESET_POWER_ON, MEMORY_LOST);
	assert_null(eventq_oldest(&core.panel.kept.events));
}

static void the_ring_wears_evenly_and_keeps_the_order(void **state)
{
	uint32_t last = 0;

	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	for (int round = 0; round < 100; round++) {
		struct event event;

		core_press(INPUT_DECLARE, 10);
		core_run(50);
		if (round % 7 == 0)
			core_start(RESET_POWER_ON, MEMORY_LOST);
		core_run(300);
		while ((event = core_take_event()).kind != 0) {
			assert_true(event.number > last);
			last = event.number;
		}
		core_run(300);
	}
	assert_int_equal(core.panel.kept.torn, 0);
	assert_false(core.panel.kept.failed);
}

static void a_queue_with_holes_is_filled_in_order(void **state)
{
	struct eventq q;

	(void)state;
	eventq_init(&q);
	eventq_restore(&q, 5, &(struct event){.number = 10, .kind = EVENT_TEST, .times = 1});
	eventq_restore(&q, 6, &(struct event){.number = 7, .kind = EVENT_TEST, .times = 1});
	assert_int_equal(q.shown_below, 11);
	eventq_add(&q, EVENT_DECLARE, 0, 0, 0);
	assert_int_equal(q.slots[7].number, 11);
	assert_int_equal(eventq_oldest(&q)->number, 7);
}

static void the_newest_of_like_events_is_joined(void **state)
{
	struct eventq q;

	(void)state;
	eventq_init(&q);
	for (uint8_t slot = 0; slot < BOARD_QUEUE - 1; slot++)
		eventq_restore(&q, slot, &(struct event){.number = 100U - slot, .kind = EVENT_TEST, .times = 1});
	eventq_add(&q, EVENT_TEST, 0, 0, 0);
	assert_int_equal(q.slots[0].times, 2);
}

static void the_latch_ring_goes_round(void **state)
{
	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(500);
	for (uint32_t trips = 1; trips <= 3 * JOURNAL_RING; trips++) {
		core_press(INPUT_UPLINK_1, 10);
		core_run(300);
		core_drop_events();
		core_run(600);
		core_start(RESET_POWER_ON, MEMORY_LOST);
		assert_int_equal(core.panel.kept.latch_number, trips);
		assert_int_equal(core.panel.kept.starts, trips + 1);
		core_run(500);
	}
}

/* The first record is being written when the second press comes: its byte must outlive that record. */
static void a_trip_during_the_record_of_another_is_not_lost(void **state)
{
	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	core.pressed = INPUT_UPLINK_1;
	while (core.panel.kept.latched == 0 || core.panel.kept.latch_unsaved)
		core_run(1);
	core.pressed |= INPUT_UPLINK_2;
	while (core.panel.journal.latch_seq == 1)
		core_run(1);
	assert_int_equal(core.panel.journal.trip_wanted, 0x03);
	core_start(RESET_POWER_ON, MEMORY_LOST);
	assert_int_equal(core.panel.kept.latched, 0x03);
}

/* The power goes during every single byte that a press writes, one after the other. */
static void no_cut_of_power_loses_a_latch_or_repeats_a_number(void **state)
{
	uint8_t before[CORE_EEPROM];
	uint32_t latch_before;
	long needed;

	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	core_drop_events();
	core_run(1000);
	memcpy(before, core.eeprom, sizeof before);
	latch_before = core.panel.kept.latch_number;
	core.writes = 0;
	core_press(INPUT_ISOLATE, 50);
	core_run(3000);
	needed = core.writes;
	assert_true(needed > 100);
	for (long cut = 0; cut < needed; cut++) {
		uint32_t number_before;

		memcpy(core.eeprom, before, sizeof before);
		core_start(RESET_POWER_ON, MEMORY_LOST);
		core_run(1000);
		core_drop_events();
		core.writes_left = cut;
		core.pressed = INPUT_ISOLATE;
		core_run(4000);
		core.pressed = 0;
		number_before = core.panel.kept.events.shown_below;
		core.writes_left = -1;
		core_start(RESET_POWER_ON, MEMORY_LOST);
		if (cut > 0)
			assert_int_equal(core.panel.kept.latched, BOARD_ALL_UPLINKS);
		assert_true(core.panel.kept.latch_number >= latch_before);
		core_run(1000);
		/* Whatever the host could have seen is below the numbers of this run. */
		for (struct event e = core_take_event(); e.kind != 0; e = core_take_event())
			if (e.age == AGE_KNOWN)
				assert_true(e.number >= number_before);
		if (cut > 0)
			assert_int_equal(core.trip.coils, 0);
	}
}

static void a_torn_trip_byte_means_every_uplink(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 0xFF; byte++) {
		uint8_t low = byte & 0x0F;
		bool fits = low != 0 && byte >> 4 == (unsigned)(~low & 0x0F);

		core_fresh();
		core.eeprom[JOURNAL_TRIP_AT] = (uint8_t)byte;
		core_start(RESET_POWER_ON, MEMORY_LOST);
		assert_int_equal(core.panel.kept.latched, fits ? low : BOARD_ALL_UPLINKS);
		core_run(500);
		assert_int_equal(core.eeprom[JOURNAL_TRIP_AT], 0xFF);
		core_start(RESET_POWER_ON, MEMORY_LOST);
		assert_int_equal(core.panel.kept.latched, fits ? low : BOARD_ALL_UPLINKS);
	}
}

static void a_byte_that_does_not_stay_is_a_fault(void **state)
{
	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	core.panel.journal.position = 0;
	core_press(INPUT_DECLARE, 6);
	while (core.panel.journal.position < 3)
		core_run(1);
	core.eeprom[core.panel.journal.at + core.panel.journal.position - 1] ^= 1;
	core_run(100);
	assert_true(core.panel.kept.failed);
	assert_true((core.panel.faults & FAULT_EEPROM) != 0);
}

static void torn_records_are_counted_and_reported(void **state)
{
	struct event event;

	(void)state;
	core_fresh();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	core_run(1000);
	core.eeprom[JOURNAL_EVENT_AT + 3] ^= 1;
	core.eeprom[JOURNAL_LIFE_AT] ^= 1;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	assert_int_equal(core.panel.kept.torn, 2);
	core_run(1000);
	event = core_find_event(EVENT_EEPROM_BAD);
	assert_int_equal(event.kind, EVENT_EEPROM_BAD);
	assert_int_equal(event.arg, 2);
}

enum { CRC_AT_1 = PROVISION_CRC_1, CRC_AT_2 = PROVISION_CRC };

static void seal_and_start(uint8_t crc_at)
{
	uint8_t *block = core.eeprom + PROVISION_AT;
	uint16_t crc = crc16(block, crc_at);

	block[crc_at] = (uint8_t)crc;
	block[crc_at + 1] = (uint8_t)(crc >> 8);
	core_start(RESET_POWER_ON, MEMORY_LOST);
}

/* Everything is well but the check. */
static void provision(uint8_t version, uint16_t heartbeat_ms)
{
	uint8_t *block = core.eeprom + PROVISION_AT;

	memcpy(block, "KN\x01\x07\x03\x0F\x04\0", 8);
	block[PROVISION_VERSION] = version;
	block[PROVISION_HEARTBEAT_MS] = (uint8_t)(heartbeat_ms >> 8);
	block[PROVISION_HEARTBEAT_MS + 1] = (uint8_t)heartbeat_ms;
	memcpy(block + PROVISION_CONTROLLER, "\x01\x23\x45\x67\x89\xAB\xCD\xEF", 8);
	if (version == 2)
		memcpy(block + PROVISION_BAUD, "\1\0\xDE\xAD\xBE\xEF", 6);
}

static void the_provisioning_block_is_read_or_refused_as_a_whole(void **state)
{
	const struct provision *p = &core.panel.kept.provision;

	(void)state;
	core_fresh();
	for (uint8_t version = 1; version <= 2; version++) {
		uint8_t crc_at = version == 1 ? CRC_AT_1 : CRC_AT_2;

		provision(version, 3000);
		seal_and_start(crc_at);
		assert_true(p->valid);
		assert_int_equal(p->fitted, 0x07);
		assert_int_equal(p->isolate, 0x03);
		assert_int_equal(p->stay, 0x07);
		assert_int_equal(p->loss, 0x04);
		assert_int_equal(p->heartbeat_ms, 3000);
		assert_int_equal(p->controller[7], 0xEF);
		assert_int_equal(p->baud, version == 1 ? 0 : 1);
		assert_int_equal(p->journal, version == 1 ? 0 : 0xDEADBEEF);
		for (uint8_t i = 0; i < 2; i++) {
			core.eeprom[i] ^= 1;
			seal_and_start(crc_at);
			assert_false(p->valid);
			core.eeprom[i] ^= 1;
		}
		provision(version, 499);
		seal_and_start(crc_at);
		assert_false(p->valid);
		provision(version, 60001);
		seal_and_start(crc_at);
		assert_false(p->valid);
		provision(version, 500);
		seal_and_start(crc_at);
		assert_true(p->valid);
		core.eeprom[5] ^= 1;
		core_start(RESET_POWER_ON, MEMORY_LOST);
		assert_false(p->valid);
	}
	provision(3, 2000);
	seal_and_start(CRC_AT_2);
	assert_false(p->valid);
	assert_int_equal(p->fitted, BOARD_ALL_UPLINKS);
	assert_int_equal(p->heartbeat_ms, BOARD_HEARTBEAT_MS);
}

static void bistable_relays_leave_room_for_two_uplinks(void **state)
{
	const struct provision *p = &core.panel.kept.provision;

	(void)state;
	core_fresh();
	provision(2, 2000);
	core.eeprom[PROVISION_PULSE] = 0x02;
	seal_and_start(CRC_AT_2);
	assert_false(p->valid);
	core.eeprom[PROVISION_FITTED] = 0x03;
	seal_and_start(CRC_AT_2);
	assert_true(p->valid);
	assert_int_equal(p->pulse, 0x02);
	core.eeprom[PROVISION_BAUD] = 2;
	seal_and_start(CRC_AT_2);
	assert_false(p->valid);
	assert_int_equal(p->pulse, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_out_oldest_first_and_by_number),
		cmocka_unit_test(a_full_queue_joins_like_events),
		cmocka_unit_test(what_the_host_may_be_recording_is_not_joined),
		cmocka_unit_test(counts_stop_at_their_end_and_reach_eeprom_by_doubling),
		cmocka_unit_test(ages_end_before_unknown),
		cmocka_unit_test(a_new_number_is_shown_only_when_its_limit_is_durable),
		cmocka_unit_test(waiting_events_come_back_with_unknown_age),
		cmocka_unit_test(an_acknowledged_event_does_not_come_back),
		cmocka_unit_test(the_ring_wears_evenly_and_keeps_the_order),
		cmocka_unit_test(a_queue_with_holes_is_filled_in_order),
		cmocka_unit_test(the_newest_of_like_events_is_joined),
		cmocka_unit_test(the_latch_ring_goes_round),
		cmocka_unit_test(a_trip_during_the_record_of_another_is_not_lost),
		cmocka_unit_test(no_cut_of_power_loses_a_latch_or_repeats_a_number),
		cmocka_unit_test(a_torn_trip_byte_means_every_uplink),
		cmocka_unit_test(a_byte_that_does_not_stay_is_a_fault),
		cmocka_unit_test(torn_records_are_counted_and_reported),
		cmocka_unit_test(the_provisioning_block_is_read_or_refused_as_a_whole),
		cmocka_unit_test(bistable_relays_leave_room_for_two_uplinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
