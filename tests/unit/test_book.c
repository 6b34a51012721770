/* What the people of a town hall may do to a case, in which order, and what becomes of it. */
#include "support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *body(const char *text)
{
	json_error_t error;
	json_t *object = json_loads(text, 0, &error);

	if (object == NULL)
		fail_msg("%s: %s", text, error.text);
	return object;
}

#define CASE_1 "2026-001"

static void draft(struct town *town, const char *who, int report, const char *cells, json_t *text)
{
	json_t *wish = json_pack("{s:i, s:o}", "report", report, "cells", body(cells));

	town_do(town, who, "report.drafted", CASE_1, wish, text);
}

static json_t *number(int report)
{
	return json_pack("{s:i}", "report", report);
}

static json_t *seal(int report, const char *manner)
{
	return json_pack("{s:i, s:s}", "report", report, "manner", manner);
}

static json_t *sending(int report)
{
	return json_pack("{s:i, s:[s, s], s:s}", "report", report, "to", "csirt", "soumu", "how", "mail");
}

static void approve_by_all(struct town *town, int report)
{
	town_do(town, HEAD, "report.approved", CASE_1, seal(report, "screen"), NULL);
	town_do(town, GENERAL, "report.approved", CASE_1, seal(report, "screen"), NULL);
	town_do(town, CISO, "report.approved", CASE_1, seal(report, "screen"), NULL);
}

static void report_in_one_go(struct town *town, int report, const char *stage)
{
	town_do(town, CLERK, "report.drafted", CASE_1, json_pack("{s:i, s:s}", "report", report, "stage", stage), NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, number(report), NULL);
	approve_by_all(town, report);
	town_do(town, HEAD, "report.sent", CASE_1, sending(report), NULL);
}

static json_t *cell(const struct town *town, int report, const char *id)
{
	json_t *view = town_view(town, CLERK, "report", CASE_1, (uint64_t)report, LANG_JA), *cell, *found = NULL;
	size_t i;

	json_array_foreach (json_object_get(view, "cells"), i, cell)
		if (strcmp(json_string_value(json_object_get(cell, "id")), id) == 0)
			found = json_incref(cell);
	json_decref(view);
	assert_non_null(found);
	return found;
}

static void assert_cell(const struct town *town, int report, const char *id, const char *value, const char *from)
{
	json_t *found = cell(town, report, id);

	assert_string_equal(json_string_value(json_object_get(found, "value")), value);
	assert_string_equal(json_string_value(json_object_get(found, "from")), from);
	json_decref(found);
}

static void assert_state(const struct town *town, const char *what, uint64_t report, const char *key, const char *value)
{
	json_t *view = town_view(town, CLERK, what, CASE_1, report, LANG_JA);

	assert_string_equal(json_string_value(json_object_get(view, key)), value);
	json_decref(view);
}

/* ---- the case ---- */

static void a_case_is_declared_and_named(void **state)
{
	struct town *town = *state;

	town_declare(town, "住民課のパソコンに脅迫文\n詳しくは後で");
	assert_state(town, "incident", 0, "state", "open");
	assert_state(town, "incident", 0, "title", "住民課のパソコンに脅迫文");
	assert_state(town, "incident", 0, "declared_by", "見本 花子");
	assert_state(town, "incident", 0, "phase", "report");
	assert_string_equal(book_newest_open_case(town->book), CASE_1);
}

static void declare_drill(struct town *town)
{
	town_do(town, CLERK, "incident.declared", NULL, json_pack("{s:b}", "drill", 1), json_string("停電の想定"));
}

static void a_drill_looks_like_one_and_is_no_case_that_a_press_could_join(void **state)
{
	struct town *town = *state;

	declare_drill(town);
	assert_state(town, "incident", 0, "title", "【訓練】停電の想定");
	assert_null(book_newest_open_case(town->book));
	assert_false(book_has_open_case(town->book));
	assert_true(book_has_open_drill(town->book));
	town_declare(town, "本物");
	assert_string_equal(book_newest_open_case(town->book), "2026-002");
	declare_drill(town);
	assert_string_equal(book_newest_open_case(town->book), "2026-002");
}

static void a_drill_cuts_nothing_by_software(void **state)
{
	struct town *town = *state;

	declare_drill(town);
	town_refused(town, "drill", CLERK, "uplink.isolate", CASE_1, json_pack("{s:[s]}", "uplinks", "internet"), NULL);
	town_declare(town, "本物");
	town_do(town, CLERK, "uplink.isolate", "2026-002", json_pack("{s:[s]}", "uplinks", "internet"), NULL);
}

static void reports_of_a_drill_stay_inside(void **state)
{
	struct town *town = *state;
	json_t *inside = json_pack("{s:i, s:[s], s:s}", "report", 1, "to", "csirt", "how", "mail");

	declare_drill(town);
	town_do(town, CLERK, "report.drafted", CASE_1, json_pack("{s:i, s:s}", "report", 1, "stage", "first"), NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, number(1), NULL);
	approve_by_all(town, 1);
	town_refused(town, "drill", HEAD, "report.sent", CASE_1, sending(1), NULL);
	town_do(town, HEAD, "report.sent", CASE_1, inside, NULL);
}

static void numbers_begin_again_each_year_of_japan(void **state)
{
	struct town *town = *state;
	char next[16];

	town_declare(town, NULL);
	book_next_case(town->book, town->now, next);
	assert_string_equal(next, "2026-002");
	/* 2026-12-31 15:00 UTC is the first of January in Japan. */
	town->now.wall_ms = INT64_C(1798729200000);
	book_next_case(town->book, town->now, next);
	assert_string_equal(next, "2027-001");
	/* Without a clock the newest year that was ever known counts. */
	town->now = (struct moment){.source = WALL_UNSET};
	book_next_case(town->book, town->now, next);
	assert_string_equal(next, "2026-002");
}

static void a_press_opens_a_case_and_is_attributed_later(void **state)
{
	struct town *town = *state;
	uint64_t press;

	town_record(town, "panel", "panel.pressed", CASE_1,
		    json_pack("{s:s, s:i, s:b}", "button", "declare", "number", 1, "opens", 1), NULL);
	press = town->seq;
	assert_state(town, "incident", 0, "title", "パネルの操作");
	assert_state(town, "incident", 0, "declared_by", "パネル（押した人は未登録）");
	town_refused(town, "press", CLERK, "incident.attributed", CASE_1, json_pack("{s:i}", "press", 1), NULL);
	town_refused(town, "field", CLERK, "incident.attributed", CASE_1,
		     json_pack("{s:I, s:s}", "press", (json_int_t)press, "user", "u99"), NULL);
	town_do(town, CLERK, "incident.attributed", CASE_1,
		json_pack("{s:I, s:s}", "press", (json_int_t)press, "user", HEAD), NULL);
	assert_state(town, "incident", 0, "declared_by", "見本 太郎");
}

