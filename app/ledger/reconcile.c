/* Which medium is right, and making the other like it: when opening, and when a failed one comes back.
 *
 * A medium that is damaged by itself is filled again from the other as long as it cannot hold anything that the other
 * lacks; otherwise it is left as it is, for a person to decide.
 */
#include "ledger/refill.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/number.h"
#include "ledger/opener.h"
#include "ledger/runner.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[MEDIA_MAX] = {"first", "second"};
static const int64_t opening_slice_ns = 250000000;

static const char *name_of(const struct ledger *l, const struct medium *medium)
{
	return names[medium - l->media.m];
}

/* ---- news ---- */

void news_add(struct ledger *l, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	buf_adds(&l->news, line);
	buf_addc(&l->news, '\n');
}

static void tell_lost(struct ledger *l, const struct medium *medium)
{
	news_add(l, "{\"act\":\"medium.lost\",\"medium\":\"%s\",\"why\":\"%s\"}", name_of(l, medium),
		 err_name(medium->why.err));
}

enum err news_stage(struct ledger *l, struct moment now, struct fault *f)
{
	struct draft draft = {.who = "system", .via = "keeper", .type = "system", .about = "-"};
	char *line = l->news.data, *end;
	enum err err = buf_status(&l->news);

	while (err == ERR_OK && line != NULL && (end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		draft.body = line;
		err = ledger_add(l, &draft, now, NULL, NULL, f);
		line = end + 1;
	}
	buf_clear(&l->news);
	return err;
}

bool ledger_media_changed(const struct ledger *l)
{
	return l->media.has_news || l->news.len > 0;
}

enum err ledger_note_media(struct ledger *l, struct moment now, struct fault *f)
{
	if (l->media.has_news)
		for (int i = 0; i < MEDIA_MAX; i++)
			if (l->media.m[i].folder != NULL && l->media.m[i].state == MEDIUM_FAILED)
				tell_lost(l, &l->media.m[i]);
	l->media.has_news = false;
	return news_stage(l, now, f);
}

/* ---- one medium ---- */

/* Keys lie beside each medium; those that fit the genesis are taken. */
static enum err find_keys(struct ledger *l, const struct genesis *genesis, struct fault *f)
{
	enum err err = ERR_MISSING;

	for (int i = 0; i < MEDIA_MAX && err != ERR_OK; i++) {
		const char *folder = l->media.m[i].folder;

		if (folder == NULL)
			continue;
		err = keys_load(&l->keys, folder, genesis->identity.name, f);
		if (err != ERR_OK || memcmp(l->keys.identity.key.key, genesis->identity.key, KEY_SIZE) == 0)
			continue;
		keys_fini(&l->keys);
		err = fault_set(f, ERR_CORRUPT, _("%s: keys/identity belongs to another ledger"), folder);
	}
	return err;
}

static enum err of_another_log(const char *folder, bool is_earlier_one, struct fault *f)
{
	if (is_earlier_one)
		return fault_set(
			f, ERR_FORMAT,
			_("%s: holds an earlier incarnation of this log; kannuki-ledger repair sets it aside and "
			  "fills the medium anew"),
			folder);
	return fault_set(f, ERR_STATE, _("%s: is of another log"), folder);
}

enum err standing_hear(struct ledger *l, int index, enum standing_how how, struct standing *s, struct fault *f)
{
	enum err err;

