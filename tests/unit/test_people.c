/* Who may log in: lists of changes that two people agree on, last days, absence and deputies. */
#include "procedure/book_data.h"
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
#define SECOND "u6" /* another holder of the role general */

static int open_town(void **state)
{
	struct town *town;

	(void)town_setup(state);
	town = *state;
	town_record(town, "system", "user.added", "-",
		    json_pack("{s:s, s:[s], s:i}", "user", SECOND, "roles", "general", "generation", 1),
		    json_pack("{s:s, s:s}", "login", "rokuro", "name", "見本 六郎"));
	return 0;
}

static json_t *json(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_DECODE_ANY, &error);

	if (value == NULL)
		fail_msg("%s: %s", text, error.text);
	return value;
}

/* A request whose persons stand in the changes, as the fold keeps them. Returns its number, 0 when it is refused. */
static uint64_t request(struct town *town, const char *who, const char *changes)
{
	json_t *given = json(changes), *person = json_object(), *change;
	struct wish wish = {.who = who, .kind = act_find("people.requested"), .person = person};
	uint64_t seq = 0;
	size_t i;

	json_array_foreach (given, i, change) {
		char number[24];

		(void)snprintf(number, sizeof number, "%zu", i + 1);
		if (json_object_get(change, "person") != NULL)
			(void)json_object_set(person, number, json_object_get(change, "person"));
		(void)json_object_del(change, "person");
	}
	wish.body = json_pack("{s:o}", "changes", given);
	json_decref(town->refusal.args);
	town->refusal = (struct refusal){NULL, NULL};
	if (book_permit(town->book, &wish, town->now, LANG_JA, &town->refusal) == ERR_OK) {
		town_record(town, who, "people.requested", "-", json_incref(wish.body), json_incref(person));
		seq = town->seq;
	}
	json_decref(wish.body);
	json_decref(person);
	return seq;
}

static void refused(struct town *town, const char *why, const char *changes)
{
	assert_int_equal(request(town, GENERAL, changes), 0);
	assert_string_equal(json_string_value(json_object_get(town->refusal.args, "why")), why);
	assert_null(strchr(json_string_value(json_object_get(town->refusal.args, "say")), '{'));
}

/* What the keeper does with an approval: it, and each change, as entries. */
static bool approve(struct town *town, const char *who, uint64_t number, int count)
{
	json_t *body = json_pack("{s:I, s:i}", "request", (json_int_t)number, "changes", count), *changes = NULL,
	       *change;
	struct wish wish = {.who = who, .kind = act_find("people.approved"), .body = body};
	size_t i;

	json_decref(town->refusal.args);
	town->refusal = (struct refusal){NULL, NULL};
	if (book_permit(town->book, &wish, town->now, LANG_JA, &town->refusal) != ERR_OK) {
		json_decref(body);
		return false;
	}
	assert_int_equal(book_changes(town->book, number, who, &changes), ERR_OK);
	town_record(town, who, "people.approved", "-", body, NULL);
	json_array_foreach (changes, i, change)
		town_record(town, who, json_string_value(json_object_get(change, "act")), "-",
			    json_incref(json_object_get(change, "body")),
			    json_is_object(json_object_get(change, "person"))
				    ? json_incref(json_object_get(change, "person"))
				    : NULL);
	json_decref(changes);
	return true;
}

static void agree(struct town *town, const char *changes, int count)
{
	uint64_t number = request(town, GENERAL, changes);

	if (number == 0 || !approve(town, CISO, number, count))
		fail_msg("%s", json_string_value(json_object_get(town->refusal.args, "say")));
}

static const struct user *user(const struct town *town, const char *id)
{
	const struct user *found = user_find(town->book, id);

	assert_non_null(found);
	return found;
}

/* ---- lists ---- */

#define ADD(login, more)                                                                                   \
	"[{\"do\":\"add\",\"kind\":\"staff\",\"roles\":[\"staff\"]" more ",\"person\":{\"login\":\"" login \
	"\",\"name\":\"新人\"}}]"

