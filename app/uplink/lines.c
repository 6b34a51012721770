#include "uplink/lines.h"

#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

enum { KERNEL_EVENTS = 1024 };

/* ---- opening ------------------------------------------------------------------------------------------ */

static bool is_number(const char *name, unsigned *number)
{
	char *end;

	*number = (unsigned)strtoul(name, &end, 10);
	return name[0] >= '0' && name[0] <= '9' && *end == '\0';
}

static enum err find_offset(struct gpiod_chip *chip, const char *name, unsigned *offset, struct fault *f)
{
	int found;

	if (is_number(name, offset))
		return ERR_OK;
	found = gpiod_chip_get_line_offset_from_name(chip, name);
	if (found < 0)
		return fault_set(f, ERR_MISSING, "the chip has no line '%s'; gpioinfo shows those it has", name);
	*offset = (unsigned)found;
	return ERR_OK;
}

/* libgpiod keeps one setting for a line that comes twice, and every line after it would be taken for its neighbour. */
static enum err add_line(struct gpiod_line_config *config, struct gpiod_line_settings *settings, unsigned offset,
			 const char *name, struct fault *f)
{
	size_t before = gpiod_line_config_get_num_configured_offsets(config);

	if (gpiod_line_config_add_line_settings(config, &offset, 1, settings) != 0)
		return fault_set(f, ERR_NOMEM, "out of memory");
	if (gpiod_line_config_get_num_configured_offsets(config) > before)
		return ERR_OK;
	return fault_set(f, ERR_FORMAT, "'%s' is line %u of the chip, which is named already; give each its own", name,
			 offset);
}

static enum err plan_inputs(struct lines *l, struct gpiod_chip *chip, const struct lines_plan *plan,
			    struct gpiod_line_config *config, struct gpiod_line_settings *settings, struct fault *f)
{
	enum err err = ERR_OK;

	(void)gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
	(void)gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
	(void)gpiod_line_settings_set_event_clock(settings, GPIOD_LINE_CLOCK_MONOTONIC);
	for (unsigned i = 0; err == ERR_OK && i < plan->inputs_count; i++) {
		const struct line *line = &plan->inputs[i];

		(void)gpiod_line_settings_set_bias(settings, line->is_driven ? GPIOD_LINE_BIAS_PULL_DOWN
									     : GPIOD_LINE_BIAS_PULL_UP);
		gpiod_line_settings_set_active_low(settings, !line->is_inverted && !line->is_driven);
		err = find_offset(chip, line->name, &l->offsets[i], f);
		if (err == ERR_OK)
			err = add_line(config, settings, l->offsets[i], line->name, f);
	}
	return err;
}

static enum err plan_outputs(struct gpiod_chip *chip, const struct lines_plan *plan, struct gpiod_line_config *config,
			     struct gpiod_line_settings *settings, struct fault *f)
{
	enum err err = ERR_OK;
	unsigned offset;

	(void)gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
	(void)gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE);
	for (unsigned i = 0; err == ERR_OK && i < plan->outputs_count; i++) {
		err = find_offset(chip, plan->outputs[i].name, &offset, f);
		if (err == ERR_OK)
			err = add_line(config, settings, offset, plan->outputs[i].name, f);
	}
	return err;
}

static enum err request(struct gpiod_chip *chip, struct gpiod_line_config *config, struct gpiod_line_request **out,
			struct fault *f)
{
	struct gpiod_request_config *how = gpiod_request_config_new();

	if (how == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	gpiod_request_config_set_consumer(how, "kannuki-paneld");
	gpiod_request_config_set_event_buffer_size(how, KERNEL_EVENTS);
	*out = gpiod_chip_request_lines(chip, how, config);
	gpiod_request_config_free(how);
	if (*out != NULL)
		return ERR_OK;
	return fault_set(f, err_from_errno(errno),
			 "the lines cannot be had (error %d); is one named twice, or used by something else?", errno);
}

static enum err request_inputs(struct lines *l, struct gpiod_chip *chip, const struct lines_plan *plan, struct fault *f)
{
	struct gpiod_line_config *config = gpiod_line_config_new();
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	enum err err = ERR_NOMEM;

