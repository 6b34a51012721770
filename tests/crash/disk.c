#include "disk.h"
#include "need.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECTOR = 4096 };

static struct disk *mounted;

struct handle {
	sqlite3_file base;
	struct disk *disk;
	unsigned file;
	unsigned long mount;
	bool may_hurt_neighbours;
};

/* ---- contents ---- */

static void make_room(struct content *c, size_t len)
{
	if (len <= c->room)
		return;
	c->room = len + len / 2 + SECTOR;
	c->data = need(c->data, c->room);
}

void content_write(struct content *c, size_t offset, const uint8_t *data, size_t len)
{
	if (len == 0)
		return;
	make_room(c, offset + len);
	if (offset > c->len)
		memset(c->data + c->len, 0, offset - c->len);
	memcpy(c->data + offset, data, len);
	if (offset + len > c->len)
		c->len = offset + len;
}

void content_truncate(struct content *c, size_t len)
{
	make_room(c, len);
	if (len > c->len)
		memset(c->data + c->len, 0, len - c->len);
	c->len = len;
}

/* ---- the disk ---- */

void disk_init(struct disk *d, uint64_t seed)
{
	*d = (struct disk){.dice = {seed}};
}

void disk_fini(struct disk *d)
{
	for (unsigned i = 0; i < d->file_count; i++)
		free(d->files[i].content.data);
	for (size_t i = 0; i < d->op_count; i++)
		free(d->ops[i].data);
	free(d->ops);
	*d = (struct disk){0};
}

void disk_copy(struct disk *to, const struct disk *from)
{
	*to = (struct disk){.file_count = from->file_count, .dice = from->dice};
	for (unsigned i = 0; i < from->file_count; i++) {
		const struct content *c = &from->files[i].content;

		to->files[i] = from->files[i];
		to->files[i].content = (struct content){need(NULL, c->len), c->len, c->len};
		if (c->len > 0)
			memcpy(to->files[i].content.data, c->data, c->len);
	}
}

void disk_note(struct disk *d, struct op op)
{
	if (d->op_count == d->op_room) {
		d->op_room = d->op_room * 2 + 64;
		d->ops = need(d->ops, d->op_room * sizeof *d->ops);
	}
	d->ops[d->op_count++] = op;
}

struct file *disk_find(struct disk *d, unsigned medium, const char *name)
{
	for (unsigned i = 0; i < d->file_count; i++)
		if (d->files[i].is_linked && d->files[i].medium == medium && strcmp(d->files[i].name, name) == 0)
			return &d->files[i];
	return NULL;
}

void disk_sync_folder(struct disk *d, unsigned medium)
{
	disk_note(d, (struct op){.kind = OP_SYNC_FOLDER, .medium = medium});
}

void disk_set_fault(struct disk *d, unsigned medium, struct disk_fault fault)
{
	d->fault[medium] = fault;
	d->calls[medium] = 0;
}

/* Every call of SQLite asks here first; `code` is what it returns if it is to fail. */
static int allow(struct disk *d, unsigned medium, int code)
{
	const struct disk_fault *fault = &d->fault[medium];
	unsigned long call;

	if (d->is_lost[medium])
		return code;
	if (fault->times == 0 || (fault->only_syncs && code != SQLITE_IOERR_FSYNC))
		return SQLITE_OK;
	call = d->calls[medium]++;
	if (call < fault->at || call - fault->at >= fault->times)
		return SQLITE_OK;
	return fault->code != 0 ? fault->code : code;
}

size_t disk_used(const struct disk *d, unsigned medium)
{
	size_t sum = 0;

	for (unsigned i = 0; i < d->file_count; i++)
		if (d->files[i].is_linked && d->files[i].medium == medium)
			sum += d->files[i].content.len;
	return sum;
}

void disk_put_back(struct disk *d, unsigned medium)
{
	d->is_lost[medium] = false;
	d->mounts[medium]++;
}

/* ---- a file, as SQLite sees it ---- */

