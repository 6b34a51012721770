#include "procedure/book_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void id_copy(char out[ID_SIZE], const char *id)
{
	(void)snprintf(out, ID_SIZE, "%s", id != NULL ? id : "");
}

const char *text_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

enum err book_new(const struct pack *pack, struct book **out)
{
	struct book *book = calloc(1, sizeof *book);

	if (book == NULL)
		return ERR_NOMEM;
	book->pack = pack;
	book->site = json_object();
	book->erasures = json_array();
	book->requests = json_array();
	book->registers = json_object();
	*out = book;
	return ERR_OK;
}

static void report_fini(struct report *report)
{
	json_decref(report->typed);
	json_decref(report->frozen);
	json_decref(report->seals);
	json_decref(report->returned);
	json_decref(report->sent);
}

static void case_free(struct incident *incident)
{
	for (size_t i = 0; i < incident->reports_count; i++)
		report_fini(&incident->reports[i]);
	free(incident->reports);
	json_decref(incident->title);
	json_decref(incident->types);
	json_decref(incident->rows);
	json_decref(incident->answers);
	json_decref(incident->lines);
	json_decref(incident->presses);
	json_decref(incident->evidence);
	json_decref(incident->readers);
	free(incident);
}

void book_free(struct book *book)
{
	if (book == NULL)
		return;
	for (size_t i = 0; i < book->cases_count; i++)
		case_free(book->cases[i]);
	for (size_t i = 0; i < book->users_count; i++)
		user_fini(&book->users[i]);
	for (size_t i = 0; i < book->uplinks_count; i++)
		json_decref(book->uplinks[i].setup);
	free(book->cases);
	free(book->users);
	json_decref(book->setup);
	json_decref(book->site);
	json_decref(book->erasures);
	json_decref(book->registers);
	json_decref(book->requests);
	json_decref(book->maintenance.reason);
	json_decref(book->maintenance.press);
	free(book);
}

json_t *book_site(const struct book *book)
{
	return book->site;
}

/* ---- cases ---- */

struct incident *case_find(const struct book *book, const char *about)
{
	/* Nearly always it is about a new one. */
	for (size_t i = about != NULL ? book->cases_count : 0; i > 0; i--)
		if (strcmp(book->cases[i - 1]->about, about) == 0)
			return book->cases[i - 1];
	return NULL;
}

/* `at` is "2026-…" or "" when the clock was unset at the time. */
enum err case_open(struct book *book, const struct event *event, struct incident **out)
{
	struct incident **grown = realloc(book->cases, (book->cases_count + 1) * sizeof(void *));
	struct incident *incident;

	if (grown == NULL)
		return ERR_NOMEM;
	book->cases = grown;
	incident = calloc(1, sizeof *incident);
	if (incident == NULL)
		return ERR_NOMEM;
	id_copy(incident->about, event->record->about);
	id_copy(incident->declared_by, event->record->who);
	memcpy(incident->declared, event->at, sizeof incident->declared);
	memcpy(incident->detected, event->at, sizeof incident->detected);
	incident->types = json_array();
	incident->rows = json_object();
	incident->answers = json_object();
	incident->lines = json_array();
	incident->presses = json_object();
	incident->evidence = json_array();
	book->cases[book->cases_count++] = incident;
	*out = incident;
	return ERR_OK;
}

const char *book_newest_open_case(const struct book *book)
{
	for (size_t i = book->cases_count; i > 0; i--)
		if (book->cases[i - 1]->state == CASE_OPEN && !book->cases[i - 1]->is_drill &&
		    book->cases[i - 1]->readers == NULL)
			return book->cases[i - 1]->about;
	return NULL;
}

bool book_has_open_drill(const struct book *book)
{
	for (size_t i = 0; i < book->cases_count; i++)
		if (book->cases[i]->state == CASE_OPEN && book->cases[i]->is_drill)
			return true;
	return false;
}

bool book_has_open_case(const struct book *book)
{
	return book_newest_open_case(book) != NULL;
}

void book_next_case(const struct book *book, struct moment now, char out[16])
{
	int64_t wall = now.source != WALL_UNSET ? now.wall_ms : book->wall_ms;
	int year = wall > 0 ? japan_time(wall).year : 0;
	unsigned last = 0;

	for (size_t i = 0; i < book->cases_count; i++) {
		int of_year;
		unsigned number;

		/* NOLINTNEXTLINE(cert-err34-c): a number too large to read only leaves a gap in the series */
		if (sscanf(book->cases[i]->about, "%4d-%u", &of_year, &number) == 2 && of_year == year && number > last)
			last = number;
	}
	(void)snprintf(out, 16, "%04d-%03u", year % 10000, (last + 1) % 100000000);
}

bool case_has_type(const struct incident *incident, const char *type)
{
	json_t *member;
	size_t i;

	json_array_foreach (incident->types, i, member)
		if (strcmp(json_string_value(member), type) == 0)
			return true;
	return false;
}

