#include "procedure/table.h"

#include "base/office.h"

#include <csv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void fail(struct table *t, enum err err)
{
	if (t->err == ERR_OK)
		t->err = err;
}

static void on_field(void *data, size_t len, void *context)
{
	struct table *t = context;
	const char *text = data;

	if (t->err != ERR_OK)
		return;
	if (t->fields >= t->width) {
		fail(t,
		     source_fault(&t->source, t->line, t->f, _("more columns than the header; delete the extra ones")));
		return;
	}
	t->field[t->fields] = strndup(text != NULL ? text : "", len);
	if (t->field[t->fields] == NULL)
		fail(t, ERR_NOMEM);
	t->fields++;
}

static void drop_fields(struct table *t)
{
	for (unsigned i = 0; i < t->fields; i++)
		free(t->field[i]);
	memset(t->field, 0, sizeof t->field);
	t->fields = 0;
}

static bool is_header(const struct table *t, const char *const *columns)
{
	for (unsigned i = 0; columns != NULL && i < t->width; i++)
		if (i >= t->fields || strcmp(t->field[i], columns[i]) != 0)
			return false;
	return columns != NULL;
}

static enum err check_header(struct table *t)
{
	if (is_header(t, t->or_columns))
		return ERR_OK;
	for (unsigned i = 0; i < t->width; i++)
		if (i >= t->fields || strcmp(t->field[i], t->columns[i]) != 0)
			return source_fault(&t->source, t->line, t->f,
					    _("column %u of the header must be '%s'; mend the first line"), i + 1,
					    t->columns[i]);
	return ERR_OK;
}

static bool is_blank(const struct table *t)
{
	for (unsigned i = 0; i < t->fields; i++)
		if (t->field[i][0] != '\0')
			return false;
	return true;
}

static enum err take_row(struct table *t)
{
	if (is_blank(t))
		return ERR_OK;
	if (t->fields != t->width)
		return source_fault(&t->source, t->line, t->f, _("%u columns instead of %u; add the missing ones"),
				    t->fields, t->width);
	if (t->rows > SOURCE_LIST_MAX)
		return source_fault(&t->source, t->line, t->f, _("more than %d rows; divide the table"),
				    SOURCE_LIST_MAX);
	return t->rows == 0 ? check_header(t) : t->take(t, t->f);
}

static void on_row(int ending, void *context)
{
	struct table *t = context;

	(void)ending;
	if (t->err == ERR_OK) {
		bool counts = !is_blank(t);

		fail(t, take_row(t));
		t->rows += counts;
	}
	drop_fields(t);
}

/* libcsv does not count lines, so it is fed one line at a time; a quoted field may run over several. */
static enum err parse(struct table *t)
{
	const char *text = t->source.text.data, *end = text + t->source.text.len;
	struct csv_parser parser;

	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return ERR_NOMEM;
	for (t->line = 1; text < end && t->err == ERR_OK; t->line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t len = stop != NULL ? (size_t)(stop - text) + 1 : (size_t)(end - text);

		if (csv_parse(&parser, text, len, on_field, on_row, t) != len)
			fail(t, source_fault(&t->source, t->line, t->f,
					     _("a quotation mark inside a field; write it twice, or delete it")));
		text += len;
	}
	if (t->err == ERR_OK && csv_fini(&parser, on_field, on_row, t) != 0)
		fail(t, source_fault(&t->source, t->line, t->f, _("a quotation mark is not closed; close it")));
	csv_free(&parser);
	drop_fields(t);
	return t->err;
}

static enum err parse_source(struct table *t, struct fault *f)
{
	t->f = f;
	while (t->columns[t->width] != NULL)
		t->width++;
	return parse(t);
}

enum err table_read(struct table *t, const char *path, struct fault *f)
{
	enum err err = source_read(&t->source, path, f);

	if (err != ERR_OK)
		return err;
	err = parse_source(t, f);
	if (err == ERR_OK && t->rows < 2)
		err = source_fault(&t->source, 1, f, _("no rows; fill the table in"));
	source_fini(&t->source);
	return err;
}

enum err table_take(struct table *t, const char *name, const char *data, size_t len, struct fault *f)
{
	struct buf text = {0};
	enum err err = office_decode(&text, data, len);

	if (err == ERR_FORMAT)
		err = fault_set(f, err, _("%s:1: neither UTF-8 nor Shift_JIS (CP932); save it as \"CSV UTF-8\""), name);
	if (err == ERR_OK)
		err = source_take(&t->source, name, text.data != NULL ? text.data : "", text.len, f);
	buf_fini(&text);
	if (err != ERR_OK)
		return err;
	err = parse_source(t, f);
	if (err == ERR_OK && t->rows == 0)
		err = source_fault(&t->source, 1, f, _("no header; begin with the line of the sample"));
	source_fini(&t->source);
	return err;
}

char *table_field(struct table *t, unsigned column)
{
	char *text = t->field[column];

	t->field[column] = strdup("");
	if (t->field[column] == NULL)
		t->err = ERR_NOMEM;
	return text;
}

enum err table_bad_value(struct table *t, unsigned column, struct fault *f)
{
	return source_fault(&t->source, t->line, f, _("'%s' is not known in column '%s'; mend its spelling"),
			    t->field[column], t->columns[column]);
}
