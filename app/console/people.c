#include "console/people.h"

#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/layout.h"
#include "console/record.h"
#include "console/show.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

/* ---- looking ---- */

static const char *state_word(json_t *user)
{
	if (strcmp(string_of(user, "state"), "ended") == 0)
		return _("ended");
	if (strcmp(string_of(user, "state"), "until") == 0)
		return _("last day passed");
	return is_true(user, "first") ? _("has a first password") : "";
}

static void add_away(struct buf *line, json_t *away)
{
	if (!json_is_object(away))
		return;
	buf_addf(line, _("  away until %s"), string_of(away, "until"));
	if (string_of(away, "deputy_name")[0] != '\0')
		buf_addf(line, _(", deputy %s"), string_of(away, "deputy_name"));
}

static void show_row_of(struct console *c, json_t *user)
{
	json_t *role;
	struct buf line;
	size_t i;

	buf_init(&line, 4096);
	buf_adds(&line, "  ");
	layout_pad(&line, string_of(user, "id"), 5);
	layout_pad(&line, string_of(user, "name"), 18);
	json_array_foreach (json_object_get(user, "roles"), i, role)
		buf_addf(&line, "%s%s", i == 0 ? " " : _(", "), label_of(c, role, "label"));
	if (strcmp(string_of(user, "kind"), "staff") != 0)
		buf_addf(&line, " [%s]", label_of(c, user, "kind_label"));
	if (string_of(user, "until")[0] != '\0')
		buf_addf(&line, _("  until %s"), string_of(user, "until"));
	add_away(&line, json_object_get(user, "away"));
	if (state_word(user)[0] != '\0')
		buf_addf(&line, "  (%s)", state_word(user));
	show_line(c, 26, &line);
	buf_fini(&line);
}

static bool has_ended(json_t *user)
{
	return strcmp(string_of(user, "state"), "ended") == 0;
}

void people_list(struct console *c, const struct call *call)
{
	bool all = strcmp(call->command->pattern, "user list all") == 0;
	json_t *people = keeper_view(c, "people", NULL, 0), *user;
	size_t i, ended = 0;

	if (people == NULL)
		return;
	show_heading(c, _("People"));
	json_array_foreach (json_object_get(people, "users"), i, user) {
		ended += has_ended(user);
		if (all || !has_ended(user))
			show_row_of(c, user);
	}
	if (ended > 0 && !all)
		SAY(c, _("  %zu more have ended: user list all"), ended);
	json_decref(people);
}

/* By id, login or name; a full name may have its spaces. Those who have ended have only their id. */
static json_t *find(json_t *people, const char *whom)
{
	json_t *user;
	size_t i;

	json_array_foreach (json_object_get(people, "users"), i, user)
		if (strcmp(string_of(user, "id"), whom) == 0 ||
		    (!has_ended(user) &&
		     (strcmp(string_of(user, "login"), whom) == 0 || strcmp(string_of(user, "name"), whom) == 0)))
			return user;
	return NULL;
}

json_t *people_named(struct console *c, const struct call *call)
{
	const char *typed = argument_rest(call, "WHO");
	char *whom = typed != NULL ? strdup(typed)
				   : ask_text(c, _("Whose account (login, name or number): "), "", TEXT_NEEDED);
	json_t *people = whom != NULL ? keeper_view(c, "people", NULL, 0) : NULL;
	json_t *user = people != NULL ? find(people, whom) : NULL;

	if (people != NULL && user == NULL)
		SAY(c, _("! There is nobody called '%s'. They are listed by: user list"), whom);
	json_incref(user);
	json_decref(people);
	free(whom);
	return user;
}

static void show_detail(struct console *c, const char *label, const char *value)
{
	struct buf line;

	if (value[0] == '\0')
		return;
	buf_init(&line, 4096);
	buf_adds(&line, "  ");
	layout_pad(&line, label, 14);
	buf_addf(&line, " %s", value);
	show_line(c, 17, &line);
	buf_fini(&line);
}

