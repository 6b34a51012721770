#include "ledger/proof.h"

#include "base/text.h"
#include "ledger/inside.h"

#include <stdlib.h>
#include <string.h>

/* A tile as it was read: full, or with what there is in the last one. */
struct tile {
	bool is_loaded;
	unsigned width;
	uint64_t index;
	uint8_t hashes[TILE_WIDTH][HASH_SIZE];
};

struct prover {
	struct ledger *ledger;
	struct tile levels[TILE_LEVELS]; /* the one that was read last of each level */
	struct fault *f;
};

/* The entries [from, to), of which the tree has a hash: the first is a multiple of the largest power of two in it. */
struct span {
	uint64_t from, to;
};

/* ---- tiles ---- */

static enum err unfit(const struct prover *p)
{
	return fault_set(p->f, ERR_CORRUPT, _("the stored hashes do not fit the log; run a check of the ledger"));
}

static enum err read_tile(struct prover *p, struct tile *tile, unsigned level, sqlite3_stmt *rows)
{
	enum err err;

	while ((err = store_next(rows)) == ERR_OK) {
		uint64_t place = (uint64_t)sqlite3_column_int64(rows, 0);
		struct blob stored = row_blob(rows, 1);

		if (place != tile->index * TILE_WIDTH + tile->width || tile->width == TILE_WIDTH ||
		    (level > 0 && stored.len != HASH_SIZE))
			return unfit(p);
		if (level == 0)
			hash_leaf(tile->hashes[tile->width], stored.data, stored.len);
		else
			memcpy(tile->hashes[tile->width], stored.data, HASH_SIZE);
		tile->width++;
	}
	return err == ERR_MISSING ? ERR_OK : store_fault(media_store(&p->ledger->media), err, _("reading"), p->f);
}

static enum err load_tile(struct prover *p, unsigned level, uint64_t index)
{
	struct store *store = media_store(&p->ledger->media);
	uint64_t from = index * TILE_WIDTH, to = from + TILE_WIDTH;
	struct tile *tile = &p->levels[level];
	sqlite3_stmt *rows = NULL;
	enum err err;

	if (tile->is_loaded && tile->index == index)
		return ERR_OK;
	*tile = (struct tile){.index = index};
	err = level == 0 ? store_entries(store, from, to, &rows) : store_nodes(store, level, from, to, &rows);
	err = err == ERR_OK ? read_tile(p, tile, level, rows) : store_fault(store, err, _("reading"), p->f);
	(void)sqlite3_finalize(rows);
	tile->is_loaded = err == ERR_OK;
	return err;
}

/* ---- hashes of the tree ---- */

/* Of the 2^height entries from `from` on: within one tile. */
static enum err perfect_hash(struct prover *p, uint64_t from, unsigned height, uint8_t out[HASH_SIZE])
{
	uint8_t items[TILE_WIDTH / 2][HASH_SIZE];
	unsigned level = height / 8, count = 1U << height % 8;
	uint64_t place = from >> 8 * level, first = place % TILE_WIDTH;
	const struct tile *tile = &p->levels[level];
	enum err err = load_tile(p, level, place / TILE_WIDTH);

	if (err != ERR_OK)
		return err;
	if (first + count > tile->width)
		return unfit(p);
	memcpy(items, tile->hashes + first, count * sizeof *items);
	for (; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			hash_node(items[i], items[2 * i], items[2 * i + 1]);
	memcpy(out, items[0], HASH_SIZE);
	return ERR_OK;
}

/* From its right end on, as tree_root does. */
static enum err span_hash(struct prover *p, struct span span, uint8_t out[HASH_SIZE])
{
	uint64_t to = span.to;

