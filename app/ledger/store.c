#include "ledger/store.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char first_tables[] =
	"CREATE TABLE entries(seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL, idem BLOB, "
	"body BLOB, files BLOB, person BLOB, text BLOB);"
	"CREATE INDEX entries_idem ON entries(idem) WHERE idem IS NOT NULL;"
	"CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, note BLOB NOT NULL, "
	"peaks BLOB NOT NULL);"
	"CREATE TABLE epochs(epoch INTEGER PRIMARY KEY, certificate BLOB NOT NULL, closing BLOB);"
	"CREATE TABLE secrets(epoch INTEGER PRIMARY KEY, sealed BLOB NOT NULL);"
	"CREATE TABLE cases(about BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;"
	"PRAGMA application_id = 1264676459;";

static const char second_medium[] =
	"ALTER TABLE entries ADD COLUMN sealed_with BLOB;"
	"CREATE TABLE nodes(level INTEGER, place INTEGER, hash BLOB NOT NULL, PRIMARY KEY(level, place)) WITHOUT ROWID;"
	"CREATE TABLE erased(seq INTEGER, name INTEGER, PRIMARY KEY(seq, name)) WITHOUT ROWID;"
	"CREATE TABLE blobs(sha256 BLOB, seq INTEGER, PRIMARY KEY(sha256, seq)) WITHOUT ROWID;"
	"CREATE TABLE stamps(size INTEGER PRIMARY KEY, reply BLOB NOT NULL);"
	"CREATE TABLE cosignatures(size INTEGER, line BLOB, PRIMARY KEY(size, line)) WITHOUT ROWID;"
	"CREATE TABLE medium(one INTEGER PRIMARY KEY CHECK(one = 1), generation INTEGER NOT NULL, "
	"alone INTEGER NOT NULL, filling INTEGER NOT NULL);"
	"INSERT INTO medium VALUES(1, 1, 0, 0);";

static const char pins[] = "CREATE TABLE asked(epoch INTEGER PRIMARY KEY, nonce BLOB);";

static const char earlier[] =
	"CREATE TABLE erased_later(seq INTEGER, name INTEGER, PRIMARY KEY(seq, name)) WITHOUT ROWID;";

static const char find_idem[] = "SELECT seq, leaf FROM entries WHERE idem = substr(?2, 1, 4) AND "
				"instr(leaf, CAST(char(10) || 'idem ' || lower(hex(?2)) AS BLOB)) > 0";

static const char pairs[] = "ALTER TABLE medium ADD COLUMN paired INTEGER NOT NULL DEFAULT 0;";

static const char marks[] = "CREATE TABLE marks(mark INTEGER, seq INTEGER, PRIMARY KEY(mark, seq)) WITHOUT ROWID;"
			    "ALTER TABLE head ADD COLUMN marked INTEGER NOT NULL DEFAULT 0;";

static const char tallies[] = "CREATE TABLE tallies(number INTEGER PRIMARY KEY, counted BLOB NOT NULL);";

/* Each is run once, in order; user_version counts them. */
static const char *const additions[] = {first_tables, second_medium, pins, earlier, pairs, marks, tallies};
enum { ADDITIONS = sizeof additions / sizeof *additions };

