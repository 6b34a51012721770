#include "console/case.h"

#include "base/clock.h"
#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/restricted.h"
#include "console/show.h"
#include "console/when.h"
#include "console/words.h"

#include <string.h>

static void take_in_hand(struct console *c, const char *about)
{
	if (about != c->about)
		(void)snprintf(c->about, sizeof c->about, "%s", about);
}

json_t *case_head(const struct console *c)
{
	json_t *head;
	size_t i;

	json_array_foreach (json_object_get(c->now, "incidents"), i, head)
		if (strcmp(string_of(head, "about"), c->about) == 0)
			return head;
	return NULL;
}

/* The heads of view `now` as options to choose from. */
static json_t *case_options(struct console *c)
{
	json_t *options = json_array(), *head;
	size_t i;

	json_array_foreach (json_object_get(c->now, "incidents"), i, head) {
		char label[512];

		(void)snprintf(label, sizeof label, "%s  %s  %s", string_of(head, "about"), string_of(head, "title"),
			       string_of(head, "state_label"));
		(void)json_array_append_new(options,
					    json_pack("{s:s, s:s}", "id", string_of(head, "about"), "label", label));
	}
	return options;
}

static const char *choose_case(struct console *c)
{
	json_t *options = case_options(c);
	size_t count = json_array_size(options);
	int chosen = 0;

	if (count == 0)
		SAY(c, "%s", _("No incident is open. Declare one: declare"));
	else if (count > 1)
		chosen = ask_one(c, _("Which incident?"), options, "label");
	if (count > 0 && chosen >= 0)
		take_in_hand(c, string_of(json_array_get(options, (size_t)chosen), "id"));
	json_decref(options);
	return count > 0 && chosen >= 0 ? c->about : NULL;
}

const char *case_in_hand(struct console *c)
{
	if (c->about[0] != '\0')
		return c->about;
	return keeper_refresh(c) ? choose_case(c) : NULL;
}

void case_select(struct console *c, const struct call *call)
{
	const char *named = argument(call, "CASE");
	json_t *incident;

	if (named == NULL) {
		if (keeper_refresh(c))
			(void)choose_case(c);
		return;
	}
	incident = keeper_view(c, "incident", named, 0);
	if (incident != NULL)
		take_in_hand(c, named);
	json_decref(incident);
	(void)keeper_refresh(c);
}

json_t *case_text(const char *text)
{
	return text != NULL && text[strspn(text, " ")] != '\0' ? json_string(text) : NULL;
}

static void set_time(json_t *body, const char *key, int64_t wall_ms)
{
	char text[WALL_TEXT_SIZE];

	wall_format(text, wall_ms);
	(void)json_object_set_new(body, key, json_string(text));
}

/* What was given on the command line, else what is typed now. */
static char *text_of(struct console *c, const struct call *call, const char *prompt, enum text_need need)
{
	const char *given = argument_rest(call, "TEXT");

	return given != NULL ? strdup(given) : ask_text(c, prompt, "", need);
}

void case_declare(struct console *c, const struct call *call)
{
	struct deed deed = {.act = "incident.declared"};
	bool is_drill = strncmp(call->command->pattern, "drill", 5) == 0;
	bool is_restricted = strncmp(call->command->pattern, "declare restricted", 18) == 0;
	json_t *receipt = NULL, *readers = NULL;
	int64_t detected_ms;
	enum err err;
	char *text;

	if (!keeper_refresh(c) || !words_allowed(c, c->now, deed.act))
		return;
	text = text_of(c, call,
		       is_drill ? _("What is practised, in one line: ") : _("What has happened, in one line: "),
		       TEXT_NEEDED);
	if (text != NULL && is_restricted)
		readers = restricted_ask(c);
	if (text == NULL || (is_restricted && readers == NULL) ||
	    !ask_time(c, _("When was it found? (Enter: now) "), &detected_ms)) {
		json_decref(readers);
		free(text);
		return;
	}
	deed.body = json_object();
	set_time(deed.body, "detected", detected_ms);
	if (is_drill)
		(void)json_object_set_new(deed.body, "drill", json_true());
	if (readers != NULL)
		(void)json_object_set_new(deed.body, "readers", readers);
	deed.text = json_string(text);
	free(text);
	err = keeper_do_quietly(c, deed, &receipt);
	if (err == ERR_OK) {
		take_in_hand(c, string_of(receipt, "about"));
		words_receipt(c, receipt);
		SAY(c, _("The incident has the number %s."), c->about);
		if (is_drill)
			SAY(c, "%s",
			    _("This is a drill. Nothing is cut from here and nothing goes outside; the red button cuts in "
			      "earnest, and opens an incident of its own."));
		if (is_restricted)
			SAY(c, "%s",
			    _("Only those you named see it. No lamp, no notice and no uplink tells of it; who looks at it is "
			      "recorded."));
	} else if (err == ERR_DENIED) {
		words_refusal(c, receipt);
	}
	json_decref(receipt);
}

/* The id of the option chosen, borrowed from `from`, or NULL. */
static const char *choose_id(struct console *c, const char *title, json_t *from, const char *list)
{
	json_t *options = json_object_get(from, list);
	int chosen = ask_one(c, title, options, "label");

	return chosen < 0 ? NULL : string_of(json_array_get(options, (size_t)chosen), "id");
}

