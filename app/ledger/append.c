#include "ledger/inside.h"

#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum err may_write(const struct ledger *l, struct fault *f)
{
	if (l->is_readonly)
		return fault_set(f, ERR_STATE, _("the ledger was opened for reading only"));
	if (l->is_broken)
		return fault_set(f, ERR_IO,
				 _("the disk failed while recording; check it, then start the program again"));
	return ERR_OK;
}

static void forget_staged(struct ledger *l)
{
	batch_clear(&l->changes);
	buf_clear(&l->idems);
	l->media.asks_room = false;
	l->failed = ERR_OK;
}

void ledger_abandon(struct ledger *l)
{
	forget_staged(l);
	l->staged = l->durable;
	case_keys_forget(l);
}

bool ledger_has_staged(const struct ledger *l)
{
	return l->failed != ERR_OK || !batch_is_empty(&l->changes);
}

/* ---- one entry ---- */

static enum err fill_words(struct entry *e, const struct draft *draft, struct fault *f)
{
	int via = name_find(via_names, VIA_COUNT, draft->via, strlen(draft->via));
	int type = name_find(entry_type_names, TYPE_COUNT, draft->type, strlen(draft->type));
	size_t idem_len = IDEM_BYTES;

	if (!word_is_valid(draft->who, strlen(draft->who)))
		return fault_set(f, ERR_FORMAT, _("'%s' cannot stand in the line 'who'"), draft->who);
	if (!word_is_valid(draft->about, strlen(draft->about)))
		return fault_set(f, ERR_FORMAT, _("'%s' cannot stand in the line 'about'"), draft->about);
	if (via < 0)
		return fault_set(f, ERR_FORMAT, _("'%s' cannot stand in the line 'via'"), draft->via);
	if (type < 0)
		return fault_set(f, ERR_FORMAT, _("'%s' cannot stand in the line 'type'"), draft->type);
	e->via = (enum via)via;
	e->type = (enum entry_type)type;
	if (draft->restricted != NULL &&
	    (!word_is_valid(draft->restricted, strlen(draft->restricted)) || strcmp(draft->about, "-") != 0))
		return fault_set(f, ERR_FORMAT, _("an entry of a restricted case must stand under '-'"));
	memcpy(e->who, draft->who, strlen(draft->who) + 1);
	memcpy(e->about, draft->about, strlen(draft->about) + 1);
	if (draft->idem == NULL)
		return ERR_OK;
	e->has_idem = true;
	if (hex_decode(e->idem, &idem_len, draft->idem, strlen(draft->idem)) != ERR_OK || idem_len != IDEM_BYTES)
		return fault_set(f, ERR_FORMAT, _("a retry key must have 32 lower-case hexadecimal digits"));
	return ERR_OK;
}

/* Each kernel call gives many, as it costs more than all the hashing of an entry. */
static void draw_salt(struct salts *salts, uint8_t out[SALT_SIZE])
{
	if (salts->left == 0) {
		randombytes_buf(salts->of, sizeof salts->of);
		salts->left = SALTS_DRAWN;
	}
	salts->left--;
	memcpy(out, salts->of[salts->left], SALT_SIZE);
	sodium_memzero(salts->of[salts->left], SALT_SIZE);
}

static enum err fill_disclosures(struct ledger *l, struct entry *e, struct buf strings[DISCLOSURE_COUNT],
				 const struct draft *draft, struct fault *f)
{
	const char *const values[DISCLOSURE_COUNT] = {
		[DISCLOSURE_BODY] = draft->body,
		[DISCLOSURE_FILES] = draft->files,
		[DISCLOSURE_PERSON] = draft->person,
		[DISCLOSURE_TEXT] = draft->text,
	};
	uint8_t salt[SALT_SIZE];

	if (draft->body == NULL)
		return fault_set(f, ERR_FORMAT, _("an entry needs a body"));
	for (int i = 0; i < DISCLOSURE_COUNT; i++) {
		enum err err;

		if (values[i] == NULL)
			continue;
		draw_salt(&l->salts, salt);
		err = disclosure_format(&strings[i], (enum disclosure_name)i, salt, values[i], strlen(values[i]), f);
		if (err != ERR_OK)
			return err;
		e->has[i] = true;
		hash_bytes(e->sd[i], strings[i].data, strings[i].len);
	}
	return ERR_OK;
}

/* Body stays readable, unless the case is restricted; the rest is sealed in place. */
static enum err seal_disclosures(struct ledger *l, const struct entry *e, const char *restricted,
				 struct buf strings[DISCLOSURE_COUNT], struct fault *f)
{
	uint8_t key[SEAL_KEY_SIZE] = {0};
	char what[64];
	enum err err = ERR_OK;

	for (int i = 0; i < DISCLOSURE_COUNT && err == ERR_OK; i++) {
		struct buf sealed = {0};

		if ((i == DISCLOSURE_BODY && restricted == NULL) || !e->has[i])
			continue;
		err = case_key(l, restricted != NULL ? restricted : e->about, true, key, f);
		if (err != ERR_OK)
			break;
		(void)snprintf(what, sizeof what, "%llu %s", (unsigned long long)e->seq, disclosure_names[i]);
		seal(&sealed, key, what, strings[i].data, strings[i].len);
		err = buf_status(&sealed);
		if (err != ERR_OK)
			(void)fault_set(f, err, _("no memory"));
		buf_fini(&strings[i]);
		strings[i] = sealed;
	}
	sodium_memzero(key, sizeof key);
	return err;
}

