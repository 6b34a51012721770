/* Time on the board: whole milliseconds since start, and how far into the present one. */
#ifndef KANNUKI_FIRMWARE_STAMP_H
#define KANNUKI_FIRMWARE_STAMP_H

#include <stdint.h>

/* Timer counts in one millisecond: the chip's 7.3728 MHz, rounded up. */
enum { STAMP_PARTS = 7373 };

struct stamp {
	uint32_t ms;
	uint16_t part; /* 0 … STAMP_PARTS - 1 */
};

/* Microseconds from `from` to `to`; 0 when `to` is not later, the largest number when it does not fit. */
static inline uint32_t stamp_us_between(struct stamp from, struct stamp to)
{
	uint32_t ms = to.ms - from.ms;
	uint32_t us = ms * 1000 + ((uint32_t)to.part * 8889 >> 16);
	uint32_t head = (uint32_t)from.part * 8889 >> 16;

	if (ms > UINT32_MAX / 2 || us < head)
		return 0;
	return ms > UINT32_MAX / 1000 - 1 ? UINT32_MAX : us - head;
}

/* The same moment, some whole milliseconds earlier. */
static inline struct stamp stamp_before(struct stamp now, uint8_t ms)
{
	now.ms -= ms;
	return now;
}

#endif
