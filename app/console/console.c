#include "console/console.h"

#include "base/clock.h"
#include "console/layout.h"

#include <string.h>

const char *string_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

uint64_t number_of(json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number > 0 ? (uint64_t)number : 0;
}

bool is_true(json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

const char *label_of(const struct console *c, json_t *object, const char *key)
{
	const char *label = string_of(object, key), *id = string_of(object, "id");

	if (label[0] == '\0' || (c->ascii && !layout_is_ascii(label) && id[0] != '\0'))
		return id[0] != '\0' ? id : label;
	return label;
}

int64_t wall_of(json_t *object, const char *key)
{
	const char *text = string_of(object, key);
	int64_t wall_ms = -1;

	return wall_parse(text, strlen(text), &wall_ms) == ERR_OK ? wall_ms : -1;
}

int64_t wall_now(void)
{
	return moment_now().wall_ms;
}
