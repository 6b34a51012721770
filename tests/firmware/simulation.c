#include "tests/firmware/simulation.h"

#include "firmware/core/crc16.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START_MS = 300, SELF_TEST_MS = 5000, POLL_MS = 20, QUIET_MS = 20 };

static void heard(void *context, uint8_t byte)
{
	struct sim *s = context;

	if (s->answer_length == 0)
		s->answer_began = board_now(s->board);
	if (s->answer_length < SIM_ANSWER_MAX)
		s->answer[s->answer_length++] = byte;
}

void sim_open(struct sim *s)
{
	const char *build = getenv("KANNUKI_BUILD");
	char path[4096];

	memset(s, 0, sizeof *s);
	memset(s->eeprom, 0xFF, sizeof s->eeprom);
	board_provision(s->eeprom, 0x0123456789ABCDEF, BOARD_UPLINKS);
	snprintf(path, sizeof path, "%s/firmware/kannuki-panel.hex", build != NULL ? build : "build/dev");
	s->board = board_new(path, s->eeprom);
	if (s->board == NULL)
		fail_msg("%s: cannot be read; run make, or set KANNUKI_BUILD", path);
	board_listen(s->board, heard, s);
}

void sim_close(struct sim *s)
{
	board_free(s->board);
	s->board = NULL;
}

static void run_until(struct sim *s, uint64_t until)
{
	while (s->stop_at != 0 && s->stop_at <= until) {
		board_run(s->board, s->stop_at);
		s->stop(s, s->context);
	}
	board_run(s->board, until);
}

void sim_run_us(struct sim *s, uint64_t us)
{
	run_until(s, board_now(s->board) + BOARD_US(us));
}

void sim_run_ms(struct sim *s, uint64_t ms)
{
	sim_run_us(s, ms * 1000);
}

void sim_run_polling(struct sim *s, uint64_t ms)
{
	uint64_t end = board_now(s->board) + BOARD_MS(ms);

	while (board_now(s->board) + BOARD_MS(POLL_MS) < end) {
		uint64_t next = board_now(s->board) + BOARD_MS(POLL_MS);

		sim_poll(s, 0);
		run_until(s, next);
	}
	run_until(s, end);
}

void sim_run_quiet(struct sim *s)
{
	for (int ms = 0; ms < QUIET_MS; ms++) {
		if (board_is_writing(s->board))
			ms = 0;
		sim_run_ms(s, 1);
	}
}

void sim_up(struct sim *s)
{
	board_power(s->board, true);
	sim_run_ms(s, START_MS);
	(void)sim_find(s, EVENT_SELF_TEST, SELF_TEST_MS);
	sim_drop_events(s);
}

void sim_power_cycle(struct sim *s, unsigned ms)
{
	board_power(s->board, false);
	sim_run_ms(s, ms);
	board_power(s->board, true);
	sim_run_ms(s, START_MS);
}

/* ---- the master ---- */

/* An answer begins within the timeout, and is over when nothing came for 2 ms. */
void sim_send(struct sim *s, const uint8_t *bytes, size_t length)
{
	uint64_t end;
	size_t before = 0;

	s->answer_length = 0;
	assert_true(board_send(s->board, bytes, length));
	end = board_sent_at(s->board) + BOARD_MS(BOARD_BUS_TIMEOUT_MS);
	while (board_now(s->board) < end || s->answer_length > before) {
		before = s->answer_length;
		sim_run_ms(s, 2);
		if (before > 0 && s->answer_length == before)
			return;
	}
}

void sim_ask(struct sim *s, const uint8_t *bytes, size_t length)
{
	uint8_t frame[300];
	uint16_t crc = crc16(bytes, (uint16_t)length);

	memcpy(frame, bytes, length);
	frame[length] = (uint8_t)crc;
	frame[length + 1] = (uint8_t)(crc >> 8);
	sim_send(s, frame, length + 2);
}

static void exchange(struct sim *s, const uint16_t *words, uint8_t count)
{
	uint8_t bytes[64] = {BOARD_SLAVE, 23,    BLOCK_STATUS >> 8,   BLOCK_STATUS & 0xFF, 0, STATUS_SIZE, 0, 0,
			     0,           count, (uint8_t)(2 * count)};

	for (uint8_t i = 0; i < count; i++) {
		bytes[11 + 2 * i] = (uint8_t)(words[i] >> 8);
		bytes[12 + 2 * i] = (uint8_t)words[i];
	}
	sim_ask(s, bytes, 11U + 2U * count);
	assert_int_equal(s->answer_length, 5 + 2 * STATUS_SIZE);
	assert_int_equal(crc16(s->answer, (uint16_t)s->answer_length), 0);
	assert_int_equal(s->answer[1], 23);
	for (uint8_t i = 0; i < STATUS_SIZE; i++)
		s->status[i] = (uint16_t)(s->answer[3 + 2 * i] << 8 | s->answer[4 + 2 * i]);
	assert_int_equal(s->status[HEADER_NONCE], words[0]);
}

