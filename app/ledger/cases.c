/* One key for each case, sealed by the wrapping key: what seals the things people wrote about it. */
#include "ledger/inside.h"

#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

bool case_has_key(struct ledger *l, const char *about)
{
	struct store *store = media_store(&l->media);
	enum err err = store_row(store, STORE_GET_CASE, 0, &(struct blob){about, strlen(about)});

	store_done(store, STORE_GET_CASE);
	return err == ERR_OK;
}

void case_keys_forget(struct ledger *l)
{
	sodium_memzero(l->cases, sizeof l->cases);
	l->next_case = 0;
}

static void remember(struct ledger *l, const char *name, const uint8_t key[SEAL_KEY_SIZE])
{
	struct case_key *slot = &l->cases[l->next_case];

	l->next_case = (l->next_case + 1) % CASES_CACHED;
	(void)snprintf(slot->about, sizeof slot->about, "%s", name);
	memcpy(slot->key, key, SEAL_KEY_SIZE);
}

/* Made for an entry that is not committed yet. */
static bool find_staged(const struct ledger *l, const struct blob *name, struct blob *sealed)
{
	struct change change;
	bool is_found = false;

	for (size_t at = 0; batch_next(&l->changes, &at, &change);) {
		if (change.statement != STORE_ADD_CASE || change.blobs[0].len != name->len ||
		    memcmp(change.blobs[0].data, name->data, name->len) != 0)
			continue;
		*sealed = change.blobs[1];
		is_found = true;
	}
	return is_found;
}

static enum err load_case_key(struct ledger *l, const char *name, const char *what, uint8_t key[SEAL_KEY_SIZE])
{
	struct blob wanted = {name, strlen(name)}, sealed;
	struct buf value = {.cap = 256};
	struct store *store = media_store(&l->media);
	bool is_staged = find_staged(l, &wanted, &sealed);
	enum err err = is_staged ? ERR_OK : store_row(store, STORE_GET_CASE, 0, &wanted);

	if (err != ERR_OK)
		return err;
	if (!is_staged)
		sealed = store_blob(store, STORE_GET_CASE, 0);
	err = unseal(&value, l->keys.wrap, what, sealed.data, sealed.len);
	if (err == ERR_OK && value.len != SEAL_KEY_SIZE)
		err = ERR_CRYPTO;
	if (err == ERR_OK)
		memcpy(key, value.data, SEAL_KEY_SIZE);
	if (value.data != NULL)
		sodium_memzero(value.data, value.size);
	buf_fini(&value);
	if (!is_staged)
		store_done(store, STORE_GET_CASE);
	return err;
}

static enum err create_case_key(struct ledger *l, const char *name, const char *what, uint8_t key[SEAL_KEY_SIZE])
{
	struct buf sealed = {.cap = 256};
	enum err err;

	randombytes_buf(key, SEAL_KEY_SIZE);
	seal(&sealed, l->keys.wrap, what, key, SEAL_KEY_SIZE);
	err = buf_status(&sealed);
	if (err == ERR_OK)
		batch_add(&l->changes, STORE_ADD_CASE, 0,
			  (const struct blob[]){{name, strlen(name)}, {sealed.data, sealed.len}}, 2);
	buf_fini(&sealed);
	return err;
}

enum err case_key(struct ledger *l, const char *name, bool create, uint8_t key[SEAL_KEY_SIZE], struct fault *f)
{
	char what[WORD_MAX + sizeof "case "];
	enum err err;

	for (unsigned i = 0; i < CASES_CACHED; i++) {
		if (strcmp(l->cases[i].about, name) == 0) {
			memcpy(key, l->cases[i].key, SEAL_KEY_SIZE);
			return ERR_OK;
		}
	}
	(void)snprintf(what, sizeof what, "case %s", name);
	err = load_case_key(l, name, what, key);
	if (err == ERR_MISSING && create)
		err = create_case_key(l, name, what, key);
	if (err != ERR_OK)
		return fault_set(f, err, _("%s: the key for what people wrote is missing or damaged"), name);
	remember(l, name, key);
	return ERR_OK;
}
