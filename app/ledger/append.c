#include "ledger/inside.h"

#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static enum err may_write(const struct ledger *l, struct fault *f)
{
	if (l->is_readonly)
		return fault_set(f, ERR_STATE, _("the ledger was opened for reading only"));
	if (l->is_broken)
		return fault_set(f, ERR_IO,
				 _("the disk failed while recording; check it, then start the program again"));
	return ERR_OK;
}

/* SQLite's own word decides: after a full disk it may have rolled back already, and a BEGIN that failed may have begun.
 */
static void roll_back(struct ledger *l)
{
	if (sqlite3_get_autocommit(l->store.db) == 0 && store_run(&l->store, STORE_ROLLBACK, 0, NULL, 0) != ERR_OK)
		l->is_broken = true;
	l->in_transaction = false;
}

enum err ledger_begin(struct ledger *l, struct fault *f)
{
	enum err err = may_write(l, f);

	if (err != ERR_OK || l->in_transaction)
		return err;
	err = store_run(&l->store, STORE_BEGIN, 0, NULL, 0);
	if (err != ERR_OK) {
		err = store_fault(&l->store, err, _("recording"), f);
		roll_back(l);
		return err;
	}
	l->in_transaction = true;
	return ERR_OK;
}

void ledger_abandon(struct ledger *l)
{
	roll_back(l);
	l->failed = ERR_OK;
	l->staged = l->durable;
	case_keys_forget(l);
}

bool ledger_has_staged(const struct ledger *l)
{
	return l->failed != ERR_OK || l->staged.tree.size != l->durable.tree.size;
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
	memcpy(e->who, draft->who, strlen(draft->who) + 1);
	memcpy(e->about, draft->about, strlen(draft->about) + 1);
	if (draft->idem == NULL)
		return ERR_OK;
	e->has_idem = true;
	if (hex_decode(e->idem, &idem_len, draft->idem, strlen(draft->idem)) != ERR_OK || idem_len != IDEM_BYTES)
		return fault_set(f, ERR_FORMAT, _("a retry key must have 32 lower-case hexadecimal digits"));
	return ERR_OK;
}

static enum err fill_disclosures(struct entry *e, struct buf strings[DISCLOSURE_COUNT], const struct draft *draft,
				 struct fault *f)
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
		randombytes_buf(salt, sizeof salt);
		err = disclosure_format(&strings[i], (enum disclosure_name)i, salt, values[i], strlen(values[i]), f);
		if (err != ERR_OK)
			return err;
		e->has[i] = true;
		hash_bytes(e->sd[i], strings[i].data, strings[i].len);
	}
	return ERR_OK;
}

/* Body stays readable; the rest is sealed in place. */
static enum err seal_disclosures(struct ledger *l, const struct entry *e, struct buf strings[DISCLOSURE_COUNT],
				 struct fault *f)
{
	uint8_t key[SEAL_KEY_SIZE] = {0};
	char what[64];
	enum err err = ERR_OK;

	for (int i = 0; i < DISCLOSURE_COUNT && err == ERR_OK; i++) {
		struct buf sealed = {0};

		if (i == DISCLOSURE_BODY || !e->has[i])
			continue;
		err = case_key(l, e->about, true, key, f);
		if (err != ERR_OK)
			break;
		(void)snprintf(what, sizeof what, "%llu %s", (unsigned long long)e->seq, disclosure_names[i]);
		seal(&sealed, key, what, strings[i].data, strings[i].len);
		err = buf_status(&sealed);
		buf_fini(&strings[i]);
		strings[i] = sealed;
	}
	sodium_memzero(key, sizeof key);
	return err;
}

static enum err insert(struct ledger *l, const struct entry *e, const struct buf *leaf,
		       const struct buf strings[DISCLOSURE_COUNT], struct fault *f)
{
	struct blob values[DISCLOSURE_COUNT];
	enum err err;

	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		values[i] = (struct blob){e->has[i] ? strings[i].data : NULL, strings[i].len};
	err = store_add_entry(&l->store, e, (struct blob){leaf->data, leaf->len}, values);
	return err == ERR_OK ? ERR_OK : store_fault(&l->store, err, _("recording"), f);
}

static void advance(struct position *p, const struct buf *leaf)
{
	hash_leaf(p->prev, leaf->data, leaf->len);
	tree_append(&p->tree, p->prev, NULL);
}

