/* One relay under supervision: coil state is not proof, the mirror contact is.
 *
 * A force-guided relay closes its mirror contact only when the main contacts are open. What is seen of coil and
 * mirror is one of six sights; LATE means that they have contradicted each other for too long.
 *
 *               ON_OPEN         ON_CLOSED  ON_LATE         OFF_CLOSED  OFF_OPEN  OFF_LATE
 *   CONNECTED   .               .          BROKEN_ON fail  CUT prove   CUTTING   BROKEN_OFF fail
 *   CUTTING     CONNECTED join  CLOSING    BROKEN_ON fail  CUT prove   .         BROKEN_OFF fail
 *   CUT         CONNECTED join  CLOSING    BROKEN_ON fail  .           .         BROKEN_OFF fail
 *   CLOSING     CONNECTED join  .          BROKEN_ON fail  CUT prove   CUTTING   BROKEN_OFF fail
 *   BROKEN_ON   CONNECTED well  .          .               CUT prove   CUTTING   BROKEN_OFF fail
 *   BROKEN_OFF  CONNECTED join  CLOSING    BROKEN_ON fail  CUT prove   .         .
 *
 * A blind relay has no mirror contact: it is CONNECTED with its coil on, CUTTING with its coil off, and never proven.
 *
 * A relay that failed while off stays `bad` until a proven cut, also while it is connected again: welded contacts
 * look healthy then.
 */
#ifndef KANNUKI_FIRMWARE_RELAY_H
#define KANNUKI_FIRMWARE_RELAY_H

#include "board/map.h"
#include "firmware/core/stamp.h"

#include <stdbool.h>
#include <stdint.h>

enum relay_state {
	RELAY_CONNECTED,
	RELAY_CUTTING,
	RELAY_CUT,
	RELAY_CLOSING,
	RELAY_BROKEN_ON,
	RELAY_BROKEN_OFF,
	RELAY_STATE_COUNT
};

enum relay_sight {
	SIGHT_ON_OPEN,
	SIGHT_ON_CLOSED,
	SIGHT_ON_LATE,
	SIGHT_OFF_CLOSED,
	SIGHT_OFF_OPEN,
	SIGHT_OFF_LATE,
	RELAY_SIGHT_COUNT
};

enum relay_effect { RELAY_NOTHING, RELAY_JOINED, RELAY_PROVEN, RELAY_FAILED, RELAY_WELL };

struct relay_cell {
	uint8_t next;   /* enum relay_state */
	uint8_t effect; /* enum relay_effect */
};
extern const struct relay_cell relay_table[RELAY_STATE_COUNT][RELAY_SIGHT_COUNT];

enum relay_bad { RELAY_BAD_ON = 1, RELAY_BAD_OFF = 2 };

struct relay {
	uint8_t state;
	uint8_t bad; /* enum relay_bad bits */
	bool blind;
	bool trusted;        /* a blind one that may be connected again although its cut is not proven */
	uint8_t limit_ms;    /* BOARD_RELAY_MS, or that of a bistable relay */
	bool coil;           /* a millisecond ago */
	uint8_t contrary_ms; /* how long coil and mirror have contradicted each other since the coil last changed */
	struct stamp since;  /* the edge or other cause of the present cut */
};

/* Coil off, nothing proven yet. */
void relay_init(struct relay *r, uint8_t limit_ms);
/* Every millisecond. */
enum relay_effect relay_step(struct relay *r, bool coil, bool mirror);
/* As the map names it. */
enum board_uplink_state relay_shown(const struct relay *r);

#endif
