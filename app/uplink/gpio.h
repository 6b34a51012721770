/* Buttons, lamps and relays on the lines of a GPIO chip, as the pins of local.h.
 *
 * The kernel stamps every edge, so what the inputs were in each millisecond is known even when this program was kept
 * waiting: a press is never missed, and a spike never counts for longer than it was. Should the kernel's queue have
 * overflowed, the levels themselves are looked at.
 */
#ifndef KANNUKI_UPLINK_GPIO_H
#define KANNUKI_UPLINK_GPIO_H

#include "uplink/lines.h"
#include "uplink/pins.h"
#include "uplink/wiring.h"

enum { GPIO_EDGES = 256 };

struct gpio_settings {
	char chip[256];
	struct wiring wiring;
};

struct gpio {
	struct pins pins;
	struct gpio_settings settings;
	struct lines_plan plan;
	uint16_t input_bits[LINES_MAX]; /* enum board_input, of each input of the plan */
	uint8_t output_coils[LINES_MAX];
	uint16_t output_lamps[LINES_MAX];
	struct lines lines;
	bool is_open;

	struct line_edge edges[GPIO_EDGES];
	size_t edges_count, edges_taken;
	uint16_t inputs; /* as told */
	uint16_t levels; /* as seen after the last edge was read */
	int64_t seen_ns;
	bool is_told;
};

void gpio_init(struct gpio *g, const struct gpio_settings *settings);

#endif
