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

void panel_latch(struct panel *p, uint8_t uplinks)
{
	journal_trip(&p->journal, &p->kept, uplinks);
	panel_perform(p, permit_step(&p->permit, PERMIT_TRIP));
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

uint8_t panel_cut(struct panel *p, uint8_t uplinks)
{
	uint8_t drops = p->coils & uplinks;

	p->coils &= (uint8_t)~uplinks;
	panel_latch(p, uplinks);
	return drops;
}
