/* A host that was taken over and does one thing without a pause: how often is a byte of EEPROM written? First until the
 * controller has had enough of it, then for a minute more.
 */
#include "tests/firmware/simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum {
	TRIES = 2000,      /* by then the allowance is spent */
	MOST_OF_ALL = 200, /* writes of a byte until then … */
	MOST_LATER = 2,    /* … and in the minute after */
	MINUTE_MS = 60000
};

static struct sim sim;
static uint16_t serial;

/* ---- what a host can do; each says what it was answered ---- */

static uint16_t cut(void)
{
	return sim_command(&sim, COMMAND_ISOLATE, BOARD_ALL_UPLINKS, 0);
}

static uint16_t permit(void)
{
	return sim_command(&sim, COMMAND_PERMIT, BOARD_ALL_UPLINKS, sim_latch(&sim));
}

static uint16_t permit_and_void(void)
{
	uint16_t result = permit();

	assert_int_equal(sim_command(&sim, COMMAND_VOID, 0, 0), RESULT_DONE);
	return result;
}

static uint16_t permit_and_cut(void)
{
	uint16_t result = permit();

	assert_int_equal(cut(), RESULT_DONE);
	return result;
}

static uint16_t prove(void)
{
	return sim_command(&sim, COMMAND_PROVE, BOARD_ALL_UPLINKS, 0);
}

static uint16_t expect_absence(void)
{
	return sim_command(&sim, COMMAND_EXPECT_ABSENCE, 0, BOARD_ABSENCE_MAX_S);
}

static uint16_t self_test(void)
{
	return sim_command(&sim, COMMAND_SELF_TEST, 0, 0);
}

static uint16_t witness(void)
{
	uint16_t words[WITNESS_WRITE_SIZE] = {[WITNESS_WRITE_EPOCH] = 1}, answer[WITNESS_SIZE];

	serial++;
	words[WITNESS_WRITE_NONCE_LOW] = serial;
	words[WITNESS_WRITE_LOG_SIZE + 3] = serial;
	memset(words + WITNESS_WRITE_ROOT, serial & 0xFF, 32);
	sim_write(&sim, BLOCK_WITNESS_WRITE, WITNESS_WRITE_SIZE, words);
	sim_read(&sim, BLOCK_WITNESS, WITNESS_SIZE, answer);
	return answer[WITNESS_RESULT];
}

static uint16_t key(void)
{
	uint16_t words[KEY_WRITE_SIZE] = {0}, answer[KEY_SLOTS_SIZE];

	serial++;
	words[KEY_WRITE_NONCE_LOW] = serial;
	words[KEY_WRITE_GENERATION_LOW] = serial;
	memset(words + KEY_WRITE_KEY, serial & 0xFF, 32);
	sim_write(&sim, BLOCK_KEY_WRITE, KEY_WRITE_SIZE, words);
	sim_read(&sim, BLOCK_KEY_SLOTS, KEY_SLOTS_SIZE, answer);
	return answer[KEY_SLOTS_RESULT];
}

static uint16_t key_and_erase(void)
{
	uint16_t result = key(), erased;

	sim_run_ms(&sim, 150);
	erased = sim_command(&sim, COMMAND_ERASE_KEYS, 0, 0);
	sim_run_ms(&sim, 150);
	return result == RESULT_TOO_SOON ? erased : result;
}

/* Its silence is told as long as the allowance for it lasts. */
static uint16_t fall_silent(void)
{
	struct sim_event event;
	uint16_t result = RESULT_TOO_SOON;

	sim_run_ms(&sim, 502);
	do {
		event = sim_take(&sim);
		if (event.kind == EVENT_HOST_LOST)
			result = RESULT_DONE;
	} while (event.number != 0);
	return result;
}

/* ---- without a pause ---- */

static uint16_t act(uint16_t (*what)(void))
{
	uint16_t result = what();

	sim_poll(&sim, sim_oldest(&sim).number);
	return result;
}

