/* Peers that were cut off: counted, and told in the record at most once a minute. */
#include "keeper/keeper.h"

#include <string.h>

static const int64_t quiet_ns = INT64_C(60) * 1000000000;

void peers_cut(void *context, enum peer peer, uid_t uid, enum cut cut)
{
	struct keeper *k = context;
	int64_t since_ns = moment_now().boot_ns - k->cuts.told_ns;

	k->cuts.untold[cut]++;
	k->cuts.peer = peer;
	k->cuts.uid = uid;
	rounds_report_cuts(k, k->cuts.told_ns == 0 || since_ns > quiet_ns ? 0 : (uint64_t)(quiet_ns - since_ns));
}

json_t *peers_counts(const uint64_t counts[CUT_COUNT])
{
	json_t *out = json_object();

	for (enum cut cut = 0; cut < CUT_COUNT; cut++)
		if (counts[cut] > 0)
			(void)json_object_set_new(out, cut_word(cut), json_integer((json_int_t)counts[cut]));
	return out;
}

void peers_report(struct keeper *k)
{
	json_t *body = json_pack("{s:s, s:I, s:o}", "peer", peer_name(k->cuts.peer), "uid", (json_int_t)k->cuts.uid,
				 "why", peers_counts(k->cuts.untold));
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("peer.cut_off"), .body = body};

	scribe_note(k->scribe, &entry);
	json_decref(body);
	memset(k->cuts.untold, 0, sizeof k->cuts.untold);
	k->cuts.told_ns = moment_now().boot_ns;
}

bool peers_speak_ours(struct keeper *k, const struct request *r)
{
	json_t *major = json_object_get(r->params, "protocol");

	if (major == NULL || json_integer_value(major) == PROTOCOL_MAJOR)
		return true;
	server_refuse(k->server, r->ticket, "version_refused",
		      json_pack("{s:i, s:O}", "ours", PROTOCOL_MAJOR, "yours", major));
	return false;
}