	while (to > span.from) {
		unsigned height = (unsigned)__builtin_ctzll(to - span.from);
		uint64_t from = to - (UINT64_C(1) << height);
		uint8_t left[HASH_SIZE] = {0};
		enum err err = perfect_hash(p, from, height, left);

		if (err != ERR_OK)
			return err;
		if (to < span.to)
			hash_node(out, left, out);
		else
			memcpy(out, left, HASH_SIZE);
		to = from;
	}
	return ERR_OK;
}

/* Where a tree over [from, to) parts: the largest power of two below its size. */
static uint64_t middle_of(struct span span)
{
	return span.from + (UINT64_C(1) << (63 - __builtin_clzll(span.to - span.from - 1)));
}

/* ---- ways through the tree, from the root down ---- */

static size_t way_to_entry(struct span way[TREE_HEIGHT], uint64_t seq, uint64_t size)
{
	struct span here = {0, size};
	size_t count = 0;

	while (here.to - here.from > 1) {
		uint64_t middle = middle_of(here);

		if (seq < middle) {
			way[count++] = (struct span){middle, here.to};
			here.to = middle;
		} else {
			way[count++] = (struct span){here.from, middle};
			here.from = middle;
		}
	}
	return count;
}

/* To the subtree that ends the older tree; itself, unless it is the whole older tree, whose root the reader has. */
static size_t way_to_older(struct span way[TREE_HEIGHT], uint64_t old_size, uint64_t size)
{
	struct span here = {0, size};
	size_t count = 0;

	while (here.to != old_size) {
		uint64_t middle = middle_of(here);

		if (old_size <= middle) {
			way[count++] = (struct span){middle, here.to};
			here.to = middle;
		} else {
			way[count++] = (struct span){here.from, middle};
			here.from = middle;
		}
	}
	if (here.from > 0)
		way[count++] = here;
	return count;
}

/* A proof goes from the leaf up. */
static enum err hash_way(struct prover *p, const struct span *way, size_t count, struct proof *out)
{
	enum err err = ERR_OK;

	out->count = 0;
	while (count > 0 && err == ERR_OK)
		err = span_hash(p, way[--count], out->hashes[out->count++]);
	return err;
}

/* ---- proofs ---- */

static enum err try_entry(struct prover *p, uint64_t seq, const struct checkpoint *at, struct proof *out)
{
	struct span way[TREE_HEIGHT];
	size_t count = way_to_entry(way, seq, at->size);
	uint8_t leaf[HASH_SIZE];
	enum err err = perfect_hash(p, seq, 0, leaf);

	if (err == ERR_OK)
		err = hash_way(p, way, count, out);
	if (err == ERR_OK && tree_check_inclusion(leaf, seq, at->size, out->hashes, out->count, at->root) != ERR_OK)
		err = unfit(p);
	return err;
}

static enum err try_growth(struct prover *p, uint64_t old_size, const struct checkpoint *at, struct proof *out)
{
	struct span way[TREE_HEIGHT];
	size_t count = way_to_older(way, old_size, at->size);
	uint8_t old_root[HASH_SIZE];
	enum err err = span_hash(p, (struct span){0, old_size}, old_root);

	if (err == ERR_OK)
		err = hash_way(p, way, count, out);
	if (err == ERR_OK &&
	    tree_check_consistency(old_size, old_root, at->size, at->root, out->hashes, out->count) != ERR_OK)
		err = unfit(p);
	return err;
}

typedef enum err proof_maker(struct prover *p, uint64_t which, const struct checkpoint *at, struct proof *out);

/* What one medium cannot give is taken from the other. */
static enum err prove(struct ledger *l, proof_maker *make, uint64_t which, const struct checkpoint *at,
		      struct proof *out, struct fault *f)
{
	struct prover *p = calloc(1, sizeof *p);
	struct proof made;
	enum err err;

	if (p == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	p->ledger = l;
	p->f = f;
	err = make(p, which, at, &made);
	if ((err == ERR_CORRUPT || err == ERR_IO) && media_switch(&l->media)) {
		for (int i = 0; i < TILE_LEVELS; i++)
			p->levels[i].is_loaded = false;
		err = make(p, which, at, &made);
	}
	free(p);
	if (err == ERR_OK)
		*out = made;
	return err;
}

static enum err check_size(const struct ledger *l, const struct checkpoint *at, struct fault *f)
{
	return at->size <= l->durable.tree.size ? ERR_OK
						: fault_set(f, ERR_RANGE, _("the log has only %llu entries"),
							    (unsigned long long)l->durable.tree.size);
}

enum err prove_entry(struct ledger *l, uint64_t seq, const struct checkpoint *at, struct proof *out, struct fault *f)
{
	enum err err = check_size(l, at, f);

