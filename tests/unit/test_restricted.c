/* Cases that only named people may know of: for everybody else the world is the same as without them. */
#include "support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS = 40, STEPS = 60 };

static json_t *readers(const char *first, const char *second)
{
	return json_pack("{s:[s, s]}", "readers", first, second);
}

/* The case that a record of the last act stands under. */
static const char *last_case(const struct town *town)
{
	const json_t *record = json_array_get(town->records, json_array_size(town->records) - 1);

	return json_string_value(json_object_get(record, "restricted"));
}

enum { NUMBER_SIZE = 24 };

static void declare_restricted(struct town *town, char about[NUMBER_SIZE])
{
	town_do(town, CISO, "incident.declared", NULL, readers(CISO, GENERAL), json_string("持ち出しの疑い"));
	assert_non_null(last_case(town));
	(void)snprintf(about, NUMBER_SIZE, "%s", last_case(town));
}

static void assert_no_word(const struct town *town, const char *who, const char *word)
{
	char *picture = town_picture_for(town, town->book, who);

	assert_null(strstr(picture, word));
	free(picture);
}

static void a_restricted_case_is_for_its_readers(void **state)
{
	struct town *town = *state;
	char about[NUMBER_SIZE];
	json_t *picture;

	declare_restricted(town, about);
	picture = town_view(town, GENERAL, "incident", about, 0, LANG_JA);
	assert_true(json_is_true(json_object_get(picture, "restricted")));
	assert_non_null(strstr(json_string_value(json_object_get(picture, "title")), "【取扱限定】"));
	assert_int_equal(json_array_size(json_object_get(picture, "readers")), 2);
	json_decref(picture);
	town_do(town, GENERAL, "incident.noted", about, json_object(), json_string("操作記録を確かめる"));
	assert_no_word(town, HEAD, "持ち出しの疑い");
	assert_no_word(town, HEAD, about);
	assert_no_word(town, CLERK, "操作記録");
}

/* Word for word the same, whatever is asked for. */
static void others_hear_that_there_is_no_such_case(void **state)
{
	static const char *const acts[] = {"incident.noted",        "incident.triaged", "incident.restricted",
					   "incident.unrestricted", "report.drafted",   "uplink.isolate",
					   "restore.requested",     "incident.closed",  "evidence.taken",
					   "evidence.handed",       "contact.made",     "contact.received"};
	struct town *town = *state;
	char about[NUMBER_SIZE];

	declare_restricted(town, about);
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
		json_t *heard;

		assert_int_equal(town_try(town, HEAD, acts[i], "2026-r000bad", json_object(), NULL), ERR_DENIED);
		heard = json_incref(town->refusal.args);
		assert_int_equal(town_try(town, HEAD, acts[i], about, json_object(), NULL), ERR_DENIED);
		assert_true(json_equal(heard, town->refusal.args));
		json_decref(heard);
	}
	town_refused(town, "case", HEAD, "erasure.requested", NULL, json_pack("{s:s}", "case", about),
		     json_pack("{s:s, s:s}", "authority", "条例", "reason", "満了"));
}

static void readers_are_people_and_one_of_them_is_who_says_so(void **state)
{
	struct town *town = *state;
	char about[NUMBER_SIZE];

	town_refused(town, "readers", CISO, "incident.declared", NULL, readers(GENERAL, HEAD), NULL);
	town_refused(town, "readers", CISO, "incident.declared", NULL, json_pack("{s:[s]}", "readers", CISO), NULL);
	town_refused(town, "field", CISO, "incident.declared", NULL, readers(CISO, CISO), NULL);
	town_refused(town, "field", CISO, "incident.declared", NULL, readers(CISO, "u99"), NULL);
	town_refused(town, "field", CISO, "incident.declared", NULL, json_pack("{s:[s, i]}", "readers", CISO, 3), NULL);
	town_refused(town, "known", CISO, "incident.declared", NULL,
		     json_pack("{s:[s, s], s:b}", "readers", CISO, GENERAL, "drill", 1), NULL);
	declare_restricted(town, about);
	town_refused(town, "readers", GENERAL, "incident.restricted", about, readers(CISO, HEAD), NULL);
}

