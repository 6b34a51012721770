#include "firmware/core/journal_inside.h"

#include "firmware/core/crc16.h"

#include <string.h>

enum { PULSE_UPLINKS = 0x03 };

const struct ring rings[RING_COUNT] = {
	[RING_LATCH] = {JOURNAL_LATCH_AT, JOURNAL_LATCH_SIZE, JOURNAL_RING, JOURNAL_LATCH_SIZE - 2},
	[RING_LIFE] = {JOURNAL_LIFE_AT, JOURNAL_LIFE_SIZE, JOURNAL_RING, JOURNAL_LIFE_SIZE - 2},
	[RING_EVENT] = {JOURNAL_EVENT_AT, JOURNAL_EVENT_SIZE, BOARD_QUEUE, 12},
	[RING_WITNESS] = {JOURNAL_WITNESS_AT, JOURNAL_SLOT_SIZE, JOURNAL_WITNESS_RING, 4 + WITNESS_BYTES},
	[RING_KEY] = {JOURNAL_KEY_AT, JOURNAL_SLOT_SIZE, KEY_SLOTS, KEY_BYTES},
};

uint16_t ring_at(enum ring_name ring, uint8_t slot)
{
	return (uint16_t)(rings[ring].at + slot * rings[ring].size);
}

void put32(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 24);
	to[1] = (uint8_t)(value >> 16);
	to[2] = (uint8_t)(value >> 8);
	to[3] = (uint8_t)value;
}

uint32_t get32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

void record_seal(uint8_t *record, uint8_t length)
{
	uint16_t crc = crc16(record, length);

	record[length] = (uint8_t)crc;
	record[length + 1] = (uint8_t)(crc >> 8);
}

static bool is_sealed(const uint8_t *record, uint8_t length)
{
	uint16_t crc = crc16(record, length);

	return record[length] == (uint8_t)crc && record[length + 1] == (uint8_t)(crc >> 8);
}

static void read_bytes(const struct eeprom *eeprom, uint16_t at, uint8_t *to, uint8_t length)
{
	for (uint8_t i = 0; i < length; i++)
		to[i] = eeprom->read((uint16_t)(at + i));
}

static bool is_blank(const uint8_t *record, uint8_t length)
{
	for (uint8_t i = 0; i < length; i++)
		if (record[i] != BLANK)
			return false;
	return true;
}

enum record_state record_read(const struct eeprom *eeprom, enum ring_name ring, uint8_t slot, uint8_t *record)
{
	uint8_t sealed = rings[ring].sealed;

	read_bytes(eeprom, ring_at(ring, slot), record, (uint8_t)(sealed + 2));
	if (is_sealed(record, sealed))
		return RECORD_WHOLE;
	return is_blank(record, (uint8_t)(sealed + 2)) ? RECORD_BLANK : RECORD_TORN;
}

static bool version_2_is_sane(const uint8_t *block)
{
	bool pairs_fit = block[PROVISION_PULSE] == 0 || (block[PROVISION_FITTED] & ~PULSE_UPLINKS) == 0;

	return is_sealed(block, PROVISION_CRC) && pairs_fit && block[PROVISION_BAUD] <= 1;
}

static bool provision_is_sane(const uint8_t *block)
{
	uint16_t heartbeat_ms = (uint16_t)(block[PROVISION_HEARTBEAT_MS] << 8 | block[PROVISION_HEARTBEAT_MS + 1]);

	if (block[PROVISION_MAGIC] != 'K' || block[PROVISION_MAGIC + 1] != 'N' || heartbeat_ms < 500 ||
	    heartbeat_ms > 60000)
		return false;
	if (block[PROVISION_VERSION] == 1)
		return is_sealed(block, PROVISION_CRC_1);
	return block[PROVISION_VERSION] == 2 && version_2_is_sane(block);
}

static void take_version_2(const uint8_t *block, struct provision *p)
{
	p->pulse = block[PROVISION_PULSE] & p->fitted;
	p->baud = block[PROVISION_BAUD];
	p->journal = get32(block + PROVISION_JOURNAL);
}

bool provision_read(const struct eeprom *eeprom, struct provision *p)
{
	uint8_t block[PROVISION_SIZE];

	*p = (struct provision){
		.fitted = BOARD_ALL_UPLINKS, .isolate = BOARD_ALL_UPLINKS, .heartbeat_ms = BOARD_HEARTBEAT_MS};
	read_bytes(eeprom, PROVISION_AT, block, sizeof block);
	if (!provision_is_sane(block))
		return false;
	p->valid = true;
	p->fitted = block[PROVISION_FITTED] & BOARD_ALL_UPLINKS;
	p->isolate = block[PROVISION_ISOLATE] & p->fitted;
	p->stay = block[PROVISION_STAY] & p->fitted;
	p->loss = block[PROVISION_LOSS] & p->fitted;
	p->heartbeat_ms = (uint16_t)(block[PROVISION_HEARTBEAT_MS] << 8 | block[PROVISION_HEARTBEAT_MS + 1]);
	memcpy(p->controller, block + PROVISION_CONTROLLER, sizeof p->controller);
	if (block[PROVISION_VERSION] == 2)
		take_version_2(block, p);
	return true;
}
