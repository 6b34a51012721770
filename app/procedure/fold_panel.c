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

static enum err fold_press(struct book *book, const struct event *event)
{
	struct incident *incident = event->incident;
	const char *about = event->record->about, *button = text_in(event->body, "button");
	char seq[24];
	enum err err;

	if (button != NULL && strcmp(button, "declare") != 0)
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

static struct uplink *uplink_of(struct book *book, const struct event *event)
{
	int index = book_uplink_index(book, text_in(event->body, "uplink"));

	return index >= 0 ? &book->uplinks[index] : NULL;
}

static void enter(struct uplink *uplink, enum uplink_state state, const struct event *event)
{
	uplink->state = state;
	uplink->contact_us = -1;
	memcpy(uplink->since, event->at, sizeof uplink->since);
}

static enum err fold_cut(struct book *book, const struct event *event)
{
	struct uplink *uplink;

	void_restores(book);
	uplink = uplink_of(book, event);
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
	restore->uplinks &= ~(1U << (unsigned)(uplink - book->uplinks));
	if (restore->uplinks == 0)
		restore->state = RESTORE_NONE;
	return ERR_OK;
}

static enum err fold_expired(struct book *book, const struct event *event)
{
	struct restore *restore = restore_of(book, event->incident);
	const char *cause = text_in(event->body, "cause"), *why = text_in(event->body, "why");

	restore->state = RESTORE_NONE;
	id_copy(restore->cause, cause != NULL ? cause : "");
	id_copy(restore->why, why != NULL ? why : "");
	return ERR_OK;
}

const struct folder panel_folders[] = {
	{"panel.pressed", fold_press},     {"uplink.isolate", fold_isolate},   {"uplink.cut", fold_cut},
	{"uplink.proven", fold_proven},    {"uplink.unproven", fold_unproven}, {"uplink.restored", fold_restored},
	{"restore.expired", fold_expired}, {"panel.noted", fold_noted},        {NULL, NULL},
};
