/* Acts of people: shape, retry, password, rules, and then doctrine 1: cut first and record, record first and connect.
 */
#include "keeper/intake.h"

#include "base/bytes.h"
#include "ledger/hash.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct deed {
	struct act_request act;
	struct wish wish;
	json_t *no_body; /* stands in for an absent body */
	char opens[24];  /* the case that this act opens */
};

enum { KEY_BYTES = 16 };
_Static_assert(HEX_SIZE(KEY_BYTES) == DEED_KEY_SIZE, "the key in hex");

void deed_key(char out[DEED_KEY_SIZE], const char *idem)
{
	uint8_t hash[HASH_SIZE];
	char text[64];

	(void)snprintf(text, sizeof text, "act %.32s", idem);
	hash_bytes(hash, text, strlen(text));
	hex_encode(out, hash, KEY_BYTES);
}

/* What follows once an act is durable. */
struct sequel {
	struct keeper *keeper;
	struct ticket ticket;
	unsigned permit;  /* mask of uplinks; 0: this act permits nothing */
	unsigned prove;   /* mask of uplinks to be tested */
	uint64_t absence; /* seconds */
	uint64_t latch;
	char nonce[9];
};

static void hear_act(void *context, const struct receipt *receipt)
{
	struct sequel *s = context;

	if (receipt != NULL && s->permit != 0)
		panel_push_permit(s->keeper, s->permit, s->latch, s->nonce, receipt->about);
	if (receipt != NULL && s->prove != 0)
		panel_push_prove(s->keeper, s->prove);
	if (receipt != NULL && s->absence != 0)
		panel_push_absence(s->keeper, s->absence);
	answer_receipt(s->keeper, s->ticket, receipt);
	free(s);
}

static void refuse_word(struct keeper *k, const struct request *r, const char *code, const char *key, const char *word)
{
	server_refuse(k->server, r->ticket, code, json_pack("{s:s}", key, word));
}

/* The latch number and a nonce make the permit good for this trip and once only. */
static bool prepare_permit(struct keeper *k, const struct deed *d, struct sequel *s, json_t *body)
{
	uint64_t request = (uint64_t)json_integer_value(json_object_get(body, "request"));
	unsigned char nonce[4];

	do
		randombytes_buf(nonce, sizeof nonce);
	while (sodium_is_zero(nonce, sizeof nonce));
	hex_encode(s->nonce, nonce, sizeof nonce);
	s->latch = panel_latch(k);
	s->permit = book_restore_uplinks(scribe_book(k->scribe), d->act.about, request);
	return s->permit != 0 && json_object_set_new(body, "latch", json_integer((json_int_t)s->latch)) == 0 &&
	       json_object_set_new(body, "nonce", json_string(s->nonce)) == 0;
}

static unsigned uplinks_of(const struct keeper *k, const json_t *body)
{
	unsigned mask = 0;
	json_t *id;
	size_t i;

	json_array_foreach (json_object_get(body, "uplinks"), i, id) {
		int index = book_uplink_index(scribe_book(k->scribe), json_string_value(id));

		mask |= index >= 0 ? 1U << (unsigned)index : 0;
	}
	return mask;
}

static bool is_act(const struct deed *d, const char *name)
{
	return strcmp(d->act.kind->name, name) == 0;
}

static void record_deed(struct keeper *k, const struct request *r, const struct session *session, struct deed *d)
{
	bool is_permit = is_act(d, "restore.permitted"), is_cut = is_act(d, "uplink.isolate");
	struct sequel *s = calloc(1, sizeof *s);
	json_t *body = book_complete(scribe_book(k->scribe), &d->wish, moment_now());
	char idem[DEED_KEY_SIZE];
	struct entry entry = {.who = session->user,
			      .via = peer_via(r->peer),
			      .kind = d->act.kind,
			      .about = d->act.about != NULL  ? d->act.about
				       : d->opens[0] != '\0' ? d->opens
							     : NULL,
			      .idem = idem,
			      .body = body,
			      .text = d->act.text,
			      .person = d->act.person,
			      .files = d->wish.files};
	struct fault f = {.err = ERR_NOMEM, .text = "out of memory"};

	deed_key(idem, d->act.idem);
	/* Which trip the request is about, only the panel knows. */
	if (is_act(d, "restore.requested"))
		(void)json_object_set_new(body, "latch", json_integer((json_int_t)d->wish.latch));
	if (s == NULL || body == NULL) {
		refuse_entry(k, r->ticket, &f);
	} else if (is_permit && !prepare_permit(k, d, s, body)) {
		server_refuse(k->server, r->ticket, "wrong_state", NULL);
	} else {
		s->keeper = k;
		s->ticket = r->ticket;
		s->prove = is_act(d, "uplink.prove") ? uplinks_of(k, body) : 0;
		s->absence = is_act(d, "absence.announced")
				     ? (uint64_t)json_integer_value(json_object_get(body, "seconds"))
				     : 0;
		if (scribe_record(k->scribe, &entry, is_cut ? AT_ONCE : SOON, (struct waiter){hear_act, s}, &f) ==
		    ERR_OK)
			s = NULL;
		else
			refuse_entry(k, r->ticket, &f);
	}
	free(s);
	json_decref(body);
}

/* False: refused, answered. */
static bool is_permitted(struct keeper *k, const struct request *r, const struct deed *d, struct moment now)
{
	struct refusal refusal = {NULL, NULL};
	enum err err = book_permit(scribe_book(k->scribe), &d->wish, now, param_lang(r), &refusal);

	if (err == ERR_DENIED)
		server_refuse(k->server, r->ticket, refusal.code, refusal.args);
	else if (err != ERR_OK)
		server_refuse(k->server, r->ticket, "busy", NULL);
	return err == ERR_OK;
}

