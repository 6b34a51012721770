/* The panel: its daemon comes and goes, commands go to it by push. Its events are in events.c. */
#include "keeper/keeper.h"

#include "base/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERMIT_SECONDS = 300 };

/* ---- commands ----------------------------------------------------------------------------------------- */

bool panel_is_there(const struct keeper *k)
{
	return k->panel.connection != 0 && json_is_true(json_object_get(k->panel.state, "controller_present"));
}

uint64_t panel_latch(const struct keeper *k)
{
	return (uint64_t)json_integer_value(json_object_get(k->panel.state, "latch"));
}

unsigned panel_unproven(const struct keeper *k)
{
	json_t *uplink;
	unsigned mask = 0;
	size_t i;

	json_array_foreach (json_object_get(k->panel.state, "uplinks"), i, uplink) {
		json_int_t number = json_integer_value(json_object_get(uplink, "uplink"));
		const char *state = json_string_value(json_object_get(uplink, "state")),
			   *proof = json_string_value(json_object_get(uplink, "proof"));
		bool is_bad = (state != NULL && strcmp(state, "broken") == 0) ||
			      (proof != NULL && strcmp(proof, "missing") == 0);

		if (is_bad && number >= 1 && number <= 32)
			mask |= 1U << (unsigned)(number - 1);
	}
	return mask;
}

bool panel_push_isolate(struct keeper *k, json_t *uplinks, const char *about)
{
	json_t *numbers, *id;
	size_t i;

	/* Without word from the controller the command is tried all the same: cutting is the safe side. */
	if (k->panel.connection == 0)
		return false;
	numbers = json_array();
	json_array_foreach (uplinks, i, id) {
		int index = json_is_string(id) ? book_uplink_index(scribe_book(k->scribe), json_string_value(id)) : -1;

		if (index >= 0)
			(void)json_array_append_new(numbers, json_integer(index + 1));
	}
	k->panel.isolate_command = ++k->panel.command;
	(void)snprintf(k->panel.isolate_about, sizeof k->panel.isolate_about, "%s", about);
	server_push(k->server, k->panel.connection, "panel.isolate",
		    json_pack("{s:I, s:o}", "command", (json_int_t)k->panel.command, "uplinks", numbers));
	return true;
}

static json_t *numbers_of(unsigned mask)
{
	json_t *numbers = json_array();

	for (int i = 0; i < 32; i++)
		if ((mask >> i & 1U) != 0)
			(void)json_array_append_new(numbers, json_integer(i + 1));
	return numbers;
}

void panel_push_permit(struct keeper *k, unsigned mask, uint64_t latch, const char *nonce, const char *about)
{
	k->panel.permit_command = ++k->panel.command;
	(void)snprintf(k->panel.permit_about, sizeof k->panel.permit_about, "%s", about);
	server_push(k->server, k->panel.connection, "panel.permit",
		    json_pack("{s:I, s:o, s:I, s:s, s:i}", "command", (json_int_t)k->panel.command, "uplinks",
			      numbers_of(mask), "latch", (json_int_t)latch, "nonce", nonce, "seconds", PERMIT_SECONDS));
}

void panel_push_prove(struct keeper *k, unsigned mask)
{
	k->panel.prove_command = ++k->panel.command;
	server_push(k->server, k->panel.connection, "panel.prove",
		    json_pack("{s:I, s:o}", "command", (json_int_t)k->panel.command, "uplinks", numbers_of(mask)));
}

void panel_push_absence(struct keeper *k, uint64_t seconds)
{
	server_push(k->server, k->panel.connection, "panel.absence",
		    json_pack("{s:I, s:I}", "command", (json_int_t)++k->panel.command, "seconds", (json_int_t)seconds));
}

void panel_push_lamps(struct keeper *k)
{
	bool incident = book_has_open_case(scribe_book(k->scribe)),
	     maintenance = book_in_maintenance(scribe_book(k->scribe)),
	     drill = maintenance || book_has_open_drill(scribe_book(k->scribe)),
	     fault = !scribe_is_well(k->scribe) || media_are_fewer(k) || media_room(k) >= SPACE_NO_FILES ||
		     incarnation_needs_care(k) || seen_needs_care(k) || scribe_recall(k->scribe)->is_flooded ||
		     book_envelope_is_open(scribe_book(k->scribe));
	int lamps = (incident ? 1 : 0) | (fault ? 2 : 0) | (drill ? 4 : 0) | (maintenance ? 8 : 0);

	if (k->panel.connection == 0 || k->panel.lamps == lamps)
		return;
	k->panel.lamps = lamps;
	server_push(k->server, k->panel.connection, "panel.lamps",
		    json_pack("{s:b, s:b, s:b, s:b}", "incident", (int)incident, "drill", (int)drill, "fault",
			      (int)fault, "maintenance", (int)maintenance));
}

/* ---- the daemon comes and goes -------------------------------------------------------------------------- */

