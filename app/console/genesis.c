/* The last step of setting up: first passwords, the genesis code, and proof that it is on paper. */
#include "console/commission.h"

#include "console/ask.h"
#include "console/keeper.h"
#include "console/layout.h"
#include "console/qr.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP = 4, IN_A_ROW = 3 };

/* False: left. */
static bool await_enter(struct console *c, const char *prompt)
{
	char *line = ask_text(c, prompt, "", TEXT_MAY_BE_EMPTY);
	bool stays = line != NULL;

	free(line);
	return stays;
}

static bool show_login(struct console *c, json_t *login)
{
	bool stays;

	SAY(c,
	    _("The first password of %s (login %s). Nobody else looks at the screen now. It is good for one login, "
	      "which asks for a password of one's own."),
	    string_of(login, "name"), string_of(login, "login"));
	if (!await_enter(c, _("Enter: show it. ")))
		return false;
	SAY(c, "  %s", string_of(login, "password"));
	stays = await_enter(c, _("Write it down. Enter: it goes from the screen, and is never shown again. "));
	terminal_clear(c->terminal);
	return stays;
}

static bool show_logins(struct console *c, json_t *made)
{
	json_t *login;
	size_t i;

	json_array_foreach (json_object_get(made, "logins"), i, login)
		if (!show_login(c, login))
			return false;
	return true;
}

static void show_code(struct console *c, json_t *made)
{
	const char *code = string_of(made, "genesis");
	json_t *words = json_object_get(made, "words"), *word;
	struct buf line;
	size_t i;

	SAY(c, "%s", _("■ Genesis code: write it on paper, with the words, or photograph it."));
	if (!qr_show(c, code))
		SAY(c, "%s", _("  (A picture of it cannot be shown on this terminal.)"));
	SAY(c, _("  Box: %s"), string_of(made, "origin"));
	buf_init(&line, 1024);
	json_array_foreach (words, i, word) {
		char cell[64];

		(void)snprintf(cell, sizeof cell, "%zu  %.*s  %s", i + 1, GROUP, code + i * GROUP,
			       json_string_value(word));
		buf_adds(&line, "  ");
		layout_pad(&line, cell, 22);
		if (i % IN_A_ROW != IN_A_ROW - 1 && i + 1 < json_array_size(words))
			continue;
		terminal_put_line(c->terminal, line.data != NULL ? line.data : "");
		buf_clear(&line);
	}
	buf_fini(&line);
	SAY(c, "%s",
	    _("Whoever checks the record later needs this paper. It belongs into the safe, not to the box; the code "
	      "is no secret, but it must not be exchanged."));
}

/* What is read off the paper, in half-width letters; "" when it is to be shown again, NULL when left. */
static char *read_off(struct console *c, const char *prompt)
{
	struct buf narrow;
	char *line = ask_text(c, prompt, "", TEXT_MAY_BE_EMPTY);

	if (line == NULL)
		return NULL;
	buf_init(&narrow, 8192);
	layout_narrow(&narrow, line);
	free(line);
	line = strdup(narrow.data != NULL ? narrow.data : "");
	buf_fini(&narrow);
	return line;
}

enum asked { ASKED_DONE, ASKED_AGAIN, ASKED_SHOW, ASKED_VOID, ASKED_LEFT };

static enum asked send_confirm(struct console *c, const char *word, const char *group)
{
	json_t *params = json_pack("{s:s, s:s}", "word", word, "group", group), *result = NULL;
	enum err err = keeper_ask(c, "commission.confirm", params, &result);
	const char *code = string_of(result, "code");
	enum asked asked = err == ERR_OK ? ASKED_DONE : err == ERR_DENIED ? ASKED_AGAIN : ASKED_LEFT;

	/* The answer was lost, and the keeper is at its work already. */
	if (err == ERR_DENIED && strcmp(code, "unknown_method") == 0)
		asked = ASKED_DONE;
	else if (err == ERR_DENIED)
		words_refusal(c, result);
	if (asked == ASKED_AGAIN && strcmp(code, "invalid") != 0)
		asked = ASKED_VOID;
	json_decref(result);
	json_decref(params);
	return asked;
}

static enum asked ask_back(struct console *c, json_t *made)
{
	char prompt[256], *word, *group = NULL;
	enum asked asked = ASKED_LEFT;

	(void)snprintf(prompt, sizeof prompt,
		       _("From the paper, the word of group %llu (Enter: show the code again): "),
		       (unsigned long long)number_of(made, "word"));
	word = read_off(c, prompt);
	if (word != NULL && word[0] != '\0') {
		(void)snprintf(prompt, sizeof prompt,
			       _("From the paper, the four signs of group %llu (Enter: show the code again): "),
			       (unsigned long long)number_of(made, "group"));
		group = read_off(c, prompt);
	}
	if (word != NULL && (word[0] == '\0' || (group != NULL && group[0] == '\0')))
		asked = ASKED_SHOW;
	else if (word != NULL && group != NULL)
		asked = send_confirm(c, word, group);
	free(word);
	free(group);
	return asked;
}

static enum genesis confirm(struct console *c, json_t *made)
{
	enum asked asked = ASKED_SHOW;

	if (!show_logins(c, made))
		return GENESIS_LEFT;
	while (asked == ASKED_SHOW || asked == ASKED_AGAIN) {
		if (asked == ASKED_SHOW) {
			show_code(c, made);
			if (!await_enter(c, _("Enter: it is on paper. ")))
				return GENESIS_LEFT;
		}
		asked = ask_back(c, made);
	}
	return asked == ASKED_DONE ? GENESIS_DONE : asked == ASKED_VOID ? GENESIS_REFUSED : GENESIS_LEFT;
}

enum genesis genesis_make(struct console *c, uint64_t revision, const char *name)
{
	json_t *params = json_pack("{s:I, s:s}", "revision", (json_int_t)revision, "name", name), *made = NULL;
	enum genesis genesis = GENESIS_LEFT;
	enum err err;

	SAY(c, "%s", _("The record is being made; this takes a few seconds."));
	err = keeper_ask(c, "commission.make", params, &made);
	if (err == ERR_DENIED) {
		words_refusal(c, made);
		genesis = GENESIS_REFUSED;
	} else if (err == ERR_OK) {
		genesis = confirm(c, made);
		if (genesis != GENESIS_DONE)
			SAY(c, "%s",
			    _("Nothing is in force yet. Destroy what was written down: the next time both "
			      "code and passwords are others."));
	}
	json_decref(made);
	json_decref(params);
	return genesis;
}
