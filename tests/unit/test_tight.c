/* What passes as tight, Jansson must read and write again byte for byte: by a table and by texts thrown together. */
#include "base/bytes.h"
#include "check.h"
#include "ledger/tight.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_tight(const char *text)
{
	bool ignored;

	return json_is_tight(text, strlen(text), &ignored);
}

static bool is_written_the_same(const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	char *again = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	bool is_same = again != NULL && strlen(again) == len && memcmp(again, text, len) == 0;

	free(again);
	json_decref(json);
	return is_same;
}

static void what_is_usual_is_tight(void **state)
{
	static const char *const usual[] = {
		"{\"act\":\"panel.pressed\",\"number\":123456,\"age_ms\":0}",
		"[]",
		"{}",
		"\"閂\"",
		"-17",
		"[true,false,null,{\"a\":[[]]}]",
		"999999999999999999",
		"{\"\":1}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
		assert_true(is_tight(usual[i]));
		assert_true(is_written_the_same(usual[i], strlen(usual[i])));
	}
}

static void what_would_be_written_otherwise_is_not(void **state)
{
	static const char *const others[] = {
		"",
		" 1",
		"1 ",
		"[1, 2]",
		"{\"a\" :1}",
		"1.5",
		"1e3",
		"-0",
		"01",
		"1000000000000000000",
		"\"\\n\"",
		"\"a",
		"\"\t\"",
		"\"\xff\"",
		"{\"a\":1,\"a\":2}",
		"[1,]",
		"{\"a\":1,}",
		"{\"a\"}",
		"{1:2}",
		"tru",
		"[[1]",
		"1]",
		"nul",
		"{\"a\":1",
		"-",
		"[1 ]",
		"\"\\u0061\"",
		"{\"b\":{\"a\":1,\"a\":2}}",
		"[[[[[[[[[1]]]]]]]]]",
		",",
	};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(is_tight(others[i]));
}

static void it_says_whether_there_is_an_act(void **state)
{
	static const struct {
		const char *text;
		bool has_act;
	} cases[] = {
		{"{\"act\":\"x\"}", true},
		{"{\"a\":{\"b\":1},\"act\":\"x\"}", true},
		{"{\"act\":1}", false},
		{"{\"a\":{\"act\":\"x\"}}", false},
		{"[{\"act\":\"x\"}]", false},
		{"\"act\"", false},
		{"{}", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool has_act = !cases[i].has_act;

		assert_true(json_is_tight(cases[i].text, strlen(cases[i].text), &has_act));
		assert_int_equal(has_act, cases[i].has_act);
	}
}

static void more_members_than_it_counts_are_left_to_others(void **state)
{
	char text[1024];

	(void)state;
	for (int count = 30; count < 36; count++) {
		size_t len = 0;

		for (int i = 0; i < count; i++)
			len += (size_t)snprintf(text + len, sizeof text - len, "%c\"m%d\":%d", i == 0 ? '{' : ',', i,
						i);
		(void)snprintf(text + len, sizeof text - len, "}");
		assert_int_equal(is_tight(text), count <= 32);
	}
}

static unsigned throw(unsigned sides)
{
	static uint64_t dice = 20261121;

	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)(dice >> 32) % sides;
}

static void whatever_passes_is_written_the_same(void **state)
{
	static const char *const pieces[] = {"{",       "}",      "[", "]",  ",",    ":",    "\"a\"", "\"b\"",
					     "\"act\"", "\"閂\"", "1", "-2", "0",    "true", "null",  "{\"a\":",
					     ",\"b\":", "[1,",    " ", "\\", "\x7f", "1.0",  "\"\"",  "\"a\":1"};
	enum { TEXTS = 300000, PIECES = sizeof pieces / sizeof *pieces };
	int tight = 0;

	(void)state;
	for (int n = 0; n < TEXTS; n++) {
		struct buf text = {.cap = 256};

		for (unsigned i = throw(7); i <= 6; i++)
			buf_adds(&text, pieces[throw(PIECES)]);
		if (is_tight(text.data)) {
			tight++;
			assert_true(is_written_the_same(text.data, text.len));
		}
		buf_fini(&text);
	}
	assert_true(tight > TEXTS / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_usual_is_tight),
		cmocka_unit_test(what_would_be_written_otherwise_is_not),
		cmocka_unit_test(it_says_whether_there_is_an_act),
		cmocka_unit_test(more_members_than_it_counts_are_left_to_others),
		cmocka_unit_test(whatever_passes_is_written_the_same),
	};

	return cmocka_run_group_tests_name("tight", tests, NULL, NULL);
}