/* For a panel without memory of its own: what it may connect when it starts. */
static json_t *connected_uplinks(const struct keeper *k)
{
	const struct book *book = scribe_book(k->scribe);
	json_t *numbers = json_array();

	for (size_t i = 0; book_uplink_id(book, i) != NULL; i++)
		if (book_uplink_is_connected(book, i))
			(void)json_array_append_new(numbers, json_integer((json_int_t)i + 1));
	return json_pack("{s:o}", "connected", numbers);
}

void panel_hello(struct keeper *k, const struct request *r, const struct session *session)
{
	bool is_new = k->panel.connection != r->ticket.connection;

	(void)session;
	if (!peers_speak_ours(k, r))
		return;
	k->panel.connection = r->ticket.connection;
	k->panel.lamps = -1;
	if (is_new) {
		json_decref(k->panel.state);
		k->panel.state = NULL;
		seen_forget(k);
		sealing_forget(k);
		diag(DIAG_NOTICE, "panel: controller %s, journal %s, firmware %s", param_text(r, "controller"),
		     param_text(r, "journal"), param_text(r, "firmware"));
	}
	server_answer(k->server, r->ticket, connected_uplinks(k));
	panel_push_lamps(k);
	/* Whether a permit that was given before this connection has arrived cannot be known: it is withdrawn. */
	if (is_new && scribe_recall(k->scribe)->permit_is_open)
		server_push(k->server, k->panel.connection, "panel.void",
			    json_pack("{s:I}", "command", (json_int_t)++k->panel.command));
}

void panel_gone(struct keeper *k, uint64_t connection)
{
	if (k->panel.connection != connection)
		return;
	diag(DIAG_WARNING, "panel: the daemon has gone; the controller goes on by itself");
	k->panel.connection = 0;
	json_decref(k->panel.state);
	k->panel.state = NULL;
	seen_forget(k);
	sealing_forget(k);
}

void panel_state(struct keeper *k, const struct request *r, const struct session *session)
{
	(void)session;
	if (k->panel.connection == r->ticket.connection) {
		json_decref(k->panel.state);
		k->panel.state = json_incref(r->params);
		seen_jumper(k, json_object_get(r->params, "faults"));
	}
	server_answer(k->server, r->ticket, NULL);
}

json_t *panel_summary(const struct keeper *k)
{
	static const char *const kept[] = {"uplinks", "faults", "key", "latch"};
	json_t *summary = json_pack("{s:b, s:b}", "daemon", (int)(k->panel.connection != 0), "controller",
				    (int)panel_is_there(k));

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (json_object_get(k->panel.state, kept[i]) != NULL)
			(void)json_object_set(summary, kept[i], json_object_get(k->panel.state, kept[i]));
	if (scribe_recall(k->scribe)->is_flooded)
		(void)json_object_set_new(summary, "flooded", json_true());
	if (k->seen.is_known)
		(void)json_object_set_new(summary, "seen", seen_json(k));
	return summary;
}

/* ---- outcomes ---------------------------------------------------------------------------------------------- */

/* `why`: the panel's own word, when it refused; or NULL. */
static void note_expired(struct keeper *k, const char *about, const char *cause, const char *why)
{
	json_t *body = json_pack("{s:s, s:s*}", "cause", cause, "why", why);
	struct entry entry = {
		.who = "system", .via = "keeper", .kind = act_find("restore.expired"), .about = about, .body = body};

	scribe_note(k->scribe, &entry);
	json_decref(body);
}

void panel_permit_lapsed(struct keeper *k, const char *cause)
{
	note_expired(k, scribe_recall(k->scribe)->permit_about, cause, NULL);
}

static void note_not_cut(struct keeper *k)
{
	json_t *body = json_pack("{s:s}", "kind", "isolate_failed");
	struct entry entry = {.who = "system",
			      .via = "keeper",
			      .kind = act_find("panel.noted"),
			      .about = k->panel.isolate_about,
			      .body = body};

	scribe_note(k->scribe, &entry);
	json_decref(body);
}

/* All that were to be tested and were not. */
static void note_untested(struct keeper *k, const char *why)
{
	json_t *body = json_pack("{s:s, s:s}", "result", "refused", "why", why);
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("uplink.tested"), .body = body};

	scribe_note(k->scribe, &entry);
	json_decref(body);
}

void panel_done(struct keeper *k, const struct request *r, const struct session *session)
{
	const char *detail = param_text(r, "detail");
	uint64_t command = param_count(r, "command");

	(void)session;
	server_answer(k->server, r->ticket, NULL);
	seen_done(k, command, json_is_true(json_object_get(r->params, "ok")), detail);
	sealing_done(k, command, json_is_true(json_object_get(r->params, "ok")), detail);
	if (json_is_true(json_object_get(r->params, "ok")))
		return;
	diag(DIAG_WARNING, "panel: command %" PRIu64 " was not carried out: %s", command,
	     detail != NULL ? detail : "no reason given");
	if (command == k->panel.permit_command && scribe_recall(k->scribe)->permit_is_open)
		note_expired(k, k->panel.permit_about, "refused", detail);
	if (command == k->panel.isolate_command)
		note_not_cut(k);
	if (command == k->panel.prove_command)
		note_untested(k, detail != NULL ? detail : "no_answer");
}
