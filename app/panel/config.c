#include "panel/config.h"

#include "base/text.h"
#include "base/yaml.h"
#include "panel/check.h"

#include <stddef.h>
#include <string.h>

/* As words, so that the parser itself refuses every other number and names its line. */
static const cyaml_strval_t drivers[] = {
	{"controller", DRIVER_CONTROLLER}, {"gpio", DRIVER_GPIO}, {"modbus", DRIVER_MODBUS}};
static const cyaml_strval_t bauds[] = {{"4800", 4800},   {"9600", 9600},   {"19200", 19200},
				       {"38400", 38400}, {"57600", 57600}, {"115200", 115200}};
static const cyaml_strval_t parities[] = {{"even", 'E'}, {"odd", 'O'}, {"none", 'N'}};
/* What the controller can be provisioned for. */
static const cyaml_strval_t controller_bauds[] = {{"19200", BOARD_BAUD_SLOW}, {"115200", BOARD_BAUD}};
static const cyaml_strval_t controller_parities[] = {{"even", 'E'}};
static const cyaml_strval_t numbers[] = {{"1", 1}, {"2", 2}, {"3", 3}, {"4", 4}};

enum { REQUIRED = CYAML_FLAG_STRICT, MAY = CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT };

/* clang-format off */
#define CONFIG(member) offsetof(struct panel_config, member)
#define WORD_OF(key_, flags_, member, table) \
	CYAML_FIELD_ENUM(key_, flags_, struct panel_config, member, table, CYAML_ARRAY_LEN(table))
#define TEXT(key_, flags_, member, least) \
	CYAML_FIELD_STRING(key_, flags_, struct panel_config, member, least)
/* One point of the wiring, wherever in the file its mapping stands. */
#define POINT(key_, array, index) \
	{.key = (key_), .data_offset = CONFIG(wiring.array[index]), \
	 .value = {CYAML_VALUE_STRING(CYAML_FLAG_OPTIONAL, char[POINT_NAME], 1, POINT_NAME - 1)}}
#define LIST(key_, flags_, place, counter, entry_, least, most) \
	{.key = (key_), .data_offset = CONFIG(place), .count_offset = CONFIG(counter), \
	 .count_size = sizeof(unsigned), \
	 .value = {.type = CYAML_SEQUENCE, .flags = (flags_), .data_size = sizeof(((struct panel_config *)NULL)->place), \
		   .sequence = {.entry = (entry_), .min = (least), .max = (most)}}}
#define PART(key_, flags_, fields_) \
	{.key = (key_), .data_offset = 0, \
	 .value = {CYAML_VALUE_MAPPING(flags_, struct panel_config, fields_)}}
/* clang-format on */

static const cyaml_schema_value_t point = {CYAML_VALUE_STRING(CYAML_FLAG_DEFAULT, char[POINT_NAME], 1, POINT_NAME - 1)};
static const cyaml_schema_value_t uplink_number = {
	CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, int, numbers, CYAML_ARRAY_LEN(numbers))};

