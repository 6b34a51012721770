#include "keeper/errand.h"

#include "base/diag.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASSWORD_MIN = 10 };

static int64_t now_ns(void)
{
	return moment_now().boot_ns;
}

static void report_failures(struct keeper *k, int64_t until_ns)
{
	const char *account;
	enum peer peer;
	unsigned times;

	while ((times = lockout_report(&k->lockout, until_ns, &account, &peer)) > 0) {
		json_t *body = json_pack("{s:i}", "times", (int)times);
		struct entry entry = {
			.who = "system", .via = peer_via(peer), .kind = act_find("login.failed"), .body = body};

		if (account[0] != '\0')
			(void)json_object_set_new(body, "user", json_string(account));
		scribe_note(k->scribe, &entry);
		json_decref(body);
	}
}

void accounts_report_failures(struct keeper *k)
{
	report_failures(k, now_ns());
}

void accounts_report_all_failures(struct keeper *k)
{
	report_failures(k, INT64_MAX);
}

void accounts_recall(struct keeper *k)
{
	static const enum peer peers[] = {PEER_WEB, PEER_CONSOLE, PEER_CLI};
	const struct recall *recall = scribe_recall(k->scribe);
	struct moment now = moment_now();

	for (size_t i = 0; i < RECALL_FAILED_MAX; i++) {
		const struct failed_logins *failed = &recall->failed[i];
		int64_t age_ms = recall_age_ms(recall, failed->boot, &failed->at, &now);

		/* Without a clock nobody knows how long ago it was: nobody is locked out by it. */
		for (size_t n = 0; age_ms >= 0 && n < sizeof peers / sizeof peers[0]; n++)
			if (failed->account[0] != '\0' && strcmp(peer_via(peers[n]), failed->via) == 0)
				lockout_restore(&k->lockout, failed->account, peers[n],
						failed->times < 1000 ? (unsigned)failed->times : 1000, age_ms * 1000000,
						now.boot_ns);
	}
}

static void note_logout(struct keeper *k, struct session *session, const char *why)
{
	json_t *body = json_pack("{s:s}", "why", why);
	struct entry entry = {
		.who = session->user, .via = peer_via(session->peer), .kind = act_find("logout"), .body = body};

	scribe_note(k->scribe, &entry);
	json_decref(body);
	session_end(session);
}

void accounts_end_idle(struct keeper *k)
{
	struct session *session;

	while ((session = sessions_next_idle(&k->sessions, now_ns())) != NULL)
		note_logout(k, session, "idle");
}

static const char *why_gone(struct keeper *k, const struct session *session)
{
	const struct book *book = scribe_book(k->scribe);
	struct user_info user;

	if (book_user(book, session->user, &user) != ERR_OK)
		return NULL;
	return session->generation < user.generation ? "password" : book_user_gone(book, session->user, moment_now());
}

/* A session whose password is being changed by itself must not end with the others: what is staged is heard first, and
   each commit comes here again. */
void accounts_end_gone(struct keeper *k)
{
	if (scribe_ledger(k->scribe) == NULL || ledger_has_staged(scribe_ledger(k->scribe)))
		return;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = &k->sessions.places[i];
		const char *why = session->token[0] != '\0' ? why_gone(k, session) : NULL;

		if (why != NULL)
			note_logout(k, session, why);
	}
}

/* A last day counts for every request, not only for logins. */
struct session *accounts_session(struct keeper *k, const struct request *r)
{
	struct session *session =
		sessions_find(&k->sessions, param_text(r, "session"), r->peer, r->uid, moment_now().boot_ns);
	const char *gone = session != NULL ? book_user_gone(scribe_book(k->scribe), session->user, moment_now()) : NULL;
	struct user_info user;

	if (gone != NULL)
		note_logout(k, session, gone);
	if (session == NULL || gone != NULL) {
		server_refuse(k->server, r->ticket, gone != NULL ? "account_over" : "login_required", NULL);
		return NULL;
	}
	if (r->method->session != WITH_ANY_SESSION &&
	    book_user(scribe_book(k->scribe), session->user, &user) == ERR_OK && user.must_change) {
		server_refuse(k->server, r->ticket, "password_first", NULL);
		return NULL;
	}
	return session;
}

