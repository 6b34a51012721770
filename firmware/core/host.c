#include "firmware/core/panel_inside.h"

static void lose_host(struct panel *p)
{
	uint8_t drops;

	p->host.state = HOST_LOST;
	panel_add(p, EVENT_HOST_LOST, 0, p->host.silent_ms);
	if ((p->coils & p->kept.provision.loss) == 0)
		return;
	drops = panel_cut(p, p->kept.provision.loss);
	panel_report_cut(p, drops, EVENT_CUT_HOST_LOST, p->host.silent_ms, p->now);
}

void panel_step_host(struct panel *p)
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
		panel_add(p, EVENT_HOST_BACK, 0, p->host.silent_ms);
	p->host.state = HOST_PRESENT;
	p->host.silent_ms = 0;
}

static enum board_result isolate(struct panel *p, const struct command *command)
{
	uint8_t drops = panel_cut(p, (uint8_t)command->uplinks);

	panel_report_cut(p, drops, EVENT_CUT_COMMAND, stamp_us_between(command->at, p->now), command->at);
	return RESULT_DONE;
}

static enum board_result give_permit(struct panel *p, const struct command *command)
{
	uint8_t uplinks = (uint8_t)command->uplinks;
	enum permit_effect effect;

	if (command->argument != p->kept.latch_number)
		return RESULT_WRONG_LATCH;
	if ((uplinks & p->kept.latched) != uplinks)
		return RESULT_NOT_LATCHED;
	if (p->permit.state != PERMIT_CLOSING &&
	    (panel_some_broken(p, uplinks) || !panel_all_are(p, uplinks, RELAY_CUT)))
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
		return names_uplinks ? isolate(p, command) : RESULT_BAD_UPLINKS;
	case COMMAND_PERMIT:
		return names_uplinks ? give_permit(p, command) : RESULT_BAD_UPLINKS;
	case COMMAND_VOID:
		panel_perform(p, permit_step(&p->permit, PERMIT_VOID));
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
