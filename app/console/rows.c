/* Rows of the checklist and questions about the facts: both are settled row by row. */
#include "console/case.h"

#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/show.h"

#include <string.h>

/* The two lists that are settled row by row. */
struct list {
	const char *view, *rows, *act, *key;
	const char *argument;
	const char *which, *how;
};

static const struct list checklist = {
	"checklist",         "rows", "incident.checked", "row", "ROW", N_("Which row? (number, 0 back) "),
	N_("What about it?")};
static const struct list questions = {"facts",
				      "questions",
				      "incident.answered",
				      "question",
				      "QUESTION",
				      N_("Which question? (number, 0 back) "),
				      N_("What is the answer?")};

static json_t *row_named(json_t *rows, const char *id)
{
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		if (strcmp(string_of(row, "id"), id) == 0)
			return row;
	return NULL;
}

/* All rows, numbered; the one that is chosen, or NULL. */
static json_t *choose_row(struct console *c, const struct list *list, json_t *rows)
{
	json_t *row;
	size_t i, chosen = 0;

	json_array_foreach (rows, i, row) {
		terminal_put(c->terminal, 6, "%3zu  %s  [%s]", i + 1, string_of(row, "text"),
			     string_of(row, "state_label"));
	}
	for (;;) {
		bool back;
		char *line;
		int found;

		if (terminal_ask(c->terminal, LINE_ANSWER, _(list->which), "", &line) != TYPED_LINE)
			return NULL;
		found = ask_numbers(line, json_array_size(rows), &chosen, 1, &back);
		free(line);
		if (found == 1)
			return json_array_get(rows, chosen);
		if (back || found == 0)
			return NULL;
		SAY(c, _("! Type a number from 1 to %zu, or 0 to go back."), json_array_size(rows));
	}
}

/* Asks for the new state of a row and its text, and records it. */
static void settle_row(struct console *c, const struct list *list, const char *about, json_t *view, json_t *row,
		       const char *state)
{
	json_t *states = json_object_get(view, "states"), *chosen = state != NULL ? row_named(states, state) : NULL;
	char *text = NULL;
	int index = 0;

	show_row(c, row);
	if (chosen == NULL) {
		index = ask_one(c, _(list->how), states, "label");
		chosen = json_array_get(states, (size_t)index);
	}
	if (index < 0)
		return;
	text = is_true(chosen, "needs_text") ? ask_text(c, _("Text: "), string_of(row, "answer"), TEXT_NEEDED)
					     : ask_text(c, _("Note (Enter: none): "), "", TEXT_MAY_BE_EMPTY);
	if (text != NULL)
		keeper_do(c, (struct deed){.act = list->act,
					   .about = about,
					   .body = json_pack("{s:O, s:O}", list->key, json_object_get(row, "id"),
							     "state", json_object_get(chosen, "id")),
					   .text = case_text(text)});
	free(text);
}

/* One row when it is named, else one after the other until 0. */
static void settle(struct console *c, const struct call *call, const struct list *list)
{
	const char *about = case_in_hand(c), *named = argument(call, list->argument);
	json_t *view = NULL, *row;

	while (about != NULL && (view = keeper_view(c, list->view, about, 0)) != NULL) {
		json_t *rows = json_object_get(view, list->rows);

		if (json_array_size(rows) == 0)
			SAY(c, "%s", _("  No rows yet. Classify the incident: incident classify"));
		row = named != NULL                ? row_named(rows, named)
		      : json_array_size(rows) == 0 ? NULL
						   : choose_row(c, list, rows);
		if (row != NULL)
			settle_row(c, list, about, view, row, argument(call, "STATE"));
		else if (named != NULL)
			SAY(c, _("! There is no row '%s'. Without a row the list is shown."), named);
		json_decref(view);
		if (row == NULL || named != NULL)
			return;
	}
}

void case_check(struct console *c, const struct call *call)
{
	settle(c, call, &checklist);
}

void case_answer(struct console *c, const struct call *call)
{
	settle(c, call, &questions);
}
