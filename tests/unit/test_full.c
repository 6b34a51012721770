/* A medium that is full to its last byte: the ledger opens, says what is wrong, and what makes room still works. */
#include "ledger/inside.h"
#include "ledger/space.h"

#include "ledger_support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { TEXTS = 20 };

static const struct redaction why = {
	.who = "u1", .via = "cli", .authority = "a", .reason = "b", .approved_by = {"u1", "u2"}};

/* A file system of 80 MiB that only this process sees. */
static bool is_mounted;

static int mount_small(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	assert_non_null(b);
	*state = b;
	(void)snprintf(b->place, sizeof b->place, "/tmp/kannuki-test-XXXXXX");
	assert_non_null(mkdtemp(b->place));
	(void)snprintf(b->folder, sizeof b->folder, "%s/ledger", b->place);
	is_mounted = unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) == 0 &&
		     mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		     mount("none", b->place, "tmpfs", 0, "size=80m") == 0;
	if (is_mounted)
		must(ledger_create(b->folder, NULL, TEST_ORIGIN, test_now(), b->code, &b->fault), &b->fault);
	return 0;
}

static int unmount_small(void **state)
{
	struct bench *b = *state;

	ledger_close(b->ledger);
	if (is_mounted)
		(void)umount2(b->place, MNT_DETACH);
	(void)rmdir(b->place);
	free(b);
	return 0;
}

/* ---- room ---- */

static void path_of(const struct bench *b, char path[160], const char *name)
{
	(void)snprintf(path, 160, "%s/%s", b->place, name);
}

static off_t size_of(const struct bench *b, const char *name)
{
	struct stat about;
	char path[160];

	path_of(b, path, name);
	return stat(path, &about) == 0 ? about.st_size : -1;
}

/* Not one block is left. */
static void fill_up(const struct bench *b)
{
	static const char block[4096];
	struct space space;
	char path[160];
	int fd;

	path_of(b, path, "filler");
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof block) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(close(fd), 0);
	space_measure(b->folder, &space);
	assert_int_equal(space.free_bytes, 0);
}

static void remove_filler(const struct bench *b)
{
	char path[160];

	path_of(b, path, "filler");
	assert_int_equal(unlink(path), 0);
}

/* ---- entries ---- */

static enum err record(struct bench *b, const char *text)
{
	struct draft draft = {.who = "u1",
			      .via = "cli",
			      .type = "incident",
			      .about = "2026-001",
			      .body = "{\"act\":\"incident.noted\"}",
			      .text = text};
	enum err err = ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault);

	return err == ERR_OK ? ledger_commit(b->ledger, test_now(), &b->fault) : err;
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

static void record_long_texts(struct bench *b)
{
	char *text = long_text();

	for (int i = 0; i < TEXTS; i++)
		must(record(b, text), &b->fault);
	free(text);
}

/* Until nothing fits any more, and both reserves are what they are. */
static uint64_t record_until_full(struct bench *b)
{
	char *text = long_text();
	uint64_t count = 0;
	enum err err;

	while ((err = record(b, text)) == ERR_OK)
		assert_true(++count < 10000);
	assert_int_equal(err, ERR_FULL);
	assert_non_null(strstr(b->fault.text, b->folder));
	while ((err = record(b, NULL)) == ERR_OK)
		assert_true(++count < 100000);
	assert_int_equal(err, ERR_FULL);
	free(text);
	return count;
}

static void check(struct bench *b)
{
	must(ledger_check(b->ledger, &b->fault), &b->fault);
}

/* ---- tests ---- */

static void a_full_medium_is_opened_and_recorded_on(void **state)
{
	struct bench *b = *state;

	if (!is_mounted)
		skip();
	open_ledger(b);
	record_long_texts(b);
	close_ledger(b);
	assert_int_equal(size_of(b, "ledger/reserve"), 16 << 20);
	assert_int_equal(size_of(b, "ledger/reserve.last"), 4 << 20);
	fill_up(b);
	open_ledger(b);
	assert_int_equal(size_of(b, "ledger/reserve"), -1);
	assert_int_equal(size_of(b, "ledger/reserve.last"), 4 << 20);
	record_long_texts(b);
	check(b);
	remove_filler(b);
	must(ledger_tidy(b->ledger), &b->fault);
	assert_int_equal(size_of(b, "ledger/reserve"), 16 << 20);
}

