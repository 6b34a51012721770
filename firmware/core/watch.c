#include "firmware/core/panel_inside.h"

static void watch_input(struct panel *p, uint8_t i)
{
	bool on = ((uint8_t)p->inputs & bit_of(i)) != 0;

	if (on && p->on_ms[i] < UINT16_MAX)
		p->on_ms[i]++;
	if (on && p->on_ms[i] == STUCK_MS) {
		p->stuck |= bit_of(i);
		panel_add(p, EVENT_STUCK_ON, 0, bit_of(i));
	}
	if (on)
		return;
	p->on_ms[i] = 0;
	if ((p->stuck & bit_of(i)) != 0) {
		p->stuck &= (uint8_t)~bit_of(i);
		panel_add(p, EVENT_STUCK_OFF, 0, bit_of(i));
	}
}

void panel_watch_stuck(struct panel *p)
{
	uint8_t held = (uint8_t)p->inputs;

	if ((held | p->held) == 0)
		return;
	for (uint8_t i = 0; i < PANEL_WATCHED_INPUTS; i++)
		watch_input(p, i);
	p->held = held;
	if (p->on_ms[7] == MUTE_MS)
		p->muted = true;
}

/* The supply runs through the second pole of ISOLATE: gone while the first pole says "not pressed", the button's first
   pole may be broken, and connecting again by itself would undo a press. */
void panel_watch_supply(struct panel *p)
{
	bool missing = (p->inputs & (INPUT_SUPPLY | INPUT_ISOLATE)) == 0;

	if (!missing) {
		if (p->no_supply_ms >= NO_SUPPLY_MS)
			panel_add(p, EVENT_SUPPLY_BACK, 0, 0);
		p->no_supply_ms = 0;
		return;
	}
	if (p->no_supply_ms >= NO_SUPPLY_MS)
		return;
	p->no_supply_ms++;
	if (p->no_supply_ms < NO_SUPPLY_MS)
		return;
	panel_add(p, EVENT_SUPPLY_LOST, 0, 0);
	if (((p->coils | p->tested) & p->kept.provision.isolate) == 0)
		return;
	p->alarm_ms = ALARM_MS;
	panel_cut(p, p->kept.provision.isolate, EVENT_CUT_SUPPLY, 0, p->now);
}

static uint16_t fault_if(bool condition, enum board_fault fault)
{
	return condition ? (uint16_t)fault : 0;
}

void panel_find_faults(struct panel *p)
{
	p->faults = (uint16_t)(fault_if(panel_some_broken(p, p->kept.provision.fitted), FAULT_MIRROR) |
			       fault_if((p->stuck & (uint8_t)~INPUT_KEY) != 0, FAULT_BUTTON) |
			       fault_if((p->stuck & INPUT_KEY) != 0, FAULT_KEY) |
			       fault_if(p->host.silent_ms >= p->kept.provision.heartbeat_ms, FAULT_HOST) |
			       fault_if(p->no_supply_ms >= NO_SUPPLY_MS, FAULT_SUPPLY) |
			       fault_if(eventq_is_full(&p->kept.events), FAULT_QUEUE) |
			       fault_if(p->kept.failed, FAULT_EEPROM) |
			       fault_if(!p->kept.provision.valid, FAULT_PROVISION) |
			       fault_if(p->watchdog->seconds < WATCHDOG_MEMORY_S, FAULT_WATCHDOG) |
			       fault_if((p->inputs & INPUT_JUMPER) != 0, FAULT_JUMPER) |
			       fault_if(p->stack_free < STACK_LEAST, FAULT_STACK) |
			       fault_if(p->brown_out_s != 0, FAULT_BROWN_OUT));
}
