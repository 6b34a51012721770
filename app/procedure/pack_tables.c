/* checklist.csv and questions.csv: tables that a clerk edits in a spreadsheet. */
#include "procedure/pack_data.h"

#include "form/source.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 12 };

/* One table while it is read: libcsv hands over fields, then row ends. */
struct table {
	struct source source;
	const char *const *columns; /* the header it must have; ends with NULL */
	unsigned width;
	char *field[COLUMNS_MAX];
	unsigned fields;
	unsigned rows; /* data rows taken */
	unsigned line;
	enum err (*take)(struct table *t, struct fault *f);
	struct pack *pack;
	enum err err;
	struct fault *f;
};

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

static enum err check_header(struct table *t)
{
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

static enum err read_table(struct table *t, const char *path, struct fault *f)
{
	enum err err = source_read(&t->source, path, f);

	if (err != ERR_OK)
		return err;
	t->f = f;
	while (t->columns[t->width] != NULL)
		t->width++;
	err = parse(t);
	if (err == ERR_OK && t->rows < 2)
		err = source_fault(&t->source, 1, f, _("no rows; fill the table in"));
	source_fini(&t->source);
	return err;
}

static char *take_field(struct table *t, unsigned column)
{
	char *text = t->field[column];

	t->field[column] = strdup("");
	if (t->field[column] == NULL)
		t->err = ERR_NOMEM;
	return text;
}

static enum err bad_value(struct table *t, unsigned column, struct fault *f)
{
	return source_fault(&t->source, t->line, f, _("'%s' is not known in column '%s'; mend its spelling"),
			    t->field[column], t->columns[column]);
}

static enum err check_id(struct table *t, bool exists, struct fault *f)
{
	const char *id = t->field[0];
	size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	if (len == 0 || len > 64 || id[len] != '\0')
		return source_fault(&t->source, t->line, f, _("id '%s' must be a word of a-z, 0-9, '.', '_', '-'"), id);
	if (exists)
		return source_fault(&t->source, t->line, f, _("id '%s' stands twice; rename one"), id);
	return ERR_OK;
}

static enum err check_texts(struct table *t, unsigned ja, unsigned en, struct fault *f)
{
	for (unsigned column = 0; column < t->width; column++)
		if ((column == ja || column == en) && t->field[column][0] == '\0')
			return source_fault(&t->source, t->line, f, _("column '%s' is empty; write the sentence"),
					    t->columns[column]);
	return ERR_OK;
}

enum { C_ID, C_TYPES, C_PHASE, C_TEXT, C_TEXT_EN, C_ROLE, C_NEED, C_EVIDENCE, C_ORIGIN };
static const char *const check_columns[] = {"id",   "types", "phase",    "text",   "text_en",
					    "role", "need",  "evidence", "origin", NULL};

const struct check *check_find(const struct pack *pack, const char *id)
{
	for (size_t i = 0; i < pack->checks_count; i++)
		if (strcmp(pack->checks[i].id, id) == 0)
			return &pack->checks[i];
	return NULL;
}

static enum err take_check(struct table *t, struct fault *f)
{
	const struct pack_file *p = t->pack->file;
	struct check check = {0}, *grown;
	enum err err = check_id(t, check_find(t->pack, t->field[C_ID]) != NULL, f);

