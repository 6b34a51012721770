/* Single values of a wish: each refusal names the field and what it may hold. */
#include "procedure/permit.h"

#include <string.h>

enum err check_item(const struct ask *ask, const char *field, const struct item *list, unsigned count)
{
	const char *given = text_in(ask->wish->body, field);
	struct buf allowed = {0};
	enum err err;

	if (given == NULL || item_find(list, count, given) != NULL)
		return ERR_OK;
	for (unsigned i = 0; i < count; i++)
		buf_addf(&allowed, "%s%s %s", i > 0 ? comma(ask->lang) : "", list[i].id,
			 label_pick(&list[i].label, ask->lang));
	err = deny(ask, WHY_VALUE,
		   json_pack("{s:s, s:s, s:s}", "field", field, "given", given, "allowed",
			     allowed.len > 0 ? allowed.data : ""));
	buf_fini(&allowed);
	return err;
}

enum err check_word(const struct ask *ask, const char *field, const struct word_pair *words, int count)
{
	const char *given = text_in(ask->wish->body, field);
	struct buf allowed = {0};
	enum err err;

	if (word_index(words, count, given) >= 0)
		return ERR_OK;
	for (int i = 0; i < count; i++)
		buf_addf(&allowed, "%s%s %s", i > 0 ? comma(ask->lang) : "", words[i].id,
			 word_in(&words[i], ask->lang));
	err = deny(ask, WHY_VALUE,
		   json_pack("{s:s, s:s, s:s}", "field", field, "given", given != NULL ? given : "", "allowed",
			     allowed.len > 0 ? allowed.data : ""));
	buf_fini(&allowed);
	return err;
}

/* Clocks differ by a little; a minute ahead is not the future. */
enum err check_time(const struct ask *ask, const char *field, const json_t *value)
{
	const char *text = json_string_value(value);
	int64_t wall;

	if (value == NULL)
		return ERR_OK;
	if (text == NULL || wall_parse(text, strlen(text), &wall) != ERR_OK)
		return deny(ask, WHY_TIME, json_pack("{s:s}", "field", field));
	if (ask->now.source != WALL_UNSET && wall > ask->now.wall_ms + 60000)
		return deny(ask, WHY_FUTURE, json_pack("{s:s}", "field", field));
	return ERR_OK;
}

bool has_words(const json_t *text)
{
	return json_is_string(text) && json_string_value(text)[strspn(json_string_value(text), " \n\t")] != '\0';
}

bool is_distinct_list(const json_t *list)
{
	size_t count = json_array_size(list);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (json_equal(json_array_get(list, i), json_array_get(list, j)))
				return false;
	return count > 0;
}

/* A list of ids of the pack, not empty, none twice. */
enum err check_ids(const struct ask *ask, const char *field, const struct item *list, unsigned count)
{
	json_t *ids = json_object_get(ask->wish->body, field), *id;
	size_t i;

	if (!is_distinct_list(ids))
		return deny_field(ask, field, "");
	json_array_foreach (ids, i, id)
		if (!json_is_string(id) || item_find(list, count, json_string_value(id)) == NULL)
			return deny_field(ask, field, json_is_string(id) ? json_string_value(id) : "");
	return ERR_OK;
}
