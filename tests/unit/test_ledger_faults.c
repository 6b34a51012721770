/* The ledger when the disk is full, a sync fails, the program is killed, or someone edited the database. */
#include "base/file.h"
#include "ledger/inside.h"
#include "ledger/verdict.h"

#include "ledger_support.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

/* SQLite's sync goes through here: the one that `syncs_until_failure` counts down to fails. 0: none fails. */
int fdatasync(int fd);
static int syncs_until_failure;

int fdatasync(int fd)
{
	if (syncs_until_failure > 0 && --syncs_until_failure == 0) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static const struct draft small = {
	.who = "u1", .via = "cli", .type = "system", .about = "2026-001", .body = "{\"act\":\"test.entry\"}"};

static enum err add(struct bench *b, const struct draft *draft)
{
	return ledger_add(b->ledger, draft, test_now(), NULL, NULL, &b->fault);
}

static enum err commit(struct bench *b)
{
	return ledger_commit(b->ledger, test_now(), &b->fault);
}

static void sql(const struct bench *b, const char *text)
{
	if (sqlite3_exec(media_store(&b->ledger->media)->db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(media_store(&b->ledger->media)->db));
}

static void check(struct bench *b)
{
	must(ledger_check(b->ledger, &b->fault), &b->fault);
}

static char *long_text(void)
{
	char *text = malloc(60003);

	assert_non_null(text);
	memset(text, 'x', 60002);
	text[0] = text[60001] = '"';
	text[60002] = '\0';
	return text;
}

static void a_full_disk_takes_the_whole_group_and_nothing_else(void **state)
{
	struct bench *b = *state;
	struct draft large = small;
	char *text = long_text();
	struct checkpoint_info before;

	large.text = text;
	open_ledger(b);
	add_entries(b, 2);
	before = ledger_head(b->ledger);
	sql(b, "PRAGMA max_page_count = 1");
	assert_int_equal(add(b, &small), ERR_OK);
	assert_int_equal(add(b, &large), ERR_OK);
	assert_true(ledger_has_staged(b->ledger));
	assert_int_equal(commit(b), ERR_FULL);
	assert_false(ledger_has_staged(b->ledger));
	assert_int_equal(ledger_head(b->ledger).size, before.size);
	sql(b, "PRAGMA max_page_count = 100000");
	assert_int_equal(add(b, &large), ERR_OK);
	assert_int_equal(commit(b), ERR_OK);
	assert_int_equal(ledger_head(b->ledger).size, before.size + 1);
	check(b);
	free(text);
}

static int interrupt_after(void *context)
{
	int *left = context;

	return --*left == 0;
}

/* Interrupts SQLite at its n-th step for every n, until the whole act passes; returns how many failed. */
static int fail_at_every_step(struct bench *b, enum err (*act)(struct bench *b))
{
	int failures = 0;

	for (int n = 1;; n++) {
		struct checkpoint_info before = ledger_head(b->ledger), after;
		int left = n;
		enum err err;

		sqlite3_progress_handler(media_store(&b->ledger->media)->db, 1, interrupt_after, &left);
		err = act(b);
		sqlite3_progress_handler(media_store(&b->ledger->media)->db, 0, NULL, NULL);
		after = ledger_head(b->ledger);
		if (err == ERR_OK) {
			assert_true(after.size > before.size);
			return failures;
		}
		failures++;
		assert_true(n < 10000);
		ledger_abandon(b->ledger);
		assert_int_equal(after.size, before.size);
		assert_int_equal(after.epoch, before.epoch);
		assert_memory_equal(after.root, before.root, HASH_SIZE);
		/* The step after COMMIT: it has happened, yet nobody was told. */
		if (b->ledger->is_broken) {
			close_ledger(b);
			open_ledger(b);
		}
		if (n % 64 == 0)
			check(b);
	}
}

static enum err record_one(struct bench *b)
{
	struct draft draft = small;
	enum err err;

	draft.text = "\"x\"";
	err = add(b, &draft);
	return err == ERR_OK ? commit(b) : err;
}

static enum err rotate(struct bench *b)
{
	return ledger_rotate(b->ledger, test_now(), &b->fault);
}

static void recording_may_fail_at_any_step(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	assert_true(fail_at_every_step(b, record_one) > 10);
	check(b);
}

static void rotating_may_fail_at_any_step(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	assert_true(fail_at_every_step(b, rotate) > 10);
	add_entries(b, 2);
	check(b);
}

static void after_a_failed_sync_nothing_is_said_until_reopened(void **state)
{
	struct bench *b = *state;
	struct checkpoint_info before;

	open_ledger(b);
	add_entries(b, 3);
	before = ledger_head(b->ledger);
	assert_int_equal(add(b, &small), ERR_OK);
	syncs_until_failure = 1;
	assert_int_equal(commit(b), ERR_IO);
	syncs_until_failure = 0;
	assert_int_equal(ledger_head(b->ledger).size, before.size);
	assert_int_equal(add(b, &small), ERR_IO);
	assert_int_equal(rotate(b), ERR_IO);
	close_ledger(b);
	open_ledger(b);
	assert_true(ledger_head(b->ledger).size >= before.size + 2);
	add_entries(b, 1);
	check(b);
}

static void every_commit_is_synced(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	add_entries(b, 2);
	syncs_until_failure = 1000;
	add_entries(b, 10);
	assert_in_range(1000 - syncs_until_failure, 10, 11);
	syncs_until_failure = 0;
}

/* ---- killed ---- */

static void child_records(const struct bench *b, int pipe_end)
{
	struct ledger *l = NULL;
	struct fault f;

	if (ledger_open(b->folder, test_now(), &l, &f) != ERR_OK)
		_exit(1);
	for (;;) {
		uint64_t seq;

		for (int i = 0; i < 3; i++)
			if (ledger_add(l, &small, test_now(), &seq, NULL, &f) != ERR_OK)
				_exit(2);
		if (seq % 50 == 7 &&
		    (ledger_commit(l, test_now(), &f) != ERR_OK || ledger_rotate(l, test_now(), &f) != ERR_OK))
			_exit(3);
		if (ledger_commit(l, test_now(), &f) != ERR_OK || write(pipe_end, &seq, sizeof seq) != sizeof seq)
			_exit(4);
	}
}

static enum err count_record(void *context, const struct record *r)
{
	uint64_t *count = context;

	assert_int_equal(r->seq, *count);
	(*count)++;
	return ERR_OK;
}

/* Returns the last seq that was acknowledged before the child was killed. */
static uint64_t record_and_kill(const struct bench *b, int after)
{
	uint64_t seq = 0, last = 0;
	int pipe_ends[2], status;
	pid_t child;

	assert_int_equal(pipe(pipe_ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		child_records(b, pipe_ends[1]);
	(void)close(pipe_ends[1]);
	while (after-- > 0 && read(pipe_ends[0], &seq, sizeof seq) == sizeof seq)
		last = seq;
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status))
		fail_msg("the child ended by itself, exit %d", WEXITSTATUS(status));
	while (read(pipe_ends[0], &seq, sizeof seq) == sizeof seq)
		last = seq;
	(void)close(pipe_ends[0]);
	return last;
}

static void killed_at_any_moment_nothing_acknowledged_is_lost(void **state)
{
	struct bench *b = *state;

	for (int round = 0; round < 12; round++) {
		uint64_t acknowledged = record_and_kill(b, 5 + 17 * round), count = 0;

		open_ledger(b);
		must(ledger_read(b->ledger, 0, UINT64_MAX, count_record, &count, &b->fault), &b->fault);
		assert_true(count > acknowledged);
		assert_int_equal(count, ledger_head(b->ledger).size);
		check(b);
		close_ledger(b);
	}
}

/* ---- edited ---- */

static void expect_open_refused_as(struct bench *b, enum err err)
{
	close_ledger(b);
	b->fault.text[0] = '\0';
	assert_int_equal(ledger_open(b->folder, test_now(), &b->ledger, &b->fault), err);
	assert_null(b->ledger);
	assert_true(strlen(b->fault.text) > 10);
}

static void expect_open_refused(struct bench *b)
{
	expect_open_refused_as(b, ERR_CORRUPT);
}

static void an_edited_newest_entry_is_met_when_opening(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	add_entries(b, 5);
	sql(b, "UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), 'who u1', 'who u2') AS BLOB) WHERE seq = 6");
	expect_open_refused(b);
}

static void a_removed_newest_entry_is_met_when_opening(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	add_entries(b, 5);
	sql(b, "DELETE FROM entries WHERE seq = 8");
	expect_open_refused(b);
}

static void another_checkpoint_is_met_when_opening(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	add_entries(b, 5);
	sql(b, "UPDATE head SET note = CAST(replace(CAST(note AS TEXT), 'k0001', 'k0002') AS BLOB)");
	expect_open_refused(b);
}

static void a_lost_secret_is_met_when_opening(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	sql(b, "DELETE FROM secrets");
	expect_open_refused_as(b, ERR_STATE);
}

static void an_old_edit_is_named_by_the_check(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	add_entries(b, 5);
	sql(b, "UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), 'who u1', 'who u2') AS BLOB) WHERE seq = 6");
	assert_int_equal(ledger_check(b->ledger, &b->fault), ERR_CORRUPT);
	assert_non_null(strstr(b->fault.text, "7"));
}

static void each_stored_note_is_checked(void **state)
{
	static const char *const edits[] = {
		"UPDATE epochs SET closing = NULL WHERE epoch = 1",
		"UPDATE epochs SET closing = (SELECT closing FROM epochs WHERE epoch = 2) WHERE epoch = 1",
		"UPDATE epochs SET certificate = (SELECT certificate FROM epochs WHERE epoch = 2) WHERE epoch = 3",
		"DELETE FROM epochs WHERE epoch = 2",
		"UPDATE entries SET body = (SELECT body FROM entries WHERE seq = 1) WHERE seq = 2",
		"UPDATE entries SET body = NULL WHERE seq = 2",
		"UPDATE entries SET text = NULL WHERE seq = 6",
	};
	struct bench *b = *state;
	struct draft draft = small;

	open_ledger(b);
	must(rotate(b), &b->fault);
	add_entries(b, 1);
	draft.text = "\"x\"";
	must(add(b, &draft), &b->fault);
	must(commit(b), &b->fault);
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		sql(b, "SAVEPOINT edit");
		sql(b, edits[i]);
		assert_int_not_equal(sqlite3_changes(media_store(&b->ledger->media)->db), 0);
		if (ledger_check(b->ledger, &b->fault) != ERR_CORRUPT)
			fail_msg("not found: %s", edits[i]);
		sql(b, "ROLLBACK TO edit; RELEASE edit");
		check(b);
	}
}

static void keys_of_another_ledger_are_refused(void **state)
{
	struct bench *b = *state;
	char path[160];
	uint8_t key[SEAL_KEY_SIZE] = {7};

	(void)snprintf(path, sizeof path, "%s/keys/identity", b->folder);
	must(file_replace(path, key, sizeof key, 0600, &b->fault), &b->fault);
	expect_open_refused(b);
	must(file_replace(path, key, 5, 0600, &b->fault), &b->fault);
	expect_open_refused(b);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ledger_open(b->folder, test_now(), &b->ledger, &b->fault), ERR_MISSING);
}

