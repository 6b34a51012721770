#include "console/record.h"

#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/words.h"

#include <string.h>

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

void record_export(struct console *c, const struct call *call)
{
	const char *given = argument(call, "NAME");
	char *name = given != NULL ? strdup(given)
				   : ask_text(c, _("Name of the bundle (a-z, digits, - and .): "), "", TEXT_NEEDED);
	json_t *params, *result = NULL;
	enum err err;

	if (name == NULL)
		return;
	params = json_pack("{s:s}", "name", name);
	err = keeper_ask(c, "ledger.export", params, &result);
	if (err == ERR_DENIED && strcmp(string_of(result, "code"), "invalid") == 0)
		SAY(c,
		    _("! The name '%s' cannot be used: it is taken already, begins with '.', or has other signs than a-z, "
		      "digits, '-', '_' and '.'. Give another name."),
		    name);
	else if (err == ERR_DENIED)
		words_refusal(c, result);
	if (err == ERR_OK) {
		words_receipt(c, result);
		SAY(c, _("Exported for auditors: %s"), string_of(result, "path"));
	}
	json_decref(result);
	json_decref(params);
	free(name);
}
