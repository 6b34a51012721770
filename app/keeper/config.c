#include "keeper/config.h"

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { SESSION_MINUTES_DEFAULT = 30, SESSION_MINUTES_MAX = 480 };

static const cyaml_schema_field_t config_fields[] = {
	CYAML_FIELD_STRING_PTR("packs", CYAML_FLAG_POINTER, struct config, packs, 1, PLACE_SIZE - 1),
	CYAML_FIELD_UINT("session_minutes", CYAML_FLAG_OPTIONAL, struct config, session_minutes),
	CYAML_FIELD_STRING_PTR("mirror", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, mirror, 1,
			       PLACE_SIZE - 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t config_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, config_fields),
};

enum err config_load(struct config **out, struct fault *f)
{
	char path[PLACE_SIZE];
	struct config *config;
	void *loaded;
	enum err err;

	if (place(path, sizeof path, "/etc/kannuki/kannuki.yaml") != ERR_OK)
		return fault_set(f, ERR_RANGE, _("$KANNUKI_ROOT is too long"));
	err = yaml_load(path, &config_schema, &loaded, f);
	if (err != ERR_OK)
		return err;
	config = loaded;
	if (config->session_minutes == 0)
		config->session_minutes = SESSION_MINUTES_DEFAULT;
	if (config->session_minutes > SESSION_MINUTES_MAX) {
		config_free(config);
		return fault_set(f, ERR_RANGE, _("%s: session_minutes is too large; write 1 to %d"), path,
				 SESSION_MINUTES_MAX);
	}
	*out = config;
	return ERR_OK;
}

void config_free(struct config *config)
{
	yaml_release(&config_schema, config);
}

static enum err find(struct places *out, const char *home, struct fault *f)
{
	if (home[0] != '/')
		return fault_set(f, ERR_FORMAT, _("mirror: %s must be a whole path, such as /var/lib/kannuki-mirror"),
				 home);
	if (place(out->home, sizeof out->home, home) != ERR_OK)
		return fault_set(f, ERR_RANGE, _("$KANNUKI_ROOT is too long"));
	(void)snprintf(out->ledger, sizeof out->ledger, "%s/ledger", out->home);
	(void)snprintf(out->secrets, sizeof out->secrets, "%s/secrets.db", out->home);
	(void)snprintf(out->exports, sizeof out->exports, "%s/exports", out->home);
	return ERR_OK;
}

enum err places_find(const struct config *config, struct places out[KEEPER_MEDIA], struct fault *f)
{
	enum err err = find(&out[FIRST_MEDIUM], "/var/lib/kannuki", f);

	out[SECOND_MEDIUM] = (struct places){.home = ""};
	if (err == ERR_OK && config->mirror != NULL)
		err = find(&out[SECOND_MEDIUM], config->mirror, f);
	if (err == ERR_OK && strcmp(out[FIRST_MEDIUM].home, out[SECOND_MEDIUM].home) == 0)
		err = fault_set(f, ERR_FORMAT, _("mirror: %s is the first medium; name a folder on another one"),
				config->mirror);
	return err;
}