static void of_many_presses_the_newest_are_shown(void **state)
{
	struct town *town = *state;
	json_t *view, *presses;

	for (int i = 1; i <= 250; i++)
		town_record(town, "panel", "panel.pressed", CASE_1,
			    json_pack("{s:s, s:i, s:b}", "button", "declare", "number", i, "opens", i == 1), NULL);
	view = town_view(town, GENERAL, "incident", CASE_1, 0, LANG_JA);
	presses = json_object_get(view, "presses");
	assert_int_equal(json_array_size(presses), 200);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(presses, 199), "press")), town->seq);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(presses, 0), "press")), town->seq - 199);
	json_decref(view);
}

static void a_late_press_keeps_its_own_time(void **state)
{
	struct town *town = *state;

	town_record(town, "panel", "panel.pressed", CASE_1,
		    json_pack("{s:s, s:i, s:b, s:i}", "button", "declare", "number", 1, "opens", 1, "age_ms", 120000),
		    NULL);
	assert_state(town, "incident", 0, "declared", "2026-11-20T00:08:00.000Z");
}

static void rows_appear_with_the_type(void **state)
{
	struct town *town = *state;
	json_t *view;

	town_declare(town, NULL);
	view = town_view(town, CLERK, "checklist", CASE_1, 0, LANG_JA);
	assert_int_equal(json_array_size(json_object_get(view, "rows")), 6);
	json_decref(view);
	town_refused(town, "other_type", CLERK, "incident.checked", CASE_1,
		     body("{\"row\":\"malware-2-3\",\"state\":\"done\"}"), NULL);
	town_do(town, HEAD, "incident.classified", CASE_1, body("{\"types\":[\"malware\",\"intrusion\"]}"), NULL);
	view = town_view(town, CLERK, "checklist", CASE_1, 0, LANG_JA);
	assert_int_equal(json_array_size(json_object_get(view, "rows")), 6 + 17 + 18);
	json_decref(view);
	town_do(town, CLERK, "incident.checked", CASE_1, body("{\"row\":\"malware-2-3\",\"state\":\"done\"}"), NULL);
}

static void not_applicable_needs_a_reason_and_put_off_a_name(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_refused(town, "reason", CLERK, "incident.checked", CASE_1, body("{\"row\":\"basic-1\",\"state\":\"na\"}"),
		     json_string(" \n"));
	town_refused(town, "decider", CLERK, "incident.checked", CASE_1,
		     body("{\"row\":\"basic-1\",\"state\":\"deferred\"}"), NULL);
	town_refused(town, "value", CLERK, "incident.checked", CASE_1,
		     body("{\"row\":\"basic-1\",\"state\":\"perhaps\"}"), NULL);
	town_refused(town, "field", CLERK, "incident.checked", CASE_1, body("{\"row\":\"basic-9\",\"state\":\"done\"}"),
		     NULL);
	town_do(town, CLERK, "incident.checked", CASE_1, body("{\"row\":\"basic-1\",\"state\":\"na\"}"),
		json_string("予兆のみ"));
	town_do(town, CLERK, "incident.checked", CASE_1, body("{\"row\":\"basic-1\",\"state\":\"open\"}"), NULL);
	assert_state(town, "incident", 0, "phase", "report");
}

static void unknown_is_an_answer(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_refused(town, "answer", CLERK, "incident.answered", CASE_1,
		     body("{\"question\":\"when\",\"state\":\"answered\"}"), NULL);
	town_refused(town, "value", CLERK, "incident.answered", CASE_1,
		     body("{\"question\":\"when\",\"state\":\"open\"}"), NULL);
	town_do(town, CLERK, "incident.answered", CASE_1, body("{\"question\":\"when\",\"state\":\"unknown\"}"), NULL);
	town_do(town, CLERK, "incident.answered", CASE_1, body("{\"question\":\"where\",\"state\":\"inquiry\"}"), NULL);
	town_do(town, CLERK, "incident.answered", CASE_1, body("{\"question\":\"why\",\"state\":\"na\"}"), NULL);
}

static void questions_of_other_types_are_refused(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_do(town, HEAD, "incident.classified", CASE_1, body("{\"types\":[\"posting\"]}"), NULL);
	town_refused(town, "other_type", CLERK, "incident.answered", CASE_1,
		     body("{\"question\":\"protection\",\"state\":\"unknown\"}"), NULL);
}

static void lines_need_words_and_no_future(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_refused(town, "line", CLERK, "incident.noted", CASE_1, json_object(), NULL);
	town_refused(town, "future", CLERK, "incident.noted", CASE_1, body("{\"at\":\"2026-11-21T00:00:00.000Z\"}"),
		     json_string("x"));
	town_refused(town, "time", CLERK, "incident.noted", CASE_1, body("{\"at\":\"9時ごろ\"}"), json_string("x"));
	town_do(town, CLERK, "incident.noted", CASE_1, body("{\"at\":\"2026-11-19T23:00:00.000Z\"}"),
		json_string("住民から電話"));
}

static void observers_look_and_do_nothing(void **state)
{
	struct town *town = *state;
	json_t *view;

	town_declare(town, NULL);
	for (const struct act_kind *act = act_kinds; act->name != NULL; act++)
		if (act->origin == ACT_BY_PERSON)
			town_refused(town, "observer", AUDITOR, act->name,
				     (act->flags & ACT_ON_CASE) != 0 ? CASE_1 : NULL, json_object(), NULL);
	view = town_view(town, AUDITOR, "incident", CASE_1, 0, LANG_JA);
	json_decref(view);
}

static void the_wrong_role_is_told_whose_act_it_is(void **state)
{
	struct town *town = *state;
	const char *say;

	town_declare(town, NULL);
	town_refused(town, "role", CLERK, "incident.triaged", CASE_1, body("{\"verdict\":\"incident\"}"), NULL);
	say = json_string_value(json_object_get(town->refusal.args, "say"));
	assert_string_equal(town->refusal.code, "wrong_role");
	assert_non_null(strstr(say, "統括情報セキュリティ責任者"));
}

static void unknown_cases_and_people_are_refused(void **state)
{
	struct town *town = *state;

	town_refused(town, "case", CLERK, "incident.noted", "2026-009", json_object(), json_string("x"));
	town_refused(town, "observer", "u99", "incident.declared", NULL, json_object(), NULL);
	town_refused(town, "field", CLERK, "incident.declared", "2026-001", json_object(), NULL);
}

static void ill_formed_wishes_name_the_field(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_refused(town, "field", HEAD, "incident.triaged", CASE_1, json_object(), NULL);
	assert_string_equal(json_string_value(json_object_get(town->refusal.args, "field")), "verdict");
	town_refused(town, "value", HEAD, "incident.triaged", CASE_1, body("{\"verdict\":\"maybe\"}"), NULL);
	town_refused(town, "field", HEAD, "incident.classified", CASE_1, body("{\"types\":[]}"), NULL);
	town_refused(town, "field", HEAD, "incident.classified", CASE_1, body("{\"types\":[\"loss\",\"loss\"]}"), NULL);
	town_refused(town, "field", HEAD, "incident.classified", CASE_1, body("{\"types\":[\"lost\"]}"), NULL);
	town_refused(town, "field", CLERK, "incident.noted", CASE_1, body("{\"extra\":1}"), json_string("x"));
	town_refused(town, "field", CLERK, "report.submitted", CASE_1, number(1), json_string("x"));
}

