#include "ledger/verdict.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The hashes of one level that await their tile's end. */
struct level {
	uint64_t tile;
	unsigned width;
	uint8_t hashes[TILE_WIDTH][HASH_SIZE];
};

struct verifier {
	int dir;
	struct verdict *verdict;
	struct audit audit;
	struct level levels[TILE_LEVELS];
	enum err tile_err; /* of a tile compared while a hash was appended */
	struct line_reader lines;
	struct buf data, log;
	struct fault *f;
};

/* ---- words ---- */

static enum err bad_file(struct verifier *v, const char *path, const char *reason)
{
	(void)snprintf(v->verdict->file, sizeof v->verdict->file, "%s", path);
	return fault_set(v->f, ERR_CORRUPT, "%s: %s", path, reason);
}

/* A file that could not be read: is it the bundle's fault or the machine's? */
static enum err unreadable(struct verifier *v, const char *path, enum err err)
{
	if (err == ERR_MISSING)
		return bad_file(v, path, _("is missing"));
	if (err == ERR_RANGE)
		return bad_file(v, path, _("is longer than it can be"));
	if (err == ERR_FORMAT)
		return bad_file(v, path, _("is not written as the format wants"));
	(void)snprintf(v->verdict->file, sizeof v->verdict->file, "%s", path);
	return fault_set(v->f, err, _("%s: cannot be read (%s)"), path, err_name(err));
}

static enum err read_part(struct verifier *v, const char *path, size_t limit, struct buf *out)
{
	enum err err = bundle_read(v->dir, path, limit, out);

	return err == ERR_OK ? ERR_OK : unreadable(v, path, err);
}

/* ---- the notes ---- */

static enum err read_note(void *context, uint64_t epoch, const char *format, struct buf *out)
{
	struct verifier *v = context;
	char path[BUNDLE_PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s%" PRIu64 "%s", format, epoch, *format == 'e' ? ".note" : "");
	return bundle_read(v->dir, path, NOTE_MAX, out);
}

static enum err read_certificate(void *context, uint64_t epoch, struct buf *out)
{
	return read_note(context, epoch, "epochs/", out);
}

static enum err read_closing(void *context, uint64_t epoch, struct buf *out)
{
	return read_note(context, epoch, "checkpoints/", out);
}

/* ---- tiles of hashes ---- */

static enum err compare_tile(struct verifier *v, unsigned number)
{
	struct level *level = &v->levels[number];
	char path[TILE_PATH_SIZE], name[2] = {(char)('0' + number), '\0'};
	size_t len = (size_t)level->width * HASH_SIZE;
	enum err err;

	tile_path(path, name, level->tile, level->width);
	err = read_part(v, path, sizeof level->hashes, &v->data);
	if (err == ERR_OK && (v->data.len != len || memcmp(v->data.data, level->hashes, len) != 0))
		err = bad_file(v, path, _("is not what the entries give"));
	level->tile++;
	level->width = 0;
	return err;
}

static void take_hash(void *context, unsigned number, const uint8_t hash[HASH_SIZE])
{
	struct verifier *v = context;
	struct level *level = &v->levels[number];

	if (v->tile_err != ERR_OK)
		return;
	memcpy(level->hashes[level->width++], hash, HASH_SIZE);
	if (level->width == TILE_WIDTH)
		v->tile_err = compare_tile(v, number);
}

static enum err compare_partial_tiles(struct verifier *v)
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
	char path[BUNDLE_PATH_SIZE];

	if (name == NULL || strlen(name) != FILE_HASH_CHARS)
		return;
	(void)snprintf(path, sizeof path, "blobs/%s", name);
	if (bundle_classify(path, 0, 0) != FILE_BLOB || faccessat(v->dir, path, F_OK, 0) != 0)
		v->verdict->blobs_absent++;
}

static void count_blobs(struct verifier *v, const char *text, size_t len)
{
	struct buf value = {.cap = DISCLOSURE_MAX};
	json_t *files = NULL, *file;
	size_t i;

	if (disclosure_parse(&value, DISCLOSURE_FILES, text, len) == ERR_OK)
		files = json_loadb(value.data, value.len, 0, NULL);
	json_array_foreach (files, i, file)
		count_blob(v, file);
	json_decref(files);
	buf_fini(&value);
}