static const char *const texts[STORE_STATEMENTS] = {
	[STORE_ADD_ENTRY] =
		"INSERT INTO entries(seq,leaf,idem,body,files,person,text,sealed_with) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
	[STORE_PUT_ENTRY] =
		"REPLACE INTO entries(seq,leaf,idem,body,files,person,text,sealed_with) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
	[STORE_PUT_HEAD] = "INSERT OR REPLACE INTO head(one, size, note, peaks, marked) VALUES(1, ?1, ?2, ?3, 1)",
	[STORE_PUT_EPOCH] = "INSERT OR REPLACE INTO epochs(epoch, certificate, closing) VALUES(?1, ?2, ?3)",
	[STORE_CLOSE_EPOCH] = "UPDATE epochs SET closing = ?2 WHERE epoch = ?1",
	[STORE_ADD_SECRET] = "INSERT INTO secrets(epoch, sealed) VALUES(?1, ?2)",
	[STORE_DROP_SECRETS] = "DELETE FROM secrets WHERE epoch <= ?1",
	[STORE_ADD_CASE] = "INSERT OR REPLACE INTO cases(about, sealed) VALUES(?2, ?3)",
	[STORE_DROP_CASE] = "DELETE FROM cases WHERE about = ?2",
	[STORE_ADD_NODE] =
		"INSERT OR REPLACE INTO nodes(level, place, hash) VALUES(?1 >> 56, ?1 & 0xffffffffffffff, ?2)",
	[STORE_DROP_CASES] = "DELETE FROM cases",
	[STORE_DROP_HEAD] = "DELETE FROM head",
	[STORE_ADD_BLOB] = "INSERT OR IGNORE INTO blobs(sha256, seq) VALUES(?2, ?1)",
	[STORE_DROP_BLOBS] = "DELETE FROM blobs WHERE seq = ?1",
	[STORE_PUT_STAMP] = "INSERT OR REPLACE INTO stamps(size, reply) VALUES(?1, ?2)",
	[STORE_PUT_COSIGNATURE] = "INSERT OR IGNORE INTO cosignatures(size, line) VALUES(?1, ?2)",
	[STORE_PUT_ASKED] = "INSERT OR REPLACE INTO asked(epoch, nonce) VALUES(?1, ?2)",
	[STORE_PUT_TALLY] = "INSERT OR REPLACE INTO tallies(number, counted) VALUES(?1, ?2)",
	[STORE_DROP_TALLY] = "DELETE FROM tallies WHERE number = ?1",
	[STORE_DROP_TALLIES] = "DELETE FROM tallies",
	[STORE_ERASE_FILES] = "UPDATE entries SET files = NULL WHERE seq = ?1",
	[STORE_ERASE_PERSON] = "UPDATE entries SET person = NULL WHERE seq = ?1",
	[STORE_ERASE_TEXT] = "UPDATE entries SET text = NULL WHERE seq = ?1",
	[STORE_ADD_ERASED] = "INSERT OR IGNORE INTO erased(seq, name) VALUES(?1 >> 2, ?1 & 3)",
	[STORE_ADD_ERASED_LATER] = "INSERT OR IGNORE INTO erased_later(seq, name) VALUES(?1 >> 2, ?1 & 3)",
	[STORE_ADD_MARK] = "INSERT OR IGNORE INTO marks(mark, seq) VALUES(?1 & 3, ?1 >> 2)",
	[STORE_CUT_ENTRIES] = "DELETE FROM entries WHERE seq >= ?1",
	[STORE_CUT_NODES] = "DELETE FROM nodes WHERE place >= ?1 >> (8 * level)",
	[STORE_CUT_MARKS] = "DELETE FROM marks WHERE seq >= ?1",
	[STORE_CUT_ERASED] = "DELETE FROM erased WHERE seq >= ?1",
	[STORE_CUT_BLOBS] = "DELETE FROM blobs WHERE seq >= ?1",
	[STORE_CUT_EPOCHS] = "DELETE FROM epochs WHERE epoch >= ?1",
	[STORE_CUT_ASKED] = "DELETE FROM asked WHERE epoch >= ?1",
	[STORE_CUT_STAMPS] = "DELETE FROM stamps WHERE size >= ?1",
	[STORE_CUT_COSIGNATURES] = "DELETE FROM cosignatures WHERE size >= ?1",
	[STORE_SET_GENERATION] = "UPDATE medium SET generation = ?1",
	[STORE_SET_ALONE] = "UPDATE medium SET alone = ?1",
	[STORE_SET_FILLING] = "UPDATE medium SET filling = ?1",
	[STORE_SET_PAIRED] = "UPDATE medium SET paired = ?1",
	[STORE_FIND_IDEM] = find_idem,
	[STORE_GET_HEAD] = "SELECT size, note, peaks, (SELECT max(seq) FROM entries) FROM head",
	[STORE_GET_EPOCH] = "SELECT certificate, closing FROM epochs WHERE epoch = ?1",
	[STORE_LAST_EPOCH] = "SELECT max(epoch) FROM epochs WHERE closing IS NOT NULL",
	[STORE_GET_SECRET] = "SELECT sealed FROM secrets WHERE epoch = ?1",
	[STORE_GET_CASE] = "SELECT sealed FROM cases WHERE about = ?2",
	[STORE_GET_MEDIUM] = "SELECT generation, alone, filling, paired FROM medium",
	[STORE_GET_LEAF] = "SELECT leaf FROM entries WHERE seq = ?1",
	[STORE_IS_ERASED] = "SELECT 1 FROM erased WHERE seq = ?1 >> 2 AND name = ?1 & 3",
	[STORE_IS_ERASED_LATER] = "SELECT 1 FROM erased_later WHERE seq = ?1 >> 2 AND name = ?1 & 3",
	[STORE_GET_NODE] = "SELECT hash FROM nodes WHERE level = ?1 >> 56 AND place = ?1 & 0xffffffffffffff",
	[STORE_FIND_BLOB] = "SELECT 1 FROM blobs WHERE sha256 = ?2 LIMIT 1",
	[STORE_NEXT_BLOB] =
		"SELECT sha256, seq FROM blobs WHERE sha256 > ?2 AND seq >= ?1 ORDER BY sha256, seq LIMIT 1",
	[STORE_GET_ROWS] = "SELECT max(seq) FROM entries",
	[STORE_COUNT_NODES] = "SELECT count(*) FROM nodes",
	[STORE_GET_STAMP] = "SELECT reply FROM stamps WHERE size = ?1",
	[STORE_GET_COSIGNATURES] = "SELECT line FROM cosignatures WHERE size = ?1 ORDER BY line",
	[STORE_GET_TALLIES] = "SELECT number, counted FROM tallies WHERE number >= ?1 ORDER BY number",
	[STORE_LAST_COSIGNED] = "SELECT max(size) FROM cosignatures",
	[STORE_LAST_WITNESS_ASKED] =
		"SELECT epoch FROM asked WHERE epoch < ?1 AND nonce IS NULL ORDER BY epoch DESC LIMIT 1",
	[STORE_LAST_STAMP_ASKED] =
		"SELECT epoch, nonce FROM asked WHERE epoch < ?1 AND nonce IS NOT NULL ORDER BY epoch DESC LIMIT 1",
	[STORE_LAST_POLICY] = "SELECT seq FROM marks WHERE mark = 1 AND seq < ?1 ORDER BY seq DESC LIMIT 1",
	[STORE_NEXT_EARLIER] = "SELECT seq FROM marks WHERE mark = 2 AND seq >= ?1 ORDER BY seq LIMIT 1",
};

