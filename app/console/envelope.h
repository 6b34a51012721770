/* The sealed envelope: told on every screen until somebody has noted it and sealed a new one. */
#ifndef KANNUKI_CONSOLE_ENVELOPE_H
#define KANNUKI_CONSOLE_ENVELOPE_H

#include "console/console.h"

/* Of the view `now`: what is open, if it is. */
void envelope_tell(struct console *c, json_t *envelope);
/* The same when it has just been opened. */
void envelope_notice(struct console *c, json_t *before);
void envelope_noted(struct console *c, const struct call *call);
void envelope_renew(struct console *c, const struct call *call);

#endif
