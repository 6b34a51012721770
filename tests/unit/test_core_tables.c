/* The three tables: where an uplink stands, the relay's supervision, the permit. Headers and docs/formats/board.md draw
   them, and the drawing is compared with what the program uses. */
#include "firmware/core/permit.h"
#include "firmware/core/relay.h"
#include "firmware/core/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* ---- the pictures ---- */

enum { CELL_SIZE = 32, LINE_SIZE = 160, MOST = 10 };

/* A table as text: a cell is "STATE effect", without the state when it stays, "." when nothing happens. */
struct picture {
	const char *header;         /* its file, where the picture is a comment */
	const char *rows[MOST + 1]; /* ended by NULL, as the columns are */
	const char *columns[MOST + 1];
	void (*cell)(int row, int column, char out[CELL_SIZE]);
};

static void put_cell(const char *next, const char *effect, char out[CELL_SIZE])
{
	bool both = next[0] != '\0' && effect[0] != '\0';

	snprintf(out, CELL_SIZE, "%s%s%s", next, both ? " " : "", effect);
	if (out[0] == '\0')
		strcpy(out, ".");
}

static const char *const relay_states[] = {"CONNECTED", "CUTTING", "CUT", "CLOSING", "BROKEN_ON", "BROKEN_OFF"};
static const char *const permit_states[] = {"NONE", "WAIT_OFF", "WAIT_ON", "HELD", "CLOSING"};
static const char *const standings[] = {"STARTING", "JOINED", "TESTED", "LATCHED", "CLOSING"};

static void relay_cell(int row, int column, char out[CELL_SIZE])
{
	static const char *const effects[] = {"", "join", "prove", "fail", "well"};
	const struct relay_cell *cell = &relay_table[row][column];

	put_cell(cell->next == row ? "" : relay_states[cell->next], effects[cell->effect], out);
}

static void permit_cell(int row, int column, char out[CELL_SIZE])
{
	static const char *const effects[] = {"",     "start",  "replace", "refuse",   "withdraw",
					      "trip", "expire", "connect", "restored", "failed"};
	const struct permit_cell *cell = &permit_table[column][row];

	put_cell(cell->next == column ? "" : permit_states[cell->next], effects[cell->effect], out);
}

static void standing_cell(int row, int column, char out[CELL_SIZE])
{
	static const char *const effects[] = {"", "drop", "free"};
	const struct standing_cell *cell = &standing_table[row][column];

	put_cell(cell->next == row ? "" : standings[cell->next], effects[cell->effect], out);
}

static const struct picture pictures[] = {
	{"firmware/core/standing.h",
	 {"STARTING", "JOINED", "TESTED", "LATCHED", "CLOSING"},
	 {"start", "trip", "key", "fit", "unfit", "prove", "proven"},
	 standing_cell},
	{"firmware/core/relay.h",
	 {"CONNECTED", "CUTTING", "CUT", "CLOSING", "BROKEN_ON", "BROKEN_OFF"},
	 {"ON_OPEN", "ON_CLOSED", "ON_LATE", "OFF_CLOSED", "OFF_OPEN", "OFF_LATE"},
	 relay_cell},
	{"firmware/core/permit.h",
	 {"give", "void", "trip", "expired", "off", "on", "turned", "long", "fit", "unfit"},
	 {"NONE", "WAIT_OFF", "WAIT_ON", "HELD", "CLOSING"},
	 permit_cell},
};

static int count(const char *const *names)
{
	int n = 0;

	while (names[n] != NULL)
		n++;
	return n;
}

static void picture_cell(const struct picture *p, int row, int column, char out[CELL_SIZE])
{
	if (row < 0)
		snprintf(out, CELL_SIZE, "%s", p->columns[column]);
	else
		p->cell(row, column, out);
}

static size_t column_width(const struct picture *p, int column)
{
	size_t width = 0;

	for (int row = -1; row < count(p->rows); row++) {
		char cell[CELL_SIZE];

		picture_cell(p, row, column, cell);
		width = strlen(cell) > width ? strlen(cell) : width;
	}
	return width;
}

static size_t label_width(const struct picture *p)
{
	size_t width = 0;

	for (int row = 0; row < count(p->rows); row++)
		width = strlen(p->rows[row]) > width ? strlen(p->rows[row]) : width;
	return width;
}

