#include "console/words.h"

#include "console/when.h"

#include <string.h>

void words_receipt(struct console *c, json_t *receipt)
{
	int64_t wall_ms = wall_of(receipt, "wall");
	char clock[WHEN_SIZE];

	terminal_resume(c->terminal);
	if (wall_ms >= 0)
		when_seconds(clock, wall_ms, c->lang);
	else
		(void)snprintf(clock, sizeof clock, "%s", _("time unknown"));
	SAY(c, _("Recorded. Entry %llu, %s, check %s."), (unsigned long long)number_of(receipt, "seq"), clock,
	    string_of(receipt, "code"));
}

/* What was wrong and what to do, for each code. */
#define CODE(name, sentence) ERROR_##name,
enum ipc_error { IPC_ERRORS(CODE) ERROR_COUNT };
#undef CODE

static const char *const codes[ERROR_COUNT] = {
#define CODE(name, sentence) [ERROR_##name] = #name,
	IPC_ERRORS(CODE)
#undef CODE
};

static const struct {
	const char *what;
	const char *remedy;
} sentences[ERROR_COUNT] = {
	[ERROR_bad_message] = {N_("The keeper did not understand the request."),
			       N_("Programs of different versions are at work. Tell your administrator.")},
	[ERROR_unknown_method] = {N_("The keeper does not know this request."),
				  N_("Programs of different versions are at work. Tell your administrator.")},
	[ERROR_peer_refused] = {N_("This cannot be done from the console."),
				N_("Use the panel or the web page for it.")},
	[ERROR_version_refused] = {N_("The keeper is of another version than this console."),
				   N_("Both must come from one release. Tell your administrator; the panel works.")},
	[ERROR_login_required] = {N_("You are not logged in."), N_("Log in and do it again.")},
	[ERROR_login_refused] = {N_("Name or password is wrong."),
				 N_("Type both again; mind capital letters and the input method.")},
	[ERROR_code_refused] = {N_("That is not the code of this minute."),
				N_("Wait for the next one and type it at once.")},
	[ERROR_account_over] = {N_("This account has ended, or its last day has passed."),
				N_("Two people who look after accounts can give it another last day.")},
	[ERROR_password_first] = {N_("You have a first password."), N_("Log in again and choose one of your own.")},
	[ERROR_locked_out] = {N_("Too many wrong passwords."),
			      N_("Wait, then try again. The buttons on the panel work without a login.")},
	[ERROR_proof_required] = {N_("This act needs your PIN or password."),
				  N_("Do it again and type it when asked.")},
	[ERROR_proof_refused] = {N_("That is not your password."),
				 N_("Nothing was done. Do it again and type it when asked.")},
	[ERROR_pin_refused] = {N_("That is not your PIN."),
			       N_("Nothing was done. Do it again and type it when asked.")},
	[ERROR_pin_blocked] = {N_("Your PIN is blocked after five wrong ones; nothing was done."),
			       N_("Set a new one with your password: user pin")},
	[ERROR_wrong_role] = {N_("This act belongs to another role."), N_("Ask somebody who holds that role.")},
	[ERROR_wrong_state] = {N_("This is not possible in the present state."),
			       N_("'show now' says what comes next.")},
	[ERROR_not_found] = {N_("There is no such case."), N_("'show incidents' lists the cases.")},
	[ERROR_invalid] = {N_("A value is missing or not allowed."), N_("Correct it and do it again.")},
	[ERROR_conflict] = {N_("Somebody else was first."), N_("What you typed is kept. Look at it and do it again.")},
	[ERROR_busy] = {N_("Too much at once."), N_("Wait a moment and do it again.")},
	[ERROR_damaged] = {N_("An entry of the record cannot be read."),
			   N_("Check the record: ledger check. Do not switch off.")},
	[ERROR_medium_failed] = {N_("The medium cannot be used."), N_("Check its cable, or replace it.")},
	[ERROR_not_recorded] = {N_("It could not be recorded, so it did not happen."),
				N_("Write on the paper timeline sheet and tell your administrator. Cutting works.")},
	[ERROR_panel_absent] = {N_("The panel does not answer."),
				N_("Press the red button on the panel: it works by itself.")},
	[ERROR_starting] = {N_("The keeper is starting and reads its record."),
			    N_("Wait and do it again. The buttons on the panel work.")},
	[ERROR_not_commissioned] = {N_("This box has not been set up yet."),
				    N_("Somebody has to do it at the console, on the serial cable.")},
};

static const char *pin_word(const char *why)
{
	if (strcmp(why, "same") == 0)
		return _("A PIN of one digit only is guessed at once. Choose another.");
	if (strcmp(why, "run") == 0)
		return _("Digits in a row like 123456 are guessed at once. Choose another.");
	if (strcmp(why, "pattern") == 0)
		return _("Digits that repeat like 121212 are guessed at once. Choose another.");
	return _("A PIN is 6 to 12 digits. Choose another.");
}

