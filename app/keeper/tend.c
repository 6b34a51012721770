/* Looking after the ledger: checking all of it, beginning an epoch, its media. */
#include "keeper/chore.h"

#include <stdlib.h>
#include <string.h>

static void no_memory(struct keeper *k, const struct request *r)
{
	server_refuse(k->server, r->ticket, "busy", NULL);
}

/* The reason in words of the keeper, for people who mend things. */
static json_t *reason(const struct fault *f)
{
	return json_pack("{s:s}", "why", f->text);
}

/* ---- check ---------------------------------------------------------------------------------------------- */

struct checking {
	struct chore chore;
	struct check *check;
	unsigned earlier; /* logs before this one that were begun */
};

/* The logs before this one come after it. */
static enum err check_slice(struct chore *c, bool *done, struct fault *f)
{
	struct checking *x = (struct checking *)c;
	bool is_one_done = false;
	struct ledger *next;
	enum err err = check_step(x->check, slice_ns, &is_one_done, f);

	*done = false;
	if (err != ERR_OK || !is_one_done)
		return err;
	next = past_log(scribe_chain(c->keeper->scribe)->past, x->earlier++);
	*done = next == NULL;
	if (next == NULL)
		return ERR_OK;
	check_end(x->check);
	x->check = NULL;
	return check_begin(next, &x->check, f);
}

static void check_far(const struct chore *c, uint64_t *done, uint64_t *total)
{
	*done = check_progress(((const struct checking *)c)->check);
	*total = ledger_head(scribe_ledger(c->keeper->scribe)).size;
}

static void tell_verdict(struct chore *c, enum err err, const struct fault *f)
{
	struct checkpoint_info head = ledger_head(scribe_ledger(c->keeper->scribe));
	char code[10];

	checkpoint_short_code(code, head.root);
	chore_answer(c, json_pack("{s:s, s:I, s:s, s:s}", "verdict", err == ERR_OK ? "good" : "bad", "entries",
				  (json_int_t)head.size, "code", code, "why", err == ERR_OK ? "" : f->text));
}

static void check_drop(struct chore *c)
{
	check_end(((struct checking *)c)->check);
	free(c);
}

static const struct chore_kind check_kind = {
	.name = "check", .step = check_slice, .progress = check_far, .finish = tell_verdict, .drop = check_drop};

void tend_check(struct keeper *k, const struct request *r, const struct session *session)
{
	struct fault f = {.text = ""};
	struct checking *x;
	enum err err;

	if (chore_joined(k, r, "check"))
		return;
	x = calloc(1, sizeof *x);
	if (x == NULL) {
		no_memory(k, r);
		return;
	}
	err = check_begin(scribe_ledger(k->scribe), &x->check, &f);
	if (err == ERR_OK)
		err = chore_begin(k, &x->chore, &check_kind, r, session, "check", &f);
	else
		free(x);
	if (err != ERR_OK)
		server_answer(k->server, r->ticket, json_pack("{s:s, s:s}", "verdict", "bad", "why", f.text));
}

/* ---- epochs ---------------------------------------------------------------------------------------------- */

void tend_rotate(struct keeper *k, const struct request *r, const struct session *session)
{
	struct checkpoint_info head;
	struct fault f;
	char code[10];

	(void)session;
	if (scribe_rotate(k->scribe, &f) != ERR_OK) {
		server_refuse(k->server, r->ticket, "not_recorded", reason(&f));
		return;
	}
	seen_mind(k);
	sealing_mind(k);
	head = ledger_head(scribe_ledger(k->scribe));
	checkpoint_short_code(code, head.root);
	server_answer(k->server, r->ticket,
		      json_pack("{s:I, s:I, s:s}", "epoch", (json_int_t)head.epoch, "entries", (json_int_t)head.size,
				"code", code));
}

/* ---- media ----------------------------------------------------------------------------------------------- */

static json_t *medium_json(const struct medium_info *medium)
{
	static const char *const states[] = {
		[MEDIUM_NONE] = "none", [MEDIUM_GOOD] = "well", [MEDIUM_FAILED] = "failed"};

	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I}", "folder", medium->folder != NULL ? medium->folder : "",
			 "state", states[medium->state], "why", medium->state == MEDIUM_FAILED ? medium->why : "",
			 "generation", (json_int_t)medium->generation, "room", room_word(medium->space.level), "free",
			 (json_int_t)medium->space.free_bytes, "total", (json_int_t)medium->space.total_bytes);
}

json_t *tend_media_list(const struct keeper *k)
{
	struct medium_info media[LEDGER_MEDIA];
	json_t *list = json_array();

	ledger_media(scribe_ledger(k->scribe), media);
	for (int i = 0; i < LEDGER_MEDIA; i++)
		if (media[i].state != MEDIUM_NONE)
			(void)json_array_append_new(list, medium_json(&media[i]));
	return list;
}

