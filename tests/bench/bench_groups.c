/* Groups of entries in one commit, against SQLite alone: the same rows of the same sizes in the same kind of database
 * (WAL, synchronous=FULL), without hashing, signing or an index. Rounds of both alternate; medians. Then the disk that
 * entries take: the bytes of ledger.db after it was closed, over what was stored in it (entries, disclosures and retry
 * keys, summed from the table). SQLite's log, which is at most some 16 MiB, and the reserve of space are not in it.
 */
#include "tests/bench/measure.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ROUNDS = 40, EACH = 4, ROUNDS_BETWEEN_TIDYING = 8, WARM_UP_GROUPS = 20 };

static int64_t ask(sqlite3 *db, const char *query)
{
	sqlite3_stmt *statement = NULL;
	int64_t answer;

	demand(sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK &&
		       sqlite3_step(statement) == SQLITE_ROW,
	       query);
	answer = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return answer;
}

static sqlite3 *open_database(const char *place, const char *name)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;

	path_join(path, place, name);
	demand(sqlite3_open(path, &db) == SQLITE_OK, path);
	return db;
}

/* ---- SQLite alone ---- */

struct bare {
	sqlite3 *db;
	sqlite3_stmt *begin, *insert, *commit;
	int leaf_len, body_len;
	int64_t seq;
};

static void run(sqlite3_stmt *statement)
{
	demand(sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK, "SQLite alone");
}

static void bare_open(struct bare *b, const char *place)
{
	static const char tables[] =
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		"PRAGMA wal_autocheckpoint = 0; CREATE TABLE entries(seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL, "
		"idem BLOB, body BLOB, files BLOB, person BLOB, text BLOB, sealed_with BLOB)";

	b->db = open_database(place, "bare.db");
	demand(sqlite3_exec(b->db, tables, NULL, NULL, NULL) == SQLITE_OK &&
		       sqlite3_prepare_v2(b->db, "BEGIN IMMEDIATE", -1, &b->begin, NULL) == SQLITE_OK &&
		       sqlite3_prepare_v2(b->db, "INSERT INTO entries(seq, leaf, body) VALUES(?1, ?2, ?3)", -1,
					  &b->insert, NULL) == SQLITE_OK &&
		       sqlite3_prepare_v2(b->db, "COMMIT", -1, &b->commit, NULL) == SQLITE_OK,
	       "SQLite alone");
}

static void bare_group(struct bare *b, int size)
{
	static const char bytes[4096];

	run(b->begin);
	for (int i = 0; i < size; i++) {
		(void)sqlite3_bind_int64(b->insert, 1, b->seq++);
		(void)sqlite3_bind_blob(b->insert, 2, bytes, b->leaf_len, SQLITE_STATIC);
		(void)sqlite3_bind_blob(b->insert, 3, bytes, b->body_len, SQLITE_STATIC);
		run(b->insert);
	}
	run(b->commit);
}

static void bare_close(struct bare *b)
{
	(void)sqlite3_finalize(b->begin);
	(void)sqlite3_finalize(b->insert);
	(void)sqlite3_finalize(b->commit);
	(void)sqlite3_close(b->db);
}

/* ---- against each other ---- */

static void ledger_group(struct ledger *l, int size, enum retry_key key)
{
	struct moment now = moment_now();

	for (int i = 0; i < size; i++)
		append(l, key, now);
	commit(l);
}

/* Rows as large as those that a ledger of the same entries has. */
static void learn_sizes(struct bare *b, const char *place, int size)
{
	struct ledger *l = ledger_make(place, "pattern", NULL, NULL);
	sqlite3 *db;

	for (int i = 0; i < WARM_UP_GROUPS; i++)
		ledger_group(l, size, WITHOUT_RETRY_KEY);
	ledger_close(l);
	db = open_database(place, "pattern/ledger.db");
	b->leaf_len = (int)ask(db, "SELECT length(leaf) FROM entries ORDER BY seq DESC LIMIT 1");
	b->body_len = (int)ask(db, "SELECT length(body) FROM entries ORDER BY seq DESC LIMIT 1");
	(void)sqlite3_close(db);
}

