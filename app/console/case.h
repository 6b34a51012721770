/* The case in hand, and the acts on it. */
#ifndef KANNUKI_CONSOLE_CASE_H
#define KANNUKI_CONSOLE_CASE_H

#include "console/console.h"

/* The incident to work on: the one in hand, the only open one, or the one that is chosen now. NULL: none. */
const char *case_in_hand(struct console *c);
/* Its head in view `now`, borrowed, or NULL. */
json_t *case_head(const struct console *c);

/* What was typed as an act's text: a new string, or NULL when there is nothing in it. */
json_t *case_text(const char *text);

void case_select(struct console *c, const struct call *call);
void case_declare(struct console *c, const struct call *call);
void case_triage(struct console *c, const struct call *call);
void case_classify(struct console *c, const struct call *call);
void case_note(struct console *c, const struct call *call);
void case_attribute(struct console *c, const struct call *call);
void case_end(struct console *c, const struct call *call);
void case_close(struct console *c, const struct call *call);

/* rows.c */
void case_check(struct console *c, const struct call *call);
void case_answer(struct console *c, const struct call *call);

#endif
