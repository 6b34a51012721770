/* Registers: what is refused, what stands in them afterwards, and what a mistake in their definition is called. */
#include "support/town.h"

#include "procedure/pack_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static json_t *in(const char *id)
{
	return json_pack("{s:s}", "register", id);
}

static json_t *at(const char *id, int line)
{
	return json_pack("{s:s, s:i}", "register", id, "line", line);
}

/* A register of the test's own, so that no pack's changes break it. */
static void define(const struct town *town, const char *yaml, struct fault *f, enum err expected)
{
	char folder[] = "/tmp/kannuki-register.XXXXXX", path[64];
	FILE *out;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/registers", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/registers/loan.yaml", folder);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fputs(yaml, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(pack_read_registers(town->pack, folder, f), expected);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof path, "%s/registers", folder);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

#define HEAD_OF_LOAN "id: loan\nlabel: {ja: 貸出, en: Loan}\norigin: 試験\nfields:\n"
#define FIELDS                                                                                  \
	"  - {id: what, label: {ja: 物, en: Thing}, kind: text, need: must}\n"                 \
	"  - {id: count, label: {ja: 数, en: Number}, kind: number, need: when}\n"             \
	"  - {id: day, label: {ja: 日, en: Day}, kind: date, need: when}\n"                    \
	"  - {id: when, label: {ja: 時刻, en: Time}, kind: time, need: when}\n"               \
	"  - id: level\n    label: {ja: 区分, en: Level}\n    kind: choice\n    need: when\n" \
	"    options: [{id: a, label: {ja: 甲, en: A}}, {id: b, label: {ja: 乙, en: B}}]\n"   \
	"  - id: how\n    label: {ja: 措置, en: How}\n    kind: choices\n    need: when\n"    \
	"    options: [{id: a, label: {ja: 甲, en: A}}, {id: b, label: {ja: 乙, en: B}}]\n"   \
	"  - {id: who, label: {ja: 人, en: Who}, kind: person, need: when}\n"

static void write_loan(struct town *town, json_t *values)
{
	town_do(town, CLERK, "register.written", NULL, in("loan"), values);
}

static json_t *lines(const struct town *town)
{
	json_t *view = town_view(town, AUDITOR, "register", "loan", 0, LANG_JA);
	json_t *list = json_incref(json_object_get(view, "lines"));

	json_decref(view);
	return list;
}

static void a_line_is_written_changed_and_struck_out(void **state)
{
	struct town *town = *state;
	json_t *list, *line;

	define(town, HEAD_OF_LOAN FIELDS, NULL, ERR_OK);
	write_loan(town, json_pack("{s:s, s:s}", "what", "USBメモリ", "how", "b a"));
	write_loan(town, json_pack("{s:s}", "what", "ノートPC"));
	town_do(town, HEAD, "register.written", NULL, at("loan", 1),
		json_pack("{s:s, s:s}", "what", "USBメモリ", "level", "a"));
	town_do(town, HEAD, "register.struck", NULL, at("loan", 2), json_string("書き間違い"));
	list = lines(town);
	assert_int_equal(json_array_size(list), 2);
	line = json_array_get(list, 0);
	assert_int_equal(json_integer_value(json_object_get(line, "line")), 2);
	assert_string_equal(json_string_value(json_object_get(json_object_get(line, "struck"), "reason")),
			    "書き間違い");
	line = json_array_get(list, 1);
	assert_int_equal(json_integer_value(json_object_get(line, "changes")), 1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(line, "values"), "level")), "a");
	assert_null(json_object_get(json_object_get(line, "values"), "how"));
	json_decref(list);
	town_refused(town, "line_struck", CLERK, "register.written", NULL, at("loan", 2),
		     json_pack("{s:s}", "what", "x"));
	town_refused(town, "line_struck", HEAD, "register.struck", NULL, at("loan", 2), json_string("もう一度"));
}

