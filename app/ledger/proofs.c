#include "ledger/proofs.h"

#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

enum err proofs_init(struct proofs *p, const uint64_t *seqs, size_t count, uint64_t size)
{
	uint64_t sorted[PROOFS_MAX];

	*p = (struct proofs){.size = size};
	if (count == 0)
		return ERR_OK;
	if (count > PROOFS_MAX)
		return ERR_RANGE;
	memcpy(sorted, seqs, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_number);
	if (sorted[count - 1] >= size)
		return ERR_RANGE;
	p->all = calloc(count, sizeof *p->all);
	if (p->all == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || sorted[i] != sorted[i - 1])
			p->all[p->count++].index = sorted[i];
	return ERR_OK;
}

void proofs_fini(struct proofs *p)
{
	free(p->all);
	*p = (struct proofs){0};
}

/* Which hash of the level lies above the entry; the rest counts as one more after the last. */
static uint64_t index_at(const struct proofs *p, const struct tlog_proof *proof, unsigned level)
{
	uint64_t index = proof->index >> 8 * level, hashes = p->size >> 8 * level;

	return index < hashes ? index : hashes;
}

/* Goes from the hashes of a tile up to their root, which is left in items[0]. An odd one at the end rises alone. */
static void climb(struct proofs *p, unsigned level, uint64_t tile, uint8_t (*items)[HASH_SIZE], unsigned count)
{
	for (unsigned height = 0; count > 1; height++) {
		for (size_t i = 0; i < p->count; i++) {
			struct tlog_proof *proof = &p->all[i];
			uint64_t index = index_at(p, proof, level), neighbour = (index % TILE_WIDTH >> height) ^ 1;

			if (index / TILE_WIDTH == tile && neighbour < count)
				memcpy(proof->hashes[proof->count++], items[neighbour], HASH_SIZE);
		}
		for (unsigned i = 0; i + 1 < count; i += 2)
			hash_node(items[i / 2], items[i], items[i + 1]);
		if (count % 2 != 0)
			memcpy(items[count / 2], items[count - 1], HASH_SIZE);
		count = (count + 1) / 2;
	}
}

static bool is_on_the_way(const struct proofs *p, unsigned level, uint64_t tile)
{
	for (size_t i = 0; i < p->count; i++)
		if (index_at(p, &p->all[i], level) / TILE_WIDTH == tile)
			return true;
	return false;
}

void proofs_full_tile(struct proofs *p, unsigned level, uint64_t tile, const uint8_t hashes[TILE_WIDTH][HASH_SIZE])
{
	uint8_t items[TILE_WIDTH][HASH_SIZE];

	if (!is_on_the_way(p, level, tile))
		return;
	memcpy(items, hashes, sizeof items);
	climb(p, level, tile, items, TILE_WIDTH);
}

void proofs_last_tile(struct proofs *p, unsigned level, const uint8_t hashes[TILE_WIDTH][HASH_SIZE], unsigned width)
{
	uint8_t items[TILE_WIDTH][HASH_SIZE];
	unsigned count = width;

	memcpy(items, hashes, (size_t)width * HASH_SIZE);
	if (p->has_rest)
		memcpy(items[count++], p->rest, HASH_SIZE);
	if (count == 0)
		return;
	climb(p, level, (p->size >> 8 * level) / TILE_WIDTH, items, count);
	memcpy(p->rest, items[0], HASH_SIZE);
	p->has_rest = true;
}
