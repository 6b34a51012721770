/* One flipped byte anywhere in either file of two media is named and put right, or changes nothing that is stored. */
#include "pair_support.h"

static const struct redaction why = {
	.who = "u1", .via = "cli", .authority = "a", .reason = "b", .approved_by = {"u1", "u2"}};

/* A ledger with something in every table, closed. */
static void fill(struct pair *p)
{
	struct bench *b = &p->b;
	struct draft draft = {.who = "u1", .via = "cli", .type = "incident", .body = "{\"act\":\"incident.noted\"}"};
	char about[16], idem[40];
	uint64_t seq = 0;

	open_ledger(b);
	for (unsigned i = 0; i < 270; i++) {
		(void)snprintf(about, sizeof about, "2026-%03u", i % 5);
		(void)snprintf(idem, sizeof idem, "%032x", i);
		draft.about = about;
		draft.idem = i % 3 == 0 ? idem : NULL;
		draft.text = i % 4 == 0 ? "\"what was written\"" : NULL;
		must(ledger_add(b->ledger, &draft, test_now(), &seq, NULL, &b->fault), &b->fault);
	}
	draft = (struct draft){.who = "u1",
			       .via = "cli",
			       .type = "system",
			       .about = "-",
			       .body = "{\"act\":\"policy.set\",\"policy\":\"quorum none\\n\"}"};
	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
	must(ledger_redact(b->ledger, 8, "text", &why, test_now(), &b->fault), &b->fault);
	close_ledger(b);
}

static void copy_template(const char *from, const char *to)
{
	char command[512];

	(void)snprintf(command, sizeof command, "rm -rf %s && cp -a %s %s", to, from, to);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): names that the test made itself */
}

/* What every table holds, by SQLite alone; empty when it cannot be read whole. */
static void plain_dump(const char *path, struct buf *out)
{
	/* What head says of the marks is made up for by itself. */
	static const char *const tables[] = {"entries",      "(SELECT size, note, peaks FROM head)",
					     "epochs",       "secrets",
					     "cases",        "nodes",
					     "marks",        "erased",
					     "blobs",        "stamps",
					     "cosignatures", "medium"};
	sqlite3 *db = NULL;
	bool is_whole = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;

	buf_clear(out);
	for (size_t i = 0; is_whole && i < sizeof tables / sizeof *tables + 1; i++) {
		char query[64];
		sqlite3_stmt *rows = NULL;
		int code = SQLITE_DONE;

		(void)snprintf(query, sizeof query, i == 0 ? "PRAGMA integrity_check" : "SELECT * FROM %s",
			       i == 0 ? "" : tables[i - 1]);
		is_whole = sqlite3_prepare_v2(db, query, -1, &rows, NULL) == SQLITE_OK;
		while (is_whole && (code = sqlite3_step(rows)) == SQLITE_ROW)
			for (int column = 0; column < sqlite3_column_count(rows); column++) {
				struct blob value = row_blob(rows, column);

				buf_addf(out, "|%d:", value.data != NULL ? (int)value.len : -1);
				if (value.len > 0)
					buf_add(out, value.data, value.len);
			}
		is_whole = is_whole && code == SQLITE_DONE;
		(void)sqlite3_finalize(rows);
	}
	(void)sqlite3_close(db);
	if (!is_whole)
		buf_clear(out);
}