static void what_does_not_fit_is_refused(void **state)
{
	static const char *const wrong[][2] = {
		{"count", "1.5"},      {"count", "-1"},  {"count", "1234567890123456"},
		{"day", "2027-02-29"}, {"day", "明日"},  {"when", "9:12"},
		{"level", "c"},        {"level", "a b"}, {"how", "a a"},
		{"how", "a  b"},       {"how", "a "},    {"what", "二行\n目"},
		{"who", "見本 花子"},  {"nothing", "x"}, {"count", " "},
	};
	struct town *town = *state;

	define(town, HEAD_OF_LOAN FIELDS, NULL, ERR_OK);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		json_t *values = json_pack("{s:s}", "what", "x");

		(void)json_object_set_new(values, wrong[i][0], json_string(wrong[i][1]));
		town_refused(town, "field", CLERK, "register.written", NULL, in("loan"), values);
	}
	town_refused(town, "detail", CLERK, "register.written", NULL, in("loan"), json_pack("{s:s}", "count", "3"));
	town_refused(town, "detail", CLERK, "register.written", NULL, in("loan"), NULL);
	town_refused(town, "field", CLERK, "register.written", NULL, in("loan"), json_string("x"));
	town_refused(town, "no_register", CLERK, "register.written", NULL, in("loans"), NULL);
	town_refused(town, "no_line", CLERK, "register.written", NULL, at("loan", 1), json_pack("{s:s}", "what", "x"));
	town_refused(town, "reason", HEAD, "register.struck", NULL,
		     (write_loan(town, json_pack("{s:s}", "what", "x")), at("loan", 1)), NULL);
	town_refused(town, "role", CLERK, "register.struck", NULL, at("loan", 1), json_string("x"));
	town_refused(town, "observer", AUDITOR, "register.written", NULL, in("loan"), json_pack("{s:s}", "what", "x"));
}

static void what_the_record_says_is_what_is_shown(void **state)
{
	struct town *town = *state;
	struct book *again;
	char *before, *after;

	define(town, HEAD_OF_LOAN FIELDS, NULL, ERR_OK);
	for (int i = 0; i < 30; i++)
		write_loan(town, json_pack("{s:s, s:s}", "what", "x", "day", "2028-02-29"));
	town_do(town, HEAD, "register.struck", NULL, at("loan", 7), json_string("不要"));
	again = town_replay(town);
	before = town_picture(town, town->book);
	after = town_picture(town, again);
	assert_string_equal(before, after);
	assert_non_null(strstr(before, "2028-02-29"));
	free(before);
	free(after);
	book_free(again);
}

static void mistakes_of_a_definition_are_named(void **state)
{
	static const struct {
		const char *yaml, *says;
	} wrong[] = {
		{"id: lone\nlabel: {ja: 貸出, en: Loan}\norigin: 試験\nfields:\n" FIELDS, "loan.yaml:1: "},
		{HEAD_OF_LOAN "  - {id: What, label: {ja: 物, en: Thing}, kind: text, need: must}\n",
		 "loan.yaml:5: id"},
		{HEAD_OF_LOAN "  - {id: x, label: {ja: 物, en: Thing}, kind: word, need: must}\n",
		 "loan.yaml:5: field"},
		{HEAD_OF_LOAN "  - {id: x, label: {ja: 物, en: Thing}, kind: text, need: yes}\n", "loan.yaml:5: field"},
		{HEAD_OF_LOAN "  - {id: x, label: {ja: 物, en: Thing}, kind: choice, need: must}\n", "needs options"},
		{HEAD_OF_LOAN FIELDS "  - {id: what, label: {ja: 物, en: Thing}, kind: text, need: must}\n",
		 "stands twice"},
		{HEAD_OF_LOAN "  - {id: x, kind: text, need: must}\n", "a key is missing"},
		{"fields: []\n", "loan.yaml:"},
	};
	struct town *town = *state;
	struct fault f;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		define(town, wrong[i].yaml, &f, ERR_FORMAT);
		assert_non_null(strstr(f.text, wrong[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_is_written_changed_and_struck_out, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(what_the_record_says_is_what_is_shown, town_setup, town_teardown),
		cmocka_unit_test_setup_teardown(mistakes_of_a_definition_are_named, town_setup, town_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
