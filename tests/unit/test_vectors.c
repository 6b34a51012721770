/* The test vectors of tests/interop/vectors: public ones made again (proofs, checkpoints, the edges of Ed25519), and
   our own. */
#include "base/file.h"
#include "ledger/checkpoint.h"
#include "ledger/disclosure.h"
#include "ledger/epoch.h"
#include "ledger/policy.h"
#include "ledger/tlog_proof.h"
#include "ledger/tree.h"

#include "check.h"

#include <jansson.h>
#include <sodium.h>

#define ORIGIN "city.example/k0001/1"
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

/* A file of our own vectors, named by the member of a line of the index. */
static void read_vector(struct buf *out, const json_t *vector, const char *member)
{
	char path[160];
	struct fault f;

	(void)snprintf(path, sizeof path, "tests/interop/vectors/%s", text_of(vector, member));
	if (file_read(path, 1024L * 1024, out, &f) != ERR_OK)
		fail_msg("%s", f.text);
}

static bool note_is_right(const json_t *vector, const struct buf *file)
{
	const json_t *vkeys = json_object_get(vector, "keys");
	struct note_key keys[2];
	const struct note_key *const both[] = {&keys[0], &keys[1]};
	struct note note;

	for (size_t i = 0; i < json_array_size(vkeys); i++) {
		const char *vkey = json_string_value(json_array_get(vkeys, i));

		assert_true(i < 2);
		if (vkey_parse(&keys[i], vkey, strlen(vkey)) != ERR_OK)
			return false;
	}
	return note_parse(&note, file->data, file->len) == ERR_OK &&
	       note_is_signed_exactly(&note, both, json_array_size(vkeys));
}

static bool checkpoint_is_right(const json_t *vector, const struct buf *file)
{
	struct checkpoint c;

	(void)vector;
	return checkpoint_parse(&c, ORIGIN, file->data, file->len) == ERR_OK;
}

static bool entry_is_right(const json_t *vector, const struct buf *file)
{
	struct entry entry;
	struct fault f;
	uint8_t leaf[HASH_SIZE], expected[HASH_SIZE];

	hash_leaf(leaf, file->data, file->len);
	if (bytes_from(expected, HASH_SIZE, text_of(vector, "leaf")))
		assert_memory_equal(leaf, expected, HASH_SIZE);
	return entry_parse(&entry, file->data, file->len, &f) == ERR_OK;
}

static bool disclosure_is_right(const json_t *vector, const struct buf *file)
{
	const char *name = text_of(vector, "name"), *expected = text_of(vector, "value");
	enum disclosure_name which =
		(enum disclosure_name)name_find(disclosure_names, DISCLOSURE_COUNT, name, strlen(name));
	struct buf value = {.cap = DISCLOSURE_MAX};
	bool right = disclosure_parse(&value, which, file->data, file->len) == ERR_OK;

	if (right && expected != NULL)
		assert_string_equal(value.data, expected);
	buf_fini(&value);
	return right;
}

static bool genesis_is_right(const json_t *vector, const struct buf *file)
{
	uint8_t hash[HASH_SIZE];

	assert_true(bytes_from(hash, HASH_SIZE, text_of(vector, "hash")));
	return genesis_code_check(file->data, hash) == ERR_OK;
}

/* The checkpoint in a note that is one of the vectors' files; `note` points into `file`. */
static void read_head(struct note *note, struct checkpoint *c, struct buf *file, const json_t *vector)
{
	read_vector(file, vector, "checkpoint");
	assert_int_equal(note_parse(note, file->data, file->len), ERR_OK);
	assert_int_equal(checkpoint_parse(c, ORIGIN, note->text, note->text_len), ERR_OK);
}

