#include "firmware/core/panel_inside.h"

#include <stddef.h>

/* An announced absence counts from the last heartbeat, once. */
static bool absence_goes_on(const struct host *h)
{
	return h->silent_ms < (uint32_t)h->absence_s * 1000;
}

bool panel_spend(uint32_t *spent_s, uint16_t cost_s)
{
	if (*spent_s + cost_s > BOARD_ALLOWANCE_S)
		return false;
	*spent_s += cost_s;
	return true;
}

static void come_back(uint32_t *spent_s)
{
	if (*spent_s != 0)
		(*spent_s)--;
}

void panel_second_of_host(struct panel *p)
{
	come_back(&p->host.spent_s);
	come_back(&p->host.loss_spent_s);
}

static void carry_out_policy(struct panel *p)
{
	uint8_t loss = p->kept.provision.loss;

	p->host.cut_due = false;
	p->host.absence_s = 0;
	if (((p->coils | p->tested) & loss) != 0)
		panel_cut(p, loss, EVENT_CUT_HOST_LOST, p->host.silent_ms, p->now);
}

void panel_step_host(struct panel *p)
{
	struct host *h = &p->host;
	uint32_t limit_ms = h->state == HOST_PRESENT ? p->kept.provision.heartbeat_ms : BOARD_HOST_GRACE_MS;

	if (h->silent_ms < UINT32_MAX)
		h->silent_ms++;
	if (h->state != HOST_LOST && h->silent_ms >= limit_ms) {
		h->state = HOST_LOST;
		h->cut_due = true;
		h->is_told_lost = panel_spend(&h->loss_spent_s, BOARD_COST_LOSS_S);
		if (h->is_told_lost)
			panel_add(p, EVENT_HOST_LOST, 0, h->silent_ms);
	}
	if (h->cut_due && !absence_goes_on(h))
		carry_out_policy(p);
}

void panel_heartbeat(struct panel *p)
{
	struct host *h = &p->host;

	if (h->state == HOST_LOST && h->is_told_lost)
		panel_add(p, EVENT_HOST_BACK, 0, h->silent_ms);
	if (h->state == HOST_LOST || p->now_ms >= h->absence_ends_ms)
		h->absence_s = 0;
	h->state = HOST_PRESENT;
	h->cut_due = false;
	h->silent_ms = 0;
}

uint16_t panel_absence_left_s(const struct panel *p)
{
	const struct host *h = &p->host;

	return absence_goes_on(h) ? (uint16_t)(h->absence_s - h->silent_ms / 1000) : 0;
}

static enum board_result expect_absence(struct panel *p, const struct command *command)
{
	if (command->argument == 0 || command->argument > BOARD_ABSENCE_MAX_S)
		return RESULT_BAD_ARGUMENT;
	p->host.absence_s = (uint16_t)command->argument;
	p->host.absence_ends_ms = p->now_ms + command->argument * 1000;
	panel_add(p, EVENT_ABSENCE, 0, command->argument);
	return RESULT_DONE;
}

/* What is latched and cut needs no second record: a host that cuts without a pause would wear it out. */
static bool are_cut(const struct panel *p, uint8_t uplinks)
{
	return (uplinks & (uint8_t) ~(p->kept.latched & (uint8_t)~p->coils)) == 0;
}

/* What is there is cut, even if something else is named that is not. */
static enum board_result isolate(struct panel *p, const struct command *command)
{
	uint8_t uplinks = (uint8_t)command->uplinks & p->kept.provision.fitted;

	if (uplinks == 0)
		return RESULT_BAD_UPLINKS;
	p->told_anew |= uplinks;
	if (are_cut(p, uplinks))
		panel_end_running(p);
	else
		panel_cut(p, uplinks, EVENT_CUT_COMMAND, stamp_us_between(command->at, p->now), command->at);
	return uplinks == command->uplinks ? RESULT_DONE : RESULT_BAD_UPLINKS;
}

static bool some_is_blind(const struct panel *p, uint8_t uplinks)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((uplinks & bit_of(i)) != 0 && p->relays[i].blind)
			return true;
	return false;
}

