/* What an agreed list of changes becomes: one entry for each change. */
#include "procedure/book_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct making {
	const struct book *book;
	json_t *approved_by;
	unsigned long last; /* number of the newest account */
};

static unsigned long newest_account(const struct book *book)
{
	unsigned long last = 0;

	for (size_t i = 0; i < book->users_count; i++) {
		unsigned long number = book->users[i].id[0] == 'u' ? strtoul(book->users[i].id + 1, NULL, 10) : 0;

		if (number > last)
			last = number;
	}
	return last;
}

static void copy(json_t *body, const json_t *change, const char *key)
{
	json_t *value = json_object_get(change, key);

	if (value != NULL)
		(void)json_object_set(body, key, value);
}

/* An envelope is opened when nobody is there who could choose a password. */
static void add_first(json_t *body, enum user_kind kind)
{
	if (kind != USER_ENVELOPE)
		(void)json_object_set_new(body, "first", json_true());
}

static json_t *make_added(struct making *m, const json_t *change)
{
	int kind = word_index(user_kinds, USER_KIND_COUNT, text_in(change, "kind"));
	char id[24];
	json_t *body;

	(void)snprintf(id, sizeof id, "u%lu", ++m->last);
	body = json_pack("{s:s, s:i, s:O}", "user", id, "generation", 1, "approved_by", m->approved_by);
	copy(body, change, "kind");
	copy(body, change, "roles");
	copy(body, change, "until");
	copy(body, change, "scope");
	add_first(body, kind >= 0 ? (enum user_kind)kind : USER_STAFF);
	return json_pack("{s:s, s:o, s:O?, s:s, s:i}", "act", "user.added", "body", body, "person",
			 json_object_get(change, "person"), "user", id, "generation", 1);
}

/* The person as a whole, so that the newest entry says it all; "" takes something away. */
static json_t *person_after(const struct user *user, json_t *news)
{
	json_t *person = user->person != NULL ? json_copy(user->person) : json_object(), *value;
	const char *key;

	if (news == NULL) {
		json_decref(person);
		return NULL;
	}
	json_object_foreach (news, key, value) {
		if (json_string_length(value) > 0)
			(void)json_object_set(person, key, value);
		else
			(void)json_object_del(person, key);
	}
	return person;
}

static json_t *make_changed(const struct making *m, const struct user *user, const json_t *change)
{
	json_t *body = json_pack("{s:s, s:O}", "user", user->id, "approved_by", m->approved_by);

	copy(body, change, "roles");
	copy(body, change, "until");
	copy(body, change, "scope");
	return json_pack("{s:s, s:o, s:o?}", "act", "user.changed", "body", body, "person",
			 person_after(user, json_object_get(change, "person")));
}

static json_t *make_reset(const struct making *m, const struct user *user)
{
	json_int_t generation = (json_int_t)user->generation + 1;
	json_t *body =
		json_pack("{s:s, s:I, s:O}", "user", user->id, "generation", generation, "approved_by", m->approved_by);

	add_first(body, user->kind);
	return json_pack("{s:s, s:o, s:s, s:I}", "act", "user.reset", "body", body, "user", user->id, "generation",
			 generation);
}

static json_t *make(struct making *m, const json_t *change)
{
	const char *what = text_in(change, "do");
	const struct user *user = user_find(m->book, text_in(change, "user"));

	if (what != NULL && strcmp(what, "add") == 0)
		return make_added(m, change);
	if (what == NULL || user == NULL)
		return NULL;
	if (strcmp(what, "change") == 0)
		return make_changed(m, user, change);
	if (strcmp(what, "reset") == 0)
		return make_reset(m, user);
	return json_pack("{s:s, s:{s:s, s:O}}", "act", "user.ended", "body", "user", user->id, "approved_by",
			 m->approved_by);
}

enum err book_changes(const struct book *book, uint64_t request, const char *approved_by, json_t **out)
{
	json_t *agreement = agreement_find(book->requests, request), *list = json_array(), *change;
	struct making m = {.book = book, .last = newest_account(book)};
	enum err err = ERR_OK;
	size_t i;

	m.approved_by = json_pack("[s?, s]", text_in(agreement, "by"), approved_by);
	json_array_foreach (json_object_get(agreement, "changes"), i, change)
		if (err == ERR_OK && json_array_append_new(list, make(&m, change)) != 0)
			err = ERR_NOMEM;
	json_decref(m.approved_by);
	if (err != ERR_OK || list == NULL) {
		json_decref(list);
		return ERR_NOMEM;
	}
	*out = list;
	return ERR_OK;
}
