/* Erasing in logs that have ended: recorded in the one that goes on, gone from every copy, and both are still good. */
#include "ledger/past.h"
#include "ledger/verdict.h"

#include "pair_support.h"

#include <ftw.h>

static const struct reincarnation a_theft = {.reason = "盗難"};
static const struct redaction why = {.who = "u1",
				     .via = "cli",
				     .authority = "保存期間の満了",
				     .reason = "個人情報の消去の申出",
				     .approved_by = {"u1", "u2"}};

/* ---- what is searched for, as it is stored ---- */

struct sealed {
	uint8_t bytes[4096];
	size_t len;
};

static uint64_t add_personal(struct bench *b, const char *about, const char *text, struct sealed *out)
{
	struct draft draft = {.who = "u1",
			      .via = "cli",
			      .type = "incident",
			      .about = about,
			      .body = "{\"act\":\"incident.noted\"}",
			      .text = text,
			      .person = "{\"name\":\"somebody\"}"};
	sqlite3_stmt *rows = NULL;
	struct blob blob;
	uint64_t seq;

	must(ledger_add(b->ledger, &draft, test_now(), &seq, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	must(store_entries(media_store(&b->ledger->media), seq, seq + 1, &rows), &b->fault);
	must(store_next(rows), &b->fault);
	blob = row_blob(rows, ROW_DISCLOSURES + DISCLOSURE_TEXT);
	assert_true(blob.len > 0 && blob.len <= sizeof out->bytes);
	memcpy(out->bytes, blob.data, blob.len);
	out->len = blob.len;
	(void)sqlite3_finalize(rows);
	return seq;
}

static const struct sealed *wanted;
static int found;

static int look_into(const char *path, const struct stat *about, int kind, struct FTW *at)
{
	struct buf data = {.cap = 256 * 1024 * 1024};
	struct fault f;

	(void)about;
	(void)at;
	/* The reserve is only room. */
	if (kind != FTW_F || strstr(path, "/reserve") != NULL)
		return 0;
	must(file_read(path, 128 * 1024 * 1024, &data, &f), &f);
	if (data.len > 0 && memmem(data.data, data.len, wanted->bytes, wanted->len) != NULL)
		found++;
	buf_fini(&data);
	return 0;
}

/* How many files, anywhere on the two media, hold it. */
static int places_of(const struct pair *p, const struct sealed *sealed)
{
	wanted = sealed;
	found = 0;
	assert_int_equal(nftw(p->b.place, look_into, 8, FTW_PHYS), 0);
	wanted = NULL;
	return found;
}

/* ---- logs one after the other ---- */

static void begin_next(struct bench *b, char code[GENESIS_CODE_CHARS + 1])
{
	close_ledger(b);
	must(ledger_reincarnate(b->folder, &a_theft, test_now(), code, &b->fault), &b->fault);
	open_ledger(b);
}

static struct past *open_past(struct bench *b)
{
	struct past *past = NULL;

	must(past_open(b->ledger, &past, &b->fault), &b->fault);
	return past;
}

static void settle(struct bench *b)
{
	past_close(open_past(b));
}

struct told {
	char text[64], person[64];
};

static enum err tell(void *context, const struct record *r)
{
	struct told *told = context;

	(void)snprintf(told->text, sizeof told->text, "%s", r->text != NULL ? r->text : "");
	(void)snprintf(told->person, sizeof told->person, "%s", r->person != NULL ? r->person : "");
	return ERR_OK;
}

static void expect_told(struct past *past, uint64_t number, const char *text, const char *person)
{
	struct told told = {.text = "nothing"};
	struct fault f;

	must(past_read(past, number, number + 1, tell, &told, &f), &f);
	assert_string_equal(told.text, text);
	assert_string_equal(told.person, person);
}

static enum err take_body(void *context, const struct record *r)
{
	(void)snprintf(context, 1024, "%s", r->body);
	return ERR_OK;
}

static void expect_good(struct ledger *l, const char *bundle, const char *code, uint64_t withheld)
{
	struct export_options everything = {0};
	struct known known = {.code = code};
	struct bench b = {.ledger = l};
	struct verdict v;

	(void)snprintf(b.bundle, sizeof b.bundle, "%s", bundle);
	must(ledger_check(l, &b.fault), &b.fault);
	export_bundle(&b, &everything);
	bundle_verify(&v, b.bundle, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		fail_msg("%s", v.fault.text);
	assert_int_equal(v.counts[WITHHELD], withheld);
	assert_int_equal(v.counts[REDACTED], 0);
}

static void a_text_of_an_ended_log_is_nowhere(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1], bundle[128], body[1024] = "";
	struct ledger *archive;
	struct sealed sealed;
	struct past *past;
	uint64_t number;

	open_ledger(b);
	number = add_personal(b, "2026-001", "\"of somebody\"", &sealed);
	begin_next(b, code);
	past = open_past(b);
	assert_int_equal(places_of(p, &sealed), 2);
	must(past_redact(past, b->ledger, number, "text", &why, test_now(), &b->fault), &b->fault);
	assert_int_equal(places_of(p, &sealed), 0);
	expect_told(past, number, "", "{\"name\":\"somebody\"}");
	must(ledger_read(b->ledger, ledger_head(b->ledger).size - 1, UINT64_MAX, take_body, body, &b->fault),
	     &b->fault);
	assert_non_null(strstr(body, "{\"act\":\"redaction.earlier\",\"origin\":\"" TEST_ORIGIN "\",\"seq\":4,"
				     "\"name\":\"text\",\"digest\":\""));
	assert_non_null(strstr(body, "\"approved_by\":[\"u1\",\"u2\"]}"));
	assert_int_equal(past_redact(past, b->ledger, number, "text", &why, test_now(), &b->fault), ERR_EXISTS);
	for (unsigned i = 0; (archive = past_log(past, i)) != NULL; i++) {
		(void)snprintf(bundle, sizeof bundle, "%s/%u", b->place, i);
		expect_good(archive, bundle, b->code, 1);
	}
	expect_equal(p);
	expect_good(b->ledger, b->bundle, code, 0);
	past_close(past);
}

static void what_cannot_be_erased_is_refused(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];
	struct redaction alone = why;
	struct checkpoint_info before;
	struct sealed sealed;
	struct past *past;
	uint64_t number;

	alone.approved_by[1] = "u1";
	open_ledger(b);
	number = add_personal(b, "2026-001", "\"x\"", &sealed);
	begin_next(b, code);
	past = open_past(b);
	before = ledger_head(b->ledger);
	assert_int_equal(past_redact(past, b->ledger, number, "body", &why, test_now(), &b->fault), ERR_FORMAT);
	assert_int_equal(past_redact(past, b->ledger, number, "files", &why, test_now(), &b->fault), ERR_MISSING);
	assert_int_equal(past_redact(past, b->ledger, number, "text", &alone, test_now(), &b->fault), ERR_FORMAT);
	assert_int_equal(past_redact(past, b->ledger, 999, "text", &why, test_now(), &b->fault), ERR_MISSING);
	assert_int_equal(ledger_head(b->ledger).size, before.size);
	assert_int_equal(places_of(p, &sealed), 2);
	past_close(past);
}

/* An index finds the entries that erase, so their first characters are part of the format of the database. */
static void what_a_power_cut_left_is_erased_when_opening(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];
	struct loss loss = {.name = DISCLOSURE_TEXT};
	struct ledger *archive;
	struct sealed sealed;
	struct entry e;
	struct past *past;

	open_ledger(b);
	loss.seq = add_personal(b, "2026-001", "\"of somebody\"", &sealed);
	begin_next(b, code);
	past = open_past(b);
	archive = past_log(past, 0);
	must(redaction_find(archive, loss.seq, loss.seq, loss.name, &e, &b->fault), &b->fault);
	memcpy(loss.digest, e.sd[loss.name], HASH_SIZE);
	must(loss_stage(b->ledger, archive, &loss, &why, test_now(), &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	past_close(past);
	close_ledger(b);
	assert_int_equal(places_of(p, &sealed), 2);
	/* Who only reads changes nothing. */
	must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
	settle(b);
	assert_int_equal(places_of(p, &sealed), 2);
	close_ledger(b);
	open_ledger(b);
	settle(b);
	assert_int_equal(places_of(p, &sealed), 0);
}

/* Whoever can make the box record an entry erases nothing with it alone. */
static void an_entry_that_nobody_approved_erases_nothing(void **state)
{
	static const char *const bodies[] = {
		"{\"act\":\"redaction.earlier\",\"case\":\"2026-001\"}",
		"{\"act\":\"redaction.earlier\",\"case\":\"2026-001\",\"approved_by\":[]}",
		"{\"act\":\"redaction.earlier\",\"case\":\"2026-001\",\"approved_by\":[\"u1\",\"u1\"]}",
	};
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];
	struct sealed sealed;
	struct past *past;
	uint64_t number;

	open_ledger(b);
	number = add_personal(b, "2026-001", "\"of somebody\"", &sealed);
	begin_next(b, code);
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct draft draft = {.who = "u1", .via = "cli", .type = "system", .about = "-", .body = bodies[i]};

		must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	}
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	past = open_past(b);
	assert_true(past_has_case(past, "2026-001"));
	expect_told(past, number, "\"of somebody\"", "{\"name\":\"somebody\"}");
	past_close(past);
}

