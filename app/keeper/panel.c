/* The panel: events of the controller become entries; commands go to it by push. */
#include "keeper/keeper.h"

#include "base/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t minute_ns = INT64_C(60) * 1000000000;
enum { JOIN_MINUTES = 10, PERMIT_SECONDS = 300 };

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
		     incarnation_needs_care(k) || seen_needs_care(k) || book_envelope_is_open(scribe_book(k->scribe));
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
	if (k->seen.is_known)
		(void)json_object_set_new(summary, "seen", seen_json(k));
	return summary;
}

/* ---- events --------------------------------------------------------------------------------------------- */

enum joining { NO_CASE, JOINS, JOINS_PERMIT, JOINS_OR_OPENS, OPENS };

/* How each event of board/map.h is recorded; one that is not here becomes panel.noted under its own name. */
static const struct event_cell {
	const char *event;
	const char *act;
	const char *key, *word; /* a coded fact: button or cause */
	const char *arg;        /* what the event's argument is called; NULL: not kept */
	enum joining joining;
} cells[] = {
	{"started", "panel.started", NULL, NULL, "cause", NO_CASE},
	{"declare_pressed", "panel.pressed", "button", "declare", NULL, OPENS},
	{"isolate_pressed", "panel.pressed", "button", "isolate", NULL, JOINS_OR_OPENS},
	{"uplink_pressed", "panel.pressed", "button", "isolate_uplink", NULL, JOINS_OR_OPENS},
	{"cut_button", "uplink.cut", "cause", "button", "edge_to_coil_us", JOINS},
	{"cut_command", "uplink.cut", "cause", "command", "edge_to_coil_us", JOINS},
	{"cut_host_lost", "uplink.cut", "cause", "host_lost", NULL, JOINS},
	{"cut_at_start", "uplink.cut", "cause", "at_start", NULL, JOINS},
	{"cut_supply", "uplink.cut", "cause", "supply", NULL, JOINS},
	{"proven", "uplink.proven", NULL, NULL, "edge_to_contact_us", JOINS},
	{"unproven", "uplink.unproven", NULL, NULL, NULL, JOINS},
	{"restored", "uplink.restored", NULL, NULL, NULL, JOINS_PERMIT},
	{"restore_failed", "restore.expired", "cause", "contact_closed", NULL, JOINS_PERMIT},
	{"permit_expired", "restore.expired", "cause", "expired", NULL, JOINS_PERMIT},
	{"permit_voided_trip", "restore.expired", "cause", "newer_trip", NULL, JOINS_PERMIT},
	{"permit_voided_command", "restore.expired", "cause", "withdrawn", NULL, JOINS_PERMIT},
	{"proof_good", "uplink.tested", "result", "good", "coil_to_contact_us", NO_CASE},
	{"proof_bad", "uplink.tested", "result", "bad", NULL, NO_CASE},
};

static const struct event_cell *cell_of(const char *event)
{
	static const struct event_cell other = {NULL, "panel.noted", NULL, NULL, "arg", NO_CASE};

	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
		if (strcmp(cells[i].event, event) == 0)
			return &cells[i];
	return &other;
}

static void add_uplink(struct keeper *k, json_t *body, uint64_t number)
{
	const char *id = number > 0 ? book_uplink_id(scribe_book(k->scribe), number - 1) : NULL;
	char unnamed[24];

	if (number == 0)
		return;
	(void)snprintf(unnamed, sizeof unnamed, "%" PRIu64, number);
	(void)json_object_set_new(body, "uplink", json_string(id != NULL ? id : unnamed));
}

static json_t *event_body(struct keeper *k, const struct request *r, const struct event_cell *cell)
{
	static const char *const kept[] = {"number", "age_ms", "times", "last_age_ms"};
	json_t *body = json_object();

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (json_object_get(r->params, kept[i]) != NULL)
			(void)json_object_set(body, kept[i], json_object_get(r->params, kept[i]));
	if (cell->event == NULL)
		(void)json_object_set(body, "kind", json_object_get(r->params, "kind"));
	if (cell->key != NULL)
		(void)json_object_set_new(body, cell->key, json_string(cell->word));
	if (cell->arg != NULL && json_object_get(r->params, "arg") != NULL)
		(void)json_object_set(body, cell->arg, json_object_get(r->params, "arg"));
	if (cell->event != NULL && strcmp(cell->event, "proof_bad") == 0)
		(void)json_object_set_new(body, "why", json_string(param_count(r, "arg") == 0 ? "close" : "open"));
	if (strcmp(cell->act, "uplink.restored") == 0 && json_is_true(json_object_get(r->params, "unproven")))
		(void)json_object_set_new(body, "unproven", json_true());
	add_uplink(k, body, param_count(r, "uplink"));
	return body;
}

/* DECLARE pressed again in the same minutes, or after ISOLATE, means the same case. */
static bool is_same_alarm(const struct keeper *k, const char *newest, int64_t now_ns)
{
	return newest != NULL && strcmp(newest, k->panel.pressed_case) == 0 &&
	       now_ns - k->panel.pressed_ns < JOIN_MINUTES * minute_ns;
}

/* An event that happened before maintenance began or after its time is meant, and so may be one whose age is not known.
   A permit and a command know their case. */
static bool is_of_maintenance(const struct keeper *k, const struct request *r, const struct event_cell *cell,
			      struct moment now)
{
	const struct recall *recall = scribe_recall(k->scribe);
	json_t *age = json_object_get(r->params, "age_ms");
	int64_t since_ms = recall_age_ms(recall, recall->maintenance_boot, &recall->maintenance_begun, &now);

