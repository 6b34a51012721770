#include "console/record.h"

#include "console/ask.h"
#include "console/commands.h"
#include "console/incarnation.h"
#include "console/keeper.h"
#include "console/words.h"

#include "console/layout.h"
#include "console/sealing.h"
#include "console/seen.h"
#include "console/show.h"
#include "console/when.h"

#include <stdlib.h>
#include <string.h>

/* A line for each tenth, so that it can be read on paper, too. */
void record_progress(struct console *c, json_t *progress)
{
	uint64_t total = number_of(progress, "total");
	unsigned tenth = total > 0 ? (unsigned)(number_of(progress, "done") * 10 / total) : 0;

	if (total == 0 || tenth == c->told_tenth)
		return;
	c->told_tenth = tenth;
	SAY(c, _("  … %u %% of %llu"), tenth * 10, (unsigned long long)total);
}

/* NULL: the reason has been said. Takes `params`. */
static json_t *ask_keeper(struct console *c, const char *method, json_t *params)
{
	json_t *result = NULL;
	enum err err;

	c->told_tenth = 0;
	err = keeper_ask(c, method, params, &result);
	json_decref(params);
	if (err == ERR_OK)
		return result;
	if (err == ERR_DENIED)
		words_refusal(c, result);
	json_decref(result);
	return NULL;
}

bool record_number(const char *text, uint64_t *out)
{
	struct buf narrow;
	char *end = NULL;
	bool good = false;

	buf_init(&narrow, 256);
	layout_narrow(&narrow, text);
	if (narrow.data != NULL && narrow.data[0] >= '0' && narrow.data[0] <= '9') {
		*out = strtoull(narrow.data, &end, 10);
		good = *end == '\0' && *out <= UINT64_C(1) << 53;
	}
	buf_fini(&narrow);
	return good;
}

/* ---- entries ---- */

static void show_entry_line(struct console *c, json_t *entry)
{
	const char *who = string_of(entry, "name")[0] != '\0' ? string_of(entry, "name") : string_of(entry, "who");
	int64_t at_ms = wall_of(entry, "at");
	char clock[WHEN_SIZE] = "?";
	struct buf line;

	if (is_true(entry, "sealed")) {
		terminal_put(c->terminal, 9, _("%7llu  sealed"), (unsigned long long)number_of(entry, "seq"));
		return;
	}
	if (at_ms >= 0)
		when_full(clock, at_ms, c->lang);
	buf_init(&line, 4096);
	buf_addf(&line, "%7llu  %s  %s  %s", (unsigned long long)number_of(entry, "seq"), clock, who,
		 string_of(entry, "act"));
	if (strcmp(string_of(entry, "about"), "-") != 0)
		buf_addf(&line, "  %s", string_of(entry, "about"));
	show_line(c, 9, &line);
	buf_fini(&line);
	if (string_of(entry, "words")[0] != '\0')
		terminal_put(c->terminal, 9, "         %s", string_of(entry, "words"));
}

static void show_value(struct console *c, const char *name, json_t *value)
{
	char *text = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	if (text != NULL)
		terminal_put(c->terminal, 10, "  %-7s %s", name, text);
	free(text);
}

static void show_entry(struct console *c, json_t *entry)
{
	static const char *const values[] = {"body", "text", "person", "files"};

	show_entry_line(c, entry);
	if (is_true(entry, "sealed"))
		return;
	SAY(c, _("  by %s, via %s, class %s, epoch %llu, start %llu, clock %s"), string_of(entry, "who"),
	    string_of(entry, "via"), string_of(entry, "type"), (unsigned long long)number_of(entry, "epoch"),
	    (unsigned long long)number_of(entry, "boot"), string_of(entry, "source"));
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		show_value(c, values[i], json_object_get(entry, values[i]));
	if (string_of(entry, "too_long")[0] != '\0')
		SAY(c, _("  %s is too long for this screen; export it to read it."), string_of(entry, "too_long"));
	SAY(c, _("  leaf hash %s"), string_of(entry, "leaf"));
	if (number_of(entry, "place") != number_of(entry, "seq"))
		SAY(c, _("  entry %llu of the log %s"), (unsigned long long)number_of(entry, "place"),
		    string_of(entry, "log"));
}

void record_show(struct console *c, const struct call *call)
{
	const char *given = argument(call, "SEQ");
	uint64_t seq = 0;
	json_t *result, *entry;
	size_t i;

	if (given != NULL && !record_number(given, &seq)) {
		SAY(c, _("! '%s' is no number of an entry."), given);
		return;
	}
	result = ask_keeper(c, "ledger.show",
			    given != NULL ? json_pack("{s:I, s:i}", "from", (json_int_t)seq, "count", 1)
					  : json_object());
	json_array_foreach (json_object_get(result, "entries"), i, entry) {
		if (given != NULL)
			show_entry(c, entry);
		else
			show_entry_line(c, entry);
	}
	json_decref(result);
}

