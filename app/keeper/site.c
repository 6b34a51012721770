#include "keeper/site.h"

#include "base/yaml.h"
#include "ledger/checkpoint.h"
#include "procedure/book.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 256, WORD_MAX_BYTES = 64, LIST_MAX = 200, UPLINKS_MAX = 4 };

#define WORD(structure, member) \
	CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, structure, member, 1, WORD_MAX_BYTES)
#define TEXT(structure, member) \
	CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, structure, member, 1, TEXT_MAX_BYTES)
#define MAYBE(structure, member) \
	CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, structure, member, 1, TEXT_MAX_BYTES)

static const cyaml_schema_field_t value_fields[] = {
	WORD(struct site_value, name),
	TEXT(struct site_value, value),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t value_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct site_value, value_fields),
};

static const cyaml_schema_field_t uplink_fields[] = {
	WORD(struct site_uplink, id),     TEXT(struct site_uplink, label),     MAYBE(struct site_uplink, label_en),
	MAYBE(struct site_uplink, stops), MAYBE(struct site_uplink, stops_en), CYAML_FIELD_END,
};
static const cyaml_schema_value_t uplink_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct site_uplink, uplink_fields),
};

static const cyaml_schema_value_t role_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, WORD_MAX_BYTES),
};
static const cyaml_schema_field_t user_fields[] = {
	WORD(struct site_user, login),
	WORD(struct site_user, name),
	MAYBE(struct site_user, section),
	MAYBE(struct site_user, title),
	MAYBE(struct site_user, phone),
	MAYBE(struct site_user, fax),
	MAYBE(struct site_user, mail),
	MAYBE(struct site_user, kind),
	MAYBE(struct site_user, until),
	MAYBE(struct site_user, password),
	CYAML_FIELD_SEQUENCE("roles", CYAML_FLAG_POINTER, struct site_user, roles, &role_schema, 1, 16),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t user_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct site_user, user_fields),
};

static const cyaml_schema_field_t site_fields[] = {
	TEXT(struct site, organisation),
	TEXT(struct site, origin),
	WORD(struct site, pack),
	CYAML_FIELD_SEQUENCE_COUNT("site", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct site, values, values_count,
				   &value_schema, 0, LIST_MAX),
	CYAML_FIELD_SEQUENCE("uplinks", CYAML_FLAG_POINTER, struct site, uplinks, &uplink_schema, 1, UPLINKS_MAX),
	CYAML_FIELD_SEQUENCE("users", CYAML_FLAG_POINTER, struct site, users, &user_schema, 1, LIST_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t site_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct site, site_fields),
};

static const cyaml_schema_field_t part_fields[] = {
	MAYBE(struct site, organisation),
	MAYBE(struct site, origin),
	MAYBE(struct site, pack),
	CYAML_FIELD_SEQUENCE_COUNT("site", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct site, values, values_count,
				   &value_schema, 0, LIST_MAX),
	CYAML_FIELD_SEQUENCE("uplinks", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct site, uplinks, &uplink_schema,
			     0, UPLINKS_MAX),
	CYAML_FIELD_SEQUENCE("users", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct site, users, &user_schema, 0,
			     LIST_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t part_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct site, part_fields),
};

enum err site_load(const char *path, struct site **out, struct fault *f)
{
	void *loaded;
	enum err err = yaml_load(path, &site_schema, &loaded, f);

	if (err == ERR_OK)
		*out = loaded;
	return err;
}

enum err site_load_part(const char *path, struct site **out, struct fault *f)
{
	void *loaded;
	enum err err = yaml_load(path, &part_schema, &loaded, f);

	if (err == ERR_OK)
		*out = loaded;
	return err;
}

static bool is_word(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(text);
}

enum err site_pack(const struct site *site, const struct config *config, struct pack **out, struct fault *f)
{
	char folder[2 * PLACE_SIZE];

