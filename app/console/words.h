/* Words: receipts and refusals as people read them. Every code of IPC_ERRORS has its sentences here. */
#ifndef KANNUKI_CONSOLE_WORDS_H
#define KANNUKI_CONSOLE_WORDS_H

#include "console/console.h"

/* "Recorded. Entry 1234, 9:12:33, check 7F3A-91C2." */
void words_receipt(struct console *c, json_t *receipt);
/* What was wrong, where, what to do. */
void words_refusal(struct console *c, json_t *refusal);
/* Does the keeper only say that it cannot do anything yet? */
bool words_not_ready(json_t *refusal);
/* Does `view` list `act` as possible now? When not, says why, before anything is asked. */
bool words_allowed(struct console *c, json_t *view, const char *act);
/* The same as words_refusal, appended as text. */
void words_refusal_text(const struct console *c, json_t *refusal, struct buf *out);

/* "42 min ago" or "18 min left", "3 h overdue", seen from `now_ms`. */
void words_since(struct buf *out, int64_t wall_ms, int64_t now_ms, enum lang lang);
void words_until(struct buf *out, int64_t due_ms, int64_t now_ms, enum lang lang);

#endif