/* ---- login ------------------------------------------------------------------------------------------ */

struct welcome {
	struct keeper *keeper;
	struct request request; /* without params */
	char token[TOKEN_SIZE];
};

static json_t *user_json(struct keeper *k, const struct user_info *user, enum lang lang)
{
	json_t *roles = json_array(), *role;
	size_t i;

	json_array_foreach (user->roles, i, role) {
		const char *label = pack_role_label(scribe_pack(k->scribe), json_string_value(role), lang);

		(void)json_array_append_new(roles, json_pack("{s:O, s:s}", "id", role, "label",
							     label != NULL ? label : json_string_value(role)));
	}
	return json_pack("{s:s, s:s, s:o}", "id", user->id, "name", user->name, "roles", roles);
}

static void hear_login(void *context, const struct receipt *receipt)
{
	struct welcome *w = context;
	struct keeper *k = w->keeper;
	struct session *session = own_session(k, &w->request, w->token);
	struct user_info user;

	if (receipt == NULL || session == NULL || book_user(scribe_book(k->scribe), session->user, &user) != ERR_OK) {
		if (session != NULL)
			session_end(session);
		server_refuse(k->server, w->request.ticket, "not_recorded", NULL);
	} else {
		server_answer(k->server, w->request.ticket,
			      json_pack("{s:s, s:b, s:o, s:o}", "session", w->token, "must_change", user.must_change,
					"user", user_json(k, &user, LANG_JA), "receipt", receipt_json(receipt)));
	}
	sodium_memzero(w, sizeof *w);
	free(w);
}

/* `body` is taken. */
static void welcome(struct keeper *k, const struct errand *e, json_t *body, bool is_envelope)
{
	struct session *surplus = sessions_surplus(&k->sessions, e->account), *session;
	struct welcome *w = calloc(1, sizeof *w);
	struct entry entry = {
		.who = e->account, .via = peer_via(e->request.peer), .kind = act_find("login.ok"), .body = body};
	struct fault f;

	if (surplus != NULL)
		note_logout(k, surplus, "replaced");
	session = sessions_begin(&k->sessions, e->account, e->generation, e->request.peer, e->request.uid, now_ns());
	if (w == NULL || session == NULL) {
		free(w);
		json_decref(body);
		server_refuse(k->server, e->request.ticket, "busy", NULL);
		return;
	}
	w->keeper = k;
	w->request = e->request;
	w->request.params = NULL;
	memcpy(w->token, session->token, sizeof w->token);
	if (scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_login, w}, &f) != ERR_OK)
		hear_login(w, NULL);
	else if (is_envelope)
		envelope_opened(k, e->account, e->request.peer);
	json_decref(body);
}

static void on_login(void *context, struct password_job *job)
{
	struct errand *e = context;
	struct keeper *k = e->keeper;
	struct user_info user;
	json_t *body = NULL;

	if (job->result == ERR_OK && errand_is_current(k, e) &&
	    book_user(scribe_book(k->scribe), e->account, &user) == ERR_OK)
		body = credentials_accept(k, &e->request, &user);
	if (body != NULL) {
		lockout_passed(&k->lockout, e->name, e->request.peer);
		if (book_user_gone(scribe_book(k->scribe), e->account, moment_now()) == NULL) {
			welcome(k, e, body, user.is_envelope);
		} else {
			json_decref(body);
			server_refuse(k->server, e->request.ticket, "account_over", NULL);
		}
	} else {
		errand_refuse(e);
	}
	errand_free(e);
}

void accounts_login(struct keeper *k, const struct request *r, const struct session *session)
{
	const char *name = param_text(r, "name");
	struct user_info user;
	struct errand *e;
	bool is_known = book_user_by_name(scribe_book(k->scribe), name, &user) == ERR_OK;

	(void)session;
	/* A person has a login and a full name; guesses at both count together. */
	if (is_known)
		name = user.id;
	if (is_locked(k, r, name))
		return;
	e = errand_new(k, r, param_text(r, "password"), on_login);
	if (e == NULL) {
		server_refuse(k->server, r->ticket, "busy", NULL);
		return;
	}
	(void)snprintf(e->name, sizeof e->name, "%s", name);
	if (is_known && secrets_get(k->secrets, SECRET_PASSWORD, user.id, user.generation, e->job.hash,
				    sizeof e->job.hash) == ERR_OK) {
		(void)snprintf(e->account, sizeof e->account, "%s", user.id);
		e->generation = user.generation;
	} else {
		memcpy(e->job.hash, k->nobody_hash, sizeof e->job.hash);
	}
	errand_send(k, e);
}

