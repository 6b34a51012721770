#include "console/evidence.h"

#include "console/ask.h"
#include "console/case.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/show.h"
#include "console/spool.h"
#include "console/when.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

/* ---- which ---- */

static bool is_number(const char *text)
{
	return text != NULL && text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* The case that is named, or the one in hand: "evidence show 2" is about the latter. */
static const char *which_case(struct console *c, const struct call *call)
{
	const char *named = argument(call, "CASE");

	return named != NULL && !is_number(named) ? named : case_in_hand(c);
}

/* 0: none was named. */
static uint64_t named_number(const struct call *call)
{
	const char *named = argument(call, "EVIDENCE"), *first = argument(call, "CASE");

	if (named == NULL && is_number(first))
		named = first;
	return is_number(named) ? strtoull(named, NULL, 10) : 0;
}

static bool is_taken(json_t *row)
{
	return strcmp(string_of(row, "row"), "taken") == 0;
}

static json_t *find_row(json_t *view, uint64_t number)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(view, "evidence"), i, row)
		if (is_taken(row) && number_of(row, "evidence") == number)
			return row;
	return NULL;
}

static const char *what_of(json_t *row)
{
	json_t *details = json_object_get(row, "details");

	return json_is_object(details) ? string_of(details, "what") : _("(erased)");
}

static json_t *options_of(struct console *c, json_t *view)
{
	json_t *options = json_array(), *row;
	size_t i;

	json_array_foreach (json_object_get(view, "evidence"), i, row) {
		if (!is_taken(row))
			continue;
		(void)json_array_append_new(
			options, json_pack("{s:O, s:o}", "id", json_object_get(row, "evidence"), "label",
					   json_sprintf("%s  %s", label_of(c, row, "kind_label"), what_of(row))));
	}
	return options;
}

/* The piece that is named, or chosen now; borrowed from the view. NULL: none, which has been said. */
static json_t *choose(struct console *c, const struct call *call, json_t *view)
{
	json_t *options = options_of(c, view), *row = NULL;
	uint64_t number = named_number(call);
	int chosen = 0;

	if (json_array_size(options) == 0)
		SAY(c, "%s", _("No evidence is recorded yet. Begin with: evidence add"));
	else if (number != 0 && (row = find_row(view, number)) == NULL)
		SAY(c, _("! There is no evidence %llu in this incident."), (unsigned long long)number);
	else if (number == 0 && (chosen = ask_one(c, _("Which evidence?"), options, "label")) >= 0)
		row = find_row(view, number_of(json_array_get(options, (size_t)chosen), "id"));
	json_decref(options);
	return row;
}

/* ---- taken ---- */

/* Asks for a detail. False: left. */
static bool ask_detail(struct console *c, json_t *details, const char *name, const char *prompt, enum text_need need)
{
	char *text = ask_text(c, prompt, "", need);

	if (text == NULL)
		return false;
	if (text[strspn(text, " ")] != '\0')
		(void)json_object_set_new(details, name, json_string(text));
	free(text);
	return true;
}

static bool ask_at(struct console *c, json_t *body, const char *prompt)
{
	char text[WALL_TEXT_SIZE];
	int64_t at_ms;

	if (!ask_time(c, prompt, &at_ms))
		return false;
	wall_format(text, at_ms);
	(void)json_object_set_new(body, "at", json_string(text));
	return true;
}

/* A copy is worked on, so that the original stays as it was. */
static bool ask_original(struct console *c, json_t *view, json_t *body)
{
	char *text;
	bool good = false;

	if (json_array_size(json_object_get(view, "evidence")) == 0)
		return true;
	text = ask_text(c, _("Number of the evidence that this is a working copy of (Enter: it is no copy): "), "",
			TEXT_MAY_BE_EMPTY);
	if (text == NULL)
		return false;
	if (text[0] == '\0')
		good = true;
	else if (is_number(text) && find_row(view, strtoull(text, NULL, 10)) != NULL)
		good = json_object_set_new(body, "copy_of", json_integer(strtoll(text, NULL, 10))) == 0;
	else
		SAY(c, _("! There is no evidence '%s' in this incident. Nothing was recorded; do it again."), text);
	free(text);
	return good;
}