static void tidy_both(struct ledger *l, struct bare *b)
{
	demand(ledger_tidy(l) == ERR_OK, "tidy");
	demand(sqlite3_wal_checkpoint_v2(b->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) == SQLITE_OK, "tidy");
}

static void compare(const char *place, int size, double goal)
{
	double bare_us[ROUNDS * EACH], ledger_us[ROUNDS * EACH], bare_p50, ledger_p50;
	struct bare bare = {0};
	struct ledger *l;
	char name[64];

	learn_sizes(&bare, place, size);
	bare_open(&bare, place);
	l = ledger_make(place, "ledger", NULL, NULL);
	for (int i = 0; i < WARM_UP_GROUPS; i++) {
		bare_group(&bare, size);
		ledger_group(l, size, WITHOUT_RETRY_KEY);
	}
	for (int i = 0; i < ROUNDS * EACH; i += EACH) {
		if (i / EACH % ROUNDS_BETWEEN_TIDYING == 0)
			tidy_both(l, &bare);
		for (int j = i; j < i + EACH; j++) {
			double start = now_us();

			bare_group(&bare, size);
			bare_us[j] = now_us() - start;
		}
		for (int j = i; j < i + EACH; j++) {
			double start = now_us();

			ledger_group(l, size, WITHOUT_RETRY_KEY);
			ledger_us[j] = now_us() - start;
		}
	}
	ledger_close(l);
	bare_close(&bare);
	bare_p50 = quantile(bare_us, ROUNDS * EACH, 0.5);
	ledger_p50 = quantile(ledger_us, ROUNDS * EACH, 0.5);
	printf("# groups of %d (%d + %d bytes): SQLite alone p50 %.0f us, ledger p50 %.0f us, %.0f entries/s\n", size,
	       bare.leaf_len, bare.body_len, bare_p50, ledger_p50, size / ledger_p50 * 1e6);
	(void)snprintf(name, sizeof name, "append-%d-over-sqlite", size);
	report(name, bare_p50 / ledger_p50, "ratio", AT_LEAST, goal);
}

/* ---- disk ---- */

static void measure_disk(const char *place, int size, int entries, enum retry_key key, const char *suffix, double goal)
{
	struct ledger *l = ledger_make(place, "disk", NULL, NULL);
	char path[PATH_MAX], name[64];
	struct stat file;
	sqlite3 *db;
	int64_t payload;

	for (int i = 0; i < entries; i += size)
		ledger_group(l, size, key);
	ledger_close(l);
	path_join(path, place, "disk/ledger.db");
	demand(stat(path, &file) == 0, path);
	db = open_database(place, "disk/ledger.db");
	payload = ask(db, "SELECT sum(length(leaf) + ifnull(length(idem), 0) + ifnull(length(body), 0) + "
			  "ifnull(length(files), 0) + ifnull(length(person), 0) + ifnull(length(text), 0)) "
			  "FROM entries");
	(void)sqlite3_close(db);
	(void)snprintf(name, sizeof name, "disk-over-payload-%d%s", size, suffix);
	report(name, (double)file.st_size / (double)payload, "ratio", AT_MOST, goal);
}

int main(void)
{
	static const struct {
		int size, entries;
		enum retry_key key;
		const char *suffix;
		double goal;
	} disks[] = {
		{1, 4000, WITHOUT_RETRY_KEY, "", 1.6},
		{1, 4000, WITH_RETRY_KEY, "-retry-keys", 1.6},
		{8, 20000, WITHOUT_RETRY_KEY, "", 1.15},
		{8, 20000, WITH_RETRY_KEY, "-retry-keys", 1.15},
	};
	char place[PATH_MAX];

	place_make(place);
	compare(place, 64, 0.6);
	place_remove(place);
	place_make(place);
	compare(place, 512, 0.5);
	place_remove(place);
	for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
		place_make(place);
		measure_disk(place, disks[i].size, disks[i].entries, disks[i].key, disks[i].suffix, disks[i].goal);
		place_remove(place);
	}
	return 0;
}
