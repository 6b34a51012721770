#include "console/contact.h"

#include "base/clock.h"
#include "console/ask.h"
#include "console/case.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/show.h"
#include "console/when.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

/* ---- recording ---- */

/* The case in hand, if this act is possible there. */
static const char *case_for_act(struct console *c, const char *act)
{
	const char *about = case_in_hand(c);
	json_t *incident = about != NULL ? keeper_view(c, "incident", about, 0) : NULL;
	bool is_possible = incident != NULL && words_allowed(c, incident, act);

	json_decref(incident);
	return is_possible ? about : NULL;
}

/* Contacts of the sheet with what is known of each, then somebody else. */
static json_t *contact_options(json_t *sheet)
{
	json_t *options = json_array(), *contact;
	size_t i;

	json_array_foreach (json_object_get(sheet, "contacts"), i, contact) {
		char label[512];

		if (strcmp(string_of(contact, "state"), "held_back") == 0)
			continue;
		(void)snprintf(label, sizeof label, "%s  %s", string_of(contact, "label"),
			       strcmp(string_of(contact, "state"), "open") != 0 ? string_of(contact, "state_label")
										: "");
		(void)json_array_append_new(options,
					    json_pack("{s:s, s:s, s:O}", "id", string_of(contact, "id"), "label", label,
						      "people", json_object_get(contact, "people")));
	}
	(void)json_array_append_new(options, json_pack("{s:s, s:s}", "id", "", "label", _("Somebody else")));
	return options;
}

static bool add_name(struct console *c, const char *prompt, enum text_need need, const char *given, json_t *person)
{
	char *name = ask_text(c, prompt, given, need);

	if (name != NULL && name[strspn(name, " ")] != '\0')
		(void)json_object_set_new(person, "name", json_string(name));
	free(name);
	return name != NULL;
}

/* A contact alone is good enough; the only person whom the sheet names there stands there already. */
static bool ask_person(struct console *c, json_t *option, json_t *person)
{
	json_t *people = json_object_get(option, "people");
	bool is_other = string_of(option, "id")[0] == '\0';
	const char *given = json_array_size(people) == 1 ? string_of(json_array_get(people, 0), "name") : "";

	return add_name(c,
			is_other           ? _("Name: ")
			: given[0] != '\0' ? _("With whom: ")
					   : _("With whom (Enter: not known): "),
			is_other ? TEXT_NEEDED : TEXT_MAY_BE_EMPTY, given, person);
}

/* Whom: puts "contact" into the body or a name into the person. False when left. */
static bool ask_whom(struct console *c, const char *about, const char *title, json_t *body, json_t *person)
{
	json_t *sheet = keeper_view(c, "call_sheet", about, 0), *options, *option;
	bool good;
	int chosen;

	if (sheet == NULL)
		return false;
	options = contact_options(sheet);
	chosen = ask_one(c, title, options, "label");
	option = chosen >= 0 ? json_array_get(options, (size_t)chosen) : NULL;
	good = option != NULL && ask_person(c, option, person);
	if (good && string_of(option, "id")[0] != '\0')
		(void)json_object_set(body, "contact", json_object_get(option, "id"));
	json_decref(options);
	json_decref(sheet);
	return good;
}

static bool ask_word(struct console *c, const char *title, json_t *log, const char *list, json_t *body, const char *key)
{
	json_t *options = json_object_get(log, list);
	int chosen = ask_one(c, title, options, "label");

	if (chosen >= 0)
		(void)json_object_set(body, key, json_object_get(json_array_get(options, (size_t)chosen), "id"));
	return chosen >= 0;
}

static bool ask_at(struct console *c, json_t *body)
{
	char text[WALL_TEXT_SIZE];
	int64_t at_ms;

	if (!ask_time(c, _("When? (Enter: now) "), &at_ms))
		return false;
	/* Typed to the minute; of this very minute the entry itself says more. */
	if (at_ms / 60000 == wall_now() / 60000)
		return true;
	wall_format(text, at_ms);
	(void)json_object_set_new(body, "at", json_string(text));
	return true;
}

/* Takes `body` and `person`; an empty person is none. */
static void record(struct console *c, const char *act, const char *about, json_t *body, json_t *person,
		   const char *text)
{
	if (json_object_size(person) == 0) {
		json_decref(person);
		person = NULL;
	}
	keeper_do(c,
		  (struct deed){.act = act, .about = about, .body = body, .person = person, .text = case_text(text)});
}

static void leave(json_t *body, json_t *person)
{
	json_decref(body);
	json_decref(person);
}

void contact_made(struct console *c, const struct call *call)
{
	const char *about = case_for_act(c, "contact.made");
	json_t *log = about != NULL ? keeper_view(c, "contacts", about, 0) : NULL;
	json_t *body = json_object(), *person = json_object();
	char *text = NULL;

	(void)call;
	if (log != NULL && ask_whom(c, about, _("Who was called?"), body, person) &&
	    ask_word(c, _("How?"), log, "ways", body, "way") &&
	    ask_word(c, _("What came of it?"), log, "results", body, "result") && ask_at(c, body))
		text = ask_text(c, _("What was said (Enter: nothing to add): "), "", TEXT_MAY_BE_EMPTY);
	if (text != NULL)
		record(c, "contact.made", about, body, person, text);
	else
		leave(body, person);
	free(text);
	json_decref(log);
}

