#include "base/text.h"

#include "check.h"

static void strict_utf8(void **state)
{
	static const char *const good[] = {
		"", "a", "閂", "\xc2\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"};
	static const char *const bad[] = {"\x80",
					  "\xc0\x80",
					  "\xc1\xbf",
					  "\xe0\x9f\xbf",
					  "\xed\xa0\x80",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80",
					  "\xe9\x96",
					  "\xe9\x96z",
					  "a\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(utf8_is_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
}

static void every_codepoint_is_read_back(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		char text[4];
		uint32_t read = 0;
		size_t len;

		if (c < 0x80) {
			text[0] = (char)c;
			len = 1;
		} else if (c < 0x800) {
			text[0] = (char)(0xc0 | c >> 6);
			text[1] = (char)(0x80 | (c & 63));
			len = 2;
		} else if (c < 0x10000) {
			text[0] = (char)(0xe0 | c >> 12);
			text[1] = (char)(0x80 | (c >> 6 & 63));
			text[2] = (char)(0x80 | (c & 63));
			len = 3;
		} else {
			text[0] = (char)(0xf0 | c >> 18);
			text[1] = (char)(0x80 | (c >> 12 & 63));
			text[2] = (char)(0x80 | (c >> 6 & 63));
			text[3] = (char)(0x80 | (c & 63));
			len = 4;
		}
		if (utf8_next(text, len, &read) != (c >= 0xd800 && c <= 0xdfff ? 0 : len))
			fail_msg("U+%04X is read wrongly", (unsigned)c);
		assert_true((c >= 0xd800 && c <= 0xdfff) || read == c);
		assert_int_equal(utf8_next(text, len - 1, &read), 0);
	}
}

static void columns_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(text_columns("abc"), 3);
	assert_int_equal(text_columns("閂 kannuki"), 10);
	assert_int_equal(text_columns("□■①"), 3);
	assert_int_equal(text_columns("ｶﾝﾇｷ"), 4);
	assert_int_equal(text_columns("がぎ"), 4);
	assert_int_equal(text_columns("か\xe3\x82\x99"), 2);
	assert_int_equal(text_columns("（様式）"), 8);
}

static void fitting_never_cuts_a_sign(void **state)
{
	(void)state;
	assert_int_equal(text_fit("閂閂閂", 5), 6);
	assert_int_equal(text_fit("閂閂閂", 6), 9);
	assert_int_equal(text_fit("abc", 0), 0);
	assert_int_equal(text_fit("abc", 10), 3);
	assert_int_equal(text_fit("", 4), 0);
}

static void control_characters_are_seen(void **state)
{
	(void)state;
	assert_false(text_has_control("一行目\n二行目", strlen("一行目\n二行目"), "\n"));
	assert_true(text_has_control("一行目\n", strlen("一行目\n"), ""));
	assert_true(text_has_control("\x1b[2J", 4, "\n"));
	assert_true(text_has_control("a\0b", 3, "\n"));
	assert_true(text_has_control("\x7f", 1, "\n"));
	assert_true(text_has_control("\xc2\x9b", 2, "\n"));
	assert_false(text_has_control("\xc2\xa0", 2, ""));
}

static void diagnostics_cannot_be_forged(void **state)
{
	struct buf out = {0};

	(void)state;
	text_escape(&out, "a\n<3>閂\xff\xc2\x9b\x1b", strlen("a\n<3>閂\xff\xc2\x9b\x1b"));
	assert_string_equal(out.data, "a\\x0a<3>閂\\xff\\xc2\\x9b\\x1b");
	buf_clear(&out);
	text_escape(&out, "a\u202eb\u061c", strlen("a\u202eb\u061c"));
	assert_string_equal(out.data, "a\\xe2\\x80\\xaeb\\xd8\\x9c");
	buf_fini(&out);
}

static void the_language_comes_from_the_environment(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("KANNUKI_LANG"), 0);
	assert_int_equal(lang_from_environment(), LANG_JA);
	assert_int_equal(setenv("KANNUKI_LANG", "en", 1), 0);
	assert_int_equal(lang_from_environment(), LANG_EN);
	assert_int_equal(setenv("KANNUKI_LANG", "fr", 1), 0);
	assert_int_equal(lang_from_environment(), LANG_JA);
	assert_string_equal(lang_name(LANG_JA), "ja");
	assert_string_equal(lang_name(LANG_EN), "en");
}

static void sentences_appear_in_either_language(void **state)
{
	(void)state;
	lang_use(LANG_JA);
	assert_string_equal(_("no memory"), "メモリが足りません");
	lang_use(LANG_EN);
	assert_string_equal(_("no memory"), "no memory");
	lang_use(LANG_JA);
	assert_string_equal(_("no memory"), "メモリが足りません");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_utf8),
		cmocka_unit_test(every_codepoint_is_read_back),
		cmocka_unit_test(columns_of_a_terminal),
		cmocka_unit_test(fitting_never_cuts_a_sign),
		cmocka_unit_test(control_characters_are_seen),
		cmocka_unit_test(diagnostics_cannot_be_forged),
		cmocka_unit_test(the_language_comes_from_the_environment),
		cmocka_unit_test(sentences_appear_in_either_language),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
