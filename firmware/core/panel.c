#include "firmware/core/panel.h"

#include "firmware/core/lamps.h"
#include "firmware/core/panel_inside.h"

enum {
	START_MS = 60, /* relays have fallen and mirrors are debounced */
	AT_START_LATCHED = 1,
	AT_START_STAY = 2,
	AT_START_WATCHDOG = 3
};

/* ---- inputs ---- */

static void take_presses(struct panel *p, const struct trip_news *news)
{
	uint8_t own = (uint8_t)(news->pressed / INPUT_UPLINK_1) & p->kept.provision.fitted;

	p->coils &= news->coils;
	if (news->pressed == 0)
		return;
	if ((news->pressed & (INPUT_DECLARE | INPUT_ISOLATE)) != 0)
		p->alarm_ms = ALARM_MS;
	if ((news->pressed & INPUT_DECLARE) != 0)
		panel_add(p, EVENT_DECLARE, 0, 0);
	if ((news->pressed & INPUT_ISOLATE) != 0) {
		panel_latch(p, p->kept.provision.isolate);
		panel_add(p, EVENT_ISOLATE, 0, p->kept.latch_number);
	}
	for (uint8_t i = 0; own != 0; i++, own >>= 1) {
		if ((own & 1) == 0)
			continue;
		panel_latch(p, bit_of(i));
		panel_add(p, EVENT_UPLINK_ISOLATE, (uint8_t)(i + 1), p->kept.latch_number);
	}
	panel_report_cut(p, news->dropped, EVENT_CUT_BUTTON, stamp_us_between(news->edge, news->drop), news->edge);
}

static void take_key_and_test(struct panel *p, const struct trip_news *news)
{
	if ((news->pressed | news->released) == 0)
		return;
	if ((news->pressed & INPUT_KEY) != 0)
		panel_add(p, EVENT_KEY_ON, 0, 0);
	if ((news->released & INPUT_KEY) != 0)
		panel_add(p, EVENT_KEY_OFF, 0, p->on_ms[6]);
	if ((news->pressed & INPUT_TEST) != 0) {
		panel_add(p, EVENT_TEST, 0, 0);
		p->test_ms = TEST_MS;
	}
}

/* ---- relays ---- */

static void relay_changed(struct panel *p, uint8_t index, enum relay_effect effect, const struct stamp *contact)
{
	uint8_t uplink = (uint8_t)(index + 1);

	if (effect == RELAY_FAILED)
		panel_add(p, EVENT_UNPROVEN, uplink, (p->coils & bit_of(index)) != 0);
	if (effect == RELAY_PROVEN && (p->proof_awaited & bit_of(index)) != 0) {
		p->proof_awaited &= (uint8_t)~bit_of(index);
		panel_add(p, EVENT_PROVEN, uplink, stamp_us_between(p->relays[index].since, *contact));
	}
}

static void step_relays(struct panel *p, const struct stamp *mirror_edge)
{
	uint8_t mirrors = (uint8_t)(p->inputs / INPUT_MIRROR_1);

	for (uint8_t i = 0; i < BOARD_UPLINKS; i++) {
		uint8_t was_bad = p->relays[i].bad;
		enum relay_effect effect;

		if ((p->kept.provision.fitted & bit_of(i)) == 0)
			continue;
		effect = relay_step(&p->relays[i], (p->coils & bit_of(i)) != 0, (mirrors & bit_of(i)) != 0);
		if (effect == RELAY_NOTHING)
			continue;
		relay_changed(p, i, effect, &mirror_edge[i]);
		if (was_bad != 0 && p->relays[i].bad == 0)
			panel_add(p, EVENT_MIRROR_WELL, (uint8_t)(i + 1), 0);
	}
}

/* ---- start and the watchdog's memory ---- */

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

static void step_second(struct panel *p)
{
	p->second_ms++;
	if (p->second_ms < 1000)
		return;
	p->second_ms = 0;
	if (p->watchdog->seconds < WATCHDOG_MEMORY_S)
		watchdog_set(p->watchdog, (uint16_t)(p->watchdog->seconds + 1));
	else
		p->watchdog->resets = 0;
}

void panel_load(struct panel *p, const struct eeprom *eeprom, struct watchdog_memory *watchdog)
{
	*p = (struct panel){.watchdog = watchdog};
	journal_load(&p->journal, eeprom, &p->kept);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		relay_init(&p->relays[i]);
}

static void keep_cut(struct panel *p, uint8_t uplinks, uint32_t reason)
{
	panel_report_cut(p, uplinks, EVENT_CUT_AT_START, reason, (struct stamp){0, 0});
}

void panel_start(struct panel *p, const struct panel_start *start)
{
	uint8_t unsaved = start->unsaved & p->kept.provision.fitted;
	uint8_t stay;

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
static void step_start(struct panel *p)
{
	if (p->started || p->now_ms < START_MS)
		return;
	p->started = true;
	p->coils = p->kept.provision.fitted & (uint8_t)~p->kept.latched;
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((p->coils & bit_of(i)) != 0)
			panel_add(p, EVENT_RECONNECTED_AT_START, (uint8_t)(i + 1), 0);
}

void panel_step(struct panel *p, const struct panel_view *view)
{
	p->now_ms++;
	p->now = view->now;
	p->inputs = view->news.state;
	take_presses(p, &view->news);
	take_key_and_test(p, &view->news);
	step_start(p);
	step_relays(p, view->mirror_edge);
	panel_step_permit(p);
	panel_step_host(p);
	panel_watch_stuck(p);
	panel_watch_supply(p);
	step_second(p);
	panel_find_faults(p);
	lamps_step(p);
}
