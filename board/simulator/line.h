/* The serial line between host and chip, and what can be wrong with it (enum board_line). */
#ifndef KANNUKI_SIMULATOR_LINE_H
#define KANNUKI_SIMULATOR_LINE_H

#include "board/simulator/board.h"

enum { LINE_BYTES = 512 };

struct line {
	uint32_t dice;
	uint8_t is; /* enum board_line */
	struct {
		uint64_t due;
		uint8_t byte;
	} under_way[LINE_BYTES];
	size_t first, count;
	/* The answer that is being sent. */
	uint8_t answer[LINE_BYTES / 2];
	uint16_t answered; /* bytes of it */
	uint64_t answered_at;
};

/* What of a byte the host sends arrives. False: nothing. */
bool line_to_chip(struct line *l, uint8_t *byte);
/* The chip has sent a byte; line_arrived gives it out when it is there. */
void line_from_chip(struct line *l, uint64_t now, uint8_t byte);
bool line_arrived(struct line *l, uint64_t now, uint8_t *byte);
/* When the next byte arrives, or `until` if that is earlier. */
uint64_t line_next(const struct line *l, uint64_t until);

#endif
