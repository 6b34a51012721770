/* What the controller keeps for the ledger: witness ring and key slots; and the self-test that reads all of it again.
 */
#include "core_board.h"
#include "firmware/core/panel_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static uint8_t frame[SLAVE_FRAME_MAX];
static uint32_t nonce;

static void run_with_host(uint32_t ms)
{
	for (; ms > 0; ms--) {
		panel_heartbeat(&core.panel);
		core_run(1);
	}
}

static void restart(void)
{
	core.pressed = 0;
	core.writes_left = -1;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	run_with_host(1000);
	core_drop_events();
	run_with_host(500);
}

static int up(void **state)
{
	(void)state;
	core_fresh();
	restart();
	return 0;
}

/* FC 23: writes `count` words at `to`, their check word filled in, and reads a whole block. */
static uint16_t exchange(uint16_t to, uint16_t *words, uint8_t count, uint16_t from, uint8_t size)
{
	uint16_t crc, length = (uint16_t)(11 + 2 * count);
	const uint8_t head[] = {1, 23,    (uint8_t)(from >> 8), (uint8_t)from, 0, size, (uint8_t)(to >> 8), (uint8_t)to,
				0, count, (uint8_t)(2 * count)};

	memcpy(frame, head, sizeof head);
	words[count - 1] = 0xFFFF;
	for (uint8_t i = 0; i + 1 < count; i++)
		words[count - 1] ^= words[i];
	for (uint8_t i = 0; i < count; i++) {
		frame[11 + 2 * i] = (uint8_t)(words[i] >> 8);
		frame[12 + 2 * i] = (uint8_t)words[i];
	}
	crc = crc16(frame, length);
	frame[length] = (uint8_t)crc;
	frame[length + 1] = (uint8_t)(crc >> 8);
	return slave_answer(&core.panel, frame, (uint16_t)(length + 2), core.now);
}

static uint16_t answered(int index)
{
	return (uint16_t)(frame[3 + 2 * index] << 8 | frame[4 + 2 * index]);
}

enum epoch { GOES_ON, EPOCH };

/* Returns enum board_result. */
static uint16_t witness(uint16_t origin, uint64_t size, uint16_t root, enum epoch epoch)
{
	uint16_t words[WITNESS_WRITE_SIZE] = {0};

	nonce++;
	words[WITNESS_WRITE_NONCE_HIGH] = (uint16_t)(nonce >> 16);
	words[WITNESS_WRITE_NONCE_LOW] = (uint16_t)nonce;
	words[WITNESS_WRITE_EPOCH] = (uint16_t)epoch;
	words[WITNESS_WRITE_ORIGIN + 3] = origin;
	for (int i = 0; i < 4; i++)
		words[WITNESS_WRITE_LOG_SIZE + i] = (uint16_t)(size >> (48 - 16 * i));
	words[WITNESS_WRITE_ROOT + 15] = root;
	assert_int_equal(exchange(BLOCK_WITNESS_WRITE, words, WITNESS_WRITE_SIZE, BLOCK_WITNESS, WITNESS_SIZE),
			 5 + 2 * WITNESS_SIZE);
	assert_int_equal(answered(HEADER_BLOCK), BLOCK_WITNESS);
	assert_int_equal(answered(WITNESS_RESULT_NONCE_LOW), (uint16_t)nonce);
	return answered(WITNESS_RESULT);
}

static uint64_t witnessed_size(void)
{
	uint64_t size = 0;

	for (int i = 8; i < 16; i++)
		size = size << 8 | core.panel.kept.witness.bytes[i];
	return size;
}

