/* Setting up a box that has no record yet: step by step, each answer checked by the keeper and kept at once. A lost
   line or a power cut costs nothing until the last step; the last step is done whole or not at all. */
#ifndef KANNUKI_CONSOLE_COMMISSION_H
#define KANNUKI_CONSOLE_COMMISSION_H

#include "console/console.h"

/* True: the box is set up, now or by somebody else. False: the person left. */
bool commission_run(struct console *c);

/* genesis.c: the last step. `revision` is that of the answers, `name` the box's. */
enum genesis { GENESIS_DONE, GENESIS_REFUSED, GENESIS_LEFT };
enum genesis genesis_make(struct console *c, uint64_t revision, const char *name);

#endif
