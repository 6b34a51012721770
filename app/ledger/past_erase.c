/* Erasing in the logs before this one. They take no entry any more, so it is recorded in the log that goes on:
 *
 *   {"act":"redaction.earlier","origin":…,"seq":…,"name":…,"digest":…,"approved_by":[…]}   one value
 *   {"act":"redaction.earlier","case":…,"approved_by":[…]}                                 the key of a case
 *
 * and then done in each copy that is here. Whatever these entries name is looked for again whenever the logs are
 * opened: so what a crash cut off is finished, and what a medium that was away still holds is erased when it is back.
 */
#include "ledger/audit_inside.h"
#include "ledger/inside.h"

#include "base/diag.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char act[] = "redaction.earlier";

/* ---- what the entries say ---- */

enum err loss_stage(struct ledger *l, const struct ledger *archive, const struct loss *loss,
		    const struct redaction *why, struct moment now, struct fault *f)
{
	char digest[BASE64_SIZE(HASH_SIZE)];
	json_t *members;

	base64url_encode(digest, loss->digest, HASH_SIZE);
	if (archive == NULL)
		members = json_pack("{s:s, s:s}", "act", act, "case", loss->about);
	else
		members = json_pack("{s:s, s:s, s:I, s:s, s:s}", "act", act, "origin", ledger_origin(archive), "seq",
				    (json_int_t)loss->seq, "name", disclosure_names[loss->name], "digest", digest);
	return redaction_stage(l, members, why, now, f);
}

static bool read_loss(struct loss *out, const json_t *body)
{
	const char *about = json_string_value(json_object_get(body, "case"));
	const char *name = json_string_value(json_object_get(body, "name"));
	const char *digest = json_string_value(json_object_get(body, "digest"));
	const json_t *seq = json_object_get(body, "seq");
	size_t len = HASH_SIZE;
	int which;

	*out = (struct loss){.name = DISCLOSURE_BODY};
	if (about != NULL)
		return (size_t)snprintf(out->about, sizeof out->about, "%s", about) < sizeof out->about;
	which = name != NULL ? name_find(disclosure_names, DISCLOSURE_COUNT, name, strlen(name)) : -1;
	if (which <= DISCLOSURE_BODY || digest == NULL || !json_is_integer(seq) || json_integer_value(seq) < 0)
		return false;
	out->name = (enum disclosure_name)which;
	out->seq = (uint64_t)json_integer_value(seq);
	return base64url_decode(out->digest, &len, digest, strlen(digest)) == ERR_OK && len == HASH_SIZE;
}

static enum err take_loss(void *context, const struct record *r)
{
	struct buf *all = context;
	json_t *body = r->body != NULL ? json_loads(r->body, 0, NULL) : NULL;
	const char *said = json_string_value(json_object_get(body, "act"));
	struct loss loss;

	if (said != NULL && strcmp(said, act) == 0 && strcmp(r->type, "system") == 0 && audit_is_approved(body) &&
	    read_loss(&loss, body))
		buf_add(all, &loss, sizeof loss);
	json_decref(body);
	return buf_status(all);
}

/* All that the entries of one log say. */
static enum err read_losses(struct ledger *l, struct buf *out, struct fault *f)
{
	struct store *store = media_store(&l->media);
	uint64_t next = 0;
	enum err err;

	while ((err = store_row(store, STORE_NEXT_EARLIER, (int64_t)next, NULL)) == ERR_OK) {
		uint64_t seq = (uint64_t)store_integer(store, STORE_NEXT_EARLIER, 0);

		store_done(store, STORE_NEXT_EARLIER);
		err = ledger_read(l, seq, seq + 1, take_loss, out, f);
		if (err != ERR_OK)
			return err;
		next = seq + 1;
	}
	return err == ERR_MISSING ? ERR_OK : store_fault(store, err, _("reading"), f);
}

/* ---- in one copy ---- */

/* Its digest tells it from the value of the same place in a log that went another way. */
static void add_loss(struct ledger *archive, const struct loss *loss, struct batch *changes)
{
	struct entry e;

	if (loss->about[0] != '\0') {
		if (case_has_key(archive, loss->about))
			batch_add(changes, STORE_DROP_CASE, 0,
				  (const struct blob[]){{loss->about, strlen(loss->about)}}, 1);
	} else if (redaction_find(archive, loss->seq, loss->seq, loss->name, &e, NULL) == ERR_OK &&
		   memcmp(e.sd[loss->name], loss->digest, HASH_SIZE) == 0) {
		batch_erase_later(changes, loss->seq, loss->name);
	}
}

