#include "ledger/verdict_inside.h"

#include "base/text.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

void verify_show_path(char out[BUNDLE_PATH_SIZE], const char *path)
{
	text_show(out, BUNDLE_PATH_SIZE, path, strlen(path));
}

enum err verify_bad_file(struct verifier *v, const char *path, const char *reason)
{
	verify_show_path(v->verdict->file, path);
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
	verify_show_path(v->verdict->file, path);
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

/* ---- genesis, checkpoint, range, policy ---- */

/* Before anything is said of the bundle: a wrong command is none about the bundle. */
static enum err read_genesis_given(struct verifier *v)
{
	static const uint8_t any[HASH_SIZE];
	const struct known *known = v->known;
	struct genesis outside;

	if (known->note != NULL) {
		if (genesis_parse(&outside, known->note->data, known->note->len) != ERR_OK)
			return fault_set(v->f, ERR_IO, _("the genesis file given is not a genesis note"));
		genesis_code(v->given, GENESIS_CODE_MAX, outside.hash);
	} else if (known->code != NULL) {
		if (genesis_code_check(known->code, any) == ERR_FORMAT)
			return fault_set(
				v->f, ERR_IO,
				_("'%.60s' is neither a file nor a genesis code (20 or more letters A-Z and digits 2-7)"),
				known->code);
	}
	return ERR_OK;
}

static enum err compare_genesis(struct verifier *v)
{
	const char *code = v->known->note != NULL ? v->given : v->known->code;

	if (code != NULL && genesis_code_check(code, v->audit.genesis.hash) != ERR_OK)
		return verify_bad_file(v, "genesis.note", _("is of another log than the genesis given"));
	return ERR_OK;
}

static enum err verify_genesis(struct verifier *v)
{
	struct audit_source source = {read_certificate, read_closing, v};
	enum err err = verify_read_part(v, "genesis.note", NOTE_MAX, &v->data);

	if (err == ERR_OK)
		err = audit_begin(&v->audit, v->data.data, v->data.len, &source, NULL, v->f);
	if (err != ERR_OK)
		return err;
	(void)snprintf(v->verdict->origin, sizeof v->verdict->origin, "%s", v->audit.genesis.identity.name);
	genesis_code(v->verdict->code, GENESIS_CODE_MAX, v->audit.genesis.hash);
	return compare_genesis(v);
}

bool verify_extends(struct note *out, const struct buf *longer, const struct buf *own)
{
	return longer->len >= own->len && memcmp(longer->data, own->data, own->len) == 0 &&
	       note_parse(out, longer->data, longer->len) == ERR_OK && out->text_len < own->len;
}

/* checkpoint = checkpoint.log and, perhaps, lines of witnesses. */
static enum err verify_checkpoint(struct verifier *v)
{
	struct verdict *verdict = v->verdict;
	struct note note;
	enum err err = verify_read_part(v, "checkpoint.log", NOTE_MAX, &v->log);

	if (err == ERR_OK)
		err = verify_read_part(v, "checkpoint", NOTE_MAX, &v->head);
	if (err != ERR_OK)
		return err;
	if (note_parse(&note, v->log.data, v->log.len) != ERR_OK ||
	    checkpoint_parse(&verdict->checkpoint, verdict->origin, note.text, note.text_len) != ERR_OK ||
	    verdict->checkpoint.size == 0)
		return verify_bad_file(v, "checkpoint.log", _("is not a checkpoint of this log"));
	verdict->to = verdict->checkpoint.size;
	if (!verify_extends(&note, &v->head, &v->log))
		return verify_bad_file(v, "checkpoint", _("does not begin with checkpoint.log"));
	return verify_witnesses(v, "checkpoint", &note, verdict->checkpoint.size);
}

static enum err verify_range(struct verifier *v)
{
	struct verdict *verdict = v->verdict;
	enum err err = bundle_read(&v->bundle, "range", NOTE_MAX, &v->data);

	if (err == ERR_MISSING)
		return ERR_OK;
	if (err != ERR_OK)
		return verify_unreadable(v, "range", err);
	if (range_parse(&verdict->from, &verdict->to, v->data.data, v->data.len, verdict->checkpoint.size) != ERR_OK)
		return verify_bad_file(v, "range", _("does not name a part of this log in whole tiles"));
	verdict->is_part = true;
	audit_part(&v->audit, verdict->checkpoint.size);
	return ERR_OK;
}

/* The entries of a part may not be those that set it. */
static enum err verify_policy(struct verifier *v)
{
	struct buf right = {.cap = DISCLOSURE_MAX};
	enum err err = verify_read_part(v, "policy", DISCLOSURE_MAX, &v->data);

