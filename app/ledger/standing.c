/* What one medium says of itself: genesis, last checkpoint, newest entries; each must fit the others. */
#include "ledger/inside.h"

#include "base/text.h"

#include <string.h>

enum { NEWEST_CHECKED = 1024 };

static const char *place_of(const struct ledger *l)
{
	return l->media.m[l->media.reading].folder;
}

enum err standing_genesis(struct ledger *l, struct genesis *out, struct fault *f)
{
	struct store *store = media_store(&l->media);
	struct blob note;
	enum err err = store_row(store, STORE_GET_EPOCH, 1, NULL);

	if (err == ERR_OK) {
		note = store_blob(store, STORE_GET_EPOCH, 0);
		err = genesis_parse(out, note.data, note.len);
		store_done(store, STORE_GET_EPOCH);
	}
	if (err != ERR_OK)
		return fault_set(f, ERR_CORRUPT, _("%s: the genesis note is missing or damaged"), place_of(l));
	return ERR_OK;
}

static enum err load_head_row(struct ledger *l, struct standing *s)
{
	struct store *store = media_store(&l->media);
	struct blob note, peaks;
	uint64_t size;
	int64_t last;
	enum err err = store_row(store, STORE_GET_HEAD, 0, NULL);

	if (err != ERR_OK)
		return err;
	size = (uint64_t)store_integer(store, STORE_GET_HEAD, 0);
	note = store_blob(store, STORE_GET_HEAD, 1);
	peaks = store_blob(store, STORE_GET_HEAD, 2);
	last = store_integer(store, STORE_GET_HEAD, 3);
	buf_add(&s->head_note, note.data, note.len);
	err = tree_peaks_read(&s->durable.tree, size, peaks.data, peaks.len);
	store_done(store, STORE_GET_HEAD);
	s->rows = (uint64_t)last + 1;
	if (err == ERR_OK && size == 0)
		err = ERR_CORRUPT;
	return err != ERR_OK ? err : buf_status(&s->head_note);
}

static enum err misfit(const struct ledger *l, struct fault *f)
{
	return fault_set(f, ERR_CORRUPT, _("%s: the last checkpoint does not fit the entries"), place_of(l));
}

/* The stored checkpoint says what the stored peaks say. */
static enum err load_head(struct ledger *l, struct standing *s, struct note *note, struct fault *f)
{
	uint8_t root[HASH_SIZE];
	enum err err = load_head_row(l, s);

	if (err == ERR_OK)
		err = note_parse(note, s->head_note.data, s->head_note.len);
	if (err == ERR_OK)
		err = checkpoint_parse(&s->head, s->genesis.identity.name, note->text, note->text_len);
	if (err == ERR_OK) {
		tree_root(&s->durable.tree, root);
		if (s->head.size != s->durable.tree.size || memcmp(root, s->head.root, HASH_SIZE) != 0)
			err = ERR_CORRUPT;
	}
	return err == ERR_OK ? ERR_OK : misfit(l, f);
}

/* Rebuilds the newest corner of the tree; its subtrees must be those the checkpoint was signed over. */
static enum err check_corner(const struct ledger *l, const struct standing *s, const struct tree *corner,
			     struct fault *f)
{
	for (unsigned height = 0; height < TREE_HEIGHT; height++) {
		uint64_t bit = UINT64_C(1) << height;

		if ((corner->size & s->durable.tree.size & bit) != 0 &&
		    memcmp(corner->peaks[height], s->durable.tree.peaks[height], HASH_SIZE) != 0)
			return fault_set(f, ERR_CORRUPT, _("%s: the newest entries do not fit the last checkpoint"),
					 place_of(l));
	}
	return ERR_OK;
}

static enum err check_newest(struct ledger *l, struct standing *s, struct fault *f)
{
	struct store *store = media_store(&l->media);
	uint64_t size = s->durable.tree.size, from = (size - 1) / NEWEST_CHECKED * NEWEST_CHECKED, seq = from;
	struct tree corner = {0};
	struct opened o = {0};
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(store, from, size, &rows);

	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		err = opened_fill(l, &o, rows, f);
		if (err != ERR_OK)
			goto out;
		if (o.entry.seq != seq || (seq > from && memcmp(o.entry.prev, s->durable.prev, HASH_SIZE) != 0)) {
			err = fault_set(f, ERR_CORRUPT, _("entry %llu does not follow the one before it"),
					(unsigned long long)o.entry.seq);
			goto out;
		}
		memcpy(s->durable.prev, o.hash, HASH_SIZE);
		tree_append(&corner, o.hash, NULL);
		seq++;
	}
	s->last = o.entry;
	if (err != ERR_MISSING)
		err = store_fault(store, err, _("reading"), f);
	else
		err = seq == size ? check_corner(l, s, &corner, f)
				  : fault_set(f, ERR_CORRUPT, _("entry %llu is missing"), (unsigned long long)seq);
out:
	(void)sqlite3_finalize(rows);
	opened_fini(&o);
	return err;
}

static enum err check_head_signature(struct ledger *l, const struct note *note, uint64_t epoch, struct fault *f)
{
	uint8_t hash[HASH_SIZE];
	struct note_key key;
	enum err err = epoch_key_stored(l, epoch, &key, hash, f);

	if (err == ERR_OK && note_verify(note, &key) != ERR_OK)
		err = fault_set(f, ERR_CORRUPT, _("%s: the signature of the last checkpoint is wrong"), place_of(l));
	return err;
}

enum err standing_load(struct ledger *l, struct standing *s, struct fault *f)
{
	struct note note;
	enum err err = standing_genesis(l, &s->genesis, f);

	hash_bytes(s->durable.prev, "", 0);
	if (err == ERR_OK)
		err = load_head(l, s, &note, f);
	if (err == ERR_OK && s->rows != s->head.size)
		err = misfit(l, f);
	if (err == ERR_OK)
		err = check_newest(l, s, f);
	if (err == ERR_OK)
		err = check_head_signature(l, &note, s->last.epoch, f);
	return err;
}

enum err standing_claim(struct ledger *l, struct standing *s, struct fault *f)
{
	struct store *store = media_store(&l->media);
	struct note note;
	enum err err = standing_genesis(l, &s->genesis, f);

	if (err == ERR_OK)
		err = load_head(l, s, &note, f);
	if (err == ERR_OK && store_row(store, STORE_LAST_EPOCH, 0, NULL) == ERR_OK) {
		s->last.epoch = (uint64_t)store_integer(store, STORE_LAST_EPOCH, 0) + 1;
		store_done(store, STORE_LAST_EPOCH);
	}
	return err == ERR_OK ? check_head_signature(l, &note, s->last.epoch, f) : err;
}

void standing_fini(struct standing *s)
{
	buf_fini(&s->head_note);
}
