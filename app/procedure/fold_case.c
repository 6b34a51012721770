/* What people record about a case. Permission was checked before it was recorded; here it only happens. */
#include "procedure/book_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void set_json(json_t **member, json_t *value)
{
	json_decref(*member);
	*member = json_incref(value);
}

/* It was meant: what was pressed in maintenance becomes a press of this case. */
static void take_press(struct book *book, const struct event *event, struct incident *incident)
{
	json_t *press = json_object_get(event->body, "press");
	char seq[24];

	if (!is_maintenance_press(book, press))
		return;
	(void)snprintf(seq, sizeof seq, "%" JSON_INTEGER_FORMAT, json_integer_value(press));
	(void)json_object_set_new(incident->presses, seq, json_null());
	json_decref(book->maintenance.press);
	book->maintenance.press = NULL;
}

static enum err fold_declared(struct book *book, const struct event *event)
{
	struct incident *incident = event->incident;
	const char *detected = text_in(event->body, "detected");
	int64_t wall;
	enum err err;

	if (incident != NULL || strcmp(event->record->about, "-") == 0)
		return ERR_OK;
	err = case_open(book, event, &incident);
	if (err != ERR_OK)
		return err;
	id_copy(incident->source, text_in(event->body, "source"));
	incident->is_drill = json_is_true(json_object_get(event->body, "drill"));
	if (json_is_string(event->text))
		set_json(&incident->title, event->text);
	take_press(book, event, incident);
	if (case_restrict(incident, event->body) != ERR_OK)
		return ERR_NOMEM;
	if (detected != NULL && wall_parse(detected, strlen(detected), &wall) == ERR_OK)
		memcpy(incident->detected, detected, sizeof incident->detected);
	return ERR_OK;
}

static enum err fold_attributed(struct book *book, const struct event *event)
{
	const char *user = text_in(event->body, "user");
	char seq[24];

	(void)book;
	if (event->incident == NULL)
		return ERR_OK;
	(void)snprintf(seq, sizeof seq, "%" PRIu64,
		       (uint64_t)json_integer_value(json_object_get(event->body, "press")));
	return json_object_set_new(event->incident->presses, seq,
				   json_string(user != NULL ? user : event->record->who)) == 0
		       ? ERR_OK
		       : ERR_NOMEM;
}

static enum err fold_triaged(struct book *book, const struct event *event)
{
	(void)book;
	if (event->incident == NULL)
		return ERR_OK;
	id_copy(event->incident->verdict, text_in(event->body, "verdict"));
	if (text_in(event->body, "priority") != NULL)
		id_copy(event->incident->priority, text_in(event->body, "priority"));
	return ERR_OK;
}

static enum err fold_classified(struct book *book, const struct event *event)
{
	json_t *types = json_object_get(event->body, "types"), *type;
	size_t i;

	if (event->incident == NULL)
		return ERR_OK;
	json_array_clear(event->incident->types);
	json_array_foreach (types, i, type)
		if (json_is_string(type) &&
		    item_find(book->pack->file->types, book->pack->file->types_count, json_string_value(type)) != NULL)
			(void)json_array_append(event->incident->types, type);
	return ERR_OK;
}

static json_t *by_whom(const struct event *event)
{
	return json_pack("{s:s, s:s, s:s?}", "by", event->record->who, "at", event->at, "state",
			 text_in(event->body, "state"));
}

static enum err keep(json_t *in, const char *id, json_t *entry, const char *key, json_t *text)
{
	if (id == NULL || in == NULL) {
		json_decref(entry);
		return ERR_OK;
	}
	if (json_is_string(text) && json_object_set(entry, key, text) != 0) {
		json_decref(entry);
		return ERR_NOMEM;
	}
	return json_object_set_new(in, id, entry) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err fold_checked(struct book *book, const struct event *event)
{
	(void)book;
	return keep(event->incident != NULL ? event->incident->rows : NULL, text_in(event->body, "row"), by_whom(event),
		    "note", event->text);
}

static enum err fold_answered(struct book *book, const struct event *event)
{
	(void)book;
	return keep(event->incident != NULL ? event->incident->answers : NULL, text_in(event->body, "question"),
		    by_whom(event), "answer", event->text);
}

/* The line itself is all there is. */
static enum err fold_line_only(struct book *book, const struct event *event)
{
	(void)book;
	(void)event;
	return ERR_OK;
}

static enum err fold_ended(struct book *book, const struct event *event)
{
	(void)book;
	if (event->incident != NULL) {
		event->incident->state = CASE_ENDED;
		id_copy(event->incident->ending, text_in(event->body, "as"));
	}
	return ERR_OK;
}

static enum err fold_closed(struct book *book, const struct event *event)
{
	(void)book;
	if (event->incident != NULL)
		event->incident->state = CASE_CLOSED;
	return ERR_OK;
}

static unsigned uplink_mask(const struct book *book, const json_t *list)
{
	unsigned mask = 0;
	json_t *id;
	size_t i;

	json_array_foreach (list, i, id) {
		int index = book_uplink_index(book, json_string_value(id));

		if (index >= 0)
			mask |= 1U << (unsigned)index;
	}
	return mask;
}

static enum err fold_requested(struct book *book, const struct event *event)
{
	struct restore *restore = restore_of(book, event->incident);

	restore->state = RESTORE_ASKED;
	restore->cause[0] = restore->why[0] = '\0';
	restore->request = event->record->seq;
	restore->uplinks = uplink_mask(book, json_object_get(event->body, "uplinks"));
	restore->latch = (uint64_t)json_integer_value(json_object_get(event->body, "latch"));
	id_copy(restore->by, event->record->who);
	return ERR_OK;
}

static enum err fold_permitted(struct book *book, const struct event *event)
{
	struct restore *restore = restore_of(book, event->incident);

	if (restore->state == RESTORE_ASKED)
		restore->state = RESTORE_PERMITTED;
	return ERR_OK;
}

const struct folder case_folders[] = {
	{"incident.declared", fold_declared},  {"incident.attributed", fold_attributed},
	{"incident.triaged", fold_triaged},    {"incident.classified", fold_classified},
	{"incident.checked", fold_checked},    {"incident.answered", fold_answered},
	{"incident.noted", fold_line_only},    {"incident.ended", fold_ended},
	{"incident.closed", fold_closed},      {"restore.requested", fold_requested},
	{"restore.permitted", fold_permitted}, {NULL, NULL},
};
