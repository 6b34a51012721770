/* May this person do this now? Every refusal says who may, or what to do instead. */
#include "procedure/permit.h"

#include <stdio.h>
#include <string.h>

enum err deny(const struct ask *ask, enum why why, json_t *args)
{
	return refuse(ask->refusal, ask->lang, why, args);
}

enum err deny_field(const struct ask *ask, const char *field, const char *what)
{
	return deny(ask, WHY_FIELD, json_pack("{s:s, s:s}", "field", field, "what", what));
}

/* ---- roles ---- */

json_t *role_labels(const struct pack_file *p, const struct rule *rule, enum lang lang)
{
	struct buf out = {0};
	json_t *labels;

	for (unsigned i = 0; i < rule->roles_count; i++) {
		const struct role *role = role_find(p, rule->roles[i]);

		if (role != NULL)
			buf_addf(&out, "%s%s", out.len > 0 ? comma(lang) : "", label_pick(&role->label, lang));
	}
	labels = buf_status(&out) == ERR_OK && out.len > 0 ? json_stringn(out.data, out.len) : json_string("");
	buf_fini(&out);
	return labels;
}

bool is_observer(const struct pack_file *p, const struct user *user)
{
	if (user->kind == USER_AUDITOR || user->kind == USER_EXTERNAL)
		return true;
	for (unsigned i = 0; i < p->roles_count; i++)
		if (strcmp(p->roles[i].kind, "acts") == 0 && user_has_role(user, p->roles[i].id))
			return false;
	return true;
}

bool has_one_role_of(const struct user *user, const struct rule *rule)
{
	for (unsigned i = 0; i < rule->roles_count; i++)
		if (user_has_role(user, rule->roles[i]))
			return true;
	return false;
}

enum err may_do(const struct book *book, const struct user *user, const char *act, enum lang lang,
		struct refusal *refusal)
{
	const struct pack_file *p = book->pack->file;
	const struct rule *rule = rule_find(p, act);

	if (user == NULL || rule == NULL || is_observer(p, user))
		return refuse(refusal, lang, WHY_OBSERVER, NULL);
	if (user->is_ended)
		return refuse(refusal, lang, WHY_ACCOUNT_OVER, NULL);
	if (has_one_role_of(user, rule))
		return ERR_OK;
	return refuse(refusal, lang, WHY_ROLE, json_pack("{s:o}", "role", role_labels(p, rule, lang)));
}

enum err book_may(const struct book *book, const char *who, const char *right, enum lang lang, struct refusal *refusal)
{
	const struct pack_file *p = book->pack->file;
	const struct user *user = user_find(book, who);
	const struct rule *rule = rule_find(p, right);

	if (user == NULL || rule == NULL)
		return refuse(refusal, lang, WHY_OBSERVER, NULL);
	if (user->is_ended)
		return refuse(refusal, lang, WHY_ACCOUNT_OVER, NULL);
	if (has_one_role_of(user, rule))
		return ERR_OK;
	return refuse(refusal, lang, WHY_ROLE, json_pack("{s:o}", "role", role_labels(p, rule, lang)));
}

/* ---- acts on a case ---- */

static enum err permit_declared(const struct ask *ask)
{
	json_t *press = json_object_get(ask->wish->body, "press");
	bool has_readers = json_object_get(ask->wish->body, "readers") != NULL;
	enum err err = check_time(ask, "detected", json_object_get(ask->wish->body, "detected"));

	if (err == ERR_OK && ask->wish->text != NULL && !json_is_string(ask->wish->text))
		err = deny_field(ask, "text", "");
	if (err == ERR_OK && press != NULL && json_is_true(json_object_get(ask->wish->body, "drill")))
		err = deny(ask, WHY_DRILL_PRESS, NULL);
	if (err == ERR_OK && press != NULL && !is_maintenance_press(ask->book, press))
		err = deny(
			ask, WHY_NO_PRESS,
			json_pack("{s:o}", "press", json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(press))));
	if (err == ERR_OK)
		err = check_readers(ask);
	if (err == ERR_OK && has_readers && (press != NULL || json_is_true(json_object_get(ask->wish->body, "drill"))))
		err = deny(ask, WHY_KNOWN, NULL);
	return err == ERR_OK ? check_item(ask, "source", ask->pack->sources, ask->pack->sources_count) : err;
}

