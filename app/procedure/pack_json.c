/* The whole pack as JSON: what is hashed, compared and pinned. */
#include "procedure/pack_data.h"

json_t *items_json(const struct item *list, unsigned count)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < count; i++)
		(void)json_array_append_new(out, json_pack("{s:s, s:o, s:o, s:s?}", "id", list[i].id, "label",
							   label_json(&list[i].label), "note",
							   label_json(&list[i].note), "kind", list[i].kind));
	return out;
}

static json_t *roles_json(const struct pack_file *p)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < p->roles_count; i++)
		(void)json_array_append_new(out, json_pack("{s:s, s:o, s:o, s:s}", "id", p->roles[i].id, "label",
							   label_json(&p->roles[i].label), "holder",
							   label_json(&p->roles[i].holder), "kind", p->roles[i].kind));
	return out;
}

static json_t *steps_json(const struct chain *chain)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < chain->steps_count; i++)
		(void)json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "id", chain->steps[i].id, "role",
							   chain->steps[i].role, "label",
							   label_json(&chain->steps[i].label)));
	return out;
}

static json_t *chains_json(const struct pack_file *p)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < p->chains_count; i++)
		(void)json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "id", p->chains[i].id, "basis",
							   p->chains[i].basis, "steps", steps_json(&p->chains[i])));
	return out;
}

static json_t *contacts_json(const struct pack_file *p)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < p->contacts_count; i++) {
		const struct contact *c = &p->contacts[i];
		json_t *types = json_array();

		for (unsigned t = 0; t < c->types_count; t++)
			(void)json_array_append_new(types, json_string(c->types[t]));
		(void)json_array_append_new(out, json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:s?, s:o, s:I}", "id",
							   c->id, "label", label_json(&c->label), "within",
							   label_json(&c->within), "say", label_json(&c->say), "kind",
							   c->kind, "need", c->need, "role", c->role, "types", types,
							   "minutes", (json_int_t)c->minutes));
	}
	return out;
}

static json_t *rules_json(const struct pack_file *p)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < p->rules_count; i++) {
		json_t *roles = json_array();

		for (unsigned r = 0; r < p->rules[i].roles_count; r++)
			(void)json_array_append_new(roles, json_string(p->rules[i].roles[r]));
		(void)json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "act", p->rules[i].act, "basis",
							   p->rules[i].basis, "roles", roles));
	}
	return out;
}

static json_t *checks_json(const struct pack *pack)
{
	json_t *out = json_array();

	for (size_t i = 0; i < pack->checks_count; i++) {
		const struct check *c = &pack->checks[i];

		(void)json_array_append_new(out,
					    json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s}", "id", c->id, "types",
						      c->type != NULL ? c->type->id : "*", "phase", c->phase->id,
						      "text", label_json(&c->text), "role", c->role->id, "need",
						      c->need, "evidence", c->evidence, "origin", c->origin));
	}
	return out;
}

static json_t *questions_json(const struct pack *pack)
{
	json_t *out = json_array();

	for (size_t i = 0; i < pack->questions_count; i++) {
		const struct question *q = &pack->questions[i];
		json_t *types = json_array();

		for (unsigned t = 0; t < pack->file->types_count; t++)
			if (q->types == NULL || q->types[t])
				(void)json_array_append_new(types, json_string(pack->file->types[t].id));
		(void)json_array_append_new(out, json_pack("{s:s, s:o, s:s, s:o}", "id", q->id, "types", types, "kind",
							   q->kind, "text", label_json(&q->text)));
	}
	return out;
}

json_t *pack_json(const struct pack *pack)
{
	const struct pack_file *p = pack->file;
	json_t *head = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "id", p->id, "version", p->version, "regime",
				 p->regime, "language", p->language, "source", p->source, "name", label_json(&p->name),
				 "word", label_json(&p->word));
	json_t *lists = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "site", items_json(p->site, p->site_count),
		"phases", items_json(p->phases, p->phases_count), "types", items_json(p->types, p->types_count),
		"verdicts", items_json(p->verdicts, p->verdicts_count), "priorities",
		items_json(p->priorities, p->priorities_count), "endings", items_json(p->endings, p->endings_count),
		"sources", items_json(p->sources, p->sources_count), "stages", items_json(p->stages, p->stages_count),
		"recipients", items_json(p->recipients, p->recipients_count), "ways",
		items_json(p->ways, p->ways_count), "manners", items_json(p->manners, p->manners_count));
	json_t *rest =
		json_pack("{s:{s:s, s:s}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "report", "form", p->forms[0].id,
			  "chain", p->forms[0].chain, "roles", roles_json(p), "chains", chains_json(p), "contacts",
			  contacts_json(p), "rules", rules_json(p), "checklist", checks_json(pack), "questions",
			  questions_json(pack), "form", form_json(pack->form), "registers", pack_registers_json(pack));

	if (head == NULL || json_object_update(head, lists) != 0 || json_object_update(head, rest) != 0) {
		json_decref(head);
		head = NULL;
	}
	json_decref(lists);
	json_decref(rest);
	return head;
}