static void flip(const char *path, long offset, unsigned char bits)
{
	FILE *file = fopen(path, "r+b");
	int byte;

	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	byte = fgetc(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	assert_int_not_equal(fputc(byte ^ bits, file), EOF);
	assert_int_equal(fclose(file), 0);
}

static uint64_t scrub_all(struct bench *b)
{
	struct scrub_report report;
	struct scrub *s = NULL;
	bool done = false;

	must(scrub_begin(b->ledger, &s, &b->fault), &b->fault);
	while (!done)
		must(scrub_step(s, 0, &done, &b->fault), &b->fault);
	scrub_tell(s, &report);
	scrub_end(s);
	if (report.bad > 0)
		fail_msg("beyond repair: %s", report.first_bad.text);
	assert_true(report.checked >= 270);
	return report.repaired;
}

enum { HARMLESS, AT_OPENING, BY_SCRUB, ANEW, KINDS };

static int meet_flip(struct pair *p, const char *path, const struct buf *right)
{
	struct bench *b = &p->b;
	struct buf now = {.cap = 16 * 1024 * 1024};
	bool is_harmless, was_named, done = false;
	int kind = HARMLESS;

	plain_dump(path, &now);
	is_harmless = now.len == right->len && memcmp(now.data, right->data, now.len) == 0;
	buf_fini(&now);
	open_ledger(b);
	was_named = strstr(body_before(b, 1), "medium.") != NULL;
	if (was_named)
		kind = AT_OPENING;
	if (media_is_alone(&b->ledger->media)) {
		kind = ANEW;
		while (!done)
			must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	}
	if (scrub_all(b) > 0 && kind == HARMLESS)
		kind = BY_SCRUB;
	if (!is_harmless && kind == HARMLESS)
		fail_msg("what was flipped is not named");
	assert_int_equal(scrub_all(b), 0);
	expect_equal(p);
	close_ledger(b);
	return kind;
}

static void a_flipped_byte_anywhere(void **state)
{
	struct pair *p = *state;
	char saved[2][128], path[2][160];
	const char *const folders[2] = {p->b.folder, p->mirror};
	const char *wanted = getenv("KANNUKI_FLIPS");
	unsigned long rounds = wanted != NULL ? strtoul(wanted, NULL, 10) : 150;
	int kinds[KINDS] = {0};

	fill(p);
	srandom(20261121);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(saved[i], sizeof saved[i], "%s.saved", folders[i]);
		(void)snprintf(path[i], sizeof path[i], "%s/%s", folders[i], i == 0 ? "ledger.db" : "mirror.db");
		copy_template(folders[i], saved[i]);
	}
	for (unsigned long round = 0; round < rounds; round++) {
		int which = (int)(round % 2);
		struct buf right = {.cap = 16 * 1024 * 1024};
		FILE *file = fopen(path[which], "rb");
		unsigned char bits;
		long offset;

		assert_non_null(file);
		assert_int_equal(fseek(file, 0, SEEK_END), 0);
		offset = random() % ftell(file);
		assert_int_equal(fclose(file), 0);
		plain_dump(path[which], &right);
		assert_true(right.len > 10000);
		bits = (unsigned char)(1U << random() % 8);
		print_message("# byte %ld of %s, bits %02x\n", offset, which == 0 ? "ledger.db" : "mirror.db", bits);
		flip(path[which], offset, bits);
		kinds[meet_flip(p, path[which], &right)]++;
		buf_fini(&right);
		for (int i = 0; i < 2; i++)
			copy_template(saved[i], folders[i]);
	}
	print_message("# harmless %d, at opening %d, by scrubbing %d, written anew %d\n", kinds[HARMLESS],
		      kinds[AT_OPENING], kinds[BY_SCRUB], kinds[ANEW]);
	assert_true(kinds[AT_OPENING] > 0 && kinds[BY_SCRUB] > 0);
}

static void sql(struct pair *p, int medium, const char *text)
{
	assert_int_equal(sqlite3_exec(p->b.ledger->media.m[medium].store->db, text, NULL, NULL, NULL), SQLITE_OK);
}

