/* Looking after the panel: maintenance, in which presses open no case, and the proof tests of the uplinks. */
#include "procedure/permit.h"
#include "procedure/view_parts.h"

#include <stdlib.h>
#include <string.h>

enum { HOURS_MOST = 24, ABSENCE_MOST_S = 900, PROVE_DAYS = 90 };

static const int64_t day_ms = INT64_C(86400000);

/* ---- may this be? ---- */

enum err permit_maintenance(const struct ask *ask)
{
	json_int_t hours = json_integer_value(json_object_get(ask->wish->body, "hours"));

	if (ask->book->maintenance.is_on)
		return deny(ask, WHY_IN_MAINTENANCE, NULL);
	if (hours < 1 || hours > HOURS_MOST)
		return deny(ask, WHY_HOURS, json_pack("{s:s, s:i}", "field", "hours", "most", HOURS_MOST));
	if (!has_words(ask->wish->text))
		return deny(ask, WHY_REASON, json_pack("{s:s}", "field", "text"));
	return ERR_OK;
}

enum err permit_maintenance_end(const struct ask *ask)
{
	/* Only the keeper says that its time was over. */
	if (json_object_get(ask->wish->body, "cause") != NULL)
		return deny_field(ask, "cause", "");
	return ask->book->maintenance.is_on ? ERR_OK : deny(ask, WHY_NO_MAINTENANCE, NULL);
}

/* A test cuts each uplink for a moment. */
enum err permit_test(const struct ask *ask)
{
	json_t *id;
	size_t i;
	enum err err;

	if (!ask->book->maintenance.is_on)
		return deny(ask, WHY_NO_MAINTENANCE, NULL);
	err = check_uplinks(ask);
	if (err != ERR_OK)
		return err;
	json_array_foreach (json_object_get(ask->wish->body, "uplinks"), i, id) {
		const struct uplink *uplink = &ask->book->uplinks[book_uplink_index(ask->book, json_string_value(id))];

		if (uplink->state != UPLINK_CONNECTED)
			return deny(ask, WHY_CUT,
				    json_pack("{s:s}", "uplink", uplink_label(ask->book, uplink->id, ask->lang)));
	}
	return ERR_OK;
}

enum err permit_absence(const struct ask *ask)
{
	json_int_t seconds = json_integer_value(json_object_get(ask->wish->body, "seconds"));

	if (seconds < 1 || seconds > ABSENCE_MOST_S)
		return deny(ask, WHY_SECONDS, json_pack("{s:s, s:i}", "field", "seconds", "most", ABSENCE_MOST_S));
	if (!has_words(ask->wish->text))
		return deny(ask, WHY_REASON, json_pack("{s:s}", "field", "text"));
	return ERR_OK;
}

/* ---- what happened ---- */

static enum err fold_begun(struct book *book, const struct event *event)
{
	struct maintenance *m = &book->maintenance;

	json_decref(m->reason);
	json_decref(m->press);
	*m = (struct maintenance){.is_on = true,
				  .hours = (uint64_t)json_integer_value(json_object_get(event->body, "hours")),
				  .reason = json_is_string(event->text) ? json_incref(event->text) : NULL};
	id_copy(m->by, event->record->who);
	memcpy(m->since, event->at, sizeof m->since);
	return ERR_OK;
}

/* Whoever ends it knows of the presses; when it ends by itself they still stand there for somebody to see. */
static enum err fold_ended(struct book *book, const struct event *event)
{
	book->maintenance.is_on = false;
	book->maintenance.restore.state = RESTORE_NONE;
	if (text_in(event->body, "cause") == NULL) {
		json_decref(book->maintenance.press);
		book->maintenance.press = NULL;
	}
	return ERR_OK;
}

enum err fold_maintenance_press(struct book *book, const struct event *event)
{
	json_t *press = json_pack("{s:I, s:s, s:s?, s:s?}", "press", (json_int_t)event->record->seq, "at", event->at,
				  "button", text_in(event->body, "button"), "uplink", text_in(event->body, "uplink"));

	if (press == NULL)
		return ERR_NOMEM;
	json_decref(book->maintenance.press);
	book->maintenance.press = press;
	return ERR_OK;
}

bool is_maintenance_press(const struct book *book, const json_t *press)
{
	return press != NULL && json_equal(json_object_get(book->maintenance.press, "press"), press);
}

static enum err fold_test(struct book *book, const struct event *event)
{
	json_t *id;
	size_t i;

	json_array_foreach (json_object_get(event->body, "uplinks"), i, id) {
		int index = book_uplink_index(book, json_string_value(id));

		if (index >= 0)
			book->uplinks[index].test = TEST_ASKED;
	}
	return ERR_OK;
}

