/* What stands around the entries: notes, proofs, policy, and what is for people. */
#include "ledger/export_inside.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

static enum err put_stored(struct export *x, const char *path, struct blob stored)
{
	struct buf copy = {.cap = NOTE_MAX};
	enum err err;

	buf_add(&copy, stored.data, stored.len);
	err = outlet_put(&x->outlet, path, &copy, x->f);
	buf_fini(&copy);
	return err;
}

/* What witnesses signed of it, if any did. `note` is the closing checkpoint. */
static enum err put_witnessed(struct export *x, uint64_t size, struct buf *note)
{
	size_t own = note->len;
	char path[BUNDLE_PATH_SIZE];
	enum err err = cosignatures_load(x->ledger, size, note, x->f);

	if (err != ERR_OK || note->len == own)
		return err;
	(void)snprintf(path, sizeof path, "witnessed/%" PRIu64, size);
	return outlet_put(&x->outlet, path, note, x->f);
}

static enum err put_stamp(struct export *x, uint64_t epoch, uint64_t size)
{
	struct store *store = media_store(&x->ledger->media);
	char path[BUNDLE_PATH_SIZE];
	enum err err = store_row(store, STORE_GET_STAMP, (int64_t)size, NULL);

	(void)snprintf(path, sizeof path, "checkpoint-%" PRIu64 ".tsr", epoch);
	if (err == ERR_OK)
		err = put_stored(x, path, store_blob(store, STORE_GET_STAMP, 0));
	else
		err = err == ERR_MISSING ? ERR_OK : store_fault(store, err, _("reading"), x->f);
	store_done(store, STORE_GET_STAMP);
	return err;
}

/* With what witnesses and an authority say of it. The last one is checkpoint.log, and its witnesses are in checkpoint.
 */
static enum err put_closing(struct export *x, uint64_t epoch)
{
	struct buf note = {.cap = NOTE_MAX};
	char path[BUNDLE_PATH_SIZE];
	struct checkpoint at = x->pinned;
	enum err err = epoch < x->epoch ? closing_load(x->ledger, epoch, &note, &at, x->f) : ERR_OK;

	(void)snprintf(path, sizeof path, "checkpoints/%" PRIu64, epoch);
	if (err == ERR_OK && epoch < x->epoch) {
		err = outlet_put(&x->outlet, path, &note, x->f);
		if (err == ERR_OK)
			err = put_witnessed(x, at.size, &note);
	}
	if (err == ERR_OK)
		err = put_stamp(x, epoch, at.size);
	buf_fini(&note);
	return err;
}

/* What there is of one epoch: its certificate (of the first the genesis note) and its closing checkpoint. */
enum err export_epochs(struct export *x, bool *done)
{
	struct store *store = media_store(&x->ledger->media);
	uint64_t epoch = x->next_epoch++;
	char path[BUNDLE_PATH_SIZE];
	enum err err = store_row(store, STORE_GET_EPOCH, (int64_t)epoch, NULL);

	if (err != ERR_OK)
		return fault_set(x->f, ERR_CORRUPT, _("the certificate of epoch %llu is missing or damaged"),
				 (unsigned long long)epoch);
	(void)snprintf(path, sizeof path, epoch == 1 ? "genesis.note" : "epochs/%" PRIu64 ".note", epoch);
	err = put_stored(x, path, store_blob(store, STORE_GET_EPOCH, 0));
	store_done(store, STORE_GET_EPOCH);
	*done = epoch == x->epoch;
	return err == ERR_OK ? put_closing(x, epoch) : err;
}

enum err export_proofs(struct export *x, bool *done)
{
	struct buf text = {.cap = TLOG_PROOF_MAX};
	struct tlog_proof *proof;
	char path[BUNDLE_PATH_SIZE];
	enum err err;

	*done = x->next_proof == x->proofs.count;
	if (*done)
		return ERR_OK;
	proof = &x->proofs.all[x->next_proof++];
	proof->checkpoint = x->checkpoint.data;
	proof->checkpoint_len = x->checkpoint.len;
	(void)snprintf(path, sizeof path, "proofs/%" PRIu64 ".tlog-proof", proof->index);
	tlog_proof_format(&text, proof);
	err = outlet_put(&x->outlet, path, &text, x->f);
	buf_fini(&text);
	return err;
}

static enum err put_range(struct export *x)
{
	struct buf range = {.cap = 128};
	uint64_t to = x->to_tile * TILE_WIDTH;
	enum err err;

	buf_addf(&range, "from %" PRIu64 "\nto %" PRIu64 "\n", x->first_tile * TILE_WIDTH,
		 to < x->pinned.size ? to : x->pinned.size);
	err = outlet_put(&x->outlet, "range", &range, x->f);
	buf_fini(&range);
	return err;
}

/* The last policy that was set; otherwise the one that follows from the genesis. */
static enum err put_policy(struct export *x)
{
	if (x->policy.data == NULL)
		bundle_policy(&x->policy, &x->ledger->genesis.identity);
	return outlet_put(&x->outlet, "policy", &x->policy, x->f);
}

static enum err put_readme(struct export *x)
{
	struct buf text = {.cap = NOTE_MAX};
	enum err err;

	export_readme(&text, x);
	err = outlet_put(&x->outlet, "README.txt", &text, x->f);
	buf_fini(&text);
	return err;
}

enum err export_rest(struct export *x, bool *done)
{
	enum err err = export_is_ranged(x) ? put_range(x) : ERR_OK;

	if (err == ERR_OK)
		err = put_policy(x);
	if (err == ERR_OK)
		err = put_readme(x);
	if (err == ERR_OK)
		err = outlet_put(&x->outlet, "checkpoint.log", &x->closing, x->f);
	if (err == ERR_OK)
		err = outlet_put(&x->outlet, "checkpoint", &x->checkpoint, x->f);
	*done = true;
	return err;
}
