#include "console/record.h"

#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/words.h"

#include <string.h>

/* What a verdict says besides good or bad, whatever it is called. */
static void say_members(struct console *c, json_t *result)
{
	const char *key;
	json_t *value;

	json_object_foreach (result, key, value) {
		if (json_is_string(value))
			SAY(c, "  %s: %s", key, json_string_value(value));
		else if (json_is_integer(value))
			SAY(c, "  %s: %lld", key, (long long)json_integer_value(value));
	}
}

void record_check(struct console *c, const struct call *call)
{
	json_t *params = json_object(), *result = NULL;
	enum err err = keeper_ask(c, "ledger.check", params, &result);

	(void)call;
	if (err == ERR_DENIED)
		words_refusal(c, result);
	if (err == ERR_OK)
		say_members(c, result);
	json_decref(result);
	json_decref(params);
}

void record_export(struct console *c, const struct call *call)
{
	const char *given = argument(call, "NAME");
	char *name = given != NULL ? strdup(given)
				   : ask_text(c, _("Name of the bundle (letters, digits, - and .): "), "", TEXT_NEEDED);
	json_t *params, *result = NULL;
	enum err err;

	if (name == NULL)
		return;
	params = json_pack("{s:s}", "name", name);
	err = keeper_ask(c, "ledger.export", params, &result);
	if (err == ERR_DENIED)
		words_refusal(c, result);
	if (err == ERR_OK) {
		SAY(c, "%s", _("Exported for auditors:"));
		say_members(c, result);
	}
	json_decref(result);
	json_decref(params);
	free(name);
}
