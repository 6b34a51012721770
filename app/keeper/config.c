#include "keeper/config.h"

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"

#include <stddef.h>
#include <stdio.h>

enum { SESSION_MINUTES_DEFAULT = 30, SESSION_MINUTES_MAX = 480 };

static const cyaml_schema_field_t config_fields[] = {
	CYAML_FIELD_STRING_PTR("packs", CYAML_FLAG_POINTER, struct config, packs, 1, PLACE_SIZE - 1),
	CYAML_FIELD_UINT("session_minutes", CYAML_FLAG_OPTIONAL, struct config, session_minutes),
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

enum err places_find(struct places *out, struct fault *f)
{
	if (place(out->home, sizeof out->home, "/var/lib/kannuki") != ERR_OK ||
	    place(out->ledger, sizeof out->ledger, "/var/lib/kannuki/ledger") != ERR_OK ||
	    place(out->secrets, sizeof out->secrets, "/var/lib/kannuki/secrets.db") != ERR_OK ||
	    place(out->exports, sizeof out->exports, "/var/lib/kannuki/exports") != ERR_OK)
		return fault_set(f, ERR_RANGE, _("$KANNUKI_ROOT is too long"));
	return ERR_OK;
}