static void a_list_becomes_entries_and_accounts(void **state)
{
	struct town *town = *state;
	const struct user *added;

	agree(town,
	      "[{\"do\":\"add\",\"kind\":\"staff\",\"roles\":[\"staff\"],\"until\":\"2027-03-31\","
	      "\"person\":{\"login\":\"shichi\",\"name\":\"見本 七子\"}},"
	      "{\"do\":\"change\",\"user\":\"u1\",\"roles\":[\"staff\",\"sysop\"],\"person\":{\"phone\":\"\",\"title\":\"主任\"}},"
	      "{\"do\":\"end\",\"user\":\"u5\"},{\"do\":\"reset\",\"user\":\"u2\"}]",
	      4);
	added = user(town, "u7");
	assert_string_equal(added->until, "2027-03-31");
	assert_true(added->must_change);
	assert_string_equal(text_in(user(town, CLERK)->person, "name"), "見本 花子");
	assert_string_equal(text_in(user(town, CLERK)->person, "title"), "主任");
	assert_null(text_in(user(town, CLERK)->person, "phone"));
	assert_true(user_has_role(user(town, CLERK), "sysop"));
	assert_true(user(town, AUDITOR)->is_ended);
	assert_int_equal(user(town, HEAD)->generation, 2);
	assert_true(user(town, HEAD)->must_change);
	assert_string_equal(book_user_gone(town->book, AUDITOR, town->now), "ended");
}

static void ids_are_never_used_again_but_logins_are(void **state)
{
	struct town *town = *state;

	agree(town, ADD("shin", ""), 1);
	agree(town, "[{\"do\":\"end\",\"user\":\"u7\"}]", 1);
	agree(town, ADD("shin", ""), 1);
	assert_true(user(town, "u7")->is_ended);
	assert_false(user(town, "u8")->is_ended);
}

static void mistakes_are_told_by_the_number_of_the_change(void **state)
{
	struct town *town = *state;

	refused(town, "no_changes", "[]");
	refused(town, "change_form", "[{\"do\":\"burn\",\"user\":\"u1\"}]");
	refused(town, "change_form", "[{\"do\":\"add\",\"kind\":\"staff\",\"roles\":[\"staff\"]}]");
	refused(town, "change_form", "[{\"do\":\"add\",\"kind\":\"king\",\"roles\":[\"staff\"]}]");
	refused(town, "change_form", "[{\"do\":\"change\",\"user\":\"u1\"}]");
	refused(town, "change_form", "[{\"do\":\"change\",\"user\":\"u1\",\"person\":{\"login\":\"A B\"}}]");
	refused(town, "change_form", "[{\"do\":\"change\",\"user\":\"u1\",\"person\":{\"name\":\"\"}}]");
	refused(town, "change_form", "[{\"do\":\"change\",\"user\":\"u1\",\"person\":{\"shoes\":\"42\"}}]");
	refused(town, "change_form", "[{\"do\":\"change\",\"user\":\"u1\",\"roles\":[]}]");
	refused(town, "change_user", "[{\"do\":\"end\",\"user\":\"u99\"}]");
	refused(town, "change_twice", "[{\"do\":\"reset\",\"user\":\"u1\"},{\"do\":\"reset\",\"user\":\"u1\"}]");
	refused(town, "change_name", ADD("rokuro", ""));
	refused(town, "change_role", "[{\"do\":\"change\",\"user\":\"u1\",\"roles\":[\"emperor\"]}]");
	refused(town, "change_role", "[{\"do\":\"change\",\"user\":\"u1\",\"roles\":[\"vendor_chief\"]}]");
	refused(town, "change_day", ADD("shin", ",\"until\":\"2026-02-30\""));
	refused(town, "change_day", ADD("shin", ",\"until\":\"2026-11-19\""));
	refused(town, "change_scope", ADD("shin", ",\"scope\":[\"2026-001\"]"));
	assert_non_null(strstr(json_string_value(json_object_get(town->refusal.args, "say")), "1件目"));
}

static void auditors_and_outsiders_need_their_limits(void **state)
{
	struct town *town = *state;

	refused(town, "change_day",
		"[{\"do\":\"add\",\"kind\":\"auditor\",\"roles\":[\"auditor\"],\"person\":{\"login\":\"kan\",\"name\":\"監査\"}}]");
	refused(town, "change_role",
		"[{\"do\":\"add\",\"kind\":\"auditor\",\"roles\":[\"staff\"],\"until\":\"2027-03-31\","
		"\"person\":{\"login\":\"kan\",\"name\":\"監査\"}}]");
	refused(town, "change_scope",
		"[{\"do\":\"add\",\"kind\":\"external\",\"roles\":[\"vendor_chief\"],\"until\":\"2027-03-31\","
		"\"person\":{\"login\":\"v\",\"name\":\"業者\"}}]");
	refused(town, "change_day", "[{\"do\":\"change\",\"user\":\"u1\",\"until\":\"tomorrow\"}]");
}

