#include "ledger/bundle.h"

#include "ledger/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void bundle_disclosures_path(char out[BUNDLE_PATH_SIZE], uint64_t tile)
{
	(void)snprintf(out, BUNDLE_PATH_SIZE, "disclosures/%" PRIu64 ".jsonl", tile);
}

uint64_t tile_level_hashes(uint64_t size, unsigned level)
{
	return level < TILE_LEVELS ? size >> (8 * level) : 0;
}

unsigned tile_width(uint64_t hashes, uint64_t index)
{
	if (index < hashes / TILE_WIDTH)
		return TILE_WIDTH;
	return index == hashes / TILE_WIDTH ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

void bundle_policy(struct buf *out, const struct note_key *identity)
{
	char vkey[VKEY_SIZE];

	vkey_format(vkey, identity);
	buf_addf(out, "log %s\nquorum none\n", vkey);
}

size_t disclosure_line_head(char out[LINE_HEAD_SIZE], uint64_t seq, enum disclosure_name name)
{
	char number[DECIMAL_SIZE], *at;

	decimal_encode(number, seq);
	at = stpcpy(stpcpy(out, "{\"seq\":"), number);
	at = stpcpy(stpcpy(stpcpy(at, ",\"name\":\""), disclosure_names[name]), "\",");
	return (size_t)(at - out);
}

/* ---- what belongs into a bundle ---- */

/* PREFIX<number>SUFFIX, exactly. */
static bool is_numbered(const char *path, const char *prefix, const char *suffix, uint64_t *number)
{
	size_t len = strlen(path), prefix_len = strlen(prefix), suffix_len = strlen(suffix);

	return len > prefix_len + suffix_len && memcmp(path, prefix, prefix_len) == 0 &&
	       memcmp(path + len - suffix_len, suffix, suffix_len) == 0 &&
	       number_parse(path + prefix_len, len - prefix_len - suffix_len, number) == ERR_OK;
}

/* All digits of a tile's path before ".p/" are its index; whether it is written rightly, tile_path decides. */
static uint64_t tile_index_of(const char *path)
{
	uint64_t index = 0;

	for (; *path != '\0' && *path != '.'; path++)
		if (*path >= '0' && *path <= '9' && index < UINT64_MAX / 16)
			index = index * 10 + (uint64_t)(*path - '0');
	return index;
}

static bool is_tile(const char *path, const struct extent *e)
{
	char right[TILE_PATH_SIZE], level[8] = "entries";
	const char *at = path + strlen("tile/"), *slash = strchr(at, '/');
	uint64_t hashes = e->to, first = e->from / TILE_WIDTH, index;
	unsigned width;

	if (slash == NULL)
		return false;
	index = tile_index_of(slash + 1);
	if (slash - at == 1) {
		hashes = *at >= '0' && *at <= '7' ? tile_level_hashes(e->size, (unsigned)(*at - '0')) : 0;
		first = 0;
		level[0] = *at;
		level[1] = '\0';
	}
	width = tile_width(hashes, index);
	if (width == 0 || index < first)
		return false;
	tile_path(right, level, index, width);
	return strcmp(path, right) == 0;
}

bool bundle_blob_path(char out[BUNDLE_PATH_SIZE], const char *hash, const char *suffix)
{
	if (strlen(hash) != FILE_HASH_CHARS || strspn(hash, "0123456789abcdef") != FILE_HASH_CHARS)
		return false;
	(void)snprintf(out, BUNDLE_PATH_SIZE, "blobs/%s%s", hash, suffix);
	return true;
}

static bool is_blob(const char *path, const char *suffix)
{
	char hash[FILE_HASH_CHARS + 1], right[BUNDLE_PATH_SIZE];

	if (strncmp(path, "blobs/", 6) != 0)
		return false;
	(void)snprintf(hash, sizeof hash, "%s", path + 6);
	return bundle_blob_path(right, hash, suffix) && strcmp(path, right) == 0;
}

static bool is_time_stamp(const char *path)
{
	size_t len = strlen(path);

	return strchr(path, '/') == NULL && len > 4 && strcmp(path + len - 4, ".tsr") == 0;
}

/* File managers leave their own files wherever somebody looks. */
static bool is_hidden(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (slash != NULL ? slash[1] : *path) == '.';
}

/* In the folders whose every file belongs to an entry or an epoch. */
static enum bundle_file place_of(const char *path, const struct extent *e, uint64_t *number)
{
	bool is_there = false;

	if (is_numbered(path, "proofs/", ".tlog-proof", number))
		return *number < e->size ? FILE_PROOF : FILE_STRAY;
	if (is_numbered(path, "witnessed/", "", number))
		return *number >= 1 && *number <= e->size ? FILE_WITNESSED : FILE_STRAY;
	if (is_numbered(path, "epochs/", ".note", number))
		is_there = *number >= 2 && *number <= e->epochs;
	else if (is_numbered(path, "checkpoints/", "", number))
		is_there = *number >= 1 && *number < e->epochs;
	else if (is_numbered(path, "disclosures/", ".jsonl", number))
		is_there = tile_width(e->to, *number) > 0 && *number >= e->from / TILE_WIDTH;
	else if (strncmp(path, "tile/", 5) == 0)
		is_there = is_tile(path, e);
	return is_there ? FILE_PART : FILE_STRAY;
}

enum bundle_file bundle_classify(const char *path, const struct extent *e, uint64_t *number)
{
	static const char *const parts[] = {"checkpoint", "checkpoint.log", "genesis.note", "policy"};
	static const char *const folders[] = {"checkpoints/", "disclosures/", "epochs/",
					      "proofs/",      "tile/",        "witnessed/"};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strcmp(path, parts[i]) == 0)
			return FILE_PART;
	if (strcmp(path, "range") == 0)
		return extent_is_part(e) ? FILE_PART : FILE_STRAY;
	if (is_hidden(path))
		return FILE_FOREIGN;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return place_of(path, e, number);
	if (is_blob(path, ""))
		return FILE_BLOB;
	if (is_blob(path, ".age"))
		return FILE_ENCRYPTED;
	if (is_time_stamp(path))
		return FILE_STAMP;
	if (strcmp(path, "README.txt") == 0 || strcmp(path, "summary.pdf") == 0)
		return FILE_UNSIGNED;
	return FILE_FOREIGN;
}

/* ---- a part of the log ---- */

bool extent_is_part(const struct extent *e)
{
	return e->from != 0 || e->to != e->size;
}

enum err range_parse(uint64_t *from, uint64_t *to, const char *text, size_t len, uint64_t size)
{
	const char *lf = memchr(text, '\n', len), *end = text + len;
	uint64_t first, after;

	if (lf == NULL || end[-1] != '\n' || len < 5 || memcmp(text, "from ", 5) != 0 || end - lf < 5 ||
	    memcmp(lf + 1, "to ", 3) != 0 || number_parse(text + 5, (size_t)(lf - text) - 5, &first) != ERR_OK ||
	    number_parse(lf + 4, (size_t)(end - lf) - 5, &after) != ERR_OK)
		return ERR_FORMAT;
	if (first % TILE_WIDTH != 0 || first >= after || after > size || (after % TILE_WIDTH != 0 && after != size) ||
	    (first == 0 && after == size))
		return ERR_FORMAT;
	*from = first;
	*to = after;
	return ERR_OK;
}
