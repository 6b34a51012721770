/* The heads of the logs before a new incarnation, what it says of them, and writing it (incarnation.c moves it into its
 * place).
 */
#include "ledger/inside.h"

#include "base/text.h"
#include "ledger/number.h"
#include "ledger/refill.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MAX = 2000 }; /* bytes */

/* ---- what the old one said last ---- */

/* Why it cannot go on, if so. */
enum ending { GOES_ON, SECRET_LOST, KEY_LOST, MEDIA_DIFFER, HALF_FILLED };

struct heads {
	struct standing s[MEDIA_MAX];
	bool counts[MEDIA_MAX]; /* heard, and not known to be only behind the other */
	enum ending ending;
	uint64_t common; /* entries that all that count have */
	uint64_t before; /* entries in the logs before all these */
	struct batch tallies;
	struct fault of_other; /* of HALF_FILLED: why the other medium cannot be used */
};

static enum err hear_all(struct ledger *l, struct heads *h, struct fault faults[MEDIA_MAX], struct fault *f)
{
	enum err err = ERR_MISSING;

	for (int i = 0; i < MEDIA_MAX; i++) {
		struct medium *medium = &l->media.m[i];

		if (medium->folder == NULL)
			continue;
		err = medium_open(medium, STORE_WRITE);
		faults[i] = medium->why;
		if (err == ERR_BUSY) {
			*f = faults[i];
			return err;
		}
		if (err == ERR_OK)
			err = standing_hear(l, i, STANDING_WHOLE, &h->s[i], &faults[i]);
		h->counts[i] = err == ERR_OK;
		if (err == ERR_STATE)
			return say_unrelated(l, f);
	}
	for (int i = 0; i < MEDIA_MAX; i++)
		if (h->counts[i])
			(void)keyring_mend(l, &l->media.m[i], &faults[i]);
	/* Alone, a medium that was being filled still tells how far the log went. */
	for (int i = 0; i < MEDIA_MAX && !h->counts[0] && !h->counts[1]; i++)
		if (l->media.m[i].store != NULL && l->media.m[i].is_filling) {
			buf_clear(&h->s[i].head_note);
			h->counts[i] = standing_hear(l, i, STANDING_CLAIM, &h->s[i], &faults[i]) == ERR_OK;
		}
	return ERR_OK;
}

/* Both were heard: are they one log, and which of them counts? */
static enum err compare(struct ledger *l, struct heads *h, struct fault *f)
{
	const struct standing *s = h->s;
	struct medium *m = l->media.m;
	struct claim claims[MEDIA_MAX] = {claim_of(&m[0], &s[0]), claim_of(&m[1], &s[1])};
	int right;
	enum err err;

	if (memcmp(s[0].genesis.hash, s[1].genesis.hash, HASH_SIZE) != 0) {
		if (!genesis_is_earlier(&s[0].genesis, &s[1].genesis) &&
		    !genesis_is_earlier(&s[1].genesis, &s[0].genesis))
			return say_unrelated(l, f);
		h->counts[genesis_is_earlier(&s[0].genesis, &s[1].genesis) ? 0 : 1] = false;
		return ERR_OK;
	}
	err = media_common(&l->media, &h->common, f);
	if (err != ERR_OK)
		return err;
	right = claims_judge(claims, h->common);
	if (right < 0)
		h->ending = MEDIA_DIFFER;
	else if (memcmp(s[0].head.root, s[1].head.root, HASH_SIZE) != 0)
		h->counts[1 - right] = false;
	return ERR_OK;
}

static bool has_secret(struct ledger *l, const struct heads *h)
{
	uint8_t hash[HASH_SIZE];
	struct signer key;

	l->slots->is_missing = false;
	for (int i = 0; i < MEDIA_MAX; i++) {
		if (!h->counts[i])
			continue;
		l->media.reading = i;
		l->running.epoch = h->s[i].last.epoch;
		if (load_next_epoch(l, &key, hash, NULL) != ERR_OK)
			continue;
		signer_fini(&key);
		return true;
	}
	return false;
}

static enum err judge(struct ledger *l, struct heads *h, const struct fault faults[MEDIA_MAX], struct fault *f)
{
	int any = h->counts[0] ? 0 : 1;
	struct lineage lineage;
	enum err err = ERR_OK;

