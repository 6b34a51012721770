#include "firmware/core/debounce.h"

void debounce_init(struct debounce *d)
{
	*d = (struct debounce){.low = 0xFFFF, .high = 0xFFFF};
}

static void count_spikes(struct debounce *d, uint16_t ended)
{
	for (; ended != 0; ended &= (uint16_t)(ended - 1))
		if (d->spikes != UINT16_MAX)
			d->spikes++;
}

uint16_t debounce_sample(struct debounce *d, uint16_t raw)
{
	uint16_t differs = d->state ^ raw;
	uint16_t changed;

	d->low = (uint16_t)(~(d->low & differs));
	d->high = d->low ^ (d->high & differs);
	changed = differs & d->low & d->high;
	d->state ^= changed;
	count_spikes(d, d->moving & (uint16_t)~differs);
	d->moving = differs & (uint16_t)~changed;
	return changed;
}
