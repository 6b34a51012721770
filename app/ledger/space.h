/* Room on a medium. A file of 16 MiB is held in reserve and given up when an entry would not fit; long before, files
 * are no longer taken, so that entries always find room.
 */
#ifndef KANNUKI_LEDGER_SPACE_H
#define KANNUKI_LEDGER_SPACE_H

#include "ledger/ledger.h"

enum { SPACE_RESERVE = 16 * 1024 * 1024 };

void space_measure(const char *folder, struct space *out);
/* Makes the reserve when there is plenty of room; what fails is tried again another time. */
void space_hold(const char *folder);
/* Gives it up. False: there was none. */
bool space_release(const char *folder);

#endif
