/* Hashes, the tree and its proofs, against the public vectors and against the definition of RFC 6962. */
#include "ledger/tree.h"

#include "base/bytes.h"
#include "check.h"

#include <jansson.h>

enum { LEAVES = 300 };
static uint8_t leaves[LEAVES][HASH_SIZE];

static int make_leaves(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LEAVES; i++)
		hash_leaf(leaves[i], &i, sizeof i);
	return 0;
}

/* The definition, word for word: MTH over leaves [from, from + n). */
static void defined_root(uint8_t out[HASH_SIZE], unsigned from, unsigned n)
{
	uint8_t left[HASH_SIZE], right[HASH_SIZE];
	unsigned k = 1;

	if (n == 0) {
		hash_bytes(out, "", 0);
		return;
	}
	if (n == 1) {
		memcpy(out, leaves[from], HASH_SIZE);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	defined_root(left, from, k);
	defined_root(right, from + k, n - k);
	hash_node(out, left, right);
}

/* PATH(m, D[n]) of RFC 6962 2.1.1. */
static size_t defined_path(uint8_t (*out)[HASH_SIZE], unsigned m, unsigned from, unsigned n)
{
	unsigned k = 1;
	size_t count;

	if (n == 1)
		return 0;
	while (k * 2 < n)
		k *= 2;
	if (m < k) {
		count = defined_path(out, m, from, k);
		defined_root(out[count], from + k, n - k);
	} else {
		count = defined_path(out, m - k, from + k, n - k);
		defined_root(out[count], from, k);
	}
	return count + 1;
}

/* SUBPROOF(m, D[n], b) of RFC 6962 2.1.2. */
static size_t defined_consistency(uint8_t (*out)[HASH_SIZE], unsigned m, unsigned from, unsigned n, bool whole)
{
	unsigned k = 1;
	size_t count;

	if (m == n) {
		if (!whole)
			defined_root(out[0], from, n);
		return whole ? 0 : 1;
	}
	while (k * 2 < n)
		k *= 2;
	if (m <= k) {
		count = defined_consistency(out, m, from, k, whole);
		defined_root(out[count], from + k, n - k);
	} else {
		count = defined_consistency(out, m - k, from + k, n - k, false);
		defined_root(out[count], from, k);
	}
	return count + 1;
}

static void expect_hex(const uint8_t hash[HASH_SIZE], const json_t *hex)
{
	char text[HEX_SIZE(HASH_SIZE)];

	hex_encode(text, hash, HASH_SIZE);
	assert_string_equal(text, json_string_value(hex));
}

static void the_public_vectors(void **state)
{
	json_t *vectors = json_load_file("tests/interop/vectors/trees.json", 0, NULL), *leaf, *roots;
	struct tree t = {0};
	uint8_t root[HASH_SIZE];
	size_t i;

	(void)state;
	assert_non_null(vectors);
	roots = json_object_get(vectors, "roots");
	tree_root(&t, root);
	expect_hex(root, json_object_get(vectors, "empty_root"));
	json_array_foreach (json_object_get(vectors, "leaves"), i, leaf) {
		const char *data = json_string_value(json_object_get(leaf, "data"));
		uint8_t bytes[64], hash[HASH_SIZE];
		size_t len = sizeof bytes;

		assert_int_equal(hex_decode(bytes, &len, data, strlen(data)), ERR_OK);
		hash_leaf(hash, bytes, len);
		expect_hex(hash, json_object_get(leaf, "hash"));
		tree_append(&t, hash, NULL);
		tree_root(&t, root);
		expect_hex(root, json_array_get(roots, i + 1));
	}
	assert_int_equal(t.size, 8);
	json_decref(vectors);
}

static void the_frontier_gives_the_defined_root(void **state)
{
	struct tree t = {0}, again;
	uint8_t root[HASH_SIZE], right[HASH_SIZE], peaks[TREE_PEAKS_MAX];
	size_t len;

	(void)state;
	for (unsigned n = 0; n < LEAVES; n++) {
		tree_root(&t, root);
		defined_root(right, 0, n);
		assert_memory_equal(root, right, HASH_SIZE);
		len = tree_peaks_write(&t, peaks);
		assert_int_equal(tree_peaks_read(&again, n, peaks, len), ERR_OK);
		tree_root(&again, root);
		assert_memory_equal(root, right, HASH_SIZE);
		assert_int_equal(tree_peaks_read(&again, n, peaks, len + 1), ERR_FORMAT);
		tree_append(&t, leaves[n], NULL);
	}
}

static void inclusion_proofs(void **state)
{
	static const unsigned sizes[] = {1, 2, 3, 5, 8, 13, 64, 65, 200, 299};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (unsigned m = 0; m < sizes[i]; m++) {
			uint8_t proof[16][HASH_SIZE] = {{0}}, root[HASH_SIZE];
			size_t count = defined_path(proof, m, 0, sizes[i]);

			defined_root(root, 0, sizes[i]);
			assert_int_equal(tree_check_inclusion(leaves[m], m, sizes[i], proof, count, root), ERR_OK);
			assert_int_equal(tree_check_inclusion(leaves[m + 1], m, sizes[i], proof, count, root),
					 ERR_CRYPTO);
			assert_int_equal(tree_check_inclusion(leaves[m], m, sizes[i], proof, count + 1, root),
					 ERR_CRYPTO);
			assert_int_equal(tree_check_inclusion(leaves[m], sizes[i], sizes[i], proof, count, root),
					 ERR_RANGE);
			if (count == 0)
				continue;
			assert_int_equal(tree_check_inclusion(leaves[m], m, sizes[i], proof, count - 1, root),
					 ERR_CRYPTO);
			assert_int_equal(tree_check_inclusion(leaves[m], m ^ 1, sizes[i], proof, count, root) == ERR_OK,
					 0);
			proof[count - 1][31] ^= 1;
			assert_int_equal(tree_check_inclusion(leaves[m], m, sizes[i], proof, count, root), ERR_CRYPTO);
		}
	}
}

