/* Witnesses: what one is asked (C2SP tlog-witness), and what is kept of its answers. */
#include "base/text.h"
#include "ledger/inside.h"
#include "ledger/pins.h"
#include "ledger/proof.h"

#include <inttypes.h>

/* ---- asking ---- */

static enum err last_cosigned(struct ledger *l, uint64_t *size, struct fault *f)
{
	struct store *store = media_store(&l->media);
	enum err err = store_row(store, STORE_LAST_COSIGNED, 0, NULL);

	if (err != ERR_OK)
		return store_fault(store, err, _("reading"), f);
	*size = (uint64_t)store_integer(store, STORE_LAST_COSIGNED, 0); /* NULL reads as 0 */
	store_done(store, STORE_LAST_COSIGNED);
	return ERR_OK;
}

static void format_request(struct buf *out, uint64_t old_size, const struct proof *proof, const struct buf *closing)
{
	char hash[BASE64_SIZE(HASH_SIZE)];

	buf_addf(out, "old %" PRIu64 "\n", old_size);
	for (size_t i = 0; i < proof->count; i++) {
		base64_encode(hash, proof->hashes[i], HASH_SIZE);
		buf_addf(out, "%s\n", hash);
	}
	buf_addc(out, '\n');
	buf_add(out, closing->data, closing->len);
}

enum err witness_request(struct ledger *l, int64_t old_size, struct moment now, struct buf *out, struct fault *f)
{
	struct buf closing = {.cap = NOTE_MAX};
	struct checkpoint at;
	struct proof proof;
	uint64_t epoch, old = (uint64_t)old_size;
	enum err err = old_size < 0 ? last_cosigned(l, &old, f) : ERR_OK;

	if (err == ERR_OK && old > l->durable.tree.size)
		err = fault_set(f, ERR_RANGE, _("the log has only %llu entries"),
				(unsigned long long)l->durable.tree.size);
	if (err == ERR_OK)
		err = rotate_asking(l, (struct blob){NULL, 0}, now, &epoch, f);
	if (err == ERR_OK)
		err = closing_load(l, epoch, &closing, &at, f);
	if (err == ERR_OK)
		err = prove_growth(l, old, &at, &proof, f);
	if (err == ERR_OK) {
		format_request(out, old, &proof, &closing);
		err = buf_status(out) == ERR_OK ? ERR_OK : fault_set(f, buf_status(out), _("no memory"));
	}
	buf_fini(&closing);
	return err;
}

/* ---- what is stored ---- */

enum err cosignatures_load(struct ledger *l, uint64_t size, struct buf *note, struct fault *f)
{
	struct store *store = media_store(&l->media);
	enum err err = store_row(store, STORE_GET_COSIGNATURES, (int64_t)size, NULL);

	for (; err == ERR_OK; err = store_next(store->statements[STORE_GET_COSIGNATURES])) {
		struct blob line = store_blob(store, STORE_GET_COSIGNATURES, 0);

		buf_add(note, line.data, line.len);
	}
	err = err == ERR_MISSING ? ERR_OK : store_fault(store, err, _("reading"), f);
	store_done(store, STORE_GET_COSIGNATURES);
	return err == ERR_OK && buf_status(note) != ERR_OK ? fault_set(f, buf_status(note), _("no memory")) : err;
}