static void the_newest_log_is_kept_through_power_loss(void **state)
{
	(void)state;
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_EMPTY);
	for (uint64_t size = 1; size <= 3 * JOURNAL_WITNESS_RING; size++) {
		assert_int_equal(witness(7, size, (uint16_t)(0x100 + size), EPOCH), RESULT_DONE);
		assert_int_equal(answered(WITNESS_STATE), STORE_IS_WRITING);
		run_with_host(400);
		assert_int_equal(core.panel.kept.witness.state, STORE_IS_KEPT);
		restart();
		assert_int_equal(core.panel.kept.torn, 0);
		assert_int_equal(witness(7, size, (uint16_t)(0x100 + size), GOES_ON), RESULT_DONE);
		assert_int_equal(answered(WITNESS_STATE), STORE_IS_KEPT);
		assert_int_equal(answered(WITNESS_ORIGIN + 3), 7);
		assert_int_equal(answered(WITNESS_LOG_SIZE + 3), size);
		assert_int_equal(answered(WITNESS_ROOT + 15), 0x100 + size);
	}
	restart();
	assert_int_equal(witness(7, 1000, 1, GOES_ON), RESULT_DONE);
}

static void a_log_that_was_cut_or_changed_is_refused(void **state)
{
	const uint64_t big = UINT64_C(0x00000001FFFFFFF0);

	(void)state;
	assert_int_equal(witness(7, big, 1, EPOCH), RESULT_DONE);
	run_with_host(400);
	assert_int_equal(witness(7, big - 1, 2, EPOCH), RESULT_OLDER);
	assert_int_equal(witness(7, 5, 2, EPOCH), RESULT_OLDER);
	assert_int_equal(witness(7, big, 2, EPOCH), RESULT_OTHER_ROOT);
	assert_int_equal(witness(7, big + BOARD_WITNESS_RISE + 1, 2, EPOCH), RESULT_TOO_FAR);
	assert_int_equal(witness(7, big + (UINT64_C(1) << 33), 2, EPOCH), RESULT_TOO_FAR);
	assert_int_equal(witness(7, big + (UINT64_C(1) << 32), 2, EPOCH), RESULT_TOO_FAR);
	assert_int_equal(witness(8, big + 1, 2, EPOCH), RESULT_OTHER_ORIGIN);
	assert_int_equal(witness(7, big + 1, 2, (enum epoch)2), RESULT_BAD_ARGUMENT);
	assert_int_equal(witnessed_size(), big);
	/* Over the edge of 32 bits. */
	assert_int_equal(witness(7, big + BOARD_WITNESS_RISE, 2, EPOCH), RESULT_DONE);
	run_with_host(400);
	assert_int_equal(witness(7, big + 2 * BOARD_WITNESS_RISE, 2, EPOCH), RESULT_DONE);
}

static void another_log_needs_the_jumper(void **state)
{
	(void)state;
	witness(7, 1000, 1, EPOCH);
	run_with_host(400);
	core.pressed = INPUT_JUMPER;
	run_with_host(10);
	assert_int_equal(witness(7, 999, 2, EPOCH), RESULT_OLDER);
	assert_int_equal(witness(8, 1, 2, GOES_ON), RESULT_DONE);
	core.pressed = 0;
	run_with_host(400);
	assert_int_equal(core_find_event(EVENT_NEW_ORIGIN).kind, EVENT_NEW_ORIGIN);
	assert_int_equal(witness(7, 2000, 2, EPOCH), RESULT_OTHER_ORIGIN);
	restart();
	assert_int_equal(witnessed_size(), 1);
}

static void one_write_a_minute_and_the_start_of_an_epoch(void **state)
{
	(void)state;
	assert_int_equal(witness(7, 1, 1, GOES_ON), RESULT_DONE);
	assert_int_equal(witness(7, 1, 1, GOES_ON), RESULT_DONE);
	assert_int_equal(witness(7, 2, 2, GOES_ON), RESULT_TOO_SOON);
	run_with_host(59000);
	assert_int_equal(witness(7, 2, 2, GOES_ON), RESULT_TOO_SOON);
	assert_int_equal(witness(7, 1, 1, GOES_ON), RESULT_DONE);
	assert_int_equal(witness(7, 3, 3, EPOCH), RESULT_DONE);
	run_with_host(61000);
	assert_int_equal(witness(7, 4, 4, GOES_ON), RESULT_DONE);
}

