#include "form/layout.h"

static json_t *options_json(const struct field *field)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < field->options_count; i++) {
		const struct option *o = &field->options[i];

		(void)json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:s?}", "id", o->id, "label",
							    label_json(&o->label), "group", label_json(&o->group),
							    "example", label_json(&o->example), "side", o->side));
	}
	return list;
}

static json_t *fields_json(const struct form_file *file)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < file->fields_count; i++) {
		const struct field *field = &file->fields[i];

		(void)json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:s, s:s?, s:o, s:o}", "id", field->id,
							    "label", label_json(&field->label), "section",
							    label_json(&field->section), "kind",
							    field_kind_name(field->kind), "from", field->from, "fixed",
							    label_json(&field->fixed), "options", options_json(field)));
	}
	return list;
}

json_t *form_json(const struct form *form)
{
	const struct form_file *file = form->file;
	json_t *words = json_array(), *seals = json_array(), *grid = json_array();

	for (unsigned i = 0; i < file->words_count; i++)
		(void)json_array_append_new(words, json_pack("{s:s, s:o}", "id", file->words[i].id, "label",
							     label_json(&file->words[i].label)));
	for (unsigned i = 0; i < file->seals_count; i++)
		(void)json_array_append_new(seals,
					    json_pack("{s:s, s:s, s:o}", "id", file->seals[i].id, "step",
						      file->seals[i].step, "label", label_json(&file->seals[i].label)));
	for (unsigned i = 0; i < file->grid_count; i++)
		(void)json_array_append_new(grid, json_string(file->grid[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "id", file->id, "title", label_json(&file->title), "words",
			 words, "seals", seals, "fields", fields_json(file), "grid", grid);
}
