/* A new incarnation: the log that a box begins when it cannot go on with the old one. The old one is kept whole and can
 * be read, checked and exported from DIR/incarnations/<n> on each medium; entry 0 of the new one commits to what it
 * said last.
 *
 *   1  the new log is written into next.part on each medium, then named next.db: from here on it is decided
 *   2  on each medium the old file, with the stored files and keys, goes to incarnations/<n>, and next.db takes its
 * place
 *
 * A crash in between is finished when the ledger is opened next (incarnation_finish).
 */
#include "ledger/inside.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char incarnation_next[] = "next.part";
static const char next_file[] = "next.db", ended_file[] = "ended";

static enum err path_in(char path[PATH_MAX], const char *folder, const char *name, struct fault *f)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), folder);
	return ERR_OK;
}

/* What is not there need not be moved. */
static enum err move(const char *from_folder, const char *from, const char *to_folder, const char *to, struct fault *f)
{
	char source[PATH_MAX], target[PATH_MAX];
	enum err err = path_in(source, from_folder, from, f);

	if (err == ERR_OK)
		err = path_in(target, to_folder, to, f);
	if (err == ERR_OK && rename(source, target) != 0 && errno != ENOENT)
		err = fault_set(f, err_from_errno(errno), "%s: %s", source, strerror(errno));
	return err;
}

static bool is_there(const char *folder, const char *name)
{
	char path[PATH_MAX];

	return path_in(path, folder, name, NULL) == ERR_OK && access(path, F_OK) == 0;
}

/* ---- taking the old one's place ---- */

static enum err archive_path(char path[PATH_MAX], const char *folder, struct fault *f)
{
	for (unsigned n = 1; n < 10000; n++) {
		char name[32];
		enum err err;

		(void)snprintf(name, sizeof name, "incarnations/%u", n);
		err = path_in(path, folder, name, f);
		if (err != ERR_OK)
			return err;
		/* One that holds no ledger yet is the one that was begun. */
		if (!is_there(path, "ledger.db") && !is_there(path, "mirror.db"))
			return ERR_OK;
	}
	return fault_set(f, ERR_FULL, _("%s: too many incarnations"), folder);
}

/* Who opens it there for writing is told where the log goes on. */
static enum err mark_ended(const char *folder, const char *place, struct fault *f)
{
	char path[PATH_MAX], here[PATH_MAX];
	struct buf line = {.cap = PATH_MAX + 1};
	enum err err = path_in(path, place, ended_file, f);

	if (err == ERR_OK && realpath(folder, here) == NULL)
		err = fault_set(f, err_from_errno(errno), "%s: %s", folder, strerror(errno));
	if (err != ERR_OK)
		return err;
	buf_addf(&line, "%s\n", here);
	err = buf_status(&line) == ERR_OK ? file_replace(path, line.data, line.len, 0600, f)
					  : fault_set(f, ERR_NOMEM, _("no memory"));
	buf_fini(&line);
	return err;
}

bool incarnation_is_ended(const char *folder, struct fault *f)
{
	struct buf line = {.cap = PATH_MAX + 1};
	char path[PATH_MAX];
	bool is_ended = path_in(path, folder, ended_file, NULL) == ERR_OK && access(path, F_OK) == 0;

	if (is_ended) {
		(void)!file_read(path, PATH_MAX, &line, NULL);
		(void)fault_set(f, ERR_STATE,
				_("%s: this log has ended, and its next incarnation goes on in %.*s; here it can only "
				  "be read, checked and exported"),
				folder, (int)strcspn(line.data != NULL ? line.data : "?", "\n"),
				line.data != NULL ? line.data : "?");
	}
	buf_fini(&line);
	return is_ended;
}

/* The database goes last: as long as it is here, all of this can be done again. */
static enum err archive(const char *folder, const char *file, struct fault *f)
{
	char place[PATH_MAX], wal[32];
	enum err err = archive_path(place, folder, f);

	(void)snprintf(wal, sizeof wal, "%s-wal", file);
	if (err == ERR_OK)
		err = folder_make(place, 0700, f);
	if (err == ERR_OK)
		err = keys_copy(folder, place, f);
	if (err == ERR_OK)
		err = move(folder, "blobs", place, "blobs", f);
	if (err == ERR_OK)
		err = move(folder, "orphans", place, "orphans", f);
	if (err == ERR_OK)
		err = mark_ended(folder, place, f);
	if (err == ERR_OK)
		err = move(folder, wal, place, wal, f);
	if (err == ERR_OK)
		err = move(folder, file, place, file, f);
	return err == ERR_OK ? folder_sync(place, f) : err;
}

static const char *const files[MEDIA_MAX] = {"ledger.db", "mirror.db"};

/* Which of the two this medium's file is called: the one that is here, or that was archived last. */
static const char *file_of(const char *folder)
{
	const char *found = NULL;
	char place[PATH_MAX];

	for (int i = 0; i < MEDIA_MAX; i++)
		if (is_there(folder, files[i]))
			return files[i];
	for (unsigned n = 1; ledger_earlier_path(folder, n, place, sizeof place) == ERR_OK; n++)
		for (int i = 0; i < MEDIA_MAX; i++)
			if (is_there(place, files[i]))
				found = files[i];
	return found;
}

enum err incarnation_finish(const char *folder, struct fault *f)
{
	const char *file = is_there(folder, next_file) ? file_of(folder) : NULL;
	enum err err = ERR_OK;

	if (file == NULL)
		return ERR_OK;
	if (is_there(folder, file))
		err = archive(folder, file, f);
	if (err == ERR_OK)
		err = move(folder, next_file, folder, file, f);
	return err == ERR_OK ? folder_sync(folder, f) : err;
}

enum err ledger_earlier_path(const char *folder, unsigned n, char *path, size_t size)
{
	struct stat about;

	if ((size_t)snprintf(path, size, "%s/incarnations/%u", folder, n) >= size)
		return ERR_RANGE;
	return stat(path, &about) == 0 ? ERR_OK : err_from_errno(errno);
}

/* ---- for the one that is being made (succession.c) ---- */

enum err incarnation_clear_next(const char *folder, struct fault *f)
{
	char path[PATH_MAX];
	enum err err = path_in(path, folder, incarnation_next, f);

	if (err == ERR_OK)
		(void)unlink(path);
	return err;
}

enum err incarnation_take_place(const struct media *media, const bool made[MEDIA_MAX], struct fault *f)
{
	enum err err = ERR_OK;

	for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++) {
		const char *folder = media->m[i].folder;

		if (!made[i])
			continue;
		err = move(folder, incarnation_next, folder, next_file, f);
		if (err == ERR_OK)
			err = folder_sync(folder, f);
	}
	for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++)
		if (made[i])
			err = incarnation_finish(media->m[i].folder, f);
	return err;
}
