/* Whom to call: the site's tables, the call sheet by day and by night, the log of calls and what follows from it. */
#include "procedure/pack_data.h"
#include "support/town.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_1 "2026-001"
#define HEADER "contact,name,office_hours,after_hours,mail,note\n"
#define LONG_64 "0123456789012345678901234567890123456789012345678901234567890123"

/* At this time in Japan. */
static struct moment at(int year, int month, int day, int hour, int minute)
{
	const struct japan_time local = {.year = year, .month = month, .day = day, .hour = hour, .minute = minute};
	struct moment moment = {.source = WALL_NTP};

	assert_int_equal(japan_time_to_wall(&local, &moment.wall_ms), ERR_OK);
	return moment;
}

static json_t *body(const char *text)
{
	json_t *object = json_loads(text, 0, NULL);

	assert_non_null(object);
	return object;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* ---- the tables ---- */

static enum err take(struct directory *d, const struct town *town, const char *text, struct fault *f)
{
	return directory_take_contacts(d, "contacts.csv", text, strlen(text), town->pack, f);
}

static void a_table_of_contacts_is_read(void **state)
{
	static const char *const tables[] = {
		HEADER "ciso,見本四郎,内線001,0XX-XXX-0001,,副村長\n",
		"\xEF\xBB\xBF" HEADER "ciso,見本四郎,内線001,0XX-XXX-0001,,副村長\r\n,,,,,\r\n",
		"連絡先,氏名,勤務時間内,勤務時間外,メール,備考\n\"ciso\",見本四郎,内線001,0XX-XXX-0001,\"\",副村長",
		/* CP932 */
		HEADER "ciso,\x8C\xA9\x96\x7B\x8E\x6C\x98\x59,\x93\xE0\x90\xFC"
		       "001,0XX-XXX-0001,,\x95\x9B\x91\xBA\x92\xB7\n",
	};

	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		struct directory d = {.opens = 0};
		struct fault fault = {ERR_OK, ""};

		if (take(&d, *state, tables[i], &fault) != ERR_OK)
			fail_msg("%zu: %s", i, fault.text);
		assert_int_equal(d.entries_count, 1);
		assert_string_equal(d.entries[0].field[ENTRY_CONTACT], "ciso");
		assert_string_equal(d.entries[0].field[ENTRY_NAME], "見本四郎");
		assert_string_equal(d.entries[0].field[ENTRY_OFFICE], "内線001");
		assert_string_equal(d.entries[0].field[ENTRY_AFTER], "0XX-XXX-0001");
		assert_string_equal(d.entries[0].field[ENTRY_MAIL], "");
		assert_string_equal(d.entries[0].field[ENTRY_NOTE], "副村長");
		directory_fini(&d);
	}
}

