#include "console/commands.h"

#include "console/carry.h"
#include "console/case.h"
#include "console/contact.h"
#include "console/credentials.h"
#include "console/envelope.h"
#include "console/evidence.h"
#include "console/erasing.h"
#include "console/health.h"
#include "console/incarnation.h"
#include "console/layout.h"
#include "console/login.h"
#include "console/maintenance.h"
#include "console/menu.h"
#include "console/people.h"
#include "console/pins.h"
#include "console/record.h"
#include "console/register.h"
#include "console/report.h"
#include "console/restricted.h"
#include "console/screen.h"
#include "console/show.h"
#include "console/stick.h"
#include "console/uplinks.h"

#include <string.h>

const struct command commands[] = {
	{"menu", N_("numbered steps: what to do next, then everything that is possible"), menu_run, NULL},
	{"show", N_("look at something"), NULL, NULL},
	{"show now", N_("the next step, open incidents, uplinks"), show_now, NULL},
	{"show incidents", N_("all incidents, newest first"), show_incidents, NULL},
	{"show incident [CASE]", N_("one incident with its phases"), show_incident, NULL},
	{"show checklist [CASE]", N_("the rows to be settled, by phase"), show_checklist, NULL},
	{"show facts [CASE]", N_("what is known so far"), show_facts, NULL},
	{"show timeline [CASE]", N_("what happened when, and who recorded it"), show_timeline, NULL},
	{"show evidence [CASE] [EVIDENCE]", N_("what was taken, and who has had it since"), evidence_show, NULL},
	{"show report N", N_("fields and seals of a report"), show_report, NULL},
	{"show uplinks", N_("the uplinks and what a cut of each stops"), show_uplinks, NULL},
	{"show people", N_("who may log in, with their roles"), show_people, NULL},
	{"show health", N_("how this box does: record, clock, panel, media, programs"), health_show, NULL},
	{"declare [TEXT...]", N_("declare an incident"), case_declare, "incident.declared"},
	{"declare restricted [TEXT...]", N_("declare an incident that only named people may know of"), case_declare,
	 NULL},
	{"drill [TEXT...]", N_("begin a drill: nothing is cut from here, nothing goes outside"), case_declare, NULL},
	{"isolate [UPLINK...]", N_("cut uplinks at once"), uplinks_isolate, "uplink.isolate"},
	{"restore", N_("connect again: two people and the key at the panel"), NULL, NULL},
	{"restore request [UPLINK...]", N_("ask to connect uplinks again"), uplinks_request, "restore.requested"},
	{"restore permit", N_("approve somebody else's request"), uplinks_permit, "restore.permitted"},
	{"maintenance", N_("look after the panel"), NULL, NULL},
	{"maintenance begin HOURS [TEXT...]", N_("from now on buttons cut, but open no incident"), maintenance_begin,
	 "maintenance.begun"},
	{"maintenance end", N_("buttons open incidents again"), maintenance_end, "maintenance.ended"},
	{"maintenance incident [TEXT...]", N_("make an incident of the last press in maintenance"),
	 maintenance_incident, NULL},
	{"prove [UPLINK...]", N_("test that uplinks can be cut, in maintenance; 'all' means each"), maintenance_prove,
	 "uplink.prove"},
	{"panel", N_("the panel and this box"), NULL, NULL},
	{"panel absent SECONDS [TEXT...]", N_("announce a restart: so long nothing is cut because this box is away"),
	 maintenance_absent, "absence.announced"},
	{"incident", N_("work on the incident in hand"), NULL, NULL},
	{"incident select [CASE]", N_("take another incident in hand"), case_select, NULL},
	{"incident triage", N_("incident or not, and how urgent"), case_triage, "incident.triaged"},
	{"incident classify", N_("its types; they decide the checklist"), case_classify, "incident.classified"},
	{"incident check [ROW] [STATE]", N_("settle rows of the checklist"), case_check, "incident.checked"},
	{"incident answer [QUESTION] [STATE]", N_("answer the questions"), case_answer, "incident.answered"},
	{"incident note [TEXT...]", N_("a line for the timeline"), case_note, "incident.noted"},
	{"incident attribute", N_("say who pressed a button"), case_attribute, "incident.attributed"},
	{"incident restrict", N_("name who may know of it; everybody else sees it no more"), restricted_readers,
	 "incident.restricted"},
	{"incident lift", N_("everybody may know of it again"), restricted_lift, "incident.unrestricted"},
	{"incident end", N_("false alarm or not applicable"), case_end, "incident.ended"},
	{"incident close", N_("close it when everything is done"), case_close, "incident.closed"},
	{"report", N_("write, approve and send reports"), NULL, NULL},
	{"report new", N_("begin the next report"), report_new, NULL},
	{"report N edit", N_("fill in its fields one after the other"), report_edit, "report.drafted"},
	{"report N show", N_("its fields and seals"), show_report, NULL},
	{"report N print", N_("as it looks on paper"), report_print, NULL},
	{"report N submit", N_("hand it to the first approver"), report_submit, "report.submitted"},
	{"report N return", N_("send it back with the reason"), report_return, "report.returned"},
	{"report N approve", N_("put your seal on it"), report_approve, "report.approved"},
	{"report N sent", N_("note that it has been sent; it is frozen then"), report_sent, "report.sent"},
	{"contact", N_("whom to call, and who was called"), NULL, NULL},
	{"contact sheet [CASE]", N_("whom to call now, in which order, at which number, what to say"), contact_sheet,
	 NULL},
	{"contact made", N_("note whom you called, or wrote to"), contact_made, "contact.made"},
	{"contact received", N_("note who called here"), contact_received, "contact.received"},
	{"contact arrived [WHO...]", N_("note who has come in; without a name yourself"), contact_arrived,
	 "contact.arrived"},
	{"contact log [CASE]", N_("who was called, who called, who has come in"), contact_log, NULL},
	{"contact show [CASE]", N_("the same in full, with what was said"), contact_show, NULL},
	{"evidence", N_("evidence of an incident, its files, and who has it"), NULL, NULL},
	{"evidence add [CASE]", N_("put evidence into the record: a thing, or files over this cable"), evidence_add,
	 "evidence.taken"},
	{"evidence show [CASE] [EVIDENCE]", N_("what was taken, and who has had it since"), evidence_show, NULL},
	{"evidence hand [CASE] [EVIDENCE]", N_("note that it was handed over: from whom, to whom, what for"),
	 evidence_hand, "evidence.handed"},
	{"evidence get [CASE] [EVIDENCE]", N_("send one of its files over this cable by ZMODEM"), evidence_get, NULL},
	{"register", N_("the registers of peacetime"), NULL, NULL},
	{"register list", N_("which registers there are"), register_list, NULL},
	{"register show [REGISTER] [LINE]", N_("what is written in one, newest first"), register_show, NULL},
	{"register add [REGISTER]", N_("write a line, field by field"), register_add, "register.written"},
	{"register change [REGISTER] [LINE]", N_("write a line anew, such as a return"), register_change, NULL},
	{"register strike [REGISTER] [LINE]", N_("a line counts no more; it stays to be read"), register_strike,
	 "register.struck"},
	{"ledger", N_("the record itself"), NULL, NULL},
	{"ledger show [SEQ]", N_("the newest entries, or one of them in full"), record_show, NULL},
	{"ledger find [TEXT...]", N_("entries that contain a word, newest first"), record_find, NULL},
	{"ledger check", N_("check every entry and signature again"), record_check, NULL},
	{"ledger export [NAME] [OPTION...]", N_("write a bundle for auditors"), record_export, NULL},
	{"ledger send [NAME]", N_("send an exported file over this cable by ZMODEM"), carry_send, NULL},
	{"ledger stick [NAME]", N_("write an exported file to a USB stick"), stick_write, NULL},
	{"ledger redact SEQ NAME", N_("ask to erase the text, person or files of an entry; another person approves"),
	 erasing_redact, "erasure.requested"},
	{"ledger dispose CASE", N_("ask to erase all that was written about a case that is over"), erasing_dispose,
	 NULL},
	{"ledger erasures", N_("what is asked to be erased, and what was"), erasing_list, NULL},
	{"ledger approve SEQ", N_("approve an erasure that somebody else asked for"), erasing_approve,
	 "erasure.approved"},
	{"ledger rotate", N_("end the running epoch and begin the next"), record_rotate, NULL},
	{"ledger media", N_("the media that the record is kept on"), record_media, NULL},
	{"ledger repair", N_("take a failed medium in again"), record_repair, NULL},
	{"ledger repair anew", N_("write a replaced medium from nothing"), record_repair, NULL},
	{"ledger incarnation", N_("whether the record had to begin anew; its new genesis code"), incarnation_show,
	 NULL},
	{"ledger incarnation new", N_("end the record and begin a new incarnation, after a theft"), incarnation_begin,
	 NULL},
	{"ledger policy", N_("the witnesses whose signatures are asked for"), pins_policy, NULL},
	{"ledger policy set [FILE]", N_("name other witnesses"), pins_policy_set, NULL},
	{"ledger witness request [SIZE]", N_("what to ask a witness"), pins_witness_request, NULL},
	{"ledger witness accept [FILE]", N_("take a witness's answer"), pins_witness_accept, NULL},
	{"ledger stamp request", N_("what to ask a time stamp authority"), pins_stamp_request, NULL},
	{"ledger stamp accept [FILE]", N_("take the authority's reply (base64)"), pins_stamp_accept, NULL},
	{"user", N_("who may log in; your own account"), NULL, NULL},
	{"user password", N_("change your password"), login_password, NULL},
	{"user pin", N_("set the PIN that seals and approvals ask for"), credentials_pin, NULL},
	{"user pin off", N_("seals and approvals ask for the password again"), credentials_pin_off, NULL},
	{"user totp", N_("have codes from your telephone asked for at each login"), credentials_totp, NULL},
	{"user totp off", N_("codes from your telephone are no longer asked for"), credentials_totp_off, NULL},
	{"user totp codes", N_("ten new recovery codes; the telephone stays as it is"), credentials_codes, NULL},
	{"user envelope", N_("the sealed envelope in the safe"), NULL, NULL},
	{"user envelope noted", N_("note that it was opened, and seal a new one"), envelope_noted, NULL},
	{"user envelope renew [WHO...]", N_("a new password for an envelope that nobody has opened"), envelope_renew,
	 NULL},
	{"user list", N_("who may log in"), people_list, NULL},
	{"user list all", N_("also those who have ended"), people_list, NULL},
	{"user show [WHO...]", N_("one person in full"), people_show, NULL},
	{"user absent [WHO...]", N_("away up to a day, and who seals reports meanwhile; without a name yourself"),
	 people_absent, "user.absent"},
	{"user back [WHO...]", N_("there again; without a name yourself"), people_back, "user.back"},
	{"user add", N_("ask for a new account; another person approves"), people_add, "people.requested"},
	{"user change [WHO...]", N_("ask for other roles, another name, contact or last day"), people_change, NULL},
	{"user end [WHO...]", N_("ask to end an account for good"), people_end, NULL},
	{"user reset [WHO...]", N_("ask for a new first password, when the password is lost"), people_reset, NULL},
	{"user import [TABLE]", N_("the yearly change of staff: read a table and ask for what differs"), people_import,
	 NULL},
	{"user export [TABLE]", N_("everybody as such a table"), people_export, NULL},
	{"user requests", N_("what is asked for and was approved"), people_requests, NULL},
	{"user approve [NUMBER]", N_("approve what somebody else asked for; shows first passwords"), people_approve,
	 "people.approved"},
	{"system", N_("this box"), NULL, NULL},
	{"system health", N_("how this box does: record, clock, panel, media, programs"), health_show, NULL},
	{"system support", N_("write a file for those who help, without anything personal"), health_support, NULL},
	{"language", N_("Japanese or English"), NULL, NULL},
	{"language ja", N_("Japanese"), login_japanese, NULL},
	{"language en", N_("English"), login_english, NULL},
	{"terminal", N_("this screen: its size, its signs"), NULL, NULL},
	{"terminal show", N_("what is known of it"), screen_show, NULL},
	{"terminal size", N_("ask it how large it is"), screen_size, NULL},
	{"terminal ascii", N_("plain ASCII in English from now on"), screen_ascii, NULL},
	{"terminal utf8", N_("all signs from now on"), screen_utf8, NULL},
	{"terminal NxN", N_("tell its lines and columns: terminal 24x80"), screen_set, NULL},
	{"logout", N_("end your session; the next person may log in"), login_logout, NULL},
	{"exit", N_("end your session and leave the program"), login_exit, NULL},
	{NULL, NULL, NULL, NULL},
};

