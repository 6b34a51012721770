#include "console/commission.h"

#include "console/ask.h"
#include "console/keeper.h"
#include "console/layout.h"
#include "console/screen.h"
#include "console/show.h"
#include "console/when.h"
#include "console/words.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { UPLINKS_MOST = 4, ADMINISTRATORS = 2, SETTLE_MS = 250, SETTLE_TRIES = 240, CALL_MS = 15000 };

enum way { FORWARD, BACK, AGAIN, LEFT, DONE };

struct dialogue {
	struct console *c;
	json_t *view;    /* the answer of commission.show */
	json_t *typed;   /* by the last ask_all */
	bool is_refused; /* … and it was not taken: it is given when the same is asked again */
};

/* ---- the keeper ----------------------------------------------------------------------------------------- */

static json_t *answer_of(const struct dialogue *d, const char *key)
{
	return json_object_get(json_object_get(d->view, "answers"), key);
}

/* Takes `view`. */
static void look_at(struct dialogue *d, json_t *view)
{
	json_decref(d->view);
	d->view = view;
}

/* FORWARD; DONE when there is a record by now; LEFT. */
static enum way refresh(struct dialogue *d)
{
	json_t *params = json_object(), *view = NULL;
	enum err err = keeper_ask(d->c, "commission.show", params, &view);

	json_decref(params);
	if (err == ERR_OK) {
		look_at(d, view);
		return FORWARD;
	}
	json_decref(view);
	return err == ERR_DENIED ? DONE : LEFT;
}

/* FORWARD: taken. AGAIN: not, which has been said. Takes `values`. */
static enum way put(struct dialogue *d, json_t *values)
{
	json_t *params = json_pack("{s:O, s:o}", "revision", json_object_get(d->view, "revision"), "values", values);
	json_t *result = NULL;
	enum err err = keeper_ask(d->c, "commission.put", params, &result);
	bool is_other = strcmp(string_of(result, "code"), "conflict") == 0;

	json_decref(params);
	if (err == ERR_OK) {
		look_at(d, result);
		return FORWARD;
	}
	if (err == ERR_DENIED && strcmp(string_of(result, "code"), "unknown_method") == 0) {
		json_decref(result);
		return DONE;
	}
	if (err == ERR_DENIED)
		words_refusal(d->c, result);
	json_decref(result);
	if (err != ERR_DENIED)
		return LEFT;
	d->is_refused = true;
	return is_other && refresh(d) != FORWARD ? LEFT : AGAIN;
}

/* ---- questions ------------------------------------------------------------------------------------------ */

/* "0" alone, at any question, goes one step back. */
static bool is_zero(const char *text)
{
	return strcmp(text, "0") == 0 || strcmp(text, "０") == 0;
}

/* FORWARD: *out is the caller's to free; without spaces at both ends. */
static enum way ask(struct dialogue *d, const char *prompt, const char *given, enum text_need need, char **out)
{
	char *line = ask_text(d->c, prompt, given, need);
	size_t from, to;

	if (line == NULL)
		return LEFT;
	from = strspn(line, " ");
	to = strlen(line);
	while (to > from && line[to - 1] == ' ')
		to--;
	memmove(line, line + from, to - from);
	line[to - from] = '\0';
	if (is_zero(line)) {
		free(line);
		return BACK;
	}
	*out = line;
	return FORWARD;
}

/* The same for names that only have letters and digits: an input method left switched on does no harm. */
static enum way ask_word(struct dialogue *d, const char *prompt, const char *given, char **out)
{
	enum way way = ask(d, prompt, given, TEXT_NEEDED, out);
	struct buf narrow;

	if (way != FORWARD)
		return way;
	buf_init(&narrow, 8192);
	layout_narrow(&narrow, *out);
	free(*out);
	*out = strdup(narrow.data != NULL ? narrow.data : "");
	buf_fini(&narrow);
	return *out != NULL ? FORWARD : LEFT;
}

/* A member of an object, and how it is asked for. */
struct question {
	const char *key, *prompt;
	enum text_need need;
	bool is_word;
};

