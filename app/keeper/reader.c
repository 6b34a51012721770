/* What people look at: greeting and pictures of the state. */
#include "keeper/keeper.h"

#include "procedure/view.h"

#include <stdio.h>
#include <string.h>

void reader_hello(struct keeper *k, const struct request *r, const struct session *session)
{
	const struct recall *recall = scribe_recall(k->scribe);
	struct ledger *ledger = scribe_ledger(k->scribe);
	struct checkpoint_info head = ledger_head(ledger);
	char wall[WALL_TEXT_SIZE], code[10];

	(void)session;
	if (!peers_speak_ours(k, r))
		return;
	wall_format(wall, moment_now().wall_ms);
	checkpoint_short_code(code, head.root);
	server_answer(k->server, r->ticket,
		      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b, s:b, s:b, s:b, s:b, s:o}",
				"organisation", recall->organisation, "version", KANNUKI_VERSION, "protocol",
				PROTOCOL_TEXT, "origin", ledger_origin(ledger), "genesis", ledger_genesis_code(ledger),
				"pack", recall->pack, "time", wall, "entries", (json_int_t)head.size, "code", code,
				"recording", (int)scribe_is_well(k->scribe), "panel", (int)panel_is_there(k), "codes",
				(int)book_has_totp(scribe_book(k->scribe)), "envelope",
				(int)book_envelope_is_open(scribe_book(k->scribe)), "call_sheet",
				(int)k->shows_call_sheet, "media", media_summary(k)));
}

/* Who looked at a restricted case is recorded, once until he looks at another one. */
static void note_look(struct keeper *k, const struct request *r, const struct session *session, const char *about)
{
	struct session *own = sessions_find(&k->sessions, session->token, r->peer, r->uid, moment_now().boot_ns);
	struct entry entry = {
		.who = session->user, .via = peer_via(r->peer), .kind = act_find("incident.looked"), .about = about};

	if (own == NULL || !book_is_restricted(scribe_book(k->scribe), about) || strcmp(own->looked, about) == 0)
		return;
	(void)snprintf(own->looked, sizeof own->looked, "%s", about);
	scribe_note(k->scribe, &entry);
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
	enum err err;

	if (strcmp(request.what, "call_sheet") == 0)
		directory_show(k, &request);
	err = view(scribe_book(k->scribe), &request, &picture, &refusal);

	/* The book knows nothing of what it is written on. */
	if (err == ERR_OK && strcmp(request.what, "now") == 0)
		(void)json_object_set_new(picture, "media", media_summary(k));
	if (err == ERR_OK && request.about != NULL)
		note_look(k, r, session, request.about);
	if (err == ERR_OK)
		server_answer(k->server, r->ticket, picture);
	else if (err == ERR_DENIED)
		server_refuse(k->server, r->ticket, refusal.code, refusal.args);
	else
		server_refuse(k->server, r->ticket, "busy", NULL);
}

/* For the duty room at night. It says nothing of a case but its number and who was called. */
void reader_call_sheet(struct keeper *k, const struct request *r, const struct session *session)
{
	struct view_request request = {
		.what = "call_sheet", .cursor = param_count(r, "cursor"), .lang = param_lang(r), .now = moment_now()};
	json_t *picture = NULL;

	(void)session;
	if (!k->shows_call_sheet) {
		server_refuse(k->server, r->ticket, "login_required", NULL);
		return;
	}
	directory_show(k, &request);
	if (view_open_call_sheet(scribe_book(k->scribe), &request, &picture) == ERR_OK)
		server_answer(k->server, r->ticket, picture);
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
