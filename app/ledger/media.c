#include "ledger/media.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/runner.h"
#include "ledger/space.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const int64_t patience_ns = 2000000000;
static const char *const files[MEDIA_MAX] = {"ledger.db", "mirror.db"};

bool media_without_threads;

/* ---- where they are ---- */

static enum err path_in(char path[PATH_MAX], const char *folder, const char *name, struct fault *f)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), folder);
	return ERR_OK;
}

static bool holds(const char *folder, const char *name)
{
	char path[PATH_MAX];

	return path_in(path, folder, name, NULL) == ERR_OK && access(path, F_OK) == 0;
}

static char *read_other(const char *folder)
{
	struct buf path = {.cap = PATH_MAX};
	char name[PATH_MAX], *other = NULL;

	if (path_in(name, folder, "other", NULL) == ERR_OK && file_read(name, PATH_MAX - 1, &path, NULL) == ERR_OK &&
	    path.len > 1 && path.data[0] == '/')
		other = strndup(path.data, strcspn(path.data, "\n"));
	buf_fini(&path);
	return other;
}

void media_init(struct media *m)
{
	*m = (struct media){.patience_ns = patience_ns};
	for (int i = 0; i < MEDIA_MAX; i++) {
		m->m[i].lock = -1;
		m->m[i].file = files[i];
	}
}

enum err media_find(struct media *m, const char *folder, struct fault *f)
{
	enum err err = incarnation_finish(folder, f);
	int here = holds(folder, files[1]) && !holds(folder, files[0]) ? 1 : 0;

	if (err != ERR_OK)
		return err;
	if (!holds(folder, files[here]))
		return fault_set(f, ERR_MISSING, _("%s: there is no ledger in this folder"), folder);
	m->m[here].folder = strdup(folder);
	m->m[1 - here].folder = read_other(folder);
	m->reading = here;
	if (m->m[1 - here].folder != NULL)
		(void)!incarnation_finish(m->m[1 - here].folder, NULL);
	for (int i = 0; i < MEDIA_MAX; i++)
		if (m->m[i].folder != NULL)
			m->m[i].state = MEDIUM_FAILED;
	return m->m[here].folder != NULL ? ERR_OK : fault_set(f, ERR_NOMEM, _("no memory"));
}

enum err ledger_name_other(const char *folder, const char *other, struct fault *f)
{
	char path[PATH_MAX];
	struct buf line = {.cap = PATH_MAX + 1};
	enum err err = path_in(path, folder, "other", f);

	if (err == ERR_OK && other[0] != '/')
		err = fault_set(f, ERR_FORMAT, _("%s: a whole path is needed, from / on"), other);
	if (err != ERR_OK)
		return err;
	buf_addf(&line, "%s\n", other);
	err = buf_status(&line);
	if (err == ERR_OK)
		err = file_replace(path, line.data, line.len, 0600, f);
	buf_fini(&line);
	return err;
}

static enum err write_other(const char *folder, const char *other, struct fault *f)
{
	char target[PATH_MAX];

	if (realpath(other, target) == NULL)
		return fault_set(f, err_from_errno(errno), "%s: %s", other, strerror(errno));
	return ledger_name_other(folder, target, f);
}

enum err media_pair(const char *first, const char *second, struct fault *f)
{
	enum err err = write_other(first, second, f);

	return err == ERR_OK ? write_other(second, first, f) : err;
}

enum err media_name_again(const struct media *m, struct fault *f)
{
	enum err err = ERR_OK;

	for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++)
		if (m->m[i].state == MEDIUM_GOOD && m->m[1 - i].folder != NULL && !holds(m->m[i].folder, "other"))
			err = write_other(m->m[i].folder, m->m[1 - i].folder, f);
	return err;
}

/* ---- opening ---- */

static bool is_unwritable(const char *folder)
{
	struct statvfs about;

	return statvfs(folder, &about) == 0 && (about.f_flag & ST_RDONLY) != 0;
}

static enum err take_lock(struct medium *medium, enum store_mode mode, struct fault *f)
{
	char path[PATH_MAX];
	enum err err = path_in(path, medium->folder, "lock", f);