	if (config != NULL && settings != NULL)
		err = plan_inputs(l, chip, plan, config, settings, f);
	if (err == ERR_OK && plan->inputs_count > 0)
		err = request(chip, config, &l->inputs, f);
	gpiod_line_settings_free(settings);
	gpiod_line_config_free(config);
	return err;
}

static enum err request_outputs(struct lines *l, struct gpiod_chip *chip, const struct lines_plan *plan,
				struct fault *f)
{
	struct gpiod_line_config *config = gpiod_line_config_new();
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	enum err err = ERR_NOMEM;

	if (config != NULL && settings != NULL)
		err = plan_outputs(chip, plan, config, settings, f);
	if (err == ERR_OK)
		err = request(chip, config, &l->outputs, f);
	gpiod_line_settings_free(settings);
	gpiod_line_config_free(config);
	return err;
}

/* Outputs first: they are off from then on, whatever the rest comes to. */
enum err lines_open(struct lines *l, const struct lines_plan *plan, struct fault *f)
{
	struct gpiod_chip *chip = gpiod_chip_open(plan->chip);
	enum err err;

	*l = (struct lines){.inputs_count = plan->inputs_count};
	if (chip == NULL)
		return fault_set(f, err_from_errno(errno), "%s: cannot be opened (error %d); check 'chip'", plan->chip,
				 errno);
	err = request_outputs(l, chip, plan, f);
	if (err == ERR_OK)
		err = request_inputs(l, chip, plan, f);
	gpiod_chip_close(chip);
	if (err == ERR_OK) {
		l->events = gpiod_edge_event_buffer_new(LINE_EDGES);
		err = l->events != NULL ? ERR_OK : fault_set(f, ERR_NOMEM, "out of memory");
	}
	if (err != ERR_OK)
		lines_close(l);
	return err;
}

void lines_close(struct lines *l)
{
	if (l->events != NULL)
		gpiod_edge_event_buffer_free(l->events);
	if (l->inputs != NULL)
		gpiod_line_request_release(l->inputs);
	if (l->outputs != NULL)
		gpiod_line_request_release(l->outputs);
	*l = (struct lines){.inputs = NULL};
}

/* ---- at work -------------------------------------------------------------------------------------------- */

static enum err lines_fault(struct fault *f)
{
	return fault_set(f, ERR_IO, "the GPIO chip does not answer (error %d)", errno);
}

int lines_fd(const struct lines *l)
{
	return l->inputs != NULL ? gpiod_line_request_get_fd(l->inputs) : -1;
}

static unsigned input_at(const struct lines *l, unsigned offset)
{
	unsigned i = 0;

	while (i < l->inputs_count && l->offsets[i] != offset)
		i++;
	return i;
}

enum err lines_edges(struct lines *l, struct line_edge *out, size_t max, size_t *count, struct fault *f)
{
	int got = l->inputs != NULL ? gpiod_line_request_wait_edge_events(l->inputs, 0) : 0;

	*count = 0;
	if (got > 0)
		got = gpiod_line_request_read_edge_events(l->inputs, l->events, max < LINE_EDGES ? max : LINE_EDGES);
	if (got < 0)
		return lines_fault(f);
	for (unsigned long i = 0; i < (unsigned long)got; i++) {
		struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(l->events, i);

		out[i] = (struct line_edge){
			.input = input_at(l, gpiod_edge_event_get_line_offset(event)),
			.on = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE,
			.at_ns = (int64_t)gpiod_edge_event_get_timestamp_ns(event),
		};
	}
	*count = (size_t)got;
	return ERR_OK;
}

enum err lines_levels(struct lines *l, uint32_t *on, struct fault *f)
{
	enum gpiod_line_value values[LINES_MAX];
	uint32_t found = 0;

	if (l->inputs != NULL && gpiod_line_request_get_values(l->inputs, values) != 0)
		return lines_fault(f);
	for (unsigned i = 0; l->inputs != NULL && i < l->inputs_count; i++)
		if (values[i] == GPIOD_LINE_VALUE_ACTIVE)
			found |= UINT32_C(1) << i;
	*on = found;
	return ERR_OK;
}

enum err lines_set(struct lines *l, uint32_t on, struct fault *f)
{
	enum gpiod_line_value values[LINES_MAX];

	for (unsigned i = 0; i < LINES_MAX; i++)
		values[i] = (on >> i & 1) != 0 ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
	return gpiod_line_request_set_values(l->outputs, values) == 0 ? ERR_OK : lines_fault(f);
}
