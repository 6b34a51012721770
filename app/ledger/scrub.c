/* Scrubbing: every row and every stored file of every medium is read again and hashed.
 *
 *   1  rows        side by side from both media; one that does not fit is put right from the other
 *   2  each medium by itself, by an auditor's rules, with its keys; one that fails is written anew from the other
 *   3  tables      what is beside the entries must be the same on both; the medium in use is followed
 *   4  keys        of each medium; one that is not the right one is written anew
 *   5  files       of each medium; one that does not hash to its name is copied from the other
 *
 * With one medium there are only the second and the last two steps, and nothing to repair from.
 */
#include "ledger/inside.h"

#include "base/text.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_ONCE = 32 };
enum phase { SCRUB_ROWS, SCRUB_FIRST, SCRUB_SECOND, SCRUB_REPLACE, SCRUB_TABLES, SCRUB_KEYS, SCRUB_FILES };

struct scrub {
	struct ledger *ledger;
	enum phase phase;
	struct tree tree;
	uint8_t prev[HASH_SIZE];
	struct opened opened[MEDIA_MAX];
	struct check *check;
	struct batch marks; /* those of all rows so far */
	bool has_all_marks;
	struct blob_walk *files;
	int files_on; /* which medium they are read on */
	bool is_damaged[MEDIA_MAX];
	struct fault damage[MEDIA_MAX];
	struct fault *f;
	enum err err; /* of a node that was put right */
	struct scrub_report report;
};

static const char *const medium_names[MEDIA_MAX] = {"first", "second"};

static bool has_two(const struct scrub *s)
{
	return media_has_two(&s->ledger->media) && !media_is_alone(&s->ledger->media);
}

enum err scrub_begin(struct ledger *l, struct scrub **out, struct fault *f)
{
	struct scrub *s;

	if (l->is_readonly)
		return fault_set(f, ERR_STATE, _("the ledger was opened for reading only"));
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	s->ledger = l;
	s->report.repaired = l->keys_mended;
	l->keys_mended = 0;
	s->phase = has_two(s) ? SCRUB_ROWS : SCRUB_FIRST;
	hash_bytes(s->prev, "", 0);
	*out = s;
	return ERR_OK;
}

void scrub_end(struct scrub *s)
{
	if (s == NULL)
		return;
	check_end(s->check);
	blob_walk_end(s->files);
	batch_fini(&s->marks);
	opened_fini(&s->opened[0]);
	opened_fini(&s->opened[1]);
	free(s);
}

void scrub_tell(const struct scrub *s, struct scrub_report *report)
{
	*report = s->report;
}

static void note_bad(struct scrub *s, const struct fault *f)
{
	if (s->report.bad++ == 0)
		s->report.first_bad = *f;
}

static void note_repair(struct scrub *s, int index, const char *what, uint64_t seq)
{
	s->report.repaired++;
	news_add(s->ledger, "{\"act\":\"medium.repaired\",\"medium\":\"%s\",\"what\":\"%s\",\"seq\":%" PRIu64 "}",
		 medium_names[index], what, seq);
}

static void mark_damaged(struct scrub *s, int index, const struct fault *f)
{
	if (!s->is_damaged[index])
		s->damage[index] = *f;
	s->is_damaged[index] = true;
}

/* ---- 1: rows ---- */

/* Fits itself, its number and the entry before it; what is erased is known to be. */
static bool row_fits(struct scrub *s, int index, sqlite3_stmt *row, uint64_t seq)
{
	struct opened *o = &s->opened[index];
	struct fault f;

	if ((uint64_t)sqlite3_column_int64(row, ROW_SEQ) != seq || opened_fill(s->ledger, o, row, &f) != ERR_OK ||
	    memcmp(o->entry.prev, s->prev, HASH_SIZE) != 0)
		return false;
	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		if (o->is_erased[i] && !entry_is_erased(s->ledger, seq, (enum disclosure_name)i))
			return false;
	return true;
}

