/* A failed medium comes back: is it the one that went away, what does it lack, and what is to be set aside. */
#include "ledger/refill.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/opener.h"
#include "ledger/runner.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t opening_slice_ns = 250000000;

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
		err = say_of_another_log(medium->folder, genesis_is_earlier(&s->genesis, &l->genesis), f);
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
	if (err == ERR_CORRUPT && medium_is_behind(medium, using)) {
		standing_fini(&s);
		return ERR_OK;
	}
	if (err == ERR_OK)
		err = media_common(&l->media, common, f);
	if (err == ERR_OK) {
		claims[l->media.reading] = claim_of(using, &ours);
		claims[1 - l->media.reading] = claim_of(medium, &s);
		if (claims_judge(claims, *common) != l->media.reading)
			err = say_conflict(l, f);
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

/* Another box's first medium may have been put into the second's place: the keys there are the only ones that open it.
 */
static enum err be_no_other_box(const struct ledger *l, const struct medium *medium, struct fault *f)
{
	const struct medium *first = &l->media.m[0], *second = &l->media.m[1];
	char path[PATH_MAX];
	struct fault why;

	(void)snprintf(path, sizeof path, "%s/%s", medium->folder, medium == first ? second->file : first->file);
	if (access(path, F_OK) == 0 && keys_compare(&l->keys, KEY_IDENTITY, medium->folder, &why) != ERR_OK)
		return say_unrelated(l, f);
	return ERR_OK;
}

static enum err make_anew(struct ledger *l, struct medium *medium, enum rejoin_how how, struct fault *f)
{
	const char *from = l->media.m[l->media.reading].folder;
	enum err err = be_no_other_box(l, medium, f);

	if (err == ERR_OK)
		err = make_folder(medium->folder, from, f);
	if (err == ERR_OK)
		err = keys_write(&l->keys, KEY_IDENTITY, medium->folder, f);
	if (err == ERR_OK)
		err = keys_write(&l->keys, KEY_WRAP, medium->folder, f);
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
	struct fault why;
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
	if (err == ERR_OK && *done)
		err = media_name_again(&l->media, f);
	if (err != ERR_OK)
		medium_blame(lost, f);
	else if (*done)
		news_add(l,
			 "{\"act\":\"medium.returned\",\"medium\":\"%s\",\"copied\":%" PRIu64 ",\"orphans\":%" PRIu64
			 "}",
			 medium_name(l, lost), refill_copied(refill), refill_orphans(refill));
	if (err != ERR_OK || *done)
		rejoin_end(l);
	if (err == ERR_OK && *done)
		l->keys_mended += keyring_mend(l, lost, &why);
	return err;
}

uint64_t ledger_rejoined(const struct ledger *l)
{
	return l->rejoin != NULL && l->rejoin->refill != NULL ? refill_far(l->rejoin->refill) : l->durable.tree.size;
}

enum err ledger_add_mirror(struct ledger *l, const char *folder, struct fault *f)
{
	struct medium *second = &l->media.m[1 - l->media.reading];

	if (second->folder != NULL)
		return fault_set(f, ERR_EXISTS, _("this ledger has a second medium already: %s"), second->folder);
	second->folder = strdup(folder);
	if (second->folder == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	second->state = MEDIUM_FAILED;
	(void)!fault_set(&second->why, ERR_MISSING, _("%s: nothing is on this medium yet"), folder);
	return ERR_OK;
}
