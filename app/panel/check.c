#include "panel/check.h"

#include "base/text.h"
#include "base/yaml.h"
#include "panel/map.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 48, USES_MAX = BOARD_UPLINKS + WIRED_LAMPS + WIRED_INPUTS };

static unsigned long line_of(const char *path, const char *key)
{
	struct yaml_place place;

	(void)yaml_find(path, key, &place);
	return place.line;
}

/* ---- points ---------------------------------------------------------------------------------------------- */

struct use {
	const char *name;
	char key[KEY_SIZE]; /* where it stands in the file */
	bool is_input;
};

static void add_use(struct use uses[USES_MAX], unsigned *count, const char *name, const char *key, int index)
{
	struct use *use = &uses[*count];

	if (!point_is_wired(name))
		return;
	if (index >= 0)
		(void)snprintf(use->key, sizeof use->key, "%s.%d", key, index);
	else
		(void)snprintf(use->key, sizeof use->key, "%s", key);
	use->name = name;
	use->is_input = key[0] == 'i';
	(*count)++;
}

static unsigned collect(const struct wiring *w, struct use uses[USES_MAX])
{
	static const char *const lamps[] = {"recorded", "incident", "fault", "drill", "alarm", "buzzer"};
	static const char *const inputs[WIRED_INPUTS] = {
		[WIRED_DECLARE] = "declare", [WIRED_ISOLATE] = "isolate", [WIRED_KEY] = "key",
		[WIRED_TEST] = "test",       [WIRED_SUPPLY] = "supply",
	};
	unsigned count = 0;
	char key[KEY_SIZE];

	for (int i = 0; i < BOARD_UPLINKS; i++) {
		add_use(uses, &count, w->relays[i], "outputs.uplinks", i);
		add_use(uses, &count, w->lamps[WIRED_UPLINK_LAMP + i], "outputs.uplink_lamps", i);
		add_use(uses, &count, w->inputs[WIRED_BUTTON + i], "inputs.uplinks", i);
		add_use(uses, &count, w->inputs[WIRED_FEEDBACK + i], "inputs.feedback", i);
	}
	for (unsigned i = 0; i < sizeof lamps / sizeof lamps[0]; i++) {
		(void)snprintf(key, sizeof key, "outputs.%s", lamps[i]);
		add_use(uses, &count, w->lamps[i], key, -1);
	}
	for (unsigned i = 0; i < WIRED_INPUTS; i++) {
		if (inputs[i] == NULL)
			continue;
		(void)snprintf(key, sizeof key, "inputs.%s", inputs[i]);
		add_use(uses, &count, w->inputs[i], key, -1);
	}
	return count;
}

/* Outputs and inputs of modules are counted apart; lines of a chip are one row. */
static bool are_one_point(const struct panel_config *config, const struct use *a, const struct use *b)
{
	return strcmp(a->name, b->name) == 0 && (config->driver == DRIVER_GPIO || a->is_input == b->is_input);
}

static enum err check_twice(const char *path, const struct panel_config *config, const struct use *uses, unsigned count,
			    struct fault *f)
{
	for (unsigned i = 0; i < count; i++) {
		for (unsigned k = 0; k < i; k++) {
			unsigned long first, second;

			if (!are_one_point(config, &uses[i], &uses[k]))
				continue;
			first = line_of(path, uses[k].key);
			second = line_of(path, uses[i].key);
			return fault_set(f, ERR_FORMAT,
					 _("%s:%lu: '%s' is there twice, as %s and as %s; give each its own"), path,
					 second > first ? second : first, uses[i].name, uses[k].key, uses[i].key);
		}
	}
	return ERR_OK;
}

static enum err check_numbers(const char *path, const struct panel_config *config, const struct use *uses,
			      unsigned count, struct fault *f)
{
	for (unsigned i = 0; i < count; i++) {
		int most = uses[i].is_input ? config->input_row.count : config->relay_row.count;
		unsigned number = point_number(uses[i].name);

		if (number == 0 || number > (unsigned)most)
			return fault_set(f, ERR_FORMAT,
					 _("%s:%lu: '%s' of %s is not among the module's %d; write 1 to %d"), path,
					 line_of(path, uses[i].key), uses[i].name, uses[i].key, most, most);
	}
	return ERR_OK;
}

