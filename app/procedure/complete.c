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

/* On screen a deputy seals for whoever is away (代決). */
static int add_holder(const struct book *book, const struct wish *wish, struct moment now, json_t *body)
{
	const struct pack_file *p = book->pack->file;
	const struct incident *incident = case_find(book, wish->about);
	uint64_t number = (uint64_t)json_integer_value(json_object_get(body, "report"));
	const struct report *report = incident != NULL ? report_find(incident, number) : NULL;
	const struct item *manner = item_find(p->manners, p->manners_count, text_in(body, "manner"));
	const struct user *user = user_find(book, wish->who), *holder = NULL;
	const char *role;

	if (report == NULL || user == NULL || manner == NULL || report->state != REPORT_SUBMITTED ||
	    strcmp(manner->kind, "holder") != 0)
		return 0;
	role = book->pack->chain->steps[report->due].role;
	if (!user_has_role(user, role))
		holder = holder_away(book, user, role, now);
	return holder != NULL ? json_object_set_new(body, "for", json_string(holder->id)) : 0;
}

json_t *book_complete(const struct book *book, const struct wish *wish, struct moment now)
{
	json_t *body = wish->body != NULL ? json_copy(wish->body) : json_object();
	int bad = body == NULL ? -1 : json_object_set_new(body, "act", json_string(wish->kind->name));

	if (bad == 0 && takes_digest(wish->kind->name))
		bad = add_digest(book, wish, body);
	if (bad == 0 && strcmp(wish->kind->name, "report.approved") == 0)
		bad = add_holder(book, wish, now, body);
	if (bad == 0 && strcmp(wish->kind->name, "evidence.taken") == 0)
		bad = add_evidence(book, wish, body);
	if (bad == 0 && strcmp(wish->kind->name, "register.written") == 0)
		bad = add_line_number(book, body);
	if (bad == 0 && strcmp(wish->kind->name, "report.drafted") == 0)
		bad = add_stage(book, wish, body);
	if (bad != 0) {
		json_decref(body);
		return NULL;
	}
	return body;
}
