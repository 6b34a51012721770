/* GPIO lines with a libgpiod that the test owns: each call that can fail fails in turn. With the true one:
 * test_lines.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <gpiod.h>
#include <string.h>

#include "uplink/lines.h"

enum { FD_OF_INPUTS = 33, OFFSETS = 16, EDGES = 4 };

/* Everything of libgpiod is one of these; how many of them are alive shows what was forgotten. */
static int alive;
static struct {
	unsigned calls, fails_at; /* of those that can fail; 0: none does */
	bool is_input[2];         /* of the requests, in their order */
	enum gpiod_line_direction direction;
	enum gpiod_line_bias bias;
	bool active_low;
	struct {
		enum gpiod_line_bias bias;
		bool active_low, is_output;
	} planned[OFFSETS];
	unsigned requests, waiting, configured;
	int wait_result;
	struct {
		unsigned offset;
		bool on;
		uint64_t at;
	} edges[EDGES];
	enum gpiod_line_value levels[LINES_MAX], driven[LINES_MAX];
} world;

static bool fails(void)
{
	errno = EBUSY;
	return ++world.calls == world.fails_at;
}

static void *new_thing(void)
{
	if (fails())
		return NULL;
	alive++;
	return &alive;
}

static void free_thing(const void *thing)
{
	alive -= thing != NULL;
}

/* ---- in the place of libgpiod ------------------------------------------------------------------------------ */

struct gpiod_chip *gpiod_chip_open(const char *path)
{
	assert_string_equal(path, "/dev/gpiochip9");
	return new_thing();
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
	free_thing(chip);
}

int gpiod_chip_get_line_offset_from_name(struct gpiod_chip *chip, const char *name)
{
	assert_non_null(chip);
	return strcmp(name, "RELAY") == 0 ? 7 : strcmp(name, "8x") == 0 ? 8 : -1;
}

struct gpiod_line_config *gpiod_line_config_new(void)
{
	world.configured = 0;
	return new_thing();
}

void gpiod_line_config_free(struct gpiod_line_config *config)
{
	free_thing(config);
}

struct gpiod_line_settings *gpiod_line_settings_new(void)
{
	return new_thing();
}

void gpiod_line_settings_free(struct gpiod_line_settings *settings)
{
	free_thing(settings);
}

int gpiod_line_settings_set_direction(struct gpiod_line_settings *settings, enum gpiod_line_direction direction)
{
	assert_non_null(settings);
	world.direction = direction;
	return 0;
}

int gpiod_line_settings_set_edge_detection(struct gpiod_line_settings *settings, enum gpiod_line_edge edge)
{
	assert_non_null(settings);
	assert_int_equal(edge, GPIOD_LINE_EDGE_BOTH);
	return 0;
}

int gpiod_line_settings_set_event_clock(struct gpiod_line_settings *settings, enum gpiod_line_clock event_clock)
{
	assert_non_null(settings);
	assert_int_equal(event_clock, GPIOD_LINE_CLOCK_MONOTONIC);
	return 0;
}

int gpiod_line_settings_set_bias(struct gpiod_line_settings *settings, enum gpiod_line_bias bias)
{
	assert_non_null(settings);
	world.bias = bias;
	return 0;
}

void gpiod_line_settings_set_active_low(struct gpiod_line_settings *settings, bool active_low)
{
	assert_non_null(settings);
	world.active_low = active_low;
}

int gpiod_line_settings_set_output_value(struct gpiod_line_settings *settings, enum gpiod_line_value value)
{
	assert_non_null(settings);
	assert_int_equal(value, GPIOD_LINE_VALUE_INACTIVE);
	return 0;
}

int gpiod_line_config_add_line_settings(struct gpiod_line_config *config, const unsigned int *offsets,
					size_t num_offsets, struct gpiod_line_settings *settings)
{
	assert_true(config != NULL && settings != NULL && num_offsets == 1 && offsets[0] < OFFSETS);
	world.planned[offsets[0]].bias = world.bias;
	world.planned[offsets[0]].active_low = world.active_low;
	world.planned[offsets[0]].is_output = world.direction == GPIOD_LINE_DIRECTION_OUTPUT;
	world.configured |= 1U << offsets[0];
	return fails() ? -1 : 0;
}

size_t gpiod_line_config_get_num_configured_offsets(struct gpiod_line_config *config)
{
	assert_non_null(config);
	return (size_t)__builtin_popcount(world.configured);
}

struct gpiod_request_config *gpiod_request_config_new(void)
{
	return new_thing();
}

void gpiod_request_config_free(struct gpiod_request_config *config)
{
	free_thing(config);
}

void gpiod_request_config_set_consumer(struct gpiod_request_config *config, const char *consumer)
{
	assert_non_null(config);
	assert_string_equal(consumer, "kannuki-paneld");
}

