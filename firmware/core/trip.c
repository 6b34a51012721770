#include "firmware/core/trip.h"

#include "board/map.h"

enum { UNSAVED_MAGIC = 0x6B6E, DEBOUNCE_MS = 3 };

static void unsaved_set(struct trip *t, uint8_t uplinks)
{
	t->unsaved_magic = UNSAVED_MAGIC;
	t->unsaved = uplinks;
	t->unsaved_inverse = (uint8_t)~uplinks;
}

static bool unsaved_is_whole(const struct trip *t)
{
	return t->unsaved_magic == UNSAVED_MAGIC && (t->unsaved ^ t->unsaved_inverse) == 0xFF;
}

uint8_t trip_init(struct trip *t, uint8_t isolate, enum memory_state memory)
{
	uint8_t unsaved = memory == MEMORY_KEPT && unsaved_is_whole(t) ? t->unsaved : 0;

	*t = (struct trip){.isolate = isolate};
	debounce_init(&t->inputs);
	unsaved_set(t, unsaved);
	return unsaved;
}

void trip_edge(struct trip *t, struct stamp now)
{
	if (t->edge_known)
		return;
	t->edge = now;
	t->edge_known = true;
}

/* The uplinks that these buttons cut. */
static uint8_t uplinks_of(const struct trip *t, uint16_t pressed)
{
	uint8_t own = (uint8_t)(pressed / INPUT_UPLINK_1) & BOARD_ALL_UPLINKS;

	return (pressed & INPUT_ISOLATE) != 0 ? own | t->isolate : own;
}

static void trip_by(struct trip *t, uint16_t pressed, struct stamp now)
{
	uint8_t uplinks = uplinks_of(t, pressed);
	uint8_t drops = t->coils & uplinks;

	if (uplinks == 0)
		return;
	t->coils &= (uint8_t)~uplinks;
	unsaved_set(t, t->unsaved | uplinks);
	if (drops != 0 && t->dropped == 0)
		t->drop_edge = t->edge_known ? t->edge : stamp_before(now, DEBOUNCE_MS);
	t->dropped |= drops;
}

uint8_t trip_sample(struct trip *t, uint16_t raw, struct stamp now)
{
	uint16_t changed = debounce_sample(&t->inputs, raw);
	uint16_t pressed = changed & t->inputs.state;

	if (changed != 0) {
		t->pressed |= pressed;
		t->released |= changed & (uint16_t)~t->inputs.state;
		trip_by(t, pressed, now);
	}
	if (t->inputs.moving == 0)
		t->edge_known = false;
	return t->coils;
}

void trip_dropped(struct trip *t, struct stamp now)
{
	t->drop = now;
}

void trip_take(struct trip *t, struct trip_news *news)
{
	/* Field by field: interrupts are off, and most of it is not needed most of the time. */
	news->state = t->inputs.state;
	news->pressed = t->pressed;
	news->released = t->released;
	news->dropped = t->dropped;
	news->coils = t->coils;
	if (t->dropped != 0) {
		news->edge = t->drop_edge;
		news->drop = t->drop;
	}
	t->pressed = 0;
	t->released = 0;
	t->dropped = 0;
}

void trip_set_coils(struct trip *t, uint8_t coils)
{
	t->coils = coils & (uint8_t)(~(t->dropped | uplinks_of(t, t->pressed | t->inputs.state)));
}

void trip_saved(struct trip *t, uint8_t uplinks)
{
	unsaved_set(t, t->unsaved & (uint8_t)~uplinks);
}
