#include "firmware/core/panel.h"

#include "firmware/core/lamps.h"

#include <stddef.h>

enum {
	START_MS = 60, /* relays have fallen and mirrors are debounced */
	STUCK_MS = 10000,
	MUTE_MS = 1000,
	TEST_MS = 2000,
	ALARM_MS = 10000,
	NO_SUPPLY_MS = 50,
	AT_START_LATCHED = 1,
	AT_START_STAY = 2,
	AT_START_WATCHDOG = 3
};

static void add(struct panel *p, enum board_event kind, uint8_t uplink, uint32_t arg)
{
	eventq_add(&p->kept.events, kind, uplink, arg, p->now_ms);
}

/* The chip has no barrel shifter; a table is shorter than a loop. */
static uint8_t bit_of(uint8_t index)
{
	static const uint8_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};

	return bits[index];
}

/* ---- trips and cuts ---- */

static void permit_perform(struct panel *p, enum permit_effect effect);

static void latch(struct panel *p, uint8_t uplinks)
{
	journal_trip(&p->journal, &p->kept, uplinks);
	permit_perform(p, permit_step(&p->permit, PERMIT_TRIP));
}

/* Reports coils that have dropped. */
static void report_cut(struct panel *p, uint8_t dropped, enum board_event kind, uint32_t arg, struct stamp since)
{
	for (uint8_t i = 0; dropped != 0; i++, dropped >>= 1) {
		if ((dropped & 1) == 0)
			continue;
		p->relays[i].since = since;
		p->proof_awaited |= bit_of(i);
		add(p, kind, (uint8_t)(i + 1), arg);
	}
}

/* Latches and cuts from the main loop: everything but the buttons. */
static uint8_t cut(struct panel *p, uint8_t uplinks)
{
	uint8_t drops = p->coils & uplinks;

	p->coils &= (uint8_t)~uplinks;
	latch(p, uplinks);
	return drops;
}

static void take_presses(struct panel *p, const struct trip_news *news)
{
	uint8_t own = (uint8_t)(news->pressed / INPUT_UPLINK_1) & p->kept.provision.fitted;

	p->coils &= news->coils;
	if (news->pressed == 0)
		return;
	if ((news->pressed & (INPUT_DECLARE | INPUT_ISOLATE)) != 0)
		p->alarm_ms = ALARM_MS;
	if ((news->pressed & INPUT_DECLARE) != 0)
		add(p, EVENT_DECLARE, 0, 0);
	if ((news->pressed & INPUT_ISOLATE) != 0) {
		latch(p, p->kept.provision.isolate);
		add(p, EVENT_ISOLATE, 0, p->kept.latch_number);
	}
	for (uint8_t i = 0; own != 0; i++, own >>= 1) {
		if ((own & 1) == 0)
			continue;
		latch(p, bit_of(i));
		add(p, EVENT_UPLINK_ISOLATE, (uint8_t)(i + 1), p->kept.latch_number);
	}
	report_cut(p, news->dropped, EVENT_CUT_BUTTON, stamp_us_between(news->edge, news->drop), news->edge);
}

static void take_key_and_test(struct panel *p, const struct trip_news *news)
{
	if ((news->pressed | news->released) == 0)
		return;
	if ((news->pressed & INPUT_KEY) != 0)
		add(p, EVENT_KEY_ON, 0, 0);
	if ((news->released & INPUT_KEY) != 0)
		add(p, EVENT_KEY_OFF, 0, p->on_ms[6]);
	if ((news->pressed & INPUT_TEST) != 0) {
		add(p, EVENT_TEST, 0, 0);
		p->test_ms = TEST_MS;
	}
}

/* ---- relays ---- */

static void relay_changed(struct panel *p, uint8_t index, enum relay_effect effect, const struct stamp *contact)
{
	uint8_t uplink = (uint8_t)(index + 1);

	if (effect == RELAY_FAILED)
		add(p, EVENT_UNPROVEN, uplink, (p->coils & bit_of(index)) != 0);
	if (effect == RELAY_PROVEN && (p->proof_awaited & bit_of(index)) != 0) {
		p->proof_awaited &= (uint8_t)~bit_of(index);
		add(p, EVENT_PROVEN, uplink, stamp_us_between(p->relays[index].since, *contact));
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
			add(p, EVENT_MIRROR_WELL, (uint8_t)(i + 1), 0);
	}
}

/* ---- the way back ---- */

static bool all_are(const struct panel *p, uint8_t uplinks, enum relay_state state)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((uplinks & bit_of(i)) != 0 && p->relays[i].state != state)
			return false;
	return true;
}

static bool some_is_broken(const struct panel *p, uint8_t uplinks)
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
			add(p, kind, (uint8_t)(i + 1), p->permit.nonce);
}

