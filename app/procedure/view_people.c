/* Pictures of people, and of the changes that await approval. */
#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <stdlib.h>
#include <string.h>

static const char *const details[] = {"login", "section", "title", "phone", "fax", "mail"};

static json_t *show_roles(const struct look *look, const json_t *roles)
{
	json_t *out = json_array(), *id;
	size_t i;

	json_array_foreach (roles, i, id) {
		const char *label = pack_role_label(look->book->pack, json_string_value(id), look->lang);

		(void)json_array_append_new(
			out, json_pack("{s:O, s:s}", "id", id, "label", label != NULL ? label : json_string_value(id)));
	}
	return out;
}

json_t *show_user(const struct look *look, const struct user *user)
{
	const char *name = text_in(user->person, "name");

	return json_pack("{s:s, s:s, s:o, s:s, s:s}", "id", user->id, "name", name != NULL ? name : "", "roles",
			 show_roles(look, user->roles), "kind", user_kinds[user->kind].id, "kind_label",
			 word_in(&user_kinds[user->kind], look->lang));
}

static json_t *show_away(const struct look *look, const struct user *user)
{
	if (!user_is_away(look->book, user, look->request->now))
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "until", user->away_until, "deputy", user->deputy, "deputy_name",
			 user->deputy[0] != '\0' ? user_name(look->book, user->deputy, look->lang) : "");
}

static json_t *show_person(const struct look *look, const struct user *user)
{
	const char *gone = book_user_gone(look->book, user->id, look->request->now);
	json_t *out = show_user(look, user);
	json_t *more = json_pack("{s:s, s:s, s:b, s:o, s:O?, s:O}", "state", gone != NULL ? gone : "open", "until",
				 user->until, "first", user->must_change, "away", show_away(look, user), "scope",
				 user->scope, "entries", user->entries);

	(void)json_object_update(out, more);
	json_decref(more);
	for (size_t i = 0; i < sizeof details / sizeof details[0]; i++)
		if (text_in(user->person, details[i]) != NULL)
			(void)json_object_set(out, details[i], json_object_get(user->person, details[i]));
	return out;
}

/* Who comes from outside sees nobody but themselves. */
json_t *view_people(const struct look *look)
{
	json_t *users = json_array();

	for (size_t i = 0; i < look->book->users_count; i++)
		if (look->user->kind != USER_EXTERNAL || &look->book->users[i] == look->user)
			(void)json_array_append_new(users, show_person(look, &look->book->users[i]));
	return paged(look, "users", users);
}

/* What somebody may be given, to choose from: the roles of the pack and the kinds of accounts. */
json_t *view_people_choices(const struct look *look)
{
	json_t *roles = json_array(), *kinds = json_array();

	for (unsigned i = 0; i < look->pack->roles_count; i++) {
		const struct role *role = &look->pack->roles[i];

		(void)json_array_append_new(roles, json_pack("{s:s, s:s, s:s, s:s}", "id", role->id, "label",
							     label_pick(&role->label, look->lang), "label_ja",
							     label_pick(&role->label, LANG_JA), "kind", role->kind));
	}
	for (int i = 0; i < USER_KIND_COUNT; i++)
		(void)json_array_append_new(kinds, json_pack("{s:s, s:s, s:s}", "id", user_kinds[i].id, "label",
							     word_in(&user_kinds[i], look->lang), "label_ja",
							     user_kinds[i].ja));
	return json_pack("{s:o, s:o, s:[o, o, o]}", "roles", roles, "kinds", kinds, "acts",
			 show_act(look, "people.requested", 0), show_act(look, "people.approved", 0),
			 show_act(look, "user.absent", 0));
}

/* ---- what awaits approval ---- */

static json_t *label_of_roles(const struct look *look, const json_t *roles)
{
	struct buf out = {0};
	json_t *role, *text;
	size_t i;

	json_array_foreach (roles, i, role) {
		const char *label = pack_role_label(look->book->pack, json_string_value(role), look->lang);

		buf_addf(&out, "%s%s", i > 0 ? comma(look->lang) : "", label != NULL ? label : json_string_value(role));
	}
	text = json_string(out.data != NULL ? out.data : "");
	buf_fini(&out);
	return text;
}

static json_t *joined(const struct look *look, const json_t *words)
{
	struct buf out = {0};
	json_t *word, *text;
	size_t i;

	json_array_foreach (words, i, word)
		buf_addf(&out, "%s%s", i > 0 ? comma(look->lang) : "", json_string_value(word));
	text = json_string(out.data != NULL ? out.data : "");
	buf_fini(&out);
	return text;
}