static bool same_rows(sqlite3_stmt *const rows[MEDIA_MAX])
{
	for (int column = ROW_SEQ; column <= ROW_IDEM; column++) {
		struct blob a = row_blob(rows[0], column), b = row_blob(rows[1], column);

		if (a.data == NULL || b.data == NULL ? a.data != b.data
						     : a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
			return false;
	}
	return true;
}

/* The hash that entry `seq` must have, by the entry after it on one of the media, or by the newest checkpoint. */
static bool hash_is_right(struct scrub *s, uint64_t seq, const uint8_t hash[HASH_SIZE])
{
	struct ledger *l = s->ledger;
	bool is_right = false;

	if (seq + 1 == l->durable.tree.size)
		return memcmp(l->durable.prev, hash, HASH_SIZE) == 0;
	for (int i = 0; i < MEDIA_MAX && !is_right; i++) {
		struct store *store = l->media.m[i].store;
		struct entry next;
		struct blob leaf;

		if (store_row(store, STORE_GET_LEAF, (int64_t)seq + 1, NULL) != ERR_OK)
			continue;
		leaf = store_blob(store, STORE_GET_LEAF, 0);
		is_right = entry_parse(&next, leaf.data, leaf.len, NULL) == ERR_OK &&
			   memcmp(next.prev, hash, HASH_SIZE) == 0;
		store_done(store, STORE_GET_LEAF);
	}
	return is_right;
}

static enum err put_row(struct scrub *s, int index, sqlite3_stmt *good, uint64_t seq, struct fault *f)
{
	struct medium *medium = &s->ledger->media.m[index];
	struct batch repair = {{0}};
	struct blob row[3 + DISCLOSURE_COUNT] = {row_blob(good, ROW_LEAF), row_blob(good, ROW_IDEM)};
	enum err err;

	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		row[2 + i] = row_blob(good, ROW_DISCLOSURES + i);
	row[2 + DISCLOSURE_COUNT] = row_blob(good, ROW_SEALED_WITH);
	batch_add(&repair, STORE_PUT_ENTRY, (int64_t)seq, row, 3 + DISCLOSURE_COUNT);
	err = batch_status(&repair);
	if (err == ERR_OK)
		err = medium_apply(&s->ledger->media, medium, &repair, f);
	batch_fini(&repair);
	if (err == ERR_OK)
		note_repair(s, index, "entry", seq);
	else
		mark_damaged(s, index, f);
	return err;
}

/* Which of the two rows is right, or -1. */
static int judge_rows(struct scrub *s, sqlite3_stmt *const rows[MEDIA_MAX], const bool is_there[MEDIA_MAX],
		      uint64_t seq)
{
	bool fits[MEDIA_MAX];

	for (int i = 0; i < MEDIA_MAX; i++)
		fits[i] = is_there[i] && row_fits(s, i, rows[i], seq) && hash_is_right(s, seq, s->opened[i].hash);
	/* Where one has erased what the other still has, the erasure is right. */
	if (fits[0] && fits[1])
		for (int i = 0; i < DISCLOSURE_COUNT; i++)
			if (s->opened[1].is_erased[i] && !s->opened[0].is_erased[i])
				return 1;
	if (fits[0])
		return 0;
	return fits[1] ? 1 : -1;
}

static enum err repair_one(struct scrub *s, int index, enum store_statement statement, int64_t integer,
			   const struct blob *blobs, int count)
{
	struct batch repair = {{0}};
	enum err err;

	batch_add(&repair, statement, integer, blobs, count);
	err = batch_status(&repair);
	if (err == ERR_OK)
		err = medium_apply(&s->ledger->media, &s->ledger->media.m[index], &repair, s->f);
	batch_fini(&repair);
	return err;
}

/* The root of a full tile, made anew: each medium must have kept the same. */
static void compare_node(void *context, unsigned level, const uint8_t hash[HASH_SIZE])
{
	struct scrub *s = context;
	int64_t place = (int64_t)level << 56 | (int64_t)(s->tree.size >> (8 * level));

	for (int i = 0; level > 0 && i < MEDIA_MAX && s->err == ERR_OK; i++) {
		struct store *store = s->ledger->media.m[i].store;
		enum err err = store_row(store, STORE_GET_NODE, place, NULL);
		bool is_right = false;

		if (err == ERR_OK) {
			struct blob kept = store_blob(store, STORE_GET_NODE, 0);

			is_right = kept.len == HASH_SIZE && memcmp(kept.data, hash, HASH_SIZE) == 0;
		}
		store_done(store, STORE_GET_NODE);
		if (is_right)
			continue;
		s->err = repair_one(s, i, STORE_ADD_NODE, place, (const struct blob[]){{hash, HASH_SIZE}}, 1);
		if (s->err == ERR_OK)
			note_repair(s, i, "node", s->tree.size);
		else
			mark_damaged(s, i, s->f);
	}
}

/* The index must lead from the retry key to the entry. */
static void compare_index(struct scrub *s, const struct entry *e)
{
	struct blob key = {e->idem, IDEM_BYTES};

	for (int i = 0; e->has_idem && i < MEDIA_MAX; i++) {
		struct store *store = s->ledger->media.m[i].store;
		bool is_right = store_row(store, STORE_FIND_IDEM, 0, &key) == ERR_OK &&
				(uint64_t)store_integer(store, STORE_FIND_IDEM, 0) == e->seq;

		store_done(store, STORE_FIND_IDEM);
		if (is_right)
			continue;
		if (sqlite3_exec(store->db, "REINDEX entries_idem", NULL, NULL, NULL) == SQLITE_OK) {
			note_repair(s, i, "index", e->seq);
		} else {
			s->err = fault_set(s->f, ERR_CORRUPT, _("the database cannot be read (%s)"),
					   sqlite3_errmsg(store->db));
			mark_damaged(s, i, s->f);
		}
	}
}

static enum err scrub_entry(struct scrub *s, sqlite3_stmt *const rows[MEDIA_MAX], const bool is_there[MEDIA_MAX],
			    uint64_t seq)
{
	struct tile_listener listener = {compare_node, s};
	int right = 0;
	enum err err = ERR_OK;

	if (!is_there[0] || !is_there[1] || !same_rows(rows) || !row_fits(s, 0, rows[0], seq)) {
		right = judge_rows(s, rows, is_there, seq);
		if (right < 0)
			return fault_set(s->f, ERR_CORRUPT, _("entry %llu is damaged on every medium"),
					 (unsigned long long)seq);
		err = put_row(s, 1 - right, rows[right], seq, s->f);
	}
	memcpy(s->prev, s->opened[right].hash, HASH_SIZE);
	tree_append(&s->tree, s->prev, &listener);
	if (err == ERR_OK)
		compare_index(s, &s->opened[right].entry);
	if (!s->opened[right].is_restricted)
		mark_stage(&s->marks, seq, &s->opened[right].strings[DISCLOSURE_BODY]);
	s->report.checked++;
	return err != ERR_OK ? err : s->err;
}

/* Steps to the row of `seq`, if the medium has it. */
static enum err find_row(sqlite3_stmt *row, uint64_t seq, bool *is_there, struct fault *f)
{
	enum err err = ERR_OK;

	if (sqlite3_data_count(row) == 0 || (uint64_t)sqlite3_column_int64(row, ROW_SEQ) < seq)
		err = store_next(row);
	*is_there = err == ERR_OK && (uint64_t)sqlite3_column_int64(row, ROW_SEQ) == seq;
	if (err == ERR_OK || err == ERR_MISSING)
		return ERR_OK;
	return fault_set(f, err, _("the database cannot be read (%s)"), sqlite3_errmsg(sqlite3_db_handle(row)));
}

static enum err scrub_slice(struct scrub *s, uint64_t to)
{
	struct ledger *l = s->ledger;
	sqlite3_stmt *rows[MEDIA_MAX] = {NULL, NULL};
	enum err err = ERR_OK;

	for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++)
		err = store_entries(l->media.m[i].store, s->tree.size, to, &rows[i]);
	while (err == ERR_OK && s->tree.size < to) {
		bool is_there[MEDIA_MAX] = {false, false};

		for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++) {
			err = find_row(rows[i], s->tree.size, &is_there[i], s->f);
			if (err != ERR_OK)
				mark_damaged(s, i, s->f);
		}
		if (err == ERR_OK)
			err = scrub_entry(s, rows, is_there, s->tree.size);
	}
	(void)sqlite3_finalize(rows[0]);
	(void)sqlite3_finalize(rows[1]);
	return err;
}