static void endless_text_is_refused(void **state)
{
	struct town *town = *state;
	char text[4100];

	memset(text, 'x', sizeof text);
	text[4001] = '\0';
	town_declare(town, NULL);
	town_refused(town, "too_long", CLERK, "incident.noted", CASE_1, json_object(), json_string(text));
	text[4000] = '\0';
	town_do(town, CLERK, "incident.noted", CASE_1, json_object(), json_string(text));
}

/* ---- the end of a case ---- */

static void a_false_alarm_ends_and_nothing_more_can_be_done(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_refused(town, "value", HEAD, "incident.ended", CASE_1, body("{\"as\":\"joke\"}"), NULL);
	town_do(town, HEAD, "incident.ended", CASE_1, body("{\"as\":\"false_alarm\"}"),
		json_string("訓練用の端末だった"));
	assert_state(town, "incident", 0, "state_label", "終了（誤報）");
	town_refused(town, "case_over", CLERK, "incident.noted", CASE_1, json_object(), json_string("x"));
	town_refused(town, "case_over", HEAD, "incident.ended", CASE_1, body("{\"as\":\"false_alarm\"}"), NULL);
	assert_false(book_has_open_case(town->book));
}

static void closing_wants_the_final_report_or_a_reason(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	report_in_one_go(town, 1, "first");
	town_refused(town, "final_report", HEAD, "incident.closed", CASE_1, json_object(), NULL);
	report_in_one_go(town, 2, "final");
	town_refused(town, "final_sent", CLERK, "report.drafted", CASE_1, number(3), NULL);
	town_do(town, HEAD, "incident.closed", CASE_1, json_object(), NULL);
	assert_state(town, "incident", 0, "state", "closed");
}

static void closing_without_final_report_keeps_the_reason(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_do(town, GENERAL, "incident.closed", CASE_1, json_object(), json_string("県の報告に含めたため"));
	assert_state(town, "incident", 0, "state", "closed");
}

/* ---- reports ---- */

static void a_draft_is_filled_from_what_is_known(void **state)
{
	struct town *town = *state;

	town_do(town, CLERK, "incident.declared", NULL,
		body("{\"detected\":\"2026-11-20T00:05:00.000Z\",\"source\":\"staff\"}"), json_string("脅迫文"));
	town_do(town, CLERK, "incident.answered", CASE_1, body("{\"question\":\"where\",\"state\":\"answered\"}"),
		json_string("住民課の端末3台"));
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	assert_state(town, "report", 1, "stage", "first");
	assert_cell(town, 1, "number", "1", "prefill");
	assert_cell(town, 1, "section", "住民課", "prefill");
	assert_cell(town, 1, "reporter", "見本 花子", "prefill");
	assert_cell(town, 1, "section_head", "見本 太郎", "prefill");
	assert_cell(town, 1, "mail", "soumu@mihon.example", "prefill");
	assert_cell(town, 1, "detected", "2026-11-20T00:05:00.000Z", "prefill");
	assert_cell(town, 1, "informed", "2026-11-20T00:10:00.000Z", "prefill");
	assert_cell(town, 1, "system", "住民課の端末3台", "prefill");
	assert_cell(town, 1, "summary", "脅迫文\nどこで起きたか：住民課の端末3台", "prefill");
	draft(town, CLERK, 1, "{\"informed\":\"2026-11-20T00:09:00.000Z\"}", body("{\"system\":\"住民記録端末\"}"));
	assert_cell(town, 1, "system", "住民記録端末", "typed");
	assert_cell(town, 1, "informed", "2026-11-20T00:09:00.000Z", "typed");
	draft(town, CLERK, 1, "{\"informed\":null}", body("{\"system\":\"\"}"));
	assert_cell(town, 1, "system", "住民課の端末3台", "prefill");
	assert_cell(town, 1, "informed", "2026-11-20T00:10:00.000Z", "prefill");
}

static void the_course_of_the_case_is_on_the_form(void **state)
{
	struct town *town = *state;
	json_t *found, *rows;

	town_declare(town, "脅迫文");
	town_do(town, CLERK, "uplink.isolate", CASE_1, body("{\"uplinks\":[\"internet\"]}"), NULL);
	town_record(town, "panel", "uplink.cut", CASE_1,
		    body("{\"uplink\":\"internet\",\"number\":1,\"cause\":\"command\"}"), NULL);
	town_record(town, "panel", "uplink.proven", CASE_1,
		    body("{\"uplink\":\"internet\",\"number\":2,\"edge_to_contact_us\":11450}"), NULL);
	town_do(town, CLERK, "incident.checked", CASE_1, body("{\"row\":\"basic-1\",\"state\":\"done\"}"), NULL);
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	found = cell(town, 1, "progress");
	rows = json_object_get(found, "value");
	assert_int_equal(json_array_size(rows), 4);
	assert_string_equal(json_string_value(json_array_get(json_array_get(rows, 3), 1)),
			    "遮断を接点で確認 インターネット系 11.4ms");
	json_decref(found);
}

