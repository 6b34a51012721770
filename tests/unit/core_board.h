/* A board around firmware/core for unit tests: EEPROM in memory, relays that follow their coils, milliseconds. */
#ifndef KANNUKI_TEST_CORE_BOARD_H
#define KANNUKI_TEST_CORE_BOARD_H

#include "firmware/core/coils.h"
#include "firmware/core/panel.h"
#include "firmware/core/crc16.h"
#include "firmware/core/slave.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { CORE_EEPROM = 4096, CORE_RELAY_MS = 10, CORE_WRITE_MS = 4 };

static struct {
	struct panel panel;
	struct trip trip;
	struct coils coils;
	uint8_t pins; /* coil pins that are energised */
	struct watchdog_memory watchdog;
	uint16_t pressed; /* enum board_input bits of buttons and key */
	bool no_supply;
	uint8_t welded;               /* uplinks whose mirror contact never closes */
	uint8_t stuck_closed;         /* uplinks whose mirror contact never opens */
	uint8_t relay[BOARD_UPLINKS]; /* milliseconds of the coil being on, at most CORE_RELAY_MS */
	struct stamp mirror_edge[BOARD_UPLINKS];
	uint16_t raw_before;
	struct stamp now;
	uint8_t eeprom[CORE_EEPROM];
	uint8_t busy_ms;
	long writes;      /* bytes written so far */
	long writes_left; /* -1: power lasts; else the power goes during the write after so many */
	bool power_lost;
} core;

static inline bool core_eeprom_ready(void)
{
	return core.busy_ms == 0;
}

static inline uint8_t core_eeprom_read(uint16_t at)
{
	return core.eeprom[at];
}

static inline void core_eeprom_write(uint16_t at, uint8_t byte)
{
	if (core.power_lost)
		return;
	if (core.writes_left == 0) {
		core.eeprom[at] = (uint8_t)(byte ^ 0x5A);
		core.power_lost = true;
		return;
	}
	if (core.writes_left > 0)
		core.writes_left--;
	core.writes++;
	core.eeprom[at] = byte;
	core.busy_ms = CORE_WRITE_MS;
}

static const struct eeprom core_memory = {core_eeprom_ready, core_eeprom_read, core_eeprom_write};

/* A new board with blank EEPROM. */
static inline void core_fresh(void)
{
	memset(&core, 0, sizeof core);
	memset(core.eeprom, 0xFF, sizeof core.eeprom);
	core.writes_left = -1;
}

static inline void core_start(uint8_t reset, enum memory_state memory)
{
	struct panel_start start = {.reset = reset, .memory = memory};

	core.busy_ms = 0;
	core.power_lost = false;
	core.now = (struct stamp){0, 0};
	core.raw_before = 0;
	panel_load(&core.panel, &core_memory, &core.watchdog);
	start.unsaved = trip_init(&core.trip, core.panel.kept.provision.isolate, memory);
	coils_init(&core.coils, core.panel.kept.provision.pulse);
	core.pins = 0;
	panel_start(&core.panel, &start);
}

static inline uint16_t core_mirrors(void)
{
	uint16_t closed = 0;

	for (int i = 0; i < BOARD_UPLINKS; i++)
		if (core.relay[i] == 0)
			closed |= (uint16_t)(1U << i);
	return (uint16_t)((closed & ~core.welded) | core.stuck_closed);
}

/* Bistable relays move by pulses; ISOLATE's second pole feeds their opening coils. */
static inline int core_relay_goes(int i)
{
	bool isolate = (core.pressed & INPUT_ISOLATE) != 0;
	bool closes = (core.pins >> i & 1) != 0 && !core.no_supply && !isolate;

	if ((core.coils.bistable >> i & 1) == 0)
		return closes ? 1 : -1;
	if ((core.pins >> (i + BISTABLE_UPLINKS) & 1) != 0 || isolate)
		return -1;
	return closes ? 1 : 0;
}

static inline void core_move_relays(void)
{
	for (int i = 0; i < BOARD_UPLINKS; i++) {
		int goes = core_relay_goes(i);

		if (goes > 0 && core.relay[i] < CORE_RELAY_MS)
			core.relay[i]++;
		else if (goes < 0 && core.relay[i] > 0)
			core.relay[i]--;
	}
}

static inline uint16_t core_raw(void)
{
	bool supply = !core.no_supply && (core.pressed & INPUT_ISOLATE) == 0;

	return (uint16_t)(core.pressed | core_mirrors() * INPUT_MIRROR_1 | (supply ? INPUT_SUPPLY : 0));
}

static inline void core_one_ms(void)
{
	struct panel_view view = {.mirror_edge = core.mirror_edge};
	uint16_t raw;

	core.now.ms++;
	core_move_relays();
	raw = core_raw();
	for (int i = 0; i < BOARD_UPLINKS; i++)
		if ((raw & ~core.raw_before & (INPUT_MIRROR_1 << i)) != 0)
			core.mirror_edge[i] = core.now;
	if (((raw ^ core.raw_before) & 0xFF) != 0)
		trip_edge(&core.trip, core.now);
	core.raw_before = raw;
	coils_step(&core.coils, (uint8_t)(core.trip.inputs.state / INPUT_MIRROR_1));
	trip_sample(&core.trip, raw, core.now);
	coils_set(&core.coils, core.trip.coils, core.trip.unsaved);
	trip_dropped(&core.trip, core.now);
	trip_take(&core.trip, &view.news);
	view.now = core.now;
	panel_step(&core.panel, &view);
	trip_set_coils(&core.trip, core.panel.coils);
	coils_again(&core.coils, core.panel.told_anew, (uint8_t)(core.trip.inputs.state / INPUT_MIRROR_1));
	core.panel.told_anew = 0;
	core.pins = coils_set(&core.coils, core.trip.coils, core.panel.told);
	trip_saved(&core.trip, journal_step(&core.panel.journal, &core.panel.kept));
	if (core.busy_ms > 0)
		core.busy_ms--;
}

static inline void core_run(uint32_t ms)
{
	while (ms-- > 0 && !core.power_lost)
		core_one_ms();
}

static inline void core_press(uint16_t inputs, uint32_t ms)
{
	core.pressed |= inputs;
	core_run(ms);
	core.pressed &= (uint16_t)~inputs;
	core_run(20);
}

/* Acknowledges the oldest event and returns it; kind 0: there is none. */
static inline struct event core_take_event(void)
{
	const struct event *oldest = eventq_oldest(&core.panel.kept.events);
	struct event event = {0};

	if (oldest == NULL)
		return event;
	event = *oldest;
	eventq_acknowledge(&core.panel.kept.events, event.number);
	return event;
}

/* Takes events until one of this kind; kind 0: it was not there. */
static inline struct event core_find_event(enum board_event kind)
{
	struct event event;

	do {
		event = core_take_event();
	} while (event.kind != 0 && event.kind != (uint8_t)kind);
	return event;
}

static inline void core_drop_events(void)
{
	while (core_take_event().kind != 0) {
	}
}

#endif