static enum err scrub_rows(struct scrub *s)
{
	uint64_t size = s->ledger->durable.tree.size, left = size - s->tree.size;
	enum err err;

	if (left == 0) {
		s->phase = SCRUB_FIRST;
		s->has_all_marks = batch_status(&s->marks) == ERR_OK;
		return ERR_OK;
	}
	err = scrub_slice(s, s->tree.size + (left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE));
	/* What SQLite itself cannot read is not mended row by row; nor what both have wrong. The next step names it. */
	if (err != ERR_OK) {
		s->phase = SCRUB_FIRST;
		s->err = ERR_OK;
	}
	return ERR_OK;
}

/* ---- 2: each by itself ---- */

/* Every case's key opens, and the next epoch's is the one that was certified. */
static enum err check_keys(struct ledger *l, struct fault *f)
{
	sqlite3_stmt *rows = NULL;
	uint8_t key[SEAL_KEY_SIZE], hash[HASH_SIZE];
	struct signer next;
	enum err err = load_next_epoch(l, &next, hash, f);

	if (err != ERR_OK)
		return err;
	signer_fini(&next);
	case_keys_forget(l);
	err = err_from_sqlite(
		sqlite3_prepare_v2(media_store(&l->media)->db, "SELECT about FROM cases", -1, &rows, NULL));
	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		struct blob name = row_blob(rows, 0);
		char about[WORD_MAX + 1];

