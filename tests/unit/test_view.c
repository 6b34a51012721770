/* What people see: the next step for the reader, both languages, and never more than fits into a message. */
#include "ipc/methods.h"
#include "support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_1 "2026-001"

static json_t *body(const char *text)
{
	json_t *object = json_loads(text, 0, NULL);

	assert_non_null(object);
	return object;
}

/* Asserts the first step that `who` sees. */
static void assert_next(const struct town *town, const char *who, const char *act, const char *label, bool mine)
{
	json_t *now = town_view(town, who, "now", NULL, 0, LANG_JA);
	json_t *step = json_array_get(json_object_get(now, "next"), 0);

	assert_string_equal(json_string_value(json_object_get(step, "act")), act);
	assert_string_equal(json_string_value(json_object_get(step, "label")), label);
	assert_int_equal(json_is_true(json_object_get(step, "mine")), mine);
	json_decref(now);
}

static bool has_step(const struct town *town, const char *who, const char *act)
{
	json_t *now = town_view(town, who, "now", NULL, 0, LANG_JA), *step;
	bool found = false;
	size_t i;

	json_array_foreach (json_object_get(now, "next"), i, step)
		found = found || strcmp(json_string_value(json_object_get(step, "act")), act) == 0;
	json_decref(now);
	return found;
}

static void nothing_to_do_without_a_case(void **state)
{
	const struct town *town = *state;
	json_t *now = town_view(town, CLERK, "now", NULL, 0, LANG_JA);

	assert_int_equal(json_array_size(json_object_get(now, "next")), 0);
	assert_int_equal(json_array_size(json_object_get(now, "incidents")), 0);
	assert_int_equal(json_array_size(json_object_get(now, "uplinks")), 3);
	assert_string_equal(json_string_value(json_object_get(now, "organisation")), "見本村");
	assert_string_equal(json_string_value(json_object_get(now, "time")), "2026-11-20T00:10:00.000Z");
	json_decref(now);
}

static void the_next_step_follows_the_report_up_the_chain(void **state)
{
	struct town *town = *state;

	town_declare(town, "脅迫文");
	assert_next(town, CLERK, "report.drafted", "第一報を書く", true);
	town_do(town, CLERK, "report.drafted", CASE_1, body("{\"report\":1}"), NULL);
	assert_next(town, CLERK, "report.submitted", "報告書を承認へ回す", true);
	town_do(town, CLERK, "report.submitted", CASE_1, body("{\"report\":1}"), NULL);
	assert_next(town, HEAD, "report.approved", "報告書を承認する", true);
	assert_next(town, CLERK, "contact.made", "関係者へ連絡する", true);
	town_do(town, HEAD, "report.returned", CASE_1, body("{\"report\":1}"), json_string("日時を"));
	assert_next(town, CLERK, "report.drafted", "差し戻された報告書を直す", true);
	town_do(town, CLERK, "report.submitted", CASE_1, body("{\"report\":1}"), NULL);
	town_do(town, HEAD, "report.approved", CASE_1, body("{\"report\":1,\"manner\":\"screen\"}"), NULL);
	town_do(town, CLERK, "report.approved", CASE_1, body("{\"report\":1,\"manner\":\"phone\"}"),
		json_string("総務課長が了承"));
	assert_next(town, CISO, "report.approved", "報告書を承認する", true);
	town_do(town, CISO, "report.approved", CASE_1, body("{\"report\":1,\"manner\":\"screen\"}"), NULL);
	assert_next(town, HEAD, "report.sent", "報告書を送付済みにする", true);
	assert_true(has_step(town, GENERAL, "report.approved"));
	town_do(town, HEAD, "report.sent", CASE_1, body("{\"report\":1,\"to\":[\"csirt\"],\"how\":\"hand\"}"), NULL);
	town_do(town, GENERAL, "report.approved", CASE_1, body("{\"report\":1,\"manner\":\"screen\"}"), NULL);
	assert_false(has_step(town, GENERAL, "report.approved"));
}

static void the_auditor_sees_steps_that_are_never_his(void **state)
{
	struct town *town = *state;

	town_declare(town, "脅迫文");
	assert_next(town, AUDITOR, "report.drafted", "第一報を書く", false);
}

static void a_contact_fault_comes_before_everything(void **state)
{
	struct town *town = *state;

	town_declare(town, "脅迫文");
	town_record(town, "panel", "uplink.unproven", CASE_1, body("{\"uplink\":\"lgwan\",\"number\":1}"), NULL);
	assert_next(town, CLERK, "incident.noted",
		    "遮断を確認できない回線がある。配線を目で確かめ、保守業者へ連絡して、時系列に書く", true);
}

