#include "uplink/driver.h"

#include <stddef.h>

enum board_uplink_state uplink_judge(uint16_t bits)
{
	bool coil = (bits & UPLINK_COIL) != 0, mirror = (bits & UPLINK_MIRROR) != 0;

	if ((bits & UPLINK_FITTED) == 0)
		return UPLINK_IS_ABSENT;
	if ((bits & UPLINK_MIRROR_BAD) != 0)
		return UPLINK_IS_BROKEN;
	if (coil)
		return mirror ? UPLINK_IS_CLOSING : UPLINK_IS_CONNECTED;
	return mirror ? UPLINK_IS_CUT : UPLINK_IS_CUTTING;
}

bool uplink_is_proven(uint16_t bits)
{
	enum board_uplink_state state = uplink_judge(bits);

	if ((bits & UPLINK_BLIND) != 0)
		return false;
	return state == UPLINK_IS_CUT || state == UPLINK_IS_CONNECTED;
}

bool uplinks_are_cut(const struct panel_state *state, uint16_t mask)
{
	for (unsigned i = 0; i < BOARD_UPLINKS; i++) {
		bool named = (mask >> i & 1) != 0;

		if (named && (state->uplink[i] & (UPLINK_LATCHED | UPLINK_COIL)) != UPLINK_LATCHED)
			return false;
	}
	return true;
}

const char *uplink_state_word(enum board_uplink_state state)
{
#define WORD(number, name, word, meaning) [UPLINK_IS_##name] = (word),
	static const char *const words[UPLINK_STATE_COUNT] = {BOARD_UPLINK_STATES(WORD)};
#undef WORD

	return (unsigned)state < UPLINK_STATE_COUNT ? words[state] : "unknown";
}

const char *event_word(uint16_t kind)
{
#define WORD(number, name, word, has_uplink, arg) [EVENT_##name] = (word),
	static const char *const words[EVENT_COUNT] = {BOARD_EVENTS(WORD)};
#undef WORD

	return kind < EVENT_COUNT && words[kind] != NULL ? words[kind] : "event";
}

const char *result_word(uint16_t result)
{
#define WORD(number, name, word, meaning) [RESULT_##name] = (word),
	static const char *const words[RESULT_COUNT] = {BOARD_RESULTS(WORD)};
#undef WORD

	return result < RESULT_COUNT ? words[result] : "unknown_result";
}

const char *fault_word(unsigned bit)
{
#define WORD(number, name, word, meaning) [number] = (word),
	static const char *const words[16] = {BOARD_FAULTS(WORD)};
#undef WORD

	return bit < 16 ? words[bit] : NULL;
}

bool event_is_press(uint16_t kind)
{
	return kind == EVENT_DECLARE || kind == EVENT_ISOLATE || kind == EVENT_UPLINK_ISOLATE;
}