	if (!is_word(site->pack))
		return fault_set(f, ERR_FORMAT, _("pack '%s': use only a-z, 0-9, '.', '_' and '-'"), site->pack);
	(void)snprintf(folder, sizeof folder, "%s/%s", config->packs, site->pack);
	return pack_load(folder, out, f);
}

void site_free(struct site *site)
{
	yaml_release(&site_schema, site);
}

/* ---- checks --------------------------------------------------------------------------------------------- */

static enum err check_uplinks(const struct site *site, struct fault *f)
{
	for (unsigned i = 0; i < site->uplinks_count; i++) {
		const char *id = site->uplinks[i].id;

		if (!is_word(id))
			return fault_set(f, ERR_FORMAT, _("uplink '%s': use only a-z, 0-9, '.', '_' and '-' in id"),
					 id);
		for (unsigned k = 0; k < i; k++)
			if (strcmp(site->uplinks[k].id, id) == 0)
				return fault_set(f, ERR_EXISTS, _("uplink '%s' stands there twice; keep one"), id);
	}
	return ERR_OK;
}

static bool is_taken(const struct site_user *a, const char *name)
{
	return strcmp(a->login, name) == 0 || strcmp(a->name, name) == 0;
}

static bool is_kind(const struct site_user *user, const char *kind)
{
	return strcmp(user->kind != NULL ? user->kind : "staff", kind) == 0;
}

static enum err check_kind(const struct site_user *user, struct fault *f)
{
	if (is_kind(user, "external"))
		return fault_set(f, ERR_FORMAT,
				 _("%s: an external account is for cases, and there are none yet; leave it out and add "
				   "it later: user add"),
				 user->login);
	if (!is_kind(user, "staff") && !is_kind(user, "auditor") && !is_kind(user, "envelope"))
		return fault_set(f, ERR_FORMAT, _("%s: kind '%s': write staff, auditor or envelope"), user->login,
				 user->kind);
	if (user->until != NULL && !day_is_valid(user->until))
		return fault_set(f, ERR_FORMAT, _("%s: until '%s': write a day such as 2027-03-31"), user->login,
				 user->until);
	if (user->until == NULL && is_kind(user, "auditor"))
		return fault_set(f, ERR_MISSING,
				 _("%s: an account of an auditor has a last day; add until: 2027-03-31"), user->login);
	if (user->password != NULL && strcmp(user->password, "first") != 0)
		return fault_set(f, ERR_FORMAT, _("%s: password '%s': write first, or leave it out"), user->login,
				 user->password);
	return ERR_OK;
}

/* As for whom two people agree on later (procedure/permit_people.c). */
static enum err check_role(const struct site_user *user, const char *role, const struct pack *pack, struct fault *f)
{
	const char *kind = pack_role_kind(pack, role);

	if (kind == NULL)
		return fault_set(f, ERR_MISSING, _("%s: the pack '%s' has no role '%s'; see roles in its pack.yaml"),
				 user->login, pack_id(pack), role);
	if (strcmp(kind, "outside") == 0 || (is_kind(user, "auditor") && strcmp(kind, "observes") != 0))
		return fault_set(f, ERR_FORMAT,
				 _("%s: the role '%s' is not for an account of this kind; choose another"), user->login,
				 role);
	return ERR_OK;
}

static enum err check_user(const struct site_user *user, const struct pack *pack, struct fault *f)
{
	enum err err = check_kind(user, f);

	if (err == ERR_OK && !is_word(user->login))
		err = fault_set(f, ERR_FORMAT, _("login '%s': use only a-z, 0-9, '.', '_' and '-'"), user->login);
	for (unsigned i = 0; i < user->roles_count && pack != NULL && err == ERR_OK; i++)
		err = check_role(user, user->roles[i], pack, f);
	return err;
}