static void a_second_one_during_the_first_one_is_written_after_it(void **state)
{
	(void)state;
	witness(7, 1, 1, EPOCH);
	run_with_host(40);
	witness(7, 2, 2, EPOCH);
	run_with_host(190);
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_WRITING);
	run_with_host(400);
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_KEPT);
	assert_int_equal(core.panel.journal.witness_seq, 2);
	restart();
	assert_int_equal(witnessed_size(), 2);
}

static void a_damaged_write_is_refused(void **state)
{
	uint16_t words[WITNESS_WRITE_SIZE] = {0, 9};
	uint8_t bytes[2 * WITNESS_WRITE_SIZE] = {0, 0, 0, 9};

	(void)state;
	panel_witness(&core.panel, bytes);
	assert_int_equal(core.panel.witness.answer.result, RESULT_BAD_CHECK);
	assert_int_equal(core.panel.witness.answer.nonce, 9);
	panel_key(&core.panel, bytes);
	assert_int_equal(core.panel.keys.answer.result, RESULT_BAD_CHECK);
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_EMPTY);
	/* Not the whole of it; past its end. */
	assert_int_equal(exchange(BLOCK_WITNESS_WRITE, words, WITNESS_WRITE_SIZE - 1, BLOCK_WITNESS, 4), 5);
	assert_int_equal(frame[2], 3);
	assert_int_equal(exchange(BLOCK_WITNESS_WRITE + 1, words, WITNESS_WRITE_SIZE - 1, BLOCK_WITNESS, 4), 5);
	assert_int_equal(frame[2], 3);
	assert_int_equal(exchange(BLOCK_WITNESS_WRITE + WITNESS_WRITE_SIZE, words, 1, BLOCK_WITNESS, 4), 5);
	assert_int_equal(frame[2], 2);
}

/* Runs a second of the board with the power going after `cut` bytes, and starts anew. */
static void cut_power_after(long cut)
{
	core.writes_left = cut;
	core_run(1000);
	restart();
}

/* The power goes during every byte of the second record: it is the first or the second that is found. */
static void no_cut_of_power_loses_the_witness(void **state)
{
	static uint8_t before[CORE_EEPROM];
	int kept_the_first = 0;

	witness(7, 1, 1, EPOCH);
	run_with_host(500);
	memcpy(before, core.eeprom, sizeof before);
	for (long cut = 0; cut < 60; cut++) {
		up(state);
		memcpy(core.eeprom, before, sizeof before);
		restart();
		assert_int_equal(witness(7, 2, 2, EPOCH), RESULT_DONE);
		cut_power_after(cut);
		assert_in_range(witnessed_size(), 1, 2);
		assert_int_equal(core.panel.kept.witness.bytes[WITNESS_BYTES - 1], witnessed_size());
		kept_the_first += witnessed_size() == 1;
	}
	assert_in_range(kept_the_first, 20, 59);
}

/* ---- key slots ---- */

static uint16_t key(uint32_t generation, uint8_t fill)
{
	uint16_t words[KEY_WRITE_SIZE] = {0};

	nonce++;
	words[KEY_WRITE_NONCE_HIGH] = (uint16_t)(nonce >> 16);
	words[KEY_WRITE_NONCE_LOW] = (uint16_t)nonce;
	words[KEY_WRITE_GENERATION_HIGH] = (uint16_t)(generation >> 16);
	words[KEY_WRITE_GENERATION_LOW] = (uint16_t)generation;
	for (int i = 0; i < 16; i++)
		words[KEY_WRITE_KEY + i] = (uint16_t)(fill * 0x0101);
	assert_int_equal(exchange(BLOCK_KEY_WRITE, words, KEY_WRITE_SIZE, BLOCK_KEY_SLOTS, KEY_SLOTS_SIZE),
			 5 + 2 * KEY_SLOTS_SIZE);
	assert_int_equal(answered(KEY_SLOTS_RESULT_NONCE_LOW), (uint16_t)nonce);
	return answered(KEY_SLOTS_RESULT);
}

