/* Whether the key of what follows is sealed with the panel's controller, where the site wants that. */
#ifndef KANNUKI_CONSOLE_SEALING_H
#define KANNUKI_CONSOLE_SEALING_H

#include "console/console.h"

/* Only what somebody has to see to; `sealing` may be NULL. */
void sealing_tell(struct console *c, json_t *sealing);
/* All of it. */
void sealing_show(struct console *c, json_t *sealing);

#endif