static void cells_take_only_what_fits_them(void **state)
{
	struct town *town = *state;
	static const struct {
		const char *cells, *why;
	} cases[] = {
		{"{\"event\":[\"leak\"]}", "one_only"},
		{"{\"event\":\"rain\"}", "field"},
		{"{\"event\":3}", "field"},
		{"{\"causes\":\"mail\"}", "field"},
		{"{\"causes\":[\"mail\",\"mail\"]}", "field"},
		{"{\"causes\":[\"rain\"]}", "field"},
		{"{\"plans\":[\"ongoing\",\"measures\"]}", "sides"},
		{"{\"occurred\":\"yesterday\"}", "time"},
		{"{\"occurred\":\"2026-11-21T00:00:00.000Z\"}", "future"},
		{"{\"number\":\"7\"}", "cell_fixed"},
		{"{\"progress\":[]}", "cell_table"},
		{"{\"summary\":\"words belong into text\"}", "field"},
		{"{\"nothing\":\"x\"}", "field"},
	};
	static const struct {
		const char *text, *why;
	} texts[] = {
		{"{\"progress\":\"x\"}", "cell_table"},
		{"{\"number\":\"x\"}", "cell_fixed"},
		{"{\"event\":\"leak\"}", "field"},
		{"{\"nothing\":\"x\"}", "field"},
		{"{\"system\":3}", "field"},
		{"{\"phone\":\"1\\n2\"}", "field"},
	};

	town_declare(town, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		town_refused(town, cases[i].why, CLERK, "report.drafted", CASE_1,
			     json_pack("{s:i, s:o}", "report", 1, "cells", body(cases[i].cells)), NULL);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		town_refused(town, texts[i].why, CLERK, "report.drafted", CASE_1, number(1), body(texts[i].text));
	town_refused(town, "field", CLERK, "report.drafted", CASE_1, number(1), json_string("loose words"));
	draft(town, CLERK, 1, "{\"plans\":[\"ongoing\",\"studying\"],\"causes\":[],\"event\":null}", NULL);
}

/* Report 1 brought into a state. */
static void bring_to(struct town *town, const char *state)
{
	town_declare(town, NULL);
	if (strcmp(state, "absent") == 0)
		return;
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	if (strcmp(state, "draft") == 0)
		return;
	town_do(town, CLERK, "report.submitted", CASE_1, number(1), NULL);
	if (strcmp(state, "returned") == 0)
		town_do(town, HEAD, "report.returned", CASE_1, number(1), json_string("日時を"));
	if (strcmp(state, "sealed") == 0 || strcmp(state, "sent") == 0)
		approve_by_all(town, 1);
	if (strcmp(state, "sent") == 0)
		town_do(town, HEAD, "report.sent", CASE_1, sending(1), NULL);
}

static enum err attempt(struct town *town, const char *act)
{
	if (strcmp(act, "report.approved") == 0)
		return town_try(town, HEAD, act, CASE_1, seal(1, "screen"), NULL);
	if (strcmp(act, "report.sent") == 0)
		return town_try(town, HEAD, act, CASE_1, sending(1), NULL);
	return town_try(town, HEAD, act, CASE_1, number(1),
			strcmp(act, "report.returned") == 0 ? json_string("x") : NULL);
}

/* Every cell of the table in book_data.h: NULL is allowed, else the reason. */
static void every_act_in_every_state_of_a_report(void **state)
{
	static const char *const acts[] = {"report.drafted", "report.submitted", "report.returned", "report.approved",
					   "report.sent"};
	static const struct {
		const char *state, *why[5];
	} table[] = {
		{"absent", {NULL, "report", "report", "report", "report"}},
		{"draft", {NULL, NULL, "not_submitted", "not_submitted", "not_sealed"}},
		{"submitted", {"under_approval", "under_approval", NULL, NULL, "not_sealed"}},
		{"returned", {NULL, NULL, "not_submitted", "not_submitted", "not_sealed"}},
		{"sealed", {"under_approval", "under_approval", "not_submitted", "not_submitted", NULL}},
		{"sent", {"frozen", "frozen", "frozen", "frozen", "frozen"}},
	};

	(void)state;
	for (size_t row = 0; row < sizeof table / sizeof table[0]; row++)
		for (size_t column = 0; column < 5; column++) {
			struct town town;

			town_open(&town);
			bring_to(&town, table[row].state);
			if (table[row].why[column] == NULL) {
				assert_int_equal(attempt(&town, acts[column]), ERR_OK);
			} else {
				assert_int_equal(attempt(&town, acts[column]), ERR_DENIED);
				assert_string_equal(json_string_value(json_object_get(town.refusal.args, "why")),
						    table[row].why[column]);
			}
			town_close(&town);
		}
}

static void a_report_goes_up_the_chain_in_order(void **state)
{
	struct town *town = *state;
	json_t *view, *step;
	size_t i;

	town_declare(town, NULL);
	town_refused(town, "report", CLERK, "report.submitted", CASE_1, number(1), NULL);
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	town_refused(town, "not_submitted", HEAD, "report.approved", CASE_1, seal(1, "screen"), NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, number(1), NULL);
	town_refused(town, "under_approval", CLERK, "report.drafted", CASE_1, number(1), NULL);
	town_refused(town, "under_approval", CLERK, "report.submitted", CASE_1, number(1), NULL);
	town_refused(town, "step", GENERAL, "report.approved", CASE_1, seal(1, "screen"), NULL);
	assert_non_null(
		strstr(json_string_value(json_object_get(town->refusal.args, "say")), "情報セキュリティ責任者"));
	town_refused(town, "not_sealed", HEAD, "report.sent", CASE_1, sending(1), NULL);
	approve_by_all(town, 1);
	assert_state(town, "report", 1, "state", "sealed");
	town_refused(town, "not_submitted", CISO, "report.approved", CASE_1, seal(1, "screen"), NULL);
	view = town_view(town, CLERK, "report", CASE_1, 1, LANG_JA);
	json_array_foreach (json_object_get(view, "chain"), i, step)
		assert_string_equal(json_string_value(json_object_get(step, "state")), "sealed");
	assert_int_equal(i, 4);
	json_decref(view);
}

static void what_is_sent_is_frozen_and_the_next_number_starts_from_it(void **state)
{
	struct town *town = *state;
	char *before, *after;
	json_t *view, *found;

	town_declare(town, NULL);
	draft(town, CLERK, 1, "{\"event\":\"leak\"}", body("{\"remarks\":\"調査中\"}"));
	town_do(town, CLERK, "report.submitted", CASE_1, number(1), NULL);
	approve_by_all(town, 1);
	town_do(town, HEAD, "report.sent", CASE_1, sending(1), NULL);
	view = town_view(town, CLERK, "report_text", CASE_1, 1, LANG_JA);
	before = json_dumps(view, JSON_COMPACT);
	json_decref(view);
	town_refused(town, "frozen", CLERK, "report.drafted", CASE_1, number(1), NULL);
	town_refused(town, "frozen", HEAD, "report.sent", CASE_1, sending(1), NULL);
	town_refused(town, "report_number", CLERK, "report.drafted", CASE_1, number(3), NULL);
	town_refused(town, "value", CLERK, "report.drafted", CASE_1, body("{\"report\":2,\"stage\":\"first\"}"), NULL);
	town_wait(town, 60);
	town_do(town, CLERK, "incident.noted", CASE_1, json_object(), json_string("業者が到着"));
	draft(town, CLERK, 2, "{\"event\":\"infection\"}", NULL);
	assert_state(town, "report", 2, "stage", "interim");
	assert_cell(town, 2, "remarks", "調査中", "typed");
	assert_cell(town, 2, "informed", "2026-11-20T01:10:00.000Z", "prefill");
	assert_cell(town, 2, "told_inside", "CSIRT", "prefill");
	found = cell(town, 2, "remarks");
	assert_false(json_is_true(json_object_get(found, "changed")));
	json_decref(found);
	found = cell(town, 2, "event");
	assert_true(json_is_true(json_object_get(found, "changed")));
	json_decref(found);
	found = cell(town, 2, "told_outside");
	assert_string_equal(json_string_value(json_array_get(json_object_get(found, "value"), 0)), "soumu");
	json_decref(found);
	view = town_view(town, CLERK, "report_text", CASE_1, 1, LANG_JA);
	after = json_dumps(view, JSON_COMPACT);
	json_decref(view);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void the_next_number_waits_for_the_one_before(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	town_refused(town, "previous", CLERK, "report.drafted", CASE_1, number(2), NULL);
}

static void a_returned_report_is_mended_and_goes_up_again(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, number(1), NULL);
	town_do(town, HEAD, "report.approved", CASE_1, seal(1, "screen"), NULL);
	town_refused(town, "step", HEAD, "report.returned", CASE_1, number(1), json_string("x"));
	town_refused(town, "reason", GENERAL, "report.returned", CASE_1, number(1), NULL);
	town_do(town, GENERAL, "report.returned", CASE_1, number(1), json_string("発生日時を書いてください"));
	assert_state(town, "report", 1, "state", "returned");
	assert_state(town, "report", 1, "returned_because", "発生日時を書いてください");
	town_refused(town, "not_submitted", GENERAL, "report.approved", CASE_1, seal(1, "screen"), NULL);
	draft(town, CLERK, 1, "{\"occurred\":\"2026-11-19T22:00:00.000Z\"}", NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, number(1), NULL);
	/* Earlier seals were for another version. */
	town_refused(town, "step", GENERAL, "report.approved", CASE_1, seal(1, "screen"), NULL);
	approve_by_all(town, 1);
}

static void a_seal_names_the_version_it_was_put_on(void **state)
{
	struct town *town = *state;
	json_t *view, *last, *entry;
	const char *digest;
	char stale[65];

	memset(stale, '0', 64);
	stale[64] = '\0';
	town_declare(town, NULL);
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	town_refused(town, "other_version", CLERK, "report.submitted", CASE_1,
		     json_pack("{s:i, s:s}", "report", 1, "digest", stale), NULL);
	view = town_view(town, CLERK, "report", CASE_1, 1, LANG_JA);
	digest = json_string_value(json_object_get(view, "digest"));
	town_do(town, CLERK, "report.submitted", CASE_1, json_pack("{s:i, s:s}", "report", 1, "digest", digest), NULL);
	town_wait(town, 5);
	town_do(town, CLERK, "incident.noted", CASE_1, json_object(), json_string("later"));
	town_refused(town, "other_version", HEAD, "report.approved", CASE_1,
		     json_pack("{s:i, s:s, s:s}", "report", 1, "manner", "screen", "digest", stale), NULL);
	town_do(town, HEAD, "report.approved", CASE_1, seal(1, "screen"), NULL);
	entry = json_array_get(town->records, json_array_size(town->records) - 1);
	last = body(json_string_value(json_object_get(entry, "body")));
	assert_string_equal(json_string_value(json_object_get(last, "digest")), digest);
	json_decref(last);
	json_decref(view);
}

static void seals_on_paper_and_words_by_telephone_are_witnessed(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, number(1), NULL);
	town_refused(town, "value", CLERK, "report.approved", CASE_1, seal(1, "fax"), NULL);
	town_refused(town, "witness", CLERK, "report.approved", CASE_1, seal(1, "paper"), NULL);
	town_do(town, CLERK, "report.approved", CASE_1, seal(1, "paper"), json_string("課長が9時20分に押印"));
	town_do(town, CLERK, "report.approved", CASE_1, seal(1, "phone"), json_string("総務課長が9時25分に電話で了承"));
	town_do(town, CISO, "report.approved", CASE_1, seal(1, "screen"), NULL);
	assert_state(town, "report", 1, "state", "sealed");
	town_do(town, HEAD, "report.sent", CASE_1, sending(1), NULL);
	/* The one who agreed by telephone looks at it later, also after it was sent. */
	town_refused(town, "step", CISO, "report.approved", CASE_1, seal(1, "screen"), NULL);
	town_refused(town, "field", CLERK, "report.approved", CASE_1, seal(1, "phone"), json_string("again"));
	town_do(town, GENERAL, "report.approved", CASE_1, seal(1, "screen"), NULL);
	town_refused(town, "frozen", GENERAL, "report.approved", CASE_1, seal(1, "screen"), NULL);
	assert_state(town, "report", 1, "state", "sent");
}

