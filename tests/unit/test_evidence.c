/* Evidence: what is refused, what the keeper adds, and what people are shown of it. */
#include "support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define CASE "2026-001"

static int open_town(void **state)
{
	struct town *town;

	(void)town_setup(state);
	town = *state;
	town_declare(town, "不審な通信");
	return 0;
}

static json_t *kind(const char *id)
{
	return json_pack("{s:s}", "kind", id);
}

static json_t *what(const char *words)
{
	return json_pack("{s:s}", "what", words);
}

static json_t *custody(void)
{
	return json_pack("{s:s, s:s, s:s}", "from", "情報係", "to", "県警", "why", "鑑定");
}

static json_t *files(const char *name)
{
	return json_pack("[{s:s, s:i, s:s, s:s}]", "name", name, "size", 5, "type", "text/plain", "sha256",
			 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

static json_t *rows(const struct town *town, const char *who, const char *about)
{
	json_t *view = town_view(town, who, "evidence", about, 0, LANG_JA);
	json_t *list = json_incref(json_object_get(view, "evidence"));

	json_decref(view);
	return list;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void numbers_and_counts_are_the_keepers(void **state)
{
	struct town *town = *state;
	json_t *list, *head;

	/* Whatever was said about them. */
	town->files = files("fw.log");
	town_do(town, CLERK, "evidence.taken", CASE,
		json_pack("{s:s, s:i, s:i}", "kind", "log", "evidence", 77, "files", 99), what("ログ"));
	town_do(town, CLERK, "evidence.taken", CASE,
		json_pack("{s:s, s:i, s:i}", "kind", "disk", "files", 99, "copy_of", 1), what("複製"));
	list = rows(town, HEAD, CASE);
	assert_int_equal(json_array_size(list), 2);
	for (json_int_t i = 0; i < 2; i++)
		assert_int_equal(json_integer_value(json_object_get(json_array_get(list, (size_t)i), "evidence")),
				 i + 1);
	assert_string_equal(text_of(json_array_get(json_object_get(json_array_get(list, 0), "files"), 0), "name"),
			    "fw.log");
	assert_null(json_object_get(json_array_get(list, 1), "files"));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "copy_of")), 1);
	head = town_view(town, HEAD, "incident", CASE, 0, LANG_JA);
	assert_int_equal(json_integer_value(json_object_get(head, "evidence")), 2);
	json_decref(head);
	json_decref(list);
}

static void what_is_not_complete_is_refused(void **state)
{
	struct town *town = *state;
	char *long_words = malloc(1002);

	memset(long_words, 'x', 1001);
	long_words[1001] = '\0';
	town_refused(town, "value", CLERK, "evidence.taken", CASE, kind("soup"), what("x"));
	town_refused(town, "detail", CLERK, "evidence.taken", CASE, kind("log"), what("  "));
	town_refused(town, "field", CLERK, "evidence.taken", CASE, kind("log"), json_string("x"));
	town_refused(town, "field", CLERK, "evidence.taken", CASE, kind("log"), NULL);
	town_refused(town, "field", CLERK, "evidence.taken", CASE, kind("log"),
		     json_pack("{s:s, s:s}", "what", "x", "hat", "y"));
	town_refused(town, "too_long", CLERK, "evidence.taken", CASE, kind("log"), what(long_words));
	town_refused(town, "no_evidence", CLERK, "evidence.taken", CASE,
		     json_pack("{s:s, s:i}", "kind", "log", "copy_of", 1), what("x"));
	town_refused(town, "time", CLERK, "evidence.taken", CASE,
		     json_pack("{s:s, s:s}", "kind", "log", "at", "gestern"), what("x"));
	town_refused(town, "case", CLERK, "evidence.taken", "2026-002", kind("log"), what("x"));
	town_refused(town, "observer", AUDITOR, "evidence.taken", CASE, kind("log"), what("x"));
	free(long_words);
}

static void custody_goes_on_after_the_case(void **state)
{
	struct town *town = *state;
	json_t *list, *second;

	town_refused(town, "no_evidence", CLERK, "evidence.handed", CASE,
		     json_pack("{s:i, s:s}", "evidence", 1, "seal", "intact"), custody());
	town_do(town, CLERK, "evidence.taken", CASE, kind("device"), what("共有PC"));
	town_refused(town, "value", CLERK, "evidence.handed", CASE,
		     json_pack("{s:i, s:s}", "evidence", 1, "seal", "half"), custody());
	town_refused(town, "detail", CLERK, "evidence.handed", CASE,
		     json_pack("{s:i, s:s}", "evidence", 1, "seal", "intact"), json_pack("{s:s}", "from", "情報係"));
	town_refused(town, "no_evidence", CLERK, "evidence.handed", CASE,
		     json_pack("{s:i, s:s}", "evidence", 0, "seal", "intact"), custody());
	town_do(town, HEAD, "incident.ended", CASE, json_pack("{s:s}", "as", "false_alarm"), json_string("誤報"));
	town_do(town, CLERK, "evidence.handed", CASE, json_pack("{s:i, s:s}", "evidence", 1, "seal", "broken"),
		custody());
	list = rows(town, AUDITOR, CASE);
	second = json_array_get(list, 1);
	assert_string_equal(text_of(second, "row"), "handed");
	assert_string_equal(text_of(second, "seal_label"), "封印が破れている");
	assert_string_equal(text_of(json_object_get(second, "details"), "to"), "県警");
	json_decref(list);
}

