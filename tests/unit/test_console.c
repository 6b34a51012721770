/* The pure parts of the console: grammar, layout, times, numbers, and the table of commands. */
#include "base/clock.h"
#include "console/ask.h"
#include "console/commands.h"
#include "console/grammar.h"
#include "console/layout.h"
#include "console/qr.h"
#include "console/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- grammar ---- */

static void nothing(struct console *c, const struct call *call)
{
	(void)c;
	(void)call;
}

static const struct command table[] = {
	{"show", "look", NULL, NULL},
	{"show now", "now", nothing, NULL},
	{"show notes [CASE]", "notes", nothing, NULL},
	{"say [TEXT...]", "say", nothing, NULL},
	{"report new", "new", nothing, NULL},
	{"report N edit", "edit", nothing, NULL},
	{NULL, NULL, NULL, NULL},
};

static struct match match(const char *line, struct words *words)
{
	assert_int_equal(words_split(line, words), ERR_OK);
	return grammar_match(table, words);
}

static void expect_run(const char *line, const char *pattern)
{
	struct words words;
	struct match m = match(line, &words);

	assert_int_equal(m.kind, MATCH_RUN);
	assert_string_equal(m.command->pattern, pattern);
	words_free(&words);
}

static void expect_kind(const char *line, enum match_kind kind, size_t word)
{
	struct words words;
	struct match m = match(line, &words);

	assert_int_equal(m.kind, kind);
	assert_int_equal(m.word, word);
	words_free(&words);
}

static void unambiguous_beginnings_are_enough(void **state)
{
	(void)state;
	expect_run("show now", "show now");
	expect_run("  sh  now ", "show now");
	expect_run("SHOW NOW", "show now");
	expect_run("ｓｈｏｗ　ｎｏｗ", "show now");
	expect_run("show not 2026-001", "show notes [CASE]");
	expect_run("show not", "show notes [CASE]");
	expect_run("rep 12 e", "report N edit");
	expect_run("rep １２ e", "report N edit");
	expect_run("report n", "report new");
	expect_run("say", "say [TEXT...]");
	expect_run("say one two three ? four", "say [TEXT...]");
}

static void mistakes_name_the_word(void **state)
{
	(void)state;
	expect_kind("", MATCH_EMPTY, 0);
	expect_kind("s", MATCH_AMBIGUOUS, 0);
	expect_kind("show no", MATCH_AMBIGUOUS, 1);
	expect_kind("frobnicate", MATCH_UNKNOWN, 0);
	expect_kind("report 1x edit", MATCH_UNKNOWN, 1);
	expect_kind("report 1 print", MATCH_UNKNOWN, 2);
	expect_kind("show now please", MATCH_UNKNOWN, 2);
	expect_kind("show", MATCH_INCOMPLETE, 1);
	expect_kind("report 1", MATCH_INCOMPLETE, 2);
	expect_kind("show ?", MATCH_HELP, 1);
	expect_kind("help", MATCH_HELP, 0);
	expect_kind("？", MATCH_HELP, 0);
}

static void arguments_keep_what_was_typed(void **state)
{
	struct words words;
	struct call call = {.words = &words};

	(void)state;
	call.command = match("say Ｈｅｌｌｏ  \"to you\"", &words).command;
	assert_int_equal(grammar_argument(&call, "TEXT"), 1);
	assert_string_equal(argument(&call, "TEXT"), "Ｈｅｌｌｏ");
	assert_string_equal(argument_rest(&call, "TEXT"), "Ｈｅｌｌｏ  \"to you\"");
	assert_string_equal(words.word[2], "to you");
	words_free(&words);
	call.command = match("report １２ edit", &words).command;
	assert_int_equal(argument_number(&call), 12);
	assert_null(argument(&call, "TEXT"));
	words_free(&words);
	assert_null(argument(NULL, "TEXT"));
}

static void quotations_must_end_and_words_are_limited(void **state)
{
	struct words words;
	char line[2 * WORDS_MAX + 3];

	(void)state;
	assert_int_equal(words_split("say \"open", &words), ERR_FORMAT);
	for (size_t i = 0; i < sizeof line - 1; i++)
		line[i] = i % 2 == 0 ? 'x' : ' ';
	line[sizeof line - 1] = '\0';
	assert_int_equal(words_split(line, &words), ERR_FULL);
	line[2 * WORDS_MAX] = '\0';
	assert_int_equal(words_split(line, &words), ERR_OK);
	assert_int_equal(words.count, WORDS_MAX);
	words_free(&words);
}

