/* LD_PRELOAD: every real fsync and fdatasync takes KANNUKI_FLUSH_US microseconds more, like a slower disk, and is
 * counted in flushes_made.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

int fsync(int fd);
int fdatasync(int fd);

extern atomic_ulong flushes_made;
atomic_ulong flushes_made;

static void linger(void)
{
	static atomic_long us = -1;
	struct timespec pause;

	if (us < 0) {
		const char *wish = getenv("KANNUKI_FLUSH_US");

		us = wish != NULL ? strtol(wish, NULL, 10) : 0;
	}
	pause = (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	(void)nanosleep(&pause, NULL);
}

static int then_linger(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	int result = real(fd);

	flushes_made++;
	linger();
	return result;
}

int fsync(int fd)
{
	return then_linger("fsync", fd);
}

int fdatasync(int fd)
{
	return then_linger("fdatasync", fd);
}
