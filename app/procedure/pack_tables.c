/* checklist.csv and questions.csv: tables that a clerk edits in a spreadsheet. */
#include "procedure/pack_data.h"

#include "procedure/table.h"

#include <stdlib.h>
#include <string.h>

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
	struct pack *pack = t->context;
	const struct pack_file *p = pack->file;
	struct check check = {0}, *grown;
	enum err err = check_id(t, check_find(pack, t->field[C_ID]) != NULL, f);

	if (err == ERR_OK)
		err = check_texts(t, C_TEXT, C_TEXT_EN, f);
	if (err != ERR_OK)
		return err;
	check.type = item_find(p->types, p->types_count, t->field[C_TYPES]);
	if (check.type == NULL && strcmp(t->field[C_TYPES], "*") != 0)
		return table_bad_value(t, C_TYPES, f);
	check.phase = item_find(p->phases, p->phases_count, t->field[C_PHASE]);
	if (check.phase == NULL)
		return table_bad_value(t, C_PHASE, f);
	check.role = role_find(p, t->field[C_ROLE]);
	if (check.role == NULL)
		return table_bad_value(t, C_ROLE, f);
	if (strcmp(t->field[C_NEED], "must") != 0 && strcmp(t->field[C_NEED], "when") != 0)
		return table_bad_value(t, C_NEED, f);
	if (strcmp(t->field[C_EVIDENCE], "yes") != 0 && strcmp(t->field[C_EVIDENCE], "no") != 0)
		return table_bad_value(t, C_EVIDENCE, f);
	grown = realloc(pack->checks, (pack->checks_count + 1) * sizeof *grown);
	if (grown == NULL)
		return ERR_NOMEM;
	pack->checks = grown;
	check.id = table_field(t, C_ID);
	check.text = (struct label){.ja = table_field(t, C_TEXT), .en = table_field(t, C_TEXT_EN)};
	check.need = table_field(t, C_NEED);
	check.evidence = table_field(t, C_EVIDENCE);
	check.origin = table_field(t, C_ORIGIN);
	grown[pack->checks_count++] = check;
	return t->err;
}

enum err pack_read_checks(struct pack *pack, const char *path, struct fault *f)
{
	struct table t = {.columns = check_columns, .take = take_check, .context = pack};

	return table_read(&t, path, f);
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
	const struct pack *pack = t->context;
	const struct pack_file *p = pack->file;
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
	struct pack *pack = t->context;
	struct question question = {0}, *grown;
	enum err err = check_id(t, question_find(pack, t->field[Q_ID]) != NULL, f);

	if (err == ERR_OK)
		err = check_texts(t, Q_TEXT, Q_TEXT_EN, f);
	if (err == ERR_OK && !is_question_kind(t->field[Q_KIND]))
		err = table_bad_value(t, Q_KIND, f);
	if (err == ERR_OK)
		err = read_types(t, &question.types, f);
	if (err != ERR_OK)
		return err;
	grown = realloc(pack->questions, (pack->questions_count + 1) * sizeof *grown);
	if (grown == NULL) {
		free(question.types);
		return ERR_NOMEM;
	}
	pack->questions = grown;
	question.id = table_field(t, Q_ID);
	question.kind = table_field(t, Q_KIND);
	question.text = (struct label){.ja = table_field(t, Q_TEXT), .en = table_field(t, Q_TEXT_EN)};
	grown[pack->questions_count++] = question;
	return t->err;
}

enum err pack_read_questions(struct pack *pack, const char *path, struct fault *f)
{
	struct table t = {.columns = question_columns, .take = take_question, .context = pack};

	return table_read(&t, path, f);
}
