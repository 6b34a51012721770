/* May people be changed like this? A list is tried out on a copy of what is known of everybody. */
#include "procedure/permit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 64, CONTACT_BYTES = 256, CHANGES_MOST = 1000, YEAR_DAYS = 366 };

/* One list while it is tried out. */
struct trial {
	const struct book *book;
	const struct pack_file *pack;
	char today[DAY_SIZE];
	enum lang lang;
	struct refusal *refusal;
	json_t *roster;  /* {id or "+N": {"kind","roles","until","scope","login","name"}} of all accounts that are open
			  */
	json_t *touched; /* {id: true} */
	size_t n;        /* number of the change, from 1 */
};

static enum err object(const struct trial *t, enum why why, const char *key, const char *value)
{
	return refuse(t->refusal, t->lang, why,
		      json_pack("{s:o, s:s}", "n", json_sprintf("%zu", t->n), key, value != NULL ? value : ""));
}

/* Two people must remain who can ask for changes of people and approve them. Time alone may not end that, so accounts
   with a last day do not count; nor does an envelope, which is nobody. */
static bool can_administer(const struct pack_file *p, const json_t *account)
{
	static const char *const acts[] = {"people.requested", "people.approved"};
	const json_t *roles = json_object_get(account, "roles");
	bool can = text_in(account, "until")[0] == '\0' && strcmp(text_in(account, "kind"), "staff") == 0;

	for (size_t i = 0; i < 2 && can; i++) {
		const struct rule *rule = rule_find(p, acts[i]);
		json_t *role;
		size_t k;

		can = false;
		json_array_foreach (roles, k, role)
			can = can || (rule != NULL && rule_allows(rule, json_string_value(role)));
	}
	return can;
}

/* ---- the copy ---- */

static json_t *entry_of(const struct user *user)
{
	return json_pack("{s:s, s:O, s:s, s:O?, s:s?, s:s?}", "kind", user_kinds[user->kind].id, "roles", user->roles,
			 "until", user->until, "scope", user->scope, "login", text_in(user->person, "login"), "name",
			 text_in(user->person, "name"));
}

static enum err fill_roster(struct trial *t)
{
	for (size_t i = 0; i < t->book->users_count; i++)
		if (!t->book->users[i].is_ended &&
		    json_object_set_new(t->roster, t->book->users[i].id, entry_of(&t->book->users[i])) != 0)
			return ERR_NOMEM;
	return ERR_OK;
}

static unsigned administrators(const struct trial *t)
{
	unsigned count = 0;
	const char *id;
	json_t *user;

	json_object_foreach (t->roster, id, user)
		count += can_administer(t->pack, user);
	return count;
}

/* ---- what is said of a person ---- */

static bool is_login(const char *text)
{
	return text[0] != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(text);
}

static enum err check_detail(const struct trial *t, const char *field, const json_t *value)
{
	static const char *const fields[] = {"login", "name", "section", "title", "phone", "fax", "mail"};
	const char *text = json_string_value(value);
	size_t at = 0, most;

	while (at < sizeof fields / sizeof fields[0] && strcmp(fields[at], field) != 0)
		at++;
	most = at < 2 ? NAME_BYTES : CONTACT_BYTES;
	if (at == sizeof fields / sizeof fields[0] || text == NULL || strlen(text) > most ||
	    text_has_control(text, json_string_length(value), "") || (at < 2 && text[strspn(text, " ")] == '\0') ||
	    (at == 0 && !is_login(text)))
		return object(t, WHY_CHANGE_FORM, "field", field);
	return ERR_OK;
}

static enum err check_person(const struct trial *t, json_t *person, json_t *entry)
{
	const char *field;
	json_t *value;

	json_object_foreach (person, field, value) {
		enum err err = check_detail(t, field, value);

		if (err != ERR_OK)
			return err;
		if (json_object_set(entry, field, value) != 0)
			return ERR_NOMEM;
	}
	return ERR_OK;
}

/* ---- what an account may hold ---- */

/* Staff hold any role but those of contractors; who only reads, or comes from outside, those of that kind. */
static bool fits_kind(const struct role *role, const char *kind)
{
	if (strcmp(kind, "auditor") == 0)
		return strcmp(role->kind, "observes") == 0;
	if (strcmp(kind, "external") == 0)
		return strcmp(role->kind, "outside") == 0;
	return strcmp(role->kind, "outside") != 0;
}

static enum err check_roles(const struct trial *t, const json_t *roles, const char *kind)
{
	json_t *id;
	size_t i;

