/* Making a new ledger: keys, database, genesis, and the first epoch with its two entries. */
#include "ledger/inside.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

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

static enum err stage_genesis(struct ledger *l, const struct signer *first)
{
	struct buf note = {.cap = NOTE_MAX};
	enum err err;

	genesis_format(&note, &l->keys.identity, first);
	err = buf_status(&note);
	if (err == ERR_OK)
		err = genesis_parse(&l->genesis, note.data, note.len);
	if (err == ERR_OK)
		batch_add(&l->changes, STORE_PUT_EPOCH, 1, (const struct blob[]){{note.data, note.len}, {NULL, 0}}, 2);
	buf_fini(&note);
	return err;
}

/* Genesis and the first two entries are one transaction: a ledger that is there at all is whole. */
enum err ledger_begin_first(struct ledger *l, const char *origin, struct moment now, struct fault *f)
{
	uint8_t hash[HASH_SIZE];
	struct signer first;

	if (signer_init(&first, origin, NULL) != ERR_OK || stage_genesis(l, &first) != ERR_OK)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	memcpy(hash, l->genesis.hash, HASH_SIZE);
	return ledger_start_writing(l, 1, now, &first, hash, f);
}

enum err ledger_make_medium(struct ledger *l, int index, const char *folder, struct fault *f)
{
	struct medium *medium = &l->media.m[index];
	enum err err;

	medium->folder = strdup(folder);
	if (medium->folder == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	err = medium_open(medium, STORE_CREATE);
	if (err != ERR_OK)
		*f = medium->why;
	return err;
}

static enum err fill_new(struct ledger *l, const char *folder, const char *mirror, const char *origin,
			 struct moment now, struct fault *f)
{
	enum err err = keys_create(folder, f);

	if (err == ERR_OK && mirror != NULL)
		err = keys_copy(folder, mirror, f);
	if (err == ERR_OK && mirror != NULL)
		err = media_pair(folder, mirror, f);
	if (err == ERR_OK)
		err = keys_load_identity(&l->keys, folder, origin, f);
	if (err == ERR_OK)
		err = keys_load_wrap(&l->keys, folder, f);
	l->keys.is_proven = err == ERR_OK;
	if (err == ERR_OK)
		err = ledger_make_medium(l, 0, folder, f);
	if (err == ERR_OK && mirror != NULL)
		err = ledger_make_medium(l, 1, mirror, f);
	if (err == ERR_OK)
		err = media_start(&l->media, f);
	if (err == ERR_OK)
		err = ledger_begin_first(l, origin, now, f);
	/* One that failed already while everything is new is not fit to be a mirror. */
	if (err == ERR_OK && mirror != NULL && media_is_alone(&l->media)) {
		*f = l->media.m[l->media.m[0].state == MEDIUM_GOOD ? 1 : 0].why;
		err = f->err;
	}
	return err;
}

/* One that has another name, too. */
static enum err be_two(const char *folder, const char *mirror, struct fault *f)
{
	struct stat first, second;

	if (stat(folder, &first) != 0 || stat(mirror, &second) != 0)
		return fault_set(f, err_from_errno(errno), _("%s: cannot be used: %s"), mirror, strerror(errno));
	if (first.st_dev == second.st_dev && first.st_ino == second.st_ino)
		return fault_set(f, ERR_EXISTS, _("%s: is the first folder; the mirror needs one of its own"), mirror);
	return ERR_OK;
}

static enum err take_folder(const char *folder, struct fault *f)
{
	enum err err = be_empty(folder, f);

	return err == ERR_OK ? folder_make(folder, 0700, f) : err;
}

enum err ledger_create(const char *folder, const char *mirror, const char *origin, struct moment now,
		       char code[GENESIS_CODE_CHARS + 1], struct fault *f)
{
	struct ledger *l = NULL;
	enum err err;

	if (origin_check(origin) != ERR_OK)
		return fault_set(f, ERR_FORMAT, _("'%s': an origin is written as operator.example/serial/1"), origin);
	err = take_folder(folder, f);
	if (err == ERR_OK && mirror != NULL)
		err = take_folder(mirror, f);
	if (err == ERR_OK && mirror != NULL)
		err = be_two(folder, mirror, f);
	if (err == ERR_OK)
		err = ledger_new(&l, f);
	if (l == NULL)
		return err;
	err = fill_new(l, folder, mirror, origin, now, f);
	if (err == ERR_OK)
		err = folder_sync(folder, f);
	if (err == ERR_OK && mirror != NULL)
		err = folder_sync(mirror, f);
	if (err == ERR_OK)
		genesis_code(code, GENESIS_CODE_CHARS, l->genesis.hash);
	ledger_close(l);
	return err;
}
