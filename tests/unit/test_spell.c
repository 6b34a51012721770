/* Numbers are recorded as they are usually written, and read as what they were. */
#include "check.h"
#include "ledger/disclosure.h"
#include "ledger/spell.h"

#include <stdlib.h>
#include <string.h>

static void expect_spelled(const char *given, const char *expected)
{
	json_t *json = json_loads(given, JSON_DECODE_ANY, NULL);
	struct buf text = {0};

	assert_non_null(json);
	assert_int_equal(json_spell(&text, json), ERR_OK);
	assert_string_equal(text.data, expected);
	buf_fini(&text);
	json_decref(json);
}

static void numbers_stay_as_short_as_they_can_be(void **state)
{
	static const char *const same[] = {
		"1.1",
		"0.1",
		"-0.3",
		"100.0",
		"0.0",
		"-0.0",
		"2.5",
		"1e300",
		"1e-300",
		"5e-324",
		"123456789.123",
		"0.30000000000000004",
		"9007199254740993",
		"9223372036854775807",
		"-9223372036854775808",
		"1.7976931348623157e308",
		"2.2250738585072014e-308",
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		expect_spelled(same[i], same[i]);
	expect_spelled("1.10", "1.1");
	expect_spelled("1.1000000000000001", "1.1");
	expect_spelled("2.50e0", "2.5");
	expect_spelled("1E+2", "100.0");
	expect_spelled("0.1e1", "1.0");
}

static void the_rest_is_written_as_jansson_does(void **state)
{
	static const char *const texts[] = {
		"[ ]",
		"{ }",
		"[ 1, 2.0 ,[ true,null , false] ]",
		"{\"b\":1, \"a\" : {\"\": [\"x\\\"\\n\\u0001\\u00e9\"]}}",
		"\"\\/\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		char *expected = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

		assert_non_null(expected);
		expect_spelled(texts[i], expected);
		free(expected);
		json_decref(json);
	}
}

/* Every bit pattern of a finite double is read again as itself. */
static void any_number_is_read_as_what_it_was(void **state)
{
	(void)state;
	srandom(20261121);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
		struct buf text = {0};
		double number;
		json_t *json, *again;

		memcpy(&number, &bits, sizeof number);
		json = json_real(number);
		if (json == NULL)
			continue;
		assert_int_equal(json_spell(&text, json), ERR_OK);
		again = json_loads(text.data, JSON_DECODE_ANY, NULL);
		if (again == NULL || json_real_value(again) != number)
			fail_msg("%s", text.data);
		json_decref(again);
		json_decref(json);
		buf_fini(&text);
	}
}

static void a_disclosure_holds_the_number_as_it_was_written(void **state)
{
	static const char value[] = "{\"act\": \"test.entry\", \"volts\": 1.1}";
	static const uint8_t salt[SALT_SIZE] = {1};
	struct buf string = {0}, read = {0};
	struct fault f;

	(void)state;
	assert_int_equal(disclosure_format(&string, DISCLOSURE_BODY, salt, value, strlen(value), &f), ERR_OK);
	assert_int_equal(disclosure_parse(&read, DISCLOSURE_BODY, string.data, string.len), ERR_OK);
	assert_string_equal(read.data, "{\"act\":\"test.entry\",\"volts\":1.1}");
	buf_fini(&string);
	buf_fini(&read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_stay_as_short_as_they_can_be),
		cmocka_unit_test(the_rest_is_written_as_jansson_does),
		cmocka_unit_test(any_number_is_read_as_what_it_was),
		cmocka_unit_test(a_disclosure_holds_the_number_as_it_was_written),
	};

	return cmocka_run_group_tests_name("spell", tests, NULL, NULL);
}
