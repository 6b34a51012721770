/* Export: a bundle written in slices beside a ledger that goes on recording.
 *
 * The checkpoint is pinned first: the closing checkpoint of the epoch that export_begin ends. Everything before it
 * never changes any more (but for erasures), so reading may be spread over any time. Files go into OUT.part, each is
 * synced, and the last step renames the folder; a bundle that has its name is whole.
 */
#include "ledger/inside.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/bundle.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct tile_buffer {
	uint64_t tile;
	unsigned width;
	uint8_t hashes[TILE_WIDTH][HASH_SIZE];
};

struct export
{
	struct ledger *ledger;
	char out[PATH_MAX], part[PATH_MAX];
	struct export_options options;
	uint64_t size, epoch; /* pinned */
	struct buf closing;
	struct tree tree;
	struct tile_buffer levels[TILE_LEVELS];
	struct buf entries, lines;
	struct opened opened;
	bool is_renamed;
	enum err tile_err;
	struct fault *f;
};

/* ---- writing files ---- */

static enum err part_path(const struct export *x, char path[PATH_MAX], const char *name)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s", x->part, name) >= PATH_MAX)
		return fault_set(x->f, ERR_RANGE, _("%s: the path is too long"), x->part);
	return ERR_OK;
}

/* The folder above is made on the first file in it. The bundle is private until someone carries it out. */
static enum err write_part(const struct export *x, const char *name, const void *data, size_t len)
{
	char path[PATH_MAX], folder[PATH_MAX];
	enum err err = part_path(x, path, name);

	if (err != ERR_OK)
		return err;
	(void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (access(folder, F_OK) != 0)
		err = folder_make(folder, 0700, x->f);
	return err == ERR_OK ? file_create(path, data, len, 0600, x->f) : err;
}

static enum err write_buf(const struct export *x, const char *name, const struct buf *data)
{
	if (buf_status(data) != ERR_OK)
		return fault_set(x->f, buf_status(data), _("no memory"));
	return write_part(x, name, data->data, data->len);
}

/* ---- beginning ---- */

static enum err load_closing(struct export *x)
{
	struct ledger *l = x->ledger;
	struct checkpoint closing;
	struct note note;
	struct blob stored;
	enum err err = store_row(&l->store, STORE_LAST_EPOCH, 0, NULL);

	if (err == ERR_OK) {
		x->epoch = (uint64_t)store_integer(&l->store, STORE_LAST_EPOCH, 0);
		store_done(&l->store, STORE_LAST_EPOCH);
		err = x->epoch != 0 ? store_row(&l->store, STORE_GET_EPOCH, (int64_t)x->epoch, NULL) : ERR_MISSING;
	}
	if (err == ERR_MISSING)
		return fault_set(x->f, ERR_STATE, _("no epoch has ended yet, so there is nothing to export"));
	if (err == ERR_OK) {
		stored = store_blob(&l->store, STORE_GET_EPOCH, 1);
		buf_add(&x->closing, stored.data, stored.len);
		store_done(&l->store, STORE_GET_EPOCH);
		err = buf_status(&x->closing);
	}
	if (err == ERR_OK)
		err = note_parse(&note, x->closing.data, x->closing.len);
	if (err == ERR_OK)
		err = checkpoint_parse(&closing, ledger_origin(l), note.text, note.text_len);
	if (err != ERR_OK)
		return fault_set(x->f, ERR_CORRUPT, _("the closing checkpoint of epoch %llu is damaged"),
				 (unsigned long long)x->epoch);
	x->size = closing.size;
	return ERR_OK;
}

static enum err prepare(struct export *x, const char *out, struct moment now)
{
	enum err err = ERR_OK;

	if ((size_t)snprintf(x->out, sizeof x->out, "%s", out) >= sizeof x->out ||
	    (size_t)snprintf(x->part, sizeof x->part, "%s.part", out) >= sizeof x->part) {
		x->part[0] = '\0';
		return fault_set(x->f, ERR_RANGE, _("%s: the path is too long"), out);
	}
	if (access(x->out, F_OK) == 0)
		return fault_set(x->f, ERR_EXISTS, _("%s: is already there; give another name"), x->out);
	/* What an interrupted export left. */
	err = folder_remove(x->part, x->f);
	if (err == ERR_OK)
		err = folder_make(x->part, 0700, x->f);
	if (err == ERR_OK && !x->ledger->is_readonly)
		err = ledger_rotate(x->ledger, now, x->f);
	return err == ERR_OK ? load_closing(x) : err;
}

enum err export_begin(struct ledger *l, const char *out, const struct export_options *options, struct moment now,
		      struct export **export, struct fault *f)
{
	struct export *x;
	enum err err;

