/* kannuki-ledger repair and redact: what changes a medium beyond appending. */
#include "base/text.h"
#include "ledger/past.h"
#include "offline/commands.h"
#include "offline/far.h"

#include <stdio.h>
#include <string.h>

static const int64_t slice_ns = 200000000;

static enum err settle(struct ledger *l, struct fault *f)
{
	enum err err = ERR_OK;

	if (ledger_media_changed(l))
		err = ledger_note_media(l, moment_now(), f);
	return err == ERR_OK ? ledger_commit(l, moment_now(), f) : err;
}

/* ---- repair ---- */

static void tell_far(void *context, const char *what, uint64_t done, uint64_t total)
{
	(void)context;
	far_show(what, done, total);
}

static enum err rejoin(struct ledger *l, enum rejoin_how how, struct fault *f)
{
	bool done = false;
	enum err err = ERR_OK;

	while (err == ERR_OK && !done) {
		err = ledger_rejoin(l, how, slice_ns, &done, f);
		if (err == ERR_OK)
			far_show(N_("filling"), ledger_rejoined(l), ledger_head(l).size);
	}
	far_end();
	return err;
}

static const struct medium_info *find_lost(const struct medium_info media[LEDGER_MEDIA])
{
	for (int i = 0; i < LEDGER_MEDIA; i++)
		if (media[i].state == MEDIUM_FAILED)
			return &media[i];
	return NULL;
}

/* A person asked for it, so a blank medium is written, too. */
static enum err bring_back(struct ledger *l, struct fault *f)
{
	struct medium_info media[LEDGER_MEDIA];
	const struct medium_info *lost;
	enum err err;

	ledger_media(l, media);
	lost = find_lost(media);
	if (lost == NULL)
		return ERR_OK;
	(void)printf("%s\n", lost->why);
	(void)fflush(stdout);
	err = rejoin(l, REJOIN_AS_IT_IS, f);
	if (err == ERR_MISSING || err == ERR_CORRUPT || err == ERR_FORMAT)
		err = rejoin(l, REJOIN_ANEW, f);
	if (err == ERR_OK)
		(void)printf(_("%s: holds everything again\n"), lost->folder);
	return err;
}

static enum err scrub(struct ledger *l, struct fault *f)
{
	struct scrub_report report = {0};
	struct scrub *s = NULL;
	bool done = false;
	enum err err = scrub_begin(l, &s, f);

	while (err == ERR_OK && !done) {
		err = scrub_step(s, slice_ns, &done, f);
		scrub_tell(s, &report);
		far_show(N_("scrubbing"), report.checked, ledger_head(l).size);
	}
	far_end();
	scrub_end(s);
	if (err != ERR_OK)
		return err;
	(void)printf(_("Read on every medium: %llu entries, and all stored files; put right: %llu\n"),
		     (unsigned long long)report.checked, (unsigned long long)report.repaired);
	if (report.bad > 0)
		return fault_set(f, ERR_CORRUPT, _("cannot be put right: %s"), report.first_bad.text);
	return ERR_OK;
}

static enum err begin_incarnation(const struct request *request, struct fault *f)
{
	const struct reincarnation why = {.via = "cli", .reason = request->reason};
	char code[GENESIS_CODE_CHARS + 1];
	enum err err = ledger_reincarnate(request->folder, &why, moment_now(), code, f);

	if (err == ERR_OK)
		(void)printf(_("A new incarnation has begun; the old log is kept in %s/incarnations.\n"
			       "Put its new genesis code on paper.\ngenesis: %s\n"),
			     request->folder, code);
	return err;
}

enum err command_repair(const struct request *request, struct fault *f)
{
	struct progress progress = {tell_far, NULL};
	struct ledger *l = NULL;
	struct past *past = NULL;
	struct fault late = {.text = ""};
	enum err err, last;

	if (request->new_incarnation)
		return begin_incarnation(request, f);
	err = ledger_open_telling(request->folder, moment_now(), &progress, NULL, &l, f);
	far_end();
	if (err != ERR_OK)
		return err;
	if (request->mirror != NULL)
		err = ledger_add_mirror(l, request->mirror, f);
	if (err == ERR_OK)
		err = bring_back(l, f);
	/* What was erased while a medium was away goes from the earlier logs there, too. */
	if (err == ERR_OK)
		err = past_open(l, &past, f);
	if (err == ERR_OK)
		err = scrub(l, f);
	past_close(past);
	last = settle(l, &late);
	ledger_close(l);
	if (err == ERR_OK && last != ERR_OK)
		*f = late;
	return err != ERR_OK ? err : last;
}

/* ---- redact ---- */

static enum err dispose(struct ledger *l, struct past *past, const char *about, const struct redaction *why,
			struct fault *f)
{
	struct disposal *d = NULL;
	bool done = false;
	enum err err = disposal_begin(l, past, about, why, &d, f);

	while (err == ERR_OK && !done) {
		err = disposal_step(d, slice_ns, moment_now(), &done, f);
		far_show(N_("erasing"), disposal_erased(d), 0);
	}
	far_end();
	if (err == ERR_OK)
		(void)printf(_("Erased in %s: %llu texts\n"), about, (unsigned long long)disposal_erased(d));
	disposal_end(d);
	return err;
}

static enum err erase_with(struct ledger *l, struct past *past, const struct request *request,
			   const struct redaction *why, struct fault *f)
{
	enum err err;

	if (request->leftovers) {
		uint64_t removed = 0;

		err = ledger_remove_leftovers(l, why, moment_now(), &removed, f);
		if (err == ERR_OK)
			(void)printf(_("Removed beside the log: %llu files\n"), (unsigned long long)removed);
		return err;
	}
	if (request->about != NULL)
		return dispose(l, past, request->about, why, f);
	err = past_redact(past, l, request->seq, request->name, why, moment_now(), f);
	if (err == ERR_OK)
		(void)printf(_("Erased: %s of entry %llu\n"), request->name, (unsigned long long)request->seq);
	return err;
}

enum err command_redact(const struct request *request, struct fault *f)
{
	struct redaction why = {.who = request->approved_by[0],
				.via = "cli",
				.authority = request->authority,
				.reason = request->reason,
				.approved_by = {request->approved_by[0], request->approved_by[1]}};
	struct ledger *l = NULL;
	struct past *past = NULL;
	enum err err;

	if ((request->about != NULL) + (request->name != NULL) + request->leftovers != 1)
		return fault_set(f, ERR_MISSING,
				 _("say what to erase: --about CASE, --leftovers, or the number of an entry and a "
				   "name"));
	if (why.authority == NULL || why.reason == NULL || why.approved_by[1] == NULL)
		return fault_set(f, ERR_MISSING,
				 _("give --authority TEXT --reason TEXT --approved-by ID --approved-by ID"));
	err = open_to_write(request, &l, f);
	if (err == ERR_OK)
		err = past_open(l, &past, f);
	if (err == ERR_OK)
		err = erase_with(l, past, request, &why, f);
	past_close(past);
	ledger_close(l);
	return err;
}
