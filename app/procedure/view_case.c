/* Pictures of one case. */
#include "procedure/view_parts.h"

#include "ipc/acts.h"

#include <stdlib.h>
#include <string.h>

enum { TITLE_COLUMNS = 56, PRESSES_SHOWN = 200 };

struct counts {
	unsigned done, left;
};

/* phase NULL: all phases. */
static struct counts count_checks(const struct look *look, const struct incident *incident, const struct item *phase)
{
	struct counts counts = {0, 0};

	for (size_t i = 0; i < look->book->pack->checks_count; i++) {
		const struct check *check = &look->book->pack->checks[i];

		if (!check_applies(incident, check) || (phase != NULL && check->phase != phase))
			continue;
		if (check_state(incident, check) == CHECK_OPEN)
			counts.left++;
		else
			counts.done++;
	}
	return counts;
}

/* Phases run side by side; the one named is the earliest with something left. */
static const struct item *present_phase(const struct look *look, const struct incident *incident)
{
	for (unsigned i = 0; i < look->pack->phases_count; i++)
		if (count_checks(look, incident, &look->pack->phases[i]).left > 0)
			return &look->pack->phases[i];
	return &look->pack->phases[look->pack->phases_count - 1];
}

/* The beginning of what was written, enough to know it again in a list. */
static json_t *first_line(const char *text)
{
	size_t len = strcspn(text, "\n"), fits = text_fit(text, TITLE_COLUMNS);

	return len <= fits ? json_stringn(text, len) : json_sprintf("%.*s…", (int)fits, text);
}

static json_t *title_of(const struct look *look, const struct incident *incident)
{
	struct buf out = {0};
	json_t *type, *title;
	size_t i;

	if (json_is_string(incident->title) && json_string_length(incident->title) > 0)
		return first_line(json_string_value(incident->title));
	json_array_foreach (incident->types, i, type) {
		buf_addf(&out, "%s%s", i > 0 ? comma(look->lang) : "",
			 show_item(look, look->pack->types, look->pack->types_count, json_string_value(type)));
	}
	if (out.len == 0 && incident->source[0] != '\0')
		buf_adds(&out, show_item(look, look->pack->sources, look->pack->sources_count, incident->source));
	if (out.len == 0)
		buf_adds(&out, label_pick(&look->pack->word, look->lang));
	title = buf_status(&out) == ERR_OK ? json_stringn(out.data, out.len) : NULL;
	buf_fini(&out);
	return title;
}

/* A drill, and what few may know of, look like it wherever they are named. */
static json_t *marked_title(const struct look *look, const struct incident *incident)
{
	json_t *title = title_of(look, incident), *marked;

	if (!incident->is_drill && incident->readers == NULL)
		return title;
	marked = json_sprintf("%s%s", incident->is_drill ? drill_mark(look->lang) : restricted_mark(look->lang),
			      json_string_value(title));
	json_decref(title);
	return marked;
}

static json_t *reports_of(const struct look *look, const struct incident *incident)
{
	json_t *out = json_array();

	for (size_t i = 0; i < incident->reports_count; i++) {
		enum report_state state = incident->reports[i].state;

		(void)json_array_append_new(out, json_pack("{s:I, s:o, s:s, s:s}", "report", (json_int_t)i + 1, "label",
							   report_label(look, i + 1), "state", report_states[state].id,
							   "state_label", word_in(&report_states[state], look->lang)));
	}
	return out;
}

static json_t *state_of(const struct look *look, const struct incident *incident)
{
	struct buf out = {0};
	json_t *label;

	buf_adds(&out, word_in(&case_states[incident->state], look->lang));
	if (incident->ending[0] != '\0')
		buf_addf(&out, look->lang == LANG_EN ? " (%s)" : "（%s）",
			 show_item(look, look->pack->endings, look->pack->endings_count, incident->ending));
	label = buf_status(&out) == ERR_OK ? json_stringn(out.data, out.len) : NULL;
	buf_fini(&out);
	return label;
}

static json_t *priority_label(const struct look *look, const struct incident *incident)
{
	return incident->priority[0] == '\0' ? json_null()
					     : json_string(show_item(look, look->pack->priorities,
								     look->pack->priorities_count, incident->priority));
}

