#include "console/ask.h"

#include "base/clock.h"
#include "console/drafts.h"
#include "console/layout.h"
#include "console/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 16 * 1024, AT_ONCE_MS = 200 };

/* Steps over one number and the signs around it. False: something else stands there. */
static bool read_number(const char **s, unsigned long *number)
{
	char *end;

	*number = strtoul(*s, &end, 10);
	if (end == *s || **s == '-' || **s == '+' || (*end != '\0' && strchr(" ,", *end) == NULL))
		return false;
	*s = end + strspn(end, " ,");
	return true;
}

int ask_numbers(const char *typed, size_t count, size_t *out, size_t room, bool *back)
{
	struct buf narrow;
	size_t found = 0;
	bool good = true;
	const char *s;

	buf_init(&narrow, 8192);
	layout_narrow(&narrow, typed);
	*back = false;
	s = narrow.data != NULL ? narrow.data + strspn(narrow.data, " ,") : "";
	while (good && !*back && *s != '\0') {
		unsigned long number = 0;

		good = read_number(&s, &number) && number <= count && (number == 0 || found < room);
		*back = good && number == 0;
		if (good && !*back)
			out[found++] = number - 1;
	}
	buf_fini(&narrow);
	if (*back)
		return 0;
	return good ? (int)found : -1;
}

void ask_show_options(struct console *c, json_t *options, const char *key)
{
	const char *group = "";
	json_t *option;
	size_t i;

	json_array_foreach (options, i, option) {
		const char *its_group = string_of(option, "group");

		if (strcmp(group, its_group) != 0 && its_group[0] != '\0')
			SAY(c, "  [%s]", its_group);
		group = its_group;
		terminal_put(c->terminal, 6, "  %2zu  %s", i + 1, label_of(c, option, key));
	}
}

static void explain_numbers(struct console *c, size_t count)
{
	SAY(c, _("! Type a number from 1 to %zu, or 0 to go back."), count);
}

int ask_one(struct console *c, const char *title, json_t *options, const char *key)
{
	size_t count = json_array_size(options);

	if (count == 0) {
		SAY(c, "%s", _("There is nothing to choose from."));
		return -1;
	}
	for (;;) {
		size_t chosen = 0;
		bool back;
		char *line;
		int found;

		SAY(c, "%s", title);
		ask_show_options(c, options, key);
		if (terminal_ask(c->terminal, LINE_ANSWER, _("Number (0 back): "), "", &line) != TYPED_LINE)
			return -1;
		found = ask_numbers(line, count, &chosen, 1, &back);
		free(line);
		if (back)
			return -1;
		if (found == 1)
			return (int)chosen;
		explain_numbers(c, count);
	}
}

bool ask_yes(struct console *c, const char *title)
{
	json_t *options =
		json_pack("[{s:s, s:s}, {s:s, s:s}]", "id", "yes", "label", _("Yes"), "id", "no", "label", _("No"));
	bool yes = ask_one(c, title, options, "label") == 0;

	json_decref(options);
	return yes;
}

json_t *ask_several(struct console *c, const char *title, json_t *options, const char *key)
{
	size_t count = json_array_size(options), chosen[64];

	for (;;) {
		json_t *ids;
		bool back;
		char *line;
		int found;

		SAY(c, "%s", title);
		ask_show_options(c, options, key);
		if (terminal_ask(c->terminal, LINE_ANSWER, _("Numbers, divided by spaces (0 back): "), "", &line) !=
		    TYPED_LINE)
			return NULL;
		found = ask_numbers(line, count, chosen, 64, &back);
		free(line);
		if (back)
			return NULL;
		if (found <= 0) {
			explain_numbers(c, count);
			continue;
		}
		ids = json_array();
		for (int i = 0; i < found; i++)
			(void)json_array_append(ids, json_object_get(json_array_get(options, chosen[i]), "id"));
		return ids;
	}
}

char *ask_text(struct console *c, const char *prompt, const char *given, enum text_need need)
{
	for (;;) {
		char *line;

		if (terminal_ask(c->terminal, LINE_ANSWER, prompt, given, &line) != TYPED_LINE)
			return NULL;
		if (line[strspn(line, " ")] != '\0' || need == TEXT_MAY_BE_EMPTY)
			return line;
		free(line);
		SAY(c, "%s", _("! A text is needed here. Ctrl-C leaves the question."));
	}
}