static json_t *media_json(const struct keeper *k)
{
	return json_pack("{s:o, s:b, s:o*, s:o*, s:o*}", "media", tend_media_list(k), "mirror",
			 (int)(k->places[SECOND_MEDIUM].home[0] != '\0'), "incarnation", incarnation_json(k), "seen",
			 seen_json(k), "sealing", sealing_json(k));
}

void tend_media(struct keeper *k, const struct request *r, const struct session *session)
{
	(void)session;
	server_answer(k->server, r->ticket, media_json(k));
}

/* First a failed medium is taken in, then every row of both is looked at. */
struct repairing {
	struct chore chore;
	enum rejoin_how how;
	bool is_in;
	struct scrub *scrub;
};

static enum err repair_slice(struct chore *c, bool *done, struct fault *f)
{
	struct repairing *x = (struct repairing *)c;
	struct ledger *l = scribe_ledger(c->keeper->scribe);
	enum err err = ERR_OK;

	if (!x->is_in)
		return ledger_rejoin(l, x->how, slice_ns, &x->is_in, f);
	if (x->scrub == NULL)
		err = scrub_begin(l, &x->scrub, f);
	return err == ERR_OK ? scrub_step(x->scrub, slice_ns, done, f) : err;
}

static void repair_far(const struct chore *c, uint64_t *done, uint64_t *total)
{
	const struct repairing *x = (const struct repairing *)c;
	struct medium_info media[LEDGER_MEDIA];
	struct scrub_report report = {.checked = 0};

	if (x->scrub != NULL)
		scrub_tell(x->scrub, &report);
	ledger_media(scribe_ledger(c->keeper->scribe), media);
	*done = report.checked;
	*total = ledger_head(scribe_ledger(c->keeper->scribe)).size;
	if (media[FIRST_MEDIUM].state == MEDIUM_GOOD && media[SECOND_MEDIUM].state == MEDIUM_GOOD)
		*total *= 2;
}

static void tell_repaired(struct chore *c, enum err err, const struct fault *f)
{
	struct repairing *x = (struct repairing *)c;
	struct scrub_report report = {.checked = 0};
	json_t *result;

	if (err != ERR_OK) {
		chore_refuse(c, "medium_failed", reason(f));
		return;
	}
	scrub_tell(x->scrub, &report);
	result = media_json(c->keeper);
	(void)json_object_set_new(result, "checked", json_integer((json_int_t)report.checked));
	(void)json_object_set_new(result, "repaired", json_integer((json_int_t)report.repaired));
	(void)json_object_set_new(result, "bad", json_integer((json_int_t)report.bad));
	(void)json_object_set_new(result, "why", json_string(report.bad > 0 ? report.first_bad.text : ""));
	chore_answer(c, result);
}

static void repair_drop(struct chore *c)
{
	scrub_end(((struct repairing *)c)->scrub);
	free(c);
}

static const struct chore_kind repair_kind = {
	.name = "repair", .step = repair_slice, .progress = repair_far, .finish = tell_repaired, .drop = repair_drop};

/* A ledger that began on one medium, or no longer knows where its other one is, gets the mirror that the configuration
   names. */
static enum err add_mirror(struct keeper *k, enum rejoin_how how, struct fault *f)
{
	struct medium_info media[LEDGER_MEDIA];

	ledger_media(scribe_ledger(k->scribe), media);
	if ((how != REJOIN_ANEW && !ledger_misses_other(scribe_ledger(k->scribe))) ||
	    media[SECOND_MEDIUM].state != MEDIUM_NONE || k->places[SECOND_MEDIUM].home[0] == '\0')
		return ERR_OK;
	return ledger_add_mirror(scribe_ledger(k->scribe), k->places[SECOND_MEDIUM].ledger, f);
}

void tend_repair(struct keeper *k, const struct request *r, const struct session *session)
{
	enum rejoin_how how = json_is_true(json_object_get(r->params, "anew")) ? REJOIN_ANEW : REJOIN_AS_IT_IS;
	struct repairing *x;
	struct fault f;
	enum err err;

	if (chore_joined(k, r, "repair"))
		return;
	x = calloc(1, sizeof *x);
	if (x == NULL) {
		no_memory(k, r);
		return;
	}
	x->how = how;
	err = add_mirror(k, how, &f);
	if (err == ERR_OK)
		err = chore_begin(k, &x->chore, &repair_kind, r, session, "repair", &f);
	else
		free(x);
	if (err != ERR_OK)
		server_refuse(k->server, r->ticket, "medium_failed", reason(&f));
}