		if (name.len > WORD_MAX)
			err = fault_set(f, ERR_CORRUPT, _("the list of cases is damaged"));
		(void)snprintf(about, sizeof about, "%.*s", (int)name.len, (const char *)name.data);
		if (err == ERR_OK)
			err = case_key(l, about, false, key, f);
	}
	(void)sqlite3_finalize(rows);
	sodium_memzero(key, sizeof key);
	case_keys_forget(l);
	return err == ERR_MISSING ? ERR_OK : err;
}

/* As an auditor would, on medium `index` alone. */
static enum err check_medium(struct scrub *s, int index, int64_t budget_ns, bool *done, struct fault *f)
{
	struct ledger *l = s->ledger;
	int using = l->media.reading;
	enum err err = ERR_OK;

	*done = false;
	l->media.reading = index;
	if (s->check == NULL)
		err = check_begin_with(l, CHECK_ENTRIES, &s->check, f);
	if (err == ERR_OK)
		err = check_step(s->check, budget_ns, done, f);
	if (err == ERR_OK && *done)
		err = check_keys(l, f);
	l->media.reading = using;
	if (err != ERR_OK || *done) {
		if (err == ERR_OK && s->report.checked < s->ledger->durable.tree.size)
			s->report.checked = s->ledger->durable.tree.size;
		check_end(s->check);
		s->check = NULL;
	}
	return err;
}

static enum err scrub_medium(struct scrub *s, int index, int64_t budget_ns)
{
	struct fault why = {.text = ""};
	bool done = false;
	enum err err = ERR_OK;

	if (s->ledger->media.m[index].state == MEDIUM_GOOD)
		err = check_medium(s, index, budget_ns, &done, &why);
	else
		done = true;
	if (err == ERR_NOMEM)
		return fault_set(s->f, err, _("no memory"));
	if (err != ERR_OK)
		mark_damaged(s, index, &why);
	if (err != ERR_OK || done)
		s->phase = index == 0 ? SCRUB_SECOND : SCRUB_REPLACE;
	return ERR_OK;
}

/* A damaged one gives way to the other, which was in use with it all the time and so lacks nothing. */
static enum err replace(struct scrub *s, int64_t budget_ns)
{
	struct ledger *l = s->ledger;
	bool done = false;
	int bad = s->is_damaged[0] ? 0 : 1;
	enum err err;

	if (!s->is_damaged[0] && !s->is_damaged[1]) {
		s->phase = SCRUB_TABLES;
		return ERR_OK;
	}
	if (l->rejoin == NULL && (s->is_damaged[0] == s->is_damaged[1] || !has_two(s))) {
		note_bad(s, &s->damage[l->media.reading]);
		s->phase = SCRUB_TABLES;
		s->is_damaged[0] = s->is_damaged[1] = false;
		return ERR_OK;
	}
	if (l->rejoin == NULL) {
		medium_fail(&l->media, &l->media.m[bad], &s->damage[bad]);
		l->media.has_news = false;
		news_add(l, "{\"act\":\"medium.damaged\",\"medium\":\"%s\"}", medium_names[bad]);
		s->report.repaired++;
	}
	err = ledger_rejoin(l, REJOIN_REPLACE, budget_ns, &done, s->f);
	if (done)
		s->is_damaged[bad] = false;
	return err;
}

/* ---- 3: tables ---- */

/* What one has and the other lacks. Both were found to be in order, so nothing there is wrong. */
static enum err copy_missing(struct scrub *s, int from, const char *query, enum store_statement statement)
{
	struct media *m = &s->ledger->media;
	struct batch batch = {{0}};
	enum err err = copy_rows(m->m[from].store, &batch, query, 0, INT64_MAX, statement, s->f);

	if (err == ERR_OK && !batch_is_empty(&batch))
		err = medium_apply(m, &m->m[1 - from], &batch, s->f);
	batch_fini(&batch);
	return err;
}

static enum err scrub_marks(struct scrub *s)
{
	enum err err = ERR_OK;

	for (int i = 0; s->has_all_marks && i < MEDIA_MAX && err == ERR_OK; i++) {
		bool was_wrong = false;

		err = marks_repair(s->ledger, &s->ledger->media.m[i], &s->marks, s->tree.size, &was_wrong, s->f);
		if (err == ERR_OK && was_wrong)
			note_repair(s, i, "marks", s->tree.size);
	}
	return err;
}

