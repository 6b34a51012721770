/* Random days at the town hall: whatever people try, a refused act changes nothing, what was sent stays as it was,
   and the records alone give the same book. Also records that no keeper would ever write do no harm. */
#include "support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS = 12, STEPS = 300 };

/* A small generator of our own, so that a failing day can be repeated. */
static uint64_t dice;

static unsigned roll(unsigned sides)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice >> 33) % sides;
}

#define PICK(list) (list)[roll(sizeof(list) / sizeof(list)[0])]

static const char *const people[] = {CLERK, HEAD, GENERAL, CISO, AUDITOR, "u99"};
static const char *const cases[] = {"2026-001", "2026-001", "2026-001", "2026-002", "2026-003"};
static const char *const words[] = {
	"done",        "na",    "deferred", "answered", "unknown",  "incident", "none",        "high",    "screen",
	"paper",       "phone", "mail",     "first",    "interim",  "final",    "false_alarm", "basic-1", "basic-2",
	"malware-1-1", "when",  "where",    "what",     "nonsense", "log",      "intact",      "none"};
static const char *const uplinks[] = {"internet", "lgwan", "mynumber", "moon"};

static json_t *random_list(const char *name)
{
	static const char *const types[] = {"malware", "intrusion", "loss", "nonsense"};
	static const char *const recipients[] = {"csirt", "soumu", "ppc", "nonsense"};

	if (strcmp(name, "uplinks") == 0)
		return json_pack("[s]", PICK(uplinks));
	return json_pack("[s]", strcmp(name, "types") == 0 ? PICK(types) : PICK(recipients));
}

static json_t *random_cells(void)
{
	static const char *const cells[] = {"{}",
					    "{\"event\":\"leak\"}",
					    "{\"event\":null}",
					    "{\"causes\":[\"mail\"]}",
					    "{\"occurred\":\"2026-11-19T22:00:00.000Z\"}",
					    "{\"nonsense\":1}",
					    "{\"plans\":[\"ongoing\",\"measures\"]}"};

	return json_loads(PICK(cells), 0, NULL);
}

static json_t *random_value(const struct town *town, const struct param *p)
{
	switch (p->kind) {
	case PARAM_WORD:
		return json_string(strcmp(p->name, "user") == 0 ? PICK(people) : PICK(words));
	case PARAM_COUNT:
		return json_integer((json_int_t)(strcmp(p->name, "report") == 0 || strcmp(p->name, "evidence") == 0
							 ? 1 + roll(3)
							 : town->seq - roll(4)));
	case PARAM_LIST:
		return random_list(p->name);
	case PARAM_OBJECT:
		return random_cells();
	case PARAM_TEXT:
		return json_string(roll(2) == 0 ? "2026-11-20T00:00:00.000Z" : "nonsense");
	case PARAM_FLAG:
		return json_boolean(roll(2));
	case PARAM_FILES:
	case PARAM_HEX:
	case PARAM_ANY:
	case PARAM_END:
	default:
		return json_string("ff");
	}
}

static json_t *random_body(const struct town *town, const struct act_kind *act)
{
	json_t *body = json_object();

	for (const struct param *p = act->body; p->kind != PARAM_END; p++)
		if (p->need == REQUIRED || roll(4) == 0)
			(void)json_object_set_new(body, p->name, random_value(town, p));
	return body;
}

static json_t *random_text(const struct act_kind *act)
{
	if (roll(3) == 0)
		return NULL;
	if (strncmp(act->name, "evidence.", 9) == 0)
		return json_pack("{s:s, s:s, s:s}", strcmp(act->name, "evidence.taken") == 0 ? "what" : "from",
				 PICK(words), strcmp(act->name, "evidence.taken") == 0 ? "where" : "to", PICK(words),
				 strcmp(act->name, "evidence.taken") == 0 ? "seal" : "why", PICK(words));
	return strcmp(act->name, "report.drafted") == 0 ? json_pack("{s:s}", "remarks", PICK(words))
							: json_string(PICK(words));
}

static const struct act_kind *random_act(enum act_origin origin)
{
	const struct act_kind *act;

	do {
		size_t count = 0;

		while (act_kinds[count].name != NULL)
			count++;
		act = &act_kinds[roll((unsigned)count)];
	} while (act->origin != origin);
	return act;
}

static void try_something(struct town *town)
{
	const struct act_kind *act = random_act(ACT_BY_PERSON);
	const char *about = (act->flags & ACT_ON_CASE) != 0 ? PICK(cases) : NULL;
	size_t before = json_array_size(town->records);
	enum err err = town_try(town, PICK(people), act->name, about, random_body(town, act), random_text(act));

	assert_int_equal(json_array_size(town->records), before + (err == ERR_OK));
	if (err != ERR_OK) {
		assert_int_equal(err, ERR_DENIED);
		assert_non_null(json_object_get(town->refusal.args, "say"));
	}
}

