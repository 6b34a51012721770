/* The streaming half of bundle_verify: entry tiles, disclosure files and hash tiles side by side. */
#include "ledger/verdict_inside.h"

#include "base/text.h"
#include "ledger/verdict_ahead.h"

#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { TILES_WORTH_A_THREAD = 4 };

/* ---- tiles of hashes ---- */

static enum err compare_tile(struct verifier *v, unsigned number)
{
	struct level *level = &v->levels[number];
	char path[TILE_PATH_SIZE], name[2] = {(char)('0' + number), '\0'};
	size_t len = (size_t)level->width * HASH_SIZE;
	enum err err;

	tile_path(path, name, level->tile, level->width);
	err = verify_read_part(v, path, sizeof level->hashes, &v->data);
	if (err == ERR_OK && (v->data.len != len || memcmp(v->data.data, level->hashes, len) != 0))
		err = verify_bad_file(v, path, _("is not what the entries give"));
	level->tile++;
	level->width = 0;
	return err;
}

void verify_take_hash(void *context, unsigned number, const uint8_t hash[HASH_SIZE])
{
	struct verifier *v = context;
	struct level *level = &v->levels[number];

	/* The leaf hashes of a part of the log come from their tiles. */
	if (v->tile_err != ERR_OK || (number == 0 && v->audit.is_part))
		return;
	/* Not before the next entry was judged: were the last of the tile changed, that one would have told. */
	if (level->width == TILE_WIDTH)
		v->tile_err = compare_tile(v, number);
	if (number > 0 || !v->is_found)
		memcpy(level->hashes[level->width++], hash, HASH_SIZE);
}

/* Where the last entry and what follows it contradict each other, its hash tile tells which was changed. */
enum err verify_blame_last(struct verifier *v)
{
	struct audit *a = &v->audit;
	uint64_t last = a->tree.size - 1;
	unsigned width = tile_width(v->verdict->checkpoint.size, last / TILE_WIDTH);
	size_t at = last % TILE_WIDTH * HASH_SIZE;
	char path[TILE_PATH_SIZE];

	if (!a->doubts_last || a->tree.size == 0)
		return ERR_CORRUPT;
	tile_path(path, "0", last / TILE_WIDTH, width);
	if (bundle_read(&v->bundle, path, sizeof v->levels[0].hashes, &v->hashes) != ERR_OK ||
	    v->hashes.len < at + HASH_SIZE || memcmp(v->hashes.data + at, a->prev, HASH_SIZE) == 0)
		return ERR_CORRUPT;
	a->file[0] = '\0';
	a->blamed = last;
	return fault_set(v->f, ERR_CORRUPT,
			 _("entry %llu: it was changed: its hash is another than the log says of it"),
			 (unsigned long long)last);
}

enum err verify_partial_tiles(struct verifier *v)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < TILE_LEVELS && err == ERR_OK; i++)
		if (v->levels[i].width > 0)
			err = compare_tile(v, i);
	return err;
}

/* ---- disclosures ---- */

static bool take_text(const char **at, size_t *len, const char *text)
{
	size_t text_len = strlen(text);

	if (*len < text_len || memcmp(*at, text, text_len) != 0)
		return false;
	*at += text_len;
	*len -= text_len;
	return true;
}

static bool is_rest(const char *at, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(at, text, len) == 0;
}

/* What follows {"seq":…,"name":"…", */
static bool read_status(const char **at, size_t *len, enum disclosed *state)
{
	if (take_text(at, len, "\"disclosure\":\"")) {
		*state = DISCLOSED;
		if (*len < 2 || memcmp(*at + *len - 2, "\"}", 2) != 0)
			return false;
		*len -= 2;
		return true;
	}
	*state = is_rest(*at, *len, "\"status\":\"redacted\"}") ? REDACTED : WITHHELD;
	return *state == REDACTED || is_rest(*at, *len, "\"status\":\"withheld\"}");
}

static void count_blob(struct verifier *v, const json_t *file)
{
	const char *name = json_string_value(json_object_get(file, "sha256"));
	char path[BUNDLE_PATH_SIZE], encrypted[BUNDLE_PATH_SIZE];

	if (name != NULL && bundle_blob_path(path, name, "") && bundle_blob_path(encrypted, name, ".age") &&
	    !bundle_has(&v->bundle, path) && !bundle_has(&v->bundle, encrypted))
		v->verdict->blobs_absent++;
}

