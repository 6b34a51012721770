#include "console/keeper.h"

#include "console/record.h"
#include "console/words.h"

#include <poll.h>
#include <sodium.h>
#include <string.h>

/* A check or an export of the whole record takes its time. */
enum { LONG_CALL_MS = 600000, CALL_MS = 15000, PEEK_MS = 2000, RETRY_MS = 500, PATIENCE = 40, LOST_MOST = 3 };

static void on_push(void *context, const char *push, json_t *params)
{
	struct console *c = context;

	if (strcmp(push, "changed") == 0)
		c->changed = true;
	else if (strcmp(push, "progress") == 0)
		record_progress(c, params);
}

static void hang_up(struct console *c)
{
	client_close(c->client);
	c->client = NULL;
	if (c->told_away)
		return;
	c->told_away = true;
	SAY(c, "%s", _("Nothing can be recorded now. Cutting works. Write on the paper timeline sheet."));
}

void keeper_subscribe(struct console *c)
{
	json_t *params = json_pack("{s:s}", "session", c->session);
	int id;

	if (c->session[0] != '\0' && !c->at_once && client_send(c->client, "subscribe", params, &id, NULL) != ERR_OK)
		hang_up(c);
	json_decref(params);
}

static bool connect_again(struct console *c)
{
	if (c->client != NULL)
		return true;
	if (client_open(c->peer, on_push, c, &c->client, NULL) != ERR_OK)
		return false;
	if (c->told_away)
		SAY(c, "%s", _("The keeper answers again: recording works."));
	c->told_away = false;
	c->changed = true;
	keeper_subscribe(c);
	return c->client != NULL;
}

int keeper_fd(const struct console *c)
{
	return c->client != NULL ? client_fd(c->client) : -1;
}

void keeper_woke(struct console *c)
{
	if (c->client == NULL)
		(void)connect_again(c);
	else if (client_read(c->client, NULL) != ERR_OK)
		hang_up(c);
}

/* Waits until there is a connection. False: the person does not want to wait longer. */
static bool wait_for_keeper(struct console *c)
{
	char *line;

	while (!connect_again(c)) {
		if (!c->told_away)
			hang_up(c);
		if (c->at_once) {
			c->trouble = TROUBLE_AWAY;
			return false;
		}
		SAY(c, "%s", _("Waiting for the keeper; what you typed is kept. Ctrl-C stops waiting."));
		for (int i = 0; i < PATIENCE && !terminal_interrupted(c->terminal); i++) {
			(void)poll(NULL, 0, RETRY_MS);
			if (connect_again(c))
				return true;
		}
		if (terminal_interrupted(c->terminal) ||
		    terminal_ask(c->terminal, LINE_ANSWER, _("Enter: wait on. Ctrl-C: give up. "), "", &line) !=
			    TYPED_LINE)
			return false;
		free(line);
	}
	return true;
}

/* Live, in tenths. */
static void tell_start(struct console *c, json_t *refusal, int *told)
{
	int percent = (int)number_of(json_object_get(refusal, "args"), "percent");

	if (percent / 10 == *told)
		return;
	*told = percent / 10;
	SAY(c, _("The keeper is starting: %d %%"), percent);
}

/* Its record is large. False: the person does not want to wait longer. */
static bool wait_for_start(struct console *c, json_t *refusal)
{
	json_t *nothing = json_object(), *hello = NULL;
	enum err err = ERR_DENIED;
	int told = -1;

	tell_start(c, refusal, &told);
	while (err != ERR_OK && !terminal_interrupted(c->terminal)) {
		(void)poll(NULL, 0, RETRY_MS);
		if (c->client == NULL && client_open(c->peer, on_push, c, &c->client, NULL) != ERR_OK)
			continue;
		err = client_call(c->client, "hello", nothing, CALL_MS, &hello, NULL);
		if (err == ERR_DENIED && strcmp(string_of(hello, "code"), "starting") == 0)
			tell_start(c, hello, &told);
		else if (err == ERR_DENIED)
			err = ERR_OK;
		if (err != ERR_OK && err != ERR_DENIED) {
			client_close(c->client);
			c->client = NULL;
		}
		json_decref(hello);
		hello = NULL;
	}
	json_decref(nothing);
	return err == ERR_OK;
}

/* Where anybody has a telephone for codes everybody is asked, lest the question tell whose password was right. */
static bool asks_codes(struct console *c)
{
	json_t *nothing = json_object(), *hello = NULL;
	bool asks =
		client_call(c->client, "hello", nothing, CALL_MS, &hello, NULL) == ERR_OK && is_true(hello, "codes");

	json_decref(hello);
	json_decref(nothing);
	return asks;
}

/* False: the person left. */
static bool add_code(struct console *c, json_t *params)
{
	char *code = NULL;

	if (!asks_codes(c))
		return true;
	if (terminal_ask(c->terminal, LINE_ANSWER,
			 _("Code from your telephone or a recovery code (Enter: I have none): "), "",
			 &code) != TYPED_LINE)
		return false;
	if (code[0] != '\0')
		(void)json_object_set_new(params, "code", json_string(code));
	free(code);
	return true;
}