static void choices_are_listed_once_and_by_beginning(void **state)
{
	struct choice out[8];
	struct words words;

	(void)state;
	(void)match("report", &words);
	assert_int_equal(grammar_choices(table, &words, 0, "", out, 8), 3);
	assert_string_equal(out[0].word, "show");
	assert_string_equal(out[0].help, "look");
	assert_int_equal(grammar_choices(table, &words, 0, "s", out, 8), 2);
	assert_int_equal(grammar_choices(table, &words, 1, "", out, 8), 2);
	assert_string_equal(out[0].word, "new");
	assert_string_equal(out[1].word, "N");
	assert_int_equal(grammar_choices(table, &words, 1, "", out, 1), 1);
	words_free(&words);
	(void)match("show notes", &words);
	assert_int_equal(grammar_choices(table, &words, 2, "", out, 8), 1);
	assert_string_equal(out[0].word, "[CASE]");
	words_free(&words);
}

/* ---- the real table ---- */

/* What a person would type for a pattern: its words, and something for each argument. */
static void sample_line(const char *pattern, char *out, size_t size)
{
	size_t len = 0;

	for (const char *c = pattern; *c != '\0' && len + 2 < size; c++)
		if (*c == 'N' && (c[1] == ' ' || c[1] == 'x' || c[1] == '\0'))
			out[len++] = '1';
		else if (*c == '[')
			break;
		else
			out[len++] = *c;
	while (len > 0 && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
}

static void every_command_can_be_reached(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct command *c = commands; c->pattern != NULL; c++, count++) {
		struct words words;
		struct match m;
		char line[128];

		sample_line(c->pattern, line, sizeof line);
		assert_int_equal(words_split(line, &words), ERR_OK);
		m = grammar_match(commands, &words);
		assert_int_equal(m.kind, c->run != NULL ? MATCH_RUN : MATCH_INCOMPLETE);
		if (c->run != NULL)
			assert_ptr_equal(m.command, c);
		words_free(&words);
	}
	assert_in_range(count, 1, COMMANDS_MAX);
}

static void acts_have_their_command_lines(void **state)
{
	char line[64];

	(void)state;
	assert_true(commands_for_act("report.drafted", 2, line, sizeof line));
	assert_string_equal(line, "report 2 edit");
	assert_true(commands_for_act("uplink.isolate", 0, line, sizeof line));
	assert_string_equal(line, "isolate");
	assert_true(commands_for_act("incident.triaged", 0, line, sizeof line));
	assert_string_equal(line, "incident triage");
	assert_false(commands_for_act("report.sent", 0, line, sizeof line));
	assert_false(commands_for_act("uplink.cut", 0, line, sizeof line));
}

static void tab_completes_only_what_is_certain(void **state)
{
	char out[64] = "";

	(void)state;
	commands_complete(NULL, "decl", out, sizeof out);
	assert_string_equal(out, "are ");
	out[0] = '\0';
	commands_complete(NULL, "show upl", out, sizeof out);
	assert_string_equal(out, "inks ");
	out[0] = '\0';
	commands_complete(NULL, "show \"upl", out, sizeof out);
	assert_string_equal(out, "");
}

/* ---- layout ---- */

static void expect_wrapped(const char *text, size_t width, size_t hang, const char *wanted)
{
	struct buf out = {0};

	layout_wrap(&out, text, width, hang);
	assert_string_equal(out.data, wanted);
	buf_fini(&out);
}

static void lines_break_where_a_reader_expects_it(void **state)
{
	(void)state;
	expect_wrapped("", 10, 0, "\n");
	expect_wrapped("one two three", 9, 2, "one two\n  three\n");
	expect_wrapped("あいう。えお", 6, 0, "あい\nう。え\nお\n");
	expect_wrapped("あ「い」う", 6, 0, "あ\n「い」\nう\n");
	expect_wrapped("2026年11月", 7, 0, "2026年\n11月\n");
	expect_wrapped("unbreakable", 4, 0, "unbr\neaka\nble\n");
	expect_wrapped("one\ntwo\n", 10, 0, "one\ntwo\n");
	expect_wrapped("one\n\ntwo", 10, 0, "one\n\ntwo\n");
	expect_wrapped("one\n\ntwo\nthree", 6, 2, "one\n\n  two\n  thre\n  e\n");
	expect_wrapped("ab   ", 3, 0, "ab\n");
}

