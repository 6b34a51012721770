#include "tests/firmware/truth.h"

#include <string.h>

void truth_init(struct truth *truth)
{
	memset(truth, 0, sizeof *truth);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		truth->may_cut[i] = truth->must_cut[i] = NEVER;
}

/* ---- events ---- */

static struct seen *find(struct truth *truth, uint32_t number)
{
	for (unsigned i = 0; i < truth->event_count; i++)
		if (truth->events[i].event.number == number)
			return &truth->events[i];
	return NULL;
}

static bool is_same(const struct sim_event *a, const struct sim_event *b)
{
	return a->kind == b->kind && a->uplink == b->uplink && a->arg == b->arg;
}

static struct seen *show(struct trial *t, struct truth *truth, const struct sim_event *event)
{
	struct seen *seen = find(truth, event->number);
	uint32_t newest = truth->event_count == 0 ? 0 : truth->events[truth->event_count - 1].event.number;

	if (seen == NULL && truth->event_count == TRUTH_EVENTS)
		trial_break(t, "more events than a life can have");
	if (seen == NULL && event->number < newest)
		trial_break(t, "event %u is new and comes after %u", event->number, newest);
	if (seen != NULL && !is_same(&seen->event, event))
		trial_break(t, "number %u names two events, of kinds %u and %u", event->number, seen->event.kind,
			    event->kind);
	if (seen == NULL) {
		seen = &truth->events[truth->event_count++];
		seen->event = *event;
	}
	seen->again = true;
	return seen;
}

bool truth_take(struct trial *t, struct truth *truth)
{
	struct sim_event event;

	sim_poll(t->sim, 0);
	event = sim_oldest(t->sim);
	if (event.number == 0)
		return false;
	show(t, truth, &event)->acknowledged = true;
	sim_poll(t->sim, event.number);
	return true;
}

static unsigned shown_presses(const struct truth *truth, unsigned kind, unsigned uplink)
{
	unsigned shown = 0;

	for (unsigned i = 0; i < truth->event_count; i++)
		if (truth->events[i].event.kind == kind && truth->events[i].event.uplink == uplink)
			shown += truth->events[i].event.times;
	return shown;
}

static void judge_presses(const struct trial *t, const struct truth *truth)
{
	for (unsigned kind = EVENT_DECLARE; kind <= EVENT_UPLINK_ISOLATE; kind++) {
		for (unsigned uplink = 0; uplink <= BOARD_UPLINKS; uplink++) {
			const struct count *made = &truth->presses[kind][uplink];
			unsigned shown = shown_presses(truth, kind, uplink);

			if (shown < made->least || shown > made->most)
				trial_break(t, "presses of kind %u, uplink %u: %u told, %u to %u made", kind, uplink,
					    shown, made->least, made->most);
		}
	}
}

void truth_judge_events(struct trial *t, struct truth *truth)
{
	unsigned before = truth->event_count;

	for (unsigned i = 0; i < before; i++)
		truth->events[i].again = false;
	while (truth_take(t, truth)) {
	}
	for (unsigned i = 0; i < before; i++) {
		const struct seen *seen = &truth->events[i];

		if (seen->gone && seen->again)
			trial_break(t, "event %u has come back", seen->event.number);
		/* Everything has been acknowledged by now; before the cut it was not when it has come again. */
		if (seen->kept && !seen->acknowledged && !seen->again)
			trial_break(t, "event %u is lost", seen->event.number);
	}
	judge_presses(t, truth);
}

/* ---- witness and keys ---- */

/* Words that are unlike those of any other number. */
static void fill(uint16_t *words, uint8_t count, uint64_t number)
{
	struct sim_dice dice = {number};

	for (uint8_t i = 0; i < count; i++)
		words[i] = (uint16_t)sim_roll(&dice, 0x10000);
}

void truth_write_witness(struct trial *t, uint64_t size)
{
	uint16_t words[WITNESS_WRITE_SIZE] = {
		[WITNESS_WRITE_NONCE_LOW] = ++t->sim->nonce,
		[WITNESS_WRITE_EPOCH] = 1,
		[WITNESS_WRITE_ORIGIN] = 0x4B4B,
		[WITNESS_WRITE_LOG_SIZE + 2] = (uint16_t)(size >> 16),
		[WITNESS_WRITE_LOG_SIZE + 3] = (uint16_t)size,
	};

	fill(words + WITNESS_WRITE_ROOT, 16, size);
	sim_write(t->sim, BLOCK_WITNESS_WRITE, WITNESS_WRITE_SIZE, words);
}