enum err keeper_log_in_with(struct console *c, const char *user, const char *password, enum code_need code,
			    json_t **result)
{
	json_t *params = json_pack("{s:s, s:s}", "name", user, "password", password);
	enum err err;

	if (params == NULL)
		return ERR_NOMEM;
	if ((c->client == NULL && !wait_for_keeper(c)) || (code == CODE_ASKED_FOR && !add_code(c, params)) ||
	    (c->client == NULL && !wait_for_keeper(c))) {
		json_decref(params);
		return ERR_IO;
	}
	err = client_call(c->client, "login", params, CALL_MS, result, NULL);
	/* The keeper does not tell which of them was wrong. */
	if (err == ERR_DENIED && json_object_get(params, "code") != NULL)
		(void)json_object_set_new(json_object_get(*result, "args"), "code", json_true());
	json_decref(params);
	if (err == ERR_OK) {
		(void)snprintf(c->session, sizeof c->session, "%s", string_of(*result, "session"));
		keeper_subscribe(c);
	} else if (err != ERR_DENIED) {
		hang_up(c);
	}
	return err;
}

enum err keeper_log_in(struct console *c, const char *user, json_t **result)
{
	char password[PASSWORD_SIZE];
	enum err err;

	if (terminal_password(c->terminal, _("Password: "), password) != TYPED_LINE)
		return ERR_IO;
	err = keeper_log_in_with(c, user, password, CODE_ASKED_FOR, result);
	explicit_bzero(password, sizeof password);
	return err;
}

/* The session has ended while somebody was at work: the same person goes on where they were. */
static bool log_in_again(struct console *c)
{
	SAY(c, _("Your session has ended. %s, type your password to go on; what you typed is kept."), c->user);
	for (;;) {
		json_t *result = NULL;
		enum err err = keeper_log_in(c, c->user, &result);

		if (err == ERR_DENIED)
			words_refusal(c, result);
		json_decref(result);
		if (err == ERR_OK || (err == ERR_IO && c->client != NULL))
			return err == ERR_OK;
	}
}

static bool resend_after_silence(struct console *c)
{
	char *line;

	SAY(c, "%s",
	    _("The keeper has not answered. It may or may not be recorded; sending it again is safe, "
	      "nothing is recorded twice."));
	if (terminal_ask(c->terminal, LINE_ANSWER, _("Enter: send again. Ctrl-C: give up. "), "", &line) != TYPED_LINE)
		return false;
	free(line);
	return true;
}

static void complete_params(const struct console *c, const struct method *method, json_t *params)
{
	for (const struct param *p = method->params; p->kind != PARAM_END; p++) {
		if (strcmp(p->name, "session") == 0)
			(void)json_object_set_new(params, "session", json_string(c->session));
		if (strcmp(p->name, "lang") == 0)
			(void)json_object_set_new(params, "lang", json_string(lang_name(c->lang)));
	}
}

/* Work on the whole record, and passwords for many people. */
static bool takes_long(const char *method, json_t *params)
{
	return strncmp(method, "ledger.", 7) == 0 || strncmp(method, "commission.", 11) == 0 ||
	       strcmp(string_of(params, "act"), "people.approved") == 0;
}

enum err keeper_ask(struct console *c, const char *method, json_t *params, json_t **result)
{
	struct client_files none = {.count = 0};

	return keeper_ask_with(c, method, params, &none, result);
}

enum err keeper_ask_with(struct console *c, const char *method, json_t *params, struct client_files *files,
			 json_t **result)
{
	for (int lost = 0;;) {
		enum err err;

		if (!wait_for_keeper(c))
			return ERR_IO;
		complete_params(c, method_find(method), params);
		err = client_call_with(c->client, method, params, files,
				       files->count > 0 || takes_long(method, params) ? LONG_CALL_MS : CALL_MS, result,
				       NULL);
		if (c->hear != NULL && (err == ERR_OK || err == ERR_DENIED))
			c->hear(method, params, err, *result);
		if (err == ERR_OK)
			return err;
		if (err == ERR_DENIED && !c->at_once && strcmp(string_of(*result, "code"), "starting") == 0) {
			bool goes_on = wait_for_start(c, *result);

			json_decref(*result);
			*result = NULL;
			if (!goes_on)
				return ERR_IO;
			continue;
		}
		if (err == ERR_DENIED) {
			if (c->session[0] == '\0' || strcmp(string_of(*result, "code"), "login_required") != 0)
				return err;
			json_decref(*result);
			*result = NULL;
			if (!log_in_again(c))
				return ERR_IO;
			continue;
		}
		if (err != ERR_TIMEOUT)
			hang_up(c);
		/* Whatever loses the connection each time must not go on by itself for ever. */
		if (err != ERR_TIMEOUT && ++lost % LOST_MOST != 0)
			continue;
		if (!resend_after_silence(c))
			return ERR_IO;
	}
}