/* Asks all of them; what stood in `before` is given, or what was typed when the step was refused. */
static enum way ask_all(struct dialogue *d, const struct question *questions, size_t count, json_t *before,
			json_t *into)
{
	json_t *given = json_incref(d->is_refused ? d->typed : before);
	enum way way = FORWARD;

	d->is_refused = false;
	for (size_t i = 0; i < count && way == FORWARD; i++) {
		const struct question *q = &questions[i];
		char *text = NULL;

		way = q->is_word ? ask_word(d, _(q->prompt), string_of(given, q->key), &text)
				 : ask(d, _(q->prompt), string_of(given, q->key), q->need, &text);
		if (way == FORWARD && text[0] != '\0')
			(void)json_object_set_new(into, q->key, json_string(text));
		free(text);
	}
	json_decref(given);
	json_decref(d->typed);
	d->typed = json_copy(into);
	return way;
}

/* One of at most three; 0 goes back. */
static enum way ask_go_on(struct dialogue *d, const char *title, bool may_go_on)
{
	json_t *options = json_array();
	int chosen;

	if (may_go_on)
		(void)json_array_append_new(options, json_pack("{s:s, s:s}", "id", "on", "label", _("Go on")));
	(void)json_array_append_new(options, json_pack("{s:s, s:s}", "id", "look", "label", _("Look again")));
	(void)json_array_append_new(options, json_pack("{s:s, s:s}", "id", "back", "label", _("One step back")));
	chosen = ask_one(d->c, title, options, "label");
	json_decref(options);
	if (chosen < 0)
		return terminal_interrupted(d->c->terminal) ? LEFT : BACK;
	if (!may_go_on)
		chosen++;
	return chosen == 0 ? FORWARD : chosen == 1 ? AGAIN : BACK;
}

/* ---- step 1: organisation and box ----------------------------------------------------------------------- */

/* "DOMAIN/SERIAL/1" taken apart. */
static json_t *box_before(const struct dialogue *d)
{
	const char *origin = json_string_value(answer_of(d, "origin"));
	json_t *before =
		json_pack("{s:s}", "organisation",
			  answer_of(d, "organisation") != NULL ? json_string_value(answer_of(d, "organisation")) : "");
	size_t domain = origin != NULL ? strcspn(origin, "/") : 0;

	if (domain > 0 && origin[domain] == '/') {
		const char *serial = origin + domain + 1;

		(void)json_object_set_new(before, "domain", json_stringn(origin, domain));
		(void)json_object_set_new(before, "serial", json_stringn(serial, strcspn(serial, "/")));
	}
	return before;
}

static enum way step_box(struct dialogue *d)
{
	static const struct question questions[] = {
		{"organisation", N_("Name of the organisation: "), TEXT_NEEDED, false},
		{"domain", N_("Its Internet domain, such as vill.mihon.example: "), TEXT_NEEDED, true},
		{"serial", N_("Serial number of this box, from its type plate: "), TEXT_NEEDED, true}};
	json_t *before = box_before(d), *typed = json_object();
	enum way way = ask_all(d, questions, sizeof questions / sizeof questions[0], before, typed);

	if (way == FORWARD)
		way = put(d,
			  json_pack("{s:O, s:o}", "organisation", json_object_get(typed, "organisation"), "origin",
				    json_sprintf("%s/%s/1", string_of(typed, "domain"), string_of(typed, "serial"))));
	json_decref(before);
	json_decref(typed);
	return way;
}

/* ---- step 2: the pack ----------------------------------------------------------------------------------- */

static json_t *find_by(json_t *list, const char *key, const char *value)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strcmp(string_of(item, key), value) == 0)
			return item;
	return NULL;
}

static json_t *pack_options(const struct dialogue *d)
{
	json_t *options = json_array(), *pack;
	size_t i;

	json_array_foreach (json_object_get(d->view, "packs"), i, pack)
		(void)json_array_append_new(
			options, json_pack("{s:O, s:o}", "id", json_object_get(pack, "id"), "label",
					   json_sprintf(_("%s (%s, version %s; %s)"), string_of(pack, "name"),
							string_of(pack, "id"), string_of(pack, "version"),
							string_of(pack, "source"))));
	return options;
}

/* What the pack leaves to the organisation. */
static enum way ask_values(struct dialogue *d, json_t *pack, json_t *values)
{
	json_t *variable;
	size_t i;

	json_array_foreach (json_object_get(pack, "site"), i, variable) {
		json_t *before = find_by(answer_of(d, "site"), "name", string_of(variable, "id"));
		const char *usual = string_of(variable, "default");
		char prompt[256], *text = NULL;
		enum way way;

		(void)snprintf(prompt, sizeof prompt, "%s: ", label_of(d->c, variable, "label"));
		way = ask(d, prompt, before != NULL ? string_of(before, "value") : usual,
			  usual[0] != '\0' ? TEXT_MAY_BE_EMPTY : TEXT_NEEDED, &text);
		if (way != FORWARD)
			return way;
		if (text[0] != '\0' && strcmp(text, usual) != 0)
			(void)json_array_append_new(
				values, json_pack("{s:s, s:s}", "name", string_of(variable, "id"), "value", text));
		free(text);
	}
	return FORWARD;
}

