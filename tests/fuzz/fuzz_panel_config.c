/* Any bytes as panel.yaml: something the daemon can work with and that can cut, or a refusal by file and line. */
#include "settings_file.h"

#include "panel/config.h"

static void check_local(const struct panel_config *config)
{
	for (int i = 0; i < config->uplinks; i++)
		if (!point_is_wired(config->wiring.relays[i]))
			abort();
	if (config_isolate(config) == 0 || (config_isolate(config) & ~config_fitted(config)) != 0)
		abort();
	if (config->driver == DRIVER_MODBUS && (config->relay_row.count < 1 || config->relay_row.slave < 1))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = settings_write(data, size);
	struct fault fault = {ERR_OK, ""};
	struct panel_config config = {.uplinks = 0};

	if (config_load(path, &config, &fault) != ERR_OK)
		settings_refused(&fault);
	else if (config.uplinks < 1 || config.uplinks > 4 ||
		 memchr(config.device, '\0', sizeof config.device) == NULL ||
		 (config.driver == DRIVER_CONTROLLER && config.device[0] == '\0'))
		abort();
	else if (config.driver != DRIVER_CONTROLLER)
		check_local(&config);
	return 0;
}
