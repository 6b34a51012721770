#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

static const char *const source_names[WALL_SOURCE_COUNT] = {
	[WALL_UNSET] = "unset",
	[WALL_MANUAL] = "manual",
	[WALL_RTC] = "rtc",
	[WALL_NTP] = "ntp",
};

/* A wall clock before this was never set: the board has no battery-backed clock. */
static const int64_t plausible_since_ms = 1735689600000; /* 2025-01-01 */

static int64_t boot_now_ns(void)
{
	struct timespec boot;

	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	return (int64_t)boot.tv_sec * 1000000000 + boot.tv_nsec;
}

/* What the kernel says of its clock. It changes slowly, and asking takes longer than all the rest of a reading. */
struct standing {
	int64_t asked_ns;
	int state;
	struct timex kernel;
};

static const struct standing *ask_kernel(int64_t now_ns)
{
	static const int64_t lasting_ns = 100000000;
	static _Thread_local struct standing last = {.asked_ns = INT64_MIN / 2};

	if (now_ns - last.asked_ns > lasting_ns) {
		last.kernel = (struct timex){.modes = 0};
		last.state = adjtimex(&last.kernel);
		last.asked_ns = now_ns;
	}
	return &last;
}

enum { CLOCK_TRIES = 10 };

struct moment moment_now(void)
{
	const struct standing *standing;
	struct timespec wall;
	struct moment now;

	/* Whoever is stopped between the two readings would take the wait for a step of the wall clock. */
	for (int tries = 0; tries < CLOCK_TRIES; tries++) {
		now.boot_ns = boot_now_ns();
		(void)clock_gettime(CLOCK_REALTIME, &wall);
		if (boot_now_ns() - now.boot_ns < 1000000)
			break;
	}
	standing = ask_kernel(now.boot_ns);
	now.wall_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000;
	now.uncertain_ms = standing->kernel.maxerror / 1000 + 1;
	if (now.wall_ms < plausible_since_ms)
		now.source = WALL_UNSET;
	else if (standing->state >= 0 && standing->state != TIME_ERROR && (standing->kernel.status & STA_UNSYNC) == 0)
		now.source = WALL_NTP;
	else
		now.source = WALL_RTC;
	if (now.source == WALL_RTC)
		now.uncertain_ms = 60000;
	return now;
}

const char *wall_source_name(enum wall_source source)
{
	return (unsigned)source < WALL_SOURCE_COUNT ? source_names[source] : "unset";
}

enum err wall_source_parse(const char *text, enum wall_source *out)
{
	for (int i = 0; i < WALL_SOURCE_COUNT; i++) {
		if (strcmp(text, source_names[i]) == 0) {
			*out = (enum wall_source)i;
			return ERR_OK;
		}
	}
	return ERR_FORMAT;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. Counting years from March puts the
   leap day last, so that month lengths follow one formula. */
static int64_t days_from_date(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, year_of_era = y % 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static struct japan_time split(int64_t ms)
{
	int64_t days = ms / 86400000, rest = ms % 86400000;
	struct japan_time t = {.year = 1970};

	if (rest < 0) {
		rest += 86400000;
		days--;
	}
	t.weekday = (int)(((days + 4) % 7 + 7) % 7);
	t.hour = (int)(rest / 3600000);
	t.minute = (int)(rest / 60000 % 60);
	t.second = (int)(rest / 1000 % 60);
	t.year = (int)(1970 + days / 366);
	while (days_from_date(t.year + 1, 1, 1) <= days)
		t.year++;
	t.month = (int)(days - days_from_date(t.year, 1, 1)) / 31 + 1;
	while (t.month < 12 && days_from_date(t.year, t.month, days_in_month(t.year, t.month)) < days)
		t.month++;
	t.day = (int)(days - days_from_date(t.year, t.month, 1)) + 1;
	return t;
}

static bool date_exists(const struct japan_time *t)
{
	return t->year >= 1970 && t->year <= 9999 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
	       t->day <= days_in_month(t->year, t->month) && t->hour >= 0 && t->hour <= 23 && t->minute >= 0 &&
	       t->minute <= 59 && t->second >= 0 && t->second <= 59;
}

static int64_t join(const struct japan_time *t)
{
	return (days_from_date(t->year, t->month, t->day) * 86400 + t->hour * INT64_C(3600) + t->minute * INT64_C(60) +
		t->second) *
	       1000;
}

static void write_number(char *out, int digits, int number)
{
	for (int i = digits - 1; i >= 0; i--, number /= 10)
		out[i] = (char)('0' + number % 10);
}

void wall_format(char out[WALL_TEXT_SIZE], int64_t wall_ms)
{
	struct japan_time t;

	if (wall_ms < 0)
		wall_ms = 0;
	if (wall_ms > INT64_C(253402300799999))
		wall_ms = INT64_C(253402300799999);
	t = split(wall_ms);
	memcpy(out, "0000-00-00T00:00:00.000Z", WALL_TEXT_SIZE);
	write_number(out, 4, t.year);
	write_number(out + 5, 2, t.month);
	write_number(out + 8, 2, t.day);
	write_number(out + 11, 2, t.hour);
	write_number(out + 14, 2, t.minute);
	write_number(out + 17, 2, t.second);
	write_number(out + 20, 3, (int)(wall_ms % 1000));
}

static bool read_number(const char *text, size_t digits, int *out)
{
	int value = 0;

	for (size_t i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*out = value;
	return true;
}

enum err wall_parse(const char *text, size_t len, int64_t *wall_ms)
{
	struct japan_time t = {0};
	int ms;

	if (len != WALL_TEXT_SIZE - 1 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
	    text[16] != ':' || text[19] != '.' || text[23] != 'Z')
		return ERR_FORMAT;
	if (!read_number(text, 4, &t.year) || !read_number(text + 5, 2, &t.month) ||
	    !read_number(text + 8, 2, &t.day) || !read_number(text + 11, 2, &t.hour) ||
	    !read_number(text + 14, 2, &t.minute) || !read_number(text + 17, 2, &t.second) ||
	    !read_number(text + 20, 3, &ms))
		return ERR_FORMAT;
	if (!date_exists(&t))
		return ERR_FORMAT;
	*wall_ms = join(&t) + ms;
	return ERR_OK;
}

static const int64_t japan_offset_ms = INT64_C(9) * 3600 * 1000;

struct japan_time japan_time(int64_t wall_ms)
{
	return split(wall_ms + japan_offset_ms);
}

enum err japan_time_to_wall(const struct japan_time *local, int64_t *wall_ms)
{
	if (!date_exists(local))
		return ERR_RANGE;
	*wall_ms = join(local) - japan_offset_ms;
	return ERR_OK;
}
