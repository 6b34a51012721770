/* secrets.db: the one thing beside the ledger. Argon2id hashes by account id and generation, nothing else.
 *
 * A password change writes the hash of generation n+1 here first, then the entry user.password n+1 into the ledger,
 * then removes older ones. A login uses the generation that the ledger names, so every instant of a power cut is right.
 */
#ifndef KANNUKI_KEEPER_SECRETS_H
#define KANNUKI_KEEPER_SECRETS_H

#include "base/err.h"

#include <stdint.h>

enum { SECRET_HASH_SIZE = 128 };

struct secrets;

/* Opens the file, or makes it with mode 0600. */
enum err secrets_open(const char *path, struct secrets **out, struct fault *f) MUST_USE;
void secrets_close(struct secrets *s);

/* ERR_MISSING: no such account, or not in this generation. */
enum err secrets_get(struct secrets *s, const char *account, uint64_t generation, char hash[SECRET_HASH_SIZE]) MUST_USE;
/* Durable on return. */
enum err secrets_put(struct secrets *s, const char *account, uint64_t generation, const char *hash,
		     struct fault *f) MUST_USE;
enum err secrets_forget_before(struct secrets *s, const char *account, uint64_t generation, struct fault *f) MUST_USE;

#endif
