#include "firmware/core/standing.h"

/* Two versions of clang-format lay these out in two ways. */
/* clang-format off */
#define STAY(state) {STANDING_##state, STANDING_NOTHING}
#define TO(state, effect) {STANDING_##state, STANDING_##effect}
/* clang-format on */

const struct standing_cell standing_table[STANDING_COUNT][CAUSE_COUNT] = {
	[STANDING_STARTING] = {[CAUSE_START] = STAY(JOINED),
			       [CAUSE_TRIP] = STAY(LATCHED),
			       [CAUSE_KEY] = STAY(STARTING),
			       [CAUSE_FIT] = STAY(STARTING),
			       [CAUSE_UNFIT] = STAY(STARTING),
			       [CAUSE_PROVE] = STAY(STARTING),
			       [CAUSE_PROVEN] = STAY(STARTING)},
	[STANDING_JOINED] = {[CAUSE_START] = STAY(JOINED),
			     [CAUSE_TRIP] = TO(LATCHED, DROP),
			     [CAUSE_KEY] = STAY(JOINED),
			     [CAUSE_FIT] = STAY(JOINED),
			     [CAUSE_UNFIT] = STAY(JOINED),
			     [CAUSE_PROVE] = STAY(TESTED),
			     [CAUSE_PROVEN] = STAY(JOINED)},
	[STANDING_TESTED] = {[CAUSE_START] = STAY(TESTED),
			     [CAUSE_TRIP] = TO(LATCHED, DROP),
			     [CAUSE_KEY] = STAY(TESTED),
			     [CAUSE_FIT] = STAY(TESTED),
			     [CAUSE_UNFIT] = STAY(TESTED),
			     [CAUSE_PROVE] = STAY(TESTED),
			     [CAUSE_PROVEN] = STAY(JOINED)},
	[STANDING_LATCHED] = {[CAUSE_START] = STAY(LATCHED),
			      [CAUSE_TRIP] = STAY(LATCHED),
			      [CAUSE_KEY] = STAY(CLOSING),
			      [CAUSE_FIT] = STAY(LATCHED),
			      [CAUSE_UNFIT] = STAY(LATCHED),
			      [CAUSE_PROVE] = STAY(LATCHED),
			      [CAUSE_PROVEN] = STAY(LATCHED)},
	[STANDING_CLOSING] = {[CAUSE_START] = STAY(CLOSING),
			      [CAUSE_TRIP] = TO(LATCHED, DROP),
			      [CAUSE_KEY] = STAY(CLOSING),
			      [CAUSE_FIT] = TO(JOINED, FREE),
			      [CAUSE_UNFIT] = STAY(LATCHED),
			      [CAUSE_PROVE] = STAY(CLOSING),
			      [CAUSE_PROVEN] = STAY(CLOSING)},
};

bool standing_has_coil(enum standing standing)
{
	return standing == STANDING_JOINED || standing == STANDING_CLOSING;
}
