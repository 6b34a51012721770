#include "keeper/flood.h"

#include "board/map.h"

#include <stdlib.h>
#include <string.h>

static const int64_t period_ns = FLOOD_MINUTES * INT64_C(60) * 1000000000;

_Static_assert((int)EVENT_COUNT <= (int)FLOOD_KINDS && BOARD_UPLINKS < FLOOD_UPLINKS, "each has its class");

static const struct {
	const char *word;
	bool has_uplink;
} kinds[EVENT_COUNT] = {
#define KIND(number, name, word, has_uplink, arg) [number] = {word, has_uplink},
	BOARD_EVENTS(KIND)};

unsigned flood_class(const char *kind, uint64_t uplink)
{
	for (unsigned i = 1; i < EVENT_COUNT; i++)
		if (strcmp(kinds[i].word, kind) == 0)
			return i * FLOOD_UPLINKS +
			       (kinds[i].has_uplink && uplink <= BOARD_UPLINKS ? (unsigned)uplink : 0);
	return 0;
}

bool flood_admits(const struct flood *f, unsigned class, int64_t now_ns)
{
	return f->spent_ns[class] <= now_ns + (FLOOD_BURST - 1) * period_ns;
}

void flood_charge(struct flood *f, unsigned class, int64_t now_ns)
{
	if (f->spent_ns[class] < now_ns)
		f->spent_ns[class] = now_ns;
	f->spent_ns[class] += period_ns;
}

static json_int_t order_of(const json_t *tally)
{
	return json_integer_value(json_object_get(tally, "order"));
}

unsigned flood_sort(const struct flood *f, unsigned classes[FLOOD_CLASSES])
{
	unsigned count = 0;

	for (unsigned class = 0; class < FLOOD_CLASSES; class ++) {
		unsigned at = count;

		if (f->tallies[class] == NULL)
			continue;
		for (; at > 0 && order_of(f->tallies[classes[at - 1]]) > order_of(f->tallies[class]); at--)
			classes[at] = classes[at - 1];
		classes[at] = class;
		count++;
	}
	return count;
}

void flood_set(struct flood *f, unsigned class, json_t *tally)
{
	f->waiting += tally != NULL;
	f->waiting -= f->tallies[class] != NULL;
	if (tally != NULL && (uint64_t)order_of(tally) > f->order)
		f->order = (uint64_t)order_of(tally);
	json_decref(f->tallies[class]);
	f->tallies[class] = tally;
}

void flood_clear(struct flood *f)
{
	for (unsigned class = 0; class < FLOOD_CLASSES; class ++)
		flood_set(f, class, NULL);
}