static enum err permit_attributed(const struct ask *ask)
{
	json_int_t press = json_integer_value(json_object_get(ask->wish->body, "press"));
	const char *user = text_in(ask->wish->body, "user");
	char seq[24];

	(void)snprintf(seq, sizeof seq, "%" JSON_INTEGER_FORMAT, press);
	if (json_object_get(ask->incident->presses, seq) == NULL)
		return deny(ask, WHY_NO_PRESS, json_pack("{s:s}", "press", seq));
	if (user != NULL && user_find(ask->book, user) == NULL)
		return deny_field(ask, "user", user);
	return ERR_OK;
}

static enum err permit_triaged(const struct ask *ask)
{
	enum err err = check_item(ask, "verdict", ask->pack->verdicts, ask->pack->verdicts_count);

	return err == ERR_OK ? check_item(ask, "priority", ask->pack->priorities, ask->pack->priorities_count) : err;
}

static enum err permit_classified(const struct ask *ask)
{
	return check_ids(ask, "types", ask->pack->types, ask->pack->types_count);
}

static enum err permit_checked(const struct ask *ask)
{
	const char *row = text_in(ask->wish->body, "row"), *state = text_in(ask->wish->body, "state");
	const struct check *check = check_find(ask->book->pack, row);
	enum err err;

	if (check == NULL)
		return deny_field(ask, "row", row);
	if (!check_applies(ask->incident, check))
		return deny(ask, WHY_ROW_OF_OTHER_TYPE, json_pack("{s:s, s:s}", "field", "row", "given", row));
	err = check_word(ask, "state", check_states, CHECK_STATE_COUNT);
	if (err != ERR_OK)
		return err;
	if (strcmp(state, "na") == 0 && !has_words(ask->wish->text))
		return deny(ask, WHY_REASON, json_pack("{s:s}", "field", "text"));
	if (strcmp(state, "deferred") == 0 && !has_words(ask->wish->text))
		return deny(ask, WHY_DECIDER, json_pack("{s:s}", "field", "text"));
	return ERR_OK;
}

static enum err permit_answered(const struct ask *ask)
{
	const char *id = text_in(ask->wish->body, "question"), *state = text_in(ask->wish->body, "state");
	const struct question *question = question_find(ask->book->pack, id);
	enum err err;

	if (question == NULL)
		return deny_field(ask, "question", id);
	if (!question_applies(ask->book->pack, ask->incident, question))
		return deny(ask, WHY_ROW_OF_OTHER_TYPE, json_pack("{s:s, s:s}", "field", "question", "given", id));
	/* The first state, "open", is what a question is before anybody said anything. */
	err = check_word(ask, "state", answer_states + 1, ANSWER_STATE_COUNT - 1);
	if (err == ERR_OK && strcmp(state, "answered") == 0 && !has_words(ask->wish->text))
		err = deny(ask, WHY_ANSWER, json_pack("{s:s}", "field", "text"));
	return err;
}

static enum err permit_noted(const struct ask *ask)
{
	if (!has_words(ask->wish->text))
		return deny(ask, WHY_LINE, json_pack("{s:s}", "field", "text"));
	return check_time(ask, "at", json_object_get(ask->wish->body, "at"));
}

static enum err permit_ended(const struct ask *ask)
{
	return check_item(ask, "as", ask->pack->endings, ask->pack->endings_count);
}

static enum err permit_closed(const struct ask *ask)
{
	if (!is_final_sent(ask->incident) && !has_words(ask->wish->text))
		return deny(ask, WHY_FINAL_REPORT_MISSING, json_pack("{s:s}", "field", "text"));
	return ERR_OK;
}

enum err check_uplinks(const struct ask *ask)
{
	json_t *ids = json_object_get(ask->wish->body, "uplinks"), *id;
	size_t i;

	if (!is_distinct_list(ids))
		return deny_field(ask, "uplinks", "");
	json_array_foreach (ids, i, id)
		if (book_uplink_index(ask->book, json_string_value(id)) < 0)
			return deny_field(ask, "uplinks", json_is_string(id) ? json_string_value(id) : "");
	return ERR_OK;
}

static enum err permit_requested(const struct ask *ask)
{
	enum err err = check_uplinks(ask);
	json_t *id;
	size_t i;