	if (err != ERR_OK || v->verdict->is_part)
		return err;
	if (v->audit.policy.data != NULL)
		buf_add(&right, v->audit.policy.data, v->audit.policy.len);
	else
		bundle_policy(&right, &v->audit.genesis.identity);
	err = buf_status(&right);
	if (err == ERR_OK && (right.len != v->data.len || memcmp(right.data, v->data.data, right.len) != 0))
		err = verify_bad_file(v, "policy", _("is not the policy of this log"));
	buf_fini(&right);
	return err;
}

struct extent verify_extent(const struct verifier *v)
{
	return (struct extent){v->verdict->checkpoint.size, v->audit.epoch, v->verdict->from, v->verdict->to};
}

/* ---- the verdict ---- */

static enum err verify(struct verifier *v, const struct verify_way *way)
{
	enum err err = line_reader_init(&v->lines, DISCLOSURE_LINE_MAX);

	if (err != ERR_OK)
		return fault_set(v->f, err, _("no memory"));
	err = verify_genesis(v);
	v->listener = (struct tile_listener){verify_take_hash, v};
	v->audit.listener = &v->listener;
	if (err == ERR_OK)
		err = verify_checkpoint(v);
	if (err == ERR_OK)
		err = verify_range(v);
	if (err == ERR_OK)
		err = verify_entries(v, way);
	if (err == ERR_OK)
		err = audit_end(&v->audit, v->log.data, v->log.len, AUDIT_BOTH_SIGN, v->f);
	if (err == ERR_CORRUPT)
		err = verify_blame_last(v);
	if (err == ERR_OK)
		err = verify_partial_tiles(v);
	if (err == ERR_OK)
		err = verify_policy(v);
	if (err == ERR_OK)
		err = verify_files(v);
	return err == ERR_OK ? verify_pins(v) : err;
}

static void take_from_audit(struct verdict *out, const struct audit *a)
{
	size_t count = a->earlier.len / sizeof(struct earlier_log);

	out->epochs = a->epoch;
	out->epoch_began = a->epoch_began;
	out->entries = a->entries;
	out->redacted_elsewhere = a->redacted_elsewhere;
	memcpy(out->counts, a->counts, sizeof out->counts);
	out->earlier_count = count;
	if (count > 0)
		memcpy(out->earlier, a->earlier.data, count * sizeof(struct earlier_log));
}

static void conclude(struct verifier *v, enum err err)
{
	const struct known *known = v->known;
	struct verdict *out = v->verdict;

	take_from_audit(out, &v->audit);
	if (err == ERR_CORRUPT) {
		out->kind = VERDICT_BAD;
		if (out->file[0] == '\0' && v->audit.file[0] != '\0')
			(void)snprintf(out->file, sizeof out->file, "%s", v->audit.file);
		out->has_entry = out->file[0] == '\0' && !v->is_pin_at_fault;
		out->entry = v->audit.blamed;
	} else if (err != ERR_OK) {
		out->kind = VERDICT_UNKNOWN;
	} else if (known->code == NULL && known->note == NULL) {
		out->kind = VERDICT_UNKNOWN;
		(void)fault_set(
			&out->fault, ERR_STATE,
			_("nothing is wrong inside, but whose log it is cannot be told: give the genesis code on paper"));
	}
}

void bundle_verify(struct verdict *out, const char *path, const struct known *known, const struct verify_way *wanted)
{
	struct verify_way way = wanted != NULL ? *wanted : (struct verify_way){0};
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
	v->known = known;
	v->f = &out->fault;
	v->lines.stream.fd = -1;
	v->bundle.fd = -1;
	err = read_genesis_given(v);
	if (err == ERR_OK) {
		err = bundle_open(&v->bundle, path, v->f);
		(void)snprintf(out->file, sizeof out->file, "%s", v->bundle.blamed);
	}
	if (err == ERR_OK)
		err = verify(v, &way);
	conclude(v, err);
	bundle_close(&v->bundle);
	line_reader_fini(&v->lines);
	audit_fini(&v->audit);
	buf_fini(&v->data);
	buf_fini(&v->log);
	buf_fini(&v->head);
	buf_fini(&v->hashes);
	free(v);
}