static void outsiders_see_what_they_were_called_for(void **state)
{
	struct town *town = *state;
	struct view_request other = {.what = "incident", .who = "u7", .about = "2026-002", .now = town->now};
	struct refusal refusal = {NULL, NULL};
	json_t *seen;

	town_declare(town, "一");
	town_declare(town, "二");
	agree(town,
	      "[{\"do\":\"add\",\"kind\":\"external\",\"roles\":[\"vendor_chief\"],\"until\":\"2027-03-31\","
	      "\"scope\":[\"2026-001\"],\"person\":{\"login\":\"v\",\"name\":\"業者\"}}]",
	      1);
	seen = town_view(town, "u7", "incidents", NULL, 0, LANG_JA);
	assert_int_equal(json_array_size(json_object_get(seen, "incidents")), 1);
	json_decref(seen);
	seen = town_view(town, "u7", "people", NULL, 0, LANG_JA);
	assert_int_equal(json_array_size(json_object_get(seen, "users")), 1);
	json_decref(seen);
	assert_int_equal(view(town->book, &other, &seen, &refusal), ERR_DENIED);
	assert_string_equal(refusal.code, "not_found");
	json_decref(refusal.args);
	town_refused(town, "observer", "u7", "incident.noted", CASE_1, json_object(), json_string("x"));
}

static void the_second_is_another_with_the_right_and_sees_the_same_list(void **state)
{
	struct town *town = *state;
	uint64_t number = request(town, GENERAL, ADD("shin", ""));

	assert_false(approve(town, GENERAL, number, 1));
	assert_false(approve(town, HEAD, number, 1));
	assert_false(approve(town, CISO, number, 2));
	assert_string_equal(json_string_value(json_object_get(town->refusal.args, "why")), "other_list");
	assert_true(approve(town, CISO, number, 1));
	assert_false(approve(town, CISO, number, 1));
}

static void a_newer_request_replaces_the_older_of_the_same_person_only(void **state)
{
	struct town *town = *state;
	uint64_t older = request(town, GENERAL, ADD("a", "")), other = request(town, SECOND, ADD("b", ""));

	assert_true(request(town, GENERAL, ADD("c", "")) > 0);
	assert_false(approve(town, CISO, older, 1));
	assert_true(approve(town, CISO, other, 1));
}

static void a_request_is_void_for_good_when_things_change(void **state)
{
	struct town *town = *state;
	uint64_t mine = request(town, GENERAL, "[{\"do\":\"reset\",\"user\":\"u1\"}]");

	assert_true(approve(town, CISO,
			    request(town, SECOND, "[{\"do\":\"change\",\"user\":\"u3\",\"roles\":[\"staff\"]}]"), 1));
	assert_true(approve(town, CISO,
			    request(town, SECOND, "[{\"do\":\"change\",\"user\":\"u3\",\"roles\":[\"general\"]}]"), 1));
	assert_false(approve(town, CISO, mine, 1));
	mine = request(town, GENERAL, ADD("shin", ""));
	assert_true(approve(town, CISO, request(town, SECOND, ADD("shin", "")), 1));
	assert_false(approve(town, CISO, mine, 1));
}

static void two_administrators_remain(void **state)
{
	struct town *town = *state;

	refused(town, "administrators", "[{\"do\":\"end\",\"user\":\"u6\"},{\"do\":\"end\",\"user\":\"u4\"}]");
	refused(town, "administrators",
		"[{\"do\":\"end\",\"user\":\"u6\"},{\"do\":\"change\",\"user\":\"u4\",\"until\":\"2027-03-31\"}]");
	agree(town,
	      "[{\"do\":\"end\",\"user\":\"u6\"},{\"do\":\"change\",\"user\":\"u4\",\"roles\":[\"staff\"]},"
	      "{\"do\":\"change\",\"user\":\"u1\",\"roles\":[\"ciso\"]}]",
	      3);
}

/* ---- days ---- */

