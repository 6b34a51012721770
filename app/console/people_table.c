#include "console/people_table.h"

#include "base/office.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column { ID, LOGIN, NAME, SECTION, TITLE, PHONE, FAX, MAIL, KIND, ROLES, UNTIL, SCOPE, COLUMNS };

static const struct {
	const char *word, *ja;
} columns[COLUMNS] = {
	[ID] = {"id", "番号"},           [LOGIN] = {"login", "ログイン名"}, [NAME] = {"name", "氏名"},
	[SECTION] = {"section", "所属"}, [TITLE] = {"title", "職名"},       [PHONE] = {"phone", "電話"},
	[FAX] = {"fax", "ファクス"},     [MAIL] = {"mail", "メール"},       [KIND] = {"kind", "区分"},
	[ROLES] = {"roles", "役割"},     [UNTIL] = {"until", "最終日"},     [SCOPE] = {"scope", "担当事案"},
};

/* One table while it is read: libcsv hands over fields, then row ends. */
struct reading {
	json_t *people, *choices;
	struct people_table *out;
	int column_of[COLUMNS * 2]; /* which column stands at this place of a row */
	size_t places;
	json_t *row;  /* the fields so far */
	json_t *seen; /* {id: true} */
	unsigned line, row_line;
	bool has_header;
	enum err err;
	struct fault *f;
};

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* ---- bytes ---- */

static enum err decode(struct buf *out, const char *data, size_t len, struct fault *f)
{
	enum err err = office_decode(out, data, len);

	return err == ERR_FORMAT
		       ? fault_set(
				 f, ERR_FORMAT,
				 _("The table is neither UTF-8 nor Shift_JIS (CP932). Save it as CSV UTF-8 and try again."))
		       : err;
}

/* ---- cells ---- */

static void complain(struct reading *r, enum column column, const char *what)
{
	(void)json_array_append_new(r->out->errors,
				    json_sprintf(_("Line %u, %s: %s"), r->row_line, columns[column].ja, what));
}

static json_t *cell(const struct reading *r, enum column column)
{
	for (size_t i = 0; i < r->places && i < json_array_size(r->row); i++)
		if (r->column_of[i] == (int)column)
			return json_array_get(r->row, i);
	return NULL;
}

static bool is_divider(const char *at, size_t *len)
{
	static const char *const dividers[] = {"、", ",", "/", "／", "，"};

	for (size_t i = 0; i < sizeof dividers / sizeof dividers[0]; i++) {
		*len = strlen(dividers[i]);
		if (strncmp(at, dividers[i], *len) == 0)
			return true;
	}
	*len = 1;
	return false;
}

/* "a、b" → ["a", "b"], without the spaces around. */
static json_t *parts(const char *text)
{
	json_t *list = json_array();
	const char *begin = text, *at = text;
	size_t len;

	for (;; at += len) {
		const char *end = at;

		len = 0;
		if (*at != '\0' && !is_divider(at, &len))
			continue;
		while (begin < end && *begin == ' ')
			begin++;
		while (end > begin && end[-1] == ' ')
			end--;
		if (end > begin)
			(void)json_array_append_new(list, json_stringn(begin, (size_t)(end - begin)));
		if (*at == '\0')
			return list;
		begin = at + len;
	}
}

/* The id of a role or kind by its id or its label in either language; NULL: there is none. */
static const char *id_of(json_t *list, const char *given)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strcmp(text_of(item, "id"), given) == 0 || strcmp(text_of(item, "label"), given) == 0 ||
		    strcmp(text_of(item, "label_ja"), given) == 0)
			return text_of(item, "id");
	return NULL;
}

static json_t *roles_of(struct reading *r, const char *text)
{
	json_t *names = parts(text), *roles = json_array(), *name;
	size_t i;

	json_array_foreach (names, i, name) {
		const char *id = id_of(json_object_get(r->choices, "roles"), json_string_value(name));

		if (id == NULL)
			complain(r, ROLES, _("no role has this name; 'user show WHO' shows how they are written"));
		else
			(void)json_array_append_new(roles, json_string(id));
	}
	json_decref(names);
	if (json_array_size(roles) == 0)
		complain(r, ROLES, _("write at least one role"));
	return roles;
}