/* The word that was typed, or is asked for; heap string. NULL: left. */
static char *word_to_find(struct console *c, const struct call *call)
{
	const char *one = argument(call, "TEXT"), *all = argument_rest(call, "TEXT");

	if (one == NULL)
		return ask_text(c, _("What to look for: "), "", TEXT_NEEDED);
	return strdup((size_t)grammar_argument(call, "TEXT") + 1 == call->words->count ? one : all);
}

/* One page. Where the next one ends; 0: there is none. */
static uint64_t find_before(struct console *c, const char *word, uint64_t before)
{
	json_t *params = json_pack("{s:s}", "word", word), *result, *entry;
	size_t i;

	if (before > 0)
		(void)json_object_set_new(params, "before", json_integer((json_int_t)before));
	result = ask_keeper(c, "ledger.find", params);
	json_array_foreach (json_object_get(result, "entries"), i, entry)
		show_entry_line(c, entry);
	if (result != NULL && json_array_size(json_object_get(result, "entries")) == 0)
		SAY(c, "%s", before == 0 ? _("No entry contains it.") : _("No older entry contains it."));
	before = number_of(result, "before");
	json_decref(result);
	return before;
}

void record_find(struct console *c, const struct call *call)
{
	char *word = word_to_find(c, call);
	uint64_t before = 0;

	if (word == NULL)
		return;
	do
		before = find_before(c, word, before);
	while (before > 0 && ask_yes(c, _("Look further back?")));
	free(word);
}

/* ---- checking ---- */

void record_check(struct console *c, const struct call *call)
{
	json_t *params = json_object(), *result = NULL;
	enum err err = keeper_ask(c, "ledger.check", params, &result);

	(void)call;
	if (err == ERR_DENIED)
		words_refusal(c, result);
	else if (err == ERR_OK && strcmp(string_of(result, "verdict"), "good") == 0)
		SAY(c, _("The record is whole: %llu entries, check %s."),
		    (unsigned long long)number_of(result, "entries"), string_of(result, "code"));
	else if (err == ERR_OK)
		SAY(c, _("! The record is damaged: %s. Do not switch off; export it and call your administrator."),
		    string_of(result, "why"));
	json_decref(result);
	json_decref(params);
}

/* ---- exporting ---- */

/* The words behind the name: "from 300 to 310 without text,person encrypt-to age1… zip prove 305". */
struct option {
	const char *word, *param;
	enum { NUMBER, NUMBERS, NAMES, TEXTS, FLAG } kind;
};

static const struct option *option_find(const char *word)
{
	static const struct option options[] = {
		{"from", "from", NUMBER},
		{"to", "to", NUMBER},
		{"without", "without", NAMES},
		{"prove", "prove", NUMBERS},
		{"zip", "zip", FLAG},
		{"encrypt-to", "encrypt_to", TEXTS},
		{"incarnation", "incarnation", NUMBER},
	};

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (strcmp(options[i].word, word) == 0)
			return &options[i];
	return NULL;
}

static json_t *list_in(json_t *params, const char *name)
{
	json_t *list = json_object_get(params, name);

	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(params, name, list);
	}
	return list;
}

static void add_names(json_t *list, const char *names)
{
	for (const char *end; (end = strchr(names, ',')) != NULL; names = end + 1)
		(void)json_array_append_new(list, json_stringn(names, (size_t)(end - names)));
	(void)json_array_append_new(list, json_string(names));
}

static bool add_value(const struct option *option, const char *value, json_t *params)
{
	uint64_t number = 0;

	if ((option->kind == NUMBER || option->kind == NUMBERS) && !record_number(value, &number))
		return false;
	if (option->kind == NUMBER)
		(void)json_object_set_new(params, option->param, json_integer((json_int_t)number));
	else if (option->kind == NUMBERS)
		(void)json_array_append_new(list_in(params, option->param), json_integer((json_int_t)number));
	else if (option->kind == NAMES)
		add_names(list_in(params, option->param), value);
	else
		(void)json_array_append_new(list_in(params, option->param), json_string(value));
	return true;
}

/* The words behind the name: "from 300 to 310 without text,person encrypt-to age1… zip prove 305". */
static bool read_option(const struct words *words, size_t *at, json_t *params)
{
	const struct option *option = option_find(words->word[*at]);

	*at += 1;
	if (option != NULL && option->kind == FLAG)
		return json_object_set_new(params, option->param, json_true()) == 0;
	if (option == NULL || *at == words->count || !add_value(option, words->word[*at], params))
		return false;
	*at += 1;
	return true;
}

static bool read_options(struct console *c, const struct call *call, json_t *params)
{
	size_t at = (size_t)grammar_argument(call, "NAME") + 1;

	while (grammar_argument(call, "OPTION") >= 0 && at < call->words->count) {
		const char *word = call->words->word[at];

		if (read_option(call->words, &at, params))
			continue;
		SAY(c,
		    _("! '%s' is not understood. Possible are: from N, to N, without text,person,files, encrypt-to AGE, "
		      "prove N, zip, incarnation N."),
		    word);
		return false;
	}
	return true;
}

