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
/* The policy that follows from the genesis. */
void bundle_policy(struct buf *out, const struct note_key *identity);
/* A line of a disclosure file up to what differs: {"seq":7,"name":"text", */
enum { LINE_HEAD_SIZE = 64 };
size_t disclosure_line_head(char out[LINE_HEAD_SIZE], uint64_t seq, enum disclosure_name name);

/* FILE_STRAY claims an entry or an epoch that the log does not have. */
enum bundle_file { FILE_PART, FILE_UNSIGNED, FILE_BLOB, FILE_FOREIGN, FILE_STRAY };
/* What a file at this path is in a bundle of `size` entries and `epochs` epochs. */
enum bundle_file bundle_classify(const char *path, uint64_t size, uint64_t epochs);

/* Regular files only, below the folder `dir`. ERR_MISSING; ERR_RANGE: larger than `limit`; ERR_FORMAT: no regular file.
 */
enum err bundle_open(int dir, const char *path, int *fd) MUST_USE;
enum err bundle_read(int dir, const char *path, size_t limit, struct buf *out) MUST_USE;

/* Lines of a file of any length in constant memory. */
struct line_reader {
	int fd;
	char *data;
	size_t size, from, to;
	bool is_at_end;
};
enum err line_reader_init(struct line_reader *r, size_t longest) MUST_USE;
void line_reader_fini(struct line_reader *r);
void line_reader_use(struct line_reader *r, int fd);
/* The next line without its LF, valid until the next call. ERR_MISSING: the end; ERR_FORMAT: no LF, or too long. */
enum err line_reader_next(struct line_reader *r, const char **line, size_t *len) MUST_USE;

#endif