static void mistakes_are_told_with_file_line_and_remedy(void **state)
{
	static const struct {
		const char *text, *said;
	} mistakes[] = {
		{"", "contacts.csv:1: no header"},
		{"name,contact,office_hours,after_hours,mail,note\n",
		 "contacts.csv:1: column 1 of the header must be 'contact'"},
		{HEADER "ciso,A,1,,\n", "contacts.csv:2: 5 columns instead of 6"},
		{HEADER "ciso,A,1,,,,\n", "contacts.csv:2: more columns"},
		{HEADER "ciso,A,1,,,\nmayor,B,2,,,\n", "contacts.csv:3: the pack 'otari' names no contact 'mayor'"},
		{HEADER "ciso,,1,,,\n", "contacts.csv:2: a row needs a contact and a name"},
		{HEADER "\n\nciso,A,,,,note\n", "contacts.csv:4: 'A' has neither a number nor a mail"},
		{HEADER "ciso,\"A\nB\",1,,,\n", "contacts.csv:3: column 'name' holds a line break"},
		{HEADER "ciso,A\x01,1,,,\n", "contacts.csv:2: a control character"},
		{HEADER "ciso,A,\"1,,,\n", "contacts.csv:"},
		{HEADER "ciso,A,1\"2,,,\n", "contacts.csv:2: a quotation mark"},
		{HEADER "ciso,A," LONG_64 LONG_64 LONG_64 LONG_64 "5,,,\n",
		 "contacts.csv:2: column 'office_hours' is longer"},
		{HEADER "ciso,\xFD\xFE,1,,,\n", "contacts.csv:1: neither UTF-8 nor Shift_JIS"},
		{HEADER "ciso,A,1,,,\nciso,A,1,,,\nciso,A,1,,,\nciso,A,1,,,\nciso,A,1,,,\nciso,A,1,,,\nciso,A,1,,,\n"
			"ciso,A,1,,,\nciso,A,1,,,\nciso,A,1,,,\nciso,A,1,,,\n",
		 "contacts.csv:12: more than 10 rows of the contact 'ciso'"},
	};
	struct directory d = {.opens = 0};
	struct fault fault = {ERR_OK, ""};

	assert_int_equal(take(&d, *state, HEADER "ciso,A,1,,,\n", &fault), ERR_OK);
	for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
		fault.text[0] = '\0';
		assert_int_equal(take(&d, *state, mistakes[i].text, &fault), ERR_FORMAT);
		if (strncmp(fault.text, mistakes[i].said, strlen(mistakes[i].said)) != 0)
			fail_msg("%zu: expected '%s' in: %s", i, mistakes[i].said, fault.text);
		/* What was read before stays. */
		assert_int_equal(d.entries_count, 1);
	}
	assert_int_equal(take(&d, *state, HEADER, &fault), ERR_OK);
	assert_int_equal(d.entries_count, 0);
	directory_fini(&d);
}

/* One byte of the sample changed, added or gone: it is read, or refused by file and line. */
static void mutants_are_read_or_refused_by_line(void **state)
{
	struct buf sample = {0};
	uint64_t dice = 20261122;
	unsigned refused = 0;

	assert_int_equal(file_read("scripts/sample/contacts.csv", SIZE_MAX / 2, &sample, NULL), ERR_OK);
	for (int i = 0; i < 3000; i++) {
		struct directory d = {.opens = 0};
		struct fault fault = {ERR_OK, ""};
		struct buf mutant = {0};
		size_t place;
		unsigned how;

		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		place = (size_t)(dice >> 33) % sample.len;
		how = (unsigned)(dice >> 17) % 3;
		buf_add(&mutant, sample.data, place);
		if (how < 2)
			buf_addc(&mutant, "\",\n\r\xff\x81"
					  "a\t0"[(dice >> 21) % 9]);
		buf_add(&mutant, sample.data + place + (how > 0), sample.len - place - (how > 0));
		if (directory_take_contacts(&d, "contacts.csv", mutant.data, mutant.len, ((struct town *)*state)->pack,
					    &fault) != ERR_OK) {
			refused++;
			assert_int_equal(strncmp(fault.text, "contacts.csv:", 13), 0);
			assert_in_range(fault.text[13], '1', '9');
			assert_int_equal(d.entries_count, 0);
		}
		directory_fini(&d);
		buf_fini(&mutant);
	}
	assert_in_range(refused, 300, 2900);
	buf_fini(&sample);
}

static enum err take_days(struct directory *d, const char *text, struct fault *f)
{
	return directory_take_holidays(d, "holidays.csv", text, strlen(text), f);
}

