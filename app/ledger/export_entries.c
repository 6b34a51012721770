/* The log itself: entry tiles, disclosures beside them, and the hash tiles over all. */
#include "ledger/export_inside.h"

#include "base/text.h"

#include <jansson.h>
#include <string.h>

enum { LINES_WAITING = 64 * 1024 };

/* ---- what goes out, and what is kept back ---- */

static bool is_asked(const struct export *x)
{
	return x->opened.entry.seq >= x->options.from && x->opened.entry.seq < x->asked_to;
}

static bool is_excluded(const struct export_options *options, int name)
{
	return (name == DISCLOSURE_TEXT && options->without_text) ||
	       (name == DISCLOSURE_PERSON && options->without_person) ||
	       (name == DISCLOSURE_FILES && options->without_files);
}

/* A verifier of the bundle needs the bodies that begin epochs, name redactions or set the policy. */
static enum err note_body(struct export *x, bool *is_needed)
{
	const struct buf *body = &x->opened.strings[DISCLOSURE_BODY];
	enum err err = ERR_OK;
	json_t *json, *policy;
	const char *act;

	*is_needed = x->opened.entry.type == TYPE_EPOCH;
	if (x->opened.entry.type != TYPE_SYSTEM || x->opened.is_erased[DISCLOSURE_BODY])
		return ERR_OK;
	err = disclosure_parse(&x->value, DISCLOSURE_BODY, body->data, body->len);
	json = err == ERR_OK ? json_loadb(x->value.data, x->value.len, 0, NULL) : NULL;
	act = json_string_value(json_object_get(json, "act"));
	policy = json_object_get(json, "policy");
	if (act != NULL && strcmp(act, "redaction") == 0)
		*is_needed = true;
	if (act != NULL && strcmp(act, "policy.set") == 0 && json_is_string(policy)) {
		*is_needed = true;
		buf_clear(&x->policy);
		buf_add(&x->policy, json_string_value(policy), json_string_length(policy));
		err = buf_status(&x->policy);
	}
	json_decref(json);
	return err;
}

/* The one place that decides what is kept back. Of a restricted case nothing goes out. */
static enum err decide(struct export *x, int name, bool is_body_needed, enum disclosed *fate)
{
	bool is_late = false;
	enum err err = ERR_OK;

	if (x->opened.is_erased[name]) {
		err = export_is_late(x, name, &is_late);
		*fate = is_late ? WITHHELD : REDACTED;
	} else if (name == DISCLOSURE_BODY && is_body_needed) {
		*fate = DISCLOSED;
	} else {
		*fate = is_asked(x) && !x->opened.is_restricted && !is_excluded(&x->options, name) ? DISCLOSED
												   : WITHHELD;
	}
	return err;
}

/* ---- disclosures ---- */

static enum err flush_lines(struct export *x)
{
	enum err err = buf_status(&x->lines);

	if (err != ERR_OK)
		return fault_set(x->f, err, _("no memory"));
	err = outlet_add(&x->outlet, x->lines.data, x->lines.len, x->f);
	buf_clear(&x->lines);
	return err;
}

static void add_line(struct export *x, int name, enum disclosed fate)
{
	const struct buf *string = &x->opened.strings[name];
	char head[LINE_HEAD_SIZE];
	size_t len = disclosure_line_head(head, x->opened.entry.seq, (enum disclosure_name)name);

	buf_add(&x->lines, head, len);
	if (fate == REDACTED) {
		buf_adds(&x->lines, "\"status\":\"redacted\"}\n");
	} else if (fate == WITHHELD) {
		buf_adds(&x->lines, "\"status\":\"withheld\"}\n");
	} else {
		buf_adds(&x->lines, "\"disclosure\":\"");
		buf_add(&x->lines, string->data, string->len);
		buf_adds(&x->lines, "\"}\n");
	}
}

static enum err take_blob_names(struct export *x)
{
	const struct buf *files = &x->opened.strings[DISCLOSURE_FILES];
	enum err err = disclosure_parse(&x->value, DISCLOSURE_FILES, files->data, files->len);

	return err == ERR_OK ? blob_names_add(&x->blobs, x->value.data, x->value.len) : err;
}

static enum err add_disclosures(struct export *x, bool is_body_needed)
{
	enum err err = ERR_OK;

	for (int i = 0; i < DISCLOSURE_COUNT && err == ERR_OK; i++) {
		enum disclosed fate = WITHHELD;

		if (!x->opened.entry.has[i])
			continue;
		err = decide(x, i, is_body_needed, &fate);
		add_line(x, i, fate);
		if (err == ERR_OK && i == DISCLOSURE_FILES && fate == DISCLOSED)
			err = take_blob_names(x);
	}
	return err;
}

/* ---- entries ---- */

static bool is_tile_wanted(const struct export *x, uint64_t tile)
{
	return tile >= x->first_tile && tile < x->to_tile;
}

static void take_hash(void *context, unsigned number, const uint8_t hash[HASH_SIZE])
{
	struct export *x = context;
	struct tile_buffer *level = &x->levels[number];

	memcpy(level->hashes[level->width++], hash, HASH_SIZE);
}

static enum err add_entry(struct export *x)
{
	size_t len = x->opened.leaf.len;
	uint8_t prefix[2] = {(uint8_t)(len >> 8), (uint8_t)len};
	bool is_body_needed = false;
	enum err err = note_body(x, &is_body_needed);

