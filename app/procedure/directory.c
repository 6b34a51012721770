#include "procedure/directory.h"

#include "procedure/pack_data.h"
#include "procedure/table.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_MAX = 256, ROWS_OF_ONE_MAX = 10, OPENS_USUALLY = 8 * 60 + 30, CLOSES_USUALLY = 17 * 60 + 15 };

/* What is being read; it takes the place of what there was when all of it is right. */
struct reading {
	struct directory fresh;
	const struct pack *pack;
};

static void drop_entries(struct directory *d)
{
	for (size_t i = 0; i < d->entries_count; i++)
		for (int k = 0; k < ENTRY_FIELDS; k++)
			free(d->entries[i].field[k]);
	free(d->entries);
	d->entries = NULL;
	d->entries_count = 0;
}

void directory_fini(struct directory *d)
{
	drop_entries(d);
	free(d->holidays);
	d->holidays = NULL;
	d->holidays_count = 0;
}

bool pack_has_contact(const struct pack *pack, const char *contact)
{
	return contact_find(pack->file, contact) != NULL;
}

/* ---- contacts ---- */

static const char *const contact_columns[] = {"contact", "name", "office_hours", "after_hours", "mail", "note", NULL};
static const char *const contact_columns_ja[] = {"連絡先", "氏名", "勤務時間内", "勤務時間外", "メール", "備考", NULL};

static unsigned rows_of(const struct directory *d, const char *contact)
{
	unsigned rows = 0;

	for (size_t i = 0; i < d->entries_count; i++)
		rows += strcmp(d->entries[i].field[ENTRY_CONTACT], contact) == 0;
	return rows;
}

static enum err check_entry(const struct table *t, const struct reading *r, struct fault *f)
{
	const char *contact = t->field[ENTRY_CONTACT];

	for (unsigned i = 0; i < t->width; i++) {
		if (strlen(t->field[i]) > CELL_MAX)
			return source_fault(&t->source, t->line, f,
					    _("column '%s' is longer than %d bytes; shorten it"), t->columns[i],
					    CELL_MAX);
		if (strpbrk(t->field[i], "\n\t") != NULL)
			return source_fault(&t->source, t->line, f,
					    _("column '%s' holds a line break or a tab; write it in one line"),
					    t->columns[i]);
	}
	if (r->pack != NULL && !pack_has_contact(r->pack, contact))
		return source_fault(&t->source, t->line, f,
				    _("the pack '%s' names no contact '%s'; see contacts in its pack.yaml"),
				    pack_id(r->pack), contact);
	if (contact[0] == '\0' || t->field[ENTRY_NAME][0] == '\0')
		return source_fault(&t->source, t->line, f, _("a row needs a contact and a name; fill them in"));
	if (rows_of(&r->fresh, contact) >= ROWS_OF_ONE_MAX)
		return source_fault(&t->source, t->line, f,
				    _("more than %d rows of the contact '%s'; keep the first ones"), ROWS_OF_ONE_MAX,
				    contact);
	if (t->field[ENTRY_OFFICE][0] == '\0' && t->field[ENTRY_AFTER][0] == '\0' && t->field[ENTRY_MAIL][0] == '\0')
		return source_fault(&t->source, t->line, f,
				    _("'%s' has neither a number nor a mail address; write one"), t->field[ENTRY_NAME]);
	return ERR_OK;
}

static enum err take_entry(struct table *t, struct fault *f)
{
	struct reading *r = t->context;
	struct directory_entry *grown;
	enum err err = check_entry(t, r, f);

	if (err != ERR_OK)
		return err;
	grown = realloc(r->fresh.entries, (r->fresh.entries_count + 1) * sizeof *grown);
	if (grown == NULL)
		return ERR_NOMEM;
	r->fresh.entries = grown;
	for (unsigned i = 0; i < ENTRY_FIELDS; i++)
		grown[r->fresh.entries_count].field[i] = table_field(t, i);
	r->fresh.entries_count++;
	return t->err;
}

enum err directory_take_contacts(struct directory *d, const char *name, const char *data, size_t len,
				 const struct pack *pack, struct fault *f)
{
	struct reading r = {.pack = pack};
	struct table t = {
		.columns = contact_columns, .or_columns = contact_columns_ja, .take = take_entry, .context = &r};
	enum err err = table_take(&t, name, data, len, f);

	if (err != ERR_OK) {
		drop_entries(&r.fresh);
		return err == ERR_NOMEM ? fault_set(f, err, _("%s: out of memory"), name) : err;
	}
	drop_entries(d);
	d->entries = r.fresh.entries;
	d->entries_count = r.fresh.entries_count;
	return ERR_OK;
}

