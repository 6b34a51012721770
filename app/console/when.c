#include "console/when.h"

#include "console/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the words of a typed time stand for: separators and marks, one ASCII sign each. */
static const struct {
	const char *word;
	const char *sign;
} signs[] = {
	{"年", "/"}, {"月", "/"},   {"日", " "},   {"時", ":"},   {"分", " "}, {"昨 ", "y "}, {"昨", "y"},
	{"今", "n"}, {"いま", "n"}, {"令和", "R"}, {"午前", " "}, {"頃", " "}, {"ごろ", " "},
};

static void simplify(const char *text, struct buf *out)
{
	while (*text != '\0') {
		size_t i = 0, count = sizeof signs / sizeof signs[0];

		while (i < count && strncmp(text, signs[i].word, strlen(signs[i].word)) != 0)
			i++;
		if (i < count) {
			buf_adds(out, signs[i].sign);
			text += strlen(signs[i].word);
		} else {
			buf_addc(out, *text++);
		}
	}
}

static int64_t minute_of(int64_t wall_ms)
{
	return wall_ms - wall_ms % 60000;
}

/* "10分前", "2時間前". */
static bool parse_ago(const char *text, int64_t now_ms, int64_t *wall_ms)
{
	char *end;
	long count = strtol(text, &end, 10);

	end += strspn(end, " ");
	if (end == text || count < 0 || count > 10000)
		return false;
	if (strcmp(end, "分前") == 0)
		*wall_ms = minute_of(now_ms - count * INT64_C(60000));
	else if (strcmp(end, "時間前") == 0)
		*wall_ms = minute_of(now_ms - count * INT64_C(3600000));
	else
		return false;
	return true;
}

/* Reads numbers divided by signs of `between`; returns how many, -1 when something else stands there.
 *text is left after them. */
static int read_numbers(const char **text, const char *between, int *numbers, int most)
{
	int count = 0;

	*text += strspn(*text, " ");
	while (**text >= '0' && **text <= '9') {
		char *end;
		long number = strtol(*text, &end, 10);

		if (count == most || end - *text > 4)
			return -1;
		numbers[count++] = (int)number;
		*text = end;
		if (**text == '\0' || strchr(between, **text) == NULL)
			break;
		(*text)++;
	}
	return count;
}

/* The date part: year/month/day, month/day, or none. */
static enum err parse_date(const char **text, struct japan_time *t, bool *has_year)
{
	static const int reiwa = 2018;
	int n[3], count;
	bool era = **text == 'R' || **text == 'r';

	*text += era ? 1 : 0;
	count = read_numbers(text, "/-.", n, 3);
	if (count != 3 && (count != 2 || era))
		return ERR_FORMAT;
	*has_year = count == 3;
	if (*has_year)
		t->year = n[0] + (era ? reiwa : 0);
	t->month = n[count - 2];
	t->day = n[count - 1];
	return ERR_OK;
}

static enum err parse_clock(const char *text, struct japan_time *t)
{
	int n[3] = {0}, count;

	count = read_numbers(&text, ":", n, 3);
	text += strspn(text, " ");
	if (count < 1 || *text != '\0')
		return ERR_FORMAT;
	t->hour = n[0];
	t->minute = n[1];
	t->second = n[2];
	return ERR_OK;
}

/* A clock time alone needs its colon, else "12" would be an hour. */
static bool is_clock_alone(const char *text)
{
	return text[strspn(text, "0123456789 ")] == ':';
}

static enum err parse_simple(const char *text, int64_t now_ms, int64_t *wall_ms)
{
	static const int64_t day_ms = 86400000;
	struct japan_time t = japan_time(now_ms);
	bool yesterday = *text == 'y', clock_alone, has_year = true;
	enum err err;