static const cyaml_schema_field_t outputs[] = {
	LIST("uplinks", CYAML_FLAG_DEFAULT, wiring.relays[0], relays_count, &point, 1, BOARD_UPLINKS),
	POINT("recorded", lamps, 0),
	POINT("incident", lamps, 1),
	POINT("fault", lamps, 2),
	POINT("drill", lamps, 3),
	POINT("alarm", lamps, 4),
	POINT("buzzer", lamps, 5),
	LIST("uplink_lamps", CYAML_FLAG_OPTIONAL, wiring.lamps[8], uplink_lamps_count, &point, 1, BOARD_UPLINKS),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t inputs[] = {
	POINT("declare", inputs, 0),
	POINT("isolate", inputs, 1),
	LIST("uplinks", CYAML_FLAG_OPTIONAL, wiring.inputs[2], buttons_count, &point, 1, BOARD_UPLINKS),
	POINT("key", inputs, 6),
	POINT("test", inputs, 7),
	LIST("feedback", CYAML_FLAG_OPTIONAL, wiring.inputs[8], feedback_count, &point, 1, BOARD_UPLINKS),
	POINT("supply", inputs, 12),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t module_use[] = {
	CYAML_FIELD_STRING("map", CYAML_FLAG_DEFAULT, struct module_use, map, 1),
	CYAML_FIELD_INT("slave", CYAML_FLAG_DEFAULT, struct module_use, slave),
	CYAML_FIELD_END,
};

#define OF_EACH WORD_OF("driver", MAY, driver, drivers), WORD_OF("uplinks", REQUIRED, uplinks, numbers)
#define OF_SERIAL(bauds_, parities_) WORD_OF("baud", MAY, baud, bauds_), WORD_OF("parity", MAY, parity, parities_)
#define OF_WIRING                                                                                                 \
	PART("outputs", CYAML_FLAG_DEFAULT, outputs), PART("inputs", CYAML_FLAG_OPTIONAL, inputs),                \
		LIST("isolate_cuts", CYAML_FLAG_OPTIONAL, isolate_cuts[0], isolate_cuts_count, &uplink_number, 1, \
		     BOARD_UPLINKS),                                                                              \
		LIST("restore_unproven", CYAML_FLAG_OPTIONAL, unproven[0], unproven_count, &uplink_number, 1,     \
		     BOARD_UPLINKS),                                                                              \
		LIST("inverted", CYAML_FLAG_OPTIONAL, wiring.inverted[0], wiring.inverted_count, &point, 1,       \
		     INVERTED_MAX)

static const cyaml_schema_field_t attention[] = {
	TEXT("chip", CYAML_FLAG_DEFAULT, chip, 1),
	TEXT("line", CYAML_FLAG_DEFAULT, attention, 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t of_controller[] = {
	OF_EACH,
	TEXT("device", CYAML_FLAG_DEFAULT, device, 1),
	OF_SERIAL(controller_bauds, controller_parities),
	PART("attention", CYAML_FLAG_OPTIONAL, attention),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t of_gpio[] = {
	OF_EACH,
	TEXT("chip", CYAML_FLAG_DEFAULT, chip, 1),
	OF_WIRING,
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t of_modbus[] = {
	OF_EACH,
	TEXT("device", CYAML_FLAG_OPTIONAL, device, 1),
	OF_SERIAL(bauds, parities),
	TEXT("address", CYAML_FLAG_OPTIONAL, address, 1),
	CYAML_FIELD_INT("port", CYAML_FLAG_OPTIONAL, struct panel_config, port),
	CYAML_FIELD_MAPPING("relay_module", CYAML_FLAG_DEFAULT, struct panel_config, relay_module, module_use),
	CYAML_FIELD_MAPPING("input_module", CYAML_FLAG_OPTIONAL, struct panel_config, input_module, module_use),
	OF_WIRING,
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schemas[] = {
	[DRIVER_CONTROLLER] = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct panel_config, of_controller)},
	[DRIVER_GPIO] = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct panel_config, of_gpio)},
	[DRIVER_MODBUS] = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct panel_config, of_modbus)},
};

static const char *hint(enum driver_kind driver)
{
	switch (driver) {
	case DRIVER_GPIO:
		return _("driver gpio: chip, uplinks, outputs, inputs; isolate_cuts, restore_unproven, inverted");
	case DRIVER_MODBUS:
		return _("driver modbus: device or address, uplinks, relay_module, outputs; baud, parity, port, "
			 "input_module, inputs, isolate_cuts, restore_unproven, inverted");
	case DRIVER_CONTROLLER:
	default:
		return _("driver: controller, gpio or modbus; device: the controller's serial line; uplinks: 1 to 4; "
			 "baud: 19200 or 115200, as the controller is provisioned; parity: even; attention: chip, "
			 "line");
	}
}

/* Which form the file has. One that names no known driver is read as the first, whose schema then complains. */
static enum driver_kind driver_of(const char *path)
{
	struct yaml_place place;

	if (yaml_find(path, "driver", &place))
		for (size_t i = 0; i < CYAML_ARRAY_LEN(drivers); i++)
			if (strcmp(place.value, drivers[i].str) == 0)
				return (enum driver_kind)drivers[i].val;
	return DRIVER_CONTROLLER;
}

static const char *parity_word(int parity)
{
	return parity == 'E' ? "even" : parity == 'O' ? "odd" : "none";
}

static void fill_defaults(struct panel_config *config)
{
	bool is_modbus = config->driver == DRIVER_MODBUS;

	if (config->baud == 0)
		config->baud = is_modbus ? 9600 : BOARD_BAUD;
	if (config->parity == 0)
		config->parity = is_modbus ? 'N' : 'E';
	if (config->isolate_cuts_count == 0)
		for (; config->isolate_cuts_count < (unsigned)config->uplinks; config->isolate_cuts_count++)
			config->isolate_cuts[config->isolate_cuts_count] = (int)config->isolate_cuts_count + 1;
}

enum err config_load(const char *path, struct panel_config *out, struct fault *f)
{
	struct fault why = {ERR_OK, ""};
	enum driver_kind driver = driver_of(path);
	struct panel_config config;
	void *data = NULL;
	enum err err = yaml_load(path, &schemas[driver], &data, &why);

	if (err == ERR_FORMAT)
		return fault_set(f, err, "%.300s (%.180s)", why.text, hint(driver));
	if (err != ERR_OK)
		return fault_set(f, err, "%s", why.text);
	config = *(const struct panel_config *)data;
	yaml_release(&schemas[driver], data);
	fill_defaults(&config);
	err = driver == DRIVER_CONTROLLER ? ERR_OK : config_check(path, &config, f);
	if (err == ERR_OK)
		*out = config;
	return err;
}

enum err config_print(const char *path, const struct panel_config *config, FILE *out, struct fault *f)
{
	struct yaml_default defaults[8] = {{"driver", "controller"}};
	unsigned count = 1;

	if (config->driver != DRIVER_GPIO) {
		(void)snprintf(defaults[count].value, sizeof defaults->value, "%d", config->baud);
		defaults[count++].key = "baud";
		(void)snprintf(defaults[count].value, sizeof defaults->value, "%s", parity_word(config->parity));
		defaults[count++].key = "parity";
	}
	if (config->driver != DRIVER_CONTROLLER) {
		(void)snprintf(defaults[count].value, sizeof defaults->value, "%s", "all");
		defaults[count++].key = "isolate_cuts";
	}
	if (config->address[0] != '\0') {
		(void)snprintf(defaults[count].value, sizeof defaults->value, "%d", config->port);
		defaults[count++].key = "port";
	}
	return yaml_print(path, defaults, out, f);
}

uint8_t config_fitted(const struct panel_config *config)
{
	return (uint8_t)((1U << (unsigned)config->uplinks) - 1);
}

static uint8_t mask_of(const int *uplinks, unsigned count)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < count; i++)
		mask |= 1U << (unsigned)(uplinks[i] - 1);
	return (uint8_t)mask;
}

