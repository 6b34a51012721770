#include "keeper/codes.h"

#include <ctype.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Each digit is the one before it plus `step`; after 9 comes 0. */
static bool is_run(const char *pin, size_t len, int step)
{
	for (size_t i = 1; i < len; i++)
		if ((pin[i] - pin[i - 1] - step) % 10 != 0)
			return false;
	return true;
}

/* 121212, 123123: the same `period` digits again and again. */
static bool repeats(const char *pin, size_t len, size_t period)
{
	for (size_t i = period; i < len; i++)
		if (pin[i] != pin[i - period])
			return false;
	return true;
}

const char *pin_fault(const char *pin)
{
	size_t len = strlen(pin);

	if (strspn(pin, "0123456789") != len)
		return "digits";
	if (len < PIN_MIN || len > PIN_MAX)
		return "length";
	if (is_run(pin, len, 0))
		return "same";
	if (is_run(pin, len, 1) || is_run(pin, len, -1))
		return "run";
	if (repeats(pin, len, 2) || repeats(pin, len, 3))
		return "pattern";
	return NULL;
}

/* ---- codes from a telephone ------------------------------------------------------------------------------------ */

enum { SHA1_BLOCK = 64 };

/* A block of the key, each byte mixed with `pad`. */
static void mix_key(uint8_t out[SHA1_BLOCK], const uint8_t key[TOTP_BYTES], uint8_t pad)
{
	memset(out, pad, SHA1_BLOCK);
	for (size_t i = 0; i < TOTP_BYTES; i++)
		out[i] ^= key[i];
}

static void hmac_sha1(uint8_t out[SHA_DIGEST_LENGTH], const uint8_t key[TOTP_BYTES], const uint8_t counter[8])
{
	uint8_t block[SHA1_BLOCK + SHA_DIGEST_LENGTH];

	mix_key(block, key, 0x36);
	memcpy(block + SHA1_BLOCK, counter, 8);
	(void)SHA1(block, SHA1_BLOCK + 8, out);
	mix_key(block, key, 0x5c);
	memcpy(block + SHA1_BLOCK, out, SHA_DIGEST_LENGTH);
	(void)SHA1(block, sizeof block, out);
	sodium_memzero(block, sizeof block);
}

unsigned totp_code(const uint8_t secret[TOTP_BYTES], uint64_t step)
{
	uint8_t counter[8], mac[SHA_DIGEST_LENGTH];
	unsigned at, number;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)(step >> (56 - 8 * i));
	hmac_sha1(mac, secret, counter);
	at = mac[19] & 15U;
	number = (mac[at] & 0x7fU) << 24 | (unsigned)mac[at + 1] << 16 | (unsigned)mac[at + 2] << 8 | mac[at + 3];
	return number % 1000000;
}

bool totp_fits(const uint8_t secret[TOTP_BYTES], const char *code, int64_t wall_ms, uint64_t used, uint64_t *step)
{
	uint64_t now = (uint64_t)(wall_ms / TOTP_STEP_MS), from = now - 1 > used ? now - 1 : used + 1;
	char expected[8];

	if (strlen(code) != 6)
		return false;
	for (uint64_t at = from; at <= now + 1; at++) {
		(void)snprintf(expected, sizeof expected, "%06u", totp_code(secret, at));
		if (sodium_memcmp(expected, code, 6) != 0)
			continue;
		*step = at;
		return true;
	}
	return false;
}

/* ---- made by the keeper ------------------------------------------------------------------------------------------ */

void password_random(char out[RANDOM_PASSWORD_SIZE])
{
	static const char signs[] = "abcdefghjkmnpqrstuvwxyz23456789";
	size_t at = 0;

	for (int i = 0; i < 16; i++) {
		if (i > 0 && i % 4 == 0)
			out[at++] = '-';
		out[at++] = signs[randombytes_uniform(sizeof signs - 1)];
	}
	out[at] = '\0';
}

void recovery_hash(char out[HEX_SIZE(RECOVERY_HASH_BYTES)], const char *typed)
{
	uint8_t hash[RECOVERY_HASH_BYTES];
	char plain[RANDOM_PASSWORD_SIZE];
	size_t len = 0;

	for (; *typed != '\0' && len < sizeof plain; typed++)
		if (isalnum((unsigned char)*typed) != 0)
			plain[len++] = (char)tolower((unsigned char)*typed);
	(void)crypto_generichash(hash, sizeof hash, (const uint8_t *)plain, len, NULL, 0);
	hex_encode(out, hash, sizeof hash);
	sodium_memzero(plain, sizeof plain);
}