static void holidays_come_in_two_shapes(void **state)
{
	struct directory d = {.opens = 0};
	struct fault fault = {ERR_OK, ""};

	(void)state;
	assert_int_equal(take_days(&d, "date,name\n2026-11-23,勤労感謝の日\n2028-02-29,臨時\n", &fault), ERR_OK);
	assert_int_equal(d.holidays_count, 2);
	assert_int_equal(d.holidays[1], 20280229);
	/* As the Cabinet Office publishes it, in CP932 and from before this clock begins. */
	assert_int_equal(
		take_days(
			&d,
			"\x8D\x91\x96\xAF\x82\xCC\x8F\x6A\x93\xFA\x81\x45\x8B\x78\x93\xFA\x8C\x8E\x93\xFA,"
			"\x8D\x91\x96\xAF\x82\xCC\x8F\x6A\x93\xFA\x81\x45\x8B\x78\x93\xFA\x96\xBC\x8F\xCC\r\n"
			"1955/1/1,\x8C\xB3\x93\xFA\r\n2026/11/23,\x8B\xCE\x98\x4A\x8A\xB4\x8E\xD3\x82\xCC\x93\xFA\r\n",
			&fault),
		ERR_OK);
	assert_int_equal(d.holidays_count, 2);
	assert_int_equal(d.holidays[0], 19550101);
	assert_int_equal(take_days(&d, "date,name\n2026-02-29,x\n", &fault), ERR_FORMAT);
	assert_string_equal(fault.text, "holidays.csv:2: '2026-02-29' is no day; write 2026-11-23");
	assert_int_equal(take_days(&d, "date,name\n2026-11-23,x\n11/23,x\n", &fault), ERR_FORMAT);
	assert_non_null(strstr(fault.text, "holidays.csv:3: '11/23' is no day"));
	assert_int_equal(take_days(&d, "date,name\n-2026-1-1,x\n", &fault), ERR_FORMAT);
	assert_int_equal(take_days(&d, "date,name\n1899-1-1,x\n", &fault), ERR_FORMAT);
	assert_int_equal(d.holidays_count, 2);
	assert_true(directory_knows_year(&d, 2026));
	assert_false(directory_knows_year(&d, 2027));
	directory_fini(&d);
}

static void office_hours_end_with_the_day_and_on_closed_days(void **state)
{
	static const struct {
		int year, month, day, hour, minute;
		enum hours hours;
	} times[] = {
		{2026, 11, 20, 8, 29, HOURS_AFTER},   {2026, 11, 20, 8, 30, HOURS_OFFICE}, /* Friday */
		{2026, 11, 20, 17, 14, HOURS_OFFICE}, {2026, 11, 20, 17, 15, HOURS_AFTER},
		{2026, 11, 21, 10, 0, HOURS_AFTER},   {2026, 11, 22, 10, 0, HOURS_AFTER}, /* Saturday, Sunday */
		{2026, 11, 23, 10, 0, HOURS_AFTER},                                       /* a Monday, but a holiday */
		{2026, 11, 24, 10, 0, HOURS_OFFICE},  {2026, 11, 24, 0, 0, HOURS_AFTER},
		{2028, 2, 29, 10, 0, HOURS_OFFICE}, /* a leap day, a Tuesday */
		{2028, 3, 1, 10, 0, HOURS_AFTER},   /* … whose morrow is a holiday here */
	};
	struct directory d = {.opens = 0};
	struct fault fault = {ERR_OK, ""};
	struct moment unset = at(2026, 11, 20, 10, 0);

	(void)state;
	assert_int_equal(take_days(&d, "date,name\n2026-11-23,x\n2028-03-01,y\n", &fault), ERR_OK);
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		assert_int_equal(directory_hours(&d, at(times[i].year, times[i].month, times[i].day, times[i].hour,
							times[i].minute)),
				 times[i].hours);
	unset.source = WALL_UNSET;
	assert_int_equal(directory_hours(&d, unset), HOURS_UNKNOWN);
	assert_int_equal(directory_take_hours(&d, "9:00-12:00"), ERR_OK);
	assert_int_equal(directory_hours(&d, at(2026, 11, 20, 8, 45)), HOURS_AFTER);
	assert_int_equal(directory_hours(&d, at(2026, 11, 20, 11, 59)), HOURS_OFFICE);
	directory_fini(&d);
}

static void hours_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {"",           "9",           "9:00",        "9:00-",
					  "17:00-9:00", "9:00-9:00",   "24:00-25:00", "9:60-17:00",
					  "9:5-17:00",  "9:00-17:00 ", "-9:00-17:00", "+9:00-17:00"};
	struct directory d = {.opens = 1, .closes = 2};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(directory_take_hours(&d, bad[i]), ERR_FORMAT);
	assert_int_equal(d.opens, 1);
	assert_int_equal(directory_take_hours(&d, "08:30-17:15"), ERR_OK);
	assert_int_equal(d.closes, 17 * 60 + 15);
}

