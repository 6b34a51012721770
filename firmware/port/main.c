/* The controller's program: start, the two interrupts that matter, and the loop. */
#include "board/map.h"
#include "firmware/core/coils.h"
#include "firmware/core/panel.h"
#include "firmware/core/slave.h"
#include "firmware/port/bus.h"
#include "firmware/port/clock.h"
#include "firmware/port/memory.h"
#include "firmware/port/pins.h"
#include "firmware/port/stack.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <string.h>
#include <util/atomic.h>

#define NOT_CLEARED __attribute__((section(".noinit")))

static struct panel panel;
static struct coils coils; /* the interrupt's, like trip */
static struct stamp mirror_edge[BOARD_UPLINKS];
static bool mirror_has_closed; /* since the loop has looked */
static volatile uint8_t ticks; /* milliseconds the loop has not dealt with */

/* These survive a reset that does not take the power away. */
static struct trip trip NOT_CLEARED;
static struct watchdog_memory watchdog_memory NOT_CLEARED;
static uint8_t reset_cause NOT_CLEARED;

/* Before main: after its own reset the watchdog still runs, at its shortest setting. */
__attribute__((naked, used, section(".init3"))) static void before_main(void)
{
	reset_cause = MCUSR;
	MCUSR = 0;
	wdt_enable(WDTO_120MS);
	wdt_reset();
}

/* From button to coil, whatever the loop is doing. */
ISR(TIMER1_COMPA_vect)
{
	uint8_t before = trip.coils;
	uint8_t wanted;

	clock_tick();
	coils_step(&coils, (uint8_t)(trip.inputs.state / INPUT_MIRROR_1));
	wanted = trip_sample(&trip, pins_read(), clock_now());
	pins_set_coils(coils_set(&coils, wanted, trip.unsaved));
	if ((before & (uint8_t)~wanted) != 0)
		trip_dropped(&trip, clock_now());
	if (ticks != UINT8_MAX)
		ticks++;
}

ISR(PCINT0_vect)
{
	trip_edge(&trip, clock_now());
}

ISR(PCINT1_vect)
{
	static uint8_t closed_before;
	uint8_t closed = pins_mirrors();
	uint8_t now_closed = closed & (uint8_t)~closed_before;

	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((now_closed >> i & 1) != 0)
			mirror_edge[i] = clock_now();
	mirror_has_closed |= now_closed != 0;
	closed_before = closed;
}

static void drive_coils(void)
{
	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		trip_set_coils(&trip, panel.coils);
		coils_again(&coils, panel.told_anew, (uint8_t)(trip.inputs.state / INPUT_MIRROR_1));
		panel.told_anew = 0;
		pins_set_coils(coils_set(&coils, trip.coils, panel.told));
	}
}

static void step(void)
{
	static struct stamp edges[BOARD_UPLINKS];
	struct panel_view view = {.mirror_edge = edges};

	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		ticks--;
		trip_take(&trip, &view.news);
		view.now = clock_now();
		panel.spikes = trip.inputs.spikes;
		if (mirror_has_closed)
			memcpy(edges, mirror_edge, sizeof edges);
		mirror_has_closed = false;
	}
	panel_step(&panel, &view);
	drive_coils();
	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		pins_set_lamps(panel.lamps);
		pins_set_attention(panel.attention);
	}
}

static void save(void)
{
	uint8_t saved = journal_step(&panel.journal, &panel.kept);

	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		trip_saved(&trip, saved);
	}
}

static void answer(void)
{
	struct stamp at;
	uint16_t length;
	uint8_t *frame = bus_frame(&length, &at);

	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		panel.now = clock_now();
	}
	length = slave_answer(&panel, frame, length, at);
	bus_send(length);
}

static void start(void)
{
	enum memory_state memory_state =
		(reset_cause & (RESET_POWER_ON | RESET_BROWN_OUT)) != 0 ? MEMORY_LOST : MEMORY_KEPT;
	struct panel_start how = {.reset = reset_cause, .memory = memory_state};

	pins_init();
	panel_load(&panel, &memory, &watchdog_memory);
	panel.drive = drive_coils;
	how.unsaved = trip_init(&trip, panel.kept.provision.isolate, memory_state);
	coils_init(&coils, panel.kept.provision.pulse);
	panel_start(&panel, &how);
	bus_init(panel.kept.provision.baud != 0 ? BOARD_BAUD_SLOW : BOARD_BAUD);
	clock_init();
	sei();
}

static uint16_t us_since(struct stamp from)
{
	struct stamp now;
	uint32_t us;

	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		now = clock_now();
	}
	us = stamp_us_between(from, now);
	return us > UINT16_MAX ? UINT16_MAX : (uint16_t)us;
}

static void work(void)
{
	struct stamp from;
	uint16_t us;

	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		from = clock_now();
	}
	for (uint8_t due = ticks; due != 0; due--) {
		step();
		wdt_reset();
	}
	panel.stack_free = stack_look();
	save();
	panel.bad_frames = (uint16_t)(panel.bad_frames + bus_take_spoilt());
	if (bus_has_frame())
		answer();
	us = us_since(from);
	if (us > panel.loop_max_us)
		panel.loop_max_us = us;
}

/* Sleeps until the next interrupt, unless one has brought work already. */
static void rest(void)
{
	cli();
	if (ticks == 0 && !bus_has_frame()) {
		sleep_enable();
		sei();
		sleep_cpu();
		sleep_disable();
	}
	sei();
}

int main(void)
{
	start();
	set_sleep_mode(SLEEP_MODE_IDLE);
	for (;;) {
		work();
		rest();
	}
}
