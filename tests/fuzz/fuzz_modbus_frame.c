/* Any frames on the bus, with and without a good CRC: the slave never reads or writes outside its buffer, answers only
   with a good CRC, and never energises a coil.
 *
 *   input: { control u8, length u8, frame } …       control bit 0: the CRC is added, bit 1: a millisecond passes
 before,
 *                                                   bit 2: with the key on, bit 3: with the jumper, bit 4: a hundred
 pass
 */
#include "firmware/core/crc16.h"
#include "firmware/core/slave.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAMES = 64 };

static uint8_t eeprom_bytes[4096];

static bool eeprom_ready(void)
{
	return true;
}

static uint8_t eeprom_read(uint16_t at)
{
	return eeprom_bytes[at];
}

static void eeprom_write(uint16_t at, uint8_t byte)
{
	eeprom_bytes[at] = byte;
}

/* Relays follow at once. */
static void one_millisecond(struct panel *p, uint16_t hands)
{
	static const struct stamp edges[BOARD_UPLINKS];
	struct panel_view view = {.mirror_edge = edges};
	uint8_t fallen = (uint8_t)~p->coils & BOARD_ALL_UPLINKS;

	view.now.ms = p->now.ms + 1;
	view.news.coils = p->coils;
	view.news.state = (uint16_t)(INPUT_SUPPLY | hands | fallen * INPUT_MIRROR_1);
	panel_step(p, &view);
	journal_step(&p->journal, &p->kept);
}

static void some_time(struct panel *p, uint8_t control)
{
	uint16_t hands = ((control & 4) != 0 ? INPUT_KEY : 0) | ((control & 8) != 0 ? INPUT_JUMPER : 0);

	for (int ms = (control & 16) != 0 ? 100 : (control & 2) / 2; ms > 0; ms--)
		one_millisecond(p, hands);
}

static void one_frame(struct panel *p, uint8_t control, const uint8_t *bytes, uint16_t length)
{
	/* Exactly as large as the firmware's, so that the sanitizer sees a step outside. */
	uint8_t *frame = malloc(SLAVE_FRAME_MAX);
	uint8_t coils = p->coils | p->tested; /* a proof test may give a coil back */
	uint16_t answer;

	if (frame == NULL)
		return;
	memcpy(frame, bytes, length);
	if ((control & 1) != 0 && length <= SLAVE_FRAME_MAX - 2) {
		uint16_t crc = crc16(frame, length);

		frame[length++] = (uint8_t)crc;
		frame[length++] = (uint8_t)(crc >> 8);
	}
	answer = slave_answer(p, frame, length, p->now);
	if (answer > SLAVE_FRAME_MAX || (answer != 0 && (answer < 5 || crc16(frame, answer) != 0 || frame[0] != 1)))
		abort();
	if ((p->coils & (uint8_t)~coils) != 0)
		abort();
	free(frame);
}

/* A panel that has started, with its relays connected. */
static struct panel running_panel(struct watchdog_memory *watchdog)
{
	static const struct eeprom memory = {eeprom_ready, eeprom_read, eeprom_write};
	static const struct panel_start start = {.reset = RESET_POWER_ON};
	struct panel panel;

	memset(eeprom_bytes, 0xFF, sizeof eeprom_bytes);
	panel_load(&panel, &memory, watchdog);
	panel_start(&panel, &start);
	for (int ms = 0; ms < 100; ms++)
		one_millisecond(&panel, 0);
	return panel;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct watchdog_memory watchdog;
	static struct panel fresh;
	static uint8_t fresh_eeprom[sizeof eeprom_bytes];
	struct panel panel;

	if (!fresh.started) {
		fresh = running_panel(&watchdog);
		memcpy(fresh_eeprom, eeprom_bytes, sizeof fresh_eeprom);
	}
	panel = fresh;
	memcpy(eeprom_bytes, fresh_eeprom, sizeof eeprom_bytes);
	for (int frames = 0; size >= 2 && frames < FRAMES; frames++) {
		uint16_t length = data[1] < size - 2 ? data[1] : (uint16_t)(size - 2);

		some_time(&panel, data[0]);
		one_frame(&panel, data[0], data + 2, length);
		data += 2 + length;
		size -= 2U + length;
	}
	return 0;
}
