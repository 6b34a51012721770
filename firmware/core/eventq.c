#include "firmware/core/eventq.h"

#include <stddef.h>

void eventq_init(struct eventq *q)
{
	*q = (struct eventq){.next_number = 1, .shown_below = 1};
}

void eventq_restore(struct eventq *q, uint8_t slot, const struct event *event)
{
	q->slots[slot] = *event;
	q->slots[slot].age = AGE_UNKNOWN;
	if (q->next_number <= event->number) {
		q->next_number = event->number + 1;
		q->next_slot = (uint8_t)((slot + 1) % BOARD_QUEUE);
	}
	if (q->shown_below <= event->number)
		q->shown_below = event->number + 1;
}

uint8_t eventq_waiting(const struct eventq *q)
{
	uint8_t count = 0;

	for (uint8_t i = 0; i < BOARD_QUEUE; i++)
		count = (uint8_t)(count + (q->slots[i].number != 0));
	return count;
}

bool eventq_is_full(const struct eventq *q)
{
	return eventq_waiting(q) >= BOARD_QUEUE - 1;
}

static uint8_t slot_of_oldest(const struct eventq *q)
{
	uint8_t oldest = EVENTQ_NO_SLOT;

	for (uint8_t i = 0; i < BOARD_QUEUE; i++)
		if (q->slots[i].number != 0 &&
		    (oldest == EVENTQ_NO_SLOT || q->slots[i].number < q->slots[oldest].number))
			oldest = i;
	return oldest;
}

/* The newest of those that fit, other than slot `except`. */
static struct event *find_like(struct eventq *q, uint8_t kind, uint8_t uplink, uint8_t except)
{
	struct event *found = NULL;

	for (uint8_t i = 0; i < BOARD_QUEUE; i++) {
		struct event *e = &q->slots[i];

		if (e->number != 0 && i != except && e->kind == kind && e->uplink == uplink &&
		    (found == NULL || e->number > found->number))
			found = e;
	}
	return found;
}

/* Counts go to EEPROM at powers of two, so that a chattering contact does not wear it out. */
static void join(struct event *event, uint64_t now_ms)
{
	event->last_ms = now_ms;
	if (event->times == UINT16_MAX)
		return;
	event->times++;
	if ((event->times & (event->times - 1)) == 0)
		event->unsaved = true;
}

static void put(struct eventq *q, uint8_t kind, uint8_t uplink, uint32_t arg, uint64_t now_ms)
{
	while (q->slots[q->next_slot].number != 0)
		q->next_slot = (uint8_t)((q->next_slot + 1) % BOARD_QUEUE);
	q->slots[q->next_slot] = (struct event){.number = q->next_number,
						.kind = kind,
						.uplink = uplink,
						.times = 1,
						.arg = arg,
						.first_ms = now_ms,
						.last_ms = now_ms,
						.age = AGE_KNOWN,
						.unsaved = true};
	q->next_number++;
	q->next_slot = (uint8_t)((q->next_slot + 1) % BOARD_QUEUE);
}

/* The overflow event counts on even while it is the oldest: nothing else is left to count in. */
static void add_to_full(struct eventq *q, uint8_t kind, uint8_t uplink, uint64_t now_ms)
{
	struct event *like = find_like(q, kind, uplink, slot_of_oldest(q));

	if (like == NULL)
		like = find_like(q, EVENT_OVERFLOW, 0, EVENTQ_NO_SLOT);
	if (like != NULL)
		join(like, now_ms);
	else
		put(q, EVENT_OVERFLOW, 0, kind, now_ms);
}

void eventq_add(struct eventq *q, enum board_event kind, uint8_t uplink, uint32_t arg, uint64_t now_ms)
{
	if (eventq_is_full(q))
		add_to_full(q, (uint8_t)kind, uplink, now_ms);
	else
		put(q, (uint8_t)kind, uplink, arg, now_ms);
}

const struct event *eventq_oldest(const struct eventq *q)
{
	uint8_t slot = slot_of_oldest(q);

	if (slot == EVENTQ_NO_SLOT || q->slots[slot].number >= q->shown_below)
		return NULL;
	return &q->slots[slot];
}

void eventq_acknowledge(struct eventq *q, uint32_t number)
{
	const struct event *oldest = eventq_oldest(q);
	struct event *e;

	if (oldest == NULL || oldest->number != number)
		return;
	e = &q->slots[oldest - q->slots];
	*e = (struct event){.acknowledged = true};
}

bool eventq_holds_press(const struct eventq *q)
{
	for (uint8_t i = 0; i < BOARD_QUEUE; i++)
		if (q->slots[i].number != 0 && q->slots[i].kind >= EVENT_DECLARE &&
		    q->slots[i].kind <= EVENT_UPLINK_ISOLATE)
			return true;
	return false;
}

uint32_t event_age(const struct event *event, uint64_t since_ms, uint64_t now_ms)
{
	uint64_t age = now_ms - since_ms;

	if (event->age == AGE_UNKNOWN)
		return BOARD_AGE_UNKNOWN;
	return age < BOARD_AGE_UNKNOWN ? (uint32_t)age : BOARD_AGE_UNKNOWN - 1;
}
