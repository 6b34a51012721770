#include "ledger/refill.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/space.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The tables beside the entries go over at once: a kilobyte for each hour, mostly. */
enum { ROWS_AT_ONCE = 256, SMALL_TABLES_MAX = 1 << 30 };

struct refill {
	struct ledger *ledger;
	struct medium *to;
	uint64_t common, next, orphans;
	struct batch batch;
	struct blob_walk *files;
	uint64_t files_to; /* what entries from here on name is looked for in the end */
	bool has_files;
};

/* ---- who is right ---- */

int claims_judge(const struct claim claims[2], uint64_t common)
{
	int higher = claims[1].generation > claims[0].generation ? 1 : 0;
	int longer = claims[1].size > claims[0].size ? 1 : 0;
	bool is_fork = common < claims[0].size && common < claims[1].size;

	if (claims[0].is_filling || claims[1].is_filling) {
		if (claims[0].is_filling && claims[1].is_filling)
			return -1;
		return claims[0].is_filling ? 1 : 0;
	}
	if (!is_fork)
		/* A tail that only one has was acknowledged only if that one went on alone. */
		return claims[0].generation == claims[1].generation || claims[longer].is_alone ? longer : higher;
	if (claims[0].generation == claims[1].generation || claims[1 - higher].is_alone)
		return -1;
	return higher;
}

/* ---- what they have in common ---- */

/* ERR_OK with *same false also when one of them lacks it. */
static enum err same_leaf(struct media *m, uint64_t seq, bool *same, struct fault *f)
{
	uint8_t hashes[MEDIA_MAX][HASH_SIZE];
	enum err err;

	*same = false;
	for (int i = 0; i < MEDIA_MAX; i++) {
		struct store *s = m->m[i].store;
		struct blob leaf;

		err = store_row(s, STORE_GET_LEAF, (int64_t)seq, NULL);
		if (err == ERR_MISSING)
			return ERR_OK;
		if (err != ERR_OK)
			return store_fault(s, err, _("reading"), f);
		leaf = store_blob(s, STORE_GET_LEAF, 0);
		hash_leaf(hashes[i], leaf.data, leaf.len);
		store_done(s, STORE_GET_LEAF);
	}
	*same = memcmp(hashes[0], hashes[1], HASH_SIZE) == 0;
	return ERR_OK;
}

/* Each entry holds the hash of the one before, so where two are the same, so is all before them. */
enum err media_common(struct media *m, uint64_t *common, struct fault *f)
{
	uint64_t low = 0, high = 0, counts[MEDIA_MAX];

	for (int i = 0; i < MEDIA_MAX; i++) {
		enum err err = store_count(m->m[i].store, &counts[i]);

		if (err != ERR_OK)
			return store_fault(m->m[i].store, err, _("reading"), f);
	}
	high = counts[0] < counts[1] ? counts[0] : counts[1];
	for (uint64_t middle = high; low < high; middle = low + (high - low + 1) / 2) {
		bool same;
		enum err err = same_leaf(m, middle - 1, &same, f);

		if (err != ERR_OK)
			return err;
		if (same)
			low = middle;
		else
			high = middle - 1;
	}
	*common = low;
	return ERR_OK;
}

/* ---- rows of any table ---- */

enum err copy_rows(struct store *from, struct batch *batch, const char *query, int64_t first, int64_t end,
		   enum store_statement statement, struct fault *f)
{
	sqlite3_stmt *rows = NULL;
	enum err err = err_from_sqlite(sqlite3_prepare_v2(from->db, query, -1, &rows, NULL));

	if (err == ERR_OK) {
		(void)sqlite3_bind_int64(rows, 1, first);
		(void)sqlite3_bind_int64(rows, 2, end);
	}
	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		struct blob blobs[CHANGE_BLOBS_MAX];
		int count = sqlite3_column_count(rows) - 1;

