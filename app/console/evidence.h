/* Evidence of a case: taken, shown, handed over, its files in and out. */
#ifndef KANNUKI_CONSOLE_EVIDENCE_H
#define KANNUKI_CONSOLE_EVIDENCE_H

#include "console/console.h"

void evidence_add(struct console *c, const struct call *call);
void evidence_show(struct console *c, const struct call *call);
void evidence_hand(struct console *c, const struct call *call);
void evidence_get(struct console *c, const struct call *call);

#endif
