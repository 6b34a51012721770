/* Making a new ledger: keys, database, genesis, and the first epoch with its two entries. */
#include "ledger/inside.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

static enum err be_empty(const char *folder, struct fault *f)
{
	DIR *dir = opendir(folder);
	struct dirent *item;
	enum err err = ERR_OK;

	if (dir == NULL)
		return errno == ENOENT ? ERR_OK
				       : fault_set(f, err_from_errno(errno), _("%s: cannot be used: %s"), folder,
						   strerror(errno));
	while ((item = readdir(dir)) != NULL)
		if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
			err = fault_set(f, ERR_EXISTS, _("%s: is not empty; give an empty or new folder"), folder);
	(void)closedir(dir);
	return err;
}

static enum err store_genesis(struct ledger *l, const struct signer *first, struct fault *f)
{
	struct buf note = {.cap = NOTE_MAX}, sealed = {.cap = 256};
	uint8_t seed[SEED_SIZE];
	enum err err;

	genesis_format(&note, &l->keys.identity, first);
	signer_seed(first, seed);
	seal(&sealed, l->keys.wrap, "epoch 1", seed, SEED_SIZE);
	sodium_memzero(seed, sizeof seed);
	err = buf_status(&note) != ERR_OK ? buf_status(&note) : buf_status(&sealed);
	if (err == ERR_OK)
		err = genesis_parse(&l->genesis, note.data, note.len);
	if (err == ERR_OK)
		err = ledger_begin(l, f);
	if (err == ERR_OK)
		err = store_run(&l->store, STORE_ADD_EPOCH, 1, (const struct blob[]){{note.data, note.len}}, 1);
	if (err == ERR_OK)
		err = store_run(&l->store, STORE_ADD_SECRET, 1, (const struct blob[]){{sealed.data, sealed.len}}, 1);
	buf_fini(&note);
	buf_fini(&sealed);
	return err == ERR_OK ? ERR_OK : store_fault(&l->store, err, _("creating"), f);
}

static enum err fill_new(struct ledger *l, const char *origin, struct moment now, struct fault *f)
{
	struct signer first = {0};
	enum err err = keys_create(l->folder, f);

	if (err == ERR_OK)
		err = keys_load(&l->keys, l->folder, origin, f);
	if (err == ERR_OK)
		err = store_open(&l->store, l->folder, STORE_CREATE, f);
	if (err != ERR_OK)
		return err;
	if (signer_init(&first, origin, NULL) != ERR_OK)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	err = store_genesis(l, &first, f);
	signer_fini(&first);
	return err == ERR_OK ? ledger_start_writing(l, 1, now, f) : err;
}

enum err ledger_create(const char *folder, const char *origin, struct moment now, char code[GENESIS_CODE_CHARS + 1],
		       struct fault *f)
{
	struct ledger *l = NULL;
	enum err err;

	if (origin_check(origin) != ERR_OK)
		return fault_set(f, ERR_FORMAT, _("'%s': an origin is written as operator.example/serial/1"), origin);
	err = be_empty(folder, f);
	if (err == ERR_OK)
		err = folder_make(folder, 0700, f);
	if (err == ERR_OK)
		err = ledger_new(folder, &l, f);
	if (l == NULL)
		return err;
	err = fill_new(l, origin, now, f);
	if (err == ERR_OK)
		err = folder_sync(folder, f);
	if (err == ERR_OK)
		genesis_code(code, GENESIS_CODE_CHARS, l->genesis.hash);
	ledger_close(l);
	return err;
}
