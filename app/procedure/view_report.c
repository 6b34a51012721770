/* Pictures of one report: to fill in, and as printed. */
#include "procedure/view_parts.h"

#include "base/clock.h"

#include <string.h>

enum { TABLE_BYTES = 8 * 1024 };

static uint64_t number_of(const struct look *look, const struct report *report)
{
	return (uint64_t)(report - look->incident->reports) + 1;
}

json_t *report_label(const struct look *look, uint64_t number)
{
	return json_sprintf(look->lang == LANG_EN ? "Report %llu" : "第%llu報", (unsigned long long)number);
}

static json_t *show_options(const struct look *look, const struct field *field)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < field->options_count; i++) {
		const struct option *option = &field->options[i];

		(void)json_array_append_new(out,
					    json_pack("{s:s, s:o, s:s}", "id", option->id, "label",
						      label_show(&option->label, look->lang, book_site(look->book)),
						      "group", label_pick(&option->group, look->lang)));
	}
	return out;
}

struct versions {
	json_t *now;    /* values */
	json_t *before; /* of the number before, NULL for the first */
};

static bool is_changed(const struct versions *versions, const struct field *field)
{
	const json_t *value = json_object_get(versions->now, field->id);
	const json_t *old = json_object_get(versions->before, field->id);

	return versions->before != NULL && (value != NULL || old != NULL) && !json_equal(value, old);
}

/* A long case has a long table; here its newest rows are enough, report_text has all. */
static json_t *shown_value(const struct field *field, json_t *value)
{
	json_t *rows;

	if (field->kind != FIELD_TABLE || value == NULL)
		return value != NULL ? json_incref(value) : json_null();
	rows = json_copy(value);
	while (json_array_size(rows) > 1 && json_dumpb(rows, NULL, 0, JSON_COMPACT) > TABLE_BYTES)
		(void)json_array_remove(rows, 0);
	return rows;
}

static json_t *show_cell(const struct look *look, const struct report *report, const struct field *field,
			 const struct versions *versions)
{
	json_t *value = json_object_get(versions->now, field->id);

	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:s, s:s, s:b}", "id", field->id, "label",
			 label_show(&field->label, look->lang, book_site(look->book)), "section",
			 label_show(&field->section, look->lang, book_site(look->book)), "kind",
			 field_kind_name(field->kind), "options", show_options(look, field), "value",
			 shown_value(field, value), "state", value != NULL ? "known" : "unknown", "from",
			 json_object_get(report->typed, field->id) != NULL ? "typed" : "prefill", "changed",
			 is_changed(versions, field));
}

static json_t *show_cells(const struct look *look, const struct report *report)
{
	struct versions versions = {.now = report_values(look->book, look->incident, report)};
	json_t *cells = json_array();

	if (report > look->incident->reports)
		versions.before = report_values(look->book, look->incident, report - 1);
	for (size_t i = 0; i < form_fields(look->book->pack->form); i++)
		(void)json_array_append_new(cells,
					    show_cell(look, report, form_field(look->book->pack->form, i), &versions));
	json_decref(versions.now);
	json_decref(versions.before);
	return cells;
}

static enum step_state step_state(const struct look *look, const struct report *report, unsigned step)
{
	const struct chain *chain = look->book->pack->chain;

	if (json_object_get(report->seals, chain->steps[step].id) != NULL)
		return STEP_SEALED;
	if (report->state == REPORT_RETURNED && step > 0 && report->due == step)
		return STEP_RETURNED;
	if (report->state == REPORT_SUBMITTED ? report->due == step : step == 0)
		return STEP_DUE;
	return STEP_WAITING;
}

static json_t *show_step(const struct look *look, const struct report *report, unsigned step)
{
	const struct chain *chain = look->book->pack->chain;
	json_t *seal = json_object_get(report->seals, chain->steps[step].id);
	enum step_state state = step_state(look, report, step);
	const char *by = text_in(seal, "by"), *manner = text_in(seal, "manner"), *holder = text_in(seal, "for");
	const char *viewed_by = text_in(seal, "viewed_by");

	if (state == STEP_RETURNED)
		by = report->returned_by;
	return json_pack(
		"{s:I, s:s, s:s, s:s, s:s, s:s?, s:o, s:s?, s:s?, s:s?, s:s?, s:o, s:s?}", "step", (json_int_t)step,
		"role", chain->steps[step].role, "role_label", label_pick(&chain->steps[step].label, look->lang),
		"state", step_states[state].id, "state_label", word_in(&step_states[state], look->lang), "by",
		by != NULL ? user_name(look->book, by, look->lang) : NULL, "at", time_or_null(text_in(seal, "at")),
		"manner", manner, "manner_label",
		manner != NULL ? show_item(look, look->pack->manners, look->pack->manners_count, manner) : NULL, "note",
		text_in(seal, "note"), "for", holder != NULL ? user_name(look->book, holder, look->lang) : NULL,
		"viewed", time_or_null(text_in(seal, "viewed")), "viewed_by",
		viewed_by != NULL ? user_name(look->book, viewed_by, look->lang) : NULL);
}

static json_t *show_chain(const struct look *look, const struct report *report)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < look->book->pack->chain->steps_count; i++)
		(void)json_array_append_new(out, show_step(look, report, i));
	return out;
}

static json_t *show_acts(const struct look *look, uint64_t number)
{
	static const char *const acts[] = {"report.drafted", "report.submitted", "report.returned", "report.approved",
					   "report.sent"};
	json_t *out = json_array();

	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		(void)json_array_append_new(out, show_act(look, acts[i], number));
	return out;
}