static bool read_day(const char *text, unsigned long day[3])
{
	for (int i = 0; i < 3; i++) {
		char *end;

		day[i] = strtoul(text, &end, 10);
		if (text[0] < '0' || text[0] > '9' || (i < 2 ? *end != '-' && *end != '/' : *end != '\0'))
			return false;
		text = end + 1;
	}
	return day[0] >= 2000 && day[0] <= 9999 && day[1] >= 1 && day[1] <= 12 && day[2] >= 1 && day[2] <= 31;
}

/* 2027/3/31 as spreadsheets write it, too. */
static json_t *day_of(struct reading *r, const char *text)
{
	unsigned long day[3];

	if (text[0] == '\0')
		return json_string("");
	if (read_day(text, day))
		return json_sprintf("%04lu-%02lu-%02lu", day[0], day[1], day[2]);
	complain(r, UNTIL, _("this is no day; write 2027-03-31"));
	return NULL;
}

/* ---- rows ---- */

static json_t *account_of(struct reading *r)
{
	const char *id = json_string_value(cell(r, ID)), *login = json_string_value(cell(r, LOGIN));
	json_t *user;
	size_t i;

	json_array_foreach (json_object_get(r->people, "users"), i, user) {
		if (strcmp(text_of(user, "state"), "ended") == 0)
			continue;
		if (id != NULL && id[0] != '\0' ? strcmp(text_of(user, "id"), id) == 0
						: login != NULL && strcmp(text_of(user, "login"), login) == 0)
			return user;
	}
	if (id != NULL && id[0] != '\0')
		complain(r, ID, _("there is no such account, or it has ended; leave the cell empty for somebody new"));
	return NULL;
}

static bool is_same_set(json_t *a, json_t *ids)
{
	json_t *item;
	size_t i, k;

	if (json_array_size(a) != json_array_size(ids))
		return false;
	json_array_foreach (a, i, item) {
		const char *id = json_is_string(item) ? json_string_value(item) : text_of(item, "id");
		bool found = false;

		for (k = 0; k < json_array_size(ids); k++)
			found = found || strcmp(json_string_value(json_array_get(ids, k)), id) == 0;
		if (!found)
			return false;
	}
	return true;
}

static void take_person(struct reading *r, json_t *user, json_t *change)
{
	json_t *person = json_object();

	for (enum column c = LOGIN; c <= MAIL; c++) {
		json_t *given = cell(r, c);

		if (given == NULL || strcmp(json_string_value(given), text_of(user, columns[c].word)) == 0)
			continue;
		if (c <= NAME && json_string_length(given) == 0)
			complain(r, c, _("this must not be empty"));
		else if (json_string_length(given) > 0 || user != NULL)
			(void)json_object_set(person, columns[c].word, given);
	}
	if (json_object_size(person) > 0)
		(void)json_object_set(change, "person", person);
	json_decref(person);
}

static void take_limits(struct reading *r, json_t *user, json_t *change)
{
	json_t *roles = cell(r, ROLES), *until = cell(r, UNTIL), *scope = cell(r, SCOPE);

	roles = roles != NULL || user == NULL ? roles_of(r, roles != NULL ? json_string_value(roles) : "") : NULL;
	if (roles != NULL && !is_same_set(json_object_get(user, "roles"), roles))
		(void)json_object_set(change, "roles", roles);
	json_decref(roles);
	until = until != NULL ? day_of(r, json_string_value(until)) : NULL;
	if (until != NULL && strcmp(json_string_value(until), text_of(user, "until")) != 0)
		(void)json_object_set(change, "until", until);
	json_decref(until);
	scope = scope != NULL ? parts(json_string_value(scope)) : NULL;
	if (scope != NULL && !is_same_set(json_object_get(user, "scope"), scope))
		(void)json_object_set(change, "scope", scope);
	json_decref(scope);
}

