/* Signed notes: the public examples, and every way to get one wrong. */
#include "ledger/checkpoint.h"
#include "ledger/epoch.h"

#include "check.h"

#include <jansson.h>
#include <sodium.h>

static struct signer epoch, identity, stranger;

static int make_keys(void **state)
{
	static const uint8_t seeds[3][SEED_SIZE] = {{1}, {2}, {3}};

	(void)state;
	if (sodium_init() < 0 || signer_init(&epoch, "city.example/k1/1", seeds[0]) != ERR_OK ||
	    signer_init(&identity, "city.example/k1/1", seeds[1]) != ERR_OK)
		return -1;
	return signer_init(&stranger, "witness.example", seeds[2]) == ERR_OK ? 0 : -1;
}

static int drop_keys(void **state)
{
	(void)state;
	signer_fini(&epoch);
	signer_fini(&identity);
	signer_fini(&stranger);
	return 0;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void the_public_examples(void **state)
{
	json_t *vectors = json_load_file("tests/interop/vectors/notes.json", 0, NULL), *one;
	size_t i;

	(void)state;
	assert_non_null(vectors);
	json_array_foreach (json_object_get(vectors, "notes"), i, one) {
		const char *data = text_of(one, "note"), *vkey = text_of(one, "vkey");
		char again[VKEY_SIZE];
		struct note_key key;
		struct note note;

		assert_int_equal(vkey_parse(&key, vkey, strlen(vkey)), ERR_OK);
		vkey_format(again, &key);
		assert_string_equal(again, vkey);
		assert_int_equal(note_parse(&note, data, strlen(data)), ERR_OK);
		assert_int_equal(note.text_len, strlen(text_of(one, "text")));
		assert_memory_equal(note.text, text_of(one, "text"), note.text_len);
		assert_int_equal(note_verify(&note, &key), ERR_OK);
		assert_int_equal(note_verify(&note, &epoch.key), ERR_MISSING);
	}
	assert_int_equal(i, 2);
	json_array_foreach (json_object_get(vectors, "bad_vkeys"), i, one) {
		struct note_key key;

		if (vkey_parse(&key, text_of(one, "vkey"), strlen(text_of(one, "vkey"))) != ERR_FORMAT)
			fail_msg("accepted: %s", text_of(one, "why"));
	}
	assert_true(i > 3);
	json_decref(vectors);
}

/* "text LF" signed by the given keys. */
static void sign(struct buf *out, const char *text, const struct signer *const *signers, size_t count)
{
	buf_clear(out);
	buf_adds(out, text);
	buf_addc(out, '\n');
	for (size_t i = 0; i < count; i++)
		signer_sign(signers[i], out, strlen(text));
	assert_int_equal(buf_status(out), ERR_OK);
}

static void a_known_key_that_fails_condemns_the_note(void **state)
{
	const struct signer *const both[] = {&epoch, &stranger}, *const twice[] = {&epoch, &epoch};
	struct buf data = {0};
	struct note note;
	char *line;

	(void)state;
	sign(&data, "text\n", both, 2);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_int_equal(note.count, 2);
	assert_int_equal(note_verify(&note, &epoch.key), ERR_OK);
	assert_int_equal(note_verify(&note, &stranger.key), ERR_OK);
	assert_int_equal(note_verify(&note, &identity.key), ERR_MISSING);
	/* Another text under the same lines. */
	data.data[0] = 'T';
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_int_equal(note_verify(&note, &epoch.key), ERR_CRYPTO);
	assert_int_equal(note_verify(&note, &stranger.key), ERR_CRYPTO);
	assert_int_equal(note_verify(&note, &identity.key), ERR_MISSING);
	/* The same key twice. */
	sign(&data, "text\n", twice, 2);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_int_equal(note_verify(&note, &epoch.key), ERR_CRYPTO);
	/* A signature cut short. */
	sign(&data, "text\n", both, 1);
	line = strrchr(data.data, ' ');
	assert_int_equal(buf_status(&data), ERR_OK);
	memcpy(line + 1 + 8, "AAAA\n", 6);
	assert_int_equal(note_parse(&note, data.data, strlen(data.data)), ERR_OK);
	assert_int_equal(note_verify(&note, &epoch.key), ERR_CRYPTO);
	buf_fini(&data);
}

static void exactly_these_lines_in_this_order(void **state)
{
	const struct signer *const right[] = {&epoch, &identity}, *const wrong[] = {&identity, &epoch},
				   *const more[] = {&epoch, &identity, &stranger};
	const struct note_key *const keys[] = {&epoch.key, &identity.key};
	struct buf data = {0};
	struct note note;

	(void)state;
	sign(&data, "text\n", right, 2);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_true(note_is_signed_exactly(&note, keys, 2));
	assert_false(note_is_signed_exactly(&note, keys, 1));
	sign(&data, "text\n", wrong, 2);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_false(note_is_signed_exactly(&note, keys, 2));
	sign(&data, "text\n", more, 3);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_false(note_is_signed_exactly(&note, keys, 2));
	sign(&data, "text\n", right, 1);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_false(note_is_signed_exactly(&note, keys, 2));
	buf_fini(&data);
}

static void sixteen_signatures_and_more_are_read(void **state)
{
	const struct signer *many[NOTE_LINES_MAX + 1];
	struct buf data = {0};
	struct note note;

	(void)state;
	for (int i = 0; i <= NOTE_LINES_MAX; i++)
		many[i] = &stranger;
	many[NOTE_LINES_MAX - 1] = &epoch;
	sign(&data, "text\n", many, NOTE_LINES_MAX);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_int_equal(note.count, NOTE_LINES_MAX);
	assert_int_equal(note_verify(&note, &epoch.key), ERR_OK);
	sign(&data, "text\n", many, NOTE_LINES_MAX + 1);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_FORMAT);
	buf_fini(&data);
}

