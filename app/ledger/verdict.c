#include "ledger/verdict_inside.h"

#include "base/text.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

/* Names of files are the bundle's: what could move a terminal's cursor must not reach it. */
static void show_path(char out[BUNDLE_PATH_SIZE], const char *path)
{
	text_show(out, BUNDLE_PATH_SIZE, path, strlen(path));
}

enum err verify_bad_file(struct verifier *v, const char *path, const char *reason)
{
	show_path(v->verdict->file, path);
	return fault_set(v->f, ERR_CORRUPT, "%s: %s", v->verdict->file, reason);
}

enum err verify_unreadable(struct verifier *v, const char *path, enum err err)
{
	if (err == ERR_MISSING)
		return verify_bad_file(v, path, _("is missing"));
	if (err == ERR_RANGE)
		return verify_bad_file(v, path, _("is longer than it can be"));
	if (err == ERR_FORMAT)
		return verify_bad_file(v, path, _("is not written as the format wants"));
	if (err == ERR_CORRUPT)
		return verify_bad_file(v, path, _("does not fit its checksum in the ZIP file"));
	show_path(v->verdict->file, path);
	return fault_set(v->f, err, _("%s: cannot be read (%s)"), v->verdict->file, err_name(err));
}

enum err verify_read_part(struct verifier *v, const char *path, size_t limit, struct buf *out)
{
	enum err err = bundle_read(&v->bundle, path, limit, out);

	return err == ERR_OK ? ERR_OK : verify_unreadable(v, path, err);
}

/* ---- the notes ---- */

static enum err read_note(void *context, uint64_t epoch, const char *prefix, struct buf *out)
{
	struct verifier *v = context;
	char path[BUNDLE_PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s%" PRIu64 "%s", prefix, epoch, *prefix == 'e' ? ".note" : "");
	return bundle_read(&v->bundle, path, NOTE_MAX, out);
}

static enum err read_certificate(void *context, uint64_t epoch, struct buf *out)
{
	return read_note(context, epoch, "epochs/", out);
}

static enum err read_closing(void *context, uint64_t epoch, struct buf *out)
{
	return read_note(context, epoch, "checkpoints/", out);
}

/* ---- genesis, checkpoint, policy ---- */

static enum err compare_genesis(struct verifier *v, const struct known_genesis *known)
{
	struct genesis outside;

	if (known->note != NULL) {
		if (genesis_parse(&outside, known->note->data, known->note->len) != ERR_OK)
			return fault_set(v->f, ERR_IO, _("the genesis file given is not a genesis note"));
		if (memcmp(outside.hash, v->audit.genesis.hash, HASH_SIZE) != 0)
			return verify_bad_file(v, "genesis.note", _("is of another log than the genesis given"));
	} else if (known->code != NULL) {
		enum err err = genesis_code_check(known->code, v->audit.genesis.hash);

		if (err == ERR_FORMAT)
			return fault_set(
				v->f, ERR_IO,
				_("'%.60s' is neither a file nor a genesis code (20 or more letters A-Z and digits 2-7)"),
				known->code);
		if (err != ERR_OK)
			return verify_bad_file(v, "genesis.note", _("is of another log than the genesis given"));
	}
	return ERR_OK;
}

static enum err verify_genesis(struct verifier *v, const struct known_genesis *known)
{
	struct audit_source source = {read_certificate, read_closing, v};
	enum err err = verify_read_part(v, "genesis.note", NOTE_MAX, &v->data);

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
	enum err err = verify_read_part(v, "checkpoint.log", NOTE_MAX, &v->log);

	if (err == ERR_OK)
		err = verify_read_part(v, "checkpoint", NOTE_MAX, &v->data);
	if (err != ERR_OK)
		return err;
	if (note_parse(&note, v->log.data, v->log.len) != ERR_OK ||
	    checkpoint_parse(&v->verdict->checkpoint, v->verdict->origin, note.text, note.text_len) != ERR_OK ||
	    v->verdict->checkpoint.size == 0)
		return verify_bad_file(v, "checkpoint.log", _("is not a checkpoint of this log"));
	if (v->data.len < v->log.len || memcmp(v->data.data, v->log.data, v->log.len) != 0 ||
	    note_parse(&note, v->data.data, v->data.len) != ERR_OK || note.text_len + 1 > v->log.len)
		return verify_bad_file(v, "checkpoint", _("does not begin with checkpoint.log"));
	v->verdict->witness_lines = note.count > 2 ? note.count - 2 : 0;
	return ERR_OK;
}

static enum err verify_policy(struct verifier *v)
{
	struct buf right = {.cap = NOTE_MAX};
	enum err err = verify_read_part(v, "policy", NOTE_MAX, &v->data);

