/* Whom to call, and the log of it. */
#ifndef KANNUKI_CONSOLE_CONTACT_H
#define KANNUKI_CONSOLE_CONTACT_H

#include "console/console.h"

void contact_sheet(struct console *c, const struct call *call);
void contact_made(struct console *c, const struct call *call);
void contact_received(struct console *c, const struct call *call);
void contact_arrived(struct console *c, const struct call *call);
/* A line for each; show: in full. */
void contact_log(struct console *c, const struct call *call);
void contact_show(struct console *c, const struct call *call);
/* The sheet for somebody who has not logged in, where the site allows it. */
void contact_open_sheet(struct console *c);

#endif
