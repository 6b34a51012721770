#include "uplink/gpio.h"

#include <string.h>

#define MS INT64_C(1000000)

static const int64_t rest_ns = 10 * MS;

static struct gpio *gpio_of(struct pins *pins)
{
	return (struct gpio *)(void *)pins;
}

/* ---- opening -------------------------------------------------------------------------------------------- */

static enum err gpio_open(struct pins *pins, struct fault *f)
{
	struct gpio *g = gpio_of(pins);
	enum err err = g->is_open ? ERR_OK : lines_open(&g->lines, &g->plan, f);

	if (err != ERR_OK || g->is_open)
		return err;
	g->is_open = true;
	g->is_told = false;
	g->edges_count = g->edges_taken = 0;
	return ERR_OK;
}

static void gpio_close(struct pins *pins)
{
	struct gpio *g = gpio_of(pins);
	struct fault unused;

	if (!g->is_open)
		return;
	(void)lines_set(&g->lines, 0, &unused);
	lines_close(&g->lines);
	g->is_open = false;
}

/* ---- inputs ----------------------------------------------------------------------------------------------- */

/* Edges that were not taken yet move to the front; what finds no room stays with the kernel. */
static enum err read_edges(struct gpio *g, struct fault *f)
{
	size_t count = 1;
	enum err err = ERR_OK;

	memmove(g->edges, g->edges + g->edges_taken, (g->edges_count - g->edges_taken) * sizeof g->edges[0]);
	g->edges_count -= g->edges_taken;
	g->edges_taken = 0;
	while (err == ERR_OK && count > 0 && g->edges_count + LINE_EDGES <= GPIO_EDGES) {
		err = lines_edges(&g->lines, g->edges + g->edges_count, LINE_EDGES, &count, f);
		g->edges_count += count;
	}
	return err;
}

static enum err read_levels(struct gpio *g, struct fault *f)
{
	uint32_t on = 0;
	enum err err = lines_levels(&g->lines, &on, f);

	g->levels = 0;
	for (unsigned i = 0; i < g->plan.inputs_count; i++)
		if ((on >> i & 1) != 0)
			g->levels |= g->input_bits[i];
	return err;
}

static enum err gpio_sense(struct pins *pins, int64_t now_ns, struct fault *f)
{
	struct gpio *g = gpio_of(pins);
	enum err err = read_edges(g, f);

	if (err == ERR_OK)
		err = read_levels(g, f);
	g->seen_ns = now_ns;
	pins->has_more = g->edges_count > 0;
	if (err != ERR_OK)
		gpio_close(pins);
	return err;
}

static void apply(struct gpio *g, const struct line_edge *edge)
{
	uint16_t bit = edge->input < g->plan.inputs_count ? g->input_bits[edge->input] : 0;

	if (edge->on)
		g->inputs |= bit;
	else
		g->inputs &= (uint16_t)~bit;
}

/* The levels count when no edge explains them: at the beginning, or when edges were lost. */
static bool tell_levels(struct gpio *g, int64_t until_ns, struct sight *sight)
{
	if (g->edges_taken < g->edges_count || (g->is_told && (g->inputs == g->levels || until_ns + MS <= g->seen_ns)))
		return false;
	g->inputs = g->levels;
	g->is_told = true;
	*sight = (struct sight){g->inputs, g->seen_ns};
	return true;
}

static bool gpio_next(struct pins *pins, int64_t until_ns, struct sight *sight)
{
	struct gpio *g = gpio_of(pins);
	const struct line_edge *edge = &g->edges[g->edges_taken];

	pins->has_more = g->edges_taken < g->edges_count;
	if (!pins->has_more || edge->at_ns > until_ns)
		return tell_levels(g, until_ns, sight);
	apply(g, edge);
	g->edges_taken++;
	*sight = (struct sight){g->inputs, edge->at_ns};
	return true;
}

static void gpio_wait(struct pins *pins, int bell, int64_t until_ns)
{
	const struct gpio *g = gpio_of(pins);

	pins_wait(bell, g->is_open ? lines_fd(&g->lines) : -1, until_ns);
}

/* ---- outputs ------------------------------------------------------------------------------------------------ */

static enum err gpio_drive(struct pins *pins, uint8_t coils, uint16_t lamps, struct fault *f)
{
	struct gpio *g = gpio_of(pins);
	uint32_t on = 0;

	for (unsigned i = 0; i < g->plan.outputs_count; i++)
		if ((g->output_coils[i] & coils) != 0 || (g->output_lamps[i] & lamps) != 0)
			on |= UINT32_C(1) << i;
	return lines_set(&g->lines, on, f);
}

/* ---- the plan ------------------------------------------------------------------------------------------------ */

static void plan_output(struct gpio *g, const char *name, uint8_t coil, uint16_t lamp)
{
	unsigned at = g->plan.outputs_count;

	if (!point_is_wired(name))
		return;
	g->plan.outputs[at] = (struct line){.name = name};
	g->output_coils[at] = coil;
	g->output_lamps[at] = lamp;
	g->plan.outputs_count++;
}

static void plan_input(struct gpio *g, const char *name, uint16_t bit)
{
	unsigned at = g->plan.inputs_count;

	if (!point_is_wired(name))
		return;
	g->plan.inputs[at] = (struct line){.name = name, .is_inverted = wiring_inverts(&g->settings.wiring, name)};
	g->input_bits[at] = bit;
	g->plan.inputs_count++;
}

void gpio_init(struct gpio *g, const struct gpio_settings *settings)
{
	static const struct pins_ops ops = {gpio_open, gpio_sense, gpio_next, gpio_drive, gpio_wait, gpio_close};
	const struct wiring *wiring = &g->settings.wiring;

	*g = (struct gpio){.pins = {.ops = &ops, .rest_ns = rest_ns}, .settings = *settings};
	g->plan.chip = g->settings.chip;
	for (unsigned i = 0; i < BOARD_UPLINKS; i++)
		plan_output(g, wiring->relays[i], (uint8_t)(1U << i), 0);
	for (unsigned i = 0; i < WIRED_LAMPS; i++)
		plan_output(g, wiring->lamps[i], 0, (uint16_t)(1U << i));
	for (unsigned i = 0; i < WIRED_INPUTS; i++)
		plan_input(g, wiring->inputs[i], (uint16_t)(1U << i));
}