bool ask_pin(struct console *c, const char *prompt, char out[PASSWORD_SIZE])
{
	struct buf narrow;

	if (terminal_password(c->terminal, prompt, out) != TYPED_LINE)
		return false;
	buf_init(&narrow, 8192);
	layout_narrow(&narrow, out);
	if (narrow.data != NULL && narrow.len < PASSWORD_SIZE)
		memcpy(out, narrow.data, narrow.len + 1);
	if (narrow.data != NULL)
		explicit_bzero(narrow.data, narrow.len);
	buf_fini(&narrow);
	return true;
}

bool ask_proof(struct console *c, char out[PASSWORD_SIZE])
{
	if (strcmp(string_of(json_object_get(c->now, "user"), "proof"), "pin") == 0)
		return ask_pin(c, _("Your PIN: "), out);
	return terminal_password(c->terminal, _("Your password once more: "), out) == TYPED_LINE;
}

/* Asks for lines until one says that the text ends. False: left. */
static bool add_lines(struct console *c, struct buf *text)
{
	for (;;) {
		char *line;
		bool last;

		if (terminal_ask(c->terminal, LINE_TEXT, "| ", "", &line) != TYPED_LINE)
			return false;
		/* Within what is pasted such a line is text. */
		last = (strcmp(line, ".") == 0 || strcmp(line, "．") == 0 || strcmp(line, "。") == 0) &&
		       !terminal_was_pasted(c->terminal) && !terminal_more(c->terminal, AT_ONCE_MS);
		if (!last)
			buf_addf(text, "%s%s", text->len > 0 ? "\n" : "", line);
		free(line);
		if (last)
			return true;
	}
}

char *ask_lines(struct console *c, const char *first)
{
	struct buf text;
	bool whole;

	buf_init(&text, TEXT_MOST);
	if (drafts_has_lines(c))
		drafts_lines(c, &text);
	else
		buf_adds(&text, first);
	c->written = &text;
	whole = add_lines(c, &text);
	c->written = NULL;
	if (whole && buf_status(&text) == ERR_OK)
		return buf_take(&text);
	if (whole)
		SAY(c, _("! The text is too long: at most %d bytes. Put the rest on an attached sheet."), TEXT_MOST);
	buf_fini(&text);
	return NULL;
}

static bool is_day(const char *text)
{
	char wall[WALL_TEXT_SIZE];
	int64_t wall_ms;

	(void)snprintf(wall, sizeof wall, "%.10sT00:00:00.000Z", text);
	return strlen(text) == 10 && wall_parse(wall, strlen(wall), &wall_ms) == ERR_OK;
}

char *ask_day(struct console *c, const char *prompt, const char *given, enum text_need need)
{
	char *typed = NULL;

	for (;;) {
		char *text = ask_text(c, prompt, typed != NULL ? typed : given, need);
		struct buf narrow;

		free(typed);
		if (text == NULL || text[0] == '\0')
			return text;
		buf_init(&narrow, 256);
		layout_narrow(&narrow, text);
		typed = narrow.data != NULL ? strdup(narrow.data) : NULL;
		buf_fini(&narrow);
		free(text);
		if (typed == NULL || is_day(typed))
			return typed;
		SAY(c, "%s", _("! That is not a day. Type year, month and day, such as 2027-03-31."));
	}
}

void ask_explain_time(struct console *c, enum err err)
{
	if (err == ERR_RANGE)
		SAY(c, "%s", _("! There is no such date or hour. Correct it and press Enter."));
	else
		SAY(c, "%s", _("! That is not a time. For example: now, 9:12, 11/20 9:12, 2026-11-20 9:12."));
}

bool ask_time(struct console *c, const char *prompt, int64_t *wall_ms)
{
	char *given = strdup("");

	for (;;) {
		enum err err;
		char *line;

		if (terminal_ask(c->terminal, LINE_ANSWER, prompt, given != NULL ? given : "", &line) != TYPED_LINE) {
			free(given);
			return false;
		}
		free(given);
		given = line;
		err = when_parse(line[strspn(line, " ")] == '\0' ? "now" : line, wall_now(), wall_ms);
		if (err == ERR_OK) {
			free(given);
			return true;
		}
		ask_explain_time(c, err);
	}
}
