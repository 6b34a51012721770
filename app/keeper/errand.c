#include "keeper/errand.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void errand_free(struct errand *e)
{
	json_decref(e->request.params);
	sodium_memzero(e, sizeof *e);
	free(e);
}

static void forget(struct password_job *job)
{
	errand_free((struct errand *)(void *)job);
}

static enum password_lane lane_of(const struct request *r)
{
	if (r->method->session != WITHOUT_SESSION)
		return LANE_OWN;
	return r->peer == PEER_CONSOLE ? LANE_CONSOLE : r->peer == PEER_WEB ? LANE_WEB : LANE_CLI;
}

struct errand *errand_new(struct keeper *k, const struct request *r, const char *password, errand_done *done)
{
	struct errand *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->keeper = k;
	e->request = *r;
	json_incref(e->request.params);
	e->job.work = PASSWORD_VERIFY;
	e->job.lane = lane_of(r);
	e->job.done = done;
	e->job.forget = forget;
	e->job.context = e;
	(void)snprintf(e->job.password, sizeof e->job.password, "%s", password);
	return e;
}

void errand_send(struct keeper *k, struct errand *e)
{
	if (worker_take(k->worker, &e->job) == ERR_OK)
		return;
	server_refuse(k->server, e->request.ticket, "busy", NULL);
	errand_free(e);
}

bool is_locked(struct keeper *k, const struct request *r, const char *name)
{
	int64_t left = lockout_left_ns(&k->lockout, name, r->peer, moment_now().boot_ns);

	if (left > 0)
		server_refuse(k->server, r->ticket, "locked_out",
			      json_pack("{s:I}", "seconds", (json_int_t)left / 1000000000 + 1));
	return left > 0;
}

struct session *own_session(struct keeper *k, const struct request *r, const char *token)
{
	return sessions_find(&k->sessions, token, r->peer, r->uid, moment_now().boot_ns);
}

void errand_refuse(struct errand *e)
{
	struct keeper *k = e->keeper;

	lockout_failed(&k->lockout, e->account, e->name, e->request.peer, moment_now().boot_ns);
	accounts_report_failures(k);
	server_refuse(k->server, e->request.ticket,
		      e->request.method->session != WITHOUT_SESSION ? "proof_refused" : "login_refused", NULL);
}

bool errand_is_current(struct keeper *k, const struct errand *e)
{
	struct user_info user;

	return e->account[0] != '\0' && book_user(scribe_book(k->scribe), e->account, &user) == ERR_OK &&
	       e->generation == (e->is_pin ? user.credentials.pin : user.generation);
}

/* ---- once more, as proof ---------------------------------------------------------------------------------- */

static struct errand *errand_about(struct keeper *k, const struct request *r, const struct session *session,
				   const char *typed, errand_done *done, enum secret_kind kind)
{
	struct user_info user;
	struct errand *e;

	if (book_user(scribe_book(k->scribe), session->user, &user) != ERR_OK) {
		server_refuse(k->server, r->ticket, "login_required", NULL);
		return NULL;
	}
	if (is_locked(k, r, user.id))
		return NULL;
	e = errand_new(k, r, typed, done);
	if (e != NULL) {
		e->is_pin = kind == SECRET_PIN;
		e->generation = e->is_pin ? user.credentials.pin : user.generation;
	}
	if (e == NULL ||
	    secrets_get(k->secrets, kind, user.id, e->generation, e->job.hash, sizeof e->job.hash) != ERR_OK) {
		if (e != NULL)
			errand_free(e);
		server_refuse(k->server, r->ticket, "busy", NULL);
		return NULL;
	}
	(void)snprintf(e->account, sizeof e->account, "%s", user.id);
	(void)snprintf(e->name, sizeof e->name, "%s", user.id);
	memcpy(e->token, session->token, sizeof e->token);
	return e;
}

struct errand *errand_of_session(struct keeper *k, const struct request *r, const struct session *session,
				 const char *password, errand_done *done)
{
	return errand_about(k, r, session, password, done, SECRET_PASSWORD);
}

static bool pin_is_blocked(struct keeper *k, const char *account)
{
	struct user_info user;

	return book_user(scribe_book(k->scribe), account, &user) == ERR_OK &&
	       user.credentials.wrong_pins >= WRONG_PINS_MAX;
}

