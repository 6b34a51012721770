#include "firmware/core/relay.h"

const struct relay_cell relay_table[RELAY_STATE_COUNT][RELAY_SIGHT_COUNT] = {
	[RELAY_CONNECTED] = {[SIGHT_ON_OPEN] = {RELAY_CONNECTED, RELAY_NOTHING},
			     [SIGHT_ON_CLOSED] = {RELAY_CONNECTED, RELAY_NOTHING},
			     [SIGHT_ON_LATE] = {RELAY_BROKEN_ON, RELAY_FAILED},
			     [SIGHT_OFF_CLOSED] = {RELAY_CUT, RELAY_PROVEN},
			     [SIGHT_OFF_OPEN] = {RELAY_CUTTING, RELAY_NOTHING},
			     [SIGHT_OFF_LATE] = {RELAY_BROKEN_OFF, RELAY_FAILED}},
	[RELAY_CUTTING] = {[SIGHT_ON_OPEN] = {RELAY_CONNECTED, RELAY_JOINED},
			   [SIGHT_ON_CLOSED] = {RELAY_CLOSING, RELAY_NOTHING},
			   [SIGHT_ON_LATE] = {RELAY_BROKEN_ON, RELAY_FAILED},
			   [SIGHT_OFF_CLOSED] = {RELAY_CUT, RELAY_PROVEN},
			   [SIGHT_OFF_OPEN] = {RELAY_CUTTING, RELAY_NOTHING},
			   [SIGHT_OFF_LATE] = {RELAY_BROKEN_OFF, RELAY_FAILED}},
	[RELAY_CUT] = {[SIGHT_ON_OPEN] = {RELAY_CONNECTED, RELAY_JOINED},
		       [SIGHT_ON_CLOSED] = {RELAY_CLOSING, RELAY_NOTHING},
		       [SIGHT_ON_LATE] = {RELAY_BROKEN_ON, RELAY_FAILED},
		       [SIGHT_OFF_CLOSED] = {RELAY_CUT, RELAY_NOTHING},
		       [SIGHT_OFF_OPEN] = {RELAY_CUT, RELAY_NOTHING},
		       [SIGHT_OFF_LATE] = {RELAY_BROKEN_OFF, RELAY_FAILED}},
	[RELAY_CLOSING] = {[SIGHT_ON_OPEN] = {RELAY_CONNECTED, RELAY_JOINED},
			   [SIGHT_ON_CLOSED] = {RELAY_CLOSING, RELAY_NOTHING},
			   [SIGHT_ON_LATE] = {RELAY_BROKEN_ON, RELAY_FAILED},
			   [SIGHT_OFF_CLOSED] = {RELAY_CUT, RELAY_PROVEN},
			   [SIGHT_OFF_OPEN] = {RELAY_CUTTING, RELAY_NOTHING},
			   [SIGHT_OFF_LATE] = {RELAY_BROKEN_OFF, RELAY_FAILED}},
	[RELAY_BROKEN_ON] = {[SIGHT_ON_OPEN] = {RELAY_CONNECTED, RELAY_WELL},
			     [SIGHT_ON_CLOSED] = {RELAY_BROKEN_ON, RELAY_NOTHING},
			     [SIGHT_ON_LATE] = {RELAY_BROKEN_ON, RELAY_NOTHING},
			     [SIGHT_OFF_CLOSED] = {RELAY_CUT, RELAY_PROVEN},
			     [SIGHT_OFF_OPEN] = {RELAY_CUTTING, RELAY_NOTHING},
			     [SIGHT_OFF_LATE] = {RELAY_BROKEN_OFF, RELAY_FAILED}},
	[RELAY_BROKEN_OFF] = {[SIGHT_ON_OPEN] = {RELAY_CONNECTED, RELAY_JOINED},
			      [SIGHT_ON_CLOSED] = {RELAY_CLOSING, RELAY_NOTHING},
			      [SIGHT_ON_LATE] = {RELAY_BROKEN_ON, RELAY_FAILED},
			      [SIGHT_OFF_CLOSED] = {RELAY_CUT, RELAY_PROVEN},
			      [SIGHT_OFF_OPEN] = {RELAY_BROKEN_OFF, RELAY_NOTHING},
			      [SIGHT_OFF_LATE] = {RELAY_BROKEN_OFF, RELAY_NOTHING}},
};

void relay_init(struct relay *r, uint8_t limit_ms)
{
	*r = (struct relay){.state = RELAY_CUTTING, .limit_ms = limit_ms};
}

static enum relay_sight sight_of(struct relay *r, bool coil, bool mirror)
{
	bool late;

	if (coil != r->coil || coil != mirror)
		r->contrary_ms = 0;
	r->coil = coil;
	if (coil != mirror)
		return coil ? SIGHT_ON_OPEN : SIGHT_OFF_CLOSED;
	late = r->contrary_ms >= r->limit_ms;
	if (!late)
		r->contrary_ms++;
	if (coil)
		return late ? SIGHT_ON_LATE : SIGHT_ON_CLOSED;
	return late ? SIGHT_OFF_LATE : SIGHT_OFF_OPEN;
}

enum relay_effect relay_step(struct relay *r, bool coil, bool mirror)
{
	const struct relay_cell *cell;

	if (r->blind) {
		r->state = coil ? RELAY_CONNECTED : RELAY_CUTTING;
		return RELAY_NOTHING;
	}
	cell = &relay_table[r->state][sight_of(r, coil, mirror)];
	r->state = cell->next;
	if (cell->effect == RELAY_FAILED)
		r->bad |= coil ? RELAY_BAD_ON : RELAY_BAD_OFF;
	else if (cell->effect == RELAY_PROVEN)
		r->bad = 0;
	else if (cell->effect != RELAY_NOTHING)
		r->bad &= (uint8_t)~RELAY_BAD_ON;
	return cell->effect;
}

enum board_uplink_state relay_shown(const struct relay *r)
{
	static const uint8_t shown[RELAY_STATE_COUNT] = {
		[RELAY_CONNECTED] = UPLINK_IS_CONNECTED,
		[RELAY_CUTTING] = UPLINK_IS_CUTTING,
		[RELAY_CUT] = UPLINK_IS_CUT,
		[RELAY_CLOSING] = UPLINK_IS_CLOSING,
		[RELAY_BROKEN_ON] = UPLINK_IS_BROKEN,
		[RELAY_BROKEN_OFF] = UPLINK_IS_BROKEN,
	};

	return (enum board_uplink_state)shown[r->state];
}
