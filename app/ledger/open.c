#include "ledger/inside.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { NEWEST_CHECKED = 1024 };

const char *ledger_origin(const struct ledger *l)
{
	return l->genesis.identity.name;
}

const char *ledger_genesis_code(const struct ledger *l)
{
	return l->code;
}

struct checkpoint_info ledger_head(const struct ledger *l)
{
	struct checkpoint_info info = {.size = l->head.size, .epoch = l->running.epoch};

	memcpy(info.root, l->head.root, HASH_SIZE);
	return info;
}

void checkpoint_short_code(char out[10], const uint8_t root[HASH_SIZE])
{
	(void)snprintf(out, 10, "%02X%02X-%02X%02X", root[0], root[1], root[2], root[3]);
}

/* ---- one process at a time ---- */

static enum err take_lock(struct ledger *l, struct fault *f)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s/lock", l->folder) >= sizeof path)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), l->folder);
	l->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (l->lock < 0)
		return fault_set(f, err_from_errno(errno), _("%s: no ledger can be opened there: %s"), l->folder,
				 strerror(errno));
	if (flock(l->lock, LOCK_EX | LOCK_NB) != 0)
		return fault_set(f, ERR_BUSY, _("%s: another program holds this ledger; while the keeper runs, ask it"),
				 l->folder);
	return ERR_OK;
}

enum err ledger_new(const char *folder, struct ledger **out, struct fault *f)
{
	struct ledger *l;
	enum err err;

	if (sodium_init() < 0)
		return fault_set(f, ERR_CRYPTO, _("the cryptographic library does not start"));
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	l->lock = -1;
	(void)sodium_mlock(l->cases, sizeof l->cases);
	hash_bytes(l->durable.prev, "", 0);
	l->staged = l->durable;
	l->folder = strdup(folder);
	err = l->folder != NULL ? take_lock(l, f) : fault_set(f, ERR_NOMEM, _("no memory"));
	if (err != ERR_OK) {
		ledger_close(l);
		return err;
	}
	*out = l;
	return ERR_OK;
}

void ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	if (l->store.db != NULL)
		ledger_abandon(l);
	store_close(&l->store);
	signer_fini(&l->running.key);
	keys_fini(&l->keys);
	buf_fini(&l->head_note);
	(void)sodium_munlock(l->cases, sizeof l->cases);
	if (l->lock >= 0)
		(void)close(l->lock);
	free(l->folder);
	free(l);
}

/* ---- starting to write ---- */

static enum err add_writer_start(struct ledger *l, struct moment now, struct fault *f)
{
	struct draft draft = {.who = "system", .via = "keeper", .type = "system", .about = "-"};
	struct buf id = {.cap = 4096};
	char body[256];

	if (file_read("/proc/sys/kernel/random/boot_id", 64, &id, NULL) != ERR_OK || id.len == 0)
		buf_adds(&id, "-\n");
	(void)snprintf(body, sizeof body, "{\"act\":\"writer.start\",\"boot_id\":\"%.*s\",\"version\":\"%s\"}",
		       (int)id.len - 1, id.data, KANNUKI_VERSION);
	buf_fini(&id);
	draft.body = body;
	return ledger_add(l, &draft, now, NULL, NULL, f);
}

/* Begins an epoch as boot number `boot` and says who started. */
enum err ledger_start_writing(struct ledger *l, uint64_t boot, struct moment now, struct fault *f)
{
	struct running was;
	enum err err = epoch_begin(l, boot, now, &was, f);

	if (err == ERR_OK)
		err = add_writer_start(l, now, f);
	if (err == ERR_OK)
		err = ledger_commit(l, now, f);
	epoch_settle(l, &was, err);
	return err;
}

/* ---- opening ---- */

static enum err load_genesis(struct ledger *l, struct fault *f)
{
	struct blob note;
	enum err err = store_row(&l->store, STORE_GET_EPOCH, 1, NULL);

	if (err == ERR_OK) {
		note = store_blob(&l->store, STORE_GET_EPOCH, 0);
		err = genesis_parse(&l->genesis, note.data, note.len);
		store_done(&l->store, STORE_GET_EPOCH);
	}
	if (err != ERR_OK)
		return fault_set(f, ERR_CORRUPT, _("%s: the genesis note is missing or damaged"), l->folder);
	genesis_code(l->code, GENESIS_CODE_CHARS, l->genesis.hash);
	return ERR_OK;
}

static enum err load_head_row(struct ledger *l)
{
	struct blob note, peaks;
	uint64_t size;
	int64_t last;
	enum err err = store_row(&l->store, STORE_GET_HEAD, 0, NULL);

	if (err != ERR_OK)
		return err;
	size = (uint64_t)store_integer(&l->store, STORE_GET_HEAD, 0);
	note = store_blob(&l->store, STORE_GET_HEAD, 1);
	peaks = store_blob(&l->store, STORE_GET_HEAD, 2);
	last = store_integer(&l->store, STORE_GET_HEAD, 3);
	buf_add(&l->head_note, note.data, note.len);
	err = tree_peaks_read(&l->durable.tree, size, peaks.data, peaks.len);
	store_done(&l->store, STORE_GET_HEAD);
	if (err == ERR_OK && (size == 0 || (uint64_t)last + 1 != size))
		err = ERR_CORRUPT;
	return err != ERR_OK ? err : buf_status(&l->head_note);
}

