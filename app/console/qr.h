/* A QR code in half-block characters, light on a dark terminal as on a light one: both colours are drawn. */
#ifndef KANNUKI_CONSOLE_QR_H
#define KANNUKI_CONSOLE_QR_H

#include "console/console.h"

/* False: it does not fit on this terminal, or the terminal shows ASCII only; nothing was drawn. */
bool qr_show(struct console *c, const char *text);

/* One line of two rows of modules: `row` is 0, 2, 4 …; a margin of two modules stands around them. Pure. */
void qr_line(struct buf *out, const unsigned char *modules, int width, int row);

#endif
