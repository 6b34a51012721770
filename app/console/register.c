#include "console/register.h"

#include "console/ask.h"
#include "console/cell.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/layout.h"
#include "console/show.h"
#include "console/when.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_COLUMNS = 24 };

/* ---- which ---- */

void register_list(struct console *c, const struct call *call)
{
	json_t *view = keeper_view(c, "registers", NULL, 0), *one;
	struct buf line;
	size_t i;

	(void)call;
	if (view == NULL)
		return;
	show_heading(c, _("Registers"));
	buf_init(&line, 4096);
	json_array_foreach (json_object_get(view, "registers"), i, one) {
		buf_adds(&line, "  ");
		layout_pad(&line, string_of(one, "id"), 16);
		buf_addf(&line, _(" %s  lines: %llu"), label_of(c, one, "label"),
			 (unsigned long long)number_of(one, "lines"));
		show_line(c, 19, &line);
	}
	if (i == 0)
		SAY(c, "%s", _("  The procedure in use has no registers."));
	buf_fini(&line);
	json_decref(view);
}

/* The register that is named, or chosen now: its view, a new reference. NULL: none, which has been said. */
static json_t *choose(struct console *c, const struct call *call)
{
	const char *named = argument(call, "REGISTER");
	json_t *all = keeper_view(c, "registers", NULL, 0), *list = json_object_get(all, "registers"), *view = NULL;
	int chosen = -1;

	if (all != NULL && named == NULL)
		chosen = ask_one(c, _("Which register?"), list, "label");
	if (chosen >= 0)
		named = string_of(json_array_get(list, (size_t)chosen), "id");
	if (named != NULL)
		view = keeper_view(c, "register", named, 0);
	if (view != NULL && json_object_get(view, "fields") == NULL) {
		SAY(c, _("! There is no register '%s'. They are listed by: register list"), named);
		json_decref(view);
		view = NULL;
	}
	json_decref(all);
	return view;
}

static bool is_struck(json_t *line)
{
	return json_is_object(json_object_get(line, "struck"));
}

static json_t *find_line(json_t *view, uint64_t number)
{
	json_t *line;
	size_t i;

	json_array_foreach (json_object_get(view, "lines"), i, line)
		if (number_of(line, "line") == number)
			return line;
	return NULL;
}

/* The line that is named, or asked for; borrowed. NULL: none, which has been said. */
static json_t *choose_line(struct console *c, const struct call *call, json_t *view)
{
	const char *named = argument(call, "LINE");
	char *typed = named == NULL ? ask_text(c, _("Which line (number): "), "", TEXT_NEEDED) : NULL;
	const char *number = named != NULL ? named : typed;
	json_t *line = number != NULL ? find_line(view, strtoull(number, NULL, 10)) : NULL;

	if (number != NULL && line == NULL)
		SAY(c, _("! There is no line '%s' in this register."), number);
	else if (line != NULL && is_struck(line)) {
		SAY(c, _("! Line %s has been struck out. Write a new one: register add"), number);
		line = NULL;
	}
	free(typed);
	return line;
}

/* ---- showing ---- */

static json_t *ids_of(const char *text)
{
	json_t *ids = json_array();

	for (size_t len; *text != '\0'; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		(void)json_array_append_new(ids, json_stringn(text, len));
	}
	return ids;
}

/* The field of a line as a cell of a report: they are read and typed alike. */
static json_t *cell_of(json_t *field, json_t *line)
{
	bool personal = strcmp(string_of(field, "kind"), "person") == 0;
	json_t *values = json_object_get(line, personal ? "person" : "values");
	json_t *value = json_object_get(values, string_of(field, "id")), *cell = json_copy(field);

	if (strcmp(string_of(field, "kind"), "choices") == 0 && json_is_string(value))
		(void)json_object_set_new(cell, "value", ids_of(json_string_value(value)));
	else if (json_is_string(value))
		(void)json_object_set(cell, "value", value);
	return cell;
}