static enum way step_pack(struct dialogue *d)
{
	json_t *options = pack_options(d), *values = json_array();
	int chosen = ask_one(d->c, _("Whose procedure does the organisation follow?"), options, "label");
	json_t *pack = chosen >= 0 ? json_array_get(json_object_get(d->view, "packs"), (size_t)chosen) : NULL;
	enum way way = chosen < 0 && terminal_interrupted(d->c->terminal) ? LEFT : BACK;

	if (pack != NULL)
		way = ask_values(d, pack, values);
	if (way == FORWARD)
		way = put(d, json_pack("{s:O, s:O}", "pack", json_object_get(pack, "id"), "site", values));
	json_decref(values);
	json_decref(options);
	return way;
}

/* ---- step 3: the media ---------------------------------------------------------------------------------- */

static void show_medium(struct console *c, size_t number, json_t *medium)
{
	if (string_of(medium, "why")[0] != '\0')
		SAY(c, "! %zu  %s", number, string_of(medium, "why"));
	else
		SAY(c, _("  %zu  %s  %.1f GB, %.1f GB of it free"), number, string_of(medium, "home"),
		    (double)number_of(medium, "size") / 1e9, (double)number_of(medium, "free") / 1e9);
	if (is_true(medium, "same"))
		SAY(c, "%s",
		    _("! Both are on one device: when it breaks both are gone. For good use each needs one of its own."));
}

static enum way step_media(struct dialogue *d)
{
	json_t *media, *medium;
	bool all_well = true;
	enum way way = refresh(d);
	size_t i;

	if (way != FORWARD)
		return way;
	media = json_object_get(d->view, "media");
	json_array_foreach (media, i, medium) {
		show_medium(d->c, i + 1, medium);
		all_well = all_well && string_of(medium, "why")[0] == '\0';
	}
	if (json_array_size(media) < 2)
		SAY(d->c, "%s",
		    _("! There is only one medium. When it breaks, the record is lost. A second one is named in "
		      "kannuki.yaml (mirror) before the box is set up."));
	return ask_go_on(
		d, all_well ? _("Is the record to be kept there?") : _("There the record cannot be kept. Mend it."),
		all_well);
}

/* ---- step 4: the uplinks -------------------------------------------------------------------------------- */

static size_t uplinks_of_panel(const struct dialogue *d)
{
	json_t *uplink;
	size_t i, count = 0;

	json_array_foreach (json_object_get(json_object_get(d->view, "panel"), "uplinks"), i, uplink)
		count += strcmp(string_of(uplink, "state"), "absent") != 0;
	return count;
}

static const char *state_word(json_t *uplink)
{
	const char *state = string_of(uplink, "state");

	return strcmp(state, "connected") == 0 ? _("connected") : strcmp(state, "cut") == 0 ? _("cut") : _("not clear");
}

static void tell_panel(struct dialogue *d)
{
	json_t *panel = json_object_get(d->view, "panel"), *seen = json_object_get(d->view, "seen"), *uplink;
	size_t i;

	if (number_of(seen, "size") > 0)
		SAY(d->c,
		    _("! The panel's controller has seen a record of %llu entries: this box, or the panel, was in use "
		      "before. If it is this box, stop here and put its medium back."),
		    (unsigned long long)number_of(seen, "size"));
	if (!is_true(panel, "controller_present")) {
		SAY(d->c, "%s",
		    _("! The panel does not answer. The uplinks can be named without it; the test of the switch "
		      "needs it."));
		return;
	}
	SAY(d->c, "%s", _("The panel says:"));
	json_array_foreach (json_object_get(panel, "uplinks"), i, uplink)
		if (strcmp(string_of(uplink, "state"), "absent") != 0)
			SAY(d->c, _("  uplink %llu: %s"), (unsigned long long)number_of(uplink, "uplink"),
			    state_word(uplink));
	SAY(d->c, "%s",
	    _("Whether an uplink holds or is cut while the box is away stands in the panel itself (its self-test "
	      "sheet)."));
}