/* Who opened the case: for a press, whoever it was attributed to since. */
static const char *opener(const struct look *look, const struct incident *incident)
{
	json_t *user;
	const char *seq;

	if (strcmp(incident->declared_by, "panel") == 0)
		json_object_foreach (incident->presses, seq, user)
			if (json_is_string(user))
				return user_name(look->book, json_string_value(user), look->lang);
	return user_name(look->book, incident->declared_by, look->lang);
}

const char *permit_of(const struct restore *restore)
{
	if (restore->state == RESTORE_PERMITTED)
		return "permitted";
	if (restore->state == RESTORE_ASKED)
		return "asked";
	return restore->uplinks != 0 ? "lapsed" : "none";
}

const char *permit_why(const struct look *look, const struct restore *restore)
{
	return restore->state == RESTORE_NONE ? lapse_reason(restore->cause, restore->why, look->lang) : "";
}

json_t *view_head(const struct look *look, const struct incident *incident)
{
	const struct item *phase = present_phase(look, incident);
	struct counts counts = count_checks(look, incident, NULL);

	return json_pack(
		"{s:s, s:o, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:o, s:s, s:s, s:b, s:b}",
		"about", incident->about, "title", marked_title(look, incident), "state",
		case_states[incident->state].id, "state_label", state_of(look, incident), "phase", phase->id,
		"phase_label", label_pick(&phase->label, look->lang), "priority", time_or_null(incident->priority),
		"priority_label", priority_label(look, incident), "declared", time_or_null(incident->declared),
		"declared_by", opener(look, incident), "done", (json_int_t)counts.done, "left", (json_int_t)counts.left,
		"notes", (json_int_t)json_array_size(incident->lines), "evidence", (json_int_t)incident->evidence_count,
		"reports", reports_of(look, incident), "permit", permit_of(&incident->restore), "permit_why",
		permit_why(look, &incident->restore), "drill", (int)incident->is_drill, "restricted",
		incident->readers != NULL);
}

static json_t *chosen_types(const struct look *look)
{
	json_t *out = json_array(), *type;
	size_t i;

	json_array_foreach (look->incident->types, i, type) {
		(void)json_array_append_new(out, json_pack("{s:O, s:s}", "id", type, "label",
							   show_item(look, look->pack->types, look->pack->types_count,
								     json_string_value(type))));
	}
	return out;
}

static json_t *phases_of(const struct look *look)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < look->pack->phases_count; i++) {
		struct counts counts = count_checks(look, look->incident, &look->pack->phases[i]);

		(void)json_array_append_new(out,
					    json_pack("{s:s, s:s, s:I, s:I}", "id", look->pack->phases[i].id, "label",
						      label_pick(&look->pack->phases[i].label, look->lang), "done",
						      (json_int_t)counts.done, "left", (json_int_t)counts.left));
	}
	return out;
}

static json_t *acts_of(const struct look *look)
{
	json_t *out = json_array();

	for (const struct act_kind *act = act_kinds; act->name != NULL; act++)
		if (act->origin == ACT_BY_PERSON && (act->flags & ACT_ON_CASE) != 0)
			(void)json_array_append_new(out, show_act(look, act->name, 0));
	return out;
}

/* The newest: a button that is pressed thousands of times must not hide the case. */
static json_t *presses_of(const struct look *look)
{
	size_t count = json_object_size(look->incident->presses), at = 0;
	json_t *out = json_array(), *user;
	const char *seq;

	json_object_foreach (look->incident->presses, seq, user) {
		if (at++ + PRESSES_SHOWN < count)
			continue;
		(void)json_array_append_new(
			out, json_pack("{s:I, s:s?}", "press", (json_int_t)strtoll(seq, NULL, 10), "user",
				       json_is_string(user) ? user_name(look->book, json_string_value(user), look->lang)
							    : NULL));
	}
	return out;
}

