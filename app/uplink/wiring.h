/* What is connected where, by the names that a driver gives its points: lines of a GPIO chip, or outputs and inputs of
 * modules numbered from 1. "" or "-": not connected.
 */
#ifndef KANNUKI_UPLINK_WIRING_H
#define KANNUKI_UPLINK_WIRING_H

#include "board/map.h"

#include <stdbool.h>
#include <stdint.h>

enum { POINT_NAME = 32, WIRED_INPUTS = 13, WIRED_LAMPS = 12, INVERTED_MAX = 16 };
/* Places in wiring.inputs. */
enum { WIRED_DECLARE, WIRED_ISOLATE, WIRED_BUTTON, WIRED_KEY = 6, WIRED_TEST, WIRED_FEEDBACK, WIRED_SUPPLY = 12 };
/* The first uplink lamp in wiring.lamps. */
enum { WIRED_UPLINK_LAMP = 8 };

struct wiring {
	char relays[BOARD_UPLINKS][POINT_NAME];
	char lamps[WIRED_LAMPS][POINT_NAME];   /* in the order of enum board_lamp's bits */
	char inputs[WIRED_INPUTS][POINT_NAME]; /* in the order of enum board_input's bits */
	/* Inputs whose contact is open, or whose line is low, when the thing is pressed, on or closed. */
	char inverted[INVERTED_MAX][POINT_NAME];
	unsigned inverted_count;
};

static inline bool point_is_wired(const char *name)
{
	return name[0] != '\0' && !(name[0] == '-' && name[1] == '\0');
}

/* Whether the input of this name is inverted. */
bool wiring_inverts(const struct wiring *wiring, const char *name);

#endif