	if (err != ERR_OK)
		return err;
	if (medium->lock < 0)
		medium->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (medium->lock < 0 && errno == EROFS && mode == STORE_READ)
		medium->lock = open(path, O_RDONLY | O_CLOEXEC);
	/* Where nobody can write, nobody need be kept out. */
	if (medium->lock < 0 && errno == ENOENT && mode == STORE_READ && is_unwritable(medium->folder))
		return ERR_OK;
	if (medium->lock < 0)
		return fault_set(f, err_from_errno(errno), _("%s: no ledger can be opened there: %s"), medium->folder,
				 strerror(errno));
	if (flock(medium->lock, LOCK_EX | LOCK_NB) != 0)
		return fault_set(f, ERR_BUSY, _("%s: another program holds this ledger; while the keeper runs, ask it"),
				 medium->folder);
	return ERR_OK;
}

static enum err read_row(struct medium *medium, struct fault *f)
{
	enum err err = store_row(medium->store, STORE_GET_MEDIUM, 0, NULL);

	if (err != ERR_OK)
		return fault_set(f, ERR_CORRUPT, _("%s/%s: its generation cannot be read"), medium->folder,
				 medium->file);
	medium->generation = (uint64_t)store_integer(medium->store, STORE_GET_MEDIUM, 0);
	medium->is_alone = store_integer(medium->store, STORE_GET_MEDIUM, 1) != 0;
	medium->is_filling = store_integer(medium->store, STORE_GET_MEDIUM, 2) != 0;
	medium->is_paired = store_integer(medium->store, STORE_GET_MEDIUM, 3) != 0;
	store_done(medium->store, STORE_GET_MEDIUM);
	return ERR_OK;
}

static enum err say_full(const struct medium *medium, struct fault *f)
{
	return fault_set(
		f, ERR_FULL,
		_("%s: this medium is full, and its reserve is used up, so it takes no entry. Make room: remove old "
		  "bundles, or erase (ledger redact; without the keeper kannuki-ledger redact); or put in a larger "
		  "medium"),
		medium->folder);
}

/* Only its owner may read it, whatever the umask; SQLite gives its other files the mode of the database. */
static enum err keep_private(const char *path, enum store_mode mode, struct fault *f)
{
	char wal[PATH_MAX + 8];
	int fd = mode == STORE_CREATE ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	if (mode == STORE_CREATE && fd < 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	(void)snprintf(wal, sizeof wal, "%s-wal", path);
	(void)chmod(path, 0600);
	(void)chmod(wal, 0600);
	return ERR_OK;
}

/* A full medium gives up its reserves: what makes room must be able to begin. */
static enum err open_store(struct medium *medium, const char *path, enum store_mode mode, struct fault *f)
{
	enum err err;

	if (mode == STORE_READ && is_unwritable(medium->folder))
		return store_open_unwritable(medium->store, path, f);
	err = store_open(medium->store, path, mode, f);
	for (enum reserve which = RESERVE_FOR_ENTRIES; err == ERR_FULL && which <= RESERVE_TO_ERASE; which++)
		if (mode != STORE_READ && space_release(medium->folder, which))
			err = store_open(medium->store, path, mode, f);
	return err == ERR_FULL ? say_full(medium, f) : err;
}

enum err medium_open(struct medium *medium, enum store_mode mode)
{
	char path[PATH_MAX];
	struct fault f = {.text = ""};
	enum err err = path_in(path, medium->folder, medium->file, &f);

	if (err == ERR_OK)
		err = take_lock(medium, mode, &f);
	if (err == ERR_OK && mode != STORE_CREATE && access(path, F_OK) != 0)
		err = fault_set(&f, ERR_MISSING,
				_("%s is missing; put the medium back, or fill a new one with kannuki-ledger repair"),
				path);
	if (err == ERR_OK)
		err = keep_private(path, mode, &f);
	if (err == ERR_OK) {
		medium->store = calloc(1, sizeof *medium->store);
		err = medium->store != NULL ? open_store(medium, path, mode, &f)
					    : fault_set(&f, ERR_NOMEM, _("no memory"));
	}
	if (err == ERR_OK)
		err = read_row(medium, &f);
	medium->state = err == ERR_OK ? MEDIUM_GOOD : MEDIUM_FAILED;
	medium->why = f;
	if (err != ERR_OK)
		medium_close(medium);
	return err;
}

void medium_close(struct medium *medium)
{
	/* What is stuck keeps its thread, its connection and its lock until it ends. */
	if (medium->runner != NULL && !runner_free(medium->runner)) {
		medium->runner = NULL;
		medium->store = NULL;
		medium->lock = -1;
		return;
	}
	medium->runner = NULL;
	if (medium->store != NULL)
		store_close(medium->store);
	free(medium->store);
	medium->store = NULL;
	if (medium->lock >= 0)
		(void)close(medium->lock);
	medium->lock = -1;
}

enum err media_start(struct media *m, struct fault *f)
{
	if (media_without_threads || !media_has_two(m))
		return ERR_OK;
	for (int i = 0; i < MEDIA_MAX; i++) {
		struct medium *medium = &m->m[i];

		if (medium->store == NULL || medium->runner != NULL)
			continue;
		if (runner_new(medium->store, &medium->runner) != ERR_OK)
			return fault_set(f, ERR_NOMEM, _("no memory"));
	}
	return ERR_OK;
}

void media_close(struct media *m)
{
	for (int i = 0; i < MEDIA_MAX; i++) {
		medium_close(&m->m[i]);
		free(m->m[i].folder);
		m->m[i].folder = NULL;
	}
}

/* ---- which one ---- */

struct store *media_store(struct media *m)
{
	return m->m[m->reading].store;
}

struct medium *media_second(struct media *m)
{
	struct medium *second = &m->m[1 - m->reading];

