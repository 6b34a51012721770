/* The two tables, cell by cell: the relay's supervision and the permit. */
#include "firmware/core/permit.h"
#include "firmware/core/relay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static const struct {
	enum relay_state from;
	const char *next;   /* per sight; letters below */
	const char *effect; /* . nothing, j joined, p proven, f failed, w well */
} relay_rows[] = {
	/* on: open closed late; off: closed open late.  C connected, t cutting, X cut, l closing, B broken on, b off */
	{RELAY_CONNECTED, "CCBXtb", "..fp.f"}, {RELAY_CUTTING, "ClBXtb", "j.fp.f"},
	{RELAY_CUT, "ClBXXb", "j.f..f"},       {RELAY_CLOSING, "ClBXtb", "j.fp.f"},
	{RELAY_BROKEN_ON, "CBBXtb", "w..p.f"}, {RELAY_BROKEN_OFF, "ClBXbb", "j.fp.."},
};

static void every_cell_of_the_relay(void **state)
{
	static const char states[] = "CtXlBb";
	static const char effects[] = ".jpfw";

	(void)state;
	for (int row = 0; row < RELAY_STATE_COUNT; row++) {
		assert_int_equal(relay_rows[row].from, row);
		for (int sight = 0; sight < RELAY_SIGHT_COUNT; sight++) {
			const struct relay_cell *cell = &relay_table[row][sight];

			assert_int_equal(states[cell->next], relay_rows[row].next[sight]);
			assert_int_equal(effects[cell->effect], relay_rows[row].effect[sight]);
		}
	}
}

static enum relay_effect steps(struct relay *r, bool coil, bool mirror, int times)
{
	enum relay_effect effect = RELAY_NOTHING;

	while (times-- > 0 && effect == RELAY_NOTHING)
		effect = relay_step(r, coil, mirror);
	return effect;
}

static void a_relay_that_follows_is_proven(void **state)
{
	struct relay r;

	(void)state;
	relay_init(&r, BOARD_RELAY_MS);
	assert_int_equal(relay_step(&r, false, true), RELAY_PROVEN);
	assert_int_equal(relay_shown(&r), UPLINK_IS_CUT);
	assert_int_equal(steps(&r, true, true, 10), RELAY_NOTHING);
	assert_int_equal(relay_shown(&r), UPLINK_IS_CLOSING);
	assert_int_equal(relay_step(&r, true, false), RELAY_JOINED);
	assert_int_equal(relay_shown(&r), UPLINK_IS_CONNECTED);
	assert_int_equal(steps(&r, false, false, 10), RELAY_NOTHING);
	assert_int_equal(relay_shown(&r), UPLINK_IS_CUTTING);
	assert_int_equal(relay_step(&r, false, true), RELAY_PROVEN);
	assert_int_equal(r.bad, 0);
}

static void a_welded_relay_stays_bad_until_a_proven_cut(void **state)
{
	struct relay r;

	(void)state;
	relay_init(&r, BOARD_RELAY_MS);
	assert_int_equal(steps(&r, false, false, BOARD_RELAY_MS), RELAY_NOTHING);
	assert_int_equal(relay_step(&r, false, false), RELAY_FAILED);
	assert_int_equal(relay_shown(&r), UPLINK_IS_BROKEN);
	assert_int_equal(r.bad, RELAY_BAD_OFF);
	assert_int_equal(relay_step(&r, true, false), RELAY_JOINED);
	assert_int_equal(r.bad, RELAY_BAD_OFF);
	assert_int_equal(relay_step(&r, false, true), RELAY_PROVEN);
	assert_int_equal(r.bad, 0);
}

static void a_mirror_that_closes_while_the_coil_is_on_is_reported_once(void **state)
{
	struct relay r;

	(void)state;
	relay_init(&r, BOARD_RELAY_MS);
	relay_step(&r, true, false);
	assert_int_equal(steps(&r, true, true, 200), RELAY_FAILED);
	assert_int_equal(r.bad, RELAY_BAD_ON);
	assert_int_equal(steps(&r, true, true, 200), RELAY_NOTHING);
	assert_int_equal(relay_step(&r, true, false), RELAY_WELL);
	assert_int_equal(r.bad, 0);
}

