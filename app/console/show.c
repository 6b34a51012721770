#include "console/show.h"

#include "console/commands.h"
#include "console/envelope.h"
#include "console/incarnation.h"
#include "console/keeper.h"
#include "console/layout.h"
#include "console/maintenance.h"
#include "console/sealing.h"
#include "console/seen.h"
#include "console/when.h"
#include "console/words.h"

#include <string.h>

void show_line(struct console *c, size_t hang, struct buf *line)
{
	terminal_put(c->terminal, hang, "%s", line->data != NULL ? line->data : "");
	buf_clear(line);
}

void show_heading(struct console *c, const char *text)
{
	SAY(c, "■ %s", text);
}

/* ---- now ---- */

void show_step_command(json_t *step, char *out, size_t size)
{
	if (!commands_for_act(string_of(step, "act"), number_of(step, "report"), out, size))
		out[0] = '\0';
}

static void add_due(const struct console *c, json_t *step, int64_t now_ms, struct buf *line)
{
	int64_t due_ms = wall_of(step, "due");
	char clock[WHEN_SIZE];

	if (due_ms < 0)
		return;
	when_format(clock, due_ms, now_ms, c->lang);
	buf_addf(line, _("  %s until %s, "), string_of(step, "basis_label"), clock);
	words_until(line, due_ms, now_ms, c->lang);
}

/* The first step is the one thing to do; all others are quieter. */
static void show_step(struct console *c, json_t *step, bool first, int64_t now_ms)
{
	struct buf line;
	char command[64];

	buf_init(&line, 4096);
	buf_addf(&line, "%s %s", first ? "▶" : "・", label_of(c, step, "label"));
	if (!is_true(step, "mine") && string_of(step, "role_label")[0] != '\0')
		buf_addf(&line, _(" (%s)"), string_of(step, "role_label"));
	show_step_command(step, command, sizeof command);
	if (first && command[0] != '\0')
		buf_addf(&line, "  [%s]", command);
	show_line(c, 3, &line);
	buf_addf(&line, "   %s", string_of(step, "about"));
	if (first && string_of(step, "why")[0] != '\0')
		buf_addf(&line, "  %s", string_of(step, "why"));
	add_due(c, step, now_ms, &line);
	if (first || wall_of(step, "due") >= 0)
		show_line(c, 3, &line);
	buf_fini(&line);
}

static void show_steps(struct console *c, int64_t now_ms)
{
	json_t *steps = json_object_get(c->now, "next"), *step;
	size_t i;

	show_heading(c, _("Next step"));
	if (json_array_size(steps) == 0)
		SAY(c, "%s", _("  Nothing is waiting for you."));
	json_array_foreach (steps, i, step)
		show_step(c, step, i == 0, now_ms);
}

static void show_head_reports(struct console *c, json_t *head)
{
	json_t *report;
	size_t i;

	json_array_foreach (json_object_get(head, "reports"), i, report)
		terminal_put(c->terminal, 6, _("    report %llu: %s  %s"),
			     (unsigned long long)number_of(report, "report"), string_of(report, "label"),
			     string_of(report, "state_label"));
}

void show_head(struct console *c, json_t *head, int64_t now_ms)
{
	int64_t declared_ms = wall_of(head, "declared");
	char clock[WHEN_SIZE];
	struct buf line;

	buf_init(&line, 4096);
	buf_addf(&line, "  %s %s  %s  %s", string_of(head, "about"), string_of(head, "title"),
		 string_of(head, "state_label"), string_of(head, "phase_label"));
	if (string_of(head, "priority_label")[0] != '\0')
		buf_addf(&line, _("  priority %s"), string_of(head, "priority_label"));
	show_line(c, 4, &line);
	buf_addf(&line, _("    done %llu, left %llu, timeline %llu"), (unsigned long long)number_of(head, "done"),
		 (unsigned long long)number_of(head, "left"), (unsigned long long)number_of(head, "notes"));
	if (number_of(head, "evidence") > 0)
		buf_addf(&line, _(", evidence %llu"), (unsigned long long)number_of(head, "evidence"));
	if (declared_ms >= 0) {
		when_format(clock, declared_ms, now_ms, c->lang);
		buf_addf(&line, _("  declared %s, "), clock);
		words_since(&line, declared_ms, now_ms, c->lang);
	}
	show_line(c, 4, &line);
	show_head_reports(c, head);
	buf_fini(&line);
}

void show_uplink_text(const struct console *c, json_t *uplink, struct buf *out)
{
	const char *state = string_of(uplink, "state");
	int64_t since_ms = wall_of(uplink, "since");
	uint64_t us = number_of(uplink, "edge_to_contact_us");
	char clock[WHEN_SIZE];

	buf_addf(out, "%s %-10s ",
		 strcmp(state, "cut") == 0         ? "■"
		 : strcmp(state, "connected") == 0 ? "□"
						   : "?",
		 string_of(uplink, "id"));
	buf_addf(out, "%s  %s", label_of(c, uplink, "label"), string_of(uplink, "state_label"));
	if (us > 0)
		buf_addf(out, " %.1f ms", (double)us / 1000);
	if (since_ms >= 0) {
		when_format(clock, since_ms, wall_now(), c->lang);
		buf_addf(out, _("  since %s"), clock);
	}
}

static void show_uplink_list(struct console *c)
{
	json_t *uplink;
	struct buf line;
	size_t i;

	show_heading(c, _("Uplinks"));
	buf_init(&line, 4096);
	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink) {
		buf_adds(&line, "  ");
		show_uplink_text(c, uplink, &line);
		show_line(c, 4, &line);
		maintenance_add_test(c, uplink, &line);
		show_line(c, 6, &line);
	}
	buf_fini(&line);
}