/* ---- the sheet ---- */

static const char numbers[] = HEADER "head,見本 太郎,内線100,0XX-XXX-0100,kacho@mihon.example,課長\n"
				     "head,見本 代理,内線101,,,係長\n"
				     "police,見本警察署,0XX-XXX-5000,0XX-XXX-5999,,\n";

static json_t *sheet_at(const struct town *town, const char *about, struct moment now)
{
	struct directory d = {.opens = 0};
	struct fault fault = {ERR_OK, ""};
	struct refusal refusal = {NULL, NULL};
	struct view_request request = {
		.what = "call_sheet", .who = CLERK, .about = about, .lang = LANG_JA, .now = now, .directory = &d};
	json_t *sheet = NULL;

	assert_int_equal(take(&d, town, numbers, &fault), ERR_OK);
	assert_int_equal(take_days(&d, "date,name\n2026-11-23,x\n", &fault), ERR_OK);
	assert_int_equal(view(town->book, &request, &sheet, &refusal), ERR_OK);
	directory_fini(&d);
	return sheet;
}

static json_t *row_of(const json_t *sheet, const char *id)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(sheet, "contacts"), i, row)
		if (strcmp(text_of(row, "id"), id) == 0)
			return row;
	return NULL;
}

/* "内線100 0XX-XXX-0100": the numbers of one person of a row. */
static void assert_numbers(const json_t *sheet, const char *id, size_t person, const char *expected)
{
	json_t *list = json_object_get(json_array_get(json_object_get(row_of(sheet, id), "people"), person), "numbers");
	struct buf all = {0};
	json_t *number;
	size_t i;

	json_array_foreach (list, i, number)
		buf_addf(&all, "%s%s", i > 0 ? " " : "", text_of(number, "number"));
	assert_string_equal(all.data != NULL ? all.data : "", expected);
	buf_fini(&all);
}

static void the_number_is_the_one_that_is_right_now(void **state)
{
	struct moment unset = at(2026, 11, 20, 10, 0);
	json_t *sheet = sheet_at(*state, NULL, unset);

	assert_string_equal(text_of(sheet, "hours"), "office");
	assert_numbers(sheet, "head", 0, "内線100");
	json_decref(sheet);
	sheet = sheet_at(*state, NULL, at(2026, 11, 20, 2, 0));
	assert_string_equal(text_of(sheet, "hours_label"), "勤務時間外");
	assert_numbers(sheet, "head", 0, "0XX-XXX-0100");
	/* Better the wrong one, named so, than none. */
	assert_numbers(sheet, "head", 1, "内線101");
	json_decref(sheet);
	sheet = sheet_at(*state, NULL, at(2026, 11, 23, 10, 0));
	assert_numbers(sheet, "police", 0, "0XX-XXX-5999");
	json_decref(sheet);
	unset.source = WALL_UNSET;
	sheet = sheet_at(*state, NULL, unset);
	assert_string_equal(text_of(sheet, "hours"), "unknown");
	assert_numbers(sheet, "head", 0, "内線100 0XX-XXX-0100");
	assert_true(json_is_null(json_object_get(sheet, "time")));
	json_decref(sheet);
}

static void holidays_that_end_before_this_year_are_told(void **state)
{
	json_t *sheet = sheet_at(*state, NULL, at(2026, 12, 31, 10, 0));

	assert_true(json_is_true(json_object_get(sheet, "holidays")));
	json_decref(sheet);
	sheet = sheet_at(*state, NULL, at(2027, 1, 1, 10, 0));
	assert_true(json_is_false(json_object_get(sheet, "holidays")));
	json_decref(sheet);
}