static void permit_perform(struct panel *p, enum permit_effect effect)
{
	switch (effect) {
	case PERMIT_CONNECT:
		p->coils |= p->permit.uplinks;
		break;
	case PERMIT_RESTORED:
		p->kept.latched &= (uint8_t)~p->permit.uplinks;
		p->kept.latch_unsaved = true;
		report_each(p, p->permit.uplinks, EVENT_RESTORED);
		break;
	case PERMIT_FAILED:
		p->coils &= (uint8_t)~p->permit.uplinks;
		report_each(p, p->permit.uplinks, EVENT_RESTORE_FAILED);
		break;
	case PERMIT_VOIDED_BY_TRIP:
		p->coils &= (uint8_t) ~(p->permit.uplinks & p->kept.latched);
		add(p, EVENT_PERMIT_VOIDED_TRIP, 0, p->permit.nonce);
		break;
	case PERMIT_VOIDED_BY_COMMAND:
	case PERMIT_REPLACE:
		add(p, EVENT_PERMIT_VOIDED_COMMAND, 0, p->permit.nonce);
		break;
	case PERMIT_EXPIRE:
		add(p, EVENT_PERMIT_EXPIRED, 0, p->permit.nonce);
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

	if (held_down || some_is_broken(p, p->permit.uplinks))
		permit_perform(p, permit_step(&p->permit, PERMIT_UNFIT));
	else if (all_are(p, p->permit.uplinks, RELAY_CONNECTED))
		permit_perform(p, permit_step(&p->permit, PERMIT_FIT));
}

static void step_permit(struct panel *p)
{
	enum permit_stimulus key = permit_watch_key(&p->permit, (p->inputs & INPUT_KEY) != 0);

	if (p->permit.state == PERMIT_NONE)
		return;
	if (p->permit.state == PERMIT_CLOSING) {
		step_closing(p);
		return;
	}
	if (p->permit.left_ms == 0)
		permit_perform(p, permit_step(&p->permit, PERMIT_EXPIRED));
	else
		p->permit.left_ms--;
	permit_perform(p, permit_step(&p->permit, key));
}

/* ---- the host ---- */

static void lose_host(struct panel *p)
{
	uint8_t drops;

	p->host.state = HOST_LOST;
	add(p, EVENT_HOST_LOST, 0, p->host.silent_ms);
	if ((p->coils & p->kept.provision.loss) == 0)
		return;
	drops = cut(p, p->kept.provision.loss);
	report_cut(p, drops, EVENT_CUT_HOST_LOST, p->host.silent_ms, p->now);
}

static void step_host(struct panel *p)
{
	uint32_t limit_ms = p->host.state == HOST_PRESENT ? p->kept.provision.heartbeat_ms : BOARD_HOST_GRACE_MS;

	if (p->host.silent_ms < UINT32_MAX)
		p->host.silent_ms++;
	if (p->host.state != HOST_LOST && p->host.silent_ms >= limit_ms)
		lose_host(p);
}

void panel_heartbeat(struct panel *p)
{
	if (p->host.state == HOST_LOST)
		add(p, EVENT_HOST_BACK, 0, p->host.silent_ms);
	p->host.state = HOST_PRESENT;
	p->host.silent_ms = 0;
}

static enum board_result isolate(struct panel *p, const struct command *command)
{
	uint8_t drops = cut(p, (uint8_t)command->uplinks);

	report_cut(p, drops, EVENT_CUT_COMMAND, stamp_us_between(command->at, p->now), command->at);
	return RESULT_DONE;
}

static enum board_result give_permit(struct panel *p, const struct command *command)
{
	uint8_t uplinks = (uint8_t)command->uplinks;
	enum permit_effect effect;

	if (command->latch != p->kept.latch_number)
		return RESULT_WRONG_LATCH;
	if ((uplinks & p->kept.latched) != uplinks)
		return RESULT_NOT_LATCHED;
	if (p->permit.state != PERMIT_CLOSING && (some_is_broken(p, uplinks) || !all_are(p, uplinks, RELAY_CUT)))
		return RESULT_MIRROR_FAULT;
	effect = permit_step(&p->permit, PERMIT_GIVE);
	if (effect == PERMIT_REFUSE)
		return RESULT_BUSY;
	permit_perform(p, effect);
	p->permit.uplinks = uplinks;
	p->permit.nonce = command->nonce;
	p->permit.left_ms = (uint32_t)BOARD_PERMIT_S * 1000;
	add(p, EVENT_PERMIT_GIVEN, 0, command->nonce);
	return RESULT_DONE;
}

static enum board_result carry_out(struct panel *p, const struct command *command)
{
	bool names_uplinks = command->uplinks != 0 && (command->uplinks & (uint16_t)~p->kept.provision.fitted) == 0;

	switch (command->code) {
	case COMMAND_ISOLATE:
		return names_uplinks ? isolate(p, command) : RESULT_BAD_UPLINKS;
	case COMMAND_PERMIT:
		return names_uplinks ? give_permit(p, command) : RESULT_BAD_UPLINKS;
	case COMMAND_VOID:
		permit_perform(p, permit_step(&p->permit, PERMIT_VOID));
		return RESULT_DONE;
	case COMMAND_SELF_TEST:
		p->test_ms = TEST_MS;
		return RESULT_DONE;
	default:
		return RESULT_BAD_CODE;
	}
}

void panel_command(struct panel *p, const struct command *command)
{
	if (p->host.result == RESULT_DONE && p->host.command_nonce == command->nonce)
		return;
	p->host.command_nonce = command->nonce;
	p->host.result = (uint8_t)carry_out(p, command);
}

void panel_command_refused(struct panel *p, uint32_t nonce)
{
	p->host.command_nonce = nonce;
	p->host.result = RESULT_BAD_CHECK;
}

/* ---- inputs that do not behave ---- */

static void watch_input(struct panel *p, uint8_t i)
{
	bool on = ((uint8_t)p->inputs & bit_of(i)) != 0;

	if (on && p->on_ms[i] < UINT16_MAX)
		p->on_ms[i]++;
	if (on && p->on_ms[i] == STUCK_MS) {
		p->stuck |= bit_of(i);
		add(p, EVENT_STUCK_ON, 0, bit_of(i));
	}
	if (on)
		return;
	p->on_ms[i] = 0;
	if ((p->stuck & bit_of(i)) != 0) {
		p->stuck &= (uint8_t)~bit_of(i);
		add(p, EVENT_STUCK_OFF, 0, bit_of(i));
	}
}

static void watch_stuck(struct panel *p)
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
static void watch_supply(struct panel *p)
{
	bool missing = (p->inputs & (INPUT_SUPPLY | INPUT_ISOLATE)) == 0;

	if (!missing) {
		if (p->no_supply_ms >= NO_SUPPLY_MS)
			add(p, EVENT_SUPPLY_BACK, 0, 0);
		p->no_supply_ms = 0;
		return;
	}
	if (p->no_supply_ms >= NO_SUPPLY_MS)
		return;
	p->no_supply_ms++;
	if (p->no_supply_ms < NO_SUPPLY_MS)
		return;
	add(p, EVENT_SUPPLY_LOST, 0, 0);
	if ((p->coils & p->kept.provision.isolate) != 0)
		report_cut(p, cut(p, p->kept.provision.isolate), EVENT_CUT_SUPPLY, 0, p->now);
}

static uint16_t fault_if(bool condition, enum board_fault fault)
{
	return condition ? (uint16_t)fault : 0;
}

static void find_faults(struct panel *p)
{
	p->faults = (uint16_t)(fault_if(some_is_broken(p, p->kept.provision.fitted), FAULT_MIRROR) |
			       fault_if((p->stuck & (uint8_t)~INPUT_KEY) != 0, FAULT_BUTTON) |
			       fault_if((p->stuck & INPUT_KEY) != 0, FAULT_KEY) |
			       fault_if(p->host.silent_ms >= p->kept.provision.heartbeat_ms, FAULT_HOST) |
			       fault_if(p->no_supply_ms >= NO_SUPPLY_MS, FAULT_SUPPLY) |
			       fault_if(eventq_is_full(&p->kept.events), FAULT_QUEUE) |
			       fault_if(p->kept.failed, FAULT_EEPROM) |
			       fault_if(!p->kept.provision.valid, FAULT_PROVISION) |
			       fault_if(p->watchdog->seconds < WATCHDOG_MEMORY_S, FAULT_WATCHDOG));
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
	report_cut(p, uplinks, EVENT_CUT_AT_START, reason, (struct stamp){0, 0});
}

void panel_start(struct panel *p, const struct panel_start *start)
{
	uint8_t unsaved = start->unsaved & p->kept.provision.fitted;
	uint8_t stay;

	add(p, EVENT_STARTED, 0, start->reset);
	if (p->kept.torn != 0)
		add(p, EVENT_EEPROM_BAD, 0, p->kept.torn);
	if (unsaved != 0)
		latch(p, unsaved);
	keep_cut(p, p->kept.latched & p->kept.provision.fitted, AT_START_LATCHED);
	stay = p->kept.provision.stay & (uint8_t)~p->kept.latched;
	if (stay != 0) {
		latch(p, stay);
		keep_cut(p, stay, AT_START_STAY);
	}
	if (watchdog_bit_twice(p->watchdog, start)) {
		uint8_t rest = p->kept.provision.fitted & (uint8_t)~p->kept.latched;

		latch(p, p->kept.provision.fitted);
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
			add(p, EVENT_RECONNECTED_AT_START, (uint8_t)(i + 1), 0);
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
	step_permit(p);
	step_host(p);
	watch_stuck(p);
	watch_supply(p);
	step_second(p);
	find_faults(p);
	lamps_step(p);
}
