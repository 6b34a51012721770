/* Policies, requests to witnesses, and what is taken of their answers. */
#include "ledger/inside.h"
#include "ledger/pins.h"
#include "ledger/proof.h"

#include "pair_support.h"

#include <sodium.h>

static const struct actor by = {.who = "u7", .via = "serial"};
static const uint64_t seen_at = 1790000000;

struct witness {
	struct signer signer; /* only its secret */
	struct note_key key;
};

static struct witness witness_of(const char *name, uint8_t seed)
{
	uint8_t bytes[SEED_SIZE] = {seed};
	struct witness w;

	assert_int_equal(signer_init(&w.signer, "unused", bytes), ERR_OK);
	assert_int_equal(witness_key_make(&w.key, name, w.signer.key.key), ERR_OK);
	return w;
}

static void policy_of(struct buf *out, const struct bench *b, const struct witness *witnesses, size_t count)
{
	char vkey[VKEY_SIZE];

	vkey_format(vkey, &b->ledger->genesis.identity);
	buf_addf(out, "log %s\n", vkey);
	for (size_t i = 0; i < count; i++) {
		vkey_format(vkey, &witnesses[i].key);
		buf_addf(out, "witness w%zu %s\n", i, vkey);
	}
	buf_adds(out, "quorum none\n");
}

static void trust(struct bench *b, const struct witness *witnesses, size_t count)
{
	struct buf policy = {0};

	policy_of(&policy, b, witnesses, count);
	must(policy_set(b->ledger, &by, policy.data, policy.len, test_now(), &b->fault), &b->fault);
	buf_fini(&policy);
}

/* The checkpoint that a request asks about. */
static struct blob checkpoint_of(const struct buf *request)
{
	const char *note = strstr(request->data, "\n\n") + 2;

	return (struct blob){note, request->len - (size_t)(note - request->data)};
}

static void cosign(struct buf *out, const struct buf *request, const struct witness *w, uint64_t time)
{
	struct blob asked = checkpoint_of(request);
	struct note note;

	assert_int_equal(note_parse(&note, asked.data, asked.len), ERR_OK);
	note_cosign_line(out, note.text, note.text_len, &w->key, time, w->signer.secret);
}

static void request(struct bench *b, int64_t old, struct buf *out)
{
	buf_clear(out);
	must(witness_request(b->ledger, old, test_now(), out, &b->fault), &b->fault);
}

static enum err accept(struct bench *b, const struct buf *answer)
{
	struct cosigned taken;

	return witness_accept(b->ledger, &by, answer->data, answer->len, test_now(), &taken, &b->fault);
}

static uint64_t size_of(struct bench *b)
{
	return ledger_head(b->ledger).size;
}

static void expect_policy(struct bench *b, const char *text)
{
	struct buf now = {0};

	must(policy_in_force(b->ledger, &now, &b->fault), &b->fault);
	assert_string_equal(now.data, text);
	buf_fini(&now);
}

/* ---- the policy ---- */

static void the_last_policy_is_in_force(void **state)
{
	struct witness w = witness_of("witness.example/w", 9);
	struct buf first = {0}, second = {0};
	struct bench *b = *state;

	open_ledger(b);
	policy_of(&first, b, NULL, 0);
	policy_of(&second, b, &w, 1);
	expect_policy(b, first.data);
	must(policy_set(b->ledger, &by, second.data, second.len, test_now(), &b->fault), &b->fault);
	expect_policy(b, second.data);
	close_ledger(b);
	open_ledger(b);
	add_entries(b, 300);
	expect_policy(b, second.data);
	assert_int_equal(policy_set(b->ledger, &by, second.data, second.len, test_now(), &b->fault), ERR_EXISTS);
	must(policy_set(b->ledger, &by, first.data, first.len, test_now(), &b->fault), &b->fault);
	expect_policy(b, first.data);
	buf_fini(&first);
	buf_fini(&second);
}

