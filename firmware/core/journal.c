#include "firmware/core/journal.h"

#include "firmware/core/crc16.h"

#include <stddef.h>
#include <string.h>

enum job { JOB_NONE, JOB_LATCH, JOB_LIFE, JOB_EVENT, JOB_ACKNOWLEDGE };
enum { BLANK = 0xFF, RESERVE_AHEAD = 64, PULSE_UPLINKS = 0x03 };

static void put32(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 24);
	to[1] = (uint8_t)(value >> 16);
	to[2] = (uint8_t)(value >> 8);
	to[3] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void seal(uint8_t *record, uint8_t length)
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

/* ---- reading at start ---- */

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

/* True when slot `slot` holds a whole record; one that is neither whole nor blank is counted as torn. */
static bool read_record(const struct eeprom *eeprom, uint16_t at, uint8_t *record, uint8_t sealed, struct kept *kept)
{
	read_bytes(eeprom, at, record, (uint8_t)(sealed + 2));
	if (is_sealed(record, sealed))
		return true;
	if (!is_blank(record, (uint8_t)(sealed + 2)))
		kept->torn++;
	return false;
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

static void load_provision(const struct eeprom *eeprom, struct provision *p)
{
	uint8_t block[PROVISION_SIZE];

	*p = (struct provision){
		.fitted = BOARD_ALL_UPLINKS, .isolate = BOARD_ALL_UPLINKS, .heartbeat_ms = BOARD_HEARTBEAT_MS};
	read_bytes(eeprom, PROVISION_AT, block, sizeof block);
	if (!provision_is_sane(block))
		return;
	p->valid = true;
	p->fitted = block[PROVISION_FITTED] & BOARD_ALL_UPLINKS;
	p->isolate = block[PROVISION_ISOLATE] & p->fitted;
	p->stay = block[PROVISION_STAY] & p->fitted;
	p->loss = block[PROVISION_LOSS] & p->fitted;
	p->heartbeat_ms = (uint16_t)(block[PROVISION_HEARTBEAT_MS] << 8 | block[PROVISION_HEARTBEAT_MS + 1]);
	memcpy(p->controller, block + PROVISION_CONTROLLER, sizeof p->controller);
	if (block[PROVISION_VERSION] == 2)
		take_version_2(block, p);
}

static void load_latch(struct journal *j, struct kept *kept)
{
	uint8_t record[JOURNAL_LATCH_SIZE];

	for (uint8_t slot = 0; slot < JOURNAL_RING; slot++) {
		if (!read_record(j->eeprom, (uint16_t)(JOURNAL_LATCH_AT + slot * JOURNAL_LATCH_SIZE), record,
				 JOURNAL_LATCH_SIZE - 2, kept) ||
		    get32(record) <= j->latch_seq)
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
	uint8_t record[JOURNAL_LIFE_SIZE];

	for (uint8_t slot = 0; slot < JOURNAL_RING; slot++) {
		if (!read_record(j->eeprom, (uint16_t)(JOURNAL_LIFE_AT + slot * JOURNAL_LIFE_SIZE), record,
				 JOURNAL_LIFE_SIZE - 2, kept) ||
		    get32(record) <= j->reserved)
			continue;
		j->reserved = get32(record);
		j->life_slot = (uint8_t)((slot + 1) % JOURNAL_RING);
		kept->starts = get32(record + 4);
	}
	kept->starts++;
}

static void load_events(struct journal *j, struct kept *kept)
{
	uint8_t record[JOURNAL_EVENT_SIZE];

	for (uint8_t slot = 0; slot < BOARD_QUEUE; slot++) {
		uint16_t at = (uint16_t)(JOURNAL_EVENT_AT + slot * JOURNAL_EVENT_SIZE);
		struct event event = {0};

		if (!read_record(j->eeprom, at, record, 12, kept) ||
		    j->eeprom->read((uint16_t)(at + JOURNAL_EVENT_ACKNOWLEDGED)) != BLANK)
			continue;
		event.number = get32(record);
		event.kind = record[4];
		event.uplink = record[5];
		event.times = (uint16_t)(record[6] << 8 | record[7]);
		event.arg = get32(record + 8);
		eventq_restore(&kept->events, slot, &event);
	}
}

void journal_load(struct journal *j, const struct eeprom *eeprom, struct kept *kept)
{
	*j = (struct journal){.eeprom = eeprom, .trip_byte = BLANK};
	*kept = (struct kept){0};
	eventq_init(&kept->events);
	load_provision(eeprom, &kept->provision);
	load_latch(j, kept);
	load_trip_byte(j, kept);
	load_life(j, kept);
	load_events(j, kept);
	if (kept->events.next_number < j->reserved)
		kept->events.next_number = j->reserved;
	/* Written before any number of this run is shown. */
	j->reserved = 0;
}

/* ---- writing ---- */

void journal_trip(struct journal *j, struct kept *kept, uint8_t uplinks)
{
	kept->latched |= uplinks;
	kept->latch_number++;
	kept->latch_unsaved = true;
	j->trip_wanted |= uplinks;
}

static uint8_t trip_byte_of(uint8_t uplinks)
{
	uint8_t inverse = (uint8_t)~uplinks & BOARD_ALL_UPLINKS;

	return uplinks == 0 ? (uint8_t)BLANK : (uint8_t)(inverse * 16 + uplinks);
}

static void begin(struct journal *j, enum job job, uint8_t slot, uint16_t at, uint8_t length)
{
	j->job = (uint8_t)job;
	j->slot = slot;
	j->at = at;
	j->length = length;
	j->position = 0;
}

static void begin_latch(struct journal *j, struct kept *kept)
{
	j->latch_seq++;
	put32(j->record, j->latch_seq);
	put32(j->record + 4, kept->latch_number);
	j->record[8] = kept->latched;
	j->record[9] = 0;
	seal(j->record, JOURNAL_LATCH_SIZE - 2);
	kept->latch_unsaved = false;
	begin(j, JOB_LATCH, j->latch_slot, (uint16_t)(JOURNAL_LATCH_AT + j->latch_slot * JOURNAL_LATCH_SIZE),
	      JOURNAL_LATCH_SIZE);
}

static void begin_life(struct journal *j, const struct kept *kept)
{
	put32(j->record, kept->events.next_number + RESERVE_AHEAD);
	put32(j->record + 4, kept->starts);
	j->record[8] = 0;
	j->record[9] = 0;
	seal(j->record, JOURNAL_LIFE_SIZE - 2);
	begin(j, JOB_LIFE, j->life_slot, (uint16_t)(JOURNAL_LIFE_AT + j->life_slot * JOURNAL_LIFE_SIZE),
	      JOURNAL_LIFE_SIZE);
}

static void begin_event(struct journal *j, uint8_t slot, struct event *event)
{
	put32(j->record, event->number);
	j->record[4] = event->kind;
	j->record[5] = event->uplink;
	j->record[6] = (uint8_t)(event->times >> 8);
	j->record[7] = (uint8_t)event->times;
	put32(j->record + 8, event->arg);
	seal(j->record, 12);
	j->record[14] = BLANK;
	j->record[JOURNAL_EVENT_ACKNOWLEDGED] = BLANK;
	event->unsaved = false;
	begin(j, JOB_EVENT, slot, (uint16_t)(JOURNAL_EVENT_AT + slot * JOURNAL_EVENT_SIZE), JOURNAL_EVENT_SIZE);
}

static void begin_acknowledge(struct journal *j, uint8_t slot, struct event *event)
{
	j->record[0] = 0;
	event->acknowledged = false;
	begin(j, JOB_ACKNOWLEDGE, slot,
	      (uint16_t)(JOURNAL_EVENT_AT + slot * JOURNAL_EVENT_SIZE + JOURNAL_EVENT_ACKNOWLEDGED), 1);
}

/* The oldest event first; acknowledgements when no event waits. */
static void begin_event_work(struct journal *j, struct eventq *q)
{
	struct event *oldest = NULL;
	struct event *acknowledged = NULL;

	for (uint8_t i = 0; i < BOARD_QUEUE; i++) {
		struct event *e = &q->slots[i];

		if (e->unsaved && (oldest == NULL || e->number < oldest->number))
			oldest = e;
		if (e->acknowledged)
			acknowledged = e;
	}
	if (oldest != NULL)
		begin_event(j, (uint8_t)(oldest - q->slots), oldest);
	else if (acknowledged != NULL)
		begin_acknowledge(j, (uint8_t)(acknowledged - q->slots), acknowledged);
	else
		q->has_work = false;
}

static void begin_next(struct journal *j, struct kept *kept)
{
	if (kept->latch_unsaved)
		begin_latch(j, kept);
	else if (kept->events.next_number + RESERVE_AHEAD / 2 > j->reserved)
		begin_life(j, kept);
	else if (kept->events.has_work)
		begin_event_work(j, &kept->events);
}

/* The record is whole in EEPROM. */
static void finish(struct journal *j, struct kept *kept)
{
	if (j->job == JOB_LATCH) {
		j->latch_slot = (uint8_t)((j->latch_slot + 1) % JOURNAL_RING);
		if (!kept->latch_unsaved)
			j->trip_wanted = 0;
	} else if (j->job == JOB_LIFE) {
		j->life_slot = (uint8_t)((j->life_slot + 1) % JOURNAL_RING);
		j->reserved = get32(j->record);
		kept->events.shown_below = j->reserved;
	}
	j->job = JOB_NONE;
}

static void write_trip_byte(struct journal *j, uint8_t wanted)
{
	j->eeprom->write(JOURNAL_TRIP_AT, wanted);
	j->trip_byte = wanted;
}

/* Bytes that are right already are skipped: less wear, less time. */
static void write_record(struct journal *j, struct kept *kept)
{
	if (j->position > 0 && j->eeprom->read((uint16_t)(j->at + j->position - 1)) != j->record[j->position - 1])
		kept->failed = true;
	while (j->position < j->length && j->eeprom->read((uint16_t)(j->at + j->position)) == j->record[j->position])
		j->position++;
	if (j->position == j->length) {
		finish(j, kept);
		return;
	}
	j->eeprom->write((uint16_t)(j->at + j->position), j->record[j->position]);
	j->position++;
}

uint8_t journal_step(struct journal *j, struct kept *kept)
{
	uint8_t wanted = trip_byte_of(j->trip_wanted);

	if (!j->eeprom->ready())
		return 0;
	if (j->trip_byte != wanted) {
		write_trip_byte(j, wanted);
		return 0;
	}
	if (j->job == JOB_NONE)
		begin_next(j, kept);
	if (j->job != JOB_NONE)
		write_record(j, kept);
	return kept->latched;
}
