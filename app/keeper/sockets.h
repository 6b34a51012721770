/* The sockets of the keeper: those that systemd holds for it, or made by itself. */
#ifndef KANNUKI_KEEPER_SOCKETS_H
#define KANNUKI_KEEPER_SOCKETS_H

#include "ipc/server.h"
#include "keeper/config.h"

/* FOR_NOW: what systemd holds is only borrowed, for another server to take later. */
enum sockets_use { SOCKETS_FOR_NOW, SOCKETS_FOR_GOOD };

/* Those of `peers` (enum peer bits). What systemd holds keeps requests waiting as long as nobody takes it. */
enum err sockets_take(struct server *s, const struct config *config, unsigned peers, enum sockets_use use,
		      struct fault *f) MUST_USE;

#endif
