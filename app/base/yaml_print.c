#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { KEY_MAX = 128, DEPTH_MAX = 16, COLUMN = 40 };

struct printer {
	const char *path;
	const struct yaml_default *defaults;
	bool is_given[YAML_DEFAULTS_MAX];
	yaml_document_t document;
	FILE *out;
};

static void say(FILE *out, const char *key, const char *value, const char *path, unsigned long line)
{
	struct buf text;

	buf_init(&text, YAML_FILE_MAX);
	buf_addf(&text, "%s: ", key);
	text_escape(&text, value, strlen(value));
	(void)fprintf(out, "%s%*s # ", text.data, text.len < COLUMN ? (int)(COLUMN - text.len) : 0, "");
	if (path != NULL)
		(void)fprintf(out, "%s:%lu\n", path, line);
	else
		(void)fprintf(out, "%s\n", _("built in"));
	buf_fini(&text);
}

static void print_node(struct printer *p, const char *key, int index, int depth);

static void print_below(struct printer *p, const char *key, const char *name, int index, int depth)
{
	char below[KEY_MAX];

	(void)snprintf(below, sizeof below, "%s%s%s", key, key[0] != '\0' ? "." : "", name);
	print_node(p, below, index, depth + 1);
}

static void print_mapping(struct printer *p, const char *key, const yaml_node_t *node, int depth)
{
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
	     pair++) {
		const yaml_node_t *name = yaml_document_get_node(&p->document, pair->key);

		if (name->type == YAML_SCALAR_NODE)
			print_below(p, key, (const char *)name->data.scalar.value, pair->value, depth);
	}
}

static void print_sequence(struct printer *p, const char *key, const yaml_node_t *node, int depth)
{
	const yaml_node_item_t *first = node->data.sequence.items.start;
	char position[16];

	for (const yaml_node_item_t *item = first; item < node->data.sequence.items.top; item++) {
		(void)snprintf(position, sizeof position, "%d", (int)(item - first));
		print_below(p, key, position, *item, depth);
	}
}

static void mark_given(struct printer *p, const char *key)
{
	for (size_t i = 0; i < YAML_DEFAULTS_MAX && p->defaults[i].key != NULL; i++) {
		size_t len = strlen(p->defaults[i].key);

		if (strncmp(key, p->defaults[i].key, len) == 0 && (key[len] == '\0' || key[len] == '.'))
			p->is_given[i] = true;
	}
}

static void print_node(struct printer *p, const char *key, int index, int depth)
{
	const yaml_node_t *node = yaml_document_get_node(&p->document, index);

	if (node == NULL || depth > DEPTH_MAX)
		return;
	switch (node->type) {
	case YAML_MAPPING_NODE:
		print_mapping(p, key, node, depth);
		break;
	case YAML_SEQUENCE_NODE:
		print_sequence(p, key, node, depth);
		break;
	case YAML_SCALAR_NODE:
		mark_given(p, key);
		say(p->out, key, (const char *)node->data.scalar.value, p->path, node->start_mark.line + 1);
		break;
	case YAML_NO_NODE:
	default:
		break;
	}
}

enum err yaml_print(const char *path, const struct yaml_default *defaults, FILE *out, struct fault *f)
{
	struct printer p = {.path = path, .defaults = defaults, .out = out};
	yaml_parser_t parser;
	struct buf text;
	enum err err;

	buf_init(&text, YAML_FILE_MAX + 1);
	err = file_read(path, YAML_FILE_MAX, &text, f);
	if (err == ERR_OK && !yaml_parser_initialize(&parser))
		err = fault_set(f, ERR_NOMEM, _("out of memory"));
	if (err != ERR_OK) {
		buf_fini(&text);
		return err;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.data, text.len);
	if (yaml_parser_load(&parser, &p.document)) {
		print_node(&p, "", 1, 0);
		yaml_document_delete(&p.document);
	}
	for (size_t i = 0; i < YAML_DEFAULTS_MAX && defaults[i].key != NULL; i++)
		if (!p.is_given[i])
			say(out, defaults[i].key, defaults[i].value, NULL, 0);
	yaml_parser_delete(&parser);
	buf_fini(&text);
	return ERR_OK;
}
