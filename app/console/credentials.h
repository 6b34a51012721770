/* `user …`: what people prove with beside the password. */
#ifndef KANNUKI_CONSOLE_CREDENTIALS_H
#define KANNUKI_CONSOLE_CREDENTIALS_H

#include "console/console.h"

void credentials_pin(struct console *c, const struct call *call);
void credentials_totp(struct console *c, const struct call *call);
void credentials_pin_off(struct console *c, const struct call *call);
void credentials_codes(struct console *c, const struct call *call);
void credentials_totp_off(struct console *c, const struct call *call);

#endif
