/* What two people agreed on about people. First passwords are made and hashed beside the loop, one after the other;
 * then the agreement and each change of it become entries of one commit. Until then nothing has happened.
 *
 * A first password is in the answer to who approved, and nowhere else. A retry of the approval cannot show it again.
 */
#include "keeper/keeper.h"

#include "base/diag.h"
#include "keeper/codes.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct agreement {
	struct request request; /* params is a reference of our own; its ticket is that of the last who asked */
	char token[TOKEN_SIZE];
	json_t *changes;   /* as book_changes makes them */
	json_t *passwords; /* [{"user","name","login","password"}] */
	size_t next;       /* change that is looked at next */
};

struct hashing {
	struct password_job job; /* first: the worker hands back a pointer to it */
	struct keeper *keeper;
};

static void end_agreement(struct keeper *k)
{
	struct agreement *a = k->agreement;

	k->agreement = NULL;
	json_decref(a->request.params);
	json_decref(a->changes);
	json_decref(a->passwords);
	free(a);
}

static void refuse(struct keeper *k, const char *code, json_t *args)
{
	server_refuse(k->server, k->agreement->request.ticket, code, args);
	end_agreement(k);
}

/* ---- the entries ---- */

struct news {
	struct keeper *keeper;
	struct ticket ticket;
	json_t *passwords, *changes;
};

/* What nobody can log in with any more. */
static void forget_old(struct keeper *k, json_t *changes)
{
	json_t *change;
	size_t i;

	json_array_foreach (changes, i, change) {
		const char *id = json_string_value(json_object_get(json_object_get(change, "body"), "user"));
		const char *act = json_string_value(json_object_get(change, "act"));
		struct user_info user;
		struct fault f;
		enum err err = book_user(scribe_book(k->scribe), id, &user);

		if (err == ERR_OK)
			err = media_even_person(k, &user, &f);
		if (err == ERR_OK && strcmp(act, "user.ended") == 0)
			err = secrets_forget_before(k->secrets, SECRET_PASSWORD, id, INT64_MAX, &f);
		if (err != ERR_OK)
			diag(DIAG_WARNING, "an old secret stays behind: %s", f.text);
	}
}

static void drop_news(struct news *n)
{
	if (n == NULL)
		return;
	json_decref(n->passwords);
	json_decref(n->changes);
	free(n);
}

static void hear_agreement(void *context, const struct receipt *receipt)
{
	struct news *n = context;
	json_t *answer = receipt != NULL ? receipt_json(receipt) : NULL;

	if (answer != NULL) {
		forget_old(n->keeper, n->changes);
		(void)json_object_set(answer, "passwords", n->passwords);
		server_answer(n->keeper->server, n->ticket, answer);
	} else {
		server_refuse(n->keeper->server, n->ticket, "not_recorded", NULL);
	}
	drop_news(n);
}

static void fill(struct entry *entry, const char *who, const char *via, const json_t *change)
{
	json_t *person = json_object_get(change, "person");

	*entry = (struct entry){.who = who,
				.via = via,
				.kind = act_find(json_string_value(json_object_get(change, "act"))),
				.body = json_object_get(change, "body"),
				.person = json_is_object(person) ? person : NULL};
}

/* The agreement first, so that who reads the record knows what follows from what. */
static enum err record_all(struct keeper *k, const struct entry *approved, struct fault *f)
{
	struct agreement *a = k->agreement;
	size_t count = json_array_size(a->changes);
	struct entry *entries = calloc(count + 1, sizeof *entries);
	struct news *n = calloc(1, sizeof *n);
	enum err err;

	if (entries == NULL || n == NULL) {
		free(entries);
		free(n);
		return fault_set(f, ERR_NOMEM, "out of memory");
	}
	entries[0] = *approved;
	for (size_t i = 0; i < count; i++)
		fill(&entries[i + 1], approved->who, "keeper", json_array_get(a->changes, i));
	*n = (struct news){.keeper = k,
			   .ticket = a->request.ticket,
			   .passwords = json_incref(a->passwords),
			   .changes = json_incref(a->changes)};
	err = scribe_record_all(k->scribe, entries, count + 1, SOON, (struct waiter){hear_agreement, n}, f);
	if (err != ERR_OK)
		drop_news(n);
	free(entries);
	return err;
}

/* A medium that was taken in again meanwhile may have dropped what belongs to no account yet. */
static bool has_hashes(struct keeper *k)
{
	char hash[SECRET_HASH_SIZE];
	bool has = true;
	json_t *change;
	size_t i;

	json_array_foreach (k->agreement->changes, i, change) {
		const char *user = json_string_value(json_object_get(change, "user"));
		json_int_t generation = json_integer_value(json_object_get(change, "generation"));

		has = has && (user == NULL || secrets_get(k->secrets, SECRET_PASSWORD, user, (uint64_t)generation, hash,
							  sizeof hash) == ERR_OK);
	}
	sodium_memzero(hash, sizeof hash);
	return has;
}

