#include "tests/firmware/life.h"

/* A trip is durable so long after the edge, or the end of the answer: 4 ms of debouncing, a byte of EEPROM that is
   under way, the trip byte, and turns of the loop between them. */
enum { DURABLE_MS = 14, HOLD_MS = 20, PROVEN_MS = 80, TURN_MS = 220, CROWD = 12 };

static uint8_t latched(const struct trial *t)
{
	uint8_t mask = 0;

	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((t->sim->status[STATUS_UPLINK + i] & UPLINK_LATCHED) != 0)
			mask |= (uint8_t)(1U << i);
	return mask;
}

static void trip_may(struct truth *truth, uint8_t uplinks, uint64_t at)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((uplinks >> i & 1) != 0 && truth->may_cut[i] > at)
			truth->may_cut[i] = at;
}

static void trip_must(struct truth *truth, uint8_t uplinks, uint64_t at)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if ((uplinks >> i & 1) != 0 && truth->must_cut[i] > at + BOARD_MS(DURABLE_MS))
			truth->must_cut[i] = at + BOARD_MS(DURABLE_MS);
}

static void press(struct trial *t, struct truth *truth)
{
	uint8_t bit = (uint8_t)(SIM_DECLARE + trial_roll(t, 6));
	uint64_t at = board_now(t->sim->board) + BOARD_US(trial_roll(t, 3000));
	unsigned uplink = bit >= SIM_UPLINK ? bit - SIM_UPLINK + 1U : 0;
	unsigned kind = bit >= SIM_UPLINK ? EVENT_UPLINK_ISOLATE : bit == SIM_ISOLATE ? EVENT_ISOLATE : EVENT_DECLARE;
	uint8_t uplinks = bit == SIM_ISOLATE ? 0x0F : 0;

	if (bit >= SIM_UPLINK)
		uplinks = (uint8_t)(1U << (bit - SIM_UPLINK));
	truth->presses[kind][uplink].most++;
	trip_may(truth, uplinks, at);
	trip_must(truth, uplinks, at);
	sim_press_at(t->sim, at, bit, HOLD_MS);
	sim_run_us(t->sim, (HOLD_MS + 10) * 1000 + trial_roll(t, 60000));
}

static void isolate(struct trial *t, struct truth *truth)
{
	uint8_t uplinks = (uint8_t)(1 + trial_roll(t, BOARD_ALL_UPLINKS));

	trip_may(truth, uplinks, board_now(t->sim->board));
	if (sim_command(t->sim, COMMAND_ISOLATE, uplinks, 0) != RESULT_DONE)
		trial_break(t, "isolate was refused, result %u", t->sim->status[STATUS_RESULT]);
	trip_must(truth, uplinks, board_now(t->sim->board));
	sim_run_us(t->sim, trial_roll(t, 50000));
}

static void restore(struct trial *t, struct truth *truth)
{
	uint8_t uplinks;

	sim_run_ms(t->sim, PROVEN_MS);
	sim_poll(t->sim, 0);
	uplinks = latched(t);
	if (uplinks == 0)
		return;
	if (sim_command(t->sim, COMMAND_PERMIT, uplinks, sim_latch(t->sim)) != RESULT_DONE)
		trial_break(t, "the permit was refused, result %u", t->sim->status[STATUS_RESULT]);
	if (trial_roll(t, 4) == 0) {
		(void)sim_command(t->sim, COMMAND_VOID, 0, 0);
	} else {
		for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
			truth->must_cut[i] = NEVER;
	}
	sim_press_at(t->sim, board_now(t->sim->board), SIM_KEY, TURN_MS);
	sim_run_polling(t->sim, TURN_MS + trial_roll(t, 150));
	sim_run_ms(t->sim, 10);
}

static void witness(struct trial *t, struct truth *truth)
{
	truth->witness_told += 1 + trial_roll(t, 1000);
	truth_write_witness(t, truth->witness_told);
	sim_run_us(t->sim, trial_roll(t, 200000));
}

/* The third one overwrites the first. */
static void keys(struct trial *t, struct truth *truth)
{
	for (unsigned left = 1 + trial_roll(t, 3); left > 0; left--) {
		truth->key_told++;
		truth_write_key(t, truth->key_told);
		sim_run_us(t->sim, trial_roll(t, 150000));
		if (left > 1)
			truth_rest(t, truth);
	}
}

/* What is erased is told only when it is over. */
static void erase(struct trial *t, struct truth *truth)
{
	truth->keys_going = true;
	(void)sim_command(t->sim, COMMAND_ERASE_KEYS, 0, 0);
	truth_rest(t, truth);
}

static void prove(struct trial *t, struct truth *truth)
{
	(void)truth;
	(void)sim_command(t->sim, COMMAND_PROVE, (uint16_t)(1 + trial_roll(t, BOARD_ALL_UPLINKS)), 0);
	sim_run_us(t->sim, trial_roll(t, 120000));
}

static void self_test(struct trial *t, struct truth *truth)
{
	(void)truth;
	(void)sim_command(t->sim, COMMAND_SELF_TEST, 0, 0);
	sim_run_us(t->sim, trial_roll(t, 100000));
}

static void record(struct trial *t, struct truth *truth)
{
	for (unsigned left = 1 + trial_roll(t, 6); left > 0 && truth_take(t, truth);)
		left--;
}

void life_act(struct trial *t, struct truth *truth)
{
	static void (*const acts[])(struct trial * t, struct truth * truth) = {
		press, press, press, isolate,   restore, restore, witness,
		keys,  erase, prove, self_test, record,  record,  truth_rest,
	};

	acts[trial_roll(t, sizeof acts / sizeof acts[0])](t, truth);
	/* A full queue joins events, and a cut may forget how many they were. */
	while (t->sim->status[STATUS_EVENTS_WAITING] > CROWD && truth_take(t, truth)) {
	}
}
