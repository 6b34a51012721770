/* Events of the panel: each becomes an entry, or is counted for one (flood.h). */
#include "keeper/keeper.h"

#include "base/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t minute_ns = INT64_C(60) * 1000000000;
enum { JOIN_MINUTES = 10 };

/* ---- what an event becomes -------------------------------------------------------------------------------- */

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

static void add_uplink(const struct keeper *k, json_t *body, uint64_t number)
{
	const char *id = number > 0 ? book_uplink_id(scribe_book(k->scribe), number - 1) : NULL;
	char unnamed[24];

	if (number == 0)
		return;
	(void)snprintf(unnamed, sizeof unnamed, "%" PRIu64, number);
	(void)json_object_set_new(body, "uplink", json_string(id != NULL ? id : unnamed));
}

static json_int_t count_in(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static json_t *event_body(const struct keeper *k, const json_t *params, const struct event_cell *cell)
{
	static const char *const kept[] = {"number", "age_ms", "times", "last_age_ms"};
	json_t *body = json_object();

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (json_object_get(params, kept[i]) != NULL)
			(void)json_object_set(body, kept[i], json_object_get(params, kept[i]));
	if (cell->event == NULL)
		(void)json_object_set(body, "kind", json_object_get(params, "kind"));
	if (cell->key != NULL)
		(void)json_object_set_new(body, cell->key, json_string(cell->word));
	if (cell->arg != NULL && json_object_get(params, "arg") != NULL)
		(void)json_object_set(body, cell->arg, json_object_get(params, "arg"));
	if (cell->event != NULL && strcmp(cell->event, "proof_bad") == 0)
		(void)json_object_set_new(body, "why", json_string(count_in(params, "arg") == 0 ? "close" : "open"));
	if (strcmp(cell->act, "uplink.restored") == 0 && json_is_true(json_object_get(params, "unproven")))
		(void)json_object_set_new(body, "unproven", json_true());
	add_uplink(k, body, (uint64_t)count_in(params, "uplink"));
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
static bool is_of_maintenance(const struct keeper *k, const json_t *params, const struct event_cell *cell,
			      struct moment now)
{
	const struct recall *recall = scribe_recall(k->scribe);
	json_t *age = json_object_get(params, "age_ms");
	int64_t since_ms = recall_age_ms(recall, recall->maintenance_boot, &recall->maintenance_begun, &now);

	return recall->is_in_maintenance && cell->joining != NO_CASE && cell->joining != JOINS_PERMIT &&
	       strcmp(cell->event, "cut_command") != 0 && json_is_integer(age) && json_integer_value(age) <= since_ms &&
	       (since_ms - json_integer_value(age)) / 1000 < recall->maintenance_s;
}

/* Which case the event belongs to; "-": none. True when it opens it. */
static bool choose_case(const struct keeper *k, enum joining joining, struct moment now, char out[65])
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

/* An event with its place in the record. */
struct happening {
	const struct event_cell *cell;
	const json_t *params;
	const char *idem;
	unsigned class;
	struct moment now;
	bool in_maintenance, opens;
	char about[65];
};

static bool is_press(const struct event_cell *cell)
{
	return cell->joining == OPENS || cell->joining == JOINS_OR_OPENS;
}

static struct happening happening_of(const struct keeper *k, const struct request *r, const char *idem)
{
	struct happening h = {.cell = cell_of(param_text(r, "kind")),
			      .params = r->params,
			      .idem = idem,
			      .class = flood_class(param_text(r, "kind"), param_count(r, "uplink")),
			      .now = moment_now(),
			      .about = "-"};

	h.in_maintenance = is_of_maintenance(k, h.params, h.cell, h.now);
	h.opens = !h.in_maintenance && choose_case(k, h.cell->joining, h.now, h.about);
	return h;
}

static void add_place(json_t *body, const struct event_cell *cell, bool opens, bool in_maintenance)
{
	if (!is_press(cell))
		return;
	(void)json_object_set_new(body, "opens", json_boolean(opens));
	if (in_maintenance)
		(void)json_object_set_new(body, "maintenance", json_true());
}

static void record_event(struct keeper *k, const struct happening *h, json_t *body, struct ticket ticket)
{
	struct entry entry = {.who = "panel",
			      .via = "panel",
			      .kind = act_find(h->cell->act),
			      .about = h->about,
			      .idem = h->idem,
			      .body = body};

	flood_charge(&k->flood, h->class, h->now.boot_ns);
	record_and_answer(k, &entry, AT_ONCE, ticket);
}

/* ---- counting ----------------------------------------------------------------------------------------------- */

static void note_flood(struct keeper *k, const char *kind)
{
	json_t *body = json_pack("{s:s}", "kind", kind);
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("panel.noted"), .body = body};

	scribe_note(k->scribe, &entry);
	json_decref(body);
}

static void hear_tally(void *context, const struct receipt *receipt)
{
	struct keeper *k = context;

	k->flood.is_stale = k->flood.is_stale || receipt == NULL;
}

struct counter {
	struct keeper *keeper;
	struct ticket ticket;
};

static void hear_counted(void *context, const struct receipt *receipt)
{
	struct counter *counter = context;

	hear_tally(counter->keeper, receipt);
	if (receipt != NULL)
		server_answer(counter->keeper->server, counter->ticket, json_pack("{s:b}", "counted", 1));
	else
		server_refuse(counter->keeper->server, counter->ticket, "not_recorded", NULL);
	free(counter);
}

/* When something happened that is `age_ms` old now; NULL: not known. */
static json_t *moment_json(const struct keeper *k, const struct moment *now, const json_t *age_ms)
{
	int64_t age = json_integer_value(age_ms);

	if (!json_is_integer(age_ms))
		return NULL;
	return json_pack("{s:I, s:I, s:I, s:i}", "boot", (json_int_t)scribe_recall(k->scribe)->boot, "boot_ns",
			 (json_int_t)(now->boot_ns - age * 1000000), "wall_ms", (json_int_t)(now->wall_ms - age),
			 "source", (int)now->source);
}

/* −1: not known. */
static int64_t age_of(const struct keeper *k, const json_t *at, const struct moment *now)
{
	const struct moment then = {.boot_ns = count_in(at, "boot_ns"),
				    .wall_ms = count_in(at, "wall_ms"),
				    .source = (enum wall_source)count_in(at, "source")};

	return at != NULL ? recall_age_ms(scribe_recall(k->scribe), (uint64_t)count_in(at, "boot"), &then, now) : -1;
}

static json_int_t times_of(const json_t *params)
{
	json_int_t times = count_in(params, "times");

	return times > 0 ? times : 1;
}

/* One more, in a copy: what is held stays as it is until this one is staged. */
static json_t *tally_with(const struct keeper *k, const struct happening *h)
{
	const json_t *last = json_object_get(h->params, "last_age_ms");
	json_t *was = k->flood.tallies[h->class];
	const json_t *age = json_object_get(h->params, "age_ms");
	json_t *tally =
		was != NULL ? json_copy(was)
			    : json_pack("{s:O, s:s, s:b, s:o*}", "first", h->params, "about", h->about, "maintenance",
					(int)h->in_maintenance, "first_at", moment_json(k, &h->now, age));

	if (tally == NULL)
		return NULL;
	(void)json_object_set_new(tally, "times", json_integer(count_in(was, "times") + times_of(h->params)));
	(void)json_object_set_new(tally, "number", json_integer(count_in(h->params, "number")));
	(void)json_object_set_new(tally, "key", json_string(h->idem));
	(void)json_object_set_new(tally, "last_at", moment_json(k, &h->now, last != NULL ? last : age));
	(void)json_object_set_new(tally, "order", json_integer((json_int_t)k->flood.order + 1));
	(void)json_object_set_new(tally, "before", json_integer((json_int_t)scribe_next(k->scribe)));
	return tally;
}

/* `tally` is borrowed. */
static enum err put_tally(struct keeper *k, unsigned class, const json_t *tally, struct waiter waiter, struct fault *f)
{
	char *text = tally != NULL ? json_dumps(tally, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	enum err err;

	if (tally != NULL && text == NULL) {
		(void)fault_set(f, ERR_NOMEM, "out of memory");
		return ERR_NOMEM;
	}
	err = scribe_put_tally(k->scribe, class, text, waiter, f);
	free(text);
	return err;
}

/* Takes `tally` over. */
static void count(struct keeper *k, unsigned class, json_t *tally, struct ticket ticket)
{
	struct counter *counter = malloc(sizeof *counter);
	struct fault f = {.err = ERR_NOMEM, .text = "out of memory"};

	if (!scribe_recall(k->scribe)->is_flooded)
		note_flood(k, "flood_begun");
	if (counter != NULL)
		*counter = (struct counter){k, ticket};
	if (counter == NULL || tally == NULL ||
	    put_tally(k, class, tally, (struct waiter){hear_counted, counter}, &f) != ERR_OK) {
		free(counter);
		json_decref(tally);
		refuse_entry(k, ticket, &f);
		return;
	}
	flood_set(&k->flood, class, tally);
	k->flood.counted_ns = moment_now().boot_ns;
}

/* ---- what was counted becomes an entry ------------------------------------------------------------------------ */

static json_t *tally_body(const struct keeper *k, const json_t *tally, const struct event_cell *cell)
{
	struct moment now = moment_now();
	json_t *body = event_body(k, json_object_get(tally, "first"), cell);
	int64_t age = age_of(k, json_object_get(tally, "first_at"), &now);
	int64_t last_age = age_of(k, json_object_get(tally, "last_at"), &now);

	(void)json_object_del(body, "age_ms");
	(void)json_object_del(body, "last_age_ms");
	if (age >= 0)
		(void)json_object_set_new(body, "age_ms", json_integer(age));
	if (last_age >= 0)
		(void)json_object_set_new(body, "last_age_ms", json_integer(last_age));
	(void)json_object_set(body, "number", json_object_get(tally, "number"));
	(void)json_object_set(body, "times", json_object_get(tally, "times"));
	(void)json_object_set(body, "before", json_object_get(tally, "before"));
	add_place(body, cell, false, json_is_true(json_object_get(tally, "maintenance")));
	return body;
}

static enum err record_tally(struct keeper *k, unsigned class, struct fault *f)
{
	const struct waiter nobody = {NULL, NULL}, watch = {hear_tally, k};
	const json_t *tally = k->flood.tallies[class];
	const char *kind = json_string_value(json_object_get(json_object_get(tally, "first"), "kind"));
	const struct event_cell *cell = cell_of(kind != NULL ? kind : "");
	json_t *body = tally_body(k, tally, cell);
	struct entry entry = {.who = "panel",
			      .via = "panel",
			      .kind = act_find(cell->act),
			      .about = json_string_value(json_object_get(tally, "about")),
			      .idem = json_string_value(json_object_get(tally, "key")),
			      .body = body};
	/* First, so that no commit comes between the two. */
	enum err err = put_tally(k, class, NULL, nobody, f);

	if (err == ERR_OK) {
		err = scribe_record(k->scribe, &entry, SOON, watch, f);
		if (err != ERR_OK && put_tally(k, class, tally, watch, f) != ERR_OK)
			k->flood.is_stale = true;
	}
	json_decref(body);
	return err;
}

void flood_record(struct keeper *k)
{
	unsigned classes[FLOOD_CLASSES], count = flood_sort(&k->flood, classes);
	struct fault f;

	for (unsigned i = 0; i < count; i++) {
		if (record_tally(k, classes[i], &f) != ERR_OK) {
			diag(DIAG_ERROR, "what was counted of the panel's events is not recorded yet: %s", f.text);
			return;
		}
		flood_charge(&k->flood, classes[i], moment_now().boot_ns);
		flood_set(&k->flood, classes[i], NULL);
	}
}

static void take_tally(void *context, unsigned number, const char *text, size_t len)
{
	struct keeper *k = context;
	json_t *tally = json_loadb(text, len, 0, NULL);

	if (number < FLOOD_CLASSES && json_is_object(tally))
		flood_set(&k->flood, number, tally);
	else
		json_decref(tally);
}

void flood_mind(struct keeper *k)
{
	struct fault f;

	if (!k->flood.is_stale || scribe_ledger(k->scribe) == NULL)
		return;
	flood_clear(&k->flood);
	k->flood.is_stale = ledger_tallies(scribe_ledger(k->scribe), take_tally, k, &f) != ERR_OK;
	if (k->flood.is_stale)
		diag(DIAG_ERROR, "what was counted of the panel's events cannot be read: %s", f.text);
}

void flood_begin(struct keeper *k)
{
	k->flood.is_stale = true;
	k->flood.counted_ns = moment_now().boot_ns;
	flood_mind(k);
	flood_record(k);
}

void flood_round(struct keeper *k)
{
	flood_mind(k);
	flood_record(k);
	if (scribe_recall(k->scribe)->is_flooded && k->flood.waiting == 0 &&
	    moment_now().boot_ns - k->flood.counted_ns >= FLOOD_OVER_MINUTES * minute_ns)
		note_flood(k, "flood_over");
}

/* ---- one event ------------------------------------------------------------------------------------------------ */

/* The same place in the record as those that are counted: then it may be one of them. */
static bool is_like(const struct happening *h, const json_t *tally)
{
	return strcmp(json_string_value(json_object_get(tally, "about")), h->about) == 0 &&
	       json_is_true(json_object_get(tally, "maintenance")) == h->in_maintenance;
}

static void take_event(struct keeper *k, const struct request *r, const char *idem)
{
	struct happening h = happening_of(k, r, idem);
	json_t *body = event_body(k, h.params, h.cell);
	bool is_counted = k->flood.tallies[h.class] != NULL;

	add_place(body, h.cell, h.opens, h.in_maintenance);
	if (is_counted && !is_like(&h, k->flood.tallies[h.class])) {
		flood_record(k);
		is_counted = k->flood.tallies[h.class] != NULL;
	}
	if (h.opens || book_takes_back(scribe_book(k->scribe), act_find(h.cell->act), h.about, body) ||
	    (!is_counted && flood_admits(&k->flood, h.class, h.now.boot_ns)))
		record_event(k, &h, body, r->ticket);
	else
		count(k, h.class, tally_with(k, &h), r->ticket);
	if (is_press(h.cell) && !h.in_maintenance)
		remember_press(k, h.about, h.now.boot_ns);
	json_decref(body);
}

/* It was counted, but the panel did not hear of it. */
static bool is_counted_already(const struct keeper *k, const struct request *r, const char *idem)
{
	const json_t *tally = k->flood.tallies[flood_class(param_text(r, "kind"), param_count(r, "uplink"))];
	const char *key = json_string_value(json_object_get(tally, "key"));

	return key != NULL && strcmp(key, idem) == 0;
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
	flood_mind(k);
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
		unsigned class = flood_class(param_text(r, "kind"), param_count(r, "uplink"));

		if (is_counted_already(k, r, idem))
			count(k, class, json_incref(k->flood.tallies[class]), r->ticket);
		else
			take_event(k, r, idem);
		if (strcmp(cell->act, "panel.started") == 0 && scribe_recall(k->scribe)->permit_is_open)
			panel_permit_lapsed(k, "restarted");
	} else {
		server_refuse(k->server, r->ticket, err == ERR_EXISTS ? "conflict" : "busy", NULL);
	}
}
