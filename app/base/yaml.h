/* YAML files that people edit, read through a libcyaml schema. A mistake is told as "file:line: what; how to mend it".
 */
#ifndef KANNUKI_BASE_YAML_H
#define KANNUKI_BASE_YAML_H

#include "base/err.h"

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdio.h>

enum { YAML_FILE_MAX = 256 * 1024 };

/* Reads `path` (UTF-8, at most YAML_FILE_MAX bytes, a mapping at the top) into a new structure of the schema.
   An unknown, doubled, missing or ill-typed key is ERR_FORMAT. Aliases are refused: they can blow up. */
enum err yaml_load(const char *path, const cyaml_schema_value_t *schema, void **out, struct fault *f) MUST_USE;
/* Not named yaml_free: libyaml exports that, and would call ours. */
void yaml_release(const cyaml_schema_value_t *schema, void *data);

/* Where something stands in such a file, for complaints that no schema can make. */
struct yaml_place {
	unsigned long line; /* of the innermost thing on the way that is there */
	char value[64];     /* as much of a scalar as fits; "" for anything else */
};
/* `key`: names and list positions from 0 on, joined by dots: "inputs.feedback.2". False when it is not there. */
bool yaml_find(const char *path, const char *key, struct yaml_place *out);

/* A setting that is in effect when the file does not name it. */
struct yaml_default {
	const char *key;
	char value[64];
};
enum { YAML_DEFAULTS_MAX = 16 };
/* Every setting of a file that was loaded, one a line, "key: value # file:line", then the defaults (the last has no
   key) that the file leaves alone. */
enum err yaml_print(const char *path, const struct yaml_default *defaults, FILE *out, struct fault *f) MUST_USE;

#endif
