/* The ledger on one medium: FOLDER/ledger.db or FOLDER/mirror.db (SQLite, WAL) with the only connection there is.
 *
 *   entries       seq, leaf (the entry's exact bytes), idem (the first bytes of its retry key, which find it among
 *                 millions), the four disclosures, and what they are sealed with. Body is as it is; files, person and
 *                 text are sealed with the incident's key. sealed_with names another key than that of `about`, and
 *                 then body is sealed too. NULL where the entry has an sd line: erased.
 *   head          one row: size, the note of the last checkpoint (text and the epoch's line), the tree's peaks; marked:
 *                 the table `marks` knows of all entries
 *   epochs        epoch, certificate (of epoch 1: the genesis note), closing checkpoint (NULL while it runs)
 *   secrets       epoch, sealed seed: only the next epoch's
 *   cases         about, sealed key
 *   nodes         level (from 1), place, hash: roots of full tiles, so that a proof need not hash everything again
 *   marks         mark, seq: entries that are looked for by what their body says (marks.c)
 *   erased        seq, name (its number): what redactions took away; never to come back from another medium
 *   erased_later  the same, of a log that has ended: what redactions of a later one took away (past_erase.c)
 *   blobs         sha256, seq: which stored file belongs to which entry
 *   stamps        size, RFC 3161 reply;   cosignatures   size, witness's line
 *   asked         epoch, nonce: whose closing checkpoint a witness (nonce NULL) or a time stamp authority was shown
 *   tallies       number, what it counts: things for an entry to come (tally.c)
 *   medium        one row: generation, alone, filling, paired (media.h)
 *
 * Tables and columns are only ever added, so an older program reads and goes on writing what a newer one made; a change
 * that an older program must keep its hands off gets a new application_id. What its commits do not know of falls back
 * to the default, as `marked` does, and is made up for when a newer program opens the ledger. Only programs that found
 * entries by two indexes on their bodies (user_version 3 to 5) refuse to open it, and leave it as it is.
 *
 * Why a crash loses nothing that was acknowledged: entries and the checkpoint over them are one transaction, and with
 * synchronous=FULL the commit returns only after the WAL was synced. A torn tail of the WAL fails SQLite's
 * checksums and is as if it never happened. A sector that tears may take its other bytes along, so each commit fills
 * its last sector (no POWERSAFE_OVERWRITE): nothing acknowledged shares one with what is written next. SQLite's own
 * checkpoint runs only in store_tidy and when opening. tests/crash cuts the power at every write.
 */
#ifndef KANNUKI_LEDGER_STORE_H
#define KANNUKI_LEDGER_STORE_H

#include "ledger/batch.h"
#include "ledger/entry.h"

#include <sqlite3.h>

/* Entries that set a policy, or erase in earlier logs: by how the body begins, so whoever finds one still reads it. */
enum mark { NO_MARK, MARK_POLICY, MARK_EARLIER };

