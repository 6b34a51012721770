/* The keeper's configuration, /etc/kannuki/kannuki.yaml below $KANNUKI_ROOT, and the places of its files.
 *
 *   packs: /usr/share/kannuki/packs     folder of the procedure packs
 *   session_minutes: 30                 a session ends after so long without use (1 to 480; optional)
 */
#ifndef KANNUKI_KEEPER_CONFIG_H
#define KANNUKI_KEEPER_CONFIG_H

#include "base/err.h"

enum { PLACE_SIZE = 512 };

struct config {
	char *packs;
	unsigned session_minutes;
};

enum err config_load(struct config **out, struct fault *f) MUST_USE;
void config_free(struct config *config);

struct places {
	char home[PLACE_SIZE];    /* /var/lib/kannuki */
	char ledger[PLACE_SIZE];  /* …/ledger */
	char secrets[PLACE_SIZE]; /* …/secrets.db */
	char exports[PLACE_SIZE]; /* …/exports */
};

enum err places_find(struct places *out, struct fault *f) MUST_USE;

#endif