static uint64_t witness_now(struct trial *t)
{
	uint16_t words[WITNESS_SIZE], root[16];
	uint64_t size;

	sim_read(t->sim, BLOCK_WITNESS, WITNESS_SIZE, words);
	if (words[WITNESS_STATE] == STORE_IS_EMPTY)
		return 0;
	size = (uint64_t)words[WITNESS_LOG_SIZE + 2] << 16 | words[WITNESS_LOG_SIZE + 3];
	fill(root, 16, size);
	/* One that is kept may be written once more where a torn one is mended. */
	if ((words[WITNESS_STATE] != STORE_IS_KEPT && words[WITNESS_STATE] != STORE_IS_WRITING) ||
	    words[WITNESS_ORIGIN] != 0x4B4B || memcmp(words + WITNESS_ROOT, root, sizeof root) != 0)
		trial_break(t, "the witness is not what was written, state %u", words[WITNESS_STATE]);
	return size;
}

void truth_judge_witness(struct trial *t, struct truth *truth)
{
	uint64_t size = witness_now(t);

	if (size < truth->witness_kept || size > truth->witness_told)
		trial_break(t, "the witness is of size %u, %u was kept", (unsigned)size, (unsigned)truth->witness_kept);
}

void truth_write_key(struct trial *t, uint32_t generation)
{
	uint16_t words[KEY_WRITE_SIZE] = {
		[KEY_WRITE_NONCE_LOW] = ++t->sim->nonce,
		[KEY_WRITE_GENERATION_LOW] = (uint16_t)generation,
	};

	fill(words + KEY_WRITE_KEY, 16, generation);
	sim_write(t->sim, BLOCK_KEY_WRITE, KEY_WRITE_SIZE, words);
}

static uint32_t key_in(const struct trial *t, const uint16_t *slot)
{
	uint32_t generation = slot[KEY_SLOT_GENERATION_LOW];
	uint16_t key[16];

	if (slot[KEY_SLOT_STATE] == STORE_IS_EMPTY)
		return 0;
	fill(key, 16, generation);
	if (slot[KEY_SLOT_STATE] != STORE_IS_KEPT || memcmp(slot + KEY_SLOT_KEY, key, sizeof key) != 0)
		trial_break(t, "a key slot holds what was never written, state %u", slot[KEY_SLOT_STATE]);
	return generation;
}

static uint32_t newest_key(struct trial *t)
{
	uint16_t words[KEY_SLOTS_SIZE];
	uint32_t first, second;

	sim_read(t->sim, BLOCK_KEY_SLOTS, KEY_SLOTS_SIZE, words);
	first = key_in(t, words + KEY_SLOTS_FIRST);
	second = key_in(t, words + KEY_SLOTS_SECOND);
	return first > second ? first : second;
}

void truth_judge_keys(struct trial *t, struct truth *truth)
{
	uint32_t newest = newest_key(t);

	if ((newest < truth->key_kept && !truth->keys_going) || newest > truth->key_told)
		trial_break(t, "the newest key is %u, %u was kept and %u written", newest, truth->key_kept,
			    truth->key_told);
}

/* ---- rest ---- */

static void rest_uplinks(struct trial *t, struct truth *truth)
{
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++) {
		bool latched = (t->sim->status[STATUS_UPLINK + i] & UPLINK_LATCHED) != 0;

		if (truth->must_cut[i] <= board_now(t->sim->board) && !latched)
			trial_break(t, "uplink %d is not latched any more", i + 1);
		if (truth->may_cut[i] > board_now(t->sim->board) && latched)
			trial_break(t, "uplink %d is latched and nobody has cut it", i + 1);
		truth->may_cut[i] = truth->must_cut[i] = latched ? 0 : NEVER;
	}
}

static void rest_events(struct truth *truth)
{
	for (unsigned i = 0; i < truth->event_count; i++) {
		truth->events[i].kept = !truth->events[i].acknowledged;
		truth->events[i].gone = truth->events[i].acknowledged;
	}
	for (unsigned kind = EVENT_DECLARE; kind <= EVENT_UPLINK_ISOLATE; kind++)
		for (unsigned uplink = 0; uplink <= BOARD_UPLINKS; uplink++)
			truth->presses[kind][uplink].least = truth->presses[kind][uplink].most;
}

void truth_rest(struct trial *t, struct truth *truth)
{
	uint16_t counters[COUNTERS_SIZE];

	sim_run_quiet(t->sim);
	sim_poll(t->sim, 0);
	truth->latch = sim_latch(t->sim);
	rest_uplinks(t, truth);
	rest_events(truth);
	if (truth->keys_going)
		truth->key_kept = truth->key_told = 0;
	truth->keys_going = false;
	truth_judge_witness(t, truth);
	truth_judge_keys(t, truth);
	truth->witness_kept = truth->witness_told;
	truth->key_kept = truth->key_told = newest_key(t);
	sim_read(t->sim, BLOCK_COUNTERS, COUNTERS_SIZE, counters);
	truth->starts = counters[COUNTER_STARTS];
}