static struct handle *handle_of(sqlite3_file *base)
{
	return (struct handle *)(void *)base;
}

static struct file *file_of(const struct handle *h)
{
	return &h->disk->files[h->file];
}

static int allow_file(const struct handle *h, int code)
{
	unsigned medium = file_of(h)->medium;

	return h->mount != h->disk->mounts[medium] ? code : allow(h->disk, medium, code);
}

static int file_close(sqlite3_file *base)
{
	(void)base;
	return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 offset)
{
	struct handle *h = handle_of(base);
	const struct content *c = &file_of(h)->content;
	size_t from = (size_t)offset, wanted = (size_t)len, there = from < c->len ? c->len - from : 0;
	int code = allow_file(h, SQLITE_IOERR_READ);

	if (code != SQLITE_OK)
		return code;
	if (there >= wanted) {
		memcpy(out, c->data + from, wanted);
		return SQLITE_OK;
	}
	memset(out, 0, wanted);
	if (there > 0)
		memcpy(out, c->data + from, there);
	return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 offset)
{
	struct handle *h = handle_of(base);
	struct file *file = file_of(h);
	size_t from = (size_t)offset, size = (size_t)len, end = from + size;
	int code = allow_file(h, SQLITE_IOERR_WRITE);
	uint8_t *kept;

	if (code != SQLITE_OK)
		return code;
	if (h->disk->room[file->medium] != 0 && end > file->content.len &&
	    disk_used(h->disk, file->medium) + end - file->content.len > h->disk->room[file->medium])
		return SQLITE_FULL;
	kept = need(NULL, size);
	memcpy(kept, data, size);
	content_write(&file->content, from, kept, size);
	disk_note(h->disk, (struct op){OP_WRITE, file->medium, h->file, from, size, kept});
	return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct handle *h = handle_of(base);
	struct file *file = file_of(h);
	int code = allow_file(h, SQLITE_IOERR_TRUNCATE);

	if (code != SQLITE_OK)
		return code;
	content_truncate(&file->content, (size_t)size);
	disk_note(h->disk, (struct op){OP_TRUNCATE, file->medium, h->file, (size_t)size, 0, NULL});
	return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
	struct handle *h = handle_of(base);
	struct file *file = file_of(h);
	int code = allow_file(h, SQLITE_IOERR_FSYNC);

	(void)flags;
	disk_note(h->disk,
		  (struct op){code == SQLITE_OK ? OP_SYNC : OP_SYNC_FAILED, file->medium, h->file, 0, 0, NULL});
	if (code == SQLITE_OK && file->is_named_on_sync) {
		file->is_named_on_sync = false;
		disk_sync_folder(h->disk, file->medium);
	}
	return code;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
	const struct handle *h = handle_of(base);
	int code = allow_file(h, SQLITE_IOERR_FSTAT);

	if (code == SQLITE_OK)
		*size = (sqlite3_int64)file_of(h)->content.len;
	return code;
}

static int file_lock(sqlite3_file *base, int level)
{
	const struct handle *h = handle_of(base);

	(void)level;
	return allow_file(h, SQLITE_IOERR_LOCK);
}

static int file_unlock(sqlite3_file *base, int level)
{
	(void)base;
	(void)level;
	return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *base, int *out)
{
	(void)base;
	*out = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *argument)
{
	struct handle *h = handle_of(base);
	int *answer = argument;

	if (op != SQLITE_FCNTL_POWERSAFE_OVERWRITE)
		return SQLITE_NOTFOUND;
	if (*answer < 0)
		*answer = h->may_hurt_neighbours ? 0 : 1;
	else
		h->may_hurt_neighbours = *answer == 0;
	return SQLITE_OK;
}

static int file_sector_size(sqlite3_file *base)
{
	(void)base;
	return SECTOR;
}

static int file_characteristics(sqlite3_file *base)
{
	return handle_of(base)->may_hurt_neighbours ? 0 : SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_is_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
};

/* ---- the file system ---- */

