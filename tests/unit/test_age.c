/* age: recipients as people type them, and streams of every edge size opened again. Debian's own age opens what
 * tests/interop exports.
 */
#include "base/bytes.h"
#include "ledger/age.h"

#include "check.h"

#include <sodium.h>

/* The recipient of the secret scalar 32 times 0x07, as another implementation of Bech32 writes it. */
static const uint8_t scalar[32] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
				   7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
#define RECIPIENT "age1zwlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dksu37mwt"

/* ---- recipients ---- */

static void a_recipient_is_its_key(void **state)
{
	struct age_recipient recipient;
	uint8_t key[32];
	struct fault f;

	(void)state;
	assert_int_equal(age_recipient_parse(&recipient, RECIPIENT, &f), ERR_OK);
	(void)crypto_scalarmult_base(key, scalar);
	assert_memory_equal(recipient.key, key, 32);
}

static void refused(const char *text, const char *says)
{
	struct age_recipient recipient, before;
	struct fault f = {.text = ""};

	memset(&recipient, 0x5a, sizeof recipient);
	before = recipient;
	if (age_recipient_parse(&recipient, text, &f) != ERR_FORMAT || strstr(f.text, says) == NULL)
		fail_msg("%s: %s", text, f.text);
	assert_memory_equal(&recipient, &before, sizeof before);
}

static void each_mistake_has_its_word(void **state)
{
	(void)state;
	refused("", "62 characters");
	refused("age1", "62 characters");
	refused("bob", "62 characters");
	refused("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA", "62 characters");
	refused(RECIPIENT "q", "62 characters");
	refused("AGE-SECRET-KEY-1QQPQZZQQ", "secret key");
	refused("AGE1ZWLYL6H27GZV0LFNTR7FCQRJRZQAZAP8SY5ZYLKXWNEH7LLF0DKSU37MWT", "62 characters");
	refused("age1zwlyl6H27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dksu37mwt", "character 11 ");
	refused("age1zwlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dksu37mwb", "character 62 ");
	refused("age1\xff"
		"wlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dksu37mwt",
		"character 5 ");
	refused("age1zwlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dksfdwhtf", "checksum");
	refused("age1zwlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dks5v85qq", "checksum");
	refused("age1zwlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dk3p82wne", "no key");
	refused("age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z", "no key");
	refused("age1ur4h5lpmgxu2u9jku0a0r87ydtdqnr0tnsetrlvxvgz3vh6fhqqqzyt4v9", "no key");
}

static void any_changed_character_is_met(void **state)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	struct age_recipient recipient;
	char text[] = RECIPIENT;

	(void)state;
	for (size_t i = 4; i < strlen(text); i++) {
		char right = text[i];

		for (const char *wrong = alphabet; *wrong != '\0'; wrong++) {
			text[i] = *wrong;
			assert_int_equal(age_recipient_parse(&recipient, text, NULL),
					 *wrong == right ? ERR_OK : ERR_FORMAT);
		}
		text[i] = right;
	}
}

/* ---- streams ---- */

static enum err take(void *context, const void *data, size_t len)
{
	struct buf *out = context;

	buf_add(out, data, len);
	return buf_status(out);
}

static void encrypt(struct buf *out, const uint8_t *data, size_t len, size_t piece)
{
	struct age_recipient recipient;
	struct age *a = NULL;

	assert_int_equal(age_recipient_parse(&recipient, RECIPIENT, NULL), ERR_OK);
	assert_int_equal(age_begin(&a, &recipient, 1, take, out), ERR_OK);
	for (size_t at = 0; at < len; at += piece)
		assert_int_equal(age_add(a, data + at, len - at < piece ? len - at : piece), ERR_OK);
	assert_int_equal(age_end(a), ERR_OK);
	age_free(a);
}

