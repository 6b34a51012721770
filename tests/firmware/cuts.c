/* The power goes at any instant, mostly while a byte of EEPROM is being written, which tears it; it may go again while
 * the controller starts. Then:
 *   - what was cut stays cut, from 14 ms after the press or the answer to the command on, and never closes for a
 * moment; what was not cut is connected again. Only a torn trip byte may cut more;
 *   - every permit is void: the key reconnects nothing;
 *   - event numbers go on, none names two events, none that was durable and not acknowledged is missing, none that was
 *     acknowledged for good comes back, and no press is told twice;
 *   - latch number and starts never go back; the provisioning block is as it was;
 *   - witness and newest key are the last durable ones or newer, and whole;
 *   - what was torn is mended: the start after the next finds nothing.
 */
#include "tests/firmware/cuts.h"

#include "tests/firmware/life.h"

#include "firmware/core/journal.h"

#include <string.h>

enum {
	START_MS = 300,
	ANSWERS_MS = 60,          /* after the start */
	AFTER_LAST_PLAN_MS = 300, /* no hand is on a button when the power comes back */
	BETWEEN_CUTS_US = 60000,
	SELF_TEST_MS = 200, /* when there is nothing else to do */
	EEPROM_BYTE_US = 3400,
	SEEK_US = 300,
	PATIENCE = 100
};

struct cuts {
	struct truth truth;
	unsigned left;
	unsigned patience; /* how often yet to look whether a byte is being written; 0: cut now */
	uint64_t at;       /* when the power went */
	uint64_t since;    /* number of the first note after it */
	bool torn_trip;
	uint8_t provisioning[PROVISION_SIZE];
};

/* ---- the power ---- */

static void lose_power(struct trial *t, struct cuts *cuts)
{
	uint8_t trip_byte = t->sim->eeprom[JOURNAL_TRIP_AT];
	bool writes = board_is_writing(t->sim->board);

	board_power(t->sim->board, false);
	t->tally->cuts++;
	t->tally->torn += writes;
	cuts->torn_trip = cuts->torn_trip || (writes && t->sim->eeprom[JOURNAL_TRIP_AT] != trip_byte);
}

/* The host hears of some events, as soon as it is answered. */
static void listen(struct trial *t, struct cuts *cuts)
{
	sim_run_ms(t->sim, ANSWERS_MS);
	for (unsigned left = 1 + trial_roll(t, 3); left > 0 && truth_take(t, &cuts->truth);)
		left--;
	sim_run_us(t->sim, trial_roll(t, 20000));
}

static void cut_and_start(struct trial *t, struct cuts *cuts)
{
	t->dice.state ^= t->part * UINT64_C(0xD6E8FEB86659FD93);
	cuts->at = board_now(t->sim->board);
	cuts->since = board_log_end(t->sim->board);
	lose_power(t, cuts);
	sim_run_us(t->sim, AFTER_LAST_PLAN_MS * 1000 + trial_roll(t, 10000));
	while (trial_roll(t, 3) == 0) {
		t->tally->again++;
		board_power(t->sim->board, true);
		if (trial_roll(t, 3) == 0)
			listen(t, cuts);
		else
			sim_run_us(t->sim, trial_roll(t, START_MS * 1000));
		lose_power(t, cuts);
		sim_run_us(t->sim, 10000 + trial_roll(t, 100000));
	}
	board_power(t->sim->board, true);
	sim_run_ms(t->sim, START_MS);
	sim_poll(t->sim, 0);
}

/* ---- what must hold ---- */

static void judge_uplink(struct trial *t, const struct cuts *cuts, uint8_t uplink)
{
	bool connected = board_connected(t->sim->board, uplink);
	bool was_closed = sim_noted(t->sim, cuts->since, HAPPENED_CONTACT, uplink, 1) != 0;
	bool latched = (t->sim->status[STATUS_UPLINK + uplink] & UPLINK_LATCHED) != 0;

	if (cuts->truth.must_cut[uplink] <= cuts->at && (connected || was_closed || !latched))
		trial_break(t, "uplink %d was cut %d us before and is %s", uplink + 1,
			    (int)((cuts->at - cuts->truth.must_cut[uplink]) * 1000000 / BOARD_CLOCK),
			    connected ? "connected" : "not safely cut");
	if (cuts->truth.may_cut[uplink] > cuts->at && !connected && !cuts->torn_trip)
		trial_break(t, "uplink %d was not cut and is not connected", uplink + 1);
	if (connected == latched)
		trial_break(t, "uplink %d is %s and %s", uplink + 1, connected ? "connected" : "cut",
			    latched ? "latched" : "not latched");
}

