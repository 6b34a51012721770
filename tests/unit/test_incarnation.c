/* A log that cannot go on is left whole, and the next one commits to what it said last. */
#include "ledger/verdict.h"

#include "ledger/past.h"

#include "pair_support.h"

#include <sys/stat.h>

static const struct reincarnation no_reason = {.reason = NULL}, a_theft = {.who = "u7", .via = "cli", .reason = "盗難"};

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
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
	assert_string_not_equal(code, b->code);
	expect_new(p, code, "city.example/k0001/2", 1);
	expect_old(b->folder, 9);
	expect_old(p->mirror, 9);
}

static void what_was_counted_goes_over_to_the_next(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];

	open_ledger(b);
	put_tally(b, 4, "twelve");
	close_ledger(b);
	lose_secret(p);
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
	open_ledger(b);
	expect_tallies(b, "4=twelve ");
	expect_equal(p);
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
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
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
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
	must(ledger_reincarnate(p->mirror, &a_theft, test_now(), code, &b->fault), &b->fault);
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
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
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
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
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
	assert_int_equal(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), ERR_BUSY);
	add_entries(b, 1);
	expect_equal(p);
	assert_int_equal(ledger_reincarnate(b->place, &no_reason, test_now(), code, &b->fault), ERR_MISSING);
}

/* The third entry of the log that is open. */
struct begun {
	char who[32], body[256], text[256];
};

static enum err take_begun(void *context, const struct record *r)
{
	struct begun *begun = context;

	(void)snprintf(begun->who, sizeof begun->who, "%s", r->who);
	(void)snprintf(begun->body, sizeof begun->body, "%s", r->body);
	(void)snprintf(begun->text, sizeof begun->text, "%s", r->text != NULL ? r->text : "");
	return ERR_OK;
}

static struct begun read_begun(struct bench *b)
{
	struct begun begun;

	open_ledger(b);
	must(ledger_read(b->ledger, 2, 3, take_begun, &begun, &b->fault), &b->fault);
	close_ledger(b);
	return begun;
}

static void what_could_go_on_is_ended_with_a_reason_only(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];
	struct begun begun;

	assert_int_equal(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), ERR_STATE);
	assert_non_null(strstr(b->fault.text, "--reason"));
	assert_int_equal(
		ledger_reincarnate(b->folder, &(struct reincarnation){.reason = ""}, test_now(), code, &b->fault),
		ERR_FORMAT);
	must(ledger_reincarnate(b->folder, &a_theft, test_now(), code, &b->fault), &b->fault);
	begun = read_begun(b);
	assert_string_equal(begun.who, "u7");
	assert_string_equal(begun.body, "{\"act\":\"incarnation.begun\",\"why\":\"asked\",\"before\":2,\"common\":2}");
	assert_string_equal(begun.text, "{\"reason\":\"盗難\"}");
}

static void a_secret_on_one_medium_is_enough(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1];

	open_ledger(b);
	assert_int_equal(sqlite3_exec(b->ledger->media.m[0].store->db, "DELETE FROM secrets", NULL, NULL, NULL),
			 SQLITE_OK);
	close_ledger(b);
	assert_int_equal(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), ERR_STATE);
	open_ledger(b);
	expect_equal(p);
}

/* Sealed with a key of the panel's controller, and one medium has lost its secret besides. */
static void open_with(struct pair *p, struct slot_keys *slots)
{
	struct bench *b = &p->b;

	must(ledger_open_telling(b->folder, test_now(), NULL, slots, &b->ledger, &b->fault), &b->fault);
}

static void expect_missing(struct pair *p, struct slot_keys *slots)
{
	struct bench *b = &p->b;
	struct ledger *l = NULL;

	assert_int_equal(ledger_open_telling(b->folder, test_now(), NULL, slots, &l, &b->fault), ERR_STATE);
	assert_true(slots->is_missing);
	assert_non_null(strstr(b->fault.text, "connect that controller"));
}

static void a_key_that_is_missing_is_told_whichever_medium_lost_its_secret(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct slot_keys with = {.seals = true, .kept = 1, .key = {{7}}}, without = {.seals = true};
	const struct reincarnation by_itself = {.slots = &without};
	char code[GENESIS_CODE_CHARS + 1];

	for (int lost = 0; lost < 2; lost++) {
		open_with(p, &with);
		assert_int_equal(
			sqlite3_exec(b->ledger->media.m[lost].store->db, "DELETE FROM secrets", NULL, NULL, NULL),
			SQLITE_OK);
		close_ledger(b);
		expect_missing(p, &without);
	}
	must(ledger_reincarnate(b->folder, &by_itself, test_now(), code, &b->fault), &b->fault);
	assert_non_null(strstr(read_begun(b).body, "panel_key_lost"));
}

