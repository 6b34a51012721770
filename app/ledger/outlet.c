#include "ledger/outlet.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREAD_STACK = 64 * 1024 };

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

static enum err open_folder(struct outlet *o, struct fault *f)
{
	if (mkdir(o->part, 0700) == 0)
		o->folder = open(o->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return o->folder >= 0 ? ERR_OK : refused(o, err_from_errno(errno), f);
}

enum err outlet_open(struct outlet *o, const char *out, enum outlet_form form, struct fault *f)
{
	struct stat about;
	enum err err;

	*o = (struct outlet){.form = form, .folder = -1, .fd = -1, .zip = {.directory = -1}, .told = -1};
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
	return form == OUTLET_ZIP ? open_zip(o, f) : open_folder(o, f);
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

	return err == ERR_OK ? ERR_OK : refused(o, err, f);
}

static enum err close_file(struct outlet *o)
{
	int failed = close(o->fd);

	o->fd = -1;
	return failed == 0 ? ERR_OK : err_from_errno(errno);
}

enum err outlet_end(struct outlet *o, struct fault *f)
{
	enum err err = o->form == OUTLET_ZIP ? zip_write_end(&o->zip) : close_file(o);

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

/* What the thread owns. Nothing is shared with it, so that a disk that hangs holds nobody but the thread. */
struct syncing {
	int fd, told;
	enum outlet_form form;
};

/* A folder has many files: asking the file system once is much faster than asking for each. */
static void *sync_all(void *context)
{
	struct syncing *s = context;
	int failed = s->form == OUTLET_FOLDER ? syncfs(s->fd) : fsync(s->fd);
	uint64_t answer = failed == 0 ? 1 : 1 + (uint64_t)errno;

	(void)!write(s->told, &answer, sizeof answer);
	(void)close(s->told);
	(void)close(s->fd);
	free(s);
	return NULL;
}

static int start_thread(struct syncing *s)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int number = pthread_attr_init(&attributes);

	if (number == 0) {
		(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
		(void)pthread_attr_setstacksize(&attributes, THREAD_STACK);
		number = pthread_create(&thread, &attributes, sync_all, s);
		(void)pthread_attr_destroy(&attributes);
	}
	return number;
}

static enum err start_sync(struct outlet *o)
{
	struct syncing *s = malloc(sizeof *s);
	int number = ENOMEM;

	if (s == NULL)
		return ERR_NOMEM;
	o->told = eventfd(0, EFD_CLOEXEC);
	*s = (struct syncing){.fd = fcntl(o->form == OUTLET_FOLDER ? o->folder : o->fd, F_DUPFD_CLOEXEC, 0),
			      .told = fcntl(o->told, F_DUPFD_CLOEXEC, 0),
			      .form = o->form};
	if (o->told >= 0 && s->fd >= 0 && s->told >= 0)
		number = start_thread(s);
	if (number == 0)
		return ERR_OK;
	if (s->fd >= 0)
		(void)close(s->fd);
	if (s->told >= 0)
		(void)close(s->told);
	free(s);
	errno = number;
	return err_from_errno(number);
}

/* ERR_BUSY: not yet. */
static enum err wait_for_sync(const struct outlet *o, int wait_ms)
{
	struct pollfd waiting = {.fd = o->told, .events = POLLIN};
	uint64_t answer;

	if (poll(&waiting, 1, wait_ms) <= 0)
		return ERR_BUSY;
	if (read(o->told, &answer, sizeof answer) != sizeof answer)
		return ERR_IO;
	errno = (int)(answer - 1);
	return err_from_errno(errno);
}

enum err outlet_finish(struct outlet *o, int wait_ms, bool *done, struct fault *f)
{
	enum err err = ERR_OK;

	if (o->told < 0) {
		if (o->form == OUTLET_ZIP)
			err = zip_write_finish(&o->zip);
		if (err == ERR_OK)
			err = start_sync(o);
		return err == ERR_OK ? ERR_OK : refused(o, err, f);
	}
	err = wait_for_sync(o, wait_ms);
	if (err == ERR_BUSY)
		return ERR_OK;
	err = err == ERR_OK ? give_name(o, f) : refused(o, err, f);
	*done = err == ERR_OK;
	return err;
}

void outlet_close(struct outlet *o)
{
	const int fds[] = {o->folder, o->fd, o->told};

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	zip_write_close(&o->zip);
	if (o->is_open && !o->is_whole)
		(void)!folder_remove(o->part, NULL);
	*o = (struct outlet){.folder = -1, .fd = -1, .zip = {.directory = -1}, .told = -1};
}
