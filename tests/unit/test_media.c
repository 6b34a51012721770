/* Two media: whatever happens to one of them, nothing acknowledged is lost, and together again they hold the same. */
#include "ledger/pins.h"
#include "ledger/refill.h"

#include "pair_support.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

/* ---- recording ---- */

static void both_hold_the_same(void **state)
{
	struct pair *p = *state;

	open_ledger(&p->b);
	add_entries(&p->b, 300);
	add_text(&p->b, "2026-001", "\"x\"");
	must(ledger_rotate(p->b.ledger, test_now(), &p->b.fault), &p->b.fault);
	expect_equal(p);
}

static void either_folder_opens_the_ledger(void **state)
{
	struct pair *p = *state;
	struct ledger *second = NULL;

	must(ledger_open(p->mirror, test_now(), &p->b.ledger, &p->b.fault), &p->b.fault);
	expect_equal(p);
	assert_int_equal(ledger_open(p->b.folder, test_now(), &second, &p->b.fault), ERR_BUSY);
	assert_null(second);
}

static void tallies_come_back_with_a_medium_and_as_they_are_now(void **state)
{
	struct pair *p = *state;

	open_ledger(&p->b);
	put_tally(&p->b, 1, "gone meanwhile");
	put_tally(&p->b, 2, "before");
	close_ledger(&p->b);
	pull(p, p->mirror);
	open_ledger(&p->b);
	put_tally(&p->b, 1, NULL);
	put_tally(&p->b, 2, "since");
	close_ledger(&p->b);
	put_back(p->mirror);
	open_ledger(&p->b);
	expect_states(p, MEDIUM_GOOD, MEDIUM_GOOD);
	expect_equal(p);
	close_ledger(&p->b);
	pull(p, p->b.folder);
	must(ledger_open(p->mirror, test_now(), &p->b.ledger, &p->b.fault), &p->b.fault);
	expect_tallies(&p->b, "2=since ");
}

static void fails(struct pair *p, const char *folder, enum medium_state first, enum medium_state second)
{
	struct checkpoint_info before;
	uint64_t generation;

	open_ledger(&p->b);
	add_entries(&p->b, 3);
	before = ledger_head(p->b.ledger);
	generation = p->b.ledger->media.m[0].generation;
	(void)snprintf(failing_folder, sizeof failing_folder, "%s", folder);
	add_entries(&p->b, 3);
	expect_states(p, first, second);
	assert_int_equal(ledger_head(p->b.ledger).size, before.size + 3);
	assert_int_equal(p->b.ledger->media.m[p->b.ledger->media.reading].generation, generation + 1);
	assert_true(ledger_media_changed(p->b.ledger));
	must(ledger_note_media(p->b.ledger, test_now(), &p->b.fault), &p->b.fault);
	must(ledger_commit(p->b.ledger, test_now(), &p->b.fault), &p->b.fault);
	assert_false(ledger_media_changed(p->b.ledger));
	assert_non_null(strstr(body_before(&p->b, 1), "medium.lost"));
	must(ledger_check(p->b.ledger, &p->b.fault), &p->b.fault);
	close_ledger(&p->b);
	failing_folder[0] = '\0';
	open_ledger(&p->b);
	assert_non_null(strstr(body_before(&p->b, 1), "medium.returned"));
	expect_equal(p);
}

static void the_first_fails_and_returns(void **state)
{
	struct pair *p = *state;

	fails(p, p->b.folder, MEDIUM_FAILED, MEDIUM_GOOD);
}

static void the_second_fails_and_returns(void **state)
{
	struct pair *p = *state;

	fails(p, p->mirror, MEDIUM_GOOD, MEDIUM_FAILED);
}

static void both_fail_and_nothing_is_acknowledged(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct checkpoint_info before;
	struct draft draft = {
		.who = "u1", .via = "cli", .type = "system", .about = "-", .body = "{\"act\":\"test.entry\"}"};

	open_ledger(b);
	add_entries(b, 3);
	before = ledger_head(b->ledger);
	(void)snprintf(failing_folder, sizeof failing_folder, "%s", b->place);
	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	assert_int_equal(ledger_commit(b->ledger, test_now(), &b->fault), ERR_IO);
	assert_int_equal(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), ERR_IO);
	failing_folder[0] = '\0';
	close_ledger(b);
	open_ledger(b);
	assert_true(ledger_head(b->ledger).size >= before.size);
	expect_equal(p);
}

