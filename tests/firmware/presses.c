/* Each press must be told once and no spike ever, and:
 *   - the coils it cuts are off 5 ms after its last bounce and stay so; no other uplink is cut;
 *   - the latch number rises by one for each press that cuts; what was cut is latched, proven, and its lamp steady;
 *   - RECORDED is dark until every press is acknowledged, and comes back then;
 *   - the alarm contact closes for a press that must wake somebody, and for nothing else.
 *
 * A contact bounces for up to 5 ms when it closes and when it opens. Each bounce, like each spike, is shorter than
 * 3 ms.
 */
#include "tests/firmware/presses.h"

enum {
	BUTTONS = 8,
	PRESSES_MAX = 6,
	WINDOW_US = 60000,
	BOUNCE_MS = 5,
	SPIKE_US = 2950,
	/* So far apart that a sample falls between two spikes: they are not one. */
	BETWEEN_SPIKES_US = 1300,
	COIL_MS = 5,
	KINDS = EVENT_KEYS_ERASED + 1
};

/* What else is going on. */
enum doing { QUIET, POLLED, GARBAGE, WRITING, PROVING, CLOSING, DOINGS };

struct plan {
	enum doing doing;
	uint64_t since;           /* number of the first note */
	uint64_t end;             /* every contact is at rest */
	uint64_t closed[BUTTONS]; /* when the first press has stopped bouncing; 0: never pressed */
	unsigned presses[BUTTONS];
	uint32_t latch;
};

/* ---- the hand ---- */

static uint64_t bounce(struct trial *t, uint8_t bit, uint64_t at, bool ends_closed)
{
	uint64_t end = at + BOARD_US(trial_roll(t, BOUNCE_MS * 1000));
	bool closed = ends_closed;

	for (int left = (int)trial_roll(t, 10); left > 0 && at < end; left--) {
		board_input(t->sim->board, at, bit, closed);
		at += BOARD_US(10 + trial_roll(t, 1000));
		closed = !closed;
		t->tally->bounces++;
	}
	board_input(t->sim->board, at, bit, ends_closed);
	return at;
}

/* Returns when the contact is at rest again. */
static uint64_t press(struct trial *t, struct plan *plan, uint8_t bit, uint64_t at)
{
	at = bounce(t, bit, at, true);
	if (plan->closed[bit] == 0)
		plan->closed[bit] = at;
	plan->presses[bit]++;
	t->tally->presses++;
	at = bounce(t, bit, at + BOARD_MS(8 + trial_roll(t, 60)), false);
	return at + BOARD_MS(8 + trial_roll(t, 20));
}

static uint64_t spikes(struct trial *t, uint8_t bit, uint64_t at)
{
	for (int left = (int)trial_roll(t, 6); left > 0; left--) {
		board_input(t->sim->board, at, bit, true);
		at += BOARD_US(10 + trial_roll(t, SPIKE_US - 10));
		board_input(t->sim->board, at, bit, false);
		at += BOARD_US(BETWEEN_SPIKES_US + trial_roll(t, 4000));
		t->tally->bounces++;
	}
	return at;
}

static void move_hands(struct trial *t, struct plan *plan)
{
	unsigned left = 1 + trial_roll(t, PRESSES_MAX);
	uint64_t begin = board_now(t->sim->board);

	plan->end = begin;
	for (unsigned i = 0; i < BUTTONS; i++) {
		uint8_t bit = (uint8_t)((i + t->number) % BUTTONS);
		uint64_t at = begin + BOARD_US(trial_roll(t, WINDOW_US));
		unsigned times = trial_roll(t, 2) == 0 ? 1 + trial_roll(t, 3) : 0;

		/* There the key is being turned already. */
		if (bit == SIM_KEY && plan->doing == CLOSING)
			continue;
		if (times == 0 || left < times)
			at = spikes(t, bit, at);
		for (; times > 0 && left >= times; times--, left--)
			at = press(t, plan, bit, at);
		tally_longest(&plan->end, at);
	}
}

/* ---- what else is going on ---- */

static void write_much(struct trial *t)
{
	uint16_t witness[WITNESS_WRITE_SIZE] = {0, 1, 1, 1, 2, 3, 4, 0, 0, 0, 9};
	uint16_t key[KEY_WRITE_SIZE] = {0, 1, 0, 1, 5, 6, 7, 8};

	sim_write(t->sim, BLOCK_WITNESS_WRITE, WITNESS_WRITE_SIZE, witness);
	sim_write(t->sim, BLOCK_KEY_WRITE, KEY_WRITE_SIZE, key);
	(void)sim_command(t->sim, COMMAND_SELF_TEST, 0, 0);
}

