/* Registers of peacetime, as the pack defines them: what was lent out, who was trained, what an audit found. */
#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 1000 }; /* bytes of one value, so that a line fits into a message */

/* ---- fold ---- */

static json_t *lines_of(const struct book *book, const char *id)
{
	return id != NULL ? json_object_get(book->registers, id) : NULL;
}

static json_t *line_of(const struct book *book, const json_t *body)
{
	json_int_t number = json_integer_value(json_object_get(body, "line"));

	return number >= 1 ? json_array_get(lines_of(book, text_in(body, "register")), (size_t)number - 1) : NULL;
}

/* Its lines, also the first time. */
static json_t *open_register(struct book *book, const char *id)
{
	if (lines_of(book, id) == NULL)
		(void)json_object_set_new(book->registers, id, json_array());
	return lines_of(book, id);
}

static enum err fold_written(struct book *book, const struct event *event)
{
	const char *id = text_in(event->body, "register");
	json_t *lines = id != NULL ? open_register(book, id) : NULL, *old = line_of(book, event->body), *line;
	size_t number = (size_t)json_integer_value(json_object_get(event->body, "line"));

	if (lines == NULL || number < 1 || number > json_array_size(lines) + 1)
		return ERR_OK;
	line = json_pack("{s:I, s:I, s:s, s:s, s:I, s:O?, s:O?, s:n}", "line", (json_int_t)number, "seq",
			 (json_int_t)event->record->seq, "at", event->at, "by", event->record->who, "changes",
			 json_integer_value(json_object_get(old, "changes")) + (old != NULL), "values", event->text,
			 "person", event->person, "struck");
	if (line == NULL)
		return ERR_NOMEM;
	return (old != NULL ? json_array_set_new(lines, number - 1, line) : json_array_append_new(lines, line)) == 0
		       ? ERR_OK
		       : ERR_NOMEM;
}

static enum err fold_struck(struct book *book, const struct event *event)
{
	json_t *line = line_of(book, event->body);
	json_t *struck =
		json_pack("{s:s, s:s, s:O?}", "by", event->record->who, "at", event->at, "reason", event->text);

	if (line == NULL) {
		json_decref(struck);
		return ERR_OK;
	}
	return json_object_set_new(line, "struck", struck) == 0 ? ERR_OK : ERR_NOMEM;
}

const struct folder register_folders[] = {
	{"register.written", fold_written},
	{"register.struck", fold_struck},
	{NULL, NULL},
};

int add_line_number(const struct book *book, json_t *body)
{
	size_t count = json_array_size(lines_of(book, text_in(body, "register")));

	if (json_object_get(body, "line") != NULL)
		return 0;
	return json_object_set_new(body, "line", json_integer((json_int_t)count + 1));
}

/* ---- rules ---- */

static const struct register_kind *kind_of(const struct ask *ask)
{
	return register_find(ask->book->pack, text_in(ask->wish->body, "register"));
}

static enum err check_line(const struct ask *ask)
{
	const char *id = text_in(ask->wish->body, "register");
	json_t *number = json_object_get(ask->wish->body, "line"), *line = line_of(ask->book, ask->wish->body);
	json_t *given = json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(number));
	enum err err = ERR_OK;

	if (kind_of(ask) == NULL)
		err = deny(ask, WHY_NO_REGISTER, json_pack("{s:s}", "given", id != NULL ? id : ""));
	else if (number != NULL && line == NULL)
		err = deny(ask, WHY_NO_LINE, json_pack("{s:O}", "given", given));
	else if (number != NULL && json_is_object(json_object_get(line, "struck")))
		err = deny(ask, WHY_LINE_STRUCK, json_pack("{s:O}", "given", given));
	json_decref(given);
	return err;
}

static bool is_number(const char *text)
{
	size_t len = strspn(text, "0123456789");

	return len > 0 && len <= 15 && text[len] == '\0';
}

/* "a b": ids of options, none twice. */
static bool are_options(const struct column *column, const char *text)
{
	struct buf seen = {0};
	bool good = text[0] != '\0';

	for (const char *at = text; good && at != NULL; at = strchr(at, ' ') != NULL ? strchr(at, ' ') + 1 : NULL) {
		char id[ID_SIZE], mark[ID_SIZE + 2];
		size_t len = strcspn(at, " ");

		(void)snprintf(id, sizeof id, "%.*s", (int)(len < sizeof id ? len : sizeof id - 1), at);
		(void)snprintf(mark, sizeof mark, " %s ", id);
		good = item_find(column->options, column->options_count, id) != NULL &&
		       (seen.len == 0 || strstr(seen.data, mark) == NULL);
		buf_add(&seen, mark, strlen(mark));
	}
	good = good && buf_status(&seen) == ERR_OK;
	buf_fini(&seen);
	return good;
}

/* May this stand in the column? An empty value never does. */
static bool fits(const struct column *column, const char *text)
{
	int64_t wall;

	if (strcmp(column->kind, "date") == 0)
		return day_is_valid(text);
	if (strcmp(column->kind, "time") == 0)
		return wall_parse(text, strlen(text), &wall) == ERR_OK;
	if (strcmp(column->kind, "number") == 0)
		return is_number(text);
	if (strcmp(column->kind, "choice") == 0)
		return item_find(column->options, column->options_count, text) != NULL;
	if (strcmp(column->kind, "choices") == 0)
		return are_options(column, text);
	return strcmp(column->kind, "lines") == 0 || strchr(text, '\n') == NULL;
}

static bool is_personal(const struct column *column)
{
	return strcmp(column->kind, "person") == 0;
}