void gpiod_request_config_set_event_buffer_size(struct gpiod_request_config *config, size_t event_buffer_size)
{
	assert_non_null(config);
	assert_true(event_buffer_size >= LINE_EDGES);
}

struct gpiod_line_request *gpiod_chip_request_lines(struct gpiod_chip *chip, struct gpiod_request_config *req_cfg,
						    struct gpiod_line_config *line_cfg)
{
	assert_true(chip != NULL && req_cfg != NULL && line_cfg != NULL);
	world.is_input[world.requests++ % 2] = world.direction == GPIOD_LINE_DIRECTION_INPUT;
	return new_thing();
}

void gpiod_line_request_release(struct gpiod_line_request *request)
{
	free_thing(request);
}

int gpiod_line_request_get_fd(struct gpiod_line_request *request)
{
	assert_non_null(request);
	return FD_OF_INPUTS;
}

int gpiod_line_request_wait_edge_events(struct gpiod_line_request *request, int64_t timeout_ns)
{
	assert_non_null(request);
	assert_int_equal(timeout_ns, 0);
	return world.wait_result;
}

int gpiod_line_request_read_edge_events(struct gpiod_line_request *request, struct gpiod_edge_event_buffer *buffer,
					size_t max_events)
{
	assert_true(request != NULL && buffer != NULL && max_events <= LINE_EDGES);
	return fails() ? -1 : (int)(world.waiting < max_events ? world.waiting : max_events);
}

int gpiod_line_request_get_values(struct gpiod_line_request *request, enum gpiod_line_value *values)
{
	assert_non_null(request);
	memcpy(values, world.levels, 3 * sizeof values[0]);
	return fails() ? -1 : 0;
}

int gpiod_line_request_set_values(struct gpiod_line_request *request, const enum gpiod_line_value *values)
{
	assert_non_null(request);
	memcpy(world.driven, values, sizeof world.driven);
	return fails() ? -1 : 0;
}

struct gpiod_edge_event_buffer *gpiod_edge_event_buffer_new(size_t capacity)
{
	assert_int_equal(capacity, LINE_EDGES);
	return new_thing();
}

void gpiod_edge_event_buffer_free(struct gpiod_edge_event_buffer *buffer)
{
	free_thing(buffer);
}

/* An event is known by its place. */
struct gpiod_edge_event *gpiod_edge_event_buffer_get_event(struct gpiod_edge_event_buffer *buffer, unsigned long index)
{
	assert_non_null(buffer);
	return (struct gpiod_edge_event *)(void *)&world.edges[index];
}

static unsigned place_of(struct gpiod_edge_event *event)
{
	for (unsigned i = 0; i < EDGES; i++)
		if ((void *)event == (void *)&world.edges[i])
			return i;
	fail_msg("no such event");
	return 0;
}

unsigned int gpiod_edge_event_get_line_offset(struct gpiod_edge_event *event)
{
	return world.edges[place_of(event)].offset;
}

enum gpiod_edge_event_type gpiod_edge_event_get_event_type(struct gpiod_edge_event *event)
{
	return world.edges[place_of(event)].on ? GPIOD_EDGE_EVENT_RISING_EDGE : GPIOD_EDGE_EVENT_FALLING_EDGE;
}

uint64_t gpiod_edge_event_get_timestamp_ns(struct gpiod_edge_event *event)
{
	return world.edges[place_of(event)].at;
}

/* ---- the lines ------------------------------------------------------------------------------------------------- */

static struct lines lines;
static struct fault fault;

static const struct lines_plan plan = {
	.chip = "/dev/gpiochip9",
	.inputs = {{.name = "4"}, {.name = "5", .is_inverted = true}, {.name = "6", .is_driven = true}},
	.inputs_count = 3,
	.outputs = {{.name = "RELAY"}, {.name = "8x"}},
	.outputs_count = 2,
};
static const struct lines_plan outputs_only = {
	.chip = "/dev/gpiochip9", .outputs = {{.name = "RELAY"}}, .outputs_count = 1};

static int reset(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	alive = 0;
	return 0;
}

static void outputs_are_had_first_and_each_line_as_it_is_wired(void **state)
{
	(void)state;
	assert_int_equal(lines_open(&lines, &plan, &fault), ERR_OK);
	assert_true(!world.is_input[0] && world.is_input[1]);
	assert_true(world.planned[7].is_output && world.planned[8].is_output);
	assert_true(world.planned[4].active_low && world.planned[4].bias == GPIOD_LINE_BIAS_PULL_UP);
	assert_true(!world.planned[5].active_low && world.planned[5].bias == GPIOD_LINE_BIAS_PULL_UP);
	assert_true(!world.planned[6].active_low && world.planned[6].bias == GPIOD_LINE_BIAS_PULL_DOWN);
	assert_int_equal(lines_fd(&lines), FD_OF_INPUTS);
	lines_close(&lines);
	assert_int_equal(alive, 0);
}