/* The log file is emptied and the stored files are swept also when an earlier try came only as far as the database. */
static enum err change(struct ledger *archive, const struct batch *changes, struct fault *f)
{
	struct store *store = media_store(&archive->media);
	enum err err = store_turn(store, STORE_WRITE);

	if (err != ERR_OK)
		return store_fault(store, err, _("recording"), f);
	if (!batch_is_empty(changes))
		err = store_apply(store, changes, f);
	if (err == ERR_OK && store_truncate(store) != ERR_OK)
		err = store_fault(store, ERR_IO, _("recording"), f);
	if (store_turn(store, STORE_READ) != ERR_OK && err == ERR_OK)
		err = store_fault(store, ERR_IO, _("recording"), f);
	return err;
}

static enum err lose(struct ledger *archive, const struct loss *all, size_t count, struct fault *f)
{
	struct batch changes = {{0}};
	bool some_files = false;
	enum err err;

	for (size_t i = 0; i < count; i++) {
		add_loss(archive, &all[i], &changes);
		some_files |= all[i].name == DISCLOSURE_FILES;
	}
	err = batch_status(&changes);
	if (err == ERR_OK)
		err = change(archive, &changes, f);
	else
		(void)fault_set(f, err, _("no memory"));
	batch_fini(&changes);
	case_keys_forget(archive);
	if (err == ERR_OK && some_files)
		blobs_sweep(archive);
	return err;
}

/* ---- in all of them ---- */

enum err past_lose(struct past *p, const struct loss *all, size_t count, struct fault *f)
{
	struct ledger *archive;
	enum err err = ERR_OK;

	for (unsigned i = 0; (archive = past_log(p, i)) != NULL; i++) {
		struct fault why;

		if (lose(archive, all, count, &why) == ERR_OK)
			continue;
		err = fault_set(f, ERR_IO,
				_("the erasure is recorded, but not done yet in %s (%s); this is tried again when the "
				  "ledger is opened next"),
				archive->folder, why.text);
	}
	return err;
}

static void settle_after(struct past *p, struct ledger *later)
{
	struct buf losses = {.cap = BUF_CAP_DEFAULT};
	const struct loss *all;
	struct ledger *archive;
	struct fault f;

	if (read_losses(later, &losses, &f) != ERR_OK)
		diag(DIAG_ERROR, "%s", f.text);
	all = (const struct loss *)(const void *)losses.data;
	for (unsigned i = 0; losses.len > 0 && (archive = past_log(p, i)) != NULL; i++)
		if (genesis_is_earlier(&archive->genesis, &later->genesis) &&
		    lose(archive, all, losses.len / sizeof *all, &f) != ERR_OK)
			diag(DIAG_ERROR, "%s: %s", archive->folder, f.text);
	buf_fini(&losses);
}

void past_settle(struct past *p, struct ledger *l)
{
	struct ledger *archive;

	settle_after(p, l);
	for (unsigned i = 0; (archive = past_log(p, i)) != NULL; i++)
		settle_after(p, archive);
}

bool past_has_case(const struct past *p, const char *about)
{
	struct ledger *archive;

	for (unsigned i = 0; (archive = past_log(p, i)) != NULL; i++)
		if (case_has_key(archive, about))
			return true;
	return false;
}

enum err past_redact(struct past *p, struct ledger *l, uint64_t number, const char *name, const struct redaction *why,
		     struct moment now, struct fault *f)
{
	struct loss loss = {.name = DISCLOSURE_BODY};
	struct ledger *archive;
	struct entry e;
	enum err err;

	if (number >= past_size(p))
		return redact_called(l, number - past_size(p), number, name, why, now, f);
	err = redaction_begin(l, name, why, &loss.name, f);
	if (err != ERR_OK)
		return err;
	archive = past_find(p, number, &loss.seq);
	if (archive == NULL)
		return fault_set(f, ERR_STATE,
				 _("entry %llu is on no medium that is here; put back the one that was taken out"),
				 (unsigned long long)number);
	err = redaction_find(archive, loss.seq, number, loss.name, &e, f);
	if (err == ERR_OK) {
		memcpy(loss.digest, e.sd[loss.name], HASH_SIZE);
		err = loss_stage(l, archive, &loss, why, now, f);
	}
	if (err == ERR_OK)
		err = commit_erasure(l, now, f);
	else
		ledger_abandon(l);
	if (err == ERR_OK && past_lose(p, &loss, 1, f) != ERR_OK)
		err = f->err = ERR_BUSY;
	return err;
}
