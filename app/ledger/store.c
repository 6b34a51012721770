#include "ledger/store.h"

#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] =
	"CREATE TABLE entries(seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL, idem BLOB, "
	"body BLOB, files BLOB, person BLOB, text BLOB);"
	"CREATE UNIQUE INDEX entries_idem ON entries(idem) WHERE idem IS NOT NULL;"
	"CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, note BLOB NOT NULL, "
	"peaks BLOB NOT NULL);"
	"CREATE TABLE epochs(epoch INTEGER PRIMARY KEY, certificate BLOB NOT NULL, closing BLOB);"
	"CREATE TABLE secrets(epoch INTEGER PRIMARY KEY, sealed BLOB NOT NULL);"
	"CREATE TABLE cases(about BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;"
	"PRAGMA application_id = 1264676459; PRAGMA user_version = 1;";

static const char *const texts[STORE_STATEMENTS] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_ADD_ENTRY] = "INSERT INTO entries VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[STORE_FIND_IDEM] = "SELECT seq, leaf FROM entries WHERE idem = ?2",
	[STORE_PUT_HEAD] = "INSERT OR REPLACE INTO head VALUES(1, ?1, ?2, ?3)",
	[STORE_GET_HEAD] = "SELECT size, note, peaks, (SELECT max(seq) FROM entries) FROM head",
	[STORE_ADD_EPOCH] = "INSERT INTO epochs VALUES(?1, ?2, NULL)",
	[STORE_GET_EPOCH] = "SELECT certificate, closing FROM epochs WHERE epoch = ?1",
	[STORE_CLOSE_EPOCH] = "UPDATE epochs SET closing = ?2 WHERE epoch = ?1",
	[STORE_LAST_EPOCH] = "SELECT max(epoch) FROM epochs WHERE closing IS NOT NULL",
	[STORE_ADD_SECRET] = "INSERT INTO secrets VALUES(?1, ?2)",
	[STORE_DROP_SECRETS] = "DELETE FROM secrets WHERE epoch <= ?1",
	[STORE_GET_SECRET] = "SELECT sealed FROM secrets WHERE epoch = ?1",
	[STORE_ADD_CASE] = "INSERT INTO cases VALUES(?2, ?3)",
	[STORE_GET_CASE] = "SELECT sealed FROM cases WHERE about = ?2",
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
	    !pragma_is(s->db, "PRAGMA synchronous", "2"))
		return store_fault(s, ERR_IO, _("opening"), f);
	if (mode == STORE_CREATE && sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return store_fault(s, ERR_IO, _("creating"), f);
	if (!pragma_is(s->db, "PRAGMA application_id", "1264676459") || !pragma_is(s->db, "PRAGMA user_version", "1"))
		return fault_set(f, ERR_FORMAT, _("ledger.db is not a ledger of this version"));
	return ERR_OK;
}

static enum err prepare(struct store *s, struct fault *f)
{
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
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
		return store_fault(s, err_from_sqlite(sqlite3_errcode(s->db)), _("opening"), f);
	return ERR_OK;
}

enum err store_open(struct store *s, const char *folder, enum store_mode mode, struct fault *f)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == STORE_CREATE ? SQLITE_OPEN_CREATE : 0);
	char path[PATH_MAX];
	enum err err;

	*s = (struct store){0};
	if ((size_t)snprintf(path, sizeof path, "%s/ledger.db", folder) >= sizeof path)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), folder);
	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK) {
		err = fault_set(f, err_from_sqlite(sqlite3_errcode(s->db)), _("%s: cannot open: %s"), path,
				sqlite3_errmsg(s->db));
		goto out;
	}
	err = settle(s, mode, f);
	if (err == ERR_OK && mode == STORE_WRITE)
		err = start_afresh(s, f);
	if (err == ERR_OK && mode == STORE_READ &&
	    sqlite3_exec(s->db, "PRAGMA query_only = ON", NULL, NULL, NULL) != SQLITE_OK)
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

enum err store_run(struct store *s, enum store_statement statement, int64_t integer, const struct blob *blobs,
		   int count)
{
	sqlite3_stmt *prepared = s->statements[statement];

	if (sqlite3_bind_parameter_count(prepared) > 0)
		(void)sqlite3_bind_int64(prepared, 1, integer);
	for (int i = 0; i < count; i++)
		bind_blob(prepared, 2 + i, blobs[i]);
	return finish(prepared);
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

enum err store_add_entry(struct store *s, const struct entry *entry, struct blob leaf,
			 const struct blob disclosures[DISCLOSURE_COUNT])
{
	struct blob blobs[2 + DISCLOSURE_COUNT] = {leaf};

	if (entry->has_idem)
		blobs[1] = (struct blob){entry->idem, IDEM_BYTES};
	memcpy(blobs + 2, disclosures, DISCLOSURE_COUNT * sizeof *disclosures);
	return store_run(s, STORE_ADD_ENTRY, (int64_t)entry->seq, blobs, 2 + DISCLOSURE_COUNT);
}

enum err store_entries(struct store *s, uint64_t from, uint64_t to, sqlite3_stmt **rows)
{
	static const char text[] = "SELECT seq, leaf, body, files, person, text FROM entries "
				   "WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
	int code = sqlite3_prepare_v2(s->db, text, -1, rows, NULL);

	if (code != SQLITE_OK)
		return err_from_sqlite(code);
	(void)sqlite3_bind_int64(*rows, 1, (int64_t)(from < INT64_MAX ? from : INT64_MAX));
	(void)sqlite3_bind_int64(*rows, 2, (int64_t)(to < INT64_MAX ? to : INT64_MAX));
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
