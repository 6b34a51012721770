#include "ledger/inside.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/opener.h"
#include "ledger/space.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *ledger_origin(const struct ledger *l)
{
	return l->genesis.identity.name;
}

const char *ledger_genesis_code(const struct ledger *l)
{
	return l->code;
}

bool ledger_is_ended(const struct ledger *l)
{
	return l->is_ended;
}

struct checkpoint_info ledger_head(const struct ledger *l)
{
	struct checkpoint_info info = {.size = l->head.size, .epoch = l->running.epoch};

	memcpy(info.root, l->head.root, HASH_SIZE);
	return info;
}

void checkpoint_short_code(char out[10], const uint8_t root[HASH_SIZE])
{
	(void)snprintf(out, 10, "%02X%02X-%02X%02X", root[0], root[1], root[2], root[3]);
}

enum err ledger_new(struct ledger **out, struct fault *f)
{
	struct ledger *l;

	if (sodium_init() < 0)
		return fault_set(f, ERR_CRYPTO, _("the cryptographic library does not start"));
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	media_init(&l->media);
	(void)sodium_mlock(l->cases, sizeof l->cases);
	hash_bytes(l->durable.prev, "", 0);
	l->staged = l->durable;
	*out = l;
	return ERR_OK;
}

void ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	rejoin_end(l);
	opener_leave(l->opener);
	media_close(&l->media);
	signer_fini(&l->running.key);
	keys_fini(&l->keys);
	buf_fini(&l->head_note);
	batch_fini(&l->changes);
	buf_fini(&l->idems);
	buf_fini(&l->news);
	(void)sodium_munlock(l->cases, sizeof l->cases);
	free(l->folder);
	free(l);
}

/* ---- starting to write ---- */

static enum err add_writer_start(struct ledger *l, struct moment now, struct fault *f)
{
	struct draft draft = {.who = "system", .via = "keeper", .type = "system", .about = "-"};
	struct buf id = {.cap = 4096};
	char body[256];

	if (file_read("/proc/sys/kernel/random/boot_id", 64, &id, NULL) != ERR_OK || id.len == 0)
		buf_adds(&id, "-\n");
	(void)snprintf(body, sizeof body, "{\"act\":\"writer.start\",\"boot_id\":\"%.*s\",\"version\":\"%s\"}",
		       (int)id.len - 1, id.data, KANNUKI_VERSION);
	buf_fini(&id);
	draft.body = body;
	return ledger_add(l, &draft, now, NULL, NULL, f);
}

static enum err add_begun(struct ledger *l, struct moment now, struct fault *f)
{
	const struct succession *s = l->succession;
	struct draft draft = {.type = "system", .about = "-"};

	if (s == NULL)
		return ERR_OK;
	draft.who = s->who;
	draft.via = s->via;
	draft.body = s->begun;
	draft.text = s->text;
	return ledger_add(l, &draft, now, NULL, NULL, f);
}

enum err ledger_start_writing(struct ledger *l, uint64_t boot, struct moment now, struct signer *key,
			      const uint8_t hash[HASH_SIZE], struct fault *f)
{
	struct running was;
	enum err err = epoch_begin(l, boot, now, key, hash, &was, f);

	if (err == ERR_OK && media_has_two(&l->media))
		batch_add(&l->changes, STORE_SET_PAIRED, 1, NULL, 0);
	if (err == ERR_OK)
		err = add_writer_start(l, now, f);
	if (err == ERR_OK)
		err = add_begun(l, now, f);
	if (err == ERR_OK)
		err = news_stage(l, now, f);
	if (err == ERR_OK)
		err = ledger_commit(l, now, f);
	epoch_settle(l, &was, err);
	return err;
}

/* ---- opening ---- */

static void take_standing(struct ledger *l, struct standing *s)
{
	l->genesis = s->genesis;
	genesis_code(l->code, GENESIS_CODE_CHARS, l->genesis.hash);
	l->durable = l->staged = s->durable;
	l->head = s->head;
	l->head_note = s->head_note;
	s->head_note = (struct buf){.data = NULL};
	l->running.boot = s->last.boot;
	l->running.epoch = s->last.epoch;
}

static enum err open_as(const char *folder, enum store_mode mode, const struct progress *progress, struct ledger **out,
			struct fault *f)
{
	struct standing standing = {.head_note = {.cap = NOTE_MAX}};
	struct ledger *l = NULL;
	enum err err = ledger_new(&l, f);

