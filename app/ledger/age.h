/* age v1 (https://age-encryption.org/v1): encrypts a stream to X25519 recipients, in constant memory.
 *
 *   header    "age-encryption.org/v1", for each recipient a stanza with the file key wrapped for it, and a
 *             HMAC-SHA-256 over all this
 *   payload   a nonce, then chunks of 64 KiB, each sealed with ChaCha20-Poly1305; the last one is marked as the last
 *
 * Every key comes from the random file key or from X25519 by HKDF-SHA-256.
 */
#ifndef KANNUKI_LEDGER_AGE_H
#define KANNUKI_LEDGER_AGE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { AGE_KEY_SIZE = 32, AGE_RECIPIENTS_MAX = 16, AGE_CHUNK = 64 * 1024 };

struct age_recipient {
	uint8_t key[AGE_KEY_SIZE];
};

/* "age1…", 62 characters of Bech32. ERR_FORMAT: `f` says what is wrong with it. */
enum err age_recipient_parse(struct age_recipient *out, const char *text, struct fault *f) MUST_USE;

/* Where the encrypted bytes go, in order. */
typedef enum err age_sink(void *context, const void *data, size_t len);

struct age;
/* Writes the header; 1 to AGE_RECIPIENTS_MAX recipients. The caller ends it with age_free, also after a failure. */
enum err age_begin(struct age **out, const struct age_recipient *recipients, size_t count, age_sink *sink,
		   void *context) MUST_USE;
enum err age_add(struct age *a, const void *data, size_t len) MUST_USE;
/* The last chunk. What was written before it, without it, decrypts to nothing that age would call whole. */
enum err age_end(struct age *a) MUST_USE;
void age_free(struct age *a);

#endif