	if (!is_distinct_list(roles))
		return object(t, WHY_CHANGE_FORM, "field", "roles");
	json_array_foreach (roles, i, id) {
		const struct role *role = json_is_string(id) ? role_find(t->pack, json_string_value(id)) : NULL;

		if (role == NULL || !fits_kind(role, kind))
			return object(t, WHY_CHANGE_ROLE, "given", json_string_value(id));
	}
	return ERR_OK;
}

static enum err check_until(const struct trial *t, const char *until, const char *kind)
{
	bool needs = strcmp(kind, "auditor") == 0 || strcmp(kind, "external") == 0;

	if (until[0] == '\0' ? needs : !day_is_valid(until) || strcmp(t->today, until) > 0)
		return object(t, WHY_CHANGE_DAY, "given", until);
	return ERR_OK;
}

static enum err check_scope(const struct trial *t, const json_t *scope, const char *kind)
{
	bool needs = strcmp(kind, "external") == 0;
	json_t *about;
	size_t i;

	if (needs != (json_array_size(scope) > 0) || (scope != NULL && !json_is_array(scope)) ||
	    (needs && !is_distinct_list(scope)))
		return object(t, WHY_CHANGE_SCOPE, "given", "");
	json_array_foreach (scope, i, about)
		/* A restricted case is for those it names. */
		if (case_for(t->book, json_string_value(about), NULL) == NULL)
			return object(t, WHY_CHANGE_SCOPE, "given", json_string_value(about));
	return ERR_OK;
}

/* Only what is new is looked at: an account must be changeable in one thing though another has become odd. */
static enum err take_account(const struct trial *t, const json_t *change, json_t *entry, bool is_new)
{
	const char *kind = text_in(entry, "kind"), *until = text_in(change, "until");
	json_t *roles = json_object_get(change, "roles"), *scope = json_object_get(change, "scope");
	enum err err = ERR_OK;

	if (json_object_get(change, "until") != NULL && until == NULL)
		return object(t, WHY_CHANGE_FORM, "field", "until");
	if (is_new || roles != NULL)
		err = check_roles(t, roles, kind);
	if (err == ERR_OK && (is_new || until != NULL))
		err = check_until(t, until != NULL ? until : "", kind);
	if (err == ERR_OK && (is_new || scope != NULL))
		err = check_scope(t, scope, kind);
	if (err != ERR_OK)
		return err;
	if (roles != NULL && json_object_set(entry, "roles", roles) != 0)
		return ERR_NOMEM;
	return until == NULL || json_object_set_new(entry, "until", json_string(until)) == 0 ? ERR_OK : ERR_NOMEM;
}

/* ---- each change ---- */

static enum err try_add(struct trial *t, const json_t *change)
{
	const char *kind = text_in(change, "kind");
	json_t *person = json_object_get(change, "person"), *entry;
	char place[24];
	enum err err;

	if (kind == NULL || word_index(user_kinds, USER_KIND_COUNT, kind) < 0)
		return object(t, WHY_CHANGE_FORM, "field", "kind");
	if (text_in(person, "login") == NULL || text_in(person, "name") == NULL)
		return object(t, WHY_CHANGE_FORM, "field", text_in(person, "login") == NULL ? "login" : "name");
	entry = json_pack("{s:s, s:s}", "kind", kind, "until", "");
	(void)snprintf(place, sizeof place, "+%zu", t->n);
	if (json_object_set_new(t->roster, place, entry) != 0)
		return ERR_NOMEM;
	err = check_person(t, person, entry);
	return err == ERR_OK ? take_account(t, change, entry, true) : err;
}