		for (int i = 0; i < count; i++)
			blobs[i] = row_blob(rows, i + 1);
		batch_add(batch, statement, sqlite3_column_int64(rows, 0), blobs, count);
	}
	if (err != ERR_MISSING)
		err = store_fault(from, err, _("reading"), f);
	else
		err = batch_status(batch);
	(void)sqlite3_finalize(rows);
	return err;
}

/* ---- beginning ---- */

static const enum store_statement erasing[] = {
	[DISCLOSURE_FILES] = STORE_ERASE_FILES,
	[DISCLOSURE_PERSON] = STORE_ERASE_PERSON,
	[DISCLOSURE_TEXT] = STORE_ERASE_TEXT,
};

static void add_erasure(struct batch *b, uint64_t seq, enum disclosure_name name, enum store_statement mark)
{
	batch_add(b, erasing[name], (int64_t)seq, NULL, 0);
	if (name == DISCLOSURE_FILES)
		batch_add(b, STORE_DROP_BLOBS, (int64_t)seq, NULL, 0);
	batch_add(b, mark, (int64_t)(seq << 2 | (uint64_t)name), NULL, 0);
}

void batch_erase(struct batch *b, uint64_t seq, enum disclosure_name name)
{
	add_erasure(b, seq, name, STORE_ADD_ERASED);
}

void batch_erase_later(struct batch *b, uint64_t seq, enum disclosure_name name)
{
	add_erasure(b, seq, name, STORE_ADD_ERASED_LATER);
}

static enum err apply(struct refill *r, struct fault *f)
{
	enum err err = batch_status(&r->batch);

	if (err == ERR_OK && !batch_is_empty(&r->batch))
		err = medium_apply(&r->ledger->media, r->to, &r->batch, f);
	else if (err != ERR_OK)
		err = fault_set(f, err, _("no memory"));
	batch_clear(&r->batch);
	return err;
}

static const char all_erased[] = "SELECT seq << 2 | name FROM erased WHERE ?2 >= ?1";
static const char some_entries[] = "SELECT seq, leaf, idem, body, files, person, text, sealed_with FROM entries "
				   "WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
static const char some_marks[] = "SELECT seq << 2 | mark FROM marks WHERE mark IN (1, 2) AND seq >= ?1 AND seq < ?2";
static const char some_blobs[] = "SELECT seq, sha256 FROM blobs WHERE seq >= ?1 AND seq < ?2";

static bool knows_erased(struct store *s, int64_t which)
{
	enum err err = store_row(s, STORE_IS_ERASED, which, NULL);

	store_done(s, STORE_IS_ERASED);
	return err == ERR_OK;
}

/* What was erased while this medium was away. */
static enum err erase(struct refill *r, bool *is_any, struct fault *f)
{
	struct batch erased = {{0}};
	struct change change;
	enum err err = copy_rows(media_store(&r->ledger->media), &erased, all_erased, 0, 0, STORE_ADD_ERASED, f);

	*is_any = false;
	for (size_t at = 0; err == ERR_OK && batch_next(&erased, &at, &change);) {
		if (knows_erased(r->to->store, change.integer))
			continue;
		*is_any = true;
		batch_erase(&r->batch, (uint64_t)change.integer >> 2, (enum disclosure_name)(change.integer & 3));
	}
	batch_fini(&erased);
	return err;
}

/* What was erased here by a redaction that is in the tail to be cut: nobody was told of it, so it did not happen. */
static enum err restore(struct refill *r, struct fault *f)
{
	struct store *from = media_store(&r->ledger->media);
	struct batch erased = {{0}};
	struct change change;
	enum err err = copy_rows(r->to->store, &erased, all_erased, 0, 0, STORE_ADD_ERASED, f);

	for (size_t at = 0; err == ERR_OK && batch_next(&erased, &at, &change);) {
		int64_t seq = change.integer >> 2;

		if ((uint64_t)seq >= r->common || knows_erased(from, change.integer))
			continue;
		err = copy_rows(from, &r->batch, some_entries, seq, seq + 1, STORE_PUT_ENTRY, f);
		if (err == ERR_OK)
			err = copy_rows(from, &r->batch, some_blobs, seq, seq + 1, STORE_ADD_BLOB, f);
	}
	batch_fini(&erased);
	return err;
}

