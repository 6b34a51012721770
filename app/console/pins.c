#include "console/pins.h"

#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/record.h"
#include "console/when.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

/* NULL: the reason has been said. Takes `params`. */
static json_t *ask_keeper(struct console *c, const char *method, json_t *params)
{
	json_t *result = NULL;
	enum err err = keeper_ask(c, method, params, &result);
	const char *why = string_of(json_object_get(result, "args"), "why");

	json_decref(params);
	if (err == ERR_OK)
		return result;
	if (err == ERR_DENIED && strcmp(string_of(result, "code"), "invalid") == 0 && why[0] != '\0')
		SAY(c, "! %s", why);
	else if (err == ERR_DENIED)
		words_refusal(c, result);
	json_decref(result);
	return NULL;
}

/* Line by line as it is, to be copied. */
static void show_lines(struct console *c, const char *text)
{
	for (const char *end; *text != '\0'; text = *end != '\0' ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		terminal_put(c->terminal, 0, "%.*s", (int)(end - text), text);
	}
}

/* From a file among the exports, or pasted; NULL when left. */
static json_t *take_answer(struct console *c, const struct call *call)
{
	const char *name = argument(call, "FILE");
	json_t *params;
	char *text;

	if (name != NULL)
		return json_pack("{s:s}", "file", name);
	SAY(c, "%s", _("Paste it here; a line with only . ends it. Ctrl-C leaves."));
	text = ask_lines(c, "");
	if (text == NULL)
		return NULL;
	params = json_pack("{s:s}", "answer", text);
	free(text);
	return params;
}

void pins_policy(struct console *c, const struct call *call)
{
	json_t *result = ask_keeper(c, "ledger.policy", json_object());

	(void)call;
	show_lines(c, string_of(result, "policy"));
	json_decref(result);
}

void pins_policy_set(struct console *c, const struct call *call)
{
	json_t *params = take_answer(c, call), *result = NULL;

	if (params != NULL)
		result = ask_keeper(c, "ledger.policy.set", params);
	if (result != NULL)
		SAY(c, "%s", _("Recorded: this policy is in force."));
	json_decref(result);
}

static void show_request(struct console *c, json_t *result)
{
	if (result == NULL)
		return;
	show_lines(c, string_of(result, "request"));
	if (string_of(result, "path")[0] != '\0')
		SAY(c, _("The same as a file: %s"), string_of(result, "path"));
	json_decref(result);
}

void pins_witness_request(struct console *c, const struct call *call)
{
	const char *given = argument(call, "SIZE");
	json_t *params = json_object();
	uint64_t old = 0;

	if (given != NULL && !record_number(given, &old)) {
		SAY(c, _("! '%s' is no number of entries."), given);
		json_decref(params);
		return;
	}
	if (given != NULL)
		(void)json_object_set_new(params, "old", json_integer((json_int_t)old));
	show_request(c, ask_keeper(c, "ledger.witness.request", params));
}

void pins_stamp_request(struct console *c, const struct call *call)
{
	(void)call;
	show_request(c, ask_keeper(c, "ledger.stamp.request", json_object()));
}

void pins_witness_accept(struct console *c, const struct call *call)
{
	json_t *params = take_answer(c, call), *result = NULL;

	if (params != NULL)
		result = ask_keeper(c, "ledger.witness.accept", params);
	if (result != NULL)
		SAY(c, _("Recorded: %s has seen the first %llu entries."), string_of(result, "first"),
		    (unsigned long long)number_of(result, "size"));
	json_decref(result);
}

void pins_stamp_accept(struct console *c, const struct call *call)
{
	json_t *params = take_answer(c, call), *result = NULL;
	char clock[WHEN_SIZE] = "?";

	if (params != NULL)
		result = ask_keeper(c, "ledger.stamp.accept", params);
	if (wall_of(result, "time") >= 0)
		when_full(clock, wall_of(result, "time"), c->lang);
	if (result != NULL)
		SAY(c, _("Recorded: the first %llu entries are time-stamped %s."),
		    (unsigned long long)number_of(result, "size"), clock);
	json_decref(result);
}
