#include "procedure/pack.h"

#include "form/source.h"
#include "ledger/hash.h"
#include "procedure/pack_data.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err path_in(char out[PATH_MAX], const char *folder, const char *sub, const char *name, struct fault *f)
{
	int len = snprintf(out, PATH_MAX, "%s/%s%s", folder, sub, name);

	if (len < 0 || len >= PATH_MAX)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long; use a shorter folder"), folder);
	return ERR_OK;
}

static enum err load_file(struct pack *pack, const char *folder, struct fault *f)
{
	char path[PATH_MAX];
	struct source source;
	enum err err = path_in(path, folder, "", "pack.yaml", f);

	if (err == ERR_OK)
		err = pack_read_file(path, &pack->file, &source, f);
	if (err != ERR_OK)
		return err;
	err = pack_check_file(pack->file, &source, f);
	source_fini(&source);
	return err;
}

static enum err load_tables(struct pack *pack, const char *folder, struct fault *f)
{
	char path[PATH_MAX];
	enum err err = path_in(path, folder, "", "checklist.csv", f);

	if (err == ERR_OK)
		err = pack_read_checks(pack, path, f);
	if (err == ERR_OK)
		err = path_in(path, folder, "", "questions.csv", f);
	return err == ERR_OK ? pack_read_questions(pack, path, f) : err;
}

static bool has_step(const struct chain *chain, const char *id)
{
	for (unsigned i = 0; i < chain->steps_count; i++)
		if (strcmp(chain->steps[i].id, id) == 0)
			return true;
	return false;
}

static enum err check_seals(const struct pack *pack, const char *path, struct fault *f)
{
	for (size_t i = 0; i < form_seals(pack->form); i++) {
		const struct seal *seal = form_seal(pack->form, i);

		if (!has_step(pack->chain, seal->step))
			return fault_set(f, ERR_FORMAT,
					 _("%s:1: seal '%s' stands for the step '%s', which the chain "
					   "'%s' does not have; mend its name"),
					 path, seal->id, seal->step, pack->chain->id);
	}
	return ERR_OK;
}

static bool is_source(const struct pack *pack, const char *from)
{
	static const char answer[] = "answer.";

	if (strncmp(from, answer, sizeof answer - 1) == 0)
		return question_find(pack, from + sizeof answer - 1) != NULL;
	return prefill_is_known(from);
}

static enum err check_sources(const struct pack *pack, const char *path, struct fault *f)
{
	for (size_t i = 0; i < form_fields(pack->form); i++) {
		const struct field *field = form_field(pack->form, i);

		if (field->from != NULL && !is_source(pack, field->from))
			return fault_set(
				f, ERR_FORMAT,
				_("%s:1: field '%s' is to be filled from '%s', which is not known; see the format "
				  "page"),
				path, field->id, field->from);
	}
	return ERR_OK;
}

static enum err load_form(struct pack *pack, const char *folder, struct fault *f)
{
	const struct form_entry *entry = &pack->file->forms[0];
	char path[PATH_MAX];
	enum err err;

	if (strchr(entry->file, '/') != NULL)
		return fault_set(f, ERR_FORMAT, _("%s/pack.yaml:1: the file of form '%s' must lie in the folder forms"),
				 folder, entry->id);
	err = path_in(path, folder, "forms/", entry->file, f);
	if (err == ERR_OK)
		err = form_load(path, &pack->form, f);
	for (unsigned i = 0; i < pack->file->chains_count; i++)
		if (strcmp(pack->file->chains[i].id, entry->chain) == 0)
			pack->chain = &pack->file->chains[i];
	if (err == ERR_OK)
		err = check_sources(pack, path, f);
	return err == ERR_OK ? check_seals(pack, path, f) : err;
}

static enum err hash_pack(struct pack *pack)
{
	uint8_t hash[HASH_SIZE];
	json_t *json = pack_json(pack);
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	json_decref(json);
	if (text == NULL)
		return ERR_NOMEM;
	hash_bytes(hash, text, strlen(text));
	hex_encode(pack->hash, hash, sizeof hash);
	free(text);
	return ERR_OK;
}

