/* All pictures of the state, for everybody who may log in, as lines: what the living keeper shows must be what folding
 * the ledger anew shows, byte for byte.
 *
 *   {"entries":N,"boot_ns":N,"wall_ms":N,"uncertain_ms":N,"source":W}     when they were drawn
 *   {"who":ID,"lang":L,"what":W,"about":C,"report":N,"cursor":N}⇥PICTURE|{"code","args"}
 */
#ifndef KANNUKI_KEEPER_VIEWS_H
#define KANNUKI_KEEPER_VIEWS_H

#include "keeper/config.h"
#include "keeper/scribe.h"

/* Into a new file that only its owner reads. */
enum err views_write(struct scribe *s, const char *path, struct moment now, struct fault *f) MUST_USE;
/* Folds the ledger anew, without writing to it, and compares. ERR_CORRUPT: f names the picture that differs. */
enum err views_check(const struct config *config, const char *path, struct fault *f) MUST_USE;

#endif
