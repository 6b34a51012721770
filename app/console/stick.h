/* An exported file onto a USB stick: asked for, seen, written, read again, released. */
#ifndef KANNUKI_CONSOLE_STICK_H
#define KANNUKI_CONSOLE_STICK_H

#include "console/console.h"

void stick_write(struct console *c, const struct call *call);

#endif
