#include "keeper/archives.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024, DEPTH_MAX = 4, PATH_SIZE = PAST_PATH_SIZE + 128 };
static const uint64_t left_for_entries = UINT64_C(512) * 1024 * 1024;

/* One for the process: it may outlive the keeper's loop when a disk hangs. */
static struct {
	atomic_bool is_busy;
	struct lacking list[PAST_LACKING_MAX];
	unsigned count;
} job;

/* ---- one file ---- */

static enum err pour(int from, int to, const char *path, struct fault *f)
{
	static char chunk[CHUNK];
	ssize_t got;

	while ((got = read(from, chunk, sizeof chunk)) > 0)
		if (write(to, chunk, (size_t)got) != got)
			return fault_set(f, ERR_IO, "%s: %s", path, strerror(errno));
	if (got < 0 || fsync(to) != 0)
		return fault_set(f, ERR_IO, "%s: %s", path, strerror(errno));
	return ERR_OK;
}

static enum err copy_file(const char *from, const char *to, struct fault *f)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	enum err err = out >= 0 ? pour(in, out, to, f)
				: fault_set(f, err_from_errno(errno), "%s: %s", in < 0 ? from : to, strerror(errno));

	if (in >= 0)
		(void)close(in);
	if (out >= 0)
		(void)close(out);
	return err;
}

/* ---- a folder ---- */

static enum err copy_folder(const char *from, const char *to, unsigned depth, struct fault *f);

static enum err copy_item(const char *from, const char *to, const char *name, unsigned depth, struct fault *f)
{
	char source[PATH_SIZE], target[PATH_SIZE];
	struct stat about;

	if ((size_t)snprintf(source, sizeof source, "%s/%s", from, name) >= sizeof source ||
	    (size_t)snprintf(target, sizeof target, "%s/%s", to, name) >= sizeof target || depth == DEPTH_MAX)
		return fault_set(f, ERR_RANGE, "%s: path too long", from);
	if (lstat(source, &about) != 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", source, strerror(errno));
	return S_ISDIR(about.st_mode) ? copy_folder(source, target, depth + 1, f) : copy_file(source, target, f);
}

static enum err copy_folder(const char *from, const char *to, unsigned depth, struct fault *f)
{
	DIR *dir = opendir(from);
	struct dirent *item;
	enum err err;

	if (dir == NULL)
		return fault_set(f, err_from_errno(errno), "%s: %s", from, strerror(errno));
	err = folder_make(to, 0700, f);
	while (err == ERR_OK && (item = readdir(dir)) != NULL)
		/* Its lock is held by us, and means nothing in a copy. */
		if (item->d_name[0] != '.' && strcmp(item->d_name, "lock") != 0)
			err = copy_item(from, to, item->d_name, depth, f);
	(void)closedir(dir);
	return err == ERR_OK ? folder_sync(to, f) : err;
}

static uint64_t size_of(const char *folder, unsigned depth)
{
	DIR *dir = opendir(folder);
	struct dirent *item;
	uint64_t size = 0;

	while (dir != NULL && (item = readdir(dir)) != NULL) {
		char path[PATH_SIZE];
		struct stat about;

		if (item->d_name[0] == '.' ||
		    (size_t)snprintf(path, sizeof path, "%s/%s", folder, item->d_name) >= sizeof path ||
		    lstat(path, &about) != 0)
			continue;
		if (!S_ISDIR(about.st_mode))
			size += (uint64_t)about.st_size;
		else if (depth < DEPTH_MAX)
			size += size_of(path, depth + 1);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return size;
}

/* Entries of the present log have the first right to the room. */
static enum err find_room(const struct lacking *one, struct fault *f)
{
	if (one->free_bytes >= size_of(one->from, 0) + left_for_entries)
		return ERR_OK;
	return fault_set(f, ERR_FULL, _("%s: there is no room for a copy of an earlier incarnation"), one->to);
}

/* Under another name until it is whole. */
static enum err copy_one(const struct lacking *one, struct fault *f)
{
	char part[PATH_SIZE];
	enum err err = find_room(one, f);

	if ((size_t)snprintf(part, sizeof part, "%s.part", one->to) >= sizeof part)
		return fault_set(f, ERR_RANGE, "%s: path too long", one->to);
	if (err == ERR_OK)
		err = folder_remove(part, f);
	if (err == ERR_OK)
		err = copy_folder(one->from, part, 0, f);
	if (err == ERR_OK && rename(part, one->to) != 0)
		err = fault_set(f, err_from_errno(errno), "%s: %s", one->to, strerror(errno));
	if (err != ERR_OK)
		(void)!folder_remove(part, NULL);
	return err;
}

/* ---- the thread ---- */

static void *run(void *context)
{
	(void)context;
	for (unsigned i = 0; i < job.count; i++) {
		struct fault f;

		if (copy_one(&job.list[i], &f) == ERR_OK)
			diag(DIAG_NOTICE, "%s: copied from %s", job.list[i].to, job.list[i].from);
		else
			diag(DIAG_ERROR, "%s", f.text);
	}
	atomic_store(&job.is_busy, false);
	return NULL;
}

/* Signals are for the program's own thread. */
static bool start(void)
{
	sigset_t all, before;
	pthread_t thread;
	int result;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&thread, NULL, run, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result == 0 && pthread_detach(thread) == 0;
}

void archives_even_out(const struct past *past, const struct ledger *l)
{
	if (atomic_exchange(&job.is_busy, true))
		return;
	job.count = past_lacking(past, l, job.list);
	if (job.count == 0 || !start())
		atomic_store(&job.is_busy, false);
}

bool archives_are_busy(void)
{
	return atomic_load(&job.is_busy);
}
