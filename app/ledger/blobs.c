#include "ledger/blobs.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/bundle.h"
#include "ledger/inside.h"
#include "ledger/space.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536, ON_THE_WAY = 16 * CHUNK };

static const char part_prefix[] = ".part-";

static bool is_blob_name(const char *name)
{
	return strlen(name) == FILE_HASH_CHARS && strspn(name, "0123456789abcdef") == FILE_HASH_CHARS;
}

static enum err blob_path(char path[PATH_MAX], const char *folder, const char *name, struct fault *f)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/blobs/%s", folder, name) >= PATH_MAX)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), folder);
	return ERR_OK;
}

static enum err cannot(struct fault *f, const char *path)
{
	int number = errno;

	return fault_set(f, err_from_errno(number), "%s: %s", path, strerror(number));
}

/* ---- which entry names which file ---- */

void blobs_name(struct batch *b, uint64_t seq, const char *files)
{
	json_t *array = json_loads(files, 0, NULL), *file;
	size_t i;

	json_array_foreach (array, i, file) {
		const char *name = json_string_value(json_object_get(file, "sha256"));
		uint8_t hash[HASH_SIZE];
		size_t len = sizeof hash;

		if (name != NULL && is_blob_name(name) && hex_decode(hash, &len, name, strlen(name)) == ERR_OK)
			batch_add(b, STORE_ADD_BLOB, (int64_t)seq, (const struct blob[]){{hash, HASH_SIZE}}, 1);
	}
	json_decref(array);
}

bool blob_is_named(struct store *s, const char *name)
{
	uint8_t hash[HASH_SIZE];
	size_t len = sizeof hash;
	struct blob key = {hash, HASH_SIZE};
	enum err err = hex_decode(hash, &len, name, strlen(name));

	if (err != ERR_OK)
		return false;
	err = store_row(s, STORE_FIND_BLOB, 0, &key);
	store_done(s, STORE_FIND_BLOB);
	/* When in doubt it stays. */
	return err != ERR_MISSING;
}

enum err blob_open(const struct medium *medium, const char *name, int *fd)
{
	char path[PATH_MAX];
	enum err err = medium->folder != NULL ? blob_path(path, medium->folder, name, NULL) : ERR_MISSING;
	int opened = err == ERR_OK ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;

	if (err == ERR_OK && opened < 0)
		err = err_from_errno(errno);
	if (err == ERR_OK)
		*fd = opened;
	return err;
}

/* ---- sweeping ---- */

static void sweep_folder(struct store *s, const char *folder)
{
	char path[PATH_MAX];
	struct dirent *item;
	DIR *dir;

	if (blob_path(path, folder, "", NULL) != ERR_OK || (dir = opendir(path)) == NULL)
		return;
	while ((item = readdir(dir)) != NULL) {
		bool is_ours =
			is_blob_name(item->d_name) || strncmp(item->d_name, part_prefix, sizeof part_prefix - 1) == 0;

		if (is_ours && !blob_is_named(s, item->d_name))
			(void)unlinkat(dirfd(dir), item->d_name, 0);
	}
	(void)fsync(dirfd(dir));
	(void)closedir(dir);
}

void blobs_sweep_medium(struct ledger *l, const struct medium *medium)
{
	sweep_folder(media_store(&l->media), medium->folder);
}

void blobs_sweep(struct ledger *l)
{
	for (int i = 0; i < MEDIA_MAX; i++)
		if (l->media.m[i].state == MEDIUM_GOOD)
			blobs_sweep_medium(l, &l->media.m[i]);
}

enum err blobs_of(struct ledger *l, uint64_t seq, struct buf *hashes)
{
	sqlite3_stmt *rows = NULL;
	int code = sqlite3_prepare_v2(media_store(&l->media)->db, "SELECT sha256 FROM blobs WHERE seq = ?1", -1, &rows,
				      NULL);
	enum err err = err_from_sqlite(code);

	if (err == ERR_OK)
		(void)sqlite3_bind_int64(rows, 1, (int64_t)seq);
	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		struct blob hash = row_blob(rows, 0);

		if (hash.len == HASH_SIZE)
			buf_add(hashes, hash.data, HASH_SIZE);
	}
	(void)sqlite3_finalize(rows);
	return err == ERR_MISSING ? buf_status(hashes) : err;
}

