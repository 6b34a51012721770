/* Export: a bundle written in slices beside a ledger that goes on recording.
 *
 * The checkpoint is pinned first: the closing checkpoint of the epoch that export_begin ends. Everything before it
 * never changes any more (but for erasures), so reading may be spread over any time. The phases then write one kind of
 * file after the other; each call of one does a small piece, so that a step can end in time.
 */
#include "ledger/export_inside.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static enum err export_finish(struct export *x, bool *done)
{
	int64_t left_ns = x->end_ns - slice_clock_ns();

	return outlet_finish(&x->outlet, left_ns > 0 ? (int)(left_ns / 1000000) : 0, done, x->f);
}

static export_phase *const phases[] = {export_entries, export_last_tiles, export_blobs, export_epochs,
				       export_proofs,  export_rest,       export_finish};
enum { PHASES = sizeof phases / sizeof *phases };

/* ---- what is pinned ---- */

/* One that has ended elsewhere takes no entry any more: the last checkpoint is its end, and the identity says so. */
static enum err pin_end(struct export *x)
{
	struct ledger *l = x->ledger;
	enum err err = closing_make(l, &x->closing);

	x->epoch = l->running.epoch;
	x->pinned = l->head;
	return err == ERR_OK ? ERR_OK : fault_set(x->f, err, _("no memory"));
}

static enum err pin_closing(struct export *x)
{
	struct store *store = media_store(&x->ledger->media);
	uint64_t rows = 0;
	enum err err = store_row(store, STORE_LAST_EPOCH, 0, NULL);

	if (err != ERR_OK)
		return store_fault(store, err, _("reading"), x->f);
	x->epoch = (uint64_t)store_integer(store, STORE_LAST_EPOCH, 0);
	store_done(store, STORE_LAST_EPOCH);
	err = store_count(store, &rows);
	if (err != ERR_OK)
		return store_fault(store, err, _("reading"), x->f);
	/* A medium that was being filled may lack the last ones. */
	for (; x->epoch > 0; x->epoch--) {
		buf_clear(&x->closing);
		err = closing_load(x->ledger, x->epoch, &x->closing, &x->pinned, x->f);
		if (err != ERR_OK || x->pinned.size <= rows)
			return err;
	}
	return fault_set(x->f, ERR_STATE, _("no epoch has ended yet, so there is nothing to export"));
}

/* It has ended, and all of it is here. */
static bool is_whole_end(const struct ledger *l)
{
	return l->is_ended && !l->media.m[l->media.reading].is_filling;
}

static enum err pin(struct export *x)
{
	enum err err = is_whole_end(x->ledger) ? pin_end(x) : pin_closing(x);

	if (err != ERR_OK)
		return err;
	x->late_seen = x->pinned.size;
	buf_add(&x->checkpoint, x->closing.data, x->closing.len);
	return cosignatures_load(x->ledger, x->pinned.size, &x->checkpoint, x->f);
}

/* ---- which entries ---- */

bool export_is_ranged(const struct export *x)
{
	return x->first_tile > 0 || x->to_tile * TILE_WIDTH < x->pinned.size;
}

/* Judged before the epoch ends, and so before anything is changed. */
static enum err check_options(const struct ledger *l, const struct export_options *options, struct fault *f)
{
	uint64_t size = ledger_head(l).size;

	if (options->from != 0 || options->to != 0) {
		if (options->to != 0 && options->from >= options->to)
			return fault_set(f, ERR_RANGE,
					 _("the range is empty: it begins at entry %llu and ends before entry %llu"),
					 (unsigned long long)options->from, (unsigned long long)options->to);
		if (options->from >= size || options->to > size)
			return fault_set(f, ERR_RANGE,
					 _("the range goes beyond the log, which has the entries 0 to %llu"),
					 (unsigned long long)size - 1);
	}
	for (size_t i = 0; i < options->prove_count; i++)
		if (options->prove[i] >= size)
			return fault_set(f, ERR_RANGE, _("entry %llu cannot be proven: the last one is %llu"),
					 (unsigned long long)options->prove[i], (unsigned long long)size - 1);
	if (options->prove_count > EXPORT_PROOFS_MAX)
		return fault_set(f, ERR_RANGE, _("at most %d entries can be proven one by one"), EXPORT_PROOFS_MAX);
	if (options->recipient_count > AGE_RECIPIENTS_MAX)
		return fault_set(f, ERR_RANGE, _("at most %d recipients"), AGE_RECIPIENTS_MAX);
	return ERR_OK;
}

