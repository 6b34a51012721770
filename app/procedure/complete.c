/* What the keeper adds to an act before it is recorded, so that replay needs no rule that might change. */
#include "procedure/book_data.h"

#include <string.h>

static bool takes_digest(const char *act)
{
	return strcmp(act, "report.submitted") == 0 || strcmp(act, "report.approved") == 0 ||
	       strcmp(act, "report.sent") == 0;
}

static int add_digest(const struct book *book, const struct wish *wish, json_t *body)
{
	const struct incident *incident = case_find(book, wish->about);
	uint64_t number = (uint64_t)json_integer_value(json_object_get(body, "report"));
	const struct report *report = incident != NULL ? report_find(incident, number) : NULL;
	char digest[65];

	if (report == NULL)
		return 0;
	if (report->frozen != NULL)
		memcpy(digest, report->digest, sizeof digest);
	else if (report_digest(book, incident, report, digest) != ERR_OK)
		return -1;
	return json_object_set_new(body, "digest", json_string(digest));
}

/* A first draft without a stage is the first report, or an interim one. */
static int add_stage(const struct book *book, const struct wish *wish, json_t *body)
{
	const struct incident *incident = case_find(book, wish->about);
	uint64_t number = (uint64_t)json_integer_value(json_object_get(body, "report"));
	const struct item *stages = book->pack->file->stages;

	if (incident == NULL || report_find(incident, number) != NULL || text_in(body, "stage") != NULL)
		return 0;
	return json_object_set_new(body, "stage", json_string(number == 1 ? "first" : stages[1].id));
}

json_t *book_complete(const struct book *book, const struct wish *wish)
{
	json_t *body = wish->body != NULL ? json_copy(wish->body) : json_object();
	int bad = body == NULL ? -1 : json_object_set_new(body, "act", json_string(wish->kind->name));

	if (bad == 0 && takes_digest(wish->kind->name))
		bad = add_digest(book, wish, body);
	if (bad == 0 && strcmp(wish->kind->name, "report.drafted") == 0)
		bad = add_stage(book, wish, body);
	if (bad != 0) {
		json_decref(body);
		return NULL;
	}
	return body;
}
