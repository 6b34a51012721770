#include "keeper/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct secrets {
	sqlite3 *db;
	sqlite3_stmt *get, *put, *forget;
	char path[512];
};

static enum err failed(const struct secrets *s, struct fault *f)
{
	int code = sqlite3_errcode(s->db);

	return fault_set(f, code == SQLITE_FULL ? ERR_FULL : ERR_IO, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

static enum err prepare_statements(struct secrets *s, struct fault *f)
{
	static const char setup[] =
		"PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
		"CREATE TABLE IF NOT EXISTS secret (account TEXT NOT NULL, generation INTEGER NOT NULL,"
		" hash TEXT NOT NULL, PRIMARY KEY (account, generation)) WITHOUT ROWID, STRICT";

	if (sqlite3_exec(s->db, setup, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(s->db, "SELECT hash FROM secret WHERE account = ?1 AND generation = ?2", -1, &s->get,
			       NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(s->db, "INSERT OR REPLACE INTO secret VALUES (?1, ?2, ?3)", -1, &s->put, NULL) !=
		    SQLITE_OK ||
	    sqlite3_prepare_v2(s->db, "DELETE FROM secret WHERE account = ?1 AND generation < ?2", -1, &s->forget,
			       NULL) != SQLITE_OK)
		return failed(s, f);
	return ERR_OK;
}

/* SQLite would make the file readable for the group; so it is made here first. */
static enum err make_file(const char *path, struct fault *f)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return fault_set(f, err_from_errno(errno), "%s: cannot open: %s", path, strerror(errno));
	(void)close(fd);
	return ERR_OK;
}

enum err secrets_open(const char *path, struct secrets **out, struct fault *f)
{
	struct secrets *s = calloc(1, sizeof *s);
	enum err err;

	if (s == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	if ((size_t)snprintf(s->path, sizeof s->path, "%s", path) >= sizeof s->path)
		err = fault_set(f, ERR_RANGE, "%s: path too long", path);
	else
		err = make_file(path, f);
	if (err == ERR_OK && sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		err = failed(s, f);
	if (err == ERR_OK)
		err = prepare_statements(s, f);
	if (err != ERR_OK) {
		secrets_close(s);
		return err;
	}
	*out = s;
	return ERR_OK;
}

void secrets_close(struct secrets *s)
{
	if (s == NULL)
		return;
	(void)sqlite3_finalize(s->get);
	(void)sqlite3_finalize(s->put);
	(void)sqlite3_finalize(s->forget);
	(void)sqlite3_close(s->db);
	free(s);
}

static bool bind(sqlite3_stmt *statement, const char *account, uint64_t generation)
{
	return sqlite3_bind_text(statement, 1, account, -1, SQLITE_STATIC) == SQLITE_OK &&
	       sqlite3_bind_int64(statement, 2, (sqlite3_int64)generation) == SQLITE_OK;
}

enum err secrets_get(struct secrets *s, const char *account, uint64_t generation, char hash[SECRET_HASH_SIZE])
{
	enum err err = ERR_MISSING;

	if (!bind(s->get, account, generation))
		return ERR_NOMEM;
	if (sqlite3_step(s->get) == SQLITE_ROW && sqlite3_column_bytes(s->get, 0) < SECRET_HASH_SIZE) {
		(void)snprintf(hash, SECRET_HASH_SIZE, "%s", (const char *)sqlite3_column_text(s->get, 0));
		err = ERR_OK;
	}
	(void)sqlite3_reset(s->get);
	return err;
}

static enum err run(struct secrets *s, sqlite3_stmt *statement, struct fault *f)
{
	enum err err = sqlite3_step(statement) == SQLITE_DONE ? ERR_OK : failed(s, f);

	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return err;
}

enum err secrets_put(struct secrets *s, const char *account, uint64_t generation, const char *hash, struct fault *f)
{
	if (!bind(s->put, account, generation) || sqlite3_bind_text(s->put, 3, hash, -1, SQLITE_STATIC) != SQLITE_OK)
		return failed(s, f);
	return run(s, s->put, f);
}

enum err secrets_forget_before(struct secrets *s, const char *account, uint64_t generation, struct fault *f)
{
	if (!bind(s->forget, account, generation))
		return failed(s, f);
	return run(s, s->forget, f);
}