static void the_second_person_is_asked_and_the_first_is_not(void **state)
{
	struct town *town = *state;

	town_declare(town, "脅迫文");
	town_record(town, "panel", "uplink.cut", CASE_1,
		    body("{\"uplink\":\"lgwan\",\"number\":1,\"cause\":\"button\"}"), NULL);
	town_do(town, GENERAL, "restore.requested", CASE_1, body("{\"uplinks\":[\"lgwan\"]}"), NULL);
	assert_next(town, CISO, "restore.permitted", "回線の再接続を承認する（別の人）", true);
	assert_false(has_step(town, GENERAL, "restore.permitted"));
}

static void no_incident_leads_to_its_end(void **state)
{
	struct town *town = *state;

	town_declare(town, "脅迫文");
	town_do(town, HEAD, "incident.triaged", CASE_1, body("{\"verdict\":\"none\"}"), NULL);
	assert_true(has_step(town, HEAD, "incident.ended"));
	assert_false(has_step(town, HEAD, "report.drafted"));
}

static void the_first_report_says_how_soon_in_the_words_of_the_procedure(void **state)
{
	struct town *town = *state;
	json_t *now, *step;

	town_declare(town, "脅迫文");
	now = town_view(town, CLERK, "now", NULL, 0, LANG_JA);
	step = json_array_get(json_object_get(now, "next"), 0);
	assert_string_equal(json_string_value(json_object_get(step, "basis")), "house");
	assert_string_equal(json_string_value(json_object_get(step, "basis_label")), "確認したら速やかに");
	assert_true(json_is_null(json_object_get(step, "due")));
	json_decref(now);
}

static void acts_that_are_not_allowed_say_why(void **state)
{
	struct town *town = *state;
	json_t *view, *act;
	unsigned allowed = 0, refused = 0;
	size_t i;

	town_declare(town, "脅迫文");
	view = town_view(town, CLERK, "incident", CASE_1, 0, LANG_EN);
	json_array_foreach (json_object_get(view, "acts"), i, act) {
		json_t *why = json_object_get(act, "why_not");

		if (json_is_true(json_object_get(act, "allowed"))) {
			allowed++;
			assert_true(json_is_null(why));
			continue;
		}
		refused++;
		assert_string_equal(json_string_value(json_object_get(why, "code")), "wrong_role");
		assert_non_null(json_object_get(json_object_get(why, "args"), "say"));
	}
	assert_true(allowed > 0 && refused > 0);
	json_decref(view);
}

static void the_timeline_is_ordered_by_when_it_happened(void **state)
{
	struct town *town = *state;
	json_t *view, *line;

	town_declare(town, "脅迫文");
	town_wait(town, 10);
	town_do(town, CLERK, "incident.noted", CASE_1, body("{\"at\":\"2026-11-19T23:50:00.000Z\"}"),
		json_string("住民から電話"));
	view = town_view(town, CLERK, "timeline", CASE_1, 0, LANG_JA);
	line = json_array_get(json_object_get(view, "lines"), 0);
	assert_string_equal(json_string_value(json_object_get(line, "text")), "住民から電話");
	assert_string_equal(json_string_value(json_object_get(line, "at")), "2026-11-19T23:50:00.000Z");
	assert_string_equal(json_string_value(json_object_get(line, "recorded")), "2026-11-20T00:20:00.000Z");
	json_decref(view);
}

static void strangers_and_unknown_views_are_refused(void **state)
{
	const struct town *town = *state;
	static const struct {
		const char *what, *who, *about, *code;
	} cases[] = {
		{"now", "u99", NULL, "wrong_role"},
		{"moon", CLERK, NULL, "invalid"},
		{"incident", CLERK, "2026-009", "not_found"},
		{"incident", CLERK, NULL, "not_found"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct view_request request = {.what = cases[i].what, .who = cases[i].who, .about = cases[i].about};
		struct refusal refusal = {NULL, NULL};
		json_t *out = NULL;

		assert_int_equal(view(town->book, &request, &out, &refusal), ERR_DENIED);
		assert_string_equal(refusal.code, cases[i].code);
		assert_null(out);
		json_decref(refusal.args);
	}
}

static void a_report_that_does_not_exist_is_not_found(void **state)
{
	struct town *town = *state;
	struct view_request request = {.what = "report", .who = CLERK, .about = CASE_1, .report = 1};
	struct refusal refusal = {NULL, NULL};
	json_t *out = NULL;

	town_declare(town, NULL);
	assert_int_equal(view(town->book, &request, &out, &refusal), ERR_DENIED);
	assert_string_equal(refusal.code, "not_found");
	json_decref(refusal.args);
}

/* No sign of Japanese in an English picture, but in what people wrote and in what the organisation calls itself. */
static void english_readers_get_english_labels(void **state)
{
	struct town *town = *state;
	static const char *const views[] = {"checklist", "facts", "incident"};

	town_declare(town, "Note of blackmail");
	town_do(town, HEAD, "incident.classified", CASE_1, body("{\"types\":[\"malware\"]}"), NULL);
	for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
		json_t *view = town_view(town, CLERK, views[v], CASE_1, 0, LANG_EN), *row;
		char *text;
		size_t i;

		(void)json_object_del(view, "declared_by");
		/* An origin cites the source, which is Japanese. */
		json_array_foreach (json_object_get(view, "rows"), i, row)
			(void)json_object_del(row, "origin");
		text = json_dumps(view, JSON_COMPACT);
		for (const char *c = text; *c != '\0'; c++)
			if ((unsigned char)*c >= 0x80)
				fail_msg("%s: %.80s", views[v], c);
		free(text);
		json_decref(view);
	}
}