/* All that a hand can move must be at rest: an uplink is cut for a moment, and nobody may take that for the answer. */
static enum board_result prove(struct panel *p, const struct command *command)
{
	if (p->permit.state != PERMIT_NONE || p->proving.phase != PROVING_NOTHING)
		return RESULT_BUSY;
	if ((uint8_t)p->inputs != 0)
		return RESULT_BUTTON_DOWN;
	if ((p->inputs & INPUT_SUPPLY) == 0)
		return RESULT_NO_SUPPLY;
	if (!panel_all_are(p, (uint8_t)command->uplinks, RELAY_CONNECTED))
		return RESULT_NOT_CONNECTED;
	if (some_is_blind(p, (uint8_t)command->uplinks))
		return RESULT_MIRROR_FAULT;
	panel_prove(p, (uint8_t)command->uplinks);
	return RESULT_DONE;
}

/* Proven cut; or commanded, where the site has said that this must do. */
static bool all_may_close(const struct panel *p, uint8_t uplinks)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++) {
		const struct relay *r = &p->relays[i];
		bool trusted = r->blind && r->trusted && r->state == RELAY_CUTTING;

		if ((uplinks & bit_of(i)) != 0 && r->state != RELAY_CUT && !trusted)
			return false;
	}
	return true;
}

static enum board_result give_permit(struct panel *p, const struct command *command)
{
	uint8_t uplinks = (uint8_t)command->uplinks;
	enum permit_effect effect;

	if (command->argument != p->kept.latch_number)
		return RESULT_WRONG_LATCH;
	if ((uplinks & p->kept.latched) != uplinks)
		return RESULT_NOT_LATCHED;
	if (p->proving.phase != PROVING_NOTHING)
		return RESULT_BUSY;
	if (p->permit.state != PERMIT_CLOSING && (panel_some_broken(p, uplinks) || !all_may_close(p, uplinks)))
		return RESULT_MIRROR_FAULT;
	effect = permit_step(&p->permit, PERMIT_GIVE);
	if (effect == PERMIT_REFUSE)
		return RESULT_BUSY;
	panel_perform(p, effect);
	p->permit.uplinks = uplinks;
	p->permit.nonce = command->nonce;
	p->permit.left_ms = (uint32_t)BOARD_PERMIT_S * 1000;
	panel_add(p, EVENT_PERMIT_GIVEN, 0, command->nonce);
	return RESULT_DONE;
}

static enum board_result carry_out(struct panel *p, const struct command *command)
{
	bool names_uplinks = command->uplinks != 0 && (command->uplinks & (uint16_t)~p->kept.provision.fitted) == 0;

	switch (command->code) {
	case COMMAND_ISOLATE:
		return isolate(p, command);
	case COMMAND_PERMIT:
		return names_uplinks ? give_permit(p, command) : RESULT_BAD_UPLINKS;
	case COMMAND_PROVE:
		return names_uplinks ? prove(p, command) : RESULT_BAD_UPLINKS;
	case COMMAND_EXPECT_ABSENCE:
		return expect_absence(p, command);
	case COMMAND_VOID:
		panel_perform(p, permit_step(&p->permit, PERMIT_VOID));
		return RESULT_DONE;
	case COMMAND_SELF_TEST:
		p->test_ms = TEST_MS;
		panel_self_test(p, SELF_TEST_ORDERED);
		return RESULT_DONE;
	case COMMAND_ERASE_KEYS:
		return panel_erase_keys(p);
	default:
		return RESULT_BAD_CODE;
	}
}

/* Nobody waits for leave to cut, nor to take back a permit. */
static enum board_result carry_out_if_allowed(struct panel *p, const struct command *command)
{
	enum board_result result;

	if (command->code == COMMAND_ISOLATE || command->code == COMMAND_VOID)
		return carry_out(p, command);
	if (!panel_spend(&p->host.spent_s, BOARD_COST_COMMAND_S))
		return RESULT_TOO_SOON;
	result = carry_out(p, command);
	if (result != RESULT_DONE)
		p->host.spent_s -= BOARD_COST_COMMAND_S;
	return result;
}

void panel_command(struct panel *p, const struct command *command)
{
	if (p->host.result == RESULT_DONE && p->host.command_nonce == command->nonce)
		return;
	p->host.command_nonce = command->nonce;
	p->host.result = (uint8_t)carry_out_if_allowed(p, command);
	if (p->drive != NULL)
		p->drive();
}

void panel_command_refused(struct panel *p, uint32_t nonce)
{
	p->host.command_nonce = nonce;
	p->host.result = RESULT_BAD_CHECK;
}
