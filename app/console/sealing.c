#include "console/sealing.h"

#include "console/keeper.h"

#include <string.h>

static const char *reason(const char *word)
{
	static const struct {
		const char *word, *text;
	} reasons[] = {{"no_keys", N_("this panel keeps no key; take seals_epochs out of kannuki.yaml")},
		       {"not_kept", N_("its memory did not keep what was written; the board must be replaced")},
		       {"too_soon", N_("it has had too much written of late; it is asked again in ten minutes")},
		       {"older", N_("it keeps another key than was thought; it is asked again in ten minutes")},
		       {"too_far", N_("it keeps another key than was thought; it is asked again in ten minutes")},
		       {"busy", N_("too much was waiting")},
		       {"bad_check", N_("it arrived damaged; check the cable")},
		       {"bad_message", N_("programs of different versions are at work")},
		       {"controller_absent", N_("the controller does not answer")},
		       {"no_answer", N_("no answer came in time")}};

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (strcmp(reasons[i].word, word) == 0)
			return _(reasons[i].text);
	return word;
}

static void say_refusal(struct console *c, const char *word)
{
	if (word[0] != '\0')
		SAY(c, _("  ! The panel has not taken a new key: %s."), reason(word));
}

void sealing_tell(struct console *c, json_t *sealing)
{
	if (sealing == NULL || is_true(sealing, "sealed"))
		return;
	SAY(c, "%s",
	    _("! The key for what follows in the record is not sealed with the panel's controller, although "
	      "kannuki.yaml asks for it. Recording goes on."));
	say_refusal(c, string_of(sealing, "refused"));
}

void sealing_show(struct console *c, json_t *sealing)
{
	sealing_tell(c, sealing);
	if (sealing == NULL || !is_true(sealing, "sealed"))
		return;
	SAY(c, "%s", _("  The key for what follows is sealed with the panel's controller."));
	say_refusal(c, string_of(sealing, "refused"));
}
