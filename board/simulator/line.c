#include "board/simulator/line.h"

/* Longer than the host waits for an answer. */
#define LATE_BY BOARD_MS(60)

/* Every eighth byte or so comes with other bits: no frame of some length is spared. */
static uint8_t disturbed(struct line *l, uint8_t byte)
{
	if (l->is != LINE_NOISY)
		return byte;
	l->dice = l->dice * 1664525 + 1013904223;
	return l->dice >> 29 == 0 ? (uint8_t)(byte ^ (l->dice >> 16 | 1)) : byte;
}

bool line_to_chip(struct line *l, uint8_t *byte)
{
	*byte = disturbed(l, *byte);
	return l->is != LINE_DEAF && l->is != LINE_UNPLUGGED;
}

void line_from_chip(struct line *l, uint64_t now, uint8_t byte)
{
	if (l->is == LINE_MUTE || l->is == LINE_UNPLUGGED || l->count == LINE_BYTES)
		return;
	l->under_way[(l->first + l->count) % LINE_BYTES].due = now + (l->is == LINE_LATE ? LATE_BY : 0);
	l->under_way[(l->first + l->count) % LINE_BYTES].byte = disturbed(l, byte);
	l->count++;
}

bool line_arrived(struct line *l, uint64_t now, uint8_t *byte)
{
	if (l->count == 0 || l->under_way[l->first].due > now)
		return false;
	*byte = l->under_way[l->first].byte;
	l->first = (l->first + 1) % LINE_BYTES;
	l->count--;
	return true;
}

uint64_t line_next(const struct line *l, uint64_t until)
{
	return l->count > 0 && l->under_way[l->first].due < until ? l->under_way[l->first].due : until;
}