/* A line of what is to be: takes over both; left out when nothing changes. */
static void add_line(const struct look *look, json_t *lines, const char *field, json_t *before, json_t *after)
{
	if (after != NULL && !json_equal(before, after))
		(void)json_array_append_new(lines,
					    json_pack("{s:s, s:s, s:O, s:O}", "field", field, "label",
						      field_word(field, look->lang), "before", before, "after", after));
	json_decref(before);
	json_decref(after);
}

static json_t *text_or_empty(const char *text)
{
	return json_string(text != NULL ? text : "");
}

static json_t *lines_of(const struct look *look, const json_t *change, const struct user *user)
{
	static const char *const all[] = {"login", "name", "section", "title", "phone", "fax", "mail"};
	json_t *lines = json_array(), *person = json_object_get(change, "person");
	json_t *roles = json_object_get(change, "roles"), *scope = json_object_get(change, "scope");

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		add_line(look, lines, all[i], text_or_empty(user != NULL ? text_in(user->person, all[i]) : NULL),
			 json_incref(json_object_get(person, all[i])));
	add_line(look, lines, "roles", label_of_roles(look, user != NULL ? user->roles : NULL),
		 roles != NULL ? label_of_roles(look, roles) : NULL);
	add_line(look, lines, "until", text_or_empty(user != NULL ? user->until : NULL),
		 json_incref(json_object_get(change, "until")));
	add_line(look, lines, "scope", joined(look, user != NULL ? user->scope : NULL),
		 scope != NULL ? joined(look, scope) : NULL);
	return lines;
}

static json_t *show_change(const struct look *look, const json_t *change, size_t n)
{
	const struct user *user = user_find(look->book, text_in(change, "user"));
	const char *what = text_in(change, "do"), *name = text_in(json_object_get(change, "person"), "name");
	int kind = user != NULL ? (int)user->kind : word_index(user_kinds, USER_KIND_COUNT, text_in(change, "kind"));

	if (user != NULL)
		name = user_name(look->book, user->id, look->lang);
	return json_pack("{s:I, s:s, s:s, s:s?, s:s, s:s, s:o}", "n", (json_int_t)n, "do", what, "do_label",
			 change_word(what, look->lang), "user", user != NULL ? user->id : NULL, "name",
			 name != NULL ? name : "", "kind_label",
			 kind >= 0 ? word_in(&user_kinds[kind], look->lang) : "", "lines",
			 lines_of(look, change, user));
}

static json_t *show_request(const struct look *look, const json_t *request)
{
	const char *approved_by = text_in(request, "approved_by"), *state = text_in(request, "state");
	int index = word_index(agreement_states, AGREEMENT_STATE_COUNT, state);
	json_t *count = json_object_get(request, "count");

	return json_pack("{s:O, s:s, s:s, s:o, s:s, s:s, s:s, s:b, s:o, s:s?, s:s?}", "request",
			 json_object_get(request, "request"), "by", text_in(request, "by"), "by_name",
			 user_name(look->book, text_in(request, "by"), look->lang), "at",
			 time_or_null(text_in(request, "at")), "state", state, "state_label",
			 index >= 0 ? word_in(&agreement_states[index], look->lang) : state, "reason",
			 text_in(request, "reason") != NULL ? text_in(request, "reason") : "", "more",
			 extent_of(request) == PART_OF_LIST, "count",
			 count != NULL ? json_incref(count)
				       : json_integer((json_int_t)json_array_size(json_object_get(request, "changes"))),
			 "approved_by", approved_by, "approved_by_name",
			 approved_by != NULL ? user_name(look->book, approved_by, look->lang) : NULL);
}

/* Newest first. */
json_t *view_requests(const struct look *look)
{
	json_t *list = json_array();

	for (size_t i = json_array_size(look->book->requests); i > 0; i--)
		(void)json_array_append_new(list, show_request(look, json_array_get(look->book->requests, i - 1)));
	return paged(look, "requests", list);
}

/* One of them, by its number in `about`, with every change as it would be. */
json_t *view_request(const struct look *look)
{
	const char *about = look->request->about != NULL ? look->request->about : "";
	json_t *request = agreement_find(look->book->requests, strtoull(about, NULL, 10)), *list = json_array(), *page;
	json_t *head, *change;
	size_t i;

	json_array_foreach (json_object_get(request, "changes"), i, change)
		(void)json_array_append_new(list, show_change(look, change, i + 1));
	page = paged(look, "changes", list);
	head = request != NULL ? show_request(look, request) : NULL;
	if (head != NULL)
		(void)json_object_update(page, head);
	json_decref(head);
	return page;
}