json_t *view_incident(const struct look *look)
{
	json_t *head = view_head(look, look->incident);
	json_t *more =
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}", "contacts",
			  show_reached(look, look->incident), "readers", show_readers(look, look->incident), "types",
			  chosen_types(look), "types_possible",
			  show_items(look, look->pack->types, look->pack->types_count), "phases", phases_of(look),
			  "priorities", show_items(look, look->pack->priorities, look->pack->priorities_count),
			  "verdicts", show_items(look, look->pack->verdicts, look->pack->verdicts_count), "endings",
			  show_items(look, look->pack->endings, look->pack->endings_count), "acts", acts_of(look),
			  "restore", show_restore(look, &look->incident->restore), "presses", presses_of(look),
			  "detected", time_or_null(look->incident->detected), "verdict",
			  look->incident->verdict[0] != '\0' ? look->incident->verdict : NULL);

	if (head == NULL || json_object_update(head, more) != 0) {
		json_decref(head);
		head = NULL;
	}
	json_decref(more);
	return head;
}

static json_t *check_row(const struct look *look, const struct check *check)
{
	json_t *entry = json_object_get(look->incident->rows, check->id);
	enum check_state state = check_state(look->incident, check);
	const char *by = text_in(entry, "by");

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:s?}", "id", check->id,
			 "phase", check->phase->id, "phase_label", label_pick(&check->phase->label, look->lang), "text",
			 label_pick(&check->text, look->lang), "role_label",
			 label_pick(&check->role->label, look->lang), "origin", check->origin, "need", check->need,
			 "evidence", check->evidence, "state", check_states[state].id, "state_label",
			 word_in(&check_states[state], look->lang), "by",
			 by != NULL ? user_name(look->book, by, look->lang) : NULL, "at",
			 time_or_null(text_in(entry, "at")), "note", text_in(entry, "note"));
}

json_t *view_checklist(const struct look *look)
{
	static const char *const with_text[] = {"na", "deferred", NULL};
	json_t *rows = json_array(), *page;

	for (unsigned p = 0; p < look->pack->phases_count; p++)
		for (size_t i = 0; i < look->book->pack->checks_count; i++) {
			const struct check *check = &look->book->pack->checks[i];

			if (check->phase == &look->pack->phases[p] && check_applies(look->incident, check))
				(void)json_array_append_new(rows, check_row(look, check));
		}
	page = paged(look, "rows", rows);
	(void)json_object_set_new(page, "states", show_words(look, check_states, CHECK_STATE_COUNT, with_text));
	return page;
}

static json_t *question_row(const struct look *look, const struct question *question)
{
	json_t *entry = json_object_get(look->incident->answers, question->id);
	enum answer_state state = answer_state(look->incident, question);
	const char *by = text_in(entry, "by");

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:o}", "id", question->id, "kind", question->kind,
			 "text", label_pick(&question->text, look->lang), "state", answer_states[state].id,
			 "state_label", word_in(&answer_states[state], look->lang), "answer", text_in(entry, "answer"),
			 "by", by != NULL ? user_name(look->book, by, look->lang) : NULL, "at",
			 time_or_null(text_in(entry, "at")));
}

json_t *view_facts(const struct look *look)
{
	static const char *const with_text[] = {"answered", NULL};
	json_t *questions = json_array(), *page;

	for (size_t i = 0; i < look->book->pack->questions_count; i++) {
		const struct question *question = &look->book->pack->questions[i];

		if (question_applies(look->book->pack, look->incident, question))
			(void)json_array_append_new(questions, question_row(look, question));
	}
	page = paged(look, "questions", questions);
	(void)json_object_set_new(page, "states",
				  show_words(look, answer_states + 1, ANSWER_STATE_COUNT - 1, with_text));
	return page;
}

static json_t *show_line(const struct look *look, const json_t *line)
{
	const char *act = text_in(line, "act");

	return json_pack("{s:O, s:o, s:o, s:s, s:s, s:s, s:o}", "seq", json_object_get(line, "seq"), "at",
			 time_or_null(text_in(line, "at")), "recorded", time_or_null(text_in(line, "recorded")), "who",
			 user_name(look->book, text_in(line, "who"), look->lang), "act", act, "label",
			 act_done(act, look->lang), "text", line_words(look->book, line, look->lang));
}

json_t *view_timeline(const struct look *look)
{
	json_t *lines = json_array(), *line;
	size_t i;

	json_array_foreach (look->incident->lines, i, line) {
		(void)json_array_append_new(lines, show_line(look, line));
	}
	return paged(look, "lines", lines);
}
