#include "console/maintenance.h"

#include "console/ask.h"
#include "console/case.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/show.h"
#include "console/uplinks.h"
#include "console/when.h"
#include "console/words.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* A test of one uplink takes some 0.1 s, then it must be recorded. */
enum { LOOKS = 40, LOOK_MS = 250 };

static void clock_of(const struct console *c, json_t *from, const char *key, char out[WHEN_SIZE])
{
	int64_t ms = wall_of(from, key);

	(void)snprintf(out, WHEN_SIZE, "%s", _("time unknown"));
	if (ms >= 0)
		when_format(out, ms, wall_now(), c->lang);
}

/* ---- showing ---- */

static void tell_press(struct console *c)
{
	json_t *press = json_object_get(c->now, "press");
	char clock[WHEN_SIZE];

	if (!json_is_object(press))
		return;
	clock_of(c, press, "at", clock);
	SAY(c,
	    _("! %s was pressed in maintenance, %s: it cut, and no incident was opened. If it was meant, type: "
	      "maintenance incident"),
	    string_of(press, "label"), clock);
}

void maintenance_tell(struct console *c)
{
	json_t *maintenance = json_object_get(c->now, "maintenance"), *restore;
	char since[WHEN_SIZE], until[WHEN_SIZE];

	if (json_is_object(maintenance)) {
		clock_of(c, maintenance, "since", since);
		clock_of(c, maintenance, "until", until);
		SAY(c,
		    _("! The panel is in maintenance since %s (%s: %s). It ends by itself at %s; at once: maintenance "
		      "end. The red button cuts as ever, but opens no incident."),
		    since, string_of(maintenance, "by"), string_of(maintenance, "text"), until);
		restore = json_object_get(maintenance, "restore");
		if (json_is_object(restore) && !is_true(restore, "permitted"))
			SAY(c, _("! %s asks to connect again what was cut in maintenance: restore permit"),
			    string_of(restore, "by"));
	}
	tell_press(c);
}

static void add_due(const struct console *c, json_t *test, struct buf *line)
{
	int64_t due_ms = wall_of(test, "due");
	char clock[WHEN_SIZE];

	if (due_ms < 0)
		return;
	when_format(clock, due_ms, wall_now(), c->lang);
	if (due_ms > wall_now())
		buf_addf(line, _("; the next is due %s"), clock);
	else
		buf_adds(line, _("; a test is due now"));
}

static void add_test(const struct console *c, json_t *test, struct buf *line)
{
	const char *state = string_of(test, "state");
	char clock[WHEN_SIZE];

	if (strcmp(state, "none") != 0 && strcmp(state, "good") != 0) {
		buf_addf(line, _("proof test %s"), string_of(test, "state_label"));
		if (string_of(test, "why")[0] != '\0')
			buf_addf(line, " (%s)", string_of(test, "why"));
		buf_adds(line, _("; "));
	}
	if (wall_of(test, "proven") >= 0) {
		clock_of(c, test, "proven", clock);
		buf_addf(line, _("last good proof test %s"), clock);
	} else {
		buf_adds(line, _("never proven by a test"));
	}
	if (number_of(test, "coil_to_contact_us") > 0)
		buf_addf(line, " (%.1f ms)", (double)number_of(test, "coil_to_contact_us") / 1000);
	add_due(c, test, line);
}

void maintenance_add_test(const struct console *c, json_t *uplink, struct buf *line)
{
	buf_addf(line, "      ");
	add_test(c, json_object_get(uplink, "test"), line);
}

/* ---- doing ---- */

static long number_in(const char *text)
{
	char *end = NULL;
	long number = text != NULL ? strtol(text, &end, 10) : 0;

	return end != NULL && end != text && *end == '\0' && number > 0 ? number : 0;
}

/* What stands on the command line, else what is typed now; 0: nothing that could be read. The keeper knows how much is
   allowed. */
static long number_asked(struct console *c, const char *given, const char *prompt)
{
	long number = number_in(given);
	char *typed = number == 0 ? ask_text(c, prompt, "", TEXT_NEEDED) : NULL;

	number = typed != NULL ? number_in(typed) : number;
	free(typed);
	return number;
}

static char *reason_of(struct console *c, const struct call *call)
{
	const char *given = argument_rest(call, "TEXT");

	return given != NULL ? strdup(given) : ask_text(c, _("Reason; it is recorded: "), "", TEXT_NEEDED);
}

void maintenance_begin(struct console *c, const struct call *call)
{
	char *reason;
	long hours;

	if (!keeper_refresh(c) || !words_allowed(c, c->now, "maintenance.begun"))
		return;
	hours = number_asked(c, argument(call, "HOURS"), _("How many hours at most? "));
	reason = reason_of(c, call);
	if (reason != NULL && keeper_do(c, (struct deed){.act = "maintenance.begun",
							 .body = json_pack("{s:I}", "hours", (json_int_t)hours),
							 .text = json_string(reason)}) == ERR_OK)
		SAY(c, "%s",
		    _("The lamp DRILL / MAINTENANCE is lit. Buttons cut as ever, but open no incident. When you are "
		      "done: maintenance end"));
	free(reason);
}

