/* While a large record is read: whoever asks hears how far it is, and systemd that we are alive.
 *
 * A small record is there before anybody could ask: the sockets are opened only when there is something to tell. The
 * panel's socket is left alone; its events wait in the controller.
 */
#ifndef KANNUKI_KEEPER_STARTING_H
#define KANNUKI_KEEPER_STARTING_H

#include "keeper/config.h"

#include <stdint.h>

/* From now on starting_tell answers at the sockets, too. A program starts once. `config` is borrowed until
   starting_end. */
void starting_begin(const struct config *config);
/* Puts the sockets back. */
void starting_end(void);

/* `what` is one plain word or two, for systemd: "starting". */
void starting_tell(const char *what, uint64_t done, uint64_t total);

#endif
