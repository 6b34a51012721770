/* What people prove with beside the password. Always the secret first, then its entry, then older ones are forgotten.
 */
#include "keeper/errand.h"

#include "base/diag.h"
#include "keeper/codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the PIN ---------------------------------------------------------------------------------------------- */

struct renewed {
	struct keeper *keeper;
	struct ticket ticket;
	char account[ACCOUNT_SIZE];
};

static void hear_change(void *context, const struct receipt *receipt)
{
	struct renewed *c = context;
	struct keeper *k = c->keeper;
	struct user_info user;
	struct fault f;

	if (receipt != NULL && book_user(scribe_book(k->scribe), c->account, &user) == ERR_OK &&
	    media_even_person(k, &user, &f) != ERR_OK)
		diag(DIAG_WARNING, "an old secret stays behind: %s", f.text);
	answer_receipt(k, c->ticket, receipt);
	free(c);
}

static void record_pin(struct keeper *k, const struct errand *e, uint64_t generation)
{
	struct renewed *c = calloc(1, sizeof *c);
	json_t *body = json_pack("{s:s, s:I}", "user", e->account, "generation", (json_int_t)generation);
	struct entry entry = {
		.who = e->account, .via = peer_via(e->request.peer), .kind = act_find("user.pin"), .body = body};
	struct fault f = {.err = ERR_NOMEM};

	if (c == NULL || secrets_put(k->secrets, SECRET_PIN, e->account, generation, e->job.hash, &f) != ERR_OK) {
		server_refuse(k->server, e->request.ticket, "not_recorded", NULL);
		free(c);
	} else {
		*c = (struct renewed){.keeper = k, .ticket = e->request.ticket};
		memcpy(c->account, e->account, sizeof c->account);
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
	struct user_info user;

	if (job->result != ERR_OK)
		server_refuse(k->server, e->request.ticket, "busy", NULL);
	else if (own_session(k, &e->request, e->token) == NULL)
		server_refuse(k->server, e->request.ticket, "login_required", NULL);
	else if (!errand_is_current(k, e) || book_user(scribe_book(k->scribe), e->account, &user) != ERR_OK)
		server_refuse(k->server, e->request.ticket, "conflict", NULL);
	else
		record_pin(k, e, user.credentials.last_pin + 1);
	errand_free(e);
}

static void make_pin(struct keeper *k, const struct request *r, const struct session *session)
{
	struct errand *e = errand_of_session(k, r, session, param_text(r, "pin"), on_made);

	if (e == NULL)
		return;
	e->job.work = PASSWORD_MAKE;
	errand_send(k, e);
}

void credentials_pin(struct keeper *k, const struct request *r, const struct session *session)
{
	const char *wrong = pin_fault(param_text(r, "pin"));

	if (wrong != NULL)
		server_refuse(k->server, r->ticket, "invalid", json_pack("{s:s, s:s}", "field", "pin", "why", wrong));
	else
		accounts_prove_password(k, r, session, param_text(r, "password"), make_pin);
}