static enum err verify_line(struct verifier *v, const char *path, enum disclosure_name name)
{
	char head[LINE_HEAD_SIZE];
	enum disclosed state = WITHHELD;
	const char *line;
	size_t len;
	enum err err = line_reader_next(&v->lines, &line, &len);

	if (err == ERR_MISSING)
		return bad_file(v, path, _("a line is missing"));
	if (err != ERR_OK)
		return unreadable(v, path, err);
	(void)disclosure_line_head(head, v->audit.entry.seq, name);
	if (!take_text(&line, &len, head) || !read_status(&line, &len, &state)) {
		(void)snprintf(v->verdict->file, sizeof v->verdict->file, "%s", path);
		return fault_set(v->f, ERR_CORRUPT, _("%s: the line for '%s' of entry %llu is missing or was changed"),
				 path, disclosure_names[name], (unsigned long long)v->audit.entry.seq);
	}
	err = audit_disclosure(&v->audit, name, state, line, len, v->f);
	if (err == ERR_OK && state == DISCLOSED && name == DISCLOSURE_FILES)
		count_blobs(v, line, len);
	return err;
}

/* ---- entries ---- */

static enum err verify_entry(struct verifier *v, const char *path, const char *leaf, size_t len)
{
	enum err err = audit_entry(&v->audit, leaf, len, v->f);

	for (int i = 0; i < DISCLOSURE_COUNT && err == ERR_OK; i++)
		if (v->audit.entry.has[i])
			err = verify_line(v, path, (enum disclosure_name)i);
	if (err == ERR_OK)
		err = audit_settle(&v->audit, v->f);
	return err == ERR_OK ? v->tile_err : err;
}

static enum err verify_tile_entries(struct verifier *v, const char *tile, const char *lines, unsigned width)
{
	struct buf entries = {.cap = ENTRY_TILE_MAX + 1};
	const uint8_t *at, *end;
	enum err err = read_part(v, tile, ENTRY_TILE_MAX, &entries);

	if (err != ERR_OK)
		goto out;
	at = (const uint8_t *)entries.data;
	end = at + entries.len;
	for (unsigned i = 0; i < width && err == ERR_OK; i++) {
		size_t len = end - at >= 2 ? (size_t)at[0] << 8 | at[1] : SIZE_MAX;

		if (len > ENTRY_MAX || len > (size_t)(end - at) - 2) {
			err = bad_file(v, tile, _("ends in the middle of an entry, or a length was changed"));
			break;
		}
		err = verify_entry(v, lines, (const char *)at + 2, len);
		at += 2 + len;
	}
	if (err == ERR_OK && at != end)
		err = bad_file(v, tile, _("is longer than its entries"));
out:
	buf_fini(&entries);
	return err;
}

static enum err verify_tile(struct verifier *v, uint64_t index, unsigned width)
{
	char tile[TILE_PATH_SIZE], path[BUNDLE_PATH_SIZE];
	const char *line;
	size_t len;
	int fd;
	enum err err;

	tile_path(tile, "entries", index, width);
	bundle_disclosures_path(path, index);
	err = bundle_open(v->dir, path, &fd);
	if (err != ERR_OK)
		return unreadable(v, path, err);
	line_reader_use(&v->lines, fd);
	err = verify_tile_entries(v, tile, path, width);
	if (err != ERR_OK)
		return err;
	err = line_reader_next(&v->lines, &line, &len);
	if (err == ERR_MISSING)
		return ERR_OK;
	return err == ERR_OK ? bad_file(v, path, _("has a line too many")) : unreadable(v, path, err);
}

static enum err verify_entries(struct verifier *v, const struct verdict_progress *progress)
{
	uint64_t size = v->verdict->checkpoint.size;
	enum err err = ERR_OK;

	for (uint64_t index = 0; err == ERR_OK && tile_width(size, index) > 0; index++) {
		err = verify_tile(v, index, tile_width(size, index));
		if (err == ERR_OK && progress != NULL)
			progress->report(progress->context, v->audit.tree.size, size);
	}
	return err == ERR_OK ? compare_partial_tiles(v) : err;
}

/* ---- genesis, checkpoint, policy ---- */

static enum err compare_genesis(struct verifier *v, const struct known_genesis *known)
{
	struct genesis outside;

