#include "uplink/block.h"

static uint32_t pair(const uint16_t *high)
{
	return (uint32_t)high[0] << 16 | high[1];
}

static void split(uint16_t *high, uint32_t value)
{
	high[0] = (uint16_t)(value >> 16);
	high[1] = (uint16_t)(value & 0xFFFF);
}

static uint64_t four(const uint16_t *high)
{
	return (uint64_t)pair(high) << 32 | pair(high + 2);
}

static void split_four(uint16_t *high, uint64_t value)
{
	split(high, (uint32_t)(value >> 32));
	split(high + 2, (uint32_t)value);
}

static void join_bytes(uint8_t *bytes, const uint16_t *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)(words[i / 2] >> (i % 2 == 0 ? 8 : 0));
}

static void split_bytes(uint16_t *words, const uint8_t *bytes, unsigned count)
{
	for (unsigned i = 0; i < count / 2; i++)
		words[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

/* The last of `count` words: with it the exclusive-or of all is 0xFFFF. */
static void add_check(uint16_t *words, size_t count)
{
	uint16_t check = 0;

	for (size_t i = 0; i + 1 < count; i++)
		check ^= words[i];
	words[count - 1] = (uint16_t)~check;
}

enum err block_check(const uint16_t *words, size_t count, const struct block_expected *expected)
{
	if (count < HEADER_SIZE)
		return ERR_FORMAT;
	if (words[HEADER_MAP] != BOARD_MAP_VERSION)
		return ERR_STATE;
	if (expected->check_nonce && words[HEADER_NONCE] != expected->nonce)
		return ERR_BUSY;
	return words[HEADER_BLOCK] == expected->block ? ERR_OK : ERR_FORMAT;
}

enum err identity_decode(const uint16_t *words, size_t count, struct panel_identity *out)
{
	if (count < IDENTITY_SIZE)
		return ERR_FORMAT;
	if (words[IDENTITY_BOARD] != BOARD_TYPE || (words[IDENTITY_FITTED] & ~BOARD_ALL_UPLINKS) != 0)
		return ERR_RANGE;
	*out = (struct panel_identity){
		.controller = four(words + IDENTITY_CONTROLLER),
		.journal = pair(words + IDENTITY_JOURNAL_HIGH),
		.map = words[HEADER_MAP],
		.firmware = {words[IDENTITY_FIRMWARE_MAJOR], words[IDENTITY_FIRMWARE_MINOR],
			     words[IDENTITY_FIRMWARE_PATCH]},
		.fitted = words[IDENTITY_FITTED],
	};
	return ERR_OK;
}

static enum err event_decode(const uint16_t *words, struct panel_event *out)
{
	struct panel_event event = {
		.number = pair(words + STATUS_EVENT_NUMBER_HIGH),
		.kind = words[STATUS_EVENT_KIND],
		.uplink = words[STATUS_EVENT_UPLINK],
		.times = words[STATUS_EVENT_TIMES],
		.arg = pair(words + STATUS_EVENT_ARG_HIGH),
		.age_ms = pair(words + STATUS_EVENT_AGE_HIGH),
		.last_age_ms = pair(words + STATUS_EVENT_LAST_AGE_HIGH),
	};

	if (event.number == 0) {
		*out = (struct panel_event){0};
		return ERR_OK;
	}
	if (event.kind == EVENT_NONE || event.uplink > BOARD_UPLINKS || event.times == 0)
		return ERR_RANGE;
	*out = event;
	return ERR_OK;
}

enum err status_decode(const uint16_t *words, size_t count, struct panel_state *out)
{
	struct panel_state state;
	enum err err;

	if (count < STATUS_SIZE)
		return ERR_FORMAT;
	state = (struct panel_state){
		.inputs = words[STATUS_INPUTS],
		.lamps = words[STATUS_LAMPS],
		.faults = words[STATUS_FAULTS],
		.latch = pair(words + STATUS_LATCH_HIGH),
		.result = words[STATUS_RESULT],
		.result_nonce = pair(words + STATUS_RESULT_NONCE_HIGH),
		.uptime_ms = pair(words + STATUS_UPTIME_HIGH),
		.waiting = words[STATUS_EVENTS_WAITING],
		.absence_left_s = words[STATUS_ABSENCE_LEFT_S],
	};
	for (unsigned i = 0; i < BOARD_UPLINKS; i++)
		state.uplink[i] = words[STATUS_UPLINK + i] & 0xFF;
	err = event_decode(words, &state.event);
	if (err == ERR_OK)
		*out = state;
	return err;
}

void poll_encode(uint16_t out[EXCHANGE_POLL_SIZE], uint16_t nonce, const struct panel_wish *wish)
{
	out[EXCHANGE_NONCE] = nonce;
	out[EXCHANGE_HEARTBEAT] = nonce;
	out[EXCHANGE_LAMPS] = wish->lamps & BOARD_LAMPS_OF_HOST;
	split(out + EXCHANGE_ACK_HIGH, wish->recorded);
}

void command_encode(uint16_t out[EXCHANGE_SIZE], uint16_t nonce, const struct panel_wish *wish,
		    const struct panel_command *command)
{
	poll_encode(out, nonce, wish);
	out[COMMAND_CODE] = command->code;
	out[COMMAND_UPLINKS] = command->uplinks;
	split(out + COMMAND_NONCE_HIGH, command->nonce);
	split(out + COMMAND_ARGUMENT_HIGH, command->argument);
	add_check(out + COMMAND_CODE, EXCHANGE_SIZE - COMMAND_CODE);
}

/* ---- witness ---- */

enum err witness_decode(const uint16_t *words, size_t count, struct panel_witness *out)
{
	if (count < WITNESS_SIZE)
		return ERR_FORMAT;
	*out = (struct panel_witness){
		.log = {.origin = four(words + WITNESS_ORIGIN), .size = four(words + WITNESS_LOG_SIZE)},
		.state = words[WITNESS_STATE],
		.result = words[WITNESS_RESULT],
		.result_nonce = pair(words + WITNESS_RESULT_NONCE_HIGH),
	};
	join_bytes(out->log.root, words + WITNESS_ROOT, sizeof out->log.root);
	return ERR_OK;
}

void witness_encode(uint16_t out[WITNESS_WRITE_SIZE], const struct witness_write *write)
{
	split(out + WITNESS_WRITE_NONCE_HIGH, write->nonce);
	out[WITNESS_WRITE_EPOCH] = write->kind == WITNESS_OF_EPOCH ? 1 : 0;
	split_four(out + WITNESS_WRITE_ORIGIN, write->log.origin);
	split_four(out + WITNESS_WRITE_LOG_SIZE, write->log.size);
	split_bytes(out + WITNESS_WRITE_ROOT, write->log.root, sizeof write->log.root);
	add_check(out, WITNESS_WRITE_SIZE);
}

/* ---- key slots ---- */

enum err keys_decode(const uint16_t *words, size_t count, struct panel_keys *out)
{
	if (count < KEY_SLOTS_SIZE)
		return ERR_FORMAT;
	out->result = words[KEY_SLOTS_RESULT];
	out->result_nonce = pair(words + KEY_SLOTS_RESULT_NONCE_HIGH);
	for (unsigned i = 0; i < sizeof out->slot / sizeof out->slot[0]; i++) {
		const uint16_t *slot = words + KEY_SLOTS_FIRST + (size_t)i * KEY_SLOT_SIZE;

		out->slot[i].state = slot[KEY_SLOT_STATE];
		out->slot[i].generation = pair(slot + KEY_SLOT_GENERATION_HIGH);
		join_bytes(out->slot[i].key, slot + KEY_SLOT_KEY, sizeof out->slot[i].key);
	}
	return ERR_OK;
}

void key_encode(uint16_t out[KEY_WRITE_SIZE], const struct key_write *write)
{
	split(out + KEY_WRITE_NONCE_HIGH, write->nonce);
	split(out + KEY_WRITE_GENERATION_HIGH, write->generation);
	split_bytes(out + KEY_WRITE_KEY, write->key, sizeof write->key);
	add_check(out, KEY_WRITE_SIZE);
}