	l->media.reading = index;
	err = standing_genesis(l, &s->genesis, f);
	if (err == ERR_OK && l->keys.wrap == NULL)
		err = find_keys(l, &s->genesis, f);
	/* Read with our keys it would only look damaged. */
	if (err == ERR_OK && memcmp(l->keys.identity.key.key, s->genesis.identity.key, KEY_SIZE) != 0)
		err = of_another_log(l->media.m[index].folder, false, f);
	if (err == ERR_OK)
		err = how == STANDING_WHOLE ? standing_load(l, s, f) : standing_claim(l, s, f);
	case_keys_forget(l);
	return err;
}

/* ---- two media ---- */

static enum err conflict(const struct ledger *l, struct fault *f)
{
	return fault_set(
		f, ERR_STATE,
		_("%s and %s hold different entries under the same numbers, and both may have been acknowledged; "
		  "keep both, and begin a new incarnation with kannuki-ledger repair --new-incarnation"),
		l->media.m[0].folder, l->media.m[1].folder);
}

struct claim claim_of(const struct medium *medium, const struct standing *s)
{
	return (struct claim){.generation = medium->generation,
			      .size = s->durable.tree.size,
			      .is_alone = medium->is_alone,
			      .is_filling = medium->is_filling};
}

/* Holds the same, as far as both say. */
static bool is_even(const struct medium *a, const struct standing *as, const struct medium *b,
		    const struct standing *bs)
{
	return a->generation == b->generation && !a->is_alone && !b->is_alone && !a->is_filling && !b->is_filling &&
	       as->durable.tree.size == bs->durable.tree.size && memcmp(as->head.root, bs->head.root, HASH_SIZE) == 0;
}

static void use_only(struct ledger *l, int index, const struct fault *why)
{
	struct medium *other = &l->media.m[1 - index];

	l->media.reading = index;
	l->media.m[index].state = MEDIUM_GOOD;
	if (other->folder == NULL)
		return;
	other->state = MEDIUM_FAILED;
	if (why != NULL)
		medium_blame(other, why);
	tell_lost(l, other);
}

static enum err refill_all(struct ledger *l, struct medium *to, uint64_t common, const struct progress *progress,
			   struct fault *f)
{
	struct refill *r = NULL;
	bool done = false;
	enum err err = refill_begin(l, to, common, &r, f);

	while (err == ERR_OK && !done) {
		err = refill_step(r, 100000000, &done, f);
		if (progress != NULL)
			progress->report(progress->context, N_("filling"), refill_far(r), l->durable.tree.size);
	}
	if (err == ERR_OK)
		news_add(l,
			 "{\"act\":\"medium.returned\",\"medium\":\"%s\",\"copied\":%" PRIu64 ",\"orphans\":%" PRIu64
			 "}",
			 name_of(l, to), refill_copied(r), refill_orphans(r));
	refill_end(r);
	return err;
}

/* The other is filled from `index`, which is right. A medium that cannot be filled is only lost. */
static void bring_together(struct ledger *l, int index, struct standing *right, uint64_t common,
			   const struct progress *progress)
{
	struct medium *to = &l->media.m[1 - index];
	struct fault why = {.text = ""};

	l->media.reading = index;
	l->durable = right->durable;
	if (refill_all(l, to, common, progress, &why) != ERR_OK)
		use_only(l, index, &why);
}

/* While the ledger is only read. */
static void pass_over(struct medium *behind)
{
	struct fault why;

	behind->state = MEDIUM_FAILED;
	(void)fault_set(&why, ERR_STATE, _("%s: lacks what the other medium holds; repair fills it"), behind->folder);
	medium_blame(behind, &why);
}

static enum err weigh(struct ledger *l, enum store_mode mode, struct standing s[MEDIA_MAX], int *right,
		      const struct progress *progress, struct fault *f)
{
	struct medium *m = l->media.m;
	struct claim claims[MEDIA_MAX] = {claim_of(&m[0], &s[0]), claim_of(&m[1], &s[1])};
	uint64_t common = 0;
	enum err err = ERR_OK;

	*right = 0;
	if (is_even(&m[0], &s[0], &m[1], &s[1]))
		return ERR_OK;
	err = media_common(&l->media, &common, f);
	if (err != ERR_OK)
		return err;
	*right = claims_judge(claims, common);
	if (*right < 0)
		return conflict(l, f);
	if (mode == STORE_WRITE)
		bring_together(l, *right, &s[*right], common, progress);
	else
		pass_over(&m[1 - *right]);
	return ERR_OK;
}

/* One is damaged. May it hold what the other lacks? */
static bool is_behind(const struct medium *damaged, const struct medium *good)
{
	return damaged->store != NULL && !damaged->is_alone && damaged->generation <= good->generation;
}

enum err say_half_filled(const struct medium *medium, const struct fault *of_other, struct fault *f)
{
	return fault_set(f, ERR_STATE,
			 _("%s was being filled from the other medium, which is gone (%s); put that one back, or, "
			   "if it is lost for good, begin a new incarnation with kannuki-ledger repair "
			   "--new-incarnation --reason TEXT"),
			 medium->folder, of_other->text);
}

bool genesis_is_earlier(const struct genesis *a, const struct genesis *b)
{
	const char *of_a = strrchr(a->identity.name, '/') + 1, *of_b = strrchr(b->identity.name, '/') + 1;
	size_t len = (size_t)(of_a - a->identity.name);
	uint64_t number_a, number_b;

	return memcmp(a->identity.key, b->identity.key, KEY_SIZE) == 0 &&
	       strncmp(a->identity.name, b->identity.name, len) == 0 &&
	       number_parse(of_a, strlen(of_a), &number_a) == ERR_OK &&
	       number_parse(of_b, strlen(of_b), &number_b) == ERR_OK && number_a < number_b;
}

enum err say_unrelated(const struct ledger *l, struct fault *f)
{
	return fault_set(f, ERR_STATE, _("%s and %s are not of the same log; take one of them away"),
			 l->media.m[0].folder, l->media.m[1].folder);
}

/* One was away when a new incarnation began; or somebody put in a medium of another box. */
static enum err tell_apart(struct ledger *l, const struct standing s[MEDIA_MAX], int *right, struct fault *f)
{
	bool first_is_earlier = genesis_is_earlier(&s[0].genesis, &s[1].genesis);
	struct fault why;