	if (known->note != NULL) {
		if (genesis_parse(&outside, known->note->data, known->note->len) != ERR_OK)
			return fault_set(v->f, ERR_IO, _("the genesis file given is not a genesis note"));
		if (memcmp(outside.hash, v->audit.genesis.hash, HASH_SIZE) != 0)
			return bad_file(v, "genesis.note", _("is of another log than the genesis given"));
	} else if (known->code != NULL) {
		enum err err = genesis_code_check(known->code, v->audit.genesis.hash);

		if (err == ERR_FORMAT)
			return fault_set(
				v->f, ERR_IO,
				_("'%.60s' is neither a file nor a genesis code (20 or more letters A-Z and digits 2-7)"),
				known->code);
		if (err != ERR_OK)
			return bad_file(v, "genesis.note", _("is of another log than the genesis given"));
	}
	return ERR_OK;
}

static enum err verify_genesis(struct verifier *v, const struct known_genesis *known)
{
	struct audit_source source = {read_certificate, read_closing, v};
	enum err err = read_part(v, "genesis.note", NOTE_MAX, &v->data);

	if (err == ERR_OK)
		err = audit_begin(&v->audit, v->data.data, v->data.len, &source, NULL, v->f);
	if (err != ERR_OK)
		return err;
	memcpy(v->verdict->origin, v->audit.genesis.identity.name, sizeof v->verdict->origin);
	genesis_code(v->verdict->code, GENESIS_CODE_MAX, v->audit.genesis.hash);
	return compare_genesis(v, known);
}

/* checkpoint = checkpoint.log and, perhaps, lines of witnesses. */
static enum err verify_checkpoint(struct verifier *v)
{
	struct note note;
	enum err err = read_part(v, "checkpoint.log", NOTE_MAX, &v->log);

	if (err == ERR_OK)
		err = read_part(v, "checkpoint", NOTE_MAX, &v->data);
	if (err != ERR_OK)
		return err;
	if (note_parse(&note, v->log.data, v->log.len) != ERR_OK ||
	    checkpoint_parse(&v->verdict->checkpoint, v->verdict->origin, note.text, note.text_len) != ERR_OK ||
	    v->verdict->checkpoint.size == 0)
		return bad_file(v, "checkpoint.log", _("is not a checkpoint of this log"));
	if (v->data.len < v->log.len || memcmp(v->data.data, v->log.data, v->log.len) != 0 ||
	    note_parse(&note, v->data.data, v->data.len) != ERR_OK || note.text_len + 1 > v->log.len)
		return bad_file(v, "checkpoint", _("does not begin with checkpoint.log"));
	v->verdict->witness_lines = note.count > 2 ? note.count - 2 : 0;
	return ERR_OK;
}

static enum err verify_policy(struct verifier *v)
{
	struct buf right = {.cap = NOTE_MAX};
	enum err err = read_part(v, "policy", NOTE_MAX, &v->data);

	bundle_policy(&right, &v->audit.genesis.identity);
	if (err == ERR_OK)
		err = buf_status(&right);
	if (err == ERR_OK && (right.len != v->data.len || memcmp(right.data, v->data.data, right.len) != 0))
		err = bad_file(v, "policy", _("is not the policy of this log"));
	buf_fini(&right);
	return err;
}

/* ---- everything else that lies in the folder ---- */

static enum err verify_blob(struct verifier *v, const char *path)
{
	struct hasher *hasher;
	uint8_t hash[HASH_SIZE];
	char name[HEX_SIZE(HASH_SIZE)], chunk[65536];
	ssize_t got;
	int fd;
	enum err err = bundle_open(v->dir, path, &fd);

	if (err != ERR_OK)
		return unreadable(v, path, err);
	hasher = hasher_new();
	while ((got = read(fd, chunk, sizeof chunk)) > 0)
		hasher_add(hasher, chunk, (size_t)got);
	if (got < 0)
		err = unreadable(v, path, err_from_errno(errno));
	hasher_end(hasher, hash);
	(void)close(fd);
	hex_encode(name, hash, HASH_SIZE);
	if (err == ERR_OK && strcmp(name, path + strlen("blobs/")) != 0)
		err = bad_file(v, path, _("is not the file of this name: it was changed"));
	v->verdict->blobs_checked++;
	return err;
}