static void sending_names_known_recipients_and_ways(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_do(town, CLERK, "report.drafted", CASE_1, number(1), NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, number(1), NULL);
	approve_by_all(town, 1);
	town_refused(town, "field", HEAD, "report.sent", CASE_1, body("{\"report\":1,\"to\":[],\"how\":\"mail\"}"),
		     NULL);
	town_refused(town, "field", HEAD, "report.sent", CASE_1,
		     body("{\"report\":1,\"to\":[\"moon\"],\"how\":\"mail\"}"), NULL);
	town_refused(town, "value", HEAD, "report.sent", CASE_1,
		     body("{\"report\":1,\"to\":[\"csirt\"],\"how\":\"pigeon\"}"), NULL);
	town_do(town, HEAD, "report.sent", CASE_1, sending(1), NULL);
}

/* ---- uplinks ---- */

static void cut(struct town *town, const char *uplink)
{
	town_record(town, "panel", "uplink.cut", CASE_1,
		    json_pack("{s:s, s:i, s:s}", "uplink", uplink, "number", 1, "cause", "button"), NULL);
	town_record(town, "panel", "uplink.proven", CASE_1,
		    json_pack("{s:s, s:i, s:i}", "uplink", uplink, "number", 2, "edge_to_contact_us", 9300), NULL);
}

static const char *uplink_state(const struct town *town, size_t index, char out[16])
{
	json_t *now = town_view(town, CLERK, "now", NULL, 0, LANG_JA);
	json_t *uplink = json_array_get(json_object_get(now, "uplinks"), index);

	(void)snprintf(out, 16, "%s", json_string_value(json_object_get(uplink, "state")));
	json_decref(now);
	return out;
}

static void an_uplink_is_cut_only_once_the_contact_says_so(void **state)
{
	struct town *town = *state;
	char out[16];

	town_declare(town, NULL);
	assert_string_equal(uplink_state(town, 0, out), "connected");
	town_record(town, "panel", "uplink.cut", CASE_1,
		    body("{\"uplink\":\"internet\",\"number\":1,\"cause\":\"button\"}"), NULL);
	assert_string_equal(uplink_state(town, 0, out), "cutting");
	town_record(town, "panel", "uplink.unproven", CASE_1, body("{\"uplink\":\"internet\",\"number\":2}"), NULL);
	assert_string_equal(uplink_state(town, 0, out), "unknown");
	cut(town, "internet");
	assert_string_equal(uplink_state(town, 0, out), "cut");
	town_record(town, "panel", "uplink.restored", CASE_1, body("{\"uplink\":\"internet\",\"number\":3}"), NULL);
	assert_string_equal(uplink_state(town, 0, out), "connected");
}