static void assert_slot(int slot, enum board_store_state state, uint32_t generation)
{
	assert_int_equal(core.panel.kept.keys[slot].state, state);
	if (state == STORE_IS_KEPT) {
		assert_int_equal(key_generation(&core.panel.kept.keys[slot]), generation);
		assert_int_equal(core.panel.kept.keys[slot].bytes[KEY_BYTES - 1], (uint8_t)generation);
	}
}

static void keys_take_turns(void **state)
{
	(void)state;
	assert_int_equal(key(0, 1), RESULT_OLDER);
	assert_int_equal(key(BOARD_KEY_RISE + 1, 1), RESULT_TOO_FAR);
	assert_int_equal(key(1, 1), RESULT_DONE);
	assert_int_equal(key(2, 2), RESULT_BUSY);
	run_with_host(300);
	assert_slot(0, STORE_IS_KEPT, 1);
	assert_int_equal(key(2, 2), RESULT_DONE);
	run_with_host(300);
	assert_int_equal(key(2, 2), RESULT_DONE);
	assert_int_equal(key(2, 9), RESULT_OLDER);
	assert_int_equal(key(1, 9), RESULT_OLDER);
	assert_int_equal(key(3, 3), RESULT_DONE);
	run_with_host(300);
	restart();
	assert_slot(0, STORE_IS_KEPT, 3);
	assert_slot(1, STORE_IS_KEPT, 2);
	assert_int_equal(key(UINT32_MAX, 9), RESULT_TOO_FAR);
	assert_int_equal(key(3 + BOARD_KEY_RISE + 1, 9), RESULT_TOO_FAR);
	assert_int_equal(key(4, 4), RESULT_DONE);
	assert_int_equal(answered(KEY_SLOTS_SECOND + KEY_SLOT_STATE), STORE_IS_WRITING);
	assert_int_equal(answered(KEY_SLOTS_FIRST + KEY_SLOT_STATE), STORE_IS_KEPT);
	assert_int_equal(answered(KEY_SLOTS_FIRST + KEY_SLOT_GENERATION_LOW), 3);
	assert_int_equal(answered(KEY_SLOTS_FIRST + KEY_SLOT_KEY + 15), 0x0303);
	run_with_host(300);
	assert_slot(1, STORE_IS_KEPT, 4);
}

/* What is kept already, or refused for another reason, costs nothing. */
static void writes_without_end_are_refused(void **state)
{
	uint32_t generation = 0;
	uint64_t size = 0;

	(void)state;
	assert_int_equal(witness(7, ++size, 1, EPOCH), RESULT_DONE);
	do {
		run_with_host(300);
		assert_int_equal(witness(7, size, 1, EPOCH), RESULT_DONE);
		assert_int_equal(witness(7, size, 2, EPOCH), RESULT_OTHER_ROOT);
	} while (witness(7, ++size, 1, EPOCH) == RESULT_DONE);
	assert_int_equal(answered(WITNESS_RESULT), RESULT_TOO_SOON);
	assert_in_range(size, BOARD_ALLOWANCE_S / BOARD_COST_WITNESS_S + 1,
			BOARD_ALLOWANCE_S / BOARD_COST_WITNESS_S + 20);
	assert_int_equal(key(1, 1), RESULT_TOO_SOON);
	restart();
	assert_int_equal(witnessed_size(), size - 1);
	while (key(++generation, 1) == RESULT_DONE)
		run_with_host(300);
	assert_int_equal(answered(KEY_SLOTS_RESULT), RESULT_TOO_SOON);
	assert_int_equal(generation - 1, BOARD_ALLOWANCE_S / BOARD_COST_KEY_S);
	run_with_host(1000 * BOARD_COST_KEY_S);
	assert_int_equal(key(generation, 1), RESULT_DONE);
}

static void the_same_write_again_is_not_carried_out_twice(void **state)
{
	(void)state;
	key(1, 1);
	nonce--;
	assert_int_equal(key(9, 9), RESULT_DONE);
	run_with_host(300);
	assert_slot(0, STORE_IS_KEPT, 1);
	assert_slot(1, STORE_IS_EMPTY, 0);
}

