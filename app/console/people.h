/* Who may log in: looking at people, and changing them by two persons. */
#ifndef KANNUKI_CONSOLE_PEOPLE_H
#define KANNUKI_CONSOLE_PEOPLE_H

#include "console/console.h"

void people_list(struct console *c, const struct call *call);
void people_show(struct console *c, const struct call *call);
void people_add(struct console *c, const struct call *call);
void people_change(struct console *c, const struct call *call);
void people_end(struct console *c, const struct call *call);
/* The person named on the command line, or asked for; a new reference, or NULL, which has been said. */
json_t *people_named(struct console *c, const struct call *call);
void people_reset(struct console *c, const struct call *call);
void people_requests(struct console *c, const struct call *call);
void people_approve(struct console *c, const struct call *call);
void people_absent(struct console *c, const struct call *call);
void people_back(struct console *c, const struct call *call);

/* people_csv.c */
void people_import(struct console *c, const struct call *call);
void people_export(struct console *c, const struct call *call);

/* Asks for the password and sends a list of changes as one request, in parts where it is long. `changes` is
   [{"do", …, "person": {…}}]; taken over. */
void people_request(struct console *c, json_t *changes);

#endif
