#include "console/login.h"

#include "console/ask.h"
#include "console/commission.h"
#include "console/contact.h"
#include "console/drafts.h"
#include "console/keeper.h"
#include "console/screen.h"
#include "console/show.h"
#include "console/words.h"

#include <string.h>

static const char *record_word(json_t *hello)
{
	json_t *media = json_object_get(hello, "media");

	if (!is_true(hello, "recording"))
		return _("FAILED");
	if (strcmp(string_of(media, "first"), "failed") == 0 || strcmp(string_of(media, "second"), "failed") == 0)
		return _("ON ONE MEDIUM ONLY");
	if (json_object_get(media, "incarnation") != NULL)
		return _("IN A NEW INCARNATION");
	return _("well");
}

static void say_state(struct console *c, json_t *hello)
{
	SAY(c, _("Kannuki  %s  record %s  panel %s"), label_of(c, hello, "organisation"), record_word(hello),
	    is_true(hello, "panel") ? _("well") : _("DOES NOT ANSWER"));
	if (is_true(hello, "call_sheet"))
		SAY(c, "%s", _("Whom to call, without a login: type ? as the name."));
	if (is_true(hello, "envelope"))
		SAY(c, "%s", _("! The sealed envelope is open. 'show now' says more."));
}

/* False: the box is not set up, and the person left. */
static bool greet(struct console *c)
{
	json_t *params = json_pack("{s:i}", "protocol", PROTOCOL_MAJOR), *hello = NULL;
	bool is_new = true, goes_on = true;

	terminal_greet(c->terminal);
	while (is_new && goes_on) {
		enum err err = keeper_ask(c, "hello", params, &hello);

		is_new = err == ERR_OK && is_true(hello, "commissioning");
		if (err == ERR_DENIED)
			words_refusal(c, hello);
		else if (is_new)
			goes_on = commission_run(c);
		else if (err == ERR_OK)
			say_state(c, hello);
		json_decref(hello);
		hello = NULL;
	}
	json_decref(params);
	return goes_on;
}

enum choice_made { CHOSEN, NOT_CHOSEN, LEFT };

static enum choice_made send_password(struct console *c, const char *old, const char *new)
{
	json_t *params = json_pack("{s:s, s:s}", "old", old, "new", new), *result = NULL;
	enum err err = keeper_ask(c, "password", params, &result);

	if (err == ERR_OK)
		words_receipt(c, result);
	else if (err == ERR_DENIED)
		words_refusal(c, result);
	json_decref(result);
	json_decref(params);
	return err == ERR_OK ? CHOSEN : err == ERR_DENIED ? NOT_CHOSEN : LEFT;
}

static enum choice_made choose_password(struct console *c, const char *old)
{
	char new[PASSWORD_SIZE], again[PASSWORD_SIZE];
	enum choice_made made = LEFT;

	if (terminal_password(c->terminal, _("New password: "), new) == TYPED_LINE &&
	    terminal_password(c->terminal, _("New password once more: "), again) == TYPED_LINE) {
		if (strcmp(new, again) == 0) {
			made = send_password(c, old, new);
		} else {
			SAY(c, "%s",
			    _("! The two new passwords differ. Nothing was changed; do it again: user password"));
			made = NOT_CHOSEN;
		}
	}
	explicit_bzero(new, sizeof new);
	explicit_bzero(again, sizeof again);
	return made;
}

/* With a first password nothing else is possible. False: it was not replaced. */
static bool replace_first(struct console *c, const char *first)
{
	enum choice_made made;

	SAY(c, "%s",
	    _("This is a first password: it is good for one thing, choosing a password of your own (10 characters or "
	      "more). Ctrl-C leaves."));
	do
		made = choose_password(c, first);
	while (made == NOT_CHOSEN && c->session[0] != '\0');
	if (made == CHOSEN)
		keeper_subscribe(c);
	return made == CHOSEN;
}

/* One try. ERR_IO: the person left. */
static enum err try_login(struct console *c)
{
	char password[PASSWORD_SIZE];
	json_t *result = NULL;
	enum err err;
	char *name = ask_text(c, _("Name: "), "", TEXT_MAY_BE_EMPTY);

	if (name == NULL)
		return ERR_IO;
	/* Enter alone: what stands on a screen that was left alone may be old. */
	if (name[0] == '\0') {
		free(name);
		return greet(c) ? ERR_DENIED : ERR_IO;
	}
	if (!c->ascii && !terminal_knows_utf8(c->terminal)) {
		screen_use_ascii(c, true);
		SAY(c, "%s", _("This terminal does not know UTF-8. Plain ASCII from now on; see: terminal ?"));
	}
	if (strcmp(name, "?") == 0 || strcmp(name, "？") == 0) {
		free(name);
		contact_open_sheet(c);
		return ERR_DENIED;
	}
	(void)snprintf(c->user, sizeof c->user, "%s", name);
	free(name);
	if (terminal_password(c->terminal, _("Password: "), password) != TYPED_LINE)
		return ERR_DENIED;
	err = keeper_log_in_with(c, c->user, password, CODE_ASKED_FOR, &result);
	if (err == ERR_DENIED)
		words_refusal(c, result);
	if (err == ERR_OK && is_true(result, "must_change") && !replace_first(c, password)) {
		login_end(c);
		err = ERR_DENIED;
	}
	explicit_bzero(password, sizeof password);
	json_decref(result);
	return err == ERR_IO ? ERR_DENIED : err;
}

bool login_person(struct console *c)
{
	enum err err = greet(c) ? ERR_DENIED : ERR_IO;

	while (err != ERR_OK && err != ERR_IO)
		err = try_login(c);
	if (err != ERR_OK)
		return false;
	terminal_settle(c->terminal);
	if (keeper_refresh(c) && json_array_size(json_object_get(c->now, "incidents")) == 1)
		(void)snprintf(c->about, sizeof c->about, "%s",
			       string_of(json_array_get(json_object_get(c->now, "incidents"), 0), "about"));
	show_now(c, NULL);
	SAY(c, "%s", _("Type menu for numbered steps, ? for all commands."));
	drafts_offer(c);
	return true;
}

void login_end(struct console *c)
{
	if (c->session[0] != '\0') {
		keeper_log_out(c);
		SAY(c, "%s", _("Logged out."));
	}
	terminal_forget(c->terminal);
	drafts_forget(c);
	json_decref(c->now);
	c->now = NULL;
	c->about[0] = c->user[0] = '\0';
}

void login_logout(struct console *c, const struct call *call)
{
	(void)call;
	login_end(c);
}

void login_exit(struct console *c, const struct call *call)
{
	(void)call;
	login_end(c);
	c->leave = true;
}

static void speak(struct console *c, enum lang lang)
{
	c->lang = lang;
	lang_use(lang);
	SAY(c, "%s", _("From now on in English."));
	/* The prompt carries words of the view. */
	(void)keeper_refresh(c);
}

void login_japanese(struct console *c, const struct call *call)
{
	(void)call;
	if (c->ascii) {
		SAY(c, "%s", _("This terminal shows ASCII only. If it can show Japanese, type: terminal utf8"));
		return;
	}
	speak(c, LANG_JA);
}

void login_english(struct console *c, const struct call *call)
{
	(void)call;
	speak(c, LANG_EN);
}

void login_password(struct console *c, const struct call *call)
{
	char old[PASSWORD_SIZE];

	(void)call;
	if (terminal_password(c->terminal, _("Present password: "), old) == TYPED_LINE)
		(void)choose_password(c, old);
	explicit_bzero(old, sizeof old);
}
