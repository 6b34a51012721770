/* The keys that the panel's controller keeps, as the daemon leaves them for the keeper: PANEL_KEYS_FILE, in memory that
 * does not outlast the start of the machine, holds generation (4 bytes, high first) and key (32) of each slot that is
 * kept, the older first. The keeper never sends a key to anybody.
 */
#ifndef KANNUKI_KEEPER_SLOTS_H
#define KANNUKI_KEEPER_SLOTS_H

#include "ledger/ledger.h"

struct slots {
	struct slot_keys *keys; /* locked memory; NULL: not open */
	uint32_t generation;    /* of the newest that is kept; 0: none is */
	bool is_told;           /* the daemon has heard from a controller since the machine started */
};

/* `seals`: the site wants the next epoch's secret sealed. Reads the file for the first time. */
enum err slots_open(struct slots *s, bool seals, struct fault *f) MUST_USE;
void slots_close(struct slots *s);
/* Reads it again. One that is not there leaves everything as it was. */
void slots_read(struct slots *s);
/* Waits up to a minute for a controller that has not been heard from. ERR_TIMEOUT: it did not come. ERR_MISSING: it
   has been heard from. ERR_BUSY: the program is to end. */
enum err slots_await(struct slots *s, struct fault *f) MUST_USE;

/* The stored secret is sealed with a key that the controller keeps. */
bool slots_hold(const struct slots *s) MUST_USE;
/* It keeps one that has sealed nothing yet. */
bool slots_have_fresh(const struct slots *s) MUST_USE;

#endif
