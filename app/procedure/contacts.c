/* The contact log: who was called, who called, who has come in. It is folded from the lines of the timeline. */
#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <string.h>

enum { NAME_MAX_BYTES = 256 };

static bool is_contact_act(const char *act)
{
	return strncmp(act, "contact.", sizeof "contact." - 1) == 0;
}

bool contact_applies(const struct incident *incident, const struct contact *contact)
{
	if (contact->types_count == 0 || incident == NULL || json_array_size(incident->types) == 0)
		return true;
	for (unsigned i = 0; i < contact->types_count; i++)
		if (case_has_type(incident, contact->types[i]))
			return true;
	return false;
}

/* Whoever calls us back is reached, too. */
static enum reach reach_by(const json_t *line)
{
	const char *result = text_in(json_object_get(line, "body"), "result");

	if (strcmp(text_in(line, "act"), "contact.received") == 0)
		return REACH_DONE;
	return result != NULL && (strcmp(result, "reached") == 0 || strcmp(result, "called_back") == 0) ? REACH_DONE
													: REACH_TRIED;
}

enum reach contact_reach(const struct incident *incident, const struct contact *contact, const json_t **last)
{
	enum reach reach = REACH_OPEN;

	*last = NULL;
	if (incident == NULL)
		return REACH_OPEN;
	for (size_t i = json_array_size(incident->lines); i > 0 && reach != REACH_DONE; i--) {
		const json_t *line = json_array_get(incident->lines, i - 1);
		const char *whom = text_in(json_object_get(line, "body"), "contact");
		enum reach by;

		if (!is_contact_act(text_in(line, "act")) || whom == NULL || strcmp(whom, contact->id) != 0)
			continue;
		by = reach_by(line);
		if (*last == NULL || by == REACH_DONE)
			*last = line;
		reach = by;
	}
	if (reach == REACH_OPEN && incident->is_drill && strcmp(contact->kind, "outside") == 0)
		return REACH_HELD_BACK;
	return *last == NULL ? REACH_OPEN : reach_by(*last);
}

const struct contact *contact_due(const struct book *book, const struct incident *incident)
{
	const struct pack_file *p = book->pack->file;

	for (unsigned i = 0; i < p->contacts_count; i++) {
		const struct contact *contact = &p->contacts[i];
		const json_t *last;
		enum reach reach = contact_reach(incident, contact, &last);

		if (strcmp(contact->need, "must") == 0 && contact_applies(incident, contact) &&
		    (reach == REACH_OPEN || reach == REACH_TRIED))
			return contact;
	}
	return NULL;
}

/* ---- fold ---- */

static enum err fold_contact(struct book *book, const struct event *event)
{
	(void)book;
	(void)event;
	return ERR_OK;
}

const struct folder contact_folders[] = {
	{"contact.made", fold_contact},
	{"contact.received", fold_contact},
	{"contact.arrived", fold_contact},
	{NULL, NULL},
};

/* ---- rules ---- */

static bool is_name(const json_t *value)
{
	return has_words(value) && json_string_length(value) <= NAME_MAX_BYTES &&
	       !text_has_control(json_string_value(value), json_string_length(value), "");
}

static enum err check_person(const struct ask *ask)
{
	const char *key;
	json_t *value;

	if (ask->wish->person == NULL)
		return ERR_OK;
	json_object_foreach (ask->wish->person, key, value)
		if ((strcmp(key, "name") != 0 && strcmp(key, "number") != 0) || !is_name(value))
			return deny_field(ask, "person", key);
	return ERR_OK;
}

static enum err check_user(const struct ask *ask)
{
	const char *user = text_in(ask->wish->body, "user");

	return user == NULL || user_find(ask->book, user) != NULL ? ERR_OK : deny_field(ask, "user", user);
}

/* What the three have in common. */
static enum err check_contact(const struct ask *ask)
{
	const char *id = text_in(ask->wish->body, "contact");
	enum err err = check_person(ask);

	if (err == ERR_OK && ask->wish->text != NULL && !json_is_string(ask->wish->text))
		err = deny_field(ask, "text", "");
	if (err == ERR_OK && id != NULL && contact_find(ask->pack, id) == NULL)
		err = deny_field(ask, "contact", id);
	if (err == ERR_OK)
		err = check_user(ask);
	return err == ERR_OK ? check_time(ask, "at", json_object_get(ask->wish->body, "at")) : err;
}

static enum err check_whom(const struct ask *ask)
{
	bool is_named = text_in(ask->wish->body, "contact") != NULL || text_in(ask->wish->person, "name") != NULL;

	return is_named ? check_word(ask, "way", contact_ways, CONTACT_WAY_COUNT) : deny(ask, WHY_WHOM, NULL);
}

