#include "keeper/scribe.h"

#include "base/diag.h"
#include "keeper/starting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 1000, RENEW_CHUNK = 32, TELL_EVERY = 5000 };

struct staged {
	struct staged *next;
	struct waiter waiter;
	struct receipt receipt;
};

/* A commit waits until everything that has arrived is staged; but a flood of it must not put it off. */
static const int commit_priority = SD_EVENT_PRIORITY_NORMAL + 1;
static const uint64_t commit_within_us = 3000;

struct scribe {
	sd_event_source *commit, *latest;
	struct scribe_hooks hooks;
	struct chain chain; /* its ledger is NULL when it could not be opened again after a failure */
	struct pack *pack;
	struct book *book;
	struct recall recall;
	uint64_t applied;   /* numbers below it are folded into book and recall, staged ones included */
	struct book *fresh; /* a book that is being made anew, or NULL, and how far it is */
	uint64_t fresh_applied;
	struct staged *first, **end;
	unsigned waiting;
	enum change change; /* of what is staged */
	enum err doubt;     /* why nothing that is staged may be committed */
	bool is_well;
};

struct ledger *scribe_ledger(struct scribe *s)
{
	return s->chain.ledger;
}

struct chain *scribe_chain(struct scribe *s)
{
	return &s->chain;
}

const struct pack *scribe_pack(const struct scribe *s)
{
	return s->pack;
}

const struct book *scribe_book(const struct scribe *s)
{
	return s->book;
}

const struct recall *scribe_recall(const struct scribe *s)
{
	return &s->recall;
}

bool scribe_is_well(const struct scribe *s)
{
	return s->is_well;
}

/* ---- folding ---------------------------------------------------------------------------------------- */

static enum err fold(struct scribe *s, const struct record *record, struct fault *f)
{
	enum err err = book_apply(s->book, record, f);

	if (err != ERR_OK)
		return err;
	recall_apply(&s->recall, record);
	s->applied = record->seq + 1;
	return ERR_OK;
}

struct folding {
	struct scribe *scribe;
	struct fault *fault;
};

static enum err fold_next(void *context, const struct record *record)
{
	struct folding *folding = context;
	uint64_t size = chain_size(&folding->scribe->chain);

	if (record->seq % TELL_EVERY == TELL_EVERY - 1)
		starting_tell("starting", record->seq, size);
	return fold(folding->scribe, record, folding->fault);
}

enum err scribe_catch_up(struct scribe *s, struct fault *f)
{
	struct folding folding = {.scribe = s, .fault = f};

	scribe_mind_media(s);
	return chain_read(&s->chain, s->applied, chain_size(&s->chain), fold_next, &folding, f);
}

static void drop_fresh(struct scribe *s)
{
	book_free(s->fresh);
	s->fresh = NULL;
}

static enum err refold(struct scribe *s, struct fault *f)
{
	struct book *fresh;
	enum err err = book_new(s->pack, &fresh);

	if (err != ERR_OK)
		return fault_set(f, err, "out of memory");
	drop_fresh(s);
	book_free(s->book);
	s->book = fresh;
	memset(&s->recall, 0, sizeof s->recall);
	s->applied = 0;
	return scribe_catch_up(s, f);
}

struct renewing {
	struct scribe *scribe;
	struct fault *fault;
};

static enum err renew_next(void *context, const struct record *record)
{
	struct renewing *renewing = context;
	struct scribe *s = renewing->scribe;
	enum err err = book_apply(s->fresh, record, renewing->fault);

	if (err == ERR_OK)
		s->fresh_applied = record->seq + 1;
	return err;
}

enum err scribe_renew(struct scribe *s, int64_t budget_ns, bool *done, struct fault *f)
{
	struct renewing renewing = {.scribe = s, .fault = f};
	int64_t end_ns = moment_now().boot_ns + budget_ns;
	uint64_t size = chain_size(&s->chain);
	enum err err = ERR_OK;