static void copy(const char *from, const char *to)
{
	struct buf data = {.cap = 256 * 1024 * 1024};
	struct fault f;

	must(file_read(from, 128 * 1024 * 1024, &data, &f), &f);
	must(file_replace(to, data.data, data.len, 0600, &f), &f);
	buf_fini(&data);
}

/* After a power cut a log may have ended with entries that stand in SQLite's log file only. */
static void what_an_ended_log_left_in_its_log_file_goes_too(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1], path[2][256], kept[2][256];
	static const char *const names[2] = {"ledger.db", "ledger.db-wal"};
	struct sealed sealed;
	struct past *past;
	uint64_t number;

	open_ledger(b);
	number = add_personal(b, "2026-001", "\"of somebody\"", &sealed);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path[i], sizeof path[i], "%s/%s", b->folder, names[i]);
		(void)snprintf(kept[i], sizeof kept[i], "%s/%s", b->place, names[i]);
		copy(path[i], kept[i]);
	}
	begin_next(b, code);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path[i], sizeof path[i], "%s/incarnations/1/%s", b->folder, names[i]);
		move(kept[i], path[i]);
	}
	assert_int_equal(places_of(p, &sealed), 2);
	past = open_past(b);
	must(past_redact(past, b->ledger, number, "text", &why, test_now(), &b->fault), &b->fault);
	assert_int_equal(places_of(p, &sealed), 0);
	past_close(past);
}

