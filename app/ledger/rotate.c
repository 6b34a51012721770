#include "ledger/inside.h"

#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* The note that names an epoch's key, as stored: of epoch 1 it is the genesis note. No signature is judged here. */
enum err epoch_key_stored(struct ledger *l, uint64_t epoch, struct note_key *key, uint8_t hash[HASH_SIZE],
			  struct fault *f)
{
	struct store *store = media_store(&l->media);
	struct blob stored;
	enum err err = store_row(store, STORE_GET_EPOCH, (int64_t)epoch, NULL);

	if (err == ERR_OK) {
		stored = store_blob(store, STORE_GET_EPOCH, 0);
		err = epoch_note_peek(key, hash, stored.data, stored.len);
		store_done(store, STORE_GET_EPOCH);
	}
	if (err != ERR_OK)
		return fault_set(f, ERR_CORRUPT, _("the certificate of epoch %llu is missing or damaged"),
				 (unsigned long long)epoch);
	return ERR_OK;
}

static enum err say_not_opened(const struct ledger *l, uint64_t epoch, bool is_there, enum err err, struct fault *f)
{
	if (l->slots != NULL && err == ERR_DENIED)
		l->slots->is_missing = true;
	/* On one of the media is enough: what the other one lacks cannot be awaited. */
	if (err == ERR_DENIED || (l->slots != NULL && l->slots->is_missing))
		return fault_set(
			f, ERR_STATE,
			_("the secret of epoch %llu is sealed with a key of the panel's controller, which is not here; connect "
			  "that controller and start kannukid. For work with kannuki-ledger, start it once with "
			  "seals_epochs: false"),
			(unsigned long long)epoch);
	if (is_there && !l->keys.is_proven)
		return fault_set(
			f, ERR_STATE,
			_("keys/wrap opens nothing that was sealed with it. Put the right one back from a backup; if "
			  "there is none, this ledger can be read, but a new one must be begun"));
	return fault_set(f, ERR_STATE,
			 _("the secret of epoch %llu is lost; this ledger can be read, but a new one must be begun"),
			 (unsigned long long)epoch);
}

/* Takes the stored secret of `epoch` into locked memory; it must be the one that was certified. */
static enum err load_signer(struct ledger *l, uint64_t epoch, const struct note_key *certified, struct signer *out,
			    struct fault *f)
{
	struct store *store = media_store(&l->media);
	struct buf seed = {.cap = 256};
	struct blob sealed;
	bool is_there = false;
	enum err err = store_row(store, STORE_GET_SECRET, (int64_t)epoch, NULL);

	if (err == ERR_OK) {
		sealed = store_blob(store, STORE_GET_SECRET, 0);
		err = secret_open(l, epoch, sealed, &seed);
		store_done(store, STORE_GET_SECRET);
		is_there = true;
	}
	if (err == ERR_OK && seed.len == SEED_SIZE)
		err = signer_init(out, certified->name, (const uint8_t *)seed.data);
	else if (err == ERR_OK)
		err = ERR_FORMAT;
	if (err == ERR_OK && memcmp(out->key.key, certified->key, KEY_SIZE) != 0) {
		signer_fini(out);
		err = ERR_CRYPTO;
	}
	if (seed.data != NULL)
		sodium_memzero(seed.data, seed.size);
	buf_fini(&seed);
	if (err != ERR_OK)
		return say_not_opened(l, epoch, is_there, err, f);
	if (l->slots != NULL)
		l->slots->is_missing = false;
	return ERR_OK;
}

enum err closing_make(const struct ledger *l, struct buf *note)
{
	struct note parsed;
	enum err err = note_parse(&parsed, l->head_note.data, l->head_note.len);

	if (err != ERR_OK)
		return err;
	buf_add(note, l->head_note.data, l->head_note.len);
	signer_sign(&l->keys.identity, note, parsed.text_len);
	return buf_status(note);
}

static enum err close_epoch(struct ledger *l)
{
	struct buf note = {.cap = NOTE_MAX};
	enum err err = closing_make(l, &note);

	if (err == ERR_OK)
		batch_add(&l->changes, STORE_CLOSE_EPOCH, (int64_t)l->running.epoch,
			  (const struct blob[]){{note.data, note.len}}, 1);
	buf_fini(&note);
	return err;
}

/* Makes the key of the epoch after `current`, certifies it, and keeps only its secret. */
static enum err certify_next(struct ledger *l, uint64_t epoch, const struct signer *current,
			     const uint8_t previous[HASH_SIZE])
{
	struct buf note = {.cap = NOTE_MAX}, sealed = {.cap = 256};
	uint8_t seed[SEED_SIZE];
	struct signer next;
	enum err err = signer_init(&next, ledger_origin(l), NULL);

	if (err != ERR_OK)
		return err;
	signer_seed(&next, seed);
	secret_seal(l, epoch + 1, seed, &sealed);
	sodium_memzero(seed, sizeof seed);
	certificate_format(&note, epoch + 1, &next, previous, current, &l->keys.identity);
	signer_fini(&next);
	err = buf_status(&note) != ERR_OK ? buf_status(&note) : buf_status(&sealed);
	if (err == ERR_OK) {
		batch_add(&l->changes, STORE_PUT_EPOCH, (int64_t)epoch + 1,
			  (const struct blob[]){{note.data, note.len}, {NULL, 0}}, 2);
		batch_add(&l->changes, STORE_DROP_SECRETS, (int64_t)epoch, NULL, 0);
		batch_add(&l->changes, STORE_ADD_SECRET, (int64_t)epoch + 1,
			  (const struct blob[]){{sealed.data, sealed.len}}, 1);
	}
	buf_fini(&note);
	buf_fini(&sealed);
	return err;
}

