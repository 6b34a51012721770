/* May this be done to a report? */
#include "procedure/permit.h"

#include <string.h>

static uint64_t number_of(const struct ask *ask)
{
	return (uint64_t)json_integer_value(json_object_get(ask->wish->body, "report"));
}

static json_t *report_args(uint64_t report)
{
	return json_pack("{s:s, s:o, s:o}", "field", "report", "report",
			 json_sprintf("%llu", (unsigned long long)report), "next",
			 json_sprintf("%llu", (unsigned long long)report + 1));
}

static enum err deny_report(const struct ask *ask, enum why why, uint64_t report)
{
	return deny(ask, why, report_args(report));
}

/* ---- drafting ---- */

static enum err check_choices(const struct ask *ask, const struct field *field, const json_t *value)
{
	const char *side = NULL;
	json_t *id;
	size_t i;

	if (!json_is_array(value) || (json_array_size(value) > 0 && !is_distinct_list(value)))
		return deny_field(ask, field->id, "");
	json_array_foreach (value, i, id) {
		const struct option *option = json_is_string(id) ? field_option(field, json_string_value(id)) : NULL;

		if (option == NULL)
			return deny_field(ask, field->id, json_is_string(id) ? json_string_value(id) : "");
		if (option->side != NULL && side != NULL && strcmp(option->side, side) != 0)
			return deny(ask, WHY_SIDES, json_pack("{s:s}", "field", label_pick(&field->label, ask->lang)));
		side = option->side != NULL ? option->side : side;
	}
	return ERR_OK;
}

static enum err check_cell(const struct ask *ask, const struct field *field, const json_t *value)
{
	const char *label = label_pick(&field->label, ask->lang);

	switch (field->kind) {
	case FIELD_CHOICE:
		if (json_is_array(value))
			return deny(ask, WHY_ONE_ONLY, json_pack("{s:s}", "field", label));
		if (json_is_null(value) ||
		    (json_is_string(value) && field_option(field, json_string_value(value)) != NULL))
			return ERR_OK;
		return deny_field(ask, field->id, json_is_string(value) ? json_string_value(value) : "");
	case FIELD_CHOICES:
		return json_is_null(value) ? ERR_OK : check_choices(ask, field, value);
	case FIELD_TIME:
		return json_is_null(value) ? ERR_OK : check_time(ask, field->id, value);
	case FIELD_FIXED:
		return deny(ask, WHY_CELL_FIXED, json_pack("{s:s}", "field", label));
	case FIELD_TABLE:
		return deny(ask, WHY_CELL_TABLE, json_pack("{s:s}", "field", label));
	case FIELD_TEXT_LINE:
	case FIELD_LINES:
	default:
		return deny_field(ask, field->id, "");
	}
}

static enum err check_cells(const struct ask *ask)
{
	json_t *cells = json_object_get(ask->wish->body, "cells");
	const char *id;
	json_t *value;
	enum err err = ERR_OK;

	json_object_foreach (cells, id, value) {
		const struct field *field = form_field_find(ask->book->pack->form, id);

		err = field != NULL ? check_cell(ask, field, value) : deny_field(ask, id, "");
		if (err != ERR_OK)
			break;
	}
	return err;
}

static enum err check_written(const struct ask *ask, const struct field *field, const json_t *value)
{
	const char *label = label_pick(&field->label, ask->lang), *text = json_string_value(value);

	if (field->kind == FIELD_TABLE)
		return deny(ask, WHY_CELL_TABLE, json_pack("{s:s}", "field", label));
	if (field->kind == FIELD_FIXED)
		return deny(ask, WHY_CELL_FIXED, json_pack("{s:s}", "field", label));
	if ((field->kind != FIELD_TEXT_LINE && field->kind != FIELD_LINES) || text == NULL ||
	    text_has_control(text, json_string_length(value), field->kind == FIELD_LINES ? "\n\t" : ""))
		return deny_field(ask, field->id, "");
	if (json_string_length(value) > TEXT_MAX)
		return deny(ask, WHY_TOO_LONG, json_pack("{s:s}", "field", label));
	return ERR_OK;
}

static enum err check_texts(const struct ask *ask)
{
	json_t *texts = ask->wish->text, *value;
	const char *id;
	enum err err = ERR_OK;

	if (texts != NULL && !json_is_object(texts))
		return deny_field(ask, "text", "");
	json_object_foreach (texts, id, value) {
		const struct field *field = form_field_find(ask->book->pack->form, id);

		err = field != NULL ? check_written(ask, field, value) : deny_field(ask, id, "");
		if (err != ERR_OK)
			break;
	}
	return err;
}

