/* Inclusion proofs gathered from tiles, judged by the reader's side of RFC 6962. */
#include "ledger/proofs.h"

#include "check.h"

struct level {
	uint64_t tile;
	unsigned width;
	uint8_t hashes[TILE_WIDTH][HASH_SIZE];
};

struct log {
	struct tree tree;
	struct level levels[TILE_LEVELS];
	struct proofs proofs;
};

static void make_leaf(uint8_t leaf[HASH_SIZE], uint64_t seq)
{
	hash_leaf(leaf, &seq, sizeof seq);
}

static void take_hash(void *context, unsigned number, const uint8_t hash[HASH_SIZE])
{
	struct log *log = context;
	struct level *level = &log->levels[number];

	memcpy(level->hashes[level->width++], hash, HASH_SIZE);
	if (level->width < TILE_WIDTH)
		return;
	proofs_full_tile(&log->proofs, number, level->tile++, level->hashes);
	level->width = 0;
}

static void prove_in(uint64_t size, const uint64_t *seqs, size_t count)
{
	struct log *log = calloc(1, sizeof *log);
	struct tile_listener listener = {take_hash, log};
	uint8_t leaf[HASH_SIZE], root[HASH_SIZE];

	assert_non_null(log);
	assert_int_equal(proofs_init(&log->proofs, seqs, count, size), ERR_OK);
	for (uint64_t seq = 0; seq < size; seq++) {
		make_leaf(leaf, seq);
		tree_append(&log->tree, leaf, &listener);
	}
	for (unsigned i = 0; i < TILE_LEVELS; i++)
		proofs_last_tile(&log->proofs, i, log->levels[i].hashes, log->levels[i].width);
	tree_root(&log->tree, root);
	for (size_t i = 0; i < log->proofs.count; i++) {
		const struct tlog_proof *proof = &log->proofs.all[i];

		make_leaf(leaf, proof->index);
		if (tree_check_inclusion(leaf, proof->index, size, (const uint8_t(*)[HASH_SIZE])proof->hashes,
					 proof->count, root) != ERR_OK)
			fail_msg("entry %d of %d", (int)proof->index, (int)size);
	}
	proofs_fini(&log->proofs);
	free(log);
}

static void every_entry_of_a_small_log(void **state)
{
	uint64_t seqs[PROOFS_MAX];

	(void)state;
	for (uint64_t size = 1; size <= 40; size++) {
		for (uint64_t seq = 0; seq < size; seq++)
			seqs[seq] = seq;
		prove_in(size, seqs, size);
	}
	for (uint64_t seq = 0; seq < PROOFS_MAX; seq++)
		seqs[seq] = seq;
	prove_in(512, seqs, PROOFS_MAX);
}

static void the_borders_of_tiles(void **state)
{
	static const uint64_t sizes[] = {255,   256,   257,   511,   512,   513,   65279, 65280,
					 65281, 65535, 65536, 65537, 65791, 65792, 65793, 131072 + 256 + 1};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		static const uint64_t places[] = {0,   1,     254,   255,   256,   257,  511,
						  512, 65279, 65280, 65535, 65536, 65537};
		uint64_t seqs[32];
		size_t count = 0;

		for (size_t j = 0; j < sizeof places / sizeof *places; j++) {
			if (places[j] < sizes[i])
				seqs[count++] = places[j];
			if (places[j] < sizes[i])
				seqs[count++] = sizes[i] - 1 - places[j];
		}
		prove_in(sizes[i], seqs, count);
	}
}

static void each_entry_is_proven_once(void **state)
{
	static const uint64_t seqs[] = {7, 3, 7, 3, 0, 7};
	struct proofs p;

	(void)state;
	assert_int_equal(proofs_init(&p, seqs, 6, 8), ERR_OK);
	assert_int_equal(p.count, 3);
	assert_int_equal(p.all[0].index, 0);
	assert_int_equal(p.all[1].index, 3);
	assert_int_equal(p.all[2].index, 7);
	proofs_fini(&p);
}

static void what_cannot_be_proven_is_refused(void **state)
{
	static const uint64_t seqs[PROOFS_MAX + 1] = {8};
	struct proofs p;

	(void)state;
	assert_int_equal(proofs_init(&p, seqs, 1, 8), ERR_RANGE);
	assert_int_equal(proofs_init(&p, seqs, PROOFS_MAX + 1, 9), ERR_RANGE);
	assert_int_equal(proofs_init(&p, NULL, 0, 9), ERR_OK);
	proofs_fini(&p);
}

static void the_text_is_that_of_tlog_proof(void **state)
{
	static const char note[] = "a\n1\nb\n\n\xe2\x80\x94 c d\n";
	struct tlog_proof proof = {.index = 15, .count = 2, .checkpoint = note, .checkpoint_len = sizeof note - 1};
	struct buf out = {0};

	(void)state;
	memset(proof.hashes[1], 0xff, HASH_SIZE);
	tlog_proof_format(&out, &proof);
	assert_string_equal(out.data, "c2sp.org/tlog-proof@v1\nindex 15\n"
				      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
				      "//////////////////////////////////////////8=\n"
				      "\na\n1\nb\n\n\xe2\x80\x94 c d\n");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entry_of_a_small_log),     cmocka_unit_test(the_borders_of_tiles),
		cmocka_unit_test(each_entry_is_proven_once),      cmocka_unit_test(what_cannot_be_proven_is_refused),
		cmocka_unit_test(the_text_is_that_of_tlog_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