enum store_statement {
	/* Changes: what a batch may hold. */
	STORE_ADD_ENTRY,
	STORE_PUT_ENTRY,
	STORE_PUT_HEAD,
	STORE_PUT_EPOCH,
	STORE_CLOSE_EPOCH,
	STORE_ADD_SECRET,
	STORE_DROP_SECRETS,
	STORE_ADD_CASE,
	STORE_DROP_CASE,
	STORE_DROP_CASES,
	STORE_DROP_HEAD,
	STORE_ADD_NODE,
	STORE_ADD_BLOB,
	STORE_DROP_BLOBS,
	STORE_PUT_STAMP,
	STORE_PUT_COSIGNATURE,
	STORE_PUT_ASKED,
	STORE_PUT_TALLY,
	STORE_DROP_TALLY,
	STORE_DROP_TALLIES,
	STORE_ERASE_FILES,
	STORE_ERASE_PERSON,
	STORE_ERASE_TEXT,
	STORE_ADD_ERASED,
	STORE_ADD_ERASED_LATER,
	STORE_ADD_MARK,
	/* From entry ?1 on, or from epoch ?1 on. */
	STORE_CUT_ENTRIES,
	STORE_CUT_NODES,
	STORE_CUT_MARKS,
	STORE_CUT_ERASED,
	STORE_CUT_BLOBS,
	STORE_CUT_EPOCHS,
	STORE_CUT_ASKED,
	/* Of at least this size. */
	STORE_CUT_STAMPS,
	STORE_CUT_COSIGNATURES,
	STORE_SET_GENERATION,
	STORE_SET_ALONE,
	STORE_SET_FILLING,
	STORE_SET_PAIRED,
	STORE_CHANGES,
	/* Questions. */
	STORE_FIND_IDEM = STORE_CHANGES,
	STORE_GET_HEAD,
	STORE_GET_EPOCH,
	STORE_LAST_EPOCH,
	STORE_GET_SECRET,
	STORE_GET_CASE,
	STORE_GET_MEDIUM,
	STORE_GET_LEAF,
	STORE_GET_ROWS,
	STORE_IS_ERASED,
	STORE_IS_ERASED_LATER,
	STORE_FIND_BLOB,
	STORE_GET_NODE,
	STORE_NEXT_BLOB,
	STORE_COUNT_NODES,
	STORE_GET_STAMP,
	/* One row after another, by store_next of the statement. */
	STORE_GET_COSIGNATURES,
	STORE_GET_TALLIES,
	STORE_LAST_COSIGNED,
	/* The newest before epoch, or entry, ?1. */
	STORE_LAST_WITNESS_ASKED,
	STORE_LAST_STAMP_ASKED,
	STORE_LAST_POLICY,
	/* The first from entry ?1 on that erases in the logs before this one. */
	STORE_NEXT_EARLIER,
	STORE_STATEMENTS
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *statements[STORE_STATEMENTS];
	int64_t wal_pages;
};

/* 16 MiB: a WAL that grew to this is written back even when nobody is idle. On a medium that is nearly full it may not
   hold what the database then has no room for. */
enum { WAL_PAGES_MAX = 4096, WAL_PAGES_TIGHT = 64 };

enum store_mode { STORE_CREATE, STORE_WRITE, STORE_READ };

enum err store_open(struct store *s, const char *path, enum store_mode mode, struct fault *f) MUST_USE;
/* To read where nothing can be written. Entries that only the log file holds are read, too: from copies of both files
   in TMPDIR, which no longer have a name once they are open. */
enum err store_open_unwritable(struct store *s, const char *path, struct fault *f) MUST_USE;
void store_close(struct store *s);

/* The whole batch as one durable transaction, or nothing of it. After ERR_IO the file may say other things than the
   disk: the store must be closed and opened again. */
enum err store_apply(struct store *s, const struct batch *batch, struct fault *f) MUST_USE;
/* For statements that give one row: binds ?1 and steps. ERR_MISSING: no row. The columns stay valid until
   store_done. */
enum err store_row(struct store *s, enum store_statement statement, int64_t integer, const struct blob *key) MUST_USE;
int64_t store_integer(struct store *s, enum store_statement statement, int column);
struct blob store_blob(struct store *s, enum store_statement statement, int column);
void store_done(struct store *s, enum store_statement statement);

/* One that was opened for reading takes changes, or no longer. */
enum err store_turn(struct store *s, enum store_mode mode) MUST_USE;

/* One more than the number of the last entry that is there. */
enum err store_count(struct store *s, uint64_t *count) MUST_USE;
/* Entries of [from, to) in order, each statement of its own so that reads may nest. */
enum { IDEM_FOUND_BY = 4 };
enum { ROW_SEQ, ROW_LEAF, ROW_DISCLOSURES, ROW_SEALED_WITH = ROW_DISCLOSURES + DISCLOSURE_COUNT, ROW_IDEM };
enum err store_entries(struct store *s, uint64_t from, uint64_t to, sqlite3_stmt **rows) MUST_USE;
/* Place and hash of the nodes of a level, likewise. */
enum err store_nodes(struct store *s, unsigned level, uint64_t from, uint64_t to, sqlite3_stmt **rows) MUST_USE;
/* ERR_MISSING after the last one. */
enum err store_next(sqlite3_stmt *rows) MUST_USE;
struct blob row_blob(sqlite3_stmt *rows, int column);

/* What SQLite said last, put into words. */
enum err store_fault(const struct store *s, enum err err, const char *doing, struct fault *f) MUST_USE;
enum err err_from_sqlite(int code);

/* SQLite's checkpoint, when the WAL holds anything; and the one that leaves no old page behind in the WAL. */
enum err store_tidy(struct store *s) MUST_USE;
enum err store_truncate(struct store *s) MUST_USE;

#endif