/* What the names of arguments mean. */
static const struct {
	const char *name;
	const char *help;
} arguments[] = {
	{"N", N_("the number of a report")},
	{"[CASE]", N_("the number of an incident, such as 2026-001")},
	{"[EVIDENCE]", N_("the number of a piece of evidence")},
	{"[REGISTER]", N_("the name of a register; asked for when left out")},
	{"[LINE]", N_("the number of a line; asked for when left out")},
	{"[TEXT]", N_("a text; asked for when left out")},
	{"[UPLINK]", N_("names of uplinks; asked for when left out")},
	{"[ROW]", N_("the name of a row; asked for when left out")},
	{"[QUESTION]", N_("the name of a question; asked for when left out")},
	{"[STATE]", N_("the new state; asked for when left out")},
	{"[NAME]", N_("a name of letters, digits, - and .")},
	{"[SEQ]", N_("the number of an entry")},
	{"SEQ", N_("the number of an entry")},
	{"CASE", N_("the number of an incident, such as 2026-001")},
	{"NAME", N_("text, person or files")},
	{"HOURS", N_("how many hours at most")},
	{"SECONDS", N_("how many seconds at most")},
	{"NxN", N_("lines x columns, such as 24x80")},
	{"[FILE]", N_("a file in the folder of exports; without it you are asked to paste")},
	{"[TABLE]", N_("a file in /var/lib/kannuki-console; without it the table is pasted, or put on the screen")},
	{"[WHO]", N_("a login, a full name or an account number such as u7")},
	{"[NUMBER]", N_("the number of a request")},
	{"[SIZE]", N_("how many entries this witness has seen; 0: none yet")},
	{"[OPTION]", N_("from N, to N, without text,person,files, encrypt-to AGE, prove N, zip, incarnation N")},
};

