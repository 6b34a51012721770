#include "console/erasing.h"

#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/record.h"
#include "console/show.h"
#include "console/when.h"

#include <stdlib.h>
#include <string.h>

/* Takes `body`. */
static void do_it(struct console *c, const char *act, json_t *body, json_t *text)
{
	char proof[PASSWORD_SIZE];

	if (ask_proof(c, proof)) {
		if (keeper_do(c, (struct deed){.act = act,
					       .body = json_incref(body),
					       .text = json_incref(text),
					       .proof = proof}) == ERR_OK)
			SAY(c, "%s",
			    strcmp(act, "erasure.requested") == 0
				    ? _("Another person must approve it now: ledger erasures")
				    : _("It is being erased now; 'ledger erasures' tells when it is done."));
		explicit_bzero(proof, sizeof proof);
	}
	json_decref(body);
	json_decref(text);
}

/* Asks by what right and why. Takes `body`. */
static void ask_for(struct console *c, json_t *body)
{
	char *authority = ask_text(c, _("By what right (law, rule, decision): "), "", TEXT_NEEDED), *reason = NULL;

	if (authority != NULL)
		reason = ask_text(c, _("Reason; do not repeat what is to be erased: "), "", TEXT_NEEDED);
	if (reason != NULL)
		do_it(c, "erasure.requested", body, json_pack("{s:s, s:s}", "authority", authority, "reason", reason));
	else
		json_decref(body);
	free(authority);
	free(reason);
}

void erasing_redact(struct console *c, const struct call *call)
{
	uint64_t seq = 0;

	if (!record_number(argument(call, "SEQ"), &seq))
		SAY(c, _("! '%s' is no number of an entry."), argument(call, "SEQ"));
	else
		ask_for(c, json_pack("{s:I, s:s}", "seq", (json_int_t)seq, "name", argument(call, "NAME")));
}

void erasing_dispose(struct console *c, const struct call *call)
{
	ask_for(c, json_pack("{s:s}", "case", argument(call, "CASE")));
}

static const char *state_word(const char *state)
{
	static const struct {
		const char *state, *word;
	} words[] = {{"asked", N_("awaits approval")},
		     {"approved", N_("is being erased")},
		     {"done", N_("erased")},
		     {"void", N_("there was nothing to erase")}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].state, state) == 0)
			return _(words[i].word);
	return state;
}

static void show_erasure(struct console *c, json_t *erasure)
{
	struct buf line;

	buf_init(&line, 8192);
	buf_addf(&line, "%7llu  %s  ", (unsigned long long)number_of(erasure, "request"),
		 state_word(string_of(erasure, "state")));
	if (string_of(erasure, "case")[0] != '\0')
		buf_addf(&line, _("all of case %s"), string_of(erasure, "case"));
	else
		buf_addf(&line, _("%s of entry %llu"), string_of(erasure, "name"),
			 (unsigned long long)number_of(erasure, "seq"));
	buf_addf(&line, _("  asked by %s"), string_of(erasure, "by_name"));
	if (string_of(erasure, "approved_by_name")[0] != '\0')
		buf_addf(&line, _(", approved by %s"), string_of(erasure, "approved_by_name"));
	show_line(c, 9, &line);
	buf_fini(&line);
	terminal_put(c->terminal, 9, "         %s / %s", string_of(erasure, "authority"), string_of(erasure, "reason"));
}

void erasing_list(struct console *c, const struct call *call)
{
	json_t *view = keeper_view(c, "erasures", NULL, 0), *erasure;
	size_t i;

	(void)call;
	json_array_foreach (json_object_get(view, "erasures"), i, erasure)
		show_erasure(c, erasure);
	if (view != NULL && json_array_size(json_object_get(view, "erasures")) == 0)
		SAY(c, "%s", _("Nothing was asked to be erased."));
	json_decref(view);
}

/* Whoever approves sees once more what it is. */
void erasing_approve(struct console *c, const struct call *call)
{
	json_t *view, *erasure;
	bool found = false;
	uint64_t request = 0;
	size_t i;

	if (!record_number(argument(call, "SEQ"), &request)) {
		SAY(c, _("! '%s' is no number of an entry."), argument(call, "SEQ"));
		return;
	}
	view = keeper_view(c, "erasures", NULL, 0);
	json_array_foreach (json_object_get(view, "erasures"), i, erasure) {
		if (number_of(erasure, "request") != request)
			continue;
		show_erasure(c, erasure);
		found = true;
	}
	if (view != NULL && !found)
		SAY(c, "%s", _("! No erasure has this number. They are listed by: ledger erasures"));
	else if (found && ask_yes(c, _("It cannot be brought back. Erase it?")))
		do_it(c, "erasure.approved", json_pack("{s:I}", "request", (json_int_t)request), NULL);
	json_decref(view);
}