	text += yesterday ? 1 : 0;
	text += strspn(text, " ");
	clock_alone = yesterday || is_clock_alone(text);
	if (!clock_alone && (err = parse_date(&text, &t, &has_year)) != ERR_OK)
		return err;
	err = parse_clock(text, &t);
	if (err == ERR_OK)
		err = japan_time_to_wall(&t, wall_ms);
	if (err != ERR_OK)
		return err;
	if (yesterday || (clock_alone && *wall_ms > now_ms + 60000))
		*wall_ms -= day_ms;
	if (!has_year && *wall_ms > now_ms + day_ms) {
		t.year--;
		return japan_time_to_wall(&t, wall_ms);
	}
	return ERR_OK;
}

enum err when_parse(const char *text, int64_t now_ms, int64_t *wall_ms)
{
	struct buf narrow, simple;
	int64_t found = 0;
	enum err err = ERR_FORMAT;
	const char *from, *typed;

	buf_init(&narrow, 1024);
	buf_init(&simple, 1024);
	layout_narrow(&narrow, text);
	typed = narrow.data != NULL ? narrow.data : "";
	typed += strspn(typed, " ");
	simplify(typed, &simple);
	from = simple.data != NULL ? simple.data : "";
	if (buf_status(&narrow) != ERR_OK || buf_status(&simple) != ERR_OK)
		err = ERR_FORMAT;
	else if (strcmp(from, "n") == 0 || strcmp(from, "now") == 0) {
		found = minute_of(now_ms);
		err = ERR_OK;
	} else if (parse_ago(typed, now_ms, &found))
		err = ERR_OK;
	else
		err = parse_simple(from, now_ms, &found);
	if (err == ERR_OK)
		*wall_ms = found;
	buf_fini(&narrow);
	buf_fini(&simple);
	return err;
}

static bool is_same_day(const struct japan_time *a, const struct japan_time *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

void when_format(char out[WHEN_SIZE], int64_t wall_ms, int64_t now_ms, enum lang lang)
{
	struct japan_time t = japan_time(wall_ms), now = japan_time(now_ms);

	if (is_same_day(&t, &now))
		(void)snprintf(out, WHEN_SIZE, lang == LANG_JA ? "%d時%02d分" : "%d:%02d", t.hour, t.minute);
	else if (lang == LANG_JA && t.year == now.year)
		(void)snprintf(out, WHEN_SIZE, "%d月%d日 %d時%02d分", t.month, t.day, t.hour, t.minute);
	else
		when_full(out, wall_ms, lang);
}

void when_seconds(char out[WHEN_SIZE], int64_t wall_ms, enum lang lang)
{
	struct japan_time t = japan_time(wall_ms);

	(void)snprintf(out, WHEN_SIZE, lang == LANG_JA ? "%d時%02d分%02d秒" : "%d:%02d:%02d", t.hour, t.minute,
		       t.second);
}

void when_full(char out[WHEN_SIZE], int64_t wall_ms, enum lang lang)
{
	static const char *const weekdays[] = {"日", "月", "火", "水", "木", "金", "土"};
	struct japan_time t = japan_time(wall_ms);

	if (lang == LANG_JA)
		(void)snprintf(out, WHEN_SIZE, "%d年%d月%d日（%s）%d時%02d分", t.year, t.month, t.day,
			       weekdays[t.weekday], t.hour, t.minute);
	else
		(void)snprintf(out, WHEN_SIZE, "%d-%02d-%02d %d:%02d", t.year, t.month, t.day, t.hour, t.minute);
}

void when_length(char out[WHEN_SIZE], int64_t length_ms, enum lang lang)
{
	int64_t minutes = (length_ms < 0 ? -length_ms : length_ms) / 60000, hours = minutes / 60, days = hours / 24;
	bool ja = lang == LANG_JA;

	if (days > 0)
		(void)snprintf(out, WHEN_SIZE, ja ? "%lld日%lld時間" : "%lld d %lld h", (long long)days,
			       (long long)(hours % 24));
	else if (hours > 0)
		(void)snprintf(out, WHEN_SIZE, ja ? "%lld時間%lld分" : "%lld h %lld min", (long long)hours,
			       (long long)(minutes % 60));
	else
		(void)snprintf(out, WHEN_SIZE, ja ? "%lld分" : "%lld min", (long long)minutes);
}