static void a_medium_that_does_not_answer_is_left_alone(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	bool done = false;

	open_ledger(b);
	b->ledger->media.patience_ns = 20000000;
	(void)snprintf(slow_folder, sizeof slow_folder, "%s", p->mirror);
	add_entries(b, 1);
	expect_states(p, MEDIUM_GOOD, MEDIUM_FAILED);
	add_entries(b, 5);
	assert_int_equal(ledger_rejoin(b->ledger, REJOIN_AS_IT_IS, 0, &done, &b->fault), ERR_BUSY);
	slow_folder[0] = '\0';
	b->ledger->media.patience_ns = 5000000000;
	while (!done) {
		enum err err = ledger_rejoin(b->ledger, REJOIN_AS_IT_IS, 0, &done, &b->fault);

		if (err == ERR_BUSY)
			(void)usleep(1000);
		else
			must(err, &b->fault);
	}
	expect_equal(p);
}

/* ---- starting ---- */

static void a_pulled_medium_is_filled_when_it_is_back(void **state)
{
	struct pair *p = *state;
	const char *const folders[] = {p->mirror, p->b.folder};

	for (int i = 0; i < 2; i++) {
		struct bench *b = &p->b;

		pull(p, folders[i]);
		must(ledger_open(folders[1 - i], test_now(), &b->ledger, &b->fault), &b->fault);
		add_entries(b, 700);
		add_text(b, "2026-002", "\"while it was away\"");
		must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
		close_ledger(b);
		put_back(folders[i]);
		open_ledger(b);
		expect_equal(p);
		close_ledger(b);
	}
}

