/* ledger_check: the rules an auditor applies to a bundle, applied to the box's own database. */
#include "ledger/inside.h"

#include "base/text.h"
#include "ledger/audit.h"

#include <stdlib.h>
#include <string.h>

static enum err stored_note(void *context, uint64_t epoch, int column, struct buf *out)
{
	struct ledger *l = context;
	struct store *store = media_store(&l->media);
	struct blob note;
	enum err err = store_row(store, STORE_GET_EPOCH, (int64_t)epoch, NULL);

	if (err != ERR_OK)
		return err;
	note = store_blob(store, STORE_GET_EPOCH, column);
	if (note.data != NULL)
		buf_add(out, note.data, note.len);
	store_done(store, STORE_GET_EPOCH);
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

/* What a later log says was erased has no redaction in this one. */
static enum disclosed state_of(struct ledger *l, const struct opened *o, int name)
{
	if (!o->is_erased[name])
		return DISCLOSED;
	return entry_is_erased_later(l, o->entry.seq, (enum disclosure_name)name) ? WITHHELD : REDACTED;
}

static enum err check_row(struct ledger *l, struct audit *a, struct opened *o, sqlite3_stmt *row, struct fault *f)
{
	enum err err = opened_fill(l, o, row, f);

	if (err == ERR_OK)
		err = audit_entry(a, o->leaf.data, o->leaf.len, f);
	for (int i = 0; i < DISCLOSURE_COUNT && err == ERR_OK; i++)
		if (o->entry.has[i])
			err = audit_disclosure(a, (enum disclosure_name)i, state_of(l, o, i), o->strings[i].data,
					       o->strings[i].len, f);
	return err == ERR_OK ? audit_settle(a, f) : err;
}

/* ---- in slices ---- */

enum { ROWS_AT_ONCE = 32 };

struct check {
	struct ledger *ledger;
	enum check_what what;
	struct audit audit;
	struct opened opened;
	bool has_entries; /* all are right */
	int on;           /* whose entries, then whose files are read */
	unsigned passes, passed;
	struct blob_walk *files;
	struct fault bad_file;
};

static enum err begin_audit(struct check *c, struct fault *f)
{
	struct ledger *l = c->ledger;
	struct audit_source source = {stored_certificate, stored_closing, l};
	struct buf genesis = {.cap = NOTE_MAX};
	enum err err = stored_certificate(l, 1, &genesis);

	if (err == ERR_OK)
		err = audit_begin(&c->audit, genesis.data, genesis.len, &source, NULL, f);
	else
		err = fault_set(f, ERR_CORRUPT, _("%s: the genesis note is missing or damaged"), l->folder);
	buf_fini(&genesis);
	return err;
}

/* The first one from `from` on that works; MEDIA_MAX: none. */
static int good_medium(const struct ledger *l, int from)
{
	while (from < MEDIA_MAX && l->media.m[from].state != MEDIUM_GOOD)
		from++;
	return from;
}

static enum err begin_on(struct check *c, int medium, struct fault *f)
{
	int using = c->ledger->media.reading;
	enum err err;

	c->on = medium;
	c->ledger->media.reading = medium;
	err = begin_audit(c, f);
	c->ledger->media.reading = using;
	return err;
}

enum err check_begin_with(struct ledger *l, enum check_what what, struct check **out, struct fault *f)
{
	struct check *c = calloc(1, sizeof *c);
	enum err err;

	if (c == NULL)
		return fault_set(f, ERR_NOMEM, _("out of memory"));
	c->ledger = l;
	c->what = what;
	c->passes = 1;
	if (what == CHECK_FILES_TOO && good_medium(l, good_medium(l, 0) + 1) < MEDIA_MAX)
		c->passes = MEDIA_MAX;
	err = begin_on(c, what == CHECK_ENTRIES || c->passes == 1 ? l->media.reading : good_medium(l, 0), f);
	if (err != ERR_OK)
		free(c);
	else
		*out = c;
	return err;
}

enum err check_begin(struct ledger *l, struct check **out, struct fault *f)
{
	return check_begin_with(l, CHECK_FILES_TOO, out, f);
}

void check_end(struct check *c)
{
	if (c == NULL)
		return;
	blob_walk_end(c->files);
	audit_fini(&c->audit);
	opened_fini(&c->opened);
	free(c);
}

uint64_t check_progress(const struct check *c)
{
	return (c->passed * c->ledger->durable.tree.size + c->audit.tree.size) / c->passes;
}

static enum err check_rows(struct check *c, uint64_t to, struct fault *f)
{
	struct ledger *l = c->ledger;
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(media_store(&l->media), c->audit.tree.size, to, &rows);

	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		err = check_row(l, &c->audit, &c->opened, rows, f);
		if (err != ERR_OK)
			goto out;
	}
	err = err == ERR_MISSING ? ERR_OK : store_fault(media_store(&l->media), err, _("reading"), f);
	if (err == ERR_OK && c->audit.tree.size < to)
		err = fault_set(f, ERR_CORRUPT, _("entry %llu: it is missing"), (unsigned long long)c->audit.tree.size);
out:
	(void)sqlite3_finalize(rows);
	return err;
}

