/* Opens a medium that returned, in a thread of its own: where the disk hangs, nobody has to wait for it. */
#ifndef KANNUKI_LEDGER_OPENER_H
#define KANNUKI_LEDGER_OPENER_H

#include "ledger/media.h"

struct opener;

/* `medium` must be closed; only its names are read. */
enum err opener_new(const struct medium *medium, struct opener **out) MUST_USE;
/* Waits so long at most. False: not yet. True: `medium` is as medium_open leaves it, and the opener is gone. */
bool opener_take(struct opener *o, int64_t patience_ns, struct medium *medium);
/* Nobody wants it any more; what it opens is closed again. */
void opener_leave(struct opener *o);
/* CLOCK_MONOTONIC when it began. */
int64_t opener_began_ns(const struct opener *o);

#endif