static void what_was_counted_changes_nothing_that_is_newer(void **state)
{
	struct town *town = *state;
	const struct act_kind *proven = act_find("uplink.proven"), *cut_kind = act_find("uplink.cut"),
			      *unproven = act_find("uplink.unproven");
	json_t *one = body("{\"uplink\":\"internet\"}");
	char out[16];
	uint64_t seq;

	town_declare(town, NULL);
	assert_true(book_takes_back(town->book, cut_kind, CASE_1, one));
	assert_true(book_takes_back(town->book, unproven, CASE_1, one));
	assert_false(book_takes_back(town->book, proven, CASE_1, one));
	cut(town, "internet");
	assert_false(book_takes_back(town->book, cut_kind, CASE_1, one));
	town_record(town, "panel", "uplink.unproven", CASE_1, body("{\"uplink\":\"internet\",\"number\":3}"), NULL);
	assert_false(book_takes_back(town->book, unproven, CASE_1, one));
	assert_false(book_takes_back(town->book, cut_kind, CASE_1, one));
	seq = town->seq + 1;
	/* Of two counted kinds the one that came last holds. */
	town_record(town, "panel", "panel.noted", "-",
		    json_pack("{s:s, s:s, s:i, s:i, s:I}", "kind", "mirror_well", "uplink", "internet", "number", 4,
			      "times", 70, "before", (json_int_t)seq),
		    NULL);
	assert_string_equal(uplink_state(town, 0, out), "cut");
	town_record(town, "panel", "uplink.unproven", CASE_1,
		    json_pack("{s:s, s:i, s:i, s:I}", "uplink", "internet", "number", 5, "times", 70, "before",
			      (json_int_t)seq),
		    NULL);
	assert_string_equal(uplink_state(town, 0, out), "unknown");
	/* What is newer than those that were counted stays. */
	town_record(town, "panel", "uplink.restored", CASE_1, body("{\"uplink\":\"internet\",\"number\":6}"), NULL);
	town_record(town, "panel", "uplink.proven", CASE_1,
		    json_pack("{s:s, s:i, s:i, s:i, s:I}", "uplink", "internet", "number", 7, "edge_to_contact_us", 1,
			      "times", 9, "before", (json_int_t)seq),
		    NULL);
	assert_string_equal(uplink_state(town, 0, out), "connected");
	json_decref(one);
}

static void a_contact_that_is_well_again_says_what_it_said_before(void **state)
{
	static const char unproven[] = "{\"uplink\":\"internet\",\"number\":7}",
			  well[] = "{\"uplink\":\"internet\",\"number\":8,\"kind\":\"mirror_well\"}",
			  other[] = "{\"uplink\":\"internet\",\"number\":9,\"kind\":\"stuck_input\"}";
	struct town *town = *state;
	char out[16];

	town_declare(town, NULL);
	town_record(town, "panel", "panel.noted", "-", body(well), NULL);
	assert_string_equal(uplink_state(town, 0, out), "connected");
	for (int i = 0; i < 2; i++) {
		town_record(town, "panel", "uplink.unproven", CASE_1, body(unproven), NULL);
		town_record(town, "panel", "uplink.unproven", CASE_1, body(unproven), NULL);
		town_record(town, "panel", "panel.noted", "-", body(other), NULL);
		assert_string_equal(uplink_state(town, 0, out), "unknown");
		town_record(town, "panel", "panel.noted", "-", body(well), NULL);
		assert_string_equal(uplink_state(town, 0, out), i == 0 ? "connected" : "cut");
		cut(town, "internet");
	}
}

static json_t *uplinks(const char *first, const char *second)
{
	return second != NULL ? json_pack("{s:[s, s]}", "uplinks", first, second)
			      : json_pack("{s:[s]}", "uplinks", first);
}

static json_t *request(uint64_t seq)
{
	return json_pack("{s:I}", "request", (json_int_t)seq);
}

static void a_permit_that_is_refused_says_why(void **state)
{
	struct town *town = *state;
	json_t *now;

	town_declare(town, NULL);
	cut(town, "internet");
	town_do(town, HEAD, "restore.requested", CASE_1, uplinks("internet", NULL), NULL);
	town_do(town, CISO, "restore.permitted", CASE_1, request(town->seq), NULL);
	town_record(town, "system", "restore.expired", CASE_1, body("{\"cause\":\"refused\",\"why\":\"mirror_fault\"}"),
		    NULL);
	now = town_view(town, CLERK, "now", NULL, 0, LANG_EN);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(json_object_get(now, "incidents"), 0), "permit_why")),
		"the contact of an uplink does not prove its cut; mend that first");
	json_decref(now);
}

static void connecting_again_takes_two_people_in_their_roles(void **state)
{
	struct town *town = *state;
	uint64_t seq;

	town_declare(town, NULL);
	cut(town, "internet");
	cut(town, "lgwan");
	town_refused(town, "role", CLERK, "restore.requested", CASE_1, uplinks("internet", NULL), NULL);
	town_refused(town, "not_cut", HEAD, "restore.requested", CASE_1, uplinks("internet", "mynumber"), NULL);
	town->unproven = 2;
	town_refused(town, "unproven", HEAD, "restore.requested", CASE_1, uplinks("internet", "lgwan"), NULL);
	assert_non_null(json_object_get(town->refusal.args, "uplink"));
	town->unproven = 0;
	town_refused(town, "field", HEAD, "restore.requested", CASE_1, uplinks("moon", NULL), NULL);
	town_refused(town, "field", HEAD, "restore.requested", CASE_1, uplinks("lgwan", "lgwan"), NULL);
	town_do(town, GENERAL, "restore.requested", CASE_1, uplinks("internet", "lgwan"), NULL);
	seq = town->seq;
	assert_int_equal(book_restore_uplinks(town->book, CASE_1, seq), 3);
	assert_int_equal(book_restore_uplinks(town->book, CASE_1, seq + 1), 0);
	town_refused(town, "same_person", GENERAL, "restore.permitted", CASE_1, request(seq), NULL);
	town_refused(town, "role", HEAD, "restore.permitted", CASE_1, request(seq), NULL);
	town_refused(town, "no_request", CISO, "restore.permitted", CASE_1, request(seq + 1), NULL);
	town_do(town, CISO, "restore.permitted", CASE_1, request(seq), NULL);
	assert_int_equal(book_restore_uplinks(town->book, CASE_1, seq), 0);
	town_refused(town, "no_request", CISO, "restore.permitted", CASE_1, request(seq), NULL);
}

static void with_role(struct town *town, const char *user, const char *role)
{
	town_record(town, "system", "user.added", "-",
		    json_pack("{s:s, s:[s], s:i}", "user", user, "roles", role, "generation", 2),
		    json_pack("{s:s}", "name", "見本 二郎"));
}

static void who_lost_the_role_has_neither_asked_nor_permitted(void **state)
{
	struct town *town = *state;
	uint64_t seq;

	town_declare(town, NULL);
	cut(town, "internet");
	town_do(town, HEAD, "restore.requested", CASE_1, uplinks("internet", NULL), NULL);
	seq = town->seq;
	with_role(town, CISO, "staff");
	town_refused(town, "role", CISO, "restore.permitted", CASE_1, request(seq), NULL);
	with_role(town, HEAD, "staff");
	town_refused(town, "no_request", GENERAL, "restore.permitted", CASE_1, request(seq), NULL);
	with_role(town, HEAD, "head");
	town_do(town, GENERAL, "restore.permitted", CASE_1, request(seq), NULL);
}