static void where_the_table_names_nobody_the_holder_of_the_role_stands(void **state)
{
	struct town *town = *state;
	json_t *sheet, *person;

	town_do(town, GENERAL, "user.absent", NULL, body("{\"until\":\"2026-11-27\",\"deputy\":\"u2\"}"), NULL);
	sheet = sheet_at(town, NULL, town->now);
	person = json_array_get(json_object_get(row_of(sheet, "general"), "people"), 0);
	assert_string_equal(text_of(person, "name"), "見本 次郎");
	assert_string_equal(text_of(person, "away"), "見本 太郎");
	assert_numbers(sheet, "general", 0, "内線 100");
	assert_int_equal(json_array_size(json_object_get(row_of(sheet, "vendor"), "people")), 0);
	json_decref(sheet);
}

static void the_sheet_of_a_case_has_the_contacts_of_its_types(void **state)
{
	struct town *town = *state;
	json_t *sheet;

	town_declare(town, "誤送信");
	sheet = sheet_at(town, CASE_1, town->now);
	assert_non_null(row_of(sheet, "police"));
	json_decref(sheet);
	town_do(town, HEAD, "incident.classified", CASE_1, body("{\"types\":[\"missent\"]}"), NULL);
	sheet = sheet_at(town, CASE_1, town->now);
	assert_null(row_of(sheet, "police"));
	assert_non_null(row_of(sheet, "ppc"));
	json_decref(sheet);
}

/* In minutes from knowing of it, where a procedure says so many. */
static void a_limit_counts_from_knowing(void **state)
{
	struct town *town = *state;
	json_t *sheet;

	town->pack->file->contacts[0].minutes = 90;
	town_do(town, CLERK, "incident.declared", NULL, body("{\"detected\":\"2026-11-20T00:00:00.000Z\"}"), NULL);
	sheet = sheet_at(town, CASE_1, town->now);
	assert_string_equal(text_of(row_of(sheet, "head"), "due"), "2026-11-20T01:30:00.000Z");
	assert_true(json_is_null(json_object_get(row_of(sheet, "csirt"), "due")));
	json_decref(sheet);
	sheet = sheet_at(town, NULL, town->now);
	assert_true(json_is_null(json_object_get(row_of(sheet, "head"), "due")));
	json_decref(sheet);
}

static void those_who_only_look_see_no_numbers(void **state)
{
	const struct town *town = *state;
	struct view_request request = {.what = "call_sheet", .who = AUDITOR, .lang = LANG_JA, .now = town->now};
	struct refusal refusal = {NULL, NULL};
	json_t *sheet = NULL;

	assert_int_equal(view(town->book, &request, &sheet, &refusal), ERR_DENIED);
	json_decref(refusal.args);
	request.who = CLERK;
	request.about = "2026-777";
	assert_int_equal(view(town->book, &request, &sheet, &refusal), ERR_DENIED);
	assert_string_equal(text_of(refusal.args, "why"), "case");
	json_decref(refusal.args);
}

/* ---- the log ---- */

static void call(struct town *town, const char *contact, const char *result)
{
	town_do(town, CLERK, "contact.made", CASE_1,
		json_pack("{s:s, s:s, s:s}", "contact", contact, "way", "phone", "result", result), NULL);
}

static void assert_state(const struct town *town, const char *contact, const char *expected)
{
	json_t *sheet = sheet_at(town, CASE_1, town->now);

	assert_string_equal(text_of(row_of(sheet, contact), "state"), expected);
	json_decref(sheet);
}

static void who_was_reached_stays_reached(void **state)
{
	struct town *town = *state;

	town_declare(town, "脅迫文");
	assert_state(town, "head", "open");
	call(town, "head", "absent");
	assert_state(town, "head", "tried");
	call(town, "head", "message");
	assert_state(town, "head", "tried");
	call(town, "head", "called_back");
	assert_state(town, "head", "reached");
	call(town, "head", "absent");
	assert_state(town, "head", "reached");
	town_do(town, CLERK, "contact.received", CASE_1, body("{\"contact\":\"vendor\",\"way\":\"mail\"}"),
		json_string("作業の日程"));
	assert_state(town, "vendor", "reached");
	assert_state(town, "ciso", "open");
}

