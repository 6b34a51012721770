#include "base/clock.h"

#include "check.h"

static void wall_times_are_written_and_read_back(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} times[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{INT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
		{INT64_C(1795133553123), "2026-11-20T00:12:33.123Z"},
		{INT64_C(4107542399999), "2100-02-28T23:59:59.999Z"},
		{INT64_C(4107542400000), "2100-03-01T00:00:00.000Z"},
		{INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
	};
	char text[WALL_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		int64_t ms = -1;

		wall_format(text, times[i].ms);
		assert_string_equal(text, times[i].text);
		assert_int_equal(wall_parse(times[i].text, strlen(times[i].text), &ms), ERR_OK);
		assert_int_equal(ms, times[i].ms);
	}
}

static void every_day_of_four_centuries_is_read_back(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 146097; day++) {
		char text[WALL_TEXT_SIZE];
		int64_t ms = -1;

		wall_format(text, day * 86400000 + 1);
		assert_int_equal(wall_parse(text, WALL_TEXT_SIZE - 1, &ms), ERR_OK);
		assert_int_equal(ms, day * 86400000 + 1);
	}
}

static void what_is_out_of_range_is_clamped(void **state)
{
	char text[WALL_TEXT_SIZE];

	(void)state;
	wall_format(text, -5);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	wall_format(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void dates_that_do_not_exist_are_refused(void **state)
{
	static const char *const bad[] = {
		"2026-02-29T00:00:00.000Z", "2100-02-29T00:00:00.000Z",  "2026-13-01T00:00:00.000Z",
		"2026-00-01T00:00:00.000Z", "2026-01-00T00:00:00.000Z",  "2026-04-31T00:00:00.000Z",
		"2026-01-01T24:00:00.000Z", "2026-01-01T00:60:00.000Z",  "2026-01-01T00:00:60.000Z",
		"1969-12-31T00:00:00.000Z", "2026-01-01 00:00:00.000Z",  "2026-01-01T00:00:00.000z",
		"2026-01-01T00:00:00.00Z",  "2026-01-01T00:00:00.0000Z", "2026-1-01T00:00:00.0000Z",
		"+026-01-01T00:00:00.000Z", "2026-01-01T00:00:00,000Z",  "",
	};
	int64_t ms = 42;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (wall_parse(bad[i], strlen(bad[i]), &ms) != ERR_FORMAT)
			fail_msg("'%s' was accepted", bad[i]);
	assert_int_equal(ms, 42);
}

static void japan_is_nine_hours_ahead(void **state)
{
	struct japan_time t = japan_time(INT64_C(1795133553123));
	int64_t ms = 0;

	(void)state;
	assert_int_equal(t.year, 2026);
	assert_int_equal(t.month, 11);
	assert_int_equal(t.day, 20);
	assert_int_equal(t.hour, 9);
	assert_int_equal(t.minute, 12);
	assert_int_equal(t.second, 33);
	assert_int_equal(t.weekday, 5);
	assert_int_equal(japan_time_to_wall(&t, &ms), ERR_OK);
	assert_int_equal(ms, INT64_C(1795133553000));
	t.day = 31;
	assert_int_equal(japan_time_to_wall(&t, &ms), ERR_RANGE);
	assert_int_equal(japan_time(INT64_C(1798729200000)).year, 2027);
}

static void sources_have_names(void **state)
{
	enum wall_source source;

	(void)state;
	for (int i = 0; i < WALL_SOURCE_COUNT; i++) {
		assert_int_equal(wall_source_parse(wall_source_name((enum wall_source)i), &source), ERR_OK);
		assert_int_equal(source, i);
	}
	assert_int_equal(wall_source_parse("gps", &source), ERR_FORMAT);
}

static void the_clock_runs(void **state)
{
	struct moment first = moment_now(), second = moment_now();

	(void)state;
	assert_true(first.boot_ns > 0);
	assert_true(second.boot_ns >= first.boot_ns);
	assert_true(first.uncertain_ms > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_times_are_written_and_read_back),
		cmocka_unit_test(every_day_of_four_centuries_is_read_back),
		cmocka_unit_test(what_is_out_of_range_is_clamped),
		cmocka_unit_test(dates_that_do_not_exist_are_refused),
		cmocka_unit_test(japan_is_nine_hours_ahead),
		cmocka_unit_test(sources_have_names),
		cmocka_unit_test(the_clock_runs),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
