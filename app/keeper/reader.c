/* What people look at: greeting, pictures of the state, the check of the whole ledger, bundles for auditors. */
#include "keeper/keeper.h"

#include "base/diag.h"
#include "base/file.h"
#include "procedure/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reader_hello(struct keeper *k, const struct request *r, const struct session *session)
{
	const struct recall *recall = scribe_recall(k->scribe);
	struct ledger *ledger = scribe_ledger(k->scribe);
	struct checkpoint_info head = ledger_head(ledger);
	char wall[WALL_TEXT_SIZE], code[10];

	(void)session;
	wall_format(wall, moment_now().wall_ms);
	checkpoint_short_code(code, head.root);
	server_answer(k->server, r->ticket,
		      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b, s:b, s:o}", "organisation",
				recall->organisation, "version", KANNUKI_VERSION, "origin", ledger_origin(ledger),
				"genesis", ledger_genesis_code(ledger), "pack", recall->pack, "time", wall, "entries",
				(json_int_t)head.size, "code", code, "recording", (int)scribe_is_well(k->scribe),
				"panel", (int)panel_is_there(k), "media", media_summary(k)));
}

void reader_view(struct keeper *k, const struct request *r, const struct session *session)
{
	struct view_request request = {.what = param_text(r, "what"),
				       .who = session->user,
				       .about = param_text(r, "about"),
				       .report = param_count(r, "report"),
				       .cursor = param_count(r, "cursor"),
				       .lang = param_lang(r),
				       .now = moment_now()};
	struct refusal refusal = {NULL, NULL};
	json_t *picture = NULL;
	enum err err = view(scribe_book(k->scribe), &request, &picture, &refusal);

	/* The book knows nothing of what it is written on. */
	if (err == ERR_OK && strcmp(request.what, "now") == 0)
		(void)json_object_set_new(picture, "media", media_summary(k));
	if (err == ERR_OK)
		server_answer(k->server, r->ticket, picture);
	else if (err == ERR_DENIED)
		server_refuse(k->server, r->ticket, refusal.code, refusal.args);
	else
		server_refuse(k->server, r->ticket, "busy", NULL);
}

/* ---- live state ----------------------------------------------------------------------------------------- */

void reader_subscribe(struct keeper *k, const struct request *r, const struct session *session)
{
	uint64_t *place = NULL;

	(void)session;
	for (size_t i = 0; i < SUBSCRIBERS_MAX; i++) {
		if (k->subscribers[i] == r->ticket.connection)
			place = &k->subscribers[i];
		else if (k->subscribers[i] == 0 && place == NULL)
			place = &k->subscribers[i];
	}
	if (place == NULL) {
		server_refuse(k->server, r->ticket, "busy", NULL);
		return;
	}
	*place = r->ticket.connection;
	server_answer(k->server, r->ticket, NULL);
}

void reader_push_changed(struct keeper *k)
{
	json_int_t size = (json_int_t)ledger_head(scribe_ledger(k->scribe)).size;

	for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
		if (k->subscribers[i] != 0)
			server_push(k->server, k->subscribers[i], "changed", json_pack("{s:I}", "entries", size));
}

/* ---- check ------------------------------------------------------------------------------------------------- */

struct checking {
	struct keeper *keeper;
	sd_event_source *source;
	struct check *check;
	struct ticket tickets[CHECKERS_MAX]; /* everybody who asked meanwhile hears the same verdict */
	unsigned tickets_count;
};

void reader_end_check(struct keeper *k)
{
	struct checking *x = k->checking;

	if (x == NULL)
		return;
	k->checking = NULL;
	x->source = sd_event_source_disable_unref(x->source);
	check_end(x->check);
	free(x);
}

static void tell_verdict(struct checking *x, enum err err, const char *why)
{
	struct keeper *k = x->keeper;
	struct checkpoint_info head = ledger_head(scribe_ledger(k->scribe));
	char code[10];

	checkpoint_short_code(code, head.root);
	for (unsigned i = 0; i < x->tickets_count; i++)
		server_answer(k->server, x->tickets[i],
			      json_pack("{s:s, s:I, s:s, s:s}", "verdict", err == ERR_OK ? "good" : "bad", "entries",
					(json_int_t)head.size, "code", code, "why", why));
	reader_end_check(k);
}