/* Such a body sets nothing, for any verifier; the one before it stays. */
static void what_is_no_policy_sets_none(void **state)
{
	static const char *const bodies[] = {"{\"act\":\"policy.set\",\"policy\":7}", "{\"act\":\"policy.set\"}",
					     "{\"act\":\"policy.setting\",\"policy\":\"quorum none\\n\"}"};
	struct witness w = witness_of("witness.example/w", 9);
	struct bench *b = *state;
	struct buf text = {0};

	open_ledger(b);
	policy_of(&text, b, &w, 1);
	trust(b, &w, 1);
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct draft draft = {.who = "u1", .via = "cli", .type = "system", .about = "-", .body = bodies[i]};

		must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
		must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
		expect_policy(b, text.data);
	}
	buf_fini(&text);
}

static void a_policy_that_cannot_be(void **state)
{
	static const char *const bad[] = {"", "quorum none", "quorum some\n", "# only this\n", "log x\nquorum none\n"};
	struct bench *b = *state;
	struct buf other = {0}, huge = {0};
	char vkey[VKEY_SIZE];
	struct note_key key;
	uint64_t size;

	open_ledger(b);
	size = size_of(b);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(policy_set(b->ledger, &by, bad[i], strlen(bad[i]), test_now(), &b->fault), ERR_FORMAT);
	/* A name of ours with a key that is not. */
	assert_int_equal(note_key_make(&key, TEST_ORIGIN, witness_of("x", 3).key.key), ERR_OK);
	vkey_format(vkey, &key);
	buf_addf(&other, "log %s\nquorum none\n", vkey);
	assert_int_equal(policy_set(b->ledger, &by, other.data, other.len, test_now(), &b->fault), ERR_FORMAT);
	policy_of(&huge, b, NULL, 0);
	while (huge.len <= PIN_FILE_MAX)
		buf_adds(&huge, "# a comment that goes on and on\n");
	assert_int_equal(policy_set(b->ledger, &by, huge.data, huge.len, test_now(), &b->fault), ERR_RANGE);
	buf_clear(&huge);
	policy_of(&huge, b, NULL, 0);
	buf_adds(&huge, "# \xff\n");
	assert_int_equal(policy_set(b->ledger, &by, huge.data, huge.len, test_now(), &b->fault), ERR_FORMAT);
	assert_int_equal(size_of(b), size);
	buf_fini(&other);
	buf_fini(&huge);
}

/* ---- requests ---- */

static void a_request_proves_that_the_log_grew(void **state)
{
	struct bench *b = *state;
	struct checkpoint_info old;
	struct buf asked = {0};
	struct blob checkpoint;
	struct checkpoint at;
	struct proof proof = {.count = 0};
	char line[64];
	struct note note;
	size_t lines = 0;

	open_ledger(b);
	add_entries(b, 290);
	old = ledger_head(b->ledger);
	add_entries(b, 30);
	request(b, (int64_t)old.size, &asked);
	checkpoint = checkpoint_of(&asked);
	assert_int_equal(note_parse(&note, checkpoint.data, checkpoint.len), ERR_OK);
	assert_int_equal(note.count, 2);
	assert_int_equal(note_verify(&note, &b->ledger->genesis.identity), ERR_OK);
	assert_int_equal(checkpoint_parse(&at, TEST_ORIGIN, note.text, note.text_len), ERR_OK);
	/* It is the closing checkpoint of the epoch that ended with this request. */
	assert_int_equal(at.size + 1, size_of(b));
	assert_int_equal(ledger_head(b->ledger).epoch, old.epoch + 1);
	(void)snprintf(line, sizeof line, "old %llu\n", (unsigned long long)old.size);
	assert_memory_equal(asked.data, line, strlen(line));
	for (const char *c = asked.data + strlen(line); c < (const char *)checkpoint.data - 1; c += 45, lines++) {
		size_t size = HASH_SIZE;

		assert_int_equal(base64_decode(proof.hashes[lines], &size, c, 44), ERR_OK);
	}
	assert_int_equal(tree_check_consistency(old.size, old.root, at.size, at.root, proof.hashes, lines), ERR_OK);
	buf_fini(&asked);
}

