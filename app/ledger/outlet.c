#include "ledger/outlet.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A sync takes as long as what is waiting for it: so nobody waits long for one. */
enum { SYNC_EVERY = 8 * 1024 * 1024 };

static enum err refused(const struct outlet *o, enum err err, struct fault *f)
{
	int number = errno;

	if (err == ERR_FULL)
		return fault_set(f, err, _("%s: the disk is full; make room there, or choose another one"), o->out);
	if (err == ERR_DENIED)
		return fault_set(f, err, _("%s: you have no permission to write there; choose another folder"), o->out);
	if (err == ERR_RANGE)
		return fault_set(f, err, _("%s: a file grew while it was copied; export again"), o->out);
	return fault_set(f, err, _("%s: cannot be written: %s"), o->out, strerror(number));
}

static void parent_of(char parent[PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		(void)snprintf(parent, PATH_MAX, ".");
	else
		(void)snprintf(parent, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static enum err make_parent(const struct outlet *o, const char *path, struct fault *f)
{
	char parent[PATH_MAX];
	enum err err = ERR_OK;

	parent_of(parent, path);
	if (access(parent, F_OK) != 0)
		err = folder_make(parent, 0700, NULL);
	return err == ERR_OK ? ERR_OK : refused(o, err, f);
}

/* ---- opening ---- */

static enum err set_paths(struct outlet *o, const char *out, struct fault *f)
{
	size_t len = strlen(out);

	while (len > 1 && out[len - 1] == '/')
		len--;
	if (len == 0 || len + sizeof ".directory.part" > sizeof o->part)
		return fault_set(f, ERR_RANGE, _("'%s' is no path that can be written to"), out);
	(void)snprintf(o->out, sizeof o->out, "%.*s", (int)len, out);
	(void)snprintf(o->part, sizeof o->part, "%.*s.part", (int)len, out);
	return ERR_OK;
}

static enum err open_zip(struct outlet *o, struct fault *f)
{
	char spare[PATH_MAX];
	enum err err;

	o->fd = open(o->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (o->fd < 0)
		return refused(o, err_from_errno(errno), f);
	(void)snprintf(spare, sizeof spare, "%.*s.directory.part", (int)(sizeof spare - 32), o->out);
	err = zip_write_open(&o->zip, o->fd, spare);
	return err == ERR_OK ? ERR_OK : refused(o, err, f);
}

enum err outlet_open(struct outlet *o, const char *out, enum outlet_form form, struct fault *f)
{
	struct stat about;
	enum err err;

	*o = (struct outlet){.form = form, .fd = -1, .zip = {.directory = -1}};
	err = set_paths(o, out, f);
	if (err != ERR_OK)
		return err;
	if (lstat(o->out, &about) == 0)
		return fault_set(f, ERR_EXISTS, _("%s: is already there; give another name"), o->out);
	if (folder_remove(o->part, NULL) != ERR_OK)
		return fault_set(f, ERR_IO, _("%s: is left from an interrupted export and cannot be removed: %s"),
				 o->part, strerror(errno));
	err = make_parent(o, o->out, f);
	if (err != ERR_OK)
		return err;
	o->is_open = true;
	if (form == OUTLET_ZIP)
		return open_zip(o, f);
	return mkdir(o->part, 0700) == 0 ? ERR_OK : refused(o, err_from_errno(errno), f);
}

/* ---- files ---- */

static enum err begin_file(struct outlet *o, const char *name, struct fault *f)
{
	char path[PATH_MAX];
	enum err err;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", o->part, name) >= sizeof path)
		return fault_set(f, ERR_RANGE, _("'%s' is no path that can be written to"), o->out);
	err = make_parent(o, path, f);
	if (err != ERR_OK)
		return err;
	o->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return o->fd >= 0 ? ERR_OK : refused(o, err_from_errno(errno), f);
}

enum err outlet_begin(struct outlet *o, const char *name, uint64_t at_most, struct fault *f)
{
	enum err err;

	if (o->form == OUTLET_FOLDER)
		return begin_file(o, name, f);
	err = zip_write_begin(&o->zip, name, at_most);
	return err == ERR_OK ? ERR_OK : refused(o, err, f);
}

static enum err write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t done = write(fd, at, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_from_errno(errno);
		at += done;
		len -= (size_t)done;
	}
	return ERR_OK;
}

enum err outlet_add(struct outlet *o, const void *data, size_t len, struct fault *f)
{
	enum err err = o->form == OUTLET_ZIP ? zip_write_add(&o->zip, data, len) : write_all(o->fd, data, len);

	o->unsynced += len;
	if (err == ERR_OK && o->unsynced >= SYNC_EVERY) {
		o->unsynced = 0;
		if (fdatasync(o->fd) != 0)
			err = err_from_errno(errno);
	}
	return err == ERR_OK ? ERR_OK : refused(o, err, f);
}

static enum err close_synced(struct outlet *o)
{
	enum err err = fsync(o->fd) == 0 ? ERR_OK : err_from_errno(errno);

	if (close(o->fd) != 0 && err == ERR_OK)
		err = err_from_errno(errno);
	o->fd = -1;
	o->unsynced = 0;
	return err;
}

enum err outlet_end(struct outlet *o, struct fault *f)
{
	enum err err = o->form == OUTLET_ZIP ? zip_write_end(&o->zip) : close_synced(o);

	return err == ERR_OK ? ERR_OK : refused(o, err, f);
}

enum err outlet_put(struct outlet *o, const char *name, const struct buf *data, struct fault *f)
{
	enum err err = buf_status(data);

	if (err != ERR_OK)
		return fault_set(f, err, _("no memory"));
	err = outlet_begin(o, name, data->len, f);
	if (err == ERR_OK)
		err = outlet_add(o, data->data, data->len, f);
	return err == ERR_OK ? outlet_end(o, f) : err;
}

/* ---- the end ---- */

/* Not over another one that somebody made meanwhile, where the file system can tell. */
static enum err give_name(struct outlet *o, struct fault *f)
{
	char parent[PATH_MAX];
	int failed = renameat2(AT_FDCWD, o->part, AT_FDCWD, o->out, RENAME_NOREPLACE);
	enum err err;

	if (failed != 0 && (errno == EINVAL || errno == ENOSYS))
		failed = rename(o->part, o->out);
	if (failed != 0)
		return refused(o, err_from_errno(errno), f);
	parent_of(parent, o->out);
	err = folder_sync(parent, NULL);
	if (err != ERR_OK) {
		(void)rename(o->out, o->part);
		return refused(o, err, f);
	}
	o->is_whole = true;
	return ERR_OK;
}

/* The next folder in the bundle, the ones below first. ERR_MISSING: there are no more. */
static enum err sync_a_folder(struct outlet *o)
{
	char *const paths[] = {o->part, NULL};
	FTSENT *item;

	if (o->folders == NULL)
		o->folders = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (o->folders == NULL)
		return ERR_NOMEM;
	errno = 0;
	while ((item = fts_read(o->folders)) != NULL)
		if (item->fts_info == FTS_DP)
			return folder_sync(item->fts_path, NULL);
	return errno == 0 ? ERR_MISSING : err_from_errno(errno);
}

enum err outlet_finish(struct outlet *o, bool *done, struct fault *f)
{
	enum err err = ERR_OK;

	if (o->form == OUTLET_FOLDER) {
		err = sync_a_folder(o);
		if (err != ERR_MISSING)
			return err == ERR_OK ? ERR_OK : refused(o, err, f);
		err = ERR_OK;
	} else {
		err = zip_write_finish(&o->zip);
		if (err == ERR_OK)
			err = close_synced(o);
	}
	if (err == ERR_OK)
		err = give_name(o, f);
	else
		err = refused(o, err, f);
	*done = err == ERR_OK;
	return err;
}

void outlet_close(struct outlet *o)
{
	if (o->folders != NULL)
		(void)fts_close(o->folders);
	if (o->fd >= 0)
		(void)close(o->fd);
	zip_write_close(&o->zip);
	if (o->is_open && !o->is_whole)
		(void)!folder_remove(o->part, NULL);
	o->is_open = false;
}