static enum err check_inverted(const char *path, const struct wiring *w, const struct use *uses, unsigned count,
			       struct fault *f)
{
	for (unsigned i = 0; i < w->inverted_count; i++) {
		bool found = false;
		char key[KEY_SIZE];

		for (unsigned k = 0; k < count; k++)
			found = found || (uses[k].is_input && strcmp(uses[k].name, w->inverted[i]) == 0);
		(void)snprintf(key, sizeof key, "inverted.%u", i);
		if (!found)
			return fault_set(f, ERR_FORMAT,
					 _("%s:%lu: '%s' is inverted but is no input; name an input, or remove it"),
					 path, line_of(path, key), w->inverted[i]);
	}
	return ERR_OK;
}

/* ---- cutting ----------------------------------------------------------------------------------------------- */

static enum err check_counts(const char *path, const struct panel_config *config, struct fault *f)
{
	unsigned uplinks = (unsigned)config->uplinks;
	const struct {
		const char *key;
		unsigned count;
	} lists[] = {{"inputs.uplinks", config->buttons_count},
		     {"inputs.feedback", config->feedback_count},
		     {"outputs.uplink_lamps", config->uplink_lamps_count}};

	if (config->relays_count != uplinks)
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: %u uplinks, but %u relays in 'outputs'; write one relay for each uplink"),
				 path, line_of(path, "outputs.uplinks"), uplinks, config->relays_count);
	for (unsigned i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (lists[i].count > uplinks)
			return fault_set(f, ERR_FORMAT,
					 _("%s:%lu: %s names more than the %u uplinks; remove what is too many"), path,
					 line_of(path, lists[i].key), lists[i].key, uplinks);
	for (unsigned i = 0; i < uplinks; i++)
		if (!point_is_wired(config->wiring.relays[i]))
			return fault_set(f, ERR_FORMAT,
					 _("%s:%lu: uplink %u has no relay and could not be cut; name it"), path,
					 line_of(path, "outputs.uplinks"), i + 1);
	return ERR_OK;
}

/* Where there is a red button at all, each uplink must fall to some button. */
static enum err check_buttons(const char *path, const struct panel_config *config, struct fault *f)
{
	const char(*inputs)[POINT_NAME] = config->wiring.inputs;
	uint8_t cut = config_isolate(config);

	if ((cut & ~config_fitted(config)) != 0)
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: 'isolate_cuts' names an uplink that does not exist; write 1 to %d"), path,
				 line_of(path, "isolate_cuts"), config->uplinks);
	if ((config_trusted(config) & ~config_blind(config)) != 0)
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: 'restore_unproven' names an uplink that does not exist or has a contact in "
				   "'feedback', which proves it; remove it"),
				 path, line_of(path, "restore_unproven"));
	if (!point_is_wired(inputs[WIRED_ISOLATE])) {
		if (config->driver == DRIVER_GPIO)
			return fault_set(f, ERR_FORMAT,
					 _("%s:%lu: there is no ISOLATE button; write 'isolate' below 'inputs'"), path,
					 line_of(path, "inputs"));
		return ERR_OK;
	}
	for (int i = 0; i < config->uplinks; i++)
		if ((cut >> i & 1) == 0 && !point_is_wired(inputs[WIRED_BUTTON + i]))
			return fault_set(f, ERR_FORMAT,
					 _("%s:%lu: no button cuts uplink %d; add it to 'isolate_cuts', or give it a "
					   "button of its own below 'inputs', 'uplinks'"),
					 path, line_of(path, "isolate_cuts"), i + 1);
	return ERR_OK;
}

/* ---- modules ----------------------------------------------------------------------------------------------- */

static enum err check_line(const char *path, const struct panel_config *config, struct fault *f)
{
	struct in_addr unused;
	bool is_serial = config->device[0] != '\0', is_net = config->address[0] != '\0';

	if (is_serial == is_net)
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: write either 'device' (a serial line) or 'address' (Modbus TCP)"), path,
				 line_of(path, is_net ? "address" : "driver"));
	if (is_net && inet_pton(AF_INET, config->address, &unused) != 1)
		return fault_set(f, ERR_FORMAT, _("%s:%lu: '%s' is not an IPv4 address; write one like 192.0.2.10"),
				 path, line_of(path, "address"), config->address);
	if (config->port < 0 || config->port > 65535)
		return fault_set(f, ERR_FORMAT, _("%s:%lu: 'port' must be 1 to 65535; correct it"), path,
				 line_of(path, "port"));
	return ERR_OK;
}

