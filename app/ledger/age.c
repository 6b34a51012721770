#include "ledger/age.h"

#include "base/bytes.h"
#include "base/text.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- recipients: Bech32 ---- */

enum { PREFIX_CHARS = 4, DATA_CHARS = 52, CHECK_CHARS = 6, RECIPIENT_CHARS = PREFIX_CHARS + DATA_CHARS + CHECK_CHARS };

static uint32_t bech32_step(uint32_t sum, uint32_t value)
{
	static const uint32_t generators[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned i = 0; i < 5; i++)
		if ((top >> i & 1) != 0)
			sum ^= generators[i];
	return sum;
}

/* The sum over the prefix "age" as Bech32 spreads it, and over all values with their checksum, is 1. */
static bool bech32_fits(const uint8_t *values, size_t count)
{
	static const uint8_t age[] = {'a' >> 5, 'g' >> 5, 'e' >> 5, 0, 'a' & 31, 'g' & 31, 'e' & 31};
	uint32_t sum = 1;

	for (size_t i = 0; i < sizeof age; i++)
		sum = bech32_step(sum, age[i]);
	for (size_t i = 0; i < count; i++)
		sum = bech32_step(sum, values[i]);
	return sum == 1;
}

static enum err bech32_values(uint8_t values[DATA_CHARS + CHECK_CHARS], const char *text, struct fault *f)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

	for (unsigned i = 0; i < DATA_CHARS + CHECK_CHARS; i++) {
		const char *found = strchr(alphabet, text[PREFIX_CHARS + i]);

		if (found == NULL)
			return fault_set(f, ERR_FORMAT,
					 _("character %u of the age recipient cannot stand there (capitals, 1, b, i "
					   "and o never do)"),
					 PREFIX_CHARS + i + 1);
		values[i] = (uint8_t)(found - alphabet);
	}
	return ERR_OK;
}

/* 52 values of 5 bits are 32 bytes and 4 bits that must be zero. */
static bool join_bits(uint8_t key[AGE_KEY_SIZE], const uint8_t values[DATA_CHARS])
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t len = 0;

	for (unsigned i = 0; i < DATA_CHARS; i++) {
		bits = (bits << 5 | values[i]) & 0xfff;
		held += 5;
		if (held >= 8) {
			held -= 8;
			key[len++] = (uint8_t)(bits >> held);
		}
	}
	return (bits & 15) == 0;
}

/* Points of small order would make a secret that everybody knows; libsodium refuses to multiply them. */
static bool is_usable(const uint8_t key[AGE_KEY_SIZE])
{
	uint8_t scalar[AGE_KEY_SIZE] = {1}, shared[AGE_KEY_SIZE];

	return crypto_scalarmult(shared, scalar, key) == 0;
}

enum err age_recipient_parse(struct age_recipient *out, const char *text, struct fault *f)
{
	uint8_t values[DATA_CHARS + CHECK_CHARS] = {0};
	struct age_recipient read;
	enum err err;

	if (strncmp(text, "AGE-SECRET-KEY-", 15) == 0)
		return fault_set(f, ERR_FORMAT,
				 _("this is the secret key of an auditor, which nobody else may see; give the "
				   "recipient, which begins with age1"));
	if (strncmp(text, "age1", PREFIX_CHARS) != 0 || strlen(text) != RECIPIENT_CHARS)
		return fault_set(f, ERR_FORMAT,
				 _("an age recipient begins with age1 and has 62 characters; this one is another"));
	err = bech32_values(values, text, f);
	if (err != ERR_OK)
		return err;
	if (!bech32_fits(values, sizeof values))
		return fault_set(f, ERR_FORMAT, _("the age recipient was mistyped: its checksum does not fit"));
	if (!join_bits(read.key, values) || !is_usable(read.key))
		return fault_set(f, ERR_FORMAT, _("the age recipient holds no key that anyone can use"));
	*out = read;
	return ERR_OK;
}

/* ---- the format ---- */

enum { FILE_KEY_SIZE = 16, NONCE_SIZE = 16, LINE_SIZE = BASE64_SIZE(48) };

struct age {
	age_sink *sink;
	void *context;
	uint8_t key[crypto_aead_chacha20poly1305_ietf_KEYBYTES];
	uint64_t chunks;
	size_t len;
	uint8_t chunk[AGE_CHUNK];
	uint8_t sealed[AGE_CHUNK + crypto_aead_chacha20poly1305_ietf_ABYTES];
};

static void hmac(uint8_t out[32], const void *key, size_t key_len, const void *data, size_t len)
{
	crypto_auth_hmacsha256_state state;

	(void)crypto_auth_hmacsha256_init(&state, key, key_len);
	(void)crypto_auth_hmacsha256_update(&state, data, len);
	(void)crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof state);
}

/* HKDF-SHA-256 for its first 32 bytes, which is all that age takes. */
static void derive(uint8_t out[32], const void *secret, size_t secret_len, const void *salt, size_t salt_len,
		   const char *info)
{
	uint8_t key[32];
	char labelled[64];
	int len = snprintf(labelled, sizeof labelled, "%s%c", info, 1);

	hmac(key, salt, salt_len, secret, secret_len);
	hmac(out, key, sizeof key, labelled, (size_t)len);
	sodium_memzero(key, sizeof key);
}

