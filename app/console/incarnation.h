/* A record that had to begin anew: saying so, until somebody has put the new genesis code on paper; and ending one. */
#ifndef KANNUKI_CONSOLE_INCARNATION_H
#define KANNUKI_CONSOLE_INCARNATION_H

#include "console/console.h"

/* What the keeper says of it; NULL: nothing is said. */
void incarnation_tell(struct console *c, json_t *incarnation);

void incarnation_show(struct console *c, const struct call *call);
void incarnation_begin(struct console *c, const struct call *call);

#endif