static void hkdf(uint8_t out[32], const void *secret, size_t secret_len, const void *salt, size_t salt_len,
		 const char *info)
{
	crypto_auth_hmacsha256_state state;
	uint8_t prk[32];

	crypto_auth_hmacsha256_init(&state, salt, salt_len);
	crypto_auth_hmacsha256_update(&state, secret, secret_len);
	crypto_auth_hmacsha256_final(&state, prk);
	crypto_auth_hmacsha256_init(&state, prk, 32);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)info, strlen(info));
	crypto_auth_hmacsha256_update(&state, (const uint8_t[]){1}, 1);
	crypto_auth_hmacsha256_final(&state, out);
}

/* 43 characters of base64 without padding. */
static void read_32(uint8_t out[32], const char *text)
{
	char padded[45];
	size_t len = 32;

	(void)snprintf(padded, sizeof padded, "%.43s=", text);
	assert_int_equal(base64_decode(out, &len, padded, 44), ERR_OK);
	assert_int_equal(len, 32);
}

/* A reader of exactly the header that one recipient gives; returns where the payload begins. */
static const uint8_t *open_header(const struct buf *sealed, uint8_t file_key[16])
{
	static const char intro[] = "age-encryption.org/v1\n-> X25519 ";
	enum { INTRO = sizeof intro - 1, MAC_AT = INTRO + 43 + 1 + 43 + 1 };
	uint8_t share[32], salt[64], shared[32], key[32], body[32], mac[32], zero[12] = {0}, right[32];
	crypto_auth_hmacsha256_state state;

	assert_true(sealed->len > MAC_AT + 4 + 43 + 1);
	assert_memory_equal(sealed->data, intro, INTRO);
	read_32(share, sealed->data + INTRO);
	read_32(body, sealed->data + INTRO + 44);
	assert_memory_equal(sealed->data + MAC_AT, "--- ", 4);
	read_32(mac, sealed->data + MAC_AT + 4);
	assert_int_equal(sealed->data[MAC_AT + 47], '\n');
	memcpy(salt, share, 32);
	(void)crypto_scalarmult_base(salt + 32, scalar);
	assert_int_equal(crypto_scalarmult(shared, scalar, share), 0);
	hkdf(key, shared, 32, salt, 64, "age-encryption.org/v1/X25519");
	assert_int_equal(crypto_aead_chacha20poly1305_ietf_decrypt(file_key, NULL, NULL, body, 32, NULL, 0, zero, key),
			 0);
	hkdf(key, file_key, 16, "", 0, "header");
	crypto_auth_hmacsha256_init(&state, key, 32);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)sealed->data, MAC_AT + 3);
	crypto_auth_hmacsha256_final(&state, right);
	assert_memory_equal(mac, right, 32);
	return (const uint8_t *)sealed->data + MAC_AT + 48;
}

static void open_payload(const uint8_t *at, size_t len, const uint8_t file_key[16], struct buf *out)
{
	static uint8_t chunk[AGE_CHUNK];
	uint8_t key[32], nonce[12] = {0};

	assert_true(len >= 32);
	hkdf(key, file_key, 16, at, 16, "payload");
	at += 16;
	len -= 16;
	for (unsigned number = 0; len > 0; number++) {
		size_t part = len < AGE_CHUNK + 16 ? len : AGE_CHUNK + 16;

		nonce[9] = (uint8_t)(number >> 8);
		nonce[10] = (uint8_t)number;
		nonce[11] = part == len;
		assert_int_equal(
			crypto_aead_chacha20poly1305_ietf_decrypt(chunk, NULL, NULL, at, part, NULL, 0, nonce, key), 0);
		buf_add(out, chunk, part - 16);
		/* Only an empty file has an empty chunk. */
		assert_true(part > 16 || number == 0);
		at += part;
		len -= part;
	}
}