static bool is_told_to_call(const struct town *town, const char *whom)
{
	json_t *now = town_view(town, CLERK, "now", NULL, 0, LANG_JA), *step;
	bool found = false;
	size_t i;

	json_array_foreach (json_object_get(now, "next"), i, step)
		found = found || (strcmp(text_of(step, "act"), "contact.made") == 0 &&
				  strncmp(text_of(step, "why"), whom, strlen(whom)) == 0);
	json_decref(now);
	return found;
}

static void the_next_step_names_who_is_still_to_be_called(void **state)
{
	struct town *town = *state;
	json_t *incident;

	town_declare(town, "脅迫文");
	assert_true(is_told_to_call(town, "情報セキュリティ責任者"));
	call(town, "head", "reached");
	call(town, "csirt", "absent");
	assert_true(is_told_to_call(town, "CSIRT"));
	call(town, "csirt", "reached");
	call(town, "general", "reached");
	assert_true(is_told_to_call(town, "最高情報セキュリティ責任者"));
	incident = town_view(town, CLERK, "incident", CASE_1, 0, LANG_JA);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(incident, "contacts"), "reached")), 3);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(incident, "contacts"), "left")), 1);
	json_decref(incident);
	call(town, "ciso", "reached");
	assert_false(is_told_to_call(town, ""));
}

static enum err with_person(struct town *town, const char *act, const char *given, const char *person, const char *text)
{
	return town_try_person(town, CLERK, act, CASE_1, body(given), text != NULL ? json_string(text) : NULL,
			       body(person));
}

static void wrong_calls_are_refused(void **state)
{
	static const char good[] = "{\"way\":\"phone\",\"result\":\"reached\",\"contact\":\"ciso\"}";
	struct town *town = *state;

	town_refused(town, "case", CLERK, "contact.made", CASE_1, body(good), NULL);
	town_declare(town, "脅迫文");
	town_refused(town, "observer", AUDITOR, "contact.made", CASE_1, body(good), NULL);
	town_refused(town, "whom", CLERK, "contact.made", CASE_1, body("{\"way\":\"phone\",\"result\":\"reached\"}"),
		     NULL);
	town_refused(town, "value", CLERK, "contact.made", CASE_1,
		     body("{\"way\":\"pigeon\",\"result\":\"reached\",\"contact\":\"ciso\"}"), NULL);
	town_refused(town, "value", CLERK, "contact.made", CASE_1,
		     body("{\"way\":\"phone\",\"result\":\"maybe\",\"contact\":\"ciso\"}"), NULL);
	town_refused(town, "field", CLERK, "contact.made", CASE_1,
		     body("{\"way\":\"phone\",\"result\":\"reached\",\"contact\":\"mayor\"}"), NULL);
	town_refused(town, "field", CLERK, "contact.made", CASE_1,
		     body("{\"way\":\"phone\",\"result\":\"reached\",\"contact\":\"ciso\",\"user\":\"u99\"}"), NULL);
	town_refused(
		town, "future", CLERK, "contact.made", CASE_1,
		body("{\"way\":\"phone\",\"result\":\"reached\",\"contact\":\"ciso\",\"at\":\"2027-01-01T00:00:00.000Z\"}"),
		NULL);
	town_refused(town, "said", CLERK, "contact.received", CASE_1, body("{\"way\":\"phone\",\"contact\":\"ciso\"}"),
		     json_string(" "));
	town_refused(town, "field", CLERK, "contact.arrived", CASE_1, body("{\"user\":\"u99\"}"), NULL);
	assert_int_equal(with_person(town, "contact.made", good, "{\"name\":\"\"}", NULL), ERR_DENIED);
	assert_int_equal(with_person(town, "contact.made", good, "{\"name\":7}", NULL), ERR_DENIED);
	assert_int_equal(with_person(town, "contact.made", good, "{\"name\":\"A\\u001bB\"}", NULL), ERR_DENIED);
	assert_int_equal(with_person(town, "contact.made", good, "{\"roles\":\"ciso\"}", NULL), ERR_DENIED);
	assert_int_equal(with_person(town, "contact.made", good, "{\"name\":\"見本\"}", NULL), ERR_OK);
	town_do(town, HEAD, "incident.ended", CASE_1, body("{\"as\":\"false_alarm\"}"), json_string("誤検知"));
	assert_int_equal(town_try(town, CLERK, "contact.made", CASE_1, body(good), NULL), ERR_DENIED);
}