	if (err != ERR_OK)
		return err;
	json_array_foreach (json_object_get(ask->wish->body, "uplinks"), i, id) {
		int index = book_uplink_index(ask->book, json_string_value(id));
		const struct uplink *uplink = &ask->book->uplinks[index];
		bool is_connected = uplink->state == UPLINK_CONNECTED;

		if (is_connected || (ask->wish->unproven >> (unsigned)index & 1U) != 0)
			return deny(ask, is_connected ? WHY_NOT_CUT : WHY_UNPROVEN,
				    json_pack("{s:s}", "uplink", uplink_label(ask->book, uplink->id, ask->lang)));
	}
	return ERR_OK;
}

static enum err permit_permitted(const struct ask *ask)
{
	uint64_t request = (uint64_t)json_integer_value(json_object_get(ask->wish->body, "request"));
	const struct restore *restore =
		ask->incident != NULL ? &ask->incident->restore : &ask->book->maintenance.restore;
	const struct user *by = user_find(ask->book, restore->by);

	if (book_restore_uplinks(ask->book, ask->wish->about, request) == 0)
		return deny(ask, WHY_NO_REQUEST, NULL);
	/* The panel may know of a newer trip before its event is recorded. */
	if (restore->latch != 0 && ask->wish->latch != 0 && restore->latch != ask->wish->latch)
		return deny(ask, WHY_NO_REQUEST, NULL);
	if (strcmp(restore->by, ask->wish->who) == 0)
		return deny(ask, WHY_SAME_PERSON, NULL);
	/* Two people with the right to it: also the first must still have it. */
	if (by == NULL || !has_one_role_of(by, rule_find(ask->pack, "restore.requested")))
		return deny(ask, WHY_NO_REQUEST, NULL);
	return ERR_OK;
}

static enum err permit_paper(const struct ask *ask)
{
	return ask->book->has_new_code ? ERR_OK : deny(ask, WHY_NO_NEW_CODE, NULL);
}

/* AFTER: also when the case is over, because a network must be connectable again, and evidence goes on to the police or
   back to its owner. */
enum when { WHILE_OPEN, AFTER };

static const struct {
	const char *act;
	enum when when;
	enum err (*check)(const struct ask *ask);
} checks[] = {
	{"incident.declared", WHILE_OPEN, permit_declared},
	{"incident.attributed", AFTER, permit_attributed},
	{"incident.triaged", WHILE_OPEN, permit_triaged},
	{"incident.classified", WHILE_OPEN, permit_classified},
	{"incident.checked", WHILE_OPEN, permit_checked},
	{"incident.answered", WHILE_OPEN, permit_answered},
	{"incident.noted", WHILE_OPEN, permit_noted},
	{"contact.made", WHILE_OPEN, permit_made},
	{"contact.received", WHILE_OPEN, permit_received},
	{"contact.arrived", WHILE_OPEN, permit_arrived},
	{"incident.ended", WHILE_OPEN, permit_ended},
	{"incident.closed", WHILE_OPEN, permit_closed},
	{"report.drafted", WHILE_OPEN, permit_drafted},
	{"report.submitted", WHILE_OPEN, permit_submitted},
	{"report.returned", WHILE_OPEN, permit_returned},
	{"report.approved", AFTER, permit_approved},
	{"report.sent", WHILE_OPEN, permit_sent},
	{"evidence.taken", AFTER, permit_evidence_taken},
	{"evidence.handed", AFTER, permit_evidence_handed},
	{"uplink.isolate", WHILE_OPEN, check_uplinks},
	{"restore.requested", AFTER, permit_requested},
	{"restore.permitted", AFTER, permit_permitted},
	{"incident.restricted", AFTER, permit_restricted},
	{"incident.unrestricted", AFTER, permit_unrestricted},
	{"erasure.requested", AFTER, permit_erasure},
	{"erasure.approved", AFTER, permit_erasing},
	{"people.requested", AFTER, permit_people_requested},
	{"people.approved", AFTER, permit_people_approved},
	{"user.absent", AFTER, permit_absent},
	{"user.back", AFTER, permit_back},
	{"register.written", AFTER, permit_written},
	{"register.struck", AFTER, permit_struck},
	{"incarnation.noted", AFTER, permit_paper},
	{"maintenance.begun", AFTER, permit_maintenance},
	{"maintenance.ended", AFTER, permit_maintenance_end},
	{"uplink.prove", AFTER, permit_test},
	{"absence.announced", AFTER, permit_absence},
};

