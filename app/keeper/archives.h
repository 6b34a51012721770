/* Each medium holds the logs before the present one, too: what one of them lacks is copied from the other, in a thread
 * of its own, as it may be much and the disk slow.
 */
#ifndef KANNUKI_KEEPER_ARCHIVES_H
#define KANNUKI_KEEPER_ARCHIVES_H

#include "ledger/past.h"

/* Begins copying what is lacking, unless it is being copied already. */
void archives_even_out(const struct past *past, const struct ledger *l);
/* A copy is being made, so nothing may be erased there. */
bool archives_are_busy(void);

#endif