static enum err load_module(const char *path, const char *key, const struct module_use *use, struct module_map *map,
			    struct fault *f)
{
	struct fault why = {ERR_OK, ""};
	char place[KEY_SIZE];
	enum err err;

	(void)snprintf(place, sizeof place, "%s.slave", key);
	if (use->slave < 1 || use->slave > 247)
		return fault_set(f, ERR_FORMAT, _("%s:%lu: 'slave' must be 1 to 247; write the module's address"), path,
				 line_of(path, place));
	err = map_load(use->map, map, &why);
	if (err == ERR_OK || err == ERR_FORMAT)
		return err == ERR_OK ? err : fault_set(f, err, "%s", why.text);
	(void)snprintf(place, sizeof place, "%s.map", key);
	return fault_set(f, err, _("%s:%lu: the map cannot be read (%.300s); name a file that is there"), path,
			 line_of(path, place), why.text);
}

/* Relays that are read back as inputs are no buttons, and prove nothing. */
static enum err check_apart(const struct panel_config *config, const char *map, struct fault *f)
{
	const struct module_row *relays = &config->relay_row, *inputs = &config->input_row;

	if (inputs->count == 0 || inputs->slave != relays->slave || inputs->read != relays->read ||
	    inputs->first >= relays->first + relays->count || relays->first >= inputs->first + inputs->count)
		return ERR_OK;
	return fault_set(f, ERR_FORMAT,
			 _("%s:%lu: the 'inputs' of this map are the relays of the same module, read back; write the "
			   "address and function code of its inputs"),
			 map, line_of(map, "inputs.first"));
}

static enum err load_maps(const char *path, struct panel_config *config, struct fault *f)
{
	const struct module_use *input_use =
		config->input_module.map[0] != '\0' ? &config->input_module : &config->relay_module;
	struct module_map relays = {.name = ""}, inputs = relays;
	enum err err = load_module(path, "relay_module", &config->relay_module, &relays, f);

	if (err == ERR_OK)
		err = load_module(path, "input_module", input_use, &inputs, f);
	if (err != ERR_OK)
		return err;
	if (relays.relays.count == 0)
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: the map of 'relay_module' has no 'relays'; name another map"), path,
				 line_of(path, "relay_module.map"));
	if (config->input_module.map[0] != '\0' && inputs.inputs.count == 0)
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: the map of 'input_module' has no 'inputs'; name another map"), path,
				 line_of(path, "input_module.map"));
	config->relay_row = relays.relays;
	config->relay_row.slave = config->relay_module.slave;
	config->input_row = inputs.inputs;
	config->input_row.slave = input_use->slave;
	return check_apart(config, input_use->map, f);
}

static bool has_input(const struct use *uses, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (uses[i].is_input)
			return true;
	return false;
}

static enum err check_modules(const char *path, struct panel_config *config, const struct use *uses, unsigned count,
			      struct fault *f)
{
	enum err err = check_line(path, config, f);

	if (err == ERR_OK)
		err = load_maps(path, config, f);
	if (err != ERR_OK)
		return err;
	config->port = config->port != 0 ? config->port : 502;
	if (has_input(uses, count) && config->input_row.count == 0)
		return fault_set(f, ERR_FORMAT, _("%s:%lu: the module has no inputs; name one as 'input_module'"), path,
				 line_of(path, "inputs"));
	/* A relay is worn out soon by a lamp that blinks. */
	if (config->uplink_lamps_count != 0)
		return fault_set(f, ERR_FORMAT, _("%s:%lu: 'uplink_lamps' blink, and a relay must not; remove them"),
				 path, line_of(path, "outputs.uplink_lamps"));
	err = check_numbers(path, config, uses, count, f);
	if (err == ERR_OK && !has_input(uses, count))
		config->input_row.count = 0;
	return err;
}

enum err config_check(const char *path, struct panel_config *config, struct fault *f)
{
	struct use uses[USES_MAX];
	unsigned count = collect(&config->wiring, uses);
	enum err err = check_counts(path, config, f);

	if (err == ERR_OK)
		err = check_twice(path, config, uses, count, f);
	if (err == ERR_OK)
		err = check_buttons(path, config, f);
	if (err == ERR_OK && config->driver == DRIVER_MODBUS)
		err = check_modules(path, config, uses, count, f);
	return err == ERR_OK ? check_inverted(path, &config->wiring, uses, count, f) : err;
}
