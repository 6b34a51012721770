/* Erasing what people wrote: one disclosure, or all of a case. */
#include "ledger/inside.h"

#include "base/text.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MAX = 2000, REDACTIONS_A_COMMIT = 32 };

static bool is_reason(const char *text)
{
	return text != NULL && *text != '\0' && strlen(text) <= REASON_MAX;
}

enum err redaction_judge(const struct redaction *why, struct fault *f)
{
	const char *const *by = why->approved_by;

	if (by[0] == NULL || by[1] == NULL || !word_is_valid(by[0], strlen(by[0])) ||
	    !word_is_valid(by[1], strlen(by[1])))
		return fault_set(f, ERR_FORMAT, _("an erasure needs two people who approve it; give both accounts"));
	if (strcmp(by[0], by[1]) == 0)
		return fault_set(f, ERR_FORMAT, _("the two people who approve an erasure must be different"));
	if (!is_reason(why->authority) || !is_reason(why->reason))
		return fault_set(f, ERR_FORMAT,
				 _("an erasure needs its authority and its reason, each of at most %d bytes"),
				 REASON_MAX);
	return ERR_OK;
}

enum err commit_erasure(struct ledger *l, struct moment now, struct fault *f)
{
	enum err err;

	l->media.makes_room = true;
	err = ledger_commit(l, now, f);
	l->media.makes_room = false;
	return err;
}

enum err redaction_words(const struct redaction *why, char **text, struct fault *f)
{
	json_t *words = json_pack("{s:s, s:s}", "authority", why->authority, "reason", why->reason);

	*text = words != NULL ? json_dumps(words, JSON_COMPACT) : NULL;
	json_decref(words);
	if (words == NULL)
		return fault_set(f, ERR_FORMAT, _("authority and reason must be written in UTF-8"));
	return *text != NULL ? ERR_OK : fault_set(f, ERR_NOMEM, _("no memory"));
}

/* ---- one ---- */

static enum err fetch_entry(struct ledger *l, uint64_t seq, uint64_t number, struct entry *out, struct fault *f)
{
	struct store *store = media_store(&l->media);
	struct blob leaf;
	enum err err = store_row(store, STORE_GET_LEAF, (int64_t)seq, NULL);

	if (err == ERR_MISSING)
		return fault_set(f, ERR_MISSING, _("there is no entry %llu"), (unsigned long long)number);
	if (err != ERR_OK)
		return store_fault(store, err, _("reading"), f);
	leaf = store_blob(store, STORE_GET_LEAF, 0);
	err = entry_parse(out, leaf.data, leaf.len, NULL);
	store_done(store, STORE_GET_LEAF);
	return err == ERR_OK ? ERR_OK
			     : fault_set(f, ERR_CORRUPT, _("entry %llu: %s"), (unsigned long long)number,
					 _("the stored entry is damaged"));
}

bool entry_is_erased(struct ledger *l, uint64_t seq, enum disclosure_name name)
{
	struct store *store = media_store(&l->media);
	enum err err = store_row(store, STORE_IS_ERASED, (int64_t)(seq << 2 | (uint64_t)name), NULL);

	store_done(store, STORE_IS_ERASED);
	return err == ERR_OK;
}

bool entry_is_erased_later(struct ledger *l, uint64_t seq, enum disclosure_name name)
{
	struct store *store = media_store(&l->media);
	enum err err = store_row(store, STORE_IS_ERASED_LATER, (int64_t)(seq << 2 | (uint64_t)name), NULL);

	store_done(store, STORE_IS_ERASED_LATER);
	return err == ERR_OK;
}

enum err redaction_find(struct ledger *l, uint64_t seq, uint64_t number, enum disclosure_name name, struct entry *out,
			struct fault *f)
{
	enum err err = fetch_entry(l, seq, number, out, f);

