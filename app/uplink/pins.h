/* What local.h asks of whatever has the inputs and outputs: GPIO lines (gpio.h) or modules on a bus (modules.h).
 * Inputs are enum board_input bits, 1 for pressed, on, closed; lamps enum board_lamp bits; coils a mask of uplinks.
 * Everything here is called by one thread.
 */
#ifndef KANNUKI_UPLINK_PINS_H
#define KANNUKI_UPLINK_PINS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct pins;

/* The inputs as they were from this moment on. */
struct sight {
	uint16_t inputs;
	int64_t at_ns;
};

struct pins_ops {
	/* A second call on open ones does nothing. The first one leaves every output off; one that mends what broke
	   leaves them as they were driven last. */
	enum err (*open)(struct pins *pins, struct fault *f);
	/* Finds out how the inputs are, and have been since it was last called. */
	enum err (*sense)(struct pins *pins, int64_t now_ns, struct fault *f);
	/* The next change that was found, if it is not later than `until_ns`. */
	bool (*next)(struct pins *pins, int64_t until_ns, struct sight *sight);
	enum err (*drive)(struct pins *pins, uint8_t coils, uint16_t lamps, struct fault *f);
	/* Sleeps until then, until an input moves, or until the bell (an eventfd) rings. */
	void (*wait)(struct pins *pins, int bell, int64_t until_ns);
	/* Outputs off, as far as they can be reached. */
	void (*close)(struct pins *pins);
};

struct pins {
	const struct pins_ops *ops;
	int64_t rest_ns;   /* between two looks when nothing moves */
	bool has_more;     /* a change was found that is later than what was asked for */
	int64_t settle_ns; /* after a coil was driven, a mirror contact may lag behind for so long */
};

/* Sleeps until then, until the bell rings, or until `fd` (or -1) can be read. */
void pins_wait(int bell, int fd, int64_t until_ns);

#endif
