/* Screens of one incident and of one report. */
#include "console/show.h"

#include "console/case.h"
#include "console/cell.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/layout.h"
#include "console/when.h"
#include "console/words.h"

#include <string.h>

/* The name of the command's case argument, or the case in hand. */
static const char *which_case(struct console *c, const struct call *call)
{
	const char *named = argument(call, "CASE");

	return named != NULL ? named : case_in_hand(c);
}

static void show_phases(struct console *c, json_t *incident)
{
	json_t *phase, *type;
	struct buf line;
	size_t i;

	buf_init(&line, 4096);
	buf_adds(&line, _("  Types: "));
	json_array_foreach (json_object_get(incident, "types"), i, type)
		buf_addf(&line, "%s%s", i == 0 ? "" : _(", "), label_of(c, type, "label"));
	if (i == 0)
		buf_adds(&line, _("not yet classified"));
	show_line(c, 4, &line);
	json_array_foreach (json_object_get(incident, "phases"), i, phase) {
		buf_adds(&line, "  ");
		layout_pad(&line, label_of(c, phase, "label"), 28);
		buf_addf(&line, _(" done %3llu, left %3llu"), (unsigned long long)number_of(phase, "done"),
			 (unsigned long long)number_of(phase, "left"));
		show_line(c, 4, &line);
	}
	buf_fini(&line);
}

static void show_reached(struct console *c, json_t *incident)
{
	json_t *contacts = json_object_get(incident, "contacts");

	SAY(c, _("  Contacts: reached %llu, still to be called %llu (contact sheet)"),
	    (unsigned long long)number_of(contacts, "reached"), (unsigned long long)number_of(contacts, "left"));
}

static void show_restore(struct console *c, json_t *incident)
{
	json_t *restore = json_object_get(incident, "restore");

	if (json_is_object(restore))
		SAY(c, _("  %s has asked to connect again (entry %llu). A second person: restore permit"),
		    string_of(restore, "by"), (unsigned long long)number_of(restore, "request"));
}

void show_incident(struct console *c, const struct call *call)
{
	const char *about = which_case(c, call);
	json_t *incident = about != NULL ? keeper_view(c, "incident", about, 0) : NULL;

	if (incident == NULL)
		return;
	show_heading(c, _("Incident"));
	show_head(c, incident, wall_now());
	show_phases(c, incident);
	show_reached(c, incident);
	show_restore(c, incident);
	json_decref(incident);
}

static const char *state_sign(const char *state)
{
	if (strcmp(state, "open") == 0)
		return "□";
	return strcmp(state, "done") == 0 || strcmp(state, "answered") == 0 ? "■" : "−";
}

void show_row(struct console *c, json_t *row)
{
	const char *answer = string_of(row, "answer"), *note = string_of(row, "note");
	struct buf line;

	buf_init(&line, 16 * 1024);
	buf_addf(&line, "%s %-8s %s", state_sign(string_of(row, "state")), string_of(row, "id"),
		 string_of(row, "text"));
	if (strcmp(string_of(row, "state"), "open") != 0)
		buf_addf(&line, "  [%s %s]", string_of(row, "state_label"), string_of(row, "by"));
	if (answer[0] != '\0')
		buf_addf(&line, "  %s", answer);
	if (note[0] != '\0')
		buf_addf(&line, _("  note: %s"), note);
	show_line(c, 11, &line);
	buf_fini(&line);
}

static void show_rows(struct console *c, json_t *rows)
{
	const char *phase = "";
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		if (strcmp(phase, string_of(row, "phase_label")) != 0)
			show_heading(c, string_of(row, "phase_label"));
		phase = string_of(row, "phase_label");
		show_row(c, row);
	}
	if (json_array_size(rows) == 0)
		SAY(c, "%s", _("  No rows yet. Classify the incident: incident classify"));
}

void show_checklist(struct console *c, const struct call *call)
{
	const char *about = which_case(c, call);
	json_t *list = about != NULL ? keeper_view(c, "checklist", about, 0) : NULL;

	if (list != NULL)
		show_rows(c, json_object_get(list, "rows"));
	json_decref(list);
}