enum err pack_load(const char *folder, struct pack **out, struct fault *f)
{
	struct pack *pack = calloc(1, sizeof *pack);
	enum err err = pack != NULL ? load_file(pack, folder, f) : ERR_NOMEM;

	if (err == ERR_OK)
		err = load_tables(pack, folder, f);
	if (err == ERR_OK)
		err = load_form(pack, folder, f);
	if (err == ERR_OK)
		err = pack_read_registers(pack, folder, f);
	if (err == ERR_OK)
		err = hash_pack(pack);
	if (err == ERR_NOMEM)
		err = fault_set(f, err, _("%s: out of memory"), folder);
	if (err == ERR_OK)
		*out = pack;
	else
		pack_free(pack);
	return err;
}

static void free_label(struct label *label)
{
	free(label->ja);
	free(label->en);
}

void pack_free(struct pack *pack)
{
	if (pack == NULL)
		return;
	for (size_t i = 0; i < pack->checks_count; i++) {
		free(pack->checks[i].id);
		free_label(&pack->checks[i].text);
		free(pack->checks[i].need);
		free(pack->checks[i].evidence);
		free(pack->checks[i].origin);
	}
	for (size_t i = 0; i < pack->questions_count; i++) {
		free(pack->questions[i].id);
		free(pack->questions[i].types);
		free(pack->questions[i].kind);
		free_label(&pack->questions[i].text);
	}
	free(pack->checks);
	free(pack->questions);
	pack_free_registers(pack);
	form_free(pack->form);
	pack_free_file(pack->file);
	free(pack);
}

const char *pack_id(const struct pack *pack)
{
	return pack->file->id;
}

const char *pack_version(const struct pack *pack)
{
	return pack->file->version;
}

const char *pack_hash(const struct pack *pack)
{
	return pack->hash;
}

bool pack_has_role(const struct pack *pack, const char *role)
{
	return role_find(pack->file, role) != NULL;
}

const char *pack_role_label(const struct pack *pack, const char *role, enum lang lang)
{
	const struct role *found = role_find(pack->file, role);

	return found != NULL ? label_pick(&found->label, lang) : NULL;
}

const char *pack_role_kind(const struct pack *pack, const char *role)
{
	const struct role *found = role_find(pack->file, role);

	return found != NULL ? found->kind : NULL;
}

bool pack_role_may(const struct pack *pack, const char *role, const char *act)
{
	const struct rule *rule = rule_find(pack->file, act);

	return rule != NULL && rule_allows(rule, role);
}

json_t *pack_choice(const struct pack *pack, enum lang lang)
{
	const struct pack_file *p = pack->file;
	json_t *site = json_array(), *roles = json_array();

	for (unsigned i = 0; i < p->site_count; i++)
		(void)json_array_append_new(site, json_pack("{s:s, s:s, s:s}", "id", p->site[i].id, "label",
							    label_pick(&p->site[i].label, lang), "default",
							    label_pick(&p->site[i].note, lang)));
	for (unsigned i = 0; i < p->roles_count; i++)
		(void)json_array_append_new(
			roles, json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", p->roles[i].id, "label",
					 label_pick(&p->roles[i].label, lang), "holder",
					 label_pick(&p->roles[i].holder, lang), "kind", p->roles[i].kind, "two",
					 pack_role_may(pack, p->roles[i].id, "people.requested") &&
						 pack_role_may(pack, p->roles[i].id, "people.approved")));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "id", p->id, "version", p->version, "name",
			 label_pick(&p->name, lang), "word", label_pick(&p->word, lang), "source", p->source, "site",
			 site, "roles", roles);
}

enum err pack_check_site(const struct pack *pack, const json_t *site, struct fault *f)
{
	const struct pack_file *p = pack->file;

	for (unsigned i = 0; i < p->site_count; i++) {
		const char *value = json_string_value(json_object_get(site, p->site[i].id));

		if ((value == NULL || value[0] == '\0') && p->site[i].note.ja == NULL)
			return fault_set(f, ERR_MISSING, _("the pack '%s' needs the site variable '%s' (%s); add it"),
					 p->id, p->site[i].id, p->site[i].label.ja);
	}
	return ERR_OK;
}
