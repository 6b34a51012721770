/* A procedure pack: one organisation's rules, read from YAML and CSV, immutable afterwards. */
#ifndef KANNUKI_PROCEDURE_PACK_H
#define KANNUKI_PROCEDURE_PACK_H

#include "base/err.h"
#include "base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct pack;

/* Reads and checks the pack in `folder`. A mistake is told as "file:line: what; how to mend it". */
enum err pack_load(const char *folder, struct pack **out, struct fault *f) MUST_USE;
void pack_free(struct pack *pack);

const char *pack_id(const struct pack *pack);
const char *pack_version(const struct pack *pack);
/* SHA-256 of the canonical JSON of the whole pack, as 64 hex digits. */
const char *pack_hash(const struct pack *pack);
/* Is this a role of the pack? */
bool pack_has_role(const struct pack *pack, const char *role);
/* The label of a role in a language; NULL when there is no such role. */
const char *pack_role_label(const struct pack *pack, const char *role, enum lang lang);

/* "acts", "observes" or "outside"; NULL when there is no such role. */
const char *pack_role_kind(const struct pack *pack, const char *role);
/* Does a rule of the pack give this act to the role? */
bool pack_role_may(const struct pack *pack, const char *role, const char *act);
/* For whoever chooses a pack: {"id", "version", "name", "word", "source", "site": [{"id", "label", "default"}],
   "roles": [{"id", "label", "holder", "kind", "two": it may both ask for changes of people and approve them}]}. A new
   reference. */
json_t *pack_choice(const struct pack *pack, enum lang lang);

/* Site variables: what the pack leaves to the organisation (otari: prefecture, and ciso_post, which has a default;
   {organisation} is always there). Their values stand in setup.done as `site`, so that replay shows the same papers.
   ERR_MISSING: one without a default is absent from the object `site`. */
enum err pack_check_site(const struct pack *pack, const json_t *site, struct fault *f) MUST_USE;

#endif
