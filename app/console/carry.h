/* Files over the cable itself, by ZMODEM: Debian's lrzsz does the talking. */
#ifndef KANNUKI_CONSOLE_CARRY_H
#define KANNUKI_CONSOLE_CARRY_H

#include "console/console.h"

void carry_send(struct console *c, const struct call *call);

#endif
