#include "firmware/core/journal_inside.h"

#include <string.h>

/* True when the slot holds a whole record; one that is torn is counted. */
static bool load_record(const struct journal *j, enum ring_name ring, uint8_t slot, uint8_t *record, struct kept *kept)
{
	enum record_state found = record_read(j->eeprom, ring, slot, record);

	kept->torn = (uint16_t)(kept->torn + (found == RECORD_TORN));
	return found == RECORD_WHOLE;
}

static void load_latch(struct journal *j, struct kept *kept)
{
	uint8_t record[JOURNAL_RECORD_MAX];

	for (uint8_t slot = 0; slot < JOURNAL_RING; slot++) {
		if (!load_record(j, RING_LATCH, slot, record, kept) || get32(record) <= j->latch_seq)
			continue;
		j->latch_seq = get32(record);
		j->latch_slot = (uint8_t)((slot + 1) % JOURNAL_RING);
		kept->latch_number = get32(record + 4);
		kept->latched = record[8];
	}
}

/* A trip that had not reached the latch ring. */
static void load_trip_byte(struct journal *j, struct kept *kept)
{
	uint8_t byte = j->eeprom->read(JOURNAL_TRIP_AT);
	uint8_t uplinks = byte & BOARD_ALL_UPLINKS;

	j->trip_byte = byte;
	if (byte == BLANK)
		return;
	if (uplinks == 0 || byte >> 4 != (~uplinks & BOARD_ALL_UPLINKS))
		uplinks = BOARD_ALL_UPLINKS;
	journal_trip(j, kept, uplinks);
}

static void load_life(struct journal *j, struct kept *kept)
{
	uint8_t record[JOURNAL_RECORD_MAX];

	for (uint8_t slot = 0; slot < JOURNAL_RING; slot++) {
		if (!load_record(j, RING_LIFE, slot, record, kept) || get32(record) <= j->reserved)
			continue;
		j->reserved = get32(record);
		j->life_slot = (uint8_t)((slot + 1) % JOURNAL_RING);
		kept->starts = get32(record + 4);
	}
	kept->starts++;
}

static void load_events(struct journal *j, struct kept *kept)
{
	uint8_t record[JOURNAL_RECORD_MAX];

	for (uint8_t slot = 0; slot < BOARD_QUEUE; slot++) {
		uint16_t acknowledged = (uint16_t)(ring_at(RING_EVENT, slot) + JOURNAL_EVENT_ACKNOWLEDGED);
		struct event event = {0};

		if (!load_record(j, RING_EVENT, slot, record, kept) || j->eeprom->read(acknowledged) != BLANK)
			continue;
		event.number = get32(record);
		event.kind = record[4];
		event.uplink = record[5];
		event.times = (uint16_t)(record[6] << 8 | record[7]);
		event.arg = get32(record + 8);
		eventq_restore(&kept->events, slot, &event);
	}
}

static void load_witness(struct journal *j, struct kept *kept)
{
	uint8_t record[JOURNAL_RECORD_MAX];

	for (uint8_t slot = 0; slot < JOURNAL_WITNESS_RING; slot++) {
		if (!load_record(j, RING_WITNESS, slot, record, kept) || get32(record) <= j->witness_seq)
			continue;
		j->witness_seq = get32(record);
		j->witness_slot = (uint8_t)((slot + 1) % JOURNAL_WITNESS_RING);
		memcpy(kept->witness.bytes, record + 4, WITNESS_BYTES);
		kept->witness.state = STORE_IS_KEPT;
	}
}

static void load_keys(struct journal *j, struct kept *kept)
{
	uint8_t record[JOURNAL_RECORD_MAX];

	for (uint8_t slot = 0; slot < KEY_SLOTS; slot++) {
		if (!load_record(j, RING_KEY, slot, record, kept))
			continue;
		memcpy(kept->keys[slot].bytes, record, KEY_BYTES);
		kept->keys[slot].state = STORE_IS_KEPT;
	}
}

void journal_load(struct journal *j, const struct eeprom *eeprom, struct kept *kept)
{
	*j = (struct journal){.eeprom = eeprom, .trip_byte = BLANK, .scan_ring = RING_COUNT};
	*kept = (struct kept){0};
	eventq_init(&kept->events);
	(void)provision_read(eeprom, &kept->provision);
	load_latch(j, kept);
	load_trip_byte(j, kept);
	load_life(j, kept);
	load_events(j, kept);
	load_witness(j, kept);
	load_keys(j, kept);
	if (kept->events.next_number < j->reserved)
		kept->events.next_number = j->reserved;
	/* Written before any number of this run is shown. */
	j->reserved = 0;
}