/* ---- holidays ---- */

static const char *const holiday_columns[] = {"date", "name", NULL};
/* As the Cabinet Office heads its table. */
static const char *const holiday_columns_ja[] = {"国民の祝日・休日月日", "国民の祝日・休日名称", NULL};

/* 2026-11-23 or 2026/11/23; 0: no such day. */
static int32_t day_number(const char *text)
{
	unsigned long part[3];
	struct japan_time day = {.hour = 0};
	int64_t wall_ms;

	for (int i = 0; i < 3; i++) {
		char *end;

		part[i] = strtoul(text, &end, 10);
		if (text[0] < '0' || text[0] > '9' || part[i] > 9999 ||
		    (i < 2 ? *end != '-' && *end != '/' : *end != '\0'))
			return 0;
		text = end + 1;
	}
	/* The official table begins before 1970, the first year that the clock knows; 400 years on the calendar is the
	   same. */
	day.year = (int)(part[0] >= 1900 && part[0] < 1970 ? part[0] + 400 : part[0]);
	day.month = (int)part[1];
	day.day = (int)part[2];
	if (japan_time_to_wall(&day, &wall_ms) != ERR_OK)
		return 0;
	return (int32_t)(part[0] * 10000 + part[1] * 100 + part[2]);
}

static enum err take_holiday(struct table *t, struct fault *f)
{
	struct reading *r = t->context;
	int32_t day = day_number(t->field[0]), *grown;

	if (day == 0)
		return source_fault(&t->source, t->line, f, _("'%s' is no day; write 2026-11-23"), t->field[0]);
	grown = realloc(r->fresh.holidays, (r->fresh.holidays_count + 1) * sizeof *grown);
	if (grown == NULL)
		return ERR_NOMEM;
	r->fresh.holidays = grown;
	grown[r->fresh.holidays_count++] = day;
	return ERR_OK;
}

enum err directory_take_holidays(struct directory *d, const char *name, const char *data, size_t len, struct fault *f)
{
	struct reading r = {.pack = NULL};
	struct table t = {
		.columns = holiday_columns, .or_columns = holiday_columns_ja, .take = take_holiday, .context = &r};
	enum err err = table_take(&t, name, data, len, f);

	if (err != ERR_OK) {
		free(r.fresh.holidays);
		return err == ERR_NOMEM ? fault_set(f, err, _("%s: out of memory"), name) : err;
	}
	free(d->holidays);
	d->holidays = r.fresh.holidays;
	d->holidays_count = r.fresh.holidays_count;
	return ERR_OK;
}

/* ---- hours ---- */

static bool read_clock(const char **text, char stop, unsigned *minutes)
{
	char *colon, *end;
	unsigned long hour, minute;

	if (**text < '0' || **text > '9')
		return false;
	hour = strtoul(*text, &colon, 10);
	if (*colon != ':' || colon[1] < '0' || colon[1] > '9')
		return false;
	minute = strtoul(colon + 1, &end, 10);
	if (*end != stop || end - colon != 3 || hour > 23 || minute > 59)
		return false;
	*minutes = (unsigned)(hour * 60 + minute);
	*text = end + 1;
	return true;
}

enum err directory_take_hours(struct directory *d, const char *text)
{
	unsigned opens, closes;

	if (!read_clock(&text, '-', &opens) || !read_clock(&text, '\0', &closes) || opens >= closes)
		return ERR_FORMAT;
	d->opens = opens;
	d->closes = closes;
	return ERR_OK;
}

static bool is_holiday(const struct directory *d, const struct japan_time *at)
{
	int32_t day = (int32_t)(at->year * 10000 + at->month * 100 + at->day);

	for (size_t i = 0; i < d->holidays_count; i++)
		if (d->holidays[i] == day)
			return true;
	return false;
}

enum hours directory_hours(const struct directory *d, struct moment now)
{
	unsigned opens = d->closes > 0 ? d->opens : OPENS_USUALLY;
	unsigned closes = d->closes > 0 ? d->closes : CLOSES_USUALLY;
	struct japan_time at;
	unsigned minute;

	if (now.source == WALL_UNSET)
		return HOURS_UNKNOWN;
	at = japan_time(now.wall_ms);
	minute = (unsigned)(at.hour * 60 + at.minute);
	if (at.weekday == 0 || at.weekday == 6 || is_holiday(d, &at) || minute < opens || minute >= closes)
		return HOURS_AFTER;
	return HOURS_OFFICE;
}

bool directory_knows_year(const struct directory *d, int year)
{
	for (size_t i = 0; i < d->holidays_count; i++)
		if (d->holidays[i] / 10000 >= year)
			return true;
	return false;
}
