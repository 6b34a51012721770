#include "console/notices.h"

#include "console/envelope.h"
#include "console/keeper.h"
#include "console/show.h"

#include <string.h>

/* The member of `list` whose `key` is the same as in `like`. */
static json_t *twin(json_t *list, json_t *like, const char *key)
{
	json_t *member;
	size_t i;

	json_array_foreach (list, i, member)
		if (json_equal(json_object_get(member, key), json_object_get(like, key)))
			return member;
	return NULL;
}

static bool differs(json_t *a, json_t *b, const char *key)
{
	return strcmp(string_of(a, key), string_of(b, key)) != 0;
}

static void tell_reports(struct console *c, json_t *before, json_t *head)
{
	json_t *report;
	size_t i;

	json_array_foreach (json_object_get(head, "reports"), i, report) {
		json_t *old = twin(json_object_get(before, "reports"), report, "report");

		if (old == NULL || differs(old, report, "state_label"))
			SAY(c, "● %s %s  %s", string_of(head, "about"), string_of(report, "label"),
			    string_of(report, "state_label"));
	}
}

static void tell_permit(struct console *c, json_t *before, json_t *now, const char *about)
{
	const char *was = string_of(before, "permit"), *is = string_of(now, "permit"), *text = NULL;
	const char *why = string_of(now, "permit_why");

	if (!differs(before, now, "permit"))
		return;
	if (strcmp(is, "asked") == 0)
		text = _("Somebody asks to connect uplinks again (restore permit).");
	else if (strcmp(is, "lapsed") == 0)
		text = strcmp(was, "asked") == 0 ? _("The request to connect again is void: ask anew.")
						 : _("The permit to connect again is void: ask anew.");
	if (text != NULL)
		SAY(c, "● %s  %s", about, text);
	if (text != NULL && why[0] != '\0')
		SAY(c, _("  Reason: %s"), why);
}

static void tell_heads(struct console *c, json_t *before)
{
	json_t *head;
	size_t i;

	json_array_foreach (json_object_get(c->now, "incidents"), i, head) {
		json_t *old = twin(json_object_get(before, "incidents"), head, "about");

		if (c->own_act && strcmp(string_of(head, "about"), c->about) == 0) {
			/* A permit that came to nothing at once is news all the same. */
			if (differs(old, head, "permit") && strcmp(string_of(head, "permit"), "lapsed") == 0)
				tell_permit(c, NULL, head, string_of(head, "about"));
			continue;
		}
		if (old == NULL)
			SAY(c, "● %s %s  %s  %s", _("New incident"), string_of(head, "about"), string_of(head, "title"),
			    string_of(head, "state_label"));
		else if (differs(old, head, "state"))
			SAY(c, "● %s  %s", string_of(head, "about"), string_of(head, "state_label"));
		tell_permit(c, old, head, string_of(head, "about"));
		tell_reports(c, old, head);
	}
}

static void tell_uplinks(struct console *c, json_t *before)
{
	json_t *uplink;
	struct buf line;
	size_t i;

	buf_init(&line, 4096);
	json_array_foreach (json_object_get(c->now, "uplinks"), i, uplink) {
		json_t *old = twin(json_object_get(before, "uplinks"), uplink, "id");

		if (!differs(old, uplink, "state"))
			continue;
		show_uplink_text(c, uplink, &line);
		SAY(c, "● %s", line.data != NULL ? line.data : "");
		buf_clear(&line);
	}
	buf_fini(&line);
}

/* Something besides the media themselves is to be said. */
static bool says_more(json_t *media)
{
	return json_object_get(media, "incarnation") != NULL || json_object_get(media, "seen") != NULL ||
	       json_object_get(media, "sealing") != NULL;
}

static void tell_media(struct console *c, json_t *before)
{
	json_t *media = json_object_get(c->now, "media"), *was = json_object_get(before, "media");

	if (json_equal(media, was))
		return;
	if (strcmp(string_of(media, "first"), "well") == 0 && strcmp(string_of(media, "second"), "well") == 0 &&
	    strcmp(string_of(was, "room"), string_of(media, "room")) == 0 && !says_more(was) && !says_more(media))
		SAY(c, "● %s", _("Both media of the record work again."));
	else
		show_media(c, media);
}

void notices_show(struct console *c)
{
	json_t *before = c->now, *now;

	if (!c->changed || c->locked || c->session[0] == '\0')
		return;
	now = keeper_peek(c);
	if (now == NULL)
		return;
	c->now = now;
	if (before != NULL) {
		tell_heads(c, before);
		if (!c->own_act)
			tell_permit(c, json_object_get(before, "maintenance"), json_object_get(c->now, "maintenance"),
				    _("In maintenance:"));
		tell_uplinks(c, before);
		tell_media(c, before);
		envelope_notice(c, before);
	}
	c->own_act = false;
	json_decref(before);
}
