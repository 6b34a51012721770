/* Modbus frames of every sort through the UART of the simulated chip; `make fuzz` sends more, and millions of them to
 * firmware/core on the host (tests/fuzz/frames.c).
 *
 * Each must be answered as frames.c says, and no uplink that is latched may ever be connected: nobody turns the key.
 *
 *   test_frames [--trials N] [--seed S] [--only NUMBER] [--first]     a trial is 250 frames
 */
#include "tests/firmware/frames.h"
#include "tests/firmware/trials.h"

#include "firmware/core/crc16.h"

#include <inttypes.h>
#include <stdio.h>

enum { FRAMES = 250, LOOK_EVERY = 10 };

static uint16_t look(struct trial *t, uint16_t latched)
{
	uint16_t now = 0;

	sim_poll(t->sim, 0);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((t->sim->status[STATUS_UPLINK + i] & UPLINK_LATCHED) != 0)
			now |= (uint16_t)(1U << i);
	if ((latched & ~now) != 0)
		trial_break(t, "a frame has unlatched an uplink");
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((now >> i & 1) != 0 && board_coil(t->sim->board, i))
			trial_break(t, "uplink %d is latched and its coil is on", i + 1);
	return now;
}

static void judge(const struct trial *t, const uint8_t *frame, size_t length, unsigned number)
{
	const struct sim *s = t->sim;
	struct frame_answer expected = frame_expected(frame, length);

	if (s->answer_length != expected.length)
		trial_break(t, "frame %u, function %u: an answer of %u bytes, not %u", number, frame[1],
			    (unsigned)s->answer_length, expected.length);
	if (s->answer_length != 0 && crc16(s->answer, (uint16_t)s->answer_length) != 0)
		trial_break(t, "frame %u: the answer's CRC is wrong", number);
	if (expected.exception != 0 && (s->answer[1] != (frame[1] | 0x80) || s->answer[2] != expected.exception))
		trial_break(t, "frame %u: exception %u, not %u", number, s->answer[2], expected.exception);
}

static void frames_try(struct trial *t)
{
	uint8_t frame[FRAME_MAX];
	uint16_t latched = 0;

	for (unsigned number = 0; number < FRAMES; number++) {
		size_t length = frame_make(&t->dice.state, sim_latch(t->sim), frame);

		sim_send(t->sim, frame, length);
		judge(t, frame, length, number);
		sim_run_us(t->sim, 2000 + trial_roll(t, 3000));
		if (number % LOOK_EVERY == 0)
			latched = look(t, latched);
	}
}

static void report(const struct tally *sum)
{
	printf("#= %" PRIu64 " frames through the UART\n", sum->trials * FRAMES);
}

int main(int argc, char **argv)
{
	struct trials frames = {.name = "frames", .run = frames_try, .count = 8, .seed = 1, .only = -1};

	trials_options(&frames, argc, argv);
	return trials_main(&frames, report);
}