/* True when this very act was recorded before, or cannot be for that reason; answered then. */
static bool is_retry(struct keeper *k, const struct request *r, const struct session *session,
		     const struct act_request *act)
{
	struct waiter waiter = receipt_waiter(k, r->ticket);
	char idem[DEED_KEY_SIZE];
	enum err err;

	deed_key(idem, act->idem);
	err = waiter.hear == NULL ? ERR_NOMEM : scribe_repeat(k->scribe, idem, session->user, act->kind->name, waiter);
	if (err == ERR_OK)
		return true;
	free(waiter.context);
	if (err == ERR_MISSING)
		return false;
	server_refuse(k->server, r->ticket, err == ERR_EXISTS ? "conflict" : "busy", NULL);
	return true;
}

/* Recorded first: what nobody is there to carry out must not be recorded as ordered. */
static bool needs_panel(const struct deed *d)
{
	return is_act(d, "restore.permitted") || is_act(d, "uplink.prove") || is_act(d, "absence.announced");
}

/* The number of a restricted case is of no series that others could count: 2026-r5f3a9c. */
static void number_case(const struct keeper *k, struct deed *d, struct moment now)
{
	const struct book *book = scribe_book(k->scribe);
	char next[16], dice[HEX_SIZE(3)];
	unsigned char bytes[3];

	book_next_case(book, now, next);
	(void)snprintf(d->opens, sizeof d->opens, "%s", next);
	if (json_object_get(d->wish.body, "readers") == NULL)
		return;
	do {
		randombytes_buf(bytes, sizeof bytes);
		hex_encode(dice, bytes, sizeof bytes);
		(void)snprintf(d->opens, sizeof d->opens, "%.4s-r%s", next, dice);
	} while (book_is_restricted(book, d->opens));
}

static void wish_for(const struct keeper *k, const struct session *session, struct deed *d, json_t *files)
{
	d->no_body = json_object();
	d->wish = (struct wish){.who = session->user,
				.kind = d->act.kind,
				.about = d->act.about,
				.body = d->act.body != NULL ? d->act.body : d->no_body,
				.text = d->act.text,
				.person = d->act.person,
				.files = files,
				.latch = panel_latch(k),
				.unproven = panel_unproven(k)};
}

static void do_deed_with(struct keeper *k, const struct request *r, const struct session *session, json_t *files)
{
	struct moment now = moment_now();
	const char *field = NULL;
	struct deed d = {.opens = ""};

	/* While the password was being checked the same act may have been recorded by a retry. */
	if (act_request_read(r->params, &d.act, &field, NULL) != ERR_OK || is_retry(k, r, session, &d.act))
		return;
	wish_for(k, session, &d, files);
	if (is_permitted(k, r, &d, now)) {
		if ((d.act.kind->flags & ACT_OPENS_CASE) != 0)
			number_case(k, &d, now);
		if (needs_panel(&d) && !panel_is_there(k))
			server_refuse(k->server, r->ticket, "panel_absent", NULL);
		else if (is_act(&d, "uplink.isolate") &&
			 !panel_push_isolate(k, json_object_get(d.wish.body, "uplinks"), d.act.about))
			server_refuse(k->server, r->ticket, "panel_absent", NULL);
		else if (is_act(&d, "people.approved"))
			people_approve(k, r, session,
				       (uint64_t)json_integer_value(json_object_get(d.wish.body, "request")));
		else
			record_deed(k, r, session, &d);
	}
	json_decref(d.no_body);
}

static void do_deed(struct keeper *k, const struct request *r, const struct session *session)
{
	do_deed_with(k, r, session, NULL);
}

/* Nobody fills the media with what will not be recorded: asked before, and again when the files are stored. */
static void take_files(struct keeper *k, const struct request *r, const struct session *session,
		       const struct act_request *act)
{
	struct deed d = {.act = *act, .opens = ""};

	if (is_retry(k, r, session, act))
		return;
	wish_for(k, session, &d, act->files);
	if (is_permitted(k, r, &d, moment_now()))
		intake_begin(k, r, session, act->files, do_deed_with);
	json_decref(d.no_body);
}

/* Why not is said before anybody types a password for nothing. */
static void ask_for_proof(struct keeper *k, const struct request *r, const struct session *session,
			  const struct act_request *act)
{
	struct deed d = {.act = *act, .opens = ""};

	wish_for(k, session, &d, NULL);
	if (is_permitted(k, r, &d, moment_now()))
		refuse_word(k, r, "proof_required", "act", act->kind->name);
	json_decref(d.no_body);
}

void deeds_act(struct keeper *k, const struct request *r, const struct session *session)
{
	struct act_request act;
	const char *field = NULL;
	struct fault f;

	if (act_request_read(r->params, &act, &field, &f) != ERR_OK) {
		server_refuse(k->server, r->ticket, "invalid", json_pack("{s:s, s:s}", "field", field, "why", f.text));
		return;
	}
	if (json_array_size(act.files) > 0)
		take_files(k, r, session, &act);
	else if ((act.kind->flags & ACT_NEEDS_PROOF) == 0)
		do_deed(k, r, session);
	else if (is_retry(k, r, session, &act))
		return;
	else if (act.proof == NULL)
		ask_for_proof(k, r, session, &act);
	else
		accounts_prove(k, r, session, act.proof, do_deed);
}
