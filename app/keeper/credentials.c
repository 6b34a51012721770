/* What people prove with beside the password. Always the secret first, then its entry, then older ones are forgotten.
 */
#include "keeper/errand.h"

#include "base/diag.h"
#include "keeper/codes.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is answered once its entry is durable. */
struct renewed {
	struct keeper *keeper;
	struct ticket ticket;
	char account[ACCOUNT_SIZE];
};

static void forget_older(struct keeper *k, const char *account)
{
	struct user_info user;
	struct fault f;

	if (book_user(scribe_book(k->scribe), account, &user) == ERR_OK && media_even_person(k, &user, &f) != ERR_OK)
		diag(DIAG_WARNING, "an old secret stays behind: %s", f.text);
}

static void hear_change(void *context, const struct receipt *receipt)
{
	struct renewed *c = context;

	if (receipt != NULL)
		forget_older(c->keeper, c->account);
	answer_receipt(c->keeper, c->ticket, receipt);
	free(c);
}

/* ---- the PIN ---------------------------------------------------------------------------------------------- */

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

/* ---- codes from a telephone ---------------------------------------------------------------------------------- */

enum { RECOVERY_HEX = 2 * RECOVERY_HASH_BYTES };

static bool read_secret(struct keeper *k, const struct user_info *user, uint8_t secret[TOTP_BYTES])
{
	char hex[HEX_SIZE(TOTP_BYTES)];
	size_t len = TOTP_BYTES;
	bool is_read =
		secrets_get(k->secrets, SECRET_TOTP, user->id, user->credentials.totp, hex, sizeof hex) == ERR_OK &&
		hex_decode(secret, &len, hex, strlen(hex)) == ERR_OK && len == TOTP_BYTES;

	sodium_memzero(hex, sizeof hex);
	return is_read;
}

/* Six digits however they are grouped. */
static void plain_code(char out[8], const char *typed)
{
	size_t len = 0;

	for (; *typed != '\0' && len < 7; typed++)
		if (*typed != ' ' && *typed != '-')
			out[len++] = *typed;
	out[len] = '\0';
}

static json_t *accept_code(struct keeper *k, const struct user_info *user, const char *typed, int64_t wall_ms)
{
	uint8_t secret[TOTP_BYTES];
	uint64_t step;
	char code[8];
	bool fits;

	plain_code(code, typed);
	fits = read_secret(k, user, secret) && totp_fits(secret, code, wall_ms, user->credentials.step, &step);
	sodium_memzero(secret, sizeof secret);
	return fits ? json_pack("{s:I}", "step", (json_int_t)step) : NULL;
}

static json_t *accept_recovery(struct keeper *k, const struct user_info *user, const char *typed)
{
	char hash[HEX_SIZE(RECOVERY_HASH_BYTES)], all[SECRET_SIZE];
	int found = -1;

	if (secrets_get(k->secrets, SECRET_RECOVERY, user->id, user->credentials.totp, all, sizeof all) != ERR_OK ||
	    strlen(all) != (size_t)RECOVERY_CODES * RECOVERY_HEX)
		return NULL;
	recovery_hash(hash, typed);
	for (int i = 0; i < RECOVERY_CODES; i++)
		if ((user->credentials.used >> i & 1U) == 0 &&
		    sodium_memcmp(all + (size_t)i * RECOVERY_HEX, hash, RECOVERY_HEX) == 0)
			found = i;
	return found >= 0 ? json_pack("{s:i}", "recovery", found) : NULL;
}

json_t *credentials_accept(struct keeper *k, const struct request *r, const struct user_info *user)
{
	const char *typed = param_text(r, "code") != NULL ? param_text(r, "code") : "";
	struct moment now = moment_now();
	json_t *body = NULL;

	if (user->credentials.totp == 0)
		return json_object();
	if (now.source != WALL_UNSET)
		body = accept_code(k, user, typed, now.wall_ms);
	if (body == NULL)
		body = accept_recovery(k, user, typed);
	if (body == NULL && now.source == WALL_UNSET && k->lets_password_do) {
		diag(DIAG_WARNING, "%s logs in without a code: the clock is not set", user->id);
		body = json_pack("{s:b}", "no_clock", 1);
	}
	return body;
}

