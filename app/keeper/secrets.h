/* secrets.db: the one thing beside the ledger. What people prove with, by account id and generation, nothing else.
 *
 *   password, pin   Argon2id hash                          table secret (passwords), table credential (all others)
 *   totp            the secret that codes are made from, 40 hex digits
 *   recovery        hashes of ten recovery codes, of the same generation as the totp
 *
 * A change writes generation n+1 here first, then its entry into the ledger, then removes older ones. A login uses the
 * generation that the ledger names, so every instant of a power cut is right.
 *
 * One copy lies on each medium of the ledger. A copy that fails is left alone until its medium is taken in again; it
 * learns then what it has missed.
 *
 * The table credential is newer than the other: a file without it gets it, and a program that does not know it asks for
 * the password alone and leaves it as it is.
 */
#ifndef KANNUKI_KEEPER_SECRETS_H
#define KANNUKI_KEEPER_SECRETS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECRET_HASH_SIZE = 128, SECRET_SIZE = 512, SECRET_COPIES = 2 };

enum secret_kind { SECRET_PASSWORD, SECRET_PIN, SECRET_TOTP, SECRET_RECOVERY, SECRET_KINDS };

struct secrets;

/* Without a copy so far. */
enum err secrets_new(struct secrets **out, struct fault *f) MUST_USE;
void secrets_close(struct secrets *s);

/* Opens the file, or makes it with mode 0600, as copy number `copy`. */
enum err secrets_use(struct secrets *s, unsigned copy, const char *path, struct fault *f) MUST_USE;
void secrets_leave(struct secrets *s, unsigned copy);
bool secrets_uses(const struct secrets *s, unsigned copy);
/* Every copy holds this generation of the account's secret, if one of them does, and no other. 0: none. */
enum err secrets_even(struct secrets *s, enum secret_kind kind, const char *account, uint64_t generation,
		      struct fault *f) MUST_USE;

/* ERR_MISSING: no such account, or not in this generation. ERR_RANGE: longer than `size`. */
enum err secrets_get(struct secrets *s, enum secret_kind kind, const char *account, uint64_t generation, char *value,
		     size_t size) MUST_USE;
/* Durable on return, on at least one copy. */
enum err secrets_put(struct secrets *s, enum secret_kind kind, const char *account, uint64_t generation,
		     const char *value, struct fault *f) MUST_USE;
enum err secrets_forget_before(struct secrets *s, enum secret_kind kind, const char *account, uint64_t generation,
			       struct fault *f) MUST_USE;

#endif
