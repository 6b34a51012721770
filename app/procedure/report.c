/* What a report says: typed by people, else filled in from what the book knows. */
#include "procedure/book_data.h"

#include "form/source.h"
#include "ledger/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sheet {
	const struct book *book;
	const struct incident *incident;
	const struct report *report;
	enum lang lang; /* of the pack: papers are written in it */
};

static uint64_t number_of(const struct sheet *s)
{
	return (uint64_t)(s->report - s->incident->reports) + 1;
}

static json_t *known_text(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text) : NULL;
}

static json_t *from_number(const struct sheet *s, const char *rest)
{
	char text[24];

	(void)rest;
	(void)snprintf(text, sizeof text, "%" PRIu64, number_of(s));
	return json_string(text);
}

static json_t *from_begun(const struct sheet *s, const char *rest)
{
	(void)rest;
	return known_text(s->report->begun);
}

static json_t *from_reporter(const struct sheet *s, const char *rest)
{
	const struct user *user = user_find(s->book, s->report->drafter);

	return user != NULL ? known_text(text_in(user->person, rest)) : NULL;
}

/* The manager of the reporter's section; when sections are not known, the only manager there is. */
static json_t *from_head(const struct sheet *s, const char *rest)
{
	const struct user *reporter = user_find(s->book, s->report->drafter), *found = NULL;
	const char *section = reporter != NULL ? text_in(reporter->person, "section") : NULL;
	const char *role = s->book->pack->chain->steps[1].role;

	for (size_t i = 0; i < s->book->users_count; i++) {
		const struct user *user = &s->book->users[i];
		const char *theirs = text_in(user->person, "section");

		if (user->is_ended || !user_has_role(user, role))
			continue;
		if (section != NULL && theirs != NULL && strcmp(section, theirs) == 0)
			return known_text(text_in(user->person, rest));
		if (found != NULL)
			return NULL;
		found = user;
	}
	return found != NULL ? known_text(text_in(found->person, rest)) : NULL;
}

static json_t *from_detected(const struct sheet *s, const char *rest)
{
	(void)rest;
	return known_text(s->incident->detected);
}

static json_t *from_answer(const struct sheet *s, const char *rest)
{
	json_t *entry = json_object_get(s->incident->answers, rest);
	const char *state = text_in(entry, "state");

	return state != NULL && strcmp(state, "answered") == 0 ? known_text(text_in(entry, "answer")) : NULL;
}

/* "いつ起きたか（…）" → "いつ起きたか": the bracket explains the question, not the answer. */
static size_t without_bracket(const char *text)
{
	const char *wide = strstr(text, "（"), *narrow = strstr(text, " (");

	if (wide != NULL)
		return (size_t)(wide - text);
	return narrow != NULL ? (size_t)(narrow - text) : strlen(text);
}

static json_t *from_summary(const struct sheet *s, const char *rest)
{
	struct buf out = {0};
	json_t *text;

	(void)rest;
	if (s->incident->is_drill)
		buf_adds(&out, drill_mark(s->lang));
	if (json_is_string(s->incident->title))
		buf_adds(&out, json_string_value(s->incident->title));
	for (size_t i = 0; i < s->book->pack->questions_count; i++) {
		const struct question *q = &s->book->pack->questions[i];
		const char *label = label_pick(&q->text, s->lang);
		json_t *answer = from_answer(s, q->id);

		if (answer != NULL)
			buf_addf(&out, "%s%.*s：%s", out.len > 0 ? "\n" : "", (int)without_bracket(label), label,
				 json_string_value(answer));
		json_decref(answer);
	}
	text = buf_status(&out) == ERR_OK && out.len > 0 ? json_stringn(out.data, out.len) : NULL;
	buf_fini(&out);
	return text;
}

/* What belongs on paper: what happened and what was done, not who filled in which box. */
static bool is_for_paper(const char *act)
{
	static const char *const acts[] = {
		"incident.declared", "panel.pressed",   "uplink.isolate",   "uplink.cut",        "uplink.proven",
		"uplink.unproven",   "uplink.restored", "incident.noted",   "restore.requested", "restore.permitted",
		"report.sent",       "contact.made",    "contact.received", "contact.arrived"};

	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		if (strcmp(acts[i], act) == 0)
			return true;
	return false;
}

static json_t *from_timeline(const struct sheet *s, const char *rest)
{
	json_t *rows = json_array(), *line;
	size_t i;

	(void)rest;
	json_array_foreach (s->incident->lines, i, line) {
		const char *at = text_in(line, "at");

		if (is_for_paper(text_in(line, "act")))
			(void)json_array_append_new(rows, json_pack("[s?, o]", at[0] != '\0' ? at : NULL,
								    line_words(s->book, line, s->lang)));
	}
	return rows;
}

static const struct item *recipient(const struct sheet *s, const json_t *id)
{
	const struct pack_file *p = s->book->pack->file;

	return json_is_string(id) ? item_find(p->recipients, p->recipients_count, json_string_value(id)) : NULL;
}

