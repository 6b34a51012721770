#include "firmware/core/coils.h"

void coils_init(struct coils *c, uint8_t bistable)
{
	*c = (struct coils){.bistable = bistable};
}

static void pulse(struct pulses *p)
{
	p->on = true;
	p->ms = BOARD_PULSE_MS;
}

static uint8_t pins_of(const struct coils *c)
{
	uint8_t pins = c->wanted & (uint8_t)~c->bistable;

	if (c->bistable == 0)
		return pins;
	for (uint8_t i = 0; i < BISTABLE_UPLINKS; i++)
		if (c->pulses[i].on)
			pins |= (uint8_t)((c->wanted >> i & 1) != 0 ? 1U << i : 1U << (i + BISTABLE_UPLINKS));
	return pins;
}

uint8_t coils_set(struct coils *c, uint8_t wanted, uint8_t told)
{
	uint8_t begin = ((wanted ^ c->wanted) & c->told) | (told & (uint8_t)~c->told);

	c->wanted = wanted;
	c->told |= told;
	begin &= c->bistable;
	for (uint8_t i = 0; begin != 0; i++, begin >>= 1) {
		if ((begin & 1) == 0)
			continue;
		c->pulses[i].left = BOARD_PULSES;
		pulse(&c->pulses[i]);
	}
	return pins_of(c);
}

void coils_again(struct coils *c, uint8_t uplinks, uint8_t mirrors)
{
	uint8_t stuck = uplinks & c->told & c->bistable & (uint8_t) ~(c->wanted | mirrors);

	for (uint8_t i = 0; i < BISTABLE_UPLINKS; i++) {
		if ((stuck >> i & 1) == 0 || c->pulses[i].left != 0)
			continue;
		c->pulses[i].left = BOARD_PULSES;
		pulse(&c->pulses[i]);
	}
}

static void step_one(struct pulses *p, bool agrees)
{
	p->ms--;
	if (p->ms != 0)
		return;
	if (p->on) {
		p->on = false;
		p->ms = BOARD_PULSE_GAP_MS;
		return;
	}
	p->left = agrees ? 0 : (uint8_t)(p->left - 1);
	if (p->left != 0)
		pulse(p);
}

void coils_step(struct coils *c, uint8_t mirrors)
{
	if (c->bistable == 0)
		return;
	for (uint8_t i = 0; i < BISTABLE_UPLINKS; i++)
		if (c->pulses[i].left != 0)
			step_one(&c->pulses[i], (c->wanted >> i & 1) != (mirrors >> i & 1));
}