static enum err judge_path(struct verifier *v, const char *path)
{
	switch (bundle_classify(path, v->verdict->checkpoint.size, v->audit.epoch)) {
	case FILE_PART:
		return ERR_OK;
	case FILE_UNSIGNED:
		v->verdict->unsigned_files++;
		return ERR_OK;
	case FILE_BLOB:
		return verify_blob(v, path);
	case FILE_FOREIGN:
		break;
	}
	if (v->verdict->foreign_files++ == 0)
		(void)snprintf(v->verdict->first_foreign, sizeof v->verdict->first_foreign, "%s", path);
	return ERR_OK;
}

static enum err walk(struct verifier *v, const char *folder)
{
	char *start = strdup(folder), *const paths[] = {start, NULL};
	FTS *tree = start != NULL ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL) : NULL;
	enum err err = tree != NULL ? ERR_OK : fault_set(v->f, ERR_NOMEM, _("no memory"));
	FTSENT *item;

	while (err == ERR_OK && (item = fts_read(tree)) != NULL) {
		const char *path = item->fts_path + strlen(folder);

		if (item->fts_info == FTS_D || item->fts_info == FTS_DP)
			continue;
		err = judge_path(v, path + strspn(path, "/"));
	}
	if (tree != NULL)
		(void)fts_close(tree);
	free(start);
	return err;
}

/* ---- the verdict ---- */

static enum err verify(struct verifier *v, const char *folder, const struct known_genesis *known,
		       const struct verdict_progress *progress)
{
	struct tile_listener listener = {take_hash, v};
	enum err err = line_reader_init(&v->lines, DISCLOSURE_LINE_MAX);

	if (err != ERR_OK)
		return fault_set(v->f, err, _("no memory"));
	err = verify_genesis(v, known);
	v->audit.listener = &listener;
	if (err == ERR_OK)
		err = verify_checkpoint(v);
	if (err == ERR_OK)
		err = verify_policy(v);
	if (err == ERR_OK)
		err = verify_entries(v, progress);
	if (err == ERR_OK)
		err = audit_end(&v->audit, v->log.data, v->log.len, AUDIT_BOTH_SIGN, v->f);
	return err == ERR_OK ? walk(v, folder) : err;
}

static void conclude(struct verdict *out, const struct audit *a, enum err err, const struct known_genesis *known)
{
	out->epochs = a->epoch;
	out->entries = a->tree.size;
	memcpy(out->counts, a->counts, sizeof out->counts);
	if (err == ERR_CORRUPT) {
		out->kind = VERDICT_BAD;
		if (out->file[0] == '\0' && a->file[0] != '\0')
			(void)snprintf(out->file, sizeof out->file, "%s", a->file);
		out->has_entry = out->file[0] == '\0';
		out->entry = a->blamed;
	} else if (err != ERR_OK) {
		out->kind = VERDICT_UNKNOWN;
	} else if (known->code == NULL && known->note == NULL) {
		out->kind = VERDICT_UNKNOWN;
		(void)fault_set(
			&out->fault, ERR_STATE,
			_("nothing is wrong inside, but whose log it is cannot be told: give the genesis code on paper"));
	}
}

void bundle_verify(struct verdict *out, const char *folder, const struct known_genesis *known,
		   const struct verdict_progress *progress)
{
	struct verifier *v = calloc(1, sizeof *v);
	enum err err;

	*out = (struct verdict){.kind = VERDICT_GOOD};
	if (v == NULL || sodium_init() < 0) {
		out->kind = VERDICT_UNKNOWN;
		(void)fault_set(&out->fault, ERR_NOMEM, _("no memory"));
		free(v);
		return;
	}
	v->verdict = out;
	v->f = &out->fault;
	v->lines.fd = -1;
	v->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (v->dir < 0)
		err = fault_set(v->f, err_from_errno(errno), _("%s: cannot be opened as a folder: %s"), folder,
				strerror(errno));
	else
		err = verify(v, folder, known, progress);
	conclude(out, &v->audit, err, known);
	if (v->dir >= 0)
		(void)close(v->dir);
	line_reader_fini(&v->lines);
	audit_fini(&v->audit);
	buf_fini(&v->data);
	buf_fini(&v->log);
	free(v);
}