static void the_first_request_proves_nothing(void **state)
{
	struct bench *b = *state;
	struct buf asked = {0};

	open_ledger(b);
	request(b, WITNESS_SEEN_BEFORE, &asked);
	assert_memory_equal(asked.data, "old 0\n\n" TEST_ORIGIN "\n", sizeof "old 0\n\n" TEST_ORIGIN);
	buf_fini(&asked);
}

static void an_old_size_beyond_the_log(void **state)
{
	struct bench *b = *state;
	struct buf asked = {0};
	uint64_t size;

	open_ledger(b);
	size = size_of(b);
	assert_int_equal(witness_request(b->ledger, (int64_t)size + 1, test_now(), &asked, &b->fault), ERR_RANGE);
	assert_int_equal(witness_request(b->ledger, INT64_MAX, test_now(), &asked, &b->fault), ERR_RANGE);
	assert_int_equal(size_of(b), size);
	request(b, (int64_t)size, &asked);
	buf_fini(&asked);
}

/* ---- answers ---- */

static uint64_t stored_lines(struct bench *b, uint64_t size)
{
	struct buf lines = {0};
	uint64_t count = 0;

	must(cosignatures_load(b->ledger, size, &lines, &b->fault), &b->fault);
	for (size_t i = 0; i < lines.len; i++)
		count += lines.data[i] == '\n';
	buf_fini(&lines);
	return count;
}

static enum err last_body(void *context, const struct record *record)
{
	(void)snprintf(context, 512, "%s %s %s", record->who, record->via, record->body);
	return ERR_OK;
}

static void lines_are_taken_and_recorded(void **state)
{
	struct witness w = witness_of("witness.example/w", 9);
	struct buf asked = {0}, answer = {0};
	struct bench *b = *state;
	char body[512], expected[512];
	struct cosigned taken;

	open_ledger(b);
	trust(b, &w, 1);
	request(b, 0, &asked);
	add_entries(b, 5);
	close_ledger(b);
	open_ledger(b);
	cosign(&answer, &asked, &w, seen_at);
	must(witness_accept(b->ledger, &by, answer.data, answer.len, test_now(), &taken, &b->fault), &b->fault);
	assert_int_equal(taken.count, 1);
	assert_string_equal(taken.first, "witness.example/w");
	assert_int_equal(stored_lines(b, taken.size), 1);
	must(ledger_read(b->ledger, size_of(b) - 1, size_of(b), last_body, body, &b->fault), &b->fault);
	(void)snprintf(expected, sizeof expected,
		       "u7 serial {\"act\":\"witness.cosigned\",\"size\":%llu,\"witness\":\"witness.example/w\","
		       "\"time\":\"2026-09-21T14:13:20.000Z\"}",
		       (unsigned long long)taken.size);
	assert_string_equal(body, expected);
	/* The next request goes on from there. */
	request(b, WITNESS_SEEN_BEFORE, &asked);
	(void)snprintf(expected, sizeof expected, "old %llu\n", (unsigned long long)taken.size);
	assert_memory_equal(asked.data, expected, strlen(expected));
	buf_fini(&asked);
	buf_fini(&answer);
}

static void a_whole_checkpoint_with_lines_is_taken(void **state)
{
	struct witness two[] = {witness_of("witness.example/a", 9), witness_of("witness.example/b", 10)};
	struct buf asked = {0}, answer = {0};
	struct bench *b = *state;
	struct blob checkpoint;
	struct cosigned taken;

	open_ledger(b);
	trust(b, two, 2);
	request(b, 0, &asked);
	checkpoint = checkpoint_of(&asked);
	buf_add(&answer, checkpoint.data, checkpoint.len);
	cosign(&answer, &asked, &two[0], seen_at);
	cosign(&answer, &asked, &two[1], seen_at + 1);
	must(witness_accept(b->ledger, &by, answer.data, answer.len, test_now(), &taken, &b->fault), &b->fault);
	assert_int_equal(taken.count, 2);
	assert_int_equal(stored_lines(b, taken.size), 2);
	buf_fini(&asked);
	buf_fini(&answer);
}

