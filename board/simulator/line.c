#include "board/simulator/line.h"

#include "firmware/core/crc16.h"

/* Longer than the host waits for an answer. */
#define LATE_BY BOARD_MS(60)

static uint32_t throw_dice(struct line *l)
{
	l->dice = l->dice * 1664525 + 1013904223;
	return l->dice;
}

/* Every eighth byte or so comes with other bits: no frame of some length is spared. */
static uint8_t disturbed(struct line *l, uint8_t byte)
{
	uint32_t dice = l->is == LINE_NOISY ? throw_dice(l) : UINT32_MAX;

	return dice >> 29 == 0 ? (uint8_t)(byte ^ (dice >> 16 | 1)) : byte;
}

/* ---- answers ---- */

/* Longer than a pause within a frame can be. */
#define FRAME_GAP BOARD_MS(4)
enum { REGISTERS_AT = 3, CRC_BYTES = 2 };

/* How long the answer will be; 0: not known yet. */
static uint16_t answer_length(const struct line *l)
{
	if (l->answered < REGISTERS_AT)
		return 0;
	return (uint16_t)((l->answer[1] & 0x80) != 0 ? REGISTERS_AT + CRC_BYTES
						     : REGISTERS_AT + l->answer[2] + CRC_BYTES);
}

/* The map version is the first register of each block; the CRC of such an answer is right all the same. */
static uint8_t with_other_map(struct line *l)
{
	uint16_t at = (uint16_t)(l->answered - 1), length = answer_length(l);
	uint16_t crc;

	if (at == REGISTERS_AT + HEADER_MAP + 1 && length > REGISTERS_AT + CRC_BYTES)
		l->answer[at]++;
	if (length == 0 || at < length - CRC_BYTES)
		return l->answer[at];
	crc = crc16(l->answer, (uint16_t)(length - CRC_BYTES));
	return (uint8_t)(at == length - CRC_BYTES ? crc : crc >> 8);
}

/* Of the answer as a whole: what becomes of its next byte. */
static uint8_t changed(struct line *l, uint64_t now, uint8_t byte)
{
	if (now - l->answered_at > FRAME_GAP || l->answered == sizeof l->answer)
		l->answered = 0;
	l->answered_at = now;
	l->answer[l->answered++] = byte;
	if (l->is == LINE_OTHER_MAP)
		return with_other_map(l);
	/* What the other one counts and measures differs. */
	return l->is == LINE_TWO && l->answered > REGISTERS_AT ? (uint8_t)(byte & throw_dice(l) >> 24) : byte;
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
	l->under_way[(l->first + l->count) % LINE_BYTES].byte = disturbed(l, changed(l, now, byte));
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