	*done = false;
	if (s->fresh == NULL) {
		s->fresh_applied = 0;
		err = book_new(s->pack, &s->fresh);
	}
	while (err == ERR_OK && s->fresh_applied < size && moment_now().boot_ns < end_ns) {
		uint64_t to = size - s->fresh_applied < RENEW_CHUNK ? size : s->fresh_applied + RENEW_CHUNK;

		err = chain_read(&s->chain, s->fresh_applied, to, renew_next, &renewing, f);
	}
	/* What is staged is in the old book alone. */
	if (err == ERR_OK && s->fresh_applied == s->applied) {
		book_free(s->book);
		s->book = s->fresh;
		s->fresh = NULL;
		*done = true;
	}
	if (err != ERR_OK)
		drop_fresh(s);
	return err;
}

/* ---- opening ---------------------------------------------------------------------------------------- */

static enum err recall_next(void *context, const struct record *record)
{
	struct recall *recall = context;

	recall_apply(recall, record);
	return recall->is_set_up ? ERR_EXISTS : ERR_OK;
}

/* The ledger names its pack; only then can the book be folded. */
static enum err load_pack(struct scribe *s, const char *packs, struct fault *f)
{
	struct recall recall = {.is_set_up = false};
	char folder[1024];
	enum err err = chain_read(&s->chain, 0, chain_size(&s->chain), recall_next, &recall, f);

	if (err != ERR_OK && err != ERR_EXISTS)
		return err;
	if (!recall.is_set_up)
		return fault_set(f, ERR_STATE,
				 "this ledger was never set up; run kannukid --setup FILE in a fresh place");
	if ((size_t)snprintf(folder, sizeof folder, "%s/%s", packs, recall.pack) >= sizeof folder)
		return fault_set(f, ERR_RANGE, "%s: path too long", packs);
	err = pack_load(folder, &s->pack, f);
	if (err == ERR_OK && strcmp(pack_hash(s->pack), recall.pack_hash) != 0)
		diag(DIAG_WARNING, "%s: the pack has changed since the set-up (now %s)", folder, pack_hash(s->pack));
	return err;
}

static int on_commit(sd_event_source *source, void *userdata)
{
	(void)source;
	(void)scribe_commit(userdata);
	return 0;
}

static int on_latest(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	(void)scribe_commit(userdata);
	return 0;
}

static enum err open_book(struct scribe *s, enum err (*open)(struct chain *c, struct fault *f),
			  const char *const folders[LEDGER_MEDIA], const char *packs, struct slots *slots,
			  struct fault *f)
{
	enum err err = chain_init(&s->chain, folders, slots, f);

	if (err == ERR_OK)
		err = open(&s->chain, f);
	if (err == ERR_OK)
		err = load_pack(s, packs, f);
	return err == ERR_OK ? refold(s, f) : err;
}

static enum err prepare(struct scribe *s, sd_event *event, const char *const folders[LEDGER_MEDIA], const char *packs,
			struct slots *slots, struct fault *f)
{
	int r = sd_event_add_defer(event, &s->commit, on_commit, s);