void blobs_remove(struct ledger *l, const struct buf *hashes)
{
	char name[HEX_SIZE(HASH_SIZE)], path[PATH_MAX];

	for (size_t at = 0; at + HASH_SIZE <= hashes->len; at += HASH_SIZE) {
		hex_encode(name, hashes->data + at, HASH_SIZE);
		for (int i = 0; i < MEDIA_MAX; i++)
			if (l->media.m[i].state == MEDIUM_GOOD && !blob_is_named(media_store(&l->media), name) &&
			    blob_path(path, l->media.m[i].folder, name, NULL) == ERR_OK)
				(void)unlink(path);
	}
	for (int i = 0; i < MEDIA_MAX && hashes->len > 0; i++)
		if (l->media.m[i].state == MEDIUM_GOOD && blob_path(path, l->media.m[i].folder, "", NULL) == ERR_OK)
			(void)!folder_sync(path, NULL);
}

/* ---- storing ---- */

enum err part_begin(struct part *p, const char *folder, struct fault *f)
{
	char path[PATH_MAX];
	uint32_t number = randombytes_random();
	enum err err = blob_path(path, folder, "", f);

	*p = (struct part){.folder = folder, .fd = -1};
	(void)snprintf(p->name, sizeof p->name, "%s%08x", part_prefix, (unsigned)number);
	if (err == ERR_OK)
		err = folder_make(path, 0700, f);
	if (err == ERR_OK)
		err = blob_path(path, folder, p->name, f);
	if (err != ERR_OK)
		return err;
	p->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return p->fd >= 0 ? ERR_OK : cannot(f, path);
}

/* Each piece is sent to the disk at once, and awaited when a mebibyte more is on the way: so the sync in the end is
   short, however long the file is. */
static void hurry(const struct part *p, size_t len)
{
	off_t from = (off_t)(p->size - len);

	(void)sync_file_range(p->fd, from, (off_t)len, SYNC_FILE_RANGE_WRITE);
	if (from >= ON_THE_WAY)
		(void)sync_file_range(p->fd, from - ON_THE_WAY, (off_t)len, SYNC_FILE_RANGE_WAIT_BEFORE);
}

enum err part_add(struct part *p, const char *data, size_t len, struct fault *f)
{
	size_t all = len;
	struct space space;

	space_measure(p->folder, &space);
	if (space.level == SPACE_NO_FILES || space.level == SPACE_RESERVE_USED)
		return fault_set(
			f, ERR_FULL,
			_("%s: only room for entries is left, so no more files are taken; export and remove old "
			  "files, or put in a larger medium"),
			p->folder);
	while (len > 0) {
		ssize_t put = write(p->fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return cannot(f, p->folder);
		data += put;
		len -= (size_t)put;
	}
	p->size += all;
	hurry(p, all);
	return ERR_OK;
}

enum err part_end(struct part *p, const char *name, struct fault *f)
{
	char from[PATH_MAX], to[PATH_MAX] = "";
	enum err err = blob_path(from, p->folder, p->name, f);

	if (err == ERR_OK)
		err = blob_path(to, p->folder, name, f);
	if (err == ERR_OK && fsync(p->fd) != 0)
		err = cannot(f, from);
	(void)close(p->fd);
	p->fd = -1;
	if (err == ERR_OK && rename(from, to) != 0)
		err = cannot(f, to);
	if (err == ERR_OK)
		err = blob_path(to, p->folder, "", f);
	if (err == ERR_OK)
		err = folder_sync(to, f);
	if (err == ERR_OK)
		p->name[0] = '\0';
	return err;
}

void part_fini(struct part *p)
{
	char path[PATH_MAX];

	if (p->fd >= 0)
		(void)close(p->fd);
	if (p->folder != NULL && p->name[0] != '\0' && blob_path(path, p->folder, p->name, NULL) == ERR_OK)
		(void)unlink(path);
	*p = (struct part){.fd = -1};
}

void ledger_file_places(const struct ledger *l, struct file_places *out)
{
	*out = (struct file_places){.count = 0};
	for (int i = 0; i < MEDIA_MAX; i++)
		if (l->media.m[i].state == MEDIUM_GOOD)
			(void)snprintf(out->folders[out->count++], sizeof out->folders[0], "%s", l->media.m[i].folder);
}

static bool goes_on(const struct file_watch *watch, uint64_t so_far)
{
	return watch == NULL || watch->go_on(watch->context, so_far);
}

static enum err copy_all(int fd, const struct file_watch *watch, struct part *parts, int count, struct kept_file *kept,
			 struct fault *f)
{
	struct hasher *hasher = hasher_new();
	uint8_t hash[HASH_SIZE];
	char chunk[CHUNK];
	enum err err = ERR_OK;
	ssize_t got = 0;

