#include "firmware/core/panel_inside.h"

/* Proof test: coil off, the mirror contact must close; coil on, it must open. One uplink after the other, so that no
   more than one is ever cut by it. Nothing is latched, and a trip ends it. */

static struct proof *proof_now(struct panel *p)
{
	return &p->proofs[p->proving.index];
}

static void conclude(struct panel *p, enum board_proof_result result)
{
	proof_now(p)->result = (uint8_t)result;
	proof_now(p)->at_s = p->uptime_s;
}

static void begin_next(struct panel *p)
{
	struct proving *t = &p->proving;

	if (t->left == 0) {
		t->phase = PROVING_NOTHING;
		return;
	}
	for (t->index = 0; (t->left & bit_of(t->index)) == 0;)
		t->index++;
	t->left &= (uint8_t)~bit_of(t->index);
	t->phase = PROVING_OPENING;
	p->relays[t->index].since = p->now;
	panel_apply(p, bit_of(t->index), CAUSE_PROVE);
}

void panel_prove(struct panel *p, uint8_t uplinks)
{
	p->proving.left = uplinks;
	begin_next(p);
}

static void fail(struct panel *p, uint32_t coil_on)
{
	conclude(p, PROOF_IS_BAD);
	panel_add(p, EVENT_PROOF_BAD, (uint8_t)(p->proving.index + 1), coil_on);
}

/* Welded or not, the uplink is connected again: a test is no trip. */
static void step_opening(struct panel *p, const struct stamp *mirror_edge)
{
	const struct relay *r = &p->relays[p->proving.index];

	p->proving.failed = r->state == RELAY_BROKEN_OFF;
	if (p->proving.failed)
		fail(p, 0);
	else if (r->state == RELAY_CUT)
		proof_now(p)->us = stamp_us_between(r->since, mirror_edge[p->proving.index]);
	else
		return;
	p->proving.phase = PROVING_CLOSING;
	panel_apply(p, bit_of(p->proving.index), CAUSE_PROVEN);
}

static void step_closing(struct panel *p)
{
	uint8_t state = p->relays[p->proving.index].state;

	if (state == RELAY_BROKEN_ON) {
		fail(p, 1);
	} else if (state != RELAY_CONNECTED) {
		return;
	} else if (!p->proving.failed) {
		conclude(p, PROOF_IS_GOOD);
		panel_add(p, EVENT_PROOF_GOOD, (uint8_t)(p->proving.index + 1), proof_now(p)->us);
	}
	begin_next(p);
}

void panel_step_prove(struct panel *p, const struct stamp *mirror_edge)
{
	if (p->proving.phase == PROVING_OPENING)
		step_opening(p, mirror_edge);
	else if (p->proving.phase == PROVING_CLOSING)
		step_closing(p);
}

void panel_stop_prove(struct panel *p)
{
	if (p->proving.phase == PROVING_NOTHING)
		return;
	conclude(p, PROOF_IS_INTERRUPTED);
	panel_apply(p, bit_of(p->proving.index), CAUSE_PROVEN);
	p->proving.left = 0;
	p->proving.phase = PROVING_NOTHING;
}

bool panel_is_proving(const struct panel *p, uint8_t index)
{
	return p->proving.phase != PROVING_NOTHING && p->proving.index == index;
}
