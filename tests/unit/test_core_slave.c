/* The Modbus slave: frames in, frames out, and nothing half done. */
#include "core_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static uint8_t frame[SLAVE_FRAME_MAX];
static uint16_t frame_length;

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

/* Sends address, function and data; the answer is in `frame`. */
static uint16_t ask_bytes(const uint8_t *bytes, uint16_t length)
{
	uint16_t crc = crc16(bytes, length);

	memcpy(frame, bytes, length);
	frame[length] = (uint8_t)crc;
	frame[length + 1] = (uint8_t)(crc >> 8);
	frame_length = slave_answer(&core.panel, frame, (uint16_t)(length + 2), core.now);
	if (frame_length != 0)
		assert_int_equal(crc16(frame, frame_length), 0);
	return frame_length;
}

#define ASK(...) ask_bytes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void assert_exception(uint8_t function, uint8_t exception)
{
	assert_int_equal(frame_length, 5);
	assert_int_equal(frame[1], function | 0x80);
	assert_int_equal(frame[2], exception);
}

static uint16_t answered(uint8_t index)
{
	return (uint16_t)(frame[3 + 2 * index] << 8 | frame[4 + 2 * index]);
}

static void the_crc_is_that_of_modbus(void **state)
{
	(void)state;
	assert_int_equal(crc16((const uint8_t *)"123456789", 9), 0x4B37);
	assert_int_equal(crc16(NULL, 0), 0xFFFF);
}

static void every_block_begins_with_its_header(void **state)
{
	static const struct {
		uint8_t high, low, size;
	} blocks[] = {{0x00, 0x80, IDENTITY_SIZE}, {0x01, 0x00, STATUS_SIZE}, {0x01, 0x80, COUNTERS_SIZE}};

	(void)state;
	ASK(1, 6, 0, EXCHANGE_NONCE, 0xBE, 0xEF);
	for (int i = 0; i < 3; i++) {
		uint16_t sequence;

		assert_int_equal(ASK(1, 3, blocks[i].high, blocks[i].low, 0, blocks[i].size), 5 + 2 * blocks[i].size);
		assert_int_equal(answered(HEADER_MAP), BOARD_MAP_VERSION);
		assert_int_equal(answered(HEADER_NONCE), 0xBEEF);
		assert_int_equal(answered(HEADER_BLOCK), blocks[i].high << 8 | blocks[i].low);
		sequence = answered(HEADER_SEQUENCE);
		ASK(1, 4, blocks[i].high, blocks[i].low, 0, 4);
		assert_int_equal(answered(HEADER_SEQUENCE), sequence + 1);
		ASK(1, 3, blocks[i].high, blocks[i].low, 0, (uint8_t)(blocks[i].size + 1));
		assert_exception(3, 2);
		ASK(1, 3, blocks[i].high, (uint8_t)(blocks[i].low + 1), 0, 1);
		assert_exception(3, 2);
	}
	ASK(1, 3, 0x01, 0x00, 0, 0);
	assert_exception(3, 2);
	ASK(1, 3, 0, 0, 0, 1);
	assert_exception(3, 2);
}

static void identity_and_status_tell_the_truth(void **state)
{
	(void)state;
	core.panel.kept.provision.pulse = 2;
	core.panel.kept.provision.baud = 1;
	core.panel.kept.provision.journal = 0x12345678;
	ASK(1, 3, 0x00, 0x80, 0, IDENTITY_SIZE);
	assert_int_equal(answered(IDENTITY_PULSE), 2);
	assert_int_equal(answered(IDENTITY_BAUD), 1);
	assert_int_equal(answered(IDENTITY_JOURNAL_HIGH), 0x1234);
	assert_int_equal(answered(IDENTITY_JOURNAL_LOW), 0x5678);
	assert_int_equal(answered(IDENTITY_BOARD), BOARD_TYPE);
	assert_int_equal(answered(IDENTITY_FITTED), BOARD_ALL_UPLINKS);
	assert_int_equal(answered(IDENTITY_HEARTBEAT_MS), BOARD_HEARTBEAT_MS);
	core_press(INPUT_UPLINK_2, 50);
	ASK(1, 3, 0x01, 0x00, 0, STATUS_SIZE);
	assert_int_equal(answered(STATUS_UPLINK), UPLINK_FITTED | UPLINK_COIL | UPLINK_IS_CONNECTED << 8);
	assert_int_equal(answered(STATUS_UPLINK + 1),
			 UPLINK_FITTED | UPLINK_MIRROR | UPLINK_LATCHED | UPLINK_IS_CUT << 8);
	assert_int_equal(answered(STATUS_LATCH_LOW), 1);
	assert_int_equal(answered(STATUS_EVENTS_WAITING), 3);
	assert_int_equal(answered(STATUS_EVENT_KIND), EVENT_UPLINK_ISOLATE);
	assert_int_equal(answered(STATUS_EVENT_UPLINK), 2);
	assert_int_equal(answered(STATUS_EVENT_TIMES), 1);
	assert_int_equal(answered(STATUS_PERMIT_LEFT_S), 0);
}