struct guess {
	struct keeper *keeper;
	struct ticket ticket;
	unsigned wrong;
};

/* Told only once it is durable: nobody gets another try by pulling the plug. */
static void hear_guess(void *context, const struct receipt *receipt)
{
	struct guess *g = context;
	struct server *server = g->keeper->server;

	if (receipt == NULL)
		server_refuse(server, g->ticket, "not_recorded", NULL);
	else if (g->wrong >= WRONG_PINS_MAX)
		server_refuse(server, g->ticket, "pin_blocked", NULL);
	else
		server_refuse(server, g->ticket, "pin_refused",
			      json_pack("{s:I}", "left", (json_int_t)(WRONG_PINS_MAX - g->wrong)));
	free(g);
}

/* Each wrong PIN is an entry, so that the count outlives the keeper; the right one after wrong ones, too. */
static void note_pin(const struct errand *e, unsigned wrong)
{
	struct keeper *k = e->keeper;
	struct guess *g = wrong > 0 ? malloc(sizeof *g) : NULL;
	json_t *body = json_pack("{s:s, s:I, s:I}", "user", e->account, "generation", (json_int_t)e->generation,
				 "wrong", (json_int_t)wrong);
	struct entry entry = {
		.who = e->account, .via = peer_via(e->request.peer), .kind = act_find("user.pin.tried"), .body = body};
	struct fault f;

	if (wrong == 0) {
		scribe_note(k->scribe, &entry);
	} else if (g == NULL) {
		server_refuse(k->server, e->request.ticket, "busy", NULL);
	} else {
		*g = (struct guess){.keeper = k, .ticket = e->request.ticket, .wrong = wrong};
		if (scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_guess, g}, &f) != ERR_OK)
			hear_guess(g, NULL);
	}
	json_decref(body);
}

static void on_pin(struct errand *e, const struct session *session)
{
	struct keeper *k = e->keeper;
	struct user_info user;

	/* Others may have guessed meanwhile. */
	if (pin_is_blocked(k, e->account)) {
		server_refuse(k->server, e->request.ticket, "pin_blocked", NULL);
	} else if (!errand_is_current(k, e) || book_user(scribe_book(k->scribe), e->account, &user) != ERR_OK) {
		server_refuse(k->server, e->request.ticket, "conflict", NULL);
	} else if (e->job.result != ERR_OK) {
		note_pin(e, user.credentials.wrong_pins + 1);
	} else {
		if (user.credentials.wrong_pins > 0)
			note_pin(e, 0);
		e->go_on(k, &e->request, session);
	}
}

static void on_proof(void *context, struct password_job *job)
{
	struct errand *e = context;
	struct keeper *k = e->keeper;
	const struct session *session = own_session(k, &e->request, e->token);

	if (session == NULL) {
		server_refuse(k->server, e->request.ticket, "login_required", NULL);
	} else if (e->is_pin) {
		on_pin(e, session);
	} else if (job->result == ERR_OK && errand_is_current(k, e)) {
		lockout_passed(&k->lockout, e->name, e->request.peer);
		e->go_on(k, &e->request, session);
	} else {
		errand_refuse(e);
	}
	errand_free(e);
}

static void prove(struct keeper *k, struct errand *e, proven *go_on)
{
	if (e == NULL)
		return;
	e->go_on = go_on;
	errand_send(k, e);
}

void accounts_prove_password(struct keeper *k, const struct request *r, const struct session *session,
			     const char *password, proven *go_on)
{
	prove(k, errand_of_session(k, r, session, password, on_proof), go_on);
}

void accounts_prove(struct keeper *k, const struct request *r, const struct session *session, const char *proof,
		    proven *go_on)
{
	struct user_info user;

	if (book_user(scribe_book(k->scribe), session->user, &user) != ERR_OK || user.credentials.pin == 0)
		accounts_prove_password(k, r, session, proof, go_on);
	else if (pin_is_blocked(k, session->user))
		server_refuse(k->server, r->ticket, "pin_blocked", NULL);
	else
		prove(k, errand_about(k, r, session, proof, on_proof, SECRET_PIN), go_on);
}