static const struct {
	const char *field, *label;
} details[] = {{"login", N_("Login")}, {"name", N_("Name")}, {"section", N_("Section")}, {"title", N_("Post")},
	       {"phone", N_("Phone")}, {"fax", N_("Fax")},   {"mail", N_("Mail")}};
enum { DETAILS = sizeof details / sizeof details[0] };

static char *joined(const struct console *c, json_t *list, const char *label)
{
	struct buf out;
	json_t *item;
	size_t i;

	buf_init(&out, 4096);
	json_array_foreach (list, i, item)
		buf_addf(&out, "%s%s", i == 0 ? "" : _(", "),
			 json_is_string(item) ? json_string_value(item) : label_of(c, item, label));
	return buf_take(&out);
}

static void show_entries(struct console *c, json_t *user)
{
	struct buf out;
	json_t *seq;
	size_t i;

	buf_init(&out, 4096);
	json_array_foreach (json_object_get(user, "entries"), i, seq)
		buf_addf(&out, "%s%llu", i == 0 ? "" : _(", "), (unsigned long long)json_integer_value(seq));
	show_detail(c, _("Entries"), out.data != NULL ? out.data : "");
	buf_fini(&out);
}

void people_show(struct console *c, const struct call *call)
{
	json_t *user = people_named(c, call);
	char *roles, *scope;

	if (user == NULL)
		return;
	roles = joined(c, json_object_get(user, "roles"), "label");
	scope = joined(c, json_object_get(user, "scope"), "");
	show_row_of(c, user);
	for (size_t i = 0; i < DETAILS; i++)
		show_detail(c, _(details[i].label), string_of(user, details[i].field));
	show_detail(c, _("Kind"), label_of(c, user, "kind_label"));
	show_detail(c, _("Roles"), roles != NULL ? roles : "");
	show_detail(c, _("Last day"), string_of(user, "until"));
	show_detail(c, _("Cases"), scope != NULL ? scope : "");
	/* Where to erase when a person's data is to go. */
	show_entries(c, user);
	free(roles);
	free(scope);
	json_decref(user);
}

/* ---- asking for changes ---- */

enum { PART_BYTES = 40 * 1024 };

/* Takes from `changes` what fits into one message: body's changes, and the person's data by number. */
static json_t *cut_part(json_t *changes, size_t *at, json_t *person)
{
	json_t *part = json_array();
	size_t used = 0;

	for (; *at < json_array_size(changes); (*at)++) {
		json_t *change = json_copy(json_array_get(changes, *at)), *who = json_object_get(change, "person");
		size_t size = json_dumpb(change, NULL, 0, JSON_COMPACT) + 8;
		char number[24];

		if (used > 0 && used + size > PART_BYTES) {
			json_decref(change);
			break;
		}
		used += size;
		(void)snprintf(number, sizeof number, "%zu", json_array_size(part) + 1);
		if (who != NULL)
			(void)json_object_set(person, number, who);
		(void)json_object_del(change, "person");
		(void)json_array_append_new(part, change);
	}
	return part;
}

/* 0: refused, which has been said. */
static uint64_t send_part(struct console *c, json_t *changes, size_t *at, uint64_t after, const char *proof)
{
	json_t *person = json_object(), *part = cut_part(changes, at, person), *answer = NULL;
	json_t *body = json_pack("{s:o}", "changes", part);
	uint64_t seq = 0;
	enum err err;

	if (after != 0)
		(void)json_object_set_new(body, "after", json_integer((json_int_t)after));
	if (*at < json_array_size(changes))
		(void)json_object_set_new(body, "more", json_true());
	err = keeper_do_quietly(
		c, (struct deed){.act = "people.requested", .body = body, .person = person, .proof = proof}, &answer);
	if (err == ERR_OK)
		seq = number_of(answer, "seq");
	else if (err == ERR_DENIED)
		words_refusal(c, answer);
	if (err == ERR_OK && *at == json_array_size(changes))
		words_receipt(c, answer);
	json_decref(answer);
	return seq;
}

