#include "console/report.h"

#include "base/clock.h"
#include "console/ask.h"
#include "console/case.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/words.h"

#include <string.h>

static json_t *report_view(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);

	return about != NULL ? keeper_view(c, "report", about, argument_number(call)) : NULL;
}

static json_t *report_body(const struct call *call)
{
	return json_pack("{s:I}", "report", (json_int_t)argument_number(call));
}

/* One more than the newest report of the case in hand. */
static uint64_t next_number(struct console *c, const char *about)
{
	json_t *incident = keeper_view(c, "incident", about, 0), *report;
	uint64_t newest = 0;
	size_t i;

	if (incident == NULL)
		return 0;
	json_array_foreach (json_object_get(incident, "reports"), i, report)
		if (number_of(report, "report") > newest)
			newest = number_of(report, "report");
	json_decref(incident);
	return newest + 1;
}

/* Which report of the series it is: the first one is called so without asking. */
static void choose_stage(struct console *c, const char *about, uint64_t number)
{
	json_t *report = number > 1 ? keeper_view(c, "report", about, number) : NULL, *stage;
	int chosen =
		report != NULL ? ask_one(c, _("Which report is it?"), json_object_get(report, "stages"), "label") : -1;

	if (chosen >= 0) {
		stage = json_object_get(json_array_get(json_object_get(report, "stages"), (size_t)chosen), "id");
		keeper_do(c,
			  (struct deed){.act = "report.drafted",
					.about = about,
					.body = json_pack("{s:I, s:O}", "report", (json_int_t)number, "stage", stage)});
	}
	json_decref(report);
}

/* Begins report `number` and leads through its fields. */
static void begin(struct console *c, const char *about, uint64_t number)
{
	if (keeper_do(c, (struct deed){.act = "report.drafted",
				       .about = about,
				       .body = json_pack("{s:I}", "report", (json_int_t)number)}) != ERR_OK)
		return;
	choose_stage(c, about, number);
	edit_report(c, about, number);
}

void report_new(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	uint64_t number = about != NULL ? next_number(c, about) : 0;

	(void)call;
	if (number != 0)
		begin(c, about, number);
}

/* The next number is begun by editing it. */
void report_edit(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	uint64_t next = about != NULL ? next_number(c, about) : 0;

	if (next != 0 && next == argument_number(call))
		begin(c, about, next);
	else if (next != 0)
		edit_report(c, about, argument_number(call));
}

void report_print(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	json_t *text = about != NULL ? keeper_view(c, "report_text", about, argument_number(call)) : NULL, *line;
	size_t i;

	json_array_foreach (json_object_get(text, "lines"), i, line)
		terminal_put_line(c->terminal, json_string_value(line) != NULL ? json_string_value(line) : "");
	json_decref(text);
}

static size_t count_unknown(json_t *report)
{
	size_t count = 0, i;
	json_t *cell;

	json_array_foreach (json_object_get(report, "cells"), i, cell)
		count += strcmp(string_of(cell, "state"), "unknown") == 0;
	return count;
}

/* Blanks are allowed, speed comes first; but whoever hands it in should know how many there are. */
void report_submit(struct console *c, const struct call *call)
{
	json_t *report = report_view(c, call);

	if (report == NULL || !words_allowed(c, report, "report.submitted"))
		goto out;
	if (count_unknown(report) > 0)
		SAY(c, _("Fields still empty: %zu. They may stay so; the next report can fill them."),
		    count_unknown(report));
	keeper_do(c, (struct deed){.act = "report.submitted", .about = c->about, .body = report_body(call)});
out:
	json_decref(report);
}

void report_return(struct console *c, const struct call *call)
{
	json_t *report = report_view(c, call);
	char *text = NULL;

	if (report != NULL && words_allowed(c, report, "report.returned"))
		text = ask_text(c, _("Reason for returning it: "), "", TEXT_NEEDED);
	if (text != NULL)
		keeper_do(c, (struct deed){.act = "report.returned",
					   .about = c->about,
					   .body = report_body(call),
					   .text = json_string(text)});
	free(text);
	json_decref(report);
}

