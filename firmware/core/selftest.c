#include "firmware/core/panel_inside.h"

/* Not what the board is made of: a host that is away, a queue that is full. */
enum { NOT_TESTED = FAULT_HOST | FAULT_QUEUE };

/* What is on when the controller has just started is stuck, as far as one can know. */
static uint16_t on_at_start(const struct panel *p)
{
	uint16_t found = p->kept.torn != 0 ? FAULT_EEPROM : 0;

	if ((p->inputs & INPUT_KEY) != 0)
		found |= FAULT_KEY;
	if (((uint8_t)p->inputs & (uint8_t)~INPUT_KEY) != 0)
		found |= FAULT_BUTTON;
	return found;
}

void panel_self_test(struct panel *p, enum self_test_cause cause)
{
	if (p->test.is_running)
		return;
	p->test.is_running = true;
	p->test.found = cause == SELF_TEST_AT_START ? on_at_start(p) : 0;
	journal_scan(&p->journal);
}

static bool provisioning_has_changed(const struct panel *p)
{
	struct provision again;

	return provision_read(p->journal.eeprom, &again) != p->test.was_provisioned;
}

static void end(struct panel *p)
{
	p->test.is_running = false;
	p->test.is_known = true;
	p->test.at_s = p->uptime_s;
	p->test.found |= p->faults & (uint16_t)~NOT_TESTED;
	if (p->journal.scan_bad != 0 || provisioning_has_changed(p))
		p->test.found |= FAULT_EEPROM;
	p->test.last_found = p->test.found;
	panel_add(p, EVENT_SELF_TEST, 0, p->test.found);
}

void panel_step_self_test(struct panel *p)
{
	if (!p->test.is_running) {
		if (p->test.is_known && p->uptime_s - p->test.at_s >= BOARD_SELF_TEST_S)
			panel_self_test(p, SELF_TEST_DAILY);
		return;
	}
	if (!journal_is_scanning(&p->journal) && p->journal.eeprom->ready())
		end(p);
}
