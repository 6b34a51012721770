/* The secrets in the ledger's folder: keys/identity and keys/wrap, 32 bytes each, mode 0600. The wrapping key seals
 * what the database keeps secret: the next epoch's seed (secret.c: sealed with a key of the panel's controller, too,
 * where that is wanted) and one key per incident, which in turn seal what people wrote.
 *
 *   sealed = nonce[24] ‖ XChaCha20-Poly1305(value; associated data = what it is, "epoch 7", "case 2026-007" …)
 */
#ifndef KANNUKI_LEDGER_KEYS_H
#define KANNUKI_LEDGER_KEYS_H

#include "ledger/epoch.h"

enum { SEAL_KEY_SIZE = 32, SEAL_OVERHEAD = 24 + 16 };

struct keys {
	struct signer identity;
	uint8_t *wrap;  /* locked memory */
	bool is_proven; /* `wrap` opens what is stored */
};

enum key_file { KEY_IDENTITY, KEY_WRAP, KEY_FILES };

/* Writes fresh key files into FOLDER/keys. */
enum err keys_create(const char *folder, struct fault *f) MUST_USE;
/* The same keys for a second medium. */
enum err keys_copy(const char *folder, const char *to, struct fault *f) MUST_USE;
/* Reads one of them into `k`, in place of what is there; keys_fini wipes. */
enum err keys_load_identity(struct keys *k, const char *folder, const char *origin, struct fault *f) MUST_USE;
enum err keys_load_wrap(struct keys *k, const char *folder, struct fault *f) MUST_USE;
/* The same keys for the next incarnation. */
enum err keys_inherit(struct keys *k, const struct keys *from, const char *origin, struct fault *f) MUST_USE;
void keys_fini(struct keys *k);
/* FOLDER holds this key: anything else is said, with the path. */
enum err keys_compare(const struct keys *k, enum key_file which, const char *folder, struct fault *f) MUST_USE;
/* Writes it there. */
enum err keys_write(const struct keys *k, enum key_file which, const char *folder, struct fault *f) MUST_USE;

void seal(struct buf *out, const uint8_t key[SEAL_KEY_SIZE], const char *what, const void *value, size_t len);
/* Appends the value. ERR_CRYPTO: another key, another `what`, or changed. */
enum err unseal(struct buf *out, const uint8_t key[SEAL_KEY_SIZE], const char *what, const void *sealed,
		size_t len) MUST_USE;

#endif