static int on_check_slice(sd_event_source *source, void *userdata)
{
	struct checking *x = userdata;
	struct fault f = {.text = ""};
	bool done = false;
	enum err err = check_step(x->check, slice_ns, &done, &f);

	(void)source;
	if (err != ERR_OK)
		diag(DIAG_ERROR, "check: %s", f.text);
	if (err != ERR_OK || done)
		tell_verdict(x, err, f.text);
	return 0;
}

static enum err start_check(struct keeper *k, struct fault *f)
{
	struct checking *x = calloc(1, sizeof *x);
	enum err err;

	if (x == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	x->keeper = k;
	k->checking = x;
	err = check_begin(scribe_ledger(k->scribe), &x->check, f);
	if (err == ERR_OK)
		err = go_on_idly(k, &x->source, on_check_slice, x, f);
	if (err != ERR_OK)
		reader_end_check(k);
	return err;
}

void reader_check(struct keeper *k, const struct request *r, const struct session *session)
{
	struct fault f = {.text = ""};

	(void)session;
	if (k->checking == NULL && start_check(k, &f) != ERR_OK)
		diag(DIAG_ERROR, "check: %s", f.text);
	if (k->checking == NULL)
		server_answer(k->server, r->ticket, json_pack("{s:s, s:s}", "verdict", "bad", "why", f.text));
	else if (k->checking->tickets_count == CHECKERS_MAX)
		server_refuse(k->server, r->ticket, "busy", NULL);
	else
		k->checking->tickets[k->checking->tickets_count++] = r->ticket;
}

/* ---- export ------------------------------------------------------------------------------------------------ */

struct exporting {
	struct keeper *keeper;
	sd_event_source *source;
	struct export *export;
	struct ticket ticket;
	enum peer peer;
	uint64_t size;
	char who[ACCOUNT_SIZE];
	char name[65];
	char path[PLACE_SIZE + 80];
};

struct exported {
	struct keeper *keeper;
	struct ticket ticket;
	char path[PLACE_SIZE + 80];
};

static bool may_export(const struct keeper *k, const char *user)
{
	static const char *const roles[] = {"auditor", "audit_chief", "general", "ciso"};
	struct user_info info;
	json_t *role;
	size_t i;

	if (book_user(scribe_book(k->scribe), user, &info) != ERR_OK)
		return false;
	json_array_foreach (info.roles, i, role)
		for (size_t n = 0; n < sizeof roles / sizeof roles[0]; n++)
			if (json_is_string(role) && strcmp(json_string_value(role), roles[n]) == 0)
				return true;
	return false;
}

void reader_end_export(struct keeper *k)
{
	struct exporting *x = k->exporting;

	if (x == NULL)
		return;
	k->exporting = NULL;
	x->source = sd_event_source_disable_unref(x->source);
	if (x->export != NULL)
		export_end(x->export);
	free(x);
}

static void hear_exported(void *context, const struct receipt *receipt)
{
	struct exported *done = context;
	json_t *result;

	if (receipt == NULL) {
		server_refuse(done->keeper->server, done->ticket, "not_recorded", NULL);
	} else {
		result = receipt_json(receipt);
		(void)json_object_set_new(result, "path", json_string(done->path));
		server_answer(done->keeper->server, done->ticket, result);
	}
	free(done);
}

static void record_export(struct exporting *x)
{
	struct keeper *k = x->keeper;
	struct exported *done = calloc(1, sizeof *done);
	json_t *body = json_pack("{s:s, s:I}", "name", x->name, "size", (json_int_t)x->size);
	struct entry entry = {
		.who = x->who, .via = peer_via(x->peer), .kind = act_find("ledger.exported"), .body = body};
	struct fault f = {.err = ERR_NOMEM};

	if (done != NULL) {
		*done = (struct exported){.keeper = k, .ticket = x->ticket};
		(void)snprintf(done->path, sizeof done->path, "%s", x->path);
	}
	if (done == NULL ||
	    scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_exported, done}, &f) != ERR_OK) {
		refuse_entry(k, x->ticket, &f);
		free(done);
	}
	json_decref(body);
}

static void refuse_export(struct keeper *k, struct ticket ticket, const struct fault *f)
{
	diag(DIAG_ERROR, "export: %s", f->text);
	server_refuse(k->server, ticket, f->err == ERR_EXISTS ? "invalid" : "busy",
		      json_pack("{s:s, s:s}", "field", "name", "why", f->text));
}