	if (r >= 0)
		r = sd_event_source_set_enabled(s->commit, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_priority(s->commit, commit_priority);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &s->latest, CLOCK_MONOTONIC, UINT64_MAX / 2, 1, on_latest, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->latest, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_priority(s->latest, SD_EVENT_PRIORITY_IMPORTANT);
	if (r < 0)
		return fault_set(f, err_from_errno(-r), "event loop: %s", strerror(-r));
	return open_book(s, chain_open, folders, packs, slots, f);
}

enum err scribe_open(sd_event *event, const char *const folders[LEDGER_MEDIA], const char *packs, struct slots *slots,
		     const struct scribe_hooks *hooks, struct scribe **out, struct fault *f)
{
	struct scribe *s = calloc(1, sizeof *s);
	enum err err;

	if (s == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	s->hooks = *hooks;
	s->end = &s->first;
	s->is_well = true;
	err = prepare(s, event, folders, packs, slots, f);
	if (err != ERR_OK) {
		scribe_close(s);
		return err;
	}
	*out = s;
	return ERR_OK;
}

enum err scribe_look(const char *const folders[LEDGER_MEDIA], const char *packs, struct scribe **out, struct fault *f)
{
	struct scribe *s = calloc(1, sizeof *s);
	enum err err;

	if (s == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	s->end = &s->first;
	err = open_book(s, chain_look, folders, packs, NULL, f);
	if (err != ERR_OK) {
		scribe_close(s);
		return err;
	}
	*out = s;
	return ERR_OK;
}

void scribe_close(struct scribe *s)
{
	if (s == NULL)
		return;
	if (s->first != NULL)
		(void)scribe_commit(s);
	s->commit = sd_event_source_disable_unref(s->commit);
	s->latest = sd_event_source_disable_unref(s->latest);
	drop_fresh(s);
	book_free(s->book);
	pack_free(s->pack);
	chain_close(&s->chain);
	free(s);
}

/* ---- recording -------------------------------------------------------------------------------------- */

/* The strings of one entry while it is staged. */
struct written {
	char *body, *text, *person, *files;
};

static char *dump(json_t *json)
{
	return json != NULL ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
}

static enum err write_down(struct written *w, const struct entry *entry, bool is_sealed, struct fault *f)
{
	json_t *body = entry->body != NULL ? json_copy(entry->body) : json_object();
	bool is_whole = json_object_set_new(body, "act", json_string(entry->kind->name)) == 0;

	if (is_sealed)
		is_whole = is_whole && json_object_set_new(body, "by", json_string(entry->who)) == 0 &&
			   json_object_set_new(body, "via", json_string(entry->via)) == 0;
	w->body = is_whole ? dump(body) : NULL;
	w->text = dump(entry->text);
	w->person = dump(entry->person);
	w->files = dump(entry->files);
	json_decref(body);
	if (w->body == NULL || (entry->text != NULL && w->text == NULL) ||
	    (entry->person != NULL && w->person == NULL) || (entry->files != NULL && w->files == NULL))
		return fault_set(f, ERR_NOMEM, "out of memory");
	return ERR_OK;
}

static void written_fini(struct written *w)
{
	free(w->body);
	free(w->text);
	free(w->person);
	free(w->files);
}

static struct staged *add_waiter(struct scribe *s, struct waiter waiter, const struct receipt *receipt)
{
	struct staged *staged = calloc(1, sizeof *staged);

	if (staged == NULL)
		return NULL;
	staged->waiter = waiter;
	staged->receipt = *receipt;
	*s->end = staged;
	s->end = &staged->next;
	s->waiting++;
	return staged;
}

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* On a full medium two people must still be able to agree on erasing. */
static bool leads_to_room(const struct act_kind *kind)
{
	static const char *const some[] = {"login.ok", "user.pin.tried", "erasure.requested", "erasure.approved",
					   "erasure.ended"};

	return is_one_of(some, sizeof some / sizeof some[0], kind->name);
}

/* What is sealed shows nothing in its open part: not who, how, or of what kind. */
static enum err stage(struct scribe *s, const struct entry *entry, const char *sealed, const struct written *w,
		      struct receipt *receipt, struct fault *f)
{
	struct moment now = moment_now();
	struct draft draft = {.who = sealed != NULL ? "system" : entry->who,
			      .via = sealed != NULL ? "keeper" : entry->via,
			      .type = sealed != NULL ? "system" : entry->kind->type,
			      .about = sealed != NULL || entry->about == NULL ? "-" : entry->about,
			      .restricted = sealed,
			      .leads_to_room = leads_to_room(entry->kind),
			      .idem = entry->idem,
			      .body = w->body,
			      .text = w->text,
			      .person = w->person,
			      .files = w->files};
	struct record record = {.boot = s->recall.boot,
				.epoch = ledger_head(s->chain.ledger).epoch,
				.at = now,
				.who = draft.who,
				.via = draft.via,
				.type = draft.type,
				.about = draft.about,
				.restricted = sealed,
				.idem = draft.idem,
				.body = draft.body,
				.text = draft.text,
				.person = draft.person,
				.files = draft.files};
	enum err err = ledger_add(s->chain.ledger, &draft, now, &record.seq, record.leaf, f);

	if (err != ERR_OK)
		return err;
	record.seq = chain_number(&s->chain, record.seq);
	receipt->seq = record.seq;
	receipt->wall_ms = now.wall_ms;
	(void)snprintf(receipt->about, sizeof receipt->about, "%s", sealed != NULL ? sealed : draft.about);
	return fold(s, &record, f);
}

/* Views, notices or lamps show it. */
static bool is_visible(const struct act_kind *kind)
{
	static const char *const some[] = {"incarnation.noted", "space.changed",   "envelope.opened", "envelope.noted",
					   "people.requested",  "people.approved", "user.absent",     "user.back"};

	return is_one_of(some, sizeof some / sizeof some[0], kind->name) || strcmp(kind->type, "incident") == 0 ||
	       strcmp(kind->type, "panel") == 0;
}

/* The entry is in the open transaction; the loop commits when it has taken everything else that has arrived, or
   sooner for a press. */
static void arrange_commit(struct scribe *s, enum urgency urgency)
{
	if (urgency == AT_ONCE)
		(void)sd_event_source_set_priority(s->commit, SD_EVENT_PRIORITY_IMPORTANT);
	if (sd_event_source_get_enabled(s->commit, NULL) == 0) {
		(void)sd_event_source_set_time_relative(s->latest, commit_within_us);
		(void)sd_event_source_set_enabled(s->latest, SD_EVENT_ONESHOT);
	}
	(void)sd_event_source_set_enabled(s->commit, SD_EVENT_ONESHOT);
	if (s->waiting >= SCRIBE_GROUP_MAX)
		(void)scribe_commit(s);
}

/* Nothing that is staged may stay: the book does not agree with it, or the ledger did not take it whole. */
static void give_up(struct scribe *s, const struct fault *why)
{
	diag(DIAG_ERROR, "an entry could not be taken: %s", why->text);
	ledger_abandon(s->chain.ledger);
	s->doubt = why->err != ERR_OK ? why->err : ERR_STATE;
	(void)scribe_commit(s);
}

void scribe_mind_clock(struct scribe *s)
{
	struct moment now = moment_now();
	int64_t was_ms = s->recall.offset_ms + now.boot_ns / 1000000, by_ms = now.wall_ms - was_ms;
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("clock.stepped")};
	char from[WALL_TEXT_SIZE], to[WALL_TEXT_SIZE];

	if (!s->recall.has_offset || (by_ms >= -STEP_MS && by_ms <= STEP_MS))
		return;
	wall_format(from, was_ms);
	wall_format(to, now.wall_ms);
	entry.body = json_pack("{s:s, s:s, s:I, s:s}", "from", from, "to", to, "by_ms", (json_int_t)by_ms, "source",
			       wall_source_name(now.source));
	scribe_note(s, &entry);
	json_decref(entry.body);
}

/* What the asker did wrong, not the disk. */
static bool is_refusal(enum err err)
{
	return err == ERR_FORMAT || err == ERR_RANGE || err == ERR_EXISTS || err == ERR_MISSING;
}

static enum err stage_one(struct scribe *s, const struct entry *entry, struct receipt *receipt, struct fault *f)
{
	struct written w = {NULL, NULL, NULL, NULL};
	const char *sealed = book_sealed_for(s->book, entry->kind, entry->about, entry->body);
	enum err err = write_down(&w, entry, sealed != NULL, f);

	if (err == ERR_OK)
		err = stage(s, entry, sealed, &w, receipt, f);
	written_fini(&w);
	/* Nobody is told of what not everybody may see: a notice at the right time would tell that there is something.
	 */
	if (err == ERR_OK && sealed == NULL && is_visible(entry->kind))
		s->change = CHANGE_VISIBLE;
	return err;
}

enum err scribe_record_all(struct scribe *s, const struct entry *entries, size_t count, enum urgency urgency,
			   struct waiter waiter, struct fault *f)
{
	struct receipt first = {.seq = UINT64_MAX}, other;
	enum err err = ERR_OK;

	if (s->chain.ledger == NULL)
		return fault_set(f, ERR_IO, "the ledger could not be opened again");
	if (strcmp(entries[0].kind->name, "clock.stepped") != 0)
		scribe_mind_clock(s);
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = stage_one(s, &entries[i], i == 0 ? &first : &other, f);
	if (err == ERR_OK && waiter.hear != NULL && add_waiter(s, waiter, &first) == NULL)
		err = fault_set(f, ERR_NOMEM, "out of memory");
	if (err != ERR_OK) {
		if (first.seq != UINT64_MAX || !is_refusal(err))
			give_up(s, f);
		return err;
	}
	arrange_commit(s, urgency);
	return ERR_OK;
}

enum err scribe_record(struct scribe *s, const struct entry *entry, enum urgency urgency, struct waiter waiter,
		       struct fault *f)
{
	return scribe_record_all(s, entry, 1, urgency, waiter, f);
}

uint64_t scribe_next(const struct scribe *s)
{
	return s->applied;
}

enum err scribe_put_tally(struct scribe *s, unsigned number, const char *text, struct waiter waiter, struct fault *f)
{
	struct receipt none = {.seq = 0};
	enum err err = s->chain.ledger != NULL ? ledger_put_tally(s->chain.ledger, number, text, f)
					       : fault_set(f, ERR_IO, "the ledger could not be opened again");

	if (err == ERR_OK && waiter.hear != NULL && add_waiter(s, waiter, &none) == NULL) {
		err = fault_set(f, ERR_NOMEM, "out of memory");
		give_up(s, f);
	}
	if (err == ERR_OK && waiter.hear != NULL)
		arrange_commit(s, AT_ONCE);
	return err;
}

void scribe_note(struct scribe *s, const struct entry *entry)
{
	struct fault f;

	if (scribe_record(s, entry, SOON, (struct waiter){NULL, NULL}, &f) != ERR_OK)
		diag(DIAG_ERROR, "%s was not recorded: %s", entry->kind->name, f.text);
}

/* ---- committing ------------------------------------------------------------------------------------- */

/* Every waiter hears, also when the hearing stages something new. */
static void tell(struct staged *first, const struct checkpoint_info *head)
{
	while (first != NULL) {
		struct staged *staged = first;

		first = staged->next;
		if (head != NULL)
			checkpoint_short_code(staged->receipt.code, head->root);
		staged->waiter.hear(staged->waiter.context, head != NULL ? &staged->receipt : NULL);
		free(staged);
	}
}

/* What was staged is gone. After a failed write only opening the file again tells what is really on the disk. */
static void recover(struct scribe *s, enum err why)
{
	struct fault f = {.err = ERR_OK};
	enum err err = ERR_OK;

	s->is_well = false;
	s->doubt = ERR_OK;
	if (why == ERR_IO) {
		s->hooks.closing(s->hooks.context);
		chain_close(&s->chain);
		err = chain_open(&s->chain, &f);
	}
	if (err == ERR_OK)
		err = refold(s, &f);
	if (err != ERR_OK) {
		s->hooks.lost(s->hooks.context, &f);
		return;
	}
	s->hooks.media(s->hooks.context);
	s->hooks.changed(s->hooks.context, CHANGE_VISIBLE);
}

enum err scribe_reincarnate(struct scribe *s, const struct reincarnation *why, struct fault *f)
{
	struct fault late = {.text = ""};
	enum err err;

	if (scribe_commit(s) != ERR_OK)
		return fault_set(f, ERR_IO, "the entries before it could not be recorded");
	s->hooks.closing(s->hooks.context);
	err = chain_renew(&s->chain, why, f);
	if (s->chain.ledger == NULL || refold(s, &late) != ERR_OK) {
		s->hooks.lost(s->hooks.context, s->chain.ledger == NULL ? f : &late);
		return err != ERR_OK ? err : late.err;
	}
	s->hooks.media(s->hooks.context);
	s->hooks.changed(s->hooks.context, CHANGE_VISIBLE);
	return err;
}

void scribe_mind_media(struct scribe *s)
{
	if (s->chain.ledger != NULL && ledger_media_changed(s->chain.ledger))
		(void)sd_event_source_set_enabled(s->commit, SD_EVENT_ONESHOT);
}

/* Stages what is to be said of the media. False: nothing. */
static bool note_media(struct scribe *s)
{
	struct fault f;

	if (s->doubt != ERR_OK || !ledger_media_changed(s->chain.ledger))
		return false;
	if (ledger_note_media(s->chain.ledger, moment_now(), &f) == ERR_OK)
		return true;
	diag(DIAG_ERROR, "the loss or return of a medium was not recorded: %s", f.text);
	return false;
}

/* Everybody who waits hears; then everybody else. What the ledger said of its media stands behind all that was staged.
 */
static void tell_all(struct scribe *s, struct staged *first, enum change change, bool had_staged, bool has_news)
{
	struct checkpoint_info head = ledger_head(s->chain.ledger);
	struct fault f;
	enum err err = has_news ? scribe_catch_up(s, &f) : ERR_OK;

	tell(first, &head);
	if (err != ERR_OK) {
		s->hooks.lost(s->hooks.context, &f);
		return;
	}
	if (has_news)
		s->hooks.media(s->hooks.context);
	if (had_staged)
		s->hooks.changed(s->hooks.context, has_news ? CHANGE_VISIBLE : change);
	scribe_mind_media(s);
}

enum err scribe_commit(struct scribe *s)
{
	struct staged *first = s->first;
	enum change change = s->change;
	struct fault f = {.text = "an entry of it could not be taken"};
	bool had_staged, has_news;
	enum err err;

	if (s->chain.ledger == NULL)
		return ERR_IO;
	has_news = note_media(s);
	had_staged = ledger_has_staged(s->chain.ledger);
	err = s->doubt != ERR_OK ? s->doubt : ledger_commit(s->chain.ledger, moment_now(), &f);
	(void)sd_event_source_set_enabled(s->commit, SD_EVENT_OFF);
	(void)sd_event_source_set_enabled(s->latest, SD_EVENT_OFF);
	(void)sd_event_source_set_priority(s->commit, commit_priority);
	s->first = NULL;
	s->end = &s->first;
	s->waiting = 0;
	s->change = CHANGE_HOUSEKEEPING;
	if (err == ERR_OK) {
		s->is_well = s->is_well || had_staged;
		tell_all(s, first, change, had_staged, has_news);
		return ERR_OK;
	}
	diag(DIAG_ERROR, "nothing of this group was recorded: %s", f.text);
	tell(first, NULL);
	recover(s, err);
	return ERR_IO;
}

enum err scribe_rotate(struct scribe *s, struct fault *f)
{
	enum err err;

	if (scribe_commit(s) != ERR_OK)
		return fault_set(f, ERR_IO, "the entries before it could not be recorded");
	err = ledger_rotate(s->chain.ledger, moment_now(), f);
	return err == ERR_OK ? scribe_catch_up(s, f) : err;
}

/* ---- retries ---------------------------------------------------------------------------------------- */

struct earlier {
	const char *who, *act;
	struct receipt receipt;
	bool is_same;
};

static enum err look(void *context, const struct record *record)
{
	struct earlier *earlier = context;
	json_t *body = record->body != NULL ? json_loads(record->body, 0, NULL) : NULL;
	const char *act = json_string_value(json_object_get(body, "act"));
	struct record plain = record_plain(record, body);

	earlier->is_same = act != NULL && strcmp(act, earlier->act) == 0 && strcmp(plain.who, earlier->who) == 0;
	earlier->receipt.seq = record->seq;
	earlier->receipt.wall_ms = record->at.wall_ms;
	(void)snprintf(earlier->receipt.about, sizeof earlier->receipt.about, "%s", plain.about);
	json_decref(body);
	return ERR_OK;
}

enum err scribe_repeat(struct scribe *s, const char *idem, const char *who, const char *act, struct waiter waiter)
{
	struct earlier earlier = {.who = who, .act = act, .is_same = false};
	struct checkpoint_info head;
	struct fault f;
	uint64_t number;
	enum err err = s->chain.ledger != NULL ? chain_find_idem(&s->chain, idem, &number) : ERR_IO;

	if (err != ERR_OK)
		return err;
	/* It may still be in the open transaction: then it must be durable before anybody hears of it. */
	if (number >= chain_size(&s->chain) && scribe_commit(s) != ERR_OK)
		return ERR_MISSING;
	err = chain_read(&s->chain, number, number + 1, look, &earlier, &f);
	if (err != ERR_OK)
		return err;
	if (!earlier.is_same)
		return ERR_EXISTS;
	head = ledger_head(s->chain.ledger);
	checkpoint_short_code(earlier.receipt.code, head.root);
	waiter.hear(waiter.context, &earlier.receipt);
	return ERR_OK;
}
