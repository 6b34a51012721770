#include "procedure/view.h"

#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <stdlib.h>
#include <string.h>

/* Room for the message around a list. */
enum { PAGE_BYTES = 48 * 1024, HEADS_SHOWN = 24 };

json_t *time_or_null(const char *time)
{
	return time != NULL && time[0] != '\0' ? json_string(time) : json_null();
}

const char *show_item(const struct look *look, const struct item *list, unsigned count, const char *id)
{
	const struct item *item = item_find(list, count, id);

	return item != NULL ? label_pick(&item->label, look->lang) : id;
}

json_t *show_items(const struct look *look, const struct item *list, unsigned count)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < count; i++)
		(void)json_array_append_new(out,
					    json_pack("{s:s, s:o}", "id", list[i].id, "label",
						      label_show(&list[i].label, look->lang, book_site(look->book))));
	return out;
}

static bool is_in(const char *const *list, const char *id)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, id) == 0)
			return true;
	return false;
}

json_t *show_words(const struct look *look, const struct word_pair *words, int count, const char *const *with_text)
{
	json_t *out = json_array();

	for (int i = 0; i < count; i++)
		(void)json_array_append_new(out, json_pack("{s:s, s:s, s:b}", "id", words[i].id, "label",
							   word_in(&words[i], look->lang), "needs_text",
							   is_in(with_text, words[i].id)));
	return out;
}

json_t *paged(const struct look *look, const char *key, json_t *list)
{
	size_t count = json_array_size(list),
	       at = look->request->cursor < count ? (size_t)look->request->cursor : count;
	size_t used = 0;
	json_t *page = json_array(), *cursor;

	for (; at < count; at++) {
		size_t size = json_dumpb(json_array_get(list, at), NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) + 1;

		if (used + size > PAGE_BYTES && used > 0)
			break;
		used += size;
		(void)json_array_append(page, json_array_get(list, at));
	}
	json_decref(list);
	cursor = at < count ? json_integer((json_int_t)at) : json_null();
	return json_pack("{s:s?, s:o, s:o}", "about", look->incident != NULL ? look->incident->about : NULL, key, page,
			 "cursor", cursor);
}

json_t *show_act(const struct look *look, const char *act, uint64_t report)
{
	const struct view_request *r = look->request;
	struct refusal refusal = {NULL, NULL};
	enum err err =
		report > 0 ? may_begin_report(look->book, r->who, act, r->about, report, r->now, look->lang, &refusal)
			   : may_begin(look->book, r->who, act, r->about, r->now, look->lang, &refusal);
	json_t *why_not =
		err == ERR_OK ? json_null() : json_pack("{s:s?, s:o?}", "code", refusal.code, "args", refusal.args);

	return json_pack("{s:s, s:s, s:b, s:o}", "act", act, "label", act_to_do(act, look->lang), "allowed",
			 err == ERR_OK, "why_not", why_not);
}

/* The reader, with what acts want as proof. */
static json_t *show_reader(const struct look *look)
{
	json_t *reader = show_user(look, look->user);

	(void)json_object_set_new(reader, "proof", json_string(look->user->credentials.pin != 0 ? "pin" : "password"));
	if (look->user->credentials.totp != 0)
		(void)json_object_set_new(reader, "recovery_left", json_integer((json_int_t)recovery_left(look->user)));
	return reader;
}

static json_t *show_uplink(const struct look *look, const struct uplink *uplink)
{
	const char *english = text_in(uplink->setup, "stops_en"), *stops = text_in(uplink->setup, "stops");

	if (look->lang == LANG_EN && english != NULL)
		stops = english;
	return json_pack("{s:s, s:s, s:s?, s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "id", uplink->id, "label",
			 uplink_label(look->book, uplink->id, look->lang), "stops", stops, "state",
			 uplink_states[uplink->state].id, "state_label",
			 word_in(&uplink_states[uplink->state], look->lang), "proof",
			 uplink->state == UPLINK_CUT ? "contact" : "none", "edge_to_contact_us",
			 uplink->contact_us >= 0 ? json_integer(uplink->contact_us) : json_null(), "since",
			 time_or_null(uplink->since), "tried", (int)uplink->is_tried, "test", show_test(look, uplink));
}

