/* Erasing what people wrote, by two people: one asks, another approves. */
#ifndef KANNUKI_CONSOLE_ERASING_H
#define KANNUKI_CONSOLE_ERASING_H

#include "console/console.h"

void erasing_redact(struct console *c, const struct call *call);
void erasing_dispose(struct console *c, const struct call *call);
void erasing_list(struct console *c, const struct call *call);
void erasing_approve(struct console *c, const struct call *call);

#endif