/* Every refusal leaves the log and the stored lines as they were. */
static void refuse(struct bench *b, const struct buf *answer, enum err why)
{
	uint64_t size = size_of(b);

	b->fault.text[0] = '\0';
	assert_int_equal(accept(b, answer), why);
	assert_string_not_equal(b->fault.text, "");
	assert_int_equal(size_of(b), size);
	assert_false(ledger_has_staged(b->ledger));
}

static void one_witness_signs_once(void **state)
{
	struct witness w = witness_of("witness.example/w", 9);
	struct buf asked = {0}, first = {0}, later = {0}, twice = {0};
	struct bench *b = *state;

	open_ledger(b);
	trust(b, &w, 1);
	request(b, 0, &asked);
	cosign(&first, &asked, &w, seen_at);
	cosign(&later, &asked, &w, seen_at + 60);
	buf_add(&twice, first.data, first.len);
	buf_add(&twice, later.data, later.len);
	refuse(b, &twice, ERR_EXISTS);
	assert_int_equal(accept(b, &first), ERR_OK);
	refuse(b, &first, ERR_EXISTS);
	refuse(b, &later, ERR_EXISTS);
	/* An answer that comes again after the next request is still the older one. */
	request(b, WITNESS_SEEN_BEFORE, &asked);
	refuse(b, &first, ERR_EXISTS);
	buf_fini(&asked);
	buf_fini(&first);
	buf_fini(&later);
	buf_fini(&twice);
}

/* Two witnesses are asked one after the other; the first one's answer comes last. */
static void answers_may_come_in_any_order(void **state)
{
	struct witness two[] = {witness_of("witness.example/a", 9), witness_of("witness.example/b", 10)};
	struct buf asked[2] = {{0}, {0}}, answers[2] = {{0}, {0}};
	struct bench *b = *state;

	open_ledger(b);
	trust(b, two, 2);
	for (int i = 0; i < 2; i++) {
		request(b, 0, &asked[i]);
		cosign(&answers[i], &asked[i], &two[i], seen_at);
	}
	assert_int_equal(accept(b, &answers[1]), ERR_OK);
	assert_int_equal(accept(b, &answers[0]), ERR_OK);
	for (int i = 0; i < 2; i++) {
		buf_fini(&asked[i]);
		buf_fini(&answers[i]);
	}
}

static void strangers_are_not_taken(void **state)
{
	struct witness w = witness_of("witness.example/w", 9), other_key = witness_of("witness.example/w", 11);
	struct witness stranger = witness_of("stranger.example/w", 12);
	struct buf asked = {0}, answer = {0};
	struct bench *b = *state;

	open_ledger(b);
	request(b, 0, &asked);
	cosign(&answer, &asked, &w, seen_at);
	refuse(b, &answer, ERR_MISSING); /* no policy was set */
	trust(b, &w, 1);
	buf_clear(&answer);
	cosign(&answer, &asked, &other_key, seen_at);
	refuse(b, &answer, ERR_MISSING);
	/* Nor is what comes with them. */
	buf_clear(&answer);
	cosign(&answer, &asked, &w, seen_at);
	cosign(&answer, &asked, &stranger, seen_at);
	refuse(b, &answer, ERR_MISSING);
	buf_fini(&asked);
	buf_fini(&answer);
}

