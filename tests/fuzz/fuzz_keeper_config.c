/* Any bytes as kannuki.yaml: settings the keeper can work with, or a refusal by file. Both print without a crash. */
#include "settings_file.h"

#include "keeper/config.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = settings_write(data, size);
	struct fault fault = {ERR_OK, ""};
	struct places places[KEEPER_MEDIA];
	struct config *config = NULL;
	FILE *nowhere;

	if (config_load(path, &config, &fault) != ERR_OK) {
		if (config != NULL)
			abort();
		settings_refused(&fault);
		return 0;
	}
	if (config == NULL || config->packs == NULL || config->session_minutes < 1 ||
	    config->session_minutes > SESSION_MINUTES_MAX)
		abort();
	if (places_find(config, places, &fault) == ERR_OK && config->mirror != NULL && config->mirror[0] != '/')
		abort();
	nowhere = fopen("/dev/null", "w");
	if (nowhere == NULL || config_print(config, nowhere, &fault) != ERR_OK || fclose(nowhere) != 0)
		abort();
	config_free(config);
	return 0;
}