static void show_reader(struct console *c, int64_t now_ms)
{
	json_t *user = json_object_get(c->now, "user"), *role;
	char clock[WHEN_SIZE];
	struct buf line;
	size_t i;

	when_full(clock, now_ms, c->lang);
	buf_init(&line, 4096);
	buf_addf(&line, "%s  %s  %s", label_of(c, c->now, "organisation"), clock, string_of(user, "name"));
	json_array_foreach (json_object_get(user, "roles"), i, role)
		buf_addf(&line, "%s%s", i == 0 ? "  " : _(", "), label_of(c, role, "label"));
	show_line(c, 2, &line);
	buf_fini(&line);
}

static void show_room(struct console *c, const char *room)
{
	if (strcmp(room, "low") == 0)
		SAY(c, "%s", _("! Room for the record becomes scarce. Have a larger medium ordered."));
	else if (strcmp(room, "no_files") == 0)
		SAY(c, "%s", _("! There is no more room for files, only for entries. Have a larger medium put in."));
	else if (room[0] != '\0')
		SAY(c, "%s",
		    _("! The last reserve of room is in use; soon nothing can be recorded. Have a larger medium put "
		      "in today."));
}

void show_media(struct console *c, json_t *media)
{
	bool first = strcmp(string_of(media, "first"), "failed") == 0;
	bool second = strcmp(string_of(media, "second"), "failed") == 0;

	if (first && (second || json_object_get(media, "second") == NULL))
		SAY(c, "%s",
		    _("! Recording has failed; what is done now may not be recorded. Write on the paper timeline "
		      "sheet and call your administrator."));
	else if (first || second)
		SAY(c,
		    _("! The %s medium of the record has failed. Recording goes on with the other one alone. Have it "
		      "replaced before that one fails too."),
		    first ? _("first") : _("second"));
	show_room(c, string_of(media, "room"));
	incarnation_tell(c, json_object_get(media, "incarnation"));
	seen_tell(c, json_object_get(media, "seen"));
	sealing_tell(c, json_object_get(media, "sealing"));
}

static bool may_maintain(struct console *c)
{
	json_t *act;
	size_t i;

	json_array_foreach (json_object_get(c->now, "acts"), i, act)
		if (strcmp(string_of(act, "act"), "maintenance.begun") == 0)
			return is_true(act, "allowed");
	return false;
}

/* Until each uplink has once been cut and connected again, nobody knows that this box can. */
static void show_untried(struct console *c)
{
	json_t *uplink;
	struct buf names;
	size_t i;

	buf_init(&names, 1024);
	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink)
		if (!is_true(uplink, "tried"))
			buf_addf(&names, "%s%s", names.len > 0 ? _(", ") : "", label_of(c, uplink, "label"));
	if (names.len > 0 && may_maintain(c))
		SAY(c,
		    _("! The test of the switch is still to be done: %s. In maintenance, cut at the panel and connect again "
		      "with two people and the key."),
		    names.data);
	buf_fini(&names);
}

void show_now(struct console *c, const struct call *call)
{
	json_t *heads, *head;
	int64_t now_ms;
	size_t i;

	(void)call;
	if (!keeper_refresh(c))
		return;
	now_ms = wall_of(c->now, "time") >= 0 ? wall_of(c->now, "time") : wall_now();
	show_reader(c, now_ms);
	show_media(c, json_object_get(c->now, "media"));
	envelope_tell(c, json_object_get(c->now, "envelope"));
	maintenance_tell(c);
	show_untried(c);
	show_steps(c, now_ms);
	heads = json_object_get(c->now, "incidents");
	show_heading(c, _("Incidents"));
	if (json_array_size(heads) == 0)
		SAY(c, "%s", _("  None is open."));
	json_array_foreach (heads, i, head)
		show_head(c, head, now_ms);
	show_uplink_list(c);
}

void show_incidents(struct console *c, const struct call *call)
{
	json_t *all = keeper_view(c, "incidents", NULL, 0), *head;
	size_t i;

	(void)call;
	if (all == NULL)
		return;
	show_heading(c, _("Incidents, newest first"));
	if (json_array_size(json_object_get(all, "incidents")) == 0)
		SAY(c, "%s", _("  None so far."));
	json_array_foreach (json_object_get(all, "incidents"), i, head)
		show_head(c, head, wall_now());
	json_decref(all);
}

void show_uplinks(struct console *c, const struct call *call)
{
	json_t *uplink;
	size_t i;

	(void)call;
	if (!keeper_refresh(c))
		return;
	show_uplink_list(c);
	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink)
		if (string_of(uplink, "stops")[0] != '\0')
			terminal_put(c->terminal, 4, _("  When %s is cut: %s"), label_of(c, uplink, "label"),
				     string_of(uplink, "stops"));
}

void show_people(struct console *c, const struct call *call)
{
	json_t *people = keeper_view(c, "people", NULL, 0), *user, *role;
	struct buf line;
	size_t i, k;

	(void)call;
	if (people == NULL)
		return;
	show_heading(c, _("People"));
	buf_init(&line, 4096);
	json_array_foreach (json_object_get(people, "users"), i, user) {
		buf_adds(&line, "  ");
		layout_pad(&line, string_of(user, "name"), 20);
		json_array_foreach (json_object_get(user, "roles"), k, role)
			buf_addf(&line, "%s%s", k == 0 ? " " : _(", "), label_of(c, role, "label"));
		show_line(c, 23, &line);
	}
	buf_fini(&line);
	json_decref(people);
}
