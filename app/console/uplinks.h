/* Cutting and connecting again. Cutting is easy; connecting takes two people and the key at the panel. */
#ifndef KANNUKI_CONSOLE_UPLINKS_H
#define KANNUKI_CONSOLE_UPLINKS_H

#include "console/console.h"

void uplinks_isolate(struct console *c, const struct call *call);
void uplinks_request(struct console *c, const struct call *call);
void uplinks_permit(struct console *c, const struct call *call);

#endif