static bool is_on_uplinks(const char *act)
{
	return strcmp(act, "uplink.isolate") == 0 || strcmp(act, "restore.requested") == 0 ||
	       strcmp(act, "restore.permitted") == 0;
}

static enum err check_case(struct ask *ask, enum when when)
{
	if ((ask->wish->kind->flags & ACT_ON_CASE) == 0)
		return ask->wish->about == NULL ? ERR_OK : deny_field(ask, "about", ask->wish->about);
	/* What was cut while the panel is looked after belongs to no case. */
	if ((ask->wish->kind->flags & ACT_ON_PANEL) != 0 && ask->wish->about == NULL)
		return ask->book->maintenance.is_on ? ERR_OK : deny(ask, WHY_NO_CASE, NULL);
	ask->incident = case_for(ask->book, ask->wish->about, ask->wish->who);
	if (ask->incident == NULL)
		return deny(ask, WHY_NO_CASE, NULL);
	/* Everybody sees what is cut. */
	if (ask->incident->readers != NULL && is_on_uplinks(ask->wish->kind->name))
		return deny(ask, WHY_RESTRICTED_CUT, NULL);
	/* A drill cuts only by the red button, which asks nobody. */
	if (ask->incident->is_drill && strcmp(ask->wish->kind->name, "uplink.isolate") == 0)
		return deny(ask, WHY_DRILL_CUT, NULL);
	if (when == WHILE_OPEN && ask->incident->state != CASE_OPEN)
		return deny(ask, WHY_CASE_OVER,
			    json_pack("{s:s}", "state_label", word_in(&case_states[ask->incident->state], ask->lang)));
	return ERR_OK;
}

static enum err check_body(const struct ask *ask)
{
	const struct act_kind *kind = ask->wish->kind;
	const char *field = "";
	struct fault fault = {ERR_OK, ""};

	if (params_check(kind->body, ask->wish->body, &field, &fault) != ERR_OK)
		return deny_field(ask, field, fault.text);
	if (ask->wish->text != NULL && (kind->flags & ACT_HAS_TEXT) == 0)
		return deny_field(ask, "text", "");
	if (json_is_string(ask->wish->text) && json_string_length(ask->wish->text) > TEXT_MAX)
		return deny(ask, WHY_TOO_LONG, json_pack("{s:s}", "field", "text"));
	if (ask->wish->files != NULL && (kind->flags & ACT_HAS_FILES) == 0)
		return deny_field(ask, "files", "");
	if (ask->wish->person != NULL && (kind->flags & ACT_HAS_PERSON) == 0)
		return deny_field(ask, "person", "");
	return ERR_OK;
}

static int check_index(const char *act)
{
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
		if (strcmp(checks[i].act, act) == 0)
			return (int)i;
	return -1;
}

/* First who, then where, then what: so that nobody learns from a refusal what he may not know. */
static enum err permit(struct ask *ask, bool whole)
{
	const struct wish *wish = ask->wish;
	int index = check_index(wish->kind->name);
	enum err err;

	if (index < 0)
		return deny(ask, WHY_OBSERVER, NULL);
	err = may_do(ask->book, ask->user, wish->kind->name, ask->lang, ask->refusal);
	if (err == ERR_OK && !user_is_open(ask->book, ask->user, ask->now))
		err = deny(ask, WHY_ACCOUNT_OVER, NULL);
	if (err == ERR_OK)
		err = check_case(ask, checks[index].when);
	if (err != ERR_OK || !whole)
		return err;
	err = check_body(ask);
	return err == ERR_OK ? checks[index].check(ask) : err;
}

enum err book_permit(const struct book *book, const struct wish *wish, struct moment now, enum lang lang,
		     struct refusal *refusal)
{
	struct ask ask = {.book = book,
			  .pack = book->pack->file,
			  .wish = wish,
			  .user = user_find(book, wish->who),
			  .now = now,
			  .lang = lang,
			  .refusal = refusal};

	return permit(&ask, true);
}

enum err may_begin(const struct book *book, const char *who, const char *act, const char *about, struct moment now,
		   enum lang lang, struct refusal *refusal)
{
	struct wish wish = {.who = who, .kind = act_find(act), .about = about};
	struct ask ask = {.book = book,
			  .pack = book->pack->file,
			  .wish = &wish,
			  .user = user_find(book, who),
			  .now = now,
			  .lang = lang,
			  .refusal = refusal};

	return permit(&ask, false);
}