static void consistency_proofs(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 70; n++) {
		for (unsigned m = 1; m <= n; m++) {
			uint8_t proof[16][HASH_SIZE] = {{0}}, old_root[HASH_SIZE], root[HASH_SIZE];
			size_t count = defined_consistency(proof, m, 0, n, true);

			defined_root(old_root, 0, m);
			defined_root(root, 0, n);
			assert_int_equal(tree_check_consistency(m, old_root, n, root, proof, count), ERR_OK);
			assert_int_equal(tree_check_consistency(m, old_root, n, root, proof, count + 1), ERR_CRYPTO);
			old_root[0] ^= 1;
			assert_int_equal(tree_check_consistency(m, old_root, n, root, proof, count), ERR_CRYPTO);
			old_root[0] ^= 1;
			root[0] ^= 1;
			assert_int_equal(tree_check_consistency(m, old_root, n, root, proof, count), ERR_CRYPTO);
			root[0] ^= 1;
			assert_int_equal(tree_check_consistency(n + 1, old_root, n, root, proof, count), ERR_RANGE);
			if (count > 0)
				assert_int_equal(tree_check_consistency(m, old_root, n, root, proof, count - 1),
						 ERR_CRYPTO);
		}
	}
	assert_int_equal(tree_check_consistency(0, leaves[0], 1, leaves[0], NULL, 0), ERR_RANGE);
}

struct heard {
	unsigned count[TILE_LEVELS];
	uint8_t last[TILE_LEVELS][HASH_SIZE];
};

static void hear(void *context, unsigned level, const uint8_t hash[HASH_SIZE])
{
	struct heard *heard = context;

	heard->count[level]++;
	memcpy(heard->last[level], hash, HASH_SIZE);
}

static void finished_tiles_are_told(void **state)
{
	struct heard heard = {0};
	struct tile_listener listener = {hear, &heard};
	struct tree t = {0};
	uint8_t root[HASH_SIZE];

	(void)state;
	for (unsigned i = 0; i < LEAVES; i++)
		tree_append(&t, leaves[i], &listener);
	assert_int_equal(heard.count[0], LEAVES);
	assert_int_equal(heard.count[1], 1);
	assert_int_equal(heard.count[2], 0);
	defined_root(root, 0, TILE_WIDTH);
	assert_memory_equal(heard.last[1], root, HASH_SIZE);
}

static void tile_paths(void **state)
{
	char path[TILE_PATH_SIZE];

	(void)state;
	tile_path(path, "0", 5, 256);
	assert_string_equal(path, "tile/0/005");
	tile_path(path, "entries", 1234067, 256);
	assert_string_equal(path, "tile/entries/x001/x234/067");
	tile_path(path, "1", 1, 44);
	assert_string_equal(path, "tile/1/001.p/44");
	tile_path(path, "entries", INT64_MAX, 255);
	assert_string_equal(path, "tile/entries/x009/x223/x372/x036/x854/x775/807.p/255");
}

static void pieces_hash_like_the_whole(void **state)
{
	struct hasher *h = hasher_new();
	uint8_t whole[HASH_SIZE], pieces[HASH_SIZE];

	(void)state;
	hasher_add(h, "ab", 2);
	hasher_add(h, "", 0);
	hasher_add(h, "c", 1);
	hasher_end(h, pieces);
	hash_bytes(whole, "abc", 3);
	assert_memory_equal(whole, pieces, HASH_SIZE);
	assert_int_equal(whole[0], 0xba);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_public_vectors),         cmocka_unit_test(the_frontier_gives_the_defined_root),
		cmocka_unit_test(inclusion_proofs),           cmocka_unit_test(consistency_proofs),
		cmocka_unit_test(finished_tiles_are_told),    cmocka_unit_test(tile_paths),
		cmocka_unit_test(pieces_hash_like_the_whole),
	};

	return cmocka_run_group_tests_name("tree", tests, make_leaves, NULL);
}
