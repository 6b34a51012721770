#include "console/menu.h"

#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/show.h"

#include <string.h>

/* A menu is [{"label", "line"}], a line to be run; or {"label", "menu"}, a menu below. A line that is in a menu
   already is not put there twice. */
static void add(json_t *menu, const char *label, const char *line)
{
	json_t *entry;
	size_t i;

	json_array_foreach (menu, i, entry)
		if (strcmp(string_of(entry, "line"), line) == 0)
			return;
	(void)json_array_append_new(menu, json_pack("{s:s, s:s}", "label", label, "line", line));
}

/* Takes `below`; an empty one is left out. */
static void add_menu(json_t *menu, const char *label, json_t *below)
{
	if (json_array_size(below) > 0)
		(void)json_array_append_new(menu, json_pack("{s:s, s:s, s:O}", "group", _("Everything else"), "label",
							    label, "menu", below));
	json_decref(below);
}

static void add_steps(struct console *c, json_t *menu)
{
	json_t *step;
	char line[64];
	size_t i;

	json_array_foreach (json_object_get(c->now, "next"), i, step) {
		show_step_command(step, line, sizeof line);
		if (!is_true(step, "mine") || line[0] == '\0' ||
		    (c->about[0] != '\0' && strcmp(string_of(step, "about"), c->about) != 0))
			continue;
		add(menu, label_of(c, step, "label"), line);
		(void)json_object_set_new(json_array_get(menu, json_array_size(menu) - 1), "group",
					  json_string(_("Next step")));
	}
}

static bool is_about(const char *act, const char *what)
{
	return strncmp(act, what, strlen(what)) == 0;
}

/* The acts that are allowed just now, as the keeper lists them; those whose name begins with one of two words. */
static void add_acts(struct console *c, json_t *menu, json_t *acts, uint64_t report, const char *const *names)
{
	json_t *act;
	char line[64];
	size_t i;

	json_array_foreach (acts, i, act) {
		const char *name = string_of(act, "act");

		if (is_true(act, "allowed") && (is_about(name, names[0]) || is_about(name, names[1])) &&
		    commands_for_act(name, report, line, sizeof line))
			add(menu, label_of(c, act, "label"), line);
	}
}

static void add_report(struct console *c, json_t *menu, json_t *head)
{
	uint64_t number = number_of(head, "report");
	json_t *report = keeper_view(c, "report", c->about, number), *below = json_array();
	char label[256], line[64];

	add_acts(c, below, json_object_get(report, "acts"), number, (const char *const[]){"report.", "report."});
	(void)snprintf(line, sizeof line, "report %llu print", (unsigned long long)number);
	add(below, _("Print it here"), line);
	(void)snprintf(line, sizeof line, "show report %llu", (unsigned long long)number);
	add(below, _("Show its fields and seals"), line);
	(void)snprintf(label, sizeof label, "%s  %s", string_of(head, "label"), string_of(head, "state_label"));
	add_menu(menu, label, below);
	json_decref(report);
}

static void add_case(struct console *c, json_t *menu, json_t *incident)
{
	json_t *acts = json_object_get(incident, "acts"), *below = json_array(), *report;
	size_t i;

	add_acts(c, below, acts, 0, (const char *const[]){"incident.", "incident."});
	add_menu(menu, _("The incident in hand"), below);
	json_array_foreach (json_object_get(incident, "reports"), i, report)
		add_report(c, menu, report);
	below = json_array();
	add_acts(c, below, acts, 0, (const char *const[]){"uplink.", "restore."});
	add_menu(menu, _("Cut uplinks, connect them again"), below);
	below = json_array();
	add_acts(c, below, acts, 0, (const char *const[]){"evidence.", "evidence."});
	add(below, _("Show the evidence"), "evidence show");
	add(below, _("Get a file of the evidence"), "evidence get");
	add_menu(menu, _("Evidence"), below);
	below = json_array();
	add(below, _("Show the incident"), "show incident");
	add(below, _("Show the checklist"), "show checklist");
	add(below, _("Show the facts"), "show facts");
	add(below, _("Show the timeline"), "show timeline");
	add(below, _("Begin the next report"), "report new");
	add_menu(menu, _("Look at the incident; a new report"), below);
}

static bool may_change_people(const struct console *c)
{
	json_t *act;
	size_t i;

	json_array_foreach (json_object_get(c->now, "acts"), i, act)
		if (strcmp(string_of(act, "act"), "people.requested") == 0)
			return is_true(act, "allowed");
	return false;
}

static void add_general(const struct console *c, json_t *menu)
{
	json_t *below = json_array();
	bool may_declare = is_true(json_array_get(json_object_get(c->now, "acts"), 0), "allowed");

	if (may_declare && c->about[0] == '\0')
		add(below, _("Cut uplinks"), "isolate");
	if (may_declare)
		add(below, _("Declare an incident"), "declare");
	add(below, _("Take another incident in hand"), "incident select");
	add(below, _("Show the present state"), "show now");
	add(below, _("Check the record"), "ledger check");
	add(below, _("Export for auditors"), "ledger export");
	add(below, _("Change my password"), "user password");
	add(below, _("Set my PIN for seals and approvals"), "user pin");
	add(below, _("Use codes from my telephone at login"), "user totp");
	add(below, _("I am away (deputy)"), "user absent");
	add(below, _("Log out"), "logout");
	add_menu(menu, _("Declare, another incident, the record, log out"), below);
	below = json_array();
	add(below, _("Who may log in"), "user list");
	if (may_change_people(c)) {
		add(below, _("A new account"), "user add");
		add(below, _("Change an account"), "user change");
		add(below, _("End an account"), "user end");
		add(below, _("A new first password"), "user reset");
		add(below, _("The yearly change of staff, from a table"), "user import");
		add(below, _("What awaits approval"), "user requests");
	}
	add_menu(menu, _("People"), below);
	below = json_array();
	add(below, _("What is written in a register"), "register show");
	if (may_declare) {
		add(below, _("Write a line"), "register add");
		add(below, _("Write a line anew"), "register change");
	}
	add_menu(menu, _("Registers"), below);
}

static json_t *whole_menu(struct console *c)
{
	json_t *incident = c->about[0] != '\0' ? keeper_view(c, "incident", c->about, 0) : NULL, *menu = json_array();

	add_steps(c, menu);
	if (incident != NULL)
		add_case(c, menu, incident);
	add_general(c, menu);
	json_decref(incident);
	return menu;
}

enum { DEEPEST = 2 };

/* The command line that was chosen, as a heap string; NULL: back. */
static char *choose(struct console *c, json_t *menu, int depth)
{
	for (;;) {
		int chosen = ask_one(c, _("What do you want to do?"), menu, "label");
		json_t *entry = chosen >= 0 ? json_array_get(menu, (size_t)chosen) : NULL;
		json_t *below = json_object_get(entry, "menu");
		char *line = below != NULL && depth < DEEPEST ? choose(c, below, depth + 1) : NULL;

		if (entry == NULL || line != NULL)
			return line;
		if (below == NULL)
			return strdup(string_of(entry, "line"));
	}
}

void menu_run(struct console *c, const struct call *call)
{
	(void)call;
	while (c->session[0] != '\0' && keeper_refresh(c)) {
		json_t *menu = whole_menu(c);
		char *line = choose(c, menu, 1);

		json_decref(menu);
		if (line == NULL)
			return;
		SAY(c, "%s> %s", c->ascii ? "kannuki" : "閂", line);
		commands_run(c, line);
		free(line);
	}
}