static void one_that_ended_says_where_the_log_goes_on(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	char code[GENESIS_CODE_CHARS + 1], path[256];
	struct ledger *l = NULL;

	lose_secret(p);
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
	must(ledger_earlier_path(p->mirror, 1, path, sizeof path), &b->fault);
	assert_int_equal(ledger_open(path, test_now(), &l, &b->fault), ERR_STATE);
	assert_non_null(strstr(b->fault.text, p->mirror));
	assert_int_equal(ledger_reincarnate(path, &a_theft, test_now(), code, &b->fault), ERR_STATE);
}

/* Also what no epoch could close any more. */
static void one_that_ended_is_exported_to_its_last_entry(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	char code[GENESIS_CODE_CHARS + 1], path[256];
	struct verdict v;

	lose_secret(p);
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
	must(ledger_earlier_path(b->folder, 1, path, sizeof path), &b->fault);
	must(ledger_open_readonly(path, &b->ledger, &b->fault), &b->fault);
	export_bundle(b, &everything);
	bundle_verify(&v, b->bundle, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		fail_msg("%s", v.fault.text);
	assert_int_equal(v.entries, 9);
}

/* ---- one numbering ---- */

struct told {
	uint64_t count, next;
	char texts[32][64]; /* by number */
};

static enum err tell(void *context, const struct record *r)
{
	struct told *told = context;

	assert_true(r->seq < 32);
	assert_int_equal(r->seq, told->next);
	told->count++;
	told->next = r->seq + 1;
	(void)snprintf(told->texts[r->seq], sizeof told->texts[0], "%s", r->text != NULL ? r->text : "");
	return ERR_OK;
}

static void expect_text(const struct told *told, uint64_t number, const char *text)
{
	assert_string_equal(told->texts[number], text);
}

static void add_keyed(struct bench *b, const char *text, const char *idem)
{
	struct draft draft = {.who = "u1",
			      .via = "cli",
			      .type = "incident",
			      .about = "2026-001",
			      .idem = idem,
			      .body = "{\"act\":\"incident.noted\"}",
			      .text = text};

	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
}

static const char first_key[] = "0123456789abcdef0123456789abcdef", other_key[] = "f123456789abcdef0123456789abcdef";

static void numbers_go_on_from_log_to_log(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct told told = {0};
	struct past *past = NULL;
	char code[GENESIS_CODE_CHARS + 1];
	uint64_t number = 0, seq = 0;

	open_ledger(b);
	add_keyed(b, "\"one\"", first_key); /* number 4 of 5 */
	close_ledger(b);
	must(ledger_reincarnate(b->folder, &a_theft, test_now(), code, &b->fault), &b->fault);
	open_ledger(b);                     /* begun: 3, opened: 2 */
	add_keyed(b, "\"two\"", other_key); /* number 5 + 5 of 5 + 6 */
	close_ledger(b);
	must(ledger_reincarnate(b->folder, &a_theft, test_now(), code, &b->fault), &b->fault);
	open_ledger(b);
	must(past_open(b->ledger, &past, &b->fault), &b->fault);
	assert_int_equal(past_size(past), 11);
	assert_int_equal(past_missing(past), 0);
	must(past_read(past, 0, UINT64_MAX, tell, &told, &b->fault), &b->fault);
	assert_int_equal(told.count, 11);
	expect_text(&told, 4, "\"one\"");
	expect_text(&told, 10, "\"two\"");
	assert_int_equal(past_find_idem(past, first_key, &number), ERR_OK);
	assert_int_equal(number, 4);
	assert_int_equal(past_find_idem(past, other_key, &number), ERR_OK);
	assert_int_equal(number, 10);
	assert_int_equal(past_find_idem(past, "00000000000000000000000000000000", &number), ERR_MISSING);
	assert_string_equal(past_locate(past, 10, &seq), "city.example/k0001/2");
	assert_int_equal(seq, 5);
	assert_string_equal(past_locate(past, 4, &seq), "city.example/k0001/1");
	assert_null(past_locate(past, 11, &seq));
	told = (struct told){.next = 3};
	must(past_read(past, 3, 6, tell, &told, &b->fault), &b->fault);
	assert_int_equal(told.count, 3);
	past_close(past);
}

static void a_log_without_others_before_it_has_no_past(void **state)
{
	struct pair *p = *state;
	struct past *past = NULL;

	open_ledger(&p->b);
	must(past_open(p->b.ledger, &past, &p->b.fault), &p->b.fault);
	assert_int_equal(past_size(past), 0);
	assert_int_equal(past_missing(past), 0);
	past_close(past);
}

/* Both media acknowledged different entries after they had two in common. */
static void part(struct pair *p)
{
	struct bench *b = &p->b;

	pull(p, p->mirror);
	open_ledger(b); /* with medium.lost: 2 … 4 */
	add_keyed(b, "\"here\"", first_key);
	close_ledger(b);
	pull(p, b->folder);
	put_back(p->mirror);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	add_keyed(b, "\"there\"", other_key);
	close_ledger(b);
	put_back(b->folder);
}

static void both_ways_are_read_and_what_they_share_once(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct told told = {0};
	struct past *past = NULL;
	char code[GENESIS_CODE_CHARS + 1];
	uint64_t number = 0;

	part(p);
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
	assert_non_null(strstr(read_begun(b).body, "\"why\":\"media_differ\",\"before\":10,\"common\":2"));
	open_ledger(b);
	must(past_open(b->ledger, &past, &b->fault), &b->fault);
	assert_int_equal(past_size(past), 10);
	must(past_read(past, 0, 10, tell, &told, &b->fault), &b->fault);
	assert_int_equal(told.count, 10);
	expect_text(&told, 5, "\"here\"");
	expect_text(&told, 9, "\"there\"");
	assert_int_equal(past_find_idem(past, first_key, &number), ERR_OK);
	assert_int_equal(number, 5);
	assert_int_equal(past_find_idem(past, other_key, &number), ERR_OK);
	assert_int_equal(number, 9);
	past_close(past);
}

static enum err count_it(void *context, const struct record *r)
{
	(void)r;
	++*(uint64_t *)context;
	return ERR_OK;
}

static void numbers_stay_when_a_medium_is_away(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct past *past = NULL;
	char code[GENESIS_CODE_CHARS + 1];
	uint64_t number = 0, count = 0;

	part(p);
	must(ledger_reincarnate(b->folder, &no_reason, test_now(), code, &b->fault), &b->fault);
	pull(p, b->folder);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	must(past_open(b->ledger, &past, &b->fault), &b->fault);
	assert_int_equal(past_size(past), 10);
	assert_int_equal(past_missing(past), 4);
	must(past_read(past, 0, 10, count_it, &count, &b->fault), &b->fault);
	assert_int_equal(count, 6);
	assert_int_equal(past_find_idem(past, first_key, &number), ERR_MISSING);
	assert_int_equal(past_find_idem(past, other_key, &number), ERR_OK);
	assert_int_equal(number, 9);
	past_close(past);
	close_ledger(b);
	put_back(b->folder);
}

/* ---- a medium that was being filled when the other one was lost ---- */

static enum err count_record(void *context, const struct record *r)
{
	(void)r;
	(*(uint64_t *)context)++;
	return ERR_OK;
}

/* How many entries were copied before the first medium was gone. */
static uint64_t fill_half(struct pair *p, uint64_t *size)
{
	struct bench *b = &p->b;
	bool done = false;
	uint64_t copied;

	open_ledger(b);
	add_entries(b, 120);
	must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
	add_text(b, "2026-001", "\"what was written\"");
	add_entries(b, 300);
	close_ledger(b);
	pull(p, p->mirror);
	must(folder_make(p->mirror, 0700, &b->fault), &b->fault);
	open_ledger(b);
	*size = ledger_head(b->ledger).size;
	do
		must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	while (ledger_rejoined(b->ledger) < 200);
	assert_false(done);
	copied = ledger_rejoined(b->ledger);
	assert_true(copied < *size);
	close_ledger(b);
	pull(p, b->folder);
	return copied;
}

/* All that is there can be read and exported, and what is not there is missed. */
static void expect_half(struct bench *b, const char *folder, uint64_t size, uint64_t copied)
{
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	struct verdict v;
	uint64_t count = 0;

	must(ledger_open_readonly(folder, &b->ledger, &b->fault), &b->fault);
	assert_int_equal(ledger_head(b->ledger).size, size);
	must(ledger_read(b->ledger, 0, size, count_record, &count, &b->fault), &b->fault);
	assert_int_equal(count, copied);
	assert_int_equal(ledger_check(b->ledger, &b->fault), ERR_CORRUPT);
	must(folder_remove(b->bundle, &b->fault), &b->fault);
	export_bundle(b, &everything);
	bundle_verify(&v, b->bundle, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		fail_msg("%s", v.fault.text);
	assert_true(v.entries > 100 && v.entries <= copied);
	close_ledger(b);
}

static enum err take_words(void *context, const struct record *r)
{
	(void)snprintf(context, 1024, "%s %s", r->body, r->text != NULL ? r->text : "");
	return ERR_OK;
}

static void what_is_on_a_half_filled_medium_is_kept(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct reincarnation nothing = {.reason = NULL},
			     lost = {.who = "u1", .via = "cli", .reason = "the first one burnt"};
	char code[GENESIS_CODE_CHARS + 1], words[1024], path[256];
	uint64_t size, copied = fill_half(p, &size);

	assert_int_equal(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), ERR_STATE);
	assert_non_null(strstr(b->fault.text, "--new-incarnation"));
	expect_half(b, p->mirror, size, copied);
	assert_int_equal(ledger_reincarnate(p->mirror, &nothing, test_now(), code, &b->fault), ERR_STATE);
	assert_non_null(strstr(b->fault.text, "--reason"));
	must(ledger_reincarnate(p->mirror, &lost, test_now(), code, &b->fault), &b->fault);
	must(ledger_earlier_path(p->mirror, 1, path, sizeof path), &b->fault);
	expect_half(b, path, size, copied);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	must(ledger_read(b->ledger, 0, 1, take_words, words, &b->fault), &b->fault);
	(void)snprintf(path, sizeof path, "\"size\":%d,", (int)size);
	assert_non_null(strstr(words, path));
	must(ledger_read(b->ledger, 2, 3, take_words, words, &b->fault), &b->fault);
	assert_non_null(strstr(words, "half_filled"));
	assert_non_null(strstr(words, "burnt"));
	must(ledger_check(b->ledger, &b->fault), &b->fault);
}

/* The one that it was filled from is there again: it is right, whatever the other says. */
static void a_half_filled_medium_is_filled_when_the_other_is_back(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	uint64_t size;

	(void)fill_half(p, &size);
	put_back(b->folder);
	open_ledger(b);
	expect_equal(p);
	assert_true(ledger_head(b->ledger).size > size);
	assert_non_null(strstr(body_before(b, 2), "medium.half_filled"));
	assert_non_null(strstr(body_before(b, 1), "medium.returned"));
}

/* The filling of a second log had hardly begun. */
static void a_half_filled_medium_knows_how_many_came_before(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct reincarnation lost = {.who = "u1", .via = "cli", .reason = "the first one burnt"};
	char code[GENESIS_CODE_CHARS + 1], words[1024], expected[64];
	uint64_t before;
	bool done = false;

	open_ledger(b);
	add_entries(b, 5);
	before = ledger_head(b->ledger).size;
	close_ledger(b);
	must(ledger_reincarnate(b->folder, &lost, test_now(), code, &b->fault), &b->fault);
	pull(p, p->mirror);
	must(folder_make(p->mirror, 0700, &b->fault), &b->fault);
	open_ledger(b);
	add_entries(b, 300);
	before += ledger_head(b->ledger).size;
	must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	assert_int_equal(ledger_rejoined(b->ledger), LINEAGE_ENTRIES);
	close_ledger(b);
	pull(p, b->folder);
	must(ledger_reincarnate(p->mirror, &lost, test_now(), code, &b->fault), &b->fault);
	must(ledger_open(p->mirror, test_now(), &b->ledger, &b->fault), &b->fault);
	must(ledger_read(b->ledger, 2, 3, take_words, words, &b->fault), &b->fault);
	(void)snprintf(expected, sizeof expected, "\"before\":%llu,", (unsigned long long)before);
	assert_non_null(strstr(words, expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(a_lost_secret_ends_a_log_and_the_next_begins),
		WITH_PAIR(two_ways_are_both_kept),
		WITH_PAIR(what_was_counted_goes_over_to_the_next),
		WITH_PAIR(one_follows_another),
		WITH_PAIR(a_medium_that_was_away_keeps_the_old_log),
		WITH_PAIR(a_crash_on_the_way_is_finished_when_opening),
		WITH_PAIR(what_is_busy_or_no_ledger_is_left_alone),
		WITH_PAIR(what_could_go_on_is_ended_with_a_reason_only),
		WITH_PAIR(a_secret_on_one_medium_is_enough),
		WITH_PAIR(a_key_that_is_missing_is_told_whichever_medium_lost_its_secret),
		WITH_PAIR(one_that_ended_says_where_the_log_goes_on),
		WITH_PAIR(one_that_ended_is_exported_to_its_last_entry),
		WITH_PAIR(numbers_go_on_from_log_to_log),
		WITH_PAIR(a_log_without_others_before_it_has_no_past),
		WITH_PAIR(both_ways_are_read_and_what_they_share_once),
		WITH_PAIR(numbers_stay_when_a_medium_is_away),
		WITH_PAIR(what_is_on_a_half_filled_medium_is_kept),
		WITH_PAIR(a_half_filled_medium_is_filled_when_the_other_is_back),
		WITH_PAIR(a_half_filled_medium_knows_how_many_came_before),
	};

	return cmocka_run_group_tests_name("incarnation", tests, NULL, NULL);
}
