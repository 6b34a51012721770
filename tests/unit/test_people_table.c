/* The yearly change of staff: a table becomes a list of differences, and every mistake is told with its place. */
#include "console/people_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *people, *choices;

static int open_people(void **state)
{
	(void)state;
	people = json_loads(
		"{\"users\":[{\"id\":\"u1\",\"login\":\"hanako\",\"name\":\"見本花子\",\"kind\":\"staff\","
		"\"state\":\"open\",\"until\":\"\",\"phone\":\"101\",\"roles\":[{\"id\":\"staff\"}]},"
		"{\"id\":\"u2\",\"login\":\"somu\",\"name\":\"見本 \\\"三郎\\\"\",\"kind\":\"staff\",\"state\":\"open\","
		"\"until\":\"2027-03-31\",\"roles\":[{\"id\":\"staff\"},{\"id\":\"head\"}]},"
		"{\"id\":\"u3\",\"login\":\"old\",\"name\":\"元職員\",\"kind\":\"staff\",\"state\":\"ended\"}]}",
		0, NULL);
	choices = json_loads("{\"roles\":[{\"id\":\"staff\",\"label\":\"Staff\",\"label_ja\":\"職員等\"},"
			     "{\"id\":\"head\",\"label\":\"Head\",\"label_ja\":\"情報セキュリティ責任者\"}],"
			     "\"kinds\":[{\"id\":\"staff\",\"label\":\"Staff\",\"label_ja\":\"職員\"}]}",
			     0, NULL);
	assert_non_null(people);
	assert_non_null(choices);
	return 0;
}

static int close_people(void **state)
{
	(void)state;
	json_decref(people);
	json_decref(choices);
	return 0;
}

static struct people_table table_of(const char *data, size_t len)
{
	struct people_table table;
	struct fault f;

	if (people_table_read(data, len, people, choices, &table, &f) != ERR_OK)
		fail_msg("%s", f.text);
	return table;
}

static void assert_changes(const char *text, const char *expected)
{
	struct people_table table = table_of(text, strlen(text));
	char *got = json_dumps(table.changes, JSON_COMPACT | JSON_SORT_KEYS);

	if (json_array_size(table.errors) > 0)
		fail_msg("%s", json_string_value(json_array_get(table.errors, 0)));
	assert_string_equal(got, expected);
	free(got);
	people_table_fini(&table);
}

#define ROW_1 "u1,hanako,見本花子,職員等\n"
#define ROW_2 "u2,somu,\"見本 \"\"三郎\"\"\",職員等、情報セキュリティ責任者\n"
#define HEADER "番号,ログイン名,氏名,役割\n"

static void what_is_the_same_changes_nothing(void **state)
{
	struct buf out = {.cap = 65536};
	struct people_table table;

	(void)state;
	assert_changes(HEADER ROW_1 ROW_2, "[]");
	people_table_write(&out, people, choices);
	table = table_of(out.data, out.len);
	assert_int_equal(json_array_size(table.errors), 0);
	assert_int_equal(json_array_size(table.changes), 0);
	assert_int_equal(table.same, 2);
	people_table_fini(&table);
	buf_fini(&out);
}

static void new_changed_and_ending_are_found(void **state)
{
	(void)state;
	assert_changes(HEADER "u1,hanako,見本花江,職員等\n,shin,新人,Head/職員等\n",
		       "[{\"do\":\"add\",\"kind\":\"staff\",\"person\":{\"login\":\"shin\",\"name\":\"新人\"},"
		       "\"roles\":[\"head\",\"staff\"]},"
		       "{\"do\":\"change\",\"person\":{\"name\":\"見本花江\"},\"user\":\"u1\"},"
		       "{\"do\":\"end\",\"user\":\"u2\"}]");
	/* The login of somebody who has ended is free. */
	assert_changes(
		"login,name,roles\r\nhanako,見本花子,staff\r\nsomu,\"見本 \"\"三郎\"\"\",\"staff,head\"\r\nold,別人,staff\r\n",
		"[{\"do\":\"add\",\"kind\":\"staff\",\"person\":{\"login\":\"old\",\"name\":\"別人\"},"
		"\"roles\":[\"staff\"]}]");
}

static void days_may_be_as_spreadsheets_write_them(void **state)
{
	(void)state;
	assert_changes("番号,ログイン名,氏名,最終日\nu1,hanako,見本花子,2028/3/31\nu2,somu,\"見本 \"\"三郎\"\"\",\n",
		       "[{\"do\":\"change\",\"until\":\"2028-03-31\",\"user\":\"u1\"},"
		       "{\"do\":\"change\",\"until\":\"\",\"user\":\"u2\"}]");
}

static void cp932_is_read_too(void **state)
{
	static const char text[] = HEADER ROW_1 ROW_2;
	char in[sizeof text], out[sizeof text], *from = in, *to = out;
	size_t left = sizeof text - 1, room = sizeof out;
	iconv_t cd = iconv_open("CP932", "UTF-8");
	struct people_table table;

	(void)state;
	memcpy(in, text, sizeof text);
	assert_true(iconv(cd, &from, &left, &to, &room) != (size_t)-1);
	(void)iconv_close(cd);
	table = table_of(out, (size_t)(to - out));
	assert_int_equal(json_array_size(table.errors), 0);
	assert_int_equal(table.same, 2);
	people_table_fini(&table);
}

static void mistakes_have_line_and_column(void **state)
{
	static const struct {
		const char *rows, *line, *column;
	} cases[] = {
		{"u9,hanako,見本花子,職員等\n", "2", "番号"},
		{"u3,old,元職員,職員等\n", "2", "番号"},
		{"u1,hanako,見本花子,皇帝\n", "2", "役割"},
		{"u1,hanako,見本花子,\n", "2", "役割"},
		{"u1,,見本花子,職員等\n", "2", "ログイン名"},
		{"u1,hanako,,職員等\n", "2", "氏名"},
		{ROW_1 "\n" ROW_1, "4", "ログイン名"},
		{"u1,hanako,\"見本\n花子\",皇帝\n", "2", "役割"},
		{ROW_1 "u2,somu,\"見本\n三郎\",職員等\n,,x,y\n", "5", "役割"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[1024], place[64];
		struct people_table table;
		const char *said;

		(void)snprintf(text, sizeof text, HEADER "%s", cases[i].rows);
		(void)snprintf(place, sizeof place, "Line %s, %s", cases[i].line, cases[i].column);
		table = table_of(text, strlen(text));
		assert_true(json_array_size(table.errors) > 0);
		said = json_string_value(json_array_get(table.errors, json_array_size(table.errors) - 1));
		if (strstr(said, place) == NULL)
			fail_msg("%s: '%s'", place, said);
		people_table_fini(&table);
	}
}

static void what_is_no_table_is_refused(void **state)
{
	static const char *const texts[] = {"", "\n\n", "番号\nu1\n", "\"a\n", "a,b\"c\n", "\xff\xff\xff,\x80\n"};
	struct people_table table;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_not_equal(people_table_read(texts[i], strlen(texts[i]), people, choices, &table, &f),
				     ERR_OK);
		assert_string_not_equal(f.text, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_the_same_changes_nothing),
		cmocka_unit_test(new_changed_and_ending_are_found),
		cmocka_unit_test(days_may_be_as_spreadsheets_write_them),
		cmocka_unit_test(cp932_is_read_too),
		cmocka_unit_test(mistakes_have_line_and_column),
		cmocka_unit_test(what_is_no_table_is_refused),
	};

	return cmocka_run_group_tests(tests, open_people, close_people);
}