static void count_blobs(struct verifier *v, const char *value, size_t len)
{
	json_t *files = json_loadb(value, len, 0, NULL), *file;
	size_t i;

	json_array_foreach (files, i, file)
		count_blob(v, file);
	json_decref(files);
}

static void count_blobs_of(struct verifier *v, const char *text, size_t len)
{
	struct buf value = {.cap = DISCLOSURE_MAX};

	if (disclosure_parse(&value, DISCLOSURE_FILES, text, len) == ERR_OK)
		count_blobs(v, value.data, value.len);
	buf_fini(&value);
}

bool verify_read_line(const char **line, size_t *len, uint64_t seq, enum disclosure_name name, enum disclosed *state)
{
	char head[LINE_HEAD_SIZE];

	(void)disclosure_line_head(head, seq, name);
	return take_text(line, len, head) && read_status(line, len, state);
}

static enum err verify_line(struct verifier *v, const char *path, enum disclosure_name name)
{
	enum disclosed state = WITHHELD;
	const char *line;
	size_t len;
	enum err err = line_reader_next(&v->lines, &line, &len);

	if (err == ERR_MISSING)
		return verify_bad_file(v, path, _("a line is missing"));
	if (err != ERR_OK)
		return verify_unreadable(v, path, err);
	if (!verify_read_line(&line, &len, v->audit.entry.seq, name, &state)) {
		(void)snprintf(v->verdict->file, sizeof v->verdict->file, "%s", path);
		return fault_set(v->f, ERR_CORRUPT, _("%s: the line for '%s' of entry %llu is missing or was changed"),
				 path, disclosure_names[name], (unsigned long long)v->audit.entry.seq);
	}
	err = audit_disclosure(&v->audit, name, state, line, len, v->f);
	if (err == ERR_OK && state == DISCLOSED && name == DISCLOSURE_FILES)
		count_blobs_of(v, line, len);
	return err;
}

/* ---- entries ---- */

/* The place that comes next, among the leaf hashes of a part. */
static enum err take_place(struct verifier *v)
{
	size_t at = v->audit.tree.size % TILE_WIDTH * HASH_SIZE;

	return audit_place(&v->audit, (const uint8_t *)v->hashes.data + at, v->f);
}

static enum err settle_entry(struct verifier *v)
{
	enum err err = audit_settle(&v->audit, v->f);

	if (err == ERR_OK)
		verify_pass(v);
	return err == ERR_OK ? v->tile_err : err;
}

static enum err verify_entry(struct verifier *v, const char *path, const char *leaf, size_t len)
{
	enum err err = v->audit.is_part ? take_place(v) : ERR_OK;

	if (err == ERR_OK)
		err = audit_entry(&v->audit, leaf, len, v->f);
	for (int i = 0; i < DISCLOSURE_COUNT && err == ERR_OK; i++)
		if (v->audit.entry.has[i])
			err = verify_line(v, path, (enum disclosure_name)i);
	return err == ERR_OK ? settle_entry(v) : err;
}

static enum err verify_tile_entries(struct verifier *v, const char *tile, const char *lines, unsigned width)
{
	struct buf entries = {.cap = ENTRY_TILE_MAX + 1};
	const uint8_t *at, *end;
	enum err err = verify_read_part(v, tile, ENTRY_TILE_MAX, &entries);

	if (err != ERR_OK)
		goto out;
	at = (const uint8_t *)entries.data;
	end = at + entries.len;
	for (unsigned i = 0; i < width && err == ERR_OK; i++) {
		size_t len = end - at >= 2 ? (size_t)at[0] << 8 | at[1] : SIZE_MAX;

		if (len > ENTRY_MAX || len > (size_t)(end - at) - 2) {
			err = verify_bad_file(v, tile, _("ends in the middle of an entry, or a length was changed"));
			break;
		}
		err = verify_entry(v, lines, (const char *)at + 2, len);
		at += 2 + len;
	}
	if (err == ERR_OK && at != end)
		err = verify_bad_file(v, tile, _("is longer than its entries"));
out:
	buf_fini(&entries);
	return err;
}

static enum err verify_tile(struct verifier *v, uint64_t index, unsigned width)
{
	char tile[TILE_PATH_SIZE], path[BUNDLE_PATH_SIZE];
	const char *line;
	size_t len;
	struct bundle_stream stream;
	enum err err;