static void the_last_empty_line_parts_text_and_lines(void **state)
{
	const struct signer *const one[] = {&epoch};
	struct buf data = {0};
	struct note note;

	(void)state;
	sign(&data, "a\n\nb\n", one, 1);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_int_equal(note.text_len, 5);
	assert_int_equal(note_verify(&note, &epoch.key), ERR_OK);
	buf_fini(&data);
}

#define SIGNATURE "\xe2\x80\x94 n AAAAAAAA\n"

static void what_is_not_a_note(void **state)
{
	static const char *const bad[] = {
		"",
		"text\n",
		"text\n\n",
		"\n" SIGNATURE,
		"text\n" SIGNATURE,
		"text\n\n\xe2\x80\x94 n AAAAAAAA",
		"text\n\n\xe2\x80\x94 n AAAAAAAA\nmore\n",
		"text\n\n- n AAAAAAAA\n",
		"text\n\n\xe2\x80\x94 n AAAA\n",
		"text\n\n\xe2\x80\x94 n AAAAAAA\n",
		"text\n\n\xe2\x80\x94 n AAAAAAAA \n",
		"text\n\n\xe2\x80\x94 n  AAAAAAAA\n",
		"text\n\n\xe2\x80\x94  AAAAAAAA\n",
		"text\n\n\xe2\x80\x94 a+b AAAAAAAA\n",
		"text\n\n\xe2\x80\x94 a\xe3\x80\x80"
		"b AAAAAAAA\n",
		"text\n\n\xe2\x80\x94nAAAAAAAA\n",
		"te\txt\n\n" SIGNATURE,
		"te\rxt\n\n" SIGNATURE,
		"te\xffxt\n\n" SIGNATURE,
	};
	static const char good[] = "text\n\n" SIGNATURE;
	struct note note;

	(void)state;
	assert_int_equal(note_parse(&note, good, sizeof good - 1), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (note_parse(&note, bad[i], strlen(bad[i])) != ERR_FORMAT)
			fail_msg("note %zu was accepted: %s", i, bad[i]);
	assert_int_equal(note_parse(&note, good, sizeof good), ERR_FORMAT);
}

static void checkpoints_have_three_lines(void **state)
{
	static const char *const bad[] = {
		"city.example/k1/2\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"city.example/k1/1\n05\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"city.example/k1/1\n-5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"city.example/k1/1\n9223372036854775808\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"city.example/k1/1\n\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"city.example/k1/1\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
		"city.example/k1/1\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
		"city.example/k1/1\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n",
		"city.example/k1/1\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"city.example/k1/1\n5\n",
		"city.example/k1/1\n5",
		"city.example/k1/1",
		"",
	};
	static const char good[] = "city.example/k1/1\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
	struct checkpoint c = {.size = 77};
	struct buf again = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (checkpoint_parse(&c, "city.example/k1/1", bad[i], strlen(bad[i])) != ERR_FORMAT)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(c.size, 77);
	assert_int_equal(checkpoint_parse(&c, "city.example/k1/1", good, sizeof good - 1), ERR_OK);
	assert_int_equal(c.size, 5);
	checkpoint_format(&again, "city.example/k1/1", &c);
	assert_string_equal(again.data, good);
	buf_fini(&again);
}

static void origins(void **state)
{
	static const char *const bad[] = {"",        "a",       "a/b",    "a/b/c",  "a/b/0",
					  "a/b/01",  "a//1",    "/b/1",   "a/b/1/", "a/b/c/1",
					  "a b/c/1", "a+b/c/1", "市/c/1", "a/b/",   "a/b/-1"};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (origin_check(bad[i]) != ERR_FORMAT)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(origin_check("city.example/k0001/12"), ERR_OK);
	memset(longest, 'a', sizeof longest);
	memcpy(longest + 251, "/b/1", 5);
	assert_int_equal(origin_check(longest), ERR_OK);
	memcpy(longest + 252, "/b/1", 5);
	assert_int_equal(origin_check(longest), ERR_FORMAT);
}

static void codes_as_people_type_them(void **state)
{
	uint8_t hash[HASH_SIZE];
	char code[GENESIS_CODE_MAX + 1], spoken[80];

	(void)state;
	hash_bytes(hash, "abc", 3);
	genesis_code(code, 24, hash);
	assert_string_equal(code, "XJ4BNP4PAHH6UQKBIDPF3LRC");
	assert_int_equal(genesis_code_check(code, hash), ERR_OK);
	assert_int_equal(genesis_code_check("xj4b np4p-ahh6 uqkb idpf", hash), ERR_OK);
	assert_int_equal(genesis_code_check("\txj4b\u00a0np4p\u3000ahh6-uqkb idpf\r\n", hash), ERR_OK);
	assert_int_equal(genesis_code_check("xj4b\u2003np4pahh6uqkbidpf", hash), ERR_FORMAT);
	assert_int_equal(genesis_code_check("\ufeffxj4bnp4pahh6uqkbidpf", hash), ERR_FORMAT);
	assert_int_equal(genesis_code_check("XJ4BNP4PAHH6UQKBIDP", hash), ERR_FORMAT);
	assert_int_equal(genesis_code_check("XJ4BNP4PAHH6UQKBIDPG", hash), ERR_CRYPTO);
	assert_int_equal(genesis_code_check("XJ4BNP4PAHH6UQKB1DPF", hash), ERR_FORMAT);
	genesis_code(code, GENESIS_CODE_MAX, hash);
	assert_int_equal(genesis_code_check(code, hash), ERR_OK);
	(void)snprintf(spoken, sizeof spoken, "%sA", code);
	assert_int_equal(genesis_code_check(spoken, hash), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_public_examples),
		cmocka_unit_test(a_known_key_that_fails_condemns_the_note),
		cmocka_unit_test(exactly_these_lines_in_this_order),
		cmocka_unit_test(sixteen_signatures_and_more_are_read),
		cmocka_unit_test(the_last_empty_line_parts_text_and_lines),
		cmocka_unit_test(what_is_not_a_note),
		cmocka_unit_test(checkpoints_have_three_lines),
		cmocka_unit_test(origins),
		cmocka_unit_test(codes_as_people_type_them),
	};

	return cmocka_run_group_tests_name("note", tests, make_keys, drop_keys);
}
