#include "ledger/space.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Files are refused below this, and people are warned below four times as much or below a tenth of the medium. */
static const uint64_t for_entries = UINT64_C(64) * 1024 * 1024;

static bool reserve_path(char path[PATH_MAX], const char *folder)
{
	return (size_t)snprintf(path, PATH_MAX, "%s/reserve", folder) < PATH_MAX;
}

void space_measure(const char *folder, struct space *out)
{
	char path[PATH_MAX];
	struct statvfs about;

	*out = (struct space){.level = SPACE_UNKNOWN};
	if (statvfs(folder, &about) != 0)
		return;
	out->total_bytes = (uint64_t)about.f_blocks * about.f_frsize;
	out->free_bytes = (uint64_t)about.f_bavail * about.f_frsize;
	if (!reserve_path(path, folder) || access(path, F_OK) != 0)
		out->level = SPACE_RESERVE_USED;
	else if (out->free_bytes < for_entries)
		out->level = SPACE_NO_FILES;
	else
		out->level = out->free_bytes < 4 * for_entries || out->free_bytes < out->total_bytes / 10 ? SPACE_LOW
													  : SPACE_GOOD;
}

void space_hold(const char *folder)
{
	char path[PATH_MAX];
	struct space space;
	int fd;

	space_measure(folder, &space);
	if (space.level != SPACE_RESERVE_USED || space.free_bytes < 2 * (uint64_t)SPACE_RESERVE ||
	    !reserve_path(path, folder))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (posix_fallocate(fd, 0, SPACE_RESERVE) != 0)
		(void)unlink(path);
	(void)close(fd);
}

bool space_release(const char *folder)
{
	char path[PATH_MAX];

	return reserve_path(path, folder) && unlink(path) == 0;
}
