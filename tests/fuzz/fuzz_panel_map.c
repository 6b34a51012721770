/* Any bytes as a module's map: rows the daemon can work with and a module that stays cut, or a refusal by file. */
#include "settings_file.h"

#include "panel/map.h"

static void check_row(const struct module_row *row)
{
	if (row->read != 0 &&
	    (row->count < 1 || row->count > MODULE_POINTS_MAX || row->first < 0 || row->first > 65535))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = settings_write(data, size);
	struct fault fault = {ERR_OK, ""};
	struct module_map map = {.name = ""};

	if (map_load(path, &map, &fault) != ERR_OK) {
		settings_refused(&fault);
		return 0;
	}
	check_row(&map.relays);
	check_row(&map.inputs);
	if (map.relays.read != 0 && (map.host_lost == ALONE_CONNECT || map.power_on != ALONE_CUT))
		abort();
	return 0;
}
