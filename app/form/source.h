/* Text files that people edit: read as clean UTF-8; a mistake is told as "file:line: what; how to mend it".
 *
 * A byte order mark and CRLF line ends are accepted, because spreadsheets and Windows editors write them.
 */
#ifndef KANNUKI_FORM_SOURCE_H
#define KANNUKI_FORM_SOURCE_H

#include "base/bytes.h"
#include "form/label.h"

#include <cyaml/cyaml.h>

enum { SOURCE_MAX = 256 * 1024, SOURCE_LIST_MAX = 2000 };

struct source {
	const char *path; /* borrowed */
	struct buf text;
};

/* ERR_FORMAT: not UTF-8 (Shift_JIS, most likely), or control characters. */
enum err source_read(struct source *s, const char *path, struct fault *f) MUST_USE;
/* The same from memory. */
enum err source_take(struct source *s, const char *name, const void *data, size_t len, struct fault *f) MUST_USE;
void source_fini(struct source *s);

/* "path:line: …" into f; returns ERR_FORMAT. */
enum err source_fault(const struct source *s, unsigned line, struct fault *f, const char *format, ...)
	PRINTF_LIKE(4, 5);
/* The first line that holds `word` as a whole word; 1 when none does. libcyaml keeps no lines, so later checks
   find them again this way. */
unsigned source_line_of(const struct source *s, const char *word);

/* Reads YAML by a libcyaml schema; no aliases, unknown keys are mistakes. Free with source_yaml_free. */
enum err source_yaml(const struct source *s, const cyaml_schema_value_t *schema, void **out, struct fault *f) MUST_USE;
void source_yaml_free(const cyaml_schema_value_t *schema, void *data);

extern const cyaml_schema_field_t label_schema[];
extern const cyaml_schema_value_t word_schema; /* an entry of a list of words */

#define FIELD_TEXT(key, type, member, limit) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, limit)
#define FIELD_TEXT_OPTIONAL(key, type, member, limit) \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, limit)
#define FIELD_LABEL(key, type, member) CYAML_FIELD_MAPPING(key, CYAML_FLAG_DEFAULT, type, member, label_schema)
#define FIELD_LABEL_OPTIONAL(key, type, member) \
	CYAML_FIELD_MAPPING(key, CYAML_FLAG_OPTIONAL, type, member, label_schema)
#define FIELD_LIST(key, type, member, schema, least) \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER, type, member, schema, least, SOURCE_LIST_MAX)
#define FIELD_LIST_OPTIONAL(key, type, member, schema) \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, schema, 0, SOURCE_LIST_MAX)

#endif