void maintenance_end(struct console *c, const struct call *call)
{
	(void)call;
	if (!keeper_refresh(c) || !words_allowed(c, c->now, "maintenance.ended"))
		return;
	tell_press(c);
	if (json_is_object(json_object_get(c->now, "press")) &&
	    !ask_yes(c, _("End maintenance, and leave it at a test?")))
		return;
	if (keeper_do(c, (struct deed){.act = "maintenance.ended"}) == ERR_OK)
		SAY(c, "%s", _("Buttons open incidents again."));
}

void maintenance_incident(struct console *c, const struct call *call)
{
	const char *given = argument_rest(call, "TEXT");
	json_t *press, *receipt = NULL;
	enum err err;
	char *text;

	if (!keeper_refresh(c) || !words_allowed(c, c->now, "incident.declared"))
		return;
	press = json_object_get(json_object_get(c->now, "press"), "press");
	if (press == NULL) {
		SAY(c, "%s", _("No button was pressed in maintenance. Declare an incident: declare"));
		return;
	}
	text = given != NULL ? strdup(given) : ask_text(c, _("What has happened, in one line: "), "", TEXT_NEEDED);
	if (text == NULL)
		return;
	err = keeper_do_quietly(c,
				(struct deed){.act = "incident.declared",
					      .body = json_pack("{s:O}", "press", press),
					      .text = json_string(text)},
				&receipt);
	free(text);
	if (err == ERR_OK) {
		(void)snprintf(c->about, sizeof c->about, "%s", string_of(receipt, "about"));
		words_receipt(c, receipt);
		SAY(c, _("The incident has the number %s."), c->about);
	} else if (err == ERR_DENIED) {
		words_refusal(c, receipt);
	}
	json_decref(receipt);
}

static bool is_being_tested(struct console *c)
{
	json_t *uplink;
	size_t i;

	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink)
		if (strcmp(string_of(json_object_get(uplink, "test"), "state"), "asked") == 0)
			return true;
	return false;
}

static void show_results(struct console *c, json_t *ids)
{
	json_t *uplink, *id;
	struct buf line;
	size_t i, k;

	buf_init(&line, 4096);
	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink)
		json_array_foreach (ids, k, id)
			if (strcmp(string_of(uplink, "id"), json_string_value(id)) == 0) {
				json_t *test = json_object_get(uplink, "test");

				buf_addf(&line, "  %s: %s", label_of(c, uplink, "label"),
					 string_of(test, "state_label"));
				if (number_of(test, "coil_to_contact_us") > 0)
					buf_addf(&line, " %.1f ms",
						 (double)number_of(test, "coil_to_contact_us") / 1000);
				if (string_of(test, "why")[0] != '\0')
					buf_addf(&line, " (%s)", string_of(test, "why"));
				show_line(c, 4, &line);
			}
	buf_fini(&line);
}

static void await_results(struct console *c, json_t *ids)
{
	for (int i = 0; i < LOOKS && keeper_refresh(c); i++) {
		if (!is_being_tested(c) || terminal_interrupted(c->terminal))
			break;
		(void)poll(NULL, 0, LOOK_MS);
	}
	show_results(c, ids);
	if (is_being_tested(c))
		SAY(c, "%s", _("! The panel has not answered yet. Look later: show uplinks"));
}

void maintenance_prove(struct console *c, const struct call *call)
{
	json_t *ids;

	if (!keeper_refresh(c) || !words_allowed(c, c->now, "uplink.prove"))
		return;
	ids = uplinks_chosen(c, call, _("Test which uplinks? Each is cut for a moment."));
	if (ids != NULL &&
	    keeper_do(c, (struct deed){.act = "uplink.prove", .body = json_pack("{s:O}", "uplinks", ids)}) == ERR_OK)
		await_results(c, ids);
	json_decref(ids);
}

void maintenance_absent(struct console *c, const struct call *call)
{
	char *reason;
	long seconds;

	if (!keeper_refresh(c) || !words_allowed(c, c->now, "absence.announced"))
		return;
	seconds = number_asked(c, argument(call, "SECONDS"), _("How many seconds at most? "));
	reason = reason_of(c, call);
	if (reason != NULL && keeper_do(c, (struct deed){.act = "absence.announced",
							 .body = json_pack("{s:I}", "seconds", (json_int_t)seconds),
							 .text = json_string(reason)}) == ERR_OK)
		SAY(c, _("The panel waits up to %ld seconds for this box, once. Restart it now."), seconds);
	free(reason);
}
