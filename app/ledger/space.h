/* Room on a medium. Three files hold room in reserve, and long before they are given up, files are no longer taken, so
 * that entries always find room.
 *
 *   reserve        16 MiB, given up when an entry would not fit
 *   reserve.ask    1 MiB, given up when even that is used up, to open the ledger and for what leads to erasing: two
 *                  people log in and agree on it
 *   reserve.last   4 MiB, given up last, only to open the ledger and to erase: however often somebody logs in, what
 * makes room must still be. Made again before the others, as large as it can be
 */
#ifndef KANNUKI_LEDGER_SPACE_H
#define KANNUKI_LEDGER_SPACE_H

#include "ledger/ledger.h"

enum reserve { RESERVE_FOR_ENTRIES, RESERVE_TO_ASK, RESERVE_TO_ERASE };

void space_measure(const char *folder, struct space *out);
/* Would a file of this size leave enough for entries? */
bool space_has_room(const struct space *space, uint64_t size);
/* Makes what is missing when there is room for it; what fails is tried again another time. */
void space_hold(const char *folder);
/* Gives one up. False: there was none. */
bool space_release(const char *folder, enum reserve which);

#endif