	bundle_policy(&right, &v->audit.genesis.identity);
	if (err == ERR_OK)
		err = buf_status(&right);
	if (err == ERR_OK && (right.len != v->data.len || memcmp(right.data, v->data.data, right.len) != 0))
		err = verify_bad_file(v, "policy", _("is not the policy of this log"));
	buf_fini(&right);
	return err;
}

/* ---- everything else that lies in the folder ---- */

/* Of what the log knows nothing about only the checksum in a ZIP file can be checked. */
static enum err read_to_end(struct verifier *v, const char *path, struct hasher *hasher)
{
	struct bundle_stream stream;
	char chunk[65536];
	size_t got = 0;
	enum err err = bundle_stream_open(&v->bundle, path, &stream);

	if (err != ERR_OK)
		return err;
	while ((err = bundle_stream_read(&stream, chunk, sizeof chunk, &got)) == ERR_OK && got > 0)
		if (hasher != NULL)
			hasher_add(hasher, chunk, got);
	bundle_stream_close(&stream);
	return err;
}

static enum err verify_blob(struct verifier *v, const char *path)
{
	struct hasher *hasher = hasher_new();
	uint8_t hash[HASH_SIZE];
	char name[HEX_SIZE(HASH_SIZE)];
	enum err err = read_to_end(v, path, hasher);

	hasher_end(hasher, hash);
	if (err != ERR_OK)
		return verify_unreadable(v, path, err);
	hex_encode(name, hash, HASH_SIZE);
	v->verdict->blobs_checked++;
	if (strcmp(name, path + strlen("blobs/")) != 0)
		return verify_bad_file(v, path, _("is not the file of this name: it was changed"));
	return ERR_OK;
}

static enum err judge_path(void *context, const char *path)
{
	struct verifier *v = context;
	enum err err;

	switch (bundle_classify(path, v->verdict->checkpoint.size, v->audit.epoch)) {
	case FILE_PART:
		return ERR_OK;
	case FILE_BLOB:
		return verify_blob(v, path);
	case FILE_STRAY:
		return verify_bad_file(v, path, _("belongs to no entry and no epoch of this log"));
	case FILE_UNSIGNED:
		v->verdict->unsigned_files++;
		break;
	case FILE_FOREIGN:
		if (v->verdict->foreign_files++ == 0)
			show_path(v->verdict->first_foreign, path);
		break;
	}
	if (v->bundle.zip == NULL)
		return ERR_OK;
	err = read_to_end(v, path, NULL);
	return err == ERR_OK ? ERR_OK : verify_unreadable(v, path, err);
}

static enum err judge_all_paths(struct verifier *v)
{
	enum err err = bundle_list(&v->bundle, judge_path, v);

	if (err == ERR_OK || err == v->f->err)
		return err;
	return fault_set(v->f, err, _("the bundle's folders cannot be read (%s)"), err_name(err));
}

/* ---- the verdict ---- */

static enum err verify(struct verifier *v, const struct known_genesis *known, const struct verdict_progress *progress)
{
	enum err err = line_reader_init(&v->lines, DISCLOSURE_LINE_MAX);

	if (err != ERR_OK)
		return fault_set(v->f, err, _("no memory"));
	err = verify_genesis(v, known);
	v->listener = (struct tile_listener){verify_take_hash, v};
	v->audit.listener = &v->listener;
	if (err == ERR_OK)
		err = verify_checkpoint(v);
	if (err == ERR_OK)
		err = verify_policy(v);
	if (err == ERR_OK)
		err = verify_entries(v, progress);
	if (err == ERR_OK)
		err = audit_end(&v->audit, v->log.data, v->log.len, AUDIT_BOTH_SIGN, v->f);
	return err == ERR_OK ? judge_all_paths(v) : err;
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

void bundle_verify(struct verdict *out, const char *path, const struct known_genesis *known,
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
	v->lines.stream.fd = -1;
	err = bundle_open(&v->bundle, path, v->f);
	(void)snprintf(out->file, sizeof out->file, "%s", v->bundle.blamed);
	if (err == ERR_OK)
		err = verify(v, known, progress);
	conclude(out, &v->audit, err, known);
	bundle_close(&v->bundle);
	line_reader_fini(&v->lines);
	audit_fini(&v->audit);
	buf_fini(&v->data);
	buf_fini(&v->log);
	free(v);
}