static void a_medium_that_was_away_does_not_bring_it_back(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];
	const char *folders[] = {p->mirror, b->folder};

	for (int i = 0; i < 2; i++) {
		struct sealed sealed;
		struct past *past;
		uint64_t number;

		open_ledger(b);
		past = open_past(b);
		number = past_size(past);
		past_close(past);
		number += add_personal(b, "2026-001", "\"of somebody\"", &sealed);
		begin_next(b, code);
		close_ledger(b);
		pull(p, folders[i]);
		must(ledger_open(folders[1 - i], test_now(), &b->ledger, &b->fault), &b->fault);
		past = open_past(b);
		must(past_redact(past, b->ledger, number, "text", &why, test_now(), &b->fault), &b->fault);
		past_close(past);
		close_ledger(b);
		put_back(folders[i]);
		assert_int_equal(places_of(p, &sealed), 1);
		open_ledger(b);
		settle(b);
		assert_int_equal(places_of(p, &sealed), 0);
		close_ledger(b);
	}
}

/* It was away while the log that says so ended, too. */
static void one_that_was_away_for_two_logs_does_not_either(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];
	struct sealed sealed;
	struct past *past;
	uint64_t number;
	bool done = false;

	open_ledger(b);
	number = add_personal(b, "2026-001", "\"of somebody\"", &sealed);
	begin_next(b, code);
	close_ledger(b);
	pull(p, p->mirror);
	open_ledger(b);
	past = open_past(b);
	must(past_redact(past, b->ledger, number, "text", &why, test_now(), &b->fault), &b->fault);
	past_close(past);
	begin_next(b, code);
	close_ledger(b);
	put_back(p->mirror);
	open_ledger(b);
	while (!done)
		must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	assert_int_equal(places_of(p, &sealed), 1);
	settle(b);
	assert_int_equal(places_of(p, &sealed), 0);
}