	if (l == NULL)
		return err;
	l->is_readonly = mode == STORE_READ;
	l->folder = strdup(folder);
	err = l->folder != NULL ? media_find(&l->media, folder, f) : fault_set(f, ERR_NOMEM, _("no memory"));
	l->is_ended = err == ERR_OK && incarnation_is_ended(folder, f);
	if (l->is_ended && mode == STORE_WRITE)
		err = f->err;
	if (err == ERR_OK)
		err = reconcile(l, mode, &standing, progress, f);
	if (err == ERR_OK)
		take_standing(l, &standing);
	if (err == ERR_OK)
		err = media_start(&l->media, f);
	standing_fini(&standing);
	if (err != ERR_OK) {
		ledger_close(l);
		return err;
	}
	*out = l;
	return ERR_OK;
}

void hold_space(struct ledger *l)
{
	l->media.is_tight = false;
	for (int i = 0; i < MEDIA_MAX; i++) {
		const struct medium *medium = &l->media.m[i];
		struct space space;

		if (medium->state != MEDIUM_GOOD)
			continue;
		space_hold(medium->folder);
		space_measure(medium->folder, &space);
		l->media.is_tight |= space.level == SPACE_RESERVE_USED;
	}
}

/* What cannot be written is for repair to name: recording goes on with the keys that are in memory. */
static void mend_keys(struct ledger *l)
{
	struct fault f;

	for (int i = 0; i < MEDIA_MAX; i++)
		if (l->media.m[i].state == MEDIUM_GOOD)
			l->keys_mended += keyring_mend(l, &l->media.m[i], &f);
}

bool ledger_misses_other(const struct ledger *l)
{
	const struct media *m = &l->media;

	return m->m[m->reading].is_paired && m->m[1 - m->reading].folder == NULL;
}

/* A medium that was one of two and does not know where the other is goes on alone, and says so. */
static void mind_other(struct ledger *l)
{
	struct media *m = &l->media;
	const char *here = m->m[m->reading].folder;
	struct fault f = {.text = ""};

	if (m->m[1 - m->reading].folder != NULL) {
		if (media_name_again(m, &f) != ERR_OK)
			diag(DIAG_WARNING, "%s", f.text);
	} else if (ledger_misses_other(l)) {
		diag(DIAG_WARNING,
		     _("%s: is one of two media, but its file `other`, which says where the other one is, is missing; "
		       "name it with kannuki-ledger repair %s --mirror DIR2"),
		     here, here);
		news_add(l, "{\"act\":\"medium.lost\",\"medium\":\"%s\",\"why\":\"%s\"}",
			 medium_name(l, &m->m[1 - m->reading]), err_name(ERR_MISSING));
	}
}

enum err ledger_open_telling(const char *folder, struct moment now, const struct progress *progress,
			     struct slot_keys *slots, struct ledger **out, struct fault *f)
{
	struct ledger *l = NULL;
	uint8_t hash[HASH_SIZE];
	struct signer key;
	enum err err = open_as(folder, STORE_WRITE, progress, &l, f);

	if (l == NULL)
		return err;
	l->slots = slots;
	/* What an interrupted program left may be what fills the medium. */
	blobs_sweep(l);
	mend_keys(l);
	mind_other(l);
	nodes_complete(l, progress);
	l->media.makes_room = true;
	err = find_next_epoch(l, &key, hash, f);
	if (err == ERR_OK)
		err = ledger_start_writing(l, l->running.boot + 1, now, &key, hash, f);
	l->media.makes_room = false;
	if (err != ERR_OK) {
		ledger_close(l);
		return err;
	}
	hold_space(l);
	if (l->media.is_tight)
		diag(DIAG_WARNING,
		     _("%s: a medium is nearly full, and its reserve is in use; make room before it takes no entry any "
		       "more"),
		     folder);
	*out = l;
	return ERR_OK;
}

enum err ledger_open(const char *folder, struct moment now, struct ledger **out, struct fault *f)
{
	return ledger_open_telling(folder, now, NULL, NULL, out, f);
}

enum err ledger_open_readonly(const char *folder, struct ledger **out, struct fault *f)
{
	return open_as(folder, STORE_READ, NULL, out, f);
}

void ledger_media(const struct ledger *l, struct medium_info out[LEDGER_MEDIA])
{
	for (int i = 0; i < MEDIA_MAX; i++) {
		const struct medium *medium = &l->media.m[i];

		out[i] = (struct medium_info){.folder = medium->folder,
					      .state = medium->folder != NULL ? medium->state : MEDIUM_NONE,
					      .why = medium->why.text,
					      .generation = medium->generation};
		if (medium->folder != NULL)
			space_measure(medium->folder, &out[i].space);
	}
}
