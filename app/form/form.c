#include "form/form.h"

#include "form/layout.h"
#include "form/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cyaml_strval_t kind_names[] = {
	{"text", FIELD_TEXT_LINE},  {"lines", FIELD_LINES}, {"time", FIELD_TIME},   {"choice", FIELD_CHOICE},
	{"choices", FIELD_CHOICES}, {"table", FIELD_TABLE}, {"fixed", FIELD_FIXED},
};

static const cyaml_schema_field_t option_schema[] = {
	FIELD_TEXT("id", struct option, id, 64),
	FIELD_LABEL("label", struct option, label),
	FIELD_LABEL_OPTIONAL("group", struct option, group),
	FIELD_LABEL_OPTIONAL("example", struct option, example),
	FIELD_TEXT_OPTIONAL("side", struct option, side, 64),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t option_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct option, option_schema)};

static const cyaml_schema_field_t field_schema[] = {
	FIELD_TEXT("id", struct field, id, 64),
	FIELD_LABEL("label", struct field, label),
	FIELD_LABEL("section", struct field, section),
	CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct field, kind, kind_names, CYAML_ARRAY_LEN(kind_names)),
	FIELD_TEXT_OPTIONAL("from", struct field, from, 64),
	FIELD_LABEL_OPTIONAL("fixed", struct field, fixed),
	FIELD_LIST_OPTIONAL("options", struct field, options, &option_value),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t field_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct field, field_schema)};

static const cyaml_schema_field_t seal_schema[] = {
	FIELD_TEXT("id", struct seal, id, 64),
	FIELD_TEXT("step", struct seal, step, 64),
	FIELD_LABEL("label", struct seal, label),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t seal_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct seal, seal_schema)};

static const cyaml_schema_field_t static_schema[] = {
	FIELD_TEXT("id", struct word, id, 64),
	FIELD_LABEL("label", struct word, label),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t static_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct word, static_schema)};

static const cyaml_schema_field_t form_schema[] = {
	FIELD_TEXT("id", struct form_file, id, 64),
	FIELD_LABEL("title", struct form_file, title),
	FIELD_LIST_OPTIONAL("words", struct form_file, words, &static_value),
	FIELD_LIST("seals", struct form_file, seals, &seal_value, 1),
	FIELD_LIST("fields", struct form_file, fields, &field_value, 1),
	FIELD_LIST("grid", struct form_file, grid, &word_schema, 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t form_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct form_file, form_schema)};

static const char *const cell_names[CELL_KINDS] = {
	[CELL_TITLE] = "title", [CELL_WORD] = "word",     [CELL_LABEL] = "label", [CELL_VALUE] = "value",
	[CELL_TABLE] = "table", [CELL_OPTION] = "option", [CELL_BOX] = "box",     [CELL_SEAL] = "seal",
	[CELL_SAME] = "same",   [CELL_BLANK] = "blank",
};

const struct option *field_option(const struct field *field, const char *id)
{
	for (unsigned i = 0; i < field->options_count; i++)
		if (strcmp(field->options[i].id, id) == 0)
			return &field->options[i];
	return NULL;
}

static const struct field *find_field(const struct form_file *file, const char *id)
{
	for (unsigned i = 0; i < file->fields_count; i++)
		if (strcmp(file->fields[i].id, id) == 0)
			return &file->fields[i];
	return NULL;
}

static bool find_word(const struct form_file *file, const char *id, struct cell *cell)
{
	for (unsigned i = 0; i < file->words_count; i++)
		if (strcmp(file->words[i].id, id) == 0)
			cell->word = &file->words[i].label;
	return cell->word != NULL;
}

static bool find_seal(const struct form_file *file, const char *id, struct cell *cell)
{
	for (unsigned i = 0; i < file->seals_count; i++)
		if (strcmp(file->seals[i].id, id) == 0)
			cell->seal = &file->seals[i];
	return cell->seal != NULL;
}

/* FIELD.OPTION */
static bool find_option(const struct form_file *file, char *id, struct cell *cell)
{
	char *dot = strchr(id, '.');

	if (dot == NULL)
		return false;
	*dot = '\0';
	cell->field = find_field(file, id);
	cell->option = cell->field != NULL ? field_option(cell->field, dot + 1) : NULL;
	return cell->option != NULL;
}

static bool find_content(const struct form_file *file, char *content, struct cell *cell)
{
	switch (cell->kind) {
	case CELL_TITLE:
	case CELL_WORD:
		return find_word(file, content, cell);
	case CELL_LABEL:
	case CELL_VALUE:
	case CELL_TABLE:
		cell->field = find_field(file, content);
		return cell->field != NULL;
	case CELL_OPTION:
	case CELL_BOX:
		return find_option(file, content, cell);
	case CELL_SEAL:
		return find_seal(file, content, cell);
	case CELL_SAME:
	case CELL_BLANK:
		return *content == '\0';
	case CELL_KINDS:
	default:
		return false;
	}
}