enum err err_from_sqlite(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return ERR_OK;
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
		return ERR_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_CONSTRAINT:
		return ERR_EXISTS;
	case SQLITE_CANTOPEN:
		return ERR_MISSING;
	default:
		return ERR_IO;
	}
}

enum err store_fault(const struct store *s, enum err err, const char *doing, struct fault *f)
{
	return fault_set(f, err, _("%s: the ledger's database refused (%s). Check the disk, then start again"), doing,
			 s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(SQLITE_NOMEM));
}

/* Runs a PRAGMA and compares the answer: SQLite ignores what it cannot do, silently. */
static bool pragma_is(sqlite3 *db, const char *pragma, const char *expected)
{
	sqlite3_stmt *statement = NULL;
	bool same = false;

	if (sqlite3_prepare_v2(db, pragma, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW) {
		const unsigned char *answer = sqlite3_column_text(statement, 0);

		same = answer != NULL && strcmp((const char *)answer, expected) == 0;
	}
	(void)sqlite3_finalize(statement);
	return same;
}

static int64_t additions_there(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	int64_t count = 0;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return count;
}

static enum err add_what_is_new(struct store *s, struct fault *f)
{
	char text[4096];

	for (int64_t i = additions_there(s->db); i < ADDITIONS; i++) {
		(void)snprintf(text, sizeof text, "BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT", additions[i],
			       (int)i + 1);
		if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK) {
			enum err err = store_fault(s, err_from_sqlite(sqlite3_errcode(s->db)), _("creating"), f);

			(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
			return err;
		}
	}
	return ERR_OK;
}

/* The head of an older program does not say that its entries are marked. Where it kept indexes on just these bytes,
   this takes no time. */
static enum err mark_all(struct store *s, struct fault *f)
{
	static const char text[] = "BEGIN IMMEDIATE; DELETE FROM marks;"
				   "INSERT INTO marks SELECT 1, seq FROM entries WHERE substr(body, 45, 24) = "
				   "x'65794a68593351694f694a776232787059336b7563325630';"
				   "INSERT INTO marks SELECT 2, seq FROM entries WHERE substr(body, 45, 32) = "
				   "x'65794a68593351694f694a795a57526859335270623234755a57467962476c6c';"
				   "DROP INDEX IF EXISTS entries_policy; DROP INDEX IF EXISTS entries_earlier;"
				   "UPDATE head SET marked = 1; COMMIT";
	enum err err;

	if (!pragma_is(s->db, "SELECT marked FROM head", "0") ||
	    sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK)
		return ERR_OK;
	err = store_fault(s, err_from_sqlite(sqlite3_errcode(s->db)), _("opening"), f);
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

static enum err settle(struct store *s, enum store_mode mode, struct fault *f)
{
	static const char settings[] =
		"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON; "
		"PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
		"PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;";
	int neighbours_are_safe = 0;

	if (sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_POWERSAFE_OVERWRITE, &neighbours_are_safe) != SQLITE_OK ||
	    !pragma_is(s->db, "PRAGMA locking_mode = EXCLUSIVE", "exclusive") ||
	    !pragma_is(s->db, "PRAGMA journal_mode = WAL", "wal") ||
	    sqlite3_exec(s->db, settings, NULL, NULL, NULL) != SQLITE_OK ||
	    !pragma_is(s->db, "PRAGMA synchronous", "2")) {
		enum err why = err_from_sqlite(sqlite3_errcode(s->db));

		return store_fault(s, why == ERR_CORRUPT || why == ERR_FULL ? why : ERR_IO, _("opening"), f);
	}
	if (mode != STORE_CREATE && !pragma_is(s->db, "PRAGMA application_id", "1264676459"))
		return fault_set(f, ERR_FORMAT, _("%s is not a ledger that this program knows"),
				 sqlite3_db_filename(s->db, NULL));
	return add_what_is_new(s, f) == ERR_OK ? mark_all(s, f) : f->err;
}

static enum err prepare(struct store *s, struct fault *f)
{
	const char *const ends[] = {"BEGIN IMMEDIATE", "COMMIT"};
	sqlite3_stmt **const prepared[] = {&s->begin, &s->commit};

	for (int i = 0; i < 2; i++)
		if (sqlite3_prepare_v3(s->db, ends[i], -1, SQLITE_PREPARE_PERSISTENT, prepared[i], NULL) != SQLITE_OK)
			return store_fault(s, ERR_CORRUPT, _("preparing"), f);
	for (int i = 0; i < STORE_STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL) !=
		    SQLITE_OK)
			return store_fault(s, ERR_CORRUPT, _("preparing"), f);
	return ERR_OK;
}

