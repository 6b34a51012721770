/* The record itself: checking it, and taking it away for auditors. */
#ifndef KANNUKI_CONSOLE_RECORD_H
#define KANNUKI_CONSOLE_RECORD_H

#include "console/console.h"

void record_check(struct console *c, const struct call *call);
void record_export(struct console *c, const struct call *call);

#endif