	if (err == ERR_OK)
		err = check_texts(t, C_TEXT, C_TEXT_EN, f);
	if (err != ERR_OK)
		return err;
	check.type = item_find(p->types, p->types_count, t->field[C_TYPES]);
	if (check.type == NULL && strcmp(t->field[C_TYPES], "*") != 0)
		return bad_value(t, C_TYPES, f);
	check.phase = item_find(p->phases, p->phases_count, t->field[C_PHASE]);
	if (check.phase == NULL)
		return bad_value(t, C_PHASE, f);
	check.role = role_find(p, t->field[C_ROLE]);
	if (check.role == NULL)
		return bad_value(t, C_ROLE, f);
	if (strcmp(t->field[C_NEED], "must") != 0 && strcmp(t->field[C_NEED], "when") != 0)
		return bad_value(t, C_NEED, f);
	if (strcmp(t->field[C_EVIDENCE], "yes") != 0 && strcmp(t->field[C_EVIDENCE], "no") != 0)
		return bad_value(t, C_EVIDENCE, f);
	grown = realloc(t->pack->checks, (t->pack->checks_count + 1) * sizeof *grown);
	if (grown == NULL)
		return ERR_NOMEM;
	t->pack->checks = grown;
	check.id = take_field(t, C_ID);
	check.text = (struct label){.ja = take_field(t, C_TEXT), .en = take_field(t, C_TEXT_EN)};
	check.need = take_field(t, C_NEED);
	check.evidence = take_field(t, C_EVIDENCE);
	check.origin = take_field(t, C_ORIGIN);
	grown[t->pack->checks_count++] = check;
	return t->err;
}

enum err pack_read_checks(struct pack *pack, const char *path, struct fault *f)
{
	struct table t = {.columns = check_columns, .take = take_check, .pack = pack};

	return read_table(&t, path, f);
}

enum { Q_ID, Q_TYPES, Q_KIND, Q_TEXT, Q_TEXT_EN };
static const char *const question_columns[] = {"id", "types", "kind", "text", "text_en", NULL};

const struct question *question_find(const struct pack *pack, const char *id)
{
	for (size_t i = 0; i < pack->questions_count; i++)
		if (strcmp(pack->questions[i].id, id) == 0)
			return &pack->questions[i];
	return NULL;
}

/* "loss missent": the types it is asked for; "*": all. */
static enum err read_types(struct table *t, bool **out, struct fault *f)
{
	const struct pack_file *p = t->pack->file;
	char *text = t->field[Q_TYPES], *rest = NULL;
	bool *types;

	if (strcmp(text, "*") == 0)
		return ERR_OK;
	types = calloc(p->types_count, sizeof *types);
	if (types == NULL)
		return ERR_NOMEM;
	for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
		const struct item *type = item_find(p->types, p->types_count, word);

		if (type == NULL) {
			free(types);
			return source_fault(&t->source, t->line, f,
					    _("'%s' is not known in column '%s'; mend its spelling"), word,
					    t->columns[Q_TYPES]);
		}
		types[type - p->types] = true;
	}
	*out = types;
	return ERR_OK;
}

static bool is_question_kind(const char *kind)
{
	return strcmp(kind, "fact") == 0 || strcmp(kind, "sub") == 0 || strcmp(kind, "severity") == 0;
}

static enum err take_question(struct table *t, struct fault *f)
{
	struct question question = {0}, *grown;
	enum err err = check_id(t, question_find(t->pack, t->field[Q_ID]) != NULL, f);

	if (err == ERR_OK)
		err = check_texts(t, Q_TEXT, Q_TEXT_EN, f);
	if (err == ERR_OK && !is_question_kind(t->field[Q_KIND]))
		err = bad_value(t, Q_KIND, f);
	if (err == ERR_OK)
		err = read_types(t, &question.types, f);
	if (err != ERR_OK)
		return err;
	grown = realloc(t->pack->questions, (t->pack->questions_count + 1) * sizeof *grown);
	if (grown == NULL) {
		free(question.types);
		return ERR_NOMEM;
	}
	t->pack->questions = grown;
	question.id = take_field(t, Q_ID);
	question.kind = take_field(t, Q_KIND);
	question.text = (struct label){.ja = take_field(t, Q_TEXT), .en = take_field(t, Q_TEXT_EN)};
	grown[t->pack->questions_count++] = question;
	return t->err;
}

enum err pack_read_questions(struct pack *pack, const char *path, struct fault *f)
{
	struct table t = {.columns = question_columns, .take = take_question, .pack = pack};

	return read_table(&t, path, f);
}