static uint8_t erase(void)
{
	const struct command c = {.code = COMMAND_ERASE_KEYS, .nonce = ++nonce, .at = core.now};

	panel_command(&core.panel, &c);
	return core.panel.host.result;
}

static bool key_lies_about(void)
{
	for (int at = JOURNAL_KEY_AT; at < JOURNAL_KEY_AT + KEY_SLOTS * JOURNAL_SLOT_SIZE; at++)
		if (core.eeprom[at] != 0xFF)
			return true;
	return false;
}

static void erasing_leaves_nothing(void **state)
{
	(void)state;
	key(1, 1);
	run_with_host(300);
	key(2, 2);
	run_with_host(300);
	assert_true(key_lies_about());
	assert_int_equal(erase(), RESULT_DONE);
	run_with_host(600);
	assert_false(key_lies_about());
	assert_slot(0, STORE_IS_EMPTY, 0);
	assert_slot(1, STORE_IS_EMPTY, 0);
	for (int i = 0; i < KEY_BYTES; i++)
		assert_int_equal(core.panel.kept.keys[0].bytes[i] | core.panel.kept.keys[1].bytes[i], 0);
	assert_int_equal(core_find_event(EVENT_KEYS_ERASED).kind, EVENT_KEYS_ERASED);
	assert_int_equal(key(1, 1), RESULT_DONE);
}

static void a_key_that_is_being_written_is_erased_too(void **state)
{
	for (uint32_t ms = 0; ms < 250; ms += 3) {
		up(state);
		key(1, 1);
		run_with_host(ms);
		assert_int_equal(erase(), RESULT_DONE);
		run_with_host(600);
		assert_false(key_lies_about());
		assert_int_equal(core_find_event(EVENT_KEYS_ERASED).kind, EVENT_KEYS_ERASED);
	}
}

static void no_cut_of_power_loses_both_keys(void **state)
{
	static uint8_t before[CORE_EEPROM];

	key(1, 1);
	run_with_host(300);
	key(2, 2);
	run_with_host(300);
	memcpy(before, core.eeprom, sizeof before);
	for (long cut = 0; cut < 45; cut++) {
		up(state);
		memcpy(core.eeprom, before, sizeof before);
		restart();
		key(3, 3);
		cut_power_after(cut);
		assert_slot(1, STORE_IS_KEPT, 2);
		if (core.panel.kept.keys[0].state == STORE_IS_KEPT)
			assert_in_range(key_generation(&core.panel.kept.keys[0]), 1, 3);
	}
}

/* Half erased, it is the newer key that is left, and nothing of the older one. */
static void a_cut_of_power_while_erasing_leaves_the_newer_key_or_none(void **state)
{
	static uint8_t before[CORE_EEPROM];

	key(1, 1);
	run_with_host(300);
	key(2, 2);
	run_with_host(300);
	memcpy(before, core.eeprom, sizeof before);
	for (long cut = 0; cut < 90; cut++) {
		up(state);
		memcpy(core.eeprom, before, sizeof before);
		restart();
		erase();
		cut_power_after(cut);
		if (core.panel.kept.keys[0].state == STORE_IS_KEPT)
			assert_slot(1, STORE_IS_KEPT, 2);
		run_with_host(1000);
		if (core.panel.kept.keys[1].state != STORE_IS_KEPT)
			assert_false(key_lies_about());
	}
}

/* A cell that keeps a bit of its own. */
static void spoil(uint16_t at, uint32_t ms)
{
	for (; ms > 0; ms--) {
		run_with_host(1);
		core.eeprom[at] = 0x11;
	}
}

