/* The ledger as the keeper uses it: create, open, add in groups, commit, read, rotate. */
#include "ledger/inside.h"
#include "ledger/ledger.h"

#include "ledger_support.h"

static void creating_gives_a_code_and_two_entries(void **state)
{
	struct bench *b = *state;

	assert_int_equal(strlen(b->code), GENESIS_CODE_CHARS);
	open_ledger(b);
	assert_string_equal(ledger_genesis_code(b->ledger), b->code);
	assert_string_equal(ledger_origin(b->ledger), TEST_ORIGIN);
	/* epoch.start and writer.start of the creation, and the same of this opening. */
	assert_int_equal(ledger_head(b->ledger).size, 4);
	assert_int_equal(ledger_head(b->ledger).epoch, 2);
}

static enum err expect_acts(void *context, const struct record *r)
{
	static const char *const acts[] = {"\"act\":\"epoch.start\"", "\"act\":\"writer.start\""};
	unsigned *next = context;

	assert_int_equal(r->seq, *next);
	assert_int_equal(r->boot, *next / 2 + 1);
	assert_int_equal(r->epoch, *next / 2 + 1);
	assert_non_null(strstr(r->body, acts[*next % 2]));
	(*next)++;
	return ERR_OK;
}

static void every_start_is_a_new_boot_and_a_new_epoch(void **state)
{
	struct bench *b = *state;
	unsigned next = 0;

	for (int i = 0; i < 3; i++) {
		open_ledger(b);
		close_ledger(b);
	}
	open_ledger(b);
	must(ledger_read(b->ledger, 0, 100, expect_acts, &next, &b->fault), &b->fault);
	assert_int_equal(next, 10);
}

static enum err expect_everything(void *context, const struct record *r)
{
	int *calls = context;

	(*calls)++;
	assert_string_equal(r->who, "u12");
	assert_string_equal(r->via, "serial");
	assert_string_equal(r->type, "incident");
	assert_string_equal(r->about, "2026-007");
	assert_string_equal(r->idem, TEST_IDEM);
	assert_string_equal(r->body, "{\"act\":\"incident.noted\"}");
	assert_string_equal(r->text, "\"書いたこと\"");
	assert_string_equal(r->person, "{\"name\":\"試験 太郎\"}");
	assert_string_equal(r->files, "[]");
	assert_int_equal(r->at.wall_ms, TEST_WALL_MS);
	return ERR_OK;
}

static const struct draft full_draft = {
	.who = "u12",
	.via = "serial",
	.type = "incident",
	.about = "2026-007",
	.idem = TEST_IDEM,
	.body = "{ \"act\": \"incident.noted\" }",
	.text = "\"書いたこと\"",
	.person = "{\"name\":\"試験 太郎\"}",
	.files = "[ ]",
};