/* Everything is ready; but much may have happened meanwhile. */
static void conclude(struct keeper *k)
{
	struct agreement *a = k->agreement;
	const struct request *r = &a->request;
	const struct session *session = sessions_find(&k->sessions, a->token, r->peer, r->uid, moment_now().boot_ns);
	struct fault f = {.err = ERR_IO, .text = "a first password was lost"};
	struct refusal refusal = {NULL, NULL};
	struct act_request act;
	const char *field;
	struct wish wish;
	char idem[DEED_KEY_SIZE];
	struct entry approved;
	enum err err;

	if (session == NULL || act_request_read(r->params, &act, &field, &f) != ERR_OK) {
		refuse(k, "login_required", NULL);
		return;
	}
	wish = (struct wish){.who = session->user, .kind = act.kind, .body = act.body};
	err = book_permit(scribe_book(k->scribe), &wish, moment_now(), param_lang(r), &refusal);
	if (err != ERR_OK) {
		refuse(k, err == ERR_DENIED ? refusal.code : "busy", err == ERR_DENIED ? refusal.args : NULL);
		return;
	}
	deed_key(idem, act.idem);
	approved = (struct entry){
		.who = session->user, .via = peer_via(r->peer), .kind = act.kind, .idem = idem, .body = act.body};
	if (!has_hashes(k) || record_all(k, &approved, &f) != ERR_OK)
		refuse_entry(k, r->ticket, &f);
	end_agreement(k);
}

/* ---- the passwords ---- */

static void next_password(struct keeper *k);

/* The person of a change, or of the account as it is. */
static json_t *shown_password(const struct keeper *k, json_t *change, const char *password)
{
	const char *id = json_string_value(json_object_get(change, "user"));
	json_t *person = json_object_get(change, "person");
	struct user_info info = {.name = "", .login = ""};

	if (json_is_object(person))
		info = (struct user_info){.name = json_string_value(json_object_get(person, "name")),
					  .login = json_string_value(json_object_get(person, "login"))};
	else if (book_user(scribe_book(k->scribe), id, &info) != ERR_OK)
		return NULL;
	return json_pack("{s:s, s:s?, s:s?, s:s}", "user", id, "name", info.name, "login", info.login, "password",
			 password);
}

static void on_hashed(void *context, struct password_job *job)
{
	struct hashing *h = context;
	struct keeper *k = h->keeper;
	json_t *change;
	struct fault f;

	if (k->agreement == NULL) {
		free(job);
		return;
	}
	change = json_array_get(k->agreement->changes, k->agreement->next++);
	if (job->result != ERR_OK ||
	    secrets_put(k->secrets, SECRET_PASSWORD, json_string_value(json_object_get(change, "user")),
			(uint64_t)json_integer_value(json_object_get(change, "generation")), job->hash, &f) != ERR_OK)
		refuse(k, job->result != ERR_OK ? "busy" : "not_recorded", NULL);
	else
		next_password(k);
	sodium_memzero(job->hash, sizeof job->hash);
	free(job);
}

/* False: there is no memory, or too much to do. */
static bool begin_password(struct keeper *k, json_t *change)
{
	struct hashing *h = calloc(1, sizeof *h);
	char password[RANDOM_PASSWORD_SIZE];
	bool good;

	if (h == NULL)
		return false;
	password_random(password);
	h->keeper = k;
	h->job = (struct password_job){.work = PASSWORD_MAKE, .done = on_hashed, .context = h};
	(void)snprintf(h->job.password, sizeof h->job.password, "%s", password);
	good = json_array_append_new(k->agreement->passwords, shown_password(k, change, password)) == 0 &&
	       worker_take(k->worker, &h->job) == ERR_OK;
	sodium_memzero(password, sizeof password);
	if (!good) {
		sodium_memzero(h, sizeof *h);
		free(h);
	}
	return good;
}

static void next_password(struct keeper *k)
{
	struct agreement *a = k->agreement;

	while (a->next < json_array_size(a->changes)) {
		json_t *change = json_array_get(a->changes, a->next);

		if (json_object_get(change, "user") == NULL) {
			a->next++;
			continue;
		}
		if (!begin_password(k, change))
			refuse(k, "busy", NULL);
		return;
	}
	conclude(k);
}

/* ---- asking ---- */

/* The same approval again, sent by a front end that got no answer: the answer goes to the newer question. */
static bool is_same(const struct agreement *a, const struct request *r)
{
	return strcmp(param_text(&a->request, "idem"), param_text(r, "idem")) == 0 &&
	       strcmp(param_text(&a->request, "session"), param_text(r, "session")) == 0;
}

void people_approve(struct keeper *k, const struct request *r, const struct session *session, uint64_t number)
{
	struct agreement *a;

	if (k->agreement != NULL) {
		if (is_same(k->agreement, r))
			k->agreement->request.ticket = r->ticket;
		else
			server_refuse(k->server, r->ticket, "busy", NULL);
		return;
	}
	a = calloc(1, sizeof *a);
	if (a == NULL || book_changes(scribe_book(k->scribe), number, session->user, &a->changes) != ERR_OK) {
		free(a);
		server_refuse(k->server, r->ticket, "busy", NULL);
		return;
	}
	a->request = *r;
	json_incref(a->request.params);
	memcpy(a->token, session->token, sizeof a->token);
	a->passwords = json_array();
	k->agreement = a;
	next_password(k);
}

void people_end(struct keeper *k)
{
	if (k->agreement != NULL)
		end_agreement(k);
}
