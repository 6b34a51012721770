#include "console/uplinks.h"

#include "console/ask.h"
#include "console/case.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/show.h"
#include "console/words.h"

#include <string.h>

static json_t *uplink_named(const struct console *c, const char *id)
{
	json_t *uplink;
	size_t i;

	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink)
		if (strcmp(string_of(uplink, "id"), id) == 0)
			return uplink;
	return NULL;
}

/* The uplinks named on the command line; NULL when one of them is not known. */
static json_t *uplinks_named(struct console *c, const struct words *words, size_t first)
{
	json_t *ids = json_array();

	for (size_t i = first; i < words->count; i++) {
		if (uplink_named(c, words->word[i]) == NULL) {
			SAY(c, _("! There is no uplink '%s'. 'show uplinks' lists them; nothing was done."),
			    words->word[i]);
			json_decref(ids);
			return NULL;
		}
		(void)json_array_append_new(ids, json_string(words->word[i]));
	}
	return ids;
}

/* The uplinks as options, each with its state. */
static json_t *choose_uplinks(struct console *c, const char *title)
{
	json_t *options = json_array(), *uplink, *ids;
	size_t i;

	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink) {
		struct buf label;

		buf_init(&label, 4096);
		show_uplink_text(c, uplink, &label);
		(void)json_array_append_new(options, json_pack("{s:O, s:s}", "id", json_object_get(uplink, "id"),
							       "label", label.data != NULL ? label.data : ""));
		buf_fini(&label);
	}
	ids = ask_several(c, title, options, "label");
	json_decref(options);
	return ids;
}

/* From the command line or chosen now; a new array or NULL. */
static json_t *uplinks_of(struct console *c, const struct call *call, const char *title)
{
	int first = grammar_argument(call, "UPLINK");

	if (!keeper_refresh(c))
		return NULL;
	return first >= 0 ? uplinks_named(c, call->words, (size_t)first) : choose_uplinks(c, title);
}

static json_t *connected_uplinks(const struct console *c)
{
	json_t *ids = json_array(), *uplink;
	size_t i;

	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink)
		if (strcmp(string_of(uplink, "state"), "connected") == 0)
			(void)json_array_append(ids, json_object_get(uplink, "id"));
	return ids;
}

json_t *uplinks_chosen(struct console *c, const struct call *call, const char *title)
{
	const char *first = argument(call, "UPLINK");

	return first != NULL && strcmp(first, "all") == 0 ? connected_uplinks(c) : uplinks_of(c, call, title);
}

/* What will happen, before it happens. */
static void say_consequences(struct console *c, json_t *ids)
{
	json_t *id;
	size_t i;

	json_array_foreach (ids, i, id) {
		json_t *uplink = uplink_named(c, json_string_value(id));

		SAY(c, _("%s is cut now. %s"), label_of(c, uplink, "label"), string_of(uplink, "stops"));
	}
}

/* The case a cut belongs to: the one in hand, else the newest open one, else a new one. */
static bool case_for_cut(struct console *c)
{
	json_t *newest = json_array_get(json_object_get(c->now, "incidents"), 0), *receipt = NULL;
	enum err err;

	if (case_head(c) != NULL)
		return true;
	if (newest != NULL) {
		(void)snprintf(c->about, sizeof c->about, "%s", string_of(newest, "about"));
		return true;
	}
	err = keeper_do_quietly(
		c, (struct deed){.act = "incident.declared", .text = json_string(_("Uplinks cut from the console"))},
		&receipt);
	if (err == ERR_OK)
		(void)snprintf(c->about, sizeof c->about, "%s", string_of(receipt, "about"));
	else if (err == ERR_DENIED)
		words_refusal(c, receipt);
	json_decref(receipt);
	return err == ERR_OK;
}