/* A short range is also proven entry by entry. */
static enum err set_proofs(struct export *x)
{
	uint64_t seqs[PROOFS_MAX];
	size_t count = x->options.prove_count;
	enum err err;

	if (count > 0)
		memcpy(seqs, x->options.prove, count * sizeof *seqs);
	if ((x->options.from != 0 || x->options.to != 0) && x->asked_to - x->options.from <= TILE_WIDTH)
		for (uint64_t seq = x->options.from; seq < x->asked_to; seq++)
			seqs[count++] = seq;
	err = proofs_init(&x->proofs, seqs, count, x->pinned.size);
	if (err == ERR_RANGE)
		return fault_set(x->f, err, _("the last epoch that ended has only the entries 0 to %llu"),
				 (unsigned long long)x->pinned.size - 1);
	return err == ERR_OK ? ERR_OK : fault_set(x->f, err, _("no memory"));
}

static enum err set_range(struct export *x)
{
	const struct export_options *options = &x->options;

	x->asked_to = options->to != 0 ? options->to : x->pinned.size;
	/* A ledger that is only read has entries after its last closed epoch. */
	if (x->asked_to > x->pinned.size || options->from >= x->pinned.size)
		return fault_set(x->f, ERR_RANGE, _("the last epoch that ended has only the entries 0 to %llu"),
				 (unsigned long long)x->pinned.size - 1);
	x->first_tile = options->from / TILE_WIDTH;
	x->to_tile = (x->asked_to + TILE_WIDTH - 1) / TILE_WIDTH;
	return set_proofs(x);
}

/* ---- beginning, going on, ending ---- */

static struct export *make(struct ledger *l, const struct export_options *options, struct fault *f)
{
	struct export *x = calloc(1, sizeof *x);

	if (x == NULL)
		return NULL;
	x->ledger = l;
	x->options = *options;
	if (options->recipient_count > 0)
		memcpy(x->recipients, options->recipients, options->recipient_count * sizeof *x->recipients);
	x->options.recipients = x->recipients;
	x->f = f;
	x->copying = (struct copying){.fd = -1, .second = -1};
	x->next_epoch = 1;
	return x;
}

enum err export_begin(struct ledger *l, const char *out, const struct export_options *options, struct moment now,
		      struct export **export, struct fault *f)
{
	struct export *x;
	enum err err = check_options(l, options, f);

	if (err != ERR_OK)
		return err;
	x = make(l, options, f);
	if (x == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	err = outlet_open(&x->outlet, out, options->as_zip ? OUTLET_ZIP : OUTLET_FOLDER, f);
	if (err == ERR_OK && !l->is_readonly)
		err = ledger_rotate(l, now, f);
	if (err == ERR_OK)
		err = pin(x);
	if (err == ERR_OK)
		err = set_range(x);
	/* Only set_range reads what the caller lent. */
	x->options.prove = NULL;
	if (err != ERR_OK) {
		export_end(x);
		return err;
	}
	*export = x;
	return ERR_OK;
}

/* The one place below the programs that looks at a clock: to keep its slice short. */
int64_t slice_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool export_is_over(const struct export *x)
{
	return slice_clock_ns() >= x->end_ns;
}

enum err export_step(struct export *x, int64_t budget_ns, bool *done, struct fault *f)
{
	enum err err = ERR_OK;

	x->end_ns = slice_clock_ns() + budget_ns;
	x->f = f;
	do {
		bool is_phase_done = false;

		err = phases[x->phase](x, &is_phase_done);
		if (err == ERR_OK && is_phase_done)
			x->phase++;
	} while (err == ERR_OK && x->phase < PHASES && !export_is_over(x));
	*done = err == ERR_OK && x->phase == PHASES;
	return err;
}

struct export_progress export_progress(const struct export *x)
{
	return (struct export_progress){.entries = x->tree.size,
					.entries_total = x->pinned.size,
					.files = x->copying.next,
					.files_total = x->blobs.count,
					.files_absent = x->blobs_absent};
}

void export_end(struct export *x)
{
	if (x == NULL)
		return;
	outlet_close(&x->outlet);
	copying_fini(&x->copying);
	blob_names_fini(&x->blobs);
	proofs_fini(&x->proofs);
	buf_fini(&x->closing);
	buf_fini(&x->checkpoint);
	buf_fini(&x->late);
	buf_fini(&x->entries);
	buf_fini(&x->lines);
	buf_fini(&x->value);
	buf_fini(&x->policy);
	opened_fini(&x->opened);
	free(x);
}