/* Everything is cut, permitted, and the key turned: in a moment the relays close. */
static void begin_to_close(struct trial *t)
{
	sim_press_at(t->sim, board_now(t->sim->board), SIM_ISOLATE, 20);
	sim_run_ms(t->sim, 100);
	sim_poll(t->sim, 0);
	(void)sim_command(t->sim, COMMAND_PERMIT, BOARD_ALL_UPLINKS, sim_latch(t->sim));
	sim_press_at(t->sim, board_now(t->sim->board) + BOARD_MS(20), SIM_KEY, 220);
	sim_run_us(t->sim, 215000 + trial_roll(t, 40000));
}

static void begin(struct trial *t, enum doing doing)
{
	if (doing == WRITING)
		write_much(t);
	else if (doing == PROVING)
		(void)sim_command(t->sim, COMMAND_PROVE, BOARD_ALL_UPLINKS, 0);
	else if (doing == CLOSING)
		begin_to_close(t);
	sim_run_us(t->sim, trial_roll(t, 5000));
}

static void send_garbage(struct trial *t)
{
	uint8_t bytes[1200];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)trial_roll(t, 256);
	(void)board_send(t->sim->board, bytes, sizeof bytes);
}

static void run_to_the_end(struct trial *t, const struct plan *plan)
{
	uint64_t end = plan->end + BOARD_MS(60);

	if (plan->doing == GARBAGE)
		send_garbage(t);
	while (board_now(t->sim->board) < end) {
		uint64_t left_us = (end - board_now(t->sim->board)) * 1000000 / BOARD_CLOCK + 1;
		unsigned step_us = 1 + trial_roll(t, 12000);

		if (plan->doing == POLLED)
			sim_poll(t->sim, 0);
		sim_run_us(t->sim, left_us < step_us ? left_us : step_us);
	}
}

/* ---- what must hold ---- */

static unsigned trips_of(const struct plan *plan)
{
	unsigned trips = plan->presses[SIM_ISOLATE];

	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		trips += plan->presses[SIM_UPLINK + i];
	return trips;
}

/* When the first press that cuts this uplink was closed; 0: none. */
static uint64_t edge_of(const struct plan *plan, uint8_t uplink)
{
	uint64_t own = plan->closed[SIM_UPLINK + uplink], all = plan->closed[SIM_ISOLATE];

	return own == 0 || (all != 0 && all < own) ? all : own;
}

static void judge_cut(struct trial *t, const struct plan *plan, uint8_t uplink, uint64_t edge)
{
	uint64_t off = sim_noted(t->sim, plan->since, HAPPENED_COIL, uplink, 0);
	uint64_t on = sim_noted(t->sim, plan->since, HAPPENED_COIL, uplink, 1);
	uint64_t *longest = plan->doing == POLLED || plan->doing == GARBAGE ? &t->tally->edge_to_coil_traffic
									    : &t->tally->edge_to_coil;

	if (board_coil(t->sim->board, uplink) || on > edge + BOARD_MS(COIL_MS))
		trial_break(t, "uplink %d is connected after its button was pressed", uplink + 1);
	if (off > edge + BOARD_MS(COIL_MS))
		trial_break(t, "the coil of uplink %d fell after %d us", uplink + 1,
			    (int)((off - edge) * 1000000 / BOARD_CLOCK));
	if (off > edge)
		tally_longest(longest, off - edge);
	if ((t->sim->status[STATUS_UPLINK + uplink] & UPLINK_LATCHED) == 0)
		trial_break(t, "uplink %d is cut and not latched", uplink + 1);
	if ((board_lamps(t->sim->board) >> uplink & LAMP_UPLINK_1) == 0)
		trial_break(t, "the lamp of uplink %d is dark though it is cut", uplink + 1);
}

static void judge_uplink(struct trial *t, const struct plan *plan, uint8_t uplink)
{
	uint64_t edge = edge_of(plan, uplink);

	if (edge != 0)
		judge_cut(t, plan, uplink, edge);
	else if (plan->doing != CLOSING && !board_connected(t->sim->board, uplink))
		trial_break(t, "uplink %d is cut and nobody has pressed its button", uplink + 1);
	else if (plan->doing < PROVING && sim_noted(t->sim, plan->since, HAPPENED_COIL, uplink, 0) != 0)
		trial_break(t, "the coil of uplink %d fell for a moment", uplink + 1);
}

