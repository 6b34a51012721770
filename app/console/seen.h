/* What the panel's controller has seen of the record, and what it means when that is something else. */
#ifndef KANNUKI_CONSOLE_SEEN_H
#define KANNUKI_CONSOLE_SEEN_H

#include "console/console.h"

/* Only what somebody has to see to; `seen` may be NULL. */
void seen_tell(struct console *c, json_t *seen);
/* All of it. */
void seen_show(struct console *c, json_t *seen);

#endif
