/* docs/formats/board.md says what board/map.h says. Run from the top of the tree. */
#include "board/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static char page[64 * 1024];

static bool read_into(char *text, size_t size, const char *path)
{
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return false;
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	return true;
}

static int read_page(void **state)
{
	(void)state;
	return read_into(page, sizeof page, "docs/formats/board.md") ? 0 : -1;
}

static void assert_line(const char *line)
{
	if (strstr(page, line) == NULL)
		fail_msg("docs/formats/board.md lacks the line: %s", line);
}

static void assert_row(const char *first, const char *word, const char *meaning)
{
	char line[256];

	snprintf(line, sizeof line, "\n| %s | `%s` | %s |\n", first, word, meaning);
	assert_line(line);
}

static void assert_value(int value, const char *word, const char *meaning)
{
	char first[16];

	snprintf(first, sizeof first, "%d", value);
	assert_row(first, word, meaning);
}

static void values_are_those_of_the_map(void **state)
{
	(void)state;
#define ROW(number, name, word, meaning) assert_value(number, word, meaning);
	BOARD_RESULTS(ROW)
	BOARD_UPLINK_STATES(ROW)
	BOARD_PERMIT_STATES(ROW)
	BOARD_STORE_STATES(ROW)
	BOARD_PROOF_RESULTS(ROW)
	BOARD_FAULTS(ROW)
}

static void commands_are_those_of_the_map(void **state)
{
	char first[16];

	(void)state;
#define COMMAND(name, code, word, meaning)                       \
	snprintf(first, sizeof first, "0x%04X", (unsigned)code); \
	assert_row(first, word, meaning);
	BOARD_COMMANDS(COMMAND)
}

/* So that no few flipped bits make one command from another. */
static void codes_of_commands_differ_in_eight_bits(void **state)
{
#define CODE(name, code, word, meaning) code,
	static const unsigned codes[] = {BOARD_COMMANDS(CODE)};
	enum { CODES = sizeof codes / sizeof codes[0] };

	(void)state;
	for (int i = 0; i < CODES; i++)
		for (int k = i + 1; k < CODES; k++)
			assert_true(__builtin_popcount(codes[i] ^ codes[k]) >= 8);
}

static void events_are_those_of_the_map(void **state)
{
	char line[256];

	(void)state;
#define EVENT(number, name, word, has_uplink, arg)                                                               \
	snprintf(line, sizeof line, "\n| %d | `%s` | %s | %s |\n", number, word, has_uplink ? "yes" : "–", arg); \
	assert_line(line);
	BOARD_EVENTS(EVENT)
}

static void pins_are_those_of_the_map(void **state)
{
	char line[256];

	(void)state;
#define PIN(name, port, bit, meaning)                                           \
	snprintf(line, sizeof line, "\n| P%s%d | %s |\n", #port, bit, meaning); \
	assert_line(line);
	BOARD_PINS(PIN)
}

static void registers_stand_at_their_addresses(void **state)
{
	static const struct {
		unsigned address;
		const char *name;
	} registers[] = {
#define AT(block, name) {(unsigned)(block) + (unsigned)(name), #name}
		AT(0, HEADER_MAP),
		AT(0, HEADER_BLOCK),
		AT(BLOCK_EXCHANGE, EXCHANGE_ACK_LOW),
		AT(BLOCK_EXCHANGE, COMMAND_CODE),
		AT(BLOCK_EXCHANGE, COMMAND_CHECK),
		AT(BLOCK_IDENTITY, IDENTITY_BOARD),
		AT(BLOCK_IDENTITY, IDENTITY_CONTROLLER),
		AT(BLOCK_IDENTITY, IDENTITY_HEARTBEAT_MS),
		AT(BLOCK_STATUS, STATUS_INPUTS),
		AT(BLOCK_STATUS, STATUS_RESULT),
		AT(BLOCK_STATUS, STATUS_UPLINK),
		AT(BLOCK_STATUS, STATUS_EVENT_NUMBER_HIGH),
		AT(BLOCK_STATUS, STATUS_EVENT_LAST_AGE_LOW),
		AT(BLOCK_COUNTERS, COUNTER_FRAMES),
		AT(BLOCK_IDENTITY, IDENTITY_JOURNAL_LOW),
		AT(BLOCK_STATUS, STATUS_ABSENCE_LEFT_S),
		AT(BLOCK_COUNTERS, COUNTER_STARTS),
		AT(BLOCK_COUNTERS, COUNTER_STACK_FREE),
		AT(BLOCK_WITNESS, WITNESS_STATE),
		AT(BLOCK_WITNESS, WITNESS_ORIGIN),
		AT(BLOCK_WITNESS, WITNESS_LOG_SIZE),
		AT(BLOCK_WITNESS, WITNESS_ROOT),
		AT(BLOCK_WITNESS_WRITE, WITNESS_WRITE_EPOCH),
		AT(BLOCK_WITNESS_WRITE, WITNESS_WRITE_ORIGIN),
		AT(BLOCK_WITNESS_WRITE, WITNESS_WRITE_LOG_SIZE),
		AT(BLOCK_WITNESS_WRITE, WITNESS_WRITE_ROOT),
		AT(BLOCK_WITNESS_WRITE, WITNESS_WRITE_CHECK),
		AT(BLOCK_KEY_SLOTS, KEY_SLOTS_RESULT),
		AT(BLOCK_KEY_SLOTS, KEY_SLOTS_FIRST),
		AT(BLOCK_KEY_SLOTS, KEY_SLOTS_SECOND),
		AT(BLOCK_KEY_WRITE, KEY_WRITE_GENERATION_HIGH),
		AT(BLOCK_KEY_WRITE, KEY_WRITE_KEY),
		AT(BLOCK_KEY_WRITE, KEY_WRITE_CHECK),
		AT(BLOCK_SELF_TEST, SELF_TEST_FOUND),
		AT(BLOCK_SELF_TEST, SELF_TEST_PROOF),
	};

	(void)state;
	for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++) {
		char line[128];

		snprintf(line, sizeof line, "\n| 0x%04X | `%s` | ", registers[i].address, registers[i].name);
		assert_line(line);
	}
}

/* Either the keeper records it as an act of its own, or people are told what the note means. */
static void each_event_has_words(void **state)
{
	static char keeper[64 * 1024], words[64 * 1024];
	char entry[64];

	(void)state;
	assert_true(read_into(keeper, sizeof keeper, "app/keeper/events.c"));
	assert_true(read_into(words, sizeof words, "app/procedure/words.c"));
#define HAS_WORDS(number, name, word, has_uplink, arg)      \
	snprintf(entry, sizeof entry, "\t{\"%s\", ", word); \
	assert_true(strstr(keeper, entry) != NULL || strstr(words, entry) != NULL);
	BOARD_EVENTS(HAS_WORDS)
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_the_map),
		cmocka_unit_test(commands_are_those_of_the_map),
		cmocka_unit_test(events_are_those_of_the_map),
		cmocka_unit_test(pins_are_those_of_the_map),
		cmocka_unit_test(registers_stand_at_their_addresses),
		cmocka_unit_test(codes_of_commands_differ_in_eight_bits),
		cmocka_unit_test(each_event_has_words),
	};

	return cmocka_run_group_tests(tests, read_page, NULL);
}
