/* How much memory the stack has never reached: it is painted before main, and looked at a little each millisecond. */
#ifndef KANNUKI_PORT_STACK_H
#define KANNUKI_PORT_STACK_H

#include <stdint.h>

/* Looks at the next few bytes. Returns the bytes never reached; UINT16_MAX before the first full look. */
uint16_t stack_look(void);

#endif