	if (err == ERR_OK && !out->has[name])
		return fault_set(f, ERR_MISSING, _("entry %llu has no '%s'"), (unsigned long long)number,
				 disclosure_names[name]);
	if (err == ERR_OK && (entry_is_erased(l, seq, name) || entry_is_erased_later(l, seq, name)))
		return fault_set(f, ERR_EXISTS, _("'%s' of entry %llu was erased before"), disclosure_names[name],
				 (unsigned long long)number);
	return err;
}

enum err redaction_stage(struct ledger *l, json_t *members, const struct redaction *why, struct moment now,
			 struct fault *f)
{
	struct draft draft = {.who = why->who, .via = why->via, .type = "system", .about = "-"};
	json_t *by = json_pack("[s, s]", why->approved_by[0], why->approved_by[1]);
	char *body = NULL, *text = NULL;
	enum err err = redaction_words(why, &text, f);

	if (members != NULL && json_object_set_new(members, "approved_by", by) == 0)
		body = json_dumps(members, JSON_COMPACT);
	draft.body = body;
	draft.text = text;
	if (err == ERR_OK && body == NULL)
		err = fault_set(f, ERR_NOMEM, _("no memory"));
	if (err == ERR_OK)
		err = ledger_add(l, &draft, now, NULL, NULL, f);
	free(text);
	free(body);
	json_decref(members);
	return err;
}

/* `files` receives the hashes of the stored files that go with it. */
static enum err add_redaction(struct ledger *l, const struct entry *e, enum disclosure_name name, struct buf *files,
			      const struct redaction *why, struct moment now, struct fault *f)
{
	char digest[BASE64_SIZE(HASH_SIZE)];
	enum err err;

	base64url_encode(digest, e->sd[name], HASH_SIZE);
	err = redaction_stage(l,
			      json_pack("{s:s, s:I, s:s, s:s}", "act", "redaction", "seq", (json_int_t)e->seq, "name",
					disclosure_names[name], "digest", digest),
			      why, now, f);
	if (err == ERR_OK && name == DISCLOSURE_FILES && blobs_of(l, e->seq, files) != ERR_OK)
		err = fault_set(f, ERR_IO, _("the list of stored files is damaged"));
	if (err == ERR_OK)
		batch_erase(&l->changes, e->seq, name);
	return err;
}

static enum err tidy_making_room(struct ledger *l)
{
	enum err err;

	l->media.makes_room = true;
	err = ledger_tidy(l);
	l->media.makes_room = false;
	return err;
}

/* The WAL may still hold the pages as they were. */
static enum err leave_no_page(struct ledger *l, struct fault *f)
{
	l->must_truncate = true;
	if (tidy_making_room(l) == ERR_OK)
		return ERR_OK;
	return fault_set(
		f, ERR_BUSY,
		_("the erasure is recorded and done, but the database's log file still holds what was there; this is "
		  "tried again by itself"));
}

enum err redaction_begin(const struct ledger *l, const char *name, const struct redaction *why,
			 enum disclosure_name *which, struct fault *f)
{
	int found = name_find(disclosure_names, DISCLOSURE_COUNT, name, strlen(name));
	enum err err = redaction_judge(why, f);

	if (err != ERR_OK)
		return err;
	if (found <= DISCLOSURE_BODY)
		return fault_set(f, ERR_FORMAT, _("'%s' cannot be erased; give text, person or files"), name);
	if (ledger_has_staged(l))
		return fault_set(f, ERR_STATE, _("nothing can be erased while entries wait for their commit"));
	*which = (enum disclosure_name)found;
	return ERR_OK;
}

enum err redact_called(struct ledger *l, uint64_t seq, uint64_t number, const char *name, const struct redaction *why,
		       struct moment now, struct fault *f)
{
	enum disclosure_name which = DISCLOSURE_BODY;
	struct buf files = {.cap = BUF_CAP_DEFAULT};
	struct entry e = {.seq = seq};
	enum err err = redaction_begin(l, name, why, &which, f);

	if (err != ERR_OK)
		return err;
	err = redaction_find(l, seq, number, which, &e, f);
	if (err == ERR_OK)
		err = add_redaction(l, &e, which, &files, why, now, f);
	if (err == ERR_OK)
		err = commit_erasure(l, now, f);
	else
		ledger_abandon(l);
	if (err == ERR_OK)
		blobs_remove(l, &files);
	buf_fini(&files);
	return err == ERR_OK ? leave_no_page(l, f) : err;
}