/* ---- a whole case ---- */

static void dispose(struct bench *b, struct past *past, const char *about, uint64_t erased)
{
	struct disposal *d = NULL;
	bool done = false;

	must(disposal_begin(b->ledger, past, about, &why, &d, &b->fault), &b->fault);
	while (!done)
		must(disposal_step(d, 0, test_now(), &done, &b->fault), &b->fault);
	assert_int_equal(disposal_erased(d), erased);
	disposal_end(d);
}

static void a_case_goes_from_all_logs_and_its_keys_with_it(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];
	struct sealed gone[3], kept;
	struct ledger *archive;
	struct disposal *d = NULL;
	struct past *past;
	bool done = false;

	open_ledger(b);
	for (int i = 0; i < 40; i++)
		(void)add_personal(b, "2026-001", "\"x\"", &gone[0]);
	(void)add_personal(b, "2026-002", "\"stays\"", &kept);
	begin_next(b, code);
	(void)add_personal(b, "2026-001", "\"y\"", &gone[1]);
	begin_next(b, code);
	(void)add_personal(b, "2026-001", "\"z\"", &gone[2]);
	past = open_past(b);
	dispose(b, past, "2026-001", 84);
	for (int i = 0; i < 3; i++)
		assert_int_equal(places_of(p, &gone[i]), 0);
	assert_int_equal(places_of(p, &kept), 2);
	assert_false(past_has_case(past, "2026-001"));
	assert_true(past_has_case(past, "2026-002"));
	for (unsigned i = 0; (archive = past_log(past, i)) != NULL; i++)
		must(ledger_check(archive, &b->fault), &b->fault);
	expect_equal(p);
	must(disposal_begin(b->ledger, past, "2026-001", &why, &d, &b->fault), &b->fault);
	assert_int_equal(disposal_step(d, INT64_MAX / 2, test_now(), &done, &b->fault), ERR_MISSING);
	disposal_end(d);
	past_close(past);
}

/* ---- logs that went different ways ---- */

static void part(struct pair *p, struct sealed *here, struct sealed *there)
{
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];

	pull(p, p->mirror);
	open_ledger(b); /* with medium.lost: 2 … 4 */
	assert_int_equal(add_personal(b, "2026-001", "\"here\"", here), 5);
	close_ledger(b);
	pull(p, b->folder);
	put_back(p->mirror);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	assert_int_equal(add_personal(b, "2026-001", "\"there\"", there), 5);
	close_ledger(b);
	put_back(b->folder);
	must(ledger_reincarnate(b->folder, &a_theft, test_now(), code, &b->fault), &b->fault);
}

static void only_what_is_meant_goes_where_two_logs_have_the_same_place(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct sealed here, there;
	struct past *past;

	part(p, &here, &there);
	open_ledger(b);
	past = open_past(b);
	must(past_redact(past, b->ledger, 5, "text", &why, test_now(), &b->fault), &b->fault);
	assert_int_equal(places_of(p, &here), 0);
	assert_int_equal(places_of(p, &there), 1);
	expect_told(past, 9, "\"there\"", "{\"name\":\"somebody\"}");
	past_close(past);
}