/* A person who knows the way takes a step with the newest report, or begins the next. */
static void take_report_step(struct town *town)
{
	static const char *const steps[] = {"report.drafted", "report.submitted", "report.approved", "report.sent"};
	const char *act = PICK(steps), *who = people[roll(4)], *about;
	json_t *incident, *body;
	size_t report;

	if (!book_has_open_case(town->book))
		town_declare(town, NULL);
	about = book_newest_open_case(town->book);
	incident = town_view(town, GENERAL, "incident", about, 0, LANG_JA);
	report = json_array_size(json_object_get(incident, "reports"));
	if (report == 0 || (strcmp(act, "report.drafted") == 0 && roll(2) == 0))
		report++;
	body = json_pack("{s:I}", "report", (json_int_t)report);
	if (strcmp(act, "report.approved") == 0)
		(void)json_object_set_new(body, "manner", json_string("screen"));
	if (strcmp(act, "report.sent") == 0)
		(void)json_object_update_new(body, json_pack("{s:[s], s:s}", "to", "csirt", "how", "mail"));
	(void)!town_try(town, who, act, about, body, NULL);
	json_decref(incident);
}

static void let_the_panel_speak(struct town *town)
{
	const struct act_kind *act = random_act(ACT_BY_PANEL);
	json_t *body = random_body(town, act);

	if (json_object_get(body, "uplink") != NULL)
		(void)json_object_set_new(body, "uplink", json_string(PICK(uplinks)));
	town_record(town, "panel", act->name, PICK(cases), body, NULL);
}

/* The text of each sent report, kept to be compared: one line of paper must never change once it is out. */
static void check_frozen(const struct town *town, json_t *kept)
{
	json_t *heads = town_view(town, GENERAL, "incidents", NULL, 0, LANG_JA), *head, *report;
	size_t i, j;

	json_array_foreach (json_object_get(heads, "incidents"), i, head)
		json_array_foreach (json_object_get(head, "reports"), j, report) {
			const char *about = json_string_value(json_object_get(head, "about"));
			json_t *view, *cells, *before;
			char key[96];

			if (strcmp(json_string_value(json_object_get(report, "state")), "sent") != 0)
				continue;
			(void)snprintf(key, sizeof key, "%s/%zu", about, j + 1);
			view = town_view(town, GENERAL, "report", about, j + 1, LANG_JA);
			cells = json_object_get(view, "digest");
			before = json_object_get(kept, key);
			if (before != NULL)
				assert_true(json_equal(before, cells));
			else
				assert_int_equal(json_object_set(kept, key, cells), 0);
			json_decref(view);
		}
	json_decref(heads);
}

static void assert_replay_is_equal(const struct town *town)
{
	struct book *again = town_replay(town);
	char *before = town_picture(town, town->book), *after = town_picture(town, again);

	assert_string_equal(before, after);
	free(before);
	free(after);
	book_free(again);
}

static void live_through(struct town *town, json_t *kept)
{
	town_declare(town, "脅迫文");
	for (int step = 0; step < STEPS; step++) {
		unsigned what = roll(8);

		if (what < 4)
			take_report_step(town);
		else if (what < 7)
			try_something(town);
		else
			let_the_panel_speak(town);
		town_wait(town, (int)roll(30));
		check_frozen(town, kept);
	}
	assert_replay_is_equal(town);
}

static void any_sequence_can_be_replayed_and_sent_reports_stay(void **state)
{
	size_t sent = 0;

	(void)state;
	for (unsigned day = 0; day < DAYS; day++) {
		struct town town;
		json_t *kept = json_object();

		dice = day + 1;
		town_open(&town);
		live_through(&town, kept);
		sent += json_object_size(kept);
		json_decref(kept);
		town_close(&town);
	}
	/* The days must be lively enough to prove something. */
	assert_true(sent > DAYS / 2);
}

static void a_refused_act_changes_nothing(void **state)
{
	unsigned refused = 0;
	struct town town;

	(void)state;
	dice = 4711;
	town_open(&town);
	town_declare(&town, "脅迫文");
	for (int step = 0; step < 200; step++) {
		char *before = town_picture(&town, town.book), *after;
		size_t records = json_array_size(town.records);

		try_something(&town);
		after = town_picture(&town, town.book);
		if (json_array_size(town.records) == records) {
			assert_string_equal(before, after);
			refused++;
		}
		free(before);
		free(after);
	}
	assert_true(refused > 50 && refused < 200);
	town_close(&town);
}

/* A broken or newer keeper may have recorded anything; the fold must live with it. */
static void records_that_should_not_exist_do_no_harm(void **state)
{
	struct town town;

	(void)state;
	dice = 42;
	town_open(&town);
	town_declare(&town, "脅迫文");
	for (int step = 0; step < 1500; step++) {
		const struct act_kind *act = random_act((enum act_origin)roll(3));

		if (strcmp(act->name, "setup.done") != 0)
			town_record(&town, PICK(people), act->name, PICK(cases), random_body(&town, act),
				    roll(2) == 0 ? json_pack("{s:s}", "name", PICK(words)) : NULL);
	}
	town_record(&town, "system", "user.added", "-",
		    json_pack("{s:s, s:[s], s:i}", "user", GENERAL, "roles", "general", "generation", 9), NULL);
	assert_replay_is_equal(&town);
	town_close(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_sequence_can_be_replayed_and_sent_reports_stay),
		cmocka_unit_test(a_refused_act_changes_nothing),
		cmocka_unit_test(records_that_should_not_exist_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
