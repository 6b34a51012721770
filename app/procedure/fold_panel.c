/* What the panel reports: presses and the state of the uplinks. */
#include "procedure/book_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A cut takes back every permission to connect, also one that finds nothing left to cut. */
static void void_restore(struct restore *restore)
{
	if (restore->state != RESTORE_NONE)
		id_copy(restore->cause, "newer_trip");
	restore->state = RESTORE_NONE;
}

static void void_restores(struct book *book)
{
	for (size_t i = 0; i < book->cases_count; i++)
		void_restore(&book->cases[i]->restore);
	void_restore(&book->maintenance.restore);
}

/* An entry that tells of several events which the keeper counted: when they came they changed nothing, so that they
   void nothing now. The number of the first entry that is newer than the last of them; 0: it is no such entry. */
static uint64_t counted_before(const struct event *event)
{
	return (uint64_t)json_integer_value(json_object_get(event->body, "before"));
}

static enum err fold_press(struct book *book, const struct event *event)
{
	struct incident *incident = event->incident;
	const char *about = event->record->about, *button = text_in(event->body, "button");
	char seq[24];
	enum err err;

	if (button != NULL && strcmp(button, "declare") != 0 && counted_before(event) == 0)
		void_restores(book);
	if (incident == NULL && json_is_true(json_object_get(event->body, "opens")) && strcmp(about, "-") != 0) {
		err = case_open(book, event, &incident);
		if (err != ERR_OK)
			return err;
		id_copy(incident->source, "panel");
	}
	if (incident == NULL)
		return json_is_true(json_object_get(event->body, "maintenance")) ? fold_maintenance_press(book, event)
										 : ERR_OK;
	(void)snprintf(seq, sizeof seq, "%" PRIu64, event->record->seq);
	return json_object_set_new(incident->presses, seq, json_null()) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err fold_isolate(struct book *book, const struct event *event)
{
	(void)event;
	void_restores(book);
	return ERR_OK;
}

/* NULL also when newer entries tell otherwise of it. */
static struct uplink *uplink_of(struct book *book, const struct event *event)
{
	int index = book_uplink_index(book, text_in(event->body, "uplink"));
	uint64_t before = counted_before(event);

	return index >= 0 && (before == 0 || book->uplinks[index].seq < before) ? &book->uplinks[index] : NULL;
}

static void enter(struct uplink *uplink, enum uplink_state state, const struct event *event)
{
	uint64_t before = counted_before(event);

	uplink->state = state;
	uplink->seq = before > 0 ? before - 1 : event->record->seq;
	uplink->contact_us = -1;
	memcpy(uplink->since, event->at, sizeof uplink->since);
}

static enum err fold_cut(struct book *book, const struct event *event)
{
	struct uplink *uplink = uplink_of(book, event);

	if (counted_before(event) == 0)
		void_restores(book);
	if (uplink != NULL)
		enter(uplink, UPLINK_CUTTING, event);
	return ERR_OK;
}

static enum err fold_proven(struct book *book, const struct event *event)
{
	struct uplink *uplink = uplink_of(book, event);

	if (uplink != NULL) {
		enter(uplink, UPLINK_CUT, event);
		uplink->contact_us = json_integer_value(json_object_get(event->body, "edge_to_contact_us"));
	}
	return ERR_OK;
}

static enum err fold_unproven(struct book *book, const struct event *event)
{
	struct uplink *uplink = uplink_of(book, event);

	if (uplink == NULL)
		return ERR_OK;
	if (uplink->state != UPLINK_UNKNOWN)
		uplink->was_connected = uplink->state == UPLINK_CONNECTED;
	enter(uplink, UPLINK_UNKNOWN, event);
	return ERR_OK;
}

/* The contact agrees with the coil again, which has not moved meanwhile. */
static enum err fold_noted(struct book *book, const struct event *event)
{
	const char *kind = text_in(event->body, "kind");
	struct uplink *uplink = uplink_of(book, event);

	if (uplink != NULL && kind != NULL && strcmp(kind, "mirror_well") == 0 && uplink->state == UPLINK_UNKNOWN)
		enter(uplink, uplink->was_connected ? UPLINK_CONNECTED : UPLINK_CUT, event);
	return ERR_OK;
}

static enum err fold_restored(struct book *book, const struct event *event)
{
	struct uplink *uplink = uplink_of(book, event);
	struct restore *restore = restore_of(book, event->incident);

	if (uplink == NULL)
		return ERR_OK;
	enter(uplink, UPLINK_CONNECTED, event);
	uplink->is_tried = true;
	if (counted_before(event) > 0)
		return ERR_OK;
	restore->uplinks &= ~(1U << (unsigned)(uplink - book->uplinks));
	if (restore->uplinks == 0)
		restore->state = RESTORE_NONE;
	return ERR_OK;
}

static enum err fold_expired(struct book *book, const struct event *event)
{
	struct restore *restore = restore_of(book, event->incident);
	const char *cause = text_in(event->body, "cause"), *why = text_in(event->body, "why");

	if (counted_before(event) > 0)
		return ERR_OK;
	restore->state = RESTORE_NONE;
	id_copy(restore->cause, cause != NULL ? cause : "");
	id_copy(restore->why, why != NULL ? why : "");
	return ERR_OK;
}

/* ---- what an event would take away ---- */

static bool is_in_flight(const struct restore *restore)
{
	return restore->state != RESTORE_NONE;
}

static bool is_any_in_flight(const struct book *book)
{
	for (size_t i = 0; i < book->cases_count; i++)
		if (is_in_flight(&book->cases[i]->restore))
			return true;
	return is_in_flight(&book->maintenance.restore);
}

static bool counts_as_connected(const struct uplink *uplink)
{
	return uplink->state == UPLINK_CONNECTED || (uplink->state == UPLINK_UNKNOWN && uplink->was_connected);
}

bool book_takes_back(const struct book *book, const struct act_kind *kind, const char *about, const json_t *body)
{
	const char *button = text_in(body, "button");
	const struct incident *incident = case_find(book, about);
	const struct restore *restore = incident != NULL ? &incident->restore : &book->maintenance.restore;
	int index = book_uplink_index(book, text_in(body, "uplink"));
	const struct uplink *uplink = index >= 0 ? &book->uplinks[index] : NULL;

	if (strcmp(kind->name, "panel.pressed") == 0)
		return button != NULL && strcmp(button, "declare") != 0 && is_any_in_flight(book);
	if (strcmp(kind->name, "uplink.cut") == 0)
		return is_any_in_flight(book) || (uplink != NULL && counts_as_connected(uplink));
	if (strcmp(kind->name, "uplink.unproven") == 0)
		return uplink != NULL && uplink->state != UPLINK_UNKNOWN;
	if (strcmp(kind->name, "uplink.restored") == 0)
		return uplink != NULL && is_in_flight(restore) && (restore->uplinks >> (unsigned)index & 1U) != 0;
	return strcmp(kind->name, "restore.expired") == 0 && is_in_flight(restore);
}

const struct folder panel_folders[] = {
	{"panel.pressed", fold_press},     {"uplink.isolate", fold_isolate},   {"uplink.cut", fold_cut},
	{"uplink.proven", fold_proven},    {"uplink.unproven", fold_unproven}, {"uplink.restored", fold_restored},
	{"restore.expired", fold_expired}, {"panel.noted", fold_noted},        {NULL, NULL},
};
