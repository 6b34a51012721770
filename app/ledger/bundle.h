/* Where everything lies in a bundle (docs/formats/ledger.md, "Bundle"), and reading it without trust. */
#ifndef KANNUKI_LEDGER_BUNDLE_H
#define KANNUKI_LEDGER_BUNDLE_H

#include "ledger/audit.h"
#include "ledger/disclosure.h"

enum {
	BUNDLE_PATH_SIZE = 96,
	ENTRY_TILE_MAX = TILE_WIDTH * (2 + ENTRY_MAX),
	DISCLOSURE_LINE_MAX = DISCLOSURE_MAX + 128,
	FILE_HASH_CHARS = 2 * HASH_SIZE
};

/* "disclosures/3.jsonl" */
void bundle_disclosures_path(char out[BUNDLE_PATH_SIZE], uint64_t tile);
/* Hashes in level `level` of a log of `size` entries. */
uint64_t tile_level_hashes(uint64_t size, unsigned level);
/* The width of tile `index` among `hashes`: 256, less for the last one, 0 beyond it. */
unsigned tile_width(uint64_t hashes, uint64_t index);
/* The policy of a log that never set one. */
void bundle_policy(struct buf *out, const struct note_key *identity);
/* A line of a disclosure file up to what differs: {"seq":7,"name":"text", */
enum { LINE_HEAD_SIZE = 64 };
size_t disclosure_line_head(char out[LINE_HEAD_SIZE], uint64_t seq, enum disclosure_name name);

/* What a bundle holds: the entries from `from` to `to` - 1 of a log of `size` entries and `epochs` epochs. */
struct extent {
	uint64_t size, epochs, from, to;
};
bool extent_is_part(const struct extent *e);

/* The file "range": "from <number>" LF "to <number>" LF, whole tiles, not the whole log. ERR_FORMAT. */
enum err range_parse(uint64_t *from, uint64_t *to, const char *text, size_t len, uint64_t size) MUST_USE;

/* FILE_STRAY claims an entry or an epoch that the bundle does not have. */
enum bundle_file {
	FILE_PART,
	FILE_PROOF,
	FILE_WITNESSED,
	FILE_BLOB,
	FILE_ENCRYPTED,
	FILE_STAMP,
	FILE_UNSIGNED,
	FILE_FOREIGN,
	FILE_STRAY
};
/* What a file at this path is. The number in its name, where it has one, is put into `number`. */
enum bundle_file bundle_classify(const char *path, const struct extent *e, uint64_t *number);
/* The path of a stored file by the name that an entry gives it; false: that is not a hash. */
bool bundle_blob_path(char out[BUNDLE_PATH_SIZE], const char *hash, const char *suffix);

/* A bundle to read: a folder, or one ZIP file. Several threads may read it at once. */
struct bundle {
	int fd;                        /* the folder or the ZIP file */
	struct zip *zip;               /* NULL: a folder */
	char blamed[BUNDLE_PATH_SIZE]; /* the member that is to blame, or "ZIP", when bundle_open fails for it */
};
/* ERR_CORRUPT: a ZIP file that is not written as the format wants; ERR_FORMAT: neither a folder nor a ZIP file, or
 * not as the box gave it out: packed again, or in a folder of its own.
 */
enum err bundle_open(struct bundle *b, const char *path, struct fault *f) MUST_USE;
void bundle_close(struct bundle *b);
bool bundle_has(const struct bundle *b, const char *path);
/* Each file once, in no order that means anything. A failure of `visit` ends it. */
typedef enum err bundle_visit(void *context, const char *path);
enum err bundle_list(const struct bundle *b, bundle_visit *visit, void *context) MUST_USE;

/* One file of it, read from its beginning. Regular files only; links are not followed. */
struct bundle_stream {
	int fd;
	const struct zip *zip;
	uint64_t at, end; /* in the ZIP file */
	uint32_t crc, right_crc;
};
/* ERR_MISSING; ERR_FORMAT: no regular file. */
enum err bundle_stream_open(const struct bundle *b, const char *path, struct bundle_stream *out) MUST_USE;
/* 0 bytes at the end. ERR_CORRUPT: the checksum in the ZIP file does not fit. */
enum err bundle_stream_read(struct bundle_stream *s, void *out, size_t room, size_t *got) MUST_USE;
void bundle_stream_close(struct bundle_stream *s);
/* The whole file. ERR_RANGE: larger than `limit`; and as above. */
enum err bundle_read(const struct bundle *b, const char *path, size_t limit, struct buf *out) MUST_USE;

/* Lines of a file of any length in constant memory. */
struct line_reader {
	struct bundle_stream stream;
	char *data;
	size_t size, from, to;
	bool is_at_end;
};
enum err line_reader_init(struct line_reader *r, size_t longest) MUST_USE;
void line_reader_fini(struct line_reader *r);
/* Goes on with this file, which it will close. */
void line_reader_take(struct line_reader *r, const struct bundle_stream *stream);
/* The next line without its LF, valid until the next call. ERR_MISSING: the end; ERR_FORMAT: no LF, or too long. */
enum err line_reader_next(struct line_reader *r, const char **line, size_t *len) MUST_USE;

#endif
