#include "keeper/secrets.h"

#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum statement { GET, PUT, FORGET_BEFORE, FORGET_OTHERS, STATEMENTS };

/* Passwords have a table of their own, older than the other. */
enum table { PASSWORDS, OTHERS, TABLES };

struct copy {
	sqlite3 *db; /* NULL: not in use */
	sqlite3_stmt *statements[TABLES][STATEMENTS];
	char path[600];
};

/* One row: which secret of whom. */
struct row {
	enum secret_kind kind;
	const char *account;
	uint64_t generation;
};

struct secrets {
	struct copy copies[SECRET_COPIES];
};

/* ---- one copy ------------------------------------------------------------------------------------------- */

static enum err failed(const struct copy *c, struct fault *f)
{
	int code = sqlite3_errcode(c->db);

	return fault_set(f, code == SQLITE_FULL ? ERR_FULL : ERR_IO, "%s: %s", c->path, sqlite3_errmsg(c->db));
}

static enum err prepare_statements(struct copy *c, struct fault *f)
{
	static const char setup[] =
		"PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
		"CREATE TABLE IF NOT EXISTS secret (account TEXT NOT NULL, generation INTEGER NOT NULL,"
		" hash TEXT NOT NULL, PRIMARY KEY (account, generation)) WITHOUT ROWID, STRICT;"
		"CREATE TABLE IF NOT EXISTS credential (account TEXT NOT NULL, kind TEXT NOT NULL,"
		" generation INTEGER NOT NULL, value TEXT NOT NULL,"
		" PRIMARY KEY (account, kind, generation)) WITHOUT ROWID, STRICT";
	static const char *const texts[TABLES][STATEMENTS] = {
		{
			[GET] = "SELECT hash FROM secret WHERE account = ?1 AND generation = ?2",
			[PUT] = "INSERT OR REPLACE INTO secret VALUES (?1, ?2, ?3)",
			[FORGET_BEFORE] = "DELETE FROM secret WHERE account = ?1 AND generation < ?2",
			[FORGET_OTHERS] = "DELETE FROM secret WHERE account = ?1 AND generation <> ?2",
		},
		{
			[GET] = "SELECT value FROM credential WHERE account = ?1 AND generation = ?2 AND kind = ?4",
			[PUT] = "INSERT OR REPLACE INTO credential VALUES (?1, ?4, ?2, ?3)",
			[FORGET_BEFORE] = "DELETE FROM credential WHERE account = ?1 AND generation < ?2 AND kind = ?4",
			[FORGET_OTHERS] =
				"DELETE FROM credential WHERE account = ?1 AND generation <> ?2 AND kind = ?4",
		},
	};

	if (sqlite3_exec(c->db, setup, NULL, NULL, NULL) != SQLITE_OK)
		return failed(c, f);
	for (int t = 0; t < TABLES; t++)
		for (int i = 0; i < STATEMENTS; i++)
			if (sqlite3_prepare_v2(c->db, texts[t][i], -1, &c->statements[t][i], NULL) != SQLITE_OK)
				return failed(c, f);
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

static void copy_close(struct copy *c)
{
	for (int t = 0; t < TABLES; t++)
		for (int i = 0; i < STATEMENTS; i++)
			(void)sqlite3_finalize(c->statements[t][i]);
	(void)sqlite3_close(c->db);
	*c = (struct copy){.db = NULL};
}

static sqlite3_stmt *statement_of(const struct copy *c, enum statement which, const struct row *row)
{
	return c->statements[row->kind == SECRET_PASSWORD ? PASSWORDS : OTHERS][which];
}

static bool bind(sqlite3_stmt *statement, const struct row *row)
{
	static const char *const kinds[SECRET_KINDS] = {[SECRET_PASSWORD] = "password",
							[SECRET_PIN] = "pin",
							[SECRET_TOTP] = "totp",
							[SECRET_RECOVERY] = "recovery"};

	return sqlite3_bind_text(statement, 1, row->account, -1, SQLITE_STATIC) == SQLITE_OK &&
	       sqlite3_bind_int64(statement, 2, (sqlite3_int64)row->generation) == SQLITE_OK &&
	       (row->kind == SECRET_PASSWORD ||
		sqlite3_bind_text(statement, 4, kinds[row->kind], -1, SQLITE_STATIC) == SQLITE_OK);
}

static enum err get(struct copy *c, const struct row *row, char *value, size_t size)
{
	sqlite3_stmt *statement = statement_of(c, GET, row);
	enum err err = ERR_MISSING;