static enum way ask_count(struct dialogue *d, size_t *count)
{
	for (;;) {
		char given[24] = "", *text = NULL;
		enum way way;

		if (json_array_size(answer_of(d, "uplinks")) > 0)
			(void)snprintf(given, sizeof given, "%zu", json_array_size(answer_of(d, "uplinks")));
		way = ask_word(d, _("How many uplinks does the panel switch (1 to 4)? "), given, &text);
		if (way != FORWARD)
			return way;
		*count = strtoul(text, NULL, 10);
		if (strlen(text) == 1 && *count >= 1 && *count <= UPLINKS_MOST) {
			free(text);
			return FORWARD;
		}
		SAY(d->c, _("! '%s' is not a number from 1 to 4."), text);
		free(text);
	}
}

/* Uplinks or people that are known so far, up to number `count`. */
static json_t *first_of(json_t *list, size_t count)
{
	json_t *some = json_array();

	for (size_t i = 0; i < count && i < json_array_size(list); i++)
		(void)json_array_append(some, json_array_get(list, i));
	return some;
}

/* Puts `one` in place `at` of a list. Takes `one`. */
static enum way put_one(struct dialogue *d, const char *key, size_t at, json_t *one)
{
	json_t *list = first_of(answer_of(d, key), at), *before = answer_of(d, key);

	(void)json_array_append_new(list, one);
	for (size_t i = at + 1; i < json_array_size(before); i++)
		(void)json_array_append(list, json_array_get(before, i));
	return put(d, json_pack("{s:o}", key, list));
}

static enum way ask_uplink(struct dialogue *d, size_t at)
{
	static const struct question questions[] = {
		{"id", N_("  Short name for commands (a-z, 0-9), such as internet: "), TEXT_NEEDED, true},
		{"label", N_("  What people call it: "), TEXT_NEEDED, false},
		{"stops", N_("  What stops for whom when it is cut (Enter: nothing to say): "), TEXT_MAY_BE_EMPTY,
		 false}};
	json_t *typed = json_object();
	enum way way;

	SAY(d->c, _("Uplink %zu"), at + 1);
	way = ask_all(d, questions, sizeof questions / sizeof questions[0], json_array_get(answer_of(d, "uplinks"), at),
		      typed);
	if (way == FORWARD)
		return put_one(d, "uplinks", at, typed);
	json_decref(typed);
	return way;
}

/* Asks for number 0 to count−1; going back leads to the one before. */
static enum way ask_each(struct dialogue *d, size_t count, enum way (*ask_for)(struct dialogue *d, size_t at))
{
	for (size_t at = 0; at < count;) {
		enum way way = ask_for(d, at);

		if (way == LEFT || way == DONE || (way == BACK && at == 0))
			return way;
		if (way == FORWARD)
			at++;
		else if (way == BACK)
			at--;
	}
	return FORWARD;
}

static enum way step_uplinks(struct dialogue *d)
{
	enum way way = refresh(d);
	size_t count;

	if (way != FORWARD)
		return way;
	tell_panel(d);
	count = uplinks_of_panel(d);
	if (count == 0)
		way = ask_count(d, &count);
	if (way == FORWARD)
		way = ask_each(d, count, ask_uplink);
	if (way == FORWARD && json_array_size(answer_of(d, "uplinks")) > count)
		way = put(d, json_pack("{s:o}", "uplinks", first_of(answer_of(d, "uplinks"), count)));
	return way;
}

/* ---- step 5: two administrators ------------------------------------------------------------------------- */

/* Those for people of the house. */
static json_t *role_options(const struct dialogue *d)
{
	const char *chosen = json_string_value(answer_of(d, "pack"));
	json_t *pack = find_by(json_object_get(d->view, "packs"), "id", chosen != NULL ? chosen : "");
	json_t *options = json_array(), *role;
	size_t i;

	json_array_foreach (json_object_get(pack, "roles"), i, role)
		if (strcmp(string_of(role, "kind"), "outside") != 0)
			(void)json_array_append_new(
				options, json_pack("{s:O, s:o, s:O}", "id", json_object_get(role, "id"), "label",
						   json_sprintf("%s%s", is_true(role, "two") ? "* " : "",
								label_of(d->c, role, "label")),
						   "two", json_object_get(role, "two")));
	return options;
}

static bool has_a_star(json_t *options, json_t *roles)
{
	json_t *role;
	size_t i;

	json_array_foreach (roles, i, role)
		if (is_true(find_by(options, "id", json_string_value(role)), "two"))
			return true;
	return false;
}

