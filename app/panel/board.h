/* Whatever holds the buttons and relays, as panel.yaml says: a driver for the link thread. */
#ifndef KANNUKI_PANEL_BOARD_H
#define KANNUKI_PANEL_BOARD_H

#include "panel/attention.h"
#include "panel/config.h"
#include "uplink/controller.h"
#include "uplink/gpio.h"
#include "uplink/local.h"

struct board {
	struct relay_driver *driver;
	struct local *local; /* NULL with a controller */
	struct controller controller;
	struct serial_bus serial;
	struct attention attention;
	struct modules modules;
	struct gpio gpio;
	struct local panel;
	bool is_started;
};

/* Nothing is asked or driven yet. */
enum err board_open(struct board *b, const struct panel_config *config, struct fault *f) MUST_USE;
/* Starts the thread of the pins, where there is one. */
enum err board_start(struct board *b, struct fault *f) MUST_USE;
/* True when that thread has done nothing for so long. */
bool board_is_stuck(const struct board *b, int64_t after_ns);
/* Ends it; what it drives is off then. A controller goes on by itself. */
void board_close(struct board *b);

#endif
