/* Which medium is right, and making the other like it, when the ledger is opened.
 *
 * A medium that is damaged by itself is filled again from the other as long as it cannot hold anything that the other
 * lacks; otherwise it is left as it is, for a person to decide.
 */
#include "ledger/refill.h"

#include "base/text.h"
#include "ledger/number.h"

#include <inttypes.h>
#include <string.h>

/* ---- one medium ---- */

enum err say_of_another_log(const char *folder, bool is_earlier_one, struct fault *f)
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
	if (err == ERR_OK)
		err = keyring_find(l, &s->genesis, f);
	if (err == ERR_OK)
		err = how == STANDING_WHOLE ? standing_load(l, s, f) : standing_claim(l, s, f);
	case_keys_forget(l);
	return err;
}

/* ---- two media ---- */

enum err say_conflict(const struct ledger *l, struct fault *f)
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
	news_of_loss(l, other);
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
			 medium_name(l, to), refill_copied(r), refill_orphans(r));
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
		return say_conflict(l, f);
	if (mode == STORE_WRITE)
		bring_together(l, *right, &s[*right], common, progress);
	else
		pass_over(&m[1 - *right]);
	return ERR_OK;
}

/* One is damaged. May it hold what the other lacks? */
bool medium_is_behind(const struct medium *damaged, const struct medium *good)
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
	(void)!say_of_another_log(l->media.m[1 - *right].folder, true, &why);
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
	if (state[1 - good] == ERR_CORRUPT && mode == STORE_WRITE && medium_is_behind(damaged, &l->media.m[good])) {
		news_add(l, "{\"act\":\"%s\",\"medium\":\"%s\"}",
			 damaged->is_filling ? "medium.half_filled" : "medium.damaged", medium_name(l, damaged));
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
