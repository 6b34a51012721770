#include "console/credentials.h"

#include "console/ask.h"
#include "console/keeper.h"
#include "console/words.h"

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