static void what_does_not_stay_is_said_and_written_again(void **state)
{
	(void)state;
	assert_int_equal(key(1, 1), RESULT_DONE);
	spoil(JOURNAL_KEY_AT + 20, 400);
	assert_slot(0, STORE_IS_BAD, 0);
	assert_true((core.panel.faults & FAULT_EEPROM) != 0);
	assert_int_equal(core.panel.keys.newest, 0);
	assert_int_equal(key(1, 1), RESULT_DONE);
	run_with_host(400);
	assert_slot(0, STORE_IS_KEPT, 1);
	spoil(JOURNAL_KEY_AT + 20, 1);
	erase();
	spoil(JOURNAL_KEY_AT + 20, 600);
	assert_slot(0, STORE_IS_BAD, 0);
	assert_int_equal(core_find_event(EVENT_KEYS_ERASED).kind, EVENT_NONE);
	assert_int_equal(witness(7, 1, 1, EPOCH), RESULT_DONE);
	spoil(JOURNAL_WITNESS_AT + 20, 400);
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_BAD);
	assert_int_equal(witness(7, 1, 1, EPOCH), RESULT_DONE);
	run_with_host(400);
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_KEPT);
}

/* Nothing of an event waits for the 54 bytes of a witness record. */
static void a_long_record_gives_way(void **state)
{
	(void)state;
	witness(7, 1, 0xFFFF, EPOCH);
	core_press(INPUT_UPLINK_1, 10);
	run_with_host(300);
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_WRITING);
	core_start(RESET_POWER_ON, MEMORY_LOST);
	assert_int_equal(core.panel.kept.latched, 1);
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_EMPTY);
	assert_int_equal(core_find_event(EVENT_PROVEN).kind, EVENT_PROVEN);
	run_with_host(2000);
	key(1, 1);
	run_with_host(30);
	core_press(INPUT_DECLARE, 10);
	run_with_host(1500);
	assert_slot(0, STORE_IS_KEPT, 1);
	restart();
	assert_slot(0, STORE_IS_KEPT, 1);
}

/* ---- self-test ---- */

static void self_test(void)
{
	const struct command c = {.code = COMMAND_SELF_TEST, .nonce = ++nonce, .at = core.now};

	panel_command(&core.panel, &c);
	run_with_host(3000);
}

static void the_self_test_runs_at_start_by_command_and_daily(void **state)
{
	(void)state;
	core.panel.kept.provision.valid = true;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	assert_false(core.panel.test.is_known);
	run_with_host(1500);
	assert_int_equal(core_find_event(EVENT_SELF_TEST).arg, FAULT_PROVISION);
	core_drop_events();
	self_test();
	assert_int_equal(core_find_event(EVENT_SELF_TEST).arg, FAULT_PROVISION);
	core_drop_events();
	panel_self_test(&core.panel, SELF_TEST_ORDERED);
	panel_self_test(&core.panel, SELF_TEST_ORDERED);
	run_with_host(3000);
	assert_int_equal(core_find_event(EVENT_SELF_TEST).kind, EVENT_SELF_TEST);
	assert_int_equal(core_find_event(EVENT_SELF_TEST).kind, EVENT_NONE);
	core.panel.uptime_s += BOARD_SELF_TEST_S - 10;
	run_with_host(5000);
	assert_int_equal(core_find_event(EVENT_SELF_TEST).kind, EVENT_NONE);
	run_with_host(10000);
	assert_int_equal(core_find_event(EVENT_SELF_TEST).kind, EVENT_SELF_TEST);
	assert_int_equal(core.panel.test_ms, 0);
}

static void what_is_on_at_start_is_stuck(void **state)
{
	(void)state;
	core.pressed = INPUT_KEY | INPUT_DECLARE;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	run_with_host(3000);
	assert_int_equal(core_find_event(EVENT_SELF_TEST).arg, FAULT_PROVISION | FAULT_KEY | FAULT_BUTTON);
}

static void a_broken_mirror_and_a_missing_supply_are_found(void **state)
{
	(void)state;
	core.welded = 1;
	core.no_supply = true;
	core_start(RESET_POWER_ON, MEMORY_LOST);
	run_with_host(3000);
	assert_int_equal(core_find_event(EVENT_SELF_TEST).arg, FAULT_PROVISION | FAULT_MIRROR | FAULT_SUPPLY);
}