static enum err check_users(const struct site *site, const struct pack *pack, struct fault *f)
{
	for (unsigned i = 0; i < site->users_count; i++) {
		const struct site_user *user = &site->users[i];

		for (unsigned k = 0; k < i; k++)
			if (is_taken(&site->users[k], user->login) || is_taken(&site->users[k], user->name))
				return fault_set(f, ERR_EXISTS, _("'%s' or '%s' stands there twice; make them differ"),
						 user->login, user->name);
		if (check_user(user, pack, f) != ERR_OK)
			return f->err;
	}
	return ERR_OK;
}

enum err site_check_part(const struct site *site, const struct pack *pack, struct fault *f)
{
	if (site->origin != NULL && origin_check(site->origin) != ERR_OK)
		return fault_set(f, ERR_FORMAT, _("'%s': an origin is written as operator.example/serial/1"),
				 site->origin);
	return check_uplinks(site, f) == ERR_OK ? check_users(site, pack, f) : f->err;
}

static bool may(const struct site_user *user, const struct pack *pack, const char *act)
{
	for (unsigned i = 0; i < user->roles_count; i++)
		if (pack_role_may(pack, user->roles[i], act))
			return is_kind(user, "staff") && user->until == NULL;
	return false;
}

bool site_has_two(const struct site *site, const struct pack *pack)
{
	unsigned count = 0;

	for (unsigned i = 0; i < site->users_count; i++)
		count +=
			may(&site->users[i], pack, "people.requested") && may(&site->users[i], pack, "people.approved");
	return count >= 2;
}

static json_t *values_json(const struct site *site)
{
	json_t *values = json_pack("{s:s}", "organisation", site->organisation);

	for (unsigned i = 0; i < site->values_count; i++)
		(void)json_object_set_new(values, site->values[i].name, json_string(site->values[i].value));
	return values;
}

enum err site_check(const struct site *site, const char *path, const struct pack *pack, struct fault *f)
{
	struct fault why = {.text = ""};
	json_t *values = values_json(site);
	enum err err = site_check_part(site, pack, &why);

	if (err == ERR_OK)
		err = pack_check_site(pack, values, &why);
	json_decref(values);
	return err == ERR_OK ? ERR_OK : fault_set(f, err, "%s: %s", path, why.text);
}

/* ---- entries ---------------------------------------------------------------------------------------------- */

static void add(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(object, key, json_string(text));
}

json_t *site_setup_body(const struct site *site, const struct pack *pack)
{
	json_t *uplinks = json_array();

	for (unsigned i = 0; i < site->uplinks_count; i++) {
		json_t *uplink = json_object();

		add(uplink, "id", site->uplinks[i].id);
		add(uplink, "label", site->uplinks[i].label);
		add(uplink, "label_en", site->uplinks[i].label_en);
		add(uplink, "stops", site->uplinks[i].stops);
		add(uplink, "stops_en", site->uplinks[i].stops_en);
		(void)json_array_append_new(uplinks, uplink);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "organisation", site->organisation, "pack", pack_id(pack),
			 "pack_version", pack_version(pack), "pack_hash", pack_hash(pack), "uplinks", uplinks, "site",
			 values_json(site));
}

json_t *site_user_body(const struct site_user *user, const char *id)
{
	json_t *roles = json_array(), *body;

	for (unsigned i = 0; i < user->roles_count; i++)
		(void)json_array_append_new(roles, json_string(user->roles[i]));
	body = json_pack("{s:s, s:o, s:i}", "user", id, "roles", roles, "generation", 1);
	add(body, "kind", user->kind);
	add(body, "until", user->until);
	if (user->password != NULL)
		(void)json_object_set_new(body, "first", json_true());
	return body;
}

json_t *site_user_person(const struct site_user *user)
{
	json_t *person = json_object();

	add(person, "login", user->login);
	add(person, "name", user->name);
	add(person, "section", user->section);
	add(person, "title", user->title);
	add(person, "phone", user->phone);
	add(person, "fax", user->fax);
	add(person, "mail", user->mail);
	return person;
}
