#include "base/yaml.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libcyaml says about a mistake: the first sentence, and the line of the innermost place. */
struct complaint {
	char what[256];
	unsigned long line;
};

static void listen(cyaml_log_t level, void *context, const char *format, va_list args)
{
	static const char prefix[] = "Load: ";
	struct complaint *c = context;
	char text[sizeof c->what + sizeof prefix];
	const char *sentence = text, *place_of_line;

	(void)level;
	(void)vsnprintf(text, sizeof text, format, args);
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		sentence += strlen(prefix);
	place_of_line = strstr(sentence, "(line: ");
	if (c->what[0] == '\0')
		(void)snprintf(c->what, sizeof c->what, "%.255s", sentence);
	else if (place_of_line != NULL && c->line == 0)
		c->line = strtoul(place_of_line + strlen("(line: "), NULL, 10);
}

/* libcyaml names the place before an unknown key; the key itself stands at the next line that begins with it. */
static unsigned long line_of_key(const char *text, const char *key, unsigned long from)
{
	size_t len = strlen(key);

	for (unsigned long line = 1; text != NULL && *text != '\0'; line++) {
		const char *word = text + strspn(text, " -"), *end = strchr(text, '\n');

		if (line >= from && strncmp(word, key, len) == 0 && word[len] == ':')
			return line;
		text = end != NULL ? end + 1 : NULL;
	}
	return from;
}

static const char *mend(cyaml_err_t err)
{
	switch ((int)err) {
	case CYAML_ERR_INVALID_KEY:
		return _("remove it, or correct its spelling");
	case CYAML_ERR_MAPPING_FIELD_MISSING:
		return _("add it");
	case CYAML_ERR_LIBYAML_PARSER:
		return _("check indentation, quotes and colons there");
	case CYAML_ERR_UNEXPECTED_EVENT:
		return _("keep it once");
	case CYAML_ERR_ALIAS:
		return _("write the value out");
	default:
		return _("correct the value");
	}
}

static enum err load_text(const char *path, const char *text, size_t len, const cyaml_schema_value_t *schema,
			  void **out, struct fault *f)
{
	static const char unknown[] = "Unexpected key: ";
	struct complaint c = {.what = ""};
	cyaml_config_t config = {.log_fn = listen,
				 .log_ctx = &c,
				 .log_level = CYAML_LOG_ERROR,
				 .mem_fn = cyaml_mem,
				 .flags = CYAML_CFG_NO_ALIAS};
	void *data = NULL;
	cyaml_err_t err = cyaml_load_data((const uint8_t *)text, len, &config, schema, &data, NULL);

	if (err == CYAML_ERR_OOM)
		return fault_set(f, ERR_NOMEM, _("out of memory"));
	if (err != CYAML_OK) {
		if (strncmp(c.what, unknown, strlen(unknown)) == 0)
			c.line = line_of_key(text, c.what + strlen(unknown), c.line);
		return fault_set(f, ERR_FORMAT, "%s:%lu: %s; %s", path, c.line > 0 ? c.line : 1,
				 c.what[0] != '\0' ? c.what : cyaml_strerror(err), mend(err));
	}
	if (data == NULL)
		return fault_set(f, ERR_FORMAT, _("%s:1: the file is empty; fill it in"), path);
	*out = data;
	return ERR_OK;
}

enum err yaml_load(const char *path, const cyaml_schema_value_t *schema, void **out, struct fault *f)
{
	struct buf text;
	enum err err;

	buf_init(&text, YAML_FILE_MAX + 1);
	err = file_read(path, YAML_FILE_MAX, &text, f);
	if (err == ERR_OK && !utf8_is_valid(text.data, text.len))
		err = fault_set(f, ERR_FORMAT, _("%s: not UTF-8; save it again as UTF-8"), path);
	if (err == ERR_OK)
		err = load_text(path, text.data, text.len, schema, out, f);
	buf_fini(&text);
	return err;
}

void yaml_release(const cyaml_schema_value_t *schema, void *data)
{
	cyaml_config_t config = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};

	(void)cyaml_free(&config, schema, data, 0);
}
