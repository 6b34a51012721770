/* Files of the evidence, out again: recorded first, then given. */
#include "keeper/keeper.h"

#include "procedure/view.h"
#include "procedure/words.h"

#include <stdlib.h>
#include <unistd.h>

struct giving {
	struct keeper *keeper;
	struct ticket ticket;
	int fd;
};

static void hear_copied(void *context, const struct receipt *receipt)
{
	struct giving *g = context;

	if (receipt != NULL) {
		server_answer_with(g->keeper->server, g->ticket, receipt_json(receipt), g->fd);
	} else {
		server_refuse(g->keeper->server, g->ticket, "not_recorded", NULL);
		(void)close(g->fd);
	}
	free(g);
}

/* In whichever log of the box it was recorded. */
static enum err open_stored(const struct keeper *k, const char *sha256, int *fd)
{
	struct past *past = scribe_chain(k->scribe)->past;
	enum err err = ledger_open_file(scribe_ledger(k->scribe), sha256, fd);
	struct ledger *earlier;

	for (unsigned i = 0; err != ERR_OK && (earlier = past_log(past, i)) != NULL; i++)
		err = ledger_open_file(earlier, sha256, fd);
	return err;
}

static void give(struct keeper *k, const struct request *r, const struct session *session, int fd)
{
	struct giving *g = calloc(1, sizeof *g);
	json_t *body = json_pack("{s:I, s:I}", "evidence", (json_int_t)param_count(r, "evidence"), "file",
				 (json_int_t)param_count(r, "file"));
	struct entry entry = {.who = session->user,
			      .via = peer_via(r->peer),
			      .kind = act_find("evidence.copied"),
			      .about = param_text(r, "about"),
			      .body = body};
	struct fault f = {.err = ERR_NOMEM, .text = "out of memory"};

	if (g != NULL)
		*g = (struct giving){.keeper = k, .ticket = r->ticket, .fd = fd};
	if (g == NULL || scribe_record(k->scribe, &entry, SOON, (struct waiter){hear_copied, g}, &f) != ERR_OK) {
		refuse_entry(k, r->ticket, &f);
		(void)close(fd);
		free(g);
	}
	json_decref(body);
}

void evidence_get(struct keeper *k, const struct request *r, const struct session *session)
{
	const struct view_request request = {.what = "evidence",
					     .who = session->user,
					     .about = param_text(r, "about"),
					     .lang = param_lang(r),
					     .now = moment_now()};
	struct refusal refusal = {NULL, NULL};
	const char *sha256;
	int fd;
	enum err err = book_evidence_file(scribe_book(k->scribe), &request, param_count(r, "evidence"),
					  param_count(r, "file"), &sha256, &refusal);

	if (err == ERR_OK && open_stored(k, sha256, &fd) != ERR_OK)
		err = refuse(&refusal, request.lang, WHY_FILE_GONE, NULL);
	if (err == ERR_OK)
		give(k, r, session, fd);
	else if (err == ERR_DENIED)
		server_refuse(k->server, r->ticket, refusal.code, refusal.args);
	else
		server_refuse(k->server, r->ticket, "busy", NULL);
}