enum err permit_made(const struct ask *ask)
{
	const struct contact *contact = contact_find(ask->pack, text_in(ask->wish->body, "contact"));
	enum err err = check_contact(ask);

	if (err == ERR_OK)
		err = check_whom(ask);
	if (err == ERR_OK)
		err = check_word(ask, "result", contact_results, CONTACT_RESULT_COUNT);
	if (err == ERR_OK && ask->incident->is_drill && contact != NULL && strcmp(contact->kind, "outside") == 0)
		err = deny(ask, WHY_DRILL_CALL, NULL);
	return err;
}

enum err permit_received(const struct ask *ask)
{
	enum err err = check_contact(ask);

	if (err == ERR_OK)
		err = check_whom(ask);
	return err == ERR_OK && !has_words(ask->wish->text) ? deny(ask, WHY_WHAT_WAS_SAID, NULL) : err;
}

/* Nobody named: it is oneself. */
enum err permit_arrived(const struct ask *ask)
{
	return check_contact(ask);
}

/* ---- pictures ---- */

static json_t *with_name(const char *label, const char *name, enum lang lang)
{
	if (label == NULL)
		return name != NULL ? json_string(name) : NULL;
	if (name == NULL)
		return json_string(label);
	return json_sprintf(lang == LANG_EN ? "%s (%s)" : "%s（%s）", label, name);
}

json_t *contact_whom(const struct book *book, const json_t *line, enum lang lang)
{
	const json_t *body = json_object_get(line, "body");
	const struct contact *contact = contact_find(book->pack->file, text_in(body, "contact"));
	json_t *label = contact != NULL ? label_show(&contact->label, lang, book_site(book)) : NULL, *whom;
	const char *name = text_in(json_object_get(line, "person"), "name"), *user = text_in(body, "user");

	/* Who has come in is the person himself. */
	if (strcmp(text_in(line, "act"), "contact.arrived") == 0 && name == NULL)
		name = user_name(book, user != NULL ? user : text_in(line, "who"), lang);
	whom = with_name(json_string_value(label), name, lang);
	json_decref(label);
	return whom;
}

static const char *word_of(const struct word_pair *words, int count, const char *id, enum lang lang)
{
	int index = word_index(words, count, id);

	return index >= 0 ? word_in(&words[index], lang) : id;
}

static json_t *show_contact(const struct look *look, const json_t *line)
{
	const json_t *body = json_object_get(line, "body");
	const char *user = text_in(body, "user"), *way = text_in(body, "way"), *result = text_in(body, "result");
	const char *who = text_in(line, "who"), *act = text_in(line, "act");

	return json_pack("{s:O, s:o, s:o, s:s, s:s, s:s?, s:o?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s, s:s, s:s?}", "seq",
			 json_object_get(line, "seq"), "at", time_or_null(text_in(line, "at")), "recorded",
			 time_or_null(text_in(line, "recorded")), "act", act, "label", act_done(act, look->lang),
			 "contact", text_in(body, "contact"), "whom", contact_whom(look->book, line, look->lang),
			 "number", text_in(json_object_get(line, "person"), "number"), "way", way, "way_label",
			 word_of(contact_ways, CONTACT_WAY_COUNT, way, look->lang), "result", result, "result_label",
			 word_of(contact_results, CONTACT_RESULT_COUNT, result, look->lang), "by",
			 user_name(look->book, user != NULL ? user : who, look->lang), "recorded_by",
			 user_name(look->book, who, look->lang), "text", text_in(line, "text"));
}

json_t *view_contacts(const struct look *look)
{
	json_t *contacts = json_array(), *line, *page;
	size_t i;

	json_array_foreach (look->incident->lines, i, line)
		if (is_contact_act(text_in(line, "act")))
			(void)json_array_append_new(contacts, show_contact(look, line));
	page = paged(look, "contacts", contacts);
	(void)json_object_set_new(page, "ways",
				  show_words(look, contact_ways, CONTACT_WAY_COUNT, (const char *[]){NULL}));
	(void)json_object_set_new(page, "results",
				  show_words(look, contact_results, CONTACT_RESULT_COUNT, (const char *[]){NULL}));
	return page;
}

json_t *show_reached(const struct look *look, const struct incident *incident)
{
	json_int_t reached = 0, left = 0;

	for (unsigned i = 0; i < look->pack->contacts_count; i++) {
		const struct contact *contact = &look->pack->contacts[i];
		const json_t *last;
		enum reach reach = contact_reach(incident, contact, &last);

		if (reach == REACH_DONE)
			reached++;
		else if (reach != REACH_HELD_BACK && strcmp(contact->need, "must") == 0 &&
			 contact_applies(incident, contact))
			left++;
	}
	return json_pack("{s:I, s:I}", "reached", reached, "left", left);
}