/* What a telephone takes in: the secret, and who gives it to whom. */
static json_t *secret_json(const struct user_info *user, const uint8_t secret[TOTP_BYTES])
{
	char text[BASE32_SIZE(TOTP_BYTES)];
	json_t *answer;

	base32_encode(text, secret, TOTP_BYTES);
	answer = json_pack("{s:s, s:o}", "secret", text, "uri",
			   json_sprintf("otpauth://totp/Kannuki:%s?secret=%s&issuer=Kannuki",
					user->login[0] != '\0' ? user->login : user->id, text));
	sodium_memzero(text, sizeof text);
	return answer;
}

static void begin_totp(struct keeper *k, const struct request *r, const struct session *session)
{
	struct session *own = own_session(k, r, session->token);
	struct user_info user;

	if (own == NULL || book_user(scribe_book(k->scribe), own->user, &user) != ERR_OK) {
		server_refuse(k->server, r->ticket, "login_required", NULL);
		return;
	}
	randombytes_buf(own->totp, sizeof own->totp);
	own->has_totp = true;
	server_answer(k->server, r->ticket, secret_json(&user, own->totp));
}

void credentials_totp_begin(struct keeper *k, const struct request *r, const struct session *session)
{
	accounts_prove_password(k, r, session, param_text(r, "password"), begin_totp);
}

struct handing_over {
	struct renewed renewed; /* first: it is the waiter's context */
	char codes[RECOVERY_CODES][RANDOM_PASSWORD_SIZE];
};

static void hear_totp(void *context, const struct receipt *receipt)
{
	struct handing_over *h = context;
	struct keeper *k = h->renewed.keeper;
	json_t *answer = receipt != NULL ? receipt_json(receipt) : NULL, *codes = json_array();

	for (int i = 0; i < RECOVERY_CODES; i++)
		(void)json_array_append_new(codes, json_string(h->codes[i]));
	(void)json_object_set_new(answer, "codes", codes);
	if (answer != NULL)
		forget_older(k, h->renewed.account);
	if (answer != NULL)
		server_answer(k->server, h->renewed.ticket, answer);
	else
		server_refuse(k->server, h->renewed.ticket, "not_recorded", NULL);
	sodium_memzero(h, sizeof *h);
	free(h);
}

/* The secret and the hashes of new recovery codes, durable. */
static enum err keep_totp(struct keeper *k, struct handing_over *h, uint64_t generation,
			  const uint8_t secret[TOTP_BYTES], struct fault *f)
{
	char hex[HEX_SIZE(TOTP_BYTES)], all[SECRET_SIZE] = "";
	enum err err;

	for (int i = 0; i < RECOVERY_CODES; i++) {
		password_random(h->codes[i]);
		recovery_hash(all + (size_t)i * RECOVERY_HEX, h->codes[i]);
	}
	hex_encode(hex, secret, TOTP_BYTES);
	err = secrets_put(k->secrets, SECRET_TOTP, h->renewed.account, generation, hex, f);
	if (err == ERR_OK)
		err = secrets_put(k->secrets, SECRET_RECOVERY, h->renewed.account, generation, all, f);
	sodium_memzero(hex, sizeof hex);
	return err;
}

static void record_totp(struct keeper *k, const struct request *r, struct session *own, const struct user_info *user,
			uint64_t step)
{
	uint64_t generation = user->credentials.last_totp + 1;
	struct handing_over *h = calloc(1, sizeof *h);
	json_t *body = json_pack("{s:s, s:I, s:I}", "user", user->id, "generation", (json_int_t)generation, "step",
				 (json_int_t)step);
	struct entry entry = {.who = user->id, .via = peer_via(r->peer), .kind = act_find("user.totp"), .body = body};
	struct fault f = {.err = ERR_NOMEM};

	if (h != NULL) {
		h->renewed = (struct renewed){.keeper = k, .ticket = r->ticket};
		(void)snprintf(h->renewed.account, sizeof h->renewed.account, "%s", user->id);
	}
	if (h == NULL || keep_totp(k, h, generation, own->totp, &f) != ERR_OK) {
		server_refuse(k->server, r->ticket, "not_recorded", NULL);
		free(h);
	} else if (scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_totp, h}, &f) != ERR_OK) {
		refuse_entry(k, r->ticket, &f);
		free(h);
	} else {
		sodium_memzero(own->totp, sizeof own->totp);
		own->has_totp = false;
	}
	json_decref(body);
}