static void what_is_no_ledger_is_refused(void **state)
{
	struct bench *b = *state;
	char path[160];

	assert_int_equal(ledger_open(b->place, test_now(), &b->ledger, &b->fault), ERR_MISSING);
	(void)snprintf(path, sizeof path, "%s/ledger.db", b->folder);
	must(file_replace(path, "no database", 11, 0600, &b->fault), &b->fault);
	assert_int_not_equal(ledger_open(b->folder, test_now(), &b->ledger, &b->fault), ERR_OK);
	assert_null(b->ledger);
}

/* ---- erased ---- */

static void an_erased_text_needs_its_redaction(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	struct draft draft = small;
	struct opened o = {0};
	sqlite3_stmt *rows = NULL;
	struct verdict v;
	char digest[BASE64_SIZE(HASH_SIZE)], body[256];

	open_ledger(b);
	draft.text = "\"x\"";
	must(add(b, &draft), &b->fault);
	must(commit(b), &b->fault);
	must(store_entries(media_store(&b->ledger->media), 4, 5, &rows), &b->fault);
	must(store_next(rows), &b->fault);
	must(opened_fill(b->ledger, &o, rows, &b->fault), &b->fault);
	base64url_encode(digest, o.entry.sd[DISCLOSURE_TEXT], HASH_SIZE);
	(void)sqlite3_finalize(rows);
	opened_fini(&o);
	sql(b, "UPDATE entries SET text = NULL WHERE seq = 4");
	export_bundle(b, &everything);
	bundle_verify(&v, b->bundle, &known, NULL);
	assert_int_equal(v.kind, VERDICT_BAD);
	assert_int_equal(v.entry, 4);

	(void)snprintf(
		body, sizeof body,
		"{\"act\":\"redaction\",\"seq\":4,\"name\":\"text\",\"digest\":\"%s\",\"approved_by\":[\"u1\",\"u2\"]}",
		digest);
	draft = small;
	draft.body = body;
	must(add(b, &draft), &b->fault);
	must(commit(b), &b->fault);
	check(b);
	(void)snprintf(b->bundle, sizeof b->bundle, "%s/second", b->place);
	export_bundle(b, &everything);
	bundle_verify(&v, b->bundle, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		fail_msg("%s", v.fault.text);
	assert_int_equal(v.counts[REDACTED], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(a_full_disk_takes_the_whole_group_and_nothing_else),
		WITH_LEDGER(recording_may_fail_at_any_step),
		WITH_LEDGER(rotating_may_fail_at_any_step),
		WITH_LEDGER(after_a_failed_sync_nothing_is_said_until_reopened),
		WITH_LEDGER(every_commit_is_synced),
		WITH_LEDGER(killed_at_any_moment_nothing_acknowledged_is_lost),
		WITH_LEDGER(an_edited_newest_entry_is_met_when_opening),
		WITH_LEDGER(a_removed_newest_entry_is_met_when_opening),
		WITH_LEDGER(another_checkpoint_is_met_when_opening),
		WITH_LEDGER(a_lost_secret_is_met_when_opening),
		WITH_LEDGER(an_old_edit_is_named_by_the_check),
		WITH_LEDGER(each_stored_note_is_checked),
		WITH_LEDGER(keys_of_another_ledger_are_refused),
		WITH_LEDGER(what_is_no_ledger_is_refused),
		WITH_LEDGER(an_erased_text_needs_its_redaction),
	};

	return cmocka_run_group_tests_name("ledger_faults", tests, NULL, NULL);
}