void sim_poll(struct sim *s, uint32_t acknowledge)
{
	const uint16_t words[EXCHANGE_POLL_SIZE] = {++s->nonce, 1, s->lamps, (uint16_t)(acknowledge >> 16),
						    (uint16_t)acknowledge};

	exchange(s, words, EXCHANGE_POLL_SIZE);
}

uint16_t sim_command(struct sim *s, uint16_t code, uint16_t uplinks, uint32_t argument)
{
	uint16_t words[EXCHANGE_SIZE] = {++s->nonce, 1, s->lamps};
	uint16_t check = 0xFFFF;

	s->command_nonce++;
	words[COMMAND_CODE] = code;
	words[COMMAND_UPLINKS] = uplinks;
	words[COMMAND_NONCE_HIGH] = (uint16_t)(s->command_nonce >> 16);
	words[COMMAND_NONCE_LOW] = (uint16_t)s->command_nonce;
	words[COMMAND_ARGUMENT_HIGH] = (uint16_t)(argument >> 16);
	words[COMMAND_ARGUMENT_LOW] = (uint16_t)argument;
	for (int i = COMMAND_CODE; i < COMMAND_CHECK; i++)
		check ^= words[i];
	words[COMMAND_CHECK] = check;
	exchange(s, words, EXCHANGE_SIZE);
	return s->status[STATUS_RESULT];
}

void sim_read(struct sim *s, uint16_t address, uint8_t count, uint16_t *out)
{
	const uint8_t bytes[] = {BOARD_SLAVE, 3, (uint8_t)(address >> 8), (uint8_t)address, 0, count};

	sim_ask(s, bytes, sizeof bytes);
	assert_int_equal(s->answer_length, 5 + 2 * count);
	assert_int_equal(crc16(s->answer, (uint16_t)s->answer_length), 0);
	for (uint8_t i = 0; i < count; i++)
		out[i] = (uint16_t)(s->answer[3 + 2 * i] << 8 | s->answer[4 + 2 * i]);
}

void sim_write(struct sim *s, uint16_t address, uint8_t count, uint16_t *words)
{
	uint8_t bytes[80] = {BOARD_SLAVE, 16,    (uint8_t)(address >> 8), (uint8_t)address,
			     0,           count, (uint8_t)(2 * count)};
	uint16_t check = 0xFFFF;

	for (uint8_t i = 0; i < count - 1; i++)
		check ^= words[i];
	words[count - 1] = check;
	for (uint8_t i = 0; i < count; i++) {
		bytes[7 + 2 * i] = (uint8_t)(words[i] >> 8);
		bytes[8 + 2 * i] = (uint8_t)words[i];
	}
	sim_ask(s, bytes, 7U + 2U * count);
	assert_int_equal(s->answer_length, 8);
	assert_int_equal(s->answer[1], 16);
}

static uint32_t pair(const struct sim *s, int high)
{
	return (uint32_t)s->status[high] << 16 | s->status[high + 1];
}

uint32_t sim_latch(const struct sim *s)
{
	return pair(s, STATUS_LATCH_HIGH);
}

struct sim_event sim_oldest(const struct sim *s)
{
	return (struct sim_event){.number = pair(s, STATUS_EVENT_NUMBER_HIGH),
				  .kind = s->status[STATUS_EVENT_KIND],
				  .uplink = s->status[STATUS_EVENT_UPLINK],
				  .times = s->status[STATUS_EVENT_TIMES],
				  .arg = pair(s, STATUS_EVENT_ARG_HIGH),
				  .age_ms = pair(s, STATUS_EVENT_AGE_HIGH)};
}

struct sim_event sim_take(struct sim *s)
{
	struct sim_event event;

	sim_poll(s, 0);
	event = sim_oldest(s);
	if (event.number != 0)
		sim_poll(s, event.number);
	return event;
}

struct sim_event sim_find(struct sim *s, enum board_event kind, uint64_t ms)
{
	uint64_t end = board_now(s->board) + BOARD_MS(ms);

	do {
		struct sim_event event = sim_take(s);

		if (event.kind == (uint16_t)kind)
			return event;
	} while (board_now(s->board) < end);
	fail_msg("event %d did not come within %llu ms", (int)kind, (unsigned long long)ms);
	return (struct sim_event){0};
}

void sim_drop_events(struct sim *s)
{
	while (sim_take(s).number != 0) {
	}
}

/* ---- the operator ---- */

void sim_press_at(struct sim *s, uint64_t at, uint8_t bit, unsigned ms)
{
	assert_true(board_input(s->board, at, bit, true));
	assert_true(board_input(s->board, at + BOARD_MS(ms), bit, false));
}

uint64_t sim_noted(const struct sim *s, uint64_t since, enum board_happening what, uint8_t index, uint8_t level)
{
	uint64_t begin = board_log_begin(s->board);

	for (uint64_t i = board_log_end(s->board); i > since && i > begin; i--) {
		const struct board_note *note = board_log_at(s->board, i - 1);

		if (note->what == (uint8_t)what && note->index == index && note->level == level)
			return note->at;
	}
	return 0;
}

uint32_t sim_roll(struct sim_dice *dice, uint32_t below)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice->state >> 33) % below;
}