static bool ask_taken(struct console *c, json_t *view, json_t *body, json_t *details)
{
	json_t *kinds = json_object_get(view, "kinds");
	int kind;

	SAY(c, "%s",
	    _("Take what is gone first when the power goes first. Do not work on an original: work on a copy."));
	kind = ask_one(c, _("What kind of evidence is it?"), kinds, "label");
	if (kind < 0)
		return false;
	(void)json_object_set(body, "kind", json_object_get(json_array_get(kinds, (size_t)kind), "id"));
	return ask_detail(c, details, "what", _("What is it (name, number, period): "), TEXT_NEEDED) &&
	       ask_original(c, view, body) &&
	       ask_detail(c, details, "where", _("Where was it taken (place, device): "), TEXT_MAY_BE_EMPTY) &&
	       ask_detail(c, details, "taker", _("Who took it (Enter: I did): "), TEXT_MAY_BE_EMPTY) &&
	       ask_detail(c, details, "witness", _("Who was a witness (Enter: nobody): "), TEXT_MAY_BE_EMPTY) &&
	       ask_detail(c, details, "method", _("How, with what tool: "), TEXT_MAY_BE_EMPTY) &&
	       ask_at(c, body, _("When was it taken? (Enter: now) ")) &&
	       ask_detail(c, details, "place", _("Where is it kept now: "), TEXT_MAY_BE_EMPTY) &&
	       ask_detail(c, details, "seal", _("Number of its seal (Enter: not sealed): "), TEXT_MAY_BE_EMPTY);
}

void evidence_add(struct console *c, const struct call *call)
{
	const char *about = which_case(c, call);
	json_t *view = about != NULL ? keeper_view(c, "evidence", about, 0) : NULL;
	json_t *body = json_object(), *details = json_object();
	struct spool spool;

	if (view != NULL && words_allowed(c, view, "evidence.taken") && ask_taken(c, view, body, details) &&
	    spool_fill(c, &spool)) {
		struct deed deed = {.act = "evidence.taken",
				    .about = about,
				    .body = json_incref(body),
				    .text = json_incref(details)};

		(void)spool_record(c, &spool, deed);
		spool_drop(&spool);
	}
	json_decref(details);
	json_decref(body);
	json_decref(view);
}

/* ---- handed over ---- */

static bool ask_custody(struct console *c, json_t *view, json_t *body, json_t *details)
{
	json_t *seals = json_object_get(view, "seals");
	int seal;

	if (!ask_detail(c, details, "from", _("Who hands it over: "), TEXT_NEEDED) ||
	    !ask_detail(c, details, "to", _("Who receives it: "), TEXT_NEEDED) ||
	    !ask_detail(c, details, "why", _("What for: "), TEXT_NEEDED) ||
	    !ask_detail(c, details, "place", _("Where will it be kept: "), TEXT_MAY_BE_EMPTY) ||
	    !ask_detail(c, details, "witness", _("Who was a witness (Enter: nobody): "), TEXT_MAY_BE_EMPTY))
		return false;
	seal = ask_one(c, _("How is its seal?"), seals, "label");
	if (seal < 0)
		return false;
	(void)json_object_set(body, "seal", json_object_get(json_array_get(seals, (size_t)seal), "id"));
	return ask_at(c, body, _("When was it handed over? (Enter: now) "));
}

void evidence_hand(struct console *c, const struct call *call)
{
	const char *about = which_case(c, call);
	json_t *view = about != NULL ? keeper_view(c, "evidence", about, 0) : NULL;
	json_t *body = json_object(), *details = json_object(), *row = NULL;

	if (view != NULL && words_allowed(c, view, "evidence.handed"))
		row = choose(c, call, view);
	if (row != NULL) {
		(void)json_object_set(body, "evidence", json_object_get(row, "evidence"));
		SAY(c, _("Evidence %llu: %s"), (unsigned long long)number_of(row, "evidence"), what_of(row));
		if (ask_custody(c, view, body, details))
			(void)keeper_do(c, (struct deed){.act = "evidence.handed",
							 .about = about,
							 .body = json_incref(body),
							 .text = json_incref(details)});
	}
	json_decref(details);
	json_decref(body);
	json_decref(view);
}

/* ---- shown ---- */

static void add_detail(struct buf *line, json_t *row, const char *name, const char *label)
{
	const char *text = string_of(json_object_get(row, "details"), name);

	if (text[0] != '\0')
		buf_addf(line, "  %s %s", label, text);
}

static void add_when(const struct console *c, json_t *row, struct buf *line)
{
	char clock[WHEN_SIZE];

	if (wall_of(row, "at") < 0)
		return;
	when_format(clock, wall_of(row, "at"), wall_now(), c->lang);
	buf_addf(line, "  %s", clock);
}