	if (!first_is_earlier && !genesis_is_earlier(&s[1].genesis, &s[0].genesis))
		return say_unrelated(l, f);
	*right = first_is_earlier ? 1 : 0;
	(void)!of_another_log(l->media.m[1 - *right].folder, true, &why);
	use_only(l, *right, &why);
	return ERR_OK;
}

static enum err settle(struct ledger *l, enum store_mode mode, struct standing s[MEDIA_MAX], const enum err state[],
		       const struct fault faults[], int *right, const struct progress *progress, struct fault *f)
{
	int good = state[0] == ERR_OK ? 0 : 1;
	struct medium *damaged = &l->media.m[1 - good];

	if (state[0] == ERR_OK && state[1] == ERR_OK) {
		if (memcmp(s[0].genesis.hash, s[1].genesis.hash, HASH_SIZE) != 0)
			return tell_apart(l, s, right, f);
		return weigh(l, mode, s, right, progress, f);
	}
	*right = good;
	if (l->media.m[good].is_filling && mode == STORE_WRITE)
		return say_half_filled(&l->media.m[good], &faults[1 - good], f);
	if (state[1 - good] == ERR_CORRUPT && mode == STORE_WRITE && is_behind(damaged, &l->media.m[good])) {
		news_add(l, "{\"act\":\"medium.damaged\",\"medium\":\"%s\"}", name_of(l, damaged));
		bring_together(l, good, &s[good], 0, progress);
	} else {
		use_only(l, good, damaged->folder != NULL ? &faults[1 - good] : NULL);
	}
	return ERR_OK;
}

/* Neither can be used: the one that was asked for says why, unless it is only half filled. */
static enum err neither(struct ledger *l, int asked, const enum err state[], const struct fault faults[],
			struct fault *f)
{
	for (int i = 0; i < MEDIA_MAX; i++)
		if (l->media.m[i].is_filling)
			return say_half_filled(&l->media.m[i], &faults[1 - i], f);
	*f = faults[asked];
	return f->err = state[asked];
}

/* What is on a medium that was being filled can be read, as far as it goes. */
static void hear_half(struct ledger *l, struct standing s[MEDIA_MAX], enum err state[MEDIA_MAX],
		      struct fault faults[MEDIA_MAX])
{
	for (int i = 0; i < MEDIA_MAX; i++)
		if (l->media.m[i].store != NULL && l->media.m[i].is_filling) {
			buf_clear(&s[i].head_note);
			state[i] = standing_hear(l, i, STANDING_CLAIM, &s[i], &faults[i]);
		}
}

enum err reconcile(struct ledger *l, enum store_mode mode, struct standing *out, const struct progress *progress,
		   struct fault *f)
{
	struct standing s[MEDIA_MAX] = {{.head_note = {.cap = NOTE_MAX}}, {.head_note = {.cap = NOTE_MAX}}};
	struct fault faults[MEDIA_MAX] = {{.text = ""}, {.text = ""}};
	enum err state[MEDIA_MAX] = {ERR_MISSING, ERR_MISSING}, err;
	int asked = l->media.reading, right = -1;

