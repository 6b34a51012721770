#include "keeper/recall.h"

#include "ipc/acts.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void copy(char *out, size_t size, json_t *body, const char *key)
{
	const char *text = json_string_value(json_object_get(body, key));

	(void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static void on_setup(struct recall *r, const struct record *record, json_t *body)
{
	(void)record;
	r->is_set_up = true;
	copy(r->organisation, sizeof r->organisation, body, "organisation");
	copy(r->pack, sizeof r->pack, body, "pack");
	copy(r->pack_hash, sizeof r->pack_hash, body, "pack_hash");
}

static void on_config(struct recall *r, const struct record *record, json_t *body)
{
	const char *file = json_string_value(json_object_get(body, "file"));

	(void)record;
	if (file != NULL && strcmp(file, "pack") == 0)
		copy(r->pack_hash, sizeof r->pack_hash, body, "sha256");
	else if (file != NULL)
		copy(r->config_hash, sizeof r->config_hash, body, "sha256");
}

int64_t clock_offset_ms(const struct moment *at)
{
	return at->wall_ms - at->boot_ns / 1000000;
}

static void on_step(struct recall *r, const struct record *record, json_t *body)
{
	(void)body;
	r->has_offset = true;
	r->offset_ms = clock_offset_ms(&record->at);
}

/* A start of the keeper alone keeps the offset: a step while it was away is told, too. */
static void on_start(struct recall *r, const struct record *record, json_t *body)
{
	const char *id = json_string_value(json_object_get(body, "boot_id"));

	if (id != NULL && strcmp(id, "-") != 0 && strcmp(id, r->boot_id) == 0)
		return;
	copy(r->boot_id, sizeof r->boot_id, body, "boot_id");
	on_step(r, record, body);
}

static void on_maintenance(struct recall *r, const struct record *record, json_t *body)
{
	r->is_in_maintenance = true;
	r->maintenance_begun = record->at;
	r->maintenance_boot = record->boot;
	r->maintenance_s = json_integer_value(json_object_get(body, "hours")) * 3600;
}

static void on_maintenance_end(struct recall *r, const struct record *record, json_t *body)
{
	(void)record;
	(void)body;
	r->is_in_maintenance = false;
}

int64_t recall_age_ms(const struct recall *r, uint64_t boot, const struct moment *at, const struct moment *now)
{
	if (r->boot == boot)
		return (now->boot_ns - at->boot_ns) / 1000000;
	if (at->source == WALL_UNSET || now->source == WALL_UNSET || now->wall_ms < at->wall_ms)
		return -1;
	return now->wall_ms - at->wall_ms;
}

static void on_permit(struct recall *r, const struct record *record, json_t *body)
{
	(void)body;
	r->permit_is_open = true;
	r->permit_ns = record->at.boot_ns;
	r->permit_boot = record->boot;
	(void)snprintf(r->permit_about, sizeof r->permit_about, "%s", record->about);
}

static void on_permit_end(struct recall *r, const struct record *record, json_t *body)
{
	(void)record;
	(void)body;
	r->permit_is_open = false;
}

static void on_incarnation(struct recall *r, const struct record *record, json_t *body)
{
	copy(r->incarnation_why, sizeof r->incarnation_why, body, "why");
	r->incarnation_wall_ms = record->at.wall_ms;
	r->incarnation_is_noted = false;
}

static void on_incarnation_noted(struct recall *r, const struct record *record, json_t *body)
{
	(void)record;
	(void)body;
	r->incarnation_is_noted = true;
}

static void on_space(struct recall *r, const struct record *record, json_t *body)
{
	(void)record;
	copy(r->room, sizeof r->room, body, "now");
}

static void on_witnessed(struct recall *r, const struct record *record, json_t *body)
{
	(void)record;
	copy(r->seen_verdict, sizeof r->seen_verdict, body, "verdict");
	copy(r->seen_by, sizeof r->seen_by, body, "controller");
}

/* Only the keeper's own word: the panel may name an event as it likes. */
static void on_noted(struct recall *r, const struct record *record, json_t *body)
{
	const char *kind = json_string_value(json_object_get(body, "kind"));

	if (kind == NULL || strcmp(record->who, "system") != 0)
		return;
	if (strcmp(kind, "flood_begun") == 0 || strcmp(kind, "flood_over") == 0)
		r->is_flooded = strcmp(kind, "flood_begun") == 0;
}

static bool is_about(const struct failed_logins *f, const char *account, const char *via)
{
	return strcmp(f->account, account) == 0 && strcmp(f->via, via) == 0;
}

/* Its place; a free one; else that of the oldest. */
static struct failed_logins *place_of(struct recall *r, const char *account, const char *via)
{
	struct failed_logins *best = &r->failed[0];

	for (size_t i = 0; i < RECALL_FAILED_MAX; i++)
		if (is_about(&r->failed[i], account, via))
			return &r->failed[i];
	for (size_t i = 0; i < RECALL_FAILED_MAX && best->account[0] != '\0'; i++)
		if (r->failed[i].account[0] == '\0' || r->failed[i].boot < best->boot ||
		    (r->failed[i].boot == best->boot && r->failed[i].at.boot_ns < best->at.boot_ns))
			best = &r->failed[i];
	*best = (struct failed_logins){.times = 0};
	(void)snprintf(best->account, sizeof best->account, "%s", account);
	(void)snprintf(best->via, sizeof best->via, "%s", via);
	return best;
}

static void on_failed(struct recall *r, const struct record *record, json_t *body)
{
	const char *account = json_string_value(json_object_get(body, "user"));
	struct failed_logins *failed;

	if (account == NULL)
		return;
	failed = place_of(r, account, record->via);
	failed->times += (uint64_t)json_integer_value(json_object_get(body, "times"));
	failed->boot = record->boot;
	failed->at = record->at;
}

static void on_login(struct recall *r, const struct record *record, json_t *body)
{
	(void)body;
	for (size_t i = 0; i < RECALL_FAILED_MAX; i++)
		if (is_about(&r->failed[i], record->who, record->via))
			r->failed[i] = (struct failed_logins){.times = 0};
}

static const struct cell {
	const char *act;
	void (*apply)(struct recall *r, const struct record *record, json_t *body);
} cells[] = {
	{"setup.done", on_setup},
	{"config.loaded", on_config},
	{"writer.start", on_start},
	{"clock.stepped", on_step},
	{"login.failed", on_failed},
	{"login.ok", on_login},
	{"restore.permitted", on_permit},
	{"uplink.restored", on_permit_end},
	{"restore.expired", on_permit_end},
	{"maintenance.begun", on_maintenance},
	{"maintenance.ended", on_maintenance_end},
	{"incarnation.begun", on_incarnation},
	{"incarnation.noted", on_incarnation_noted},
	{"space.changed", on_space},
	{"log.witnessed", on_witnessed},
	{"panel.noted", on_noted},
};

static const struct cell *find_cell(const char *act)
{
	for (size_t i = 0; act != NULL && i < sizeof cells / sizeof cells[0]; i++)
		if (strcmp(cells[i].act, act) == 0)
			return &cells[i];
	return NULL;
}

void recall_apply(struct recall *r, const struct record *record)
{
	char act[ACT_NAME_SIZE];
	const struct cell *cell;
	json_t *body;

	r->boot = record->boot;
	if (record->body == NULL || (act_peek(record->body, act) && find_cell(act) == NULL))
		return;
	body = json_loads(record->body, 0, NULL);
	cell = find_cell(json_string_value(json_object_get(body, "act")));
	if (cell != NULL)
		cell->apply(r, record, body);
	json_decref(body);
}
