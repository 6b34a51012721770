/* The menu: everything by numbers, for people who know no commands. Each line is a command that is also shown. */
#ifndef KANNUKI_CONSOLE_MENU_H
#define KANNUKI_CONSOLE_MENU_H

#include "console/console.h"

void menu_run(struct console *c, const struct call *call);

#endif