	if (!bind(statement, row))
		return ERR_NOMEM;
	if (sqlite3_step(statement) == SQLITE_ROW) {
		err = (size_t)sqlite3_column_bytes(statement, 0) < size ? ERR_OK : ERR_RANGE;
		if (err == ERR_OK)
			(void)snprintf(value, size, "%s", (const char *)sqlite3_column_text(statement, 0));
	}
	(void)sqlite3_reset(statement);
	return err;
}

/* `value` NULL: the statement takes none. */
static enum err run(struct copy *c, enum statement which, const struct row *row, const char *value, struct fault *f)
{
	sqlite3_stmt *statement = statement_of(c, which, row);
	bool is_bound = bind(statement, row) &&
			(value == NULL || sqlite3_bind_text(statement, 3, value, -1, SQLITE_STATIC) == SQLITE_OK);
	enum err err = is_bound && sqlite3_step(statement) == SQLITE_DONE ? ERR_OK : failed(c, f);

	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return err;
}

/* ---- all copies ----------------------------------------------------------------------------------------- */

enum err secrets_new(struct secrets **out, struct fault *f)
{
	struct secrets *s = calloc(1, sizeof *s);

	if (s == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	*out = s;
	return ERR_OK;
}

void secrets_close(struct secrets *s)
{
	for (unsigned i = 0; s != NULL && i < SECRET_COPIES; i++)
		secrets_leave(s, i);
	free(s);
}

enum err secrets_use(struct secrets *s, unsigned copy, const char *path, struct fault *f)
{
	struct copy fresh = {.db = NULL};
	enum err err;

	if ((size_t)snprintf(fresh.path, sizeof fresh.path, "%s", path) >= sizeof fresh.path)
		return fault_set(f, ERR_RANGE, "%s: path too long", path);
	err = make_file(path, f);
	if (err == ERR_OK && sqlite3_open_v2(path, &fresh.db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		err = failed(&fresh, f);
	if (err == ERR_OK)
		err = prepare_statements(&fresh, f);
	if (err != ERR_OK) {
		copy_close(&fresh);
		return err;
	}
	secrets_leave(s, copy);
	s->copies[copy] = fresh;
	return ERR_OK;
}

void secrets_leave(struct secrets *s, unsigned copy)
{
	copy_close(&s->copies[copy]);
}

bool secrets_uses(const struct secrets *s, unsigned copy)
{
	return s->copies[copy].db != NULL;
}

static enum err get_any(struct secrets *s, const struct row *row, char *value, size_t size)
{
	enum err err = ERR_MISSING;

	for (unsigned i = 0; i < SECRET_COPIES && err != ERR_OK; i++)
		if (secrets_uses(s, i))
			err = get(&s->copies[i], row, value, size);
	return err;
}

enum err secrets_get(struct secrets *s, enum secret_kind kind, const char *account, uint64_t generation, char *value,
		     size_t size)
{
	return get_any(s, &(const struct row){kind, account, generation}, value, size);
}

/* On every copy; those that fail are left, as long as one does not. */
static enum err run_on_all(struct secrets *s, enum statement which, const struct row *row, const char *value,
			   struct fault *f)
{
	enum err errs[SECRET_COPIES];
	unsigned good = 0;

	(void)fault_set(f, ERR_IO, "no medium holds the passwords");
	for (unsigned i = 0; i < SECRET_COPIES; i++) {
		errs[i] = ERR_OK;
		if (!secrets_uses(s, i))
			continue;
		errs[i] = run(&s->copies[i], which, row, value, f);
		good += errs[i] == ERR_OK;
	}
	for (unsigned i = 0; i < SECRET_COPIES && good > 0; i++)
		if (errs[i] != ERR_OK) {
			diag(DIAG_ERROR, "%s: the copy is left as it is: %s", s->copies[i].path, f->text);
			secrets_leave(s, i);
		}
	return good > 0 ? ERR_OK : f->err;
}

enum err secrets_put(struct secrets *s, enum secret_kind kind, const char *account, uint64_t generation,
		     const char *value, struct fault *f)
{
	return run_on_all(s, PUT, &(const struct row){kind, account, generation}, value, f);
}

enum err secrets_forget_before(struct secrets *s, enum secret_kind kind, const char *account, uint64_t generation,
			       struct fault *f)
{
	return run_on_all(s, FORGET_BEFORE, &(const struct row){kind, account, generation}, NULL, f);
}

enum err secrets_even(struct secrets *s, enum secret_kind kind, const char *account, uint64_t generation,
		      struct fault *f)
{
	const struct row row = {kind, account, generation};
	char value[SECRET_SIZE], own[SECRET_SIZE];
	enum err found = get_any(s, &row, value, sizeof value), err = ERR_OK;

	if (found == ERR_MISSING && generation != 0)
		return ERR_OK;
	if (found != ERR_OK && found != ERR_MISSING)
		return fault_set(f, found, "out of memory");
	for (unsigned i = 0; i < SECRET_COPIES && err == ERR_OK; i++) {
		if (!secrets_uses(s, i))
			continue;
		if (found == ERR_OK && get(&s->copies[i], &row, own, sizeof own) != ERR_OK)
			err = run(&s->copies[i], PUT, &row, value, f);
		if (err == ERR_OK)
			err = run(&s->copies[i], FORGET_OTHERS, &row, NULL, f);
	}
	explicit_bzero(value, sizeof value);
	explicit_bzero(own, sizeof own);
	return err;
}
