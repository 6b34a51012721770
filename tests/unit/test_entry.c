/* Entries and disclosures: one spelling each, and nothing else is accepted. */
#include "ledger/disclosure.h"
#include "ledger/entry.h"

#include "check.h"

static const char good[] = "kannuki-entry/v1\n"
			   "seq 123\n"
			   "prev 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
			   "boot 3\n"
			   "mono 123000000\n"
			   "wall 2026-11-20T00:12:33.123Z 250 ntp\n"
			   "epoch 1\n"
			   "who u12\n"
			   "via panel\n"
			   "type incident\n"
			   "about 2026-007\n"
			   "idem 00112233445566778899aabbccddeeff\n"
			   "sd body 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\n"
			   "sd text 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\n";

static void an_entry_is_read_and_written_again(void **state)
{
	struct buf again = {0};
	struct entry e;
	struct fault f;

	(void)state;
	assert_int_equal(entry_parse(&e, good, sizeof good - 1, &f), ERR_OK);
	assert_int_equal(e.seq, 123);
	assert_int_equal(e.boot, 3);
	assert_int_equal(e.at.boot_ns, 123000000);
	assert_int_equal(e.at.uncertain_ms, 250);
	assert_int_equal(e.at.source, WALL_NTP);
	assert_int_equal(e.via, VIA_PANEL);
	assert_int_equal(e.type, TYPE_INCIDENT);
	assert_string_equal(e.about, "2026-007");
	assert_true(e.has_idem && e.idem[1] == 0x11);
	assert_true(e.has[DISCLOSURE_BODY] && e.has[DISCLOSURE_TEXT]);
	assert_false(e.has[DISCLOSURE_FILES] || e.has[DISCLOSURE_PERSON]);
	assert_int_equal(entry_format(&again, &e), ERR_OK);
	assert_string_equal(again.data, good);
	buf_fini(&again);
}

/* Any one byte replaced by any other: refused, or another entry that is written exactly so. */
static void what_is_accepted_is_written_the_same(void **state)
{
	struct buf again = {0};
	size_t accepted = 0;

	(void)state;
	for (size_t at = 0; at < sizeof good - 1; at++) {
		for (int c = 0; c < 256; c++) {
			char text[sizeof good];
			struct entry e;

			memcpy(text, good, sizeof good);
			text[at] = (char)c;
			if (entry_parse(&e, text, sizeof good - 1, NULL) != ERR_OK)
				continue;
			accepted++;
			buf_clear(&again);
			assert_int_equal(entry_format(&again, &e), ERR_OK);
			assert_int_equal(again.len, sizeof good - 1);
			assert_memory_equal(again.data, text, sizeof good - 1);
		}
	}
	assert_true(accepted > 5000);
	buf_fini(&again);
}

static void no_line_may_be_missing_doubled_or_moved(void **state)
{
	size_t starts[16], count = 0;

	(void)state;
	for (const char *at = good; *at != '\0'; at = strchr(at, '\n') + 1)
		starts[count++] = (size_t)(at - good);
	assert_int_equal(count, 14);
	starts[count] = sizeof good - 1;
	for (size_t line = 0; line < count; line++) {
		char text[2 * sizeof good];
		size_t from = starts[line], len = starts[line + 1] - from;
		bool is_optional = line == 11 || line == 13; /* idem, sd text */
		struct entry e;

		(void)snprintf(text, sizeof text, "%.*s%s", (int)from, good, good + from + len);
		assert_int_equal(entry_parse(&e, text, strlen(text), NULL), is_optional ? ERR_OK : ERR_FORMAT);
		(void)snprintf(text, sizeof text, "%.*s%s", (int)(from + len), good, good + from);
		assert_int_equal(entry_parse(&e, text, strlen(text), NULL), ERR_FORMAT);
		assert_int_equal(entry_parse(&e, good, from + len - 1, NULL), ERR_FORMAT);
	}
}

static void expect_line(const char *from, const char *to, enum err err)
{
	char text[sizeof good + ENTRY_MAX], *at;
	struct entry e;

	memcpy(text, good, sizeof good);
	at = strstr(text, from);
	assert_non_null(at);
	memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
	memcpy(at, to, strlen(to));
	if (entry_parse(&e, text, strlen(text), NULL) != err)
		fail_msg("'%s' for '%s' is judged wrongly", to, from);
}

