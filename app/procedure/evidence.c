/* Evidence: what was secured for a case, and who has had it since. */
#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <string.h>

enum { DETAIL_MAX = 1000 }; /* bytes of one detail, so that a row of the view fits into a message */

/* ---- fold ---- */

/* One row for each thing and each handing over, in the order of the record. */
static enum err add_row(const struct event *event, const char *row)
{
	json_t *entry = json_pack("{s:s, s:I, s:s, s:s, s:s, s:O, s:O?, s:O?}", "row", row, "seq",
				  (json_int_t)event->record->seq, "at", event->at, "recorded", event->recorded, "who",
				  event->record->who, "body", event->body, "text", event->text, "files", event->files);

	return entry != NULL && json_array_append_new(event->incident->evidence, entry) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err fold_taken(struct book *book, const struct event *event)
{
	(void)book;
	if (event->incident == NULL)
		return ERR_OK;
	event->incident->evidence_count++;
	return add_row(event, "taken");
}

static enum err fold_handed(struct book *book, const struct event *event)
{
	(void)book;
	return event->incident != NULL ? add_row(event, "handed") : ERR_OK;
}

/* A line of the timeline is all. */
static enum err fold_copied(struct book *book, const struct event *event)
{
	(void)book;
	(void)event;
	return ERR_OK;
}

const struct folder evidence_folders[] = {
	{"evidence.taken", fold_taken},
	{"evidence.handed", fold_handed},
	{"evidence.copied", fold_copied},
	{NULL, NULL},
};

/* ---- rules ---- */

/* Only these details, none too long; the first `needed` of them must be there. */
static enum err check_details(const struct ask *ask, const char *const *names, int needed)
{
	const char *key;
	json_t *value;

	if (!json_is_object(ask->wish->text))
		return deny_field(ask, "text", "");
	json_object_foreach (ask->wish->text, key, value) {
		int i = 0;

		while (names[i] != NULL && strcmp(names[i], key) != 0)
			i++;
		if (names[i] == NULL)
			return deny_field(ask, key, "");
		if (json_string_length(value) > DETAIL_MAX)
			return deny(ask, WHY_DETAIL_LONG, json_pack("{s:s}", "field", key));
	}
	for (int i = 0; i < needed; i++)
		if (!has_words(json_object_get(ask->wish->text, names[i])))
			return deny(ask, WHY_DETAIL, json_pack("{s:s}", "field", detail_word(names[i], ask->lang)));
	return ERR_OK;
}

static enum err check_number(const struct ask *ask, const char *field)
{
	json_t *value = json_object_get(ask->wish->body, field);
	json_int_t number = json_integer_value(value);

	if (value == NULL || (number >= 1 && (uint64_t)number <= ask->incident->evidence_count))
		return ERR_OK;
	return deny(ask, WHY_NO_EVIDENCE, json_pack("{s:o}", "given", json_sprintf("%" JSON_INTEGER_FORMAT, number)));
}

enum err permit_evidence_taken(const struct ask *ask)
{
	static const char *const details[] = {"what", "where", "taker", "witness", "method", "place", "seal", NULL};
	enum err err = check_word(ask, "kind", evidence_kinds, EVIDENCE_KIND_COUNT);

	if (err == ERR_OK)
		err = check_time(ask, "at", json_object_get(ask->wish->body, "at"));
	if (err == ERR_OK)
		err = check_number(ask, "copy_of");
	return err == ERR_OK ? check_details(ask, details, 1) : err;
}

enum err permit_evidence_handed(const struct ask *ask)
{
	static const char *const details[] = {"from", "to", "why", "place", "witness", NULL};
	enum err err = check_number(ask, "evidence");

