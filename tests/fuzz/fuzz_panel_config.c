/* Any bytes as panel.yaml: a line and a number of uplinks the daemon can work with, or a refusal by file and line. */
#include "settings_file.h"

#include "panel/config.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = settings_write(data, size);
	struct fault fault = {ERR_OK, ""};
	struct panel_config config = {.uplinks = 0};

	if (config_load(path, &config, &fault) != ERR_OK)
		settings_refused(&fault);
	else if (config.uplinks < 1 || config.uplinks > 4 || config.device[0] == '\0' ||
		 memchr(config.device, '\0', sizeof config.device) == NULL)
		abort();
	return 0;
}