/* ---- the seal ---- */

/* What will be sealed: the report's name, its digest, and whose seal it is. */
static void say_seal(struct console *c, json_t *report)
{
	json_t *step;
	size_t i;

	SAY(c, _("You put your seal on: %s %s"), string_of(report, "about"), string_of(report, "label"));
	SAY(c, _("  as it stands now (%.16s); read it first with: report %llu print"), string_of(report, "digest"),
	    (unsigned long long)number_of(report, "report"));
	json_array_foreach (json_object_get(report, "chain"), i, step)
		if (strcmp(string_of(step, "state"), "due") == 0)
			SAY(c, _("  Seal of: %s"), string_of(step, "role_label"));
}

static json_t *approval_body(json_t *report, json_t *manner)
{
	json_t *body = json_pack("{s:O, s:O}", "report", json_object_get(report, "report"), "manner",
				 json_object_get(manner, "id"));

	/* The digest says which version the reader saw; another one is refused as a conflict. */
	if (string_of(report, "digest")[0] != '\0')
		(void)json_object_set(body, "digest", json_object_get(report, "digest"));
	return body;
}

void report_approve(struct console *c, const struct call *call)
{
	json_t *report = report_view(c, call), *manners = json_object_get(report, "manners");
	char proof[PASSWORD_SIZE], *text = NULL;
	int manner = -1;

	if (report == NULL || !words_allowed(c, report, "report.approved"))
		goto out;
	say_seal(c, report);
	manner = ask_one(c, _("In which manner?"), manners, "label");
	if (manner < 0)
		goto out;
	/* On the screen the holder of the seal types the password; otherwise somebody writes down what was agreed. */
	if (strcmp(string_of(json_array_get(manners, (size_t)manner), "id"), "screen") != 0 &&
	    (text = ask_text(c, _("Who sealed or agreed, and when: "), "", TEXT_NEEDED)) == NULL)
		goto out;
	if (ask_proof(c, proof)) {
		keeper_do(c, (struct deed){.act = "report.approved",
					   .about = c->about,
					   .body = approval_body(report, json_array_get(manners, (size_t)manner)),
					   .text = text != NULL ? json_string(text) : NULL,
					   .proof = proof});
		explicit_bzero(proof, sizeof proof);
	}
out:
	free(text);
	json_decref(report);
}

void report_sent(struct console *c, const struct call *call)
{
	json_t *report = report_view(c, call), *to = NULL, *ways = json_object_get(report, "ways"), *body;
	char *text = NULL, at[WALL_TEXT_SIZE];
	int64_t at_ms;
	int way;

	if (report == NULL || !words_allowed(c, report, "report.sent"))
		goto out;
	to = ask_several(c, _("To whom was it sent? After this the report is frozen."),
			 json_object_get(report, "recipients"), "label");
	way = to != NULL ? ask_one(c, _("How was it sent?"), ways, "label") : -1;
	if (way < 0 || !ask_time(c, _("When was it sent? (Enter: now) "), &at_ms))
		goto out;
	text = ask_text(c, _("Reception number or remark (Enter: none): "), "", TEXT_MAY_BE_EMPTY);
	if (text == NULL)
		goto out;
	wall_format(at, at_ms);
	body = report_body(call);
	(void)json_object_set(body, "to", to);
	(void)json_object_set(body, "how", json_object_get(json_array_get(ways, (size_t)way), "id"));
	(void)json_object_set_new(body, "at", json_string(at));
	keeper_do(c, (struct deed){.act = "report.sent",
				   .about = c->about,
				   .body = body,
				   .text = text[0] != '\0' ? json_string(text) : NULL});
out:
	free(text);
	json_decref(to);
	json_decref(report);
}
