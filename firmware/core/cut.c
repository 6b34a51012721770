#include "firmware/core/panel_inside.h"

void panel_add(struct panel *p, enum board_event kind, uint8_t uplink, uint32_t arg)
{
	eventq_add(&p->kept.events, kind, uplink, arg, p->now_ms);
}

uint8_t bit_of(uint8_t index)
{
	static const uint8_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};

	return bits[index];
}

static bool apply_one(struct panel *p, uint8_t index, enum cause cause)
{
	const struct standing_cell *cell = &standing_table[p->standing[index]][cause];
	uint8_t bit = bit_of(index);

	p->standing[index] = cell->next;
	p->coils &= (uint8_t)~bit;
	p->tested &= (uint8_t)~bit;
	if (standing_has_coil((enum standing)cell->next))
		p->coils |= bit;
	if (cell->next == STANDING_TESTED)
		p->tested |= bit;
	if (cell->effect == STANDING_FREE) {
		p->kept.latched &= (uint8_t)~bit;
		p->kept.latch_unsaved = true;
	}
	return cell->effect == STANDING_DROP;
}

uint8_t panel_apply(struct panel *p, uint8_t uplinks, enum cause cause)
{
	uint8_t dropped = 0;

	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((uplinks & bit_of(i)) != 0 && apply_one(p, i, cause))
			dropped |= bit_of(i);
	return dropped;
}

void panel_end_running(struct panel *p)
{
	panel_stop_prove(p);
	panel_perform(p, permit_step(&p->permit, PERMIT_TRIP));
}

uint8_t panel_latch(struct panel *p, uint8_t uplinks)
{
	uint8_t dropped = panel_apply(p, uplinks, CAUSE_TRIP);

	journal_trip(&p->journal, &p->kept, uplinks);
	panel_end_running(p);
	return dropped;
}

void panel_report_cut(struct panel *p, uint8_t dropped, enum board_event kind, uint32_t arg, struct stamp since)
{
	for (uint8_t i = 0; dropped != 0; i++, dropped >>= 1) {
		if ((dropped & 1) == 0)
			continue;
		p->relays[i].since = since;
		p->proof_awaited |= bit_of(i);
		panel_add(p, kind, (uint8_t)(i + 1), arg);
	}
}

void panel_cut(struct panel *p, uint8_t uplinks, enum board_event kind, uint32_t arg, struct stamp since)
{
	panel_report_cut(p, panel_latch(p, uplinks), kind, arg, since);
}
