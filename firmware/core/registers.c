#include "firmware/core/registers.h"

#include "firmware/core/version.h"

#include <stddef.h>

uint16_t register_at(const uint8_t *bytes, uint8_t i)
{
	return (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

uint32_t register_pair_at(const uint8_t *bytes, uint8_t i)
{
	return (uint32_t)register_at(bytes, i) << 16 | register_at(bytes, (uint8_t)(i + 1));
}

bool words_check(const uint8_t *words, uint8_t count)
{
	uint16_t check = 0;

	for (uint8_t i = 0; i < count; i++)
		check ^= register_at(words, i);
	return check == 0xFFFF;
}

/* ---- blocks that can be read ---- */

static void put_pair(uint16_t *out, uint32_t value)
{
	out[0] = (uint16_t)(value >> 16);
	out[1] = (uint16_t)value;
}

static void fill_identity(const struct panel *p, uint16_t *out)
{
	const struct provision *v = &p->kept.provision;

	out[IDENTITY_BOARD] = BOARD_TYPE;
	out[IDENTITY_FIRMWARE_MAJOR] = FIRMWARE_MAJOR;
	out[IDENTITY_FIRMWARE_MINOR] = FIRMWARE_MINOR;
	out[IDENTITY_FIRMWARE_PATCH] = FIRMWARE_PATCH;
	for (uint8_t i = 0; i < 4; i++)
		out[IDENTITY_CONTROLLER + i] = register_at(v->controller, i);
	out[IDENTITY_FITTED] = v->fitted;
	out[IDENTITY_ISOLATE] = v->isolate;
	out[IDENTITY_STAY] = v->stay;
	out[IDENTITY_LOSS] = v->loss;
	out[IDENTITY_HEARTBEAT_MS] = v->heartbeat_ms;
	out[IDENTITY_PULSE] = v->pulse;
	out[IDENTITY_BAUD] = v->baud;
	put_pair(out + IDENTITY_JOURNAL_HIGH, v->journal);
}

static uint16_t uplink_word(const struct panel *p, uint8_t index)
{
	uint16_t bit = (uint16_t)(1U << index);
	uint16_t word = UPLINK_FITTED;

	if ((p->kept.provision.fitted & bit) == 0)
		return 0;
	if ((p->coils & bit) != 0)
		word |= UPLINK_COIL;
	if ((p->inputs & (INPUT_MIRROR_1 << index)) != 0)
		word |= UPLINK_MIRROR;
	if ((p->kept.latched & bit) != 0)
		word |= UPLINK_LATCHED;
	if (p->permit.state != PERMIT_NONE && (p->permit.uplinks & bit) != 0)
		word |= UPLINK_PERMITTED;
	if (p->relays[index].bad != 0)
		word |= UPLINK_MIRROR_BAD;
	if (panel_is_proving(p, index))
		word |= UPLINK_PROVING;
	if (p->relays[index].blind)
		word |= UPLINK_BLIND;
	return (uint16_t)(word | (uint16_t)relay_shown(&p->relays[index]) << 8);
}

static void fill_event(const struct panel *p, uint16_t *out)
{
	const struct event *e = eventq_oldest(&p->kept.events);

	out[STATUS_EVENTS_WAITING] = p->kept.events.waiting;
	if (e == NULL)
		return;
	put_pair(out + STATUS_EVENT_NUMBER_HIGH, e->number);
	out[STATUS_EVENT_KIND] = e->kind;
	out[STATUS_EVENT_UPLINK] = e->uplink;
	out[STATUS_EVENT_TIMES] = e->times;
	put_pair(out + STATUS_EVENT_ARG_HIGH, e->arg);
	put_pair(out + STATUS_EVENT_AGE_HIGH, event_age(e, e->first_ms, p->now_ms));
	put_pair(out + STATUS_EVENT_LAST_AGE_HIGH, event_age(e, e->last_ms, p->now_ms));
}

static void fill_status(const struct panel *p, uint16_t *out)
{
	out[STATUS_INPUTS] = p->inputs;
	out[STATUS_LAMPS] = p->lamps;
	out[STATUS_FAULTS] = p->faults;
	put_pair(out + STATUS_LATCH_HIGH, p->kept.latch_number);
	out[STATUS_PERMIT_STATE] = p->permit.state;
	out[STATUS_PERMIT_LEFT_S] = p->permit.state == PERMIT_NONE ? 0 : (uint16_t)((p->permit.left_ms + 999) / 1000);
	out[STATUS_RESULT] = p->host.result;
	put_pair(out + STATUS_RESULT_NONCE_HIGH, p->host.command_nonce);
	put_pair(out + STATUS_UPTIME_HIGH, p->now.ms);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		out[STATUS_UPLINK + i] = uplink_word(p, i);
	out[STATUS_ABSENCE_LEFT_S] = panel_absence_left_s(p);
	fill_event(p, out);
}

static void fill_counters(const struct panel *p, uint16_t *out)
{
	out[COUNTER_FRAMES] = p->sequence;
	out[COUNTER_BAD_FRAMES] = p->bad_frames;
	out[COUNTER_EXCEPTIONS] = p->exceptions;
	out[COUNTER_SPIKES] = p->spikes;
	out[COUNTER_WATCHDOG] = p->watchdog->resets;
	out[COUNTER_EEPROM_BAD] = p->kept.torn;
	out[COUNTER_LOOP_MAX_US] = p->loop_max_us;
	out[COUNTER_STARTS] = (uint16_t)p->kept.starts;
	out[COUNTER_STACK_FREE] = p->stack_free;
}

static void put_bytes(uint16_t *out, const uint8_t *bytes, uint8_t registers)
{
	for (uint8_t i = 0; i < registers; i++)
		out[i] = register_at(bytes, i);
}

/* Taken, but not as it should be found again. */
static uint16_t result_of(const struct answer *answer, uint8_t state)
{
	bool failed = answer->result == RESULT_DONE && state == STORE_IS_BAD;

	return failed ? (uint16_t)RESULT_NOT_KEPT : answer->result;
}

static void fill_witness(const struct panel *p, uint16_t *out)
{
	const struct witness *w = &p->kept.witness;

	out[WITNESS_STATE] = w->state;
	out[WITNESS_RESULT] = result_of(&p->witness.answer, w->state);
	put_pair(out + WITNESS_RESULT_NONCE_HIGH, p->witness.answer.nonce);
	put_bytes(out + WITNESS_ORIGIN, w->bytes, WITNESS_BYTES / 2);
}

static void fill_key_slots(const struct panel *p, uint16_t *out)
{
	out[KEY_SLOTS_RESULT] = result_of(&p->keys.answer, p->kept.keys[p->keys.newest].state);
	put_pair(out + KEY_SLOTS_RESULT_NONCE_HIGH, p->keys.answer.nonce);
	for (uint8_t i = 0; i < KEY_SLOTS; i++) {
		uint16_t *slot = out + KEY_SLOTS_FIRST + i * KEY_SLOT_SIZE;

		slot[KEY_SLOT_STATE] = p->kept.keys[i].state;
		put_bytes(slot + KEY_SLOT_GENERATION_HIGH, p->kept.keys[i].bytes, KEY_BYTES / 2);
	}
}

static void fill_proof(const struct panel *p, const struct proof *proof, uint16_t *out)
{
	out[PROOF_RESULT] = proof->result;
	put_pair(out + PROOF_AGE_HIGH, proof->result == PROOF_IS_NONE ? BOARD_AGE_UNKNOWN : p->uptime_s - proof->at_s);
	put_pair(out + PROOF_US_HIGH, proof->us);
}

static void fill_self_test(const struct panel *p, uint16_t *out)
{
	out[SELF_TEST_FOUND] = p->test.last_found;
	put_pair(out + SELF_TEST_AGE_HIGH, p->test.is_known ? p->uptime_s - p->test.at_s : BOARD_AGE_UNKNOWN);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		fill_proof(p, &p->proofs[i], out + SELF_TEST_PROOF + i * PROOF_SIZE);
}

struct block {
	uint16_t address;
	uint8_t size;
	void (*fill)(const struct panel *p, uint16_t *out);
};

static const struct block blocks[] = {
	{BLOCK_IDENTITY, IDENTITY_SIZE, fill_identity},    {BLOCK_STATUS, STATUS_SIZE, fill_status},
	{BLOCK_COUNTERS, COUNTERS_SIZE, fill_counters},    {BLOCK_WITNESS, WITNESS_SIZE, fill_witness},
	{BLOCK_KEY_SLOTS, KEY_SLOTS_SIZE, fill_key_slots}, {BLOCK_SELF_TEST, SELF_TEST_SIZE, fill_self_test},
};
enum { BLOCK_COUNT = sizeof blocks / sizeof blocks[0] };

const struct block *registers_find(uint16_t address, uint16_t count)
{
	for (uint8_t i = 0; i < BLOCK_COUNT; i++)
		if (blocks[i].address == address && count >= 1 && count <= blocks[i].size)
			return &blocks[i];
	return NULL;
}

void registers_read(const struct panel *p, const struct block *block, uint16_t count, uint16_t *out)
{
	uint16_t whole[REGISTERS_MAX] = {[HEADER_MAP] = BOARD_MAP_VERSION,
					 [HEADER_SEQUENCE] = p->sequence,
					 [HEADER_NONCE] = p->host.nonce,
					 [HEADER_BLOCK] = block->address};

	block->fill(p, whole);
	for (uint16_t i = 0; i < count; i++)
		out[i] = whole[i];
}

/* ---- the exchange ---- */

/* True when the write covers [first, last] wholly or not at all. */
static bool takes_all_or_none(uint16_t address, uint16_t end, uint16_t first, uint16_t last)
{
	bool none = end <= first || address > last;

	return none || (address <= first && end > last);
}

static bool covers(uint16_t address, uint16_t count, uint16_t reg)
{
	return address <= reg && reg < address + count;
}

/* Blocks that are written as a whole. */
static const struct whole_block {
	uint16_t address;
	uint8_t size;
	void (*take)(struct panel *p, const uint8_t *words);
} whole_blocks[] = {
	{BLOCK_WITNESS_WRITE, WITNESS_WRITE_SIZE, panel_witness},
	{BLOCK_KEY_WRITE, KEY_WRITE_SIZE, panel_key},
};
enum { WHOLE_BLOCK_COUNT = sizeof whole_blocks / sizeof whole_blocks[0] };

/* The one that `address` lies in; NULL: none. */
static const struct whole_block *find_whole(uint16_t address)
{
	for (uint8_t i = 0; i < WHOLE_BLOCK_COUNT; i++)
		if (covers(whole_blocks[i].address, whole_blocks[i].size, address))
			return &whole_blocks[i];
	return NULL;
}

enum modbus_exception registers_check_write(uint16_t address, uint16_t count, const uint8_t *values)
{
	uint16_t end = (uint16_t)(address + count);
	const struct whole_block *whole = find_whole(address);

	if (whole != NULL)
		return address == whole->address && count == whole->size ? EXCEPTION_NONE : EXCEPTION_VALUE;
	if (count == 0 || address >= EXCHANGE_SIZE || count > EXCHANGE_SIZE - address)
		return EXCEPTION_ADDRESS;
	if (!takes_all_or_none(address, end, EXCHANGE_ACK_HIGH, EXCHANGE_ACK_LOW) ||
	    !takes_all_or_none(address, end, COMMAND_CODE, COMMAND_CHECK))
		return EXCEPTION_VALUE;
	if (covers(address, count, EXCHANGE_LAMPS) &&
	    (register_at(values, (uint8_t)(EXCHANGE_LAMPS - address)) & ~BOARD_LAMPS_OF_HOST) != 0)
		return EXCEPTION_VALUE;
	return EXCEPTION_NONE;
}

/* `words` begins at COMMAND_CODE. */
static void write_command(struct panel *p, const uint8_t *words, struct stamp at)
{
	struct command command = {.code = register_at(words, 0),
				  .uplinks = register_at(words, COMMAND_UPLINKS - COMMAND_CODE),
				  .nonce = register_pair_at(words, COMMAND_NONCE_HIGH - COMMAND_CODE),
				  .argument = register_pair_at(words, COMMAND_ARGUMENT_HIGH - COMMAND_CODE),
				  .at = at};

	if (words_check(words, EXCHANGE_SIZE - COMMAND_CODE))
		panel_command(p, &command);
	else
		panel_command_refused(p, command.nonce);
}

void registers_write(struct panel *p, uint16_t address, uint16_t count, const uint8_t *values, struct stamp at)
{
	const struct whole_block *whole = find_whole(address);

	if (whole != NULL) {
		whole->take(p, values);
		return;
	}
	if (covers(address, count, EXCHANGE_NONCE))
		p->host.nonce = register_at(values, (uint8_t)(EXCHANGE_NONCE - address));
	if (covers(address, count, EXCHANGE_HEARTBEAT))
		panel_heartbeat(p);
	if (covers(address, count, EXCHANGE_LAMPS))
		p->host.lamps = register_at(values, (uint8_t)(EXCHANGE_LAMPS - address));
	if (covers(address, count, EXCHANGE_ACK_LOW))
		eventq_acknowledge(&p->kept.events, register_pair_at(values, (uint8_t)(EXCHANGE_ACK_HIGH - address)));
	if (covers(address, count, COMMAND_CHECK))
		write_command(p, values + 2 * (COMMAND_CODE - address), at);
}

/* ---- coils ---- */

bool coil_is_lamp(uint16_t coil)
{
	return coil >= COIL_LAMP && coil < COIL_LAMP + COIL_LAMPS;
}

bool coil_read(const struct panel *p, uint16_t coil)
{
	if (coil_is_lamp(coil))
		return (p->host.lamps >> (coil - COIL_LAMP) & 1) != 0;
	return coil < BOARD_UPLINKS && (p->coils >> coil & 1) != 0;
}

void coil_write(struct panel *p, uint16_t coil, bool on)
{
	uint16_t lamp = (uint16_t)(1U << (coil - COIL_LAMP));

	if (on)
		p->host.lamps |= lamp;
	else
		p->host.lamps &= (uint16_t)~lamp;
}