static void assert_mended(uint16_t at)
{
	core.eeprom[at] ^= 0x10;
	self_test();
	assert_int_equal(core_find_event(EVENT_SELF_TEST).arg & FAULT_EEPROM, FAULT_EEPROM);
	core_drop_events();
	run_with_host(1000);
	self_test();
	assert_int_equal(core_find_event(EVENT_SELF_TEST).arg & FAULT_EEPROM, 0);
	run_with_host(1000);
	core_drop_events();
	run_with_host(1000);
}

static void an_unreadable_record_is_found_and_written_anew(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_2, 20);
	witness(7, 1, 1, EPOCH);
	run_with_host(3000);
	core_drop_events();
	key(1, 1);
	run_with_host(3000);
	for (uint16_t slot = 0; slot < JOURNAL_RING; slot++) {
		assert_mended((uint16_t)(JOURNAL_LATCH_AT + slot * JOURNAL_LATCH_SIZE));
		assert_mended((uint16_t)(JOURNAL_LIFE_AT + slot * JOURNAL_LIFE_SIZE));
	}
	for (uint16_t slot = 0; slot < JOURNAL_WITNESS_RING; slot++)
		assert_mended((uint16_t)(JOURNAL_WITNESS_AT + slot * JOURNAL_SLOT_SIZE));
	assert_mended(JOURNAL_KEY_AT + 5);
	assert_mended(JOURNAL_KEY_AT + JOURNAL_SLOT_SIZE + 5);
	assert_mended(JOURNAL_EVENT_AT + 3);
	restart();
	assert_int_equal(core.panel.kept.latched, 2);
	assert_int_equal(witnessed_size(), 1);
	assert_slot(0, STORE_IS_KEPT, 1);
	assert_int_equal(core.panel.kept.torn, 0);
}

static void a_waiting_event_is_written_anew(void **state)
{
	uint8_t slot = core.panel.kept.events.next_slot;

	(void)state;
	core_press(INPUT_DECLARE, 20);
	run_with_host(500);
	core.eeprom[JOURNAL_EVENT_AT + slot * JOURNAL_EVENT_SIZE + 4] ^= 1;
	self_test();
	core_start(RESET_POWER_ON, MEMORY_LOST);
	assert_int_equal(core_find_event(EVENT_DECLARE).kind, EVENT_DECLARE);
}

static void an_empty_witness_slot_that_is_damaged_is_blanked(void **state)
{
	(void)state;
	assert_mended(JOURNAL_WITNESS_AT + 3);
	assert_int_equal(core.panel.kept.witness.state, STORE_IS_EMPTY);
	for (uint16_t at = JOURNAL_WITNESS_AT; at < JOURNAL_KEY_AT; at++)
		core.eeprom[at] = 0;
	self_test();
	assert_int_equal(core.panel.journal.scan_bad, JOURNAL_WITNESS_RING);
}

static void lost_provisioning_is_found(void **state)
{
	(void)state;
	core.panel.test.was_provisioned = true;
	self_test();
	assert_int_equal(core_find_event(EVENT_SELF_TEST).arg, FAULT_PROVISION | FAULT_EEPROM);
}

static uint16_t read_block(uint16_t at, uint8_t size, int index)
{
	uint16_t crc;
	const uint8_t head[] = {1, 3, (uint8_t)(at >> 8), (uint8_t)at, 0, size};

	memcpy(frame, head, sizeof head);
	crc = crc16(frame, sizeof head);
	frame[6] = (uint8_t)crc;
	frame[7] = (uint8_t)(crc >> 8);
	assert_int_equal(slave_answer(&core.panel, frame, 8, core.now), 5 + 2 * size);
	return answered(index);
}