static json_t *new_account(struct reading *r)
{
	const char *given = json_string_value(cell(r, KIND));
	const char *kind =
		given == NULL || given[0] == '\0' ? "staff" : id_of(json_object_get(r->choices, "kinds"), given);

	if (kind == NULL)
		complain(r, KIND, _("no such kind; write staff, auditor, external or envelope"));
	return json_pack("{s:s, s:s}", "do", "add", "kind", kind != NULL ? kind : "");
}

static void take_row(struct reading *r)
{
	json_t *user = account_of(r), *change;
	const char *id = user != NULL ? text_of(user, "id") : NULL;

	if (id != NULL && json_object_get(r->seen, id) != NULL)
		complain(r, LOGIN, _("this person stands in an earlier row already; delete one of them"));
	if (id != NULL)
		(void)json_object_set_new(r->seen, id, json_true());
	change = user != NULL ? json_pack("{s:s, s:s}", "do", "change", "user", id) : new_account(r);
	take_person(r, user, change);
	take_limits(r, user, change);
	if (user != NULL && json_object_size(change) == 2)
		r->out->same++;
	else if (user != NULL)
		(void)json_array_append(r->out->changes, change);
	else
		(void)json_array_insert(r->out->changes, 0, change);
	json_decref(change);
}

static void take_header(struct reading *r)
{
	json_t *word;
	size_t i;

	r->has_header = true;
	json_array_foreach (r->row, i, word) {
		int found = -1;

		for (int c = 0; c < COLUMNS && i < COLUMNS * 2; c++)
			if (strcmp(json_string_value(word), columns[c].ja) == 0 ||
			    strcmp(json_string_value(word), columns[c].word) == 0)
				found = c;
		if (found < 0 && json_string_length(word) > 0)
			(void)json_array_append_new(
				r->out->errors,
				json_sprintf(
					_("Line %u: the column '%s' is not known. Known are: 番号, ログイン名, 氏名, 所属, "
					  "職名, 電話, ファクス, メール, 区分, 役割, 最終日, 担当事案"),
					r->row_line, json_string_value(word)));
		if (i < COLUMNS * 2) {
			r->column_of[i] = found;
			r->places = i + 1;
		}
	}
}

static bool is_blank(json_t *row)
{
	json_t *field;
	size_t i;

	json_array_foreach (row, i, field)
		if (json_string_length(field) > 0)
			return false;
	return true;
}

static void on_field(void *data, size_t len, void *context)
{
	struct reading *r = context;
	const char *text = data;

	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (json_array_size(r->row) < COLUMNS * 2)
		(void)json_array_append_new(r->row, json_stringn(text != NULL ? text : "", len));
}

static void on_row(int ending, void *context)
{
	struct reading *r = context;

	(void)ending;
	if (is_blank(r->row))
		;
	else if (!r->has_header)
		take_header(r);
	else if (json_object_size(r->seen) + json_array_size(r->out->changes) < TABLE_ROWS_MAX)
		take_row(r);
	json_array_clear(r->row);
}

static bool is_odd(const char *text, size_t len)
{
	bool odd = false;

	for (size_t i = 0; i < len; i++)
		odd = odd != (text[i] == '"');
	return odd;
}

/* libcsv does not count lines, so it is fed one line at a time. A row begins where no quotation is open. */
static void parse(struct reading *r, const char *text, size_t length)
{
	const char *end = text + length;
	bool is_quoted = false;
	struct csv_parser parser;

	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		r->err = ERR_NOMEM;
		return;
	}
	for (r->line = 1; text < end && r->err == ERR_OK; r->line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t len = stop != NULL ? (size_t)(stop - text) + 1 : (size_t)(end - text);

		if (!is_quoted)
			r->row_line = r->line;
		is_quoted = is_quoted != is_odd(text, len);
		if (csv_parse(&parser, text, len, on_field, on_row, r) != len)
			r->err = fault_set(r->f, ERR_FORMAT,
					   _("Line %u: a quotation mark inside a field; write it twice, or delete it."),
					   r->line);
		text += len;
	}
	if (r->err == ERR_OK && csv_fini(&parser, on_field, on_row, r) != 0)
		r->err = fault_set(r->f, ERR_FORMAT,
				   _("The last quotation mark is not closed. Close it and try again."));
	csv_free(&parser);
}

