/* Half-typed texts: kept when the line is hung up or the screen changes hands, offered to the same person at the next
 * login, shown to nobody else.
 *
 * One file for each person in /run/kannuki-console: in memory, and gone with the power. On a disk it would be personal
 * data beside the record, that nobody could erase; what was entered (each field of a report at once) is in the record.
 *
 *   {"user", "wall", "about", "line", "field", "prompt", "text"}
 *   line     the command that was being answered; absent: `text` itself is the beginning of a command
 *   field    the field of a report, or ""
 *   text     all that was typed for the question, maybe in several lines
 */
#ifndef KANNUKI_CONSOLE_DRAFTS_H
#define KANNUKI_CONSOLE_DRAFTS_H

#include "console/console.h"

/* For the terminal: a question ended while `text` stood there. */
void drafts_left(void *context, enum line_kind kind, const char *prompt, const char *text);
/* For the terminal: what was typed the last time this question was asked, or "". */
const char *drafts_given(void *context, enum line_kind kind, const char *prompt);
/* After login. */
void drafts_offer(struct console *c);
void drafts_forget(struct console *c);

/* Was the text of several lines for this command and field left behind? */
bool drafts_has_lines(const struct console *c);
/* Its whole lines, each ended with LF; the last one is given at the question. */
void drafts_lines(struct console *c, struct buf *out);
/* The field that was being filled in, or "". */
const char *drafts_field(const struct console *c);

#endif