static void status_shows_permit_fault_and_absence(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_2, 50);
	core.panel.kept.provision.fitted = 0x07;
	core.panel.relays[2].bad = RELAY_BAD_OFF;
	panel_command(&core.panel, &(struct command){.code = COMMAND_PERMIT,
						     .uplinks = 2,
						     .nonce = 0x12345678,
						     .argument = core.panel.kept.latch_number});
	ASK(1, 3, 0x01, 0x00, 0, STATUS_SIZE);
	assert_int_equal(answered(STATUS_PERMIT_STATE), PERMIT_WAIT_OFF);
	assert_int_equal(answered(STATUS_PERMIT_LEFT_S), BOARD_PERMIT_S);
	assert_int_equal(answered(STATUS_RESULT), RESULT_DONE);
	assert_int_equal(answered(STATUS_RESULT_NONCE_HIGH), 0x1234);
	assert_int_equal(answered(STATUS_RESULT_NONCE_LOW), 0x5678);
	assert_true((answered(STATUS_UPLINK + 1) & UPLINK_PERMITTED) != 0);
	assert_int_equal(answered(STATUS_UPLINK) & UPLINK_PERMITTED, 0);
	assert_true((answered(STATUS_UPLINK + 2) & UPLINK_MIRROR_BAD) != 0);
	assert_int_equal(answered(STATUS_UPLINK + 3), 0);
}

/* One exchange as the panel daemon does it; `command` NULL: a poll. */
static void exchange(uint16_t nonce, uint32_t acknowledge, const uint16_t command[7])
{
	uint8_t count = command == NULL ? EXCHANGE_POLL_SIZE : EXCHANGE_SIZE;
	uint8_t bytes[64] = {1, 23, 0x01, 0x00, 0, STATUS_SIZE, 0, 0, 0, count, (uint8_t)(2 * count)};
	uint16_t words[EXCHANGE_SIZE] = {nonce, 1, LAMP_INCIDENT, (uint16_t)(acknowledge >> 16), (uint16_t)acknowledge};

	if (command != NULL)
		memcpy(words + COMMAND_CODE, command, 7 * sizeof words[0]);
	for (uint8_t i = 0; i < count; i++) {
		bytes[11 + 2 * i] = (uint8_t)(words[i] >> 8);
		bytes[12 + 2 * i] = (uint8_t)words[i];
	}
	ask_bytes(bytes, (uint16_t)(11 + 2 * count));
}

static void a_poll_beats_lights_and_acknowledges(void **state)
{
	uint32_t number;

	(void)state;
	core_press(INPUT_DECLARE, 50);
	core.panel.host.silent_ms = 500;
	exchange(0x1111, 0, NULL);
	assert_int_equal(answered(HEADER_NONCE), 0x1111);
	assert_int_equal(core.panel.host.silent_ms, 0);
	assert_int_equal(core.panel.host.lamps, LAMP_INCIDENT);
	number = (uint32_t)answered(STATUS_EVENT_NUMBER_HIGH) << 16 | answered(STATUS_EVENT_NUMBER_LOW);
	assert_int_equal(answered(STATUS_EVENT_KIND), EVENT_DECLARE);
	exchange(0x2222, number + 1, NULL);
	assert_int_equal(answered(STATUS_EVENT_KIND), EVENT_DECLARE);
	exchange(0x3333, number, NULL);
	assert_int_equal(answered(STATUS_EVENT_NUMBER_LOW), 0);
	assert_int_equal(answered(STATUS_EVENTS_WAITING), 0);
}

static void sign(uint16_t command[7])
{
	command[6] = 0xFFFF;
	for (int i = 0; i < 6; i++)
		command[6] ^= command[i];
}

static void a_command_needs_its_check_word(void **state)
{
	uint16_t command[7] = {COMMAND_ISOLATE, 0x04, 0, 1};

	(void)state;
	exchange(1, 0, command);
	assert_int_equal(answered(STATUS_RESULT), RESULT_BAD_CHECK);
	assert_int_equal(core.panel.coils, 0x0F);
	sign(command);
	for (int bit = 0; bit < 7 * 16; bit++) {
		command[bit / 16] ^= (uint16_t)(1U << bit % 16);
		exchange((uint16_t)(2 + bit), 0, command);
		assert_int_equal(answered(STATUS_RESULT), RESULT_BAD_CHECK);
		command[bit / 16] ^= (uint16_t)(1U << bit % 16);
	}
	assert_int_equal(core.panel.coils, 0x0F);
	exchange(200, 0, command);
	assert_int_equal(answered(STATUS_RESULT), RESULT_DONE);
	assert_int_equal(answered(STATUS_RESULT_NONCE_LOW), 1);
	assert_int_equal(core.panel.coils, 0x0B);
}