/* What is in the batch, and no page of what it erases left behind. */
static enum err apply_erased(struct refill *r, bool is_any, struct fault *f)
{
	struct ledger *l = r->ledger;
	enum err err = apply(r, f);

	if (err == ERR_OK && is_any)
		blobs_sweep_medium(l, r->to);
	if (err == ERR_OK && is_any && medium_do(&l->media, r->to, JOB_TRUNCATE) != ERR_OK)
		err = fault_set(f, ERR_IO, _("%s: what was erased could not be removed from its log file"),
				r->to->folder);
	return err;
}

/* What is set aside: PATH.new until it is whole. */
struct aside {
	char path[PATH_MAX], path_new[PATH_MAX];
	FILE *file;
};

static enum err aside_failed(const struct aside *a, struct fault *f)
{
	int number = errno != 0 ? errno : EIO;

	return fault_set(f, err_from_errno(number), "%s: %s", a->path_new, strerror(number));
}

static enum err aside_open(struct aside *a, const struct refill *r, struct fault *f)
{
	const struct media *media = &r->ledger->media;
	const char *folder = media->m[media->reading].folder;
	int made;

	if ((size_t)snprintf(a->path, sizeof a->path, "%s/orphans", folder) >= sizeof a->path - 64)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), a->path);
	if (folder_make(a->path, 0700, f) != ERR_OK)
		return f->err;
	(void)snprintf(a->path + strlen(a->path), 64, "/%" PRIu64 "-%" PRIu64 ".jsonl", r->to->generation, r->common);
	(void)snprintf(a->path_new, sizeof a->path_new, "%.*s.new", PATH_MAX - 8, a->path);
	made = open(a->path_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	a->file = made >= 0 ? fdopen(made, "w") : NULL;
	if (a->file != NULL)
		return ERR_OK;
	(void)aside_failed(a, f);
	if (made >= 0)
		(void)close(made);
	return f->err;
}

/* Durable under its name, or gone. */
static enum err aside_close(struct aside *a, enum err err, struct fault *f)
{
	char folder[PATH_MAX];

	if (a->file == NULL)
		return err;
	if (err == ERR_OK && (fflush(a->file) != 0 || fsync(fileno(a->file)) != 0))
		err = aside_failed(a, f);
	if (fclose(a->file) != 0 && err == ERR_OK)
		err = aside_failed(a, f);
	if (err == ERR_OK && rename(a->path_new, a->path) != 0)
		err = aside_failed(a, f);
	if (err != ERR_OK) {
		(void)unlink(a->path_new);
		return err;
	}
	folder_above(folder, sizeof folder, a->path);
	return folder_sync(folder, f);
}

static void add_orphan(struct buf *lines, sqlite3_stmt *row)
{
	static const char *const names[] = {"leaf", "body", "files", "person", "text"};

	buf_addf(lines, "{\"seq\":%" PRId64, (int64_t)sqlite3_column_int64(row, ROW_SEQ));
	for (int i = 0; i <= DISCLOSURE_COUNT; i++) {
		struct blob value = row_blob(row, ROW_LEAF + i);
		char *text = value.data != NULL ? malloc(BASE64_SIZE(value.len)) : NULL;

		if (text != NULL) {
			base64_encode(text, value.data, value.len);
			buf_addf(lines, ",\"%s\":\"", names[i]);
			buf_adds(lines, text);
			buf_addc(lines, '"');
		} else if (value.data != NULL) {
			lines->err = ERR_NOMEM;
		}
		free(text);
	}
	buf_adds(lines, "}\n");
}

