#include "firmware/core/journal_inside.h"

#include <string.h>

enum job { JOB_NONE, JOB_LATCH, JOB_LIFE, JOB_EVENT, JOB_ACKNOWLEDGE, JOB_WITNESS, JOB_KEY, JOB_BLANK };
enum { RESERVE_AHEAD = 64 };

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
	j->spoilt = false;
}

static void begin_latch(struct journal *j, struct kept *kept)
{
	j->latch_seq++;
	put32(j->record, j->latch_seq);
	put32(j->record + 4, kept->latch_number);
	j->record[8] = kept->latched;
	j->record[9] = 0;
	record_seal(j->record, JOURNAL_LATCH_SIZE - 2);
	kept->latch_unsaved = false;
	begin(j, JOB_LATCH, j->latch_slot, ring_at(RING_LATCH, j->latch_slot), JOURNAL_LATCH_SIZE);
}

static void begin_life(struct journal *j, const struct kept *kept)
{
	put32(j->record, kept->events.next_number + RESERVE_AHEAD);
	put32(j->record + 4, kept->starts);
	j->record[8] = 0;
	j->record[9] = 0;
	record_seal(j->record, JOURNAL_LIFE_SIZE - 2);
	begin(j, JOB_LIFE, j->life_slot, ring_at(RING_LIFE, j->life_slot), JOURNAL_LIFE_SIZE);
}

static void begin_event(struct journal *j, uint8_t slot, struct event *event)
{
	put32(j->record, event->number);
	j->record[4] = event->kind;
	j->record[5] = event->uplink;
	j->record[6] = (uint8_t)(event->times >> 8);
	j->record[7] = (uint8_t)event->times;
	put32(j->record + 8, event->arg);
	record_seal(j->record, 12);
	j->record[14] = BLANK;
	j->record[JOURNAL_EVENT_ACKNOWLEDGED] = BLANK;
	event->unsaved = false;
	begin(j, JOB_EVENT, slot, ring_at(RING_EVENT, slot), JOURNAL_EVENT_SIZE);
}

