#include "firmware/core/panel_inside.h"

bool panel_all_are(const struct panel *p, uint8_t uplinks, enum relay_state state)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((uplinks & bit_of(i)) != 0 && p->relays[i].state != state)
			return false;
	return true;
}

bool panel_some_broken(const struct panel *p, uint8_t uplinks)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((uplinks & bit_of(i)) != 0 && p->relays[i].bad != 0)
			return true;
	return false;
}

static void report_each(struct panel *p, uint8_t uplinks, enum board_event kind)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((uplinks & bit_of(i)) != 0)
			panel_add(p, kind, (uint8_t)(i + 1), p->permit.nonce);
}

void panel_perform(struct panel *p, enum permit_effect effect)
{
	switch (effect) {
	case PERMIT_CONNECT:
		panel_apply(p, p->permit.uplinks, CAUSE_KEY);
		break;
	case PERMIT_RESTORED:
		panel_apply(p, p->permit.uplinks, CAUSE_FIT);
		report_each(p, p->permit.uplinks, EVENT_RESTORED);
		break;
	case PERMIT_FAILED:
		panel_apply(p, p->permit.uplinks, CAUSE_UNFIT);
		report_each(p, p->permit.uplinks, EVENT_RESTORE_FAILED);
		break;
	case PERMIT_VOIDED_BY_TRIP:
		panel_apply(p, p->permit.uplinks, CAUSE_UNFIT);
		panel_add(p, EVENT_PERMIT_VOIDED_TRIP, 0, p->permit.nonce);
		break;
	case PERMIT_VOIDED_BY_COMMAND:
	case PERMIT_REPLACE:
		panel_add(p, EVENT_PERMIT_VOIDED_COMMAND, 0, p->permit.nonce);
		break;
	case PERMIT_EXPIRE:
		panel_add(p, EVENT_PERMIT_EXPIRED, 0, p->permit.nonce);
		break;
	case PERMIT_START: /* the command reports it, with its nonce */
	case PERMIT_REFUSE:
	case PERMIT_NOTHING:
	default:
		break;
	}
}

/* In CLOSING the mirror contacts decide. */
static void step_closing(struct panel *p)
{
	bool held_down = (p->coils & p->permit.uplinks) != p->permit.uplinks; /* a button is still pressed */

	if (held_down || panel_some_broken(p, p->permit.uplinks))
		panel_perform(p, permit_step(&p->permit, PERMIT_UNFIT));
	else if (panel_all_are(p, p->permit.uplinks, RELAY_CONNECTED))
		panel_perform(p, permit_step(&p->permit, PERMIT_FIT));
}

void panel_step_permit(struct panel *p)
{
	enum permit_stimulus key = permit_watch_key(&p->permit, (p->inputs & INPUT_KEY) != 0);

	if (p->permit.state == PERMIT_NONE)
		return;
	if (p->permit.state == PERMIT_CLOSING) {
		step_closing(p);
		return;
	}
	if (p->permit.left_ms == 0)
		panel_perform(p, permit_step(&p->permit, PERMIT_EXPIRED));
	else
		p->permit.left_ms--;
	panel_perform(p, permit_step(&p->permit, key));
}