const char *argument(const struct call *call, const char *name)
{
	int at = grammar_argument(call, name);

	return at >= 0 ? call->words->word[at] : NULL;
}

const char *argument_rest(const struct call *call, const char *name)
{
	int at = grammar_argument(call, name);

	if (at < 0)
		return NULL;
	/* One word alone is without its quotation marks. */
	return (size_t)at + 1 == call->words->count ? call->words->word[at] : call->words->rest[at];
}

uint64_t argument_number(const struct call *call)
{
	const char *text = argument(call, "N");
	struct buf narrow;
	uint64_t number;

	buf_init(&narrow, 256);
	layout_narrow(&narrow, text != NULL ? text : "");
	number = narrow.data != NULL ? strtoull(narrow.data, NULL, 10) : 0;
	buf_fini(&narrow);
	return number;
}

bool commands_for_act(const char *act, uint64_t number, char *out, size_t size)
{
	for (const struct command *command = commands; command->pattern != NULL; command++) {
		const char *pattern = command->pattern, *hole;

		if (command->act == NULL || strcmp(command->act, act) != 0)
			continue;
		hole = strstr(pattern, " N ");
		if (hole != NULL && number == 0)
			return false;
		if (hole != NULL)
			(void)snprintf(out, size, "%.*s %llu %s", (int)(hole - pattern), pattern,
				       (unsigned long long)number, hole + 3);
		else
			(void)snprintf(out, size, "%.*s", (int)strcspn(pattern, "["), pattern);
		if (out[0] != '\0' && out[strlen(out) - 1] == ' ')
			out[strlen(out) - 1] = '\0';
		return true;
	}
	return false;
}

