/* Erasing what people wrote: one person asks, another approves, the keeper does it.
 *
 *   asked ──approve, another person──► approved ──the keeper──► done, or void when there was nothing to erase
 */
#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <string.h>

enum { WORDS_MAX_BYTES = 2000 };

/* ---- folding ---- */

static enum err fold_requested(struct book *book, const struct event *event)
{
	json_t *erasure = json_pack(
		"{s:I, s:s, s:s, s:s, s:O?, s:O?, s:O?, s:O?, s:O?}", "request", (json_int_t)event->record->seq, "by",
		event->record->who, "at", event->recorded, "state", "asked", "seq", json_object_get(event->body, "seq"),
		"name", json_object_get(event->body, "name"), "case", json_object_get(event->body, "case"), "authority",
		json_object_get(event->text, "authority"), "reason", json_object_get(event->text, "reason"));

	return erasure != NULL && json_array_append_new(book->erasures, erasure) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err fold_approved(struct book *book, const struct event *event)
{
	json_t *erasure = agreement_of(book->erasures, event);

	return agreement_is(erasure, "asked") ? agreement_approve(erasure, event) : ERR_OK;
}

static enum err fold_ended(struct book *book, const struct event *event)
{
	const char *outcome = text_in(event->body, "outcome");
	json_t *erasure = agreement_of(book->erasures, event);

	if (erasure == NULL || outcome == NULL)
		return ERR_OK;
	return agreement_set(erasure, outcome);
}

/* They are done one after the other, in this order. */
static json_t *next_approved(const struct book *book)
{
	json_t *erasure;
	size_t i;

	json_array_foreach (book->erasures, i, erasure)
		if (agreement_is(erasure, "approved"))
			return erasure;
	return NULL;
}

static enum err fold_erased(struct book *book, const struct event *event)
{
	json_t *erasure = next_approved(book);

	(void)event;
	return erasure == NULL || json_object_set_new(erasure, "begun", json_true()) == 0 ? ERR_OK : ERR_NOMEM;
}

const struct folder erasure_folders[] = {
	{"erasure.requested", fold_requested},
	{"erasure.approved", fold_approved},
	{"erasure.ended", fold_ended},
	{"redaction", fold_erased},
	{"redaction.earlier", fold_erased},
	{"case.disposed", fold_erased},
	{NULL, NULL},
};

enum err book_next_erasure(const struct book *book, struct erasure *out)
{
	json_t *erasure = next_approved(book);

	if (erasure == NULL)
		return ERR_MISSING;
	*out = (struct erasure){
		.request = (uint64_t)json_integer_value(json_object_get(erasure, "request")),
		.about = text_in(erasure, "case"),
		.seq = (uint64_t)json_integer_value(json_object_get(erasure, "seq")),
		.name = text_in(erasure, "name"),
		.authority = text_in(erasure, "authority"),
		.reason = text_in(erasure, "reason"),
		.by = text_in(erasure, "by"),
		.approved_by = text_in(erasure, "approved_by"),
		.is_begun = json_is_true(json_object_get(erasure, "begun")),
	};
	return ERR_OK;
}

/* ---- rules ---- */

static bool has_text(const json_t *text, const char *key)
{
	const json_t *value = json_object_get(text, key);

	return has_words(value) && json_string_length(value) <= WORDS_MAX_BYTES;
}

/* A case that people still work on is not erased under their hands. */
static enum err check_case_over(const struct ask *ask, const char *about)
{
	const struct incident *incident = case_for(ask->book, about, ask->wish->who);

	if (incident == NULL)
		return deny(ask, WHY_NO_CASE, NULL);
	/* The request, and what comes of it, everybody reads. */
	if (incident->readers != NULL)
		return deny(ask, WHY_RESTRICTED_ERASURE, NULL);
	return incident->state != CASE_OPEN ? ERR_OK : deny(ask, WHY_CASE_OPEN, NULL);
}

enum err permit_erasure(const struct ask *ask)
{
	static const char *const names[] = {"text", "person", "files"};
	const char *about = text_in(ask->wish->body, "case"), *name = text_in(ask->wish->body, "name");
	bool has_seq = json_object_get(ask->wish->body, "seq") != NULL;

	if (!has_text(ask->wish->text, "authority"))
		return deny_field(ask, "authority", "");
	if (!has_text(ask->wish->text, "reason"))
		return deny_field(ask, "reason", "");
	if (about != NULL)
		return name == NULL && !has_seq ? check_case_over(ask, about) : deny_field(ask, "seq", "");
	for (size_t i = 0; name != NULL && has_seq && i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0)
			return ERR_OK;
	return deny_field(ask, has_seq ? "name" : "seq", "");
}

enum err permit_erasing(const struct ask *ask)
{
	uint64_t request = (uint64_t)json_integer_value(json_object_get(ask->wish->body, "request"));

	return permit_second(ask, agreement_find(ask->book->erasures, request), "erasure.requested", WHY_NO_ERASURE);
}

/* ---- view ---- */

static void add_name(const struct look *look, json_t *shown, const char *key, const char *name)
{
	const char *id = text_in(shown, key);

	if (id != NULL)
		(void)json_object_set_new(shown, name, json_string(user_name(look->book, id, look->lang)));
}

/* Newest first. */
json_t *view_erasures(const struct look *look)
{
	json_t *list = json_array();

	for (size_t i = json_array_size(look->book->erasures); i > 0; i--) {
		json_t *shown = json_copy(json_array_get(look->book->erasures, i - 1));

		add_name(look, shown, "by", "by_name");
		add_name(look, shown, "approved_by", "approved_by_name");
		(void)json_array_append_new(list, shown);
	}
	return paged(look, "erasures", list);
}