/* From here on a failure may have cost the whole transaction, so nothing of it may be committed. */
static enum err stage(struct ledger *l, const struct entry *e, const struct buf *leaf,
		      struct buf strings[DISCLOSURE_COUNT], struct fault *f)
{
	enum err err = ledger_begin(l, f);

	if (err != ERR_OK)
		return err;
	err = seal_disclosures(l, e, strings, f);
	if (err == ERR_OK)
		err = insert(l, e, leaf, strings, f);
	if (err != ERR_OK) {
		l->failed = err;
		return err;
	}
	advance(&l->staged, leaf);
	return ERR_OK;
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
		err = fill_disclosures(&e, strings, draft, f);
	memcpy(e.prev, l->staged.prev, HASH_SIZE);
	if (err == ERR_OK && entry_format(&text, &e) != ERR_OK)
		err = fault_set(f, ERR_RANGE, _("a time or number is outside what an entry can say"));
	if (err == ERR_OK)
		err = stage(l, &e, &text, strings, f);
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

static enum err write_head(struct ledger *l, const struct buf *note)
{
	uint8_t peaks[TREE_PEAKS_MAX];
	size_t len = tree_peaks_write(&l->staged.tree, peaks);

	return store_run(&l->store, STORE_PUT_HEAD, (int64_t)l->staged.tree.size,
			 (const struct blob[]){{note->data, note->len}, {peaks, len}}, 2);
}

/* A COMMIT that answers with an error has usually not happened. When it has all the same, memory and file no longer
   agree, and only opening anew brings them together. A failed sync leaves even the file in doubt. */
static void judge_failed_commit(struct ledger *l, enum err err)
{
	ledger_abandon(l);
	if (err == ERR_IO || store_row(&l->store, STORE_GET_HEAD, 0, NULL) != ERR_OK) {
		l->is_broken = true;
		return;
	}
	if ((uint64_t)store_integer(&l->store, STORE_GET_HEAD, 0) != l->durable.tree.size)
		l->is_broken = true;
	store_done(&l->store, STORE_GET_HEAD);
}

enum err ledger_commit(struct ledger *l, struct moment now, struct fault *f)
{
	struct buf note = {.cap = NOTE_MAX};
	struct checkpoint head;
	enum err err = l->failed;

	(void)now;
	if (err != ERR_OK)
		err = fault_set(f, err, _("an entry could not be recorded, so none of its group was"));
	else if (!l->in_transaction)
		return ERR_OK;
	if (err == ERR_OK)
		err = sign_head(l, &head, &note);
	if (err == ERR_OK)
		err = write_head(l, &note);
	if (err != ERR_OK) {
		if (l->failed == ERR_OK)
			err = store_fault(&l->store, err, _("recording"), f);
		ledger_abandon(l);
		buf_fini(&note);
		return err;
	}
	err = store_run(&l->store, STORE_COMMIT, 0, NULL, 0);
	if (err != ERR_OK) {
		err = store_fault(&l->store, err, _("recording"), f);
		judge_failed_commit(l, err);
		err = l->is_broken ? ERR_IO : err;
		buf_fini(&note);
		return err;
	}
	l->in_transaction = false;
	l->durable = l->staged;
	l->head = head;
	buf_fini(&l->head_note);
	l->head_note = note;
	/* A failure here costs nothing: the entries are durable, and the next commit tries again. */
	if (l->store.wal_pages >= WAL_PAGES_MAX)
		(void)!store_tidy(&l->store);
	return ERR_OK;
}

enum err ledger_find_idem(struct ledger *l, const char *idem, uint64_t *seq, uint8_t leaf[HASH_SIZE])
{
	uint8_t bytes[IDEM_BYTES];
	size_t len = IDEM_BYTES;
	struct blob key = {bytes, IDEM_BYTES}, text;
	enum err err;

	if (hex_decode(bytes, &len, idem, strlen(idem)) != ERR_OK || len != IDEM_BYTES)
		return ERR_FORMAT;
	err = store_row(&l->store, STORE_FIND_IDEM, 0, &key);
	if (err != ERR_OK)
		return err;
	if (seq != NULL)
		*seq = (uint64_t)store_integer(&l->store, STORE_FIND_IDEM, 0);
	text = store_blob(&l->store, STORE_FIND_IDEM, 1);
	if (leaf != NULL)
		hash_leaf(leaf, text.data, text.len);
	store_done(&l->store, STORE_FIND_IDEM);
	return ERR_OK;
}

enum err ledger_tidy(struct ledger *l)
{
	return l->in_transaction || l->is_readonly ? ERR_OK : store_tidy(&l->store);
}
