#include "tests/firmware/frames.h"

#include "board/map.h"
#include "firmware/core/crc16.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST = 256, COILS = COIL_LAMP + COIL_LAMPS };

uint32_t frame_roll(uint64_t *dice, uint32_t below)
{
	*dice = *dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*dice >> 33) % below;
}

/* ---- frames ---- */

static const struct {
	uint16_t address;
	uint8_t size;
} blocks[] =
	{
		{BLOCK_IDENTITY, IDENTITY_SIZE}, {BLOCK_STATUS, STATUS_SIZE},       {BLOCK_COUNTERS, COUNTERS_SIZE},
		{BLOCK_WITNESS, WITNESS_SIZE},   {BLOCK_KEY_SLOTS, KEY_SLOTS_SIZE}, {BLOCK_SELF_TEST, SELF_TEST_SIZE},
},
  wholes[] = {{BLOCK_WITNESS_WRITE, WITNESS_WRITE_SIZE}, {BLOCK_KEY_WRITE, KEY_WRITE_SIZE}};
enum { BLOCKS = sizeof blocks / sizeof blocks[0], WHOLES = sizeof wholes / sizeof wholes[0] };

static uint16_t word_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static size_t put(uint8_t *frame, size_t at, uint32_t word)
{
	frame[at] = (uint8_t)(word >> 8);
	frame[at + 1] = (uint8_t)word;
	return at + 2;
}

/* At the edge of a block, of the coils, or anywhere. */
static uint16_t some_address(uint64_t *dice)
{
	switch (frame_roll(dice, 4)) {
	case 0:
		return (uint16_t)(blocks[frame_roll(dice, BLOCKS)].address + (frame_roll(dice, 8) == 0));
	case 1:
		return (uint16_t)frame_roll(dice, EXCHANGE_SIZE + 2);
	case 2:
		return (uint16_t)frame_roll(dice, COILS + 3);
	default:
		return (uint16_t)frame_roll(dice, 0x10000);
	}
}

static uint16_t some_count(uint64_t *dice)
{
	return (uint16_t)(frame_roll(dice, 8) == 0 ? frame_roll(dice, 0x10000) : frame_roll(dice, 48));
}

static size_t add_words(uint64_t *dice, uint8_t *frame, size_t at, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		at = put(frame, at, frame_roll(dice, 2) == 0 ? frame_roll(dice, 0x10000) : frame_roll(dice, 64));
	return at;
}

static void seal_words(uint8_t *words, uint16_t count)
{
	uint16_t check = 0xFFFF;

	for (uint16_t i = 0; i + 1 < count; i++)
		check ^= word_at(words + 2 * i);
	(void)put(words, 2 * (count - 1U), check);
}

static void write_command(uint64_t *dice, uint8_t *words, uint32_t latch)
{
	static const uint16_t codes[] = {COMMAND_ISOLATE,   COMMAND_PERMIT,    COMMAND_PERMIT,
					 COMMAND_VOID,      COMMAND_PROVE,     COMMAND_EXPECT_ABSENCE,
					 COMMAND_SELF_TEST, COMMAND_ERASE_KEYS};

	(void)put(words, 0, codes[frame_roll(dice, sizeof codes / sizeof codes[0])]);
	(void)put(words, 2, 1 + frame_roll(dice, 16));
	(void)put(words, 8, latch >> 16);
	(void)put(words, 10, frame_roll(dice, 8) == 0 ? frame_roll(dice, 100) : latch);
	seal_words(words, EXCHANGE_SIZE - COMMAND_CODE);
}

/* What is written at `at`: an exchange with a command, a whole block, or any words. */
static size_t write_something(uint64_t *dice, uint8_t *frame, size_t at, uint32_t latch)
{
	unsigned sort = frame_roll(dice, 4), whole = frame_roll(dice, WHOLES);
	uint16_t address = sort == 0 ? wholes[whole].address : sort == 1 ? some_address(dice) : 0;
	uint16_t count = sort == 0   ? wholes[whole].size
			 : sort == 1 ? (uint16_t)frame_roll(dice, 40)
				     : (uint16_t)(frame_roll(dice, 4) == 0 ? EXCHANGE_POLL_SIZE : EXCHANGE_SIZE);
	size_t words = put(frame, put(frame, at, address), count) + 1;
	size_t end = add_words(dice, frame, words, count);

	frame[words - 1] = (uint8_t)(2 * count + (frame_roll(dice, 32) == 0));
	if (sort >= 2)
		(void)put(frame, words + 2 * EXCHANGE_LAMPS, frame_roll(dice, 16) == 0 ? 0xFFFF : frame_roll(dice, 64));
	if (sort >= 2 && count == EXCHANGE_SIZE)
		write_command(dice, frame + words + 2 * COMMAND_CODE, latch);
	if (sort == 0)
		seal_words(frame + words, count);
	return end;
}