enum which_cases { OPEN_CASES, ALL_CASES };

static json_t *show_heads(const struct look *look, enum which_cases which, size_t most)
{
	json_t *out = json_array();

	for (size_t i = look->book->cases_count; i > 0 && json_array_size(out) < most; i--)
		if ((which == ALL_CASES || look->book->cases[i - 1]->state == CASE_OPEN) &&
		    user_may_see(look->user, look->book->cases[i - 1]) &&
		    case_is_seen_by(look->book->cases[i - 1], look->request->who))
			(void)json_array_append_new(out, view_head(look, look->book->cases[i - 1]));
	return out;
}

static json_t *view_now(const struct look *look)
{
	json_t *uplinks = json_array(), *now, *envelope = envelope_json(look->book, look->lang);
	char time[WALL_TEXT_SIZE] = "";

	if (look->request->now.source != WALL_UNSET)
		wall_format(time, look->request->now.wall_ms);
	for (size_t i = 0; i < look->book->uplinks_count; i++)
		(void)json_array_append_new(uplinks, show_uplink(look, &look->book->uplinks[i]));
	now = json_pack("{s:s?, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:[o, o, o, o, o, o]}", "organisation",
			text_in(look->book->setup, "organisation"), "pack", look->pack->id, "word",
			label_pick(&look->pack->word, look->lang), "time", time_or_null(time), "user",
			show_reader(look), "next", view_next(look), "incidents",
			show_heads(look, OPEN_CASES, HEADS_SHOWN), "uplinks", uplinks, "maintenance",
			show_maintenance(look), "press", show_press(look), "acts",
			show_act(look, "incident.declared", 0), show_act(look, "maintenance.begun", 0),
			show_act(look, "maintenance.ended", 0), show_act(look, "uplink.prove", 0),
			show_act(look, "absence.announced", 0), show_act(look, "people.requested", 0));
	if (envelope != NULL)
		(void)json_object_set_new(now, "envelope", envelope);
	return now;
}

static json_t *view_incidents(const struct look *look)
{
	return paged(look, "incidents", show_heads(look, ALL_CASES, SIZE_MAX));
}

enum case_need { NO_CASE, MAYBE_CASE, ONE_CASE };

static const struct {
	const char *what;
	enum case_need about_case;
	json_t *(*draw)(const struct look *look);
	json_t *(*draw_report)(const struct look *look, const struct report *report);
} views[] = {
	{"now", NO_CASE, view_now, NULL},
	{"incidents", NO_CASE, view_incidents, NULL},
	{"people", NO_CASE, view_people, NULL},
	{"people_choices", NO_CASE, view_people_choices, NULL},
	{"people_requests", NO_CASE, view_requests, NULL},
	{"people_request", NO_CASE, view_request, NULL},
	{"erasures", NO_CASE, view_erasures, NULL},
	{"registers", NO_CASE, view_registers, NULL},
	{"register", NO_CASE, view_register, NULL},
	{"call_sheet", MAYBE_CASE, view_call_sheet, NULL},
	{"incident", ONE_CASE, view_incident, NULL},
	{"checklist", ONE_CASE, view_checklist, NULL},
	{"facts", ONE_CASE, view_facts, NULL},
	{"timeline", ONE_CASE, view_timeline, NULL},
	{"evidence", ONE_CASE, view_evidence, NULL},
	{"contacts", ONE_CASE, view_contacts, NULL},
	{"report", ONE_CASE, NULL, view_report},
	{"report_text", ONE_CASE, NULL, view_report_text},
};

