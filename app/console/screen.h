/* The commands under `terminal`: its size, and what signs it knows. */
#ifndef KANNUKI_CONSOLE_SCREEN_H
#define KANNUKI_CONSOLE_SCREEN_H

#include "console/console.h"

void screen_show(struct console *c, const struct call *call);
void screen_size(struct console *c, const struct call *call);
void screen_set(struct console *c, const struct call *call);
void screen_ascii(struct console *c, const struct call *call);
void screen_utf8(struct console *c, const struct call *call);
/* Plain ASCII in English, or the language of before in UTF-8. */
void screen_use_ascii(struct console *c, bool ascii);

#endif