/* Only the first report is a first report. */
static enum err check_stage(const struct ask *ask, uint64_t number)
{
	unsigned skip = number > 1 ? 1 : 0;

	return check_item(ask, "stage", ask->pack->stages + skip, ask->pack->stages_count - skip);
}

static enum err deny_by_state(const struct ask *ask, const struct report *report, uint64_t number)
{
	switch (report->state) {
	case REPORT_SUBMITTED:
	case REPORT_SEALED:
		return deny_report(ask, WHY_REPORT_UNDER_APPROVAL, number);
	case REPORT_SENT:
		return deny_report(ask, WHY_REPORT_FROZEN, number);
	case REPORT_DRAFT:
	case REPORT_RETURNED:
	case REPORT_STATE_COUNT:
	default:
		return ERR_OK;
	}
}

static enum err may_draft(const struct ask *ask, uint64_t number)
{
	const struct incident *incident = ask->incident;
	const struct report *report = report_find(incident, number);

	if (report != NULL)
		return deny_by_state(ask, report, number);
	if (number != incident->reports_count + 1)
		return deny_report(ask, WHY_REPORT_NUMBER, incident->reports_count);
	if (is_final_sent(incident))
		return deny(ask, WHY_FINAL_SENT, NULL);
	if (number > 1 && incident->reports[number - 2].state != REPORT_SENT)
		return deny_report(ask, WHY_PREVIOUS_NOT_SENT, number - 1);
	return ERR_OK;
}

enum err permit_drafted(const struct ask *ask)
{
	enum err err = may_draft(ask, number_of(ask));

	if (err == ERR_OK)
		err = check_stage(ask, number_of(ask));
	if (err == ERR_OK)
		err = check_cells(ask);
	return err == ERR_OK ? check_texts(ask) : err;
}

/* ---- from hand to hand ---- */

static enum err check_digest(const struct ask *ask, const struct report *report)
{
	const char *given = text_in(ask->wish->body, "digest");
	char now[65];

	if (given == NULL)
		return ERR_OK;
	if (report->frozen != NULL)
		memcpy(now, report->digest, sizeof now);
	else if (report_digest(ask->book, ask->incident, report, now) != ERR_OK)
		return ERR_NOMEM;
	return strcmp(given, now) == 0 ? ERR_OK : deny(ask, WHY_OTHER_VERSION, NULL);
}

static enum err may_submit(const struct ask *ask, uint64_t number)
{
	const struct report *report = report_find(ask->incident, number);

	return report != NULL ? deny_by_state(ask, report, number) : deny_report(ask, WHY_NO_REPORT, number);
}

enum err permit_submitted(const struct ask *ask)
{
	enum err err = may_submit(ask, number_of(ask));

	return err == ERR_OK ? check_digest(ask, report_find(ask->incident, number_of(ask))) : err;
}

static enum err deny_step(const struct ask *ask, unsigned step)
{
	const struct role *role = role_find(ask->pack, ask->book->pack->chain->steps[step].role);

	return deny(ask, WHY_NOT_YOUR_STEP, json_pack("{s:s}", "role", label_pick(&role->label, ask->lang)));
}

static bool holds_step(const struct ask *ask, unsigned step)
{
	return user_has_role(ask->user, ask->book->pack->chain->steps[step].role);
}

/* The holder, or the deputy of one who is away (代決). */
static bool stands_for_step(const struct ask *ask, unsigned step)
{
	return holds_step(ask, step) ||
	       holder_away(ask->book, ask->user, ask->book->pack->chain->steps[step].role, ask->now) != NULL;
}

static enum err may_return(const struct ask *ask, uint64_t number)
{
	const struct report *report = report_find(ask->incident, number);

	if (report == NULL)
		return deny_report(ask, WHY_NO_REPORT, number);
	if (report->state == REPORT_SENT)
		return deny_report(ask, WHY_REPORT_FROZEN, number);
	if (report->state != REPORT_SUBMITTED)
		return deny_report(ask, WHY_REPORT_NOT_SUBMITTED, number);
	return stands_for_step(ask, report->due) ? ERR_OK : deny_step(ask, report->due);
}

enum err permit_returned(const struct ask *ask)
{
	enum err err = may_return(ask, number_of(ask));

	if (err == ERR_OK && !has_words(ask->wish->text))
		err = deny(ask, WHY_REASON, json_pack("{s:s}", "field", "text"));
	return err;
}

/* The step that an approval now would seal; 0 when there is none. */
static unsigned step_of(const struct ask *ask, const struct report *report)
{
	if (report->state == REPORT_SUBMITTED)
		return report->due;
	if (report->state == REPORT_SEALED || report->state == REPORT_SENT)
		return step_to_view(ask->book->pack, report);
	return 0;
}

