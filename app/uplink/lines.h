/* Lines of one GPIO chip. lines.c is the only file that knows libgpiod; tests put another in its place.
 *
 * An input is on when its contact is closed to ground (the line has a pull-up), or open where it is inverted. Outputs
 * are off when they are opened. What the kernel does with them when this process ends is the chip's business: on a
 * Raspberry Pi they stay driven unless the firmware is told `dtparam=strict_gpiod`.
 */
#ifndef KANNUKI_UPLINK_LINES_H
#define KANNUKI_UPLINK_LINES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINES_MAX = 32, LINE_EDGES = 64 };

struct line {
	const char *name; /* or number; borrowed */
	bool is_inverted;
	bool is_driven; /* not a contact: somebody drives it, high is on, and it is pulled down */
};

struct lines_plan {
	const char *chip; /* borrowed */
	struct line inputs[LINES_MAX];
	unsigned inputs_count;
	struct line outputs[LINES_MAX];
	unsigned outputs_count;
};

struct line_edge {
	unsigned input; /* in the order of the plan */
	bool on;
	int64_t at_ns; /* CLOCK_MONOTONIC, taken by the kernel */
};

struct gpiod_line_request;
struct gpiod_edge_event_buffer;

struct lines {
	struct gpiod_line_request *inputs, *outputs;
	struct gpiod_edge_event_buffer *events;
	unsigned offsets[LINES_MAX]; /* of the inputs */
	unsigned inputs_count;
};

enum err lines_open(struct lines *l, const struct lines_plan *plan, struct fault *f) MUST_USE;
void lines_close(struct lines *l);
/* To poll for POLLIN; -1 when there are no inputs. */
int lines_fd(const struct lines *l);
/* What has moved, oldest first, at most `max`; never waits. */
enum err lines_edges(struct lines *l, struct line_edge *out, size_t max, size_t *count, struct fault *f) MUST_USE;
/* How they are: bit 0 the first of the plan. */
enum err lines_levels(struct lines *l, uint32_t *on, struct fault *f) MUST_USE;
enum err lines_set(struct lines *l, uint32_t on, struct fault *f);

#endif