void show_facts(struct console *c, const struct call *call)
{
	const char *about = which_case(c, call);
	json_t *facts = about != NULL ? keeper_view(c, "facts", about, 0) : NULL;

	if (facts != NULL)
		show_rows(c, json_object_get(facts, "questions"));
	json_decref(facts);
}

/* The text says what was done and to what; where there is none, the act's label must do. */
static void show_moment(struct console *c, json_t *moment)
{
	int64_t at_ms = wall_of(moment, "at") >= 0 ? wall_of(moment, "at") : wall_of(moment, "recorded");
	const char *text = string_of(moment, "text");
	char clock[WHEN_SIZE] = "";
	struct buf line;

	if (at_ms >= 0)
		when_format(clock, at_ms, wall_now(), c->lang);
	buf_init(&line, 16 * 1024);
	buf_addf(&line, "%6llu  %s  %s  %s", (unsigned long long)number_of(moment, "seq"), clock,
		 string_of(moment, "who"), text[0] != '\0' ? text : string_of(moment, "label"));
	show_line(c, 8, &line);
	buf_fini(&line);
}

void show_timeline(struct console *c, const struct call *call)
{
	const char *about = which_case(c, call);
	json_t *timeline = about != NULL ? keeper_view(c, "timeline", about, 0) : NULL, *moment;
	size_t i;

	if (timeline == NULL)
		return;
	show_heading(c, _("Timeline"));
	json_array_foreach (json_object_get(timeline, "lines"), i, moment)
		show_moment(c, moment);
	json_decref(timeline);
}

/* ---- one report ---- */

static void show_cells(struct console *c, json_t *report)
{
	struct buf line;
	json_t *cell;
	size_t i;

	buf_init(&line, 64 * 1024);
	json_array_foreach (json_object_get(report, "cells"), i, cell) {
		buf_addf(&line, "%2zu %s%s: ", i + 1, is_true(cell, "changed") ? "● " : "", label_of(c, cell, "label"));
		cell_text(c, cell, &line);
		show_line(c, 6, &line);
	}
	buf_fini(&line);
}

static void show_chain(struct console *c, json_t *report)
{
	struct buf line;
	json_t *step;
	size_t i;

	show_heading(c, _("Approval"));
	buf_init(&line, 4096);
	json_array_foreach (json_object_get(report, "chain"), i, step) {
		const char *state = string_of(step, "state");
		char clock[WHEN_SIZE];

		buf_addf(&line, "  %s %s",
			 strcmp(state, "sealed") == 0 ? "■"
			 : strcmp(state, "due") == 0  ? "▶"
						      : "□",
			 string_of(step, "role_label"));
		if (strcmp(state, "sealed") == 0 && wall_of(step, "at") >= 0) {
			when_format(clock, wall_of(step, "at"), wall_now(), c->lang);
			buf_addf(&line, "  %s  %s  %s", string_of(step, "by"), clock, string_of(step, "manner_label"));
			if (string_of(step, "for")[0] != '\0')
				buf_addf(&line, _("  as deputy of %s (%s)"), string_of(step, "for"),
					 wall_of(step, "viewed") >= 0 ? _("looked at since")
								      : _("still to be looked at"));
		}
		show_line(c, 4, &line);
	}
	buf_fini(&line);
}

void show_report(struct console *c, const struct call *call)
{
	const char *about = case_in_hand(c);
	json_t *report = about != NULL ? keeper_view(c, "report", about, argument_number(call)) : NULL;

	if (report == NULL)
		return;
	SAY(c, "■ %s %s  %s", about, string_of(report, "label"), string_of(report, "state_label"));
	if (string_of(report, "returned_because")[0] != '\0')
		SAY(c, _("  Returned because: %s"), string_of(report, "returned_because"));
	show_cells(c, report);
	show_chain(c, report);
	json_decref(report);
}
