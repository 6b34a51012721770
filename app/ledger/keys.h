/* The secrets in the ledger's folder: keys/identity and keys/wrap, 32 bytes each, mode 0600. The wrapping key seals
 * what the database keeps secret: the next epoch's seed and one key per incident, which in turn seal what people wrote.
 *
 *   sealed = nonce[24] ‖ XChaCha20-Poly1305(value; associated data = what it is, "epoch 7", "case 2026-007" …)
 */
#ifndef KANNUKI_LEDGER_KEYS_H
#define KANNUKI_LEDGER_KEYS_H

#include "ledger/epoch.h"

enum { SEAL_KEY_SIZE = 32, SEAL_OVERHEAD = 24 + 16 };

struct keys {
	struct signer identity;
	uint8_t *wrap; /* locked memory */
};

/* Writes fresh key files into FOLDER/keys. */
enum err keys_create(const char *folder, struct fault *f) MUST_USE;
/* The same keys for a second medium. */
enum err keys_copy(const char *folder, const char *to, struct fault *f) MUST_USE;
/* Reads them; keys_fini wipes. */
enum err keys_load(struct keys *k, const char *folder, const char *origin, struct fault *f) MUST_USE;
void keys_fini(struct keys *k);

void seal(struct buf *out, const uint8_t key[SEAL_KEY_SIZE], const char *what, const void *value, size_t len);
/* Appends the value. ERR_CRYPTO: another key, another `what`, or changed. */
enum err unseal(struct buf *out, const uint8_t key[SEAL_KEY_SIZE], const char *what, const void *sealed,
		size_t len) MUST_USE;

#endif
