/* Notices: what changed while somebody was at the prompt – a new incident, a report's seal, an uplink. */
#ifndef KANNUKI_CONSOLE_NOTICES_H
#define KANNUKI_CONSOLE_NOTICES_H

#include "console/console.h"

/* Fetches view `now` when something was recorded, and says what is different in it. One's own acts on the case in
   hand have had their receipt and are not told again. */
void notices_show(struct console *c);

#endif