static void a_second_request_replaces_the_first(void **state)
{
	struct town *town = *state;
	uint64_t first;

	town_declare(town, NULL);
	cut(town, "internet");
	cut(town, "lgwan");
	town_do(town, HEAD, "restore.requested", CASE_1, uplinks("internet", NULL), NULL);
	first = town->seq;
	town_do(town, GENERAL, "restore.requested", CASE_1, uplinks("lgwan", NULL), NULL);
	town_refused(town, "no_request", CISO, "restore.permitted", CASE_1, request(first), NULL);
	town_refused(town, "same_person", GENERAL, "restore.permitted", CASE_1, request(town->seq), NULL);
	town_do(town, CISO, "restore.permitted", CASE_1, request(town->seq), NULL);
}

static void a_new_cut_or_a_lapse_takes_the_request_back(void **state)
{
	struct town *town = *state;
	uint64_t seq;

	town_declare(town, NULL);
	cut(town, "internet");
	town_do(town, HEAD, "restore.requested", CASE_1, uplinks("internet", NULL), NULL);
	seq = town->seq;
	cut(town, "lgwan");
	town_refused(town, "no_request", CISO, "restore.permitted", CASE_1, request(seq), NULL);
	town_do(town, HEAD, "restore.requested", CASE_1, uplinks("internet", NULL), NULL);
	seq = town->seq;
	town_record(town, "panel", "restore.expired", CASE_1, body("{\"number\":5,\"cause\":\"timeout\"}"), NULL);
	town_refused(town, "no_request", CISO, "restore.permitted", CASE_1, request(seq), NULL);
}

/* The controller counts a trip although nothing was left to cut. */
static void a_press_on_what_is_cut_takes_the_request_back(void **state)
{
	static const struct {
		const char *act, *body;
		bool takes_back;
	} cells[] = {
		{"panel.pressed", "{\"number\":5,\"button\":\"isolate\"}", true},
		{"panel.pressed", "{\"number\":6,\"button\":\"isolate_uplink\",\"uplink\":\"internet\"}", true},
		{"panel.pressed", "{\"number\":7,\"button\":\"declare\"}", false},
		{"uplink.isolate", "{\"uplinks\":[\"internet\"]}", true},
	};
	struct town *town = *state;

	town_declare(town, NULL);
	cut(town, "internet");
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		uint64_t seq;

		town_do(town, HEAD, "restore.requested", CASE_1, uplinks("internet", NULL), NULL);
		seq = town->seq;
		town_record(town, "panel", cells[i].act, CASE_1, body(cells[i].body), NULL);
		if (cells[i].takes_back)
			town_refused(town, "no_request", CISO, "restore.permitted", CASE_1, request(seq), NULL);
		else
			town_do(town, CISO, "restore.permitted", CASE_1, request(seq), NULL);
	}
}

static void a_network_can_be_connected_after_the_case_is_over(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	cut(town, "internet");
	town_do(town, HEAD, "incident.ended", CASE_1, body("{\"as\":\"false_alarm\"}"), NULL);
	town_do(town, HEAD, "restore.requested", CASE_1, uplinks("internet", NULL), NULL);
	town_do(town, CISO, "restore.permitted", CASE_1, request(town->seq), NULL);
}

/* ---- people and replay ---- */

static void people_are_found_by_name_and_number(void **state)
{
	struct town *town = *state;
	struct user_info info;

	assert_int_equal(book_user_by_name(town->book, "見本 三郎", &info), ERR_OK);
	assert_string_equal(info.id, CISO);
	assert_int_equal(book_user_by_name(town->book, "だれか", &info), ERR_MISSING);
	town_record(town, "system", "user.added", "-",
		    json_pack("{s:s, s:[s], s:i}", "user", "u6", "roles", "staff", "generation", 1),
		    json_pack("{s:s, s:s}", "login", "goro", "name", "見本 五郎"));
	assert_int_equal(book_user_by_name(town->book, "goro", &info), ERR_OK);
	assert_string_equal(info.name, "見本 五郎");
	town_record(town, "system", "user.password", "-", json_pack("{s:s, s:i}", "user", CISO, "generation", 2), NULL);
	assert_int_equal(book_user(town->book, CISO, &info), ERR_OK);
	assert_int_equal(info.generation, 2);
}

static void an_erased_name_leaves_everything_else(void **state)
{
	struct town *town = *state;
	struct user_info info;

	town_record(town, "system", "user.added", "-", body("{\"user\":\"u6\",\"roles\":[\"staff\"],\"generation\":1}"),
		    NULL);
	assert_int_equal(book_user(town->book, "u6", &info), ERR_OK);
	assert_string_equal(info.name, "");
	town_do(town, "u6", "incident.declared", NULL, json_object(), NULL);
	assert_state(town, "incident", 0, "declared_by", "u6");
}

static json_t *to_erase(const char *about)
{
	return about != NULL ? json_pack("{s:s}", "case", about) : json_pack("{s:i, s:s}", "seq", 7, "name", "text");
}

static json_t *grounds(void)
{
	return json_pack("{s:s, s:s}", "authority", "条例", "reason", "誤記");
}

static void erasing_takes_two_people(void **state)
{
	struct town *town = *state;
	struct erasure erasure;
	json_int_t seq;
	json_t *view;

	town_refused(town, "role", CLERK, "erasure.requested", NULL, to_erase(NULL), grounds());
	town_do(town, GENERAL, "erasure.requested", NULL, to_erase(NULL), grounds());
	seq = (json_int_t)town->seq;
	assert_int_equal(book_next_erasure(town->book, &erasure), ERR_MISSING);
	town_refused(town, "same_person", GENERAL, "erasure.approved", NULL, json_pack("{s:I}", "request", seq), NULL);
	town_refused(town, "no_erasure", CISO, "erasure.approved", NULL, json_pack("{s:I}", "request", seq + 1), NULL);
	town_do(town, CISO, "erasure.approved", NULL, json_pack("{s:I}", "request", seq), NULL);
	assert_int_equal(book_next_erasure(town->book, &erasure), ERR_OK);
	assert_int_equal(erasure.request, seq);
	assert_int_equal(erasure.seq, 7);
	assert_string_equal(erasure.name, "text");
	assert_string_equal(erasure.by, GENERAL);
	assert_string_equal(erasure.approved_by, CISO);
	assert_string_equal(erasure.reason, "誤記");
	assert_false(erasure.is_begun);
	town_refused(town, "no_erasure", CISO, "erasure.approved", NULL, json_pack("{s:I}", "request", seq), NULL);

	town_record(town, "system", "erasure.ended", "-", json_pack("{s:I, s:s}", "request", seq, "outcome", "done"),
		    NULL);
	assert_int_equal(book_next_erasure(town->book, &erasure), ERR_MISSING);
	view = town_view(town, CISO, "erasures", NULL, 0, LANG_EN);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(json_object_get(view, "erasures"), 0), "state")),
		"done");
	json_decref(view);
}

