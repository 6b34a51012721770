/* Registers of peacetime, as the pack defines them. */
#ifndef KANNUKI_CONSOLE_REGISTER_H
#define KANNUKI_CONSOLE_REGISTER_H

#include "console/console.h"

void register_list(struct console *c, const struct call *call);
void register_show(struct console *c, const struct call *call);
void register_add(struct console *c, const struct call *call);
void register_change(struct console *c, const struct call *call);
void register_strike(struct console *c, const struct call *call);

#endif
