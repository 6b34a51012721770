/* /etc/kannuki/panel.yaml: what holds the buttons and relays, and where. docs/operation/panel.md shows each form.
 *
 *   driver: controller   (default) the panel controller on a serial line:  device, baud, parity, attention
 *   driver: gpio         lines of this computer:                           chip, outputs, inputs, inverted
 *   driver: modbus       modules from the shelf, serial or TCP:            device or address, modules, outputs …
 *   uplinks: 4           how many there are, 1 to 4
 *
 * A configuration that could not cut is refused: each uplink has a relay of its own, a button cuts something, and no
 * module connects again by itself.
 */
#ifndef KANNUKI_PANEL_CONFIG_H
#define KANNUKI_PANEL_CONFIG_H

#include "uplink/modules.h"

#include <stdio.h>

enum driver_kind { DRIVER_CONTROLLER, DRIVER_GPIO, DRIVER_MODBUS };

struct module_use {
	char map[256];
	int slave;
};

struct panel_config {
	int driver; /* enum driver_kind */
	int uplinks;
	/* controller, modbus */
	char device[256];
	int baud;
	int parity; /* 'E', 'O' or 'N' */
	/* modbus */
	char address[64];
	int port;
	struct module_use relay_module, input_module;
	struct module_row relay_row, input_row; /* from the maps */
	/* gpio; of the attention line */
	char chip[256];
	/* controller */
	char attention[POINT_NAME]; /* the line it is on; "": none */
	/* gpio, modbus */
	struct wiring wiring;
	unsigned relays_count, buttons_count, feedback_count, uplink_lamps_count;
	int isolate_cuts[BOARD_UPLINKS];
	unsigned isolate_cuts_count;
	int unproven[BOARD_UPLINKS]; /* without a contact, and may be connected again all the same */
	unsigned unproven_count;
};

/* Errors read "FILE:LINE: what is wrong; what to write". */
enum err config_load(const char *path, struct panel_config *out, struct fault *f) MUST_USE;

/* Every setting in effect, and where it stands. */
enum err config_print(const char *path, const struct panel_config *config, FILE *out, struct fault *f) MUST_USE;

/* Bit masks of uplinks: all of them; what ISOLATE cuts; those without a mirror contact. */
uint8_t config_fitted(const struct panel_config *config);
uint8_t config_isolate(const struct panel_config *config);
uint8_t config_blind(const struct panel_config *config);
/* Those of the last that may be connected again by a permit, unproven. */
uint8_t config_trusted(const struct panel_config *config);

/* What is allowed but should be known, one after the other from 0; NULL beyond the last. */
const char *config_note(const struct panel_config *config, unsigned index);

#endif
