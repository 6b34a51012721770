/* Cutting and connecting again. Cutting is easy; connecting takes two people and the key at the panel. */
#ifndef KANNUKI_CONSOLE_UPLINKS_H
#define KANNUKI_CONSOLE_UPLINKS_H

#include "console/console.h"

void uplinks_isolate(struct console *c, const struct call *call);
void uplinks_request(struct console *c, const struct call *call);
void uplinks_permit(struct console *c, const struct call *call);

/* Those named on the command line ("all": every one that is connected), or chosen now; a new array or NULL. */
json_t *uplinks_chosen(struct console *c, const struct call *call, const char *title);

#endif
