/* Any bytes as the set-up file of an organisation: it loads whole, or is refused by file and line. */
#include "settings_file.h"

#include "keeper/site.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = settings_write(data, size);
	struct fault fault = {ERR_OK, ""};
	struct site *site = NULL;

	if (site_load(path, &site, &fault) != ERR_OK) {
		if (site != NULL)
			abort();
		settings_refused(&fault);
	} else if (site->organisation == NULL || site->origin == NULL || site->pack == NULL) {
		abort();
	}
	site_free(site);
	return 0;
}
