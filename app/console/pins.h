/* What outside the box keeps the past as it was: the policy of witnesses, their cosignatures, time stamps. */
#ifndef KANNUKI_CONSOLE_PINS_H
#define KANNUKI_CONSOLE_PINS_H

#include "console/console.h"

void pins_policy(struct console *c, const struct call *call);
void pins_policy_set(struct console *c, const struct call *call);
void pins_witness_request(struct console *c, const struct call *call);
void pins_witness_accept(struct console *c, const struct call *call);
void pins_stamp_request(struct console *c, const struct call *call);
void pins_stamp_accept(struct console *c, const struct call *call);

#endif