static enum err check_values(const struct ask *ask, json_t *values, bool personal)
{
	const char *id;
	json_t *value;

	if (values != NULL && !json_is_object(values))
		return deny_field(ask, personal ? "person" : "text", "");
	json_object_foreach (values, id, value) {
		const struct column *column = column_find(kind_of(ask), id);
		const char *label = column != NULL ? label_pick(&column->label, ask->lang) : id;

		if (column == NULL || is_personal(column) != personal || !has_words(value))
			return deny_field(ask, label, "");
		if (json_string_length(value) > VALUE_MAX)
			return deny(ask, WHY_DETAIL_LONG, json_pack("{s:s}", "field", label));
		if (!fits(column, json_string_value(value)))
			return deny_field(ask, label, json_string_value(value));
	}
	return ERR_OK;
}

static enum err check_needed(const struct ask *ask)
{
	const struct register_kind *kind = kind_of(ask);

	for (unsigned i = 0; i < kind->columns_count; i++) {
		const struct column *column = &kind->columns[i];
		const json_t *values = is_personal(column) ? ask->wish->person : ask->wish->text;

		if (strcmp(column->need, "must") == 0 && json_object_get(values, column->id) == NULL)
			return deny(ask, WHY_DETAIL,
				    json_pack("{s:s}", "field", label_pick(&column->label, ask->lang)));
	}
	return ERR_OK;
}

enum err permit_written(const struct ask *ask)
{
	enum err err = check_line(ask);

	if (err == ERR_OK)
		err = check_values(ask, ask->wish->text, false);
	if (err == ERR_OK)
		err = check_values(ask, ask->wish->person, true);
	return err == ERR_OK ? check_needed(ask) : err;
}

enum err permit_struck(const struct ask *ask)
{
	enum err err = check_line(ask);

	if (err == ERR_OK && !has_words(ask->wish->text))
		err = deny(ask, WHY_REASON, json_pack("{s:s}", "field", "text"));
	return err;
}

/* ---- views ---- */

static json_t *note_or_null(const struct look *look, const struct label *note)
{
	return note->ja != NULL ? label_show(note, look->lang, book_site(look->book)) : json_null();
}

static json_t *show_register(const struct look *look, const struct register_kind *kind)
{
	json_t *lines = lines_of(look->book, kind->id), *line;
	json_int_t struck = 0;
	size_t i;

	json_array_foreach (lines, i, line)
		struck += json_is_object(json_object_get(line, "struck"));
	return json_pack("{s:s, s:o, s:o, s:I, s:I}", "id", kind->id, "label",
			 label_show(&kind->label, look->lang, book_site(look->book)), "note",
			 note_or_null(look, &kind->note), "lines", (json_int_t)json_array_size(lines), "struck",
			 struck);
}

json_t *view_registers(const struct look *look)
{
	const struct pack *pack = look->book->pack;
	json_t *list = json_array(), *page;

	for (size_t i = 0; i < pack->registers_count; i++)
		(void)json_array_append_new(list, show_register(look, pack->registers[i]));
	page = paged(look, "registers", list);
	(void)json_object_set_new(page, "acts", json_pack("[o]", show_act(look, "register.written", 0)));
	return page;
}

static json_t *show_columns(const struct look *look, const struct register_kind *kind)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < kind->columns_count; i++) {
		const struct column *c = &kind->columns[i];

		(void)json_array_append_new(out,
					    json_pack("{s:s, s:o, s:s, s:s, s:o, s:o}", "id", c->id, "label",
						      label_show(&c->label, look->lang, book_site(look->book)), "kind",
						      c->kind, "need", c->need, "note", note_or_null(look, &c->note),
						      "options", show_items(look, c->options, c->options_count)));
	}
	return out;
}

static json_t *show_line(const struct look *look, const json_t *line)
{
	json_t *out = json_deep_copy(line), *struck = json_object_get(out, "struck");

	(void)json_object_set_new(out, "by", json_string(user_name(look->book, text_in(line, "by"), look->lang)));
	(void)json_object_set_new(out, "at", time_or_null(text_in(line, "at")));
	if (json_is_object(struck)) {
		const json_t *old = json_object_get(line, "struck");

		(void)json_object_set_new(struck, "by",
					  json_string(user_name(look->book, text_in(old, "by"), look->lang)));
		(void)json_object_set_new(struck, "at", time_or_null(text_in(old, "at")));
	}
	return out;
}

/* They are about no case; what the view is about is the register. */
static json_t *show_acts(const struct look *look)
{
	struct view_request plain = *look->request;
	struct look of_none = *look;

	plain.about = NULL;
	of_none.request = &plain;
	return json_pack("[o, o]", show_act(&of_none, "register.written", 0), show_act(&of_none, "register.struck", 0));
}

/* Newest first. */
json_t *view_register(const struct look *look)
{
	const struct register_kind *kind = register_find(look->book->pack, look->request->about);
	json_t *list = json_array(), *lines, *page;

	if (kind == NULL)
		return paged(look, "lines", list);
	lines = lines_of(look->book, kind->id);
	for (size_t i = json_array_size(lines); i > 0; i--)
		(void)json_array_append_new(list, show_line(look, json_array_get(lines, i - 1)));
	page = paged(look, "lines", list);
	(void)json_object_set_new(page, "register", json_string(kind->id));
	(void)json_object_set_new(page, "label", label_show(&kind->label, look->lang, book_site(look->book)));
	(void)json_object_set_new(page, "note", note_or_null(look, &kind->note));
	(void)json_object_set_new(page, "fields", show_columns(look, kind));
	(void)json_object_set_new(page, "acts", show_acts(look));
	return page;
}