/* The stored checkpoint says what the stored peaks say. */
static enum err load_head(struct ledger *l, struct note *note, struct fault *f)
{
	uint8_t root[HASH_SIZE];
	enum err err = load_head_row(l);

	if (err == ERR_OK)
		err = note_parse(note, l->head_note.data, l->head_note.len);
	if (err == ERR_OK)
		err = checkpoint_parse(&l->head, ledger_origin(l), note->text, note->text_len);
	if (err == ERR_OK) {
		tree_root(&l->durable.tree, root);
		if (l->head.size != l->durable.tree.size || memcmp(root, l->head.root, HASH_SIZE) != 0)
			err = ERR_CORRUPT;
	}
	if (err != ERR_OK)
		return fault_set(f, ERR_CORRUPT, _("%s: the last checkpoint does not fit the entries"), l->folder);
	return ERR_OK;
}

/* Rebuilds the newest corner of the tree; its subtrees must be those the checkpoint was signed over. */
static enum err check_corner(const struct ledger *l, const struct tree *corner, struct fault *f)
{
	for (unsigned height = 0; height < TREE_HEIGHT; height++) {
		uint64_t bit = UINT64_C(1) << height;

		if ((corner->size & l->durable.tree.size & bit) != 0 &&
		    memcmp(corner->peaks[height], l->durable.tree.peaks[height], HASH_SIZE) != 0)
			return fault_set(f, ERR_CORRUPT, _("%s: the newest entries do not fit the last checkpoint"),
					 l->folder);
	}
	return ERR_OK;
}

static enum err check_newest(struct ledger *l, struct entry *last, struct fault *f)
{
	uint64_t size = l->durable.tree.size, from = (size - 1) / NEWEST_CHECKED * NEWEST_CHECKED, seq = from;
	struct tree corner = {0};
	struct opened o = {0};
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(&l->store, from, size, &rows);

	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		err = opened_fill(l, &o, rows, f);
		if (err != ERR_OK)
			goto out;
		if (o.entry.seq != seq || (seq > from && memcmp(o.entry.prev, l->durable.prev, HASH_SIZE) != 0)) {
			err = fault_set(f, ERR_CORRUPT, _("entry %llu does not follow the one before it"),
					(unsigned long long)o.entry.seq);
			goto out;
		}
		memcpy(l->durable.prev, o.hash, HASH_SIZE);
		tree_append(&corner, o.hash, NULL);
		seq++;
	}
	*last = o.entry;
	if (err != ERR_MISSING)
		err = store_fault(&l->store, err, _("reading"), f);
	else
		err = seq == size ? check_corner(l, &corner, f)
				  : fault_set(f, ERR_CORRUPT, _("entry %llu is missing"), (unsigned long long)seq);
out:
	(void)sqlite3_finalize(rows);
	opened_fini(&o);
	return err;
}

static enum err check_head_signature(struct ledger *l, const struct note *note, uint64_t epoch, struct fault *f)
{
	uint8_t hash[HASH_SIZE];
	struct note_key key;
	enum err err = epoch_key_stored(l, epoch, &key, hash, f);

	if (err == ERR_OK && note_verify(note, &key) != ERR_OK)
		err = fault_set(f, ERR_CORRUPT, _("%s: the signature of the last checkpoint is wrong"), l->folder);
	return err;
}

static enum err load(struct ledger *l, enum store_mode mode, struct fault *f)
{
	struct entry last = {0};
	struct note note;
	enum err err = store_open(&l->store, l->folder, mode, f);

	if (err == ERR_OK)
		err = load_genesis(l, f);
	if (err == ERR_OK)
		err = keys_load(&l->keys, l->folder, ledger_origin(l), f);
	if (err == ERR_OK && memcmp(l->keys.identity.key.key, l->genesis.identity.key, KEY_SIZE) != 0)
		err = fault_set(f, ERR_CORRUPT, _("%s: keys/identity belongs to another ledger"), l->folder);
	if (err == ERR_OK)
		err = load_head(l, &note, f);
	if (err == ERR_OK)
		err = check_newest(l, &last, f);
	if (err == ERR_OK)
		err = check_head_signature(l, &note, last.epoch, f);
	l->staged = l->durable;
	l->running.boot = last.boot;
	l->running.epoch = last.epoch;
	return err;
}

static enum err open_as(const char *folder, enum store_mode mode, struct ledger **out, struct fault *f)
{
	struct ledger *l = NULL;
	char path[PATH_MAX];
	enum err err;

	if ((size_t)snprintf(path, sizeof path, "%s/ledger.db", folder) >= sizeof path || access(path, F_OK) != 0)
		return fault_set(f, ERR_MISSING, _("%s: there is no ledger in this folder"), folder);
	err = ledger_new(folder, &l, f);
	if (l == NULL)
		return err;
	err = load(l, mode, f);
	if (err != ERR_OK) {
		ledger_close(l);
		return err;
	}
	*out = l;
	return ERR_OK;
}

enum err ledger_open(const char *folder, struct moment now, struct ledger **out, struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = open_as(folder, STORE_WRITE, &l, f);

	if (l == NULL)
		return err;
	err = ledger_start_writing(l, l->running.boot + 1, now, f);
	if (err != ERR_OK) {
		ledger_close(l);
		return err;
	}
	*out = l;
	return ERR_OK;
}

enum err ledger_open_readonly(const char *folder, struct ledger **out, struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = open_as(folder, STORE_READ, &l, f);

	if (l == NULL)
		return err;
	l->is_readonly = true;
	*out = l;
	return ERR_OK;
}