void accounts_logout(struct keeper *k, const struct request *r, const struct session *session)
{
	json_t *body = json_pack("{s:s}", "why", "asked");
	struct entry entry = {.who = session->user, .via = peer_via(r->peer), .kind = act_find("logout"), .body = body};

	record_and_answer(k, &entry, SOON, r->ticket);
	session_end(own_session(k, r, param_text(r, "session")));
	json_decref(body);
}

/* ---- a new password ------------------------------------------------------------------------------------- */

struct renewal {
	struct keeper *keeper;
	struct ticket ticket;
	char account[ACCOUNT_SIZE];
	char token[TOKEN_SIZE]; /* the session that asked goes on */
	uint64_t generation;
};

static void hear_change(void *context, const struct receipt *receipt)
{
	struct renewal *c = context;
	struct keeper *k = c->keeper;
	struct fault f;

	if (receipt != NULL &&
	    secrets_forget_before(k->secrets, SECRET_PASSWORD, c->account, c->generation, &f) != ERR_OK)
		diag(DIAG_WARNING, "an old password hash stays behind: %s", f.text);
	for (size_t i = 0; receipt != NULL && i < SESSIONS_MAX; i++) {
		struct session *session = &k->sessions.places[i];

		/* All others of this person end when the loop hears of it. */
		if (session->token[0] != '\0' && strcmp(session->token, c->token) == 0)
			session->generation = c->generation;
	}
	answer_receipt(k, c->ticket, receipt);
	free(c);
}

static void record_change(struct keeper *k, const struct errand *e)
{
	struct renewal *c = calloc(1, sizeof *c);
	json_t *body = json_pack("{s:s, s:I}", "user", e->account, "generation", (json_int_t)e->generation + 1);
	struct entry entry = {
		.who = e->account, .via = peer_via(e->request.peer), .kind = act_find("user.password"), .body = body};
	struct fault f = {.err = ERR_NOMEM};

	if (c == NULL || own_session(k, &e->request, e->token) == NULL ||
	    secrets_put(k->secrets, SECRET_PASSWORD, e->account, e->generation + 1, e->job.hash, &f) != ERR_OK) {
		server_refuse(k->server, e->request.ticket, "not_recorded", NULL);
		free(c);
	} else {
		*c = (struct renewal){.keeper = k, .ticket = e->request.ticket, .generation = e->generation + 1};
		memcpy(c->account, e->account, sizeof c->account);
		memcpy(c->token, e->token, sizeof c->token);
		if (scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_change, c}, &f) != ERR_OK) {
			refuse_entry(k, e->request.ticket, &f);
			free(c);
		}
	}
	json_decref(body);
}

static void on_made(void *context, struct password_job *job)
{
	struct errand *e = context;
	struct keeper *k = e->keeper;

	if (job->result != ERR_OK)
		server_refuse(k->server, e->request.ticket, "busy", NULL);
	else if (!errand_is_current(k, e))
		server_refuse(k->server, e->request.ticket, "conflict", NULL);
	else
		record_change(k, e);
	errand_free(e);
}

static void on_old_proven(struct keeper *k, const struct request *r, const struct session *session)
{
	struct errand *e = errand_of_session(k, r, session, param_text(r, "new"), on_made);

	if (e == NULL)
		return;
	e->job.work = PASSWORD_MAKE;
	errand_send(k, e);
}

void accounts_password(struct keeper *k, const struct request *r, const struct session *session)
{
	if (strlen(param_text(r, "new")) < PASSWORD_MIN) {
		server_refuse(k->server, r->ticket, "invalid",
			      json_pack("{s:s, s:s}", "field", "new", "why", _("At least 10 characters are needed.")));
		return;
	}
	accounts_prove_password(k, r, session, param_text(r, "old"), on_old_proven);
}
