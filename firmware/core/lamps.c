#include "firmware/core/lamps.h"

#include "firmware/core/panel_inside.h"

enum { ALL_LAMPS = LAMP_RECORDED | LAMP_INCIDENT | LAMP_FAULT | LAMP_DRILL | LAMP_BUZZER | LAMP_UPLINK_1 * 0x0F };

static bool blinks_on(const struct panel *p)
{
	return (p->now.ms & 0x100) != 0;
}

/* 64 ms every 4 s: a lamp that never does is dead, not dark. */
static bool winks(const struct panel *p)
{
	return (p->now.ms & 0xFC0) == 0;
}

static bool uplink_lamp(const struct panel *p, uint8_t index)
{
	const struct relay *r = &p->relays[index];

	if (r->state == RELAY_CONNECTED || r->state == RELAY_BROKEN_ON)
		return winks(p);
	return r->state == RELAY_CUT || blinks_on(p);
}

/* RECORDED may shine only when no press waits for its record, whatever the host believes. */
static uint16_t asked_for(const struct panel *p)
{
	uint16_t lamps = p->host.lamps;

	if (p->kept.events.presses != 0)
		lamps &= (uint16_t)~LAMP_RECORDED;
	if (p->muted)
		lamps &= (uint16_t)~LAMP_BUZZER;
	return lamps;
}

static uint16_t count_down(uint16_t ms)
{
	return ms == 0 ? 0 : (uint16_t)(ms - 1);
}

void lamps_step(struct panel *p)
{
	uint8_t uplinks = 0;
	uint16_t lamps;

	if ((p->host.lamps & LAMP_BUZZER) == 0)
		p->muted = false;
	lamps = asked_for(p);
	if (p->faults != 0)
		lamps |= LAMP_FAULT;
	if (p->alarm_ms != 0)
		lamps |= LAMP_ALARM;
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if (uplink_lamp(p, i))
			uplinks |= bit_of(i);
	lamps |= (uint16_t)((uplinks & p->kept.provision.fitted) * LAMP_UPLINK_1);
	if (p->test_ms != 0)
		lamps |= ALL_LAMPS;
	p->alarm_ms = count_down(p->alarm_ms);
	p->test_ms = count_down(p->test_ms);
	p->lamps = lamps;
}
