/* Logging in and out. */
#ifndef KANNUKI_CONSOLE_LOGIN_H
#define KANNUKI_CONSOLE_LOGIN_H

#include "console/console.h"

/* Asks for name and password until somebody is logged in. False: the person left. */
bool login_person(struct console *c);
/* Ends the session and forgets what this person saw and typed. */
void login_end(struct console *c);

void login_logout(struct console *c, const struct call *call);
void login_exit(struct console *c, const struct call *call);
void login_password(struct console *c, const struct call *call);
void login_japanese(struct console *c, const struct call *call);
void login_english(struct console *c, const struct call *call);

#endif