/* age leaves the padding away. */
static void add_base64(struct buf *out, const void *data, size_t len)
{
	char text[LINE_SIZE];

	base64_encode(text, data, len);
	buf_add(out, text, strcspn(text, "="));
}

static enum err add_stanza(struct buf *header, const struct age_recipient *recipient,
			   const uint8_t file_key[FILE_KEY_SIZE])
{
	uint8_t secret[AGE_KEY_SIZE], shared[AGE_KEY_SIZE], salt[2 * AGE_KEY_SIZE], key[32];
	uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = {0};
	uint8_t wrapped[FILE_KEY_SIZE + crypto_aead_chacha20poly1305_ietf_ABYTES];
	enum err err = ERR_OK;

	randombytes_buf(secret, sizeof secret);
	(void)crypto_scalarmult_base(salt, secret);
	memcpy(salt + AGE_KEY_SIZE, recipient->key, AGE_KEY_SIZE);
	if (crypto_scalarmult(shared, secret, recipient->key) != 0)
		err = ERR_CRYPTO;
	derive(key, shared, sizeof shared, salt, sizeof salt, "age-encryption.org/v1/X25519");
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(wrapped, NULL, file_key, FILE_KEY_SIZE, NULL, 0, NULL, nonce,
							key);
	buf_adds(header, "-> X25519 ");
	add_base64(header, salt, AGE_KEY_SIZE);
	buf_addc(header, '\n');
	add_base64(header, wrapped, sizeof wrapped);
	buf_addc(header, '\n');
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(shared, sizeof shared);
	sodium_memzero(key, sizeof key);
	return err;
}

static enum err make_header(struct buf *header, const struct age_recipient *recipients, size_t count,
			    const uint8_t file_key[FILE_KEY_SIZE])
{
	uint8_t key[32], mac[32];
	enum err err = ERR_OK;

	buf_adds(header, "age-encryption.org/v1\n");
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = add_stanza(header, &recipients[i], file_key);
	buf_adds(header, "---");
	if (err == ERR_OK)
		err = buf_status(header);
	if (err != ERR_OK)
		return err;
	derive(key, file_key, FILE_KEY_SIZE, "", 0, "header");
	hmac(mac, key, sizeof key, header->data, header->len);
	buf_addc(header, ' ');
	add_base64(header, mac, sizeof mac);
	buf_addc(header, '\n');
	sodium_memzero(key, sizeof key);
	return buf_status(header);
}

enum err age_begin(struct age **out, const struct age_recipient *recipients, size_t count, age_sink *sink,
		   void *context)
{
	uint8_t file_key[FILE_KEY_SIZE], nonce[NONCE_SIZE];
	struct buf header = {0};
	struct age *a;
	enum err err;

	if (count == 0 || count > AGE_RECIPIENTS_MAX)
		return ERR_RANGE;
	a = sodium_malloc(sizeof *a);
	if (a == NULL)
		return ERR_NOMEM;
	a->sink = sink;
	a->context = context;
	a->chunks = a->len = 0;
	randombytes_buf(file_key, sizeof file_key);
	randombytes_buf(nonce, sizeof nonce);
	err = make_header(&header, recipients, count, file_key);
	derive(a->key, file_key, sizeof file_key, nonce, sizeof nonce, "payload");
	sodium_memzero(file_key, sizeof file_key);
	if (err == ERR_OK)
		err = sink(context, header.data, header.len);
	if (err == ERR_OK)
		err = sink(context, nonce, sizeof nonce);
	buf_fini(&header);
	*out = a;
	return err;
}

static enum err seal_chunk(struct age *a, uint8_t last)
{
	uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = {0};
	unsigned long long len;

	/* 11 bytes of counter, big-endian, and the mark of the last chunk. */
	for (unsigned i = 0; i < 8; i++)
		nonce[10 - i] = (uint8_t)(a->chunks >> 8 * i);
	nonce[11] = last;
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(a->sealed, &len, a->chunk, a->len, NULL, 0, NULL, nonce,
							a->key);
	a->chunks++;
	a->len = 0;
	return a->sink(a->context, a->sealed, (size_t)len);
}

/* A full chunk waits until more comes, because only then it is not the last. */
enum err age_add(struct age *a, const void *data, size_t len)
{
	const uint8_t *at = data;
	enum err err = ERR_OK;

	while (len > 0 && err == ERR_OK) {
		size_t take = AGE_CHUNK - a->len < len ? AGE_CHUNK - a->len : len;

		if (take == 0) {
			err = seal_chunk(a, 0);
			continue;
		}
		memcpy(a->chunk + a->len, at, take);
		a->len += take;
		at += take;
		len -= take;
	}
	return err;
}

enum err age_end(struct age *a)
{
	return seal_chunk(a, 1);
}

void age_free(struct age *a)
{
	sodium_free(a);
}
