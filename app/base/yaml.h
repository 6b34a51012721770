/* YAML files that people edit, read through a libcyaml schema. A mistake is told as "file:line: what; how to mend it".
 */
#ifndef KANNUKI_BASE_YAML_H
#define KANNUKI_BASE_YAML_H

#include "base/err.h"

#include <cyaml/cyaml.h>

enum { YAML_FILE_MAX = 256 * 1024 };

/* Reads `path` (UTF-8, at most YAML_FILE_MAX bytes, a mapping at the top) into a new structure of the schema.
   An unknown, doubled, missing or ill-typed key is ERR_FORMAT. Aliases are refused: they can blow up. */
enum err yaml_load(const char *path, const cyaml_schema_value_t *schema, void **out, struct fault *f) MUST_USE;
/* Not named yaml_free: libyaml exports that, and would call ours. */
void yaml_release(const cyaml_schema_value_t *schema, void *data);

#endif
