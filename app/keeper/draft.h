/* What was answered at the console so far, while a box is commissioned: a set-up file that is not finished yet, as
 * JSON, in /var/lib/kannuki/commissioning.json. It survives a lost line and a power cut; after genesis it is removed.
 */
#ifndef KANNUKI_KEEPER_DRAFT_H
#define KANNUKI_KEEPER_DRAFT_H

#include "keeper/site.h"

struct draft_file {
	char path[PLACE_SIZE + 32], trial[PLACE_SIZE + 40];
	json_t *answers; /* object */
};

/* Takes up what is there; what cannot be read is begun anew. */
enum err draft_open(struct draft_file *d, const struct config *config, struct fault *f) MUST_USE;
void draft_close(struct draft_file *d);
void draft_remove(struct draft_file *d);

/* Changes with every answer. */
uint64_t draft_revision(const struct draft_file *d);
/* Puts the members of `values` in place of what was there; null removes one. Durable on return. On failure `f` has a
   sentence for whoever answered, and nothing was changed. */
enum err draft_put(struct draft_file *d, const struct config *config, json_t *values, struct fault *f) MUST_USE;
/* Whole, and fit to be made: as if it had been read from a set-up file. `path` borrowed from the draft. */
enum err draft_site(struct draft_file *d, const struct config *config, struct site **out, struct fault *f) MUST_USE;

#endif
