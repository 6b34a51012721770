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
#include "ledger/number.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char next_part[] = "next.part", next_file[] = "next.db";

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

/* ---- what the old one said last ---- */

struct heads {
	struct buf continues; /* JSON */
	char origin[NOTE_NAME_MAX + 1];
	uint64_t incarnation;
	unsigned count;
};

static void add_head(struct heads *h, const struct standing *s)
{
	const char *origin = s->genesis.identity.name;
	const char *number = strrchr(origin, '/') + 1;
	char root[BASE64_SIZE(HASH_SIZE)], genesis[BASE64_SIZE(HASH_SIZE)];
	uint64_t incarnation = 0;

	base64_encode(root, s->head.root, HASH_SIZE);
	base64_encode(genesis, s->genesis.hash, HASH_SIZE);
	buf_addf(&h->continues, "%s{\"origin\":\"%s\",\"size\":%" PRIu64 ",\"root\":\"%s\",\"genesis\":\"%s\"}",
		 h->count == 0 ? "" : ",", origin, s->head.size, root, genesis);
	h->count++;
	if (number_parse(number, strlen(number), &incarnation) == ERR_OK && incarnation > h->incarnation) {
		h->incarnation = incarnation;
		(void)snprintf(h->origin, sizeof h->origin, "%.*s%" PRIu64, (int)(number - origin), origin,
			       incarnation + 1);
	}
}

/* Both are left closed. */
static enum err hear_heads(struct ledger *l, struct heads *h, struct fault *f)
{
	struct standing s[MEDIA_MAX] = {{.head_note = {.cap = NOTE_MAX}}, {.head_note = {.cap = NOTE_MAX}}};
	bool is_heard[MEDIA_MAX] = {false, false};
	enum err err = ERR_OK;

	for (int i = 0; i < MEDIA_MAX; i++) {
		struct medium *medium = &l->media.m[i];

		if (medium->folder == NULL)
			continue;
		err = medium_open(medium, STORE_WRITE);
		*f = medium->why;
		if (err == ERR_BUSY)
			break;
		if (err == ERR_OK)
			is_heard[i] = standing_hear(l, i, &s[i], f) == ERR_OK;
		medium_close(medium);
	}
	if (is_heard[0])
		add_head(h, &s[0]);
	if (is_heard[1] && !(is_heard[0] && memcmp(s[0].head.root, s[1].head.root, HASH_SIZE) == 0))
		add_head(h, &s[1]);
	standing_fini(&s[0]);
	standing_fini(&s[1]);
	if (err == ERR_BUSY)
		return err;
	return h->count > 0 ? buf_status(&h->continues) : f->err;
}

/* ---- the new one ---- */

static enum err write_next(const struct ledger *old, const struct heads *h, struct moment now,
			   char code[GENESIS_CODE_CHARS + 1], struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = ledger_new(&l, f);

	if (l == NULL)
		return err;
	l->continues = h->continues.data;
	for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++) {
		const struct medium *medium = &old->media.m[i];
		char path[PATH_MAX];

		if (medium->folder == NULL || access(medium->folder, W_OK) != 0)
			continue;
		err = path_in(path, medium->folder, next_part, f);
		if (err == ERR_OK)
			(void)unlink(path);
		l->media.m[i].file = next_part;
		if (err == ERR_OK && l->keys.wrap == NULL)
			err = keys_load(&l->keys, medium->folder, h->origin, f);
		if (err == ERR_OK)
			err = ledger_make_medium(l, i, medium->folder, f);
		if (err == ERR_OK)
			l->media.reading = i;
	}
	if (err == ERR_OK)
		err = ledger_begin_first(l, h->origin, now, f);
	if (err == ERR_OK)
		genesis_code(code, GENESIS_CODE_CHARS, l->genesis.hash);
	l->continues = NULL;
	ledger_close(l);
	return err;
}

static enum err take_place(const struct ledger *old, struct fault *f)
{
	enum err err = ERR_OK;

	for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++)
		if (old->media.m[i].folder != NULL && is_there(old->media.m[i].folder, next_part)) {
			err = move(old->media.m[i].folder, next_part, old->media.m[i].folder, next_file, f);
			if (err == ERR_OK)
				err = folder_sync(old->media.m[i].folder, f);
		}
	for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++)
		if (old->media.m[i].folder != NULL)
			err = incarnation_finish(old->media.m[i].folder, f);
	return err;
}

enum err ledger_reincarnate(const char *folder, struct moment now, char code[GENESIS_CODE_CHARS + 1], struct fault *f)
{
	struct heads heads = {.continues = {.cap = NOTE_MAX}};
	struct ledger *old = NULL;
	enum err err = ledger_new(&old, f);

	if (old == NULL)
		return err;
	err = media_find(&old->media, folder, f);
	buf_addc(&heads.continues, '[');
	if (err == ERR_OK)
		err = hear_heads(old, &heads, f);
	buf_addc(&heads.continues, ']');
	if (err == ERR_OK)
		err = write_next(old, &heads, now, code, f);
	if (err == ERR_OK)
		err = take_place(old, f);
	buf_fini(&heads.continues);
	ledger_close(old);
	return err;
}

enum err ledger_earlier_path(const char *folder, unsigned n, char *path, size_t size)
{
	struct stat about;

	if ((size_t)snprintf(path, size, "%s/incarnations/%u", folder, n) >= size)
		return ERR_RANGE;
	return stat(path, &about) == 0 ? ERR_OK : err_from_errno(errno);
}