static void a_last_day_counts_to_its_end_in_japan(void **state)
{
	struct town *town = *state;
	struct moment unset = {.source = WALL_UNSET};

	agree(town, "[{\"do\":\"change\",\"user\":\"u1\",\"until\":\"2026-11-20\"}]", 1);
	town_wait(town, 14 * 60 + 49); /* 23:59 */
	assert_null(book_user_gone(town->book, CLERK, town->now));
	town_wait(town, 1);
	assert_string_equal(book_user_gone(town->book, CLERK, town->now), "until");
	town_refused(town, "account_over", CLERK, "incident.declared", NULL, json_object(), NULL);
	/* Without a clock the newest known time counts. */
	assert_null(book_user_gone(town->book, CLERK, unset));
	town_do(town, HEAD, "incident.declared", NULL, json_object(), NULL);
	assert_string_equal(book_user_gone(town->book, CLERK, unset), "until");
	agree(town, "[{\"do\":\"change\",\"user\":\"u1\",\"until\":\"\"}]", 1);
	assert_null(book_user_gone(town->book, CLERK, town->now));
}

/* ---- deputies ---- */

static json_t *absence(const char *until, const char *deputy)
{
	return json_pack("{s:s, s:s*}", "until", until, "deputy", deputy);
}

static void absence_names_a_day_and_somebody_who_may_act(void **state)
{
	struct town *town = *state;

	town_refused(town, "away_day", HEAD, "user.absent", NULL, absence("2026-11-19", NULL), NULL);
	town_refused(town, "away_day", HEAD, "user.absent", NULL, absence("2028-01-01", NULL), NULL);
	town_refused(town, "deputy", HEAD, "user.absent", NULL, absence("2026-11-30", HEAD), NULL);
	town_refused(town, "deputy", HEAD, "user.absent", NULL, absence("2026-11-30", AUDITOR), NULL);
	town_refused(town, "others_absence", CLERK, "user.absent", NULL,
		     json_pack("{s:s, s:s}", "user", HEAD, "until", "2026-11-30"), NULL);
	town_refused(town, "not_away", HEAD, "user.back", NULL, json_object(), NULL);
	town_do(town, CISO, "user.absent", NULL, json_pack("{s:s, s:s}", "user", HEAD, "until", "2026-11-30"), NULL);
	town_refused(town, "deputy", CLERK, "user.absent", NULL, absence("2026-11-30", HEAD), NULL);
	town_do(town, HEAD, "user.back", NULL, json_object(), NULL);
}

static json_t *sealing(void)
{
	return json_pack("{s:i, s:s}", "report", 1, "manner", "screen");
}

static json_t *step_of(const struct town *town, size_t step)
{
	json_t *report = town_view(town, GENERAL, "report", CASE_1, 1, LANG_JA);
	json_t *found = json_incref(json_array_get(json_object_get(report, "chain"), step));

	json_decref(report);
	return found;
}

static void a_deputy_seals_for_who_is_away_and_the_seal_says_so(void **state)
{
	struct town *town = *state;
	json_t *step;

	town_declare(town, "脅迫文");
	town_do(town, CLERK, "report.drafted", CASE_1, json_pack("{s:i}", "report", 1), NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, json_pack("{s:i}", "report", 1), NULL);
	town_refused(town, "step", CLERK, "report.approved", CASE_1, sealing(), NULL);
	town_do(town, HEAD, "user.absent", NULL, absence("2026-11-20", CLERK), NULL);
	town_refused(town, "field", CLERK, "report.approved", CASE_1,
		     json_pack("{s:i, s:s, s:s}", "report", 1, "manner", "screen", "for", GENERAL), NULL);
	town_do(town, CLERK, "report.approved", CASE_1, sealing(), NULL);
	step = step_of(town, 1);
	assert_string_equal(json_string_value(json_object_get(step, "by")), "見本 花子");
	assert_string_equal(json_string_value(json_object_get(step, "for")), "見本 太郎");
	assert_true(json_is_null(json_object_get(step, "viewed")));
	json_decref(step);
	/* 後閲: by the holder alone, after the others. */
	town_do(town, GENERAL, "report.approved", CASE_1, sealing(), NULL);
	town_do(town, CISO, "report.approved", CASE_1, sealing(), NULL);
	town_refused(town, "step", CLERK, "report.approved", CASE_1, sealing(), NULL);
	town_do(town, HEAD, "report.approved", CASE_1, sealing(), NULL);
	step = step_of(town, 1);
	assert_string_equal(json_string_value(json_object_get(step, "by")), "見本 花子");
	assert_string_equal(json_string_value(json_object_get(step, "viewed_by")), "見本 太郎");
	json_decref(step);
}

