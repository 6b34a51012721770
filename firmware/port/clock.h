/* The millisecond tick (timer 1) and fine time. */
#ifndef KANNUKI_PORT_CLOCK_H
#define KANNUKI_PORT_CLOCK_H

#include "firmware/core/stamp.h"

void clock_init(void);
/* Called once by the tick's interrupt, before anything asks for the time. */
void clock_tick(void);
/* With interrupts off, or from one. */
struct stamp clock_now(void);

#endif