static void show_files(struct console *c, json_t *row)
{
	json_t *files = json_object_get(row, "files"), *file;
	size_t i;

	if (json_is_null(files))
		SAY(c, "%s", _("    its files were erased"));
	json_array_foreach (files, i, file) {
		char name[1024];

		text_show(name, sizeof name, string_of(file, "name"), strlen(string_of(file, "name")));
		terminal_put(c->terminal, 6, _("    file %zu: %s  %llu bytes  SHA-256 %s"), i + 1, name,
			     (unsigned long long)number_of(file, "size"), string_of(file, "sha256"));
	}
}

static void show_taken(struct console *c, json_t *row)
{
	struct buf line;

	buf_init(&line, 16 * 1024);
	buf_addf(&line, "%3llu  %s  %s", (unsigned long long)number_of(row, "evidence"), label_of(c, row, "kind_label"),
		 what_of(row));
	if (number_of(row, "copy_of") != 0)
		buf_addf(&line, _("  (working copy of %llu)"), (unsigned long long)number_of(row, "copy_of"));
	show_line(c, 5, &line);
	buf_adds(&line, _("    taken"));
	add_when(c, row, &line);
	add_detail(&line, row, "where", _("from"));
	add_detail(&line, row, "taker", _("by"));
	add_detail(&line, row, "witness", _("witness"));
	add_detail(&line, row, "method", _("how"));
	show_line(c, 6, &line);
	buf_addf(&line, _("    recorded by %s, entry %llu"), string_of(row, "who"),
		 (unsigned long long)number_of(row, "seq"));
	add_detail(&line, row, "place", _("kept at"));
	add_detail(&line, row, "seal", _("seal"));
	show_line(c, 6, &line);
	show_files(c, row);
	buf_fini(&line);
}

static void show_handed(struct console *c, json_t *row)
{
	struct buf line;

	buf_init(&line, 16 * 1024);
	buf_adds(&line, _("    handed over"));
	add_when(c, row, &line);
	if (json_is_object(json_object_get(row, "details")))
		buf_addf(&line, "  %s → %s", string_of(json_object_get(row, "details"), "from"),
			 string_of(json_object_get(row, "details"), "to"));
	else
		buf_addf(&line, "  %s", _("(erased)"));
	buf_addf(&line, "  %s", label_of(c, row, "seal_label"));
	add_detail(&line, row, "why", _("for"));
	add_detail(&line, row, "place", _("kept at"));
	add_detail(&line, row, "witness", _("witness"));
	show_line(c, 6, &line);
	buf_fini(&line);
}

/* A piece, and then everybody who has had it. */
static void show_piece(struct console *c, json_t *view, json_t *taken)
{
	json_t *row;
	size_t i;

	show_taken(c, taken);
	json_array_foreach (json_object_get(view, "evidence"), i, row)
		if (!is_taken(row) && number_of(row, "evidence") == number_of(taken, "evidence"))
			show_handed(c, row);
}

void evidence_show(struct console *c, const struct call *call)
{
	const char *about = which_case(c, call);
	json_t *view = about != NULL ? keeper_view(c, "evidence", about, 0) : NULL, *row;
	uint64_t number = named_number(call);
	size_t i, shown = 0;

	if (view == NULL)
		return;
	show_heading(c, _("Evidence"));
	json_array_foreach (json_object_get(view, "evidence"), i, row) {
		if (!is_taken(row) || (number != 0 && number_of(row, "evidence") != number))
			continue;
		show_piece(c, view, row);
		shown++;
	}
	if (shown == 0 && number != 0)
		SAY(c, _("! There is no evidence %llu in this incident."), (unsigned long long)number);
	else if (shown == 0)
		SAY(c, "%s", _("No evidence is recorded yet. Begin with: evidence add"));
	json_decref(view);
}

/* ---- out again ---- */

/* The number of the file, from 1; 0: none, which has been said. */
static size_t choose_file(struct console *c, json_t *row)
{
	json_t *files = json_object_get(row, "files");
	int chosen = 0;

	if (json_array_size(files) == 0)
		SAY(c, "%s", _("! This evidence has no file, or it was erased."));
	else if (json_array_size(files) > 1)
		chosen = ask_one(c, _("Which file?"), files, "name");
	return json_array_size(files) > 0 && chosen >= 0 ? (size_t)chosen + 1 : 0;
}

void evidence_get(struct console *c, const struct call *call)
{
	const char *about = which_case(c, call);
	json_t *view = about != NULL ? keeper_view(c, "evidence", about, 0) : NULL;
	json_t *row = view != NULL ? choose(c, call, view) : NULL;
	size_t file = row != NULL ? choose_file(c, row) : 0;

	if (file > 0)
		spool_give(c, about, number_of(row, "evidence"), file,
			   json_array_get(json_object_get(row, "files"), file - 1));
	json_decref(view);
}