	for (int i = 0; i < MEDIA_MAX; i++) {
		struct medium *medium = &l->media.m[i];

		if (medium->folder == NULL)
			continue;
		state[i] = medium_open(medium, mode);
		faults[i] = medium->why;
		if (state[i] == ERR_OK)
			state[i] = standing_hear(l, i, STANDING_WHOLE, &s[i], &faults[i]);
	}
	if (mode == STORE_READ && state[0] != ERR_OK && state[1] != ERR_OK)
		hear_half(l, s, state, faults);
	if (state[0] == ERR_STATE || state[1] == ERR_STATE)
		err = say_unrelated(l, f);
	else if (state[0] != ERR_OK && state[1] != ERR_OK)
		err = neither(l, asked, state, faults, f);
	else
		err = settle(l, mode, s, state, faults, &right, progress, f);
	if (err == ERR_OK) {
		l->media.reading = right;
		*out = s[right];
		s[right].head_note = (struct buf){.data = NULL};
	}
	standing_fini(&s[0]);
	standing_fini(&s[1]);
	return err;
}

/* ---- a failed medium comes back ---- */

struct rejoin {
	struct refill *refill;
	struct medium *medium;
};

void rejoin_end(struct ledger *l)
{
	if (l->rejoin == NULL)
		return;
	refill_end(l->rejoin->refill);
	free(l->rejoin);
	l->rejoin = NULL;
}

static struct medium *find_lost(struct ledger *l)
{
	struct medium *other = &l->media.m[1 - l->media.reading];

	return other->folder != NULL && other->state == MEDIUM_FAILED ? other : NULL;
}

/* What it says of itself, without disturbing the one that is in use. */
static enum err hear(struct ledger *l, struct medium *medium, struct standing *s, struct fault *f)
{
	int using = l->media.reading;
	enum err err = standing_hear(l, (int)(medium - l->media.m), STANDING_WHOLE, s, f);

	l->media.reading = using;
	if (err == ERR_OK && memcmp(s->genesis.hash, l->genesis.hash, HASH_SIZE) != 0)
		err = of_another_log(medium->folder, genesis_is_earlier(&s->genesis, &l->genesis), f);
	return err;
}

/* How much of what is there may stay. */
static enum err judge_returned(struct ledger *l, struct medium *medium, uint64_t *common, struct fault *f)
{
	struct medium *using = &l->media.m[l->media.reading];
	struct standing s = {.head_note = {.cap = NOTE_MAX}}, ours = {.durable = l->durable};
	struct claim claims[MEDIA_MAX];
	enum err err = hear(l, medium, &s, f);