/* Each byte of a line that may change without its form becoming another. */
static void a_changed_line_is_refused(void **state)
{
	struct witness w = witness_of("witness.example/w", 9);
	struct buf asked = {0}, answer = {0};
	struct bench *b = *state;
	size_t signature;

	open_ledger(b);
	trust(b, &w, 1);
	request(b, 0, &asked);
	cosign(&answer, &asked, &w, seen_at);
	signature = (size_t)(strrchr(answer.data, ' ') + 1 - answer.data);
	for (size_t i = 0; i < answer.len; i++) {
		char right = answer.data[i];
		enum err err;

		answer.data[i] = right == 'A' ? 'B' : 'A';
		err = accept(b, &answer);
		if (i >= signature + 8 && i + 1 < answer.len && err != ERR_CRYPTO && err != ERR_FORMAT)
			fail_msg("byte %zu of the signature: %s", i, err_name(err));
		assert_int_not_equal(err, ERR_OK);
		answer.data[i] = right;
	}
	for (size_t len = 0; len < answer.len; len++) {
		struct buf cut = {.data = answer.data, .len = len};

		refuse(b, &cut, ERR_FORMAT);
	}
	assert_int_equal(accept(b, &answer), ERR_OK);
	buf_fini(&asked);
	buf_fini(&answer);
}

static void another_checkpoint_is_refused(void **state)
{
	struct witness w = witness_of("witness.example/w", 9);
	struct buf note = {0}, asked = {0}, answer = {0};
	struct bench *b = *state;
	struct checkpoint at = {.size = 3, .root = {1}};

	open_ledger(b);
	trust(b, &w, 1);
	request(b, 0, &asked);
	/* The head, which no witness was asked about, and which is signed by an epoch that goes on. */
	buf_add(&note, b->ledger->head_note.data, b->ledger->head_note.len);
	note_cosign_line(&answer, note.data, (size_t)(strstr(note.data, "\n\n") + 1 - note.data), &w.key, seen_at,
			 w.signer.secret);
	refuse(b, &answer, ERR_CRYPTO);
	buf_add(&note, answer.data, answer.len);
	refuse(b, &note, ERR_MISSING);
	/* Of another log, and of ours in another shape. */
	for (int i = 0; i < 3; i++) {
		static const char *const origins[] = {"town.example/k0001/1", TEST_ORIGIN, "city.example/k0001/2"};

		buf_clear(&note);
		checkpoint_format(&note, origins[i], &at);
		buf_clear(&answer);
		note_cosign_line(&answer, note.data, note.len, &w.key, seen_at, w.signer.secret);
		buf_addc(&note, '\n');
		buf_add(&note, answer.data, answer.len);
		refuse(b, &note, ERR_MISSING);
		refuse(b, &answer, ERR_CRYPTO);
	}
	buf_fini(&note);
	buf_fini(&asked);
	buf_fini(&answer);
}

static void what_is_no_answer(void **state)
{
	static const char *const bad[] = {"",
					  "\n",
					  "\n\n",
					  "— \n",
					  "— a\n",
					  "hello\n",
					  "HTTP/1.1 200 OK\r\n\r\n",
					  "— witness.example/w AAAA\n",
					  "old 0\n\n"};
	struct witness w = witness_of("witness.example/w", 9);
	struct buf asked = {0}, huge = {0};
	struct bench *b = *state;

	open_ledger(b);
	trust(b, &w, 1);
	request(b, 0, &asked);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf answer = {.len = strlen(bad[i])};

		buf_adds(&huge, bad[i]);
		answer.data = huge.data;
		refuse(b, &answer, ERR_FORMAT);
		buf_clear(&huge);
	}
	/* Our own checkpoint, unsigned by anybody else; its request; and lines without end. */
	refuse(b, &asked, ERR_FORMAT);
	buf_add(&huge, checkpoint_of(&asked).data, checkpoint_of(&asked).len);
	refuse(b, &huge, ERR_FORMAT);
	buf_clear(&huge);
	while (huge.len <= 2 * (size_t)PIN_FILE_MAX)
		cosign(&huge, &asked, &w, seen_at);
	refuse(b, &huge, ERR_FORMAT);
	buf_fini(&asked);
	buf_fini(&huge);
}

