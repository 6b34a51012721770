#include "ledger/space.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Files are refused below this, and people are warned below four times as much or below a tenth of the medium. */
static const uint64_t for_entries = UINT64_C(64) * 1024 * 1024;

/* Stays free beside the last reserve: SQLite's log file needs some, and WAL_PAGES_TIGHT keeps it within this. */
static const uint64_t for_log_file = UINT64_C(512) * 1024;

static const struct {
	const char *name;
	uint64_t size;
} reserves[] = {
	[RESERVE_FOR_ENTRIES] = {"reserve", UINT64_C(16) << 20},
	[RESERVE_TO_ASK] = {"reserve.ask", UINT64_C(1) << 20},
	[RESERVE_TO_ERASE] = {"reserve.last", UINT64_C(4) << 20},
};

static bool reserve_path(char path[PATH_MAX], const char *folder, enum reserve which)
{
	return (size_t)snprintf(path, PATH_MAX, "%s/%s", folder, reserves[which].name) < PATH_MAX;
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
	if (!reserve_path(path, folder, RESERVE_FOR_ENTRIES) || access(path, F_OK) != 0)
		out->level = SPACE_RESERVE_USED;
	else if (out->free_bytes < for_entries)
		out->level = SPACE_NO_FILES;
	else
		out->level = out->free_bytes < 4 * for_entries || out->free_bytes < out->total_bytes / 10 ? SPACE_LOW
													  : SPACE_GOOD;
}

bool space_has_room(const struct space *space, uint64_t size)
{
	return space->level != SPACE_RESERVE_USED && space->free_bytes >= for_entries &&
	       size <= space->free_bytes - for_entries;
}

static uint64_t held(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && about.st_size > 0 ? (uint64_t)about.st_size : 0;
}

/* One that was there is left as large as it was. */
static void hold(const char *path, uint64_t before, uint64_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	if (posix_fallocate(fd, 0, (off_t)size) != 0 && ftruncate(fd, (off_t)before) == 0 && before == 0)
		(void)unlink(path);
	(void)close(fd);
}

/* As large as it can be. */
static void hold_to_erase(const char *folder)
{
	uint64_t before, wanted = reserves[RESERVE_TO_ERASE].size;
	struct space space;
	char path[PATH_MAX];

	if (!reserve_path(path, folder, RESERVE_TO_ERASE) || (before = held(path)) >= wanted)
		return;
	space_measure(folder, &space);
	if (space.free_bytes < 2 * for_log_file)
		return;
	if (wanted > before + space.free_bytes - for_log_file)
		wanted = before + space.free_bytes - for_log_file;
	hold(path, before, wanted);
}

static void hold_to_ask(const char *folder)
{
	uint64_t wanted = reserves[RESERVE_TO_ASK].size;
	struct space space;
	char path[PATH_MAX];

	space_measure(folder, &space);
	if (reserve_path(path, folder, RESERVE_TO_ASK) && held(path) < wanted &&
	    space.free_bytes >= wanted + 2 * for_log_file)
		hold(path, held(path), wanted);
}

void space_hold(const char *folder)
{
	uint64_t wanted = reserves[RESERVE_FOR_ENTRIES].size;
	char path[PATH_MAX];
	struct space space;

	hold_to_erase(folder);
	hold_to_ask(folder);
	space_measure(folder, &space);
	if (space.level == SPACE_RESERVE_USED && space.free_bytes >= 2 * wanted &&
	    reserve_path(path, folder, RESERVE_FOR_ENTRIES))
		hold(path, 0, wanted);
}

bool space_release(const char *folder, enum reserve which)
{
	char path[PATH_MAX];

	return reserve_path(path, folder, which) && unlink(path) == 0;
}
