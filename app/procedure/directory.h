/* The site's directory: names and numbers of the pack's contacts, and the days on which nobody is in the office.
 *
 * contacts.csv   contact,name,office_hours,after_hours,mail,note      or with the header
 *                連絡先,氏名,勤務時間内,勤務時間外,メール,備考
 *                `contact` is the id of a contact of the pack; several rows of one are tried in their order. A row
 *                needs a name, and a number or a mail address; at most ten rows of a contact.
 * holidays.csv   date,name     2026-11-23 or 2026/11/23; the table of national holidays that the Cabinet Office
 *                publishes is taken as it is
 *
 * UTF-8 or CP932, at most DIRECTORY_FILE_MAX bytes and 2,000 rows. It is personal data: it stays in the site's files
 * and is never recorded; to erase somebody, delete the row. Pure.
 */
#ifndef KANNUKI_PROCEDURE_DIRECTORY_H
#define KANNUKI_PROCEDURE_DIRECTORY_H

#include "base/clock.h"
#include "procedure/pack.h"

enum { DIRECTORY_FILE_MAX = 256 * 1024 };

enum entry_field { ENTRY_CONTACT, ENTRY_NAME, ENTRY_OFFICE, ENTRY_AFTER, ENTRY_MAIL, ENTRY_NOTE, ENTRY_FIELDS };

struct directory_entry {
	char *field[ENTRY_FIELDS]; /* "" for an empty cell */
};

/* Zero-initialise: it knows nobody, and no holiday. */
struct directory {
	struct directory_entry *entries;
	size_t entries_count;
	int32_t *holidays; /* 20261123 */
	size_t holidays_count;
	unsigned opens, closes; /* minutes of the day; both 0: the usual ones */
};

/* Each replaces what was read before. `name` is for complaints; `pack` NULL: any id will do. */
enum err directory_take_contacts(struct directory *d, const char *name, const char *data, size_t len,
				 const struct pack *pack, struct fault *f) MUST_USE;
enum err directory_take_holidays(struct directory *d, const char *name, const char *data, size_t len,
				 struct fault *f) MUST_USE;
void directory_fini(struct directory *d);

/* "8:30-17:15" */
enum err directory_take_hours(struct directory *d, const char *text) MUST_USE;

enum hours { HOURS_UNKNOWN, HOURS_OFFICE, HOURS_AFTER };
/* Monday to Friday, no holiday, from opening to closing time; unknown while the clock is not set. */
enum hours directory_hours(const struct directory *d, struct moment now);
/* Does it know a holiday of this year or a later one? Else the table is too old. */
bool directory_knows_year(const struct directory *d, int year);

/* Is this a contact of the pack? */
bool pack_has_contact(const struct pack *pack, const char *contact);

#endif