static enum err may_approve(const struct ask *ask, uint64_t number, bool in_person)
{
	const struct report *report = report_find(ask->incident, number);
	unsigned step;

	if (report == NULL)
		return deny_report(ask, WHY_NO_REPORT, number);
	step = step_of(ask, report);
	if (step == 0 && report->state == REPORT_SENT)
		return deny_report(ask, WHY_REPORT_FROZEN, number);
	if (step == 0)
		return deny_report(ask, WHY_REPORT_NOT_SUBMITTED, number);
	/* What was decided for the holder only the holder can look at afterwards. */
	if (!in_person || (report->state == REPORT_SUBMITTED ? stands_for_step(ask, step) : holds_step(ask, step)))
		return ERR_OK;
	return deny_step(ask, step);
}

/* On screen the holder acts for himself; a seal on paper or a word on the telephone is recorded by whoever received
   it, who must say from whom and when. What was agreed by telephone is looked at later in person. */
enum err permit_approved(const struct ask *ask)
{
	const char *id = text_in(ask->wish->body, "manner");
	const struct item *manner;
	const struct report *report = report_find(ask->incident, number_of(ask));
	enum err err = check_item(ask, "manner", ask->pack->manners, ask->pack->manners_count);

	/* For whom, the keeper says. */
	if (err == ERR_OK && json_object_get(ask->wish->body, "for") != NULL)
		err = deny_field(ask, "for", "");
	if (err != ERR_OK)
		return err;
	manner = item_find(ask->pack->manners, ask->pack->manners_count, id);
	err = may_approve(ask, number_of(ask), strcmp(manner->kind, "holder") == 0);
	if (err == ERR_OK && report->state != REPORT_SUBMITTED && strcmp(manner->kind, "later") == 0)
		err = deny_field(ask, "manner", id);
	if (err == ERR_OK && strcmp(manner->kind, "holder") != 0 && !has_words(ask->wish->text))
		err = deny(ask, WHY_WITNESS, json_pack("{s:s}", "field", "text"));
	return err == ERR_OK ? check_digest(ask, report) : err;
}

static enum err may_send(const struct ask *ask, uint64_t number)
{
	const struct report *report = report_find(ask->incident, number);

	if (report == NULL)
		return deny_report(ask, WHY_NO_REPORT, number);
	if (report->state == REPORT_SENT)
		return deny_report(ask, WHY_REPORT_FROZEN, number);
	return report->state == REPORT_SEALED ? ERR_OK : deny_report(ask, WHY_REPORT_NOT_SEALED, number);
}

static bool goes_outside(const struct ask *ask)
{
	json_t *id;
	size_t i;

	json_array_foreach (json_object_get(ask->wish->body, "to"), i, id) {
		const struct item *to =
			item_find(ask->pack->recipients, ask->pack->recipients_count, json_string_value(id));

		if (to != NULL && to->kind != NULL && strcmp(to->kind, "outside") == 0)
			return true;
	}
	return false;
}

enum err permit_sent(const struct ask *ask)
{
	enum err err = may_send(ask, number_of(ask));

	if (err == ERR_OK)
		err = check_ids(ask, "to", ask->pack->recipients, ask->pack->recipients_count);
	if (err == ERR_OK && ask->incident->is_drill && goes_outside(ask))
		err = deny(ask, WHY_DRILL_OUTSIDE, NULL);
	if (err == ERR_OK)
		err = check_item(ask, "how", ask->pack->ways, ask->pack->ways_count);
	if (err == ERR_OK)
		err = check_time(ask, "at", json_object_get(ask->wish->body, "at"));
	return err == ERR_OK ? check_digest(ask, report_find(ask->incident, number_of(ask))) : err;
}

enum err may_begin_report(const struct book *book, const char *who, const char *act, const char *about, uint64_t report,
			  struct moment now, enum lang lang, struct refusal *refusal)
{
	struct wish wish = {.who = who, .kind = act_find(act), .about = about};
	struct ask ask = {.book = book,
			  .pack = book->pack->file,
			  .wish = &wish,
			  .user = user_find(book, who),
			  .incident = case_for(book, about, who),
			  .now = now,
			  .lang = lang,
			  .refusal = refusal};
	enum err err = may_begin(book, who, act, about, now, lang, refusal);

	if (err != ERR_OK)
		return err;
	if (strcmp(act, "report.drafted") == 0)
		return may_draft(&ask, report);
	if (strcmp(act, "report.submitted") == 0)
		return may_submit(&ask, report);
	if (strcmp(act, "report.returned") == 0)
		return may_return(&ask, report);
	if (strcmp(act, "report.approved") == 0)
		return may_approve(&ask, report, false);
	return may_send(&ask, report);
}
