/* Proofs made from the database are what a reader of proofs accepts, for every entry and every size. */
#include "ledger/inside.h"
#include "ledger/proof.h"

#include "ledger_support.h"

#include <sqlite3.h>

enum { SMALL = 600, LARGE = 70000 };

/* The same log by definition: its leaves, and the root at each size up to SMALL. */
struct model {
	uint8_t (*leaves)[HASH_SIZE];
	struct checkpoint at[SMALL + 1];
	uint64_t size;
};

static enum err take_leaf(void *context, const struct record *record)
{
	struct model *m = context;

	memcpy(m->leaves[record->seq], record->leaf, HASH_SIZE);
	return ERR_OK;
}

static void add_in_groups(struct bench *b, uint64_t to)
{
	static const struct draft draft = {
		.who = "u1", .via = "cli", .type = "system", .about = "-", .body = "{\"act\":\"test.entry\"}"};
	uint64_t seq = 0;

	while (seq + 1 < to) {
		must(ledger_add(b->ledger, &draft, test_now(), &seq, NULL, &b->fault), &b->fault);
		if (seq % 1000 == 0 || seq + 1 == to)
			must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	}
}

static void make_model(struct model *m, struct bench *b, uint64_t size)
{
	struct tree tree = {0};

	m->size = size;
	m->leaves = calloc(size, sizeof *m->leaves);
	assert_non_null(m->leaves);
	must(ledger_read(b->ledger, 0, size, take_leaf, m, &b->fault), &b->fault);
	for (uint64_t i = 0; i < size && i < SMALL; i++) {
		tree_append(&tree, m->leaves[i], NULL);
		m->at[i + 1].size = i + 1;
		tree_root(&tree, m->at[i + 1].root);
	}
}

static struct checkpoint checkpoint_at(const struct model *m, uint64_t size)
{
	struct tree tree = {0};
	struct checkpoint at = {.size = size};

	for (uint64_t i = 0; i < size; i++)
		tree_append(&tree, m->leaves[i], NULL);
	tree_root(&tree, at.root);
	return at;
}

static void check_entry(struct bench *b, const struct model *m, uint64_t seq, const struct checkpoint *at)
{
	struct proof proof;

	must(prove_entry(b->ledger, seq, at, &proof, &b->fault), &b->fault);
	assert_int_equal(tree_check_inclusion(m->leaves[seq], seq, at->size, proof.hashes, proof.count, at->root),
			 ERR_OK);
}

static void check_growth(struct bench *b, const struct checkpoint *old, const struct checkpoint *at)
{
	uint8_t root[HASH_SIZE];
	struct proof proof;

	must(prove_root(b->ledger, old->size, root, &b->fault), &b->fault);
	assert_memory_equal(root, old->root, HASH_SIZE);
	must(prove_growth(b->ledger, old->size, at, &proof, &b->fault), &b->fault);
	assert_int_equal(tree_check_consistency(old->size, old->root, at->size, at->root, proof.hashes, proof.count),
			 ERR_OK);
}

/* Every size to 600; of entries and older sizes every 11th and 7th, beginning elsewhere each time. */
static void every_small_log(void **state)
{
	struct bench *b = *state;
	struct model m;

	open_ledger(b);
	add_in_groups(b, SMALL);
	make_model(&m, b, SMALL);
	for (uint64_t size = 1; size <= SMALL; size++) {
		for (uint64_t i = size % 11; i < size; i += 11)
			check_entry(b, &m, i, &m.at[size]);
		check_entry(b, &m, size - 1, &m.at[size]);
		for (uint64_t old = 1 + size % 7; old <= size; old += 7)
			check_growth(b, &m.at[old], &m.at[size]);
		check_growth(b, &m.at[size], &m.at[size]);
	}
	free(m.leaves);
}

/* Three levels of tiles, and sizes at and around the edges of each. */
static void a_larger_log(void **state)
{
	static const uint64_t sizes[] = {1,     255,   256,   257,   511,   512,   4095,
					 40000, 65535, 65536, 65537, 65792, 69999, LARGE};
	enum { SIZES = sizeof sizes / sizeof *sizes };
	struct checkpoint at[SIZES];
	struct bench *b = *state;
	struct model m;

	open_ledger(b);
	add_in_groups(b, LARGE);
	make_model(&m, b, LARGE);
	for (int i = 0; i < SIZES; i++)
		at[i] = checkpoint_at(&m, sizes[i]);
	for (int i = 0; i < SIZES; i++) {
		for (int k = 0; k <= i; k++) {
			check_growth(b, &at[k], &at[i]);
			check_entry(b, &m, sizes[k] - 1, &at[i]);
			check_entry(b, &m, sizes[k] / 2, &at[i]);
		}
	}
	free(m.leaves);
}