/* What had to be filled in and is there no more. */
static bool is_erased(json_t *field, json_t *line)
{
	bool personal = strcmp(string_of(field, "kind"), "person") == 0;

	return strcmp(string_of(field, "need"), "must") == 0 &&
	       !json_is_object(json_object_get(line, personal ? "person" : "values"));
}

static void show_field(struct console *c, json_t *field, json_t *line)
{
	json_t *cell = cell_of(field, line);
	struct buf text;

	buf_init(&text, 8192);
	buf_adds(&text, "  ");
	layout_pad(&text, label_of(c, field, "label"), LABEL_COLUMNS);
	buf_adds(&text, " ");
	if (json_object_get(cell, "value") != NULL)
		cell_text(c, cell, &text);
	else if (is_erased(field, line))
		buf_adds(&text, _("(erased)"));
	if (text.len > LABEL_COLUMNS + 3)
		show_line(c, LABEL_COLUMNS + 3, &text);
	buf_fini(&text);
	json_decref(cell);
}

static void show_whole(struct console *c, json_t *view, json_t *line)
{
	json_t *field, *struck = json_object_get(line, "struck");
	char clock[WHEN_SIZE] = "";
	size_t i;

	if (wall_of(line, "at") >= 0)
		when_format(clock, wall_of(line, "at"), wall_now(), c->lang);
	SAY(c, _("%llu  %s  %s  (entry %llu)"), (unsigned long long)number_of(line, "line"), clock,
	    string_of(line, "by"), (unsigned long long)number_of(line, "seq"));
	if (is_struck(line))
		SAY(c, _("  Struck out by %s: %s"), string_of(struck, "by"), string_of(struck, "reason"));
	json_array_foreach (json_object_get(view, "fields"), i, field)
		show_field(c, field, line);
}

void register_show(struct console *c, const struct call *call)
{
	const char *number = argument(call, "LINE");
	json_t *view = choose(c, call), *line;
	size_t i;

	if (view == NULL)
		return;
	show_heading(c, label_of(c, view, "label"));
	if (string_of(view, "note")[0] != '\0')
		SAY(c, "  %s", string_of(view, "note"));
	line = number != NULL ? find_line(view, strtoull(number, NULL, 10)) : NULL;
	if (number != NULL && line == NULL)
		SAY(c, _("! There is no line '%s' in this register."), number);
	else if (number != NULL)
		show_whole(c, view, line);
	else if (json_array_size(json_object_get(view, "lines")) == 0)
		SAY(c, "%s", _("  Nothing is written in it yet. Begin with: register add"));
	else
		json_array_foreach (json_object_get(view, "lines"), i, line)
			show_whole(c, view, line);
	json_decref(view);
}

/* ---- writing ---- */

/* What is recorded of a cell: a string; NULL when nothing was said. */
static json_t *as_text(json_t *value)
{
	struct buf ids = {0};
	json_t *id, *text;
	size_t i;

	if (!json_is_array(value))
		return json_incref(value);
	json_array_foreach (value, i, id)
		buf_addf(&ids, "%s%s", i > 0 ? " " : "", json_string_value(id));
	text = json_string(ids.data != NULL ? ids.data : "");
	buf_fini(&ids);
	return text;
}

static void tell_field(struct console *c, json_t *cell)
{
	const char *kind = string_of(cell, "kind");
	struct buf now;

	if (string_of(cell, "note")[0] != '\0')
		SAY(c, "  %s", string_of(cell, "note"));
	if (json_array_size(json_object_get(cell, "options")) > 0)
		ask_show_options(c, json_object_get(cell, "options"), "label");
	if (cell_how_to(kind) != NULL)
		SAY(c, "%s", cell_how_to(kind));
	if (strcmp(kind, "date") == 0)
		SAY(c, "%s", _("  For example: 2027-03-31"));
	buf_init(&now, 8192);
	if (json_object_get(cell, "value") != NULL) {
		cell_text(c, cell, &now);
		SAY(c, _("  Now: %s"), now.data != NULL ? now.data : "");
	}
	buf_fini(&now);
}

