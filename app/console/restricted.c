#include "console/restricted.h"

#include "console/ask.h"
#include "console/case.h"
#include "console/keeper.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

/* Everybody but the person who asks, all pages of the view. */
static json_t *other_people(struct console *c)
{
	const char *own = string_of(json_object_get(c->now, "user"), "id");
	json_t *people = keeper_view(c, "people", NULL, 0), *others = json_array(), *user;
	size_t i;

	json_array_foreach (json_object_get(people, "users"), i, user)
		if (strcmp(string_of(user, "id"), own) != 0)
			(void)json_array_append(others, user);
	json_decref(people);
	return others;
}

json_t *restricted_ask(struct console *c)
{
	json_t *others = other_people(c);
	json_t *readers = ask_several(
		c, _("Who may know of it, besides you? Leave out whoever is suspected, and whoever would tell."),
		others, "name");

	json_decref(others);
	if (readers != NULL)
		(void)json_array_insert(readers, 0, json_object_get(json_object_get(c->now, "user"), "id"));
	return readers;
}

static void say_readers(struct console *c, json_t *incident)
{
	json_t *reader;
	size_t i;

	if (json_array_size(json_object_get(incident, "readers")) == 0)
		return;
	SAY(c, "%s", _("Who may know of it now:"));
	json_array_foreach (json_object_get(incident, "readers"), i, reader)
		SAY(c, "  %s", label_of(c, reader, "name"));
}

void restricted_readers(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	json_t *incident = about != NULL ? keeper_view(c, "incident", about, 0) : NULL, *readers;

	(void)call;
	if (incident != NULL && words_allowed(c, incident, "incident.restricted")) {
		say_readers(c, incident);
		readers = restricted_ask(c);
		if (readers != NULL)
			keeper_do(c, (struct deed){.act = "incident.restricted",
						   .about = about,
						   .body = json_pack("{s:o}", "readers", readers)});
	}
	json_decref(incident);
}

void restricted_lift(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	json_t *incident = about != NULL ? keeper_view(c, "incident", about, 0) : NULL;
	char *text = NULL;

	(void)call;
	if (incident != NULL && words_allowed(c, incident, "incident.unrestricted")) {
		SAY(c, "%s", _("Everybody who may log in will see the whole case, with all that was written."));
		text = ask_text(c, _("Reason (Ctrl-C: leave it restricted): "), "", TEXT_NEEDED);
	}
	if (text != NULL)
		keeper_do(c, (struct deed){.act = "incident.unrestricted", .about = about, .text = json_string(text)});
	free(text);
	json_decref(incident);
}
