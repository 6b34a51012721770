/* What lies in a bundle beside entries and hashes: stored files, proofs, witnessed checkpoints, and strangers. */
#include "ledger/verdict_inside.h"

#include "base/text.h"
#include "ledger/tlog_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

/* The root is that of checkpoint.log, so a proof that fits it needs no trust in the tile that gives the leaf. */
static enum err verify_proof(struct verifier *v, const char *path, uint64_t seq)
{
	const struct checkpoint *checkpoint = &v->verdict->checkpoint;
	const uint8_t *leaf;
	struct tlog_proof proof;
	enum err err = verify_read_part(v, path, TLOG_PROOF_MAX, &v->data);

	if (err == ERR_OK)
		err = verify_read_hashes(v, seq);
	if (err != ERR_OK)
		return err;
	if (tlog_proof_parse(&proof, v->data.data, v->data.len) != ERR_OK || proof.index != seq)
		return verify_bad_file(v, path, _("is not a proof for the entry that its name says"));
	if (proof.checkpoint_len != v->head.len || memcmp(proof.checkpoint, v->head.data, v->head.len) != 0)
		return verify_bad_file(v, path, _("does not end with the bytes of the file 'checkpoint'"));
	leaf = (const uint8_t *)v->hashes.data + seq % TILE_WIDTH * HASH_SIZE;
	if (tree_check_inclusion(leaf, seq, checkpoint->size, (const uint8_t(*)[HASH_SIZE])proof.hashes, proof.count,
				 checkpoint->root) != ERR_OK)
		return verify_bad_file(v, path, _("does not prove its entry"));
	v->verdict->proofs++;
	return ERR_OK;
}

/* ---- witnessed checkpoints ---- */

static enum err read_closing(struct verifier *v, uint64_t epoch, uint64_t *size)
{
	char path[BUNDLE_PATH_SIZE];
	struct checkpoint closing;
	struct note note;
	enum err err;

	(void)snprintf(path, sizeof path, "checkpoints/%" PRIu64, epoch);
	err = verify_read_part(v, path, NOTE_MAX, &v->data);
	if (err != ERR_OK)
		return err;
	if (note_parse(&note, v->data.data, v->data.len) != ERR_OK ||
	    checkpoint_parse(&closing, v->verdict->origin, note.text, note.text_len) != ERR_OK)
		return verify_bad_file(v, path, _("is not a checkpoint of this log"));
	*size = closing.size;
	return ERR_OK;
}

/* The closing checkpoint of `size` into v->data. Their sizes grow with the epochs. */
static enum err find_closing(struct verifier *v, const char *path, uint64_t size)
{
	uint64_t low = 1, high = v->audit.epoch;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2, found = 0;
		enum err err = read_closing(v, middle, &found);

		if (err != ERR_OK || found == size)
			return err;
		if (found < size)
			low = middle + 1;
		else
			high = middle;
	}
	return verify_bad_file(v, path, _("belongs to no entry and no epoch of this log"));
}

static enum err verify_witnessed(struct verifier *v, const char *path, uint64_t size)
{
	struct buf witnessed = {.cap = NOTE_MAX};
	const struct buf *own = &v->log;
	struct note note;
	enum err err = ERR_OK;

	if (size != v->verdict->checkpoint.size) {
		err = find_closing(v, path, size);
		own = &v->data;
	}
	if (err == ERR_OK)
		err = verify_read_part(v, path, NOTE_MAX, &witnessed);
	if (err == ERR_OK && (!verify_extends(&note, &witnessed, own) || note.count < 3))
		err = verify_bad_file(v, path, _("is not the closing checkpoint of this size and lines of witnesses"));
	if (err == ERR_OK)
		err = verify_witnesses(v, path, &note, size);
	buf_fini(&witnessed);
	return err;
}

/* ---- all of them ---- */

static void note_foreign(struct verifier *v, const char *path)
{
	struct verdict *out = v->verdict;
	char shown[BUNDLE_PATH_SIZE];

	verify_show_path(shown, path);
	if (out->foreign_files++ == 0 || strcmp(shown, out->first_foreign) < 0)
		(void)snprintf(out->first_foreign, sizeof out->first_foreign, "%s", shown);
}

/* What nobody here can judge has at least a checksum in a ZIP file. */
static enum err note_unjudged(struct verifier *v, const char *path, uint64_t *count)
{
	enum err err = v->bundle.zip != NULL ? read_to_end(v, path, NULL) : ERR_OK;

	++*count;
	return err == ERR_OK ? ERR_OK : verify_unreadable(v, path, err);
}

static enum err judge_path(struct verifier *v, const char *path)
{
	const struct extent extent = verify_extent(v);
	uint64_t number = 0, foreign = 0;

	switch (bundle_classify(path, &extent, &number)) {
	case FILE_PART:
		return ERR_OK;
	case FILE_PROOF:
		return verify_proof(v, path, number);
	case FILE_WITNESSED:
		return verify_witnessed(v, path, number);
	case FILE_BLOB:
		return verify_blob(v, path);
	case FILE_ENCRYPTED:
		return note_unjudged(v, path, &v->verdict->blobs_encrypted);
	case FILE_STAMP:
		return note_unjudged(v, path, &v->verdict->stamps);
	case FILE_UNSIGNED:
		return note_unjudged(v, path, &v->verdict->unsigned_files);
	case FILE_STRAY:
		return verify_bad_file(v, path, _("belongs to no entry and no epoch of this log"));
	case FILE_FOREIGN:
		break;
	}
	note_foreign(v, path);
	return note_unjudged(v, path, &foreign);
}

/* They come in no order, and the verdict must not depend on it: the bad one whose path comes first is blamed. */
static enum err judge_next(void *context, const char *path)
{
	struct verifier *v = context;
	enum err err = judge_path(v, path);

	if (err != ERR_CORRUPT)
		return err;
	if (v->first_bad.err == ERR_OK || strcmp(path, v->first_path) < 0) {
		v->first_bad = *v->f;
		(void)snprintf(v->first_path, sizeof v->first_path, "%s", path);
		memcpy(v->first_file, v->verdict->file, sizeof v->first_file);
	}
	*v->f = (struct fault){0};
	v->verdict->file[0] = '\0';
	return ERR_OK;
}

enum err verify_files(struct verifier *v)
{
	enum err err = bundle_list(&v->bundle, judge_next, v);

	if (err != ERR_OK && err != v->f->err)
		return fault_set(v->f, err, _("the bundle's folders cannot be read (%s)"), err_name(err));
	if (err != ERR_OK || v->first_bad.err == ERR_OK)
		return err;
	*v->f = v->first_bad;
	memcpy(v->verdict->file, v->first_file, sizeof v->first_file);
	return v->first_bad.err;
}