static int on_slice(sd_event_source *source, void *userdata)
{
	struct exporting *x = userdata;
	struct keeper *k = x->keeper;
	bool done = false;
	struct fault f;
	enum err err = export_step(x->export, slice_ns, &done, &f);

	(void)source;
	if (err == ERR_OK && !done)
		return 0;
	if (err == ERR_OK)
		record_export(x);
	else
		refuse_export(k, x->ticket, &f);
	reader_end_export(k);
	return 0;
}

static void read_options(json_t *without, struct export_options *options)
{
	json_t *member;
	size_t i;

	json_array_foreach (without, i, member) {
		const char *word = json_is_string(member) ? json_string_value(member) : "";

		options->without_text = options->without_text || strcmp(word, "text") == 0;
		options->without_person = options->without_person || strcmp(word, "person") == 0;
		options->without_files = options->without_files || strcmp(word, "files") == 0;
	}
}

/* On a medium that works. */
static const char *exports_folder(const struct keeper *k)
{
	struct medium_info media[LEDGER_MEDIA];

	ledger_media(scribe_ledger(k->scribe), media);
	return k->places[media[FIRST_MEDIUM].state == MEDIUM_GOOD ? FIRST_MEDIUM : SECOND_MEDIUM].exports;
}

static enum err begin_export(struct exporting *x, json_t *without, struct fault *f)
{
	struct keeper *k = x->keeper;
	struct export_options options = {.from = 0};
	const char *folder = exports_folder(k);
	enum err err;

	read_options(without, &options);
	err = folder_make(folder, 0750, f);
	if (err == ERR_OK && scribe_commit(k->scribe) != ERR_OK)
		err = fault_set(f, ERR_IO, "the entries before it could not be recorded");
	if (err != ERR_OK)
		return err;
	(void)snprintf(x->path, sizeof x->path, "%s/%s", folder, x->name);
	err = export_begin(scribe_ledger(k->scribe), x->path, &options, moment_now(), &x->export, f);
	if (err == ERR_OK)
		err = scribe_catch_up(k->scribe, f);
	if (err != ERR_OK)
		return err;
	x->size = ledger_head(scribe_ledger(k->scribe)).size;
	return go_on_idly(k, &x->source, on_slice, x, f);
}

static void start_export(struct keeper *k, const struct request *r, const struct session *session)
{
	struct exporting *x = calloc(1, sizeof *x);
	struct fault f = {.err = ERR_NOMEM, .text = "out of memory"};

	if (x == NULL) {
		refuse_export(k, r->ticket, &f);
		return;
	}
	x->keeper = k;
	x->ticket = r->ticket;
	x->peer = r->peer;
	(void)snprintf(x->who, sizeof x->who, "%s", session->user);
	(void)snprintf(x->name, sizeof x->name, "%s", param_text(r, "name"));
	k->exporting = x;
	if (begin_export(x, json_object_get(r->params, "without"), &f) != ERR_OK) {
		refuse_export(k, r->ticket, &f);
		reader_end_export(k);
	}
}

void reader_export(struct keeper *k, const struct request *r, const struct session *session)
{
	const char *name = param_text(r, "name");

	if (!may_export(k, session->user))
		server_refuse(k->server, r->ticket, "wrong_role",
			      json_pack("{s:s}", "role_label",
					pack_role_label(scribe_pack(k->scribe), "auditor", param_lang(r))));
	else if (name[0] == '.')
		server_refuse(k->server, r->ticket, "invalid",
			      json_pack("{s:s, s:s}", "field", "name", "why", _("A name does not begin with a dot.")));
	else if (k->exporting == NULL)
		start_export(k, r, session);
	else if (strcmp(k->exporting->name, name) == 0 && strcmp(k->exporting->who, session->user) == 0)
		k->exporting->ticket = r->ticket; /* asked again because it takes long */
	else
		server_refuse(k->server, r->ticket, "busy", NULL);
}

void reader_let_go(struct keeper *k)
{
	if (k->exporting != NULL)
		server_refuse(k->server, k->exporting->ticket, "busy", NULL);
	reader_end_export(k);
	for (unsigned i = 0; k->checking != NULL && i < k->checking->tickets_count; i++)
		server_refuse(k->server, k->checking->tickets[i], "busy", NULL);
	reader_end_check(k);
}