static void whatever_cannot_be_had_is_released(void **state)
{
	unsigned fails_at = 0, failed = 0;

	do {
		reset(state);
		world.fails_at = ++fails_at;
		if (lines_open(&lines, &plan, &fault) == ERR_OK)
			lines_close(&lines);
		else
			failed++;
		assert_int_equal(alive, 0);
	} while (world.calls >= fails_at);
	assert_int_equal(failed, fails_at - 1);
	assert_in_range(failed, 14, 20);
}

static void a_name_that_the_chip_does_not_have_or_has_twice_is_told(void **state)
{
	static const char *const names[] = {"RELAIS", "", "9x"};
	struct lines_plan wrong = plan;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		wrong.inputs[1].name = names[i];
		assert_int_equal(lines_open(&lines, &wrong, &fault), ERR_MISSING);
		assert_non_null(strstr(fault.text, names[i]));
	}
	wrong = plan;
	wrong.inputs[1].name = "4";
	assert_int_equal(lines_open(&lines, &wrong, &fault), ERR_FORMAT);
	wrong = plan;
	wrong.outputs[0].name = "RELAIS";
	assert_int_equal(lines_open(&lines, &wrong, &fault), ERR_MISSING);
	assert_int_equal(alive, 0);
}

static void edges_come_with_input_level_and_time(void **state)
{
	struct line_edge edges[2 * LINE_EDGES];
	size_t count;

	(void)state;
	assert_int_equal(lines_open(&lines, &plan, &fault), ERR_OK);
	assert_int_equal(lines_edges(&lines, edges, 2, &count, &fault), ERR_OK);
	assert_int_equal(count, 0);
	world.wait_result = 1;
	world.waiting = 3;
	world.edges[0].offset = 6;
	world.edges[0].on = true;
	world.edges[0].at = 1000;
	world.edges[1].offset = 4;
	world.edges[2].offset = 15; /* not one of ours: no input has its number */
	assert_int_equal(lines_edges(&lines, edges, 2, &count, &fault), ERR_OK);
	assert_int_equal(count, 2);
	assert_true(edges[0].input == 2 && edges[0].on && edges[0].at_ns == 1000);
	assert_true(edges[1].input == 0 && !edges[1].on);
	assert_int_equal(lines_edges(&lines, edges, 2 * LINE_EDGES, &count, &fault), ERR_OK);
	assert_int_equal(count, 3);
	assert_int_equal(edges[2].input, 3);
	world.fails_at = world.calls + 1;
	assert_int_equal(lines_edges(&lines, edges, 2, &count, &fault), ERR_IO);
	assert_int_equal(count, 0);
	world.wait_result = -1;
	assert_int_equal(lines_edges(&lines, edges, 2, &count, &fault), ERR_IO);
	lines_close(&lines);
}

static void levels_are_read_and_driven(void **state)
{
	uint32_t on = 0;

	(void)state;
	assert_int_equal(lines_open(&lines, &plan, &fault), ERR_OK);
	world.levels[0] = world.levels[2] = GPIOD_LINE_VALUE_ACTIVE;
	assert_int_equal(lines_levels(&lines, &on, &fault), ERR_OK);
	assert_int_equal(on, 5);
	assert_int_equal(lines_set(&lines, 2, &fault), ERR_OK);
	assert_true(world.driven[0] == GPIOD_LINE_VALUE_INACTIVE && world.driven[1] == GPIOD_LINE_VALUE_ACTIVE);
	world.fails_at = world.calls + 1;
	assert_int_equal(lines_levels(&lines, &on, &fault), ERR_IO);
	world.fails_at = world.calls + 1;
	assert_int_equal(lines_set(&lines, 0, &fault), ERR_IO);
	assert_int_equal(on, 5);
	lines_close(&lines);
}

static void a_panel_without_inputs_has_none(void **state)
{
	struct line_edge edge;
	uint32_t on = 7;
	size_t count = 7;

	(void)state;
	assert_int_equal(lines_open(&lines, &outputs_only, &fault), ERR_OK);
	assert_int_equal(world.requests, 1);
	assert_int_equal(lines_fd(&lines), -1);
	assert_int_equal(lines_edges(&lines, &edge, 1, &count, &fault), ERR_OK);
	assert_int_equal(lines_levels(&lines, &on, &fault), ERR_OK);
	assert_true(count == 0 && on == 0);
	lines_close(&lines);
	assert_int_equal(alive, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(outputs_are_had_first_and_each_line_as_it_is_wired, reset),
		cmocka_unit_test_setup(whatever_cannot_be_had_is_released, reset),
		cmocka_unit_test_setup(a_name_that_the_chip_does_not_have_or_has_twice_is_told, reset),
		cmocka_unit_test_setup(edges_come_with_input_level_and_time, reset),
		cmocka_unit_test_setup(levels_are_read_and_driven, reset),
		cmocka_unit_test_setup(a_panel_without_inputs_has_none, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