static void end_others(struct reading *r)
{
	json_t *user;
	size_t i;

	json_array_foreach (json_object_get(r->people, "users"), i, user)
		if (strcmp(text_of(user, "state"), "ended") != 0 &&
		    json_object_get(r->seen, text_of(user, "id")) == NULL)
			(void)json_array_append_new(r->out->changes,
						    json_pack("{s:s, s:s}", "do", "end", "user", text_of(user, "id")));
}

static bool has_column(const struct reading *r, enum column column)
{
	for (size_t i = 0; i < r->places; i++)
		if (r->column_of[i] == (int)column)
			return true;
	return false;
}

enum err people_table_read(const char *data, size_t len, json_t *people, json_t *choices, struct people_table *out,
			   struct fault *f)
{
	struct reading r = {.people = people, .choices = choices, .out = out, .f = f};
	struct buf text = {.cap = 3 * (size_t)TABLE_BYTES_MAX};

	*out = (struct people_table){.changes = json_array(), .errors = json_array()};
	r.row = json_array();
	r.seen = json_object();
	r.err = len <= TABLE_BYTES_MAX ? decode(&text, data, len, f)
				       : fault_set(f, ERR_FULL, _("The table has more than 1 MiB; divide it."));
	if (r.err == ERR_OK && text.len > 0)
		parse(&r, text.data, text.len);
	if (r.err == ERR_OK && (!has_column(&r, LOGIN) || !has_column(&r, NAME)))
		r.err = fault_set(
			f, ERR_FORMAT,
			_("The first line must name the columns, at least ログイン名 and 氏名. 'user export' shows one."));
	if (r.err == ERR_OK)
		end_others(&r);
	buf_fini(&text);
	json_decref(r.row);
	json_decref(r.seen);
	if (r.err != ERR_OK)
		people_table_fini(out);
	return r.err;
}

void people_table_fini(struct people_table *table)
{
	json_decref(table->changes);
	json_decref(table->errors);
	*table = (struct people_table){.changes = NULL};
}

/* ---- writing ---- */

static void add_cell(struct buf *out, enum column column, const char *text)
{
	buf_adds(out, column > 0 ? ",\"" : "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_addc(out, '"');
		buf_addc(out, *text);
	}
	buf_adds(out, "\"");
}

static const char *label_ja(json_t *choices, const char *list, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(choices, list), i, item)
		if (strcmp(text_of(item, "id"), id) == 0)
			return text_of(item, "label_ja");
	return id;
}

static void add_list(struct buf *out, enum column column, json_t *list, json_t *choices)
{
	struct buf text = {.cap = 4096};
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		buf_addf(&text, "%s%s", i > 0 ? "、" : "",
			 json_is_string(item) ? json_string_value(item)
					      : label_ja(choices, "roles", text_of(item, "id")));
	add_cell(out, column, text.data != NULL ? text.data : "");
	buf_fini(&text);
}

static void add_user(struct buf *out, json_t *user, json_t *choices)
{
	for (enum column c = ID; c < COLUMNS; c++) {
		if (c == ROLES || c == SCOPE)
			add_list(out, c, json_object_get(user, columns[c].word), choices);
		else if (c == KIND)
			add_cell(out, c, label_ja(choices, "kinds", text_of(user, "kind")));
		else
			add_cell(out, c, text_of(user, columns[c].word));
	}
	buf_adds(out, "\r\n");
}

void people_table_write(struct buf *out, json_t *people, json_t *choices)
{
	json_t *user;
	size_t i;

	buf_adds(out, "\xEF\xBB\xBF");
	for (enum column c = ID; c < COLUMNS; c++)
		add_cell(out, c, columns[c].ja);
	buf_adds(out, "\r\n");
	json_array_foreach (json_object_get(people, "users"), i, user)
		if (strcmp(text_of(user, "state"), "ended") != 0)
			add_user(out, user, choices);
}
