/* pack.yaml: its schema. */
#include "procedure/pack_data.h"

#include "form/source.h"

static const cyaml_schema_field_t item_schema[] = {
	FIELD_TEXT("id", struct item, id, 64),
	FIELD_LABEL("label", struct item, label),
	FIELD_LABEL_OPTIONAL("note", struct item, note),
	FIELD_TEXT_OPTIONAL("kind", struct item, kind, 64),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t item_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct item, item_schema)};

static const cyaml_schema_field_t role_schema[] = {
	FIELD_TEXT("id", struct role, id, 64),
	FIELD_LABEL("label", struct role, label),
	FIELD_LABEL("holder", struct role, holder),
	FIELD_TEXT("kind", struct role, kind, 64),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t role_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct role, role_schema)};

static const cyaml_schema_field_t step_schema[] = {
	FIELD_TEXT("id", struct step, id, 64),
	FIELD_TEXT("role", struct step, role, 64),
	FIELD_LABEL("label", struct step, label),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct step, step_schema)};

static const cyaml_schema_field_t chain_schema[] = {
	FIELD_TEXT("id", struct chain, id, 64),
	FIELD_TEXT("basis", struct chain, basis, 200),
	FIELD_LIST("steps", struct chain, steps, &step_value, 2),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t chain_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct chain, chain_schema)};

static const cyaml_schema_field_t contact_schema[] = {
	FIELD_TEXT("id", struct contact, id, 64),
	FIELD_LABEL("label", struct contact, label),
	FIELD_LABEL_OPTIONAL("within", struct contact, within),
	FIELD_LABEL_OPTIONAL("say", struct contact, say),
	FIELD_TEXT("kind", struct contact, kind, 64),
	FIELD_TEXT("need", struct contact, need, 64),
	FIELD_TEXT_OPTIONAL("role", struct contact, role, 64),
	FIELD_LIST_OPTIONAL("types", struct contact, types, &word_schema),
	CYAML_FIELD_UINT("minutes", CYAML_FLAG_OPTIONAL, struct contact, minutes),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t contact_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct contact, contact_schema)};

static const cyaml_schema_field_t entry_schema[] = {
	FIELD_TEXT("id", struct form_entry, id, 64),
	FIELD_TEXT("chain", struct form_entry, chain, 64),
	FIELD_TEXT("file", struct form_entry, file, 64),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t entry_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct form_entry, entry_schema)};

static const cyaml_schema_field_t rule_schema[] = {
	FIELD_TEXT("act", struct rule, act, 64),
	FIELD_TEXT("basis", struct rule, basis, 200),
	FIELD_LIST("roles", struct rule, roles, &word_schema, 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t rule_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule, rule_schema)};

#define ITEMS(name) FIELD_LIST(#name, struct pack_file, name, &item_value, 1)

static const cyaml_schema_field_t pack_schema[] = {
	FIELD_TEXT("id", struct pack_file, id, 64),
	FIELD_TEXT("version", struct pack_file, version, 64),
	FIELD_TEXT("regime", struct pack_file, regime, 64),
	FIELD_TEXT("language", struct pack_file, language, 64),
	FIELD_TEXT("source", struct pack_file, source, 200),
	FIELD_LABEL("name", struct pack_file, name),
	FIELD_LABEL("word", struct pack_file, word),
	ITEMS(site),
	ITEMS(phases),
	ITEMS(types),
	ITEMS(verdicts),
	ITEMS(priorities),
	ITEMS(endings),
	ITEMS(sources),
	ITEMS(stages),
	ITEMS(recipients),
	ITEMS(ways),
	ITEMS(manners),
	FIELD_LIST("roles", struct pack_file, roles, &role_value, 1),
	FIELD_LIST("chains", struct pack_file, chains, &chain_value, 1),
	FIELD_LIST("contacts", struct pack_file, contacts, &contact_value, 1),
	CYAML_FIELD_SEQUENCE("forms", CYAML_FLAG_POINTER, struct pack_file, forms, &entry_value, 1, 1),
	FIELD_LIST("rules", struct pack_file, rules, &rule_value, 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t pack_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct pack_file, pack_schema)};

enum err pack_read_file(const char *path, struct pack_file **out, struct source *kept, struct fault *f)
{
	void *file = NULL;
	enum err err = source_read(kept, path, f);

	if (err != ERR_OK)
		return err;
	err = source_yaml(kept, &pack_value, &file, f);
	if (err == ERR_OK)
		*out = file;
	else
		source_fini(kept);
	return err;
}

void pack_free_file(struct pack_file *file)
{
	source_yaml_free(&pack_value, file);
}
