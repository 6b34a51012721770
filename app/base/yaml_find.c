#include "base/file.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 16 };

struct finder {
	yaml_parser_t parser;
	yaml_event_t event; /* at hand */
	struct yaml_place *place;
	bool found, broken;
	int depth;
};

static void next(struct finder *s)
{
	yaml_event_delete(&s->event);
	if (!s->broken && !yaml_parser_parse(&s->parser, &s->event))
		s->broken = true;
	if (s->broken)
		memset(&s->event, 0, sizeof s->event);
}

static bool is_over(const struct finder *s, yaml_event_type_t end)
{
	return s->broken || s->event.type == end || s->event.type == YAML_STREAM_END_EVENT;
}

/* What is left of the key behind `name`; NULL when it does not begin with it. */
static const char *rest_behind(const char *key, const char *name)
{
	size_t len = strlen(name);

	if (key == NULL || strncmp(key, name, len) != 0 || (key[len] != '.' && key[len] != '\0'))
		return NULL;
	return key[len] == '.' ? key + len + 1 : key + len;
}

static void remember(struct finder *s, const char *key)
{
	s->found = *key == '\0';
	if (s->found && s->event.type == YAML_SCALAR_EVENT)
		(void)snprintf(s->place->value, sizeof s->place->value, "%s", (const char *)s->event.data.scalar.value);
}

static void walk(struct finder *s, const char *key);

static void walk_mapping(struct finder *s, const char *key)
{
	while (!is_over(s, YAML_MAPPING_END_EVENT)) {
		const char *rest = NULL;

		if (s->event.type == YAML_SCALAR_EVENT && !s->found)
			rest = rest_behind(key, (const char *)s->event.data.scalar.value);
		if (rest != NULL)
			s->place->line = s->event.start_mark.line + 1;
		walk(s, NULL);
		walk(s, rest);
	}
}

static void walk_sequence(struct finder *s, const char *key)
{
	for (unsigned i = 0; !is_over(s, YAML_SEQUENCE_END_EVENT); i++) {
		const char *rest;
		char position[16];

		(void)snprintf(position, sizeof position, "%u", i);
		rest = s->found ? NULL : rest_behind(key, position);
		if (rest != NULL)
			s->place->line = s->event.start_mark.line + 1;
		walk(s, rest);
	}
}

/* Goes over the node at hand. `key`: what is wanted below it, "" the node itself, NULL nothing. */
static void walk(struct finder *s, const char *key)
{
	yaml_event_type_t type = s->event.type;

	if (key != NULL && (*key == '\0' || type == YAML_SCALAR_EVENT))
		remember(s, key);
	if (++s->depth > DEPTH_MAX)
		s->broken = true;
	next(s);
	if (type == YAML_MAPPING_START_EVENT)
		walk_mapping(s, key);
	else if (type == YAML_SEQUENCE_START_EVENT)
		walk_sequence(s, key);
	if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
		next(s);
	s->depth--;
}

bool yaml_find(const char *path, const char *key, struct yaml_place *out)
{
	struct finder s = {.place = out};
	struct buf text;

	*out = (struct yaml_place){.line = 1};
	buf_init(&text, YAML_FILE_MAX + 1);
	if (file_read(path, YAML_FILE_MAX, &text, NULL) != ERR_OK || !yaml_parser_initialize(&s.parser)) {
		buf_fini(&text);
		return false;
	}
	yaml_parser_set_input_string(&s.parser, (const unsigned char *)text.data, text.len);
	do
		next(&s);
	while (!s.broken && s.event.type != YAML_DOCUMENT_START_EVENT && s.event.type != YAML_STREAM_END_EVENT);
	next(&s);
	walk(&s, key);
	yaml_event_delete(&s.event);
	yaml_parser_delete(&s.parser);
	buf_fini(&text);
	return s.found;
}
