/* Preloaded into a program: a medium that breaks when the test says so.
 *
 * What lies below $BROKEN_MEDIUM is that medium; the file $BROKEN_MEDIUM_HOW tells how it does now. Absent: well.
 *   fails   every write and sync is answered with an error
 *   full    every write is answered with "no space"
 *   stuck   syncs do not return before the file is gone
 *   shut    opening a file there does not return before the file is gone
 *   low     it says that little room is left
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static bool is_on_it(const char *path)
{
	const char *medium = getenv("BROKEN_MEDIUM");

	return medium != NULL && strncmp(path, medium, strlen(medium)) == 0 && path[strlen(medium)] == '/';
}

static bool lies_on_it(int fd)
{
	char link[64], path[4096];
	ssize_t len;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return is_on_it(path);
}

static bool does(const char *how)
{
	const char *name = getenv("BROKEN_MEDIUM_HOW");
	char word[16] = "";
	int fd = name != NULL ? openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return false;
	(void)!read(fd, word, sizeof word - 1);
	(void)close(fd);
	return strncmp(word, how, strlen(how)) == 0;
}

/* 0: go on. */
static int refusal(int fd)
{
	int saved = errno, why = 0;

	if (lies_on_it(fd))
		why = does("fails") ? EIO : does("full") ? ENOSPC : 0;
	errno = why != 0 ? why : saved;
	return why != 0 ? -1 : 0;
}

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static int sync_it(int fd, const char *name)
{
	const struct timespec a_moment = {.tv_nsec = 5000000};
	int (*next)(int);

	while (lies_on_it(fd) && does("stuck"))
		(void)nanosleep(&a_moment, NULL);
	if (lies_on_it(fd) && does("fails")) {
		errno = EIO;
		return -1;
	}
	*(void **)&next = real(name);
	return next(fd);
}

static void wait_while(const char *path, const char *how)
{
	const struct timespec a_moment = {.tv_nsec = 5000000};

	while (is_on_it(path) && does(how))
		(void)nanosleep(&a_moment, NULL);
}

static int open_it(const char *name, const char *path, int flags, mode_t mode)
{
	int (*next)(const char *, int, ...);

	*(void **)&next = real(name);
	wait_while(path, "shut");
	return next(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return open_it("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return open_it("open64", path, flags, mode);
}

static int measure(const char *name, const char *path, struct statvfs *out)
{
	int (*next)(const char *, struct statvfs *);
	int result;

	*(void **)&next = real(name);
	result = next(path, out);
	if (result == 0 && is_on_it(path) && does("low"))
		out->f_bavail = (fsblkcnt_t)(100 << 20) / out->f_frsize;
	return result;
}

int statvfs(const char *path, struct statvfs *out)
{
	return measure("statvfs", path, out);
}

int fdatasync(int fd)
{
	return sync_it(fd, "fdatasync");
}

int fsync(int fd)
{
	return sync_it(fd, "fsync");
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	ssize_t (*next)(int, const void *, size_t, off64_t);

	*(void **)&next = real("pwrite64");
	return refusal(fd) != 0 ? -1 : next(fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}

ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*next)(int, const void *, size_t);

	*(void **)&next = real("write");
	return refusal(fd) != 0 ? -1 : next(fd, data, len);
}
