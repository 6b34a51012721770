/* How the box does, and a file about it for those who help. */
#ifndef KANNUKI_CONSOLE_HEALTH_H
#define KANNUKI_CONSOLE_HEALTH_H

#include "console/grammar.h"

void health_show(struct console *c, const struct call *call);
void health_support(struct console *c, const struct call *call);

#endif
