#include "firmware/port/clock.h"

#include <avr/io.h>

static uint32_t milliseconds;

void clock_init(void)
{
	OCR1A = STAMP_PARTS - 1;
	TCCR1B = 1 << WGM12 | 1 << CS10;
	TIMSK1 = 1 << OCIE1A;
}

void clock_tick(void)
{
	milliseconds++;
}

struct stamp clock_now(void)
{
	struct stamp now = {milliseconds, TCNT1};

	/* The timer has wrapped, but its interrupt has not run yet. */
	if ((TIFR1 & 1 << OCF1A) != 0) {
		now.part = TCNT1;
		now.ms++;
	}
	return now;
}
