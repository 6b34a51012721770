#include "panel/config.h"

#include "base/text.h"
#include "base/yaml.h"

/* As words, so that the parser itself refuses every other number and names its line. */
static const cyaml_strval_t bauds[] = {
	{"9600", 9600}, {"19200", 19200}, {"38400", 38400}, {"57600", 57600}, {"115200", 115200}};
static const cyaml_strval_t parities[] = {{"even", 'E'}, {"odd", 'O'}, {"none", 'N'}};
static const cyaml_strval_t counts[] = {{"1", 1}, {"2", 2}, {"3", 3}, {"4", 4}};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING("device", CYAML_FLAG_DEFAULT, struct panel_config, device, 1),
	CYAML_FIELD_ENUM("uplinks", CYAML_FLAG_STRICT, struct panel_config, uplinks, counts, CYAML_ARRAY_LEN(counts)),
	CYAML_FIELD_ENUM("baud", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct panel_config, baud, bauds,
			 CYAML_ARRAY_LEN(bauds)),
	CYAML_FIELD_ENUM("parity", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct panel_config, parity, parities,
			 CYAML_ARRAY_LEN(parities)),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct panel_config, fields)};

enum err config_load(const char *path, struct panel_config *out, struct fault *f)
{
	struct fault why = {ERR_OK, ""};
	void *data = NULL;
	enum err err = yaml_load(path, &schema, &data, &why);

	if (err == ERR_FORMAT)
		return fault_set(f, err,
				 _("%.300s (device: the controller's serial line; uplinks: 1 to 4; baud: 9600, 19200, "
				   "38400, 57600 or 115200; parity: even, odd or none)"),
				 why.text);
	if (err != ERR_OK)
		return fault_set(f, err, "%s", why.text);
	*out = *(const struct panel_config *)data;
	yaml_release(&schema, data);
	out->baud = out->baud != 0 ? out->baud : 115200;
	out->parity = out->parity != 0 ? out->parity : 'E';
	return ERR_OK;
}