static void only_a_case_that_is_over_is_disposed(void **state)
{
	struct town *town = *state;
	struct erasure erasure;

	town_declare(town, "誤報");
	town_refused(town, "case_open", GENERAL, "erasure.requested", NULL, to_erase(CASE_1), grounds());
	town_refused(town, "case", GENERAL, "erasure.requested", NULL, to_erase("1999-001"), grounds());
	town_do(town, HEAD, "incident.ended", CASE_1, json_pack("{s:s}", "as", "false_alarm"), json_string("誤報"));
	town_do(town, GENERAL, "erasure.requested", NULL, to_erase(CASE_1), grounds());
	town_do(town, CISO, "erasure.approved", NULL, json_pack("{s:I}", "request", (json_int_t)town->seq), NULL);
	assert_int_equal(book_next_erasure(town->book, &erasure), ERR_OK);
	assert_string_equal(erasure.about, CASE_1);
	assert_false(erasure.is_begun);
	/* Power may go between this and the entry that it has ended. */
	town_record(town, "system", "case.disposed", "-", json_pack("{s:s, s:i}", "case", CASE_1, "erased", 3), NULL);
	assert_int_equal(book_next_erasure(town->book, &erasure), ERR_OK);
	assert_true(erasure.is_begun);
}

static void erasing_needs_its_grounds(void **state)
{
	struct town *town = *state;

	town_refused(town, "field", GENERAL, "erasure.requested", NULL, to_erase(NULL), NULL);
	town_refused(town, "field", GENERAL, "erasure.requested", NULL, to_erase(NULL), json_string("x"));
	town_refused(town, "field", GENERAL, "erasure.requested", NULL, to_erase(NULL),
		     json_pack("{s:s}", "authority", "x"));
	town_refused(town, "field", GENERAL, "erasure.requested", NULL, json_object(), grounds());
	town_refused(town, "field", GENERAL, "erasure.requested", NULL, json_pack("{s:i}", "seq", 1), grounds());
	town_refused(town, "field", GENERAL, "erasure.requested", NULL,
		     json_pack("{s:i, s:s}", "seq", 1, "name", "body"), grounds());
	town_refused(town, "field", GENERAL, "erasure.requested", NULL,
		     json_pack("{s:i, s:s}", "seq", 1, "case", "2026-001"), grounds());
}

static void rights_are_given_by_the_pack(void **state)
{
	struct town *town = *state;
	struct refusal refusal = {NULL, NULL};

	assert_int_equal(book_may(town->book, CISO, RIGHT_SHOW, LANG_EN, &refusal), ERR_OK);
	assert_int_equal(book_may(town->book, CISO, RIGHT_EXPORT, LANG_EN, &refusal), ERR_OK);
	assert_int_equal(book_may(town->book, CLERK, RIGHT_SHOW, LANG_EN, &refusal), ERR_DENIED);
	assert_string_equal(refusal.code, "wrong_role");
	json_decref(refusal.args);
	assert_int_equal(book_may(town->book, "u99", RIGHT_SHOW, LANG_EN, &refusal), ERR_DENIED);
	json_decref(refusal.args);
}

static void strange_records_change_nothing(void **state)
{
	struct town *town = *state;
	struct fault fault = {ERR_OK, ""};
	struct record broken = {.seq = 99, .who = "u1", .about = "-", .body = "{"};
	char *before, *after;

	town_declare(town, NULL);
	before = town_picture(town, town->book);
	town_record(town, "system", "moon.rose", "-", json_object(), NULL);
	town_record(town, "u1", "report.sent", "-", body("{\"report\":1}"), NULL);
	town_record(town, "u1", "incident.noted", "2026-777", json_object(), NULL);
	town_record(town, "panel", "uplink.cut", "-", body("{\"uplink\":\"moon\"}"), NULL);
	after = town_picture(town, town->book);
	assert_string_equal(before, after);
	assert_int_equal(book_apply(town->book, &broken, &fault), ERR_CORRUPT);
	assert_non_null(strstr(fault.text, "entry 99"));
	broken.body = NULL;
	assert_int_equal(book_apply(town->book, &broken, &fault), ERR_OK);
	free(before);
	free(after);
}

static void replay_gives_the_same_book(void **state)
{
	struct town *town = *state;
	struct book *again;
	char *before, *after;

	town_declare(town, "脅迫文");
	cut(town, "internet");
	town_do(town, HEAD, "incident.classified", CASE_1, body("{\"types\":[\"malware\"]}"), NULL);
	report_in_one_go(town, 1, "first");
	town_wait(town, 30);
	report_in_one_go(town, 2, "final");
	town_do(town, HEAD, "incident.closed", CASE_1, json_object(), NULL);
	again = town_replay(town);
	before = town_picture(town, town->book);
	after = town_picture(town, again);
	assert_string_equal(before, after);
	free(before);
	free(after);
	book_free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_case_is_declared_and_named, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(a_drill_looks_like_one_and_is_no_case_that_a_press_could_join,
						town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(a_drill_cuts_nothing_by_software, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(reports_of_a_drill_stay_inside, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(numbers_begin_again_each_year_of_japan, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(a_press_opens_a_case_and_is_attributed_later, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(of_many_presses_the_newest_are_shown, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(a_late_press_keeps_its_own_time, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(rows_appear_with_the_type, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(not_applicable_needs_a_reason_and_put_off_a_name, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(unknown_is_an_answer, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(questions_of_other_types_are_refused, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(lines_need_words_and_no_future, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(observers_look_and_do_nothing, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(the_wrong_role_is_told_whose_act_it_is, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(unknown_cases_and_people_are_refused, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(ill_formed_wishes_name_the_field, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(endless_text_is_refused, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(a_false_alarm_ends_and_nothing_more_can_be_done, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(closing_wants_the_final_report_or_a_reason, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(closing_without_final_report_keeps_the_reason, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(a_draft_is_filled_from_what_is_known, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(the_course_of_the_case_is_on_the_form, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(cells_take_only_what_fits_them, town_setup, town_teardown),
		cmocka_unit_test(every_act_in_every_state_of_a_report),
		cmocka_unit_test_setup_teardown(a_report_goes_up_the_chain_in_order, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(what_is_sent_is_frozen_and_the_next_number_starts_from_it, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(the_next_number_waits_for_the_one_before, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(a_returned_report_is_mended_and_goes_up_again, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(a_seal_names_the_version_it_was_put_on, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(seals_on_paper_and_words_by_telephone_are_witnessed, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(sending_names_known_recipients_and_ways, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(an_uplink_is_cut_only_once_the_contact_says_so, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(who_lost_the_role_has_neither_asked_nor_permitted, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(a_second_request_replaces_the_first, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(what_was_counted_changes_nothing_that_is_newer, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(a_contact_that_is_well_again_says_what_it_said_before, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(a_permit_that_is_refused_says_why, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(connecting_again_takes_two_people_in_their_roles, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(a_new_cut_or_a_lapse_takes_the_request_back, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(a_press_on_what_is_cut_takes_the_request_back, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(a_network_can_be_connected_after_the_case_is_over, town_setup,
						town_teardown),
		cmocka_unit_test_setup_teardown(people_are_found_by_name_and_number, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(an_erased_name_leaves_everything_else, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(erasing_takes_two_people, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(only_a_case_that_is_over_is_disposed, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(erasing_needs_its_grounds, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(rights_are_given_by_the_pack, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(strange_records_change_nothing, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(replay_gives_the_same_book, town_setup, town_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