/* Then the other medium's entries; then the files of both. */
static enum err end_pass(struct check *c, struct fault *f)
{
	int other = good_medium(c->ledger, c->on + 1);

	c->passed++;
	c->has_entries = c->passed >= c->passes || other == MEDIA_MAX;
	if (c->has_entries) {
		c->on = 0;
		return ERR_OK;
	}
	audit_fini(&c->audit);
	opened_fini(&c->opened);
	memset(&c->audit, 0, sizeof c->audit);
	memset(&c->opened, 0, sizeof c->opened);
	return begin_on(c, other, f);
}

/* The end is where the log ends now: a redaction recorded meanwhile explains what it took out of entries read later. */
static enum err check_entries(struct check *c, struct fault *f)
{
	struct ledger *l = c->ledger;
	uint64_t from = c->audit.tree.size, size = l->durable.tree.size;
	enum err err;

	if (from < size)
		return check_rows(c, size - from < ROWS_AT_ONCE ? size : from + ROWS_AT_ONCE, f);
	err = audit_end(&c->audit, l->head_note.data, l->head_note.len, AUDIT_EPOCH_SIGNS, f);
	return err == ERR_OK ? end_pass(c, f) : err;
}

static enum err say_where(const struct check *c, struct fault *f)
{
	struct fault found = *f;

	return fault_set(f, found.err, "%s: %s", c->ledger->media.m[c->on].folder, found.text);
}

/* On the medium at hand alone. One that failed meanwhile is in use by its own thread, and told by others. */
static enum err check_entries_on(struct check *c, struct fault *f)
{
	struct ledger *l = c->ledger;
	int using = l->media.reading;
	enum err err;

	if (l->media.m[c->on].state != MEDIUM_GOOD)
		return c->passed == 0 && good_medium(l, c->on + 1) == MEDIA_MAX
			       ? fault_set(f, ERR_IO, _("%s failed while it was being checked"),
					   l->media.m[c->on].folder)
			       : end_pass(c, f);
	l->media.reading = c->on;
	err = check_entries(c, f);
	l->media.reading = using;
	return err == ERR_OK || c->passes == 1 ? err : say_where(c, f);
}

static void take_bad_file(void *context, const struct blob_finding *finding)
{
	((struct check *)context)->bad_file = finding->fault;
}

static enum err check_files(struct check *c, bool *done, struct fault *f)
{
	const struct medium *medium;
	bool is_read = true;
	enum err err = ERR_OK;

	*done = c->on == MEDIA_MAX || c->what == CHECK_ENTRIES;
	if (*done)
		return ERR_OK;
	medium = &c->ledger->media.m[c->on];
	if (medium->state == MEDIUM_GOOD && c->files == NULL)
		err = keyring_check(c->ledger, medium, f);
	if (err == ERR_OK && medium->state == MEDIUM_GOOD && c->files == NULL)
		err = blob_walk_begin(c->ledger, medium, 0, BLOBS_LOOK, &c->files, f);
	if (err == ERR_OK && medium->state == MEDIUM_GOOD)
		err = blob_walk_step(c->files, take_bad_file, c, &is_read, f);
	if (c->bad_file.err != ERR_OK) {
		*f = c->bad_file;
		return f->err;
	}
	if (err == ERR_OK && is_read) {
		blob_walk_end(c->files);
		c->files = NULL;
		c->on++;
	}
	return err;
}

enum err check_step(struct check *c, int64_t budget_ns, bool *done, struct fault *f)
{
	int64_t end = slice_clock_ns() + budget_ns;
	enum err err = ERR_OK;

	*done = false;
	do
		err = c->has_entries ? check_files(c, done, f) : check_entries_on(c, f);
	while (err == ERR_OK && !*done && slice_clock_ns() < end);
	return err;
}

enum err ledger_check(struct ledger *l, struct fault *f)
{
	struct check *c = NULL;
	bool done = false;
	enum err err = check_begin(l, &c, f);

	while (c != NULL && err == ERR_OK && !done)
		err = check_step(c, INT64_MAX / 2, &done, f);
	check_end(c);
	return err;
}
