/* When this log is not the first one of the box: saying so until somebody has seen to it, and ending one on purpose. */
#include "keeper/chore.h"

#include <string.h>

json_t *incarnation_json(const struct keeper *k)
{
	const struct recall *recall = scribe_recall(k->scribe);
	const struct ledger *ledger = scribe_ledger(k->scribe);
	char wall[WALL_TEXT_SIZE];

	if (recall->incarnation_why[0] == '\0')
		return NULL;
	wall_format(wall, recall->incarnation_wall_ms);
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I}", "origin", ledger_origin(ledger), "genesis",
			 ledger_genesis_code(ledger), "why", recall->incarnation_why, "at", wall, "noted",
			 (int)recall->incarnation_is_noted, "earlier",
			 (json_int_t)chain_number(scribe_chain(k->scribe), 0), "missing",
			 (json_int_t)past_missing(scribe_chain(k->scribe)->past));
}

bool incarnation_needs_care(const struct keeper *k)
{
	const struct recall *recall = scribe_recall(k->scribe);

	return recall->incarnation_why[0] != '\0' &&
	       (!recall->incarnation_is_noted || past_missing(scribe_chain(k->scribe)->past) > 0);
}

/* ---- ending one on purpose ---- */

static void on_proven(struct keeper *k, const struct request *r, const struct session *session)
{
	const struct reincarnation why = {
		.who = session->user, .via = peer_via(r->peer), .reason = param_text(r, "reason")};
	struct fault f = {.text = ""};
	enum err err;

	flood_mind(k);
	flood_record(k);
	err = scribe_reincarnate(k->scribe, &why, &f);

	if (err == ERR_OK)
		server_answer(k->server, r->ticket, incarnation_json(k));
	else if (err == ERR_FORMAT)
		server_refuse(k->server, r->ticket, "invalid",
			      json_pack("{s:s, s:s}", "field", "reason", "why", f.text));
	else
		server_refuse(k->server, r->ticket, "not_recorded", json_pack("{s:s}", "why", f.text));
}

void incarnation_begin(struct keeper *k, const struct request *r, const struct session *session)
{
	accounts_prove(k, r, session, param_text(r, "proof"), on_proven);
}
