/* The notes that lead from one epoch to the next. */
#include "ledger/audit_inside.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum err take_note(struct audit *a, enum err (*take)(void *, uint64_t, struct buf *), uint64_t epoch,
			  struct fault *f)
{
	enum err err;

	buf_clear(&a->note);
	err = take(a->source.context, epoch, &a->note);
	if (err == ERR_MISSING)
		return audit_bad_note(a, f, _("is missing"));
	if (err == ERR_RANGE || err == ERR_FORMAT)
		return audit_bad_note(a, f, _("is not a note of this log"));
	if (err == ERR_CORRUPT)
		return audit_bad_note(a, f, _("does not fit its checksum in the ZIP file"));
	if (err != ERR_OK)
		return fault_set(f, err, _("%s: cannot be read"), a->file);
	return ERR_OK;
}

static void name_closing(struct audit *a)
{
	(void)snprintf(a->file, sizeof a->file, "checkpoints/%" PRIu64, a->epoch);
}

/* The closing checkpoint of the running epoch, rightly signed. */
static enum err read_closing(struct audit *a, struct fault *f)
{
	const struct note_key *const keys[] = {&a->key, &a->genesis.identity};
	struct note note;
	enum err err;

	name_closing(a);
	err = take_note(a, a->source.closing, a->epoch, f);
	if (err != ERR_OK)
		return err;
	if (note_parse(&note, a->note.data, a->note.len) != ERR_OK ||
	    checkpoint_parse(&a->closing, a->genesis.identity.name, note.text, note.text_len) != ERR_OK)
		return audit_bad_note(a, f, _("is not a checkpoint of this log"));
	if (!note_is_signed_exactly(&note, keys, 2))
		return audit_bad_note(a, f, _("is not signed by its epoch and by the identity"));
	return ERR_OK;
}

static enum err check_closing(struct audit *a, struct fault *f)
{
	uint8_t root[HASH_SIZE];

	name_closing(a);
	tree_root(&a->tree, root);
	if (a->closing.size != a->tree.size || memcmp(a->closing.root, root, HASH_SIZE) != 0)
		return audit_bad_note(a, f, _("does not fit the entries before the next epoch"));
	return ERR_OK;
}

static enum err take_certificate(struct audit *a, struct fault *f)
{
	(void)snprintf(a->file, sizeof a->file, "epochs/%" PRIu64 ".note", a->epoch + 1);
	return take_note(a, a->source.certificate, a->epoch + 1, f);
}

static enum err follow_certificate(struct audit *a, struct fault *f)
{
	struct certificate next;
	enum err err = take_certificate(a, f);

	if (err != ERR_OK)
		return err;
	if (certificate_parse(&next, a->note.data, a->note.len, a->epoch + 1, a->key_hash, &a->key,
			      &a->genesis.identity) != ERR_OK)
		return audit_bad_note(
			a, f, _("is not the certificate that follows, signed by the epoch before and the identity"));
	a->key = next.key;
	memcpy(a->key_hash, next.hash, HASH_SIZE);
	a->file[0] = '\0';
	return ERR_OK;
}

enum err audit_follow(struct audit *a, struct fault *f)
{
	enum err err = read_closing(a, f);

	if (err == ERR_OK)
		err = check_closing(a, f);
	return err == ERR_OK ? follow_certificate(a, f) : err;
}

/* ---- a part of the log: the checkpoints say where epochs begin ---- */

void audit_part(struct audit *a, uint64_t size)
{
	a->is_part = true;
	a->size = size;
	a->closing.size = 0;
}

/* Where the next epoch begins: as long as there is a certificate, there is a next one. */
static enum err look_ahead(struct audit *a, struct fault *f)
{
	uint64_t began = a->closing.size;
	enum err err;

	buf_clear(&a->note);
	err = a->source.certificate(a->source.context, a->epoch + 1, &a->note);
	if (err == ERR_MISSING) {
		a->closing.size = UINT64_MAX;
		return ERR_OK;
	}
	err = take_certificate(a, f);
	if (err == ERR_OK)
		err = read_closing(a, f);
	if (err == ERR_OK && (a->closing.size <= began || a->closing.size >= a->size))
		return audit_bad_note(a, f, _("does not lie after the epoch before and within the log"));
	return err;
}

enum err audit_place(struct audit *a, const uint8_t leaf[HASH_SIZE], struct fault *f)
{
	enum err err = ERR_OK;

	memcpy(a->placed, leaf, HASH_SIZE);
	a->begins = a->tree.size == a->closing.size;
	if (!a->begins)
		return ERR_OK;
	if (a->tree.size > 0) {
		err = check_closing(a, f);
		if (err == ERR_OK)
			err = follow_certificate(a, f);
	}
	if (err != ERR_OK)
		return err;
	a->epoch++;
	a->epoch_began = a->tree.size;
	err = look_ahead(a, f);
	if (err == ERR_OK)
		a->file[0] = '\0';
	return err;
}