void people_request(struct console *c, json_t *changes)
{
	char proof[PASSWORD_SIZE];
	uint64_t first = 0, seq = 0;
	size_t at = 0;

	if (ask_proof(c, proof)) {
		do {
			seq = send_part(c, changes, &at, first, proof);
			first = first == 0 ? seq : first;
		} while (seq != 0 && at < json_array_size(changes));
		explicit_bzero(proof, sizeof proof);
		if (seq != 0)
			SAY(c,
			    _("Another person must approve it now: user approve %llu. An older request of yours that "
			      "nobody approved is replaced by it."),
			    (unsigned long long)first);
	}
	json_decref(changes);
}

/* Text of a field; "" leaves it as it is. False: left. */
static bool ask_detail(struct console *c, const char *field, const char *label, const char *given, enum text_need need,
		       json_t *person)
{
	char prompt[128], *text;

	(void)snprintf(prompt, sizeof prompt, "%s: ", label);
	text = ask_text(c, prompt, given, need);
	if (text == NULL)
		return false;
	if (strcmp(text, given) != 0)
		(void)json_object_set_new(person, field, json_string(text));
	free(text);
	return true;
}

static bool ask_person(struct console *c, json_t *user, json_t *person)
{
	for (size_t i = 0; i < DETAILS; i++)
		if (!ask_detail(c, details[i].field, _(details[i].label), string_of(user, details[i].field),
				i < 2 ? TEXT_NEEDED : TEXT_MAY_BE_EMPTY, person))
			return false;
	return true;
}

/* Roles that this kind of account may hold. */
static json_t *roles_for(json_t *choices, const char *kind)
{
	json_t *fit = json_array(), *role;
	size_t i;

	json_array_foreach (json_object_get(choices, "roles"), i, role) {
		const char *of = string_of(role, "kind");
		bool fits = strcmp(kind, "auditor") == 0    ? strcmp(of, "observes") == 0
			    : strcmp(kind, "external") == 0 ? strcmp(of, "outside") == 0
							    : strcmp(of, "outside") != 0;

		if (fits)
			(void)json_array_append(fit, role);
	}
	return fit;
}

static bool ask_roles(struct console *c, json_t *choices, const char *kind, json_t *change)
{
	json_t *fit = roles_for(choices, kind);
	json_t *roles = ask_several(c, _("Which roles?"), fit, "label");

	json_decref(fit);
	if (roles != NULL)
		(void)json_object_set_new(change, "roles", roles);
	return roles != NULL;
}

/* Numbers of cases, divided by spaces. */
static json_t *read_cases(const char *text)
{
	json_t *cases = json_array();
	size_t len;

	for (const char *at = text; *(at += strspn(at, " ,")) != '\0'; at += len) {
		len = strcspn(at, " ,");
		(void)json_array_append_new(cases, json_stringn(at, len));
	}
	return cases;
}

static bool ask_limits(struct console *c, const char *kind, json_t *change)
{
	bool needs = strcmp(kind, "auditor") == 0 || strcmp(kind, "external") == 0;
	char *text = ask_day(c, _("Last day, such as 2027-03-31 (Enter: none): "), "",
			     needs ? TEXT_NEEDED : TEXT_MAY_BE_EMPTY);

	if (text == NULL)
		return false;
	if (text[0] != '\0')
		(void)json_object_set_new(change, "until", json_string(text));
	free(text);
	if (strcmp(kind, "external") != 0)
		return true;
	text = ask_text(c, _("Numbers of the cases that may be seen: "), c->about, TEXT_NEEDED);
	if (text != NULL)
		(void)json_object_set_new(change, "scope", read_cases(text));
	free(text);
	return text != NULL;
}