static bool read_cell(const struct form_file *file, char *text, unsigned from, struct cell *cell)
{
	char *dot = strchr(text, '.'), *end;
	unsigned long width;

	if (dot == NULL)
		return false;
	*dot = '\0';
	*cell = (struct cell){.kind = CELL_KINDS};
	for (int kind = 0; kind < CELL_KINDS; kind++)
		if (strcmp(text, cell_names[kind]) == 0)
			cell->kind = (enum cell_kind)kind;
	width = strtoul(dot + 1, &end, 10);
	if (cell->kind == CELL_KINDS || width < 1 || width > GRID_UNITS - from || (*end != ':' && *end != '\0'))
		return false;
	cell->from = from;
	cell->to = from + (unsigned)width;
	return find_content(file, *end == ':' ? end + 1 : end, cell);
}

/* `text` is cut up. */
static bool read_row(const struct form_file *file, char *text, struct row *row)
{
	char *rest = NULL;
	unsigned at = 0;

	*row = (struct row){.bare = strncmp(text, "- ", 2) == 0};
	for (char *cell = strtok_r(text + (row->bare ? 2 : 0), " |", &rest); cell != NULL;
	     cell = strtok_r(NULL, " |", &rest)) {
		if (row->count == GRID_CELLS_MAX || !read_cell(file, cell, at, &row->cells[row->count]))
			return false;
		at = row->cells[row->count++].to;
	}
	return at == GRID_UNITS;
}

static enum err read_grid(struct form *form, const struct source *s, struct fault *f)
{
	struct form_file *file = form->file;

	form->rows = calloc(file->grid_count, sizeof *form->rows);
	if (form->rows == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < file->grid_count; i++) {
		char *text = strdup(file->grid[i]);
		bool good = text != NULL && read_row(file, text, &form->rows[i]);

		free(text);
		if (!good)
			return source_fault(
				s, source_line_of(s, file->grid[i]), f,
				_("this row of the grid is not \"kind.width:content | …\" of known contents "
				  "with widths that add up to 24; mend it"));
	}
	return ERR_OK;
}

static enum err check_field(const struct field *field, const struct source *s, struct fault *f)
{
	bool chooses = field->kind == FIELD_CHOICE || field->kind == FIELD_CHOICES;

	if (chooses != (field->options_count > 0))
		return source_fault(s, source_line_of(s, field->id), f,
				    _("field '%s': options belong to the kinds choice and choices, and only to them"),
				    field->id);
	for (unsigned i = 0; i < field->options_count; i++)
		if (field_option(field, field->options[i].id) != &field->options[i])
			return source_fault(s, source_line_of(s, field->options[i].id), f,
					    _("option '%s' stands twice; rename one"), field->options[i].id);
	return ERR_OK;
}

static enum err check_form(struct form *form, const struct source *s, struct fault *f)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < form->file->fields_count && err == ERR_OK; i++) {
		const struct field *field = &form->file->fields[i];

		if (find_field(form->file, field->id) != field)
			return source_fault(s, source_line_of(s, field->id), f,
					    _("field '%s' stands twice; rename one"), field->id);
		err = check_field(field, s, f);
	}
	return err == ERR_OK ? read_grid(form, s, f) : err;
}

enum err form_load(const char *path, struct form **out, struct fault *f)
{
	struct source source;
	struct form *form;
	void *file = NULL;
	enum err err = source_read(&source, path, f);

	if (err != ERR_OK)
		return err;
	form = calloc(1, sizeof *form);
	err = form == NULL ? ERR_NOMEM : source_yaml(&source, &form_value, &file, f);
	if (err == ERR_OK) {
		form->file = file;
		err = check_form(form, &source, f);
	}
	source_fini(&source);
	if (err == ERR_OK)
		*out = form;
	else
		form_free(form);
	return err;
}

void form_free(struct form *form)
{
	if (form == NULL)
		return;
	source_yaml_free(&form_value, form->file);
	free(form->rows);
	free(form);
}

const char *form_id(const struct form *form)
{
	return form->file->id;
}

const struct label *form_title(const struct form *form)
{
	return &form->file->title;
}

size_t form_fields(const struct form *form)
{
	return form->file->fields_count;
}

const struct field *form_field(const struct form *form, size_t index)
{
	return index < form->file->fields_count ? &form->file->fields[index] : NULL;
}

const struct field *form_field_find(const struct form *form, const char *id)
{
	return find_field(form->file, id);
}

size_t form_seals(const struct form *form)
{
	return form->file->seals_count;
}

const struct seal *form_seal(const struct form *form, size_t index)
{
	return index < form->file->seals_count ? &form->file->seals[index] : NULL;
}

const char *field_kind_name(enum field_kind kind)
{
	for (size_t i = 0; i < CYAML_ARRAY_LEN(kind_names); i++)
		if (kind_names[i].val == (int64_t)kind)
			return kind_names[i].str;
	return "text";
}