static void the_log_says_with_whom_how_and_what(void **state)
{
	struct town *town = *state;
	json_t *log, *line;

	town_declare(town, "脅迫文");
	assert_int_equal(with_person(town, "contact.received",
				     "{\"way\":\"phone\",\"at\":\"2026-11-20T00:05:00.000Z\",\"user\":\"u2\"}",
				     "{\"name\":\"匿名\",\"number\":\"0XX-XXX-9999\"}", "データを見た"),
			 ERR_OK);
	town_do(town, CLERK, "contact.arrived", CASE_1, json_object(), NULL);
	log = town_view(town, HEAD, "contacts", CASE_1, 0, LANG_JA);
	assert_int_equal(json_array_size(json_object_get(log, "contacts")), 2);
	line = json_array_get(json_object_get(log, "contacts"), 0);
	assert_string_equal(text_of(line, "whom"), "匿名");
	assert_string_equal(text_of(line, "number"), "0XX-XXX-9999");
	assert_string_equal(text_of(line, "way_label"), "電話");
	assert_string_equal(text_of(line, "by"), "見本 太郎");
	assert_string_equal(text_of(line, "recorded_by"), "見本 花子");
	assert_string_equal(text_of(line, "text"), "データを見た");
	line = json_array_get(json_object_get(log, "contacts"), 1);
	assert_string_equal(text_of(line, "whom"), "見本 花子");
	json_decref(log);
	log = town_view(town, HEAD, "timeline", CASE_1, 0, LANG_JA);
	line = json_array_get(json_object_get(log, "lines"), 0);
	assert_string_equal(text_of(line, "text"), "連絡を受けた 匿名 電話：データを見た");
	json_decref(log);
}

static json_t *cell_value(const struct town *town, const char *id)
{
	json_t *report = town_view(town, CLERK, "report", CASE_1, 1, LANG_JA), *cell, *value = NULL;
	size_t i;

	json_array_foreach (json_object_get(report, "cells"), i, cell)
		if (strcmp(text_of(cell, "id"), id) == 0)
			value = json_incref(json_object_get(cell, "value"));
	json_decref(report);
	return value;
}

static void the_report_says_who_was_told(void **state)
{
	struct town *town = *state;
	json_t *inside, *outside;

	town_declare(town, "脅迫文");
	call(town, "csirt", "reached");
	call(town, "general", "reached");
	call(town, "ciso", "absent");
	call(town, "police", "reached");
	town_do(town, CLERK, "report.drafted", CASE_1, body("{\"report\":1}"), NULL);
	inside = cell_value(town, "told_inside");
	outside = cell_value(town, "told_outside");
	assert_string_equal(json_string_value(inside), "CSIRT、統括情報セキュリティ責任者");
	assert_int_equal(json_array_size(outside), 1);
	assert_string_equal(json_string_value(json_array_get(outside, 0)), "police");
	json_decref(inside);
	json_decref(outside);
}

static void in_a_drill_nobody_outside_is_called(void **state)
{
	struct town *town = *state;
	json_t *sheet;

	town_do(town, CLERK, "incident.declared", NULL, body("{\"drill\":true}"), json_string("訓練"));
	sheet = sheet_at(town, CASE_1, town->now);
	assert_string_equal(text_of(row_of(sheet, "police"), "state"), "held_back");
	assert_int_equal(json_array_size(json_object_get(row_of(sheet, "police"), "people")), 0);
	assert_int_equal(json_array_size(json_object_get(row_of(sheet, "head"), "people")), 2);
	json_decref(sheet);
	town_refused(town, "drill_call", CLERK, "contact.made", CASE_1,
		     body("{\"way\":\"phone\",\"result\":\"reached\",\"contact\":\"police\"}"), NULL);
	call(town, "head", "reached");
}