/* Where to call back: always asked for, as nothing else leads back to a caller. */
static bool ask_number(struct console *c, json_t *person)
{
	char *number = ask_text(c, _("Number to call back (Enter: not known): "), "", TEXT_MAY_BE_EMPTY);

	if (number != NULL && number[strspn(number, " ")] != '\0')
		(void)json_object_set_new(person, "number", json_string(number));
	free(number);
	return number != NULL;
}

void contact_received(struct console *c, const struct call *call)
{
	const char *about = case_for_act(c, "contact.received");
	json_t *log = about != NULL ? keeper_view(c, "contacts", about, 0) : NULL;
	json_t *body = json_object(), *person = json_object();
	char *text = NULL;

	(void)call;
	if (log != NULL && ask_whom(c, about, _("Who has called?"), body, person) && ask_number(c, person) &&
	    ask_word(c, _("How?"), log, "ways", body, "way") && ask_at(c, body))
		text = ask_text(c, _("What was said: "), "", TEXT_NEEDED);
	if (text != NULL)
		record(c, "contact.received", about, body, person, text);
	else
		leave(body, person);
	free(text);
	json_decref(log);
}

/* The account of this login or full name; NULL for somebody without one. */
static const char *account_of(json_t *people, const char *name)
{
	json_t *user;
	size_t i;

	json_array_foreach (json_object_get(people, "users"), i, user)
		if (strcmp(string_of(user, "login"), name) == 0 || strcmp(string_of(user, "name"), name) == 0)
			return string_of(user, "id");
	return NULL;
}

void contact_arrived(struct console *c, const struct call *call)
{
	const char *about = case_for_act(c, "contact.arrived"), *given = argument_rest(call, "WHO"), *id;
	char *name = about == NULL   ? NULL
		     : given != NULL ? strdup(given)
				     : ask_text(c, _("Who has come in (login or name; Enter: yourself): "), "",
						TEXT_MAY_BE_EMPTY);
	json_t *people = name != NULL ? keeper_view(c, "people", NULL, 0) : NULL;
	json_t *body = json_object(), *person = json_object();

	id = people != NULL ? account_of(people, name) : NULL;
	if (id != NULL)
		(void)json_object_set_new(body, "user", json_string(id));
	else if (name != NULL && name[strspn(name, " ")] != '\0')
		(void)json_object_set_new(person, "name", json_string(name));
	if (people != NULL && ask_at(c, body))
		record(c, "contact.arrived", about, body, person, NULL);
	else
		leave(body, person);
	json_decref(people);
	free(name);
}

/* ---- looking ---- */

static void show_one(struct console *c, json_t *contact)
{
	int64_t at_ms = wall_of(contact, "at") >= 0 ? wall_of(contact, "at") : wall_of(contact, "recorded");
	char clock[WHEN_SIZE] = "";
	struct buf line = {.cap = 16 * 1024};

	if (at_ms >= 0)
		when_format(clock, at_ms, wall_now(), c->lang);
	buf_addf(&line, "%6llu  %s  %s", (unsigned long long)number_of(contact, "seq"), clock,
		 string_of(contact, "label"));
	buf_addf(&line, " %s  %s  %s", string_of(contact, "whom"), string_of(contact, "way_label"),
		 string_of(contact, "result_label"));
	show_line(c, 8, &line);
	buf_fini(&line);
}

static void show_rest(struct console *c, json_t *contact)
{
	if (string_of(contact, "number")[0] != '\0')
		terminal_put(c->terminal, 10, _("        Number: %s"), string_of(contact, "number"));
	if (string_of(contact, "text")[0] != '\0')
		terminal_put(c->terminal, 10, _("        Said: %s"), string_of(contact, "text"));
	if (strcmp(string_of(contact, "by"), string_of(contact, "recorded_by")) != 0)
		terminal_put(c->terminal, 10, _("        By %s, recorded by %s"), string_of(contact, "by"),
			     string_of(contact, "recorded_by"));
	else
		terminal_put(c->terminal, 10, _("        By %s"), string_of(contact, "by"));
}

static void show_log(struct console *c, const struct call *call, void (*rest)(struct console *c, json_t *contact))
{
	const char *named = argument(call, "CASE"), *about = named != NULL ? named : case_in_hand(c);
	json_t *log = about != NULL ? keeper_view(c, "contacts", about, 0) : NULL, *contact;
	size_t i;

	if (log == NULL)
		return;
	SAY(c, _("■ Contact log  %s"), about);
	if (json_array_size(json_object_get(log, "contacts")) == 0)
		SAY(c, "%s", _("  Nobody has been called yet. Whom to call: contact sheet"));
	json_array_foreach (json_object_get(log, "contacts"), i, contact) {
		show_one(c, contact);
		if (rest != NULL)
			rest(c, contact);
	}
	json_decref(log);
}

void contact_log(struct console *c, const struct call *call)
{
	show_log(c, call, NULL);
}

void contact_show(struct console *c, const struct call *call)
{
	show_log(c, call, show_rest);
}