	if (options->from != 0 || options->to != 0)
		return fault_set(f, ERR_RANGE, _("only the whole log can be exported"));
	x = calloc(1, sizeof *x);
	if (x == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	x->ledger = l;
	x->options = *options;
	x->f = f;
	err = prepare(x, out, now);
	if (err != ERR_OK) {
		export_end(x);
		return err;
	}
	*export = x;
	return ERR_OK;
}

/* ---- entries, tile by tile ---- */

static enum err write_tile(struct export *x, unsigned number)
{
	struct tile_buffer *level = &x->levels[number];
	char path[TILE_PATH_SIZE], name[2] = {(char)('0' + number), '\0'};
	unsigned width = level->width;

	tile_path(path, name, level->tile, width);
	level->tile++;
	level->width = 0;
	return write_part(x, path, level->hashes, (size_t)width * HASH_SIZE);
}

static void take_hash(void *context, unsigned number, const uint8_t hash[HASH_SIZE])
{
	struct export *x = context;
	struct tile_buffer *level = &x->levels[number];

	memcpy(level->hashes[level->width++], hash, HASH_SIZE);
	if (level->width == TILE_WIDTH && x->tile_err == ERR_OK)
		x->tile_err = write_tile(x, number);
}

static bool is_withheld(const struct export_options *options, int name)
{
	return (name == DISCLOSURE_TEXT && options->without_text) ||
	       (name == DISCLOSURE_PERSON && options->without_person) ||
	       (name == DISCLOSURE_FILES && options->without_files);
}

static void add_line(struct export *x, int name)
{
	char head[LINE_HEAD_SIZE];
	size_t len = disclosure_line_head(head, x->opened.entry.seq, (enum disclosure_name)name);

	buf_add(&x->lines, head, len);
	if (x->opened.is_erased[name]) {
		buf_adds(&x->lines, "\"status\":\"redacted\"}\n");
	} else if (is_withheld(&x->options, name)) {
		buf_adds(&x->lines, "\"status\":\"withheld\"}\n");
	} else {
		buf_adds(&x->lines, "\"disclosure\":\"");
		buf_add(&x->lines, x->opened.strings[name].data, x->opened.strings[name].len);
		buf_adds(&x->lines, "\"}\n");
	}
}

static void add_entry(struct export *x)
{
	struct tile_listener listener = {take_hash, x};
	size_t len = x->opened.leaf.len;
	uint8_t prefix[2] = {(uint8_t)(len >> 8), (uint8_t)len};

	buf_add(&x->entries, prefix, sizeof prefix);
	buf_add(&x->entries, x->opened.leaf.data, len);
	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		if (x->opened.entry.has[i])
			add_line(x, i);
	tree_append(&x->tree, x->opened.hash, &listener);
}

static enum err read_tile(struct export *x, uint64_t from, uint64_t to)
{
	struct ledger *l = x->ledger;
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(&l->store, from, to, &rows);

	buf_clear(&x->entries);
	buf_clear(&x->lines);
	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		err = opened_fill(l, &x->opened, rows, x->f);
		if (err != ERR_OK)
			goto out;
		add_entry(x);
	}
	err = err == ERR_MISSING ? x->tile_err : store_fault(&l->store, err, _("reading"), x->f);
out:
	(void)sqlite3_finalize(rows);
	return err;
}

static enum err export_tile(struct export *x)
{
	uint64_t from = x->tree.size, index = from / TILE_WIDTH;
	unsigned width = tile_width(x->size, index);
	char path[BUNDLE_PATH_SIZE];
	enum err err = read_tile(x, from, from + width);

	if (err != ERR_OK)
		return err;
	tile_path(path, "entries", index, width);
	err = write_buf(x, path, &x->entries);
	if (err != ERR_OK)
		return err;
	bundle_disclosures_path(path, index);
	return write_buf(x, path, &x->lines);
}

/* ---- notes, and the end ---- */

static enum err export_epoch(struct export *x, uint64_t epoch)
{
	struct ledger *l = x->ledger;
	char certificate[BUNDLE_PATH_SIZE], closing[BUNDLE_PATH_SIZE];
	struct blob stored;
	enum err err = store_row(&l->store, STORE_GET_EPOCH, (int64_t)epoch, NULL);