static void a_deputy_is_none_when_the_days_are_over(void **state)
{
	struct town *town = *state;

	town_declare(town, "脅迫文");
	town_do(town, CLERK, "report.drafted", CASE_1, json_pack("{s:i}", "report", 1), NULL);
	town_do(town, CLERK, "report.submitted", CASE_1, json_pack("{s:i}", "report", 1), NULL);
	town_do(town, HEAD, "user.absent", NULL, absence("2026-11-20", CLERK), NULL);
	town_wait(town, 15 * 60);
	town_refused(town, "step", CLERK, "report.approved", CASE_1, sealing(), NULL);
}

/* ---- any sequence ---- */

static uint64_t dice;

static unsigned roll(unsigned sides)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice >> 33) % sides;
}

static void random_changes(char *out, size_t size)
{
	static const char *const roles[] = {"staff", "general", "ciso", "sysadmin", "head"};
	static const char *const whats[] = {"change", "end", "reset"};
	size_t len = (size_t)snprintf(out, size, "[");

	for (unsigned i = 0, count = 1 + roll(3); i < count; i++) {
		const char *role = roles[roll(5)], *until = roll(3) == 0 ? "2026-12-31" : "";

		len += (size_t)snprintf(out + len, size - len, "%s", i > 0 ? "," : "");
		if (roll(3) == 0)
			len += (size_t)snprintf(
				out + len, size - len,
				"{\"do\":\"add\",\"kind\":\"staff\",\"roles\":[\"%s\"],\"person\":{\"login\":"
				"\"l%u\",\"name\":\"名%u\"}}",
				role, roll(30), roll(30));
		else
			len += (size_t)snprintf(out + len, size - len,
						"{\"do\":\"%s\",\"user\":\"u%u\",\"roles\":[\"%s\"],\"until\":\"%s\"}",
						whats[roll(3)], 1 + roll(12), role, until);
	}
	(void)snprintf(out + len, size - len, "]");
}

static unsigned administrators(const struct town *town)
{
	unsigned count = 0;

	for (size_t i = 0; i < town->book->users_count; i++) {
		const struct user *u = &town->book->users[i];

		count += !u->is_ended && u->until[0] == '\0' &&
			 (user_has_role(u, "general") || user_has_role(u, "ciso"));
	}
	return count;
}

static void any_sequence_keeps_two_administrators_and_replays(void **state)
{
	struct town *town = *state;
	unsigned done = 0, refusals = 0;
	char changes[2048], *now, *again;
	struct book *book;

	dice = 5;
	for (int step = 0; step < 400; step++) {
		char asks[16], approves[16];
		uint64_t number;
		json_t *list;

		(void)snprintf(asks, sizeof asks, "u%u", 1 + roll(12));
		(void)snprintf(approves, sizeof approves, "u%u", 1 + roll(12));
		random_changes(changes, sizeof changes);
		list = json(changes);
		number = request(town, asks, changes);
		if (number > 0 && approve(town, approves, number, (int)json_array_size(list)))
			done++;
		else
			refusals++;
		json_decref(list);
		assert_true(administrators(town) >= 2);
	}
	assert_true(done > 5 && refusals > 50);
	/* The picture is drawn for this account, which may have ended. */
	town_record(town, "system", "user.added", "-",
		    json_pack("{s:s, s:[s], s:i}", "user", GENERAL, "roles", "general", "generation", 9), NULL);
	book = town_replay(town);
	now = town_picture(town, town->book);
	again = town_picture(town, book);
	assert_string_equal(now, again);
	free(now);
	free(again);
	book_free(book);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_town, town_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_list_becomes_entries_and_accounts),
		TEST(ids_are_never_used_again_but_logins_are),
		TEST(mistakes_are_told_by_the_number_of_the_change),
		TEST(auditors_and_outsiders_need_their_limits),
		TEST(outsiders_see_what_they_were_called_for),
		TEST(the_second_is_another_with_the_right_and_sees_the_same_list),
		TEST(a_newer_request_replaces_the_older_of_the_same_person_only),
		TEST(a_request_is_void_for_good_when_things_change),
		TEST(two_administrators_remain),
		TEST(a_last_day_counts_to_its_end_in_japan),
		TEST(absence_names_a_day_and_somebody_who_may_act),
		TEST(a_deputy_seals_for_who_is_away_and_the_seal_says_so),
		TEST(a_deputy_is_none_when_the_days_are_over),
		TEST(any_sequence_keeps_two_administrators_and_replays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
