#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err place(char *out, size_t size, const char *path)
{
	const char *root = getenv("KANNUKI_ROOT");
	int len = snprintf(out, size, "%s%s", root != NULL ? root : "", path);

	return len > 0 && (size_t)len < size ? ERR_OK : ERR_RANGE;
}

static enum err refused(struct fault *f, const char *act, const char *path)
{
	int number = errno;

	return fault_set(f, err_from_errno(number), "%s: cannot %s: %s", path, act, strerror(number));
}

enum err file_read(const char *path, size_t limit, struct buf *out, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err err = ERR_OK;
	char chunk[16384];
	ssize_t got;

	if (fd < 0)
		return refused(f, "open", path);
	buf_clear(out);
	while ((got = read(fd, chunk, sizeof chunk)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err = refused(f, "read", path);
			break;
		}
		if ((size_t)got > limit - out->len) {
			err = fault_set(f, ERR_RANGE, "%s: larger than %zu bytes", path, limit);
			break;
		}
		buf_add(out, chunk, (size_t)got);
	}
	(void)close(fd);
	if (err == ERR_OK && out->data == NULL)
		buf_adds(out, "");
	if (err == ERR_OK && buf_status(out) != ERR_OK)
		err = fault_set(f, buf_status(out), "%s: no memory to read it", path);
	return err;
}

static enum err write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_from_errno(errno);
		data += put;
		len -= (size_t)put;
	}
	return ERR_OK;
}

void folder_above(char *out, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		(void)snprintf(out, size, ".");
	else
		(void)snprintf(out, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

enum err folder_sync(const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err err = ERR_OK;

	if (fd < 0)
		return refused(f, "open", path);
	if (fsync(fd) != 0)
		err = refused(f, "sync", path);
	(void)close(fd);
	return err;
}

static enum err write_synced(const char *path, int flags, const void *data, size_t len, unsigned mode, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, (mode_t)mode);
	enum err err = ERR_OK;

	if (fd < 0)
		return refused(f, "create", path);
	if (write_all(fd, data, len) != ERR_OK)
		err = refused(f, "write", path);
	else if (fsync(fd) != 0)
		err = refused(f, "sync", path);
	(void)close(fd);
	if (err != ERR_OK)
		(void)unlink(path);
	return err;
}

enum err file_create(const char *path, const void *data, size_t len, unsigned mode, struct fault *f)
{
	return write_synced(path, O_EXCL, data, len, mode, f);
}

enum err file_replace(const char *path, const void *data, size_t len, unsigned mode, struct fault *f)
{
	char fresh[PATH_MAX], parent[PATH_MAX];
	enum err err;

	if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh)
		return fault_set(f, ERR_RANGE, "%s: path too long", path);
	err = write_synced(fresh, O_TRUNC, data, len, mode, f);
	if (err == ERR_OK && rename(fresh, path) != 0)
		err = refused(f, "rename over", path);
	if (err != ERR_OK) {
		(void)unlink(fresh);
		return err;
	}
	folder_above(parent, sizeof parent, path);
	return folder_sync(parent, f);
}

enum err folder_make(const char *path, unsigned mode, struct fault *f)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof part)
		return fault_set(f, ERR_RANGE, "'%s': not a usable path", path);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, (mode_t)mode) != 0 && errno != EEXIST)
			return refused(f, "make folder", part);
	}
	return ERR_OK;
}

/* Calls `act` for each item below `path`, folders after what they hold. */
static enum err for_each_below(const char *path, enum err (*act)(const FTSENT *item, struct fault *f), struct fault *f)
{
	char *start = strdup(path), *const paths[] = {start, NULL};
	FTS *tree = start != NULL ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	enum err err = tree != NULL ? ERR_OK : fault_set(f, ERR_NOMEM, "%s: no memory", path);
	FTSENT *item;

	while (err == ERR_OK && (item = fts_read(tree)) != NULL)
		if (item->fts_info != FTS_D)
			err = act(item, f);
	if (tree != NULL)
		(void)fts_close(tree);
	free(start);
	return err;
}

static enum err remove_item(const FTSENT *item, struct fault *f)
{
	int failed = item->fts_info == FTS_DP ? rmdir(item->fts_path) : unlink(item->fts_path);

	return failed == 0 || errno == ENOENT ? ERR_OK : refused(f, "remove", item->fts_path);
}

enum err folder_remove(const char *path, struct fault *f)
{
	return for_each_below(path, remove_item, f);
}