static void say_export(struct console *c, const char *name, enum err err, json_t *result)
{
	json_t *args = json_object_get(result, "args");

	if (err == ERR_OK) {
		words_receipt(c, result);
		SAY(c, _("Exported for auditors: %s"), string_of(result, "path"));
	} else if (err == ERR_DENIED && strcmp(string_of(args, "field"), "options") == 0) {
		SAY(c, "! %s", string_of(args, "why"));
	} else if (err == ERR_DENIED && strcmp(string_of(result, "code"), "invalid") == 0) {
		SAY(c,
		    _("! The name '%s' cannot be used: it is taken already, begins with '.', or has other signs than a-z, "
		      "digits, '-', '_' and '.'. Give another name."),
		    name);
	} else if (err == ERR_DENIED) {
		words_refusal(c, result);
	}
}

void record_export(struct console *c, const struct call *call)
{
	const char *given = argument(call, "NAME");
	char *name = given != NULL ? strdup(given)
				   : ask_text(c, _("Name of the bundle (a-z, digits, - and .): "), "", TEXT_NEEDED);
	json_t *params = name != NULL ? json_pack("{s:s}", "name", name) : NULL, *result = NULL;

	c->told_tenth = 0;
	if (params != NULL && read_options(c, call, params)) {
		enum err err = keeper_ask(c, "ledger.export", params, &result);

		say_export(c, name, err, result);
	}
	json_decref(result);
	json_decref(params);
	free(name);
}

/* ---- looking after it ---- */

void record_rotate(struct console *c, const struct call *call)
{
	json_t *result = ask_keeper(c, "ledger.rotate", json_object());

	(void)call;
	if (result != NULL)
		SAY(c, _("Epoch %llu has begun: %llu entries, check %s."),
		    (unsigned long long)number_of(result, "epoch"), (unsigned long long)number_of(result, "entries"),
		    string_of(result, "code"));
	json_decref(result);
}

static void show_one_medium(struct console *c, const char *name, json_t *medium)
{
	SAY(c, "  %s  %s  %s", name, strcmp(string_of(medium, "state"), "well") == 0 ? _("well") : _("FAILED"),
	    string_of(medium, "folder"));
	if (number_of(medium, "total") > 0)
		SAY(c, _("    free %.1f of %.1f GB"), (double)number_of(medium, "free") / 1e9,
		    (double)number_of(medium, "total") / 1e9);
	if (string_of(medium, "why")[0] != '\0')
		terminal_put(c->terminal, 4, "    %s", string_of(medium, "why"));
}

void record_media_list(struct console *c, json_t *result)
{
	json_t *media = json_object_get(result, "media");

	show_heading(c, _("Media of the record"));
	show_one_medium(c, _("first"), json_array_get(media, 0));
	if (json_array_size(media) > 1)
		show_one_medium(c, _("second"), json_array_get(media, 1));
	else if (is_true(result, "mirror"))
		SAY(c, "%s", _("  The second medium is configured but not used yet. Begin with: ledger repair anew"));
	else
		SAY(c, "%s", _("  There is no second medium."));
	incarnation_tell(c, json_object_get(result, "incarnation"));
	seen_show(c, json_object_get(result, "seen"));
	sealing_show(c, json_object_get(result, "sealing"));
}

void record_media(struct console *c, const struct call *call)
{
	json_t *result = ask_keeper(c, "ledger.media", json_object());

	(void)call;
	if (result != NULL)
		record_media_list(c, result);
	json_decref(result);
}

static void say_repaired(struct console *c, json_t *result)
{
	record_media_list(c, result);
	SAY(c, _("%llu rows were looked at, %llu were damaged and put right."),
	    (unsigned long long)number_of(result, "checked"), (unsigned long long)number_of(result, "repaired"));
	if (number_of(result, "bad") > 0)
		SAY(c,
		    _("! %llu are damaged beyond repair: %s. Do not switch off; export the record and call your "
		      "administrator."),
		    (unsigned long long)number_of(result, "bad"), string_of(result, "why"));
}

void record_repair(struct console *c, const struct call *call)
{
	bool anew = strcmp(call->command->pattern, "ledger repair anew") == 0;
	json_t *params, *result = NULL;
	enum err err;

	if (anew &&
	    !ask_yes(c, _("The medium will be written from nothing; what is on it is set aside. Is it the right "
			  "medium, and mounted?")))
		return;
	params = json_pack("{s:b}", "anew", (int)anew);
	c->told_tenth = 0;
	err = keeper_ask(c, "ledger.repair", params, &result);
	json_decref(params);
	if (err == ERR_OK)
		say_repaired(c, result);
	else if (err == ERR_DENIED)
		words_refusal(c, result);
	if (err == ERR_DENIED && !anew && strcmp(string_of(result, "code"), "medium_failed") == 0)
		SAY(c, "%s", _("If it was replaced by an empty one: ledger repair anew"));
	json_decref(result);
}
