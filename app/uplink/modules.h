/* Relay and input modules from the shelf, over Modbus RTU or TCP: their points as the pins of local.h.
 *
 * A module has no map version and echoes no nonce, so nothing it says is believed without a second look: after a
 * miss the line is silent for the whole patience before it is asked again, and the relays are read back each time
 * and written again when they are not what they should be (a module that lost its power, or another master).
 */
#ifndef KANNUKI_UPLINK_MODULES_H
#define KANNUKI_UPLINK_MODULES_H

#include "uplink/pins.h"
#include "uplink/wire.h"
#include "uplink/wiring.h"

enum { MODULE_POINTS_MAX = 64, MODULE_SLAVE_MS = 200 };

/* A row of like points of one module. */
struct module_row {
	int slave;
	int first; /* address on the bus */
	int count; /* 0: there is no such row */
	int read;  /* function code: 1, 2, 3 or 4; 3 and 4: a register each, 0 is off */
	int write; /* 5, 6 (a register each), 15 (all at once), 16 */
};

struct modules_settings {
	struct wire_settings wire;
	struct module_row relays;
	struct module_row inputs;
	struct wiring wiring; /* valid: config.c has checked it */
};

struct modules {
	struct pins pins;
	struct modules_settings settings;
	struct wire wire;
	uint64_t wanted; /* outputs, bit 0 the first */
	uint64_t used;   /* the outputs that are ours */
	struct sight sight;
	bool has_sight;
	bool is_ready; /* the outputs were written off once */
};

enum err modules_init(struct modules *m, const struct modules_settings *settings, struct fault *f) MUST_USE;
void modules_fini(struct modules *m);

/* The number of a point from 1 on; 0 when `name` is not connected or not a number. */
unsigned point_number(const char *name);

#endif
