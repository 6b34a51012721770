/* A bundle as files by their paths, whether it is a folder or a ZIP file. */
#include "ledger/bundle.h"

#include "base/crc32.h"
#include "base/text.h"
#include "ledger/zip_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No path of a bundle has more folders, even with 2^63 entries. */
enum { DEPTH_MAX = 16, PATH_SIZE = (DEPTH_MAX + 1) * (NAME_MAX + 1) };

/* ---- one file ---- */

/* Folder by folder, so that no link on the way leads out of the bundle. */
static int open_below(int dir, const char *path, int flags)
{
	int at = dir, next;

	for (;;) {
		const char *slash = strchr(path, '/');
		char name[NAME_MAX + 1];
		int how = slash != NULL ? O_PATH | O_DIRECTORY : flags;

		if ((size_t)snprintf(name, sizeof name, "%.*s", slash != NULL ? (int)(slash - path) : NAME_MAX + 1,
				     path) >= sizeof name) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			next = openat(at, name, how | O_NOFOLLOW | O_CLOEXEC);
		}
		if (at != dir)
			(void)close(at);
		if (next < 0 || slash == NULL)
			return next;
		at = next;
		path = slash + 1;
	}
}

static enum err open_file(int dir, const char *path, int *fd)
{
	int opened = open_below(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat about;

	if (opened < 0)
		return errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG ? ERR_FORMAT : err_from_errno(errno);
	if (fstat(opened, &about) != 0 || !S_ISREG(about.st_mode)) {
		(void)close(opened);
		return ERR_FORMAT;
	}
	*fd = opened;
	return ERR_OK;
}

enum err bundle_stream_open(const struct bundle *b, const char *path, struct bundle_stream *out)
{
	struct zip_member member;
	enum err err;

	if (b->zip == NULL) {
		int fd = -1;

		err = open_file(b->fd, path, &fd);
		if (err == ERR_OK)
			*out = (struct bundle_stream){.fd = fd};
		return err;
	}
	err = zip_find(b->zip, path, &member);
	if (err == ERR_OK)
		*out = (struct bundle_stream){b->fd, b->zip, member.at, member.at + member.size, 0, member.crc};
	return err;
}

static enum err read_file(int fd, void *out, size_t room, size_t *got)
{
	ssize_t len;

	do
		len = read(fd, out, room);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return err_from_errno(errno);
	*got = (size_t)len;
	return ERR_OK;
}

enum err bundle_stream_read(struct bundle_stream *s, void *out, size_t room, size_t *got)
{
	uint64_t left = s->end - s->at;
	enum err err;

	if (s->zip == NULL)
		return read_file(s->fd, out, room, got);
	if (left > 0) {
		err = zip_pread(s->fd, out, left < room ? (size_t)left : room, s->at, got);
		if (err != ERR_OK)
			return err;
		/* The ZIP file became shorter since it was opened. */
		if (*got == 0)
			return ERR_FORMAT;
		s->crc = crc32_add(s->crc, out, *got);
		s->at += *got;
	} else {
		*got = 0;
	}
	return s->at == s->end && s->crc != s->right_crc ? ERR_CORRUPT : ERR_OK;
}

void bundle_stream_close(struct bundle_stream *s)
{
	if (s->zip == NULL && s->fd >= 0)
		(void)close(s->fd);
	*s = (struct bundle_stream){.fd = -1};
}

enum err bundle_read(const struct bundle *b, const char *path, size_t limit, struct buf *out)
{
	struct bundle_stream stream;
	char chunk[16384];
	size_t got = 0;
	enum err err = bundle_stream_open(b, path, &stream);