/* Row -1 is the head. */
static void picture_line(const struct picture *p, int row, char out[LINE_SIZE])
{
	int at = snprintf(out, LINE_SIZE, "%-*s", (int)label_width(p), row < 0 ? "" : p->rows[row]);

	for (int column = 0; column < count(p->columns); column++) {
		char cell[CELL_SIZE];

		picture_cell(p, row, column, cell);
		at += snprintf(out + at, (size_t)(LINE_SIZE - at), "  %-*s", (int)column_width(p, column), cell);
	}
	while (out[at - 1] == ' ')
		out[--at] = '\0';
}

static void assert_has_line(const char *path, const char *before, const char *line)
{
	static char text[64 * 1024];
	char wanted[LINE_SIZE + 16];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	snprintf(wanted, sizeof wanted, "\n%s%s\n", before, line);
	if (strstr(text, wanted) == NULL)
		fail_msg("%s lacks the line:%s", path, wanted);
}

/* Run from the top of the tree. */
static void every_table_is_as_it_is_drawn(void **state)
{
	(void)state;
	assert_int_equal(RELAY_STATE_COUNT * RELAY_SIGHT_COUNT, count(pictures[1].rows) * count(pictures[1].columns));
	assert_int_equal(PERMIT_STATE_COUNT * PERMIT_STIMULUS_COUNT,
			 count(pictures[2].rows) * count(pictures[2].columns));
	assert_int_equal(STANDING_COUNT * CAUSE_COUNT, count(pictures[0].rows) * count(pictures[0].columns));
	for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++)
		for (int row = -1; row < count(pictures[i].rows); row++) {
			char line[LINE_SIZE];

			picture_line(&pictures[i], row, line);
			assert_has_line(pictures[i].header, " *   ", line);
			assert_has_line("docs/formats/board.md", "", line);
		}
}

/* Whatever happens, six steps deep: after a trip an uplink is connected only by the key, and joined only by its proof.
 */
static void follow(enum standing from, int depth, bool tripped)
{
	for (int cause = 0; depth > 0 && cause < CAUSE_COUNT; cause++) {
		const struct standing_cell *cell = &standing_table[from][cause];
		bool still = (tripped || cause == CAUSE_TRIP) && cell->effect != STANDING_FREE;

		if (still)
			assert_true(cell->next == STANDING_LATCHED || cell->next == STANDING_CLOSING);
		if (still && standing_has_coil((enum standing)cell->next))
			assert_true(cause == CAUSE_KEY || from == STANDING_CLOSING);
		follow((enum standing)cell->next, depth - 1, still);
	}
}

static void a_trip_is_undone_only_by_key_and_proof(void **state)
{
	(void)state;
	follow(STANDING_STARTING, 6, false);
}

/* ---- the relay ---- */

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

/* Cut in the moment in which it closes at last: both contradict each other before and after, and it is not the same. */
static void a_new_contradiction_has_its_own_time(void **state)
{
	struct relay r;

	(void)state;
	relay_init(&r, BOARD_RELAY_MS);
	assert_int_equal(steps(&r, true, true, BOARD_RELAY_MS - 1), RELAY_NOTHING);
	assert_int_equal(steps(&r, false, false, BOARD_RELAY_MS), RELAY_NOTHING);
	assert_int_equal(relay_step(&r, false, false), RELAY_FAILED);
}

static void a_blind_relay_is_never_proven(void **state)
{
	struct relay r;

	(void)state;
	relay_init(&r, BOARD_RELAY_MS);
	r.blind = true;
	assert_int_equal(steps(&r, false, true, 200), RELAY_NOTHING);
	assert_int_equal(relay_shown(&r), UPLINK_IS_CUTTING);
	assert_int_equal(steps(&r, true, true, 200), RELAY_NOTHING);
	assert_int_equal(relay_shown(&r), UPLINK_IS_CONNECTED);
}

/* ---- the permit ---- */

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
		cmocka_unit_test(every_table_is_as_it_is_drawn),
		cmocka_unit_test(a_trip_is_undone_only_by_key_and_proof),
		cmocka_unit_test(a_relay_that_follows_is_proven),
		cmocka_unit_test(a_welded_relay_stays_bad_until_a_proven_cut),
		cmocka_unit_test(a_mirror_that_closes_while_the_coil_is_on_is_reported_once),
		cmocka_unit_test(a_new_contradiction_has_its_own_time),
		cmocka_unit_test(a_blind_relay_is_never_proven),
		cmocka_unit_test(no_way_round_the_key),
		cmocka_unit_test(the_key_is_turned_between_two_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