static size_t request(uint64_t *dice, uint8_t *frame, uint32_t latch)
{
	static const uint8_t codes[] = {1, 2, 3, 4, 5, 6, 15, 16, 16, 16, 23, 23, 23, 23, 7, 43};
	size_t at = 2;

	frame[0] = frame_roll(dice, 16) == 0 ? (uint8_t)frame_roll(dice, 256) : BOARD_SLAVE;
	frame[1] = codes[frame_roll(dice, sizeof codes)];
	if (frame[1] == 16)
		return write_something(dice, frame, at, latch);
	at = put(frame, at, some_address(dice));
	if (frame[1] == 5)
		return put(frame, at,
			   frame_roll(dice, 4) == 0 ? frame_roll(dice, 0x10000) : frame_roll(dice, 2) * 0xFF00U);
	at = put(frame, at, some_count(dice));
	if (frame[1] == 15) {
		frame[at++] = (uint8_t)(frame_roll(dice, 8) != 0);
		frame[at++] = (uint8_t)frame_roll(dice, 256);
	}
	return frame[1] == 23 ? write_something(dice, frame, at, latch) : at;
}

static size_t noise(uint64_t *dice, uint8_t *frame)
{
	size_t length = frame_roll(dice, 40);

	for (size_t i = 0; i < length; i++)
		frame[i] = (uint8_t)frame_roll(dice, 256);
	return length;
}

static void disturb(uint64_t *dice, uint8_t *frame, size_t length)
{
	for (unsigned left = 1 + frame_roll(dice, 3); length > 0 && left > 0; left--)
		frame[frame_roll(dice, (uint32_t)length)] ^= (uint8_t)(1U << frame_roll(dice, 8));
}

size_t frame_make(uint64_t *dice, uint32_t latch, uint8_t frame[FRAME_MAX])
{
	bool is_noise = frame_roll(dice, 16) == 0;
	size_t length = is_noise ? noise(dice, frame) : request(dice, frame, latch);
	uint16_t crc;

	if (frame_roll(dice, 8) == 0)
		disturb(dice, frame, length);
	if (frame_roll(dice, 16) == 0 && length > 1)
		length -= 1 + frame_roll(dice, 2) % (length - 1);
	crc = crc16(frame, (uint16_t)length);
	frame[length++] = (uint8_t)crc;
	frame[length++] = (uint8_t)(crc >> 8);
	if (frame_roll(dice, 8) == 0)
		disturb(dice, frame, length);
	return length;
}

/* ---- what must become of them ---- */

enum { GOOD, FUNCTION, ADDRESS, VALUE };
#define FAILS(with) ((struct frame_answer){.exception = (with)})
#define ANSWERS(bytes) ((struct frame_answer){.length = (uint16_t)(bytes)})

static bool is_lamp(uint32_t coil)
{
	return coil >= COIL_LAMP && coil < COILS;
}

static bool covers_part(uint32_t address, uint32_t count, uint32_t first, uint32_t last)
{
	uint32_t covered = 0;

	for (uint32_t reg = first; reg <= last; reg++)
		covered += reg >= address && reg < address + count;
	return covered != 0 && covered != last - first + 1;
}

static uint8_t judge_write(uint32_t address, uint32_t count, const uint8_t *words)
{
	for (unsigned i = 0; i < WHOLES; i++)
		if (address >= wholes[i].address && address < (uint32_t)wholes[i].address + wholes[i].size)
			return address == wholes[i].address && count == wholes[i].size ? GOOD : VALUE;
	if (count == 0 || address + count > EXCHANGE_SIZE)
		return ADDRESS;
	if (covers_part(address, count, EXCHANGE_ACK_HIGH, EXCHANGE_ACK_LOW) ||
	    covers_part(address, count, COMMAND_CODE, COMMAND_CHECK))
		return VALUE;
	if (address <= EXCHANGE_LAMPS && address + count > EXCHANGE_LAMPS &&
	    (word_at(words + 2 * (EXCHANGE_LAMPS - address)) & ~BOARD_LAMPS_OF_HOST) != 0)
		return VALUE;
	return GOOD;
}

