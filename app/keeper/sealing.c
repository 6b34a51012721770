/* Sealing the next epoch's secret with a key that only the panel's controller keeps, where the site wants it.
 *
 *   slots                     stored secret        what is done
 *   present, older            present              the daemon is ordered to write a fresh one over the older
 *   present, fresh            present              nothing; the next epoch is sealed with the fresh one
 *   older present, present    present              as in the first line: what sealed the secret before is overwritten
 *   fresh, none of it         anything             an epoch begins at once
 *
 * So one of the two slots opens what is on the media whenever power is lost. The order names the generation that the
 * fresh key gets, one above the newest that the keeper knows: if the slots are others than it thinks, the controller
 * refuses it. Recording never waits for any of this; an epoch that begins before a fresh key is there is sealed with
 * the present one again.
 */
#include "keeper/keeper.h"

#include "base/diag.h"

#include <stdio.h>
#include <string.h>

static const int64_t patience_ns = INT64_C(60) * 1000000000, again_ns = INT64_C(600) * 1000000000;

static bool is_wanted(const struct keeper *k)
{
	return k->slots.keys != NULL && k->slots.keys->seals;
}

bool sealing_needs_care(const struct keeper *k)
{
	return is_wanted(k) && !slots_hold(&k->slots);
}

void sealing_mind(struct keeper *k)
{
	struct sealing *s = &k->sealing;
	int64_t passed_ns = moment_now().boot_ns - s->at_ns;

	if (!is_wanted(k) || !s->is_known || slots_have_fresh(&k->slots) ||
	    (s->command != 0 && passed_ns < patience_ns) || (s->refused[0] != '\0' && passed_ns < again_ns))
		return;
	s->at_ns = moment_now().boot_ns;
	s->command = ++k->panel.command;
	server_push(k->server, k->panel.connection, "panel.key",
		    json_pack("{s:I, s:I}", "command", (json_int_t)s->command, "generation",
			      (json_int_t)k->slots.generation + 1));
}

static void say_change(struct keeper *k, bool was)
{
	bool is = sealing_needs_care(k);

	if (is == was)
		return;
	if (is)
		diag(DIAG_WARNING,
		     "the next epoch's secret is not sealed with a key that the panel's controller keeps");
	else
		diag(DIAG_NOTICE, "the next epoch's secret is sealed with a key that the panel's controller keeps");
	reader_push_changed(k);
}

/* A power cut may lose the answer and keep the key: the order that is sent again is then refused, and rightly so. */
static void note_refusal(struct keeper *k, const char *why)
{
	(void)snprintf(k->sealing.refused, sizeof k->sealing.refused, "%s", slots_have_fresh(&k->slots) ? "" : why);
}

void panel_keys(struct keeper *k, const struct request *r, const struct session *session)
{
	bool needed_care = sealing_needs_care(k);
	struct fault f;

	(void)session;
	server_answer(k->server, r->ticket, NULL);
	if (k->panel.connection != r->ticket.connection)
		return;
	slots_read(&k->slots);
	k->sealing.is_known = true;
	if (slots_have_fresh(&k->slots))
		note_refusal(k, "");
	if (sealing_needs_care(k) && slots_have_fresh(&k->slots) && scribe_rotate(k->scribe, &f) != ERR_OK)
		diag(DIAG_ERROR, "the epoch with a fresh key could not begin: %s", f.text);
	say_change(k, needed_care);
	seen_mind(k);
	sealing_mind(k);
}

void sealing_done(struct keeper *k, uint64_t command, bool ok, const char *detail)
{
	struct sealing *s = &k->sealing;

	if (command != s->command)
		return;
	s->command = 0;
	note_refusal(k, ok ? "" : detail != NULL ? detail : "no_answer");
	if (!ok && sealing_needs_care(k))
		reader_push_changed(k);
	sealing_mind(k);
}

void sealing_forget(struct keeper *k)
{
	k->sealing = (struct sealing){.is_known = false};
}

json_t *sealing_json(const struct keeper *k)
{
	if (!is_wanted(k))
		return NULL;
	return json_pack("{s:b, s:b, s:s}", "sealed", (int)slots_hold(&k->slots), "fresh",
			 (int)slots_have_fresh(&k->slots), "refused", k->sealing.refused);
}