	kept->size = 0;
	while (err == ERR_OK) {
		if (!goes_on(watch, kept->size)) {
			err = fault_set(f, ERR_STATE, _("storing the file was broken off"));
			break;
		}
		got = read(fd, chunk, sizeof chunk);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		hasher_add(hasher, chunk, (size_t)got);
		kept->size += (uint64_t)got;
		for (int i = 0; i < count && err == ERR_OK; i++)
			err = part_add(&parts[i], chunk, (size_t)got, f);
	}
	if (got < 0)
		err = fault_set(f, err_from_errno(errno), _("the file cannot be read: %s"), strerror(errno));
	hasher_end(hasher, hash);
	hex_encode(kept->sha256, hash, HASH_SIZE);
	return err;
}

/* With what is claimed on it there must still be room for entries. */
static enum err find_room(const struct file_places *places, const struct file_watch *watch, struct fault *f)
{
	for (int i = 0; i < places->count && watch != NULL; i++) {
		struct space space;

		space_measure(places->folders[i], &space);
		if (space.level != SPACE_UNKNOWN && !space_has_room(&space, watch->size))
			return fault_set(f, ERR_FULL, _("%s: there is no room for a file of %llu bytes"),
					 places->folders[i], (unsigned long long)watch->size);
	}
	return ERR_OK;
}

enum err file_keep(const struct file_places *places, int fd, struct kept_file *out, struct fault *f)
{
	return file_keep_watched(places, fd, NULL, out, f);
}

enum err file_keep_watched(const struct file_places *places, int fd, const struct file_watch *watch,
			   struct kept_file *out, struct fault *f)
{
	struct part parts[LEDGER_MEDIA] = {{.fd = -1}, {.fd = -1}};
	struct kept_file kept;
	enum err err = places->count > 0 ? ERR_OK : fault_set(f, ERR_STATE, _("no medium can take a file"));

	if (err == ERR_OK)
		err = find_room(places, watch, f);
	for (int i = 0; i < places->count && err == ERR_OK; i++)
		err = part_begin(&parts[i], places->folders[i], f);
	if (err == ERR_OK)
		err = copy_all(fd, watch, parts, places->count, &kept, f);
	for (int i = 0; i < places->count && err == ERR_OK; i++)
		err = part_end(&parts[i], kept.sha256, f);
	for (int i = 0; i < LEDGER_MEDIA; i++)
		part_fini(&parts[i]);
	if (err == ERR_OK)
		*out = kept;
	return err;
}

/* ---- one of them ---- */

bool ledger_has_file(const struct ledger *l, const char *sha256)
{
	char path[PATH_MAX];
	bool has = is_blob_name(sha256);

	for (int i = 0; i < MEDIA_MAX && has; i++)
		if (l->media.m[i].state == MEDIUM_GOOD)
			has = blob_path(path, l->media.m[i].folder, sha256, NULL) == ERR_OK && access(path, F_OK) == 0;
	return has;
}

void ledger_drop_file(struct ledger *l, const char *sha256)
{
	struct buf hashes = {.cap = HASH_SIZE};
	uint8_t hash[HASH_SIZE];
	size_t len = sizeof hash;

	if (!is_blob_name(sha256) || hex_decode(hash, &len, sha256, FILE_HASH_CHARS) != ERR_OK)
		return;
	buf_add(&hashes, hash, sizeof hash);
	blobs_remove(l, &hashes);
	buf_fini(&hashes);
}

enum err ledger_open_file(const struct ledger *l, const char *sha256, int *fd)
{
	enum err err = ERR_MISSING;

	for (int i = 0; i < MEDIA_MAX && err != ERR_OK && is_blob_name(sha256); i++)
		if (l->media.m[i].state == MEDIUM_GOOD)
			err = blob_open(&l->media.m[i], sha256, fd);
	return err == ERR_OK ? ERR_OK : ERR_MISSING;
}