/* What the keeper said about this very case. False: the code alone is known. */
static bool say_args(const struct console *c, enum ipc_error code, json_t *args, struct buf *out)
{
	const char *by = string_of(args, "by");
	char clock[WHEN_SIZE];

	if (string_of(args, "say")[0] != '\0') {
		buf_adds(out, string_of(args, "say"));
	} else if (code == ERROR_conflict && by[0] != '\0' && wall_of(args, "at") >= 0) {
		when_format(clock, wall_of(args, "at"), wall_now(), c->lang);
		buf_addf(out, _("%s changed it first, at %s. What you typed is kept."), by, clock);
	} else if (code == ERROR_wrong_role && string_of(args, "role_label")[0] != '\0') {
		buf_addf(out, _("This act belongs to: %s."), string_of(args, "role_label"));
	} else if (code == ERROR_locked_out && number_of(args, "seconds") > 0) {
		buf_addf(out,
			 _("Too many wrong passwords: wait %llu seconds, then try again. The buttons on the panel "
			   "work without a login."),
			 (unsigned long long)number_of(args, "seconds"));
	} else if (code == ERROR_invalid && strcmp(string_of(args, "field"), "new") == 0) {
		buf_adds(out, _("At least 10 characters are needed."));
	} else if (code == ERROR_invalid && strcmp(string_of(args, "field"), "pin") == 0) {
		buf_adds(out, pin_word(string_of(args, "why")));
	} else if (code == ERROR_pin_refused && number_of(args, "left") > 0) {
		buf_addf(out, _("That is not your PIN; nothing was done. Tries left: %llu."),
			 (unsigned long long)number_of(args, "left"));
	} else if (code == ERROR_starting) {
		buf_addf(out, _("The keeper is starting: %llu %% of its record are read. Do it again in a moment."),
			 (unsigned long long)number_of(args, "percent"));
	} else if (code == ERROR_login_refused && is_true(args, "code")) {
		buf_adds(out, _("Name, password or code is wrong. Type them again; each code is good once only."));
	} else if (code == ERROR_code_refused && is_true(args, "no_clock")) {
		buf_adds(out, _("The clock of this box is not set, so no code can be checked. Have it set first."));
	} else if (code == ERROR_medium_failed && string_of(args, "why")[0] != '\0') {
		buf_addf(out, "%s %s", _("The medium cannot be used."), string_of(args, "why"));
	} else if (code == ERROR_invalid && string_of(args, "field")[0] != '\0') {
		buf_addf(out, _("%s: the value is missing or not allowed. Correct it and do it again."),
			 string_of(args, "field"));
	} else {
		return false;
	}
	return true;
}

void words_refusal_text(const struct console *c, json_t *refusal, struct buf *out)
{
	const char *name = string_of(refusal, "code");
	size_t code = 0;

	while (code < ERROR_COUNT && strcmp(codes[code], name) != 0)
		code++;
	if (code == ERROR_COUNT) {
		buf_addf(out, _("The keeper refused, for a reason this program does not know: %s."), name);
		return;
	}
	if (!say_args(c, (enum ipc_error)code, json_object_get(refusal, "args"), out))
		buf_addf(out, _("%s %s"), _(sentences[code].what), _(sentences[code].remedy));
}

bool words_not_ready(json_t *refusal)
{
	const char *code = string_of(refusal, "code");

	return strcmp(code, codes[ERROR_starting]) == 0 || strcmp(code, codes[ERROR_not_commissioned]) == 0;
}

void words_refusal(struct console *c, json_t *refusal)
{
	struct buf text;

	if (c->trouble == TROUBLE_NONE)
		c->trouble = words_not_ready(refusal) ? TROUBLE_AWAY : TROUBLE_REFUSED;
	buf_init(&text, 4096);
	terminal_resume(c->terminal);
	words_refusal_text(c, refusal, &text);
	SAY(c, "! %s", text.data != NULL ? text.data : "");
	buf_fini(&text);
}

bool words_allowed(struct console *c, json_t *view, const char *act)
{
	json_t *listed;
	size_t i;

	json_array_foreach (json_object_get(view, "acts"), i, listed) {
		if (strcmp(string_of(listed, "act"), act) != 0 || is_true(listed, "allowed"))
			continue;
		words_refusal(c, json_object_get(listed, "why_not"));
		return false;
	}
	return true;
}

void words_since(struct buf *out, int64_t wall_ms, int64_t now_ms, enum lang lang)
{
	char length[WHEN_SIZE];

	when_length(length, now_ms - wall_ms, lang);
	if (now_ms - wall_ms < 60000)
		buf_adds(out, _("just now"));
	else
		buf_addf(out, _("%s ago"), length);
}

void words_until(struct buf *out, int64_t due_ms, int64_t now_ms, enum lang lang)
{
	char length[WHEN_SIZE];

	when_length(length, due_ms - now_ms, lang);
	buf_addf(out, due_ms >= now_ms ? _("%s left") : _("%s overdue"), length);
}
