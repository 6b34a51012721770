/* Commissioning: a new ledger with its organisation, uplinks and people; from a YAML file (scripts/sample/site.yaml),
 * or from the dialogue at the console (commission.h).
 *
 *   setup_make   everything is made in …/ledger.new of both media; nothing of it is in force
 *   (the genesis code and the passwords go onto paper)
 *   setup_name   gives it its name: the second medium first, then the first
 *
 * A set-up that was cut off before the first name leaves nothing that counts; one that was cut off between the two is
 * finished at the next start.
 */
#ifndef KANNUKI_KEEPER_SETUP_H
#define KANNUKI_KEEPER_SETUP_H

#include "keeper/site.h"
#include "keeper/worker.h"

#include <stdio.h>

struct setup;

struct login {
	const char *name;
	char password[PASSWORD_MAX + 1];
};

/* `site` and `given` are borrowed until setup_free; `path` is named in complaints about the site. `given` holds lines
   "LOGIN PASSWORD", or is NULL; everybody else gets a random one. */
enum err setup_make(const struct config *config, const struct site *site, const char *path, const struct buf *given,
		    struct setup **out, struct fault *f) MUST_USE;
/* On failure nothing is in force. Once only. */
enum err setup_name(struct setup *s, struct fault *f) MUST_USE;
const char *setup_genesis(const struct setup *s);
/* One for each person of the site. */
const struct login *setup_logins(const struct setup *s);
/* Removes what was not named. */
void setup_free(struct setup *s);

/* Names what a power cut left half named. */
enum err setup_finish(const struct config *config, bool *there_is_a_ledger, struct fault *f) MUST_USE;

/* All of it, from a file. `passwords` is NULL or a file as `given` above. Prints "genesis: CODE" and a line "login NAME
   PASSWORD" for each person to `out`. */
enum err setup_run(const struct config *config, const char *path, const char *passwords, FILE *out,
		   struct fault *f) MUST_USE;

#endif