static int count_wal_pages(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store *s = context;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

/* An earlier process may have died right after a failed sync; writing everything anew makes it durable for sure. */
static enum err start_afresh(struct store *s, struct fault *f)
{
	enum err err = store_truncate(s);

	return err == ERR_OK ? ERR_OK : store_fault(s, err, _("opening"), f);
}

enum err store_turn(struct store *s, enum store_mode mode)
{
	const char *text = mode == STORE_READ ? "PRAGMA query_only = ON" : "PRAGMA query_only = OFF";

	return err_from_sqlite(sqlite3_exec(s->db, text, NULL, NULL, NULL));
}

enum err store_open(struct store *s, const char *path, enum store_mode mode, struct fault *f)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == STORE_CREATE ? SQLITE_OPEN_CREATE : 0);
	enum err err;

	*s = (struct store){0};
	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK) {
		err = fault_set(f, err_from_sqlite(sqlite3_errcode(s->db)), _("%s: cannot open: %s"), path,
				sqlite3_errmsg(s->db));
		goto out;
	}
	err = settle(s, mode, f);
	if (err == ERR_OK && mode == STORE_WRITE)
		err = start_afresh(s, f);
	if (err == ERR_OK && mode == STORE_READ && store_turn(s, mode) != ERR_OK)
		err = store_fault(s, ERR_IO, _("opening"), f);
	if (err == ERR_OK)
		err = prepare(s, f);
	(void)sqlite3_wal_hook(s->db, count_wal_pages, s);
out:
	if (err != ERR_OK)
		store_close(s);
	return err;
}

void store_close(struct store *s)
{
	for (int i = 0; i < STORE_STATEMENTS; i++)
		(void)sqlite3_finalize(s->statements[i]);
	(void)sqlite3_finalize(s->begin);
	(void)sqlite3_finalize(s->commit);
	(void)sqlite3_close(s->db);
	*s = (struct store){0};
}

static void bind_blob(sqlite3_stmt *statement, int index, struct blob blob)
{
	if (blob.data == NULL)
		(void)sqlite3_bind_null(statement, index);
	else
		(void)sqlite3_bind_blob64(statement, index, blob.data, blob.len, SQLITE_STATIC);
}

static enum err finish(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	(void)sqlite3_reset(statement);
	return err_from_sqlite(code);
}

static enum err run_change(struct store *s, const struct change *change)
{
	sqlite3_stmt *prepared = s->statements[change->statement];

	(void)sqlite3_bind_int64(prepared, 1, change->integer);
	for (int i = 0; i < change->count; i++)
		bind_blob(prepared, 2 + i, change->blobs[i]);
	return finish(prepared);
}

static enum err run_text(struct store *s, const char *text)
{
	return err_from_sqlite(sqlite3_exec(s->db, text, NULL, NULL, NULL));
}