/* Puts the list that comes in pages behind that of the first; all others stand on each page. */
static void append_page(json_t *view, json_t *page)
{
	static const char *const paged[] = {"incidents", "users",    "rows",    "questions", "lines",    "cells",
					    "erasures",  "requests", "changes", "contacts",  "evidence", "registers"};

	for (size_t i = 0; i < sizeof paged / sizeof paged[0]; i++) {
		json_t *list = json_object_get(view, paged[i]);

		if (list != NULL)
			(void)json_array_extend(list, json_object_get(page, paged[i]));
	}
}

static enum err view_pages(struct console *c, json_t *params, json_t **view)
{
	enum err err = keeper_ask(c, "view", params, view);
	uint64_t cursor = err == ERR_OK ? number_of(*view, "cursor") : 0;

	while (cursor != 0) {
		json_t *page = NULL;

		(void)json_object_set_new(params, "cursor", json_integer((json_int_t)cursor));
		err = keeper_ask(c, "view", params, &page);
		if (err != ERR_OK) {
			json_decref(*view);
			*view = page;
			return err;
		}
		append_page(*view, page);
		cursor = number_of(page, "cursor");
		json_decref(page);
	}
	return err;
}

json_t *keeper_view(struct console *c, const char *what, const char *about, uint64_t report)
{
	json_t *params = json_pack("{s:s}", "what", what), *result = NULL;
	enum err err;

	if (about != NULL)
		(void)json_object_set_new(params, "about", json_string(about));
	if (report != 0)
		(void)json_object_set_new(params, "report", json_integer((json_int_t)report));
	err = view_pages(c, params, &result);
	json_decref(params);
	if (err == ERR_OK)
		return result;
	if (err == ERR_DENIED)
		words_refusal(c, result);
	json_decref(result);
	return NULL;
}

json_t *keeper_peek(struct console *c)
{
	json_t *params = json_pack("{s:s, s:s, s:s, s:b}", "session", c->session, "lang", lang_name(c->lang), "what",
				   "now", "unattended", 1);
	json_t *now = NULL;

	/* Before asking: what is recorded while the answer is under way must be asked for again. */
	c->changed = false;
	if (c->client == NULL || client_call(c->client, "view", params, PEEK_MS, &now, NULL) != ERR_OK) {
		json_decref(now);
		now = NULL;
	}
	json_decref(params);
	return now;
}

bool keeper_refresh(struct console *c)
{
	json_t *now;

	c->changed = false;
	now = keeper_view(c, "now", NULL, 0);
	if (now == NULL)
		return false;
	json_decref(c->now);
	c->now = now;
	return true;
}

static json_t *act_params(const struct deed *deed)
{
	unsigned char random[16];
	char idem[HEX_SIZE(sizeof random)];
	json_t *params = json_object();

	randombytes_buf(random, sizeof random);
	hex_encode(idem, random, sizeof random);
	(void)json_object_set_new(params, "idem", json_string(idem));
	(void)json_object_set_new(params, "act", json_string(deed->act));
	if (deed->about != NULL && deed->about[0] != '\0')
		(void)json_object_set_new(params, "about", json_string(deed->about));
	if (deed->body != NULL)
		(void)json_object_set_new(params, "body", deed->body);
	if (deed->text != NULL)
		(void)json_object_set_new(params, "text", deed->text);
	if (deed->person != NULL)
		(void)json_object_set_new(params, "person", deed->person);
	if (deed->names != NULL)
		(void)json_object_set_new(params, "files", deed->names);
	if (deed->proof != NULL)
		(void)json_object_set_new(params, "proof", json_string(deed->proof));
	return params;
}

enum err keeper_do_quietly(struct console *c, struct deed deed, json_t **receipt)
{
	struct client_files none = {.count = 0};
	json_t *params = act_params(&deed);
	enum err err = keeper_ask_with(c, "act", params, deed.files != NULL ? deed.files : &none, receipt);

	json_decref(params);
	if (err == ERR_OK)
		c->changed = c->own_act = true;
	if (err == ERR_IO) {
		terminal_resume(c->terminal);
		SAY(c, "%s", _("Given up. Look with 'show now' whether it was recorded."));
	}
	return err;
}

enum err keeper_do(struct console *c, struct deed deed)
{
	json_t *answer = NULL;
	enum err err = keeper_do_quietly(c, deed, &answer);

	if (err == ERR_OK)
		words_receipt(c, answer);
	else if (err == ERR_DENIED)
		words_refusal(c, answer);
	json_decref(answer);
	return err;
}

void keeper_end_session(struct console *c, const char *session)
{
	json_t *params = json_pack("{s:s}", "session", session), *result = NULL;

	if (c->client != NULL && client_call(c->client, "logout", params, CALL_MS, &result, NULL) == ERR_IO)
		hang_up(c);
	json_decref(result);
	json_decref(params);
}

void keeper_log_out(struct console *c)
{
	keeper_end_session(c, c->session);
	explicit_bzero(c->session, sizeof c->session);
}
