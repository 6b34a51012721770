/* The call sheet: who is to be called, in which order, the number that is right now, who has been reached. */
#include "procedure/view_parts.h"

#include <stdio.h>
#include <string.h>

enum { HOLDERS_SHOWN = 8 };

static const struct directory nobody_known;

static const struct directory *directory_of(const struct look *look)
{
	return look->request->directory != NULL ? look->request->directory : &nobody_known;
}

static void add_number(const struct look *look, json_t *numbers, enum hours hours, const char *number)
{
	if (number != NULL && number[0] != '\0')
		(void)json_array_append_new(numbers,
					    json_pack("{s:s, s:s, s:s}", "hours", hours_words[hours].id, "label",
						      word_in(&hours_words[hours], look->lang), "number", number));
}

/* The one for now; the other where there is none; both while the clock is not set. */
static json_t *numbers_of(const struct look *look, const char *office, const char *after)
{
	enum hours now = directory_hours(directory_of(look), look->request->now);
	json_t *numbers = json_array();

	if (now != HOURS_AFTER)
		add_number(look, numbers, HOURS_OFFICE, office);
	if (now != HOURS_OFFICE || json_array_size(numbers) == 0)
		add_number(look, numbers, HOURS_AFTER, after);
	if (json_array_size(numbers) == 0)
		add_number(look, numbers, HOURS_OFFICE, office);
	return numbers;
}

static json_t *show_entry(const struct look *look, const struct directory_entry *entry)
{
	return json_pack("{s:s, s:o, s:s, s:s, s:s}", "name", entry->field[ENTRY_NAME], "numbers",
			 numbers_of(look, entry->field[ENTRY_OFFICE], entry->field[ENTRY_AFTER]), "mail",
			 entry->field[ENTRY_MAIL], "note", entry->field[ENTRY_NOTE], "away", "");
}

/* Where the site's table names nobody: who holds the role, as the record knows them. */
static json_t *show_holder(const struct look *look, const struct user *user)
{
	const char *title = text_in(user->person, "title"), *phone = text_in(user->person, "phone");
	const char *mail = text_in(user->person, "mail");
	bool is_away = user_is_away(look->book, user, look->request->now);
	const char *deputy = user->deputy[0] != '\0' ? user_name(look->book, user->deputy, look->lang) : "";

	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:b}", "name", user_name(look->book, user->id, look->lang),
			 "numbers", numbers_of(look, phone, ""), "mail", mail != NULL ? mail : "", "note",
			 title != NULL ? title : "", "away", is_away ? deputy : "", "is_away", (int)is_away);
}

static void add_holders(const struct look *look, const struct contact *contact, json_t *people)
{
	for (size_t i = 0; i < look->book->users_count && json_array_size(people) < HOLDERS_SHOWN; i++) {
		const struct user *user = &look->book->users[i];

		if (contact->role != NULL && user->kind == USER_STAFF && user_has_role(user, contact->role) &&
		    user_is_open(look->book, user, look->request->now))
			(void)json_array_append_new(people, show_holder(look, user));
	}
}

static json_t *people_of(const struct look *look, const struct contact *contact, enum reach reach)
{
	const struct directory *d = directory_of(look);
	json_t *people = json_array();

	if (reach == REACH_HELD_BACK)
		return people;
	for (size_t i = 0; i < d->entries_count; i++)
		if (strcmp(d->entries[i].field[ENTRY_CONTACT], contact->id) == 0)
			(void)json_array_append_new(people, show_entry(look, &d->entries[i]));
	if (json_array_size(people) == 0)
		add_holders(look, contact, people);
	return people;
}

/* So many minutes after somebody knew of it. */
static json_t *due_of(const struct incident *incident, const struct contact *contact)
{
	char due[WALL_TEXT_SIZE];
	int64_t known_ms;

	if (incident == NULL || contact->minutes == 0 ||
	    wall_parse(incident->detected, strlen(incident->detected), &known_ms) != ERR_OK)
		return json_null();
	wall_format(due, known_ms + (int64_t)contact->minutes * 60000);
	return json_string(due);
}

static json_t *label_or_empty(const struct look *look, const struct label *label)
{
	return label->ja != NULL ? label_show(label, look->lang, book_site(look->book)) : json_string("");
}

static json_t *show_row(const struct look *look, const struct contact *contact)
{
	const json_t *last;
	enum reach reach = contact_reach(look->incident, contact, &last);
	int result =
		word_index(contact_results, CONTACT_RESULT_COUNT, text_in(json_object_get(last, "body"), "result"));

	return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:s?, s:o}", "id", contact->id, "label",
			 label_show(&contact->label, look->lang, book_site(look->book)), "kind", contact->kind, "need",
			 contact->need, "within", label_or_empty(look, &contact->within), "due",
			 due_of(look->incident, contact), "say", label_or_empty(look, &contact->say), "state",
			 reach_states[reach].id, "state_label", word_in(&reach_states[reach], look->lang), "at",
			 time_or_null(text_in(last, "at")), "result_label",
			 result >= 0 ? word_in(&contact_results[result], look->lang) : NULL, "people",
			 people_of(look, contact, reach));
}

/* What is wrong with the site's files; without it numbers or hours would be trusted that are old. */
static json_t *notes_of(const struct look *look)
{
	const struct view_request *r = look->request;
	json_t *notes = json_array();

	for (size_t i = 0; i < sizeof r->directory_faults / sizeof r->directory_faults[0]; i++)
		if (r->directory_faults[i] != NULL && r->directory_faults[i][0] != '\0')
			(void)json_array_append_new(notes, json_string(r->directory_faults[i]));
	return notes;
}

json_t *view_call_sheet(const struct look *look)
{
	const struct moment *now = &look->request->now;
	enum hours hours = directory_hours(directory_of(look), *now);
	bool is_old =
		now->source != WALL_UNSET && !directory_knows_year(directory_of(look), japan_time(now->wall_ms).year);
	json_t *rows = json_array(), *page;
	char time[WALL_TEXT_SIZE] = "";

	for (unsigned i = 0; i < look->pack->contacts_count; i++)
		if (contact_applies(look->incident, &look->pack->contacts[i]))
			(void)json_array_append_new(rows, show_row(look, &look->pack->contacts[i]));
	if (now->source != WALL_UNSET)
		wall_format(time, now->wall_ms);
	page = paged(look, "contacts", rows);
	(void)json_object_set_new(page, "hours", json_string(hours_words[hours].id));
	(void)json_object_set_new(page, "hours_label", json_string(word_in(&hours_words[hours], look->lang)));
	(void)json_object_set_new(page, "time", time_or_null(time));
	(void)json_object_set_new(page, "holidays", json_boolean(!is_old));
	(void)json_object_set_new(page, "drill", json_boolean(look->incident != NULL && look->incident->is_drill));
	(void)json_object_set_new(page, "faults", notes_of(look));
	return page;
}

enum err view_open_call_sheet(const struct book *book, const struct view_request *request, json_t **out)
{
	const struct look look = {.book = book,
				  .pack = book->pack->file,
				  .request = request,
				  .incident = case_find(book, book_newest_open_case(book)),
				  .lang = request->lang};
	json_t *picture = view_call_sheet(&look);

	if (picture == NULL)
		return ERR_NOMEM;
	*out = picture;
	return ERR_OK;
}
