/* A module's map: which function codes and addresses its relays and inputs have, and what it does alone.
 *
 *   name: Waveshare Modbus RTU Relay (8 channels)
 *   host_lost: keep     what the relays do when nobody asks any more: keep, cut or connect
 *   power_on: cut       what they do after power-on: keep (as before), cut or connect
 *   relays: {first: 0, count: 8, read: 1, write: 5}
 *   inputs: {first: 0, count: 8, read: 2}
 *
 * `first` is the address on the bus of the first point. Function codes: `read` 1 or 2 (bits), 3 or 4 (a register
 * each); `write` 5 or 15 (bits), 6 or 16 (registers); 15 and 16 write all of the module's relays at once.
 */
#ifndef KANNUKI_PANEL_MAP_H
#define KANNUKI_PANEL_MAP_H

#include "uplink/modules.h"

enum alone { ALONE_CUT, ALONE_KEEP, ALONE_CONNECT };

struct module_map {
	char name[128];
	int host_lost, power_on; /* enum alone */
	struct module_row relays, inputs;
};

/* Errors read "FILE:LINE: what is wrong; what to write". */
enum err map_load(const char *path, struct module_map *out, struct fault *f) MUST_USE;

#endif