enum err store_apply(struct store *s, const struct batch *batch, struct fault *f)
{
	enum err err = finish(s->begin);
	struct change change;
	size_t at = 0;

	while (err == ERR_OK && batch_next(batch, &at, &change))
		err = run_change(s, &change);
	if (err == ERR_OK)
		err = finish(s->commit);
	if (err == ERR_OK)
		return ERR_OK;
	err = store_fault(s, err, _("recording"), f);
	/* SQLite's own word decides: after a full disk it may have rolled back already. */
	if (sqlite3_get_autocommit(s->db) == 0 && run_text(s, "ROLLBACK") != ERR_OK)
		err = f != NULL ? (f->err = ERR_IO) : ERR_IO;
	return err;
}

enum err store_row(struct store *s, enum store_statement statement, int64_t integer, const struct blob *key)
{
	sqlite3_stmt *prepared = s->statements[statement];
	int code;

	if (sqlite3_bind_parameter_count(prepared) > 0)
		(void)sqlite3_bind_int64(prepared, 1, integer);
	if (key != NULL)
		bind_blob(prepared, 2, *key);
	code = sqlite3_step(prepared);
	if (code == SQLITE_ROW)
		return ERR_OK;
	(void)sqlite3_reset(prepared);
	return code == SQLITE_DONE ? ERR_MISSING : err_from_sqlite(code);
}

int64_t store_integer(struct store *s, enum store_statement statement, int column)
{
	return sqlite3_column_int64(s->statements[statement], column);
}

struct blob store_blob(struct store *s, enum store_statement statement, int column)
{
	return row_blob(s->statements[statement], column);
}

void store_done(struct store *s, enum store_statement statement)
{
	(void)sqlite3_reset(s->statements[statement]);
}

enum err store_count(struct store *s, uint64_t *count)
{
	enum err err = store_row(s, STORE_GET_ROWS, 0, NULL);

	if (err != ERR_OK)
		return err;
	*count = sqlite3_column_type(s->statements[STORE_GET_ROWS], 0) == SQLITE_NULL
			 ? 0
			 : (uint64_t)store_integer(s, STORE_GET_ROWS, 0) + 1;
	store_done(s, STORE_GET_ROWS);
	return ERR_OK;
}

enum err store_entries(struct store *s, uint64_t from, uint64_t to, sqlite3_stmt **rows)
{
	static const char text[] = "SELECT seq, leaf, body, files, person, text, sealed_with, idem FROM entries "
				   "WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
	int code = sqlite3_prepare_v2(s->db, text, -1, rows, NULL);

	if (code != SQLITE_OK)
		return err_from_sqlite(code);
	(void)sqlite3_bind_int64(*rows, 1, (int64_t)(from < INT64_MAX ? from : INT64_MAX));
	(void)sqlite3_bind_int64(*rows, 2, (int64_t)(to < INT64_MAX ? to : INT64_MAX));
	return ERR_OK;
}

enum err store_nodes(struct store *s, unsigned level, uint64_t from, uint64_t to, sqlite3_stmt **rows)
{
	static const char text[] = "SELECT place, hash FROM nodes WHERE level = ?1 AND place >= ?2 AND place < ?3 "
				   "ORDER BY place";
	int code = sqlite3_prepare_v2(s->db, text, -1, rows, NULL);

	if (code != SQLITE_OK)
		return err_from_sqlite(code);
	(void)sqlite3_bind_int64(*rows, 1, level);
	(void)sqlite3_bind_int64(*rows, 2, (int64_t)from);
	(void)sqlite3_bind_int64(*rows, 3, (int64_t)to);
	return ERR_OK;
}

enum err store_next(sqlite3_stmt *rows)
{
	int code = sqlite3_step(rows);

	return code == SQLITE_DONE ? ERR_MISSING : err_from_sqlite(code);
}

struct blob row_blob(sqlite3_stmt *rows, int column)
{
	const void *data = sqlite3_column_blob(rows, column);
	size_t len = (size_t)sqlite3_column_bytes(rows, column);

	/* SQLite gives NULL for an empty blob too. */
	if (data == NULL && sqlite3_column_type(rows, column) != SQLITE_NULL)
		return (struct blob){"", 0};
	return (struct blob){data, len};
}

enum err store_tidy(struct store *s)
{
	int code;

	if (s->wal_pages == 0)
		return ERR_OK;
	code = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (code == SQLITE_OK)
		s->wal_pages = 0;
	return err_from_sqlite(code);
}

enum err store_truncate(struct store *s)
{
	int code = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	if (code == SQLITE_OK)
		s->wal_pages = 0;
	return err_from_sqlite(code);
}
