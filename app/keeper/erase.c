/* Erasing what two people agreed to. The agreement is an entry first; so what was cut off is done after the next start.
 */
#include "keeper/chore.h"

#include "base/diag.h"
#include "keeper/archives.h"

#include <stdlib.h>
#include <string.h>

enum stage { FIND, ERASE, RENEW };

struct erasing {
	struct chore chore;
	uint64_t request;
	struct disposal *disposal; /* of a case */
	enum stage stage;
	const char *outcome;
};

static struct redaction why_of(const struct erasure *erasure)
{
	return (struct redaction){.who = erasure->approved_by,
				  .via = "keeper",
				  .authority = erasure->authority,
				  .reason = erasure->reason,
				  .approved_by = {erasure->by, erasure->approved_by}};
}

/* There is nothing to erase, and never will be. */
static bool is_void(enum err err)
{
	return err == ERR_MISSING || err == ERR_FORMAT || err == ERR_RANGE;
}

/* One that was cut off between the erasure and its last entry finds it erased. */
static enum err settle(struct erasing *x, bool is_begun, enum err err, const struct fault *f)
{
	x->outcome = is_void(err) && !is_begun ? "void" : "done";
	if (err == ERR_OK || err == ERR_EXISTS || err == ERR_BUSY)
		return ERR_OK;
	diag(DIAG_WARNING, "erasure %llu: %s", (unsigned long long)x->request, f->text);
	return is_void(err) ? ERR_OK : err;
}

static enum err erase_case(struct erasing *x, const struct erasure *erasure, bool *done, struct fault *f)
{
	const struct chain *chain = scribe_chain(x->chore.keeper->scribe);
	struct redaction why = why_of(erasure);
	enum err err = ERR_OK;

	if (x->disposal == NULL)
		err = disposal_begin(chain->ledger, chain->past, erasure->about, &why, &x->disposal, f);
	return err == ERR_OK ? disposal_step(x->disposal, slice_ns, moment_now(), done, f) : err;
}

static enum err look(void *context, const struct record *record)
{
	bool is_for_all = record->restricted == NULL || book_may_see(scribe_book(context), "", record->restricted);

	return is_for_all ? ERR_OK : ERR_MISSING;
}

/* What is sealed holds nothing that could be erased, as far as everybody may learn. */
static enum err find_entry(struct scribe *s, uint64_t number, struct fault *f)
{
	enum err err = chain_read(scribe_chain(s), number, number + 1, look, s, f);

	return err == ERR_MISSING
		       ? fault_set(f, err, "entry %llu holds nothing to be erased", (unsigned long long)number)
		       : err;
}

static enum err erase_entry(struct erasing *x, const struct erasure *erasure, bool *done, struct fault *f)
{
	const struct chain *chain = scribe_chain(x->chore.keeper->scribe);
	struct redaction why = why_of(erasure);
	enum err err;

	*done = true;
	if (erasure->name == NULL)
		return fault_set(f, ERR_FORMAT, "the request names nothing that can be erased");
	err = find_entry(x->chore.keeper->scribe, erasure->seq, f);
	if (err != ERR_OK)
		return err;
	return past_redact(chain->past, chain->ledger, erasure->seq, erasure->name, &why, moment_now(), f);
}

static enum err erase_some(struct erasing *x, struct fault *f)
{
	struct scribe *s = x->chore.keeper->scribe;
	struct erasure erasure;
	bool done = false;
	enum err err;

	/* The erasure is a transaction of its own; the commit in hand has its turn before. */
	if (ledger_has_staged(scribe_ledger(s)) || book_next_erasure(scribe_book(s), &erasure) != ERR_OK)
		return ERR_OK;
	err = erasure.about != NULL ? erase_case(x, &erasure, &done, f) : erase_entry(x, &erasure, &done, f);
	done = done || err != ERR_OK;
	err = settle(x, erasure.is_begun, err, f);
	if (err == ERR_OK)
		err = scribe_catch_up(s, f);
	if (err == ERR_OK && done)
		x->stage = RENEW;
	return err;
}

static enum err step(struct chore *c, bool *done, struct fault *f)
{
	struct erasing *x = (struct erasing *)c;

	*done = false;
	switch (x->stage) {
	case FIND:
		x->stage = ERASE;
		return chain_find_past(scribe_chain(c->keeper->scribe), f);
	case ERASE:
		return erase_some(x, f);
	case RENEW:
		break;
	}
	return scribe_renew(c->keeper->scribe, slice_ns, done, f);
}

static void progress(const struct chore *c, uint64_t *done, uint64_t *total)
{
	(void)c;
	*done = *total = 0;
}

static void finish(struct chore *c, enum err err, const struct fault *f)
{
	struct erasing *x = (struct erasing *)c;
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("erasure.ended")};

	(void)f;
	if (err != ERR_OK) {
		c->keeper->erasing_failed = true;
		return;
	}
	entry.body = json_pack("{s:I, s:s}", "request", (json_int_t)x->request, "outcome", x->outcome);
	scribe_note(c->keeper->scribe, &entry);
	json_decref(entry.body);
	reader_push_changed(c->keeper);
}

static void drop(struct chore *c)
{
	disposal_end(((struct erasing *)c)->disposal);
	free(c);
}

static const struct chore_kind kind = {
	.name = "erase", .step = step, .progress = progress, .finish = finish, .drop = drop};

void erase_look(struct keeper *k)
{
	struct erasure erasure;
	struct erasing *x;
	struct fault f;

	if (k->chore != NULL || k->erasing_failed || archives_are_busy() || scribe_ledger(k->scribe) == NULL ||
	    book_next_erasure(scribe_book(k->scribe), &erasure) != ERR_OK)
		return;
	x = calloc(1, sizeof *x);
	if (x == NULL)
		return;
	x->request = erasure.request;
	if (chore_begin(k, &x->chore, &kind, NULL, NULL, "erase", &f) != ERR_OK)
		diag(DIAG_ERROR, "erasure: %s", f.text);
}