static void a_returned_medium_is_taken_in_while_recording_goes_on(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	bool done = false;
	int steps = 0;

	pull(p, p->mirror);
	open_ledger(b);
	add_entries(b, 2000);
	assert_int_not_equal(ledger_rejoin(b->ledger, REJOIN_AS_IT_IS, 0, &done, &b->fault), ERR_OK);
	put_back(p->mirror);
	for (; !done; steps++) {
		must(ledger_rejoin(b->ledger, REJOIN_AS_IT_IS, 0, &done, &b->fault), &b->fault);
		add_entries(b, 1);
	}
	assert_true(steps > 4);
	expect_equal(p);
	must(ledger_note_media(b->ledger, test_now(), &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	assert_non_null(strstr(body_before(b, 1), "medium.returned"));
}

static void a_blank_medium_is_filled_only_when_asked(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	bool done = false;

	pull(p, p->mirror);
	must(folder_make(p->mirror, 0700, &b->fault), &b->fault);
	open_ledger(b);
	add_entries(b, 10);
	expect_states(p, MEDIUM_GOOD, MEDIUM_FAILED);
	assert_int_equal(ledger_rejoin(b->ledger, REJOIN_AS_IT_IS, 0, &done, &b->fault), ERR_MISSING);
	while (!done)
		must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	expect_equal(p);
	close_ledger(b);
	open_ledger(b);
	expect_equal(p);
}

/* It is no database any more; what is left of it is set aside. */
static void a_ruined_medium_is_filled_when_asked(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char path[256], aside[288];
	bool done = false;

	open_ledger(b);
	add_entries(b, 10);
	close_ledger(b);
	(void)snprintf(path, sizeof path, "%s/mirror.db", p->mirror);
	(void)snprintf(aside, sizeof aside, "%s.damaged", path);
	must(file_replace(path, "not a database, not at all", 26, 0600, &b->fault), &b->fault);
	open_ledger(b);
	expect_states(p, MEDIUM_GOOD, MEDIUM_FAILED);
	assert_int_equal(ledger_rejoin(b->ledger, REJOIN_AS_IT_IS, 0, &done, &b->fault), ERR_CORRUPT);
	(void)snprintf(path, sizeof path, "%s/mirror.db-wal", p->mirror);
	must(file_replace(path, "newest entries", 14, 0600, &b->fault), &b->fault);
	while (!done)
		must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	expect_equal(p);
	assert_int_equal(access(aside, F_OK), 0);
	(void)snprintf(aside, sizeof aside, "%s/mirror.db.damaged-wal", p->mirror);
	assert_int_equal(access(aside, F_OK), 0);
}

static void a_second_medium_can_be_added(void **state)
{
	struct bench *b = *state;
	struct pair p = {.b = *b};
	bool done = false;

	open_ledger(&p.b);
	add_entries(&p.b, 10);
	(void)snprintf(p.mirror, sizeof p.mirror, "%s/added", b->place);
	must(ledger_add_mirror(p.b.ledger, p.mirror, &b->fault), &b->fault);
	/* It would lie on the first one's medium: only a person who makes the folder can want that. */
	assert_int_equal(ledger_rejoin(p.b.ledger, REJOIN_ANEW, 0, &done, &b->fault), ERR_STATE);
	assert_non_null(strstr(b->fault.text, p.mirror));
	assert_int_equal(access(p.mirror, F_OK), -1);
	must(folder_make(p.mirror, 0700, &b->fault), &b->fault);
	while (!done)
		must(ledger_rejoin(p.b.ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	expect_equal(&p);
	add_entries(&p.b, 10);
	close_ledger(&p.b);
	open_ledger(&p.b);
	expect_equal(&p);
	close_ledger(&p.b);
}

/* Each goes on alone without the other: nobody may decide for them. */
static void media_that_went_different_ways_are_never_joined(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;

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
	assert_int_equal(ledger_open(b->folder, test_now(), &b->ledger, &b->fault), ERR_STATE);
	assert_null(b->ledger);
	assert_non_null(strstr(b->fault.text, p->mirror));
}

static void a_damaged_medium_is_filled_again(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;

	open_ledger(b);
	add_entries(b, 20);
	assert_int_equal(sqlite3_exec(b->ledger->media.m[0].store->db,
				      "UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), 'who u1', 'who u2') "
				      "AS BLOB) WHERE seq = 9",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	close_ledger(b);
	open_ledger(b);
	expect_equal(p);
	assert_non_null(strstr(body_before(b, 2), "medium.damaged"));
}

static void a_tail_that_nobody_was_told_of_is_kept_aside(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char orphans[160];

	open_ledger(b);
	add_entries(b, 5);
	/* The first gets an entry and dies; the second never does, and goes on alone. */
	media_without_threads = true;
	close_ledger(b);
	open_ledger(b);
	(void)snprintf(failing_folder, sizeof failing_folder, "%s", p->mirror);
	add_entries(b, 1);
	assert_int_equal(sqlite3_exec(b->ledger->media.m[0].store->db, "UPDATE medium SET generation = 1, alone = 0",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	failing_folder[0] = '\0';
	close_ledger(b);
	pull(p, b->folder);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	add_entries(b, 2);
	close_ledger(b);
	put_back(b->folder);
	open_ledger(b);
	expect_equal(p);
	assert_non_null(strstr(body_before(b, 1), "\"orphans\":1"));
	(void)snprintf(orphans, sizeof orphans, "%s/orphans", p->mirror);
	assert_int_equal(access(orphans, F_OK), 0);
	media_without_threads = false;
}

static void change_mirror(const struct pair *p, const char *change)
{
	char path[160];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof path, "%s/mirror.db", p->mirror);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, change, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Nothing is ever erased there, and a long log would not fit. */
static void what_both_have_is_not_kept_aside(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct buf kept = {.cap = 65536};
	char path[160];

	open_ledger(b);
	add_entries(b, 30);
	close_ledger(b);
	change_mirror(
		p,
		"UPDATE entries SET leaf = CAST(substr(leaf, 1, 40) || 'x' || substr(leaf, 42) AS BLOB) WHERE seq = 20");
	open_ledger(b);
	expect_equal(p);
	(void)snprintf(path, sizeof path, "%s/orphans/1-0.jsonl", b->folder);
	must(file_read(path, 65536, &kept, &b->fault), &b->fault);
	assert_int_equal(memcmp(kept.data, "{\"seq\":20,", 10), 0);
	assert_ptr_equal(memchr(kept.data, '\n', kept.len), kept.data + kept.len - 1);
	buf_fini(&kept);
}

static bool mirror_holds_what_was_changed(const struct pair *p)
{
	sqlite3_stmt *row = NULL;
	char path[160];
	sqlite3 *db = NULL;
	bool holds;

	(void)snprintf(path, sizeof path, "%s/mirror.db", p->mirror);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT substr(leaf, 41, 1) = x'78' FROM entries WHERE seq = 20", -1,
					    &row, NULL),
			 SQLITE_OK);
	holds = sqlite3_step(row) == SQLITE_ROW && sqlite3_column_int(row, 0) == 1;
	(void)sqlite3_finalize(row);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return holds;
}

/* What cannot be set aside stays where it is. */
static void nothing_is_filled_over_before_it_is_kept(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char orphans[160], full[192];

	open_ledger(b);
	add_entries(b, 30);
	close_ledger(b);
	change_mirror(
		p,
		"UPDATE entries SET leaf = CAST(substr(leaf, 1, 40) || 'x' || substr(leaf, 42) AS BLOB) WHERE seq = 20");
	(void)snprintf(orphans, sizeof orphans, "%s/orphans", b->folder);
	(void)snprintf(full, sizeof full, "%s/1-0.jsonl.new", orphans);
	assert_int_equal(mkdir(orphans, 0700), 0);
	/* As /dev/full: nothing fits on it. */
	if (mknod(full, S_IFCHR | 0600, makedev(1, 7)) != 0)
		skip();
	open_ledger(b);
	expect_states(p, MEDIUM_GOOD, MEDIUM_FAILED);
	close_ledger(b);
	assert_true(mirror_holds_what_was_changed(p));
	assert_int_not_equal(access(full, F_OK), 0);
	open_ledger(b);
	expect_equal(p);
}

/* ---- who is right ---- */

static void every_pair_of_claims_is_judged(void **state)
{
	/* generation, size, alone, filling of both; common; the one that is right. */
	static const struct {
		struct claim claims[2];
		uint64_t common;
		int right;
	} cases[] = {
		{{{1, 9, false, false}, {1, 9, false, false}}, 9, 0},
		{{{1, 9, false, false}, {1, 10, false, false}}, 9, 1},
		{{{1, 10, false, false}, {1, 9, false, false}}, 9, 0},
		{{{2, 10, true, false}, {1, 9, false, false}}, 9, 0},
		{{{1, 10, false, false}, {2, 9, true, false}}, 9, 1}, /* the longer tail was never acknowledged */
		{{{1, 10, true, false}, {2, 9, true, false}}, 9, 0},  /* it was */
		{{{1, 10, false, false}, {2, 11, true, false}}, 9, 1},
		{{{2, 10, true, false}, {1, 11, false, false}}, 9, 0},
		{{{2, 10, true, false}, {2, 11, true, false}}, 9, -1},
		{{{3, 10, true, false}, {2, 11, true, false}}, 9, -1},
		{{{2, 10, false, false}, {2, 11, false, false}}, 9, -1},
		{{{2, 9, false, true}, {1, 5, false, false}}, 5, 1},
		{{{1, 5, false, false}, {2, 9, false, true}}, 5, 0},
		{{{1, 5, false, true}, {2, 9, false, true}}, 5, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct claim swapped[2] = {cases[i].claims[1], cases[i].claims[0]};
		int right = cases[i].right;

		if (claims_judge(cases[i].claims, cases[i].common) != right)
			fail_msg("case %zu", i);
		if (i > 0 && claims_judge(swapped, cases[i].common) != (right < 0 ? right : 1 - right))
			fail_msg("case %zu, swapped", i);
	}
}

/* ---- keys ---- */

enum spoiling { FLIPPED, CUT_SHORT, REMOVED, SPOILINGS };

static void spoil(const char *path, enum spoiling how)
{
	struct buf key = {.cap = 4096};
	struct fault f;

	must(file_read(path, 4096, &key, &f), &f);
	key.data[3] ^= 1;
	if (how == REMOVED)
		assert_int_equal(unlink(path), 0);
	else
		must(file_replace(path, key.data, how == CUT_SHORT ? 7 : key.len, 0600, &f), &f);
	buf_fini(&key);
}

static void a_spoilt_key_is_taken_from_the_other_medium(void **state)
{
	static const char *const names[] = {"keys/identity", "keys/wrap"};
	struct pair *p = *state;
	struct bench *b = &p->b;
	const char *const folders[] = {b->folder, p->mirror};

	open_ledger(b);
	add_text(b, "2026-001", "\"x\"");
	close_ledger(b);
	for (int i = 0; i < 2 * 2 * SPOILINGS; i++) {
		const char *name = names[i / 2 % 2];
		char path[160];

		(void)snprintf(path, sizeof path, "%s/%s", folders[i % 2], name);
		print_message("# %s, %d\n", path, i / 4);
		spoil(path, (enum spoiling)(i / 4));
		must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
		assert_int_not_equal(ledger_check(b->ledger, &b->fault), ERR_OK);
		assert_non_null(strstr(b->fault.text, path));
		close_ledger(b);
		open_ledger(b);
		assert_non_null(strstr(body_before(b, 1), name));
		assert_non_null(strstr(body_before(b, 1), i % 2 == 0 ? "\"first\"" : "\"second\""));
		add_text(b, "2026-001", "\"y\"");
		expect_equal(p);
		close_ledger(b);
	}
}

static void each_key_may_be_right_on_another_medium(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char identity[160], wrap[160];

	(void)snprintf(identity, sizeof identity, "%s/keys/identity", b->folder);
	(void)snprintf(wrap, sizeof wrap, "%s/keys/wrap", p->mirror);
	spoil(identity, FLIPPED);
	spoil(wrap, FLIPPED);
	open_ledger(b);
	add_text(b, "2026-001", "\"x\"");
	expect_equal(p);
}

static void a_new_incarnation_has_the_right_keys(void **state)
{
	const struct reincarnation wish = {.reason = "x"};
	struct pair *p = *state;
	struct bench *b = &p->b;
	char wrap[160];

	(void)snprintf(wrap, sizeof wrap, "%s/keys/wrap", b->folder);
	spoil(wrap, FLIPPED);
	must(ledger_reincarnate(b->folder, &wish, test_now(), b->code, &b->fault), &b->fault);
	open_ledger(b);
	assert_null(strstr(body_before(b, 1), "medium.repaired"));
	expect_equal(p);
}

/* ---- a medium that does not know where the other is ---- */

static void forget_other(const char *folder)
{
	char path[160];

	(void)snprintf(path, sizeof path, "%s/other", folder);
	assert_int_equal(unlink(path), 0);
}

static void without_its_file_other_a_medium_goes_on_alone(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	uint64_t generation, size;

	open_ledger(b);
	generation = b->ledger->media.m[0].generation;
	close_ledger(b);
	forget_other(b->folder);
	open_ledger(b);
	assert_true(ledger_misses_other(b->ledger));
	assert_non_null(strstr(body_before(b, 1), "medium.lost"));
	assert_int_equal(b->ledger->media.m[0].generation, generation + 1);
	add_entries(b, 3);
	size = ledger_head(b->ledger).size;
	close_ledger(b);
	/* The other one may not go on without what was acknowledged here, nor this one lose it. */
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	assert_true(ledger_head(b->ledger).size > size);
	expect_equal(p);
	close_ledger(b);
	open_ledger(b);
	assert_false(ledger_misses_other(b->ledger));
	expect_equal(p);
}

static void what_went_on_alone_and_apart_is_never_joined(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;

	forget_other(b->folder);
	open_ledger(b);
	close_ledger(b);
	pull(p, b->folder);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	add_entries(b, 9);
	close_ledger(b);
	put_back(b->folder);
	assert_int_equal(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), ERR_STATE);
}

static void the_other_can_be_named_again(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	bool done = false;

	for (int i = 0; i < 2; i++) {
		const char *here = i == 0 ? b->folder : p->mirror, *there = i == 0 ? p->mirror : b->folder;

		forget_other(here);
		must(ledger_open(here, test_now(), &b->ledger, &b->fault), &b->fault);
		add_entries(b, 3);
		must(ledger_add_mirror(b->ledger, there, &b->fault), &b->fault);
		for (done = false; !done;)
			must(ledger_rejoin(b->ledger, REJOIN_AS_IT_IS, 0, &done, &b->fault), &b->fault);
		expect_equal(p);
		close_ledger(b);
		must(ledger_open(here, test_now(), &b->ledger, &b->fault), &b->fault);
		expect_equal(p);
		close_ledger(b);
	}
}

static void an_older_program_reads_and_writes_what_a_newer_one_made(void **state)
{
	struct bench *b = *state;

	open_ledger(b);
	add_entries(b, 2);
	assert_int_equal(sqlite3_exec(media_store(&b->ledger->media)->db,
				      "ALTER TABLE entries ADD COLUMN later BLOB; ALTER TABLE head ADD COLUMN later;"
				      "ALTER TABLE medium ADD COLUMN later DEFAULT 5; CREATE TABLE later(a, b);"
				      "PRAGMA user_version = 99",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	close_ledger(b);
	must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
	must(ledger_check(b->ledger, &b->fault), &b->fault);
	close_ledger(b);
	open_ledger(b);
	add_entries(b, 300);
	must(ledger_check(b->ledger, &b->fault), &b->fault);
}

static void expect_policy(struct bench *b, const char *policy)
{
	struct buf found = {.cap = BUF_CAP_DEFAULT};

	must(policy_in_force(b->ledger, &found, &b->fault), &b->fault);
	assert_string_equal(found.data, policy);
	buf_fini(&found);
}

/* An older program's commit writes the head without saying that its entries are marked; the two before this one found
   them by indexes. */
static void what_an_older_program_recorded_is_marked(void **state)
{
	static const char *const edits[] = {
		"DELETE FROM marks; INSERT OR REPLACE INTO head(one, size, note, peaks) SELECT one, size, note, peaks "
		"FROM head",
		"DROP TABLE tallies; DROP TABLE marks; ALTER TABLE head DROP COLUMN marked; PRAGMA user_version = 5;"
		"CREATE INDEX entries_policy ON entries(seq) WHERE substr(body, 45, 24) = "
		"x'65794a68593351694f694a776232787059336b7563325630';"
		"CREATE INDEX entries_earlier ON entries(seq) WHERE substr(body, 45, 32) = "
		"x'65794a68593351694f694a795a57526859335270623234755a57467962476c6c'",
		"DROP TABLE tallies; DROP TABLE marks; ALTER TABLE head DROP COLUMN marked; PRAGMA user_version = 5",
	};
	struct bench *b = *state;
	struct draft draft = {.who = "u1",
			      .via = "cli",
			      .type = "system",
			      .about = "-",
			      .body = "{\"act\":\"policy.set\",\"policy\":\"one\"}"};

	open_ledger(b);
	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		add_entries(b, 3);
		expect_policy(b, "one");
		if (sqlite3_exec(media_store(&b->ledger->media)->db, edits[i], NULL, NULL, NULL) != SQLITE_OK)
			fail_msg("%s", sqlite3_errmsg(media_store(&b->ledger->media)->db));
		close_ledger(b);
		must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
		expect_policy(b, "one");
		close_ledger(b);
		open_ledger(b);
		expect_policy(b, "one");
		assert_int_not_equal(
			sqlite3_exec(media_store(&b->ledger->media)->db, "DROP INDEX entries_policy", NULL, NULL, NULL),
			SQLITE_OK);
	}
	must(ledger_check(b->ledger, &b->fault), &b->fault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(both_hold_the_same),
		WITH_PAIR(tallies_come_back_with_a_medium_and_as_they_are_now),
		WITH_PAIR(either_folder_opens_the_ledger),
		WITH_PAIR(the_first_fails_and_returns),
		WITH_PAIR(the_second_fails_and_returns),
		WITH_PAIR(both_fail_and_nothing_is_acknowledged),
		WITH_PAIR(a_medium_that_does_not_answer_is_left_alone),
		WITH_PAIR(a_pulled_medium_is_filled_when_it_is_back),
		WITH_PAIR(a_returned_medium_is_taken_in_while_recording_goes_on),
		WITH_PAIR(a_blank_medium_is_filled_only_when_asked),
		WITH_PAIR(a_ruined_medium_is_filled_when_asked),
		WITH_LEDGER(a_second_medium_can_be_added),
		WITH_PAIR(media_that_went_different_ways_are_never_joined),
		WITH_PAIR(a_damaged_medium_is_filled_again),
		WITH_PAIR(a_tail_that_nobody_was_told_of_is_kept_aside),
		WITH_PAIR(what_both_have_is_not_kept_aside),
		WITH_PAIR(nothing_is_filled_over_before_it_is_kept),
		cmocka_unit_test(every_pair_of_claims_is_judged),
		WITH_PAIR(a_spoilt_key_is_taken_from_the_other_medium),
		WITH_PAIR(each_key_may_be_right_on_another_medium),
		WITH_PAIR(a_new_incarnation_has_the_right_keys),
		WITH_PAIR(without_its_file_other_a_medium_goes_on_alone),
		WITH_PAIR(what_went_on_alone_and_apart_is_never_joined),
		WITH_PAIR(the_other_can_be_named_again),
		WITH_LEDGER(an_older_program_reads_and_writes_what_a_newer_one_made),
		WITH_LEDGER(what_an_older_program_recorded_is_marked),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