enum err ledger_redact(struct ledger *l, uint64_t seq, const char *name, const struct redaction *why, struct moment now,
		       struct fault *f)
{
	return redact_called(l, seq, seq, name, why, now, f);
}

/* ---- all of a case ---- */

struct disposal {
	struct ledger *ledger;
	struct past *past; /* its logs come first, or NULL */
	char about[WORD_MAX + 1];
	char *words[6]; /* what `why` points to */
	struct redaction why;
	unsigned archive; /* at hand of these */
	uint64_t next, end, erased;
	struct buf files;  /* hashes of the stored files that go */
	struct buf losses; /* struct loss of what is staged, of the logs before */
	/* Its bodies, which are never erased, need the key. */
	bool has_restricted, past_has_restricted;
};

static bool keep_words(struct disposal *d, const struct redaction *why)
{
	const char *const words[] = {why->who,           why->via, why->authority, why->reason, why->approved_by[0],
				     why->approved_by[1]};

	for (int i = 0; i < 6; i++) {
		d->words[i] = words[i] != NULL ? strdup(words[i]) : NULL;
		if (d->words[i] == NULL)
			return false;
	}
	d->why = (struct redaction){.who = d->words[0],
				    .via = d->words[1],
				    .authority = d->words[2],
				    .reason = d->words[3],
				    .approved_by = {d->words[4], d->words[5]}};
	return true;
}

enum err disposal_begin(struct ledger *l, struct past *past, const char *about, const struct redaction *why,
			struct disposal **out, struct fault *f)
{
	struct disposal *d;
	enum err err = redaction_judge(why, f);

	if (err != ERR_OK)
		return err;
	if (!word_is_valid(about, strlen(about)) || strcmp(about, "-") == 0)
		return fault_set(f, ERR_FORMAT, _("'%s' is not the number of a case"), about);
	/* Of what it cannot see, nobody would know later that it was to go. */
	if (past != NULL && past_missing(past) > 0)
		return fault_set(
			f, ERR_STATE,
			_("%llu entries of earlier incarnations are on no medium that is here; put back the one that was "
			  "taken out"),
			(unsigned long long)past_missing(past));
	d = calloc(1, sizeof *d);
	if (d == NULL || !keep_words(d, why)) {
		disposal_end(d);
		return fault_set(f, ERR_NOMEM, _("no memory"));
	}
	d->ledger = l;
	d->past = past;
	d->end = l->durable.tree.size;
	memcpy(d->about, about, strlen(about) + 1);
	*out = d;
	return ERR_OK;
}

static bool is_of_case(const struct disposal *d, const struct entry *e, struct blob sealed_with)
{
	size_t len = strlen(d->about);

	if (sealed_with.data != NULL)
		return sealed_with.len == len && memcmp(sealed_with.data, d->about, len) == 0;
	return strcmp(e->about, d->about) == 0;
}

/* What row there is of the case goes; *erased counts the redactions that were staged. */
static enum err dispose_row(struct disposal *d, sqlite3_stmt *row, struct moment now, int *erased, struct fault *f)
{
	struct blob leaf = row_blob(row, ROW_LEAF), sealed_with = row_blob(row, ROW_SEALED_WITH);
	struct entry e;

	if (entry_parse(&e, leaf.data, leaf.len, NULL) != ERR_OK)
		return fault_set(f, ERR_CORRUPT, _("entry %llu: %s"), (unsigned long long)d->next,
				 _("the stored entry is damaged"));
	if (!is_of_case(d, &e, sealed_with))
		return ERR_OK;
	d->has_restricted |= sealed_with.data != NULL;
	for (int i = DISCLOSURE_BODY + 1; i < DISCLOSURE_COUNT; i++) {
		enum err err;

		if (!e.has[i] || row_blob(row, ROW_DISCLOSURES + i).data == NULL)
			continue;
		err = add_redaction(d->ledger, &e, (enum disclosure_name)i, &d->files, &d->why, now, f);
		if (err != ERR_OK)
			return err;
		(*erased)++;
	}
	return ERR_OK;
}