static void add_row(struct ledger *l, const struct entry *e, const struct buf *leaf, const char *restricted,
		    const struct buf strings[DISCLOSURE_COUNT])
{
	struct blob row[3 + DISCLOSURE_COUNT] = {{leaf->data, leaf->len}};

	if (e->has_idem)
		row[1] = (struct blob){e->idem, IDEM_FOUND_BY};
	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		row[2 + i] = (struct blob){e->has[i] ? strings[i].data : NULL, strings[i].len};
	if (restricted != NULL)
		row[2 + DISCLOSURE_COUNT] = (struct blob){restricted, strlen(restricted)};
	batch_add(&l->changes, STORE_ADD_ENTRY, (int64_t)e->seq, row, 3 + DISCLOSURE_COUNT);
	if (restricted == NULL)
		mark_stage(&l->changes, e->seq, &strings[DISCLOSURE_BODY]);
}

static void advance(struct ledger *l, const struct entry *e, const struct buf *leaf)
{
	/* The root of a full tile is kept, so that proofs need not hash its entries again. */
	struct node_keeper keeper = {&l->changes, &l->staged.tree};
	struct tile_listener listener = {node_keep, &keeper};
	struct staged_idem idem = {.seq = e->seq};

	hash_leaf(l->staged.prev, leaf->data, leaf->len);
	tree_append(&l->staged.tree, l->staged.prev, &listener);
	if (!e->has_idem)
		return;
	memcpy(idem.idem, e->idem, IDEM_BYTES);
	memcpy(idem.leaf, l->staged.prev, HASH_SIZE);
	buf_add(&l->idems, &idem, sizeof idem);
}

/* From here on a failure leaves half an entry behind, so nothing that is staged may be committed. */
static enum err stage(struct ledger *l, const struct entry *e, const struct buf *leaf, const char *restricted,
		      struct buf strings[DISCLOSURE_COUNT], struct fault *f)
{
	enum err err = seal_disclosures(l, e, restricted, strings, f);

	if (err == ERR_OK) {
		add_row(l, e, leaf, restricted, strings);
		advance(l, e, leaf);
		err = batch_status(&l->changes) != ERR_OK ? batch_status(&l->changes) : buf_status(&l->idems);
		if (err != ERR_OK)
			(void)fault_set(f, err, _("no memory"));
	}
	l->failed = err;
	return err;
}

enum err ledger_add(struct ledger *l, const struct draft *draft, struct moment now, uint64_t *seq,
		    uint8_t leaf[HASH_SIZE], struct fault *f)
{
	struct entry e = {.seq = l->staged.tree.size, .boot = l->running.boot, .epoch = l->running.epoch, .at = now};
	struct buf text = {.cap = ENTRY_MAX}, strings[DISCLOSURE_COUNT] = {{0}};
	enum err err = may_write(l, f);

	if (err == ERR_OK && l->failed != ERR_OK)
		err = fault_set(f, l->failed, _("an entry before this one could not be recorded"));
	if (err == ERR_OK)
		err = fill_words(&e, draft, f);
	if (err == ERR_OK && draft->idem != NULL && ledger_find_idem(l, draft->idem, NULL, NULL) == ERR_OK)
		err = fault_set(f, ERR_EXISTS, _("this request was recorded before"));
	if (err == ERR_OK)
		err = fill_disclosures(l, &e, strings, draft, f);
	memcpy(e.prev, l->staged.prev, HASH_SIZE);
	if (err == ERR_OK && entry_format(&text, &e) != ERR_OK)
		err = fault_set(f, ERR_RANGE, _("a time or number is outside what an entry can say"));
	if (err == ERR_OK && draft->files != NULL)
		blobs_name(&l->changes, e.seq, draft->files);
	if (err == ERR_OK)
		err = stage(l, &e, &text, draft->restricted, strings, f);
	if (err == ERR_OK && draft->leads_to_room)
		l->media.asks_room = true;
	if (err == ERR_OK && seq != NULL)
		*seq = e.seq;
	if (err == ERR_OK && leaf != NULL)
		memcpy(leaf, l->staged.prev, HASH_SIZE);
	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		buf_fini(&strings[i]);
	buf_fini(&text);
	return err;
}

/* ---- the commit ---- */

static enum err sign_head(struct ledger *l, struct checkpoint *head, struct buf *note)
{
	size_t text_len;

	head->size = l->staged.tree.size;
	tree_root(&l->staged.tree, head->root);
	checkpoint_format(note, ledger_origin(l), head);
	text_len = note->len;
	buf_addc(note, '\n');
	signer_sign(&l->running.key, note, text_len);
	return buf_status(note);
}

