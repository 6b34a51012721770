/* What to do next. Rules are tried in the order of urgency; what this reader can do himself stands first. */
#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <string.h>

enum { STEPS_SHOWN = 24 };

struct list {
	const struct look *look;
	json_t *mine, *others;
	const struct incident *incident; /* the case the rules look at now */
};

struct advice {
	const char *act;
	const char *label; /* NULL: the act's own */
	const char *why;   /* NULL: nothing to add */
	const char *role;  /* who must do it; NULL: by the rule of the act */
	const char *shown; /* whose task it is, when several may do it; NULL: as above */
	uint64_t report;
	const char *basis_label; /* NULL: no time limit */
	bool by_deputy;          /* the deputy of one who is away may do it, too */
};

static const char *first_role(const struct look *look, const char *act)
{
	const struct rule *rule = rule_find(look->pack, act);

	return rule != NULL ? rule->roles[0] : "";
}

/* NULL: the step belongs to no case. */
static const char *about_of(const struct list *list)
{
	return list->incident != NULL ? list->incident->about : NULL;
}

static bool is_mine(const struct list *list, const struct advice *a)
{
	struct moment now = list->look->request->now;
	struct refusal refusal = {NULL, NULL};
	enum err err;

	if (a->role != NULL)
		return user_has_role(list->look->user, a->role) ||
		       (a->by_deputy && holder_away(list->look->book, list->look->user, a->role, now) != NULL);
	err = may_begin(list->look->book, list->look->request->who, a->act, about_of(list), now, list->look->lang,
			&refusal);
	json_decref(refusal.args);
	return err == ERR_OK;
}

static bool is_full(const json_t *steps)
{
	return json_array_size(steps) >= STEPS_SHOWN;
}

static void advise(struct list *list, const struct advice *a)
{
	const struct look *look = list->look;
	const char *role = a->role != NULL ? a->role : a->shown != NULL ? a->shown : first_role(look, a->act);
	const char *about = about_of(list);
	bool mine = !is_full(list->mine) && is_mine(list, a);
	json_t *step;

	if (is_full(mine ? list->mine : list->others))
		return;
	step = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s?, s:n, s:s?, s:s?, s:o}", "about", about != NULL ? about : "",
			 "act", a->act, "label", a->label != NULL ? a->label : act_to_do(a->act, look->lang), "why",
			 a->why != NULL ? a->why : "", "mine", mine, "role_label",
			 pack_role_label(look->book->pack, role, look->lang), "due", "basis",
			 a->basis_label != NULL ? "house" : NULL, "basis_label", a->basis_label, "report",
			 a->report > 0 ? json_integer((json_int_t)a->report) : json_null());

	(void)json_array_append_new(mine ? list->mine : list->others, step);
}

static void advise_contact(struct list *list)
{
	for (size_t i = 0; i < list->look->book->uplinks_count; i++)
		if (list->look->book->uplinks[i].state == UPLINK_UNKNOWN) {
			advise(list,
			       &(struct advice){.act = "incident.noted",
						.label = hint_text(HINT_LOOK_AT_CONTACT, list->look->lang),
						.why = uplink_label(list->look->book, list->look->book->uplinks[i].id,
								    list->look->lang)});
			return;
		}
}

static void advise_restore(struct list *list)
{
	const struct incident *incident = list->incident;

	if (incident->restore.state != RESTORE_ASKED || strcmp(incident->restore.by, list->look->request->who) == 0)
		return;
	advise(list, &(struct advice){.act = "restore.permitted",
				      .why = user_name(list->look->book, incident->restore.by, list->look->lang)});
}

/* The reason why a stage is due now, in the pack's words. */
static const char *stage_when(const struct look *look, const char *stage)
{
	const struct item *item = item_find(look->pack->stages, look->pack->stages_count, stage);

	return item != NULL && item->note.ja != NULL ? label_pick(&item->note, look->lang) : NULL;
}

