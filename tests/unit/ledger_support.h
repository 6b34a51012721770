/* A fresh ledger in a temporary folder for each test. */
#ifndef KANNUKI_TESTS_LEDGER_SUPPORT_H
#define KANNUKI_TESTS_LEDGER_SUPPORT_H

#include "ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST_ORIGIN "city.example/k0001/1"
#define TEST_IDEM "00112233445566778899aabbccddeeff"
#define TEST_WALL_MS INT64_C(1795133553123)

struct bench {
	char place[64], folder[96], bundle[96];
	char code[GENESIS_CODE_CHARS + 1];
	struct ledger *ledger;
	struct fault fault;
};

static inline void must(enum err err, const struct fault *f)
{
	if (err != ERR_OK)
		fail_msg("%s: %s", err_name(err), f->text);
}

static inline struct moment test_now(void)
{
	return (struct moment){.boot_ns = 1000, .wall_ms = TEST_WALL_MS, .uncertain_ms = 250, .source = WALL_NTP};
}

static inline int make_ledger(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	assert_non_null(b);
	(void)snprintf(b->place, sizeof b->place, "/tmp/kannuki-test-XXXXXX");
	assert_non_null(mkdtemp(b->place));
	(void)snprintf(b->folder, sizeof b->folder, "%s/ledger", b->place);
	(void)snprintf(b->bundle, sizeof b->bundle, "%s/bundle", b->place);
	must(ledger_create(b->folder, NULL, TEST_ORIGIN, test_now(), b->code, &b->fault), &b->fault);
	*state = b;
	return 0;
}

static inline void open_ledger(struct bench *b)
{
	must(ledger_open(b->folder, test_now(), &b->ledger, &b->fault), &b->fault);
}

static inline void close_ledger(struct bench *b)
{
	ledger_close(b->ledger);
	b->ledger = NULL;
}

static inline int drop_ledger(void **state)
{
	struct bench *b = *state;
	char command[128];

	ledger_close(b->ledger);
	(void)snprintf(command, sizeof command, "rm -rf %s", b->place);
	(void)!system(command);
	free(b);
	return 0;
}

/* The tallies as "1=text 2=text ". */
static inline void add_tally(void *context, unsigned number, const char *text, size_t len)
{
	char *to = context;

	(void)snprintf(to + strlen(to), 128 - strlen(to), "%u=%.*s ", number, (int)len, text);
}

static inline void expect_tallies(struct bench *b, const char *expected)
{
	char all[128] = "";

	must(ledger_tallies(b->ledger, add_tally, all, &b->fault), &b->fault);
	assert_string_equal(all, expected);
}

static inline void put_tally(struct bench *b, unsigned number, const char *text)
{
	must(ledger_put_tally(b->ledger, number, text, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
}

/* One entry a commit. */
static inline void add_entries(struct bench *b, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char body[96];
		struct draft draft = {.who = "u1", .via = "cli", .type = "system", .about = "-", .body = body};

		(void)snprintf(body, sizeof body, "{\"act\":\"test.entry\",\"number\":%u}", i);
		must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
		must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	}
}

static inline void export_bundle(struct bench *b, const struct export_options *options)
{
	struct export *x = NULL;
	bool done = false;

	must(export_begin(b->ledger, b->bundle, options, test_now(), &x, &b->fault), &b->fault);
	while (!done)
		must(export_step(x, 0, &done, &b->fault), &b->fault);
	export_end(x);
}

#define WITH_LEDGER(test) cmocka_unit_test_setup_teardown(test, make_ledger, drop_ledger)

#endif