static void add_head(struct ledger *l, const struct buf *note)
{
	uint8_t peaks[TREE_PEAKS_MAX];
	size_t len = tree_peaks_write(&l->staged.tree, peaks);

	batch_add(&l->changes, STORE_PUT_HEAD, (int64_t)l->staged.tree.size,
		  (const struct blob[]){{note->data, note->len}, {peaks, len}}, 2);
}

/* A COMMIT that answers with an error has usually not happened. When it has all the same, memory and file no longer
   agree, and only opening anew brings them together. A failed sync leaves even the file in doubt. */
static bool is_in_doubt(struct ledger *l, enum err err)
{
	for (int i = 0; i < MEDIA_MAX; i++) {
		struct medium *medium = &l->media.m[i];

		if (medium->state != MEDIUM_GOOD)
			continue;
		if (err == ERR_IO || err == ERR_TIMEOUT || store_row(medium->store, STORE_GET_HEAD, 0, NULL) != ERR_OK)
			return true;
		err = (uint64_t)store_integer(medium->store, STORE_GET_HEAD, 0) != l->durable.tree.size ? ERR_IO : err;
		store_done(medium->store, STORE_GET_HEAD);
	}
	return err == ERR_IO;
}

static enum err commit(struct ledger *l, struct buf *note, struct checkpoint *head, struct fault *f)
{
	enum err err = sign_head(l, head, note);

	if (err == ERR_OK) {
		add_head(l, note);
		err = batch_status(&l->changes);
	}
	if (err != ERR_OK)
		return fault_set(f, err, _("no memory"));
	err = media_apply(&l->media, &l->changes, f);
	if (err != ERR_OK && is_in_doubt(l, err)) {
		l->is_broken = true;
		err = ERR_IO;
	}
	return err;
}

enum err ledger_commit(struct ledger *l, struct moment now, struct fault *f)
{
	struct buf note = {.cap = NOTE_MAX};
	struct checkpoint head;
	int64_t pages;
	enum err err = may_write(l, f);

	(void)now;
	if (err == ERR_OK && l->failed != ERR_OK)
		err = fault_set(f, l->failed, _("an entry could not be recorded, so none of its group was"));
	if (err == ERR_OK && batch_is_empty(&l->changes))
		return ERR_OK;
	if (err == ERR_OK)
		err = commit(l, &note, &head, f);
	if (err != ERR_OK) {
		ledger_abandon(l);
		buf_fini(&note);
		return err;
	}
	forget_staged(l);
	l->durable = l->staged;
	l->head = head;
	buf_fini(&l->head_note);
	l->head_note = note;
	/* A failure here costs nothing: the entries are durable, and the next commit tries again. */
	pages = media_store(&l->media)->wal_pages;
	if (l->media.is_tight && pages >= WAL_PAGES_TIGHT)
		(void)!media_do(&l->media, JOB_TRUNCATE);
	else if (pages >= WAL_PAGES_MAX)
		(void)!media_do(&l->media, JOB_TIDY);
	return ERR_OK;
}

static const struct staged_idem *find_staged(const struct ledger *l, const uint8_t idem[IDEM_BYTES])
{
	const struct staged_idem *all = (const struct staged_idem *)(const void *)l->idems.data;

	for (size_t i = 0; i < l->idems.len / sizeof *all; i++)
		if (memcmp(all[i].idem, idem, IDEM_BYTES) == 0)
			return &all[i];
	return NULL;
}

static enum err find_stored(struct store *s, const uint8_t idem[IDEM_BYTES], struct staged_idem *out)
{
	struct blob key = {idem, IDEM_BYTES}, text;
	enum err err = store_row(s, STORE_FIND_IDEM, 0, &key);

	if (err != ERR_OK)
		return err;
	out->seq = (uint64_t)store_integer(s, STORE_FIND_IDEM, 0);
	text = store_blob(s, STORE_FIND_IDEM, 1);
	hash_leaf(out->leaf, text.data, text.len);
	store_done(s, STORE_FIND_IDEM);
	return ERR_OK;
}

enum err ledger_find_idem(struct ledger *l, const char *idem, uint64_t *seq, uint8_t leaf[HASH_SIZE])
{
	uint8_t bytes[IDEM_BYTES];
	size_t len = IDEM_BYTES;
	const struct staged_idem *staged;
	struct staged_idem stored;

	if (hex_decode(bytes, &len, idem, strlen(idem)) != ERR_OK || len != IDEM_BYTES)
		return ERR_FORMAT;
	staged = find_staged(l, bytes);
	if (staged == NULL) {
		enum err err = find_stored(media_store(&l->media), bytes, &stored);

		if (err != ERR_OK)
			return err;
		staged = &stored;
	}
	if (seq != NULL)
		*seq = staged->seq;
	if (leaf != NULL)
		memcpy(leaf, staged->leaf, HASH_SIZE);
	return ERR_OK;
}

enum err ledger_tidy(struct ledger *l)
{
	enum err err;

	if (l->is_readonly)
		return ERR_OK;
	err = media_do(&l->media, l->must_truncate ? JOB_TRUNCATE : JOB_TIDY);
	if (err == ERR_OK)
		l->must_truncate = false;
	hold_space(l);
	return err;
}