	return recall->is_in_maintenance && cell->joining != NO_CASE && cell->joining != JOINS_PERMIT &&
	       strcmp(cell->event, "cut_command") != 0 && json_is_integer(age) && json_integer_value(age) <= since_ms &&
	       (since_ms - json_integer_value(age)) / 1000 < recall->maintenance_s;
}

/* Which case the event belongs to; "-": none. True when it opens it. */
static bool choose_case(struct keeper *k, enum joining joining, struct moment now, char out[65])
{
	const struct recall *recall = scribe_recall(k->scribe);
	const char *newest = book_newest_open_case(scribe_book(k->scribe));
	bool opens = (joining == OPENS && !is_same_alarm(k, newest, now.boot_ns)) ||
		     (joining == JOINS_OR_OPENS && newest == NULL);

	(void)snprintf(out, 65, "-");
	if (joining == NO_CASE)
		return false;
	if (opens)
		book_next_case(scribe_book(k->scribe), now, out);
	else if (joining == JOINS_PERMIT && recall->permit_is_open)
		(void)snprintf(out, 65, "%s", recall->permit_about);
	else if (newest != NULL)
		(void)snprintf(out, 65, "%s", newest);
	return opens;
}

static void remember_press(struct keeper *k, const char *about, int64_t now_ns)
{
	k->panel.pressed_ns = now_ns;
	(void)snprintf(k->panel.pressed_case, sizeof k->panel.pressed_case, "%s", about);
}

static void record_event(struct keeper *k, const struct request *r, const struct event_cell *cell, const char *idem)
{
	struct moment now = moment_now();
	json_t *body = event_body(k, r, cell);
	char about[65] = "-";
	bool in_maintenance = is_of_maintenance(k, r, cell, now);
	bool opens = !in_maintenance && choose_case(k, cell->joining, now, about);
	struct entry entry = {.who = "panel",
			      .via = "panel",
			      .kind = act_find(cell->act),
			      .about = about,
			      .idem = idem,
			      .body = body};

	if (cell->joining == OPENS || cell->joining == JOINS_OR_OPENS) {
		(void)json_object_set_new(body, "opens", json_boolean(opens));
		if (in_maintenance)
			(void)json_object_set_new(body, "maintenance", json_true());
		else
			remember_press(k, about, now.boot_ns);
	}
	record_and_answer(k, &entry, AT_ONCE, r->ticket);
	json_decref(body);
}

/* `why`: the panel's own word, when it refused; or NULL. */
static void note_expired(struct keeper *k, const char *about, const char *cause, const char *why)
{
	json_t *body = json_pack("{s:s, s:s*}", "cause", cause, "why", why);
	struct entry entry = {
		.who = "system", .via = "keeper", .kind = act_find("restore.expired"), .about = about, .body = body};

	scribe_note(k->scribe, &entry);
	json_decref(body);
}

/* FNV-1a: a number for a word that no later version changes. */
static unsigned word_code(const char *word)
{
	uint32_t code = 2166136261U;

	for (; *word != '\0'; word++)
		code = (code ^ (unsigned char)*word) * 16777619U;
	return code;
}

/* The retry key of an event: controller, journal and number. `salt` tells apart two events that carry the same. */
static void event_key(char out[33], const struct request *r, unsigned salt)
{
	unsigned long journal = strtoul(param_text(r, "journal"), NULL, 16);

	(void)snprintf(out, 33, "%.16s%08lx%08" PRIx32, param_text(r, "controller"), journal ^ salt,
		       (uint32_t)param_count(r, "number"));
}

void panel_event(struct keeper *k, const struct request *r, const struct session *session)
{
	const struct event_cell *cell = cell_of(param_text(r, "kind"));
	struct waiter waiter = {NULL, NULL};
	char idem[33];
	enum err err;

	(void)session;
	if (param_count(r, "number") > UINT32_MAX) {
		server_refuse(k->server, r->ticket, "invalid", json_pack("{s:s}", "field", "number"));
		return;
	}
	waiter = receipt_waiter(k, r->ticket);
	event_key(idem, r, 0);
	err = waiter.hear == NULL ? ERR_NOMEM : scribe_repeat(k->scribe, idem, "panel", cell->act, waiter);
	if (err == ERR_EXISTS) {
		/* A controller that lost its memory but not its journal counts from 1 again. Its press must be
		   recorded, not refused for ever. */
		diag(DIAG_WARNING,
		     "controller %.16s: event %" PRIu64 " was another act before; it has lost its numbering",
		     param_text(r, "controller"), param_count(r, "number"));
		event_key(idem, r, word_code(param_text(r, "kind")));
		err = scribe_repeat(k->scribe, idem, "panel", cell->act, waiter);
	}
	if (err == ERR_OK)
		return;
	free(waiter.context);
	if (err == ERR_MISSING) {
		record_event(k, r, cell, idem);
		if (strcmp(cell->act, "panel.started") == 0 && scribe_recall(k->scribe)->permit_is_open)
			note_expired(k, scribe_recall(k->scribe)->permit_about, "restarted", NULL);
	} else {
		server_refuse(k->server, r->ticket, err == ERR_EXISTS ? "conflict" : "busy", NULL);
	}
}

/* ---- outcomes ---------------------------------------------------------------------------------------------- */

void panel_permit_lapsed(struct keeper *k)
{
	note_expired(k, scribe_recall(k->scribe)->permit_about, "no_answer", NULL);
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