static const char *help_of(const struct choice *choice)
{
	for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
		if (strcmp(arguments[i].name, choice->word) == 0)
			return _(arguments[i].help);
	return _(choice->help);
}

static void say_choices(struct console *c, const struct words *words, size_t at, const char *beginning)
{
	struct choice choices[COMMANDS_MAX];
	size_t count = grammar_choices(commands, words, at, beginning, choices, COMMANDS_MAX);
	struct buf line;

	buf_init(&line, 4096);
	for (size_t i = 0; i < count; i++) {
		buf_adds(&line, "  ");
		layout_pad(&line, choices[i].word, 12);
		buf_addf(&line, " %s", help_of(&choices[i]));
		terminal_put(c->terminal, 15, "%s", line.data != NULL ? line.data : "");
		buf_clear(&line);
	}
	if (count == 0)
		SAY(c, "%s", _("  (nothing more: press Enter)"));
	buf_fini(&line);
}

static void explain(struct console *c, const struct words *words, const struct match *match)
{
	const char *beginning = "";

	if (match->kind != MATCH_HELP && match->kind != MATCH_EMPTY)
		c->trouble = TROUBLE_MISUSED;
	switch (match->kind) {
	case MATCH_UNKNOWN:
		SAY(c, _("! '%s' is not understood. Here one of these is possible:"), words->word[match->word]);
		break;
	case MATCH_AMBIGUOUS:
		beginning = words->word[match->word];
		SAY(c, _("! '%s' may mean several things. Type more of one of these:"), beginning);
		break;
	case MATCH_INCOMPLETE:
		SAY(c, "%s", _("! Something is missing. Go on with one of these:"));
		break;
	case MATCH_HELP:
	case MATCH_EMPTY:
	case MATCH_RUN:
	default:
		break;
	}
	say_choices(c, words, match->word, beginning);
	if (match->word == 0)
		SAY(c, "%s", _("Beginnings of words are enough: sh n is show now. Tab completes, ? explains."));
}

