#include "firmware/core/eventq.h"

#include <stddef.h>

void eventq_init(struct eventq *q)
{
	*q = (struct eventq){.next_number = 1, .shown_below = 1};
}

static bool is_press(const struct event *event)
{
	return event->kind >= EVENT_DECLARE && event->kind <= EVENT_UPLINK_ISOLATE;
}

static void fill(struct eventq *q, uint8_t slot, const struct event *event)
{
	q->slots[slot] = *event;
	q->waiting++;
	q->presses = (uint8_t)(q->presses + is_press(event));
	q->next_slot = (uint8_t)((slot + 1) % BOARD_QUEUE);
}

void eventq_restore(struct eventq *q, uint8_t slot, const struct event *event)
{
	uint8_t next_slot = q->next_slot;

	fill(q, slot, event);
	if (q->next_number <= event->number)
		q->next_number = event->number + 1;
	else
		q->next_slot = next_slot;
	q->shown_below = q->next_number;
}

bool eventq_is_full(const struct eventq *q)
{
	return q->waiting >= BOARD_QUEUE - 1;
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
static void join(struct eventq *q, struct event *event, uint64_t now_ms)
{
	event->last_ms = now_ms;
	if (event->times == UINT16_MAX)
		return;
	event->times++;
	if ((event->times & (event->times - 1)) == 0)
		event->unsaved = q->has_work = true;
}

static void put(struct eventq *q, uint8_t kind, uint8_t uplink, uint32_t arg, uint64_t now_ms)
{
	uint8_t slot = q->next_slot;
	const struct event event = {.number = q->next_number,
				    .kind = kind,
				    .uplink = uplink,
				    .times = 1,
				    .arg = arg,
				    .first_ms = now_ms,
				    .last_ms = now_ms,
				    .age = AGE_KNOWN,
				    .unsaved = true};

	while (q->slots[slot].number != 0)
		slot = (uint8_t)((slot + 1) % BOARD_QUEUE);
	fill(q, slot, &event);
	q->next_number++;
	q->has_work = true;
}

/* The overflow event counts on even while it is the oldest: nothing else is left to count in. */
static void add_to_full(struct eventq *q, uint8_t kind, uint8_t uplink, uint64_t now_ms)
{
	struct event *like = find_like(q, kind, uplink, slot_of_oldest(q));

	if (like == NULL)
		like = find_like(q, EVENT_OVERFLOW, 0, EVENTQ_NO_SLOT);
	if (like != NULL)
		join(q, like, now_ms);
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
	const struct event *oldest = number == 0 ? NULL : eventq_oldest(q);

	if (oldest == NULL || oldest->number != number)
		return;
	q->waiting--;
	q->presses = (uint8_t)(q->presses - is_press(oldest));
	q->has_work = true;
	q->slots[oldest - q->slots] = (struct event){.acknowledged = true};
}

uint32_t event_age(const struct event *event, uint64_t since_ms, uint64_t now_ms)
{
	uint64_t age = now_ms - since_ms;

	if (event->age == AGE_UNKNOWN)
		return BOARD_AGE_UNKNOWN;
	return age < BOARD_AGE_UNKNOWN ? (uint32_t)age : BOARD_AGE_UNKNOWN - 1;
}
