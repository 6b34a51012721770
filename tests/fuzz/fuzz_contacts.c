/* Any bytes as the site's table of contacts, or of holidays: it is read, or refused by file and line. The first byte
   says which. */
#include "procedure/directory.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entries(const struct directory *d)
{
	for (size_t i = 0; i < d->entries_count; i++)
		for (int k = 0; k < ENTRY_FIELDS; k++)
			if (d->entries[i].field[k] == NULL ||
			    !utf8_is_valid(d->entries[i].field[k], strlen(d->entries[i].field[k])) ||
			    text_has_control(d->entries[i].field[k], strlen(d->entries[i].field[k]), ""))
				abort();
}

static void check_days(const struct directory *d)
{
	for (size_t i = 0; i < d->holidays_count; i++)
		if (d->holidays[i] < 19000101 || d->holidays[i] > 99991231)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault fault = {ERR_OK, ""};
	struct directory d = {.opens = 0};
	const char *text = (const char *)data + 1;
	enum err err;

	if (size == 0)
		return 0;
	err = data[0] % 2 == 0 ? directory_take_contacts(&d, "table.csv", text, size - 1, NULL, &fault)
			       : directory_take_holidays(&d, "table.csv", text, size - 1, &fault);
	if (err != ERR_OK &&
	    (strncmp(fault.text, "table.csv:", 10) != 0 || d.entries_count > 0 || d.holidays_count > 0))
		abort();
	check_entries(&d);
	check_days(&d);
	directory_fini(&d);
	return 0;
}