/* A recipient and a contact of the same id are the same. */
static bool was_called(const struct sheet *s, const char *id)
{
	const struct contact *contact = contact_find(s->book->pack->file, id);
	const json_t *last;

	return contact != NULL && contact_reach(s->incident, contact, &last) == REACH_DONE;
}

/* The recipients of earlier reports and who was called, each once, in the pack's order. */
static bool was_told(const struct sheet *s, const struct item *whom)
{
	json_t *id;
	size_t i;

	for (const struct report *r = s->incident->reports; r < s->report; r++)
		json_array_foreach (json_object_get(r->sent, "to"), i, id)
			if (recipient(s, id) == whom)
				return true;
	return was_called(s, whom->id);
}

static json_t *from_told_inside(const struct sheet *s, const char *rest)
{
	const struct pack_file *p = s->book->pack->file;
	struct buf out = {0};
	json_t *text;

	(void)rest;
	for (unsigned i = 0; i < p->recipients_count; i++)
		if (strcmp(p->recipients[i].kind, "inside") == 0 && was_told(s, &p->recipients[i]))
			buf_addf(&out, "%s%s", out.len > 0 ? comma(s->lang) : "",
				 label_pick(&p->recipients[i].label, s->lang));
	for (unsigned i = 0; i < p->contacts_count; i++)
		if (strcmp(p->contacts[i].kind, "inside") == 0 && was_called(s, p->contacts[i].id) &&
		    item_find(p->recipients, p->recipients_count, p->contacts[i].id) == NULL)
			buf_addf(&out, "%s%s", out.len > 0 ? comma(s->lang) : "",
				 label_pick(&p->contacts[i].label, s->lang));
	text = buf_status(&out) == ERR_OK && out.len > 0 ? label_fill(out.data, book_site(s->book)) : NULL;
	buf_fini(&out);
	return text;
}

static json_t *from_told_outside(const struct sheet *s, const char *rest)
{
	const struct pack_file *p = s->book->pack->file;
	json_t *ids = json_array();

	(void)rest;
	for (unsigned i = 0; i < p->recipients_count; i++)
		if (strcmp(p->recipients[i].kind, "outside") == 0 && was_told(s, &p->recipients[i]))
			(void)json_array_append_new(ids, json_string(p->recipients[i].id));
	if (json_array_size(ids) > 0)
		return ids;
	json_decref(ids);
	return NULL;
}

/* A name that ends with a dot takes the rest of `from` as an argument. */
static const struct {
	const char *from;
	json_t *(*fill)(const struct sheet *s, const char *rest);
} prefills[] = {
	{"report.number", from_number},
	{"report.begun", from_begun},
	{"reporter.", from_reporter},
	{"head.", from_head},
	{"case.detected", from_detected},
	{"case.summary", from_summary},
	{"case.timeline", from_timeline},
	{"case.told_inside", from_told_inside},
	{"case.told_outside", from_told_outside},
	{"answer.", from_answer},
};

static int prefill_index(const char *from)
{
	for (size_t i = 0; i < sizeof prefills / sizeof prefills[0]; i++) {
		size_t len = strlen(prefills[i].from);

		if (prefills[i].from[len - 1] == '.' ? strncmp(from, prefills[i].from, len) == 0
						     : strcmp(from, prefills[i].from) == 0)
			return (int)i;
	}
	return -1;
}

bool prefill_is_known(const char *from)
{
	return prefill_index(from) >= 0;
}

static json_t *fill(const struct sheet *s, const char *from)
{
	int index = from != NULL ? prefill_index(from) : -1;

	return index >= 0 ? prefills[index].fill(s, from + strlen(prefills[index].from)) : NULL;
}

json_t *report_values(const struct book *book, const struct incident *incident, const struct report *report)
{
	struct sheet s = {.book = book, .incident = incident, .report = report};
	json_t *values;

	if (report->frozen != NULL)
		return json_incref(report->frozen);
	s.lang = strcmp(book->pack->file->language, "en") == 0 ? LANG_EN : LANG_JA;
	values = json_object();
	for (size_t i = 0; i < form_fields(book->pack->form); i++) {
		const struct field *field = form_field(book->pack->form, i);
		json_t *typed = json_object_get(report->typed, field->id);
		json_t *value = typed != NULL ? json_incref(typed) : fill(&s, field->from);

		if (value != NULL && json_object_set_new(values, field->id, value) != 0) {
			json_decref(values);
			return NULL;
		}
	}
	return values;
}

enum err report_digest(const struct book *book, const struct incident *incident, const struct report *report,
		       char out[65])
{
	uint8_t hash[HASH_SIZE];
	json_t *whole = json_pack("{s:s, s:I, s:s, s:s, s:o}", "about", incident->about, "report",
				  (json_int_t)(report - incident->reports) + 1, "stage", report->stage, "form",
				  form_id(book->pack->form), "cells", report_values(book, incident, report));
	char *text = whole != NULL ? json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	json_decref(whole);
	if (text == NULL)
		return ERR_NOMEM;
	hash_bytes(hash, text, strlen(text));
	hex_encode(out, hash, sizeof hash);
	free(text);
	return ERR_OK;
}