static void end_test(struct uplink *uplink, const struct event *event)
{
	const char *result = text_in(event->body, "result");

	uplink->test = word_index(test_states, TEST_STATE_COUNT, result) > 0
			       ? (enum test_state)word_index(test_states, TEST_STATE_COUNT, result)
			       : TEST_NONE;
	uplink->test_us =
		uplink->test == TEST_GOOD ? json_integer_value(json_object_get(event->body, "coil_to_contact_us")) : -1;
	id_copy(uplink->test_why, text_in(event->body, "why"));
	memcpy(uplink->tested, event->at, sizeof uplink->tested);
	if (uplink->test == TEST_GOOD)
		memcpy(uplink->proven, event->at, sizeof uplink->proven);
}

/* Without an uplink it concerns all that were asked for and have not answered. */
static enum err fold_tested(struct book *book, const struct event *event)
{
	int index = book_uplink_index(book, text_in(event->body, "uplink"));

	for (size_t i = 0; i < book->uplinks_count; i++)
		if (index >= 0 ? i == (size_t)index : book->uplinks[i].test == TEST_ASKED)
			end_test(&book->uplinks[i], event);
	return ERR_OK;
}

const struct folder maintenance_folders[] = {
	{"maintenance.begun", fold_begun},
	{"maintenance.ended", fold_ended},
	{"uplink.prove", fold_test},
	{"uplink.tested", fold_tested},
	{NULL, NULL},
};

bool book_in_maintenance(const struct book *book)
{
	return book->maintenance.is_on;
}

/* ---- pictures ---- */

static int64_t wall_or(const char *text, int64_t otherwise)
{
	int64_t wall;

	return wall_parse(text, strlen(text), &wall) == ERR_OK ? wall : otherwise;
}

static json_t *show_wall(int64_t wall_ms)
{
	char text[WALL_TEXT_SIZE];

	if (wall_ms < 0)
		return json_null();
	wall_format(text, wall_ms);
	return json_string(text);
}

static int64_t prove_days(const struct book *book)
{
	const char *text = text_in(book_site(book), "prove_days");
	long days = text != NULL ? strtol(text, NULL, 10) : 0;

	return days >= 1 && days <= 3660 ? days : PROVE_DAYS;
}

/* −1: the clock was never set. An uplink that was never proven is due since the box was set up. */
int64_t prove_due_ms(const struct book *book, const struct uplink *uplink)
{
	int64_t proven_ms = wall_or(uplink->proven, -1);

	return proven_ms >= 0 ? proven_ms + prove_days(book) * day_ms : wall_or(uplink->set_up, -1);
}

json_t *show_test(const struct look *look, const struct uplink *uplink)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "state", test_states[uplink->test].id, "state_label",
			 word_in(&test_states[uplink->test], look->lang), "why", uplink->test_why, "at",
			 time_or_null(uplink->tested), "coil_to_contact_us",
			 uplink->test_us >= 0 ? json_integer(uplink->test_us) : json_null(), "proven",
			 time_or_null(uplink->proven), "due", show_wall(prove_due_ms(look->book, uplink)));
}

json_t *show_restore(const struct look *look, const struct restore *restore)
{
	json_t *uplinks;

	if (restore->state == RESTORE_NONE)
		return json_null();
	uplinks = json_array();
	for (size_t i = 0; i < look->book->uplinks_count; i++)
		if ((restore->uplinks & 1U << i) != 0)
			(void)json_array_append_new(uplinks, json_string(look->book->uplinks[i].id));
	return json_pack("{s:I, s:s, s:o, s:b}", "request", (json_int_t)restore->request, "by",
			 user_name(look->book, restore->by, look->lang), "uplinks", uplinks, "permitted",
			 restore->state == RESTORE_PERMITTED);
}

json_t *show_maintenance(const struct look *look)
{
	const struct maintenance *m = &look->book->maintenance;
	int64_t since_ms = wall_or(m->since, -1);

	if (!m->is_on)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "by", user_name(look->book, m->by, look->lang), "text",
			 json_is_string(m->reason) ? json_string_value(m->reason) : "", "since", time_or_null(m->since),
			 "until", show_wall(since_ms >= 0 ? since_ms + (int64_t)m->hours * 3600000 : -1), "restore",
			 show_restore(look, &m->restore), "permit", permit_of(&m->restore), "permit_why",
			 permit_why(look, &m->restore));
}

json_t *show_press(const struct look *look)
{
	const json_t *press = look->book->maintenance.press;
	struct buf label = {0};
	json_t *out;

	if (press == NULL)
		return json_null();
	add_button(&label, text_in(press, "button"), look->lang);
	if (text_in(press, "uplink") != NULL)
		buf_addf(&label, " %s", uplink_label(look->book, text_in(press, "uplink"), look->lang));
	out = json_pack("{s:O, s:o, s:s}", "press", json_object_get(press, "press"), "at",
			time_or_null(text_in(press, "at")), "label", label.data != NULL ? label.data + 1 : "");
	buf_fini(&label);
	return out;
}