/* Asks until it fits. False: left. *value: a new reference, NULL for a blank. */
static bool ask_field(struct console *c, json_t *cell, const char *prompt, json_t **value)
{
	bool needed = strcmp(string_of(cell, "need"), "must") == 0;
	json_t *old = json_object_get(cell, "value");

	tell_field(c, cell);
	for (;;) {
		char *typed = ask_text(c, prompt, "", needed && old == NULL ? TEXT_NEEDED : TEXT_MAY_BE_EMPTY);
		bool blank;

		if (typed == NULL)
			return false;
		blank = typed[strspn(typed, " ")] == '\0';
		*value = blank ? json_incref(old) : NULL;
		if (!blank && strcmp(typed, "-") != 0)
			*value = cell_value(c, cell, typed);
		else if (!blank && needed)
			SAY(c, "%s", _("! This field must be filled in."));
		blank = blank || (strcmp(typed, "-") == 0 && !needed);
		free(typed);
		if (blank || *value != NULL)
			return true;
	}
}

static bool ask_fields(struct console *c, json_t *view, json_t *line, struct deed *deed)
{
	json_t *fields = json_object_get(view, "fields"), *field;
	size_t i;

	SAY(c, "%s", _("Enter leaves a field as it is, - empties it, Ctrl-C leaves without recording."));
	json_array_foreach (fields, i, field) {
		json_t *cell = cell_of(field, line), *value = NULL;
		bool personal = strcmp(string_of(field, "kind"), "person") == 0, goes_on;
		struct buf prompt;

		buf_init(&prompt, 1024);
		buf_addf(&prompt, "%zu/%zu %s%s: ", i + 1, json_array_size(fields), label_of(c, field, "label"),
			 strcmp(string_of(field, "need"), "must") == 0 ? "" : _(" (if known)"));
		goes_on = ask_field(c, cell, prompt.data != NULL ? prompt.data : "", &value);
		if (value != NULL)
			(void)json_object_set_new(personal ? deed->person : deed->text, string_of(field, "id"),
						  as_text(value));
		json_decref(value);
		json_decref(cell);
		buf_fini(&prompt);
		if (!goes_on)
			return false;
	}
	return true;
}

static void write_line(struct console *c, json_t *view, json_t *line)
{
	struct deed deed = {.act = "register.written",
			    .body = json_pack("{s:O}", "register", json_object_get(view, "register")),
			    .text = json_object(),
			    .person = json_object()};

	if (line != NULL)
		(void)json_object_set(deed.body, "line", json_object_get(line, "line"));
	if (ask_fields(c, view, line, &deed)) {
		(void)keeper_do(c, deed);
		return;
	}
	json_decref(deed.body);
	json_decref(deed.text);
	json_decref(deed.person);
}

void register_add(struct console *c, const struct call *call)
{
	json_t *view = choose(c, call);

	if (view != NULL && words_allowed(c, view, "register.written"))
		write_line(c, view, NULL);
	json_decref(view);
}

void register_change(struct console *c, const struct call *call)
{
	json_t *view = choose(c, call), *line = NULL;

	if (view != NULL && words_allowed(c, view, "register.written"))
		line = choose_line(c, call, view);
	if (line != NULL)
		write_line(c, view, line);
	json_decref(view);
}

void register_strike(struct console *c, const struct call *call)
{
	json_t *view = choose(c, call), *line = NULL;
	char *reason = NULL;

	if (view != NULL && words_allowed(c, view, "register.struck"))
		line = choose_line(c, call, view);
	if (line != NULL) {
		show_whole(c, view, line);
		reason = ask_text(c, _("Why it no longer counts: "), "", TEXT_NEEDED);
	}
	if (reason != NULL)
		(void)keeper_do(
			c, (struct deed){.act = "register.struck",
					 .body = json_pack("{s:O, s:O}", "register", json_object_get(view, "register"),
							   "line", json_object_get(line, "line")),
					 .text = json_string(reason)});
	free(reason);
	json_decref(view);
}
