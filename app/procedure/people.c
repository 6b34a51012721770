/* Who may log in: accounts, their last days, who is away, and the changes that two people agree on.
 *
 *   asked ──approve, another person──► done; each change is an entry in the same commit
 *     ├──a newer request of the same person──► replaced
 *     └──the list no longer fits, or the first may no longer ask──► void
 */
#include "procedure/permit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- days ---- */

void day_now(const struct book *book, struct moment now, char out[DAY_SIZE])
{
	int64_t wall_ms = now.source != WALL_UNSET ? now.wall_ms : book->wall_ms;
	struct japan_time japan = japan_time(wall_ms);

	out[0] = '\0';
	if (wall_ms > 0)
		(void)snprintf(out, DAY_SIZE, "%04u-%02u-%02u", (unsigned)japan.year % 10000,
			       (unsigned)japan.month % 100, (unsigned)japan.day % 100);
}

bool day_is_valid(const char *text)
{
	struct japan_time day = {.year = 0};
	int64_t wall_ms;
	char again[DAY_SIZE];

	if (strlen(text) != DAY_SIZE - 1 || strspn(text, "0123456789-") != DAY_SIZE - 1)
		return false;
	day.year = (int)strtol(text, NULL, 10);
	day.month = (int)strtol(text + 5, NULL, 10);
	day.day = (int)strtol(text + 8, NULL, 10);
	if (text[4] != '-' || text[7] != '-' || japan_time_to_wall(&day, &wall_ms) != ERR_OK)
		return false;
	(void)snprintf(again, sizeof again, "%04u-%02u-%02u", (unsigned)day.year % 10000, (unsigned)day.month % 100,
		       (unsigned)day.day % 100);
	return strcmp(again, text) == 0;
}

static bool has_passed(const struct book *book, const char *day, struct moment now)
{
	char today[DAY_SIZE];

	day_now(book, now, today);
	return day[0] != '\0' && strcmp(today, day) > 0;
}

/* ---- one person ---- */

void user_fini(struct user *user)
{
	json_decref(user->roles);
	json_decref(user->person);
	json_decref(user->scope);
	json_decref(user->entries);
}

bool user_is_open(const struct book *book, const struct user *user, struct moment now)
{
	return !user->is_ended && !has_passed(book, user->until, now);
}

bool user_is_away(const struct book *book, const struct user *user, struct moment now)
{
	return user->is_absent && !has_passed(book, user->away_until, now);
}

/* Whoever comes from outside sees the cases they were called for. */
bool user_may_see(const struct user *user, const struct incident *incident)
{
	json_t *about;
	size_t i;

	if (user->kind != USER_EXTERNAL)
		return true;
	json_array_foreach (user->scope, i, about)
		if (strcmp(json_string_value(about), incident->about) == 0)
			return true;
	return false;
}

const struct user *holder_away(const struct book *book, const struct user *deputy, const char *role, struct moment now)
{
	for (size_t i = 0; i < book->users_count; i++) {
		const struct user *holder = &book->users[i];

		if (holder != deputy && strcmp(holder->deputy, deputy->id) == 0 && user_has_role(holder, role) &&
		    user_is_open(book, holder, now) && user_is_away(book, holder, now))
			return holder;
	}
	return NULL;
}

const char *book_user_gone(const struct book *book, const char *id, struct moment now)
{
	const struct user *user = user_find(book, id);

	if (user == NULL || user->is_ended)
		return "ended";
	return user_is_open(book, user, now) ? NULL : "until";
}

/* ---- folding: accounts ---- */

static struct user *user_add(struct book *book, const char *id)
{
	struct user *grown = realloc(book->users, (book->users_count + 1) * sizeof *grown);
	struct user *user;

	if (grown == NULL)
		return NULL;
	book->users = grown;
	user = &grown[book->users_count];
	*user = (struct user){.entries = json_array()};
	if (user->entries == NULL)
		return NULL;
	id_copy(user->id, id);
	book->users_count++;
	return user;
}

static void day_copy(char out[DAY_SIZE], const char *day)
{
	(void)snprintf(out, DAY_SIZE, "%s", day != NULL && day_is_valid(day) ? day : "");
}