void case_triage(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c), *verdict, *priority;
	json_t *incident = about != NULL ? keeper_view(c, "incident", about, 0) : NULL;
	char *text = NULL;

	(void)call;
	if (incident == NULL || !words_allowed(c, incident, "incident.triaged"))
		goto out;
	verdict = choose_id(c, _("Is it an incident?"), incident, "verdicts");
	priority = verdict != NULL ? choose_id(c, _("How urgent is it?"), incident, "priorities") : NULL;
	if (priority != NULL)
		text = ask_text(c, _("Why (Enter: nothing to add): "), "", TEXT_MAY_BE_EMPTY);
	if (text != NULL)
		keeper_do(c, (struct deed){.act = "incident.triaged",
					   .about = about,
					   .body = json_pack("{s:s, s:s}", "verdict", verdict, "priority", priority),
					   .text = case_text(text)});
out:
	free(text);
	json_decref(incident);
}

void case_classify(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	json_t *incident = about != NULL ? keeper_view(c, "incident", about, 0) : NULL, *types = NULL;

	(void)call;
	if (incident != NULL && words_allowed(c, incident, "incident.classified"))
		types = ask_several(c, _("What kind of incident is it? Several are possible."),
				    json_object_get(incident, "types_possible"), "label");
	if (types != NULL)
		keeper_do(c, (struct deed){.act = "incident.classified",
					   .about = about,
					   .body = json_pack("{s:o}", "types", types)});
	json_decref(incident);
}

/* ---- the rest of a case's life ---- */

void case_note(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	char *text = about != NULL ? text_of(c, call, _("What happened: "), TEXT_NEEDED) : NULL;
	int64_t at_ms;
	json_t *body;

	if (text != NULL && ask_time(c, _("When? (Enter: now) "), &at_ms)) {
		body = json_object();
		set_time(body, "at", at_ms);
		keeper_do(c, (struct deed){
				     .act = "incident.noted", .about = about, .body = body, .text = json_string(text)});
	}
	free(text);
}

/* The presses of the panel in the timeline, as options. */
static json_t *presses_of(struct console *c, const char *about)
{
	json_t *timeline = keeper_view(c, "timeline", about, 0), *options = json_array(), *moment;
	size_t i;

	json_array_foreach (json_object_get(timeline, "lines"), i, moment) {
		char label[512], clock[WHEN_SIZE] = "";

		if (strcmp(string_of(moment, "act"), "panel.pressed") != 0)
			continue;
		if (wall_of(moment, "at") >= 0)
			when_format(clock, wall_of(moment, "at"), wall_now(), c->lang);
		/* The text of a press begins with the label. */
		(void)snprintf(label, sizeof label, "%s  %s", clock,
			       string_of(moment, string_of(moment, "text")[0] != '\0' ? "text" : "label"));
		(void)json_array_append_new(
			options, json_pack("{s:O, s:s}", "seq", json_object_get(moment, "seq"), "label", label));
	}
	json_decref(timeline);
	return options;
}

void case_attribute(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	json_t *presses = about != NULL ? presses_of(c, about) : NULL;
	json_t *people = presses != NULL ? keeper_view(c, "people", NULL, 0) : NULL;
	int press, who = -1;

	(void)call;
	if (people == NULL)
		goto out;
	press = ask_one(c, _("Which press of a button?"), presses, "label");
	if (press >= 0)
		who = ask_one(c, _("Who pressed it?"), json_object_get(people, "users"), "name");
	if (press >= 0 && who >= 0)
		keeper_do(c,
			  (struct deed){
				  .act = "incident.attributed",
				  .about = about,
				  .body = json_pack(
					  "{s:O, s:O}", "press",
					  json_object_get(json_array_get(presses, (size_t)press), "seq"), "user",
					  json_object_get(json_array_get(json_object_get(people, "users"), (size_t)who),
							  "id"))});
out:
	json_decref(presses);
	json_decref(people);
}

void case_end(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c), *ending = NULL;
	json_t *incident = about != NULL ? keeper_view(c, "incident", about, 0) : NULL;
	char *text = NULL;

	(void)call;
	if (incident != NULL && words_allowed(c, incident, "incident.ended"))
		ending = choose_id(c, _("End the incident as what? It stays in the record."), incident, "endings");
	if (ending != NULL)
		text = ask_text(c, _("Reason: "), "", TEXT_NEEDED);
	if (text != NULL)
		keeper_do(c, (struct deed){.act = "incident.ended",
					   .about = about,
					   .body = json_pack("{s:s}", "as", ending),
					   .text = json_string(text)});
	free(text);
	json_decref(incident);
}

void case_close(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	json_t *incident = about != NULL ? keeper_view(c, "incident", about, 0) : NULL;
	char *text = NULL;

	(void)call;
	if (incident != NULL && words_allowed(c, incident, "incident.closed")) {
		SAY(c,
		    _("%s will be closed, with %llu rows left open. Nothing can be added to its checklist and reports "
		      "afterwards. If the final report has not been sent, give the reason."),
		    about, (unsigned long long)number_of(incident, "left"));
		text = ask_text(c, _("Closing words (Ctrl-C: leave it open): "), "", TEXT_MAY_BE_EMPTY);
	}
	if (text != NULL &&
	    keeper_do(c, (struct deed){.act = "incident.closed", .about = about, .text = case_text(text)}) == ERR_OK)
		c->about[0] = '\0';
	free(text);
	json_decref(incident);
}
