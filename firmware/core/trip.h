/* Trip: from the sampled button to the coil, inside the timer interrupt, whatever the rest is doing.
 *
 * The interrupt owns the struct. The main loop talks to it only through trip_take, trip_set_coils and trip_saved,
 * with interrupts off. Nothing here loops, waits or fails.
 *
 * `unsaved` survives a reset by watchdog in memory that start-up does not clear: a press whose latch was not yet
 * in EEPROM is not lost with the program that should have written it.
 */
#ifndef KANNUKI_FIRMWARE_TRIP_H
#define KANNUKI_FIRMWARE_TRIP_H

#include "firmware/core/debounce.h"
#include "firmware/core/stamp.h"

#include <stdbool.h>

struct trip {
	struct debounce inputs;
	uint8_t isolate;  /* uplinks the ISOLATE button cuts */
	uint8_t coils;    /* uplinks whose coil is energised */
	uint8_t dropped;  /* coils dropped since last taken */
	uint16_t pressed; /* inputs gone on since last taken */
	uint16_t released;
	struct stamp edge; /* first change since all inputs were steady */
	bool edge_known;
	struct stamp drop_edge, drop; /* of the first drop since last taken */
	uint16_t unsaved_magic;
	uint8_t unsaved, unsaved_inverse;
};

/* What the main loop takes away. */
struct trip_news {
	uint16_t state, pressed, released;
	uint8_t dropped;
	uint8_t coils;
	struct stamp edge, drop; /* meaningful when something was dropped */
};

enum memory_state { MEMORY_LOST, MEMORY_KEPT };

/* Coils are off. MEMORY_KEPT: the struct's bytes are those from before a reset; returns the uplinks tripped then
   but not saved. */
uint8_t trip_init(struct trip *t, uint8_t isolate, enum memory_state memory);
/* An input pin has moved. */
void trip_edge(struct trip *t, struct stamp now);
/* Every millisecond, with `raw` in the order of enum board_input. Returns the coils that may be energised. */
uint8_t trip_sample(struct trip *t, uint16_t raw, struct stamp now);
/* The coils have been switched to what trip_sample said. */
void trip_dropped(struct trip *t, struct stamp now);

void trip_take(struct trip *t, struct trip_news *news);
/* Energises `coils`, except those whose button is pressed or that the interrupt has dropped meanwhile. */
void trip_set_coils(struct trip *t, uint8_t coils);
/* The latch of these uplinks is in EEPROM. */
void trip_saved(struct trip *t, uint8_t uplinks);

#endif