static json_t *digest_of(const struct look *look, const struct report *report)
{
	char digest[65];

	if (report->frozen != NULL)
		return json_string(report->digest);
	return report_digest(look->book, look->incident, report, digest) == ERR_OK ? json_string(digest) : NULL;
}

json_t *view_report(const struct look *look, const struct report *report)
{
	uint64_t number = number_of(look, report);
	const struct pack_file *p = look->pack;
	unsigned later = number > 1; /* the first stage belongs to the first report alone */
	json_t *page = paged(look, "cells", show_cells(look, report));
	json_t *more = json_pack(
		"{s:I, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:s?, s:o, s:o, s:o, s:o, s:b, s:o, s:O?}", "report",
		(json_int_t)number, "form", form_id(look->book->pack->form), "label", report_label(look, number),
		"state", report_states[report->state].id, "state_label",
		word_in(&report_states[report->state], look->lang), "stage", report->stage, "stages",
		show_items(look, p->stages + later, p->stages_count - later), "chain", show_chain(look, report),
		"returned_because", json_string_value(report->returned), "recipients",
		show_items(look, p->recipients, p->recipients_count), "ways", show_items(look, p->ways, p->ways_count),
		"manners", show_items(look, p->manners, p->manners_count), "acts", show_acts(look, number), "frozen",
		report->state == REPORT_SENT, "digest", digest_of(look, report), "sent", report->sent);

	if (more == NULL || json_object_update(page, more) != 0) {
		json_decref(page);
		page = NULL;
	}
	json_decref(more);
	return page;
}

/* ---- as printed ---- */

/* Who sealed; a deputy with the mark that paper has for it. */
static json_t *stamp_name(const struct look *look, json_t *seal)
{
	const char *name = user_name(look->book, text_in(seal, "by"), look->lang);

	if (text_in(seal, "for") == NULL)
		return json_string(name);
	return json_sprintf(look->lang == LANG_EN ? "p.p. %s" : "代 %s", name);
}

static json_t *stamps(const struct look *look, const struct report *report)
{
	json_t *out = json_object(), *seal;
	const char *step;

	json_object_foreach (report->seals, step, seal) {
		const char *manner = text_in(seal, "manner");

		(void)json_object_set_new(
			out, step,
			json_pack("{s:o, s:o, s:s}", "name", stamp_name(look, seal), "at",
				  time_or_null(text_in(seal, "at")), "manner",
				  show_item(look, look->pack->manners, look->pack->manners_count, manner)));
	}
	return out;
}

/* Until it has gone out, a paper is a draft and says so. */
static json_t *head_lines(const struct look *look, const struct report *report)
{
	if (report->state == REPORT_SENT)
		return json_array();
	return json_pack("[s]", look->lang == LANG_EN ? "[DRAFT - not sent]" : "【案】（送付前）");
}

/* What differs from the number before, by the names of the cells; NULL when nothing does. */
static json_t *changes_line(const struct look *look, const struct report *report)
{
	struct versions versions = {.now = report_values(look->book, look->incident, report),
				    .before = report_values(look->book, look->incident, report - 1)};
	struct buf out = {0};
	json_t *line;

	for (size_t i = 0; i < form_fields(look->book->pack->form); i++) {
		const struct field *field = form_field(look->book->pack->form, i);

		if (field->kind != FIELD_FIXED && is_changed(&versions, field))
			buf_addf(&out, "%s%s", out.len > 0 ? comma(look->lang) : "",
				 label_pick(&field->label, look->lang));
	}
	line = out.len > 0 && buf_status(&out) == ERR_OK
		       ? json_sprintf(look->lang == LANG_EN ? "Changed since the last report: %s"
							    : "前回の報告から変わった欄：%s",
				      out.data)
		       : NULL;
	buf_fini(&out);
	json_decref(versions.now);
	json_decref(versions.before);
	return line;
}

static void add_ledger_lines(const struct look *look, const struct report *report, json_t *lines)
{
	json_int_t seq = json_integer_value(json_object_get(report->sent, "seq"));

	(void)json_array_append_new(
		lines, json_sprintf(look->lang == LANG_EN ? "Ledger entry %lld" : "記録番号 %lld", (long long)seq));
	(void)json_array_append_new(lines,
				    json_sprintf(look->lang == LANG_EN ? "SHA-256 %s" : "照合値 %s", report->digest));
}

static json_t *foot_lines(const struct look *look, const struct report *report)
{
	json_t *lines = json_array(), *changes = NULL;

	if (report > look->incident->reports)
		changes = changes_line(look, report);
	if (changes != NULL)
		(void)json_array_append_new(lines, changes);
	(void)json_array_append_new(lines,
				    json_sprintf(look->lang == LANG_EN ? "Case %s  report %llu" : "事案 %s　第%llu報",
						 look->incident->about, (unsigned long long)number_of(look, report)));
	if (report->state == REPORT_SENT)
		add_ledger_lines(look, report, lines);
	return lines;
}

json_t *view_report_text(const struct look *look, const struct report *report)
{
	struct filling filling = {
		.values = report_values(look->book, look->incident, report),
		.seals = stamps(look, report),
		.site = book_site(look->book),
		.head = head_lines(look, report),
		.foot = foot_lines(look, report),
		.lang = look->lang,
	};
	json_t *page = paged(look, "lines", form_text(look->book->pack->form, &filling));

	(void)json_object_set_new(page, "report", json_integer((json_int_t)number_of(look, report)));
	json_decref(filling.values);
	json_decref(filling.seals);
	json_decref(filling.head);
	json_decref(filling.foot);
	return page;
}