static enum way ask_roles(struct dialogue *d, json_t *person)
{
	json_t *options = role_options(d), *roles = NULL;

	while (roles == NULL) {
		roles = ask_several(d->c, _("  Roles; one of those marked * is needed to look after accounts:"),
				    options, "label");
		if (roles == NULL)
			break;
		if (has_a_star(options, roles))
			continue;
		SAY(d->c, "%s", _("! None of these roles may look after accounts. Choose one marked * as well."));
		json_decref(roles);
		roles = NULL;
	}
	json_decref(options);
	if (roles == NULL)
		return terminal_interrupted(d->c->terminal) ? LEFT : BACK;
	(void)json_object_set_new(person, "roles", roles);
	return FORWARD;
}

static enum way ask_person(struct dialogue *d, size_t at)
{
	static const struct question questions[] = {
		{"login", N_("  Login name (a-z, 0-9): "), TEXT_NEEDED, true},
		{"name", N_("  Full name: "), TEXT_NEEDED, false},
		{"section", N_("  Section (Enter: none): "), TEXT_MAY_BE_EMPTY, false},
		{"title", N_("  Post (Enter: none): "), TEXT_MAY_BE_EMPTY, false},
		{"phone", N_("  Telephone (Enter: none): "), TEXT_MAY_BE_EMPTY, false}};
	json_t *typed = json_object();
	enum way way;

	SAY(d->c, _("Administrator %zu"), at + 1);
	way = ask_all(d, questions, sizeof questions / sizeof questions[0], json_array_get(answer_of(d, "users"), at),
		      typed);
	if (way == FORWARD)
		way = ask_roles(d, typed);
	(void)json_object_set_new(typed, "password", json_string("first"));
	if (way == FORWARD)
		return put_one(d, "users", at, typed);
	json_decref(typed);
	return way;
}

static enum way step_people(struct dialogue *d)
{
	SAY(d->c, "%s",
	    _("Two people who look after accounts: one asks for a change, the other approves it. All others are added "
	      "by them later. Their first passwords are drawn at the end."));
	return ask_each(d, ADMINISTRATORS, ask_person);
}

/* ---- step 6: the clock ---------------------------------------------------------------------------------- */

static enum way step_clock(struct dialogue *d)
{
	enum way way = refresh(d);
	json_t *box_clock;
	char text[WHEN_SIZE] = "?";

	if (way != FORWARD)
		return way;
	box_clock = json_object_get(d->view, "clock");
	if (wall_of(box_clock, "time") >= 0)
		when_full(text, wall_of(box_clock, "time"), d->c->lang);
	if (strcmp(string_of(box_clock, "source"), "unset") == 0)
		SAY(d->c, "%s",
		    _("! The clock of this box was never set. The order of the entries is right all the same, their "
		      "hours are not. Have it set, then look again."));
	SAY(d->c, _("The clock of this box says: %s"), text);
	return ask_go_on(d, _("Compare it with a clock that is right, to the minute."), true);
}

/* ---- step 7: summary and the last word ------------------------------------------------------------------ */

static void show_answers(struct dialogue *d)
{
	struct console *c = d->c;
	json_t *answers = json_object_get(d->view, "answers"), *item;
	size_t i;

	SAY(c, _("  Organisation: %s"), string_of(answers, "organisation"));
	SAY(c, _("  Box:          %s"), string_of(answers, "origin"));
	SAY(c, _("  Pack:         %s"), string_of(answers, "pack"));
	json_array_foreach (json_object_get(answers, "site"), i, item)
		SAY(c, "    %s: %s", string_of(item, "name"), string_of(item, "value"));
	json_array_foreach (json_object_get(d->view, "media"), i, item)
		SAY(c, _("  Medium %zu:     %s"), i + 1, string_of(item, "home"));
	json_array_foreach (json_object_get(answers, "uplinks"), i, item)
		SAY(c, _("  Uplink %zu:     %s  %s"), i + 1, string_of(item, "id"), string_of(item, "label"));
	json_array_foreach (json_object_get(answers, "users"), i, item)
		SAY(c, _("  Administrator: %s  %s"), string_of(item, "login"), string_of(item, "name"));
}

static enum way step_end(struct dialogue *d)
{
	char *name = NULL;
	enum genesis genesis;
	enum way way = refresh(d);

