/* Where one uplink stands, and what each cause makes of it. The only place that decides over a coil and a latch.
 *
 *             start   trip          key      fit          unfit    prove   proven
 *   STARTING  JOINED  LATCHED       .        .            .        .       .
 *   JOINED    .       LATCHED drop  .        .            .        TESTED  .
 *   TESTED    .       LATCHED drop  .        .            .        .       JOINED
 *   LATCHED   .       .             CLOSING  .            .        .       .
 *   CLOSING   .       LATCHED drop  .        JOINED free  LATCHED  .       .
 *
 * The coil is energised in JOINED and CLOSING, the latch stands in LATCHED and CLOSING. In TESTED a proof test has the
 * coil off for a moment. `start` is the end of the start-up test; `trip` is any button, command, loss or reset that
 * cuts; `key` is the turn that a permit allows, and `fit` or `unfit` what the mirror contacts say to it; `proven` is
 * the second half of a proof test, however the first one went.
 */
#ifndef KANNUKI_FIRMWARE_STANDING_H
#define KANNUKI_FIRMWARE_STANDING_H

#include <stdbool.h>
#include <stdint.h>

enum standing {
	STANDING_STARTING,
	STANDING_JOINED,
	STANDING_TESTED,
	STANDING_LATCHED,
	STANDING_CLOSING,
	STANDING_COUNT
};

enum cause { CAUSE_START, CAUSE_TRIP, CAUSE_KEY, CAUSE_FIT, CAUSE_UNFIT, CAUSE_PROVE, CAUSE_PROVEN, CAUSE_COUNT };

/* DROP: a cut to be reported and proven. FREE: the latch is gone. */
enum standing_effect { STANDING_NOTHING, STANDING_DROP, STANDING_FREE };

struct standing_cell {
	uint8_t next;   /* enum standing */
	uint8_t effect; /* enum standing_effect */
};
extern const struct standing_cell standing_table[STANDING_COUNT][CAUSE_COUNT];

bool standing_has_coil(enum standing standing);

#endif