static void take(json_t **place, json_t *value)
{
	json_decref(*place);
	*place = json_incref(value);
}

/* What an entry says of a person; what it does not say stays. */
static enum err take_over(struct user *user, const struct event *event)
{
	json_t *roles = json_object_get(event->body, "roles"), *scope = json_object_get(event->body, "scope");

	if (json_is_array(roles))
		take(&user->roles, roles);
	if (json_is_array(scope))
		take(&user->scope, scope);
	if (text_in(event->body, "until") != NULL)
		day_copy(user->until, text_in(event->body, "until"));
	if (event->person == NULL)
		return ERR_OK;
	take(&user->person, event->person);
	return json_array_append_new(user->entries, json_integer((json_int_t)event->record->seq)) == 0 ? ERR_OK
												       : ERR_NOMEM;
}

static enum err recheck(struct book *book, struct moment now);

/* The last entry of an agreed list: what else awaits approval may no longer fit. */
static enum err settle(struct book *book, const struct event *event)
{
	if (book->changes_left > 0 && json_object_get(event->body, "approved_by") != NULL)
		book->changes_left--;
	return book->changes_left == 0 ? recheck(book, event->record->at) : ERR_OK;
}

static enum err fold_added(struct book *book, const struct event *event)
{
	const char *id = text_in(event->body, "user");
	int kind = word_index(user_kinds, USER_KIND_COUNT, text_in(event->body, "kind"));
	struct user *user = user_find(book, id);
	enum err err;

	if (id == NULL || !json_is_array(json_object_get(event->body, "roles")))
		return ERR_OK;
	if (user == NULL)
		user = user_add(book, id);
	if (user == NULL)
		return ERR_NOMEM;
	json_decref(user->person);
	user->person = NULL;
	user->is_ended = user->is_absent = false;
	user->until[0] = user->deputy[0] = '\0';
	user->kind = kind >= 0 ? (enum user_kind)kind : USER_STAFF;
	user->generation = (uint64_t)json_integer_value(json_object_get(event->body, "generation"));
	user->must_change = json_is_true(json_object_get(event->body, "first"));
	err = take_over(user, event);
	return err == ERR_OK ? settle(book, event) : err;
}

static enum err fold_changed(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));
	enum err err = user != NULL ? take_over(user, event) : ERR_OK;

	return err == ERR_OK ? settle(book, event) : err;
}

static enum err fold_password(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL) {
		user->generation = (uint64_t)json_integer_value(json_object_get(event->body, "generation"));
		user->must_change = json_is_true(json_object_get(event->body, "first"));
	}
	return ERR_OK;
}

/* Whoever lost the password may have lost more. */
static enum err fold_reset(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	(void)fold_password(book, event);
	if (user != NULL)
		credentials_forget(user);
	return settle(book, event);
}

static enum err fold_ended(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL) {
		user->is_ended = true;
		credentials_forget(user);
	}
	return settle(book, event);
}

/* ---- folding: absence ---- */

static struct user *whose(struct book *book, const struct event *event)
{
	const char *id = text_in(event->body, "user");

	return user_find(book, id != NULL ? id : event->record->who);
}

static enum err fold_absent(struct book *book, const struct event *event)
{
	struct user *user = whose(book, event);

	if (user == NULL)
		return ERR_OK;
	user->is_absent = true;
	day_copy(user->away_until, text_in(event->body, "until"));
	id_copy(user->deputy, text_in(event->body, "deputy"));
	return ERR_OK;
}

static enum err fold_back(struct book *book, const struct event *event)
{
	struct user *user = whose(book, event);

	if (user != NULL) {
		user->is_absent = false;
		user->away_until[0] = user->deputy[0] = '\0';
	}
	return ERR_OK;
}

/* ---- folding: requests ---- */

/* Each change with what it says of the person. */
enum err add_changes(json_t *list, const struct event *event)
{
	json_t *change;
	size_t i;