struct cell {
	uint32_t writes;
	uint16_t at;
};

static struct cell most_written(const uint32_t *since)
{
	struct cell most = {0, 0};

	for (uint16_t at = 0; at < BOARD_EEPROM_SIZE; at++)
		if (board_writes(sim.board, at) - since[at] > most.writes)
			most = (struct cell){board_writes(sim.board, at) - since[at], at};
	return most;
}

static void count_writes(uint32_t *writes)
{
	for (uint16_t at = 0; at < BOARD_EEPROM_SIZE; at++)
		writes[at] = board_writes(sim.board, at);
}

static void assert_spares_eeprom(const char *name, uint16_t (*what)(void), bool ends)
{
	uint32_t writes[BOARD_EEPROM_SIZE];
	uint64_t began = board_now(sim.board), until;
	unsigned tries = 0;
	struct cell early, later;

	count_writes(writes);
	while (tries < TRIES && act(what) != RESULT_TOO_SOON)
		tries++;
	early = most_written(writes);
	printf("#= %s: %u in %u s, byte 0x%03X written %u times\n", name, tries,
	       (unsigned)((board_now(sim.board) - began) / BOARD_CLOCK), early.at, early.writes);
	assert_int_equal(tries < TRIES, ends);
	assert_in_range(early.writes, 0, MOST_OF_ALL);
	count_writes(writes);
	until = board_now(sim.board) + BOARD_MS(MINUTE_MS);
	while (board_now(sim.board) < until)
		act(what);
	later = most_written(writes);
	printf("#= %s: in the next minute byte 0x%03X written %u times\n", name, later.at, later.writes);
	assert_in_range(later.writes, 0, MOST_LATER);
}

#define WITHOUT_A_PAUSE(what, ends)                      \
	static void what##_without_a_pause(void **state) \
	{                                                \
		(void)state;                             \
		assert_spares_eeprom(#what, what, ends); \
	}

WITHOUT_A_PAUSE(cut, false)
WITHOUT_A_PAUSE(permit, true)
WITHOUT_A_PAUSE(permit_and_void, true)
WITHOUT_A_PAUSE(permit_and_cut, true)
WITHOUT_A_PAUSE(prove, true)
WITHOUT_A_PAUSE(expect_absence, true)
WITHOUT_A_PAUSE(self_test, true)
WITHOUT_A_PAUSE(witness, true)
WITHOUT_A_PAUSE(key, true)
WITHOUT_A_PAUSE(key_and_erase, true)
WITHOUT_A_PAUSE(fall_silent, true)

static int up(void **state)
{
	const struct board_choices choices = {.controller = 1,
					      .fitted = BOARD_ALL_UPLINKS,
					      .isolate = BOARD_ALL_UPLINKS,
					      .heartbeat_ms = 500,
					      .journal = 1};

	(void)state;
	serial = 0;
	sim_open(&sim);
	board_provision_as(sim.eeprom, &choices);
	sim_up(&sim);
	return 0;
}

static int up_and_cut(void **state)
{
	up(state);
	assert_int_equal(cut(), RESULT_DONE);
	sim_run_polling(&sim, 200);
	sim_drop_events(&sim);
	return 0;
}

static int down(void **state)
{
	(void)state;
	sim_close(&sim);
	return 0;
}

int main(void)
{
#define CONNECTED(what) cmocka_unit_test_setup_teardown(what##_without_a_pause, up, down)
#define CUT(what) cmocka_unit_test_setup_teardown(what##_without_a_pause, up_and_cut, down)
	const struct CMUnitTest tests[] = {
		CUT(cut),
		CUT(permit),
		CUT(permit_and_void),
		CUT(permit_and_cut),
		CONNECTED(prove),
		CONNECTED(expect_absence),
		CONNECTED(self_test),
		CONNECTED(witness),
		CONNECTED(key),
		CONNECTED(key_and_erase),
		CONNECTED(fall_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