void uplinks_isolate(struct console *c, const struct call *call)
{
	json_t *ids = uplinks_of(c, call, _("Cut which uplinks?"));
	enum err err = ERR_STATE;

	if (ids == NULL)
		return;
	say_consequences(c, ids);
	if (case_for_cut(c))
		err = keeper_do(c, (struct deed){.act = "uplink.isolate",
						 .about = c->about,
						 .body = json_pack("{s:O}", "uplinks", ids)});
	if (err != ERR_OK)
		SAY(c, "%s", _("The red button on the panel cuts without any program."));
	json_decref(ids);
}

/* What was cut in maintenance belongs to no case, unless one is in hand. */
static bool is_of_maintenance(struct console *c)
{
	return c->about[0] == '\0' && keeper_refresh(c) && json_is_object(json_object_get(c->now, "maintenance"));
}

/* Asked without a proof, so that nothing can be recorded: what stands against it is said before anybody writes. */
static bool may_be_requested(struct console *c, const char *about, json_t *ids)
{
	json_t *answer = NULL;
	enum err err = keeper_do_quietly(c,
					 (struct deed){.act = "restore.requested",
						       .about = about,
						       .body = json_pack("{s:O}", "uplinks", ids),
						       .text = json_string("?")},
					 &answer);
	bool may = err == ERR_DENIED && strcmp(string_of(answer, "code"), "proof_required") == 0;

	if (err == ERR_DENIED && !may)
		words_refusal(c, answer);
	json_decref(answer);
	return may;
}

void uplinks_request(struct console *c, const struct call *call)
{
	bool of_panel = is_of_maintenance(c);
	const char *about = of_panel ? NULL : case_in_hand(c);
	json_t *ids = of_panel || about != NULL ? uplinks_of(c, call, _("Connect which uplinks again?")) : NULL;
	char proof[PASSWORD_SIZE], *text;

	if (ids == NULL || !may_be_requested(c, about, ids)) {
		json_decref(ids);
		return;
	}
	text = ask_text(c, _("Cause known, evidence kept, cleaned, watched? Write in a line what was done: "), "",
			TEXT_NEEDED);
	if (text != NULL && ask_proof(c, proof)) {
		if (keeper_do(c, (struct deed){.act = "restore.requested",
					       .about = about,
					       .body = json_pack("{s:O}", "uplinks", ids),
					       .text = json_string(text),
					       .proof = proof}) == ERR_OK)
			SAY(c, "%s", _("Waiting for a second person: restore permit"));
		explicit_bzero(proof, sizeof proof);
	}
	free(text);
	json_decref(ids);
}

void uplinks_permit(struct console *c, const struct call *call)
{
	bool of_panel = is_of_maintenance(c);
	const char *about = of_panel ? NULL : case_in_hand(c);
	json_t *incident = of_panel        ? json_incref(json_object_get(c->now, "maintenance"))
			   : about != NULL ? keeper_view(c, "incident", about, 0)
					   : NULL;
	json_t *restore = json_object_get(incident, "restore"), *id;
	char proof[PASSWORD_SIZE];
	size_t i;

	(void)call;
	if (incident == NULL ||
	    (json_is_object(restore) && !of_panel && !words_allowed(c, incident, "restore.permitted")))
		goto out;
	if (!json_is_object(restore)) {
		SAY(c, "%s", _("Nobody has asked to connect again. First: restore request"));
		goto out;
	}
	SAY(c, _("%s asks to connect again:"), string_of(restore, "by"));
	json_array_foreach (json_object_get(restore, "uplinks"), i, id) {
		json_t *uplink = uplink_named(c, json_string_value(id) != NULL ? json_string_value(id) : "");

		SAY(c, "  %s", uplink != NULL ? label_of(c, uplink, "label") : json_string_value(id));
	}
	if (!ask_proof(c, proof))
		goto out;
	if (keeper_do(c, (struct deed){.act = "restore.permitted",
				       .about = about,
				       .body = json_pack("{s:O}", "request", json_object_get(restore, "request")),
				       .proof = proof}) == ERR_OK)
		SAY(c, "%s", _("Turn the key at the panel within 5 minutes, then turn it back."));
	explicit_bzero(proof, sizeof proof);
out:
	json_decref(incident);
}
