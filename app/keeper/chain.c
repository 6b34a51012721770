#include "keeper/chain.h"

#include "base/diag.h"
#include "base/text.h"
#include "keeper/archives.h"
#include "keeper/starting.h"

#include <stdio.h>
#include <unistd.h>

/* ---- opening ---- */

enum err chain_init(struct chain *c, const char *const folders[LEDGER_MEDIA], struct slots *slots, struct fault *f)
{
	*c = (struct chain){.slots = slots};
	for (int i = 0; i < LEDGER_MEDIA; i++)
		if ((size_t)snprintf(c->folders[i], sizeof c->folders[i], "%s", folders[i]) >= sizeof c->folders[i])
			return fault_set(f, ERR_RANGE, "%s: path too long", folders[i]);
	return ERR_OK;
}

static bool holds_ledger(const char *folder)
{
	static const char *const files[] = {"ledger.db", "mirror.db", "next.db"};
	char path[640];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		if (folder[0] != '\0' && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static const char *folder_of(const struct chain *c)
{
	return c->folders[holds_ledger(c->folders[0]) || !holds_ledger(c->folders[1]) ? 0 : 1];
}

/* A medium that returns may have much to copy: whoever watches over us is told that we are alive. */
static void tell_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	(void)context;
	starting_tell(what, done, total);
}

static struct slot_keys *keys_of(const struct chain *c)
{
	return c->slots != NULL ? c->slots->keys : NULL;
}

static enum err open_ledger(struct chain *c, struct fault *f)
{
	const struct progress progress = {tell_progress, NULL};
	enum err err = ledger_open_telling(folder_of(c), moment_now(), &progress, keys_of(c), &c->ledger, f);

	if (err != ERR_STATE || c->slots == NULL || !c->slots->keys->is_missing)
		return err;
	switch ((int)slots_await(c->slots, f)) {
	case ERR_OK:
		return ledger_open_telling(folder_of(c), moment_now(), &progress, keys_of(c), &c->ledger, f);
	case ERR_BUSY:
		return ERR_BUSY;
	default:
		return err;
	}
}

/* In the middle of an incident a box that cannot record is worse than a new incarnation. What only a person can put in
   order is refused there, and `f` stays what it was. */
static enum err go_on_anew(struct chain *c, struct fault *f)
{
	const struct reincarnation by_itself = {.slots = keys_of(c)};
	char code[GENESIS_CODE_CHARS + 1];
	struct fault why;

	diag(DIAG_ERROR, "%s", f->text);
	if (ledger_reincarnate(folder_of(c), &by_itself, moment_now(), code, &why) != ERR_OK) {
		diag(DIAG_ERROR, "%s", why.text);
		return f->err;
	}
	diag(DIAG_ERROR,
	     _("the log could not go on, and a new incarnation has begun; put its genesis code on paper: %s"), code);
	return open_ledger(c, f);
}

static enum err open_past(struct chain *c, struct fault *f)
{
	enum err err = past_open(c->ledger, &c->past, f);

	if (err == ERR_OK && past_missing(c->past) > 0)
		diag(DIAG_ERROR,
		     _("%llu entries of earlier incarnations are on no medium that is here; put back the one that was "
		       "taken out"),
		     (unsigned long long)past_missing(c->past));
	return err;
}

enum err chain_find_past(struct chain *c, struct fault *f)
{
	struct past *again = NULL;
	enum err err;

	if (past_size(c->past) == 0)
		return ERR_OK;
	/* Each is locked while it is open. */
	past_forget(c->past);
	err = past_open(c->ledger, &again, f);
	if (err != ERR_OK)
		return err;
	past_close(c->past);
	c->past = again;
	return ERR_OK;
}

void chain_mind_media(struct chain *c)
{
	struct fault f;

	if (chain_find_past(c, &f) != ERR_OK)
		diag(DIAG_ERROR, "%s", f.text);
	else
		archives_even_out(c->past, c->ledger);
}

enum err chain_open(struct chain *c, struct fault *f)
{
	enum err err = open_ledger(c, f);

	if (err == ERR_STATE || err == ERR_CORRUPT)
		err = go_on_anew(c, f);
	if (err == ERR_OK)
		err = open_past(c, f);
	if (err != ERR_OK)
		chain_close(c);
	else
		archives_even_out(c->past, c->ledger);
	return err;
}

enum err chain_look(struct chain *c, struct fault *f)
{
	enum err err = ledger_open_readonly(folder_of(c), &c->ledger, f);

	if (err == ERR_OK)
		err = open_past(c, f);
	if (err != ERR_OK)
		chain_close(c);
	return err;
}

void chain_close(struct chain *c)
{
	past_close(c->past);
	c->past = NULL;
	ledger_close(c->ledger);
	c->ledger = NULL;
}

enum err chain_renew(struct chain *c, const struct reincarnation *why, struct fault *f)
{
	struct reincarnation with_keys = *why;
	char code[GENESIS_CODE_CHARS + 1];
	struct fault late;
	enum err err, last;

	with_keys.slots = keys_of(c);
	chain_close(c);
	err = ledger_reincarnate(folder_of(c), &with_keys, moment_now(), code, f);
	last = chain_open(c, err == ERR_OK ? f : &late);
	return err != ERR_OK ? err : last;
}

/* ---- numbers ---- */

uint64_t chain_number(const struct chain *c, uint64_t seq)
{
	return past_size(c->past) + seq;
}

uint64_t chain_size(const struct chain *c)
{
	return chain_number(c, ledger_head(c->ledger).size);
}

bool chain_seq(const struct chain *c, uint64_t number, uint64_t *seq)
{
	if (number < past_size(c->past))
		return false;
	*seq = number - past_size(c->past);
	return true;
}

const char *chain_locate(const struct chain *c, uint64_t number, uint64_t *seq)
{
	return chain_seq(c, number, seq) ? ledger_origin(c->ledger) : past_locate(c->past, number, seq);
}

/* ---- reading ---- */

enum err chain_read(struct chain *c, uint64_t from, uint64_t to, record_taker *take, void *context, struct fault *f)
{
	return past_read_on(c->past, c->ledger, from, to, take, context, f);
}

enum err chain_find_idem(struct chain *c, const char *idem, uint64_t *number)
{
	uint8_t leaf[HASH_SIZE];
	uint64_t seq = 0;
	enum err err = ledger_find_idem(c->ledger, idem, &seq, leaf);

	if (err == ERR_MISSING)
		return past_find_idem(c->past, idem, number);
	*number = chain_number(c, seq);
	return err;
}