static void what_is_recorded_is_read_back_after_reopening(void **state)
{
	struct bench *b = *state;
	uint8_t leaf[HASH_SIZE], found[HASH_SIZE];
	uint64_t seq = 0, again = 0;
	int calls = 0;

	open_ledger(b);
	must(ledger_add(b->ledger, &full_draft, test_now(), &seq, leaf, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	close_ledger(b);
	open_ledger(b);
	must(ledger_read(b->ledger, seq, seq + 1, expect_everything, &calls, &b->fault), &b->fault);
	assert_int_equal(calls, 1);
	assert_int_equal(ledger_find_idem(b->ledger, TEST_IDEM, &again, found), ERR_OK);
	assert_int_equal(again, seq);
	assert_memory_equal(found, leaf, HASH_SIZE);
}

static void a_retry_is_refused_staged_and_committed(void **state)
{
	struct bench *b = *state;
	uint64_t seq = 77;

	open_ledger(b);
	must(ledger_add(b->ledger, &full_draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	assert_int_equal(ledger_add(b->ledger, &full_draft, test_now(), &seq, NULL, &b->fault), ERR_EXISTS);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	assert_int_equal(ledger_add(b->ledger, &full_draft, test_now(), &seq, NULL, &b->fault), ERR_EXISTS);
	assert_int_equal(seq, 77);
	assert_int_equal(ledger_find_idem(b->ledger, "ffffffffffffffffffffffffffffffff", NULL, NULL), ERR_MISSING);
}

static void an_abandoned_group_leaves_nothing(void **state)
{
	struct bench *b = *state;
	struct checkpoint_info before, after;

	open_ledger(b);
	before = ledger_head(b->ledger);
	must(ledger_add(b->ledger, &full_draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	assert_true(ledger_has_staged(b->ledger));
	ledger_abandon(b->ledger);
	assert_false(ledger_has_staged(b->ledger));
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	after = ledger_head(b->ledger);
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(ledger_find_idem(b->ledger, TEST_IDEM, NULL, NULL), ERR_MISSING);
	/* The key of the case went with it; recording about it again must not notice. */
	must(ledger_add(b->ledger, &full_draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
}

static void rotating_begins_the_next_epoch(void **state)
{
	struct bench *b = *state;
	uint64_t epoch;

	open_ledger(b);
	epoch = ledger_head(b->ledger).epoch;
	must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
	assert_int_equal(ledger_head(b->ledger).epoch, epoch + 1);
	add_entries(b, 3);
	assert_int_equal(ledger_rotate(b->ledger, test_now(), &b->fault), ERR_OK);
	assert_int_equal(ledger_add(b->ledger, &full_draft, test_now(), NULL, NULL, &b->fault), ERR_OK);
	assert_int_equal(ledger_rotate(b->ledger, test_now(), &b->fault), ERR_STATE);
}

static void wrong_drafts_are_refused_and_say_why(void **state)
{
	struct bench *b = *state;
	struct draft draft;

#define REFUSED(field, value)                                                                                   \
	do {                                                                                                    \
		draft = full_draft;                                                                             \
		draft.field = (value);                                                                          \
		b->fault.text[0] = '\0';                                                                        \
		assert_int_equal(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), ERR_FORMAT); \
		assert_true(strlen(b->fault.text) > 10);                                                        \
	} while (0)

	open_ledger(b);
	REFUSED(who, "");
	REFUSED(who, "u 12");
	REFUSED(who, "u\n12");
	REFUSED(via, "telex");
	REFUSED(type, "secret");
	REFUSED(about, "2026\x01");
	REFUSED(idem, "00112233445566778899AABBCCDDEEFF");
	REFUSED(idem, "0011");
	REFUSED(body, NULL);
	REFUSED(body, "[]");
	REFUSED(body, "{\"act\":1}");
	REFUSED(body, "{\"act\":\"a\",\"act\":\"b\"}");
	REFUSED(text, "{");
	REFUSED(person, "[]");
	REFUSED(files, "{}");
#undef REFUSED
	assert_false(ledger_has_staged(b->ledger));
}

static void a_second_process_is_refused(void **state)
{
	struct bench *b = *state;
	struct ledger *second = NULL;

	open_ledger(b);
	assert_int_equal(ledger_open(b->folder, test_now(), &second, &b->fault), ERR_BUSY);
	assert_int_equal(ledger_open_readonly(b->folder, &second, &b->fault), ERR_BUSY);
	assert_null(second);
}

static void a_reader_cannot_write(void **state)
{
	struct bench *b = *state;

	must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
	assert_int_equal(ledger_head(b->ledger).size, 2);
	assert_int_equal(ledger_add(b->ledger, &full_draft, test_now(), NULL, NULL, &b->fault), ERR_STATE);
	assert_int_equal(ledger_rotate(b->ledger, test_now(), &b->fault), ERR_STATE);
	assert_int_equal(ledger_head(b->ledger).size, 2);
}

static void a_folder_in_use_is_not_created_over(void **state)
{
	struct bench *b = *state;
	char code[GENESIS_CODE_CHARS + 1] = "unchanged";

	assert_int_equal(ledger_create(b->folder, NULL, TEST_ORIGIN, test_now(), code, &b->fault), ERR_EXISTS);
	assert_int_equal(ledger_create("/nowhere/x", NULL, "not-an-origin", test_now(), code, &b->fault), ERR_FORMAT);
	assert_string_equal(code, "unchanged");
}

static void the_epoch_secret_kept_is_only_the_next_one(void **state)
{
	struct bench *b = *state;
	sqlite3_stmt *rows = NULL;

	open_ledger(b);
	must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
	assert_int_equal(
		sqlite3_prepare_v2(media_store(&b->ledger->media)->db, "SELECT epoch FROM secrets", -1, &rows, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(rows), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int64(rows, 0), (int64_t)ledger_head(b->ledger).epoch + 1);
	assert_int_equal(sqlite3_step(rows), SQLITE_DONE);
	(void)sqlite3_finalize(rows);
}

static void a_tally_is_durable_and_takes_no_place_in_the_log(void **state)
{
	struct bench *b = *state;
	uint64_t size;

	open_ledger(b);
	size = ledger_head(b->ledger).size;
	put_tally(b, 7, "one");
	put_tally(b, 7, "two");
	put_tally(b, 3, "other");
	assert_int_equal(ledger_head(b->ledger).size, size);
	must(ledger_put_tally(b->ledger, 7, "three", &b->fault), &b->fault);
	ledger_abandon(b->ledger);
	expect_tallies(b, "3=other 7=two ");
	close_ledger(b);
	open_ledger(b);
	expect_tallies(b, "3=other 7=two ");
	put_tally(b, 7, NULL);
	expect_tallies(b, "3=other ");
	must(ledger_check(b->ledger, &b->fault), &b->fault);
}

static void what_people_wrote_lies_sealed_on_the_disk(void **state)
{
	struct bench *b = *state;
	struct blob stored;
	sqlite3_stmt *rows = NULL;

	open_ledger(b);
	must(ledger_add(b->ledger, &full_draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	assert_int_equal(store_entries(media_store(&b->ledger->media), 4, 5, &rows), ERR_OK);
	assert_int_equal(store_next(rows), ERR_OK);
	for (int i = DISCLOSURE_FILES; i < DISCLOSURE_COUNT; i++) {
		struct buf value = {0};

		stored = row_blob(rows, ROW_DISCLOSURES + i);
		assert_non_null(stored.data);
		assert_int_equal(disclosure_parse(&value, (enum disclosure_name)i, stored.data, stored.len),
				 ERR_FORMAT);
		buf_fini(&value);
	}
	(void)sqlite3_finalize(rows);
}

static void the_write_ahead_log_stays_small_without_idleness(void **state)
{
	struct bench *b = *state;
	char *text = malloc(60003);
	struct draft draft = full_draft;
	int64_t most = 0;

	assert_non_null(text);
	memset(text, 'x', 60002);
	text[0] = text[60001] = '"';
	text[60002] = '\0';
	draft.text = text;
	draft.idem = NULL;
	open_ledger(b);
	for (int i = 0; i < 400; i++) {
		must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
		must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
		most = media_store(&b->ledger->media)->wal_pages > most ? media_store(&b->ledger->media)->wal_pages
									: most;
	}
	assert_true(most > WAL_PAGES_MAX / 2 && most < WAL_PAGES_MAX);
	must(ledger_tidy(b->ledger), &b->fault);
	assert_int_equal(media_store(&b->ledger->media)->wal_pages, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(creating_gives_a_code_and_two_entries),
		WITH_LEDGER(every_start_is_a_new_boot_and_a_new_epoch),
		WITH_LEDGER(what_is_recorded_is_read_back_after_reopening),
		WITH_LEDGER(a_retry_is_refused_staged_and_committed),
		WITH_LEDGER(an_abandoned_group_leaves_nothing),
		WITH_LEDGER(rotating_begins_the_next_epoch),
		WITH_LEDGER(a_tally_is_durable_and_takes_no_place_in_the_log),
		WITH_LEDGER(wrong_drafts_are_refused_and_say_why),
		WITH_LEDGER(a_second_process_is_refused),
		WITH_LEDGER(a_reader_cannot_write),
		WITH_LEDGER(a_folder_in_use_is_not_created_over),
		WITH_LEDGER(the_epoch_secret_kept_is_only_the_next_one),
		WITH_LEDGER(what_people_wrote_lies_sealed_on_the_disk),
		WITH_LEDGER(the_write_ahead_log_stays_small_without_idleness),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