static void what_makes_room_works_when_nothing_else_does(void **state)
{
	struct bench *b = *state;
	struct checkpoint_info before;
	struct space space;

	if (!is_mounted)
		skip();
	open_ledger(b);
	record_long_texts(b);
	fill_up(b);
	(void)record_until_full(b);
	fill_up(b);
	assert_int_equal(size_of(b, "ledger/reserve"), -1);
	assert_int_equal(size_of(b, "ledger/reserve.last"), 4 << 20);
	before = ledger_head(b->ledger);
	assert_int_equal(record(b, NULL), ERR_FULL);
	assert_int_equal(ledger_head(b->ledger).size, before.size);

	for (uint64_t seq = 4; seq < 4 + TEXTS; seq++)
		must(ledger_redact(b->ledger, seq, "text", &why, test_now(), &b->fault), &b->fault);
	assert_true(size_of(b, "ledger/reserve.last") >= 1 << 20);
	record_long_texts(b);
	check(b);

	remove_filler(b);
	must(ledger_tidy(b->ledger), &b->fault);
	assert_int_equal(size_of(b, "ledger/reserve"), 16 << 20);
	assert_int_equal(size_of(b, "ledger/reserve.last"), 4 << 20);
	space_measure(b->folder, &space);
	assert_int_not_equal(space.level, SPACE_RESERVE_USED);
}

static enum err ask(struct bench *b)
{
	struct draft draft = {.who = "u1",
			      .via = "serial",
			      .type = "people",
			      .about = "-",
			      .body = "{\"act\":\"login.ok\"}",
			      .leads_to_room = true};
	enum err err = ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault);

	return err == ERR_OK ? ledger_commit(b->ledger, test_now(), &b->fault) : err;
}

static void people_log_in_and_agree_on_erasing_when_nothing_else_is_recorded(void **state)
{
	struct bench *b = *state;
	unsigned logins = 0;

	if (!is_mounted)
		skip();
	open_ledger(b);
	record_long_texts(b);
	assert_int_equal(size_of(b, "ledger/reserve.ask"), 1 << 20);
	fill_up(b);
	(void)record_until_full(b);
	fill_up(b);
	assert_int_equal(size_of(b, "ledger/reserve.ask"), 1 << 20);
	assert_int_equal(record(b, NULL), ERR_FULL);
	must(ask(b), &b->fault);
	assert_int_equal(size_of(b, "ledger/reserve.ask"), -1);

	/* However often somebody logs in, what erases still has its own. */
	while (ask(b) == ERR_OK)
		assert_true(++logins < 100000);
	assert_int_equal(b->fault.err, ERR_FULL);
	assert_true(logins > 50);
	assert_int_equal(size_of(b, "ledger/reserve.last"), 4 << 20);
	for (uint64_t seq = 4; seq < 4 + TEXTS; seq++)
		must(ledger_redact(b->ledger, seq, "text", &why, test_now(), &b->fault), &b->fault);
	must(ask(b), &b->fault);
	check(b);
	remove_filler(b);
	must(ledger_tidy(b->ledger), &b->fault);
	assert_int_equal(size_of(b, "ledger/reserve.ask"), 1 << 20);
}

static void a_case_is_disposed_of_after_opening_without_any_room(void **state)
{
	struct bench *b = *state;
	struct disposal *d = NULL;
	bool done = false;

	if (!is_mounted)
		skip();
	open_ledger(b);
	record_long_texts(b);
	fill_up(b);
	(void)record_until_full(b);
	close_ledger(b);
	for (int i = 0; i < 3; i++) {
		fill_up(b);
		open_ledger(b);
		close_ledger(b);
	}
	open_ledger(b);
	must(disposal_begin(b->ledger, NULL, "2026-001", &why, &d, &b->fault), &b->fault);
	while (!done)
		must(disposal_step(d, 1000000, test_now(), &done, &b->fault), &b->fault);
	assert_true(disposal_erased(d) >= TEXTS);
	disposal_end(d);
	record_long_texts(b);
	check(b);
}

static void what_lies_beside_the_log_is_removed_from_a_full_medium(void **state)
{
	struct bench *b = *state;
	uint64_t removed = 0;
	char path[160];

	if (!is_mounted)
		skip();
	open_ledger(b);
	path_of(b, path, "ledger/ledger.db.damaged");
	assert_int_equal(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
	fill_up(b);
	(void)record_until_full(b);
	fill_up(b);
	must(ledger_remove_leftovers(b->ledger, &why, test_now(), &removed, &b->fault), &b->fault);
	assert_int_equal(removed, 1);
	assert_int_equal(size_of(b, "ledger/ledger.db.damaged"), -1);
	check(b);
}

#define ON_SMALL(test) cmocka_unit_test_setup_teardown(test, mount_small, unmount_small)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SMALL(a_full_medium_is_opened_and_recorded_on),
		ON_SMALL(what_makes_room_works_when_nothing_else_does),
		ON_SMALL(people_log_in_and_agree_on_erasing_when_nothing_else_is_recorded),
		ON_SMALL(a_case_is_disposed_of_after_opening_without_any_room),
		ON_SMALL(what_lies_beside_the_log_is_removed_from_a_full_medium),
	};

	return cmocka_run_group_tests_name("full", tests, NULL, NULL);
}
