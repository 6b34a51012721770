/* What happens to a report; the picture of its states is in book_data.h. */
#include "procedure/book_data.h"

#include <stdlib.h>
#include <string.h>

static uint64_t number_of(const struct event *event)
{
	return (uint64_t)json_integer_value(json_object_get(event->body, "report"));
}

static struct report *report_of(const struct event *event)
{
	return event->incident != NULL ? report_find(event->incident, number_of(event)) : NULL;
}

/* Each number has its own time of report, so that is not carried over. */
static json_t *carried_over(const struct pack *pack, const struct report *before)
{
	json_t *typed = before != NULL ? json_copy(before->typed) : json_object();

	for (size_t i = 0; i < form_fields(pack->form); i++) {
		const struct field *field = form_field(pack->form, i);

		if (field->from != NULL && strcmp(field->from, "report.begun") == 0)
			(void)json_object_del(typed, field->id);
	}
	return typed;
}

static struct report *report_begin(const struct pack *pack, const struct event *event)
{
	struct incident *incident = event->incident;
	struct report *grown = realloc(incident->reports, (incident->reports_count + 1) * sizeof *grown);
	struct report *before;

	if (grown == NULL)
		return NULL;
	incident->reports = grown;
	before = report_find(incident, incident->reports_count);
	grown[incident->reports_count] = (struct report){
		.typed = carried_over(pack, before),
		.seals = json_object(),
	};
	id_copy(grown[incident->reports_count].drafter, event->record->who);
	memcpy(grown[incident->reports_count].begun, event->at, WALL_TEXT_SIZE);
	return &grown[incident->reports_count++];
}

