/* Coils: from the uplinks that shall be connected to the four pins, inside the timer interrupt.
 *
 * An ordinary relay is held by its pin. A bistable one stays as it is without power, so it is told by pulses: pin n
 * closes uplink n, pin n + 2 opens it, never both. A pulse is repeated until the mirror contact agrees, three in all.
 * Until it is told anything, a bistable relay is left as it stands: a start of the controller must not cut.
 *
 *   pin    ____/‾‾‾‾‾‾‾‾‾\______/‾‾‾‾‾‾‾‾‾\______
 *              |  50 ms  | 20 ms|  only when the mirror contact does not agree
 */
#ifndef KANNUKI_FIRMWARE_COILS_H
#define KANNUKI_FIRMWARE_COILS_H

#include "board/map.h"

#include <stdbool.h>
#include <stdint.h>

enum { BISTABLE_UPLINKS = 2 };

struct pulses {
	uint8_t left; /* pulses, the present one included; 0: at rest */
	uint8_t ms;   /* of the present pulse or the rest after it, left */
	bool on;
};

struct coils {
	uint8_t bistable; /* mask */
	uint8_t wanted;   /* uplinks to be connected */
	uint8_t told;     /* uplinks that have been told */
	struct pulses pulses[BISTABLE_UPLINKS];
};

void coils_init(struct coils *c, uint8_t bistable);
/* Tells the uplinks of `told`, and those told before, what they shall be. Returns the pins to energise. */
uint8_t coils_set(struct coils *c, uint8_t wanted, uint8_t told);
/* Somebody asks once more to cut these: a bistable relay whose mirror contact still does not agree is pulsed anew. */
void coils_again(struct coils *c, uint8_t uplinks, uint8_t mirrors);
/* A millisecond has passed. `mirrors`: contacts that are closed. */
void coils_step(struct coils *c, uint8_t mirrors);

#endif