	if (err != ERR_OK)
		return err;
	buf_clear(out);
	buf_adds(out, "");
	while ((err = bundle_stream_read(&stream, chunk, sizeof chunk, &got)) == ERR_OK && got > 0) {
		if (got > limit - out->len) {
			err = ERR_RANGE;
			break;
		}
		buf_add(out, chunk, got);
	}
	bundle_stream_close(&stream);
	return err != ERR_OK ? err : buf_status(out);
}

bool bundle_has(const struct bundle *b, const char *path)
{
	struct bundle_stream stream;
	bool has = bundle_stream_open(b, path, &stream) == ERR_OK;

	if (has)
		bundle_stream_close(&stream);
	return has;
}

/* ---- all files ---- */

struct listing {
	bundle_visit *visit;
	void *context;
	unsigned deepest;
	char path[PATH_SIZE];
};

static enum err list_folder(struct listing *l, int dir, size_t len, unsigned depth);

static bool is_folder(int dir, const struct dirent *item)
{
	struct stat about;

	if (item->d_type != DT_UNKNOWN)
		return item->d_type == DT_DIR;
	return fstatat(dir, item->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

/* What lies too deep is one strange file. */
static enum err list_item(struct listing *l, int dir, const struct dirent *item, size_t len, unsigned depth)
{
	size_t name_len = strlen(item->d_name);
	int below;

	memcpy(l->path + len, item->d_name, name_len + 1);
	if (!is_folder(dir, item) || depth == l->deepest)
		return l->visit(l->context, l->path);
	below = openat(dir, item->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below < 0)
		return err_from_errno(errno);
	l->path[len + name_len] = '/';
	return list_folder(l, below, len + name_len + 1, depth + 1);
}

/* Closes `dir`. */
static enum err list_folder(struct listing *l, int dir, size_t len, unsigned depth)
{
	DIR *folder = fdopendir(dir);
	struct dirent *item;
	enum err err = ERR_OK;

	if (folder == NULL) {
		(void)close(dir);
		return ERR_NOMEM;
	}
	errno = 0;
	while (err == ERR_OK && (item = readdir(folder)) != NULL) {
		if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
			err = list_item(l, dir, item, len, depth);
		errno = 0;
	}
	if (err == ERR_OK && errno != 0)
		err = err_from_errno(errno);
	(void)closedir(folder);
	return err;
}

static enum err list_members(const struct zip *zip, bundle_visit *visit, void *context)
{
	uint64_t at = zip->directory;
	struct zip_member member;
	enum err err;

	while ((err = zip_next(zip, &at, &member)) == ERR_OK) {
		if (member.name[strlen(member.name) - 1] == '/')
			continue;
		err = visit(context, member.name);
		if (err != ERR_OK)
			return err;
	}
	return err == ERR_MISSING ? ERR_OK : err;
}

static enum err list_down_to(const struct bundle *b, unsigned deepest, bundle_visit *visit, void *context)
{
	struct listing l = {.visit = visit, .context = context, .deepest = deepest};
	int dir;

	if (b->zip != NULL)
		return list_members(b->zip, visit, context);
	/* A descriptor of its own: reading a folder moves its place. */
	dir = openat(b->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? err_from_errno(errno) : list_folder(&l, dir, 0, 0);
}

enum err bundle_list(const struct bundle *b, bundle_visit *visit, void *context)
{
	return list_down_to(b, DEPTH_MAX, visit, context);
}

/* ---- the whole ---- */

static enum err open_zip(struct bundle *b, struct fault *f)
{
	enum err err;

	b->zip = calloc(1, sizeof *b->zip);
	if (b->zip == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	err = zip_open(b->zip, b->fd, f);
	if (err == ERR_CORRUPT)
		memcpy(b->blamed, b->zip->blamed, sizeof b->blamed);
	return err;
}

static enum err find_deeper(void *context, const char *path)
{
	const char *slash = strchr(path, '/');

	return slash != NULL && strcmp(slash, "/genesis.note") == 0 && bundle_has(context, path) ? ERR_EXISTS : ERR_OK;
}

/* Whoever unpacks into a folder easily has one around the bundle; so has a ZIP file, which zip_open refuses then. */
static enum err refuse_deeper(struct bundle *b, const char *path, struct fault *f)
{
	if (bundle_has(b, "genesis.note") || list_down_to(b, 1, find_deeper, b) != ERR_EXISTS)
		return ERR_OK;
	return fault_set(f, ERR_FORMAT, _("%s: the bundle lies in a folder in there: give that folder"), path);
}

enum err bundle_open(struct bundle *b, const char *path, struct fault *f)
{
	struct stat about;
	enum err err = ERR_OK;

	/* O_NONBLOCK: a pipe under this name must not hold us. */
	*b = (struct bundle){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	if (b->fd < 0 || fstat(b->fd, &about) != 0)
		err = fault_set(f, err_from_errno(errno), _("%s: cannot be opened: %s"), path, strerror(errno));
	else if (S_ISREG(about.st_mode) && zip_is_one(b->fd))
		err = open_zip(b, f);
	else if (!S_ISDIR(about.st_mode))
		err = fault_set(f, ERR_FORMAT, _("%s: is neither a folder nor a ZIP file"), path);
	else
		err = refuse_deeper(b, path, f);
	if (err != ERR_OK)
		bundle_close(b);
	return err;
}

void bundle_close(struct bundle *b)
{
	if (b->zip != NULL)
		zip_close(b->zip);
	free(b->zip);
	if (b->fd >= 0)
		(void)close(b->fd);
	b->zip = NULL;
	b->fd = -1;
}

/* ---- lines ---- */

enum err line_reader_init(struct line_reader *r, size_t longest)
{
	*r = (struct line_reader){.stream.fd = -1, .data = malloc(longest + 1), .size = longest + 1};
	return r->data != NULL ? ERR_OK : ERR_NOMEM;
}

void line_reader_fini(struct line_reader *r)
{
	bundle_stream_close(&r->stream);
	free(r->data);
	r->data = NULL;
}

void line_reader_take(struct line_reader *r, const struct bundle_stream *stream)
{
	bundle_stream_close(&r->stream);
	r->stream = *stream;
	r->from = r->to = 0;
	r->is_at_end = false;
}

static enum err refill(struct line_reader *r)
{
	size_t got = 0;
	enum err err;

	memmove(r->data, r->data + r->from, r->to - r->from);
	r->to -= r->from;
	r->from = 0;
	if (r->to == r->size)
		return ERR_FORMAT;
	err = bundle_stream_read(&r->stream, r->data + r->to, r->size - r->to, &got);
	r->to += got;
	r->is_at_end = got == 0;
	return err;
}

enum err line_reader_next(struct line_reader *r, const char **line, size_t *len)
{
	size_t searched = 0;

	for (;;) {
		const char *start = r->data + r->from;
		const char *lf = memchr(start + searched, '\n', r->to - r->from - searched);
		enum err err;

		if (lf != NULL) {
			*line = start;
			*len = (size_t)(lf - start);
			r->from += *len + 1;
			return ERR_OK;
		}
		if (r->is_at_end)
			return r->from == r->to ? ERR_MISSING : ERR_FORMAT;
		searched = r->to - r->from;
		err = refill(r);
		if (err != ERR_OK)
			return err;
	}
}
