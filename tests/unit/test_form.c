/* The form as text: 80 columns, nothing cut off, boxes and seals where they belong. */
#include "form/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static struct form *form;

static int load(void **state)
{
	struct fault fault = {ERR_OK, ""};

	(void)state;
	if (form_load("app/procedure/packs/otari/forms/youshiki13.yaml", &form, &fault) != ERR_OK)
		fail_msg("%s", fault.text);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	form_free(form);
	return 0;
}

/* Takes over values and seals. */
static json_t *lines_of(json_t *values, json_t *seals, enum lang lang)
{
	json_t *site = json_pack("{s:s, s:s}", "prefecture", "見本県", "ciso_post", "副村長");
	struct filling filling = {.values = values, .seals = seals, .site = site, .lang = lang};
	json_t *lines = form_text(form, &filling), *line;
	size_t i;

	assert_non_null(lines);
	json_array_foreach (lines, i, line)
		assert_true(text_columns(json_string_value(line)) <= 80);
	json_decref(values);
	json_decref(seals);
	json_decref(site);
	return lines;
}

/* The line that holds `word`, or NULL. */
static const char *line_with(const json_t *lines, const char *word)
{
	json_t *line;
	size_t i;

	json_array_foreach (lines, i, line)
		if (strstr(json_string_value(line), word) != NULL)
			return json_string_value(line);
	return NULL;
}

static size_t count(const json_t *lines, const char *sign)
{
	size_t found = 0, i;
	json_t *line;

	json_array_foreach (lines, i, line)
		for (const char *at = json_string_value(line); (at = strstr(at, sign)) != NULL; at += strlen(sign))
			found++;
	return found;
}

static void a_blank_form_has_every_box_empty(void **state)
{
	json_t *lines = lines_of(json_object(), json_object(), LANG_JA);

	(void)state;
	/* ① 10, ② 17, annex 2, running 4, below level 2, spreading 2, press 3, told outside 5, plans 3 */
	assert_int_equal(count(lines, "□"), 48);
	assert_int_equal(count(lines, "■"), 0);
	assert_int_equal(count(lines, "（印）"), 5);
	assert_non_null(line_with(lines, "最高情報セキュリティ責任者（副村長）　様"));
	assert_non_null(line_with(lines, "□ 見本県警"));
	json_decref(lines);
}

static void every_framed_line_is_exactly_80_columns(void **state)
{
	json_t *lines =
		lines_of(json_pack("{s:s}", "summary", "端末3台で脅迫文が表示された。"), json_object(), LANG_JA);
	json_t *line;
	size_t i, framed = 0;

	(void)state;
	json_array_foreach (lines, i, line) {
		const char *text = json_string_value(line);

		if (text[0] != '|' && text[0] != '+')
			continue;
		framed++;
		assert_int_equal(text_columns(text), 80);
		assert_true(text[strlen(text) - 1] == '|' || text[strlen(text) - 1] == '+');
	}
	assert_true(framed > 100);
	json_decref(lines);
}

static void chosen_options_are_black(void **state)
{
	json_t *lines = lines_of(
		json_pack("{s:s, s:[s, s], s:s}", "event", "leak", "causes", "mail", "unknown", "running", "stopped"),
		json_object(), LANG_JA);

	(void)state;
	assert_int_equal(count(lines, "■"), 4);
	assert_non_null(strstr(line_with(lines, "情報の漏えい"), "■"));
	assert_non_null(strstr(line_with(lines, "不審メール等の受信"), "■"));
	assert_non_null(strstr(line_with(lines, "| 不明"), "■"));
	assert_non_null(line_with(lines, "□ 影響なし  ■ 停止中"));
	json_decref(lines);
}

/* The text again, without frames and blanks: what a reader can copy out of a cell. */
static char *letters(const json_t *lines)
{
	struct buf out = {0};
	json_t *line;
	size_t i;

	json_array_foreach (lines, i, line)
		for (const char *c = json_string_value(line); *c != '\0'; c++)
			if (strchr("|+- ", *c) == NULL)
				buf_addc(&out, *c);
	return buf_take(&out);
}

static void a_long_text_makes_its_row_higher_and_loses_nothing(void **state)
{
	struct buf text = {0};
	json_t *lines;
	char *all;

	(void)state;
	for (int i = 0; i < 200; i++)
		buf_addf(&text, "%d件目を確かめた。", i);
	lines = lines_of(json_pack("{s:s}", "lessons", text.data), json_object(), LANG_JA);
	all = letters(lines);
	/* The label 教訓等 runs down the left of the first lines; the middle and the end are the text alone. */
	assert_non_null(strstr(all, "198件目を確かめた。199件目を確かめた。"));
	assert_non_null(strstr(all, "100件目を確かめた。101件目を確かめた。"));
	free(all);
	json_decref(lines);
	buf_fini(&text);
}