static void writes_are_whole_or_refused(void **state)
{
	(void)state;
	/* Part of a command, part of an acknowledgement, unknown lamps, past the end, nothing. */
	ASK(1, 6, 0, COMMAND_CODE, 0x3A, 0xC5);
	assert_exception(6, 3);
	ASK(1, 6, 0, EXCHANGE_ACK_LOW, 0, 1);
	assert_exception(6, 3);
	ASK(1, 6, 0, EXCHANGE_LAMPS, 0x00, 0x40);
	assert_exception(6, 3);
	ASK(1, 6, 0, EXCHANGE_SIZE, 0, 0);
	assert_exception(6, 2);
	ASK(1, 16, 0, COMMAND_ARGUMENT_LOW, 0, 3, 6, 0, 0, 0, 0, 0, 0);
	assert_exception(16, 2);
	ASK(1, 16, 0, 0, 0, 0, 0);
	assert_exception(16, 2);
	/* The nonce before the bad lamps is not taken either. */
	ASK(1, 6, 0, EXCHANGE_NONCE, 0x11, 0x11);
	ASK(1, 16, 0, 0, 0, 3, 6, 0x22, 0x22, 0, 0, 0xFF, 0xFF);
	assert_exception(16, 3);
	assert_int_equal(core.panel.host.nonce, 0x1111);
	ASK(1, 23, 0x01, 0x01, 0, 1, 0, 0, 0, 1, 2, 0x33, 0x33);
	assert_exception(23, 2);
	ASK(1, 23, 0x01, 0x00, 0, 4, 0, 2, 0, 1, 2, 0xFF, 0xFF);
	assert_exception(23, 3);
	assert_int_equal(core.panel.host.nonce, 0x1111);
}

static void single_and_multiple_writes_are_echoed(void **state)
{
	(void)state;
	assert_int_equal(ASK(1, 6, 0, EXCHANGE_LAMPS, 0, LAMP_DRILL), 8);
	assert_int_equal(core.panel.host.lamps, LAMP_DRILL);
	assert_int_equal(ASK(1, 16, 0, 1, 0, 2, 4, 0, 0, 0, LAMP_FAULT), 8);
	assert_int_equal(frame[5], 2);
	assert_int_equal(core.panel.host.lamps, LAMP_FAULT);
}

static void byte_counts_must_fit(void **state)
{
	(void)state;
	ASK(1, 16, 0, 1, 0, 2, 5, 0, 0, 0, 0);
	assert_exception(16, 3);
	ASK(1, 16, 0, 1, 0, 2, 4, 0, 0, 0);
	assert_exception(16, 3);
	ASK(1, 16, 0, 1, 0, 2, 4, 0, 0, 0, 0, 0);
	assert_exception(16, 3);
	ASK(1, 16, 0, 1, 0, 0x80, 0, 0, 0);
	assert_exception(16, 3);
	ASK(1, 16, 0, 1, 0, 2, 0xFF);
	assert_exception(16, 3);
	ASK(1, 16, 0, 1, 0, 2);
	assert_exception(16, 3);
	ASK(1, 23, 1, 0, 0, 4, 0, 0, 0, 1);
	assert_exception(23, 3);
	ASK(1, 23, 1, 0, 0, 4, 0, 0, 0, 1, 4, 0, 0);
	assert_exception(23, 3);
	ASK(1, 3, 1, 0, 0, 4, 0);
	assert_exception(3, 3);
	ASK(1, 6, 0, 0, 0, 0, 0);
	assert_exception(6, 3);
	ASK(1, 1, 0, 0, 0);
	assert_exception(1, 3);
}

static void coils_and_inputs_are_bits(void **state)
{
	(void)state;
	core_press(INPUT_UPLINK_1, 50);
	assert_int_equal(ASK(1, 1, 0, 0, 0, 22), 8);
	assert_int_equal(frame[2], 3);
	assert_int_equal(frame[3], 0x0E);
	assert_int_equal(ASK(1, 2, 0, 8, 0, 5), 6);
	assert_int_equal(frame[3], 0x11);
	ASK(1, 1, 0, 0, 0, 23);
	assert_exception(1, 2);
	ASK(1, 1, 0, 22, 0, 1);
	assert_exception(1, 2);
	ASK(1, 2, 0, 0, 0, 0);
	assert_exception(2, 3);
	ASK(1, 2, 0, 0, 0, 1, 0);
	assert_exception(2, 3);
	ASK(1, 2, 0xFF, 0xFF, 0, 1);
	assert_exception(2, 2);
}

