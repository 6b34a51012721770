/* Frames by the million against firmware/core, in a life that goes on between them; each verdict is compared with that
 * of tests/firmware/frames.c, which reads the specification and nothing else. Without the fuzzer's guidance: for depth
 * of state there is fuzz_modbus_frame.
 *
 *   frames COUNT SEED
 *
 *   - no answer to a bad CRC, another slave, a frame too short or too long; the exact exception to what is refused
 *   - what is refused or not heard changes nothing but the counters
 *   - no frame energises a coil; time does only when the key has been turned on a permit, or a proof test gives back
 */
#include "tests/firmware/frames.h"

#include "firmware/core/crc16.h"
#include "firmware/core/slave.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_A_LIFE = 4000 };

static struct {
	struct panel panel;
	struct watchdog_memory watchdog;
	uint8_t eeprom[4096];
	uint64_t dice, seed, number;
	uint16_t hands; /* inputs that are on */
	uint64_t heard, refused, silent, restored;
} now;

_Noreturn static void fail(const char *what, const uint8_t *frame, size_t length)
{
	fprintf(stderr, "frames: seed %" PRIu64 ", frame %" PRIu64 ": %s\n", now.seed, now.number, what);
	for (size_t i = 0; i < length; i++)
		fprintf(stderr, "%02X ", frame[i]);
	fputs("\n", stderr);
	exit(1);
}

static bool eeprom_ready(void)
{
	return true;
}

static uint8_t eeprom_read(uint16_t at)
{
	return now.eeprom[at];
}

static void eeprom_write(uint16_t at, uint8_t byte)
{
	now.eeprom[at] = byte;
}

/* Relays follow at once. */
static void one_millisecond(void)
{
	static const struct stamp edges[BOARD_UPLINKS];
	struct panel *p = &now.panel;
	struct panel_view view = {.mirror_edge = edges};
	uint8_t fallen = (uint8_t)~p->coils & BOARD_ALL_UPLINKS, before = p->coils | p->tested;
	bool was_started = p->started, was_held = p->permit.state == PERMIT_HELD;
	uint8_t permitted = p->permit.uplinks;

	view.now.ms = p->now.ms + 1;
	view.news.coils = p->coils;
	view.news.state = (uint16_t)(INPUT_SUPPLY | now.hands | fallen * INPUT_MIRROR_1);
	panel_step(p, &view);
	(void)journal_step(&p->journal, &p->kept);
	before |= p->coils & (uint8_t)~before & (was_held ? permitted : 0);
	now.restored += was_held && p->permit.state == PERMIT_CLOSING;
	if (was_started && (p->coils & (uint8_t)~before) != 0)
		fail("a coil was energised without permit and key", NULL, 0);
}

static void some_time(void)
{
	unsigned ms = frame_roll(&now.dice, 4) == 0 ? frame_roll(&now.dice, 8) : 0;

	if (frame_roll(&now.dice, 64) == 0)
		now.hands = frame_roll(&now.dice, 2) == 0 ? 0 : INPUT_KEY;
	if (frame_roll(&now.dice, 64) == 0)
		ms = 260;
	while (ms-- > 0)
		one_millisecond();
}

static void begin_life(void)
{
	static const struct eeprom memory = {eeprom_ready, eeprom_read, eeprom_write};
	static const struct panel_start start = {.reset = RESET_POWER_ON};

	memset(now.eeprom, 0xFF, sizeof now.eeprom);
	now.hands = 0;
	panel_load(&now.panel, &memory, &now.watchdog);
	panel_start(&now.panel, &start);
	for (int ms = 0; ms < 100; ms++)
		one_millisecond();
}

/* Byte by byte, as they were copied: what lies between the members is the same, too. */
static bool is_same(const void *x, const void *y, size_t size)
{
	return memcmp(x, y, size) == 0;
}

/* What is not carried out leaves everything as it was, but for the counters. */
static bool is_unchanged(const struct panel *before)
{
	struct panel after;

	memcpy(&after, &now.panel, sizeof after);
	after.sequence = before->sequence;
	after.exceptions = before->exceptions;
	after.bad_frames = before->bad_frames;
	return is_same(&after, before, sizeof after);
}

static void judge(const uint8_t *frame, size_t length, const uint8_t *answer, uint16_t said, const struct panel *before)
{
	struct frame_answer expected = frame_expected(frame, length);

	if (said != expected.length)
		fail(said == 0 ? "no answer" : expected.length == 0 ? "an answer" : "another answer", frame, length);
	if (said != 0 && (crc16(answer, said) != 0 || answer[0] != BOARD_SLAVE))
		fail("an answer that is no frame", frame, length);
	if (expected.exception != 0 && (answer[1] != (frame[1] | 0x80) || answer[2] != expected.exception))
		fail("another exception", frame, length);
	if ((said == 0 || expected.exception != 0) && !is_unchanged(before))
		fail("a refused frame has changed something", frame, length);
	if ((now.panel.coils & (uint8_t) ~(before->coils | before->tested)) != 0)
		fail("a frame has energised a coil", frame, length);
	now.heard += said != 0 && expected.exception == 0;
	now.refused += expected.exception != 0;
	now.silent += said == 0;
}

static void one_frame(void)
{
	uint8_t frame[FRAME_MAX];
	size_t length = frame_make(&now.dice, now.panel.kept.latch_number, frame);
	/* Exactly as large as the firmware's, so that the sanitizer sees a step outside. */
	uint8_t *answer = malloc(SLAVE_FRAME_MAX);
	struct panel before;
	uint16_t said;

	if (answer == NULL || length > SLAVE_FRAME_MAX)
		fail("no memory", NULL, 0);
	memcpy(answer, frame, length);
	memcpy(&before, &now.panel, sizeof before);
	said = slave_answer(&now.panel, answer, (uint16_t)length, now.panel.now);
	judge(frame, length, answer, said, &before);
	free(answer);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;

	now.seed = now.dice = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (now.number = 0; now.number < count; now.number++) {
		if (now.number % FRAMES_A_LIFE == 0)
			begin_life();
		some_time();
		one_frame();
	}
	printf("%" PRIu64 " frames, seed %" PRIu64 ": %" PRIu64 " carried out, %" PRIu64 " refused, %" PRIu64
	       " not answered, %" PRIu64 " keys turned, no finding\n",
	       count, now.seed, now.heard, now.refused, now.silent, now.restored);
	return 0;
}
