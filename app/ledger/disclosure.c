#include "ledger/disclosure.h"

#include "base/text.h"
#include "ledger/spell.h"
#include "ledger/tight.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

enum { SALT_CHARS = 22, HEAD_MAX = 48 };

/* Everything before the value. */
static size_t format_head(char out[HEAD_MAX], enum disclosure_name name, const char *salt)
{
	char *at = stpcpy(out, "[\"");

	memcpy(at, salt, SALT_CHARS);
	at = stpcpy(at + SALT_CHARS, "\",\"");
	at = stpcpy(stpcpy(at, disclosure_names[name]), "\",");
	return (size_t)(at - out);
}

static bool has_shape(const json_t *json, enum disclosure_name name)
{
	switch (name) {
	case DISCLOSURE_BODY:
		return json_is_string(json_object_get(json, "act"));
	case DISCLOSURE_FILES:
		return json_is_array(json);
	case DISCLOSURE_PERSON:
		return json_is_object(json);
	case DISCLOSURE_TEXT:
	case DISCLOSURE_COUNT:
		break;
	}
	return json != NULL;
}

/* Jansson goes on when it has no memory for a part of a text, and gives another text than it was given. */
static thread_local bool lacked_memory;

static void *json_memory(size_t size)
{
	void *memory = malloc(size);

	lacked_memory |= memory == NULL;
	return memory;
}

static void watch_json_memory(void)
{
	json_set_alloc_funcs(json_memory, free);
}

/* The shortest text with the same members in the same order. */
static enum err normalise(char **out, enum disclosure_name name, const char *value, size_t len)
{
	static once_flag watched = ONCE_FLAG_INIT;
	struct buf text = {.cap = BUF_CAP_DEFAULT};
	json_t *json;
	enum err err;

	call_once(&watched, watch_json_memory);
	lacked_memory = false;
	json = json_loadb(value, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	if (!lacked_memory && !has_shape(json, name)) {
		json_decref(json);
		return ERR_FORMAT;
	}
	err = json_spell(&text, json);
	json_decref(json);
	if (err != ERR_OK || lacked_memory) {
		buf_fini(&text);
		return err == ERR_FULL ? ERR_RANGE : ERR_NOMEM;
	}
	*out = buf_take(&text);
	return ERR_OK;
}

static bool stands_already(enum disclosure_name name, const char *value, size_t len)
{
	bool has_act = false;

	if (!json_is_tight(value, len, &has_act))
		return false;
	switch (name) {
	case DISCLOSURE_BODY:
		return has_act;
	case DISCLOSURE_FILES:
		return value[0] == '[';
	case DISCLOSURE_PERSON:
		return value[0] == '{';
	case DISCLOSURE_TEXT:
	case DISCLOSURE_COUNT:
		break;
	}
	return true;
}

static enum err encode(struct buf *out, enum disclosure_name name, const uint8_t salt[SALT_SIZE], const char *value,
		       size_t len)
{
	char salt_text[BASE64_SIZE(SALT_SIZE)], head[HEAD_MAX];
	struct buf array = {0};

	base64url_encode(salt_text, salt, SALT_SIZE);
	buf_add(&array, head, format_head(head, name, salt_text));
	buf_add(&array, value, len);
	buf_addc(&array, ']');
	if (buf_status(&array) == ERR_OK)
		buf_add_base64url(out, array.data, array.len);
	else
		out->err = array.err;
	buf_fini(&array);
	return buf_status(out);
}

enum err disclosure_format(struct buf *out, enum disclosure_name name, const uint8_t salt[SALT_SIZE], const char *value,
			   size_t len, struct fault *f)
{
	enum err err = ERR_OK;
	char *made = NULL;

	if (!stands_already(name, value, len)) {
		err = normalise(&made, name, value, len);
		if (err == ERR_FORMAT)
			return fault_set(f, err, _("'%s' is not JSON of the right kind"), disclosure_names[name]);
		value = made;
		len = made != NULL ? strlen(made) : 0;
	}
	if (err == ERR_RANGE || len > DISCLOSURE_VALUE_MAX)
		err = fault_set(f, ERR_RANGE, _("'%s' is larger than %d KiB"), disclosure_names[name],
				DISCLOSURE_VALUE_MAX / 1024);
	else if (err == ERR_OK)
		err = encode(out, name, salt, value, len);
	if (err == ERR_NOMEM)
		(void)fault_set(f, err, _("no memory"));
	free(made);
	return err;
}

bool disclosure_has_form(char decoded[DISCLOSURE_MAX], enum disclosure_name name, const char *text, size_t len)
{
	char head[HEAD_MAX];
	size_t size = DISCLOSURE_MAX, salt_len = SALT_SIZE, head_len;
	uint8_t salt[SALT_SIZE];

	if (len > DISCLOSURE_MAX || base64url_decode(decoded, &size, text, len) != ERR_OK || size < 2 + SALT_CHARS ||
	    base64url_decode(salt, &salt_len, decoded + 2, SALT_CHARS) != ERR_OK)
		return false;
	head_len = format_head(head, name, decoded + 2);
	return size > head_len && memcmp(decoded, head, head_len) == 0 && decoded[size - 1] == ']';
}

/* The array without its head and its closing bracket must be one JSON value. Jansson takes a NUL for the end. */
static bool is_json(const char *text, size_t len)
{
	bool has_act;
	json_t *json;

	if (json_is_tight(text, len, &has_act))
		return true;
	json = memchr(text, '\0', len) == NULL ? json_loadb(text, len, JSON_DECODE_ANY, NULL) : NULL;

	json_decref(json);
	return json != NULL;
}

enum err disclosure_parse(struct buf *value, enum disclosure_name name, const char *text, size_t len)
{
	size_t size = len, salt_len = SALT_SIZE, head_len;
	uint8_t salt[SALT_SIZE];
	char head[HEAD_MAX], *array;
	enum err err;

	if (len > DISCLOSURE_MAX)
		return ERR_FORMAT;
	array = malloc(len + 1);
	if (array == NULL)
		return ERR_NOMEM;
	err = base64url_decode(array, &size, text, len);
	if (err != ERR_OK)
		goto out;
	err = ERR_FORMAT;
	if (size < 2 + SALT_CHARS || base64url_decode(salt, &salt_len, array + 2, SALT_CHARS) != ERR_OK)
		goto out;
	head_len = format_head(head, name, array + 2);
	if (size < head_len + 2 || memcmp(array, head, head_len) != 0 || array[size - 1] != ']' ||
	    !is_json(array + head_len, size - head_len - 1))
		goto out;
	buf_clear(value);
	buf_add(value, array + head_len, size - head_len - 1);
	err = buf_status(value);
out:
	free(array);
	return err;
}
