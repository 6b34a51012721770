/* The event queue: what happened, in order, until the host has recorded it.
 *
 * A slot here is a slot of the ring in EEPROM (journal.h). Numbers only rise. An event is shown to the host only when
 * its number is below `shown_below`, which the journal has made durable, so that no number ever names two events.
 * When one slot is left, like events are joined (same kind and uplink; never into the oldest, which the host may be
 * recording at this moment); what finds nothing to join goes into that last slot as OVERFLOW.
 */
#ifndef KANNUKI_FIRMWARE_EVENTQ_H
#define KANNUKI_FIRMWARE_EVENTQ_H

#include "board/map.h"

#include <stdbool.h>
#include <stdint.h>

enum { EVENTQ_NO_SLOT = 0xFF };

enum age { AGE_UNKNOWN, AGE_KNOWN };

struct event {
	uint32_t number; /* 0: the slot is free */
	uint8_t kind;    /* enum board_event */
	uint8_t uplink;
	uint16_t times;
	uint32_t arg;
	uint64_t first_ms, last_ms;
	enum age age;
	bool unsaved;      /* the EEPROM slot does not hold it yet */
	bool acknowledged; /* the EEPROM slot still has to learn it */
};

struct eventq {
	struct event slots[BOARD_QUEUE];
	uint8_t waiting; /* slots in use */
	uint8_t presses; /* of them, presses of a button */
	bool has_work;   /* some slot is unsaved or acknowledged */
	uint8_t next_slot;
	uint32_t next_number;
	uint32_t shown_below;
};

void eventq_init(struct eventq *q);
/* Puts back an event that was read from EEPROM. */
void eventq_restore(struct eventq *q, uint8_t slot, const struct event *event);
void eventq_add(struct eventq *q, enum board_event kind, uint8_t uplink, uint32_t arg, uint64_t now_ms);

/* The oldest event the host may see; NULL when there is none. */
const struct event *eventq_oldest(const struct eventq *q);
/* Frees the oldest shown event when it has this number; any other number changes nothing. */
void eventq_acknowledge(struct eventq *q, uint32_t number);
bool eventq_is_full(const struct eventq *q);

/* Milliseconds, or BOARD_AGE_UNKNOWN. */
uint32_t event_age(const struct event *event, uint64_t since_ms, uint64_t now_ms);

#endif
