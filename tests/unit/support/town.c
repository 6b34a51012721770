#include "support/town.h"

#include "procedure/pack_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

/* `entry` is the test's own shape of a record: {"seq", "who", "about", "body", "text", "person", "wall"}. */
static void apply(struct book *book, const json_t *entry)
{
	struct fault fault = {ERR_OK, ""};
	struct record record = {
		.seq = (uint64_t)json_integer_value(json_object_get(entry, "seq")),
		.at = {.wall_ms = json_integer_value(json_object_get(entry, "wall")), .source = WALL_NTP},
		.who = text_of(entry, "who"),
		.via = "cli",
		.type = "incident",
		.about = text_of(entry, "about"),
		.restricted = text_of(entry, "restricted"),
		.body = text_of(entry, "body"),
		.text = text_of(entry, "text"),
		.person = text_of(entry, "person"),
		.files = text_of(entry, "files"),
	};

	if (book_apply(book, &record, &fault) != ERR_OK)
		fail_msg("%s", fault.text);
}

static json_t *dumped(const json_t *value)
{
	char *text = value != NULL ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
	json_t *string = text != NULL ? json_string(text) : json_null();

	free(text);
	return string;
}

static void record(struct town *town, const char *who, const char *about, const json_t *body, const json_t *text,
		   const json_t *person)
{
	const char *act = text_of(body, "act"), *sealed = NULL;
	json_t *whole = json_deep_copy(body), *entry;

	if (act_find(act) != NULL)
		sealed = book_sealed_for(town->book, act_find(act), about, body);
	if (sealed != NULL)
		(void)json_object_set_new(whole, "by", json_string(who));
	entry = json_pack("{s:I, s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:I}", "seq", (json_int_t)++town->seq, "who",
			  sealed != NULL ? "system" : who, "about", sealed != NULL ? "-" : about, "restricted", sealed,
			  "body", dumped(whole), "text", dumped(text), "person", dumped(person), "files",
			  dumped(town->files), "wall", (json_int_t)town->now.wall_ms);
	json_decref(whole);
	assert_non_null(entry);
	assert_int_equal(json_array_append_new(town->records, entry), 0);
	apply(town->book, entry);
}

void town_record(struct town *town, const char *who, const char *act, const char *about, json_t *body, json_t *person)
{
	assert_int_equal(json_object_set_new(body, "act", json_string(act)), 0);
	record(town, who, about, body, NULL, person);
	json_decref(body);
	json_decref(person);
}

static void add_person(struct town *town, const char *id, const char *name, const char *role, const char *section)
{
	town_record(town, "system", "user.added", "-",
		    json_pack("{s:s, s:[s], s:i}", "user", id, "roles", role, "generation", 1),
		    json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", name, "section", section, "phone", "内線 100", "fax",
			      "000-000-0000", "mail", "soumu@mihon.example"));
}

