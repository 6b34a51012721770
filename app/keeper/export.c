/* Bundles for auditors, written in slices. */
#include "keeper/chore.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exporting {
	struct chore chore;
	struct export *export;
	uint64_t size;
	char name[65];
	char path[PLACE_SIZE + 96];
};

/* ---- what is asked for ----------------------------------------------------------------------------------- */

struct wanted {
	struct export_options options;
	struct age_recipient recipients[AGE_RECIPIENTS_MAX];
	uint64_t prove[EXPORT_PROOFS_MAX];
};

static enum err wrong(struct fault *f, const char *what)
{
	return fault_set(f, ERR_FORMAT, "%s", what);
}

static enum err read_without(json_t *list, struct export_options *options, struct fault *f)
{
	static const char *const names[] = {"text", "person", "files"};
	bool *const fields[] = {&options->without_text, &options->without_person, &options->without_files};
	json_t *member;
	size_t i, n;

	json_array_foreach (list, i, member) {
		const char *word = json_is_string(member) ? json_string_value(member) : "";

		for (n = 0; n < 3 && strcmp(word, names[n]) != 0; n++)
			;
		if (n == 3)
			return wrong(f, _("'without' takes text, person and files"));
		*fields[n] = true;
	}
	return ERR_OK;
}

static enum err read_recipients(json_t *list, struct wanted *w, struct fault *f)
{
	json_t *member;
	size_t i;

	if (json_array_size(list) > AGE_RECIPIENTS_MAX)
		return fault_set(f, ERR_RANGE, _("at most %d recipients"), AGE_RECIPIENTS_MAX);
	json_array_foreach (list, i, member) {
		const char *text = json_is_string(member) ? json_string_value(member) : "";
		enum err err = age_recipient_parse(&w->recipients[i], text, f);

		if (err != ERR_OK)
			return err;
	}
	w->options.recipients = w->recipients;
	w->options.recipient_count = json_array_size(list);
	return ERR_OK;
}

static enum err read_proofs(json_t *list, struct wanted *w, struct fault *f)
{
	json_t *member;
	size_t i;

	if (json_array_size(list) > EXPORT_PROOFS_MAX)
		return fault_set(f, ERR_RANGE, _("at most %d entries can be proven one by one"), EXPORT_PROOFS_MAX);
	json_array_foreach (list, i, member) {
		if (!json_is_integer(member) || json_integer_value(member) < 0)
			return wrong(f, _("'prove' takes numbers of entries"));
		w->prove[i] = (uint64_t)json_integer_value(member);
	}
	w->options.prove = w->prove;
	w->options.prove_count = json_array_size(list);
	return ERR_OK;
}

static enum err read_wanted(const struct request *r, struct wanted *w, struct fault *f)
{
	json_t *to = json_object_get(r->params, "to");
	enum err err = read_without(json_object_get(r->params, "without"), &w->options, f);

	w->options.from = param_count(r, "from");
	w->options.to = param_count(r, "to");
	w->options.as_zip = json_is_true(json_object_get(r->params, "zip"));
	if (err == ERR_OK && to != NULL && w->options.to == 0)
		err = wrong(f, _("the range is empty: it ends before entry 0"));
	if (err == ERR_OK)
		err = read_recipients(json_object_get(r->params, "encrypt_to"), w, f);
	return err == ERR_OK ? read_proofs(json_object_get(r->params, "prove"), w, f) : err;
}

/* Of several copies the first; where media went different ways, the others are exported offline. */
static struct ledger *earlier_log(const struct keeper *k, uint64_t incarnation)
{
	struct past *past = scribe_chain(k->scribe)->past;
	struct ledger *l;
	char number[32];

	(void)snprintf(number, sizeof number, "%llu", (unsigned long long)incarnation);
	for (unsigned i = 0; (l = past_log(past, i)) != NULL; i++)
		if (strcmp(strrchr(ledger_origin(l), '/') + 1, number) == 0)
			return l;
	return NULL;
}

static enum err to_place(const struct keeper *k, uint64_t *number, struct fault *f)
{
	uint64_t seq = 0;

	if (chain_seq(scribe_chain(k->scribe), *number, &seq)) {
		*number = seq;
		return ERR_OK;
	}
	return fault_set(f, ERR_RANGE,
			 _("entry %llu is in an earlier incarnation; export that one whole: incarnation N"),
			 (unsigned long long)*number);
}

/* What is asked for by number, in places of the log that is exported. */
static enum err choose_log(const struct keeper *k, const struct request *r, struct wanted *w, struct ledger **log,
			   struct fault *f)
{
	bool is_part = w->options.from != 0 || w->options.to != 0 || w->options.prove_count > 0;
	enum err err = ERR_OK;

	*log = scribe_ledger(k->scribe);
	if (param_count(r, "incarnation") != 0) {
		*log = earlier_log(k, param_count(r, "incarnation"));
		if (*log == NULL)
			return fault_set(f, ERR_MISSING, _("there is no earlier incarnation of this number"));
		return is_part ? wrong(f, _("an earlier incarnation is exported whole")) : ERR_OK;
	}
	if (w->options.from != 0)
		err = to_place(k, &w->options.from, f);
	if (err == ERR_OK && w->options.to != 0)
		err = to_place(k, &w->options.to, f);
	for (size_t i = 0; i < w->options.prove_count && err == ERR_OK; i++)
		err = to_place(k, &w->prove[i], f);
	return err;
}

