#include "console/cell.h"
#include "console/report.h"

#include "base/clock.h"
#include "console/ask.h"
#include "console/case.h"
#include "console/drafts.h"
#include "console/keeper.h"
#include "console/layout.h"
#include "console/when.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

/* What a person did at a cell. */
enum step { STEP_NEXT, STEP_BACK, STEP_AGAIN, STEP_LIST, STEP_LEAVE };

/* The draft that is being edited. */
struct draft {
	struct console *c;
	const char *about;
	uint64_t number;
	json_t *view; /* as last fetched */
};

/* ---- saving ---- */

static json_t *draft_cells(const struct draft *d)
{
	return json_object_get(d->view, "cells");
}

static bool draft_fetch(struct draft *d)
{
	json_t *view = keeper_view(d->c, "report", d->about, d->number);

	if (view == NULL)
		return false;
	json_decref(d->view);
	d->view = view;
	return true;
}

/* What is coded (choices, times) is recorded in body.cells, what people wrote in text. null and "" empty a cell: it
   is not known. */
static struct deed deed_for(const struct draft *d, json_t *cell, json_t *value)
{
	const char *kind = string_of(cell, "kind"), *id = string_of(cell, "id");
	bool written = strcmp(kind, "text") == 0 || strcmp(kind, "lines") == 0;
	struct deed deed = {.act = "report.drafted", .about = d->about};

	deed.body = json_pack("{s:I}", "report", (json_int_t)d->number);
	if (!written)
		(void)json_object_set_new(deed.body, "cells", json_pack("{s:o}", id, value));
	else if (json_is_null(value))
		deed.text = json_pack("{s:s}", id, "");
	else
		deed.text = json_pack("{s:o}", id, value);
	return deed;
}

/* Saves one cell at once, so that a lost connection costs at most the line being typed. Takes `value`. */
static bool save(struct draft *d, json_t *cell, json_t *value)
{
	return keeper_do(d->c, deed_for(d, cell, value)) == ERR_OK && draft_fetch(d);
}

/* ---- one cell ---- */

static const struct {
	const char *typed;
	enum step step;
} moves[] = {
	{"<", STEP_BACK},   {"＜", STEP_BACK}, {">", STEP_NEXT},  {"q", STEP_LEAVE},
	{"ｑ", STEP_LEAVE}, {"*", STEP_LIST},  {"＊", STEP_LIST}, {"", STEP_NEXT},
};

/* Is the typed line one of the moves between cells? */
static bool is_move(const char *typed, enum step *step)
{
	for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
		if (strcmp(typed, moves[i].typed) == 0) {
			*step = moves[i].step;
			return true;
		}
	return false;
}

static void show_cell(const struct draft *d, json_t *cell, size_t at)
{
	struct console *c = d->c;
	struct buf value;

	buf_init(&value, 64 * 1024);
	cell_text(c, cell, &value);
	SAY(c, "%s", "");
	SAY(c, "■ %zu/%zu  %s  %s", at + 1, json_array_size(draft_cells(d)), string_of(cell, "section"),
	    label_of(c, cell, "label"));
	if (value.len > 0)
		SAY(c, "%s%s  %s", _("  Now: "), value.data,
		    strcmp(string_of(cell, "from"), "prefill") == 0 ? _("(filled in from the record)") : "");
	else
		SAY(c, "%s", _("  Now: not known yet"));
	buf_fini(&value);
}

/* What is typed for a cell, `typed` (taken) standing there already; NULL when it was left. Lines that were left behind
   the last time are gone on with. */
static char *ask_cell(const struct draft *d, char *typed)
{
	char *line = NULL;

	if (drafts_has_lines(d->c))
		line = strdup("+");
	else if (terminal_ask(d->c->terminal, LINE_ANSWER, "> ", typed != NULL ? typed : "", &line) != TYPED_LINE)
		line = NULL;
	free(typed);
	return line;
}

/* Asks until the cell is saved or left. */
static enum step edit_cell(struct draft *d, json_t *cell)
{
	char *typed = NULL;
	enum step step = STEP_AGAIN;

	if (cell_how_to(string_of(cell, "kind")) != NULL)
		SAY(d->c, "%s", cell_how_to(string_of(cell, "kind")));
	ask_show_options(d->c, json_object_get(cell, "options"), "label");
	while (step == STEP_AGAIN) {
		json_t *value;

		typed = ask_cell(d, typed);
		if (typed == NULL)
			return STEP_LEAVE;
		if (is_move(typed, &step))
			break;
		value = cell_is_unknown(typed) ? json_null() : cell_value(d->c, cell, typed);
		if (value != NULL)
			step = save(d, cell, value) ? STEP_NEXT : STEP_AGAIN;
	}
	free(typed);
	return step;
}

