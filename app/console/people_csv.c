/* The yearly change of staff: a table in, as a list of differences; the same table out. */
#include "console/people.h"

#include "base/file.h"
#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/people_table.h"
#include "console/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder of this program's own files. */
#define FOLDER "/var/lib/kannuki-console"
enum { PATH_SIZE = 600, ERRORS_SHOWN = 20 };

/* False: this is no plain name, which has been said. */
static bool path_of(struct console *c, const char *name, char out[PATH_SIZE])
{
	char path[PATH_SIZE];

	if (name[0] != '.' && strchr(name, '/') == NULL && strlen(name) < 200 &&
	    (size_t)snprintf(path, sizeof path, FOLDER "/%s", name) < sizeof path &&
	    place(out, PATH_SIZE, path) == ERR_OK)
		return true;
	SAY(c, _("! '%s' is no name of a file. Files lie in %s."), name, FOLDER);
	return false;
}

static bool read_file(struct console *c, const char *name, struct buf *out)
{
	char path[PATH_SIZE];
	struct fault f;

	if (!path_of(c, name, path))
		return false;
	if (file_read(path, TABLE_BYTES_MAX, out, &f) == ERR_OK)
		return true;
	SAY(c, "! %s", f.text);
	return false;
}

/* Lines up to one with only a dot. */
static bool read_pasted(struct console *c, struct buf *out)
{
	SAY(c, "%s", _("Paste the table, with its header; then a line with only a dot."));
	for (;;) {
		char *line;

		if (terminal_ask(c->terminal, LINE_ANSWER, "| ", "", &line) != TYPED_LINE)
			return false;
		if (strcmp(line, ".") == 0) {
			free(line);
			return buf_status(out) == ERR_OK;
		}
		buf_addf(out, "%s\n", line);
		free(line);
	}
}

static const char *name_of(json_t *people, json_t *change)
{
	const char *id = string_of(change, "user"), *name = string_of(json_object_get(change, "person"), "name");
	json_t *user;
	size_t i;

	json_array_foreach (json_object_get(people, "users"), i, user)
		if (name[0] == '\0' && strcmp(string_of(user, "id"), id) == 0)
			return string_of(user, "name");
	return name;
}

static const char *what_word(const char *what)
{
	return strcmp(what, "add") == 0 ? _("new") : strcmp(what, "end") == 0 ? _("ends") : _("changed");
}

static void show_differences(struct console *c, const struct people_table *table, json_t *people)
{
	json_t *change, *value;
	const char *key;
	size_t i;

	json_array_foreach (table->changes, i, change) {
		struct buf line = {.cap = 4096};

		buf_addf(&line, "%4zu  %s  %s %s", i + 1, what_word(string_of(change, "do")), string_of(change, "user"),
			 name_of(people, change));
		if (strcmp(string_of(change, "do"), "change") == 0)
			json_object_foreach (change, key, value)
				if (strcmp(key, "do") != 0 && strcmp(key, "user") != 0) {
					char *text = json_dumps(value, JSON_ENCODE_ANY);

					buf_addf(&line, "  %s: %s", key, text != NULL ? text : "");
					free(text);
				}
		show_line(c, 8, &line);
		buf_fini(&line);
	}
	SAY(c, _("%zu changes; %zu people stay as they are. Who is not in the table ends."),
	    json_array_size(table->changes), table->same);
}

static void show_errors(struct console *c, json_t *errors)
{
	json_t *error;
	size_t i;

	json_array_foreach (errors, i, error)
		if (i < ERRORS_SHOWN)
			SAY(c, "! %s", json_string_value(error));
	SAY(c, _("%zu mistakes. Nothing was asked for; mend the table and do it again."), json_array_size(errors));
}

static void ask_for(struct console *c, struct people_table *table, json_t *people)
{
	if (json_array_size(table->errors) > 0) {
		show_errors(c, table->errors);
		return;
	}
	if (json_array_size(table->changes) == 0) {
		SAY(c, "%s", _("The table changes nothing."));
		return;
	}
	show_differences(c, table, people);
	if (ask_yes(c, _("Ask for all of this as one request?")))
		people_request(c, json_incref(table->changes));
}

void people_import(struct console *c, const struct call *call)
{
	const char *name = argument(call, "TABLE");
	json_t *choices = keeper_view(c, "people_choices", NULL, 0), *people = keeper_view(c, "people", NULL, 0);
	struct buf text = {.cap = TABLE_BYTES_MAX + 1};
	struct people_table table;
	struct fault f = {.text = ""};

	if (choices != NULL && people != NULL && (name != NULL ? read_file(c, name, &text) : read_pasted(c, &text))) {
		if (people_table_read(text.data != NULL ? text.data : "", text.len, people, choices, &table, &f) ==
		    ERR_OK) {
			ask_for(c, &table, people);
			people_table_fini(&table);
		} else {
			SAY(c, "! %s", f.text);
		}
	}
	buf_fini(&text);
	json_decref(choices);
	json_decref(people);
}

/* Without a name it goes to the screen, for the terminal program to keep. */
void people_export(struct console *c, const struct call *call)
{
	const char *name = argument(call, "TABLE");
	json_t *choices = keeper_view(c, "people_choices", NULL, 0), *people = keeper_view(c, "people", NULL, 0);
	struct buf text = {.cap = 4 * (size_t)TABLE_BYTES_MAX};
	char path[PATH_SIZE];
	struct fault f;

	if (choices != NULL && people != NULL)
		people_table_write(&text, people, choices);
	if (text.len > 0 && buf_status(&text) == ERR_OK && name != NULL && path_of(c, name, path)) {
		if (file_replace(path, text.data, text.len, 0600, &f) == ERR_OK)
			SAY(c, _("Written: %s"), path);
		else
			SAY(c, "! %s", f.text);
	} else if (text.len > 3 && name == NULL) {
		for (char *line = strtok(text.data + 3, "\r\n"); line != NULL; line = strtok(NULL, "\r\n"))
			terminal_put_line(c->terminal, line);
	}
	buf_fini(&text);
	json_decref(choices);
	json_decref(people);
}