/* ---- in the logs before ---- */

static enum err dispose_row_of(struct disposal *d, const struct ledger *archive, sqlite3_stmt *row, struct moment now,
			       struct fault *f)
{
	struct blob leaf = row_blob(row, ROW_LEAF), sealed_with = row_blob(row, ROW_SEALED_WITH);
	struct entry e;
	enum err err = ERR_OK;

	if (entry_parse(&e, leaf.data, leaf.len, NULL) != ERR_OK || !is_of_case(d, &e, sealed_with))
		return ERR_OK;
	d->past_has_restricted |= sealed_with.data != NULL;
	for (int i = DISCLOSURE_BODY + 1; i < DISCLOSURE_COUNT && err == ERR_OK; i++) {
		struct loss loss = {.seq = e.seq, .name = (enum disclosure_name)i};

		if (!e.has[i] || row_blob(row, ROW_DISCLOSURES + i).data == NULL)
			continue;
		memcpy(loss.digest, e.sd[i], HASH_SIZE);
		err = loss_stage(d->ledger, archive, &loss, &d->why, now, f);
		buf_add(&d->losses, &loss, sizeof loss);
	}
	return err;
}

/* Recorded first, then erased from every copy: the next one has nothing left to erase. */
static enum err lose_staged(struct disposal *d, struct moment now, struct fault *f)
{
	size_t count = d->losses.len / sizeof(struct loss);
	enum err err = buf_status(&d->losses);

	if (err != ERR_OK)
		(void)fault_set(f, err, _("no memory"));
	if (err == ERR_OK)
		err = commit_erasure(d->ledger, now, f);
	else
		ledger_abandon(d->ledger);
	if (err == ERR_OK && count > 0)
		err = past_lose(d->past, (const struct loss *)(const void *)d->losses.data, count, f);
	if (err == ERR_OK)
		d->erased += count;
	buf_clear(&d->losses);
	return err;
}

static enum err dispose_earlier(struct disposal *d, struct ledger *archive, int64_t end_ns, struct moment now,
				struct fault *f)
{
	struct store *store = media_store(&archive->media);
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(store, d->next, INT64_MAX, &rows), last;

	while (err == ERR_OK && d->losses.len < REDACTIONS_A_COMMIT * sizeof(struct loss)) {
		err = store_next(rows);
		if (err == ERR_OK)
			err = dispose_row_of(d, archive, rows, now, f);
		else if (err != ERR_MISSING)
			err = store_fault(store, err, _("reading"), f);
		if (err == ERR_OK)
			d->next = (uint64_t)sqlite3_column_int64(rows, ROW_SEQ) + 1;
		if (d->next % 32 == 0 && slice_clock_ns() >= end_ns)
			break;
	}
	(void)sqlite3_finalize(rows);
	if (err != ERR_OK && err != ERR_MISSING) {
		ledger_abandon(d->ledger);
		buf_clear(&d->losses);
		return err;
	}
	last = lose_staged(d, now, f);
	if (last == ERR_OK && err == ERR_MISSING) {
		d->archive++;
		d->next = 0;
	}
	return last;
}

static enum err dispose_some(struct disposal *d, int64_t end_ns, struct moment now, struct fault *f)
{
	struct ledger *l = d->ledger;
	struct store *store = media_store(&l->media);
	struct ledger *archive = d->past != NULL ? past_log(d->past, d->archive) : NULL;
	sqlite3_stmt *rows = NULL;
	int erased = 0;
	enum err err;

	if (archive != NULL)
		return dispose_earlier(d, archive, end_ns, now, f);
	err = store_entries(store, d->next, d->end, &rows);