	*common = 0;
	if (err == ERR_CORRUPT && is_behind(medium, using)) {
		standing_fini(&s);
		return ERR_OK;
	}
	if (err == ERR_OK)
		err = media_common(&l->media, common, f);
	if (err == ERR_OK) {
		claims[l->media.reading] = claim_of(using, &ours);
		claims[1 - l->media.reading] = claim_of(medium, &s);
		if (claims_judge(claims, *common) != l->media.reading)
			err = conflict(l, f);
	}
	standing_fini(&s);
	return err;
}

/* What is in the way is set aside under another name; `end` is that of the database's log file, or nothing. */
static enum err clear_way(const struct medium *medium, const char *end, enum rejoin_how how, struct fault *f)
{
	char path[PATH_MAX], aside[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/%s%s", medium->folder, medium->file, end);
	(void)snprintf(aside, sizeof aside, "%s/%s.damaged%s", medium->folder, medium->file, end);
	if ((how == REJOIN_REPLACE ? unlink(path) : rename(path, aside)) != 0 && errno != ENOENT)
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	return ERR_OK;
}

/* A folder that is not there is made only on a medium that is plainly another one: below a mount point where nothing is
   mounted, it would lie beside the ledger it is to be a copy of, or on the system's own disk. */
static enum err make_folder(const char *folder, const char *beside, struct fault *f)
{
	char parent[PATH_MAX];
	struct stat about, of_first, of_system;

	if (stat(folder, &about) == 0)
		return ERR_OK;
	folder_above(parent, sizeof parent, folder);
	if (stat(parent, &about) == 0 && stat(beside, &of_first) == 0 && stat("/", &of_system) == 0 &&
	    about.st_dev != of_first.st_dev && about.st_dev != of_system.st_dev)
		return folder_make(folder, 0700, f);
	return fault_set(f, ERR_STATE,
			 _("%s: is not there, and it seems that no medium is mounted at %s. Mount it and try again; if "
			   "this is the right place all the same, make the folder yourself first: mkdir -m 700 %s"),
			 folder, parent, folder);
}

static enum err say_silent(const struct medium *medium, struct fault *f)
{
	return fault_set(f, ERR_BUSY, _("%s: still does not answer"), medium->folder);
}

static enum err make_anew(struct ledger *l, struct medium *medium, enum rejoin_how how, struct fault *f)
{
	const char *from = l->media.m[l->media.reading].folder;
	enum err err = make_folder(medium->folder, from, f);

	if (err == ERR_OK)
		err = keys_copy(from, medium->folder, f);
	if (err == ERR_OK)
		err = media_pair(from, medium->folder, f);
	if (err == ERR_OK)
		err = clear_way(medium, "", how, f);
	/* Its newest entries may be in there alone. */
	if (err == ERR_OK)
		err = clear_way(medium, "-wal", how, f);
	if (err != ERR_OK)
		return err;
	err = medium_open(medium, STORE_CREATE);
	if (err != ERR_OK)
		*f = medium->why;
	return err;
}

/* *is_open false: it has not answered yet; ask again. A slice waits for it, but never so long that a press would. */
static enum err open_returned(struct ledger *l, struct medium *medium, bool *is_open, struct fault *f)
{
	enum err err = ERR_OK;

