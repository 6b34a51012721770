/* secrets.db: the one thing beside the ledger. Argon2id hashes by account id and generation, nothing else.
 *
 * A password change writes the hash of generation n+1 here first, then the entry user.password n+1 into the ledger,
 * then removes older ones. A login uses the generation that the ledger names, so every instant of a power cut is right.
 *
 * One copy lies on each medium of the ledger. A copy that fails is left alone until its medium is taken in again; it
 * learns then what it has missed.
 */
#ifndef KANNUKI_KEEPER_SECRETS_H
#define KANNUKI_KEEPER_SECRETS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { SECRET_HASH_SIZE = 128, SECRET_COPIES = 2 };

struct secrets;

/* Without a copy so far. */
enum err secrets_new(struct secrets **out, struct fault *f) MUST_USE;
void secrets_close(struct secrets *s);

/* Opens the file, or makes it with mode 0600, as copy number `copy`. */
enum err secrets_use(struct secrets *s, unsigned copy, const char *path, struct fault *f) MUST_USE;
void secrets_leave(struct secrets *s, unsigned copy);
bool secrets_uses(const struct secrets *s, unsigned copy);
/* Every copy holds this generation of the account, if one of them does, and no other. */
enum err secrets_even(struct secrets *s, const char *account, uint64_t generation, struct fault *f) MUST_USE;

/* ERR_MISSING: no such account, or not in this generation. */
enum err secrets_get(struct secrets *s, const char *account, uint64_t generation, char hash[SECRET_HASH_SIZE]) MUST_USE;
/* Durable on return, on at least one copy. */
enum err secrets_put(struct secrets *s, const char *account, uint64_t generation, const char *hash,
		     struct fault *f) MUST_USE;
enum err secrets_forget_before(struct secrets *s, const char *account, uint64_t generation, struct fault *f) MUST_USE;

#endif