	return second->state == MEDIUM_GOOD ? second : NULL;
}

bool media_switch(struct media *m)
{
	if (media_second(m) == NULL)
		return false;
	m->reading = 1 - m->reading;
	return true;
}

bool media_is_alone(const struct media *m)
{
	return m->m[0].state != MEDIUM_GOOD || m->m[1].state != MEDIUM_GOOD;
}

bool media_has_two(const struct media *m)
{
	return (m->m[0].folder != NULL && m->m[1].folder != NULL) || m->m[0].is_paired || m->m[1].is_paired;
}

void medium_blame(struct medium *medium, const struct fault *why)
{
	medium->state = MEDIUM_FAILED;
	if (strstr(why->text, medium->folder) != NULL)
		medium->why = *why;
	else
		(void)!fault_set(&medium->why, why->err, "%s: %s", medium->folder, why->text);
}

void medium_fail(struct media *m, struct medium *medium, const struct fault *why)
{
	medium_blame(medium, why);
	diag(DIAG_ERROR, "%s", medium->why.text);
	m->has_news = true;
	if (medium == &m->m[m->reading] && m->m[1 - m->reading].state == MEDIUM_GOOD)
		m->reading = 1 - m->reading;
}

/* ---- work ---- */

/* Each of the media whose bit is set in `who` does the job; its answer stands at its place. */
static void do_on(struct media *m, unsigned who, enum job job, const struct batch *batch,
		  struct answer answers[MEDIA_MAX])
{
	struct runner *asked[MEDIA_MAX];
	struct answer got[MEDIA_MAX] = {{0}};
	int place[MEDIA_MAX], count = 0;

	for (int i = 0; i < MEDIA_MAX; i++) {
		struct medium *medium = &m->m[i];
		struct answer *answer = &answers[i];

		*answer = (struct answer){.err = ERR_OK};
		if ((who & 1U << i) == 0)
			continue;
		if (medium->runner == NULL) {
			answer->err = store_do(medium->store, job, batch, &answer->fault);
			continue;
		}
		answer->err = runner_ask(medium->runner, job, batch);
		if (answer->err == ERR_OK) {
			place[count] = i;
			asked[count++] = medium->runner;
		}
	}
	runners_answer(asked, count, (who & 1U << m->reading) != 0 ? FROM_FIRST_ANSWER : FROM_NOW, m->patience_ns, got);
	for (int i = 0; i < count; i++)
		answers[place[i]] = got[i];
}

static unsigned good_ones(const struct media *m)
{
	return (m->m[0].state == MEDIUM_GOOD ? 1U : 0U) | (m->m[1].state == MEDIUM_GOOD ? 2U : 0U);
}

static unsigned full_ones(const struct answer answers[MEDIA_MAX])
{
	return (answers[0].err == ERR_FULL ? 1U : 0U) | (answers[1].err == ERR_FULL ? 2U : 0U);
}

static void do_again(struct media *m, unsigned who, enum job job, const struct batch *batch,
		     struct answer answers[MEDIA_MAX])
{
	struct answer second[MEDIA_MAX];

	do_on(m, who, job, batch, second);
	for (int i = 0; i < MEDIA_MAX; i++)
		if ((who & 1U << i) != 0)
			answers[i] = second[i];
}

/* Those that are full try once more when they have given up this reserve. */
static void do_with_reserve(struct media *m, enum reserve which, enum job job, const struct batch *batch,
			    struct answer answers[MEDIA_MAX])
{
	unsigned again = full_ones(answers);

	for (int i = 0; i < MEDIA_MAX; i++)
		if ((again & 1U << i) != 0 && !space_release(m->m[i].folder, which))
			again &= ~(1U << i);
	if (again != 0)
		do_again(m, again, job, batch, answers);
}

enum err media_do(struct media *m, enum job job)
{
	struct answer answers[MEDIA_MAX];