bool check_applies(const struct incident *incident, const struct check *check)
{
	return check->type == NULL || case_has_type(incident, check->type->id);
}

/* Before a type is known every question is worth asking. */
bool question_applies(const struct pack *pack, const struct incident *incident, const struct question *question)
{
	if (question->types == NULL || json_array_size(incident->types) == 0)
		return true;
	for (unsigned i = 0; i < pack->file->types_count; i++)
		if (question->types[i] && case_has_type(incident, pack->file->types[i].id))
			return true;
	return false;
}

enum check_state check_state(const struct incident *incident, const struct check *check)
{
	int state = word_index(check_states, CHECK_STATE_COUNT,
			       text_in(json_object_get(incident->rows, check->id), "state"));

	return state < 0 ? CHECK_OPEN : (enum check_state)state;
}

enum answer_state answer_state(const struct incident *incident, const struct question *question)
{
	int state = word_index(answer_states, ANSWER_STATE_COUNT,
			       text_in(json_object_get(incident->answers, question->id), "state"));

	return state < 0 ? ANSWER_OPEN : (enum answer_state)state;
}

struct report *report_find(const struct incident *incident, uint64_t number)
{
	return number >= 1 && number <= incident->reports_count ? &incident->reports[number - 1] : NULL;
}

bool is_final_sent(const struct incident *incident)
{
	const struct report *last = report_find(incident, incident->reports_count);

	return last != NULL && last->state == REPORT_SENT && strcmp(last->stage, "final") == 0;
}

/* ---- people ---- */

struct user *user_find(const struct book *book, const char *id)
{
	for (size_t i = 0; id != NULL && i < book->users_count; i++)
		if (strcmp(book->users[i].id, id) == 0)
			return &book->users[i];
	return NULL;
}

const char *user_name(const struct book *book, const char *id, enum lang lang)
{
	const struct user *user = user_find(book, id);
	const char *name = user != NULL ? text_in(user->person, "name") : NULL;

	return name != NULL ? name : actor_name(id, lang);
}

bool user_has_role(const struct user *user, const char *role)
{
	json_t *member;
	size_t i;

	json_array_foreach (user->roles, i, member)
		if (json_is_string(member) && strcmp(json_string_value(member), role) == 0)
			return true;
	return false;
}

static enum err user_given(const struct user *user, struct user_info *out)
{
	const char *name, *login;

	if (user == NULL)
		return ERR_MISSING;
	name = text_in(user->person, "name");
	login = text_in(user->person, "login");
	*out = (struct user_info){
		.id = user->id,
		.name = name != NULL ? name : "",
		.login = login != NULL ? login : "",
		.generation = user->generation,
		.roles = user->roles,
		.is_envelope = user->kind == USER_ENVELOPE,
		.must_change = user->must_change,
		.credentials = user->credentials,
	};
	return ERR_OK;
}

enum err book_user(const struct book *book, const char *id, struct user_info *out)
{
	return user_given(user_find(book, id), out);
}

enum err book_user_at(const struct book *book, size_t index, struct user_info *out)
{
	return user_given(index < book->users_count ? &book->users[index] : NULL, out);
}

bool book_person_at(const struct book *book, size_t index, json_t **out)
{
	*out = index < book->users_count ? book->users[index].person : NULL;
	return index < book->users_count;
}

enum err book_user_by_name(const struct book *book, const char *name, struct user_info *out)
{
	for (size_t i = 0; i < book->users_count; i++) {
		const char *known = text_in(book->users[i].person, "name");
		const char *login = text_in(book->users[i].person, "login");

		if (book->users[i].is_ended)
			continue;
		if ((known != NULL && strcmp(known, name) == 0) || (login != NULL && strcmp(login, name) == 0))
			return user_given(&book->users[i], out);
	}
	return ERR_MISSING;
}

/* ---- uplinks ---- */

const char *book_uplink_id(const struct book *book, size_t index)
{
	return index < book->uplinks_count ? book->uplinks[index].id : NULL;
}

bool book_uplink_is_connected(const struct book *book, size_t index)
{
	return index < book->uplinks_count && book->uplinks[index].state == UPLINK_CONNECTED;
}

int book_uplink_index(const struct book *book, const char *id)
{
	for (size_t i = 0; id != NULL && i < book->uplinks_count; i++)
		if (strcmp(book->uplinks[i].id, id) == 0)
			return (int)i;
	return -1;
}

struct restore *restore_of(struct book *book, struct incident *incident)
{
	return incident != NULL ? &incident->restore : &book->maintenance.restore;
}

unsigned book_restore_uplinks(const struct book *book, const char *about, uint64_t request)
{
	const struct incident *incident = case_find(book, about);
	const struct restore *restore = incident != NULL ? &incident->restore : &book->maintenance.restore;

	if ((about != NULL && incident == NULL) || restore->state != RESTORE_ASKED || restore->request != request)
		return 0;
	return restore->uplinks;
}
