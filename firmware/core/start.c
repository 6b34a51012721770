#include "firmware/core/panel_inside.h"

enum {
	START_MS = 60, /* relays have fallen and mirrors are debounced */
	AT_START_LATCHED = 1,
	AT_START_STAY = 2,
	AT_START_WATCHDOG = 3
};

/* ---- the watchdog's memory ---- */

static void watchdog_set(struct watchdog_memory *w, uint16_t seconds)
{
	w->seconds = seconds;
	w->seconds_inverse = (uint16_t)~seconds;
}

/* True when this reset is the second by watchdog within ten minutes. */
static bool watchdog_bit_twice(struct watchdog_memory *w, const struct panel_start *start)
{
	bool known = start->memory == MEMORY_KEPT && (w->seconds ^ w->seconds_inverse) == 0xFFFF &&
		     w->seconds < WATCHDOG_MEMORY_S;

	if (!known) {
		w->resets = 0;
		watchdog_set(w, WATCHDOG_MEMORY_S);
	}
	if ((start->reset & RESET_WATCHDOG) == 0)
		return false;
	w->resets++;
	watchdog_set(w, 0);
	return known;
}

void panel_second_of_start(struct panel *p)
{
	if (p->watchdog->seconds < WATCHDOG_MEMORY_S)
		watchdog_set(p->watchdog, (uint16_t)(p->watchdog->seconds + 1));
	else
		p->watchdog->resets = 0;
	if (p->brown_out_s != 0)
		p->brown_out_s--;
}

/* ---- start ---- */

void panel_load(struct panel *p, const struct eeprom *eeprom, struct watchdog_memory *watchdog)
{
	*p = (struct panel){.watchdog = watchdog, .stack_free = UINT16_MAX};
	journal_load(&p->journal, eeprom, &p->kept);
	p->test.was_provisioned = p->kept.provision.valid;
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++) {
		bool bistable = (p->kept.provision.pulse & bit_of(i)) != 0;

		relay_init(&p->relays[i], bistable ? BOARD_PULSE_RELAY_MS : BOARD_RELAY_MS);
		p->standing[i] = (p->kept.latched & bit_of(i)) != 0 ? STANDING_LATCHED : STANDING_STARTING;
	}
}

static void keep_cut(struct panel *p, uint8_t uplinks, uint32_t reason)
{
	panel_report_cut(p, uplinks, EVENT_CUT_AT_START, reason, (struct stamp){0, 0});
}

/* Each power-on begins with a brown-out; only one by itself is a fault. */
static bool has_sagged(uint8_t reset)
{
	return (reset & (RESET_BROWN_OUT | RESET_POWER_ON)) == RESET_BROWN_OUT;
}

void panel_start(struct panel *p, const struct panel_start *start)
{
	uint8_t unsaved = start->unsaved & p->kept.provision.fitted;
	uint8_t stay;

	p->brown_out_s = has_sagged(start->reset) ? BROWN_OUT_S : 0;
	panel_add(p, EVENT_STARTED, 0, start->reset);
	if (p->kept.torn != 0)
		panel_add(p, EVENT_EEPROM_BAD, 0, p->kept.torn);
	if (unsaved != 0)
		panel_latch(p, unsaved);
	keep_cut(p, p->kept.latched & p->kept.provision.fitted, AT_START_LATCHED);
	stay = p->kept.provision.stay & (uint8_t)~p->kept.latched;
	if (stay != 0) {
		panel_latch(p, stay);
		keep_cut(p, stay, AT_START_STAY);
	}
	if (watchdog_bit_twice(p->watchdog, start)) {
		uint8_t rest = p->kept.provision.fitted & (uint8_t)~p->kept.latched;

		panel_latch(p, p->kept.provision.fitted);
		keep_cut(p, rest, AT_START_WATCHDOG);
	}
}

/* The relays have had time to fall and to prove it. */
void panel_step_start(struct panel *p)
{
	if (p->started || p->now_ms < START_MS)
		return;
	p->started = true;
	panel_self_test(p, SELF_TEST_AT_START);
	panel_apply(p, p->kept.provision.fitted, CAUSE_START);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((p->coils & bit_of(i)) != 0)
			panel_add(p, EVENT_RECONNECTED_AT_START, (uint8_t)(i + 1), 0);
}
