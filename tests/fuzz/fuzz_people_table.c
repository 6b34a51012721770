/* Any bytes as the table of people: it is no such table, or becomes sound changes and errors. */
#include "console/people_table.c"

#include <assert.h>

static const char people_text[] =
	"{\"users\":[{\"id\":\"u1\",\"login\":\"hanako\",\"name\":\"見本花子\",\"kind\":\"staff\","
	"\"state\":\"open\",\"until\":\"\",\"phone\":\"101\",\"roles\":[{\"id\":\"staff\"}]},"
	"{\"id\":\"u2\",\"login\":\"old\",\"name\":\"元\",\"kind\":\"staff\",\"state\":\"ended\"}]}";
static const char choices_text[] = "{\"roles\":[{\"id\":\"staff\",\"label\":\"Staff\",\"label_ja\":\"職員等\"}],"
				   "\"kinds\":[{\"id\":\"staff\",\"label\":\"Staff\",\"label_ja\":\"職員\"}]}";

static void check_changes(json_t *changes)
{
	json_t *change;
	size_t i;

	json_array_foreach (changes, i, change) {
		const char *what = json_string_value(json_object_get(change, "do"));

		assert(what != NULL);
		assert(strcmp(what, "add") == 0 || strcmp(what, "change") == 0 || strcmp(what, "end") == 0);
	}
}

static void check_errors(json_t *errors)
{
	json_t *error;
	size_t i;

	json_array_foreach (errors, i, error)
		assert(json_string_length(error) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *people = json_loads(people_text, 0, NULL), *choices = json_loads(choices_text, 0, NULL);
	struct people_table table;
	struct fault f = {.text = ""};

	assert(people != NULL && choices != NULL);
	if (people_table_read((const char *)data, size, people, choices, &table, &f) == ERR_OK) {
		check_changes(table.changes);
		check_errors(table.errors);
		people_table_fini(&table);
	} else {
		assert(f.text[0] != '\0');
	}
	json_decref(people);
	json_decref(choices);
	return 0;
}