	if (!h->counts[any]) {
		*f = faults[l->media.m[0].folder != NULL ? 0 : 1];
		return f->err;
	}
	if (h->counts[1 - any])
		err = compare(l, h, f);
	else if (l->media.m[any].is_filling) {
		h->ending = HALF_FILLED;
		h->of_other = faults[1 - any];
	}
	any = h->counts[0] ? 0 : 1;
	if (h->ending != MEDIA_DIFFER)
		h->common = h->s[any].head.size;
	if (err == ERR_OK && h->ending == GOES_ON && !has_secret(l, h))
		h->ending = l->slots->is_missing ? KEY_LOST : SECRET_LOST;
	l->media.reading = any;
	if (err == ERR_OK)
		err = lineage_read(l, &lineage, f);
	if (err == ERR_OK)
		h->before = lineage.before;
	if (err == ERR_OK)
		tallies_copy(l, &h->tallies);
	return err;
}

/* All are left closed. */
static enum err hear_heads(struct ledger *l, struct heads *h, struct fault *f)
{
	struct fault faults[MEDIA_MAX] = {{.text = ""}, {.text = ""}};
	enum err err = hear_all(l, h, faults, f);

	if (err == ERR_OK)
		err = judge(l, h, faults, f);
	for (int i = 0; i < MEDIA_MAX; i++)
		medium_close(&l->media.m[i]);
	case_keys_forget(l);
	return err;
}

/* ---- what the new one says of it ---- */

static const char *const endings[] = {
	[GOES_ON] = "asked",           [SECRET_LOST] = "secret_lost",
	[KEY_LOST] = "panel_key_lost", [MEDIA_DIFFER] = "media_differ",
	[HALF_FILLED] = "half_filled",
};

/* Whichever was written last comes last: what it says holds. */
static int first_head(const struct heads *h)
{
	if (!h->counts[0] || !h->counts[1])
		return h->counts[0] ? 0 : 1;
	return h->s[0].last.at.wall_ms > h->s[1].last.at.wall_ms ? 1 : 0;
}

static bool are_two(const struct heads *h)
{
	return h->ending == MEDIA_DIFFER;
}

static void add_head(struct buf *out, const struct standing *s)
{
	char root[BASE64_SIZE(HASH_SIZE)], genesis[BASE64_SIZE(HASH_SIZE)];

	base64_encode(root, s->head.root, HASH_SIZE);
	base64_encode(genesis, s->genesis.hash, HASH_SIZE);
	buf_addf(out, "%s{\"origin\":\"%s\",\"size\":%" PRIu64 ",\"root\":\"%s\",\"genesis\":\"%s\"}",
		 out->len > 1 ? "," : "", s->genesis.identity.name, s->head.size, root, genesis);
}

static void add_heads(struct buf *out, const struct heads *h)
{
	int first = first_head(h);

	buf_addc(out, '[');
	add_head(out, &h->s[first]);
	if (are_two(h))
		add_head(out, &h->s[1 - first]);
	buf_addc(out, ']');
}

/* The numbers go on: what the two have in common counts once. */
static void add_begun(struct buf *out, const struct heads *h)
{
	int first = first_head(h);
	uint64_t after = h->before + h->s[first].head.size;

	if (are_two(h))
		after += h->s[1 - first].head.size - h->common;
	buf_addf(out, "{\"act\":\"incarnation.begun\",\"why\":\"%s\",\"before\":%" PRIu64 ",\"common\":%" PRIu64 "}",
		 endings[h->ending], after, h->common);
}

static enum err next_origin(const struct heads *h, char out[NOTE_NAME_MAX + 1], struct fault *f)
{
	const char *origin = h->s[first_head(h)].genesis.identity.name;
	const char *number = strrchr(origin, '/') + 1;
	uint64_t incarnation = 0;

	if (number_parse(number, strlen(number), &incarnation) != ERR_OK ||
	    (size_t)snprintf(out, NOTE_NAME_MAX + 1, "%.*s%" PRIu64, (int)(number - origin), origin, incarnation + 1) >
		    NOTE_NAME_MAX)
		return fault_set(f, ERR_RANGE, _("%s: no further incarnation can be numbered"), origin);
	return ERR_OK;
}

static enum err reason_text(const char *reason, char **out, struct fault *f)
{
	json_t *words;

	if (reason == NULL)
		return ERR_OK;
	words = *reason != '\0' && strlen(reason) <= REASON_MAX ? json_pack("{s:s}", "reason", reason) : NULL;
	*out = words != NULL ? json_dumps(words, JSON_COMPACT) : NULL;
	json_decref(words);
	return *out != NULL
		       ? ERR_OK
		       : fault_set(f, ERR_FORMAT, _("a reason is a text in UTF-8 of at most %d bytes"), REASON_MAX);
}

/* ---- the new one ---- */