static bool proof_is_right(const json_t *vector, const struct buf *file)
{
	struct tlog_proof proof;
	struct buf head = {0};
	struct checkpoint c;
	struct note note;
	uint8_t leaf[HASH_SIZE];
	bool right;

	read_head(&note, &c, &head, vector);
	assert_true(bytes_from(leaf, HASH_SIZE, text_of(vector, "leaf")));
	right = tlog_proof_parse(&proof, file->data, file->len) == ERR_OK && proof.index == number_of(vector, "seq") &&
		proof.checkpoint_len == head.len && memcmp(proof.checkpoint, head.data, head.len) == 0 &&
		tree_check_inclusion(leaf, proof.index, c.size, (const uint8_t(*)[HASH_SIZE])proof.hashes, proof.count,
				     c.root) == ERR_OK;
	buf_fini(&head);
	return right;
}

static bool cosignature_is_right(const json_t *vector, const struct buf *file)
{
	const char *vkey = text_of(vector, "witness");
	struct note_key witness;
	struct note note;
	uint64_t time;

	assert_int_equal(witness_vkey_parse(&witness, vkey, strlen(vkey)), ERR_OK);
	return note_parse(&note, file->data, file->len) == ERR_OK && note_cosigned(&note, &witness, &time) == ERR_OK;
}

static bool quorum_holds(const struct policy *p, const json_t *vector)
{
	bool signed_by[POLICY_MEMBERS_MAX] = {0}, holds;
	struct buf head = {0};
	struct checkpoint c;
	struct note note;
	uint64_t time;

	read_head(&note, &c, &head, vector);
	for (unsigned i = 0; i < p->member_count; i++)
		signed_by[i] = !p->members[i].is_group && note_cosigned(&note, &p->members[i].witness, &time) == ERR_OK;
	holds = policy_holds(p, signed_by);
	buf_fini(&head);
	return holds;
}

static bool policy_is_right(const json_t *vector, const struct buf *file)
{
	const json_t *holds = json_object_get(vector, "holds");
	static struct policy p;
	struct fault f;

	return policy_parse(&p, file->data, file->len, &f) == ERR_OK &&
	       (holds == NULL || quorum_holds(&p, vector) == json_is_true(holds));
}

static bool paper_is_right(const json_t *vector, const struct buf *file)
{
	struct paper_code code;
	struct checkpoint c;
	struct buf text = {0};
	bool right;

	read_vector(&text, vector, "checkpoint");
	assert_int_equal(checkpoint_parse(&c, ORIGIN, text.data, text.len), ERR_OK);
	right = paper_code_parse(&code, file->data, file->len) == ERR_OK && code.size == c.size &&
		paper_code_fits(&code, ORIGIN, &c);
	buf_fini(&text);
	return right;
}

/* Whole bundles are put before the verifiers as programs, by tests/interop. */
static void our_own(void **state)
{
	static const struct {
		const char *kind;
		bool (*is_right)(const json_t *vector, const struct buf *file);
	} checks[] = {
		{"note", note_is_right},
		{"checkpoint", checkpoint_is_right},
		{"entry", entry_is_right},
		{"disclosure", disclosure_is_right},
		{"genesis", genesis_is_right},
		{"proof", proof_is_right},
		{"cosignature", cosignature_is_right},
		{"policy", policy_is_right},
		{"paper", paper_is_right},
	};
	json_t *index = load("index.json"), *vector;
	size_t i, checked = 0;

	(void)state;
	json_array_foreach (json_object_get(index, "vectors"), i, vector) {
		for (size_t k = 0; k < sizeof checks / sizeof *checks; k++) {
			struct buf file = {0};

			if (strcmp(checks[k].kind, text_of(vector, "kind")) != 0)
				continue;
			read_vector(&file, vector, "file");
			if (checks[k].is_right(vector, &file) != json_is_true(json_object_get(vector, "good")))
				fail_msg("%s (%s): the wrong answer", text_of(vector, "file"), text_of(vector, "why"));
			checked++;
			buf_fini(&file);
		}
	}
	assert_true(checked > 170);
	json_decref(index);
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
		cmocka_unit_test(our_own),
	};

	return cmocka_run_group_tests_name("vectors", tests, begin, NULL);
}