static void what_is_not_here_is_not_called_erased(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct sealed here, there;
	struct disposal *d = NULL;
	struct past *past;

	part(p, &here, &there);
	pull(p, b->folder);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	past = open_past(b);
	assert_int_equal(past_redact(past, b->ledger, 5, "text", &why, test_now(), &b->fault), ERR_STATE);
	assert_int_equal(disposal_begin(b->ledger, past, "2026-001", &why, &d, &b->fault), ERR_STATE);
	must(past_redact(past, b->ledger, 9, "text", &why, test_now(), &b->fault), &b->fault);
	assert_int_equal(places_of(p, &there), 0);
	past_close(past);
	close_ledger(b);
	put_back(b->folder);
}

/* ---- stored files ---- */

static struct kept_file add_file(struct bench *b, const char *content)
{
	struct draft draft = {.who = "u1",
			      .via = "cli",
			      .type = "incident",
			      .about = "2026-001",
			      .body = "{\"act\":\"incident.noted\"}"};
	struct file_places places;
	struct kept_file kept;
	char files[256];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], content, strlen(content)), (ssize_t)strlen(content));
	(void)close(ends[1]);
	ledger_file_places(b->ledger, &places);
	must(file_keep(&places, ends[0], &kept, &b->fault), &b->fault);
	(void)close(ends[0]);
	(void)snprintf(files, sizeof files,
		       "[{\"name\":\"a.txt\",\"size\":%d,\"type\":\"text/plain\",\"sha256\":\"%s\"}]", (int)kept.size,
		       kept.sha256);
	draft.files = files;
	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	return kept;
}

static void a_stored_file_goes_when_nobody_names_it(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct sealed file = {.bytes = "a list of names", .len = 15};
	char code[GENESIS_CODE_CHARS + 1], path[256];
	struct kept_file kept;
	struct past *past;

	open_ledger(b);
	kept = add_file(b, "a list of names");
	(void)add_file(b, "a list of names");
	begin_next(b, code);
	past = open_past(b);
	assert_int_equal(places_of(p, &file), 2);
	must(past_redact(past, b->ledger, 4, "files", &why, test_now(), &b->fault), &b->fault);
	assert_int_equal(places_of(p, &file), 2);
	must(past_redact(past, b->ledger, 5, "files", &why, test_now(), &b->fault), &b->fault);
	assert_int_equal(places_of(p, &file), 0);
	must(ledger_check(past_log(past, 0), &b->fault), &b->fault);
	/* As if a power cut had come before the file was removed. */
	(void)snprintf(path, sizeof path, "%s/incarnations/1/blobs/%s", b->folder, kept.sha256);
	must(file_replace(path, (const char *)file.bytes, file.len, 0600, &b->fault), &b->fault);
	past_close(past);
	settle(b);
	assert_int_equal(places_of(p, &file), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(a_text_of_an_ended_log_is_nowhere),
		WITH_PAIR(what_cannot_be_erased_is_refused),
		WITH_PAIR(what_a_power_cut_left_is_erased_when_opening),
		WITH_PAIR(an_entry_that_nobody_approved_erases_nothing),
		WITH_PAIR(what_an_ended_log_left_in_its_log_file_goes_too),
		WITH_PAIR(a_medium_that_was_away_does_not_bring_it_back),
		WITH_PAIR(one_that_was_away_for_two_logs_does_not_either),
		WITH_PAIR(a_case_goes_from_all_logs_and_its_keys_with_it),
		WITH_PAIR(only_what_is_meant_goes_where_two_logs_have_the_same_place),
		WITH_PAIR(what_is_not_here_is_not_called_erased),
		WITH_PAIR(a_stored_file_goes_when_nobody_names_it),
	};

	return cmocka_run_group_tests_name("past_erase", tests, NULL, NULL);
}