static void any_size_comes_back(void **state)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 300 * 65536 + 5};
	static const size_t pieces[] = {65536, 1000, 65537, 200000};
	uint8_t *data = malloc(301 * 65536);

	(void)state;
	assert_non_null(data);
	randombytes_buf_deterministic(data, 301 * 65536, scalar);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++) {
			size_t chunks = sizes[i] == 0 ? 1 : (sizes[i] + 65535) / 65536;
			struct buf sealed = {0}, opened = {0};
			uint8_t file_key[16];
			const uint8_t *payload;

			encrypt(&sealed, data, sizes[i], pieces[j]);
			payload = open_header(&sealed, file_key);
			assert_int_equal(sealed.len - (size_t)(payload - (const uint8_t *)sealed.data),
					 16 + sizes[i] + 16 * chunks);
			open_payload(payload, sealed.len - (size_t)(payload - (const uint8_t *)sealed.data), file_key,
				     &opened);
			assert_int_equal(opened.len, sizes[i]);
			if (sizes[i] > 0)
				assert_memory_equal(opened.data, data, sizes[i]);
			buf_fini(&sealed);
			buf_fini(&opened);
		}
	}
	free(data);
}

static void no_two_are_alike(void **state)
{
	struct buf first = {0}, second = {0};
	uint8_t one[16], other[16];
	const uint8_t *a, *b;

	(void)state;
	encrypt(&first, scalar, 32, 32);
	encrypt(&second, scalar, 32, 32);
	a = open_header(&first, one);
	b = open_header(&second, other);
	assert_memory_not_equal(one, other, 16);
	assert_memory_not_equal(a, b, 16);
	buf_fini(&first);
	buf_fini(&second);
}

static void the_number_of_recipients_has_its_bounds(void **state)
{
	static const char stanza[] = "\n-> X25519 ";
	struct age_recipient many[AGE_RECIPIENTS_MAX + 1];
	struct buf out = {0};
	struct age *a = NULL;
	unsigned stanzas = 0;

	(void)state;
	for (size_t i = 0; i <= AGE_RECIPIENTS_MAX; i++)
		assert_int_equal(age_recipient_parse(&many[i], RECIPIENT, NULL), ERR_OK);
	assert_int_equal(age_begin(&a, many, 0, take, &out), ERR_RANGE);
	assert_int_equal(age_begin(&a, many, AGE_RECIPIENTS_MAX + 1, take, &out), ERR_RANGE);
	assert_null(a);
	assert_int_equal(out.len, 0);
	assert_int_equal(age_begin(&a, many, AGE_RECIPIENTS_MAX, take, &out), ERR_OK);
	for (size_t at = 0; at + sizeof stanza <= out.len; at++)
		stanzas += memcmp(out.data + at, stanza, sizeof stanza - 1) == 0;
	assert_int_equal(stanzas, AGE_RECIPIENTS_MAX);
	age_free(a);
	buf_fini(&out);
}

/* Takes so many calls and then refuses. */
static enum err fill_up(void *context, const void *data, size_t len)
{
	unsigned *calls = context;

	(void)data;
	(void)len;
	return (*calls)-- == 0 ? ERR_FULL : ERR_OK;
}

static void a_full_disk_is_told(void **state)
{
	static const uint8_t data[3 * AGE_CHUNK];
	struct age_recipient recipient;

	(void)state;
	assert_int_equal(age_recipient_parse(&recipient, RECIPIENT, NULL), ERR_OK);
	/* Header, nonce, three chunks. */
	for (unsigned calls = 0; calls <= 5; calls++) {
		unsigned left = calls;
		struct age *a = NULL;
		enum err err = age_begin(&a, &recipient, 1, fill_up, &left);

		if (err == ERR_OK)
			err = age_add(a, data, sizeof data);
		if (err == ERR_OK)
			err = age_end(a);
		age_free(a);
		assert_int_equal(err, calls == 5 ? ERR_OK : ERR_FULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recipient_is_its_key),
		cmocka_unit_test(each_mistake_has_its_word),
		cmocka_unit_test(any_changed_character_is_met),
		cmocka_unit_test(any_size_comes_back),
		cmocka_unit_test(no_two_are_alike),
		cmocka_unit_test(the_number_of_recipients_has_its_bounds),
		cmocka_unit_test(a_full_disk_is_told),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
