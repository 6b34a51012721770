#include "console/health.h"

#include "console/keeper.h"
#include "console/record.h"
#include "console/show.h"
#include "console/when.h"
#include "console/words.h"

#include <string.h>

static json_t *ask(struct console *c, const char *method)
{
	json_t *params = json_object(), *result = NULL;
	enum err err = keeper_ask(c, method, params, &result);

	json_decref(params);
	if (err == ERR_OK)
		return result;
	if (err == ERR_DENIED)
		words_refusal(c, result);
	json_decref(result);
	return NULL;
}

static void show_clock(struct console *c, json_t *clock)
{
	int64_t wall_ms = wall_of(clock, "time");
	char time[WHEN_SIZE] = "?";

	if (wall_ms >= 0)
		when_full(time, wall_ms, c->lang);
	if (strcmp(string_of(clock, "source"), "unset") == 0)
		SAY(c, "%s", _("  clock     NOT SET: set it; entries say so as long as it is not"));
	else
		SAY(c, _("  clock     %s, from %s, +/- %llu ms"), time, string_of(clock, "source"),
		    (unsigned long long)number_of(clock, "uncertain_ms"));
}

static void show_counts(struct console *c, const char *label, json_t *counts)
{
	const char *key, *between = "";
	json_t *count;
	struct buf line;

	if (json_object_size(counts) == 0)
		return;
	buf_init(&line, 1024);
	buf_adds(&line, label);
	json_object_foreach (counts, key, count) {
		buf_addf(&line, "%s%s %lld", between, key, (long long)json_integer_value(count));
		between = ", ";
	}
	show_line(c, 12, &line);
	buf_fini(&line);
}

static void show_panel(struct console *c, json_t *panel)
{
	json_t *faults = json_object_get(panel, "faults"), *fault;
	size_t i;

	SAY(c, "%s",
	    is_true(panel, "controller") ? _("  panel     well")
	    : is_true(panel, "daemon")   ? _("  panel     the controller DOES NOT ANSWER")
					 : _("  panel     its program DOES NOT ANSWER"));
	json_array_foreach (faults, i, fault)
		SAY(c, _("            fault: %s"), json_string_value(fault));
	if (is_true(panel, "flooded"))
		SAY(c, "%s", _("            ! too many like events, now counted: look for a loose wire"));
}

static void show_not_taken(struct console *c, const char *sentences)
{
	size_t len;

	for (const char *line = sentences; *line != '\0'; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		SAY(c, _("  ! settings  NOT TAKEN, others are in effect: %.*s"), (int)len, line);
	}
}

static void show(struct console *c, json_t *health)
{
	json_t *record = json_object_get(health, "record"), *versions = json_object_get(health, "versions");
	json_t *peers = json_object_get(health, "peers");

	show_heading(c, _("How this box does"));
	SAY(c, _("  record    %s, %llu entries, check %s"), is_true(record, "recording") ? _("well") : _("FAILED"),
	    (unsigned long long)number_of(record, "entries"), string_of(record, "code"));
	show_clock(c, json_object_get(health, "clock"));
	show_panel(c, json_object_get(health, "panel"));
	show_not_taken(c, string_of(health, "not_taken"));
	SAY(c, _("  logged in %llu, running for %llu min, memory %llu MiB"),
	    (unsigned long long)number_of(health, "sessions"), (unsigned long long)number_of(health, "up_s") / 60,
	    (unsigned long long)number_of(health, "memory_kib") / 1024);
	show_counts(c, _("  programs  "), json_object_get(peers, "connected"));
	show_counts(c, _("  ! programs that were cut off (tell your administrator): "),
		    json_object_get(peers, "cut_off"));
	SAY(c, _("  version   %s, messages %s, pack %s, %s %s"), string_of(versions, "kannuki"),
	    string_of(versions, "protocol"), string_of(versions, "pack"), string_of(versions, "kernel"),
	    string_of(versions, "machine"));
	record_media_list(c, health);
}

void health_show(struct console *c, const struct call *call)
{
	json_t *health = ask(c, "system.health");

	(void)call;
	if (health != NULL)
		show(c, health);
	json_decref(health);
}

void health_support(struct console *c, const struct call *call)
{
	json_t *written = ask(c, "system.support");

	(void)call;
	if (written != NULL)
		SAY(c, _("Written: %s. It names no person and no case; look through it before you give it away."),
		    string_of(written, "path"));
	json_decref(written);
}
