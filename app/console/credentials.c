#include "console/credentials.h"

#include "console/ask.h"
#include "console/keeper.h"
#include "console/qr.h"
#include "console/words.h"

#include <stdlib.h>
#include <string.h>

/* ---- the PIN ---------------------------------------------------------------------------------------------- */

static void send_pin(struct console *c, const char *password, const char *pin)
{
	json_t *params = json_pack("{s:s, s:s}", "password", password, "pin", pin), *result = NULL;
	enum err err = keeper_ask(c, "pin", params, &result);

	if (err == ERR_OK) {
		words_receipt(c, result);
		SAY(c, "%s", _("From now on seals and approvals ask for this PIN instead of the password."));
		(void)keeper_refresh(c);
	} else if (err == ERR_DENIED) {
		words_refusal(c, result);
	}
	json_decref(result);
	json_decref(params);
}

void credentials_pin(struct console *c, const struct call *call)
{
	char password[PASSWORD_SIZE] = "", pin[PASSWORD_SIZE] = "", again[PASSWORD_SIZE] = "";

	(void)call;
	SAY(c, "%s", _("A PIN of 6 to 12 digits; no 123456, no 000000."));
	if (terminal_password(c->terminal, _("Present password: "), password) == TYPED_LINE &&
	    ask_pin(c, _("New PIN: "), pin) && ask_pin(c, _("New PIN once more: "), again)) {
		if (strcmp(pin, again) == 0)
			send_pin(c, password, pin);
		else
			SAY(c, "%s", _("! The two PINs differ. Nothing was changed; do it again: user pin"));
	}
	explicit_bzero(password, sizeof password);
	explicit_bzero(pin, sizeof pin);
	explicit_bzero(again, sizeof again);
}

/* ---- codes from a telephone ---------------------------------------------------------------------------------- */

/* In groups of four, to be typed off. */
static void say_secret(struct console *c, const char *secret)
{
	struct buf groups;

	buf_init(&groups, 256);
	for (size_t i = 0; secret[i] != '\0'; i++)
		buf_addf(&groups, "%s%c", i > 0 && i % 4 == 0 ? " " : "", secret[i]);
	SAY(c, "  %s", groups.data != NULL ? groups.data : "");
	buf_fini(&groups);
}

static void show_secret(struct console *c, json_t *made)
{
	if (qr_show(c, string_of(made, "uri")))
		SAY(c, "%s", _("Photograph this with the code app of your telephone, or type it in:"));
	else
		SAY(c, "%s", _("Type this into the code app of your telephone:"));
	say_secret(c, string_of(made, "secret"));
	SAY(c, "  %s", string_of(made, "uri"));
}

static void show_codes(struct console *c, json_t *done)
{
	json_t *code;
	size_t i;

	words_receipt(c, done);
	SAY(c, "%s",
	    _("Ten recovery codes, each good for one login without the telephone. Write them on paper now and lock it "
	      "away; they are never shown again."));
	json_array_foreach (json_object_get(done, "codes"), i, code)
		SAY(c, "  %2zu  %s", i + 1, json_string_value(code) != NULL ? json_string_value(code) : "");
}

/* Until a code is right: clocks differ, and fingers slip. */
static void confirm(struct console *c)
{
	enum err err = ERR_DENIED;

	while (err == ERR_DENIED) {
		char *code = ask_text(c, _("The code that it shows (6 digits): "), "", TEXT_NEEDED);
		json_t *params = json_pack("{s:s?}", "code", code), *result = NULL;

		if (code != NULL)
			err = keeper_ask(c, "totp.confirm", params, &result);
		else
			SAY(c, "%s", _("Left. Nothing was changed."));
		if (code != NULL && err == ERR_DENIED)
			words_refusal(c, result);
		if (err == ERR_OK)
			show_codes(c, result);
		if (code == NULL || (err == ERR_DENIED && strcmp(string_of(result, "code"), "code_refused") != 0))
			err = ERR_IO;
		json_decref(params);
		json_decref(result);
		free(code);
	}
}

/* With the password once more. *result is a new reference when it is done. */
static bool ask_with_password(struct console *c, const char *method, json_t **result)
{
	char password[PASSWORD_SIZE];
	json_t *params;
	enum err err;

	if (terminal_password(c->terminal, _("Present password: "), password) != TYPED_LINE)
		return false;
	params = json_pack("{s:s}", "password", password);
	explicit_bzero(password, sizeof password);
	err = keeper_ask(c, method, params, result);
	json_decref(params);
	if (err == ERR_OK)
		return true;
	if (err == ERR_DENIED)
		words_refusal(c, *result);
	json_decref(*result);
	return false;
}

void credentials_totp(struct console *c, const struct call *call)
{
	json_t *made = NULL;

	(void)call;
	if (!ask_with_password(c, "totp.begin", &made))
		return;
	show_secret(c, made);
	json_decref(made);
	confirm(c);
}

void credentials_totp_off(struct console *c, const struct call *call)
{
	json_t *receipt = NULL;

	(void)call;
	if (!ask_with_password(c, "totp.end", &receipt))
		return;
	words_receipt(c, receipt);
	json_decref(receipt);
}

void credentials_pin_off(struct console *c, const struct call *call)
{
	json_t *receipt = NULL;

	(void)call;
	if (!ask_with_password(c, "pin.end", &receipt))
		return;
	words_receipt(c, receipt);
	SAY(c, "%s", _("From now on seals and approvals ask for the password again."));
	json_decref(receipt);
	(void)keeper_refresh(c);
}

void credentials_codes(struct console *c, const struct call *call)
{
	json_t *done = NULL;

	(void)call;
	if (!ask_with_password(c, "totp.codes", &done))
		return;
	show_codes(c, done);
	SAY(c, "%s", _("The codes you had before are void. The code app of your telephone stays as it is."));
	json_decref(done);
}
