#include "console/report.h"

#include "base/clock.h"
#include "console/ask.h"
#include "console/case.h"
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

/* ---- values as text ---- */

static void add_time(const struct console *c, const char *text, struct buf *out)
{
	char clock[WHEN_SIZE];
	int64_t wall_ms;

	if (wall_parse(text, strlen(text), &wall_ms) == ERR_OK) {
		when_full(clock, wall_ms, c->lang);
		buf_adds(out, clock);
	} else {
		buf_adds(out, text);
	}
}

static void add_option(const struct console *c, json_t *cell, json_t *id, struct buf *out)
{
	json_t *option;
	size_t i;

	json_array_foreach (json_object_get(cell, "options"), i, option)
		if (json_equal(json_object_get(option, "id"), id))
			buf_adds(out, label_of(c, option, "label"));
}

static void add_rows(const struct console *c, json_t *rows, struct buf *out)
{
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		const char *time = json_string_value(json_array_get(row, 0));
		const char *text = json_string_value(json_array_get(row, 1));

		buf_addf(out, "\n  %2zu  ", i + 1);
		add_time(c, time != NULL ? time : "", out);
		buf_addf(out, "  %s", text != NULL ? text : "");
	}
}

void edit_value_text(const struct console *c, json_t *cell, struct buf *out)
{
	const char *kind = string_of(cell, "kind"), *text = string_of(cell, "value");
	json_t *value = json_object_get(cell, "value"), *id;
	size_t i;

	if (strcmp(kind, "table") == 0)
		add_rows(c, value, out);
	else if (json_is_integer(value))
		buf_addf(out, "%lld", (long long)json_integer_value(value));
	else if (strcmp(kind, "time") == 0)
		add_time(c, text, out);
	else if (strcmp(kind, "choice") == 0)
		add_option(c, cell, value, out);
	else if (strcmp(kind, "choices") == 0)
		json_array_foreach (value, i, id) {
			buf_adds(out, i > 0 ? _(", ") : "");
			add_option(c, cell, id, out);
		}
	else
		buf_adds(out, text);
}

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

static bool is_unknown(const char *typed)
{
	return strcmp(typed, "?") == 0 || strcmp(typed, "？") == 0 || strcmp(typed, "不明") == 0 ||
	       strcmp(typed, "確認中") == 0;
}

static void show_cell(const struct draft *d, json_t *cell, size_t at)
{
	struct console *c = d->c;
	struct buf value;

	buf_init(&value, 64 * 1024);
	edit_value_text(c, cell, &value);
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

/* The typed line as the cell's value; NULL: it does not fit, and why has been said. */
static json_t *choice_value(struct console *c, json_t *cell, const char *typed, bool several)
{
	json_t *options = json_object_get(cell, "options"), *ids;
	size_t count = json_array_size(options), chosen[64];
	bool back;
	int found = ask_numbers(typed, count, chosen, several ? 64 : 1, &back);

	if (found <= 0) {
		SAY(c, _("! Type a number from 1 to %zu."), count);
		return NULL;
	}
	if (!several)
		return json_incref(json_object_get(json_array_get(options, chosen[0]), "id"));
	ids = json_array();
	for (int i = 0; i < found; i++)
		(void)json_array_append(ids, json_object_get(json_array_get(options, chosen[i]), "id"));
	return ids;
}

static json_t *time_value(struct console *c, const char *typed)
{
	char text[WALL_TEXT_SIZE];
	int64_t wall_ms;
	enum err err = when_parse(typed, wall_now(), &wall_ms);

	if (err != ERR_OK) {
		ask_explain_time(c, err);
		return NULL;
	}
	wall_format(text, wall_ms);
	return json_string(text);
}

/* "+" in front goes on from what is there. */
static json_t *lines_value(struct console *c, json_t *cell, const char *typed)
{
	struct buf first;
	json_t *value = NULL;
	char *text;

	buf_init(&first, 64 * 1024);
	if (typed[0] == '+' && string_of(cell, "value")[0] != '\0')
		buf_addf(&first, "%s\n", string_of(cell, "value"));
	buf_adds(&first, typed + (typed[0] == '+'));
	SAY(c, "%s", _("  More lines; a line with only . ends the text."));
	text = ask_lines(c, first.data != NULL ? first.data : "");
	if (text != NULL)
		value = json_string(text);
	free(text);
	buf_fini(&first);
	return value;
}

static json_t *typed_value(struct console *c, json_t *cell, const char *typed)
{
	const char *kind = string_of(cell, "kind");

	if (strcmp(kind, "choice") == 0 || strcmp(kind, "choices") == 0)
		return choice_value(c, cell, typed, strcmp(kind, "choices") == 0);
	if (strcmp(kind, "time") == 0)
		return time_value(c, typed);
	if (strcmp(kind, "lines") == 0)
		return lines_value(c, cell, typed);
	return json_string(typed);
}

static const char *how_to(const char *kind)
{
	if (strcmp(kind, "choice") == 0)
		return _("  Type its number.");
	if (strcmp(kind, "choices") == 0)
		return _("  Type the numbers, divided by spaces.");
	if (strcmp(kind, "time") == 0)
		return _("  For example: now, 9:12, 11/20 9:12");
	if (strcmp(kind, "lines") == 0)
		return _("  Several lines are possible; a first + adds to what is there.");
	return NULL;
}

/* Asks until the cell is saved or left. */
static enum step edit_cell(struct draft *d, json_t *cell)
{
	char *typed = strdup("");
	enum step step = STEP_AGAIN;

	if (how_to(string_of(cell, "kind")) != NULL)
		SAY(d->c, "%s", how_to(string_of(cell, "kind")));
	ask_show_options(d->c, json_object_get(cell, "options"), "label");
	while (step == STEP_AGAIN) {
		json_t *value;
		char *line;

		if (terminal_ask(d->c->terminal, LINE_ANSWER, "> ", typed != NULL ? typed : "", &line) != TYPED_LINE) {
			step = STEP_LEAVE;
			break;
		}
		free(typed);
		typed = line;
		if (is_move(typed, &step))
			break;
		value = is_unknown(typed) ? json_null() : typed_value(d->c, cell, typed);
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
		edit_value_text(d->c, cell, &value);
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
	step = strcmp(string_of(cell, "kind"), "table") == 0 ? edit_table(d) : edit_cell(d, cell);
	json_decref(cell);
	return step;
}

static void walk(struct draft *d)
{
	size_t at = is_fixed(json_array_get(draft_cells(d), 0)) ? move(d, 0, 1) : 0;

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