void town_open(struct town *town)
{
	struct fault fault = {ERR_OK, ""};

	*town = (struct town){.records = json_array()};
	/* 2026-11-20 09:10 in Japan */
	town->now = (struct moment){.wall_ms = INT64_C(1795133400000), .source = WALL_NTP};
	if (pack_load(PACK_OTARI, &town->pack, &fault) != ERR_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(book_new(town->pack, &town->book), ERR_OK);
	town_record(town, "system", "setup.done", "-",
		    json_pack("{s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}, {s:s, s:s, s:s}], s:{s:s}}",
			      "organisation", "見本村", "pack", "otari", "pack_version", pack_version(town->pack),
			      "pack_hash", pack_hash(town->pack), "uplinks", "id", "internet", "label",
			      "インターネット系", "stops", "メールとWeb閲覧", "id", "lgwan", "label", "LGWAN系",
			      "stops", "コンビニ交付", "id", "mynumber", "label", "個人番号系", "stops", "住民票の発行",
			      "site", "prefecture", "見本県"),
		    NULL);
	add_person(town, CLERK, "見本 花子", "staff", "住民課");
	add_person(town, HEAD, "見本 太郎", "head", "住民課");
	add_person(town, GENERAL, "見本 次郎", "general", "総務課");
	add_person(town, CISO, "見本 三郎", "ciso", "副村長室");
	add_person(town, AUDITOR, "見本 四郎", "auditor", "監査");
}

void town_close(struct town *town)
{
	json_decref(town->records);
	json_decref(town->refusal.args);
	book_free(town->book);
	pack_free(town->pack);
}

int town_setup(void **state)
{
	*state = calloc(1, sizeof(struct town));
	assert_non_null(*state);
	town_open(*state);
	return 0;
}

int town_teardown(void **state)
{
	town_close(*state);
	free(*state);
	return 0;
}

void town_wait(struct town *town, int minutes)
{
	town->now.wall_ms += minutes * INT64_C(60000);
}

enum err town_try(struct town *town, const char *who, const char *act, const char *about, json_t *body, json_t *text)
{
	return town_try_person(town, who, act, about, body, text, NULL);
}

enum err town_try_person(struct town *town, const char *who, const char *act, const char *about, json_t *body,
			 json_t *text, json_t *person)
{
	const struct act_kind *kind = act_find(act);
	struct wish wish = {.who = who,
			    .kind = kind,
			    .about = about,
			    .body = body,
			    .text = text,
			    .files = town->files,
			    .person = person,
			    .unproven = town->unproven};
	char fresh[16];
	enum err err;
	json_t *whole;

	assert_non_null(kind);
	json_decref(town->refusal.args);
	town->refusal = (struct refusal){NULL, NULL};
	err = book_permit(town->book, &wish, town->now, LANG_JA, &town->refusal);
	if (err == ERR_OK) {
		if (json_object_get(body, "readers") != NULL)
			(void)snprintf(fresh, sizeof fresh, "2026-r%06llx", (unsigned long long)town->seq);
		else
			book_next_case(town->book, town->now, fresh);
		whole = book_complete(town->book, &wish, town->now);
		assert_non_null(whole);
		record(town, who, about != NULL ? about : fresh, whole, text, person);
		json_decref(whole);
	}
	json_decref(body);
	json_decref(text);
	json_decref(town->files);
	town->files = NULL;
	json_decref(person);
	return err;
}

void town_do(struct town *town, const char *who, const char *act, const char *about, json_t *body, json_t *text)
{
	if (town_try(town, who, act, about, body, text) != ERR_OK)
		fail_msg("%s by %s refused: %s", act, who, text_of(town->refusal.args, "say"));
}

void town_refused(struct town *town, const char *why, const char *who, const char *act, const char *about, json_t *body,
		  json_t *text)
{
	assert_int_equal(town_try(town, who, act, about, body, text), ERR_DENIED);
	assert_string_equal(text_of(town->refusal.args, "why"), why);
	assert_null(strchr(text_of(town->refusal.args, "say"), '{'));
}

void town_declare(struct town *town, const char *title)
{
	town_do(town, CLERK, "incident.declared", NULL, json_object(), title != NULL ? json_string(title) : NULL);
}

static json_t *view_of(const struct town *town, const struct book *book, const char *who, const char *what,
		       const char *about, uint64_t report, enum lang lang)
{
	struct view_request request = {
		.what = what, .who = who, .about = about, .report = report, .lang = lang, .now = town->now};
	struct refusal refusal = {NULL, NULL};
	json_t *out = NULL;

	if (view(book, &request, &out, &refusal) != ERR_OK)
		fail_msg("view %s refused: %s", what, text_of(refusal.args, "say"));
	return out;
}

json_t *town_view(const struct town *town, const char *who, const char *what, const char *about, uint64_t report,
		  enum lang lang)
{
	return view_of(town, town->book, who, what, about, report, lang);
}

struct book *town_replay(const struct town *town)
{
	struct book *book = NULL;
	json_t *entry;
	size_t i;

	assert_int_equal(book_new(town->pack, &book), ERR_OK);
	json_array_foreach (town->records, i, entry)
		apply(book, entry);
	return book;
}

struct picture {
	const struct town *town;
	const struct book *book;
	const char *who;
	json_t *all;
};

static void add_view(const struct picture *p, const char *what, const char *about, uint64_t report)
{
	assert_int_equal(json_array_append_new(p->all, view_of(p->town, p->book, p->who, what, about, report, LANG_JA)),
			 0);
}

char *town_picture(const struct town *town, const struct book *book)
{
	return town_picture_for(town, book, GENERAL);
}

char *town_picture_for(const struct town *town, const struct book *book, const char *who)
{
	static const char *const of_case[] = {"incident", "checklist", "facts", "timeline", "contacts", "evidence"};
	const struct picture p = {.town = town, .book = book, .who = who, .all = json_array()};
	json_t *heads, *head;
	char *text;
	size_t i;

	add_view(&p, "now", NULL, 0);
	add_view(&p, "people", NULL, 0);
	add_view(&p, "registers", NULL, 0);
	for (i = 0; i < town->pack->registers_count; i++)
		add_view(&p, "register", town->pack->registers[i]->id, 0);
	heads = view_of(town, book, who, "incidents", NULL, 0, LANG_JA);
	json_array_foreach (json_object_get(heads, "incidents"), i, head) {
		size_t reports = json_array_size(json_object_get(head, "reports"));

		for (size_t v = 0; v < sizeof of_case / sizeof of_case[0]; v++)
			add_view(&p, of_case[v], text_of(head, "about"), 0);
		for (size_t r = 1; r <= reports; r++) {
			add_view(&p, "report", text_of(head, "about"), r);
			add_view(&p, "report_text", text_of(head, "about"), r);
		}
	}
	text = json_dumps(p.all, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(heads);
	json_decref(p.all);
	assert_non_null(text);
	return text;
}