/* Without a login: of the newest open case that everybody may know of, and of it only who was called. */
static void the_open_sheet_tells_no_more_than_it_must(void **state)
{
	struct town *town = *state;
	struct view_request request = {.what = "call_sheet", .lang = LANG_JA, .now = town->now};
	json_t *sheet = NULL;
	char *text;

	town_declare(town, "脅迫文");
	town_do(town, CISO, "incident.declared", NULL, json_pack("{s:[s, s]}", "readers", CISO, GENERAL),
		json_string("持ち出しの疑い"));
	town_do(town, CLERK, "contact.made", CASE_1,
		body("{\"way\":\"phone\",\"result\":\"reached\",\"contact\":\"ciso\"}"), json_string("内密の話"));
	assert_int_equal(view_open_call_sheet(town->book, &request, &sheet), ERR_OK);
	assert_string_equal(text_of(sheet, "about"), CASE_1);
	assert_string_equal(text_of(row_of(sheet, "ciso"), "state"), "reached");
	text = json_dumps(sheet, JSON_COMPACT);
	assert_null(strstr(text, "脅迫文"));
	assert_null(strstr(text, "内密"));
	assert_null(strstr(text, "2026-r"));
	free(text);
	json_decref(sheet);
}

static void what_is_logged_replays_to_the_same_pictures(void **state)
{
	static const char *const contacts[] = {"head", "csirt", "general", "ciso", "vendor", "police", "other"};
	static const char *const results[] = {"reached", "absent", "message", "called_back"};
	struct town *town = *state;
	uint64_t dice = 7;
	struct book *again;
	char *was, *is;

	town_declare(town, "脅迫文");
	for (int i = 0; i < 200; i++) {
		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		if (dice >> 60 < 12)
			call(town, contacts[(dice >> 33) % 7], results[(dice >> 40) % 4]);
		else if (dice >> 60 < 14)
			assert_int_equal(
				with_person(town, "contact.received", "{\"way\":\"fax\"}", "{\"name\":\"見本\"}", "件"),
				ERR_OK);
		else
			town_do(town, HEAD, "contact.arrived", CASE_1, body("{\"user\":\"u4\"}"), NULL);
		town_wait(town, (int)(dice >> 50) % 5);
	}
	again = town_replay(town);
	was = town_picture(town, town->book);
	is = town_picture(town, again);
	assert_string_equal(was, is);
	free(was);
	free(is);
	book_free(again);
}

#define IN_TOWN(test) cmocka_unit_test_setup_teardown(test, town_setup, town_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TOWN(a_table_of_contacts_is_read),
		IN_TOWN(mistakes_are_told_with_file_line_and_remedy),
		IN_TOWN(mutants_are_read_or_refused_by_line),
		cmocka_unit_test(holidays_come_in_two_shapes),
		cmocka_unit_test(office_hours_end_with_the_day_and_on_closed_days),
		cmocka_unit_test(hours_that_are_none_are_refused),
		IN_TOWN(the_number_is_the_one_that_is_right_now),
		IN_TOWN(holidays_that_end_before_this_year_are_told),
		IN_TOWN(where_the_table_names_nobody_the_holder_of_the_role_stands),
		IN_TOWN(the_sheet_of_a_case_has_the_contacts_of_its_types),
		IN_TOWN(a_limit_counts_from_knowing),
		IN_TOWN(those_who_only_look_see_no_numbers),
		IN_TOWN(who_was_reached_stays_reached),
		IN_TOWN(the_next_step_names_who_is_still_to_be_called),
		IN_TOWN(wrong_calls_are_refused),
		IN_TOWN(the_log_says_with_whom_how_and_what),
		IN_TOWN(the_report_says_who_was_told),
		IN_TOWN(in_a_drill_nobody_outside_is_called),
		IN_TOWN(the_open_sheet_tells_no_more_than_it_must),
		IN_TOWN(what_is_logged_replays_to_the_same_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