	*is_open = true;
	if (media_without_threads)
		(void)!medium_open(medium, STORE_WRITE);
	else if (l->opener == NULL)
		err = opener_new(medium, &l->opener);
	if (err != ERR_OK)
		return fault_set(f, err, _("no memory"));
	if (l->opener != NULL) {
		*is_open = opener_take(l->opener, opening_slice_ns, medium);
		if (!*is_open)
			return slice_clock_ns() - opener_began_ns(l->opener) < l->media.patience_ns
				       ? ERR_OK
				       : say_silent(medium, f);
		l->opener = NULL;
	}
	if (medium->state != MEDIUM_GOOD)
		*f = medium->why;
	return medium->state == MEDIUM_GOOD ? ERR_OK : f->err;
}

static enum err let_go(struct ledger *l, struct medium *medium, enum rejoin_how how, struct fault *f)
{
	if (medium->runner != NULL && runner_is_busy(medium->runner))
		return say_silent(medium, f);
	/* What it has opened meanwhile is closed for a medium that is made anew. */
	if (l->opener != NULL && how != REJOIN_AS_IT_IS) {
		if (!opener_take(l->opener, 0, medium))
			return say_silent(medium, f);
		l->opener = NULL;
	}
	if (l->opener == NULL)
		medium_close(medium);
	return ERR_OK;
}

static enum err take_in(struct ledger *l, struct medium *medium, enum rejoin_how how, bool *is_open, struct fault *f)
{
	uint64_t common = 0;
	enum err err = let_go(l, medium, how, f);

	*is_open = true;
	if (err != ERR_OK)
		return err;
	if (how != REJOIN_AS_IT_IS)
		err = make_anew(l, medium, how, f);
	else
		err = open_returned(l, medium, is_open, f);
	if (!*is_open)
		return err;
	if (err == ERR_OK && how == REJOIN_AS_IT_IS)
		err = judge_returned(l, medium, &common, f);
	/* Until it is filled it takes no part. */
	medium->state = MEDIUM_FAILED;
	if (err == ERR_OK)
		err = media_start(&l->media, f);
	if (err == ERR_OK)
		err = refill_begin(l, medium, common, &l->rejoin->refill, f);
	return err;
}

/* Without l->rejoin afterwards: the medium has not answered yet. */
static enum err rejoin_begin(struct ledger *l, struct medium *medium, enum rejoin_how how, struct fault *f)
{
	bool is_open = false;
	enum err err;

	l->rejoin = calloc(1, sizeof *l->rejoin);
	if (l->rejoin == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	l->rejoin->medium = medium;
	err = take_in(l, medium, how, &is_open, f);
	if (err != ERR_OK || !is_open)
		rejoin_end(l);
	if (err != ERR_OK)
		medium_blame(medium, f);
	return err;
}

enum err ledger_rejoin(struct ledger *l, enum rejoin_how how, int64_t budget_ns, bool *done, struct fault *f)
{
	struct medium *lost = find_lost(l);
	struct refill *refill;
	enum err err = may_write(l, f);

	*done = lost == NULL;
	if (err != ERR_OK || lost == NULL)
		return err;
	if (l->rejoin == NULL)
		err = rejoin_begin(l, lost, how, f);
	if (err != ERR_OK || l->rejoin == NULL)
		return err;
	refill = l->rejoin->refill;
	err = refill_step(refill, budget_ns, done, f);
	if (err != ERR_OK)
		medium_blame(lost, f);
	else if (*done)
		news_add(l,
			 "{\"act\":\"medium.returned\",\"medium\":\"%s\",\"copied\":%" PRIu64 ",\"orphans\":%" PRIu64
			 "}",
			 name_of(l, lost), refill_copied(refill), refill_orphans(refill));
	if (err != ERR_OK || *done)
		rejoin_end(l);
	return err;
}

uint64_t ledger_rejoined(const struct ledger *l)
{
	return l->rejoin != NULL && l->rejoin->refill != NULL ? refill_far(l->rejoin->refill) : l->durable.tree.size;
}

enum err ledger_add_mirror(struct ledger *l, const char *folder, struct fault *f)
{
	struct medium *second = &l->media.m[1];

	if (second->folder != NULL)
		return fault_set(f, ERR_EXISTS, _("this ledger has a second medium already: %s"), second->folder);
	second->folder = strdup(folder);
	if (second->folder == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	second->state = MEDIUM_FAILED;
	(void)!fault_set(&second->why, ERR_MISSING, _("%s: nothing is on this medium yet"), folder);
	return ERR_OK;
}