	tile_path(tile, "entries", index, width);
	bundle_disclosures_path(path, index);
	err = bundle_stream_open(&v->bundle, path, &stream);
	if (err != ERR_OK)
		return verify_unreadable(v, path, err);
	line_reader_take(&v->lines, &stream);
	err = verify_tile_entries(v, tile, path, width);
	if (err != ERR_OK)
		return err;
	err = line_reader_next(&v->lines, &line, &len);
	if (err == ERR_MISSING)
		return ERR_OK;
	return err == ERR_OK ? verify_bad_file(v, path, _("has a line too many")) : verify_unreadable(v, path, err);
}

/* ---- entries that somebody has read ahead ---- */

static enum err verify_found_entry(struct verifier *v, const struct found_tile *tile, const struct found_entry *e)
{
	enum err err = v->audit.is_part ? take_place(v) : ERR_OK;

	if (err == ERR_OK)
		err = audit_found_entry(&v->audit, &e->entry, e->leaf, v->f);
	for (int i = 0; i < DISCLOSURE_COUNT && err == ERR_OK; i++) {
		enum disclosure_name name = (enum disclosure_name)i;
		bool has_value = i < FOUND_VALUES && e->entry.has[i] && e->value_len[i] > 0;
		const char *value = has_value ? tile->values.data + e->value_at[i] : NULL;
		size_t len = has_value ? e->value_len[i] : 0;

		if (e->entry.has[i])
			err = audit_found_disclosure(&v->audit, name, (enum disclosed)e->states[i], value, len, v->f);
		if (err == ERR_OK && has_value && name == DISCLOSURE_FILES)
			count_blobs(v, value, len);
	}
	return err == ERR_OK ? settle_entry(v) : err;
}

static enum err verify_found_tile(struct verifier *v, const struct found_tile *tile)
{
	enum err err = ERR_OK;

	v->is_found = true;
	for (unsigned i = 0; i < tile->width && err == ERR_OK; i++)
		err = verify_found_entry(v, tile, &tile->entries[i]);
	v->is_found = false;
	v->levels[0].tile++;
	return err;
}

/* ---- a part of the log ---- */

enum err verify_read_hashes(struct verifier *v, uint64_t seq)
{
	unsigned width = tile_width(v->verdict->checkpoint.size, seq / TILE_WIDTH);
	char path[TILE_PATH_SIZE];
	enum err err;

	tile_path(path, "0", seq / TILE_WIDTH, width);
	err = verify_read_part(v, path, sizeof v->levels[0].hashes, &v->hashes);
	if (err == ERR_OK && v->hashes.len != (size_t)width * HASH_SIZE)
		err = verify_bad_file(v, path, _("is not as long as its entries are many"));
	return err;
}

static enum err skip_tile(struct verifier *v, unsigned width)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < width && err == ERR_OK; i++) {
		err = take_place(v);
		if (err != ERR_OK)
			break;
		audit_skip(&v->audit);
		verify_pass(v);
		err = v->tile_err;
	}
	return err;
}

static enum err verify_next_tile(struct verifier *v, struct ahead *ahead)
{
	const struct found_tile *found;
	const struct verdict *out = v->verdict;
	uint64_t seq = v->audit.tree.size, index = seq / TILE_WIDTH;
	unsigned width = tile_width(out->checkpoint.size, index);
	enum err err = v->audit.is_part ? verify_read_hashes(v, seq) : ERR_OK;

	if (err != ERR_OK)
		return err;
	if (seq < out->from || seq >= out->to)
		return skip_tile(v, width);
	found = ahead != NULL ? ahead_take(ahead) : NULL;
	return found != NULL ? verify_found_tile(v, found) : verify_tile(v, index, width);
}

static struct ahead *send_ahead(const struct verifier *v, unsigned jobs)
{
	const struct verdict *out = v->verdict;
	uint64_t from = out->from / TILE_WIDTH, to = (out->to + TILE_WIDTH - 1) / TILE_WIDTH;
	cpu_set_t cores;

	if (jobs == 0 && to - from >= TILES_WORTH_A_THREAD && sched_getaffinity(0, sizeof cores, &cores) == 0)
		jobs = (unsigned)CPU_COUNT(&cores);
	return ahead_start(&v->bundle, out->checkpoint.size, from, to, jobs);
}

enum err verify_entries(struct verifier *v, const struct verify_way *way)
{
	struct ahead *ahead = send_ahead(v, way->jobs);
	uint64_t size = v->verdict->checkpoint.size;
	enum err err = ERR_OK;

	while (err == ERR_OK && v->audit.tree.size < size) {
		err = verify_next_tile(v, ahead);
		if (err == ERR_OK && way->report != NULL)
			way->report(way->context, v->audit.tree.size, size);
	}
	ahead_stop(ahead);
	return err;
}