static bool can_be_read(uint32_t address, uint32_t count)
{
	for (unsigned i = 0; i < BLOCKS; i++)
		if (blocks[i].address == address && count >= 1 && count <= blocks[i].size)
			return true;
	return false;
}

static struct frame_answer judge_bits(const uint8_t *data, size_t length, uint32_t limit)
{
	uint32_t address = word_at(data), count = word_at(data + 2);

	if (length != 4 || count == 0)
		return FAILS(VALUE);
	return address + count > limit ? FAILS(ADDRESS) : ANSWERS(5 + (count + 7) / 8);
}

static struct frame_answer judge_coil(const uint8_t *data, size_t length)
{
	if (length != 4 || (word_at(data + 2) != 0 && word_at(data + 2) != 0xFF00))
		return FAILS(VALUE);
	return is_lamp(word_at(data)) ? ANSWERS(8) : FAILS(ADDRESS);
}

static struct frame_answer judge_coils(const uint8_t *data, size_t length)
{
	uint32_t address = word_at(data), count = word_at(data + 2);

	if (length != 6 || count == 0 || count > COIL_LAMPS || data[4] != 1)
		return FAILS(VALUE);
	return is_lamp(address) && is_lamp(address + count - 1) ? ANSWERS(8) : FAILS(ADDRESS);
}

static struct frame_answer judge_registers(const uint8_t *data, size_t length)
{
	uint32_t count = word_at(data + 2);
	uint8_t verdict;

	if (length < 5 || count > 63 || data[4] != 2 * count || length != 5 + 2 * count)
		return FAILS(VALUE);
	verdict = count > WITNESS_WRITE_SIZE ? VALUE : judge_write(word_at(data), count, data + 5);
	return verdict == GOOD ? ANSWERS(8) : FAILS(verdict);
}

static struct frame_answer judge_exchange(const uint8_t *data, size_t length)
{
	uint32_t wanted = word_at(data + 2), count;
	uint8_t verdict;

	if (length < 9)
		return FAILS(VALUE);
	count = word_at(data + 6);
	if (count > WITNESS_WRITE_SIZE || data[8] != 2 * count || length != 9 + 2 * count)
		return FAILS(VALUE);
	if (!can_be_read(word_at(data), wanted))
		return FAILS(ADDRESS);
	verdict = judge_write(word_at(data + 4), count, data + 9);
	return verdict == GOOD ? ANSWERS(5 + 2 * wanted) : FAILS(verdict);
}

static struct frame_answer judge(uint8_t code, const uint8_t *data, size_t length)
{
	uint8_t verdict;

	if (length < 4)
		return FAILS(VALUE);
	switch (code) {
	case 1:
		return judge_bits(data, length, COILS);
	case 2:
		return judge_bits(data, length, BOARD_DISCRETE_INPUTS);
	case 3:
	case 4:
		if (length != 4)
			return FAILS(VALUE);
		return can_be_read(word_at(data), word_at(data + 2)) ? ANSWERS(5 + 2 * word_at(data + 2))
								     : FAILS(ADDRESS);
	case 5:
		return judge_coil(data, length);
	case 6:
		verdict = length == 4 ? judge_write(word_at(data), 1, data + 2) : VALUE;
		return verdict == GOOD ? ANSWERS(8) : FAILS(verdict);
	case 15:
		return judge_coils(data, length);
	case 16:
		return judge_registers(data, length);
	case 23:
		return judge_exchange(data, length);
	default:
		return FAILS(FUNCTION);
	}
}

struct frame_answer frame_expected(const uint8_t *frame, size_t length)
{
	struct frame_answer answer;

	if (length < 4 || length > LONGEST || crc16(frame, (uint16_t)length) != 0 || frame[0] != BOARD_SLAVE)
		return (struct frame_answer){0};
	answer = judge(frame[1], frame + 2, length - 4);
	if (answer.exception != 0)
		answer.length = 5;
	return answer;
}
