/* book_apply: reads a record and hands it to the one handler of its act. */
#include "procedure/book_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Papers need every variable: what the organisation left out has the pack's default. */
static enum err read_site(struct book *book, const json_t *setup)
{
	const struct pack_file *p = book->pack->file;
	json_t *given = json_object_get(setup, "site"), *organisation = json_object_get(setup, "organisation");
	json_t *site = json_object();

	for (unsigned i = 0; site != NULL && i < p->site_count; i++)
		if (p->site[i].note.ja != NULL)
			(void)json_object_set_new(site, p->site[i].id, json_string(p->site[i].note.ja));
	if (site == NULL || (json_is_object(given) && json_object_update(site, given) != 0)) {
		json_decref(site);
		return ERR_NOMEM;
	}
	if (json_is_string(organisation))
		(void)json_object_set(site, "organisation", organisation);
	json_decref(book->site);
	book->site = site;
	return ERR_OK;
}

static enum err fold_setup(struct book *book, const struct event *event)
{
	json_t *list = json_object_get(event->body, "uplinks"), *setup;
	size_t i;

	for (size_t old = 0; old < book->uplinks_count; old++)
		json_decref(book->uplinks[old].setup);
	book->uplinks_count = 0;
	json_decref(book->setup);
	book->setup = json_incref(event->body);
	json_array_foreach (list, i, setup) {
		struct uplink *uplink = &book->uplinks[book->uplinks_count];

		if (text_in(setup, "id") == NULL || book->uplinks_count == UPLINKS_MAX)
			continue;
		*uplink = (struct uplink){.setup = json_incref(setup), .contact_us = -1, .test_us = -1};
		id_copy(uplink->id, text_in(setup, "id"));
		memcpy(uplink->set_up, event->at, sizeof uplink->set_up);
		book->uplinks_count++;
	}
	return read_site(book, event->body);
}

static enum err fold_incarnation(struct book *book, const struct event *event)
{
	(void)event;
	book->has_new_code = true;
	return ERR_OK;
}

static enum err fold_incarnation_noted(struct book *book, const struct event *event)
{
	(void)event;
	book->has_new_code = false;
	return ERR_OK;
}

static const struct folder book_folders[] = {
	{"incarnation.begun", fold_incarnation},
	{"incarnation.noted", fold_incarnation_noted},
	{"setup.done", fold_setup},
	{NULL, NULL},
};

static fold *find_fold(const char *act)
{
	static const struct folder *const all[] = {
		book_folders,    panel_folders,       case_folders,       report_folders,
		erasure_folders, maintenance_folders, credential_folders, restricted_folders,
		people_folders,  evidence_folders,    contact_folders,    register_folders,
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		for (const struct folder *folder = all[i]; folder->act != NULL; folder++)
			if (strcmp(folder->act, act) == 0)
				return folder->handle;
	return NULL;
}

static enum err read_json(const char *text, json_t **out, uint64_t seq, const char *name, struct fault *f)
{
	json_error_t error;

	if (text == NULL)
		return ERR_OK;
	*out = json_loads(text, JSON_DECODE_ANY, &error);
	if (*out == NULL)
		return fault_set(f, ERR_CORRUPT, "entry %llu: %s is not JSON: %.200s", (unsigned long long)seq, name,
				 error.text);
	return ERR_OK;
}

/* A press that comes late says how old it is; with the clock unset nothing is known. */
static void set_times(struct event *event)
{
	const struct moment *at = &event->record->at;
	json_int_t age = json_integer_value(json_object_get(event->body, "age_ms"));

	if (at->source == WALL_UNSET)
		return;
	wall_format(event->recorded, at->wall_ms);
	wall_format(event->at, age >= 0 && age < at->wall_ms ? at->wall_ms - age : at->wall_ms);
}

/* A note may be about an earlier time than the one it was written at. */
static const char *time_of(const struct event *event)
{
	const char *said = text_in(event->body, "at");
	int64_t wall;

	return said != NULL && wall_parse(said, strlen(said), &wall) == ERR_OK ? said : event->at;
}

/* Where a line of this time belongs; without a time, at the end. */
static size_t place_of(const json_t *lines, const char *time)
{
	size_t at = json_array_size(lines);

	while (time[0] != '\0' && at > 0 && strcmp(text_in(json_array_get(lines, at - 1), "at"), time) > 0)
		at--;
	return at;
}

/* Everything that concerns a case is a line of its timeline, in the order in which it happened. */
static enum err add_line(const struct event *event)
{
	const char *time = time_of(event);
	json_t *lines = event->incident->lines;
	json_t *line = json_pack("{s:I, s:s, s:s, s:s, s:s, s:O, s:O?, s:O?}", "seq", (json_int_t)event->record->seq,
				 "at", time, "recorded", event->recorded, "who", event->record->who, "act", event->act,
				 "body", event->body, "text", event->text, "person", event->person);

	return line != NULL && json_array_insert_new(lines, place_of(lines, time), line) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err fold_event(struct book *book, struct event *event)
{
	fold *handle = find_fold(event->act);
	enum err err;

	if (handle == NULL)
		return ERR_OK;
	event->incident = case_find(book, event->record->about);
	err = handle(book, event);
	/* The handler may just have opened it. */
	event->incident = case_find(book, event->record->about);
	return err == ERR_OK && event->incident != NULL ? add_line(event) : err;
}

static void mind_time(struct book *book, const struct moment *at)
{
	if (at->source != WALL_UNSET && at->wall_ms > book->wall_ms)
		book->wall_ms = at->wall_ms;
}

enum err book_apply(struct book *book, const struct record *record, struct fault *f)
{
	struct event event = {.record = record};
	char act[ACT_NAME_SIZE];
	struct record plain;
	enum err err;

	mind_time(book, &record->at);
	if (act_peek(record->body, act) && find_fold(act) == NULL)
		return ERR_OK;
	err = read_json(record->body, &event.body, record->seq, "body", f);
	plain = record_plain(record, event.body);
	event.record = &plain;
	if (err == ERR_OK)
		err = read_json(record->text, &event.text, record->seq, "text", f);
	if (err == ERR_OK)
		err = read_json(record->person, &event.person, record->seq, "person", f);
	if (err == ERR_OK)
		err = read_json(record->files, &event.files, record->seq, "files", f);
	event.act = text_in(event.body, "act");
	if (err == ERR_OK && event.act != NULL) {
		set_times(&event);
		err = fold_event(book, &event);
	}
	if (err == ERR_NOMEM)
		err = fault_set(f, err, "entry %llu: out of memory", (unsigned long long)record->seq);
	json_decref(event.body);
	json_decref(event.text);
	json_decref(event.person);
	json_decref(event.files);
	return err;
}
