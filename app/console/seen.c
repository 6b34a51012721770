#include "console/seen.h"

#include "console/keeper.h"

#include <string.h>

struct sentence {
	const char *word, *text;
};

static const char *sentence_of(const struct sentence *sentences, const char *word)
{
	for (; sentences->word != NULL; sentences++)
		if (strcmp(sentences->word, word) == 0)
			return _(sentences->text);
	return "";
}

static void say_numbers(struct console *c, json_t *seen)
{
	SAY(c, _("  The panel has seen %llu entries, check %s."), (unsigned long long)number_of(seen, "entries"),
	    string_of(seen, "code"));
}

void seen_tell(struct console *c, json_t *seen)
{
	static const struct sentence sentences[] = {
		{"shorter",
		 N_("! The record is shorter than the panel has seen it. Perhaps it was put back from an old copy, or cut "
		    "off. Do not delete anything; call your administrator, and compare it with exports and prints.")},
		{"other_root",
		 N_("! The record says something else than when the panel saw it. Perhaps it was changed, or put back from "
		    "an old copy and continued. Do not delete anything; call your administrator, and compare it with "
		    "exports and prints.")},
		{"other_log",
		 N_("! The panel has seen another record than this one. Perhaps the medium, or the panel's controller, is "
		    "that of another box. Do not delete anything; call your administrator.")},
		{"missing_log",
		 N_("! The panel has seen another record than this one, perhaps the earlier record of this box that is missing "
		    "here. Put back the medium that holds it; within ten minutes the panel is asked again. Do not delete "
		    "anything; if it cannot be found, call your administrator.")},
		{"earlier_log",
		 N_("! The panel has seen the record before the new incarnation, and still vouches for that one. Have the "
		    "jumper on the panel's board set until 'ledger media' says that it has seen the new one, then taken "
		    "off again.")},
		{NULL, NULL}};
	const char *text = sentence_of(sentences, string_of(seen, "verdict"));

	if (text[0] == '\0')
		return;
	SAY(c, "%s", text);
	say_numbers(c, seen);
}

/* Refused by the controller: words of board/map.h; by the way to it: of the panel daemon. */
static void say_refusal(struct console *c, const char *why)
{
	static const struct sentence sentences[] = {
		{"older", N_("it has seen a longer record already")},
		{"other_root", N_("at that length it has seen another record")},
		{"too_far", N_("the record has grown by more than 1048576 entries at once; it follows in steps")},
		{"other_origin", N_("it has seen another record, and the jumper on its board is not set")},
		{"too_soon", N_("it keeps one a minute at most; the next is shown in ten minutes")},
		{"not_kept", N_("its memory did not keep what was written; the board must be replaced")},
		{"bad_check", N_("it arrived damaged; check the cable")},
		{"bad_argument", N_("programs of different versions are at work")},
		{"controller_absent", N_("the controller does not answer")},
		{"no_answer", N_("no answer came in time")},
		{"busy", N_("too much was waiting")},
		{NULL, NULL}};
	const char *text = sentence_of(sentences, why);

	if (why[0] != '\0')
		SAY(c, _("  ! The newest entries were not taken by the panel: %s."), text[0] != '\0' ? text : why);
}

void seen_show(struct console *c, json_t *seen)
{
	static const struct sentence sentences[] = {
		{"agrees", N_("  The panel has seen this record, and it agrees.")},
		{"empty", N_("  The panel has seen no record yet.")},
		{"unreadable", N_("  ! What the panel had seen of the record cannot be read any more.")},
		{"not_compared",
		 N_("  ! What the panel has seen could not be compared, because the record cannot be read there. Type: "
		    "ledger check")},
		{NULL, NULL}};
	const char *verdict = string_of(seen, "verdict"), *text = sentence_of(sentences, verdict);

	if (seen == NULL) {
		SAY(c, "%s", _("  No panel's controller watches over the record."));
		return;
	}
	seen_tell(c, seen);
	if (text[0] != '\0')
		SAY(c, "%s", text);
	if (strcmp(verdict, "agrees") == 0)
		say_numbers(c, seen);
	say_refusal(c, string_of(seen, "refused"));
}
