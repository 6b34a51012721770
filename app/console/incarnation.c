#include "console/incarnation.h"

#include "console/ask.h"
#include "console/keeper.h"
#include "console/show.h"
#include "console/when.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

static void tell_why(struct console *c, const char *why, const char *since, const char *origin)
{
	if (strcmp(why, "secret_lost") == 0)
		SAY(c,
		    _("! The record could not be continued: the key for what was to follow was lost. Since %s it goes on "
		      "in a new incarnation, %s. Everything recorded before is kept."),
		    since, origin);
	else if (strcmp(why, "panel_key_lost") == 0)
		SAY(c,
		    _("! The record could not be continued: the key for what was to follow was sealed with a panel's "
		      "controller that did not answer, or is another one now. Since %s it goes on in a new incarnation, "
		      "%s. Everything recorded before is kept."),
		    since, origin);
	else if (strcmp(why, "media_differ") == 0)
		SAY(c,
		    _("! The two media of the record were each used without the other. Since %s the record goes on in a "
		      "new incarnation, %s. What either of them held is kept."),
		    since, origin);
	else if (strcmp(why, "half_filled") == 0)
		SAY(c,
		    _("! The record was on one medium only, which was still being filled from the other. Since %s it goes "
		      "on in a new incarnation, %s. Not everything recorded before is here."),
		    since, origin);
	else
		SAY(c,
		    _("! Somebody ended the record. Since %s it goes on in a new incarnation, %s. Everything recorded "
		      "before is kept."),
		    since, origin);
}

void incarnation_tell(struct console *c, json_t *incarnation)
{
	unsigned long long missing = (unsigned long long)number_of(incarnation, "missing");
	int64_t at_ms = wall_of(incarnation, "at");
	char clock[WHEN_SIZE] = "?";

	if (incarnation == NULL)
		return;
	if (at_ms >= 0)
		when_full(clock, at_ms, c->lang);
	tell_why(c, string_of(incarnation, "why"), clock, string_of(incarnation, "origin"));
	if (!is_true(incarnation, "noted"))
		SAY(c, _("! Its genesis code is %s. Put it on paper with the old one, then type: ledger incarnation"),
		    string_of(incarnation, "genesis"));
	if (missing > 0)
		SAY(c,
		    _("! %llu entries of earlier incarnations are on no medium that is here. Put back the medium that was "
		      "taken out, and restart."),
		    missing);
}

void incarnation_show(struct console *c, const struct call *call)
{
	json_t *media = NULL, *incarnation;
	json_t *nothing = json_object();

	(void)call;
	if (keeper_ask(c, "ledger.media", nothing, &media) == ERR_OK) {
		incarnation = json_object_get(media, "incarnation");
		if (incarnation == NULL)
			SAY(c, "%s", _("This record is the first one of the box."));
		incarnation_tell(c, incarnation);
		if (incarnation != NULL && !is_true(incarnation, "noted") &&
		    ask_yes(c, _("Is the new code on paper, and filed with the old one?")))
			(void)!keeper_do(c, (struct deed){.act = "incarnation.noted"});
	}
	json_decref(media);
	json_decref(nothing);
}

/* Takes `reason`. */
static void begin(struct console *c, char *reason)
{
	char proof[PASSWORD_SIZE];
	json_t *params, *result = NULL;
	enum err err;

	if (ask_proof(c, proof)) {
		params = json_pack("{s:s, s:s}", "reason", reason, "proof", proof);
		err = keeper_ask(c, "ledger.incarnation", params, &result);
		if (err == ERR_OK)
			incarnation_tell(c, result);
		else if (err == ERR_DENIED)
			words_refusal(c, result);
		json_decref(params);
		json_decref(result);
		explicit_bzero(proof, sizeof proof);
	}
	free(reason);
}

void incarnation_begin(struct console *c, const struct call *call)
{
	char *reason;

	(void)call;
	if (!ask_yes(c,
		     _("The record will be ended for good and go on in a new incarnation. That is right after a theft, "
		       "or where a witness has seen more than is here. End it?")))
		return;
	reason = ask_text(c, _("Reason; it is recorded: "), "", TEXT_NEEDED);
	if (reason != NULL)
		begin(c, reason);
}