void people_add(struct console *c, const struct call *call)
{
	json_t *choices = keeper_view(c, "people_choices", NULL, 0), *change, *person;
	int chosen;

	(void)call;
	if (choices == NULL)
		return;
	if (!words_allowed(c, choices, "people.requested")) {
		json_decref(choices);
		return;
	}
	chosen = ask_one(c, _("What kind of account?"), json_object_get(choices, "kinds"), "label");
	person = json_object();
	change = json_pack("{s:s, s:o}", "do", "add", "person", person);
	if (chosen >= 0) {
		const char *kind = string_of(json_array_get(json_object_get(choices, "kinds"), (size_t)chosen), "id");

		(void)json_object_set_new(change, "kind", json_string(kind));
		if (ask_person(c, NULL, person) && ask_roles(c, choices, kind, change) && ask_limits(c, kind, change))
			people_request(c, json_pack("[O]", change));
	}
	json_decref(change);
	json_decref(choices);
}

enum { CHANGE_PERSON, CHANGE_ROLES, CHANGE_UNTIL, CHANGE_SCOPE };

static bool ask_until(struct console *c, json_t *user, json_t *change)
{
	char *text = ask_day(c, _("Last day, such as 2027-03-31 (Enter: none): "), string_of(user, "until"),
			     TEXT_MAY_BE_EMPTY);

	if (text != NULL)
		(void)json_object_set_new(change, "until", json_string(text));
	free(text);
	return text != NULL;
}

static bool ask_scope(struct console *c, json_t *user, json_t *change)
{
	char *given = joined(c, json_object_get(user, "scope"), ""), *text;

	text = ask_text(c, _("Numbers of the cases that may be seen: "), given != NULL ? given : "", TEXT_NEEDED);
	if (text != NULL)
		(void)json_object_set_new(change, "scope", read_cases(text));
	free(given);
	free(text);
	return text != NULL;
}

/* False: left, or nothing is different. */
static bool ask_change(struct console *c, json_t *user, json_t *change)
{
	json_t *what = json_pack("[{s:s}, {s:s}, {s:s}, {s:s}]", "label", _("Name, section, contact"), "label",
				 _("Roles"), "label", _("Last day"), "label", _("Cases (external accounts)"));
	json_t *choices = keeper_view(c, "people_choices", NULL, 0), *person = json_object();
	bool done = false;

	switch (choices != NULL ? ask_one(c, _("What is to be changed?"), what, "label") : -1) {
	case CHANGE_PERSON:
		done = ask_person(c, user, person) && json_object_size(person) > 0;
		if (done)
			(void)json_object_set(change, "person", person);
		break;
	case CHANGE_ROLES:
		done = ask_roles(c, choices, string_of(user, "kind"), change);
		break;
	case CHANGE_UNTIL:
		done = ask_until(c, user, change);
		break;
	case CHANGE_SCOPE:
		done = ask_scope(c, user, change);
		break;
	default:
		break;
	}
	json_decref(what);
	json_decref(choices);
	json_decref(person);
	return done;
}

void people_change(struct console *c, const struct call *call)
{
	json_t *user = people_named(c, call), *change;

	if (user == NULL)
		return;
	show_row_of(c, user);
	change = json_pack("{s:s, s:s}", "do", "change", "user", string_of(user, "id"));
	if (ask_change(c, user, change))
		people_request(c, json_pack("[O]", change));
	else
		SAY(c, "%s", _("Nothing was asked for."));
	json_decref(change);
	json_decref(user);
}

static void ask_for(struct console *c, const struct call *call, const char *what, const char *question)
{
	json_t *user = people_named(c, call);

	if (user == NULL)
		return;
	show_row_of(c, user);
	if (ask_yes(c, question))
		people_request(c, json_pack("[{s:s, s:s}]", "do", what, "user", string_of(user, "id")));
	json_decref(user);
}

void people_end(struct console *c, const struct call *call)
{
	ask_for(c, call, "end", _("This account ends for good, with its sessions. Ask for it?"));
}