void credentials_totp_confirm(struct keeper *k, const struct request *r, const struct session *session)
{
	struct session *own = own_session(k, r, session->token);
	struct moment now = moment_now();
	struct user_info user;
	uint64_t step = 0;
	char code[8];

	plain_code(code, param_text(r, "code"));
	if (own == NULL || book_user(scribe_book(k->scribe), own->user, &user) != ERR_OK)
		server_refuse(k->server, r->ticket, "login_required", NULL);
	else if (!own->has_totp)
		server_refuse(k->server, r->ticket, "wrong_state", NULL);
	else if (now.source == WALL_UNSET || !totp_fits(own->totp, code, now.wall_ms, 0, &step))
		server_refuse(k->server, r->ticket, "code_refused",
			      json_pack("{s:b}", "no_clock", now.source == WALL_UNSET));
	else
		record_totp(k, r, own, &user, step);
}

/* The telephone stays as it is: its secret goes over to the next generation, with new codes. */
static void renew_codes(struct keeper *k, const struct request *r, const struct session *session)
{
	struct session *own = own_session(k, r, session->token);
	struct user_info user;

	if (own == NULL || book_user(scribe_book(k->scribe), own->user, &user) != ERR_OK)
		server_refuse(k->server, r->ticket, "login_required", NULL);
	else if (user.credentials.totp == 0)
		server_refuse(k->server, r->ticket, "wrong_state", NULL);
	else if (!read_secret(k, &user, own->totp))
		server_refuse(k->server, r->ticket, "not_recorded", NULL);
	else
		record_totp(k, r, own, &user, user.credentials.step);
}

void credentials_totp_codes(struct keeper *k, const struct request *r, const struct session *session)
{
	accounts_prove_password(k, r, session, param_text(r, "password"), renew_codes);
}

/* ---- without them again -------------------------------------------------------------------------------------- */

/* `generation`: of what is to end; 0: there is none. */
static void end_one(struct keeper *k, const struct request *r, const struct session *session, const char *act,
		    uint64_t generation)
{
	struct renewed *c = malloc(sizeof *c);
	json_t *body = json_pack("{s:s}", "user", session->user);
	struct entry entry = {.who = session->user, .via = peer_via(r->peer), .kind = act_find(act), .body = body};
	struct fault f = {.err = ERR_NOMEM};

	if (c != NULL)
		*c = (struct renewed){.keeper = k, .ticket = r->ticket};
	if (c != NULL)
		memcpy(c->account, session->user, sizeof c->account);
	if (generation == 0) {
		server_refuse(k->server, r->ticket, "wrong_state", NULL);
		free(c);
	} else if (c == NULL || scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_change, c}, &f) != ERR_OK) {
		refuse_entry(k, r->ticket, &f);
		free(c);
	}
	json_decref(body);
}

static void end_totp(struct keeper *k, const struct request *r, const struct session *session)
{
	struct user_info user;
	bool is_known = book_user(scribe_book(k->scribe), session->user, &user) == ERR_OK;

	end_one(k, r, session, "user.totp.ended", is_known ? user.credentials.totp : 0);
}

void credentials_totp_end(struct keeper *k, const struct request *r, const struct session *session)
{
	accounts_prove_password(k, r, session, param_text(r, "password"), end_totp);
}

static void end_pin(struct keeper *k, const struct request *r, const struct session *session)
{
	struct user_info user;
	bool is_known = book_user(scribe_book(k->scribe), session->user, &user) == ERR_OK;

	end_one(k, r, session, "user.pin.ended", is_known ? user.credentials.pin : 0);
}

void credentials_pin_end(struct keeper *k, const struct request *r, const struct session *session)
{
	accounts_prove_password(k, r, session, param_text(r, "password"), end_pin);
}
