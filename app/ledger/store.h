/* The ledger on one medium: FOLDER/ledger.db (SQLite, WAL) with the only connection there is.
 *
 *   entries   seq, leaf (the entry's exact bytes), idem, and the four disclosures: body as it is, files, person and
 *             text sealed with the incident's key. NULL where the entry has an sd line means: erased.
 *   head      one row: size, the note of the last checkpoint (text and the epoch's line), the tree's peaks
 *   epochs    epoch, certificate (of epoch 1: the genesis note), closing checkpoint (NULL while it runs)
 *   secrets   epoch, sealed seed: only the next epoch's
 *   cases     about, sealed key
 *
 * Why a crash loses nothing that was acknowledged: an entry and the checkpoint over it are one transaction, and with
 * synchronous=FULL the commit returns only after the WAL was synced. A torn tail of the WAL fails SQLite's
 * checksums and is as if it never happened. A sector that tears may take its other bytes along, so each commit fills its
 * last sector (no POWERSAFE_OVERWRITE): nothing acknowledged shares one with what is written next. SQLite's own
 * checkpoint runs only in store_tidy and when opening. tests/crash cuts the power at every write.
 */
#ifndef KANNUKI_LEDGER_STORE_H
#define KANNUKI_LEDGER_STORE_H

#include "ledger/entry.h"

#include <sqlite3.h>

enum store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_ADD_ENTRY,
	STORE_FIND_IDEM,
	STORE_PUT_HEAD,
	STORE_GET_HEAD,
	STORE_ADD_EPOCH,
	STORE_GET_EPOCH,
	STORE_CLOSE_EPOCH,
	STORE_LAST_EPOCH,
	STORE_ADD_SECRET,
	STORE_DROP_SECRETS,
	STORE_GET_SECRET,
	STORE_ADD_CASE,
	STORE_GET_CASE,
	STORE_STATEMENTS
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STORE_STATEMENTS];
	int64_t wal_pages;
};

/* 16 MiB: a WAL that grew to this is written back even when nobody is idle. */
enum { WAL_PAGES_MAX = 4096 };

enum store_mode { STORE_CREATE, STORE_WRITE, STORE_READ };

/* A value to bind or a column that was read; data NULL is SQL NULL. */
struct blob {
	const void *data;
	size_t len;
};

enum err store_open(struct store *s, const char *folder, enum store_mode mode, struct fault *f) MUST_USE;
void store_close(struct store *s);

/* Runs a statement that gives no rows. `integer` is bound as ?1, the blobs as ?2 … */
enum err store_run(struct store *s, enum store_statement statement, int64_t integer, const struct blob *blobs,
		   int count) MUST_USE;
/* For statements that give one row: binds ?1 and steps. ERR_MISSING: no row. The columns stay valid until
   store_done. */
enum err store_row(struct store *s, enum store_statement statement, int64_t integer, const struct blob *key) MUST_USE;
int64_t store_integer(struct store *s, enum store_statement statement, int column);
struct blob store_blob(struct store *s, enum store_statement statement, int column);
void store_done(struct store *s, enum store_statement statement);

enum err store_add_entry(struct store *s, const struct entry *entry, struct blob leaf,
			 const struct blob disclosures[DISCLOSURE_COUNT]) MUST_USE;

/* Entries of [from, to) in order, each statement of its own so that reads may nest. */
enum { ROW_SEQ, ROW_LEAF, ROW_DISCLOSURES };
enum err store_entries(struct store *s, uint64_t from, uint64_t to, sqlite3_stmt **rows) MUST_USE;
/* ERR_MISSING after the last one. */
enum err store_next(sqlite3_stmt *rows) MUST_USE;
struct blob row_blob(sqlite3_stmt *rows, int column);

/* What SQLite said last, put into words. */
enum err store_fault(const struct store *s, enum err err, const char *doing, struct fault *f) MUST_USE;
enum err err_from_sqlite(int code);

/* SQLite's checkpoint, when the WAL holds anything. */
enum err store_tidy(struct store *s) MUST_USE;

#endif
