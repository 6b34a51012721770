/* A line of the timeline in words. */
#include "procedure/book_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *uplink_label(const struct book *book, const char *id, enum lang lang)
{
	int index = book_uplink_index(book, id);
	const json_t *setup = index >= 0 ? book->uplinks[index].setup : NULL;
	const char *english = text_in(setup, "label_en"), *label = text_in(setup, "label");

	if (lang == LANG_EN && english != NULL)
		return english;
	return label != NULL ? label : id;
}

static const char *item_label(const struct item *list, unsigned count, const char *id, enum lang lang)
{
	const struct item *item = id != NULL ? item_find(list, count, id) : NULL;

	return item != NULL ? label_pick(&item->label, lang) : id;
}

static void add_list(struct buf *out, const struct book *book, const json_t *body, enum lang lang)
{
	const struct pack_file *p = book->pack->file;
	json_t *id;
	size_t i;

	json_array_foreach (json_object_get(body, "uplinks"), i, id) {
		buf_addf(out, "%s%s", i == 0 ? " " : comma(lang), uplink_label(book, json_string_value(id), lang));
	}
	json_array_foreach (json_object_get(body, "types"), i, id) {
		buf_addf(out, "%s%s", i == 0 ? " " : comma(lang),
			 item_label(p->types, p->types_count, json_string_value(id), lang));
	}
	json_array_foreach (json_object_get(body, "to"), i, id) {
		buf_addf(out, "%s%s", i == 0 ? " " : comma(lang),
			 item_label(p->recipients, p->recipients_count, json_string_value(id), lang));
	}
}

void add_button(struct buf *out, const char *button, enum lang lang)
{
	static const struct word_pair buttons[] = {{"declare", "事案発生", "DECLARE"},
						   {"isolate", "緊急遮断", "ISOLATE"},
						   {"isolate_uplink", "回線ごとの遮断", "uplink ISOLATE"}};
	int index = word_index(buttons, 3, button);

	if (button != NULL)
		buf_addf(out, " %s", index >= 0 ? word_in(&buttons[index], lang) : button);
}

/* Microseconds as milliseconds with one decimal. */
static void add_measured(struct buf *out, const json_t *us)
{
	if (json_is_integer(us))
		buf_addf(out, " %" JSON_INTEGER_FORMAT ".%" JSON_INTEGER_FORMAT "ms", json_integer_value(us) / 1000,
			 json_integer_value(us) / 100 % 10);
}

static void add_times(struct buf *out, const json_t *times, enum lang lang)
{
	if (json_integer_value(times) > 1)
		buf_addf(out, lang == LANG_EN ? ", %" JSON_INTEGER_FORMAT " times" : "（%" JSON_INTEGER_FORMAT "回）",
			 json_integer_value(times));
}

static void add_lapse(struct buf *out, const json_t *body, enum lang lang)
{
	const char *cause = text_in(body, "cause"), *why = text_in(body, "why");

	if (cause != NULL)
		buf_addf(out, lang == LANG_EN ? " (%s)" : "（%s）", lapse_reason(cause, why != NULL ? why : "", lang));
}

static void add_noted(struct buf *out, const json_t *body, enum lang lang)
{
	const char *kind = text_in(body, "kind");

	if (kind != NULL)
		buf_addf(out, lang == LANG_EN ? ": %s" : "：%s", noted_kind(kind, lang));
}

static void add_report(struct buf *out, const json_t *body, enum lang lang)
{
	const json_t *number = json_object_get(body, "report");

	if (json_is_integer(number))
		buf_addf(out, lang == LANG_EN ? " no. %" JSON_INTEGER_FORMAT : " 第%" JSON_INTEGER_FORMAT "報",
			 json_integer_value(number));
}

static void add_choice(struct buf *out, const struct book *book, const json_t *body, enum lang lang)
{
	const struct pack_file *p = book->pack->file;
	const struct {
		const char *key;
		const struct item *list;
		unsigned count;
	} choices[] = {{"verdict", p->verdicts, p->verdicts_count},
		       {"priority", p->priorities, p->priorities_count},
		       {"as", p->endings, p->endings_count},
		       {"manner", p->manners, p->manners_count},
		       {"how", p->ways, p->ways_count}};

	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
		if (text_in(body, choices[i].key) != NULL)
			buf_addf(out, " %s",
				 item_label(choices[i].list, choices[i].count, text_in(body, choices[i].key), lang));
}

