#include "console/cell.h"

#include "base/clock.h"
#include "console/ask.h"
#include "console/when.h"

#include <stdlib.h>
#include <string.h>

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

/* What was written in several lines stays right of the rows' numbers. */
static void add_lines(const char *text, struct buf *out)
{
	for (size_t len = strcspn(text, "\n"); text[len] != '\0'; len = strcspn(text, "\n")) {
		buf_add(out, text, len);
		buf_adds(out, "\n    ");
		text += len + 1;
	}
	buf_adds(out, text);
}

static void add_rows(const struct console *c, json_t *rows, struct buf *out)
{
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		const char *time = json_string_value(json_array_get(row, 0));
		const char *text = json_string_value(json_array_get(row, 1));

		buf_addf(out, "\n%2zu  ", i + 1);
		add_time(c, time != NULL ? time : "", out);
		buf_adds(out, "  ");
		add_lines(text != NULL ? text : "", out);
	}
}

void cell_text(const struct console *c, json_t *cell, struct buf *out)
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

/* ---- what is typed ---- */

bool cell_is_unknown(const char *typed)
{
	return strcmp(typed, "?") == 0 || strcmp(typed, "？") == 0 || strcmp(typed, "不明") == 0 ||
	       strcmp(typed, "確認中") == 0;
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

json_t *cell_value(struct console *c, json_t *cell, const char *typed)
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

const char *cell_how_to(const char *kind)
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