	do_on(m, good_ones(m), job, NULL, answers);
	if (m->makes_room)
		do_with_reserve(m, RESERVE_TO_ERASE, job, NULL, answers);
	return answers[0].err != ERR_OK ? answers[0].err : answers[1].err;
}

enum err medium_do(struct media *m, struct medium *medium, enum job job)
{
	struct answer answers[MEDIA_MAX];
	int index = (int)(medium - m->m);

	do_on(m, 1U << index, job, NULL, answers);
	return answers[index].err;
}

enum err medium_apply(struct media *m, struct medium *medium, const struct batch *batch, struct fault *f)
{
	struct answer answers[MEDIA_MAX];
	int index = (int)(medium - m->m);

	do_on(m, 1U << index, JOB_APPLY, batch, answers);
	if (answers[index].err != ERR_OK && f != NULL)
		*f = answers[index].fault;
	return answers[index].err;
}

/* A full medium first writes its log file back and begins it anew; then it gives up its reserve, for what leads
   to erasing the next, and only for what makes room the last one, too. */
static void apply_with_reserve(struct media *m, unsigned who, const struct batch *batch,
			       struct answer answers[MEDIA_MAX])
{
	struct answer tidied[MEDIA_MAX];
	unsigned full;

	do_on(m, who, JOB_APPLY, batch, answers);
	full = full_ones(answers);
	if (full == 0)
		return;
	m->is_tight = true;
	do_on(m, full, JOB_TRUNCATE, NULL, tidied);
	do_again(m, full, JOB_APPLY, batch, answers);
	do_with_reserve(m, RESERVE_FOR_ENTRIES, JOB_APPLY, batch, answers);
	if (m->asks_room || m->makes_room)
		do_with_reserve(m, RESERVE_TO_ASK, JOB_APPLY, batch, answers);
	if (m->makes_room)
		do_with_reserve(m, RESERVE_TO_ERASE, JOB_APPLY, batch, answers);
	for (int i = 0; i < MEDIA_MAX; i++)
		if (answers[i].err == ERR_FULL)
			(void)!say_full(&m->m[i], &answers[i].fault);
}

/* Must be durable before anybody hears of what only this medium has. */
static enum err go_on_alone(struct media *m, struct medium *survivor, struct fault *f)
{
	struct answer answers[MEDIA_MAX];
	struct batch raise = {{0}};
	int index = (int)(survivor - m->m);
	enum err err;

	if (survivor->is_alone)
		return ERR_OK;
	batch_add(&raise, STORE_SET_GENERATION, (int64_t)survivor->generation + 1, NULL, 0);
	batch_add(&raise, STORE_SET_ALONE, 1, NULL, 0);
	err = batch_status(&raise) != ERR_OK ? fault_set(f, ERR_NOMEM, _("no memory")) : ERR_OK;
	if (err == ERR_OK) {
		apply_with_reserve(m, 1U << index, &raise, answers);
		err = answers[index].err;
		if (err != ERR_OK)
			*f = answers[index].fault;
	}
	batch_fini(&raise);
	if (err != ERR_OK)
		return err;
	survivor->generation++;
	survivor->is_alone = true;
	return ERR_OK;
}

enum err media_apply(struct media *m, const struct batch *batch, struct fault *f)
{
	struct answer answers[MEDIA_MAX];
	unsigned who = good_ones(m), failed = 0;

	/* The other may hold a tail that nobody heard of; under the same generation it could not be told from ours. */
	if (media_has_two(m) && media_is_alone(m)) {
		enum err err = go_on_alone(m, &m->m[m->reading], f);

		if (err != ERR_OK)
			return err;
	}
	apply_with_reserve(m, who, batch, answers);
	for (int i = 0; i < MEDIA_MAX; i++)
		if ((who & 1U << i) != 0 && answers[i].err != ERR_OK)
			failed |= 1U << i;
	if (failed == who) {
		const struct answer *first = &answers[(who & 1U) != 0 ? 0 : 1];

		*f = first->fault;
		return first->err;
	}
	for (int i = 0; i < MEDIA_MAX; i++)
		if ((failed & 1U << i) != 0)
			medium_fail(m, &m->m[i], &answers[i].fault);
	if (media_has_two(m) && media_is_alone(m) && go_on_alone(m, &m->m[m->reading], f) != ERR_OK)
		return ERR_IO;
	return ERR_OK;
}