static void each_kind_of_row_is_repaired(void **state)
{
	static const char *const edits[] = {
		"UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), 'who u1', 'who u2') AS BLOB) WHERE seq = 9",
		"UPDATE entries SET leaf = x'00' WHERE seq = 9",
		"UPDATE entries SET body = x'00' WHERE seq = 9",
		"UPDATE entries SET text = NULL WHERE seq = 12",
		"UPDATE entries SET idem = x'00' WHERE seq = 4",
		"UPDATE entries SET idem = NULL WHERE seq = 4",
		"UPDATE entries SET sealed_with = 'x' WHERE seq = 12",
		"DELETE FROM entries WHERE seq = 100",
		"UPDATE nodes SET hash = x'00'",
		"DELETE FROM nodes",
		"DELETE FROM erased",
		"DELETE FROM marks",
		"UPDATE marks SET seq = 7",
		"UPDATE marks SET mark = 2",
		"INSERT INTO marks VALUES(1, 5), (3, 100000)",
		"UPDATE cases SET sealed = x'00' WHERE about = '2026-002'",
		"DELETE FROM cases WHERE about = '2026-002'",
		"UPDATE secrets SET sealed = x'00'",
		"DELETE FROM secrets",
		"UPDATE epochs SET closing = x'00' WHERE epoch = 2",
		"UPDATE epochs SET certificate = x'00' WHERE epoch = 2",
		"DELETE FROM epochs WHERE epoch = 2",
	};
	struct pair *p = *state;

	fill(p);
	open_ledger(&p->b);
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
		for (int medium = 0; medium < 2; medium++) {
			print_message("# %s\n", edits[i]);
			sql(p, medium, edits[i]);
			(void)scrub_all(&p->b);
			expect_equal(p);
		}
	must(ledger_note_media(p->b.ledger, test_now(), &p->b.fault), &p->b.fault);
	must(ledger_commit(p->b.ledger, test_now(), &p->b.fault), &p->b.fault);
	expect_equal(p);
}

static void each_key_file_is_put_right(void **state)
{
	static const char *const names[] = {"identity", "wrap"};
	struct pair *p = *state;
	struct bench *b = &p->b;
	const char *const folders[] = {b->folder, p->mirror};
	char path[160];

	fill(p);
	open_ledger(b);
	for (int i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof path, "%s/keys/%s", folders[i / 2], names[i % 2]);
		flip(path, 3, 4);
		assert_int_equal(scrub_all(b), 1);
		assert_int_equal(scrub_all(b), 0);
		expect_equal(p);
	}
	(void)snprintf(path, sizeof path, "%s/keys", p->mirror);
	must(folder_remove(path, &b->fault), &b->fault);
	assert_int_equal(scrub_all(b), 2);
	expect_equal(p);
}

static void what_both_have_wrong_is_named(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct scrub_report report;
	struct scrub *s = NULL;
	bool done = false;

	fill(p);
	open_ledger(b);
	for (int medium = 0; medium < 2; medium++)
		sql(p, medium, "UPDATE entries SET body = x'00' WHERE seq = 9");
	must(scrub_begin(b->ledger, &s, &b->fault), &b->fault);
	while (!done)
		must(scrub_step(s, 0, &done, &b->fault), &b->fault);
	scrub_tell(s, &report);
	scrub_end(s);
	assert_int_equal(report.bad, 1);
	assert_non_null(strstr(report.first_bad.text, "9"));
}

static void one_medium_is_checked_too(void **state)
{
	struct bench *b = *state;
	struct scrub_report report;
	struct scrub *s = NULL;
	bool done = false;

	open_ledger(b);
	add_entries(b, 10);
	assert_int_equal(sqlite3_exec(media_store(&b->ledger->media)->db,
				      "UPDATE entries SET body = x'00' WHERE seq = 5", NULL, NULL, NULL),
			 SQLITE_OK);
	must(scrub_begin(b->ledger, &s, &b->fault), &b->fault);
	while (!done)
		must(scrub_step(s, 0, &done, &b->fault), &b->fault);
	scrub_tell(s, &report);
	scrub_end(s);
	assert_int_equal(report.bad, 1);
}

static void recording_goes_on_meanwhile(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct scrub_report report;
	struct scrub *s = NULL;
	bool done = false;
	int steps = 0;

	fill(p);
	open_ledger(b);
	sql(p, 1, "UPDATE entries SET body = x'00' WHERE seq = 200");
	must(scrub_begin(b->ledger, &s, &b->fault), &b->fault);
	for (; !done; steps++) {
		must(scrub_step(s, 0, &done, &b->fault), &b->fault);
		if (steps < 40)
			add_entries(b, 1);
	}
	scrub_tell(s, &report);
	scrub_end(s);
	assert_int_equal(report.repaired, 1);
	expect_equal(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(each_kind_of_row_is_repaired), WITH_PAIR(what_both_have_wrong_is_named),
		WITH_LEDGER(one_medium_is_checked_too),  WITH_PAIR(recording_goes_on_meanwhile),
		WITH_PAIR(each_key_file_is_put_right),   WITH_PAIR(a_flipped_byte_anywhere),
	};

	return cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}