static void advise_on_report(struct list *list, const struct report *report, uint64_t number)
{
	const struct look *look = list->look;
	const char *when = stage_when(look, report->stage);

	switch (report->state) {
	case REPORT_DRAFT:
		advise(list, &(struct advice){.act = "report.submitted", .report = number, .basis_label = when});
		break;
	case REPORT_RETURNED:
		advise(list, &(struct advice){.act = "report.drafted",
					      .label = hint_text(HINT_CORRECT_REPORT, look->lang),
					      .why = json_string_value(report->returned),
					      .report = number,
					      .basis_label = when});
		break;
	case REPORT_SUBMITTED:
		advise(list, &(struct advice){.act = "report.approved",
					      .role = look->book->pack->chain->steps[report->due].role,
					      .by_deputy = true,
					      .report = number,
					      .basis_label = when});
		break;
	case REPORT_SEALED:
		advise(list, &(struct advice){.act = "report.sent", .report = number, .basis_label = when});
		break;
	case REPORT_SENT:
	case REPORT_STATE_COUNT:
	default:
		break;
	}
}

static void advise_reports(struct list *list)
{
	const struct incident *incident = list->incident;
	const struct look *look = list->look;

	if (strcmp(incident->verdict, "none") == 0)
		return;
	if (incident->reports_count == 0)
		advise(list, &(struct advice){.act = "report.drafted",
					      .label = hint_text(HINT_FIRST_REPORT, look->lang),
					      .report = 1,
					      .basis_label = stage_when(look, "first")});
	else
		advise_on_report(list, report_find(incident, incident->reports_count), incident->reports_count);
}

static enum hint hint_of(const struct look *look, const struct report *report, unsigned step)
{
	const json_t *seal = json_object_get(report->seals, look->book->pack->chain->steps[step].id);

	return text_in(seal, "for") != NULL ? HINT_VIEW_DEPUTY : HINT_VIEW_LATER;
}

/* Agreed to by telephone, or sealed by a deputy: the holder still has to look at it. */
static void advise_viewing(struct list *list)
{
	const struct look *look = list->look;

	for (uint64_t n = 1; n <= list->incident->reports_count; n++) {
		const struct report *report = report_find(list->incident, n);
		unsigned step = step_to_view(look->book->pack, report);

		if (step > 0 && (report->state == REPORT_SEALED || report->state == REPORT_SENT))
			advise(list, &(struct advice){.act = "report.approved",
						      .label = hint_text(hint_of(look, report, step), look->lang),
						      .role = look->book->pack->chain->steps[step].role,
						      .report = n});
	}
}

static void advise_decisions(struct list *list)
{
	json_t *user;
	const char *seq;

	json_object_foreach (list->incident->presses, seq, user)
		if (!json_is_string(user)) {
			advise(list, &(struct advice){.act = "incident.attributed"});
			break;
		}
	if (list->incident->verdict[0] == '\0')
		advise(list, &(struct advice){.act = "incident.triaged"});
	if (json_array_size(list->incident->types) == 0)
		advise(list, &(struct advice){.act = "incident.classified"});
}

/* Those who must be called, one after the other. */
static void advise_calls(struct list *list)
{
	const struct look *look = list->look;
	const struct contact *due = contact_due(look->book, list->incident);
	json_t *whom;

	if (due == NULL || strcmp(list->incident->verdict, "none") == 0)
		return;
	whom = label_show(&due->label, look->lang, book_site(look->book));
	advise(list,
	       &(struct advice){.act = "contact.made",
				.why = json_string_value(whom),
				.basis_label = due->within.ja != NULL ? label_pick(&due->within, look->lang) : NULL});
	json_decref(whom);
}

static void advise_checklist(struct list *list)
{
	const struct look *look = list->look;

	for (unsigned p = 0; p < look->pack->phases_count; p++)
		for (size_t i = 0; i < look->book->pack->checks_count; i++) {
			const struct check *check = &look->book->pack->checks[i];

			if (check->phase == &look->pack->phases[p] && check_applies(list->incident, check) &&
			    check_state(list->incident, check) == CHECK_OPEN) {
				advise(list, &(struct advice){.act = "incident.checked",
							      .shown = check->role->id,
							      .why = label_pick(&check->text, look->lang)});
				return;
			}
		}
}

