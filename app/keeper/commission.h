/* A keeper without a ledger: the box is set up at the console, and nothing else is possible.
 *
 *   commission.show      what was answered so far, and what there is: packs, media, panel, clock
 *   commission.put       one step's answers, checked at once and kept (draft.h)
 *   commission.make      everything is made beside its place; the genesis code and first passwords are shown
 *   commission.confirm   a word and a group read off the paper: what was made gets its name, and the keeper begins
 *
 * Until commission.confirm nothing counts: a lost line, a power cut, or commission.make once more, and what was made is
 * thrown away. What was made belongs to the connection that asked for it; others have to wait. Who may do all this is
 * who sits at the console: there is nobody yet whom one could ask for a password.
 */
#ifndef KANNUKI_KEEPER_COMMISSION_H
#define KANNUKI_KEEPER_COMMISSION_H

#include "keeper/config.h"

enum commissioned { COMMISSION_DONE, COMMISSION_ENDED, COMMISSION_FAILED };

/* Is this a method that is answered while there is no ledger? */
bool commission_takes(const char *method);
/* Serves until the box is set up, or SIGTERM or SIGINT. */
enum commissioned commission_serve(const struct config *config, struct fault *f);

#endif