void people_reset(struct console *c, const struct call *call)
{
	ask_for(c, call, "reset",
		_("Whoever approves it gets a first password; the present one is good for nothing then. Ask for it?"));
}

/* ---- approving ---- */

static void show_request(struct console *c, json_t *request)
{
	struct buf line;

	buf_init(&line, 4096);
	buf_addf(&line, _("%7llu  %s  %llu changes  asked by %s"), (unsigned long long)number_of(request, "request"),
		 label_of(c, request, "state_label"), (unsigned long long)number_of(request, "count"),
		 string_of(request, "by_name"));
	if (string_of(request, "approved_by_name")[0] != '\0')
		buf_addf(&line, _(", approved by %s"), string_of(request, "approved_by_name"));
	show_line(c, 9, &line);
	buf_fini(&line);
	if (string_of(request, "reason")[0] != '\0')
		terminal_put(c->terminal, 9, "         %s", string_of(request, "reason"));
}

void people_requests(struct console *c, const struct call *call)
{
	json_t *view = keeper_view(c, "people_requests", NULL, 0), *request;
	size_t i;

	(void)call;
	json_array_foreach (json_object_get(view, "requests"), i, request)
		show_request(c, request);
	if (view != NULL && json_array_size(json_object_get(view, "requests")) == 0)
		SAY(c, "%s", _("No change of people was asked for."));
	json_decref(view);
}

static void show_change(struct console *c, json_t *change)
{
	json_t *line;
	size_t i;

	terminal_put(c->terminal, 6, "%4llu  %s  %s %s  %s", (unsigned long long)number_of(change, "n"),
		     label_of(c, change, "do_label"), string_of(change, "user"), string_of(change, "name"),
		     label_of(c, change, "kind_label"));
	json_array_foreach (json_object_get(change, "lines"), i, line) {
		const char *before = string_of(line, "before"), *after = string_of(line, "after");

		if (before[0] != '\0')
			terminal_put(c->terminal, 10, "        %s: %s -> %s", label_of(c, line, "label"), before,
				     after[0] != '\0' ? after : _("(none)"));
		else
			terminal_put(c->terminal, 10, "        %s: %s", label_of(c, line, "label"), after);
	}
}

/* The number of the request that waits, when there is one only. 0: none or several, which has been said. */
static uint64_t the_one(struct console *c)
{
	json_t *view = keeper_view(c, "people_requests", NULL, 0), *request;
	uint64_t number = 0;
	size_t i, waiting = 0;

	json_array_foreach (json_object_get(view, "requests"), i, request)
		if (strcmp(string_of(request, "state"), "asked") == 0) {
			waiting++;
			number = number_of(request, "request");
		}
	if (view != NULL && waiting == 0)
		SAY(c, "%s", _("No change of people awaits approval."));
	if (waiting > 1) {
		SAY(c, "%s", _("! Several await approval. Say which: user approve NUMBER"));
		json_array_foreach (json_object_get(view, "requests"), i, request)
			if (strcmp(string_of(request, "state"), "asked") == 0)
				show_request(c, request);
	}
	json_decref(view);
	return waiting == 1 ? number : 0;
}

static void show_passwords(struct console *c, json_t *receipt)
{
	json_t *passwords = json_object_get(receipt, "passwords"), *one;
	size_t i;

	words_receipt(c, receipt);
	if (passwords == NULL) {
		SAY(c, "%s",
		    _("First passwords are shown once only, and this is not the first answer. If somebody got none, "
		      "ask for a new one: user reset WHO"));
		return;
	}
	if (json_array_size(passwords) > 0)
		SAY(c, "%s",
		    _("First passwords. They are shown now and never again; hand each over in person. An envelope's goes "
		      "into the safe."));
	json_array_foreach (passwords, i, one) {
		struct buf line;

		buf_init(&line, 1024);
		buf_adds(&line, "  ");
		layout_pad(&line, string_of(one, "login"), 16);
		buf_addf(&line, " %s  %s", string_of(one, "password"), string_of(one, "name"));
		show_line(c, 4, &line);
		if (line.data != NULL)
			explicit_bzero(line.data, line.size);
		buf_fini(&line);
	}
}