/* A file is called by its path below the medium's folder. */
static unsigned medium_of(const char *path, const char **name)
{
	static const char *const folders[MEDIA] = {"/first/", "/second/"};
	const char *slash = strrchr(path, '/');

	for (unsigned m = 0; m < MEDIA; m++) {
		const char *at = strstr(path, folders[m]);

		*name = at != NULL ? at + strlen(folders[m]) : path;
		if (at != NULL)
			return m;
	}
	*name = slash != NULL ? slash + 1 : path;
	return 0;
}

static struct file *create(struct disk *d, unsigned medium, const char *name)
{
	struct file *file = &d->files[d->file_count];

	if (d->file_count == DISK_FILES || strlen(name) >= DISK_NAME) {
		(void)puts("Bail out! the disk in memory has no room for another file");
		exit(1);
	}
	*file = (struct file){.medium = medium, .is_linked = true};
	memcpy(file->name, name, strlen(name) + 1);
	disk_note(d, (struct op){OP_CREATE, medium, d->file_count, 0, 0, NULL});
	d->file_count++;
	return file;
}

void disk_load(struct disk *d, unsigned medium, const char *name, const void *data, size_t len)
{
	struct file *file = create(d, medium, name);
	unsigned number = (unsigned)(file - d->files);
	uint8_t *kept = need(NULL, len);

	memcpy(kept, data, len);
	content_write(&file->content, 0, kept, len);
	disk_note(d, (struct op){OP_WRITE, medium, number, 0, len, kept});
	disk_note(d, (struct op){OP_SYNC, medium, number, 0, 0, NULL});
	disk_sync_folder(d, medium);
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *base, int flags, int *out_flags)
{
	struct handle *h = handle_of(base);
	struct file *file;
	unsigned medium;
	const char *name;

	(void)vfs;
	base->pMethods = NULL;
	if (path == NULL)
		return SQLITE_CANTOPEN;
	medium = medium_of(path, &name);
	if (allow(mounted, medium, SQLITE_CANTOPEN) != SQLITE_OK)
		return SQLITE_CANTOPEN;
	file = disk_find(mounted, medium, name);
	if (file == NULL && (flags & SQLITE_OPEN_CREATE) == 0)
		return SQLITE_CANTOPEN;
	if (file == NULL)
		file = create(mounted, medium, name);
	if ((flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0)
		file->is_named_on_sync = true;
	*h = (struct handle){.base = {&methods},
			     .disk = mounted,
			     .file = (unsigned)(file - mounted->files),
			     .mount = mounted->mounts[medium]};
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
	const char *name;
	unsigned medium = medium_of(path, &name);
	struct file *file = disk_find(mounted, medium, name);
	int code = allow(mounted, medium, SQLITE_IOERR_DELETE);

	(void)vfs;
	if (code != SQLITE_OK)
		return code;
	if (file == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	file->is_linked = false;
	disk_note(mounted, (struct op){OP_DELETE, medium, (unsigned)(file - mounted->files), 0, 0, NULL});
	if (sync_folder != 0)
		disk_sync_folder(mounted, medium);
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
	const char *name;
	unsigned medium = medium_of(path, &name);
	const struct file *file = disk_find(mounted, medium, name);
	int code = allow(mounted, medium, SQLITE_IOERR_ACCESS);

	(void)vfs;
	(void)flags;
	*out = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->content.len > 0);
	return code;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)size, "%s", path) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
	(void)vfs;
	dice_fill(&mounted->dice, out, (size_t)len);
	return len;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, double *julian_day)
{
	(void)vfs;
	*julian_day = 2461365.5; /* 2026-11-20 */
	return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	(void)size;
	(void)out;
	return 0;
}

void disk_mount(struct disk *d)
{
	static sqlite3_vfs vfs = {
		.iVersion = 1,
		.szOsFile = sizeof(struct handle),
		.mxPathname = 512,
		.zName = "memory-disk",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xGetLastError = vfs_last_error,
	};

	mounted = d;
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) {
		(void)puts("Bail out! SQLite does not take the disk in memory");
		exit(1);
	}
}
