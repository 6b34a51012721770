#include "panel/map.h"

#include "base/text.h"
#include "base/yaml.h"

#include <stdio.h>

static const cyaml_strval_t alone[] = {{"cut", ALONE_CUT}, {"keep", ALONE_KEEP}, {"connect", ALONE_CONNECT}};
static const cyaml_strval_t reads[] = {{"1", 1}, {"2", 2}, {"3", 3}, {"4", 4}};
static const cyaml_strval_t writes[] = {{"5", 5}, {"6", 6}, {"15", 15}, {"16", 16}};

#define ROW_FIELDS                                                                      \
	CYAML_FIELD_INT("first", CYAML_FLAG_DEFAULT, struct module_row, first),         \
		CYAML_FIELD_INT("count", CYAML_FLAG_DEFAULT, struct module_row, count), \
		CYAML_FIELD_ENUM("read", CYAML_FLAG_STRICT, struct module_row, read, reads, CYAML_ARRAY_LEN(reads))

static const cyaml_schema_field_t relays[] = {
	ROW_FIELDS,
	CYAML_FIELD_ENUM("write", CYAML_FLAG_STRICT, struct module_row, write, writes, CYAML_ARRAY_LEN(writes)),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t inputs[] = {ROW_FIELDS, CYAML_FIELD_END};
static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct module_map, name, 1),
	CYAML_FIELD_ENUM("host_lost", CYAML_FLAG_STRICT, struct module_map, host_lost, alone, CYAML_ARRAY_LEN(alone)),
	CYAML_FIELD_ENUM("power_on", CYAML_FLAG_STRICT, struct module_map, power_on, alone, CYAML_ARRAY_LEN(alone)),
	CYAML_FIELD_MAPPING("relays", CYAML_FLAG_OPTIONAL, struct module_map, relays, relays),
	CYAML_FIELD_MAPPING("inputs", CYAML_FLAG_OPTIONAL, struct module_map, inputs, inputs),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct module_map, fields)};

static unsigned long line_of(const char *path, const char *key)
{
	struct yaml_place place;

	(void)yaml_find(path, key, &place);
	return place.line;
}

static unsigned long line_in(const char *path, const char *row, const char *field)
{
	char key[32];

	(void)snprintf(key, sizeof key, "%s.%s", row, field);
	return line_of(path, key);
}

static enum err row_check(const char *path, const char *name, const struct module_row *row, struct fault *f)
{
	if (row->read == 0)
		return ERR_OK;
	if (row->count < 1 || row->count > MODULE_POINTS_MAX)
		return fault_set(f, ERR_FORMAT, _("%s:%lu: 'count' of '%s' must be 1 to %d; correct it"), path,
				 line_in(path, name, "count"), name, MODULE_POINTS_MAX);
	if (row->first < 0 || row->first > 0x10000 - row->count)
		return fault_set(f, ERR_FORMAT, _("%s:%lu: 'first' of '%s' must be 0 to 65535; correct it"), path,
				 line_in(path, name, "first"), name);
	return ERR_OK;
}

/* A relay that another function code writes than reads would never look as it was written. */
static enum err codes_check(const char *path, const struct module_row *row, struct fault *f)
{
	bool reads_bits = row->read == 1, writes_bits = row->write == 5 || row->write == 15;

	if (row->read == 0 || (reads_bits == writes_bits && (reads_bits || row->read == 3)))
		return ERR_OK;
	return fault_set(f, ERR_FORMAT,
			 _("%s:%lu: relays that are written with %d cannot be read back with %d; write read: 1 for "
			   "write: 5 or 15, and read: 3 for write: 6 or 16"),
			 path, line_of(path, "relays.read"), row->write, row->read);
}

static enum err alone_check(const char *path, const struct module_map *map, struct fault *f)
{
	if (map->host_lost == ALONE_CONNECT)
		return fault_set(
			f, ERR_FORMAT,
			_("%s:%lu: this module connects what was cut when the host is lost; it cannot be used. "
			  "Set the module itself to keep or cut, then write that here"),
			path, line_of(path, "host_lost"));
	if (map->power_on != ALONE_CUT)
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: after power-on this module connects what was cut; it cannot be used. Set "
				   "the module itself to cut, then write that here"),
				 path, line_of(path, "power_on"));
	return ERR_OK;
}

enum err map_load(const char *path, struct module_map *out, struct fault *f)
{
	struct fault why = {ERR_OK, ""};
	struct module_map map;
	void *data = NULL;
	enum err err = yaml_load(path, &schema, &data, &why);

	if (err == ERR_FORMAT)
		return fault_set(f, err,
				 _("%.300s (name; host_lost: keep or cut; power_on: cut; relays: first, count, read, "
				   "write; inputs: first, count, read)"),
				 why.text);
	if (err != ERR_OK)
		return fault_set(f, err, "%s", why.text);
	map = *(const struct module_map *)data;
	yaml_release(&schema, data);
	err = row_check(path, "relays", &map.relays, f);
	if (err == ERR_OK)
		err = row_check(path, "inputs", &map.inputs, f);
	if (err == ERR_OK)
		err = codes_check(path, &map.relays, f);
	if (err == ERR_OK && map.relays.read != 0)
		err = alone_check(path, &map, f);
	if (err == ERR_OK)
		*out = map;
	return err;
}