/* Both go through their entries in order. *state is that of `known`; what cannot be read there is not known. */
static bool is_known(sqlite3_stmt *known, enum err *state, sqlite3_stmt *row)
{
	struct blob leaf = row_blob(row, ROW_LEAF), other;
	int64_t seq = sqlite3_column_int64(row, ROW_SEQ);

	while (*state == ERR_OK && sqlite3_column_int64(known, ROW_SEQ) < seq)
		*state = store_next(known);
	if (*state != ERR_OK || sqlite3_column_int64(known, ROW_SEQ) != seq)
		return false;
	other = row_blob(known, ROW_LEAF);
	return other.len == leaf.len && leaf.data != NULL && memcmp(other.data, leaf.data, leaf.len) == 0;
}

static enum err keep_orphan(struct refill *r, struct aside *a, sqlite3_stmt *row, struct fault *f)
{
	struct buf line = {.cap = BUF_CAP_DEFAULT};
	enum err err = a->file == NULL ? aside_open(a, r, f) : ERR_OK;

	if (err != ERR_OK)
		return err;
	add_orphan(&line, row);
	err = buf_status(&line);
	if (err != ERR_OK)
		(void)fault_set(f, err, _("no memory"));
	else if (fwrite(line.data, 1, line.len, a->file) != line.len)
		err = aside_failed(a, f);
	r->orphans++;
	buf_fini(&line);
	return err;
}

/* Rows that a refill was copying are not its own; and what the other one has, too, is no orphan: nothing is erased
 * there. */
static enum err keep_orphans(struct refill *r, struct fault *f)
{
	struct aside aside = {.file = NULL};
	sqlite3_stmt *rows = NULL, *known = NULL;
	enum err err, state;

	if (r->to->is_filling)
		return ERR_OK;
	state = store_entries(media_store(&r->ledger->media), r->common, UINT64_MAX, &known);
	if (state == ERR_OK)
		state = store_next(known);
	err = store_entries(r->to->store, r->common, UINT64_MAX, &rows);
	if (err != ERR_OK)
		err = store_fault(r->to->store, err, _("reading"), f);
	while (err == ERR_OK) {
		enum err next = store_next(rows);

		if (next == ERR_MISSING)
			break;
		if (next != ERR_OK)
			err = store_fault(r->to->store, next, _("reading"), f);
		else if (!is_known(known, &state, rows))
			err = keep_orphan(r, &aside, rows, f);
	}
	(void)sqlite3_finalize(rows);
	(void)sqlite3_finalize(known);
	return aside_close(&aside, err, f);
}

struct table {
	const char *query;
	enum store_statement statement;
};

/* What is needed to read the entries, and to say how far the log goes. */
static enum err add_head(struct refill *r, struct fault *f)
{
	static const struct table tables[] = {
		{"SELECT size, note, peaks FROM head WHERE ?2 >= ?1", STORE_PUT_HEAD},
		{"SELECT epoch, certificate, closing FROM epochs WHERE ?2 >= ?1", STORE_PUT_EPOCH},
		{"SELECT 0, about, sealed FROM cases WHERE ?2 >= ?1", STORE_ADD_CASE},
		{all_erased, STORE_ADD_ERASED},
		{some_blobs, STORE_ADD_BLOB},
	};
	static const enum store_statement cuts[] = {STORE_DROP_HEAD, STORE_CUT_EPOCHS, STORE_DROP_CASES};
	struct store *from = media_store(&r->ledger->media);
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
		batch_add(&r->batch, cuts[i], 0, NULL, 0);
	for (size_t i = 0; i < sizeof tables / sizeof *tables && err == ERR_OK; i++)
		err = copy_rows(from, &r->batch, tables[i].query, (int64_t)r->common, INT64_MAX, tables[i].statement,
				f);
	return err;
}

static enum err add_entries(struct refill *r, uint64_t end, struct fault *f)
{
	struct store *from = media_store(&r->ledger->media);
	enum err err = copy_rows(from, &r->batch, some_entries, (int64_t)r->next, (int64_t)end, STORE_ADD_ENTRY, f);

	if (err == ERR_OK)
		err = copy_rows(from, &r->batch, some_marks, (int64_t)r->next, (int64_t)end, STORE_ADD_MARK, f);
	return err;
}