/* null and "" clear a cell. */
static void type_in(json_t *typed, json_t *cells)
{
	const char *field;
	json_t *value;

	json_object_foreach (cells, field, value) {
		if (json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
			(void)json_object_del(typed, field);
		else
			(void)json_object_set(typed, field, value);
	}
}

static enum err fold_drafted(struct book *book, const struct event *event)
{
	struct report *report = report_of(event);

	if (event->incident == NULL)
		return ERR_OK;
	if (report == NULL && number_of(event) == event->incident->reports_count + 1)
		report = report_begin(book->pack, event);
	else if (report == NULL)
		return ERR_OK;
	if (report == NULL || report->typed == NULL || report->seals == NULL)
		return ERR_NOMEM;
	if (report->state != REPORT_DRAFT && report->state != REPORT_RETURNED)
		return ERR_OK;
	if (text_in(event->body, "stage") != NULL)
		id_copy(report->stage, text_in(event->body, "stage"));
	type_in(report->typed, json_object_get(event->body, "cells"));
	type_in(report->typed, event->text);
	return ERR_OK;
}

static json_t *stamp(const struct event *event)
{
	return json_pack("{s:s, s:s, s:s, s:O?, s:O?, s:I}", "by", event->record->who, "at", event->at, "manner",
			 text_in(event->body, "manner") != NULL ? text_in(event->body, "manner") : "screen", "for",
			 json_object_get(event->body, "for"), "note", json_is_string(event->text) ? event->text : NULL,
			 "seq", (json_int_t)event->record->seq);
}

/* Freezes what the approvers will read; whoever submits seals the applicant's box. */
static enum err fold_submitted(struct book *book, const struct event *event)
{
	struct report *report = report_of(event);
	const char *digest = text_in(event->body, "digest");
	enum err err = ERR_OK;

	if (report == NULL || (report->state != REPORT_DRAFT && report->state != REPORT_RETURNED))
		return ERR_OK;
	if (digest != NULL && strlen(digest) == 64)
		memcpy(report->digest, digest, sizeof report->digest);
	else
		err = report_digest(book, event->incident, report, report->digest);
	report->frozen = report_values(book, event->incident, report);
	json_decref(report->returned);
	report->returned = NULL;
	if (err != ERR_OK || report->frozen == NULL ||
	    json_object_set_new(report->seals, book->pack->chain->steps[0].id, stamp(event)) != 0)
		return err != ERR_OK ? err : ERR_NOMEM;
	report->state = REPORT_SUBMITTED;
	report->due = 1;
	return ERR_OK;
}

static enum err fold_returned(struct book *book, const struct event *event)
{
	struct report *report = report_of(event);

	(void)book;
	if (report == NULL || report->state != REPORT_SUBMITTED)
		return ERR_OK;
	report->state = REPORT_RETURNED;
	json_decref(report->frozen);
	report->frozen = NULL;
	report->digest[0] = '\0';
	json_object_clear(report->seals);
	json_decref(report->returned);
	report->returned = event->text != NULL ? json_incref(event->text) : json_null();
	id_copy(report->returned_by, event->record->who);
	return ERR_OK;
}

unsigned step_to_view(const struct pack *pack, const struct report *report)
{
	for (unsigned i = 1; i < pack->chain->steps_count; i++) {
		const json_t *seal = json_object_get(report->seals, pack->chain->steps[i].id);
		const char *manner = text_in(seal, "manner");
		const struct item *item =
			manner != NULL ? item_find(pack->file->manners, pack->file->manners_count, manner) : NULL;

		if ((item != NULL && strcmp(item->kind, "later") == 0) ||
		    (text_in(seal, "for") != NULL && text_in(seal, "viewed") == NULL))
			return i;
	}
	return 0;
}

/* The deputy's seal stays; that of a word on the telephone gives way to the holder's own. */
static enum err view_later(json_t *seals, const char *step, const struct event *event)
{
	json_t *seal = json_object_get(seals, step);

	if (text_in(seal, "for") == NULL)
		return json_object_set_new(seals, step, stamp(event)) == 0 ? ERR_OK : ERR_NOMEM;
	return json_object_set_new(seal, "viewed", json_string(event->at)) == 0 &&
			       json_object_set_new(seal, "viewed_by", json_string(event->record->who)) == 0
		       ? ERR_OK
		       : ERR_NOMEM;
}

static enum err fold_approved(struct book *book, const struct event *event)
{
	struct report *report = report_of(event);
	const struct chain *chain = book->pack->chain;
	unsigned step;

	if (report == NULL)
		return ERR_OK;
	step = report->state == REPORT_SUBMITTED ? report->due : step_to_view(book->pack, report);
	if (step == 0 ||
	    (report->state != REPORT_SUBMITTED && report->state != REPORT_SEALED && report->state != REPORT_SENT))
		return ERR_OK;
	if (report->state != REPORT_SUBMITTED)
		return view_later(report->seals, chain->steps[step].id, event);
	if (json_object_set_new(report->seals, chain->steps[step].id, stamp(event)) != 0)
		return ERR_NOMEM;
	if (++report->due == chain->steps_count)
		report->state = REPORT_SEALED;
	return ERR_OK;
}

static enum err fold_sent(struct book *book, const struct event *event)
{
	struct report *report = report_of(event);
	const char *at = text_in(event->body, "at");

	(void)book;
	if (report == NULL || report->state != REPORT_SEALED)
		return ERR_OK;
	report->sent = json_pack("{s:O?, s:s?, s:s, s:s, s:I}", "to", json_object_get(event->body, "to"), "how",
				 text_in(event->body, "how"), "at", at != NULL ? at : event->at, "by",
				 event->record->who, "seq", (json_int_t)event->record->seq);
	if (report->sent == NULL)
		return ERR_NOMEM;
	report->state = REPORT_SENT;
	return ERR_OK;
}

const struct folder report_folders[] = {
	{"report.drafted", fold_drafted},   {"report.submitted", fold_submitted}, {"report.returned", fold_returned},
	{"report.approved", fold_approved}, {"report.sent", fold_sent},           {NULL, NULL},
};