	json_array_foreach (json_object_get(event->body, "changes"), i, change) {
		json_t *whole = json_copy(change);
		char number[24];

		(void)snprintf(number, sizeof number, "%zu", i + 1);
		if (whole == NULL || json_array_append_new(list, whole) != 0)
			return ERR_NOMEM;
		if (json_is_object(json_object_get(event->person, number)) &&
		    json_object_set(whole, "person", json_object_get(event->person, number)) != 0)
			return ERR_NOMEM;
	}
	return ERR_OK;
}

/* What became of a list is in the entries of its changes. */
static enum err close_request(json_t *request, const char *state)
{
	size_t count = json_array_size(json_object_get(request, "changes"));

	if (json_object_set_new(request, "count", json_integer((json_int_t)count)) != 0)
		return ERR_NOMEM;
	(void)json_object_del(request, "changes");
	return agreement_set(request, state);
}

static enum err replace_older(struct book *book, const char *by)
{
	json_t *request;
	size_t i;

	json_array_foreach (book->requests, i, request)
		if (agreement_is(request, "asked") && strcmp(text_in(request, "by"), by) == 0 &&
		    close_request(request, "replaced") != ERR_OK)
			return ERR_NOMEM;
	return ERR_OK;
}

json_t *request_to_go_on(const struct book *book, const char *who, uint64_t after)
{
	json_t *request = agreement_find(book->requests, after);

	return request != NULL && agreement_is(request, "asked") && strcmp(text_in(request, "by"), who) == 0 &&
			       json_is_true(json_object_get(request, "more"))
		       ? request
		       : NULL;
}

static enum err fold_requested(struct book *book, const struct event *event)
{
	const char *who = event->record->who;
	json_t *after = json_object_get(event->body, "after"), *request;

	if (after != NULL) {
		request = request_to_go_on(book, who, (uint64_t)json_integer_value(after));
	} else {
		request = json_pack("{s:I, s:s, s:s, s:s, s:O?, s:[]}", "request", (json_int_t)event->record->seq, "by",
				    who, "at", event->recorded, "state", "asked", "reason", event->text, "changes");
		if (request == NULL || replace_older(book, who) != ERR_OK ||
		    json_array_append_new(book->requests, request) != 0)
			return ERR_NOMEM;
	}
	if (request == NULL)
		return ERR_OK;
	if (json_object_set_new(request, "more", json_boolean(json_is_true(json_object_get(event->body, "more")))) != 0)
		return ERR_NOMEM;
	return add_changes(json_object_get(request, "changes"), event);
}

static enum err fold_approved(struct book *book, const struct event *event)
{
	json_t *request = agreement_of(book->requests, event);

	if (!agreement_is(request, "asked"))
		return ERR_OK;
	book->changes_left = json_array_size(json_object_get(request, "changes"));
	return agreement_approve(request, event) == ERR_OK ? close_request(request, "done") : ERR_NOMEM;
}

enum extent extent_of(const json_t *request)
{
	return json_is_true(json_object_get(request, "more")) ? PART_OF_LIST : WHOLE_LIST;
}

static bool still_fits(const struct book *book, const json_t *request, struct moment now)
{
	const struct user *by = user_find(book, text_in(request, "by"));
	struct refusal refusal = {NULL, NULL};
	enum err err;

	if (by == NULL || !user_is_open(book, by, now) ||
	    !has_one_role_of(by, rule_find(book->pack->file, "people.requested")))
		return false;
	err = check_changes(book, json_object_get(request, "changes"), extent_of(request), now, LANG_JA, &refusal);
	json_decref(refusal.args);
	return err != ERR_DENIED;
}

static enum err recheck(struct book *book, struct moment now)
{
	json_t *request;
	size_t i;

	json_array_foreach (book->requests, i, request)
		if (agreement_is(request, "asked") && !still_fits(book, request, now) &&
		    close_request(request, "void") != ERR_OK)
			return ERR_NOMEM;
	return ERR_OK;
}

const struct folder people_folders[] = {
	{"people.requested", fold_requested},
	{"people.approved", fold_approved},
	{"user.added", fold_added},
	{"user.changed", fold_changed},
	{"user.password", fold_password},
	{"user.reset", fold_reset},
	{"user.ended", fold_ended},
	{"user.absent", fold_absent},
	{"user.back", fold_back},
	{NULL, NULL},
};