static void the_timeline_says_it_in_words(void **state)
{
	struct town *town = *state;
	json_t *view, *lines;
	const char *line;

	town_do(town, CLERK, "evidence.taken", CASE, kind("device"), what("共有PC"));
	town_do(town, CLERK, "evidence.handed", CASE, json_pack("{s:i, s:s}", "evidence", 1, "seal", "intact"),
		custody());
	view = town_view(town, HEAD, "timeline", CASE, 0, LANG_JA);
	lines = json_object_get(view, "lines");
	line = text_of(json_array_get(lines, json_array_size(lines) - 2), "text");
	assert_string_equal(line, "証拠品 1 機器・媒体の現物：共有PC");
	line = text_of(json_array_get(lines, json_array_size(lines) - 1), "text");
	assert_string_equal(line, "証拠品の受渡し 1 情報係 → 県警（封印に異常なし）");
	json_decref(view);
}

/* As the keeper finds it when files or text were erased. */
static void what_was_erased_shows_as_erased(void **state)
{
	struct town *town = *state;
	struct view_request request = {.what = "evidence", .who = HEAD, .about = CASE, .now = town->now};
	json_t *record, *list, *row;
	struct refusal refusal = {NULL, NULL};
	struct book *again;
	const char *hash;

	town->files = files("fw.log");
	town_do(town, CLERK, "evidence.taken", CASE, kind("log"), what("ログ"));
	assert_int_equal(book_evidence_file(town->book, &request, 1, 1, &hash, &refusal), ERR_OK);
	assert_int_equal(strncmp(hash, "2cf24dba", 8), 0);
	record = json_array_get(town->records, json_array_size(town->records) - 1);
	(void)json_object_set_new(record, "files", json_null());
	(void)json_object_set_new(record, "text", json_null());
	again = town_replay(town);
	book_free(town->book);
	town->book = again;
	list = rows(town, HEAD, CASE);
	row = json_array_get(list, 0);
	assert_true(json_is_null(json_object_get(row, "files")));
	assert_true(json_is_null(json_object_get(row, "details")));
	assert_int_equal(book_evidence_file(town->book, &request, 1, 1, &hash, &refusal), ERR_DENIED);
	assert_string_equal(refusal.code, "not_found");
	json_decref(refusal.args);
	json_decref(list);
}

static void files_of_a_restricted_case_are_for_its_readers(void **state)
{
	struct town *town = *state;
	struct view_request request = {.what = "evidence", .who = HEAD, .now = town->now};
	struct refusal refusal = {NULL, NULL};
	const json_t *record;
	const char *hash;
	char about[24];

	town_do(town, CISO, "incident.declared", NULL, json_pack("{s:[s, s]}", "readers", CISO, GENERAL),
		json_string("持ち出し"));
	record = json_array_get(town->records, json_array_size(town->records) - 1);
	(void)snprintf(about, sizeof about, "%s", text_of(record, "restricted"));
	town->files = files("list.csv");
	town_do(town, CISO, "evidence.taken", about, kind("log"), what("一覧"));
	request.about = about;
	assert_int_equal(book_evidence_file(town->book, &request, 1, 1, &hash, &refusal), ERR_DENIED);
	assert_string_equal(refusal.code, "not_found");
	json_decref(refusal.args);
	request.who = GENERAL;
	assert_int_equal(book_evidence_file(town->book, &request, 1, 1, &hash, &refusal), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_and_counts_are_the_keepers, open_town, town_teardown),
		cmocka_unit_test_setup_teardown(what_is_not_complete_is_refused, open_town, town_teardown),
		cmocka_unit_test_setup_teardown(custody_goes_on_after_the_case, open_town, town_teardown),
		cmocka_unit_test_setup_teardown(the_timeline_says_it_in_words, open_town, town_teardown),
		cmocka_unit_test_setup_teardown(what_was_erased_shows_as_erased, open_town, town_teardown),
		cmocka_unit_test_setup_teardown(files_of_a_restricted_case_are_for_its_readers, open_town,
						town_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