static enum err scrub_tables(struct scrub *s)
{
	static const struct {
		const char *query;
		enum store_statement statement;
	} tables[] = {
		{"SELECT seq, sha256 FROM blobs WHERE ?2 >= ?1", STORE_ADD_BLOB},
		{"SELECT size, reply FROM stamps WHERE ?2 >= ?1", STORE_PUT_STAMP},
		{"SELECT size, line FROM cosignatures WHERE ?2 >= ?1", STORE_PUT_COSIGNATURE},
		{"SELECT epoch, nonce FROM asked WHERE ?2 >= ?1", STORE_PUT_ASKED},
		{"SELECT 0, about, sealed FROM cases WHERE ?2 >= ?1", STORE_ADD_CASE},
		{"SELECT seq << 2 | name FROM erased NATURAL JOIN entries WHERE ?2 >= ?1 AND "
		 "CASE name WHEN 1 THEN files WHEN 2 THEN person ELSE text END IS NULL",
		 STORE_ADD_ERASED},
	};
	enum err err = ERR_OK;
	int using = s->ledger->media.reading;

	s->phase = SCRUB_KEYS;
	if (!has_two(s))
		return ERR_OK;
	for (size_t i = 0; i < sizeof tables / sizeof *tables && err == ERR_OK; i++) {
		err = copy_missing(s, 1 - using, tables[i].query, tables[i].statement);
		if (err == ERR_OK)
			err = copy_missing(s, using, tables[i].query, tables[i].statement);
	}
	return err == ERR_OK ? scrub_marks(s) : err;
}

/* ---- 4: keys ---- */

static void scrub_keys(struct scrub *s)
{
	struct media *m = &s->ledger->media;

	s->phase = SCRUB_FILES;
	for (int i = 0; i < MEDIA_MAX; i++) {
		struct fault why;

		if (m->m[i].state != MEDIUM_GOOD)
			continue;
		s->report.repaired += keyring_mend(s->ledger, &m->m[i], &why);
		if (why.err != ERR_OK)
			note_bad(s, &why);
	}
}

/* ---- 5: files ---- */

static void take_file(void *context, const struct blob_finding *finding)
{
	struct scrub *s = context;

	if (!finding->is_mended) {
		note_bad(s, &finding->fault);
		return;
	}
	s->report.repaired++;
	news_add(s->ledger,
		 "{\"act\":\"medium.repaired\",\"medium\":\"%s\",\"what\":\"file\",\"seq\":%" PRIu64
		 ",\"sha256\":\"%s\"}",
		 medium_names[s->files_on], finding->seq, finding->name);
}

static enum err scrub_files(struct scrub *s, bool *done)
{
	struct ledger *l = s->ledger;
	bool is_read = false;
	enum err err = ERR_OK;

	*done = s->files_on == MEDIA_MAX;
	if (*done)
		return ERR_OK;
	if (s->files == NULL && l->media.m[s->files_on].state == MEDIUM_GOOD)
		err = blob_walk_begin(l, &l->media.m[s->files_on], 0, BLOBS_MEND, &s->files, s->f);
	if (err != ERR_OK)
		return err;
	if (l->media.m[s->files_on].state != MEDIUM_GOOD)
		is_read = true;
	else if (blob_walk_step(s->files, take_file, s, &is_read, s->f) != ERR_OK)
		note_bad(s, s->f);
	if (is_read) {
		blob_walk_end(s->files);
		s->files = NULL;
		s->files_on++;
	}
	return ERR_OK;
}

/* ---- all of it ---- */

enum err scrub_step(struct scrub *s, int64_t budget_ns, bool *done, struct fault *f)
{
	int64_t end = slice_clock_ns() + budget_ns;
	enum err err = ERR_OK;

	*done = false;
	s->f = f;
	do {
		int64_t left_ns = end - slice_clock_ns();

		switch (s->phase) {
		case SCRUB_ROWS:
			err = has_two(s) ? scrub_rows(s) : ERR_OK;
			if (!has_two(s))
				s->phase = SCRUB_FIRST;
			break;
		case SCRUB_FIRST:
			err = scrub_medium(s, 0, left_ns);
			break;
		case SCRUB_SECOND:
			err = scrub_medium(s, 1, left_ns);
			break;
		case SCRUB_REPLACE:
			err = replace(s, left_ns);
			break;
		case SCRUB_TABLES:
			err = scrub_tables(s);
			break;
		case SCRUB_KEYS:
			scrub_keys(s);
			break;
		case SCRUB_FILES:
			err = scrub_files(s, done);
			break;
		}
	} while (err == ERR_OK && !*done && slice_clock_ns() < end);
	return err;
}