static void judge_numbers(struct trial *t, const struct cuts *cuts)
{
	uint16_t counters[COUNTERS_SIZE];

	if (sim_latch(t->sim) < cuts->truth.latch)
		trial_break(t, "the latch number has gone back from %u to %u", cuts->truth.latch, sim_latch(t->sim));
	sim_read(t->sim, BLOCK_COUNTERS, COUNTERS_SIZE, counters);
	if (counters[COUNTER_STARTS] < cuts->truth.starts)
		trial_break(t, "starts have gone back from %u to %u", cuts->truth.starts, counters[COUNTER_STARTS]);
	if (counters[COUNTER_STACK_FREE] < t->tally->stack_free)
		t->tally->stack_free = counters[COUNTER_STACK_FREE];
	if (memcmp(t->sim->eeprom + PROVISION_AT, cuts->provisioning, PROVISION_SIZE) != 0)
		trial_break(t, "the provisioning block has changed");
	if ((t->sim->status[STATUS_FAULTS] & (FAULT_EEPROM | FAULT_PROVISION | FAULT_MIRROR)) != 0)
		trial_break(t, "faults %x", t->sim->status[STATUS_FAULTS]);
}

static void judge_permit(struct trial *t, const struct cuts *cuts)
{
	if (t->sim->status[STATUS_PERMIT_STATE] != PERMIT_NONE)
		trial_break(t, "the permit is still there");
	if (trial_roll(t, 8) != 0)
		return;
	sim_press_at(t->sim, board_now(t->sim->board), SIM_KEY, 300);
	sim_run_ms(t->sim, 400);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if (cuts->truth.must_cut[i] <= cuts->at && board_connected(t->sim->board, i))
			trial_break(t, "the key alone has connected uplink %d", i + 1);
}

static void judge_mending(struct trial *t)
{
	uint16_t counters[COUNTERS_SIZE];

	if (trial_roll(t, 8) != 0)
		return;
	sim_run_quiet(t->sim);
	sim_run_ms(t->sim, SELF_TEST_MS);
	sim_run_quiet(t->sim);
	sim_power_cycle(t->sim, 50);
	sim_read(t->sim, BLOCK_COUNTERS, COUNTERS_SIZE, counters);
	if (counters[COUNTER_EEPROM_BAD] != 0)
		trial_break(t, "%u torn records were not mended", counters[COUNTER_EEPROM_BAD]);
}

static void cut_here(struct trial *t, void *context)
{
	struct cuts *cuts = context;

	t->sim->stop_at = 0;
	cut_and_start(t, cuts);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		judge_uplink(t, cuts, i);
	judge_numbers(t, cuts);
	truth_judge_events(t, &cuts->truth);
	truth_judge_witness(t, &cuts->truth);
	truth_judge_keys(t, &cuts->truth);
	judge_permit(t, cuts);
	judge_mending(t);
}

/* ---- when ---- */

static void plan_next(struct trial *t, struct cuts *cuts)
{
	cuts->patience = trial_roll(t, 5) == 0 ? 0 : PATIENCE;
	t->sim->stop_at = board_now(t->sim->board) + BOARD_US(1 + trial_roll(t, BETWEEN_CUTS_US));
}

static void at_instant(struct sim *s, void *context)
{
	struct trial *t = context;
	struct cuts *cuts = t->context;

	if (cuts->patience > 0) {
		bool writes = board_is_writing(s->board);

		cuts->patience = writes ? 0 : cuts->patience - 1;
		s->stop_at = board_now(s->board) + BOARD_US(1 + (writes ? trial_roll(t, EEPROM_BYTE_US) : SEEK_US));
		return;
	}
	t->part++;
	cuts->left--;
	trial_fork(t, cut_here, cuts);
	plan_next(t, cuts);
	if (cuts->left == 0)
		s->stop_at = 0;
}

void cuts_try(struct trial *t)
{
	static struct cuts cuts;

	cuts.left = CUTS_A_LIFE;
	truth_init(&cuts.truth);
	memcpy(cuts.provisioning, t->sim->eeprom + PROVISION_AT, PROVISION_SIZE);
	sim_poll(t->sim, 0);
	for (unsigned before = trial_roll(t, 6); before > 0; before--)
		life_act(t, &cuts.truth);
	truth_rest(t, &cuts.truth);
	t->sim->stop = at_instant;
	t->sim->context = t;
	t->context = &cuts;
	plan_next(t, &cuts);
	while (cuts.left > 0)
		life_act(t, &cuts.truth);
}
