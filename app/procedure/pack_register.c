/* registers/ID.yaml: what the organisation keeps in peacetime, a line for each thing, person or day. */
#include "procedure/pack_data.h"

#include "form/source.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REGISTERS_MAX = 40, COLUMNS_OF_REGISTER_MAX = 40 };

static const cyaml_schema_field_t option_schema[] = {
	FIELD_TEXT("id", struct item, id, 64),
	FIELD_LABEL("label", struct item, label),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t option_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct item, option_schema)};

static const cyaml_schema_field_t column_schema[] = {
	FIELD_TEXT("id", struct column, id, 64),
	FIELD_LABEL("label", struct column, label),
	FIELD_TEXT("kind", struct column, kind, 64),
	FIELD_TEXT("need", struct column, need, 64),
	FIELD_LABEL_OPTIONAL("note", struct column, note),
	FIELD_LIST_OPTIONAL("options", struct column, options, &option_value),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t column_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct column, column_schema)};

static const cyaml_schema_field_t register_schema[] = {
	FIELD_TEXT("id", struct register_kind, id, 64),
	FIELD_LABEL("label", struct register_kind, label),
	FIELD_TEXT("origin", struct register_kind, origin, 200),
	FIELD_LABEL_OPTIONAL("note", struct register_kind, note),
	CYAML_FIELD_SEQUENCE("fields", CYAML_FLAG_POINTER, struct register_kind, columns, &column_value, 1,
			     COLUMNS_OF_REGISTER_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t register_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct register_kind, register_schema)};

const struct register_kind *register_find(const struct pack *pack, const char *id)
{
	for (size_t i = 0; id != NULL && i < pack->registers_count; i++)
		if (strcmp(pack->registers[i]->id, id) == 0)
			return pack->registers[i];
	return NULL;
}

const struct column *column_find(const struct register_kind *kind, const char *id)
{
	for (unsigned i = 0; i < kind->columns_count; i++)
		if (strcmp(kind->columns[i].id, id) == 0)
			return &kind->columns[i];
	return NULL;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static enum err check_column(const struct register_kind *kind, const struct column *column, const struct source *s,
			     struct fault *f)
{
	static const char *const kinds[] = {"text",   "lines",   "date",   "time", "number",
					    "choice", "choices", "person", NULL};
	static const char *const needs[] = {"must", "when", NULL};
	bool chooses = strncmp(column->kind, "choice", 6) == 0;
	unsigned line = source_line_of(s, column->id);

	if (!id_is_word(column->id))
		return source_fault(s, line, f, _("id '%s' must be a word of a-z, 0-9, '.', '_', '-'"), column->id);
	if (column_find(kind, column->id) != column)
		return source_fault(s, line, f, _("'%s' stands twice in its list; rename one"), column->id);
	if (!is_one_of(column->kind, kinds) || !is_one_of(column->need, needs))
		return source_fault(
			s, line, f,
			_("field '%s': kind must be one of text, lines, date, time, number, choice, choices, "
			  "person, and need must or when"),
			column->id);
	if (chooses != (column->options_count > 0))
		return source_fault(s, line, f,
				    _("field '%s': a choice needs options, and nothing else has any; mend its kind"),
				    column->id);
	for (unsigned i = 0; i < column->options_count; i++)
		if (!id_is_word(column->options[i].id) ||
		    item_find(column->options, column->options_count, column->options[i].id) != &column->options[i])
			return source_fault(s, line, f,
					    _("field '%s': option '%s' is no word, or stands twice; rename it"),
					    column->id, column->options[i].id);
	return ERR_OK;
}

static enum err check_register(const struct register_kind *kind, const char *name, const struct source *s,
			       struct fault *f)
{
	size_t len = strlen(kind->id);
	enum err err = ERR_OK;

	if (!id_is_word(kind->id) || strncmp(name, kind->id, len) != 0 || strcmp(name + len, ".yaml") != 0)
		return source_fault(s, source_line_of(s, "id"), f,
				    _("the register's id is '%s'; its file must be named %s.yaml"), kind->id, kind->id);
	for (unsigned i = 0; i < kind->columns_count && err == ERR_OK; i++)
		err = check_column(kind, &kind->columns[i], s, f);
	return err;
}

static enum err read_register(struct pack *pack, const char *path, const char *name, struct fault *f)
{
	struct register_kind **grown =
		realloc(pack->registers, (pack->registers_count + 1) * sizeof(struct register_kind *));
	struct source source;
	void *kind = NULL;
	enum err err;

	if (grown == NULL)
		return ERR_NOMEM;
	pack->registers = grown;
	err = source_read(&source, path, f);
	if (err != ERR_OK)
		return err;
	err = source_yaml(&source, &register_value, &kind, f);
	if (err == ERR_OK) {
		pack->registers[pack->registers_count++] = kind;
		err = check_register(kind, name, &source, f);
	}
	source_fini(&source);
	return err;
}

static int is_register(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".yaml") == 0;
}

static enum err read_all(struct pack *pack, const char *folder, struct dirent **names, int count, struct fault *f)
{
	char path[PATH_MAX];
	enum err err = ERR_OK;

	if (count > REGISTERS_MAX)
		return fault_set(f, ERR_RANGE, _("%s/registers: more than %d registers; join some"), folder,
				 REGISTERS_MAX);
	for (int i = 0; i < count && err == ERR_OK; i++) {
		int len = snprintf(path, sizeof path, "%s/registers/%s", folder, names[i]->d_name);

		if (len < 0 || (size_t)len >= sizeof path)
			return fault_set(f, ERR_RANGE, _("%s: the path is too long; use a shorter folder"), folder);
		err = read_register(pack, path, names[i]->d_name, f);
	}
	return err;
}

enum err pack_read_registers(struct pack *pack, const char *folder, struct fault *f)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof path, "%s/registers", folder), count;
	struct dirent **names = NULL;
	enum err err;

	if (len < 0 || (size_t)len >= sizeof path)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long; use a shorter folder"), folder);
	count = scandir(path, &names, is_register, alphasort);
	if (count < 0)
		return errno == ENOENT ? ERR_OK : fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	err = read_all(pack, folder, names, count, f);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free((void *)names);
	return err;
}

void pack_free_registers(struct pack *pack)
{
	for (size_t i = 0; i < pack->registers_count; i++)
		source_yaml_free(&register_value, pack->registers[i]);
	free((void *)pack->registers);
}

/* ---- as JSON ---- */

static json_t *columns_json(const struct register_kind *kind)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < kind->columns_count; i++) {
		const struct column *c = &kind->columns[i];

		(void)json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "id", c->id, "kind",
							   c->kind, "need", c->need, "label", label_json(&c->label),
							   "note", label_json(&c->note), "options",
							   items_json(c->options, c->options_count)));
	}
	return out;
}

json_t *pack_registers_json(const struct pack *pack)
{
	json_t *out = json_array();

	for (size_t i = 0; i < pack->registers_count; i++) {
		const struct register_kind *kind = pack->registers[i];

		(void)json_array_append_new(out, json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", kind->id, "origin",
							   kind->origin, "label", label_json(&kind->label), "note",
							   label_json(&kind->note), "fields", columns_json(kind)));
	}
	return out;
}