const char *view_at(size_t index, enum view_scope *scope)
{
	if (index >= sizeof views / sizeof views[0])
		return NULL;
	*scope = views[index].draw_report != NULL      ? VIEW_OF_REPORT
		 : views[index].about_case == ONE_CASE ? VIEW_OF_CASE
						       : VIEW_OF_ALL;
	return views[index].what;
}

static int view_index(const char *what)
{
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
		if (strcmp(views[i].what, what) == 0)
			return (int)i;
	return -1;
}

static bool may_look(const struct book *book, const struct user *user, struct moment now)
{
	if (user == NULL || !user_is_open(book, user, now))
		return false;
	/* Of what they were called for. */
	if (user->kind == USER_EXTERNAL)
		return true;
	for (unsigned i = 0; i < book->pack->file->roles_count; i++)
		if (strcmp(book->pack->file->roles[i].kind, "outside") != 0 &&
		    user_has_role(user, book->pack->file->roles[i].id))
			return true;
	return false;
}

/* What two people agree on says why, and names people; that is for those who decide, and for those who see every
   entry. */
static bool may_see_agreements(const struct book *book, const struct user *user, const char *asked,
			       const char *approved)
{
	const char *const any[] = {asked, approved, RIGHT_SHOW};

	for (size_t i = 0; i < sizeof any / sizeof any[0]; i++) {
		const struct rule *rule = rule_find(book->pack->file, any[i]);

		if (rule != NULL && has_one_role_of(user, rule))
			return true;
	}
	return false;
}

static bool may_draw(const struct look *look, int index)
{
	json_t *(*draw)(const struct look *look) = views[index].draw;

	if (draw == view_erasures)
		return may_see_agreements(look->book, look->user, "erasure.requested", "erasure.approved");
	if (draw == view_requests || draw == view_request)
		return may_see_agreements(look->book, look->user, "people.requested", "people.approved");
	if (draw == view_call_sheet)
		return !is_observer(look->pack, look->user) &&
		       has_one_role_of(look->user, rule_find(look->pack, RIGHT_CALL));
	return true;
}

static enum err draw(struct look *look, int index, json_t **out, struct refusal *refusal)
{
	const struct view_request *r = look->request;
	const struct report *report = NULL;
	json_t *picture;

	if (views[index].about_case == ONE_CASE || (views[index].about_case == MAYBE_CASE && r->about != NULL)) {
		look->incident = case_for(look->book, r->about, r->who);
		if (look->incident == NULL || !user_may_see(look->user, look->incident))
			return refuse(refusal, r->lang, WHY_NO_CASE, NULL);
	}
	if (views[index].draw_report != NULL) {
		report = report_find(look->incident, r->report);
		if (report == NULL)
			return refuse(
				refusal, r->lang, WHY_NO_REPORT,
				json_pack("{s:o}", "report", json_sprintf("%llu", (unsigned long long)r->report)));
	}
	picture = report != NULL ? views[index].draw_report(look, report) : views[index].draw(look);
	if (picture == NULL)
		return ERR_NOMEM;
	*out = picture;
	return ERR_OK;
}

enum err view(const struct book *book, const struct view_request *request, json_t **out, struct refusal *refusal)
{
	struct look look = {.book = book,
			    .pack = book->pack->file,
			    .request = request,
			    .user = user_find(book, request->who),
			    .lang = request->lang};
	int index = view_index(request->what);

	if (!may_look(book, look.user, request->now))
		return refuse(refusal, request->lang, WHY_OBSERVER, NULL);
	if (index >= 0 && !may_draw(&look, index))
		return refuse(refusal, request->lang, WHY_OBSERVER, NULL);
	if (index < 0)
		return refuse(refusal, request->lang, WHY_NO_VIEW,
			      json_pack("{s:s, s:s}", "field", "what", "given", request->what));
	return draw(&look, index, out, refusal);
}