/* A text that was meant for somewhere else must not do anything here, when its lines look like commands. Only where
   nothing but looking is asked for may the next line be typed ahead. */
static bool is_pasted(const struct console *c, const struct match *match)
{
	static const char *const harmless[] = {"show", "menu", "language", "terminal"};
	enum { AT_ONCE_MS = 30 };

	for (size_t i = 0; match->kind == MATCH_RUN && i < sizeof harmless / sizeof harmless[0]; i++)
		if (strncmp(match->command->pattern, harmless[i], strlen(harmless[i])) == 0)
			return false;
	return c->doing == NULL && match->kind != MATCH_EMPTY && terminal_more(c->terminal, AT_ONCE_MS);
}

void commands_run(struct console *c, const char *line)
{
	struct words words = {0};
	struct match match;
	enum err err;

	err = words_split(line, &words);
	if (err == ERR_FORMAT)
		SAY(c, "%s", _("! A quotation mark is not closed. Close it and press Enter."));
	else if (err != ERR_OK)
		SAY(c, _("! The line has more than %d words. Put long texts into quotation marks."), WORDS_MAX);
	if (err != ERR_OK)
		return;
	match = grammar_match(commands, &words);
	if (is_pasted(c, &match)) {
		SAY(c, "%s",
		    _("! Several lines came at once, as when a text is pasted. Nothing was done with them; type a "
		      "command by itself."));
		terminal_drop(c->terminal);
	} else if (match.kind == MATCH_RUN) {
		const char *outer = c->doing;

		c->doing = line;
		match.command->run(c, &(const struct call){.command = match.command, .words = &words});
		c->doing = outer;
	} else if (match.kind != MATCH_EMPTY)
		explain(c, &words, &match);
	words_free(&words);
}

/* Words that are whole stand before the last space; the last one may be a beginning. */
void commands_complete(struct console *c, const char *line, char *out, size_t size)
{
	bool at_space = line[0] == '\0' || line[strlen(line) - 1] == ' ';
	struct choice choices[COMMANDS_MAX];
	struct words words = {0};
	const char *beginning;
	size_t at, count;

	if (words_split(line, &words) != ERR_OK)
		return;
	at = words.count - (at_space || words.count == 0 ? 0 : 1);
	beginning = at < words.count ? words.word[at] : "";
	count = grammar_choices(commands, &words, at, beginning, choices, COMMANDS_MAX);
	if (count == 1 && choices[0].word[0] >= 'a')
		(void)snprintf(out, size, "%s ", choices[0].word + strlen(beginning));
	else if (count > 0)
		say_choices(c, &words, at, beginning);
	words_free(&words);
}
