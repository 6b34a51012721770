/* A log that cannot go on is left whole, and the next one commits to what it said last. */
#include "ledger/verdict.h"

#include "pair_support.h"

#include <sys/stat.h>

static enum err take_first_body(void *context, const struct record *r)
{
	(void)snprintf(context, 1024, "%s", r->body);
	return ERR_OK;
}

/* The new log is good, says what it follows, and goes on. */
static void expect_new(struct pair *p, const char *code, const char *origin, int heads)
{
	struct bench *b = &p->b;
	struct export_options everything = {0};
	struct known known = {.code = code};
	struct verdict v;
	char body[1024];
	const char *at = body;
	int count = 0;

	open_ledger(b);
	assert_string_equal(ledger_origin(b->ledger), origin);
	assert_string_equal(ledger_genesis_code(b->ledger), code);
	must(ledger_read(b->ledger, 0, 1, take_first_body, body, &b->fault), &b->fault);
	while ((at = strstr(at, "\"origin\"")) != NULL) {
		count++;
		at++;
	}
	assert_int_equal(count, heads);
	add_entries(b, 3);
	expect_equal(p);
	export_bundle(b, &everything);
	bundle_verify(&v, b->bundle, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		fail_msg("%s", v.fault.text);
	close_ledger(b);
}

/* The old one can still be read and checked. */
static void expect_old(const char *folder, uint64_t size)
{
	struct ledger *l = NULL;
	struct fault f;
	char path[256];

	must(ledger_earlier_path(folder, 1, path, sizeof path), &f);
	must(ledger_open_readonly(path, &l, &f), &f);
	assert_int_equal(ledger_head(l).size, size);
	must(ledger_check(l, &f), &f);
	assert_string_equal(ledger_origin(l), TEST_ORIGIN);
	ledger_close(l);
}

static void lose_secret(struct pair *p)
{
	struct bench *b = &p->b;

	open_ledger(b);
	add_entries(b, 5);
	for (int i = 0; i < 2; i++)
		assert_int_equal(sqlite3_exec(b->ledger->media.m[i].store->db, "DELETE FROM secrets", NULL, NULL, NULL),
				 SQLITE_OK);
	close_ledger(b);
	assert_int_equal(ledger_open(b->folder, test_now(), &b->ledger, &b->fault), ERR_STATE);
}

static void a_lost_secret_ends_a_log_and_the_next_begins(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];

	lose_secret(p);
	must(ledger_reincarnate(b->folder, test_now(), code, &b->fault), &b->fault);
	assert_string_not_equal(code, b->code);
	expect_new(p, code, "city.example/k0001/2", 1);
	expect_old(b->folder, 9);
	expect_old(p->mirror, 9);
}

static void two_ways_are_both_kept(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];

	pull(p, p->mirror);
	open_ledger(b);
	add_entries(b, 3);
	close_ledger(b);
	pull(p, b->folder);
	put_back(p->mirror);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	add_entries(b, 5);
	close_ledger(b);
	put_back(b->folder);
	must(ledger_reincarnate(b->folder, test_now(), code, &b->fault), &b->fault);
	expect_new(p, code, "city.example/k0001/2", 2);
	expect_old(b->folder, 8);
	expect_old(p->mirror, 10);
}

static void one_follows_another(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1], path[256];

	lose_secret(p);
	must(ledger_reincarnate(b->folder, test_now(), code, &b->fault), &b->fault);
	must(ledger_reincarnate(p->mirror, test_now(), code, &b->fault), &b->fault);
	expect_new(p, code, "city.example/k0001/3", 1);
	assert_int_equal(ledger_earlier_path(b->folder, 2, path, sizeof path), ERR_OK);
	assert_int_equal(ledger_earlier_path(b->folder, 3, path, sizeof path), ERR_MISSING);
}

static void a_medium_that_was_away_keeps_the_old_log(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];
	bool done = false;

	lose_secret(p);
	pull(p, p->mirror);
	must(ledger_reincarnate(b->folder, test_now(), code, &b->fault), &b->fault);
	put_back(p->mirror);
	open_ledger(b);
	expect_states(p, MEDIUM_GOOD, MEDIUM_FAILED);
	assert_string_equal(ledger_genesis_code(b->ledger), code);
	assert_int_equal(ledger_rejoin(b->ledger, REJOIN_AS_IT_IS, 0, &done, &b->fault), ERR_FORMAT);
	assert_non_null(strstr(b->fault.text, p->mirror));
	while (!done)
		must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	expect_equal(p);
}

static void swap(const char *folder, const char *from, const char *to)
{
	char source[256], target[256];

	(void)snprintf(source, sizeof source, "%s/%s", folder, from);
	(void)snprintf(target, sizeof target, "%s/%s", folder, to);
	move(source, target);
}

/* What a power cut leaves at each point after the new log was decided on. */
static void a_crash_on_the_way_is_finished_when_opening(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];

	lose_secret(p);
	must(ledger_reincarnate(b->folder, test_now(), code, &b->fault), &b->fault);
	/* Neither medium had begun. */
	swap(b->folder, "ledger.db", "next.db");
	swap(b->folder, "incarnations/1/ledger.db", "ledger.db");
	swap(p->mirror, "mirror.db", "next.db");
	swap(p->mirror, "incarnations/1/mirror.db", "mirror.db");
	expect_new(p, code, "city.example/k0001/2", 1);
	expect_old(b->folder, 9);
	expect_old(p->mirror, 9);
	/* The old one was gone, the new one not yet in its place. */
	swap(b->folder, "ledger.db", "next.db");
	swap(p->mirror, "mirror.db", "next.db");
	open_ledger(b);
	expect_equal(p);
}

static void what_is_busy_or_no_ledger_is_left_alone(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];

	open_ledger(b);
	assert_int_equal(ledger_reincarnate(b->folder, test_now(), code, &b->fault), ERR_BUSY);
	add_entries(b, 1);
	expect_equal(p);
	assert_int_equal(ledger_reincarnate(b->place, test_now(), code, &b->fault), ERR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(a_lost_secret_ends_a_log_and_the_next_begins),
		WITH_PAIR(two_ways_are_both_kept),
		WITH_PAIR(one_follows_another),
		WITH_PAIR(a_medium_that_was_away_keeps_the_old_log),
		WITH_PAIR(a_crash_on_the_way_is_finished_when_opening),
		WITH_PAIR(what_is_busy_or_no_ledger_is_left_alone),
	};

	return cmocka_run_group_tests_name("incarnation", tests, NULL, NULL);
}
