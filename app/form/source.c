#include "form/source.h"

#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const cyaml_schema_field_t label_schema[] = {
	FIELD_TEXT("ja", struct label, ja, 2000),
	FIELD_TEXT("en", struct label, en, 2000),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t word_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 1000)};

enum err source_fault(const struct source *s, unsigned line, struct fault *f, const char *format, ...)
{
	char what[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return fault_set(f, ERR_FORMAT, "%s:%u: %s", s->path, line, what);
}

static unsigned line_at(const char *text, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

/* Drops the mark and the CR of CRLF, in place. */
static void normalise(struct buf *text)
{
	size_t from = text->len >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, to = 0;

	for (; from < text->len; from++)
		if (text->data[from] != '\r' || from + 1 >= text->len || text->data[from + 1] != '\n')
			text->data[to++] = text->data[from];
	text->data[to] = '\0';
	text->len = to;
}

static enum err check_text(const struct source *s, struct fault *f)
{
	const char *text = s->text.data;
	size_t at = 0, len = s->text.len;
	uint32_t c;

	while (at < len) {
		size_t size = utf8_next(text + at, len - at, &c);

		if (size == 0)
			return source_fault(s, line_at(text, at), f,
					    _("not UTF-8 (Shift_JIS?); save the file again as \"CSV UTF-8\" or with "
					      "the character code UTF-8"));
		if (text_has_control(text + at, size, "\n\t"))
			return source_fault(s, line_at(text, at), f,
					    _("a control character; delete the invisible character in this line"));
		at += size;
	}
	return ERR_OK;
}

enum err source_take(struct source *s, const char *name, const void *data, size_t len, struct fault *f)
{
	enum err err;

	*s = (struct source){.path = name};
	buf_add(&s->text, data, len);
	err = buf_status(&s->text);
	if (err == ERR_OK) {
		normalise(&s->text);
		err = check_text(s, f);
	}
	if (err != ERR_OK)
		source_fini(s);
	return err;
}

enum err source_read(struct source *s, const char *path, struct fault *f)
{
	struct buf raw = {0};
	enum err err = file_read(path, SOURCE_MAX, &raw, f);

	*s = (struct source){.path = path};
	if (err == ERR_OK)
		err = source_take(s, path, raw.data, raw.len, f);
	buf_fini(&raw);
	return err;
}

void source_fini(struct source *s)
{
	buf_fini(&s->text);
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The first line from `first` on that holds the word; `first` when none does. */
static unsigned line_from(const struct source *s, unsigned first, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = s->text.data; len > 0 && (at = strstr(at, word)) != NULL; at += len) {
		unsigned line = line_at(s->text.data, (size_t)(at - s->text.data));

		if (line >= first && (at == s->text.data || !is_word_byte(at[-1])) && !is_word_byte(at[len]))
			return line;
	}
	return first;
}

unsigned source_line_of(const struct source *s, const char *word)
{
	return line_from(s, 1, word);
}

/* libcyaml tells what and where only through its log. */
struct complaint {
	char what[200];
	unsigned line;
};

static void take_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct complaint *complaint = context;
	char line[300];
	const char *at;

	(void)level;
	(void)vsnprintf(line, sizeof line, format, args);
	line[strcspn(line, "\n")] = '\0';
	at = strstr(line, "(line: ");
	if (at != NULL && complaint->line == 0)
		(void)sscanf(at, "(line: %u", &complaint->line); /* NOLINT(cert-err34-c): libcyaml printed it */
	if (complaint->what[0] == '\0' && strncmp(line, "Load: ", 6) == 0)
		(void)snprintf(complaint->what, sizeof complaint->what, "%.*s", (int)sizeof complaint->what - 1,
			       line + 6);
}

static const char *advice_for(cyaml_err_t err)
{
	if (err == CYAML_ERR_INVALID_KEY)
		return _("a key that is not known here; mend its spelling or delete it");
	if (err == CYAML_ERR_MAPPING_FIELD_MISSING)
		return _("a key is missing; add it");
	if (err == CYAML_ERR_ALIAS)
		return _("anchors and aliases (& *) are not allowed; write the value out");
	if (err == CYAML_ERR_STRING_LENGTH_MIN || err == CYAML_ERR_STRING_LENGTH_MAX)
		return _("a text is empty or too long; mend its length");
	if (err == CYAML_ERR_SEQUENCE_ENTRIES_MIN || err == CYAML_ERR_SEQUENCE_ENTRIES_MAX)
		return _("a list is empty or too long; mend its length");
	if (err == CYAML_ERR_LIBYAML_PARSER)
		return _("not well-formed YAML; look at indentation, colons and quotes");
	return _("a value of the wrong kind; compare with the example in the format page");
}

/* libcyaml names the line where it stood before the unknown key. */
static unsigned line_of(const struct source *s, const struct complaint *complaint)
{
	static const char unexpected[] = "Unexpected key: ";
	unsigned line = complaint->line != 0 ? complaint->line : 1;

	if (strncmp(complaint->what, unexpected, sizeof unexpected - 1) == 0)
		line = line_from(s, line, complaint->what + sizeof unexpected - 1);
	return line;
}

static cyaml_config_t config_for(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = take_log,
		.log_ctx = complaint,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

enum err source_yaml(const struct source *s, const cyaml_schema_value_t *schema, void **out, struct fault *f)
{
	struct complaint complaint = {0};
	cyaml_config_t config = config_for(&complaint);
	cyaml_data_t *data = NULL;
	cyaml_err_t err = cyaml_load_data((const uint8_t *)s->text.data, s->text.len, &config, schema, &data, NULL);

	if (err == CYAML_ERR_OOM)
		return fault_set(f, ERR_NOMEM, "%s: %s", s->path, _("out of memory"));
	if (err == CYAML_OK && data == NULL)
		return source_fault(s, 1, f, _("the file is empty; fill it in"));
	if (err != CYAML_OK)
		return source_fault(s, line_of(s, &complaint), f, "%s (%s)", advice_for(err),
				    complaint.what[0] != '\0' ? complaint.what : cyaml_strerror(err));
	*out = data;
	return ERR_OK;
}

void source_yaml_free(const cyaml_schema_value_t *schema, void *data)
{
	cyaml_config_t config = {.mem_fn = cyaml_mem};

	if (data != NULL)
		(void)cyaml_free(&config, schema, data, 0);
}