static void readers_change_and_whoever_is_left_out_sees_nothing_more(void **state)
{
	struct town *town = *state;
	char about[NUMBER_SIZE];

	declare_restricted(town, about);
	town_do(town, CISO, "incident.restricted", about, readers(CISO, HEAD), NULL);
	assert_no_word(town, GENERAL, about);
	town_refused(town, "case", GENERAL, "incident.noted", about, json_object(), json_string("？"));
	town_do(town, HEAD, "incident.noted", about, json_object(), json_string("聞き取り"));
}

/* Administrators cannot let themselves in. */
static void nobody_else_lets_himself_in(void **state)
{
	struct town *town = *state;
	char about[NUMBER_SIZE];

	declare_restricted(town, about);
	town_refused(town, "case", HEAD, "incident.restricted", about, readers(HEAD, CISO), NULL);
	town_refused(town, "case", HEAD, "incident.unrestricted", about, json_object(), NULL);
}

static void an_open_case_disappears_for_others(void **state)
{
	struct town *town = *state;

	town_declare(town, "端末の紛失");
	town_do(town, GENERAL, "incident.restricted", "2026-001", readers(CISO, GENERAL), NULL);
	assert_no_word(town, CLERK, "端末の紛失");
	town_refused(town, "case", CLERK, "incident.noted", "2026-001", json_object(), json_string("続き"));
	town_do(town, CISO, "incident.noted", "2026-001", json_object(), json_string("続き"));
	/* The number is not given again. */
	town_declare(town, "別の件");
	town_do(town, CLERK, "incident.noted", "2026-002", json_object(), json_string("続き"));
}

static void what_everybody_saw_cannot_be_restricted(void **state)
{
	struct town *town = *state;

	town_declare(town, NULL);
	town_do(town, CLERK, "uplink.isolate", "2026-001", json_pack("{s:[s]}", "uplinks", "lgwan"), NULL);
	town_refused(town, "known", GENERAL, "incident.restricted", "2026-001", readers(CISO, GENERAL), NULL);
	town_refused(town, "not_restricted", GENERAL, "incident.unrestricted", "2026-001", json_object(), NULL);
}

static void nothing_is_cut_or_erased_from_a_restricted_case(void **state)
{
	struct town *town = *state;
	char about[NUMBER_SIZE];

	declare_restricted(town, about);
	town_refused(town, "restricted", GENERAL, "uplink.isolate", about, json_pack("{s:[s]}", "uplinks", "lgwan"),
		     NULL);
	town_do(town, CISO, "incident.ended", about, json_pack("{s:s}", "as", "false_alarm"), json_string("誤り"));
	town_refused(town, "restricted", GENERAL, "erasure.requested", NULL, json_pack("{s:s}", "case", about),
		     json_pack("{s:s, s:s}", "authority", "条例", "reason", "満了"));
}

static void a_press_never_joins_a_restricted_case(void **state)
{
	struct town *town = *state;
	char about[NUMBER_SIZE];

	declare_restricted(town, about);
	assert_null(book_newest_open_case(town->book));
	assert_false(book_has_open_case(town->book));
}

static void a_lifted_case_is_for_everybody(void **state)
{
	struct town *town = *state;
	char about[NUMBER_SIZE];
	json_t *timeline;

	declare_restricted(town, about);
	town_do(town, GENERAL, "incident.unrestricted", about, json_object(), json_string("処分を公表した"));
	assert_null(last_case(town));
	timeline = town_view(town, CLERK, "timeline", about, 0, LANG_JA);
	assert_int_equal(json_array_size(json_object_get(timeline, "lines")), 2);
	json_decref(timeline);
	town_do(town, CLERK, "incident.noted", about, json_object(), json_string("続き"));
	assert_null(last_case(town));
}

/* ---- random days ---- */

static uint64_t dice;

static unsigned roll(unsigned sides)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice >> 33) % sides;
}

#define PICK(list) (list)[roll(sizeof(list) / sizeof(list)[0])]