static void judge_lamps(struct trial *t, const struct plan *plan)
{
	bool waits = trips_of(plan) + plan->presses[SIM_DECLARE] != 0;
	uint16_t lamps = board_lamps(t->sim->board);

	if (((lamps & LAMP_ALARM) != 0) != waits && plan->doing != CLOSING)
		trial_break(t, "the alarm contact is %s", waits ? "open after a press" : "closed without a press");
	/* TEST and the self-test light all lamps for a time. */
	if (plan->presses[SIM_TEST] != 0 || plan->doing == WRITING)
		return;
	if (waits && (lamps & LAMP_RECORDED) != 0)
		trial_break(t, "RECORDED shines before the press is recorded");
	if ((lamps & LAMP_FAULT) != 0)
		trial_break(t, "FAULT shines: %x", t->sim->status[STATUS_FAULTS]);
}

static void take_events(struct trial *t, unsigned times[KINDS], unsigned cut[BOARD_UPLINKS])
{
	uint32_t before = 0;

	for (struct sim_event e = sim_take(t->sim); e.number != 0; e = sim_take(t->sim)) {
		if (e.number <= before || e.kind >= KINDS)
			trial_break(t, "event %u of kind %u after %u", e.number, e.kind, before);
		before = e.number;
		times[e.kind] += e.times;
		if (e.kind == EVENT_CUT_BUTTON || e.kind == EVENT_UPLINK_ISOLATE)
			cut[e.uplink - 1] += e.kind == EVENT_CUT_BUTTON ? 100 : 1;
	}
}

static void expect(const struct trial *t, const char *what, unsigned found, unsigned wanted)
{
	if (found != wanted)
		trial_break(t, "%s: %u told, %u happened", what, found, wanted);
}

static void judge_events(struct trial *t, const struct plan *plan)
{
	unsigned times[KINDS] = {0}, cut[BOARD_UPLINKS] = {0}, cuts = 0;
	unsigned earlier = plan->doing == CLOSING;

	take_events(t, times, cut);
	expect(t, "DECLARE", times[EVENT_DECLARE], plan->presses[SIM_DECLARE]);
	expect(t, "ISOLATE", times[EVENT_ISOLATE], plan->presses[SIM_ISOLATE] + earlier);
	expect(t, "TEST", times[EVENT_TEST], plan->presses[SIM_TEST]);
	expect(t, "key on", times[EVENT_KEY_ON], plan->presses[SIM_KEY] + earlier);
	expect(t, "key off", times[EVENT_KEY_OFF], plan->presses[SIM_KEY] + earlier);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++) {
		expect(t, "uplink button", cut[i] % 100, plan->presses[SIM_UPLINK + i]);
		cuts += edge_of(plan, i) != 0;
		if (!earlier)
			expect(t, "cut by button", cut[i] / 100, edge_of(plan, i) != 0);
	}
	if (!earlier)
		expect(t, "proven", times[EVENT_PROVEN], cuts);
	expect(t, "not proven", times[EVENT_UNPROVEN], 0);
	expect(t, "bad proof test", times[EVENT_PROOF_BAD], 0);
	expect(t, "overflow", times[EVENT_OVERFLOW], 0);
	expect(t, "supply lost", times[EVENT_SUPPLY_LOST], 0);
	expect(t, "start", times[EVENT_STARTED], 0);
}

static void judge_afterwards(struct trial *t, const struct plan *plan)
{
	uint16_t counters[COUNTERS_SIZE];

	sim_run_ms(t->sim, 3);
	if ((board_lamps(t->sim->board) & LAMP_RECORDED) == 0)
		trial_break(t, "RECORDED stays dark though all is recorded");
	if (sim_latch(t->sim) != plan->latch + trips_of(plan))
		trial_break(t, "latch number %u after %u and %u presses", sim_latch(t->sim), plan->latch,
			    trips_of(plan));
	sim_read(t->sim, BLOCK_COUNTERS, COUNTERS_SIZE, counters);
	if (counters[COUNTER_STACK_FREE] < t->tally->stack_free)
		t->tally->stack_free = counters[COUNTER_STACK_FREE];
}

void presses_try(struct trial *t)
{
	struct plan plan = {.doing = (enum doing)(t->number % DOINGS)};

	t->sim->lamps = LAMP_RECORDED;
	sim_poll(t->sim, 0);
	begin(t, plan.doing);
	plan.since = board_log_end(t->sim->board);
	plan.latch = sim_latch(t->sim);
	move_hands(t, &plan);
	run_to_the_end(t, &plan);
	sim_run_ms(t->sim, 20);
	sim_poll(t->sim, 0);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		judge_uplink(t, &plan, i);
	judge_lamps(t, &plan);
	judge_events(t, &plan);
	judge_afterwards(t, &plan);
}
