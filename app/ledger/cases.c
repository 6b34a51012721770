/* One key for each case, sealed by the wrapping key: what seals the things people wrote about it. */
#include "ledger/inside.h"

#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

void case_keys_forget(struct ledger *l)
{
	sodium_memzero(l->cases, sizeof l->cases);
	l->next_case = 0;
}

static void remember(struct ledger *l, const char *about, const uint8_t key[SEAL_KEY_SIZE])
{
	struct case_key *slot = &l->cases[l->next_case];

	l->next_case = (l->next_case + 1) % CASES_CACHED;
	(void)snprintf(slot->about, sizeof slot->about, "%s", about);
	memcpy(slot->key, key, SEAL_KEY_SIZE);
}

static enum err load_case_key(struct ledger *l, const char *about, const char *what, uint8_t key[SEAL_KEY_SIZE])
{
	struct blob name = {about, strlen(about)}, sealed;
	struct buf value = {.cap = 256};
	enum err err = store_row(&l->store, STORE_GET_CASE, 0, &name);

	if (err != ERR_OK)
		return err;
	sealed = store_blob(&l->store, STORE_GET_CASE, 0);
	err = unseal(&value, l->keys.wrap, what, sealed.data, sealed.len);
	if (err == ERR_OK && value.len != SEAL_KEY_SIZE)
		err = ERR_CRYPTO;
	if (err == ERR_OK)
		memcpy(key, value.data, SEAL_KEY_SIZE);
	if (value.data != NULL)
		sodium_memzero(value.data, value.size);
	buf_fini(&value);
	store_done(&l->store, STORE_GET_CASE);
	return err;
}

static enum err create_case_key(struct ledger *l, const char *about, const char *what, uint8_t key[SEAL_KEY_SIZE])
{
	struct buf sealed = {.cap = 256};
	enum err err;

	randombytes_buf(key, SEAL_KEY_SIZE);
	seal(&sealed, l->keys.wrap, what, key, SEAL_KEY_SIZE);
	err = buf_status(&sealed);
	if (err == ERR_OK)
		err = store_run(&l->store, STORE_ADD_CASE, 0,
				(const struct blob[]){{about, strlen(about)}, {sealed.data, sealed.len}}, 2);
	buf_fini(&sealed);
	return err;
}

enum err case_key(struct ledger *l, const char *about, bool create, uint8_t key[SEAL_KEY_SIZE], struct fault *f)
{
	char what[WORD_MAX + sizeof "case "];
	enum err err;

	for (unsigned i = 0; i < CASES_CACHED; i++) {
		if (strcmp(l->cases[i].about, about) == 0) {
			memcpy(key, l->cases[i].key, SEAL_KEY_SIZE);
			return ERR_OK;
		}
	}
	(void)snprintf(what, sizeof what, "case %s", about);
	err = load_case_key(l, about, what, key);
	if (err == ERR_MISSING && create)
		err = create_case_key(l, about, what, key);
	if (err != ERR_OK)
		return fault_set(f, err, _("%s: the key for what people wrote is missing or damaged"), about);
	remember(l, about, key);
	return ERR_OK;
}