/* Answers that are not known yet come back as questions. */
static void advise_facts(struct list *list)
{
	const struct look *look = list->look;

	for (size_t i = 0; i < look->book->pack->questions_count; i++) {
		const struct question *q = &look->book->pack->questions[i];
		enum answer_state state = answer_state(list->incident, q);

		if (question_applies(look->book->pack, list->incident, q) && state != ANSWER_GIVEN &&
		    state != ANSWER_NA) {
			advise(list,
			       &(struct advice){.act = "incident.answered", .why = label_pick(&q->text, look->lang)});
			return;
		}
	}
}

static void advise_end(struct list *list)
{
	const struct incident *incident = list->incident;
	const struct report *last = report_find(incident, incident->reports_count);
	const struct look *look = list->look;

	if (strcmp(incident->verdict, "none") == 0)
		advise(list, &(struct advice){.act = "incident.ended"});
	else if (is_final_sent(incident))
		advise(list, &(struct advice){.act = "incident.closed"});
	else if (last != NULL && last->state == REPORT_SENT)
		advise(list, &(struct advice){.act = "report.drafted",
					      .label = hint_text(HINT_FINAL_REPORT, look->lang),
					      .report = incident->reports_count + 1,
					      .basis_label = stage_when(look, "final")});
}

/* Uplinks may be cut for good reason, and no case says so: until somebody decides, everybody is told. */
static void advise_press(struct list *list)
{
	const struct book *book = list->look->book;

	if (book->maintenance.press != NULL)
		advise(list,
		       &(struct advice){.act = book->maintenance.is_on ? "maintenance.ended" : "incident.declared",
					.label = hint_text(HINT_PRESS, list->look->lang)});
}

/* What is due longest, for those who may test; nobody else waits for it. */
static void advise_tests(struct list *list)
{
	const struct book *book = list->look->book;
	const struct uplink *most = NULL;
	struct advice due;

	for (size_t i = 0; i < book->uplinks_count; i++) {
		const struct uplink *uplink = &book->uplinks[i];
		int64_t due_ms = prove_due_ms(book, uplink);

		if (due_ms >= 0 && due_ms <= list->look->request->now.wall_ms && uplink->state == UPLINK_CONNECTED &&
		    (most == NULL || due_ms < prove_due_ms(book, most)))
			most = uplink;
	}
	if (most == NULL || list->look->request->now.source == WALL_UNSET)
		return;
	due = (struct advice){.act = book->maintenance.is_on ? "uplink.prove" : "maintenance.begun",
			      .label = hint_text(HINT_PROVE, list->look->lang),
			      .why = uplink_label(book, most->id, list->look->lang)};
	if (is_mine(list, &due))
		advise(list, &due);
}

/* Whoever can approve a change of people is told that one waits. */
static void advise_people(struct list *list)
{
	json_t *request;
	size_t i;

	json_array_foreach (list->look->book->requests, i, request) {
		struct advice waits = {.act = "people.approved",
				       .why = user_name(list->look->book, text_in(request, "by"), list->look->lang)};

		if (agreement_is(request, "asked") && extent_of(request) == WHOLE_LIST &&
		    strcmp(text_in(request, "by"), list->look->request->who) != 0 && is_mine(list, &waits))
			advise(list, &waits);
	}
}

typedef void advice(struct list *list);

json_t *view_next(const struct look *look)
{
	static advice *const rules[] = {advise_contact, advise_restore,   advise_reports,
					advise_calls,   advise_decisions, advise_checklist,
					advise_facts,   advise_viewing,   advise_end};
	struct list list = {.look = look, .mine = json_array(), .others = json_array()};

	advise_press(&list);
	for (size_t rule = 0; rule < sizeof rules / sizeof rules[0]; rule++)
		for (size_t i = look->book->cases_count; i > 0 && !is_full(list.mine); i--) {
			list.incident = look->book->cases[i - 1];
			if (list.incident->state == CASE_OPEN && user_may_see(look->user, list.incident) &&
			    case_is_seen_by(list.incident, look->request->who))
				rules[rule](&list);
		}
	list.incident = NULL;
	advise_people(&list);
	advise_tests(&list);
	(void)json_array_extend(list.mine, list.others);
	json_decref(list.others);
	while (json_array_size(list.mine) > STEPS_SHOWN)
		(void)json_array_remove(list.mine, json_array_size(list.mine) - 1);
	return list.mine;
}