/* The table of a form is the timeline: a line is added there, and none is taken away. */
static enum step edit_table(struct draft *d)
{
	enum step step;
	char *line;

	if (terminal_ask(d->c->terminal, LINE_ANSWER, _("+ adds a line to the timeline: "), "", &line) != TYPED_LINE)
		return STEP_LEAVE;
	if (!is_move(line, &step)) {
		step = STEP_AGAIN;
		case_note(d->c, NULL);
		(void)draft_fetch(d);
	}
	free(line);
	return step;
}

/* ---- the whole form ---- */

/* All cells with their numbers; the one to go to, or `at` when none was chosen. */
static size_t choose_cell(const struct draft *d, size_t at)
{
	size_t chosen = at, i;
	json_t *cell;
	bool back;
	char *line;

	json_array_foreach (draft_cells(d), i, cell) {
		struct buf value, shown;

		buf_init(&value, 64 * 1024);
		buf_init(&shown, 4096);
		cell_text(d->c, cell, &value);
		layout_pad(&shown, value.data != NULL ? value.data : "", 30);
		SAY(d->c, "%3zu  %s  %s", i + 1, label_of(d->c, cell, "label"),
		    shown.data != NULL && value.len > 0 ? shown.data : "");
		buf_fini(&value);
		buf_fini(&shown);
	}
	if (terminal_ask(d->c->terminal, LINE_ANSWER, _("Go to which field? (number) "), "", &line) != TYPED_LINE)
		return at;
	if (ask_numbers(line, json_array_size(draft_cells(d)), &chosen, 1, &back) != 1)
		chosen = at;
	free(line);
	return chosen;
}

static bool is_fixed(json_t *cell)
{
	return strcmp(string_of(cell, "kind"), "fixed") == 0;
}

/* The next cell in a direction that can be filled in. */
static size_t move(const struct draft *d, size_t at, int by)
{
	size_t count = json_array_size(draft_cells(d)), to = at;

	do
		to += (size_t)by;
	while (to < count && is_fixed(json_array_get(draft_cells(d), to)));
	return to >= count && by < 0 ? at : to;
}

static enum step edit_at(struct draft *d, size_t at)
{
	json_t *cell = json_incref(json_array_get(draft_cells(d), at));
	enum step step;

	show_cell(d, cell, at);
	d->c->field = string_of(cell, "id");
	step = strcmp(string_of(cell, "kind"), "table") == 0 ? edit_table(d) : edit_cell(d, cell);
	d->c->field = NULL;
	json_decref(cell);
	return step;
}

/* The first one that can be filled in, or the one at which the line was cut the last time. */
static size_t first_cell(const struct draft *d)
{
	json_t *cell;
	size_t i;

	json_array_foreach (draft_cells(d), i, cell)
		if (strcmp(string_of(cell, "id"), drafts_field(d->c)) == 0)
			return i;
	return is_fixed(json_array_get(draft_cells(d), 0)) ? move(d, 0, 1) : 0;
}

static void walk(struct draft *d)
{
	size_t at = first_cell(d);

	while (at < json_array_size(draft_cells(d))) {
		switch (edit_at(d, at)) {
		case STEP_NEXT:
			at = move(d, at, 1);
			break;
		case STEP_BACK:
			at = move(d, at, -1);
			break;
		case STEP_LIST:
			at = choose_cell(d, at);
			break;
		case STEP_LEAVE:
			SAY(d->c, _("Everything typed so far is recorded. Go on later with: report %llu edit"),
			    (unsigned long long)d->number);
			return;
		case STEP_AGAIN:
		default:
			break;
		}
	}
	SAY(d->c, _("That was the last field. Look at it: report %llu print. Hand it in: report %llu submit"),
	    (unsigned long long)d->number, (unsigned long long)d->number);
}

void edit_report(struct console *c, const char *about, uint64_t report)
{
	struct draft d = {.c = c, .about = about, .number = report};

	if (!draft_fetch(&d))
		return;
	SAY(c, "■ %s %s  %s", about, string_of(d.view, "label"), string_of(d.view, "state_label"));
	if (words_allowed(c, d.view, "report.drafted")) {
		SAY(c, "%s", _("Enter: keep and go on  <: back  ?: unknown  *: list of fields  q: leave"));
		walk(&d);
	}
	json_decref(d.view);
}