static enum err add_epoch_start(struct ledger *l, const uint8_t hash[HASH_SIZE], struct moment now, struct fault *f)
{
	char text[BASE64_SIZE(HASH_SIZE)], body[2048];
	struct draft draft = {.who = "system", .via = "keeper", .type = "epoch", .about = "-", .body = body};

	base64_encode(text, hash, HASH_SIZE);
	(void)snprintf(body, sizeof body, "{\"act\":\"epoch.start\",\"%s\":\"%s\"%s%s}",
		       l->running.epoch == 1 ? "genesis" : "certificate", text,
		       l->succession != NULL ? ",\"continues\":" : "",
		       l->succession != NULL ? l->succession->continues : "");
	return ledger_add(l, &draft, now, NULL, NULL, f);
}

enum err load_next_epoch(struct ledger *l, struct signer *key, uint8_t hash[HASH_SIZE], struct fault *f)
{
	struct note_key certified;
	enum err err = epoch_key_stored(l, l->running.epoch + 1, &certified, hash, f);

	return err == ERR_OK ? load_signer(l, l->running.epoch + 1, &certified, key, f) : err;
}

enum err find_next_epoch(struct ledger *l, struct signer *key, uint8_t hash[HASH_SIZE], struct fault *f)
{
	enum err err;

	if (l->slots != NULL)
		l->slots->is_missing = false;
	err = load_next_epoch(l, key, hash, f);
	if (err != ERR_OK && media_switch(&l->media))
		err = load_next_epoch(l, key, hash, f);
	return err;
}

enum err epoch_begin(struct ledger *l, uint64_t boot, struct moment now, struct signer *key,
		     const uint8_t hash[HASH_SIZE], struct running *was, struct fault *f)
{
	uint64_t epoch = l->running.epoch + 1;
	enum err err = may_write(l, f);

	*was = l->running;
	if (err == ERR_OK) {
		err = epoch > 1 ? close_epoch(l) : ERR_OK;
		if (err == ERR_OK)
			err = certify_next(l, epoch, key, hash);
		if (err != ERR_OK)
			err = fault_set(f, err, _("an epoch cannot begin: no memory"));
	}
	l->running = (struct running){.boot = boot, .epoch = epoch, .key = *key};
	*key = (struct signer){.secret = NULL};
	return err == ERR_OK ? add_epoch_start(l, hash, now, f) : err;
}

void epoch_settle(struct ledger *l, struct running *was, enum err outcome)
{
	struct running *loser = outcome == ERR_OK ? was : &l->running;

	if (outcome != ERR_OK)
		ledger_abandon(l);
	else
		secret_is_stored(l);
	if (was->key.secret == l->running.key.secret)
		return;
	signer_fini(&loser->key);
	if (outcome != ERR_OK)
		l->running = *was;
}

static enum err rotate(struct ledger *l, const struct blob *asked, struct moment now, struct fault *f)
{
	uint8_t hash[HASH_SIZE];
	struct running was;
	struct signer key;
	enum err err;

	if (ledger_has_staged(l))
		return fault_set(f, ERR_STATE, _("an epoch cannot end while entries wait for their commit"));
	err = find_next_epoch(l, &key, hash, f);
	if (err != ERR_OK)
		return err;
	err = epoch_begin(l, l->running.boot, now, &key, hash, &was, f);
	if (err == ERR_OK && asked != NULL)
		batch_add(&l->changes, STORE_PUT_ASKED, (int64_t)was.epoch, asked, 1);
	if (err == ERR_OK)
		err = ledger_commit(l, now, f);
	epoch_settle(l, &was, err);
	return err;
}

enum err ledger_rotate(struct ledger *l, struct moment now, struct fault *f)
{
	return rotate(l, NULL, now, f);
}

enum err rotate_asking(struct ledger *l, struct blob nonce, struct moment now, uint64_t *epoch, struct fault *f)
{
	uint64_t ending = l->running.epoch;
	enum err err = rotate(l, &nonce, now, f);

	if (err == ERR_OK)
		*epoch = ending;
	return err;
}

enum err closing_load(struct ledger *l, uint64_t epoch, struct buf *note, struct checkpoint *out, struct fault *f)
{
	struct store *store = media_store(&l->media);
	enum err err = store_row(store, STORE_GET_EPOCH, (int64_t)epoch, NULL);
	struct blob stored = {NULL, 0};
	struct note parsed;

	if (err == ERR_OK) {
		stored = store_blob(store, STORE_GET_EPOCH, 1);
		err = stored.data != NULL ? note_parse(&parsed, stored.data, stored.len) : ERR_MISSING;
	}
	if (err == ERR_OK)
		err = checkpoint_parse(out, ledger_origin(l), parsed.text, parsed.text_len);
	if (err == ERR_OK)
		buf_add(note, stored.data, stored.len);
	store_done(store, STORE_GET_EPOCH);
	if (err != ERR_OK)
		return fault_set(f, ERR_CORRUPT, _("the closing checkpoint of epoch %llu is damaged"),
				 (unsigned long long)epoch);
	return buf_status(note) == ERR_OK ? ERR_OK : fault_set(f, buf_status(note), _("no memory"));
}
