/* Public test vectors, made again by tests/interop/vectors/generate: proofs, checkpoints, the edges of Ed25519. */
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/tree.h"

#include "check.h"

#include <jansson.h>
#include <sodium.h>

enum { PROOF_MAX = 8 };

static json_t *load(const char *name)
{
	char path[128];
	json_t *vectors;

	(void)snprintf(path, sizeof path, "tests/interop/vectors/%s", name);
	vectors = json_load_file(path, 0, NULL);
	if (vectors == NULL)
		fail_msg("%s cannot be read", path);
	return vectors;
}

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static uint64_t number_of(const json_t *object, const char *member)
{
	return (uint64_t)json_integer_value(json_object_get(object, member));
}

/* False when the text does not hold exactly `size` bytes: what is no hash never reaches a check of a proof. */
static bool bytes_from(uint8_t *out, size_t size, const char *hex)
{
	size_t len = size;

	return hex != NULL && hex_decode(out, &len, hex, strlen(hex)) == ERR_OK && len == size;
}

static bool proof_from(uint8_t (*out)[HASH_SIZE], size_t *count, const json_t *vector)
{
	const json_t *proof = json_object_get(vector, "proof");

	*count = json_array_size(proof);
	assert_true(*count <= PROOF_MAX);
	for (size_t i = 0; i < *count; i++)
		if (!bytes_from(out[i], HASH_SIZE, json_string_value(json_array_get(proof, i))))
			return false;
	return true;
}

static bool inclusion_holds(const json_t *vector)
{
	uint8_t leaf[HASH_SIZE], root[HASH_SIZE], proof[PROOF_MAX][HASH_SIZE];
	size_t count;

	return bytes_from(leaf, HASH_SIZE, text_of(vector, "leaf")) &&
	       bytes_from(root, HASH_SIZE, text_of(vector, "root")) && proof_from(proof, &count, vector) &&
	       tree_check_inclusion(leaf, strtoull(text_of(vector, "index"), NULL, 10), number_of(vector, "size"),
				    proof, count, root) == ERR_OK;
}

static bool consistency_holds(const json_t *vector)
{
	uint8_t old_root[HASH_SIZE], root[HASH_SIZE], proof[PROOF_MAX][HASH_SIZE];
	size_t count;

	return bytes_from(old_root, HASH_SIZE, text_of(vector, "old_root")) &&
	       bytes_from(root, HASH_SIZE, text_of(vector, "root")) && proof_from(proof, &count, vector) &&
	       tree_check_consistency(number_of(vector, "old_size"), old_root, number_of(vector, "size"), root, proof,
				      count) == ERR_OK;
}

static bool signature_holds(const json_t *vector)
{
	uint8_t key[KEY_SIZE], signature[SIGNATURE_SIZE];
	const char *message = text_of(vector, "msg");

	assert_true(bytes_from(key, sizeof key, text_of(vector, "key")));
	assert_true(bytes_from(signature, sizeof signature, text_of(vector, "sig")));
	return signature_verifies(signature, message, strlen(message), key);
}

/* Each vector says in `good` what the answer is. */
static void compare(const char *file, const char *list, bool (*holds)(const json_t *), size_t least)
{
	json_t *vectors = load(file), *vector;
	size_t i;

	json_array_foreach (json_object_get(vectors, list), i, vector)
		if (holds(vector) != json_is_true(json_object_get(vector, "good")))
			fail_msg("%s, %s %zu: the wrong answer", file, list, i);
	assert_true(i >= least);
	json_decref(vectors);
}

static void inclusion_proofs(void **state)
{
	(void)state;
	compare("proofs.json", "inclusion", inclusion_holds, 98);
}

static void consistency_proofs(void **state)
{
	(void)state;
	compare("proofs.json", "consistency", consistency_holds, 98);
}

static void the_edges_of_ed25519(void **state)
{
	(void)state;
	compare("ed25519.json", "vectors", signature_holds, 914);
}

static void checkpoints_of_another_log(void **state)
{
	json_t *vectors = load("tessera.json"), *one;
	const char *vkey = text_of(vectors, "vkey");
	struct note_key key;
	struct tree t = {0};
	size_t size;

	(void)state;
	assert_int_equal(vkey_parse(&key, vkey, strlen(vkey)), ERR_OK);
	json_array_foreach (json_object_get(vectors, "checkpoints"), size, one) {
		const char *leaf = json_string_value(json_array_get(json_object_get(vectors, "leaves"), size));
		struct checkpoint c;
		struct note note;
		uint8_t hash[HASH_SIZE];

		assert_int_equal(note_parse(&note, json_string_value(one), json_string_length(one)), ERR_OK);
		assert_int_equal(note_verify(&note, &key), ERR_OK);
		assert_int_equal(checkpoint_parse(&c, key.name, note.text, note.text_len), ERR_OK);
		assert_int_equal(c.size, size);
		tree_root(&t, hash);
		assert_memory_equal(c.root, hash, HASH_SIZE);
		if (leaf != NULL) {
			hash_leaf(hash, leaf, strlen(leaf));
			tree_append(&t, hash, NULL);
		}
	}
	assert_int_equal(size, 16);
	json_decref(vectors);
}

static int begin(void **state)
{
	(void)state;
	return sodium_init() < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inclusion_proofs),
		cmocka_unit_test(consistency_proofs),
		cmocka_unit_test(the_edges_of_ed25519),
		cmocka_unit_test(checkpoints_of_another_log),
	};

	return cmocka_run_group_tests_name("vectors", tests, begin, NULL);
}
