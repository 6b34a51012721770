#include "ledger/keys.h"

#include "base/file.h"
#include "base/text.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };

static const char *const key_names[KEY_FILES] = {"identity", "wrap"};

static enum err key_path(char path[PATH_MAX], const char *folder, const char *name, struct fault *f)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/keys/%s", folder, name) >= PATH_MAX)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), folder);
	return ERR_OK;
}

static enum err create(const char *folder, const char *name, struct fault *f)
{
	uint8_t key[SEAL_KEY_SIZE];
	char path[PATH_MAX];
	enum err err = key_path(path, folder, name, f);

	if (err != ERR_OK)
		return err;
	randombytes_buf(key, sizeof key);
	err = file_replace(path, key, sizeof key, 0600, f);
	sodium_memzero(key, sizeof key);
	return err;
}

enum err keys_create(const char *folder, struct fault *f)
{
	char path[PATH_MAX];
	enum err err = key_path(path, folder, "", f);

	if (err == ERR_OK)
		err = folder_make(path, 0700, f);
	if (err == ERR_OK)
		err = create(folder, "identity", f);
	return err == ERR_OK ? create(folder, "wrap", f) : err;
}

static enum err load(uint8_t key[SEAL_KEY_SIZE], const char *folder, const char *name, struct fault *f)
{
	struct buf data = {.cap = 4096};
	char path[PATH_MAX];
	enum err err = key_path(path, folder, name, f);

	if (err == ERR_OK)
		err = file_read(path, SEAL_KEY_SIZE, &data, f);
	if (err == ERR_OK && data.len != SEAL_KEY_SIZE)
		err = fault_set(f, ERR_CORRUPT, _("%s: must hold %d bytes; restore it from a backup"), path,
				SEAL_KEY_SIZE);
	if (err == ERR_OK)
		memcpy(key, data.data, SEAL_KEY_SIZE);
	if (data.data != NULL)
		sodium_memzero(data.data, data.size);
	buf_fini(&data);
	return err;
}

static enum err copy(const char *folder, const char *to, const char *name, struct fault *f)
{
	uint8_t key[SEAL_KEY_SIZE];
	char path[PATH_MAX];
	enum err err = load(key, folder, name, f);

	if (err == ERR_OK)
		err = key_path(path, to, name, f);
	if (err == ERR_OK)
		err = file_replace(path, key, sizeof key, 0600, f);
	sodium_memzero(key, sizeof key);
	return err;
}

enum err keys_copy(const char *folder, const char *to, struct fault *f)
{
	char path[PATH_MAX];
	enum err err = key_path(path, to, "", f);

	if (err == ERR_OK)
		err = folder_make(path, 0700, f);
	if (err == ERR_OK)
		err = copy(folder, to, "identity", f);
	return err == ERR_OK ? copy(folder, to, "wrap", f) : err;
}

enum err keys_load_identity(struct keys *k, const char *folder, const char *origin, struct fault *f)
{
	uint8_t seed[SEED_SIZE];
	struct signer identity;
	enum err err = load(seed, folder, key_names[KEY_IDENTITY], f);

	if (err != ERR_OK)
		return err;
	err = signer_init(&identity, origin, seed);
	sodium_memzero(seed, sizeof seed);
	if (err != ERR_OK)
		return fault_set(f, err, _("the identity key cannot be used"));
	signer_fini(&k->identity);
	k->identity = identity;
	return ERR_OK;
}

enum err keys_load_wrap(struct keys *k, const char *folder, struct fault *f)
{
	uint8_t *wrap = sodium_malloc(SEAL_KEY_SIZE);
	enum err err =
		wrap != NULL ? load(wrap, folder, key_names[KEY_WRAP], f) : fault_set(f, ERR_NOMEM, _("no memory"));

	if (err != ERR_OK) {
		sodium_free(wrap);
		return err;
	}
	sodium_free(k->wrap);
	k->wrap = wrap;
	k->is_proven = false;
	return ERR_OK;
}

enum err keys_inherit(struct keys *k, const struct keys *from, const char *origin, struct fault *f)
{
	uint8_t seed[SEED_SIZE];
	enum err err;

	*k = (struct keys){.wrap = sodium_malloc(SEAL_KEY_SIZE), .is_proven = from->is_proven};
	signer_seed(&from->identity, seed);
	err = k->wrap != NULL ? signer_init(&k->identity, origin, seed) : ERR_NOMEM;
	sodium_memzero(seed, sizeof seed);
	if (err != ERR_OK) {
		keys_fini(k);
		return fault_set(f, err, _("the identity key cannot be used"));
	}
	memcpy(k->wrap, from->wrap, SEAL_KEY_SIZE);
	return ERR_OK;
}

static void take(const struct keys *k, enum key_file which, uint8_t key[SEAL_KEY_SIZE])
{
	if (which == KEY_IDENTITY)
		signer_seed(&k->identity, key);
	else
		memcpy(key, k->wrap, SEAL_KEY_SIZE);
}

enum err keys_compare(const struct keys *k, enum key_file which, const char *folder, struct fault *f)
{
	uint8_t right[SEAL_KEY_SIZE], stored[SEAL_KEY_SIZE];
	enum err err = load(stored, folder, key_names[which], f);

	take(k, which, right);
	if (err == ERR_OK && sodium_memcmp(stored, right, sizeof right) != 0)
		err = fault_set(f, ERR_CORRUPT, _("%s/keys/%s: is not the key that this ledger is kept with"), folder,
				key_names[which]);
	sodium_memzero(right, sizeof right);
	sodium_memzero(stored, sizeof stored);
	return err;
}

enum err keys_write(const struct keys *k, enum key_file which, const char *folder, struct fault *f)
{
	uint8_t key[SEAL_KEY_SIZE];
	char path[PATH_MAX];
	enum err err = key_path(path, folder, "", f);

	if (err == ERR_OK)
		err = folder_make(path, 0700, f);
	if (err == ERR_OK)
		err = key_path(path, folder, key_names[which], f);
	take(k, which, key);
	if (err == ERR_OK)
		err = file_replace(path, key, sizeof key, 0600, f);
	sodium_memzero(key, sizeof key);
	return err;
}

void keys_fini(struct keys *k)
{
	signer_fini(&k->identity);
	sodium_free(k->wrap);
	*k = (struct keys){.wrap = NULL};
}

void seal(struct buf *out, const uint8_t key[SEAL_KEY_SIZE], const char *what, const void *value, size_t len)
{
	uint8_t *sealed = malloc(len + SEAL_OVERHEAD);

	if (sealed == NULL) {
		out->err = ERR_NOMEM;
		return;
	}
	randombytes_buf(sealed, NONCE_SIZE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_SIZE, NULL, value, len,
							 (const unsigned char *)what, strlen(what), NULL, sealed, key);
	buf_add(out, sealed, len + SEAL_OVERHEAD);
	free(sealed);
}

enum err unseal(struct buf *out, const uint8_t key[SEAL_KEY_SIZE], const char *what, const void *sealed, size_t len)
{
	const uint8_t *nonce = sealed;
	uint8_t *value;
	enum err err = ERR_CRYPTO;

	if (len < SEAL_OVERHEAD)
		return ERR_CRYPTO;
	value = malloc(len);
	if (value == NULL)
		return ERR_NOMEM;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(value, NULL, NULL, nonce + NONCE_SIZE, len - NONCE_SIZE,
						       (const unsigned char *)what, strlen(what), nonce, key) == 0) {
		buf_add(out, value, len - SEAL_OVERHEAD);
		err = buf_status(out);
	}
	sodium_memzero(value, len);
	free(value);
	return err;
}
