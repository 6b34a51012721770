#include "ipc/message.h"

#include "base/text.h"

#include <string.h>

static enum err check_frame(json_t *json, struct fault *f)
{
	static const char *const keys[] = {"id", "method", "params"};
	const char *key;
	json_t *value, *id = json_object_get(json, "id"), *params = json_object_get(json, "params");

	json_object_foreach (json, key, value)
		if (strcmp(key, keys[0]) != 0 && strcmp(key, keys[1]) != 0 && strcmp(key, keys[2]) != 0)
			return fault_set(f, ERR_FORMAT, "'%.64s' is not part of a request", key);
	if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) > (INT64_C(1) << 53))
		return fault_set(f, ERR_FORMAT, "'id' must be a whole number");
	if (!json_is_string(json_object_get(json, "method")))
		return fault_set(f, ERR_FORMAT, "'method' must be a string");
	if (params != NULL && !json_is_object(params))
		return fault_set(f, ERR_FORMAT, "'params' must be an object");
	return ERR_OK;
}

enum err message_parse(const char *data, size_t len, struct message *out, struct fault *f)
{
	json_error_t where;
	json_t *json;
	enum err err;

	if (len > MESSAGE_MAX)
		return fault_set(f, ERR_RANGE, "larger than %d bytes", MESSAGE_MAX);
	/* Jansson takes a NUL for the end. */
	if (memchr(data, '\0', len) != NULL)
		return fault_set(f, ERR_FORMAT, "not JSON: NUL");
	json = json_loadb(data, len, JSON_REJECT_DUPLICATES, &where);
	if (json == NULL)
		return fault_set(f, ERR_FORMAT, "not JSON: %s at byte %d", where.text, where.position);
	err = json_is_object(json) ? check_frame(json, f) : fault_set(f, ERR_FORMAT, "not a JSON object");
	if (err != ERR_OK) {
		json_decref(json);
		return err;
	}
	out->id = json_integer_value(json_object_get(json, "id"));
	out->method = json_string_value(json_object_get(json, "method"));
	out->params = json_object_get(json, "params");
	out->json = json;
	return ERR_OK;
}

void message_fini(struct message *m)
{
	json_decref(m->json);
}

static bool is_clean(json_t *string)
{
	const char *text = json_string_value(string);

	return text != NULL && strlen(text) == json_string_length(string) &&
	       !text_has_control(text, strlen(text), "\n\t");
}

/* Text is one string or an object of strings; person an object of strings, or for several people of such objects. */
static bool is_words(json_t *value, int depth)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value))
		return is_clean(value);
	json_object_foreach (value, key, member)
		if (depth > 1 ? !is_words(member, depth - 1) : !is_clean(member))
			return false;
	return true;
}

static enum err fit_place(const struct act_request *r, const char **field, struct fault *f)
{
	*field = "about";
	if ((r->kind->flags & ACT_ON_CASE) != 0 && (r->kind->flags & ACT_ON_PANEL) == 0 && r->about == NULL)
		return fault_set(f, ERR_FORMAT, "'about' must name the case");
	if ((r->kind->flags & ACT_ON_CASE) == 0 && r->about != NULL)
		return fault_set(f, ERR_FORMAT, "'about' does not belong to %s", r->kind->name);
	*field = "text";
	if (r->text != NULL && ((r->kind->flags & ACT_HAS_TEXT) == 0 || !is_words(r->text, 1)))
		return fault_set(f, ERR_FORMAT, "'text' must be words without control characters, if %s has any",
				 r->kind->name);
	*field = "person";
	if (r->person != NULL && ((r->kind->flags & ACT_HAS_PERSON) == 0 || !is_words(r->person, 2)))
		return fault_set(f, ERR_FORMAT, "'person' must be an object of words, if %s has one", r->kind->name);
	*field = "files";
	if (r->files != NULL && (r->kind->flags & ACT_HAS_FILES) == 0)
		return fault_set(f, ERR_FORMAT, "'files' do not belong to %s", r->kind->name);
	*field = NULL;
	return ERR_OK;
}

enum err act_request_read(json_t *params, struct act_request *out, const char **field, struct fault *f)
{
	const char *name = json_string_value(json_object_get(params, "act"));
	struct act_request r = {
		.kind = name != NULL ? act_find(name) : NULL,
		.idem = json_string_value(json_object_get(params, "idem")),
		.about = json_string_value(json_object_get(params, "about")),
		.body = json_object_get(params, "body"),
		.text = json_object_get(params, "text"),
		.person = json_object_get(params, "person"),
		.files = json_object_get(params, "files"),
		.proof = json_string_value(json_object_get(params, "proof")),
	};
	enum err err;

	*field = "act";
	if (r.kind == NULL || r.kind->origin != ACT_BY_PERSON)
		return fault_set(f, ERR_FORMAT, "'%.64s' is not an act people can do", name != NULL ? name : "");
	err = fit_place(&r, field, f);
	if (err == ERR_OK)
		err = params_check(r.kind->body, r.body, field, f);
	if (err == ERR_OK)
		*out = r;
	return err;
}