	while (err == ERR_OK && erased < REDACTIONS_A_COMMIT && d->next < d->end) {
		err = store_next(rows);
		if (err != ERR_OK)
			err = store_fault(store, err == ERR_MISSING ? ERR_CORRUPT : err, _("reading"), f);
		else
			err = dispose_row(d, rows, now, &erased, f);
		if (err == ERR_OK)
			d->next++;
		if (d->next % 32 == 0 && slice_clock_ns() >= end_ns)
			break;
	}
	(void)sqlite3_finalize(rows);
	if (err == ERR_OK)
		err = commit_erasure(l, now, f);
	else
		ledger_abandon(l);
	if (err == ERR_OK)
		d->erased += (uint64_t)erased;
	return err;
}

static enum err stage_key_loss(struct disposal *d, struct moment now, struct fault *f)
{
	struct loss loss = {.name = DISCLOSURE_BODY};

	memcpy(loss.about, d->about, sizeof loss.about);
	buf_add(&d->losses, &loss, sizeof loss);
	if (buf_status(&d->losses) != ERR_OK)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	return loss_stage(d->ledger, NULL, &loss, &d->why, now, f);
}

static enum err finish_disposal(struct disposal *d, struct moment now, struct fault *f)
{
	struct ledger *l = d->ledger;
	struct draft draft = {.who = d->why.who, .via = d->why.via, .type = "system", .about = "-"};
	json_t *members = json_pack("{s:s, s:s, s:I, s:[s, s]}", "act", "case.disposed", "case", d->about, "erased",
				    (json_int_t)d->erased, "approved_by", d->why.approved_by[0], d->why.approved_by[1]);
	char *body = members != NULL ? json_dumps(members, JSON_COMPACT) : NULL;
	enum err err;

	draft.body = body;
	err = body != NULL ? ledger_add(l, &draft, now, NULL, NULL, f) : fault_set(f, ERR_NOMEM, _("no memory"));
	free(body);
	json_decref(members);
	if (err == ERR_OK && d->past != NULL && !d->past_has_restricted && past_has_case(d->past, d->about))
		err = stage_key_loss(d, now, f);
	if (err == ERR_OK && !d->has_restricted)
		batch_add(&l->changes, STORE_DROP_CASE, 0, (const struct blob[]){{d->about, strlen(d->about)}}, 1);
	if (err == ERR_OK)
		err = commit_erasure(l, now, f);
	else
		ledger_abandon(l);
	case_keys_forget(l);
	if (err == ERR_OK && d->losses.len > 0)
		err = past_lose(d->past, (const struct loss *)(const void *)d->losses.data, 1, f);
	if (err != ERR_OK)
		return err;
	blobs_remove(l, &d->files);
	return leave_no_page(l, f);
}

/* Its texts may have gone one by one, or before the power did. */
static bool is_key_left(const struct disposal *d)
{
	return (!d->has_restricted && case_has_key(d->ledger, d->about)) ||
	       (d->past != NULL && !d->past_has_restricted && past_has_case(d->past, d->about));
}

enum err disposal_step(struct disposal *d, int64_t budget_ns, struct moment now, bool *done, struct fault *f)
{
	int64_t end_ns = slice_clock_ns() + budget_ns;
	enum err err = ERR_OK;

	*done = false;
	if (ledger_has_staged(d->ledger))
		return fault_set(f, ERR_STATE, _("nothing can be erased while entries wait for their commit"));
	do {
		if (d->next == d->end && (d->past == NULL || past_log(d->past, d->archive) == NULL)) {
			*done = true;
			if (d->erased == 0 && !is_key_left(d))
				return fault_set(f, ERR_MISSING, _("nothing that people wrote about '%s' is left"),
						 d->about);
			return finish_disposal(d, now, f);
		}
		err = dispose_some(d, end_ns, now, f);
	} while (err == ERR_OK && slice_clock_ns() < end_ns);
	return err;
}

uint64_t disposal_erased(const struct disposal *d)
{
	return d->erased;
}

void disposal_end(struct disposal *d)
{
	if (d == NULL)
		return;
	for (int i = 0; i < 6; i++)
		free(d->words[i]);
	buf_fini(&d->files);
	buf_fini(&d->losses);
	free(d);
}