static void add_row(struct buf *out, const struct book *book, const json_t *body, enum lang lang)
{
	const char *row = text_in(body, "row"), *question = text_in(body, "question"), *state = text_in(body, "state");
	const struct check *check = row != NULL ? check_find(book->pack, row) : NULL;
	const struct question *asked = question != NULL ? question_find(book->pack, question) : NULL;
	int index = word_index(check_states, CHECK_STATE_COUNT, state);

	if (check != NULL)
		buf_addf(out, lang == LANG_EN ? " %s (%s)" : " %s（%s）", label_pick(&check->text, lang),
			 index >= 0 ? word_in(&check_states[index], lang) : state);
	index = word_index(answer_states, ANSWER_STATE_COUNT, state);
	if (asked != NULL)
		buf_addf(out, lang == LANG_EN ? " %s (%s)" : " %s（%s）", label_pick(&asked->text, lang),
			 index >= 0 ? word_in(&answer_states[index], lang) : state);
}

/* "Evidence 3 Log", and what it is. */
static void add_evidence_words(struct buf *out, const json_t *body, const json_t *text, enum lang lang)
{
	const json_t *number = json_object_get(body, "evidence"), *file = json_object_get(body, "file");
	int kind = word_index(evidence_kinds, EVIDENCE_KIND_COUNT, text_in(body, "kind"));
	int seal = word_index(seal_states, SEAL_STATE_COUNT, text_in(body, "seal"));
	const char *what = text_in(text, "what"), *from = text_in(text, "from"), *to = text_in(text, "to");

	if (number == NULL)
		return;
	buf_addf(out, " %" JSON_INTEGER_FORMAT, json_integer_value(number));
	if (file != NULL)
		buf_addf(out, "-%" JSON_INTEGER_FORMAT, json_integer_value(file));
	if (kind >= 0)
		buf_addf(out, " %s", word_in(&evidence_kinds[kind], lang));
	if (what != NULL)
		buf_addf(out, "%s%s", lang == LANG_EN ? ": " : "：", what);
	if (from != NULL && to != NULL)
		buf_addf(out, " %s → %s", from, to);
	if (seal >= 0)
		buf_addf(out, lang == LANG_EN ? " (%s)" : "（%s）", word_in(&seal_states[seal], lang));
}

/* With whom, how, and what came of it. */
static void add_contact(struct buf *out, const struct book *book, const json_t *line, enum lang lang)
{
	const json_t *body = json_object_get(line, "body");
	int way = word_index(contact_ways, CONTACT_WAY_COUNT, text_in(body, "way"));
	int result = word_index(contact_results, CONTACT_RESULT_COUNT, text_in(body, "result"));
	json_t *whom = contact_whom(book, line, lang);

	if (whom != NULL)
		buf_addf(out, " %s", json_string_value(whom));
	if (way >= 0)
		buf_addf(out, " %s", word_in(&contact_ways[way], lang));
	if (result >= 0)
		buf_addf(out, " %s", word_in(&contact_results[result], lang));
	json_decref(whom);
}

json_t *line_words(const struct book *book, const json_t *line, enum lang lang)
{
	const json_t *body = json_object_get(line, "body");
	const char *text = text_in(line, "text"), *act = text_in(line, "act");
	struct buf out = {0};
	json_t *words;

	/* What a person wrote as a line of the timeline stands alone. */
	if (strcmp(act, "incident.noted") != 0 || text == NULL) {
		buf_adds(&out, act_done(act, lang));
		add_button(&out, text_in(body, "button"), lang);
		if (text_in(body, "uplink") != NULL)
			buf_addf(&out, " %s", uplink_label(book, text_in(body, "uplink"), lang));
		add_measured(&out, json_object_get(body, "edge_to_contact_us"));
		add_times(&out, json_object_get(body, "times"), lang);
		if (json_is_true(json_object_get(body, "unproven")))
			buf_adds(&out, lang == LANG_EN ? " (no contact proves it)" : "（接点による確認なし）");
		if (strcmp(act, "restore.expired") == 0)
			add_lapse(&out, body, lang);
		if (strcmp(act, "panel.noted") == 0)
			add_noted(&out, body, lang);
		add_report(&out, body, lang);
		add_list(&out, book, body, lang);
		add_choice(&out, book, body, lang);
		add_row(&out, book, body, lang);
		add_evidence_words(&out, body, json_object_get(line, "text"), lang);
		if (strncmp(act, "contact.", 8) == 0)
			add_contact(&out, book, line, lang);
	}
	if (text != NULL)
		buf_addf(&out, "%s%s", out.len > 0 ? (lang == LANG_EN ? ": " : "：") : "", text);
	words = buf_status(&out) == ERR_OK ? json_stringn(out.data != NULL ? out.data : "", out.len) : NULL;
	buf_fini(&out);
	return words;
}