uint8_t config_isolate(const struct panel_config *config)
{
	return mask_of(config->isolate_cuts, config->isolate_cuts_count);
}

uint8_t config_trusted(const struct panel_config *config)
{
	return mask_of(config->unproven, config->unproven_count);
}

uint8_t config_blind(const struct panel_config *config)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < BOARD_UPLINKS; i++)
		if (!point_is_wired(config->wiring.inputs[WIRED_FEEDBACK + i]))
			mask |= 1U << i;
	return (uint8_t)(mask & config_fitted(config));
}

const char *config_note(const struct panel_config *config, unsigned index)
{
	const char *notes[4];
	unsigned count = 0;

	if (config->driver == DRIVER_CONTROLLER)
		return NULL;
	if ((config_blind(config) & ~config_trusted(config)) != 0)
		notes[count++] =
			_("an uplink without a contact in 'feedback' is never proven cut, and once cut cannot be "
			  "connected again by a permit unless 'restore_unproven' names it");
	if (config_trusted(config) != 0)
		notes[count++] = _("what 'restore_unproven' names is connected again by permit and key without a proof "
				   "that it was cut; the record says so each time");
	if (!point_is_wired(config->wiring.inputs[WIRED_KEY]))
		notes[count++] = _("without 'key' nothing that was cut can be connected again by a permit");
	if (!point_is_wired(config->wiring.inputs[WIRED_ISOLATE]))
		notes[count++] = _("without 'isolate' only a command cuts; nobody can cut at the panel");
	return index < count ? notes[index] : NULL;
}