	if (err == ERR_OK && seq >= at->size)
		err = fault_set(f, ERR_RANGE, _("the log has only %llu entries"), (unsigned long long)at->size);
	return err == ERR_OK ? prove(l, try_entry, seq, at, out, f) : err;
}

enum err prove_growth(struct ledger *l, uint64_t old_size, const struct checkpoint *at, struct proof *out,
		      struct fault *f)
{
	enum err err = check_size(l, at, f);

	if (err == ERR_OK && old_size > at->size)
		err = fault_set(f, ERR_RANGE, _("the log has only %llu entries"), (unsigned long long)at->size);
	if (err == ERR_OK && old_size == 0)
		*out = (struct proof){.count = 0};
	return err == ERR_OK && old_size > 0 ? prove(l, try_growth, old_size, at, out, f) : err;
}

/* The proof of a root is the root alone. */
static enum err try_root(struct prover *p, uint64_t size, const struct checkpoint *at, struct proof *out)
{
	(void)at;
	out->count = 1;
	return span_hash(p, (struct span){0, size}, out->hashes[0]);
}

enum err prove_root(struct ledger *l, uint64_t size, uint8_t root[HASH_SIZE], struct fault *f)
{
	const struct checkpoint at = {.size = size};
	struct proof proof;
	enum err err = size > 0 ? check_size(l, &at, f) : fault_set(f, ERR_RANGE, _("no entries, no root"));

	if (err == ERR_OK)
		err = prove(l, try_root, size, &at, &proof, f);
	if (err == ERR_OK)
		memcpy(root, proof.hashes[0], HASH_SIZE);
	return err;
}

/* ---- the table ---- */

void node_keep(void *context, unsigned level, const uint8_t hash[HASH_SIZE])
{
	struct node_keeper *keeper = context;
	/* The tree counts the entry only after it has told of its nodes. */
	int64_t place = (int64_t)(keeper->tree->size >> (8 * level));

	if (level > 0)
		batch_add(keeper->changes, STORE_ADD_NODE, (int64_t)level << 56 | place,
			  (const struct blob[]){{hash, HASH_SIZE}}, 1);
}

static bool has_all_nodes(struct ledger *l)
{
	struct store *store = media_store(&l->media);
	uint64_t expected = 0, there = 0;

	for (unsigned level = 1; level < TILE_LEVELS; level++)
		expected += l->durable.tree.size >> (8 * level);
	if (store_row(store, STORE_COUNT_NODES, 0, NULL) == ERR_OK)
		there = (uint64_t)store_integer(store, STORE_COUNT_NODES, 0);
	store_done(store, STORE_COUNT_NODES);
	return there == expected;
}

static enum err hash_all(struct ledger *l, struct tree *tree, const struct progress *progress)
{
	struct node_keeper keeper = {&l->changes, tree};
	struct tile_listener listener = {node_keep, &keeper};
	struct store *store = media_store(&l->media);
	uint64_t size = l->durable.tree.size;
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(store, 0, size, &rows);

	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		struct blob leaf = row_blob(rows, ROW_LEAF);
		uint8_t hash[HASH_SIZE];

		hash_leaf(hash, leaf.data, leaf.len);
		tree_append(tree, hash, &listener);
		if (progress != NULL && tree->size % 4096 == 0)
			progress->report(progress->context, N_("checking"), tree->size, size);
	}
	(void)sqlite3_finalize(rows);
	return err == ERR_MISSING ? batch_status(&l->changes) : err;
}

void nodes_complete(struct ledger *l, const struct progress *progress)
{
	struct tree tree = {0};
	uint8_t root[HASH_SIZE];

	if (has_all_nodes(l))
		return;
	if (hash_all(l, &tree, progress) == ERR_OK) {
		tree_root(&tree, root);
		if (memcmp(root, l->head.root, HASH_SIZE) == 0)
			return;
	}
	batch_clear(&l->changes);
}
