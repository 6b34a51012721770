/* ledger_check: the rules an auditor applies to a bundle, applied to the box's own database. */
#include "ledger/inside.h"

#include "base/text.h"
#include "ledger/audit.h"

static enum err stored_note(void *context, uint64_t epoch, int column, struct buf *out)
{
	struct ledger *l = context;
	struct blob note;
	enum err err = store_row(&l->store, STORE_GET_EPOCH, (int64_t)epoch, NULL);

	if (err != ERR_OK)
		return err;
	note = store_blob(&l->store, STORE_GET_EPOCH, column);
	if (note.data != NULL)
		buf_add(out, note.data, note.len);
	store_done(&l->store, STORE_GET_EPOCH);
	return note.data != NULL ? buf_status(out) : ERR_MISSING;
}

static enum err stored_certificate(void *context, uint64_t epoch, struct buf *out)
{
	return stored_note(context, epoch, 0, out);
}

static enum err stored_closing(void *context, uint64_t epoch, struct buf *out)
{
	return stored_note(context, epoch, 1, out);
}

static enum err check_row(struct ledger *l, struct audit *a, struct opened *o, sqlite3_stmt *row, struct fault *f)
{
	enum err err = opened_fill(l, o, row, f);

	if (err == ERR_OK)
		err = audit_entry(a, o->leaf.data, o->leaf.len, f);
	for (int i = 0; i < DISCLOSURE_COUNT && err == ERR_OK; i++)
		if (o->entry.has[i])
			err = audit_disclosure(a, (enum disclosure_name)i, o->is_erased[i] ? REDACTED : DISCLOSED,
					       o->strings[i].data, o->strings[i].len, f);
	return err == ERR_OK ? audit_settle(a, f) : err;
}

static enum err check_rows(struct ledger *l, struct audit *a, struct fault *f)
{
	struct opened o = {0};
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(&l->store, 0, l->durable.tree.size, &rows);

	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		err = check_row(l, a, &o, rows, f);
		if (err != ERR_OK)
			goto out;
	}
	err = err == ERR_MISSING ? ERR_OK : store_fault(&l->store, err, _("reading"), f);
out:
	(void)sqlite3_finalize(rows);
	opened_fini(&o);
	return err;
}

enum err ledger_check(struct ledger *l, struct fault *f)
{
	struct audit_source source = {stored_certificate, stored_closing, l};
	struct buf genesis = {.cap = NOTE_MAX};
	struct audit a;
	enum err err = stored_certificate(l, 1, &genesis);

	if (err == ERR_OK)
		err = audit_begin(&a, genesis.data, genesis.len, &source, NULL, f);
	else
		err = fault_set(f, ERR_CORRUPT, _("%s: the genesis note is missing or damaged"), l->folder);
	buf_fini(&genesis);
	if (err != ERR_OK)
		return err;
	err = check_rows(l, &a, f);
	if (err == ERR_OK)
		err = audit_end(&a, l->head_note.data, l->head_note.len, AUDIT_EPOCH_SIGNS, f);
	audit_fini(&a);
	return err;
}
