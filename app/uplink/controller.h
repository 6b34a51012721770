/* The driver of the panel controller: board/map.h over a bus, late and damaged answers kept out. */
#ifndef KANNUKI_UPLINK_CONTROLLER_H
#define KANNUKI_UPLINK_CONTROLLER_H

#include "uplink/bus.h"
#include "uplink/driver.h"

struct controller {
	struct relay_driver driver;
	struct bus *bus;
	uint16_t nonce;
};

/* `bus` is borrowed. `nonce`: any number that an earlier run is not likely to have used last. */
void controller_init(struct controller *c, struct bus *bus, uint16_t nonce);

#endif