static void approve(struct console *c, json_t *request)
{
	char proof[PASSWORD_SIZE];
	json_t *answer = NULL, *body;
	enum err err;

	if (!ask_proof(c, proof))
		return;
	body = json_pack("{s:I, s:I}", "request", (json_int_t)number_of(request, "request"), "changes",
			 (json_int_t)number_of(request, "count"));
	SAY(c, "%s", _("One moment; first passwords take a while to make."));
	err = keeper_do_quietly(c, (struct deed){.act = "people.approved", .body = body, .proof = proof}, &answer);
	explicit_bzero(proof, sizeof proof);
	if (err == ERR_OK)
		show_passwords(c, answer);
	else if (err == ERR_DENIED)
		words_refusal(c, answer);
	json_decref(answer);
}

void people_approve(struct console *c, const struct call *call)
{
	const char *typed = argument(call, "NUMBER");
	uint64_t number = 0;
	json_t *request, *change;
	char about[24];
	size_t i;

	if (typed == NULL)
		number = the_one(c);
	else if (!record_number(typed, &number))
		SAY(c, _("! '%s' is no number of an entry."), typed);
	if (number == 0)
		return;
	(void)snprintf(about, sizeof about, "%llu", (unsigned long long)number);
	request = keeper_view(c, "people_request", about, 0);
	if (request == NULL)
		return;
	if (strcmp(string_of(request, "state"), "asked") != 0) {
		SAY(c, "%s", _("! No change of people with this number awaits approval: user requests"));
	} else {
		show_request(c, request);
		json_array_foreach (json_object_get(request, "changes"), i, change)
			show_change(c, change);
		if (ask_yes(c, _("Approve all of this?")))
			approve(c, request);
	}
	json_decref(request);
}

/* ---- absence ---- */

/* Own, unless somebody is named. False: there is nobody of this name, or the question was left. */
static bool add_whose(struct console *c, const struct call *call, json_t *body)
{
	json_t *user;

	if (argument_rest(call, "WHO") == NULL)
		return true;
	user = people_named(c, call);
	if (user != NULL)
		(void)json_object_set_new(body, "user", json_string(string_of(user, "id")));
	json_decref(user);
	return user != NULL;
}

/* Enter alone: no deputy. */
static bool add_deputy(struct console *c, json_t *body)
{
	char *whom = ask_text(c, _("Deputy, who seals reports meanwhile (login, name or number; Enter: nobody): "), "",
			      TEXT_MAY_BE_EMPTY);
	json_t *people = whom != NULL && whom[0] != '\0' ? keeper_view(c, "people", NULL, 0) : NULL;
	json_t *user = people != NULL ? find(people, whom) : NULL;
	bool good = whom != NULL && (whom[0] == '\0' || user != NULL);

	if (user != NULL)
		(void)json_object_set_new(body, "deputy", json_string(string_of(user, "id")));
	else if (people != NULL)
		SAY(c, _("! There is nobody called '%s'. They are listed by: user list"), whom);
	json_decref(people);
	free(whom);
	return good;
}

void people_absent(struct console *c, const struct call *call)
{
	json_t *body = json_object();
	char *until = NULL;

	if (add_whose(c, call, body))
		until = ask_day(c, _("Last day of the absence, such as 2027-03-31: "), "", TEXT_NEEDED);
	if (until != NULL && add_deputy(c, body)) {
		(void)json_object_set_new(body, "until", json_string(until));
		(void)keeper_do(c, (struct deed){.act = "user.absent", .body = json_incref(body)});
	}
	free(until);
	json_decref(body);
}

void people_back(struct console *c, const struct call *call)
{
	json_t *body = json_object();

	if (add_whose(c, call, body))
		(void)keeper_do(c, (struct deed){.act = "user.back", .body = json_incref(body)});
	json_decref(body);
}
