/* What auditors keep outside the box: cosignatures, codes on paper, checkpoints, proofs; and the range of a part. */
#include "ledger/bundle.h"
#include "ledger/checkpoint.h"
#include "ledger/epoch.h"
#include "ledger/tlog_proof.h"

#include "check.h"

#include <sodium.h>

#define ORIGIN "city.example/k1/1"

static struct signer signer;
static struct note_key witness;
static const char text[] = ORIGIN "\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

static int make_keys(void **state)
{
	static const uint8_t seed[SEED_SIZE] = {3};

	(void)state;
	if (sodium_init() < 0 || signer_init(&signer, ORIGIN, seed) != ERR_OK)
		return -1;
	return witness_key_make(&witness, "witness.example", signer.key.key) == ERR_OK ? 0 : -1;
}

static int drop_keys(void **state)
{
	(void)state;
	signer_fini(&signer);
	return 0;
}

static void a_witness_has_a_key_of_its_own_kind(void **state)
{
	char vkey[VKEY_SIZE], log_vkey[VKEY_SIZE];
	struct note_key again;

	(void)state;
	vkey_format(vkey, &witness);
	assert_int_equal(witness_vkey_parse(&again, vkey, strlen(vkey)), ERR_OK);
	assert_memory_equal(again.id, witness.id, KEY_ID_SIZE);
	assert_int_equal(vkey_parse(&again, vkey, strlen(vkey)), ERR_FORMAT);
	vkey_format(log_vkey, &signer.key);
	assert_int_equal(witness_vkey_parse(&again, log_vkey, strlen(log_vkey)), ERR_FORMAT);
}

/* The checkpoint, signed by the log and cosigned at each of the times. */
static void cosign(struct buf *out, const uint64_t *times, size_t count)
{
	buf_clear(out);
	buf_adds(out, text);
	buf_addc(out, '\n');
	signer_sign(&signer, out, sizeof text - 1);
	for (size_t i = 0; i < count; i++)
		note_cosign_line(out, text, sizeof text - 1, &witness, times[i], signer.secret);
	assert_int_equal(buf_status(out), ERR_OK);
}

static void cosignatures_carry_their_time(void **state)
{
	static const uint64_t times[] = {1679315147, 1800000000, 5};
	struct buf data = {0};
	uint64_t time = 7;
	struct note note;

	(void)state;
	cosign(&data, times, 0);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_int_equal(note_cosigned(&note, &witness, &time), ERR_MISSING);
	assert_int_equal(time, 7);
	cosign(&data, times, 3);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_int_equal(note_cosigned(&note, &witness, &time), ERR_OK);
	assert_int_equal(time, 1800000000);
	/* A witness's line is not the log's signature, and the other way round. */
	assert_int_equal(note_verify(&note, &signer.key), ERR_OK);
	assert_int_equal(note_verify(&note, &witness), ERR_CRYPTO);
	buf_fini(&data);
}

