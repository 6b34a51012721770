/* The call sheet on 80 columns. */
#include "console/contact.h"

#include "console/case.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/layout.h"
#include "console/show.h"
#include "console/when.h"
#include "console/words.h"

#include <string.h>

static const char *sign_of(const char *state)
{
	return strcmp(state, "reached") == 0 ? "■" : strcmp(state, "held_back") == 0 ? "−" : "□";
}

static void add_clock(const struct console *c, json_t *object, const char *key, int64_t now_ms, struct buf *line)
{
	char clock[WHEN_SIZE];

	if (wall_of(object, key) < 0)
		return;
	when_format(clock, wall_of(object, key), now_ms, c->lang);
	buf_addf(line, " %s", clock);
}

static void show_whom(struct console *c, size_t number, json_t *contact, int64_t now_ms)
{
	const char *result = string_of(contact, "result_label");
	struct buf line = {.cap = 4096};

	buf_addf(&line, "%2zu %s %s", number, sign_of(string_of(contact, "state")), label_of(c, contact, "label"));
	if (strcmp(string_of(contact, "need"), "when") == 0)
		buf_adds(&line, _("  (if need be)"));
	if (string_of(contact, "within")[0] != '\0')
		buf_addf(&line, "  %s", string_of(contact, "within"));
	if (wall_of(contact, "due") >= 0) {
		buf_adds(&line, _("  until"));
		add_clock(c, contact, "due", now_ms, &line);
	}
	if (strcmp(string_of(contact, "state"), "open") != 0) {
		buf_addf(&line, "  [%s", result[0] != '\0' ? result : string_of(contact, "state_label"));
		add_clock(c, contact, "at", now_ms, &line);
		buf_adds(&line, "]");
	}
	show_line(c, 5, &line);
	buf_fini(&line);
}

static void show_person(struct console *c, json_t *person)
{
	json_t *number;
	struct buf line = {.cap = 4096};
	size_t i;

	buf_addf(&line, "     %s", string_of(person, "name"));
	json_array_foreach (json_object_get(person, "numbers"), i, number)
		buf_addf(&line, _("  %s (%s)"), string_of(number, "number"), string_of(number, "label"));
	if (string_of(person, "note")[0] != '\0')
		buf_addf(&line, "  %s", string_of(person, "note"));
	if (string_of(person, "mail")[0] != '\0')
		buf_addf(&line, "  %s", string_of(person, "mail"));
	if (is_true(person, "is_away") && string_of(person, "away")[0] != '\0')
		buf_addf(&line, _("  [away; deputy %s]"), string_of(person, "away"));
	else if (is_true(person, "is_away"))
		buf_adds(&line, _("  [away]"));
	show_line(c, 7, &line);
	buf_fini(&line);
}

static void show_contact(struct console *c, size_t number, json_t *contact, int64_t now_ms)
{
	json_t *people = json_object_get(contact, "people"), *person;
	bool is_held_back = strcmp(string_of(contact, "state"), "held_back") == 0;
	size_t i;

	show_whom(c, number, contact, now_ms);
	json_array_foreach (people, i, person)
		show_person(c, person);
	if (json_array_size(people) == 0 && !is_held_back)
		SAY(c, "%s", _("     no number known"));
	if (string_of(contact, "say")[0] != '\0' && !is_held_back)
		terminal_put(c->terminal, 7, _("     Say: %s"), string_of(contact, "say"));
}

/* What must be known before a number on it is trusted. */
static void show_notes(struct console *c, json_t *sheet)
{
	json_t *fault;
	size_t i;

	if (strcmp(string_of(sheet, "hours"), "unknown") == 0)
		SAY(c, "%s", _("! The clock is not set; both numbers are shown."));
	else if (!is_true(sheet, "holidays"))
		SAY(c, "%s",
		    _("! No holiday of this year is known; on a holiday the numbers for after hours hold. The "
		      "administrator renews the table of holidays."));
	json_array_foreach (json_object_get(sheet, "faults"), i, fault)
		SAY(c, _("! %s. The administrator mends the file; what was read before is shown."),
		    json_string_value(fault));
	if (is_true(sheet, "drill"))
		SAY(c, "%s", _("! A drill: nobody outside is called."));
}

static void show_sheet(struct console *c, json_t *sheet)
{
	int64_t now_ms = wall_of(sheet, "time");
	json_t *contact;
	struct buf line = {.cap = 4096};
	size_t i;

	buf_addf(&line, "%s", _("■ Call sheet"));
	if (string_of(sheet, "about")[0] != '\0')
		buf_addf(&line, "  %s", string_of(sheet, "about"));
	if (now_ms >= 0) {
		char clock[WHEN_SIZE];

		when_full(clock, now_ms, c->lang);
		buf_addf(&line, "  %s", clock);
	}
	buf_addf(&line, "  %s", string_of(sheet, "hours_label"));
	show_line(c, 2, &line);
	buf_fini(&line);
	show_notes(c, sheet);
	json_array_foreach (json_object_get(sheet, "contacts"), i, contact)
		show_contact(c, i + 1, contact, now_ms >= 0 ? now_ms : wall_now());
}

/* The case that is named, or in hand, or the only one that is open; NULL: the sheet of no case. */
static const char *case_of(const struct console *c, const struct call *call)
{
	const char *named = argument(call, "CASE");
	json_t *open = json_object_get(c->now, "incidents");

	if (named != NULL)
		return named;
	if (c->about[0] != '\0')
		return c->about;
	return json_array_size(open) == 1 ? string_of(json_array_get(open, 0), "about") : NULL;
}

void contact_sheet(struct console *c, const struct call *call)
{
	const char *about = case_of(c, call);
	json_t *sheet = keeper_view(c, "call_sheet", about, 0);

	if (sheet == NULL)
		return;
	show_sheet(c, sheet);
	if (about != NULL)
		SAY(c, "%s", _("Note each call: contact made"));
	json_decref(sheet);
}

void contact_open_sheet(struct console *c)
{
	json_t *params = json_object(), *sheet = NULL;
	enum err err = keeper_ask(c, "call_sheet", params, &sheet);

	if (err == ERR_OK)
		show_sheet(c, sheet);
	else if (err == ERR_DENIED)
		words_refusal(c, sheet);
	if (err == ERR_OK)
		SAY(c, "%s", _("Write down whom you called and when; whoever logs in next records it."));
	json_decref(sheet);
	json_decref(params);
}
