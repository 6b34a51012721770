#include "firmware/core/permit.h"

/* Two versions of clang-format lay these out in two ways. */
/* clang-format off */
#define STAY(state) {PERMIT_##state, PERMIT_NOTHING}
#define TO(state, effect) {PERMIT_##state, PERMIT_##effect}
/* clang-format on */

const struct permit_cell permit_table[PERMIT_STATE_COUNT][PERMIT_STIMULUS_COUNT] = {
	[PERMIT_NONE] = {[PERMIT_GIVE] = TO(WAIT_OFF, START),
			 [PERMIT_VOID] = STAY(NONE),
			 [PERMIT_TRIP] = STAY(NONE),
			 [PERMIT_EXPIRED] = STAY(NONE),
			 [PERMIT_KEY_OFF] = STAY(NONE),
			 [PERMIT_KEY_ON] = STAY(NONE),
			 [PERMIT_KEY_TURNED] = STAY(NONE),
			 [PERMIT_KEY_LONG] = STAY(NONE),
			 [PERMIT_FIT] = STAY(NONE),
			 [PERMIT_UNFIT] = STAY(NONE)},
	[PERMIT_WAIT_OFF] = {[PERMIT_GIVE] = TO(WAIT_OFF, REPLACE),
			     [PERMIT_VOID] = TO(NONE, VOIDED_BY_COMMAND),
			     [PERMIT_TRIP] = TO(NONE, VOIDED_BY_TRIP),
			     [PERMIT_EXPIRED] = TO(NONE, EXPIRE),
			     [PERMIT_KEY_OFF] = STAY(WAIT_ON),
			     [PERMIT_KEY_ON] = STAY(WAIT_OFF),
			     [PERMIT_KEY_TURNED] = STAY(WAIT_ON),
			     [PERMIT_KEY_LONG] = STAY(WAIT_OFF),
			     [PERMIT_FIT] = STAY(WAIT_OFF),
			     [PERMIT_UNFIT] = STAY(WAIT_OFF)},
	[PERMIT_WAIT_ON] = {[PERMIT_GIVE] = TO(WAIT_OFF, REPLACE),
			    [PERMIT_VOID] = TO(NONE, VOIDED_BY_COMMAND),
			    [PERMIT_TRIP] = TO(NONE, VOIDED_BY_TRIP),
			    [PERMIT_EXPIRED] = TO(NONE, EXPIRE),
			    [PERMIT_KEY_OFF] = STAY(WAIT_ON),
			    [PERMIT_KEY_ON] = STAY(HELD),
			    [PERMIT_KEY_TURNED] = STAY(WAIT_ON),
			    [PERMIT_KEY_LONG] = STAY(WAIT_OFF),
			    [PERMIT_FIT] = STAY(WAIT_ON),
			    [PERMIT_UNFIT] = STAY(WAIT_ON)},
	[PERMIT_HELD] = {[PERMIT_GIVE] = TO(WAIT_OFF, REPLACE),
			 [PERMIT_VOID] = TO(NONE, VOIDED_BY_COMMAND),
			 [PERMIT_TRIP] = TO(NONE, VOIDED_BY_TRIP),
			 [PERMIT_EXPIRED] = TO(NONE, EXPIRE),
			 [PERMIT_KEY_OFF] = STAY(WAIT_ON),
			 [PERMIT_KEY_ON] = STAY(HELD),
			 [PERMIT_KEY_TURNED] = TO(CLOSING, CONNECT),
			 [PERMIT_KEY_LONG] = STAY(WAIT_OFF),
			 [PERMIT_FIT] = STAY(HELD),
			 [PERMIT_UNFIT] = STAY(HELD)},
	[PERMIT_CLOSING] = {[PERMIT_GIVE] = TO(CLOSING, REFUSE),
			    [PERMIT_VOID] = STAY(CLOSING),
			    [PERMIT_TRIP] = TO(NONE, VOIDED_BY_TRIP),
			    [PERMIT_EXPIRED] = STAY(CLOSING),
			    [PERMIT_KEY_OFF] = STAY(CLOSING),
			    [PERMIT_KEY_ON] = STAY(CLOSING),
			    [PERMIT_KEY_TURNED] = STAY(CLOSING),
			    [PERMIT_KEY_LONG] = STAY(CLOSING),
			    [PERMIT_FIT] = TO(NONE, RESTORED),
			    [PERMIT_UNFIT] = TO(NONE, FAILED)},
};

enum permit_effect permit_step(struct permit *p, enum permit_stimulus stimulus)
{
	const struct permit_cell *cell = &permit_table[p->state][stimulus];

	p->state = cell->next;
	return cell->effect;
}

enum permit_stimulus permit_watch_key(struct permit *p, bool on)
{
	uint16_t was_on_ms = p->key_on_ms;

	if (!on) {
		p->key_on_ms = 0;
		return was_on_ms >= BOARD_KEY_MIN_MS && was_on_ms <= BOARD_KEY_MAX_MS ? PERMIT_KEY_TURNED
										      : PERMIT_KEY_OFF;
	}
	if (was_on_ms > BOARD_KEY_MAX_MS)
		return PERMIT_KEY_LONG;
	p->key_on_ms++;
	return PERMIT_KEY_ON;
}
