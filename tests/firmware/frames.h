/* Modbus frames of every sort, right and wrong, from dice; and what the slave must make of each, by
 * docs/formats/board.md alone.
 */
#ifndef KANNUKI_TEST_FRAMES_H
#define KANNUKI_TEST_FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum { FRAME_MAX = 300 };

/* So that some commands are carried out: the latch number that a permit needs. */
size_t frame_make(uint64_t *dice, uint32_t latch, uint8_t frame[FRAME_MAX]);
uint32_t frame_roll(uint64_t *dice, uint32_t below);

struct frame_answer {
	uint16_t length;   /* 0: silence */
	uint8_t exception; /* 0: none */
};
struct frame_answer frame_expected(const uint8_t *frame, size_t length);

#endif
