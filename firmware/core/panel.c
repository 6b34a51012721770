#include "firmware/core/panel.h"

#include "firmware/core/lamps.h"
#include "firmware/core/panel_inside.h"

/* ---- inputs ---- */

static void take_presses(struct panel *p, const struct trip_news *news)
{
	uint8_t own = (uint8_t)(news->pressed / INPUT_UPLINK_1) & p->kept.provision.fitted;
	uint8_t drops = 0;

	p->coils &= news->coils;
	if (news->pressed == 0)
		return;
	if (own != 0 || (news->pressed & (INPUT_DECLARE | INPUT_ISOLATE)) != 0)
		p->alarm_ms = ALARM_MS;
	if ((news->pressed & INPUT_DECLARE) != 0)
		panel_add(p, EVENT_DECLARE, 0, 0);
	if ((news->pressed & INPUT_ISOLATE) != 0) {
		drops |= panel_latch(p, p->kept.provision.isolate);
		p->told_anew |= p->kept.provision.isolate;
		panel_add(p, EVENT_ISOLATE, 0, p->kept.latch_number);
	}
	p->told_anew |= own;
	for (uint8_t i = 0; own != 0; i++, own >>= 1) {
		if ((own & 1) == 0)
			continue;
		drops |= panel_latch(p, bit_of(i));
		panel_add(p, EVENT_UPLINK_ISOLATE, (uint8_t)(i + 1), p->kept.latch_number);
	}
	panel_report_cut(p, news->dropped, EVENT_CUT_BUTTON, stamp_us_between(news->edge, news->drop), news->edge);
	/* A proof test had their coils off already. */
	drops &= (uint8_t)(~news->dropped);
	panel_report_cut(p, drops, EVENT_CUT_BUTTON, 0, p->now);
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

static void await_proof(struct panel *p, uint8_t index, const struct stamp *contact)
{
	if ((p->proof_awaited & bit_of(index)) == 0 || p->relays[index].state != RELAY_CUT)
		return;
	p->proof_awaited &= (uint8_t)~bit_of(index);
	panel_add(p, EVENT_PROVEN, (uint8_t)(index + 1), stamp_us_between(p->relays[index].since, *contact));
}

static void step_relay(struct panel *p, uint8_t index, bool mirror, const struct stamp *contact)
{
	struct relay *r = &p->relays[index];
	bool coil = (p->coils & bit_of(index)) != 0;
	uint8_t was_bad = r->bad;
	enum relay_effect effect = relay_step(r, coil, mirror);

	/* A proof test reports failures itself. */
	if (effect == RELAY_FAILED && !panel_is_proving(p, index))
		panel_add(p, EVENT_UNPROVEN, (uint8_t)(index + 1), coil);
	await_proof(p, index, contact);
	if (was_bad != 0 && r->bad == 0)
		panel_add(p, EVENT_MIRROR_WELL, (uint8_t)(index + 1), 0);
}

static void step_relays(struct panel *p, const struct stamp *mirror_edge)
{
	uint8_t mirrors = (uint8_t)(p->inputs / INPUT_MIRROR_1);

	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((p->kept.provision.fitted & bit_of(i)) != 0)
			step_relay(p, i, (mirrors & bit_of(i)) != 0, &mirror_edge[i]);
}

static void step_second(struct panel *p)
{
	p->second_ms++;
	if (p->second_ms < 1000)
		return;
	p->second_ms = 0;
	p->uptime_s++;
	panel_second_of_start(p);
	panel_second_of_host(p);
}

void panel_step(struct panel *p, const struct panel_view *view)
{
	p->now_ms++;
	p->now = view->now;
	p->inputs = view->news.state;
	take_presses(p, &view->news);
	take_key_and_test(p, &view->news);
	panel_step_start(p);
	step_relays(p, view->mirror_edge);
	panel_step_prove(p, view->mirror_edge);
	panel_step_permit(p);
	panel_step_host(p);
	panel_watch_stuck(p);
	panel_watch_supply(p);
	step_second(p);
	panel_find_faults(p);
	panel_step_keys(p);
	panel_step_self_test(p);
	lamps_step(p);
	p->told = p->started ? BOARD_ALL_UPLINKS : p->kept.latched;
	p->attention = p->kept.events.waiting != 0;
}