static const struct {
	enum board_permit_state from;
	const char *next;   /* . none, f wait off, n wait on, h held, c closing */
	const char *effect; /* . nothing, s start, r replace, b refuse, v void, t trip, x expire, c connect, R, F */
} permit_rows[] = {
	/* give void trip expired off on turned long fit unfit */
	{PERMIT_NONE, "f.........", "s........."},    {PERMIT_WAIT_OFF, "f...nfnfff", "rvtx......"},
	{PERMIT_WAIT_ON, "f...nhnfnn", "rvtx......"}, {PERMIT_HELD, "f...nhcfhh", "rvtx..c..."},
	{PERMIT_CLOSING, "cc.ccccc..", "b.t.....RF"},
};

static void every_cell_of_the_permit(void **state)
{
	static const char states[] = ".fnhc";
	static const char effects[] = ".srbvtxcRF";

	(void)state;
	for (int row = 0; row < PERMIT_STATE_COUNT; row++) {
		assert_int_equal(permit_rows[row].from, row);
		for (int stimulus = 0; stimulus < PERMIT_STIMULUS_COUNT; stimulus++) {
			const struct permit_cell *cell = &permit_table[row][stimulus];

			assert_int_equal(states[cell->next], permit_rows[row].next[stimulus]);
			assert_int_equal(effects[cell->effect], permit_rows[row].effect[stimulus]);
		}
	}
}

/* Whatever happens, six steps deep, from any state: nothing connects unless the key was seen on and then turned. */
static void walk(struct permit p, int depth, bool was_held)
{
	if (depth == 0)
		return;
	for (int stimulus = 0; stimulus < PERMIT_STIMULUS_COUNT; stimulus++) {
		struct permit next = p;
		enum permit_effect effect = permit_step(&next, (enum permit_stimulus)stimulus);

		if (effect == PERMIT_CONNECT)
			assert_true(was_held && p.state == PERMIT_HELD);
		if (effect == PERMIT_RESTORED)
			assert_int_equal(p.state, PERMIT_CLOSING);
		assert_in_range(next.state, 0, PERMIT_STATE_COUNT - 1);
		walk(next, depth - 1, next.state == PERMIT_HELD);
	}
}

static void no_way_round_the_key(void **state)
{
	struct permit p = {0};

	(void)state;
	walk(p, 6, false);
}

static enum permit_stimulus hold_key(struct permit *p, int ms)
{
	for (int i = 0; i < ms; i++)
		permit_watch_key(p, true);
	return permit_watch_key(p, false);
}

static void the_key_is_turned_between_two_limits(void **state)
{
	struct permit p = {0};

	(void)state;
	assert_int_equal(hold_key(&p, BOARD_KEY_MIN_MS - 1), PERMIT_KEY_OFF);
	assert_int_equal(hold_key(&p, BOARD_KEY_MIN_MS), PERMIT_KEY_TURNED);
	assert_int_equal(hold_key(&p, BOARD_KEY_MAX_MS), PERMIT_KEY_TURNED);
	assert_int_equal(permit_watch_key(&p, true), PERMIT_KEY_ON);
	assert_int_equal(hold_key(&p, BOARD_KEY_MAX_MS), PERMIT_KEY_OFF);
	assert_int_equal(permit_watch_key(&p, false), PERMIT_KEY_OFF);
	hold_key(&p, 1);
	for (int i = 0; i <= BOARD_KEY_MAX_MS; i++)
		permit_watch_key(&p, true);
	assert_int_equal(permit_watch_key(&p, true), PERMIT_KEY_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_of_the_relay),
		cmocka_unit_test(a_relay_that_follows_is_proven),
		cmocka_unit_test(a_welded_relay_stays_bad_until_a_proven_cut),
		cmocka_unit_test(a_mirror_that_closes_while_the_coil_is_on_is_reported_once),
		cmocka_unit_test(every_cell_of_the_permit),
		cmocka_unit_test(no_way_round_the_key),
		cmocka_unit_test(the_key_is_turned_between_two_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