static void random_act(struct town *town, const char *about)
{
	static const char *const insiders[] = {CISO, GENERAL}, *const all[] = {CLERK, HEAD, GENERAL, CISO};
	const char *who = strstr(about, "-r") != NULL ? PICK(insiders) : PICK(all);

	switch (roll(8)) {
	case 0:
		(void)town_try(town, who, "incident.triaged", about,
			       json_pack("{s:s, s:s}", "verdict", "incident", "priority", "high"), NULL);
		break;
	case 1:
		(void)town_try(town, who, "incident.classified", about, json_pack("{s:[s]}", "types", "insider"), NULL);
		break;
	case 2:
		(void)town_try(town, who, "report.drafted", about, json_pack("{s:i}", "report", 1),
			       json_pack("{s:s}", "details", "案"));
		break;
	case 3:
		(void)town_try(town, who, "report.submitted", about, json_pack("{s:i}", "report", 1), NULL);
		break;
	case 4:
		(void)town_try(town, who, "incident.closed", about, json_object(), json_string("終わり"));
		break;
	case 5:
		(void)town_try(town, who, "uplink.isolate", about, json_pack("{s:[s]}", "uplinks", "lgwan"), NULL);
		break;
	case 6:
		(void)town_try(town, who, "contact.made", about,
			       json_pack("{s:s, s:s, s:s}", "contact", "ciso", "way", "phone", "result", "reached"),
			       json_string("連絡"));
		break;
	default:
		(void)town_try(town, who, "incident.noted", about, json_object(), json_string("記録"));
	}
	town_wait(town, 1);
}

/* The records without those that are sealed. */
static struct book *without_sealed(const struct town *town)
{
	struct town open = {.pack = town->pack, .records = json_array()};
	struct book *book;
	json_t *record;
	size_t i;

	json_array_foreach (town->records, i, record)
		if (!json_is_string(json_object_get(record, "restricted")))
			(void)json_array_append(open.records, record);
	assert_true(json_array_size(open.records) < json_array_size(town->records));
	book = town_replay(&open);
	json_decref(open.records);
	return book;
}

static void assert_same_world(const struct town *town, const struct book *open, const char *who)
{
	char *with = town_picture_for(town, town->book, who), *without = town_picture_for(town, open, who);
	char next[2][16];

	assert_string_equal(with, without);
	book_next_case(town->book, town->now, next[0]);
	book_next_case(open, town->now, next[1]);
	assert_string_equal(next[0], next[1]);
	assert_int_equal(book_has_open_case(town->book), book_has_open_case(open));
	free(with);
	free(without);
}

static void a_random_day(void)
{
	static const char *const others[] = {CLERK, HEAD, AUDITOR};
	char secret[3][NUMBER_SIZE], known[16];
	size_t secrets = 0, cases = 0;
	struct town town;
	struct book *open;

	town_open(&town);
	for (int step = 0; step < STEPS; step++) {
		unsigned what = roll(12);

		if (secrets == 0 || (what == 0 && secrets < 3))
			declare_restricted(&town, secret[secrets++]);
		else if (cases == 0 || (what == 1 && cases < 3)) {
			town_declare(&town, "公の件");
			cases++;
		} else if (what % 2 == 0) {
			random_act(&town, secret[roll((unsigned)secrets)]);
		} else {
			(void)snprintf(known, sizeof known, "2026-%03u", 1 + roll((unsigned)cases));
			random_act(&town, known);
		}
	}
	open = without_sealed(&town);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_same_world(&town, open, others[i]);
	book_free(open);
	/* And for those who may know, the records alone give the same book. */
	open = town_replay(&town);
	assert_same_world(&town, open, CISO);
	book_free(open);
	town_close(&town);
}

static void for_others_the_world_is_the_same_without_it(void **state)
{
	(void)state;
	for (uint64_t day = 0; day < DAYS; day++) {
		dice = day;
		a_random_day();
	}
}

#define IN_TOWN(test) cmocka_unit_test_setup_teardown(test, town_setup, town_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TOWN(a_restricted_case_is_for_its_readers),
		IN_TOWN(others_hear_that_there_is_no_such_case),
		IN_TOWN(readers_are_people_and_one_of_them_is_who_says_so),
		IN_TOWN(readers_change_and_whoever_is_left_out_sees_nothing_more),
		IN_TOWN(nobody_else_lets_himself_in),
		IN_TOWN(an_open_case_disappears_for_others),
		IN_TOWN(what_everybody_saw_cannot_be_restricted),
		IN_TOWN(nothing_is_cut_or_erased_from_a_restricted_case),
		IN_TOWN(a_press_never_joins_a_restricted_case),
		IN_TOWN(a_lifted_case_is_for_everybody),
		cmocka_unit_test(for_others_the_world_is_the_same_without_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
