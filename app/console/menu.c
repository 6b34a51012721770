#include "console/menu.h"

#include "console/ask.h"
#include "console/case.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/show.h"

#include <string.h>

/* Lines are [{"label", "line"}]; a command already in the menu is not put there twice. */
static void add(json_t *menu, const char *group, const char *label, const char *line)
{
	json_t *entry;
	size_t i;

	json_array_foreach (menu, i, entry)
		if (strcmp(string_of(entry, "line"), line) == 0)
			return;
	(void)json_array_append_new(menu, json_pack("{s:s, s:s, s:s}", "group", group, "label", label, "line", line));
}

static void add_steps(struct console *c, json_t *menu)
{
	json_t *step;
	char line[64];
	size_t i;

	json_array_foreach (json_object_get(c->now, "next"), i, step) {
		show_step_command(step, line, sizeof line);
		if (is_true(step, "mine") && line[0] != '\0' &&
		    (c->about[0] == '\0' || strcmp(string_of(step, "about"), c->about) == 0))
			add(menu, _("Next step"), label_of(c, step, "label"), line);
	}
}

/* The acts that are allowed just now, as the keeper lists them. */
static void add_acts(struct console *c, json_t *menu, const char *group, json_t *acts, uint64_t report)
{
	json_t *act;
	char line[64];
	size_t i;

	json_array_foreach (acts, i, act)
		if (is_true(act, "allowed") && commands_for_act(string_of(act, "act"), report, line, sizeof line))
			add(menu, group, string_of(act, "label")[0] != '\0' ? label_of(c, act, "label") : line, line);
}

static void add_report(struct console *c, json_t *menu, json_t *head)
{
	uint64_t number = number_of(head, "report");
	json_t *report = keeper_view(c, "report", c->about, number);
	char line[64];

	add_acts(c, menu, string_of(head, "label"), json_object_get(report, "acts"), number);
	(void)snprintf(line, sizeof line, "report %llu print", (unsigned long long)number);
	add(menu, string_of(head, "label"), _("Print it here"), line);
	(void)snprintf(line, sizeof line, "show report %llu", (unsigned long long)number);
	add(menu, string_of(head, "label"), _("Show its fields and seals"), line);
	json_decref(report);
}

static void add_case(struct console *c, json_t *menu)
{
	json_t *incident = c->about[0] != '\0' ? keeper_view(c, "incident", c->about, 0) : NULL, *report;
	size_t i;

	if (incident == NULL)
		return;
	json_array_foreach (json_object_get(incident, "reports"), i, report)
		add_report(c, menu, report);
	add(menu, c->about, _("Begin a report"), "report new");
	add_acts(c, menu, c->about, json_object_get(incident, "acts"), 0);
	add(menu, c->about, _("Show the incident"), "show incident");
	add(menu, c->about, _("Show the checklist"), "show checklist");
	add(menu, c->about, _("Show the facts"), "show facts");
	add(menu, c->about, _("Show the timeline"), "show timeline");
	json_decref(incident);
}

static void add_general(json_t *menu)
{
	add(menu, _("At any time"), _("Cut uplinks"), "isolate");
	add(menu, _("At any time"), _("Declare an incident"), "declare");
	add(menu, _("At any time"), _("Take another incident in hand"), "incident select");
	add(menu, _("At any time"), _("Show the present state"), "show now");
	add(menu, _("At any time"), _("Check the record"), "ledger check");
	add(menu, _("At any time"), _("Export for auditors"), "ledger export");
	add(menu, _("At any time"), _("Change my password"), "user password");
	add(menu, _("At any time"), _("Log out"), "logout");
}

/* The command line that was chosen, as a heap string; NULL: back. */
static char *choose(struct console *c)
{
	json_t *menu = json_array(), *entry;
	char *line = NULL;
	int chosen;

	add_steps(c, menu);
	add_case(c, menu);
	add_general(menu);
	chosen = ask_one(c, _("What do you want to do?"), menu, "label");
	if (chosen >= 0) {
		entry = json_array_get(menu, (size_t)chosen);
		SAY(c, "%s> %s", c->ascii ? "kannuki" : "閂", string_of(entry, "line"));
		line = strdup(string_of(entry, "line"));
	}
	json_decref(menu);
	return line;
}

void menu_run(struct console *c, const struct call *call)
{
	char *line;

	(void)call;
	while (c->session[0] != '\0' && keeper_refresh(c) && (line = choose(c)) != NULL) {
		commands_run(c, line);
		free(line);
	}
}