	if (way != FORWARD)
		return way;
	show_answers(d);
	SAY(d->c, "%s",
	    _("What follows is done once in the life of this record. Paper, a pen and both administrators are needed "
	      "now."));
	way = ask_word(d, _("If all is right, type the name of the box as it stands above (0: one step back): "), "",
		       &name);
	if (way != FORWARD)
		return way;
	genesis = genesis_make(d->c, number_of(d->view, "revision"), name);
	free(name);
	if (genesis == GENESIS_REFUSED)
		return refresh(d) == FORWARD ? AGAIN : LEFT;
	return genesis == GENESIS_DONE ? DONE : LEFT;
}

/* ---- all of it ------------------------------------------------------------------------------------------ */

static const struct step {
	const char *title;
	const char *answer; /* what it leaves in the draft; NULL: nothing */
	enum way (*go)(struct dialogue *d);
} steps[] = {
	{N_("Organisation and box"), "origin", step_box},
	{N_("Procedure"), "pack", step_pack},
	{N_("Media of the record"), NULL, step_media},
	{N_("Uplinks"), "uplinks", step_uplinks},
	{N_("Two administrators"), "users", step_people},
	{N_("Clock"), NULL, step_clock},
	{N_("Summary"), NULL, step_end},
};
enum { STEPS = sizeof steps / sizeof steps[0] };

/* Where it was left; with all answers there, at the media, which are looked at each time. */
static size_t step_to_begin(const struct dialogue *d)
{
	size_t i = 0;

	while (i < STEPS && (steps[i].answer == NULL || json_array_size(answer_of(d, steps[i].answer)) > 0 ||
			     json_is_string(answer_of(d, steps[i].answer))))
		i++;
	return i < STEPS ? i : 2;
}

static bool choose_language(struct console *c)
{
	static const char *const names[] = {"日本語", "English"};
	json_t *options =
		json_pack("[{s:s, s:s}, {s:s, s:s}]", "id", "ja", "label", names[0], "id", "en", "label", names[1]);
	int chosen = c->ascii ? 1 : ask_one(c, "言語 / Language", options, "label");

	json_decref(options);
	if (chosen < 0)
		return false;
	if (!c->ascii && !terminal_knows_utf8(c->terminal)) {
		screen_use_ascii(c, true);
		chosen = 1;
	}
	c->lang = chosen == 1 ? LANG_EN : LANG_JA;
	lang_use(c->lang);
	return true;
}

static bool go_through(struct dialogue *d)
{
	enum way way = refresh(d);
	size_t at = way == FORWARD ? step_to_begin(d) : 0;

	if (way == FORWARD && at > 0)
		SAY(d->c, "%s", _("It was begun before. What was answered is kept, and it goes on where it was left."));
	while (way != LEFT && way != DONE) {
		SAY(d->c, _("■ Step %zu of %d: %s"), at + 1, STEPS, _(steps[at].title));
		way = steps[at].go(d);
		if (way == FORWARD && at + 1 < STEPS)
			at++;
		else if (way == BACK && at > 0)
			at--;
	}
	json_decref(d->typed);
	return way == DONE;
}

/* The keeper begins its work; it is not away. */
static void await_keeper(struct console *c)
{
	json_t *nothing = json_object();
	bool is_ready = false;

	client_close(c->client);
	c->client = NULL;
	for (int i = 0; i < SETTLE_TRIES && !is_ready; i++) {
		struct client *client = NULL;
		json_t *hello = NULL;

		(void)poll(NULL, 0, SETTLE_MS);
		if (client_open(c->peer, NULL, NULL, &client, NULL) != ERR_OK)
			continue;
		is_ready = client_call(client, "hello", nothing, CALL_MS, &hello, NULL) == ERR_OK &&
			   !is_true(hello, "commissioning");
		json_decref(hello);
		client_close(client);
	}
	json_decref(nothing);
}

bool commission_run(struct console *c)
{
	struct dialogue d = {.c = c};
	bool is_done;

	SAY(c, "Kannuki %s", KANNUKI_VERSION);
	if (!choose_language(c))
		return false;
	SAY(c, "%s",
	    _("This box has no record yet. It is set up now, in seven steps. 0 goes one step back; Ctrl-C leaves, and "
	      "what was answered is kept."));
	is_done = go_through(&d);
	json_decref(d.view);
	if (is_done) {
		SAY(c, "%s",
		    _("The box is set up; this dialogue is closed for ever. What is left to do: test the switch, with "
		      "both administrators at the panel. 'show now' says so until it is on record."));
		await_keeper(c);
	}
	return is_done;
}