	if (err == ERR_OK)
		err = check_word(ask, "seal", seal_states, SEAL_STATE_COUNT);
	if (err == ERR_OK)
		err = check_time(ask, "at", json_object_get(ask->wish->body, "at"));
	return err == ERR_OK ? check_details(ask, details, 3) : err;
}

/* Its number, and how many files there are, so that it is known of them when they are erased. */
int add_evidence(const struct book *book, const struct wish *wish, json_t *body)
{
	const struct incident *incident = case_find(book, wish->about);
	size_t files = json_array_size(wish->files);

	if (incident == NULL ||
	    json_object_set_new(body, "evidence", json_integer((json_int_t)incident->evidence_count + 1)) != 0)
		return -1;
	(void)json_object_del(body, "files");
	return files > 0 ? json_object_set_new(body, "files", json_integer((json_int_t)files)) : 0;
}

/* ---- views ---- */

static void put_word(const struct look *look, json_t *out, const json_t *body, const char *key,
		     const struct word_pair *words, int count)
{
	const char *given = text_in(body, key);
	int index = word_index(words, count, given);
	char label[16];

	if (given == NULL)
		return;
	(void)snprintf(label, sizeof label, "%s_label", key);
	(void)json_object_set_new(out, key, json_string(given));
	(void)json_object_set_new(out, label, json_string(index >= 0 ? word_in(&words[index], look->lang) : given));
}

static json_t *show_evidence(const struct look *look, const json_t *row)
{
	const json_t *body = json_object_get(row, "body");
	const char *at = text_in(body, "at") != NULL ? text_in(body, "at") : text_in(row, "at");
	json_t *out = json_pack("{s:O, s:O, s:O?, s:o, s:o, s:s}", "row", json_object_get(row, "row"), "seq",
				json_object_get(row, "seq"), "evidence", json_object_get(body, "evidence"), "at",
				time_or_null(at), "recorded", time_or_null(text_in(row, "recorded")), "who",
				user_name(look->book, text_in(row, "who"), look->lang));
	json_t *files = json_object_get(row, "files"), *copy = json_object_get(body, "copy_of");

	if (out == NULL)
		return NULL;
	put_word(look, out, body, "kind", evidence_kinds, EVIDENCE_KIND_COUNT);
	if (strcmp(text_in(row, "row"), "handed") == 0)
		put_word(look, out, body, "seal", seal_states, SEAL_STATE_COUNT);
	(void)json_object_set_new(
		out, "details",
		json_is_object(json_object_get(row, "text")) ? json_incref(json_object_get(row, "text")) : json_null());
	if (copy != NULL)
		(void)json_object_set(out, "copy_of", copy);
	if (json_object_get(body, "files") != NULL)
		(void)json_object_set(out, "files", json_is_array(files) ? files : json_null());
	return out;
}

json_t *view_evidence(const struct look *look)
{
	static const char *const none[] = {NULL};
	json_t *rows = json_array(), *row, *page;
	size_t i;

	json_array_foreach (look->incident->evidence, i, row) {
		(void)json_array_append_new(rows, show_evidence(look, row));
	}
	page = paged(look, "evidence", rows);
	(void)json_object_set_new(page, "kinds", show_words(look, evidence_kinds, EVIDENCE_KIND_COUNT, none));
	(void)json_object_set_new(page, "seals", show_words(look, seal_states, SEAL_STATE_COUNT, none));
	(void)json_object_set_new(
		page, "acts",
		json_pack("[o, o]", show_act(look, "evidence.taken", 0), show_act(look, "evidence.handed", 0)));
	return page;
}

static json_t *file_of(const struct incident *incident, uint64_t number, uint64_t file)
{
	json_t *row;
	size_t i;

	json_array_foreach (incident->evidence, i, row) {
		const json_t *body = json_object_get(row, "body");

		if (strcmp(text_in(row, "row"), "taken") == 0 && file >= 1 &&
		    (uint64_t)json_integer_value(json_object_get(body, "evidence")) == number)
			return json_array_get(json_object_get(row, "files"), (size_t)file - 1);
	}
	return NULL;
}

/* Whoever may look at the view may have what it names. */
enum err book_evidence_file(const struct book *book, const struct view_request *request, uint64_t number, uint64_t file,
			    const char **sha256, struct refusal *refusal)
{
	json_t *seen = NULL, *found;
	enum err err = view(book, request, &seen, refusal);

	json_decref(seen);
	if (err != ERR_OK)
		return err;
	found = file_of(case_find(book, request->about), number, file);
	if (text_in(found, "sha256") == NULL)
		return refuse(refusal, request->lang, WHY_NO_FILE, NULL);
	*sha256 = text_in(found, "sha256");
	return ERR_OK;
}
