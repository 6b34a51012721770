/* When: times as people type and read them, in Japan's time. Pure.
 *
 * Typed: 今, now · 9:12, 9時12分 (today; yesterday when that would be in the future) · 昨日 23:40 · 11/20 9:12,
 * 11月20日9時12分 (this year; last year when that would be more than a day ahead) · 2026-11-20 9:12,
 * 2026/11/20 9:12, 2026年11月20日 9時, 令和8年11月20日 9時12分, R8.11.20 9:12 · 10分前, 2時間前. Full width is
 * accepted.
 */
#ifndef KANNUKI_CONSOLE_WHEN_H
#define KANNUKI_CONSOLE_WHEN_H

#include "base/clock.h"
#include "base/text.h"

/* ERR_FORMAT: not understood; ERR_RANGE: such a date or hour does not exist. */
enum err when_parse(const char *text, int64_t now_ms, int64_t *wall_ms) MUST_USE;

enum { WHEN_SIZE = 64 };

/* "9時12分" on the day of `now_ms`, else "11月20日 9時12分"; in English "9:12" or "2026-11-20 9:12". */
void when_format(char out[WHEN_SIZE], int64_t wall_ms, int64_t now_ms, enum lang lang);
/* "9時12分33秒" or "9:12:33". */
void when_seconds(char out[WHEN_SIZE], int64_t wall_ms, enum lang lang);
/* "2026年11月20日（金）9時12分" or "2026-11-20 9:12". */
void when_full(char out[WHEN_SIZE], int64_t wall_ms, enum lang lang);
/* A length of time in its two largest units: "42分", "3時間10分", "2日4時間"; "42 min", "3 h 10 min", "2 d 4 h". */
void when_length(char out[WHEN_SIZE], int64_t length_ms, enum lang lang);

#endif
