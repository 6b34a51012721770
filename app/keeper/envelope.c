/* The sealed envelope: an account that is nobody's, its password on paper in the safe. Whoever opens it is let in, and
 * everybody is told, until somebody else has noted it and a new password is in a new envelope.
 */
#include "keeper/errand.h"

#include "base/diag.h"
#include "keeper/codes.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void envelope_opened(struct keeper *k, const char *account, enum peer peer)
{
	json_t *body = json_pack("{s:s}", "user", account);
	struct entry entry = {.who = account, .via = peer_via(peer), .kind = act_find("envelope.opened"), .body = body};

	diag(DIAG_WARNING, "the sealed envelope was opened: %s has logged in", account);
	scribe_note(k->scribe, &entry);
	json_decref(body);
}

/* ---- a new password for it ---------------------------------------------------------------------------------- */

/* The worker wipes what it has hashed; it is to be shown once. */
struct resealing {
	struct password_job job; /* first: the worker hands back a pointer to it */
	struct keeper *keeper;
	struct ticket ticket;
	enum peer peer;
	char by[ACCOUNT_SIZE], account[ACCOUNT_SIZE];
	uint64_t generation;
	char password[RANDOM_PASSWORD_SIZE];
};

static void forget(struct password_job *job)
{
	sodium_memzero(job, sizeof(struct resealing));
	free(job);
}

static void hear_sealed(void *context, const struct receipt *receipt)
{
	struct resealing *s = context;
	struct keeper *k = s->keeper;
	json_t *answer = receipt != NULL ? receipt_json(receipt) : NULL;
	struct user_info user;
	struct fault f;

	if (answer == NULL) {
		server_refuse(k->server, s->ticket, "not_recorded", NULL);
	} else {
		(void)json_object_set_new(answer, "password", json_string(s->password));
		server_answer(k->server, s->ticket, answer);
		if (book_user(scribe_book(k->scribe), s->account, &user) == ERR_OK &&
		    media_even_person(k, &user, &f) != ERR_OK)
			diag(DIAG_WARNING, "an old secret stays behind: %s", f.text);
	}
	forget(&s->job);
}

static bool is_sealable(struct keeper *k, const struct resealing *s)
{
	struct user_info user;

	return book_user(scribe_book(k->scribe), s->account, &user) == ERR_OK && user.is_envelope &&
	       user.generation == s->generation;
}

static void on_hashed(void *context, struct password_job *job)
{
	struct resealing *s = context;
	struct keeper *k = s->keeper;
	json_t *body = json_pack("{s:s, s:I}", "user", s->account, "generation", (json_int_t)s->generation + 1);
	struct entry entry = {.who = s->by, .via = peer_via(s->peer), .kind = act_find("envelope.noted"), .body = body};
	struct fault f = {.err = ERR_NOMEM, .text = "out of memory"};

	if (!is_sealable(k, s)) {
		server_refuse(k->server, s->ticket, "conflict", NULL);
		forget(job);
	} else if (job->result != ERR_OK || body == NULL ||
		   secrets_put(k->secrets, SECRET_PASSWORD, s->account, s->generation + 1, job->hash, &f) != ERR_OK) {
		server_refuse(k->server, s->ticket, "not_recorded", NULL);
		forget(job);
	} else if (scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_sealed, s}, &f) != ERR_OK) {
		refuse_entry(k, s->ticket, &f);
		forget(job);
	}
	json_decref(body);
}

static void seal(struct keeper *k, const struct request *r, const struct session *session)
{
	struct resealing *s = calloc(1, sizeof *s);
	struct user_info user;

	if (s == NULL || book_user(scribe_book(k->scribe), param_text(r, "user"), &user) != ERR_OK) {
		free(s);
		server_refuse(k->server, r->ticket, "busy", NULL);
		return;
	}
	s->keeper = k;
	s->ticket = r->ticket;
	s->peer = r->peer;
	s->generation = user.generation;
	(void)snprintf(s->by, sizeof s->by, "%s", session->user);
	(void)snprintf(s->account, sizeof s->account, "%s", user.id);
	password_random(s->password);
	s->job.work = PASSWORD_MAKE;
	s->job.done = on_hashed;
	s->job.forget = forget;
	s->job.context = s;
	memcpy(s->job.password, s->password, sizeof s->password);
	if (worker_take(k->worker, &s->job) == ERR_OK)
		return;
	server_refuse(k->server, r->ticket, "busy", NULL);
	forget(&s->job);
}

void envelope_seal(struct keeper *k, const struct request *r, const struct session *session)
{
	struct user_info user;

	if (book_user(scribe_book(k->scribe), param_text(r, "user"), &user) != ERR_OK || !user.is_envelope)
		server_refuse(k->server, r->ticket, "invalid", json_pack("{s:s, s:s}", "field", "user", "why", ""));
	else if (strcmp(user.id, session->user) == 0)
		server_refuse(k->server, r->ticket, "wrong_state", json_pack("{s:s}", "why", "own_envelope"));
	else
		accounts_prove(k, r, session, param_text(r, "proof"), seal);
}
