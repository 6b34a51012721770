/* Time: readings are taken at the edge of a program and passed in; nothing below reads a clock. */
#ifndef KANNUKI_BASE_CLOCK_H
#define KANNUKI_BASE_CLOCK_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum wall_source { WALL_UNSET, WALL_MANUAL, WALL_RTC, WALL_NTP, WALL_SOURCE_COUNT };

struct moment {
	int64_t boot_ns;      /* CLOCK_BOOTTIME */
	int64_t wall_ms;      /* UTC since 1970 */
	int64_t uncertain_ms; /* ± of wall; meaningless when source is WALL_UNSET */
	enum wall_source source;
};

/* Reads the clocks; source and uncertainty come from the kernel's NTP state (adjtimex). */
struct moment moment_now(void);

const char *wall_source_name(enum wall_source source);
enum err wall_source_parse(const char *text, enum wall_source *out) MUST_USE;

enum { WALL_TEXT_SIZE = sizeof "2026-11-20T00:12:33.123Z" };

/* "2026-11-20T00:12:33.123Z"; years 1970 to 9999. */
void wall_format(char out[WALL_TEXT_SIZE], int64_t wall_ms);
/* Accepts exactly what wall_format writes. */
enum err wall_parse(const char *text, size_t len, int64_t *wall_ms) MUST_USE;

/* Japan has one time zone and no summer time, so local time is arithmetic, not a time zone file. */
struct japan_time {
	int year, month, day, hour, minute, second, weekday; /* weekday 0 = Sunday */
};
struct japan_time japan_time(int64_t wall_ms);
/* The inverse; ERR_RANGE when the date does not exist. */
enum err japan_time_to_wall(const struct japan_time *local, int64_t *wall_ms) MUST_USE;

#endif