/* The first entries say what came before this log; a medium that is filled no further must still know. */
static uint64_t end_of_first(const struct refill *r)
{
	uint64_t size = r->ledger->durable.tree.size, end = size < LINEAGE_ENTRIES ? size : LINEAGE_ENTRIES;

	return end > r->common ? end : r->common;
}

/* Erasing goes first. The medium is marked as filling at once: by itself it would lack the redaction, which comes with
   the entries. With the mark it has the head: should the other one be lost meanwhile, that tells what the log was. */
static enum err begin(struct refill *r, struct fault *f)
{
	static const enum store_statement cuts[] = {STORE_CUT_ENTRIES, STORE_CUT_NODES, STORE_CUT_BLOBS,
						    STORE_CUT_MARKS};
	uint64_t end = end_of_first(r);
	bool is_any = false;
	enum err err;

	batch_add(&r->batch, STORE_SET_FILLING, 1, NULL, 0);
	err = restore(r, f);
	if (err == ERR_OK)
		err = erase(r, &is_any, f);
	/* Which ones are erased is copied as a whole. */
	batch_add(&r->batch, STORE_CUT_ERASED, 0, NULL, 0);
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
		batch_add(&r->batch, cuts[i], (int64_t)r->common, NULL, 0);
	if (err == ERR_OK)
		err = add_head(r, f);
	if (err == ERR_OK)
		err = add_entries(r, end, f);
	if (err == ERR_OK)
		err = apply_erased(r, is_any, f);
	if (err == ERR_OK)
		r->next = end;
	return err;
}

enum err refill_begin(struct ledger *l, struct medium *to, uint64_t common, struct refill **out, struct fault *f)
{
	struct refill *r = calloc(1, sizeof *r);
	enum err err;

	if (r == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	*r = (struct refill){.ledger = l, .to = to, .common = common, .next = common};
	r->batch.bytes.cap = SMALL_TABLES_MAX;
	/* A medium without its reserve takes no files: a new one never had any, a full one gave it up. */
	space_hold(to->folder);
	r->files_to = l->durable.tree.size;
	err = blob_walk_begin(l, to, 0, BLOBS_MEND, &r->files, f);
	if (err == ERR_OK)
		err = keep_orphans(r, f);
	if (err == ERR_OK)
		err = begin(r, f);
	if (err != ERR_OK) {
		refill_end(r);
		return err;
	}
	*out = r;
	return ERR_OK;
}

/* ---- going on ---- */

static enum err copy_entries(struct refill *r, struct fault *f)
{
	uint64_t left = r->ledger->durable.tree.size - r->next;
	uint64_t end = r->next + (left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE);
	enum err err = add_entries(r, end, f);