static void each_line_has_one_spelling(void **state)
{
	static const char *const bad[][2] = {
		{"seq 123", "seq 0123"},
		{"seq 123", "seq +123"},
		{"seq 123", "seq 9223372036854775808"},
		{"seq 123", "seq  123"},
		{"seq 123", "seq 123 "},
		{"seq 123", "seq "},
		{"seq 123", "seq -"},
		{"250 ntp", "250 gps"},
		{"250 ntp", "- ntp"},
		{"250 ntp", "250 unset"},
		{"250 ntp", "0 unset"},
		{"250 ntp", "250  ntp"},
		{"250 ntp", "250"},
		{"2026-11-20", "2026-11-31"},
		{"who u12", "who u 12"},
		{"who u12", "who 閂"},
		{"via panel", "via phone"},
		{"type incident", "type Incident"},
		{"idem 00", "idem 0"},
		{"aabbccddeeff", "AABBCCDDEEFF"},
		{"sd body", "sd blob"},
		{"sd body", "sd text"},
		{"sd text", "sd body"},
		{"sd text", "sd "},
		{"sd text 4", "sd text /"},
		{"uFU=\n", "uFU\n"},
		{"uFU=\n", "uFV=\n"},
		{"kannuki-entry/v1", "kannuki-entry/v2"},
		{"seq 123\n", "seq 123\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect_line(bad[i][0], bad[i][1], ERR_FORMAT);
	expect_line("250 ntp", "- unset", ERR_OK);
	expect_line("250 ntp", "0 manual", ERR_OK);
	expect_line("seq 123", "seq 9223372036854775807", ERR_OK);
	expect_line("about 2026-007", "about -", ERR_OK);
	expect_line("sd body", "sd files", ERR_FORMAT);
	expect_line("who u12", "who aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ERR_OK);
	expect_line("who u12", "who aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ERR_FORMAT);
}

static void an_entry_that_cannot_be_said_is_not_written(void **state)
{
	struct buf out = {0};
	struct entry right, e;

	(void)state;
	assert_int_equal(entry_parse(&right, good, sizeof good - 1, NULL), ERR_OK);
#define UNSAYABLE(field, value)                                      \
	do {                                                         \
		e = right;                                           \
		e.field = (value);                                   \
		assert_int_equal(entry_format(&out, &e), ERR_RANGE); \
		assert_int_equal(out.len, 0);                        \
	} while (0)
	UNSAYABLE(seq, UINT64_MAX);
	UNSAYABLE(at.boot_ns, -1);
	UNSAYABLE(at.wall_ms, -1);
	UNSAYABLE(at.wall_ms, INT64_C(253402300800000));
	UNSAYABLE(at.uncertain_ms, -1);
	UNSAYABLE(at.source, WALL_SOURCE_COUNT);
	UNSAYABLE(via, VIA_COUNT);
	UNSAYABLE(type, TYPE_COUNT);
	UNSAYABLE(who[0], '\n');
	UNSAYABLE(about[0], '\0');
#undef UNSAYABLE
	buf_fini(&out);
}

static void a_disclosure_is_read_and_written_again(void **state)
{
	static const uint8_t salt[SALT_SIZE] = {1, 2, 3};
	static const char spaced[] = " [ \"閂\", 1 ] ";
	struct buf text = {0}, value = {0};
	struct fault f;

	(void)state;
	assert_int_equal(disclosure_format(&text, DISCLOSURE_TEXT, salt, spaced, strlen(spaced), &f), ERR_OK);
	assert_int_equal(disclosure_parse(&value, DISCLOSURE_TEXT, text.data, text.len), ERR_OK);
	assert_string_equal(value.data, "[\"閂\",1]");
	assert_int_equal(disclosure_parse(&value, DISCLOSURE_BODY, text.data, text.len), ERR_FORMAT);
	assert_int_equal(disclosure_parse(&value, DISCLOSURE_TEXT, text.data, text.len - 1), ERR_FORMAT);
	assert_int_equal(disclosure_parse(&value, DISCLOSURE_TEXT, "", 0), ERR_FORMAT);
	assert_string_equal(value.data, "[\"閂\",1]");
	buf_fini(&text);
	buf_fini(&value);
}

static void values_have_a_limit(void **state)
{
	static const uint8_t salt[SALT_SIZE];
	struct buf text = {0}, value = {0}, json = {0};
	struct fault f;

	(void)state;
	buf_addc(&json, '"');
	for (int i = 0; i < DISCLOSURE_VALUE_MAX - 2; i++)
		buf_addc(&json, 'x');
	buf_addc(&json, '"');
	assert_int_equal(disclosure_format(&text, DISCLOSURE_PERSON, salt, json.data, json.len, &f), ERR_FORMAT);
	assert_int_equal(disclosure_format(&text, DISCLOSURE_TEXT, salt, json.data, json.len, &f), ERR_OK);
	assert_true(text.len <= DISCLOSURE_MAX);
	assert_int_equal(disclosure_parse(&value, DISCLOSURE_TEXT, text.data, text.len), ERR_OK);
	assert_int_equal(value.len, DISCLOSURE_VALUE_MAX);
	json.data[json.len - 1] = 'x';
	buf_addc(&json, '"');
	buf_clear(&text);
	assert_int_equal(disclosure_format(&text, DISCLOSURE_TEXT, salt, json.data, json.len, &f), ERR_RANGE);
	buf_fini(&text);
	buf_fini(&value);
	buf_fini(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_read_and_written_again),
		cmocka_unit_test(what_is_accepted_is_written_the_same),
		cmocka_unit_test(no_line_may_be_missing_doubled_or_moved),
		cmocka_unit_test(each_line_has_one_spelling),
		cmocka_unit_test(an_entry_that_cannot_be_said_is_not_written),
		cmocka_unit_test(a_disclosure_is_read_and_written_again),
		cmocka_unit_test(values_have_a_limit),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