static void begin_acknowledge(struct journal *j, uint8_t slot, struct event *event)
{
	j->record[0] = 0;
	event->acknowledged = false;
	begin(j, JOB_ACKNOWLEDGE, slot, (uint16_t)(ring_at(RING_EVENT, slot) + JOURNAL_EVENT_ACKNOWLEDGED), 1);
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

static void begin_witness(struct journal *j, const struct kept *kept)
{
	put32(j->record, j->witness_seq + 1);
	memcpy(j->record + 4, kept->witness.bytes, WITNESS_BYTES);
	record_seal(j->record, 4 + WITNESS_BYTES);
	begin(j, JOB_WITNESS, j->witness_slot, ring_at(RING_WITNESS, j->witness_slot), 4 + WITNESS_BYTES + 2);
}

static void begin_blank(struct journal *j, enum job job, enum ring_name ring, uint8_t slot)
{
	memset(j->record, BLANK, sizeof j->record);
	begin(j, job, slot, ring_at(ring, slot), (uint8_t)(rings[ring].sealed + 2));
}

static void begin_key(struct journal *j, const struct kept *kept, uint8_t slot)
{
	j->blanks = kept->keys[slot].blank;
	if (j->blanks) {
		begin_blank(j, JOB_KEY, RING_KEY, slot);
		return;
	}
	memcpy(j->record, kept->keys[slot].bytes, KEY_BYTES);
	record_seal(j->record, KEY_BYTES);
	begin(j, JOB_KEY, slot, ring_at(RING_KEY, slot), KEY_BYTES + 2);
}

uint32_t key_generation(const struct key_slot *slot)
{
	return get32(slot->bytes);
}

static bool is_older(const struct kept *kept)
{
	return key_generation(&kept->keys[1]) < key_generation(&kept->keys[0]);
}

uint8_t key_slot_next(const struct kept *kept)
{
	for (uint8_t slot = 0; slot < KEY_SLOTS; slot++)
		if (kept->keys[slot].state != STORE_IS_KEPT)
			return slot;
	return is_older(kept) ? 1 : 0;
}

/* The older key first, so that power lost in the middle of an erasure leaves the newer one whole. */
static void begin_some_key(struct journal *j, const struct kept *kept)
{
	uint8_t first = is_older(kept) ? 1 : 0;

	for (uint8_t i = 0; i < KEY_SLOTS; i++) {
		if (kept->keys[first ^ i].state == STORE_IS_WRITING) {
			begin_key(j, kept, first ^ i);
			return;
		}
	}
}

static bool is_urgent(const struct journal *j, const struct kept *kept)
{
	return kept->latch_unsaved || kept->events.has_work ||
	       kept->events.next_number + RESERVE_AHEAD / 2 > j->reserved;
}

static void begin_urgent(struct journal *j, struct kept *kept)
{
	if (kept->latch_unsaved)
		begin_latch(j, kept);
	else if (kept->events.next_number + RESERVE_AHEAD / 2 > j->reserved)
		begin_life(j, kept);
	else
		begin_event_work(j, &kept->events);
}

static void write_again(uint8_t *state)
{
	if (*state == STORE_IS_KEPT)
		*state = STORE_IS_WRITING;
}

/* An unreadable slot: blanked, and what memory knows of it is written again. */
static void mend(struct journal *j, struct kept *kept, enum ring_name ring, uint8_t slot)
{
	struct event *event = &kept->events.slots[slot];

	begin_blank(j, JOB_BLANK, ring, slot);
	if (ring == RING_LATCH) {
		kept->latch_unsaved = true;
	} else if (ring == RING_LIFE) {
		j->reserved = 0;
	} else if (ring == RING_EVENT) {
		event->unsaved = event->number != 0;
		kept->events.has_work = true;
	} else if (ring == RING_WITNESS) {
		write_again(&kept->witness.state);
	} else {
		write_again(&kept->keys[slot].state);
	}
}

static void begin_next(struct journal *j, struct kept *kept)
{
	enum ring_name ring;
	uint8_t slot;

	if (is_urgent(j, kept))
		begin_urgent(j, kept);
	else if (kept->witness.state == STORE_IS_WRITING)
		begin_witness(j, kept);
	else
		begin_some_key(j, kept);
	if (j->job == JOB_NONE && journal_is_scanning(j) && !scan_next(j, &ring, &slot))
		mend(j, kept, ring, slot);
}

/* Latch and events do not wait for a long record; it is begun again later, where its bytes are right already. */
static void give_way(struct journal *j, const struct kept *kept)
{
	if ((j->job == JOB_WITNESS || j->job == JOB_KEY) && is_urgent(j, kept))
		j->job = JOB_NONE;
}

static void finish_witness(struct journal *j, struct witness *witness)
{
	bool is_newest = memcmp(j->record + 4, witness->bytes, WITNESS_BYTES) == 0;

	j->witness_seq++;
	j->witness_slot = (uint8_t)((j->witness_slot + 1) % JOURNAL_WITNESS_RING);
	if (j->spoilt)
		witness->state = STORE_IS_BAD;
	else if (is_newest)
		witness->state = STORE_IS_KEPT;
}

/* A key whose erasure was ordered while it was being written still has to be blanked. */
static void finish_key(const struct journal *j, struct key_slot *slot)
{
	if (j->blanks != slot->blank)
		return;
	if (j->spoilt)
		slot->state = STORE_IS_BAD;
	else
		slot->state = slot->blank ? STORE_IS_EMPTY : STORE_IS_KEPT;
	if (slot->blank)
		memset(slot->bytes, 0, sizeof slot->bytes);
	slot->blank = false;
}

static void finish_life(struct journal *j, struct kept *kept)
{
	j->life_slot = (uint8_t)((j->life_slot + 1) % JOURNAL_RING);
	j->reserved = get32(j->record);
	kept->events.shown_below = j->reserved;
}

static void finish_latch(struct journal *j, const struct kept *kept)
{
	j->latch_slot = (uint8_t)((j->latch_slot + 1) % JOURNAL_RING);
	if (!kept->latch_unsaved)
		j->trip_wanted = 0;
}

/* The record is whole in EEPROM. */
static void finish(struct journal *j, struct kept *kept)
{
	if (j->job == JOB_LATCH)
		finish_latch(j, kept);
	else if (j->job == JOB_LIFE)
		finish_life(j, kept);
	else if (j->job == JOB_WITNESS)
		finish_witness(j, &kept->witness);
	else if (j->job == JOB_KEY)
		finish_key(j, &kept->keys[j->slot]);
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
		j->spoilt = kept->failed = true;
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
	give_way(j, kept);
	if (j->job == JOB_NONE)
		begin_next(j, kept);
	if (j->job != JOB_NONE)
		write_record(j, kept);
	return kept->latched;
}
