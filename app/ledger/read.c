#include "ledger/inside.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static enum err corrupt(uint64_t seq, const char *what, struct fault *f)
{
	return fault_set(f, ERR_CORRUPT, _("entry %llu: %s"), (unsigned long long)seq, what);
}

static enum err open_string(struct ledger *l, struct opened *o, int name, struct blob stored, struct fault *f)
{
	struct buf *out = &o->strings[name];
	uint8_t key[SEAL_KEY_SIZE], hash[HASH_SIZE];
	char what[64];
	enum err err = ERR_OK;

	if (name == DISCLOSURE_BODY && !o->is_restricted) {
		buf_add(out, stored.data, stored.len);
	} else {
		(void)snprintf(what, sizeof what, "%llu %s", (unsigned long long)o->entry.seq, disclosure_names[name]);
		err = case_key(l, o->is_restricted ? o->restricted : o->entry.about, false, key, f);
		if (err == ERR_OK)
			err = unseal(out, key, what, stored.data, stored.len);
	}
	if (err == ERR_OK)
		err = buf_status(out);
	if (err == ERR_CRYPTO || err == ERR_MISSING)
		return corrupt(o->entry.seq, _("a stored text cannot be unsealed"), f);
	if (err != ERR_OK)
		return fault_set(f, err, _("entry %llu cannot be read"), (unsigned long long)o->entry.seq);
	hash_bytes(hash, out->data, out->len);
	if (memcmp(hash, o->entry.sd[name], HASH_SIZE) != 0)
		return corrupt(o->entry.seq, _("a stored text does not fit its hash"), f);
	return ERR_OK;
}

static bool take_restricted(struct opened *o, struct blob name)
{
	o->is_restricted = name.data != NULL;
	if (name.len > WORD_MAX)
		return false;
	(void)snprintf(o->restricted, sizeof o->restricted, "%.*s", (int)name.len,
		       name.data != NULL ? (const char *)name.data : "");
	return true;
}

static bool idem_fits(const struct entry *e, struct blob idem)
{
	return e->has_idem ? idem.len == IDEM_FOUND_BY && memcmp(idem.data, e->idem, IDEM_FOUND_BY) == 0
			   : idem.data == NULL;
}

enum err opened_fill(struct ledger *l, struct opened *o, sqlite3_stmt *row, struct fault *f)
{
	uint64_t seq = (uint64_t)sqlite3_column_int64(row, ROW_SEQ);

	o->leaf = row_blob(row, ROW_LEAF);
	if (entry_parse(&o->entry, o->leaf.data, o->leaf.len, NULL) != ERR_OK || o->entry.seq != seq ||
	    !idem_fits(&o->entry, row_blob(row, ROW_IDEM)) || !take_restricted(o, row_blob(row, ROW_SEALED_WITH)))
		return corrupt(seq, _("the stored entry is damaged"), f);
	hash_leaf(o->hash, o->leaf.data, o->leaf.len);
	for (int i = 0; i < DISCLOSURE_COUNT; i++) {
		struct blob stored = row_blob(row, ROW_DISCLOSURES + i);
		enum err err;

		buf_clear(&o->strings[i]);
		o->is_erased[i] = o->entry.has[i] && stored.data == NULL;
		if (!o->entry.has[i] || stored.data == NULL)
			continue;
		err = open_string(l, o, i, stored, f);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

void opened_fini(struct opened *o)
{
	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		buf_fini(&o->strings[i]);
}

/* `values` hold the JSON texts, `idem` the digits that the record points to. */
static enum err fill_record(struct record *r, const struct opened *o, struct buf values[DISCLOSURE_COUNT],
			    char idem[HEX_SIZE(IDEM_BYTES)], struct fault *f)
{
	const char **const fields[DISCLOSURE_COUNT] = {
		[DISCLOSURE_BODY] = &r->body,
		[DISCLOSURE_FILES] = &r->files,
		[DISCLOSURE_PERSON] = &r->person,
		[DISCLOSURE_TEXT] = &r->text,
	};
	const struct entry *e = &o->entry;

	*r = (struct record){.seq = e->seq,
			     .boot = e->boot,
			     .epoch = e->epoch,
			     .at = e->at,
			     .who = e->who,
			     .via = via_names[e->via],
			     .type = entry_type_names[e->type],
			     .about = e->about,
			     .restricted = o->is_restricted ? o->restricted : NULL};
	memcpy(r->leaf, o->hash, HASH_SIZE);
	if (e->has_idem) {
		hex_encode(idem, e->idem, IDEM_BYTES);
		r->idem = idem;
	}
	for (int i = 0; i < DISCLOSURE_COUNT; i++) {
		if (!e->has[i] || o->is_erased[i])
			continue;
		if (disclosure_parse(&values[i], (enum disclosure_name)i, o->strings[i].data, o->strings[i].len) !=
		    ERR_OK)
			return corrupt(e->seq, _("a stored text is damaged"), f);
		*fields[i] = values[i].data;
	}
	return ERR_OK;
}

struct reading {
	struct opened o;
	struct buf values[DISCLOSURE_COUNT];
	char idem[HEX_SIZE(IDEM_BYTES)];
	uint64_t next;
};

/* Reads on from r->next. What `take` answered stands in *taken; anything wrong with the medium is the result. */
static enum err read_on(struct ledger *l, struct reading *r, uint64_t to, record_taker *take, void *context,
			enum err *taken, struct fault *f)
{
	struct store *store = media_store(&l->media);
	sqlite3_stmt *rows = NULL;
	struct record record;
	enum err err = store_entries(store, r->next, to, &rows);

	while (err == ERR_OK && *taken == ERR_OK) {
		err = store_next(rows);
		if (err != ERR_OK)
			break;
		err = opened_fill(l, &r->o, rows, f);
		if (err == ERR_OK)
			err = fill_record(&record, &r->o, r->values, r->idem, f);
		if (err != ERR_OK)
			goto out;
		*taken = take(context, &record);
		r->next = record.seq + 1;
	}
	err = err == ERR_OK || err == ERR_MISSING ? ERR_OK : store_fault(store, err, _("reading"), f);
out:
	(void)sqlite3_finalize(rows);
	return err;
}

/* A row that one medium cannot give is taken from the other; the next scrub repairs it. */
enum err ledger_read(struct ledger *l, uint64_t from, uint64_t to, record_taker *take, void *context, struct fault *f)
{
	struct reading r = {.next = from};
	uint64_t tried = UINT64_MAX;
	enum err taken = ERR_OK, err;

	do
		err = read_on(l, &r, to, take, context, &taken, f);
	while ((err == ERR_CORRUPT || err == ERR_IO) && tried != r.next && (tried = r.next, media_switch(&l->media)));
	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		buf_fini(&r.values[i]);
	opened_fini(&r.o);
	return err != ERR_OK ? err : taken;
}
