/* The keys lie beside each medium. Each of the two is taken from whichever medium has it right: the identity is the one
 * that the genesis names, the wrapping key is the one that opens what the database keeps sealed. Nothing but sealed
 * things tells a wrapping key from 32 other bytes.
 */
#include "ledger/inside.h"

#include "base/diag.h"
#include "base/text.h"

#include <sodium.h>
#include <string.h>

static const char *const whats[KEY_FILES] = {"keys/identity", "keys/wrap"};

/* ---- finding them ---- */

/* One sealed thing that opens is proof; damage to some of them disproves nothing. */
static bool opens_something(const uint8_t wrap[SEAL_KEY_SIZE], struct store *store)
{
	static const char sealed_things[] =
		"SELECT 'epoch ' || epoch, sealed FROM secrets UNION ALL "
		"SELECT 'epoch ' || epoch || ' in slot', sealed FROM secrets UNION ALL "
		"SELECT 'case ' || CAST(about AS TEXT), sealed FROM (SELECT about, sealed FROM cases LIMIT 256)";
	sqlite3_stmt *rows = NULL;
	bool opens = false;

	if (sqlite3_prepare_v2(store->db, sealed_things, -1, &rows, NULL) != SQLITE_OK)
		return false;
	while (!opens && store_next(rows) == ERR_OK) {
		const char *what = (const char *)sqlite3_column_text(rows, 0);
		struct blob sealed = row_blob(rows, 1);
		struct buf value = {.cap = 256};

		opens = what != NULL && unseal(&value, wrap, what, sealed.data, sealed.len) == ERR_OK;
		if (value.data != NULL)
			sodium_memzero(value.data, value.size);
		buf_fini(&value);
	}
	(void)sqlite3_finalize(rows);
	return opens;
}

static enum err find_identity(struct ledger *l, const struct genesis *genesis, struct fault *f)
{
	enum err err = ERR_MISSING;

	for (int i = 0; i < MEDIA_MAX && err != ERR_OK; i++) {
		const char *folder = l->media.m[i].folder;

		if (folder == NULL)
			continue;
		err = keys_load_identity(&l->keys, folder, genesis->identity.name, f);
		if (err != ERR_OK || memcmp(l->keys.identity.key.key, genesis->identity.key, KEY_SIZE) == 0)
			continue;
		signer_fini(&l->keys.identity);
		err = fault_set(f, ERR_CORRUPT, _("%s: keys/identity belongs to another ledger"), folder);
	}
	return err;
}

/* One that nothing proves is better than none: what is not sealed can be read all the same. */
static enum err find_wrap(struct ledger *l, struct fault *f)
{
	struct keys found = {.wrap = NULL};

	for (int i = 0; i < MEDIA_MAX && !l->keys.is_proven; i++) {
		if (l->media.m[i].folder == NULL || keys_load_wrap(&found, l->media.m[i].folder, f) != ERR_OK)
			continue;
		found.is_proven = opens_something(found.wrap, media_store(&l->media));
		if (!found.is_proven && l->keys.wrap != NULL)
			continue;
		sodium_free(l->keys.wrap);
		l->keys.wrap = found.wrap;
		l->keys.is_proven = found.is_proven;
		found.wrap = NULL;
	}
	sodium_free(found.wrap);
	return l->keys.wrap != NULL ? ERR_OK : f->err;
}

enum err keyring_find(struct ledger *l, const struct genesis *genesis, struct fault *f)
{
	enum err err = l->keys.identity.secret == NULL ? find_identity(l, genesis, f) : ERR_OK;

	/* Read with our keys it would only look damaged. */
	if (err == ERR_OK && memcmp(l->keys.identity.key.key, genesis->identity.key, KEY_SIZE) != 0)
		return say_of_another_log(l->media.m[l->media.reading].folder, false, f);
	return err == ERR_OK && !l->keys.is_proven ? find_wrap(l, f) : err;
}

/* ---- keeping them ---- */

enum err keyring_check(const struct ledger *l, const struct medium *medium, struct fault *f)
{
	for (int which = 0; which < KEY_FILES; which++)
		if (keys_compare(&l->keys, (enum key_file)which, medium->folder, f) != ERR_OK)
			return f->err;
	return ERR_OK;
}

unsigned keyring_mend(struct ledger *l, const struct medium *medium, struct fault *f)
{
	unsigned mended = 0;
	struct fault why;

	f->err = ERR_OK;
	for (int i = 0; i < KEY_FILES; i++) {
		enum key_file which = (enum key_file)i;

		if (keys_compare(&l->keys, which, medium->folder, &why) == ERR_OK)
			continue;
		if (which == KEY_WRAP && !l->keys.is_proven) {
			*f = why;
			continue;
		}
		if (keys_write(&l->keys, which, medium->folder, f) != ERR_OK)
			continue;
		mended++;
		diag(DIAG_WARNING, _("%s; it was put right"), why.text);
		news_add(l, "{\"act\":\"medium.repaired\",\"medium\":\"%s\",\"what\":\"%s\"}", medium_name(l, medium),
			 whats[i]);
	}
	return mended;
}
