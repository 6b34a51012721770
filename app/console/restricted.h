/* Cases that only named people may know of. */
#ifndef KANNUKI_CONSOLE_RESTRICTED_H
#define KANNUKI_CONSOLE_RESTRICTED_H

#include "console/console.h"

/* Names who may know of the case in hand; everybody else sees it no more. */
void restricted_readers(struct console *c, const struct call *call);
void restricted_lift(struct console *c, const struct call *call);
/* Asks for them: a new array of ids, the person who asks among them; NULL when left. */
json_t *restricted_ask(struct console *c);

#endif
