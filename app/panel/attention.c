#include "panel/attention.h"

void attention_init(struct attention *a, const char *chip, const char *line)
{
	*a = (struct attention){
		.plan = {.chip = chip, .inputs = {{.name = line, .is_driven = true}}, .inputs_count = 1}};
}

enum err attention_open(struct attention *a, struct fault *f)
{
	enum err err = lines_open(&a->lines, &a->plan, f);

	a->is_open = err == ERR_OK;
	return err;
}

int attention_fd(const struct attention *a)
{
	return a->is_open ? lines_fd(&a->lines) : -1;
}

bool attention_rose(struct attention *a)
{
	struct line_edge edges[LINE_EDGES];
	struct fault unused;
	bool rose = false;
	size_t count = 0;

	if (!a->is_open)
		return false;
	if (lines_edges(&a->lines, edges, LINE_EDGES, &count, &unused) != ERR_OK)
		attention_close(a);
	for (size_t i = 0; i < count; i++)
		rose = rose || edges[i].on;
	return rose;
}

void attention_close(struct attention *a)
{
	if (a->is_open)
		lines_close(&a->lines);
	a->is_open = false;
}
