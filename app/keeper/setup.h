/* Commissioning: a new ledger with its organisation, uplinks and people, from one YAML file (scripts/sample/site.yaml).
 *
 * Everything is made in …/ledger.new of both media and gets its name last: a set-up that was cut off leaves no ledger
 * behind.
 */
#ifndef KANNUKI_KEEPER_SETUP_H
#define KANNUKI_KEEPER_SETUP_H

#include "keeper/config.h"

#include <stdio.h>

/* `passwords` is NULL or a file of lines "LOGIN PASSWORD"; everybody else gets a random one. Prints
   "genesis: CODE" and a line "login NAME PASSWORD" for each person to `out`. */
enum err setup_run(const struct config *config, const char *path, const char *passwords, FILE *out,
		   struct fault *f) MUST_USE;

#endif