static void drafts_are_marked_until_they_are_sent(void **state)
{
	struct town *town = *state;
	json_t *view;

	town_declare(town, NULL);
	town_do(town, CLERK, "report.drafted", CASE_1, body("{\"report\":1}"), NULL);
	view = town_view(town, CLERK, "report_text", CASE_1, 1, LANG_JA);
	assert_string_equal(json_string_value(json_array_get(json_object_get(view, "lines"), 0)), "【案】（送付前）");
	json_decref(view);
}

/* Reads all pages of a view; counts the members of `key`, and asserts that each page fits into a message. */
static size_t count_pages(const struct town *town, const char *what, const char *key, size_t *members)
{
	struct view_request request = {.what = what, .who = GENERAL, .about = CASE_1, .report = 1, .now = town->now};
	size_t pages = 0;
	json_t *cursor;

	*members = 0;
	do {
		struct refusal refusal = {NULL, NULL};
		json_t *out = NULL;

		assert_int_equal(view(town->book, &request, &out, &refusal), ERR_OK);
		assert_true(json_dumpb(out, NULL, 0, JSON_COMPACT) < MESSAGE_MAX - 1024);
		*members += json_array_size(json_object_get(out, key));
		cursor = json_object_get(out, "cursor");
		request.cursor = (uint64_t)json_integer_value(cursor);
		cursor = json_is_integer(cursor) ? cursor : NULL;
		json_decref(out);
		pages++;
	} while (cursor != NULL);
	return pages;
}

static void everything_fits_into_a_message(void **state)
{
	static const char *const ids[] = {"when", "where", "who", "what", "why", "how", "data", "amount", "protection"};
	struct town *town = *state;
	char text[4001];
	size_t members;

	memset(text, 'x', sizeof text);
	text[4000] = '\0';
	for (int i = 0; i < 40; i++)
		town_declare(town, text);
	town_do(town, HEAD, "incident.classified", CASE_1,
		body("{\"types\":[\"loss\",\"missent\",\"insider\",\"filesharing\",\"malware\",\"intrusion\",\"posting\"]}"),
		NULL);
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		town_do(town, CLERK, "incident.answered", CASE_1,
			json_pack("{s:s, s:s}", "question", ids[i], "state", "answered"), json_string(text));
	for (int i = 1; i <= 6; i++) {
		char row[32];

		(void)snprintf(row, sizeof row, "basic-%d", i);
		town_do(town, CLERK, "incident.checked", CASE_1, json_pack("{s:s, s:s}", "row", row, "state", "na"),
			json_string(text));
	}
	for (int i = 0; i < 60; i++)
		town_do(town, CLERK, "incident.noted", CASE_1, json_object(), json_string(text));
	town_do(town, CLERK, "report.drafted", CASE_1, body("{\"report\":1}"),
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "remarks", text, "lessons", text, "summary", text,
			  "system", text, "told_inside", text, "told_other", text, "cause_other", text));
	(void)count_pages(town, "now", "incidents", &members);
	assert_int_equal(members, 24);
	(void)count_pages(town, "incidents", "incidents", &members);
	assert_int_equal(members, 40);
	assert_true(count_pages(town, "checklist", "rows", &members) > 1);
	assert_int_equal(members, 122);
	(void)count_pages(town, "facts", "questions", &members);
	assert_int_equal(members, 9);
	assert_true(count_pages(town, "timeline", "lines", &members) > 4);
	assert_int_equal(members, 1 + 1 + 9 + 6 + 60 + 1);
	(void)count_pages(town, "report", "cells", &members);
	assert_int_equal(members, 28);
	assert_true(count_pages(town, "report_text", "lines", &members) > 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_do_without_a_case),
		TEST(the_next_step_follows_the_report_up_the_chain),
		TEST(the_auditor_sees_steps_that_are_never_his),
		TEST(a_contact_fault_comes_before_everything),
		TEST(the_second_person_is_asked_and_the_first_is_not),
		TEST(no_incident_leads_to_its_end),
		TEST(the_first_report_says_how_soon_in_the_words_of_the_procedure),
		TEST(acts_that_are_not_allowed_say_why),
		TEST(the_timeline_is_ordered_by_when_it_happened),
		TEST(strangers_and_unknown_views_are_refused),
		TEST(a_report_that_does_not_exist_is_not_found),
		TEST(english_readers_get_english_labels),
		TEST(drafts_are_marked_until_they_are_sent),
		TEST(everything_fits_into_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
