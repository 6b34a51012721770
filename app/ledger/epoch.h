/* Genesis and epochs: which key may sign what, from the first note on.
 *
 *   kannuki-genesis/v1 LF <origin> LF <identity vkey> LF <epoch 1 vkey> LF
 *       signed by epoch 1 and identity
 *   kannuki-epoch/v1 LF <origin> LF <k+1> LF <vkey of k+1> LF <base64 hash of certificate k> LF
 *       signed by epoch k and identity; for k = 1 the hash is that of the genesis note
 *
 * The hash of a note is SHA-256 of its text without the signatures. Both notes carry exactly these two signature
 * lines in this order.
 */
#ifndef KANNUKI_LEDGER_EPOCH_H
#define KANNUKI_LEDGER_EPOCH_H

#include "ledger/note.h"

/* A key that signs. The secret lies in locked memory; signer_fini wipes it. */
struct signer {
	struct note_key key;
	uint8_t *secret;
};

enum { SEED_SIZE = 32 };

/* From a seed, or from fresh randomness when it is NULL. */
enum err signer_init(struct signer *s, const char *origin, const uint8_t seed[SEED_SIZE]) MUST_USE;
void signer_fini(struct signer *s);
void signer_seed(const struct signer *s, uint8_t seed[SEED_SIZE]);
/* Appends the line of `s` over the first text_len bytes of `note`. */
void signer_sign(const struct signer *s, struct buf *note, size_t text_len);

struct genesis {
	struct note_key identity, epoch;
	uint8_t hash[HASH_SIZE];
};

void genesis_format(struct buf *out, const struct signer *identity, const struct signer *epoch);
/* The origin is the name of both keys. ERR_FORMAT, ERR_CRYPTO. */
enum err genesis_parse(struct genesis *out, const char *data, size_t len) MUST_USE;

/* The code for paper: the beginning of the hash in base32, and whether a code that a person typed fits
   (20 to 52 characters; case, spaces and hyphens do not matter). ERR_FORMAT: not a code; ERR_CRYPTO: another's. */
enum { GENESIS_CODE_MIN = 20, GENESIS_CODE_MAX = 52 };
void genesis_code(char *out, size_t chars, const uint8_t hash[HASH_SIZE]);
enum err genesis_code_check(const char *code, const uint8_t hash[HASH_SIZE]) MUST_USE;

struct certificate {
	uint64_t epoch;
	struct note_key key;
	uint8_t hash[HASH_SIZE];
};

/* The certificate of `next` as epoch number `epoch`; `previous` is the hash of the note before it. */
void certificate_format(struct buf *out, uint64_t epoch, const struct signer *next, const uint8_t previous[HASH_SIZE],
			const struct signer *current, const struct signer *identity);
/* Only the certificate of `epoch` that follows `previous`, signed by these two, is accepted. ERR_FORMAT, ERR_CRYPTO. */
enum err certificate_parse(struct certificate *out, const char *data, size_t len, uint64_t epoch,
			   const uint8_t previous[HASH_SIZE], const struct note_key *current,
			   const struct note_key *identity) MUST_USE;

/* The key and hash of a genesis or certificate note without judging anything: for a writer reading its own store. */
enum err epoch_note_peek(struct note_key *key, uint8_t hash[HASH_SIZE], const char *data, size_t len) MUST_USE;

#endif