/* ---- the work -------------------------------------------------------------------------------------------- */

static enum err slice(struct chore *c, bool *done, struct fault *f)
{
	return export_step(((struct exporting *)c)->export, slice_ns, done, f);
}

static void far(const struct chore *c, uint64_t *done, uint64_t *total)
{
	struct export_progress at = export_progress(((const struct exporting *)c)->export);

	*done = at.entries + at.files;
	*total = at.entries_total + at.files_total;
}

static void drop(struct chore *c)
{
	export_end(((struct exporting *)c)->export);
	free(c);
}

/* Waits for the entry that says it was exported. */
struct exported {
	struct keeper *keeper;
	struct ticket askers[CHORE_ASKERS_MAX];
	unsigned askers_count;
	char path[PLACE_SIZE + 96];
};

static void hear_exported(void *context, const struct receipt *receipt)
{
	struct exported *done = context;

	for (unsigned i = 0; i < done->askers_count; i++) {
		json_t *result;

		if (receipt == NULL) {
			server_refuse(done->keeper->server, done->askers[i], "not_recorded", NULL);
			continue;
		}
		result = receipt_json(receipt);
		(void)json_object_set_new(result, "path", json_string(done->path));
		server_answer(done->keeper->server, done->askers[i], result);
	}
	free(done);
}

static void record(struct exporting *x)
{
	struct keeper *k = x->chore.keeper;
	struct exported *done = calloc(1, sizeof *done);
	json_t *body = json_pack("{s:s, s:I}", "name", x->name, "size", (json_int_t)x->size);
	struct entry entry = {
		.who = x->chore.who, .via = peer_via(x->chore.peer), .kind = act_find("ledger.exported"), .body = body};
	struct fault f;

	if (done != NULL) {
		done->keeper = k;
		done->askers_count = x->chore.askers_count;
		memcpy(done->askers, x->chore.askers, sizeof done->askers);
		(void)snprintf(done->path, sizeof done->path, "%s", x->path);
	}
	if (done == NULL ||
	    scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_exported, done}, &f) != ERR_OK) {
		chore_refuse(&x->chore, "not_recorded", NULL);
		free(done);
	}
	json_decref(body);
}

static json_t *reason(const char *field, const struct fault *f)
{
	return json_pack("{s:s, s:s}", "field", field, "why", f->text);
}

static void finish(struct chore *c, enum err err, const struct fault *f)
{
	if (err == ERR_OK)
		record((struct exporting *)c);
	else
		chore_refuse(c, "invalid", reason("name", f));
}

static const struct chore_kind kind = {
	.name = "export", .step = slice, .progress = far, .finish = finish, .drop = drop};

const char *exports_folder(const struct keeper *k)
{
	struct medium_info media[LEDGER_MEDIA];

	ledger_media(scribe_ledger(k->scribe), media);
	return k->places[media[FIRST_MEDIUM].state == MEDIUM_GOOD ? FIRST_MEDIUM : SECOND_MEDIUM].exports;
}

static enum err prepare(struct keeper *k, struct exporting *x, struct ledger *log, const struct wanted *w,
			struct fault *f)
{
	const char *folder = exports_folder(k);
	enum err err = folder_make(folder, 0750, f);

	if (err == ERR_OK && scribe_commit(k->scribe) != ERR_OK)
		err = fault_set(f, ERR_IO, _("the entries before it could not be recorded"));
	if (err != ERR_OK)
		return err;
	(void)snprintf(x->path, sizeof x->path, "%s/%s", folder, x->name);
	err = export_begin(log, x->path, &w->options, moment_now(), &x->export, f);
	if (err == ERR_OK)
		err = scribe_catch_up(k->scribe, f);
	x->size = ledger_head(log).size;
	return err;
}

static void start(struct keeper *k, const struct request *r, const struct session *session, const char *key)
{
	struct exporting *x = calloc(1, sizeof *x);
	struct wanted w = {.options = {.from = 0}};
	struct fault f = {.text = ""};
	const char *field = "options";
	struct ledger *log = NULL;
	enum err err = x != NULL ? read_wanted(r, &w, &f) : ERR_NOMEM;

	if (err == ERR_OK)
		err = choose_log(k, r, &w, &log, &f);
	if (err == ERR_OK) {
		field = "name";
		(void)snprintf(x->name, sizeof x->name, "%s", param_text(r, "name"));
		err = prepare(k, x, log, &w, &f);
	}
	if (err == ERR_OK)
		err = chore_begin(k, &x->chore, &kind, r, session, key, &f);
	else if (x != NULL)
		drop(&x->chore);
	if (err == ERR_NOMEM)
		server_refuse(k->server, r->ticket, "busy", NULL);
	else if (err != ERR_OK)
		server_refuse(k->server, r->ticket, "invalid", reason(field, &f));
}

void export_ask(struct keeper *k, const struct request *r, const struct session *session)
{
	const char *name = param_text(r, "name");
	char key[CHORE_KEY_SIZE];

	(void)snprintf(key, sizeof key, "export %s %s", session->user, name);
	if (name[0] == '.')
		server_refuse(k->server, r->ticket, "invalid",
			      json_pack("{s:s, s:s}", "field", "name", "why", _("A name does not begin with a dot.")));
	else if (!chore_joined(k, r, key))
		start(k, r, session, key);
}