static void words_without_spaces_are_cut_only_when_they_fill_a_line(void **state)
{
	static const char address[] =
		"a-very-long-machine-name-that-is-longer-than-any-cell.mihon.example.abcdefghijklm";
	json_t *lines = lines_of(
		json_pack("{s:s, s:s}", "system", "サーバ mail01.mihon.example の管理画面", "remarks", address),
		json_object(), LANG_JA);
	char *all = letters(lines);

	(void)state;
	assert_non_null(line_with(lines, "mail01.mihon.example"));
	assert_non_null(strstr(all, "averylongmachinename"));
	assert_non_null(strstr(all, "abcdefghijklm"));
	free(all);
	json_decref(lines);
}

static void no_line_of_a_cell_begins_with_a_comma(void **state)
{
	struct buf text = {0};
	json_t *lines, *line;
	size_t i;

	(void)state;
	for (int n = 1; n < 60; n++) {
		for (int k = 0; k < n; k++)
			buf_adds(&text, "あ");
		buf_adds(&text, "。\n");
	}
	lines = lines_of(json_pack("{s:s}", "lessons", text.data), json_object(), LANG_JA);
	json_array_foreach (lines, i, line)
		assert_null(strstr(json_string_value(line), "| 。"));
	json_decref(lines);
	buf_fini(&text);
}

static void seals_show_who_when_and_how(void **state)
{
	json_t *seals = json_pack("{s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s}}", "ciso", "name", "見本 三郎", "at",
				  "2026-11-20T00:12:33.123Z", "manner", "紙の押印", "head", "name", "見本 太郎", "at",
				  "2026-11-19T15:30:00.000Z", "manner", "画面承認");
	json_t *lines = lines_of(json_object(), seals, LANG_JA);

	(void)state;
	assert_int_equal(count(lines, "見本 三郎"), 1);
	/* The manager of the section has two boxes. */
	assert_int_equal(count(lines, "見本 太郎"), 2);
	assert_int_equal(count(lines, "画面承認"), 2);
	assert_int_equal(count(lines, "紙の押印"), 1);
	assert_int_equal(count(lines, "2026年11月20日"), 3);
	assert_int_equal(count(lines, "（印）"), 2);
	json_decref(lines);
}

static void the_timeline_stands_in_two_columns(void **state)
{
	json_t *lines = lines_of(json_pack("{s:[[s, s], [n, s]]}", "progress", "2026-11-20T00:12:33.123Z",
					   "回線を遮断 インターネット系", "時計が合っていないときの記録"),
				 json_object(), LANG_JA);

	(void)state;
	assert_non_null(line_with(lines, "2026年11月20日 9時12分  回線を遮断 インターネット系"));
	assert_non_null(line_with(lines, "    年  月  日  時  分  時計が合っていないときの記録"));
	json_decref(lines);
}

static void english_fits_as_well(void **state)
{
	json_t *lines = lines_of(json_pack("{s:s}", "event", "leak"), json_object(), LANG_EN);

	(void)state;
	assert_non_null(strstr(line_with(lines, "Leak of information"), "■"));
	assert_non_null(line_with(lines, "To: Chief Information Security Officer (副村長)"));
	json_decref(lines);
}

static void labels_take_site_variables(void **state)
{
	json_t *site = json_pack("{s:s}", "prefecture", "見本県"), *text;

	(void)state;
	text = label_fill("{prefecture}警と{city}、{", site);
	assert_string_equal(json_string_value(text), "見本県警と〔city〕、{");
	json_decref(text);
	json_decref(site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blank_form_has_every_box_empty),
		cmocka_unit_test(every_framed_line_is_exactly_80_columns),
		cmocka_unit_test(chosen_options_are_black),
		cmocka_unit_test(a_long_text_makes_its_row_higher_and_loses_nothing),
		cmocka_unit_test(words_without_spaces_are_cut_only_when_they_fill_a_line),
		cmocka_unit_test(no_line_of_a_cell_begins_with_a_comma),
		cmocka_unit_test(seals_show_who_when_and_how),
		cmocka_unit_test(the_timeline_stands_in_two_columns),
		cmocka_unit_test(english_fits_as_well),
		cmocka_unit_test(labels_take_site_variables),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