static void the_block_tells_self_test_and_proofs(void **state)
{
	const struct command prove = {.code = COMMAND_PROVE, .uplinks = 2, .nonce = ++nonce};

	(void)state;
	run_with_host(5000);
	assert_int_equal(read_block(BLOCK_SELF_TEST, SELF_TEST_SIZE, SELF_TEST_FOUND), FAULT_PROVISION);
	assert_in_range(answered(SELF_TEST_AGE_LOW), 4, 6);
	assert_int_equal(answered(SELF_TEST_PROOF + PROOF_RESULT), PROOF_IS_NONE);
	assert_int_equal(answered(SELF_TEST_PROOF + PROOF_AGE_HIGH), 0xFFFF);
	panel_command(&core.panel, &prove);
	trip_set_coils(&core.trip, core.panel.coils);
	assert_true((read_block(BLOCK_STATUS, STATUS_SIZE, STATUS_UPLINK + 1) & UPLINK_PROVING) != 0);
	assert_int_equal(answered(STATUS_UPLINK) & UPLINK_PROVING, 0);
	core.panel.relays[3].blind = true;
	assert_true((read_block(BLOCK_STATUS, STATUS_SIZE, STATUS_UPLINK + 3) & UPLINK_BLIND) != 0);
	run_with_host(2500);
	read_block(BLOCK_SELF_TEST, SELF_TEST_SIZE, 0);
	assert_int_equal(answered(SELF_TEST_PROOF + PROOF_SIZE + PROOF_RESULT), PROOF_IS_GOOD);
	assert_in_range(answered(SELF_TEST_PROOF + PROOF_SIZE + PROOF_AGE_LOW), 1, 3);
	assert_in_range(answered(SELF_TEST_PROOF + PROOF_SIZE + PROOF_US_LOW), 9000, 12000);
	core_start(RESET_POWER_ON, MEMORY_LOST);
	assert_int_equal(read_block(BLOCK_SELF_TEST, SELF_TEST_SIZE, SELF_TEST_AGE_HIGH), 0xFFFF);
	core.panel.kept.keys[0].state = STORE_IS_BAD;
	core.panel.keys.answer.result = RESULT_DONE;
	assert_int_equal(read_block(BLOCK_KEY_SLOTS, KEY_SLOTS_SIZE, KEY_SLOTS_RESULT), RESULT_NOT_KEPT);
}

int main(void)
{
#define WHEN_UP(test) cmocka_unit_test_setup(test, up)
	const struct CMUnitTest tests[] = {
		WHEN_UP(the_newest_log_is_kept_through_power_loss),
		WHEN_UP(a_log_that_was_cut_or_changed_is_refused),
		WHEN_UP(another_log_needs_the_jumper),
		WHEN_UP(one_write_a_minute_and_the_start_of_an_epoch),
		WHEN_UP(writes_without_end_are_refused),
		WHEN_UP(a_second_one_during_the_first_one_is_written_after_it),
		WHEN_UP(a_damaged_write_is_refused),
		WHEN_UP(no_cut_of_power_loses_the_witness),
		WHEN_UP(keys_take_turns),
		WHEN_UP(the_same_write_again_is_not_carried_out_twice),
		WHEN_UP(erasing_leaves_nothing),
		WHEN_UP(a_key_that_is_being_written_is_erased_too),
		WHEN_UP(no_cut_of_power_loses_both_keys),
		WHEN_UP(a_cut_of_power_while_erasing_leaves_the_newer_key_or_none),
		WHEN_UP(what_does_not_stay_is_said_and_written_again),
		WHEN_UP(a_long_record_gives_way),
		WHEN_UP(the_self_test_runs_at_start_by_command_and_daily),
		WHEN_UP(what_is_on_at_start_is_stuck),
		WHEN_UP(a_broken_mirror_and_a_missing_supply_are_found),
		WHEN_UP(an_unreadable_record_is_found_and_written_anew),
		WHEN_UP(a_waiting_event_is_written_anew),
		WHEN_UP(an_empty_witness_slot_that_is_damaged_is_blanked),
		WHEN_UP(lost_provisioning_is_found),
		WHEN_UP(the_block_tells_self_test_and_proofs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