	if (err == ERR_OK)
		err = apply(r, f);
	if (err == ERR_OK)
		r->next = end;
	return err;
}

/* Everything beside the entries, and the end of the filling, in one transaction. */
static enum err copy_the_rest(struct refill *r, struct fault *f)
{
	static const struct table tables[] = {
		{"SELECT epoch, sealed FROM secrets WHERE ?2 >= ?1", STORE_ADD_SECRET},
		{"SELECT level << 56 | place, hash FROM nodes WHERE place >= ?1 >> (8 * level) AND ?2 > 0",
		 STORE_ADD_NODE},
		{"SELECT size, reply FROM stamps WHERE ?2 >= ?1", STORE_PUT_STAMP},
		{"SELECT size, line FROM cosignatures WHERE ?2 >= ?1", STORE_PUT_COSIGNATURE},
		{"SELECT epoch, nonce FROM asked WHERE ?2 >= ?1", STORE_PUT_ASKED},
		{"SELECT number, counted FROM tallies WHERE ?2 >= ?1", STORE_PUT_TALLY},
	};
	static const enum store_statement cuts[] = {STORE_CUT_STAMPS, STORE_CUT_COSIGNATURES, STORE_CUT_ASKED,
						    STORE_DROP_TALLIES};
	struct store *from = media_store(&r->ledger->media);
	bool is_any = false;
	/* What was erased since its entry was copied. */
	enum err err = erase(r, &is_any, f);

	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
		batch_add(&r->batch, cuts[i], 0, NULL, 0);
	batch_add(&r->batch, STORE_DROP_SECRETS, INT64_MAX, NULL, 0);
	if (err == ERR_OK)
		err = add_head(r, f);
	for (size_t i = 0; i < sizeof tables / sizeof *tables && err == ERR_OK; i++)
		err = copy_rows(from, &r->batch, tables[i].query, (int64_t)r->common, INT64_MAX, tables[i].statement,
				f);
	batch_add(&r->batch, STORE_SET_FILLING, 0, NULL, 0);
	return err == ERR_OK ? apply_erased(r, is_any, f) : err;
}

/* The one that was right takes its new number first: were it the last, a crash in between could leave the other with
   the same generation and a right to go on alone. */
static enum err join(struct refill *r, struct fault *f)
{
	struct media *m = &r->ledger->media;
	struct medium *from = &m->m[m->reading];
	uint64_t generation = from->generation > r->to->generation ? from->generation : r->to->generation;
	struct medium *const both[] = {from, r->to};

	for (int i = 0; i < 2; i++) {
		enum err err;

		batch_add(&r->batch, STORE_SET_GENERATION, (int64_t)generation, NULL, 0);
		batch_add(&r->batch, STORE_SET_ALONE, 0, NULL, 0);
		batch_add(&r->batch, STORE_SET_PAIRED, 1, NULL, 0);
		err = batch_status(&r->batch);
		if (err == ERR_OK && (both[i]->generation != generation || both[i]->is_alone || !both[i]->is_paired))
			err = medium_apply(m, both[i], &r->batch, f);
		batch_clear(&r->batch);
		if (err != ERR_OK)
			return err;
		both[i]->generation = generation;
		both[i]->is_alone = false;
		both[i]->is_paired = true;
	}
	r->to->is_filling = false;
	r->to->state = MEDIUM_GOOD;
	return ERR_OK;
}

/* Files that entries have named since the first look. */
static enum err copy_late_files(struct refill *r, struct fault *f)
{
	bool done = false;
	enum err err;

	blob_walk_end(r->files);
	r->files = NULL;
	err = blob_walk_begin(r->ledger, r->to, r->files_to, BLOBS_MEND, &r->files, f);
	while (err == ERR_OK && !done)
		err = blob_walk_step(r->files, NULL, NULL, &done, f);
	return err;
}

enum err refill_step(struct refill *r, int64_t budget_ns, bool *done, struct fault *f)
{
	int64_t end = slice_clock_ns() + budget_ns;
	enum err err = ERR_OK;

	*done = false;
	while (err == ERR_OK && !r->has_files) {
		err = blob_walk_step(r->files, NULL, NULL, &r->has_files, f);
		if (slice_clock_ns() >= end)
			return err;
	}
	/* The last rows and the end belong to one call, or recording might stay ahead forever. */
	while (err == ERR_OK && r->next < r->ledger->durable.tree.size) {
		err = copy_entries(r, f);
		if (slice_clock_ns() >= end && r->next < r->ledger->durable.tree.size)
			return err;
	}
	if (err == ERR_OK)
		err = copy_the_rest(r, f);
	if (err == ERR_OK)
		err = copy_late_files(r, f);
	if (err == ERR_OK)
		err = join(r, f);
	*done = err == ERR_OK;
	return err;
}

void refill_end(struct refill *r)
{
	if (r == NULL)
		return;
	blob_walk_end(r->files);
	batch_fini(&r->batch);
	free(r);
}

uint64_t refill_far(const struct refill *r)
{
	return r->next;
}

uint64_t refill_copied(const struct refill *r)
{
	return r->next - r->common;
}

uint64_t refill_orphans(const struct refill *r)
{
	return r->orphans;
}
