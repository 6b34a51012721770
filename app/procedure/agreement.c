/* What one person asks for and another approves: the part that erasures and changes of people have in common.
 *
 *   asked ──approve, another person──► approved or done
 */
#include "procedure/permit.h"

#include <string.h>

json_t *agreement_find(const json_t *list, uint64_t request)
{
	json_t *agreement;
	size_t i;

	json_array_foreach (list, i, agreement)
		if ((uint64_t)json_integer_value(json_object_get(agreement, "request")) == request)
			return agreement;
	return NULL;
}

json_t *agreement_of(const json_t *list, const struct event *event)
{
	return agreement_find(list, (uint64_t)json_integer_value(json_object_get(event->body, "request")));
}

bool agreement_is(const json_t *agreement, const char *state)
{
	const char *now = text_in(agreement, "state");

	return now != NULL && strcmp(now, state) == 0;
}

enum err agreement_set(json_t *agreement, const char *state)
{
	return json_object_set_new(agreement, "state", json_string(state)) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err agreement_approve(json_t *agreement, const struct event *event)
{
	if (json_object_set_new(agreement, "approved_by", json_string(event->record->who)) != 0)
		return ERR_NOMEM;
	return agreement_set(agreement, "approved");
}

/* Two people with the right to it: also the first must still have it. */
enum err permit_second(const struct ask *ask, const json_t *agreement, const char *first_act, enum why none)
{
	const struct user *by = agreement != NULL ? user_find(ask->book, text_in(agreement, "by")) : NULL;

	if (agreement == NULL || !agreement_is(agreement, "asked"))
		return deny(ask, none, NULL);
	if (strcmp(text_in(agreement, "by"), ask->wish->who) == 0)
		return deny(ask, WHY_SAME_PERSON, NULL);
	if (by == NULL || !user_is_open(ask->book, by, ask->now) ||
	    !has_one_role_of(by, rule_find(ask->pack, first_act)))
		return deny(ask, none, NULL);
	return ERR_OK;
}
