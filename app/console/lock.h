/* A screen that was left alone asks for the password again. What was being typed stays as it is. */
#ifndef KANNUKI_CONSOLE_LOCK_H
#define KANNUKI_CONSOLE_LOCK_H

#include "console/console.h"

/* False: somebody else wants to log in, or the line was hung up. */
bool lock_screen(void *context);

#endif