	if (err == ERR_OK && is_tile_wanted(x, x->opened.entry.seq / TILE_WIDTH)) {
		buf_add(&x->entries, prefix, sizeof prefix);
		buf_add(&x->entries, x->opened.leaf.data, len);
		err = add_disclosures(x, is_body_needed);
	}
	if (err != ERR_OK)
		return fault_set(x->f, err, _("entry %llu cannot be read"), (unsigned long long)x->opened.entry.seq);
	return x->lines.len >= LINES_WAITING ? flush_lines(x) : ERR_OK;
}

/* Of an entry outside the range only the hash is needed, unless it may set the policy. */
static enum err take_row(struct export *x, sqlite3_stmt *row)
{
	struct tile_listener listener = {take_hash, x};
	struct blob leaf = row_blob(row, ROW_LEAF);
	uint64_t seq = x->tree.size;
	enum err err = ERR_OK;

	if (is_tile_wanted(x, seq / TILE_WIDTH) ||
	    (leaf.data != NULL && memmem(leaf.data, leaf.len, "\ntype system\n", 13) != NULL)) {
		err = opened_fill(x->ledger, &x->opened, row, x->f);
		if (err == ERR_OK)
			err = add_entry(x);
	} else {
		hash_leaf(x->opened.hash, leaf.data, leaf.len);
	}
	if (err == ERR_OK)
		tree_append(&x->tree, x->opened.hash, &listener);
	return err;
}

/* Reads on towards `to` until the step's time is over; at least one entry. */
static enum err read_rows(struct export *x, uint64_t to)
{
	struct store *store = media_store(&x->ledger->media);
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(store, x->tree.size, to, &rows);

	do {
		if (err == ERR_OK)
			err = store_next(rows);
		if (err == ERR_MISSING)
			err = fault_set(x->f, ERR_CORRUPT, _("entry %llu is missing"),
					(unsigned long long)x->tree.size);
		else if (err != ERR_OK)
			err = store_fault(store, err, _("reading"), x->f);
		else
			err = take_row(x, rows);
	} while (err == ERR_OK && x->tree.size < to && !export_is_over(x));
	(void)sqlite3_finalize(rows);
	return err;
}

/* ---- tiles ---- */

static enum err put_hash_tile(struct export *x, unsigned number)
{
	struct tile_buffer *level = &x->levels[number];
	char path[TILE_PATH_SIZE], name[2] = {(char)('0' + number), '\0'};
	struct buf hashes = {.data = (char *)level->hashes, .len = (size_t)level->width * HASH_SIZE};

	tile_path(path, name, level->tile, level->width);
	return outlet_put(&x->outlet, path, &hashes, x->f);
}

static enum err put_full_hash_tiles(struct export *x)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < TILE_LEVELS && err == ERR_OK && x->levels[i].width == TILE_WIDTH; i++) {
		proofs_full_tile(&x->proofs, i, x->levels[i].tile, x->levels[i].hashes);
		err = put_hash_tile(x, i);
		x->levels[i].tile++;
		x->levels[i].width = 0;
	}
	return err;
}

static enum err begin_tile(struct export *x, uint64_t tile)
{
	char path[BUNDLE_PATH_SIZE];

	buf_clear(&x->entries);
	bundle_disclosures_path(path, tile);
	return outlet_begin(&x->outlet, path, (uint64_t)TILE_WIDTH * DISCLOSURE_COUNT * DISCLOSURE_LINE_MAX, x->f);
}

static enum err end_tile(struct export *x, uint64_t tile, unsigned width)
{
	char path[TILE_PATH_SIZE];
	enum err err = flush_lines(x);

	if (err == ERR_OK)
		err = outlet_end(&x->outlet, x->f);
	tile_path(path, "entries", tile, width);
	return err == ERR_OK ? outlet_put(&x->outlet, path, &x->entries, x->f) : err;
}

/* What was written must be what was signed. */
static enum err check_root(const struct export *x)
{
	uint8_t root[HASH_SIZE];

	tree_root(&x->tree, root);
	if (memcmp(root, x->pinned.root, HASH_SIZE) != 0)
		return fault_set(x->f, ERR_CORRUPT,
				 _("the entries do not fit the checkpoint; run a check of the ledger"));
	return ERR_OK;
}

enum err export_entries(struct export *x, bool *done)
{
	uint64_t tile = x->tree.size / TILE_WIDTH;
	unsigned width = tile_width(x->pinned.size, tile);
	uint64_t from = tile * TILE_WIDTH, to = from + width;
	bool is_wanted = is_tile_wanted(x, tile);
	enum err err = ERR_OK;

	if (x->tree.size == from && is_wanted)
		err = begin_tile(x, tile);
	if (err == ERR_OK)
		err = read_rows(x, to);
	if (err != ERR_OK || x->tree.size < to)
		return err;
	if (is_wanted)
		err = end_tile(x, tile, width);
	if (err == ERR_OK)
		err = put_full_hash_tiles(x);
	*done = x->tree.size == x->pinned.size;
	return err == ERR_OK && *done ? check_root(x) : err;
}

enum err export_last_tiles(struct export *x, bool *done)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < TILE_LEVELS && err == ERR_OK; i++) {
		proofs_last_tile(&x->proofs, i, x->levels[i].hashes, x->levels[i].width);
		if (x->levels[i].width > 0)
			err = put_hash_tile(x, i);
	}
	*done = true;
	return err;
}