static void what_cannot_be_proven(void **state)
{
	struct bench *b = *state;
	struct checkpoint at, beyond = {.size = 1000};
	struct proof proof = {.count = 99};
	uint8_t root[HASH_SIZE];
	struct model m;

	open_ledger(b);
	add_in_groups(b, 300);
	make_model(&m, b, 300);
	at = m.at[300];
	assert_int_equal(prove_entry(b->ledger, 300, &at, &proof, &b->fault), ERR_RANGE);
	assert_int_equal(prove_entry(b->ledger, 0, &beyond, &proof, &b->fault), ERR_RANGE);
	assert_int_equal(prove_growth(b->ledger, 301, &at, &proof, &b->fault), ERR_RANGE);
	assert_int_equal(prove_growth(b->ledger, 1, &beyond, &proof, &b->fault), ERR_RANGE);
	assert_int_equal(prove_root(b->ledger, 301, root, &b->fault), ERR_RANGE);
	assert_int_equal(prove_root(b->ledger, 0, root, &b->fault), ERR_RANGE);
	at.root[0] ^= 1;
	assert_int_equal(prove_entry(b->ledger, 7, &at, &proof, &b->fault), ERR_CORRUPT);
	assert_int_equal(prove_growth(b->ledger, 7, &at, &proof, &b->fault), ERR_CORRUPT);
	assert_int_equal(proof.count, 99);
	must(prove_growth(b->ledger, 0, &at, &proof, &b->fault), &b->fault);
	assert_int_equal(proof.count, 0);
	free(m.leaves);
}

static void change_database(struct bench *b, const char *sql)
{
	char path[128];
	sqlite3 *db;

	close_ledger(b);
	(void)snprintf(path, sizeof path, "%s/ledger.db", b->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t count_nodes(struct bench *b)
{
	struct store *s = media_store(&b->ledger->media);
	int64_t count;

	must(store_row(s, STORE_COUNT_NODES, 0, NULL), &b->fault);
	count = store_integer(s, STORE_COUNT_NODES, 0);
	store_done(s, STORE_COUNT_NODES);
	return count;
}

static void missing_nodes_are_made_when_opening(void **state)
{
	static const char *const losses[] = {"DELETE FROM nodes", "DELETE FROM nodes WHERE place = 1",
					     "DELETE FROM nodes WHERE level = 1 AND place > 2"};
	struct bench *b = *state;
	struct model m;

	open_ledger(b);
	add_in_groups(b, 1100);
	make_model(&m, b, 1100);
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
		struct checkpoint at = checkpoint_at(&m, 1100);

		change_database(b, losses[i]);
		open_ledger(b);
		assert_int_equal(count_nodes(b), 4);
		check_entry(b, &m, 1099, &at);
		check_growth(b, &m.at[300], &at);
	}
	free(m.leaves);
}

/* A wrong hash in the table cannot get out, and does not stop the box. */
static void a_wrong_node_is_not_given_out(void **state)
{
	struct bench *b = *state;
	struct checkpoint at;
	struct proof proof;
	struct model m;

	open_ledger(b);
	add_in_groups(b, 1100);
	make_model(&m, b, 1100);
	at = checkpoint_at(&m, 1100);
	change_database(b, "UPDATE nodes SET hash = zeroblob(32) WHERE place = 2");
	open_ledger(b);
	assert_int_equal(prove_entry(b->ledger, 1000, &at, &proof, &b->fault), ERR_CORRUPT);
	change_database(b, "UPDATE nodes SET hash = x'00' WHERE place = 2");
	open_ledger(b);
	assert_int_equal(prove_growth(b->ledger, 1000, &at, &proof, &b->fault), ERR_CORRUPT);
	change_database(b, "DELETE FROM nodes; UPDATE entries SET leaf = x'00' WHERE seq = 5");
	open_ledger(b);
	assert_int_equal(count_nodes(b), 0);
	free(m.leaves);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(every_small_log),
		WITH_LEDGER(a_larger_log),
		WITH_LEDGER(what_cannot_be_proven),
		WITH_LEDGER(missing_nodes_are_made_when_opening),
		WITH_LEDGER(a_wrong_node_is_not_given_out),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
