/* The permit: the only way back from a latched trip. Two people approve elsewhere; here the key is watched.
 *
 *            NONE            WAIT_OFF       WAIT_ON           HELD              CLOSING
 *   give     WAIT_OFF start  replace        WAIT_OFF replace  WAIT_OFF replace  refuse
 *   void     .               NONE withdraw  NONE withdraw     NONE withdraw     .
 *   trip     .               NONE trip      NONE trip         NONE trip         NONE trip
 *   expired  .               NONE expire    NONE expire       NONE expire       .
 *   off      .               WAIT_ON        .                 WAIT_ON           .
 *   on       .               .              HELD              .                 .
 *   turned   .               WAIT_ON        .                 CLOSING connect   .
 *   long     .               .              WAIT_OFF          WAIT_OFF          .
 *   fit      .               .              .                 .                 NONE restored
 *   unfit    .               .              .                 .                 NONE failed
 *
 * `give` and `void` are commands, `trip` is any cut; `on` and `off` are the level of the key, seen every millisecond;
 * `turned` is its release after 0.2 to 3 s, `long` the moment it has been on for 3 s. In CLOSING the coils are on and
 * the mirror contacts decide: `fit` when all have opened, `unfit` when one has not.
 */
#ifndef KANNUKI_FIRMWARE_PERMIT_H
#define KANNUKI_FIRMWARE_PERMIT_H

#include "board/map.h"

#include <stdbool.h>
#include <stdint.h>

enum permit_stimulus {
	PERMIT_GIVE,
	PERMIT_VOID,
	PERMIT_TRIP,
	PERMIT_EXPIRED,
	PERMIT_KEY_OFF,
	PERMIT_KEY_ON,
	PERMIT_KEY_TURNED,
	PERMIT_KEY_LONG,
	PERMIT_FIT,
	PERMIT_UNFIT,
	PERMIT_STIMULUS_COUNT
};

enum permit_effect {
	PERMIT_NOTHING,
	PERMIT_START,
	PERMIT_REPLACE,
	PERMIT_REFUSE,
	PERMIT_VOIDED_BY_COMMAND,
	PERMIT_VOIDED_BY_TRIP,
	PERMIT_EXPIRE,
	PERMIT_CONNECT,
	PERMIT_RESTORED,
	PERMIT_FAILED
};

struct permit_cell {
	uint8_t next;   /* enum board_permit_state */
	uint8_t effect; /* enum permit_effect */
};
extern const struct permit_cell permit_table[PERMIT_STATE_COUNT][PERMIT_STIMULUS_COUNT];

struct permit {
	uint8_t state;   /* enum board_permit_state */
	uint8_t uplinks; /* meaningful outside NONE */
	uint32_t nonce;
	uint32_t left_ms;
	uint16_t key_on_ms;
};

/* Only follows the table; the caller performs the effect. */
enum permit_effect permit_step(struct permit *p, enum permit_stimulus stimulus);
/* What the key does in this millisecond. */
enum permit_stimulus permit_watch_key(struct permit *p, bool on);

#endif
