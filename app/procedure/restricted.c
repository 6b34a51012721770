/* Cases that only named people may know of (取扱限定). For everybody else there is no such case: every way from a
 * number to a case on behalf of somebody goes through case_for.
 */
#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <string.h>

enum { READERS_LEAST = 2 };

static bool is_named(const json_t *people, const char *who)
{
	json_t *id;
	size_t i;

	json_array_foreach (people, i, id)
		if (strcmp(json_string_value(id), who) == 0)
			return true;
	return false;
}

bool case_is_seen_by(const struct incident *incident, const char *who)
{
	return incident->readers == NULL || (who != NULL && is_named(incident->readers, who));
}

struct incident *case_for(const struct book *book, const char *about, const char *who)
{
	struct incident *incident = case_find(book, about);

	return incident != NULL && case_is_seen_by(incident, who) ? incident : NULL;
}

bool book_is_restricted(const struct book *book, const char *about)
{
	const struct incident *incident = case_find(book, about);

	return incident != NULL && incident->readers != NULL;
}

bool book_may_see(const struct book *book, const char *who, const char *about)
{
	return case_for(book, about, who) != NULL;
}

const char *book_sealed_for(const struct book *book, const struct act_kind *kind, const char *about, const json_t *body)
{
	if (strcmp(kind->name, "cover") == 0)
		return "cover";
	/* That everybody may know of it again, everybody may read. */
	if (strcmp(kind->name, "incident.unrestricted") == 0)
		return NULL;
	return json_object_get(body, "readers") != NULL || book_is_restricted(book, about) ? about : NULL;
}

struct record record_plain(const struct record *record, const json_t *body)
{
	const char *by = text_in(body, "by"), *via = text_in(body, "via");
	struct record plain = *record;

	if (record->restricted == NULL)
		return plain;
	plain.about = record->restricted;
	plain.who = by != NULL ? by : record->who;
	plain.via = via != NULL ? via : record->via;
	return plain;
}

/* ---- fold ---- */

static enum err fold_restricted(struct book *book, const struct event *event)
{
	(void)book;
	return event->incident != NULL ? case_restrict(event->incident, event->body) : ERR_OK;
}

static enum err fold_unrestricted(struct book *book, const struct event *event)
{
	(void)book;
	if (event->incident != NULL) {
		json_decref(event->incident->readers);
		event->incident->readers = NULL;
	}
	return ERR_OK;
}

/* Who looked is a line of the timeline. */
static enum err fold_looked(struct book *book, const struct event *event)
{
	(void)book;
	(void)event;
	return ERR_OK;
}

const struct folder restricted_folders[] = {
	{"incident.restricted", fold_restricted},
	{"incident.unrestricted", fold_unrestricted},
	{"incident.looked", fold_looked},
	{NULL, NULL},
};

enum err case_restrict(struct incident *incident, const json_t *body)
{
	json_t *given = json_object_get(body, "readers"), *readers, *id;
	size_t i;

	if (!json_is_array(given))
		return ERR_OK;
	readers = json_array();
	json_array_foreach (given, i, id)
		if (json_is_string(id))
			(void)json_array_append(readers, id);
	if (readers == NULL)
		return ERR_NOMEM;
	json_decref(incident->readers);
	incident->readers = readers;
	return ERR_OK;
}

/* ---- rules ---- */

enum err check_readers(const struct ask *ask)
{
	json_t *readers = json_object_get(ask->wish->body, "readers"), *id;
	size_t i;

	if (readers == NULL)
		return ERR_OK;
	if (!is_distinct_list(readers))
		return deny_field(ask, "readers", "");
	json_array_foreach (readers, i, id)
		if (user_find(ask->book, json_string_value(id)) == NULL)
			return deny_field(ask, "readers", json_is_string(id) ? json_string_value(id) : "");
	if (json_array_size(readers) < READERS_LEAST || !is_named(readers, ask->wish->who))
		return deny(ask, WHY_READERS, NULL);
	return ERR_OK;
}

/* What was cut for a case, or pressed, everybody has seen. */
static bool is_about_uplinks(const struct incident *incident)
{
	json_t *line;
	size_t i;

	json_array_foreach (incident->lines, i, line) {
		const char *act = text_in(line, "act");

		if (strncmp(act, "uplink.", 7) == 0 || strncmp(act, "panel.", 6) == 0 ||
		    strncmp(act, "restore.", 8) == 0)
			return true;
	}
	return false;
}

enum err permit_restricted(const struct ask *ask)
{
	if (ask->incident->readers == NULL && (is_about_uplinks(ask->incident) || ask->incident->is_drill))
		return deny(ask, WHY_KNOWN, NULL);
	return check_readers(ask);
}

enum err permit_unrestricted(const struct ask *ask)
{
	return ask->incident->readers != NULL ? ERR_OK : deny(ask, WHY_NOT_RESTRICTED, NULL);
}

/* ---- view ---- */

json_t *show_readers(const struct look *look, const struct incident *incident)
{
	json_t *out = json_array(), *id;
	size_t i;

	json_array_foreach (incident->readers, i, id)
		(void)json_array_append_new(out, json_pack("{s:O, s:s}", "id", id, "name",
							   user_name(look->book, json_string_value(id), look->lang)));
	return out;
}
