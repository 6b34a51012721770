/* The keeper's configuration, /etc/kannuki/kannuki.yaml below $KANNUKI_ROOT, and the places of its files.
 *
 *   packs: /usr/share/kannuki/packs     folder of the procedure packs
 *   session_minutes: 30                 a session ends after so long without use (1 to 480; optional)
 *   without_clock: recovery             while the clock is not set, what stands in for the code from a telephone:
 *                                       recovery (a recovery code) or password (nothing beside it) (optional)
 *   mirror: /var/lib/kannuki-mirror     folder on a second medium, below $KANNUKI_ROOT: holds the same (optional)
 *   contacts: /etc/kannuki/contacts.csv names and numbers of those who are to be called (optional; directory.h)
 *   holidays: /etc/kannuki/holidays.csv days on which nobody is in the office (optional)
 *   office_hours: 8:30-17:15            Monday to Friday (optional)
 *   open_call_sheet: true               whoever stands at the console may see the call sheet without a login (optional)
 *   users: {panel: kannuki-paneld}      whose programs may use a socket: panel, console, web, cli (optional)
 *   panel:
 *     seals_epochs: true                the panel's controller keeps a key that the next epoch's secret is sealed with
 *                                       (optional; docs/operation/ledger.md)
 */
#ifndef KANNUKI_KEEPER_CONFIG_H
#define KANNUKI_KEEPER_CONFIG_H

#include "base/err.h"
#include "ledger/hash.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum { PLACE_SIZE = 512 };

struct config {
	char *packs;
	unsigned session_minutes;
	char *without_clock;                      /* NULL: recovery */
	char *mirror;                             /* NULL: one medium only */
	char *contacts, *holidays, *office_hours; /* NULL: none, none, the usual ones */
	int open_call_sheet;                      /* true or false */
	struct peer_users {
		char *panel, *console, *web, *cli; /* NULL: whoever the socket's mode lets in */
	} users;
	struct {
		int seals_epochs; /* true or false */
	} panel;
	char path[PLACE_SIZE];
	uint8_t hash[HASH_SIZE]; /* of the file */
};

/* `path` NULL: the usual one. A mistake is told by file and line. */
enum err config_load(const char *path, struct config **out, struct fault *f) MUST_USE;
/* The password alone will do while the clock is not set. */
bool config_lets_password_do(const struct config *config);
void config_free(struct config *config);
/* What needs a look beyond the file: the folder of packs, and each pack in it. */
enum err config_check(const struct config *config, struct fault *f) MUST_USE;
/* Of the directory, below $KANNUKI_ROOT, "" for none. */
enum { SITE_CONTACTS, SITE_HOLIDAYS, SITE_FILES };
enum err config_site_file(const struct config *config, int which, char out[PLACE_SIZE], struct fault *f) MUST_USE;
/* The user that a socket is for, by name of the socket's peer; false: none is named. */
bool config_user(const struct config *config, const char *peer, uid_t *uid);
/* All settings in effect, each with where it stands. */
enum err config_print(const struct config *config, FILE *out, struct fault *f) MUST_USE;

/* Of one medium: /var/lib/kannuki, or the mirror. All empty: there is no such medium. */
struct places {
	char home[PLACE_SIZE];
	char ledger[PLACE_SIZE + 16];  /* …/ledger */
	char secrets[PLACE_SIZE + 16]; /* …/secrets.db */
	char exports[PLACE_SIZE + 16]; /* …/exports */
};

enum { FIRST_MEDIUM, SECOND_MEDIUM, KEEPER_MEDIA };

enum err places_find(const struct config *config, struct places out[KEEPER_MEDIA], struct fault *f) MUST_USE;

#endif