static bool is_empty(const json_t *change)
{
	static const char *const keys[] = {"roles", "until", "scope", "person"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (json_object_get(change, keys[i]) != NULL)
			return false;
	return true;
}

static enum err try_change(struct trial *t, const json_t *change, json_t *entry)
{
	enum err err;

	if (is_empty(change))
		return object(t, WHY_CHANGE_FORM, "field", "roles");
	err = check_person(t, json_object_get(change, "person"), entry);
	return err == ERR_OK ? take_account(t, change, entry, false) : err;
}

static enum err try_known(struct trial *t, const json_t *change, const char *what)
{
	const char *id = text_in(change, "user");
	json_t *entry = id != NULL ? json_object_get(t->roster, id) : NULL;

	if (entry == NULL)
		return object(t, WHY_CHANGE_USER, "given", id);
	if (json_object_get(t->touched, id) != NULL)
		return object(t, WHY_CHANGE_TWICE, "given", id);
	if (json_object_set_new(t->touched, id, json_true()) != 0)
		return ERR_NOMEM;
	if (strcmp(what, "change") == 0)
		return try_change(t, change, entry);
	if (strcmp(what, "end") == 0)
		return json_object_del(t->roster, id) == 0 ? ERR_OK : ERR_NOMEM;
	return ERR_OK;
}

static enum err try_one(struct trial *t, const json_t *change)
{
	static const char *const known[] = {"change", "end", "reset"};
	const char *what = text_in(change, "do");

	if (what != NULL && strcmp(what, "add") == 0)
		return try_add(t, change);
	for (size_t i = 0; what != NULL && i < sizeof known / sizeof known[0]; i++)
		if (strcmp(what, known[i]) == 0)
			return try_known(t, change, what);
	return object(t, WHY_CHANGE_FORM, "field", "do");
}

/* ---- the whole list ---- */

/* The number of the change that made this entry of the roster; 0: none did. */
static size_t number_of_change(const json_t *changes, const char *id)
{
	json_t *change;
	size_t i;

	if (id[0] == '+')
		return (size_t)strtoul(id + 1, NULL, 10);
	json_array_foreach (changes, i, change)
		if (text_in(change, "user") != NULL && strcmp(text_in(change, "user"), id) == 0)
			return i + 1;
	return 0;
}

/* A login and a name are both what somebody may type to log in. */
static enum err check_names(struct trial *t, const json_t *changes)
{
	static const char *const keys[] = {"login", "name"};
	json_t *taken = json_object(), *user;
	enum err err = ERR_OK;
	const char *id;

	json_object_foreach (t->roster, id, user)
		for (size_t i = 0; i < 2 && err == ERR_OK; i++) {
			const char *name = text_in(user, keys[i]);
			const char *other = name != NULL ? text_in(taken, name) : NULL;

			if (other != NULL && strcmp(other, id) != 0) {
				size_t mine = number_of_change(changes, id), theirs = number_of_change(changes, other);

				t->n = mine > theirs ? mine : theirs;
				/* Those of an older record are not the fault of this list. */
				if (t->n > 0)
					err = object(t, WHY_CHANGE_NAME, "given", name);
			} else if (name != NULL && json_object_set_new(taken, name, json_string(id)) != 0) {
				err = ERR_NOMEM;
			}
		}
	json_decref(taken);
	return err;
}

static enum err check_administrators(struct trial *t, unsigned before)
{
	unsigned after = administrators(t);
	const struct rule *rule = rule_find(t->pack, "people.approved");

	if (after >= 2 || after >= before)
		return ERR_OK;
	return refuse(t->refusal, t->lang, WHY_ADMINISTRATORS,
		      json_pack("{s:o}", "role", role_labels(t->pack, rule, t->lang)));
}

static enum err try_all(struct trial *t, const json_t *changes, enum extent extent)
{
	enum err err = fill_roster(t);
	unsigned before = administrators(t);
	json_t *change;
	size_t i;

	if (err == ERR_OK && json_array_size(changes) == 0)
		err = refuse(t->refusal, t->lang, WHY_NO_CHANGES, NULL);
	if (err == ERR_OK && json_array_size(changes) > CHANGES_MOST)
		err = refuse(t->refusal, t->lang, WHY_TOO_LONG, json_pack("{s:s}", "field", "changes"));
	json_array_foreach (changes, i, change) {
		t->n = i + 1;
		if (err == ERR_OK)
			err = try_one(t, change);
	}
	if (err != ERR_OK || extent == PART_OF_LIST)
		return err;
	err = check_names(t, changes);
	return err == ERR_OK ? check_administrators(t, before) : err;
}

enum err check_changes(const struct book *book, const json_t *changes, enum extent extent, struct moment now,
		       enum lang lang, struct refusal *refusal)
{
	struct trial t = {.book = book,
			  .pack = book->pack->file,
			  .lang = lang,
			  .refusal = refusal,
			  .roster = json_object(),
			  .touched = json_object()};
	enum err err;

	day_now(book, now, t.today);
	err = t.roster != NULL && t.touched != NULL ? try_all(&t, changes, extent) : ERR_NOMEM;
	json_decref(t.roster);
	json_decref(t.touched);
	return err;
}

/* ---- the acts ---- */

/* The whole list as it would stand in the book. */
static json_t *list_of(const struct ask *ask, const json_t *before)
{
	json_t *list = before != NULL ? json_copy(json_object_get(before, "changes")) : json_array();
	struct event event = {.body = ask->wish->body, .person = ask->wish->person};

	if (list != NULL && add_changes(list, &event) == ERR_OK)
		return list;
	json_decref(list);
	return NULL;
}

/* What is said of a change that is not there would be recorded unseen. */
static enum err check_numbers(const struct ask *ask)
{
	size_t count = json_array_size(json_object_get(ask->wish->body, "changes"));
	const char *number;
	json_t *person;

	json_object_foreach (ask->wish->person, number, person) {
		size_t n = strspn(number, "0123456789") == strlen(number) ? strtoul(number, NULL, 10) : 0;

		if (number[0] == '0' || n < 1 || n > count || !json_is_object(person))
			return deny_field(ask, "person", number);
	}
	return ERR_OK;
}

enum err permit_people_requested(const struct ask *ask)
{
	json_t *after = json_object_get(ask->wish->body, "after"), *before = NULL, *list;
	enum err err = check_numbers(ask);

	if (err == ERR_OK && ask->wish->text != NULL && !json_is_string(ask->wish->text))
		err = deny_field(ask, "text", "");
	if (err != ERR_OK)
		return err;
	if (after != NULL) {
		before = request_to_go_on(ask->book, ask->wish->who, (uint64_t)json_integer_value(after));
		if (before == NULL)
			return deny(ask, WHY_NO_PEOPLE_REQUEST, NULL);
	}
	list = list_of(ask, before);
	err = list != NULL
		      ? check_changes(ask->book, list, extent_of(ask->wish->body), ask->now, ask->lang, ask->refusal)
		      : ERR_NOMEM;
	json_decref(list);
	return err;
}

enum err permit_people_approved(const struct ask *ask)
{
	const json_t *body = ask->wish->body, *changes;
	json_t *request =
		agreement_find(ask->book->requests, (uint64_t)json_integer_value(json_object_get(body, "request")));
	enum err err = permit_second(ask, request, "people.requested", WHY_NO_PEOPLE_REQUEST);

	if (err != ERR_OK)
		return err;
	changes = json_object_get(request, "changes");
	if (json_is_true(json_object_get(request, "more")) ||
	    json_array_size(changes) != (size_t)json_integer_value(json_object_get(body, "changes")))
		return deny(ask, WHY_OTHER_LIST, NULL);
	return check_changes(ask->book, changes, WHOLE_LIST, ask->now, ask->lang, ask->refusal);
}

/* ---- absence ---- */

/* One's own anybody may declare; somebody else's only who has the right. */
static enum err check_whose(const struct ask *ask, const struct user **out)
{
	const struct rule *rule = rule_find(ask->pack, RIGHT_ABSENCE);
	const char *id = text_in(ask->wish->body, "user");

	*out = id != NULL ? user_find(ask->book, id) : ask->user;
	if (*out == NULL || !user_is_open(ask->book, *out, ask->now))
		return deny(ask, WHY_NO_USER, json_pack("{s:s}", "given", id));
	if (*out != ask->user && (rule == NULL || !has_one_role_of(ask->user, rule)))
		return deny(ask, WHY_OTHERS_ABSENCE,
			    json_pack("{s:o}", "role", role_labels(ask->pack, rule, ask->lang)));
	return ERR_OK;
}

static bool can_stand_in(const struct ask *ask, const struct user *deputy, const struct user *holder)
{
	return deputy != NULL && deputy != holder && deputy->kind == USER_STAFF &&
	       user_is_open(ask->book, deputy, ask->now) && !user_is_away(ask->book, deputy, ask->now) &&
	       !is_observer(ask->pack, deputy);
}

enum err permit_absent(const struct ask *ask)
{
	const char *until = text_in(ask->wish->body, "until"), *deputy = text_in(ask->wish->body, "deputy");
	struct moment in_a_year = ask->now;
	char today[DAY_SIZE], latest[DAY_SIZE];
	const struct user *user;
	enum err err = check_whose(ask, &user);

	if (err != ERR_OK)
		return err;
	day_now(ask->book, ask->now, today);
	in_a_year.wall_ms += YEAR_DAYS * INT64_C(86400000);
	day_now(ask->book, in_a_year, latest);
	if (!day_is_valid(until) || strcmp(until, today) < 0 ||
	    (ask->now.source != WALL_UNSET && strcmp(until, latest) > 0))
		return deny(ask, WHY_AWAY_DAY, json_pack("{s:s}", "field", "until"));
	if (deputy != NULL && !can_stand_in(ask, user_find(ask->book, deputy), user))
		return deny(ask, WHY_DEPUTY, json_pack("{s:s}", "given", user_name(ask->book, deputy, ask->lang)));
	return ERR_OK;
}

enum err permit_back(const struct ask *ask)
{
	const struct user *user;
	enum err err = check_whose(ask, &user);

	if (err != ERR_OK)
		return err;
	return user_is_away(ask->book, user, ask->now) ? ERR_OK : deny(ask, WHY_NOT_AWAY, NULL);
}
