#include "console/lock.h"

#include "console/keeper.h"
#include "console/words.h"

#include <string.h>

/* The same person is there again: the new session takes the place of the old one. */
static bool unlock(struct console *c)
{
	char old[SESSION_SIZE];
	json_t *result = NULL;
	enum err err;

	if (c->client == NULL) {
		SAY(c, "%s", _("The keeper does not answer. Try again in a moment."));
		return false;
	}
	(void)snprintf(old, sizeof old, "%s", c->session);
	err = keeper_log_in(c, c->user, &result);
	if (err == ERR_DENIED)
		words_refusal(c, result);
	if (err == ERR_OK)
		keeper_end_session(c, old);
	json_decref(result);
	return err == ERR_OK;
}

bool lock_screen(void *context)
{
	struct console *c = context;
	bool same = false;
	char key = '1';

	if (c->session[0] == '\0')
		return true;
	c->locked = true;
	terminal_clear(c->terminal);
	while (!same && key == '1') {
		SAY(c, _("The screen is locked; what %s was typing is kept."), c->user);
		SAY(c, _("1  %s goes on    2  somebody else logs in"), c->user);
		key = terminal_key(c->terminal, _("Number: "), "12");
		same = key == '1' && unlock(c);
	}
	c->locked = false;
	terminal_clear(c->terminal);
	return same;
}