static void a_time_beyond_every_calendar(void **state)
{
	struct witness w = witness_of("witness.example/w", 9);
	struct buf asked = {0}, answer = {0};
	struct bench *b = *state;

	open_ledger(b);
	trust(b, &w, 1);
	request(b, 0, &asked);
	cosign(&answer, &asked, &w, 253402300800);
	refuse(b, &answer, ERR_RANGE);
	buf_fini(&asked);
	buf_fini(&answer);
}

static void nothing_is_done_while_entries_wait(void **state)
{
	static const struct draft draft = {
		.who = "u1", .via = "cli", .type = "system", .about = "-", .body = "{\"act\":\"test.entry\"}"};
	struct witness w = witness_of("witness.example/w", 9);
	struct buf asked = {0}, answer = {0}, policy = {0};
	struct bench *b = *state;

	open_ledger(b);
	trust(b, &w, 1);
	request(b, 0, &asked);
	cosign(&answer, &asked, &w, seen_at);
	policy_of(&policy, b, NULL, 0);
	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	assert_int_equal(accept(b, &answer), ERR_STATE);
	assert_int_equal(witness_request(b->ledger, 0, test_now(), &policy, &b->fault), ERR_STATE);
	assert_int_equal(stamp_request(b->ledger, test_now(), &policy, &b->fault), ERR_STATE);
	assert_int_equal(policy_set(b->ledger, &by, policy.data, policy.len, test_now(), &b->fault), ERR_STATE);
	assert_true(ledger_has_staged(b->ledger));
	buf_fini(&asked);
	buf_fini(&answer);
	buf_fini(&policy);
}

/* ---- two media ---- */

/* What was taken while one medium was away comes to it with the entries; and so does what was asked. */
static void both_media_know(void **state)
{
	struct witness two[] = {witness_of("witness.example/a", 9), witness_of("witness.example/b", 10)};
	struct buf asked[2] = {{0}, {0}}, answer = {0};
	struct pair *p = *state;
	struct bench *b = &p->b;
	uint64_t size;

	open_ledger(b);
	trust(b, two, 2);
	request(b, 0, &asked[0]);
	close_ledger(b);
	pull(p, p->mirror);
	open_ledger(b);
	cosign(&answer, &asked[0], &two[0], seen_at);
	must(accept(b, &answer), &b->fault);
	size = (uint64_t)b->ledger->durable.tree.size;
	request(b, 0, &asked[1]);
	close_ledger(b);
	put_back(p->mirror);
	open_ledger(b);
	expect_equal(p);
	assert_true(media_switch(&b->ledger->media));
	assert_int_equal(b->ledger->media.reading, 1);
	buf_clear(&answer);
	cosign(&answer, &asked[1], &two[1], seen_at);
	must(accept(b, &answer), &b->fault);
	request(b, WITNESS_SEEN_BEFORE, &answer);
	assert_true(strtoull(answer.data + strlen("old "), NULL, 10) >= size);
	buf_fini(&asked[0]);
	buf_fini(&asked[1]);
	buf_fini(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(the_last_policy_is_in_force),
		WITH_LEDGER(what_is_no_policy_sets_none),
		WITH_LEDGER(a_policy_that_cannot_be),
		WITH_LEDGER(a_request_proves_that_the_log_grew),
		WITH_LEDGER(the_first_request_proves_nothing),
		WITH_LEDGER(an_old_size_beyond_the_log),
		WITH_LEDGER(lines_are_taken_and_recorded),
		WITH_LEDGER(a_whole_checkpoint_with_lines_is_taken),
		WITH_LEDGER(one_witness_signs_once),
		WITH_LEDGER(answers_may_come_in_any_order),
		WITH_LEDGER(strangers_are_not_taken),
		WITH_LEDGER(a_changed_line_is_refused),
		WITH_LEDGER(another_checkpoint_is_refused),
		WITH_LEDGER(what_is_no_answer),
		WITH_LEDGER(a_time_beyond_every_calendar),
		WITH_LEDGER(nothing_is_done_while_entries_wait),
		WITH_PAIR(both_media_know),
	};

	return cmocka_run_group_tests_name("witness", tests, NULL, NULL);
}