	if (err != ERR_OK)
		return fault_set(x->f, ERR_CORRUPT, _("the certificate of epoch %llu is missing or damaged"),
				 (unsigned long long)epoch);
	(void)snprintf(certificate, sizeof certificate, epoch == 1 ? "genesis.note" : "epochs/%" PRIu64 ".note", epoch);
	(void)snprintf(closing, sizeof closing, "checkpoints/%" PRIu64, epoch);
	stored = store_blob(&l->store, STORE_GET_EPOCH, 0);
	err = write_part(x, certificate, stored.data, stored.len);
	stored = store_blob(&l->store, STORE_GET_EPOCH, 1);
	if (err == ERR_OK && epoch < x->epoch)
		err = write_part(x, closing, stored.data, stored.len);
	store_done(&l->store, STORE_GET_EPOCH);
	return err;
}

static const char readme[] =
	"This folder is a log exported from a Kannuki box. Check it with\n"
	"\n"
	"    kannuki-verify FOLDER --genesis CODE\n"
	"\n"
	"where CODE is the genesis code that was written on paper when the box was commissioned. This file itself is not\n"
	"signed, and neither is any code or key you find in this folder: take the code from the paper.\n"
	"\n"
	"With other people's tools:\n"
	"* checkpoint, epochs/*.note, checkpoints/*, genesis.note are C2SP signed notes. Go: golang.org/x/mod/sumdb/note opens\n"
	"  them with the keys that genesis.note and the certificates name.\n"
	"* tile/ is a C2SP tlog-tiles log: golang.org/x/mod/sumdb/tlog computes its tree hash, which is the third line of\n"
	"  checkpoint.\n"
	"* One signature with OpenSSL: cut the text (up to and with the last line before the empty line) and the 64 bytes after\n"
	"  the first 4 of the base64 in a signature line, then\n"
	"  openssl pkeyutl -verify -pubin -inkey KEY.pem -rawin -in TEXT -sigfile SIGNATURE\n"
	"* A disclosure: printf %s DISCLOSURE | openssl dgst -sha256 -binary | basenc --base64url gives the hash in the entry's\n"
	"  sd line (there without the = at the end).\n"
	"* What each file must hold, and every rule: docs/formats/ledger.md of the Kannuki source.\n";

static enum err export_rest(struct export *x)
{
	struct buf policy = {.cap = NOTE_MAX};
	enum err err = ERR_OK;

	for (unsigned i = 0; i < TILE_LEVELS && err == ERR_OK; i++)
		if (x->levels[i].width > 0)
			err = write_tile(x, i);
	for (uint64_t epoch = 1; epoch <= x->epoch && err == ERR_OK; epoch++)
		err = export_epoch(x, epoch);
	bundle_policy(&policy, &x->ledger->genesis.identity);
	if (err == ERR_OK)
		err = write_buf(x, "policy", &policy);
	buf_fini(&policy);
	if (err == ERR_OK)
		err = write_part(x, "README.txt", readme, sizeof readme - 1);
	if (err == ERR_OK)
		err = write_buf(x, "checkpoint.log", &x->closing);
	return err == ERR_OK ? write_buf(x, "checkpoint", &x->closing) : err;
}

/* What was written must be what was signed. */
static enum err check_root(const struct export *x)
{
	uint8_t root[HASH_SIZE];
	struct checkpoint closing;
	struct note note;

	tree_root(&x->tree, root);
	if (note_parse(&note, x->closing.data, x->closing.len) != ERR_OK ||
	    checkpoint_parse(&closing, ledger_origin(x->ledger), note.text, note.text_len) != ERR_OK ||
	    memcmp(root, closing.root, HASH_SIZE) != 0)
		return fault_set(x->f, ERR_CORRUPT,
				 _("the entries do not fit the checkpoint; run a check of the ledger"));
	return ERR_OK;
}

static enum err put_into_place(struct export *x)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(x->out, '/');
	enum err err = folder_sync_all(x->part, x->f);

	if (err != ERR_OK)
		return err;
	if (rename(x->part, x->out) != 0)
		return fault_set(x->f, err_from_errno(errno), _("%s: cannot be put into place: %s"), x->out,
				 strerror(errno));
	x->is_renamed = true;
	if (slash == NULL)
		(void)snprintf(parent, sizeof parent, ".");
	else
		(void)snprintf(parent, sizeof parent, "%.*s", slash == x->out ? 1 : (int)(slash - x->out), x->out);
	return folder_sync(parent, x->f);
}

/* The one place below the programs that looks at a clock: to keep its slice short. */
int64_t slice_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

enum err export_step(struct export *x, int64_t budget_ns, bool *done, struct fault *f)
{
	int64_t end = slice_clock_ns() + budget_ns;
	enum err err = ERR_OK;

	x->f = f;
	do {
		if (x->tree.size == x->size) {
			err = check_root(x);
			if (err == ERR_OK)
				err = export_rest(x);
			if (err == ERR_OK)
				err = put_into_place(x);
			*done = err == ERR_OK;
			return err;
		}
		err = export_tile(x);
	} while (err == ERR_OK && slice_clock_ns() < end);
	*done = false;
	return err;
}

void export_end(struct export *x)
{
	if (x == NULL)
		return;
	if (!x->is_renamed)
		(void)!folder_remove(x->part, NULL);
	buf_fini(&x->closing);
	buf_fini(&x->entries);
	buf_fini(&x->lines);
	opened_fini(&x->opened);
	free(x);
}
