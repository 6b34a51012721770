#include "console/envelope.h"

#include "console/ask.h"
#include "console/keeper.h"
#include "console/people.h"
#include "console/when.h"
#include "console/words.h"

#include <string.h>

void envelope_tell(struct console *c, json_t *envelope)
{
	char clock[WHEN_SIZE] = "";

	if (!json_is_object(envelope))
		return;
	if (wall_of(envelope, "at") >= 0)
		when_format(clock, wall_of(envelope, "at"), wall_now(), c->lang);
	SAY(c,
	    _("! The sealed envelope is open: %s has logged in (%s). Find out who and why; an administrator notes it "
	      "with: user envelope noted"),
	    string_of(envelope, "name"), clock);
}

void envelope_notice(struct console *c, json_t *before)
{
	json_t *envelope = json_object_get(c->now, "envelope");

	if (!json_equal(envelope, json_object_get(before, "envelope")))
		envelope_tell(c, envelope);
}

static void send(struct console *c, const char *user, const char *proof)
{
	json_t *params = json_pack("{s:s, s:s}", "user", user, "proof", proof);
	json_t *result = NULL;
	enum err err = keeper_ask(c, "envelope.seal", params, &result);

	if (err == ERR_OK) {
		words_receipt(c, result);
		SAY(c, "%s",
		    _("The new password of the envelope follows. Write it on paper now and seal it; it is never shown "
		      "again, and the old one is void."));
		SAY(c, "  %s", string_of(result, "password"));
		c->changed = c->own_act = true;
	} else if (err == ERR_DENIED) {
		words_refusal(c, result);
	}
	json_decref(result);
	json_decref(params);
}

void envelope_noted(struct console *c, const struct call *call)
{
	char proof[PASSWORD_SIZE];
	json_t *envelope;

	(void)call;
	if (!keeper_refresh(c))
		return;
	envelope = json_incref(json_object_get(c->now, "envelope"));
	if (!json_is_object(envelope)) {
		SAY(c, "%s", _("The sealed envelope has not been opened."));
	} else {
		envelope_tell(c, envelope);
		if (ask_yes(c, _("Do you know who it was, and is paper for a new envelope at hand?")) &&
		    ask_proof(c, proof)) {
			send(c, string_of(envelope, "user"), proof);
			explicit_bzero(proof, sizeof proof);
		}
	}
	json_decref(envelope);
}

void envelope_renew(struct console *c, const struct call *call)
{
	json_t *user = people_named(c, call);
	char proof[PASSWORD_SIZE];

	if (user == NULL)
		return;
	if (strcmp(string_of(user, "kind"), "envelope") != 0) {
		SAY(c, _("! %s is no sealed envelope. Nothing was done."), string_of(user, "name"));
	} else if (ask_yes(c, _("Is the old envelope in your hands, still sealed, and is paper for a new one?")) &&
		   ask_proof(c, proof)) {
		send(c, string_of(user, "id"), proof);
		explicit_bzero(proof, sizeof proof);
	}
	json_decref(user);
}