static enum err make_next(struct ledger *l, int index, const char *folder, struct fault *f)
{
	enum err err = incarnation_clear_next(folder, f);

	l->media.m[index].file = incarnation_next;
	return err == ERR_OK ? ledger_make_medium(l, index, folder, f) : err;
}

/* On each medium that can be written; one is enough. `made` says which. */
static enum err write_next(const struct ledger *old, const char *origin, const struct succession *succession,
			   struct moment now, bool made[MEDIA_MAX], char code[GENESIS_CODE_CHARS + 1], struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = ledger_new(&l, f);

	if (l == NULL)
		return err;
	l->succession = succession;
	l->slots = old->slots;
	err = keys_inherit(&l->keys, &old->keys, origin, f);
	if (err != ERR_OK) {
		ledger_close(l);
		return err;
	}
	err = ERR_MISSING;
	for (int i = 0; i < MEDIA_MAX; i++) {
		const char *folder = old->media.m[i].folder;

		if (folder == NULL || make_next(l, i, folder, f) != ERR_OK)
			continue;
		l->media.reading = err == ERR_OK ? l->media.reading : i;
		err = ERR_OK;
	}
	err = err == ERR_OK ? ledger_begin_first(l, origin, now, f) : f->err;
	if (err == ERR_OK && !batch_is_empty(succession->tallies)) {
		batch_join(&l->changes, succession->tallies);
		err = ledger_commit(l, now, f);
	}
	for (int i = 0; i < MEDIA_MAX; i++)
		made[i] = l->media.m[i].state == MEDIUM_GOOD;
	if (err == ERR_OK)
		genesis_code(code, GENESIS_CODE_CHARS, l->genesis.hash);
	l->succession = NULL;
	ledger_close(l);
	return err;
}

static enum err begin(const struct ledger *old, const struct heads *h, const struct reincarnation *why,
		      struct moment now, char code[GENESIS_CODE_CHARS + 1], struct fault *f)
{
	struct succession succession = {.tallies = &h->tallies,
					.who = why->who != NULL ? why->who : "system",
					.via = why->via != NULL ? why->via : "keeper"};
	struct buf continues = {.cap = NOTE_MAX}, begun = {.cap = NOTE_MAX};
	char origin[NOTE_NAME_MAX + 1], *text = NULL;
	bool made[MEDIA_MAX] = {false, false};
	enum err err = next_origin(h, origin, f);

	if (err == ERR_OK)
		err = reason_text(why->reason, &text, f);
	add_heads(&continues, h);
	add_begun(&begun, h);
	succession.continues = continues.data;
	succession.begun = begun.data;
	succession.text = text;
	if (err == ERR_OK && (buf_status(&continues) != ERR_OK || buf_status(&begun) != ERR_OK))
		err = fault_set(f, ERR_NOMEM, _("no memory"));
	if (err == ERR_OK)
		err = write_next(old, origin, &succession, now, made, code, f);
	if (err == ERR_OK)
		err = incarnation_take_place(&old->media, made, f);
	free(text);
	buf_fini(&continues);
	buf_fini(&begun);
	return err;
}

enum err ledger_reincarnate(const char *folder, const struct reincarnation *why, struct moment now,
			    char code[GENESIS_CODE_CHARS + 1], struct fault *f)
{
	struct heads h = {.s = {{.head_note = {.cap = NOTE_MAX}}, {.head_note = {.cap = NOTE_MAX}}}};
	struct slot_keys none = {.kept = 0};
	struct ledger *old = NULL;
	enum err err = ledger_new(&old, f);

	if (old == NULL)
		return err;
	old->slots = why->slots != NULL ? why->slots : &none;
	err = media_find(&old->media, folder, f);
	if (err == ERR_OK && incarnation_is_ended(folder, f))
		err = f->err;
	if (err == ERR_OK)
		err = hear_heads(old, &h, f);
	if (h.ending == KEY_LOST && why->slots == NULL)
		h.ending = GOES_ON;
	if (err == ERR_OK && h.ending == HALF_FILLED && why->reason == NULL)
		err = say_half_filled(&old->media.m[h.counts[0] ? 0 : 1], &h.of_other, f);
	if (err == ERR_OK && h.ending == GOES_ON && why->reason == NULL)
		err = fault_set(f, ERR_STATE,
				_("%s: this log can go on; to begin a new one all the same, give the reason: --reason "
				  "TEXT"),
				folder);
	if (err == ERR_OK)
		err = begin(old, &h, why, now, code, f);
	standing_fini(&h.s[0]);
	standing_fini(&h.s[1]);
	batch_fini(&h.tallies);
	ledger_close(old);
	return err;
}