/* Each bit of time and signature counts, and so does each of the text. */
static void a_changed_cosignature_is_wrong(void **state)
{
	static const uint64_t times[] = {1679315147};
	struct buf data = {0};
	struct note note;
	uint64_t time;

	(void)state;
	cosign(&data, times, 1);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	for (size_t bit = 0; bit < 8 * (size_t)COSIGNATURE_SIZE; bit++) {
		note.lines[1].signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(note_cosigned(&note, &witness, &time), ERR_CRYPTO);
		note.lines[1].signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(note_cosigned(&note, &witness, &time), ERR_OK);
	note.lines[1].size = SIGNATURE_SIZE;
	assert_int_equal(note_cosigned(&note, &witness, &time), ERR_CRYPTO);
	note.lines[1].size = COSIGNATURE_SIZE;
	data.data[sizeof ORIGIN] = '6';
	assert_int_equal(note_cosigned(&note, &witness, &time), ERR_CRYPTO);
	buf_fini(&data);
}

static void a_time_beyond_the_numbers_is_wrong(void **state)
{
	static const uint64_t times[] = {(uint64_t)1 << 63};
	struct buf data = {0};
	struct note note;
	uint64_t time;

	(void)state;
	cosign(&data, times, 1);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	assert_int_equal(note_cosigned(&note, &witness, &time), ERR_CRYPTO);
	buf_fini(&data);
}

static void codes_on_paper(void **state)
{
	static const char *const bad[] = {"",
					  "5",
					  "5-",
					  "-ABCDEFGHIJKLMNOPQRST",
					  "05-ABCDEFGHIJKLMNOPQRST",
					  "5-ABCDEFGHIJKLMNOPQRS",
					  "5-ABCDEFGHIJKLMNOPQRS1",
					  "x-ABCDEFGHIJKLMNOPQRST",
					  "9223372036854775808-ABCDEFGHIJKLMNOPQRST",
					  "ABCDEFGHIJKLMNOPQRSTUVWX"};
	struct checkpoint c;
	struct paper_code code = {.size = 99};
	char written[PAPER_CODE_SIZE], spoken[PAPER_CODE_SIZE];

	(void)state;
	assert_int_equal(checkpoint_parse(&c, ORIGIN, text, sizeof text - 1), ERR_OK);
	paper_code_format(written, ORIGIN, &c);
	assert_int_equal(strlen(written), strlen("5-ABCDE-FGHIJ-KLMNO-PQRST"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (paper_code_parse(&code, bad[i], strlen(bad[i])) != ERR_FORMAT)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(code.size, 99);
	for (size_t i = 0; i <= strlen(written); i++)
		spoken[i] = written[i] == '-' && i > 1 ? ' ' : (char)(written[i] | (written[i] >= 'A' ? 0x20 : 0));
	assert_int_equal(paper_code_parse(&code, spoken, strlen(spoken)), ERR_OK);
	assert_true(paper_code_fits(&code, ORIGIN, &c));
	assert_false(paper_code_fits(&code, "city.example/k1/2", &c));
	c.root[31] ^= 1;
	assert_false(paper_code_fits(&code, ORIGIN, &c));
	c.root[31] ^= 1;
	code.code[19] = code.code[19] == 'A' ? 'B' : 'A';
	assert_false(paper_code_fits(&code, ORIGIN, &c));
}

static void the_code_of_the_page(void **state)
{
	static const char page[] = "city.example/k0001/1\n2\npHIHIbLnWBy4In0XiJH7v3a9hHGJyBf1YRRhLs+bYzs=\n";
	char right[BASE32_SIZE(HASH_SIZE)], written[PAPER_CODE_SIZE], expected[PAPER_CODE_SIZE];
	uint8_t hash[HASH_SIZE];
	struct checkpoint c;

	(void)state;
	hash_bytes(hash, page, sizeof page - 1);
	base32_encode(right, hash, HASH_SIZE);
	(void)snprintf(expected, sizeof expected, "2-%.5s-%.5s-%.5s-%.5s", right, right + 5, right + 10, right + 15);
	assert_int_equal(checkpoint_parse(&c, "city.example/k0001/1", page, sizeof page - 1), ERR_OK);
	paper_code_format(written, "city.example/k0001/1", &c);
	assert_string_equal(written, expected);
}

static void kept_checkpoints(void **state)
{
	static const char *const bad[] = {"", "\n\n", "kannuki-genesis/v1\na\nb\nc\n",
					  ORIGIN "\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n",
					  "a b/k1/1\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"};
	struct kept_checkpoint kept = {.origin = "x"};
	struct buf data = {0};

	(void)state;
	cosign(&data, NULL, 0);
	assert_int_equal(kept_checkpoint_parse(&kept, text, sizeof text - 1), ERR_FORMAT);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf note = {0};

		buf_addf(&note, "%s\n", bad[i]);
		signer_sign(&signer, &note, strlen(bad[i]));
		assert_int_equal(kept_checkpoint_parse(&kept, note.data, note.len), ERR_FORMAT);
		buf_fini(&note);
	}
	assert_string_equal(kept.origin, "x");
	assert_int_equal(kept_checkpoint_parse(&kept, data.data, data.len), ERR_OK);
	assert_string_equal(kept.origin, ORIGIN);
	assert_int_equal(kept.checkpoint.size, 5);
	buf_fini(&data);
}

static void proofs_are_read_as_they_are_written(void **state)
{
	struct tlog_proof proof = {.index = 12, .count = 3, .hashes = {{1}, {2}, {3}}};
	struct buf data = {0}, checkpoint = {0};
	struct tlog_proof read;

	(void)state;
	cosign(&checkpoint, NULL, 0);
	proof.checkpoint = checkpoint.data;
	proof.checkpoint_len = checkpoint.len;
	tlog_proof_format(&data, &proof);
	assert_int_equal(tlog_proof_parse(&read, data.data, data.len), ERR_OK);
	assert_int_equal(read.index, 12);
	assert_int_equal(read.count, 3);
	assert_memory_equal(read.hashes, proof.hashes, 3 * (size_t)HASH_SIZE);
	assert_int_equal(read.checkpoint_len, checkpoint.len);
	assert_memory_equal(read.checkpoint, checkpoint.data, checkpoint.len);
	/* The checkpoint is the caller's to compare; what stands before it is either whole or refused. */
	for (size_t len = 0; len < data.len - checkpoint.len; len++)
		assert_int_equal(tlog_proof_parse(&read, data.data, len), ERR_FORMAT);
	buf_fini(&data);
	buf_fini(&checkpoint);
}

static void what_is_not_a_proof(void **state)
{
#define HASH "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	static const char *const bad[] = {
		"c2sp.org/tlog-proof@v2\nindex 1\n\n",
		"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n\n",
		"c2sp.org/tlog-proof@v1\nindex 01\n\n",
		"c2sp.org/tlog-proof@v1\nindex -1\n\n",
		"c2sp.org/tlog-proof@v1\nindex 1\n" HASH,
		"c2sp.org/tlog-proof@v1\nindex 1\n" HASH "AAAA\n\n",
		"c2sp.org/tlog-proof@v1\nindex 1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n\n",
	};
	struct tlog_proof read = {.index = 77};
	struct buf many = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (tlog_proof_parse(&read, bad[i], strlen(bad[i])) != ERR_FORMAT)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(read.index, 77);
	buf_adds(&many, "c2sp.org/tlog-proof@v1\nindex 1\n");
	for (int i = 0; i <= TREE_HEIGHT; i++)
		buf_adds(&many, HASH);
	buf_adds(&many, "\n");
	assert_int_equal(tlog_proof_parse(&read, many.data, many.len), ERR_FORMAT);
	buf_fini(&many);
#undef HASH
}

static void ranges(void **state)
{
	/* Of a log of 604 entries. */
	static const char *const bad[] = {"",
					  "from 0\nto 604\n",
					  "from 256\nto 256\n",
					  "from 512\nto 256\n",
					  "from 255\nto 512\n",
					  "from 256\nto 511\n",
					  "from 256\nto 768\n",
					  "from 256\nto 605\n",
					  "from 256\nto 512",
					  "from 256\nto 512\n\n",
					  "from 256\nto 512\nto 604\n",
					  "from 0256\nto 512\n",
					  "from  256\nto 512\n",
					  "from 256\r\nto 512\n",
					  "to 512\nfrom 256\n",
					  "from \nto \n",
					  "from 256\nto\n"};
	static const struct {
		const char *text;
		uint64_t from, to;
	} good[] = {{"from 0\nto 256\n", 0, 256},
		    {"from 256\nto 512\n", 256, 512},
		    {"from 256\nto 604\n", 256, 604},
		    {"from 512\nto 604\n", 512, 604}};
	uint64_t from = 1, to = 2;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (range_parse(&from, &to, bad[i], strlen(bad[i]), 604) != ERR_FORMAT)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(from, 1);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(range_parse(&from, &to, good[i].text, strlen(good[i].text), 604), ERR_OK);
		assert_int_equal(from, good[i].from);
		assert_int_equal(to, good[i].to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_witness_has_a_key_of_its_own_kind),
		cmocka_unit_test(cosignatures_carry_their_time),
		cmocka_unit_test(a_changed_cosignature_is_wrong),
		cmocka_unit_test(a_time_beyond_the_numbers_is_wrong),
		cmocka_unit_test(codes_on_paper),
		cmocka_unit_test(the_code_of_the_page),
		cmocka_unit_test(kept_checkpoints),
		cmocka_unit_test(proofs_are_read_as_they_are_written),
		cmocka_unit_test(what_is_not_a_proof),
		cmocka_unit_test(ranges),
	};

	return cmocka_run_group_tests_name("pins", tests, make_keys, drop_keys);
}