static void lamps_can_be_written_as_coils_but_relays_cannot(void **state)
{
	(void)state;
	assert_int_equal(ASK(1, 5, 0, COIL_LAMP + 1, 0xFF, 0), 8);
	assert_int_equal(core.panel.host.lamps, LAMP_INCIDENT);
	ASK(1, 1, 0, COIL_LAMP, 0, 6);
	assert_int_equal(frame[3], LAMP_INCIDENT);
	ASK(1, 5, 0, COIL_LAMP + 1, 0, 0);
	assert_int_equal(core.panel.host.lamps, 0);
	ASK(1, 5, 0, COIL_LAMP, 0xFF, 1);
	assert_exception(5, 3);
	ASK(1, 5, 0, COIL_LAMP, 0xFF, 0, 0);
	assert_exception(5, 3);
	ASK(1, 5, 0, COIL_UPLINK, 0, 0);
	assert_exception(5, 2);
	ASK(1, 15, 0, COIL_LAMP, 0, 6, 1, 0x3F);
	assert_int_equal(core.panel.host.lamps, BOARD_LAMPS_OF_HOST);
	ASK(1, 15, 0, COIL_LAMP, 0, 2, 1, 0);
	assert_int_equal(core.panel.host.lamps, BOARD_LAMPS_OF_HOST & ~3);
	ASK(1, 15, 0, COIL_LAMP + 5, 0, 2, 1, 3);
	assert_exception(15, 2);
	ASK(1, 15, 0, 0, 0, 1, 1, 0);
	assert_exception(15, 2);
	ASK(1, 15, 0, COIL_LAMP, 0, 0, 1, 0);
	assert_exception(15, 3);
	ASK(1, 15, 0, COIL_LAMP, 0, 7, 1, 0);
	assert_exception(15, 3);
	ASK(1, 15, 0, COIL_LAMP, 0, 1, 2, 0, 0);
	assert_exception(15, 3);
	ASK(1, 15, 0, COIL_LAMP, 0, 1, 1, 0, 0);
	assert_exception(15, 3);
	ASK(1, 15, 0, COIL_LAMP, 0, 1);
	assert_exception(15, 3);
	assert_int_equal(core.panel.coils, 0x0F);
}

static void strangers_get_no_answer(void **state)
{
	(void)state;
	ASK(1, 43, 14, 1, 0);
	assert_exception(43, 3);
	ASK(1, 43, 14, 1, 0, 0);
	assert_exception(43, 1);
	assert_int_equal(ASK(2, 3, 1, 0, 0, 4), 0);
	assert_int_equal(ASK(0, 6, 0, EXCHANGE_LAMPS, 0, 1), 0);
	assert_int_equal(core.panel.host.lamps, 0);
	assert_int_equal(core.panel.bad_frames, 0);
	memcpy(frame, "\x01\x03\x01\x00\x00\x04\x00\x00", 8);
	assert_int_equal(slave_answer(&core.panel, frame, 8, core.now), 0);
	assert_int_equal(slave_answer(&core.panel, frame, 3, core.now), 0);
	assert_int_equal(slave_answer(&core.panel, frame, SLAVE_FRAME_MAX + 1, core.now), 0);
	assert_int_equal(core.panel.bad_frames, 3);
	memcpy(frame, "\x01\x03\x01\x00\x00\x04\x45\x00", 8);
	assert_int_equal(slave_answer(&core.panel, frame, 8, core.now), 0);
	core.panel.bad_frames = UINT16_MAX;
	assert_int_equal(slave_answer(&core.panel, frame, 3, core.now), 0);
	assert_int_equal(core.panel.bad_frames, UINT16_MAX);
}

int main(void)
{
#define WHEN_UP(test) cmocka_unit_test_setup(test, up)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_crc_is_that_of_modbus),
		WHEN_UP(every_block_begins_with_its_header),
		WHEN_UP(identity_and_status_tell_the_truth),
		WHEN_UP(status_shows_permit_fault_and_absence),
		WHEN_UP(a_poll_beats_lights_and_acknowledges),
		WHEN_UP(a_command_needs_its_check_word),
		WHEN_UP(writes_are_whole_or_refused),
		WHEN_UP(single_and_multiple_writes_are_echoed),
		WHEN_UP(byte_counts_must_fit),
		WHEN_UP(coils_and_inputs_are_bits),
		WHEN_UP(lamps_can_be_written_as_coils_but_relays_cannot),
		WHEN_UP(strangers_get_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