static void dangerous_signs_never_reach_the_screen(void **state)
{
	(void)state;
	expect_wrapped("a\x1b[2Jb\tc", 20, 0, "a?[2Jb c\n");
	expect_wrapped("\xff\xc2\x9b", 20, 0, "??\n");
}

static void wrapped_lines_fit(void **state)
{
	static const char text[] = "LGWAN系を遮断します。コンビニ交付が止まります。（庁内LAN、住民記録系は動きます）";

	(void)state;
	for (size_t width = 4; width <= 80; width++) {
		struct buf out = {0};

		layout_wrap(&out, text, width, 3);
		for (char *line = strtok(out.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
			assert_in_range(text_columns(line), 1, width);
		buf_fini(&out);
	}
}

static void expect_padded(const char *text, size_t columns, const char *wanted)
{
	struct buf out = {0};

	layout_pad(&out, text, columns);
	assert_string_equal(out.data, wanted);
	buf_fini(&out);
}

static void padding_counts_columns(void **state)
{
	(void)state;
	expect_padded("済", 4, "済  ");
	expect_padded("済済", 4, "済済");
	expect_padded("済済済", 4, "済~ ");
	expect_padded("abcdef", 4, "abc~");
	expect_padded("", 2, "  ");
}

static void ascii_terminals_get_look_alikes(void **state)
{
	struct buf out = {0};

	(void)state;
	layout_ascii(&out, "▶ ■□ Ａ　済a");
	assert_string_equal(out.data, "> #_ A   ??a");
	assert_true(layout_is_ascii(out.data));
	assert_false(layout_is_ascii("済"));
	buf_fini(&out);
}

/* ---- times ---- */

/* 2026-11-20 02:00 in Japan. */
static const int64_t two_at_night_ms = 1795107600000;

static void expect_time(const char *typed, const char *wanted)
{
	char text[WALL_TEXT_SIZE];
	int64_t wall_ms = 0;

	assert_int_equal(when_parse(typed, two_at_night_ms + 12345, &wall_ms), ERR_OK);
	wall_format(text, wall_ms);
	assert_string_equal(text, wanted);
}

static void times_as_people_type_them(void **state)
{
	(void)state;
	expect_time("now", "2026-11-19T17:00:00.000Z");
	expect_time("今", "2026-11-19T17:00:00.000Z");
	expect_time("いま", "2026-11-19T17:00:00.000Z");
	expect_time("1:30", "2026-11-19T16:30:00.000Z");
	expect_time("１時３０分", "2026-11-19T16:30:00.000Z");
	expect_time("23:40", "2026-11-19T14:40:00.000Z"); /* later than now: yesterday evening */
	expect_time("昨日 23:40", "2026-11-19T14:40:00.000Z");
	expect_time("11/20 1:05", "2026-11-19T16:05:00.000Z");
	expect_time("11月20日1時05分", "2026-11-19T16:05:00.000Z");
	expect_time("12/31 9:00", "2025-12-31T00:00:00.000Z"); /* this year's is far ahead: last year */
	expect_time("2026-11-20 9:12", "2026-11-20T00:12:00.000Z");
	expect_time("2026/11/20 9:12:33", "2026-11-20T00:12:33.000Z");
	expect_time("令和8年11月20日 9時12分", "2026-11-20T00:12:00.000Z");
	expect_time("R8.11.20 9:12", "2026-11-20T00:12:00.000Z");
	expect_time("2026年11月20日 9時頃", "2026-11-20T00:00:00.000Z");
	expect_time("10分前", "2026-11-19T16:50:00.000Z");
	expect_time("2時間前", "2026-11-19T15:00:00.000Z");
	expect_time("午前1時", "2026-11-19T16:00:00.000Z");
}

static void expect_no_time(const char *typed, enum err wanted)
{
	int64_t wall_ms = 7;

	assert_int_equal(when_parse(typed, two_at_night_ms, &wall_ms), wanted);
	assert_int_equal(wall_ms, 7);
}

static void what_is_no_time_is_refused(void **state)
{
	(void)state;
	expect_no_time("", ERR_FORMAT);
	expect_no_time("さっき", ERR_FORMAT);
	expect_no_time("9", ERR_FORMAT);
	expect_no_time("11/20", ERR_FORMAT);
	expect_no_time("9:12 tomorrow", ERR_FORMAT);
	expect_no_time("11/20 25:00", ERR_RANGE);
	expect_no_time("9:60", ERR_RANGE);
	expect_no_time("2026-02-29 9:00", ERR_RANGE);
	expect_no_time("99999-1-1 9:00", ERR_FORMAT);
	expect_no_time("午後1時", ERR_FORMAT); /* not silently taken for the night */
}

static void times_as_people_read_them(void **state)
{
	char text[WHEN_SIZE];

	(void)state;
	when_format(text, two_at_night_ms - 60000, two_at_night_ms, LANG_JA);
	assert_string_equal(text, "1時59分");
	when_format(text, two_at_night_ms - 86400000, two_at_night_ms, LANG_JA);
	assert_string_equal(text, "11月19日 2時00分");
	when_format(text, two_at_night_ms - 86400000, two_at_night_ms, LANG_EN);
	assert_string_equal(text, "2026-11-19 2:00");
	when_full(text, two_at_night_ms, LANG_JA);
	assert_string_equal(text, "2026年11月20日（金）2時00分");
	when_seconds(text, two_at_night_ms + 33000, LANG_JA);
	assert_string_equal(text, "2時00分33秒");
	when_length(text, 42 * 60000, LANG_JA);
	assert_string_equal(text, "42分");
	when_length(text, -190 * INT64_C(60000), LANG_EN);
	assert_string_equal(text, "3 h 10 min");
	when_length(text, 52 * INT64_C(3600000), LANG_JA);
	assert_string_equal(text, "2日4時間");
}

/* ---- numbers ---- */

static void numbers_of_a_choice(void **state)
{
	size_t out[3] = {9, 9, 9};
	bool back;

	(void)state;
	assert_int_equal(ask_numbers("2", 5, out, 3, &back), 1);
	assert_int_equal(out[0], 1);
	assert_int_equal(ask_numbers(" １ 3,5 ", 5, out, 3, &back), 3);
	assert_int_equal(out[2], 4);
	assert_int_equal(ask_numbers("1 2 3 4", 5, out, 3, &back), -1);
	assert_int_equal(ask_numbers("6", 5, out, 3, &back), -1);
	assert_int_equal(ask_numbers("-1", 5, out, 3, &back), -1);
	assert_int_equal(ask_numbers("2x", 5, out, 3, &back), -1);
	assert_int_equal(ask_numbers("", 5, out, 3, &back), 0);
	assert_false(back);
	assert_int_equal(ask_numbers("0", 5, out, 3, &back), 0);
	assert_true(back);
}

/* What is dark in the code must be dark on the screen: there the ink is light. */
static void two_rows_of_a_code_make_one_line(void **state)
{
	/* The other bits say what a module is for. */
	static const unsigned char modules[] = {1, 0, 3, 0, 0xfe, 1, 1, 0x81, 0};
	struct buf line;

	(void)state;
	buf_init(&line, 256);
	qr_line(&line, modules, 3, 0);
	assert_string_equal(line.data, "███████");
	buf_clear(&line);
	qr_line(&line, modules, 3, 2);
	assert_string_equal(line.data, "██▄█ ██");
	buf_clear(&line);
	qr_line(&line, modules, 3, 4);
	assert_string_equal(line.data, "██▄▄███");
	buf_fini(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unambiguous_beginnings_are_enough),
		cmocka_unit_test(mistakes_name_the_word),
		cmocka_unit_test(arguments_keep_what_was_typed),
		cmocka_unit_test(quotations_must_end_and_words_are_limited),
		cmocka_unit_test(choices_are_listed_once_and_by_beginning),
		cmocka_unit_test(every_command_can_be_reached),
		cmocka_unit_test(acts_have_their_command_lines),
		cmocka_unit_test(tab_completes_only_what_is_certain),
		cmocka_unit_test(lines_break_where_a_reader_expects_it),
		cmocka_unit_test(dangerous_signs_never_reach_the_screen),
		cmocka_unit_test(wrapped_lines_fit),
		cmocka_unit_test(padding_counts_columns),
		cmocka_unit_test(ascii_terminals_get_look_alikes),
		cmocka_unit_test(times_as_people_type_them),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(times_as_people_read_them),
		cmocka_unit_test(numbers_of_a_choice),
		cmocka_unit_test(two_rows_of_a_code_make_one_line),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
