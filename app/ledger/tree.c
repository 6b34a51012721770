#include "ledger/tree.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void tree_append(struct tree *t, const uint8_t leaf[HASH_SIZE], const struct tile_listener *listener)
{
	uint8_t node[HASH_SIZE];
	unsigned height = 0;

	memcpy(node, leaf, HASH_SIZE);
	for (;;) {
		if (listener != NULL && height % 8 == 0)
			listener->done(listener->context, height / 8, node);
		if ((t->size >> height & 1) == 0)
			break;
		hash_node(node, t->peaks[height], node);
		height++;
	}
	memcpy(t->peaks[height], node, HASH_SIZE);
	t->size++;
}

void tree_root(const struct tree *t, uint8_t root[HASH_SIZE])
{
	bool any = false;

	for (unsigned height = 0; height < TREE_HEIGHT; height++) {
		if ((t->size >> height & 1) == 0)
			continue;
		if (any)
			hash_node(root, t->peaks[height], root);
		else
			memcpy(root, t->peaks[height], HASH_SIZE);
		any = true;
	}
	if (!any)
		hash_bytes(root, "", 0);
}

size_t tree_peaks_write(const struct tree *t, uint8_t out[TREE_PEAKS_MAX])
{
	size_t len = 0;

	for (unsigned height = 0; height < TREE_HEIGHT; height++) {
		if ((t->size >> height & 1) != 0) {
			memcpy(out + len, t->peaks[height], HASH_SIZE);
			len += HASH_SIZE;
		}
	}
	return len;
}

enum err tree_peaks_read(struct tree *t, uint64_t size, const void *peaks, size_t len)
{
	const uint8_t *at = peaks;

	if (size >> (TREE_HEIGHT - 1) != 0 || len != (size_t)__builtin_popcountll(size) * HASH_SIZE)
		return ERR_FORMAT;
	*t = (struct tree){.size = size};
	for (unsigned height = 0; height < TREE_HEIGHT; height++) {
		if ((size >> height & 1) != 0) {
			memcpy(t->peaks[height], at, HASH_SIZE);
			at += HASH_SIZE;
		}
	}
	return ERR_OK;
}

enum err tree_check_inclusion(const uint8_t leaf[HASH_SIZE], uint64_t index, uint64_t size,
			      const uint8_t (*proof)[HASH_SIZE], size_t count, const uint8_t root[HASH_SIZE])
{
	uint8_t node[HASH_SIZE];
	uint64_t last;

	if (index >= size)
		return ERR_RANGE;
	last = size - 1;
	memcpy(node, leaf, HASH_SIZE);
	/* `last` walks up the right edge; where our node is the last one and a left child, it has no sibling. */
	for (size_t i = 0; i < count; i++) {
		while (index == last && (index & 1) == 0 && last != 0) {
			index >>= 1;
			last >>= 1;
		}
		if (last == 0)
			return ERR_CRYPTO;
		if ((index & 1) != 0)
			hash_node(node, proof[i], node);
		else
			hash_node(node, node, proof[i]);
		index >>= 1;
		last >>= 1;
	}
	while (index == last && (index & 1) == 0 && last != 0) {
		index >>= 1;
		last >>= 1;
	}
	return last == 0 && memcmp(node, root, HASH_SIZE) == 0 ? ERR_OK : ERR_CRYPTO;
}

/* Rebuilds both roots from the same proof, beginning at the largest perfect subtree that ends the old tree. */
static enum err consistency_roots(uint64_t old_size, const uint8_t old_root[HASH_SIZE], uint64_t size,
				  const uint8_t root[HASH_SIZE], const uint8_t (*proof)[HASH_SIZE], size_t count)
{
	uint64_t old_last = old_size - 1, last = size - 1;
	uint8_t old_node[HASH_SIZE], node[HASH_SIZE];
	size_t at = 0;

	while ((old_last & 1) != 0) {
		old_last >>= 1;
		last >>= 1;
	}
	memcpy(node, old_last != 0 ? proof[at++] : old_root, HASH_SIZE);
	memcpy(old_node, node, HASH_SIZE);
	for (; at < count; at++) {
		if (last == 0)
			return ERR_CRYPTO;
		if ((old_last & 1) != 0 || old_last == last) {
			hash_node(old_node, proof[at], old_node);
			hash_node(node, proof[at], node);
			while ((old_last & 1) == 0 && old_last != 0) {
				old_last >>= 1;
				last >>= 1;
			}
		} else {
			hash_node(node, node, proof[at]);
		}
		old_last >>= 1;
		last >>= 1;
	}
	if (last != 0 || memcmp(old_node, old_root, HASH_SIZE) != 0 || memcmp(node, root, HASH_SIZE) != 0)
		return ERR_CRYPTO;
	return ERR_OK;
}

enum err tree_check_consistency(uint64_t old_size, const uint8_t old_root[HASH_SIZE], uint64_t size,
				const uint8_t root[HASH_SIZE], const uint8_t (*proof)[HASH_SIZE], size_t count)
{
	if (old_size == 0 || old_size > size)
		return ERR_RANGE;
	if (old_size == size)
		return count == 0 && memcmp(old_root, root, HASH_SIZE) == 0 ? ERR_OK : ERR_CRYPTO;
	if (count == 0)
		return ERR_CRYPTO;
	return consistency_roots(old_size, old_root, size, root, proof, count);
}

void tile_path(char out[TILE_PATH_SIZE], const char *level, uint64_t index, unsigned width)
{
	char groups[40] = "", rest[40];

	(void)snprintf(groups, sizeof groups, "%03u", (unsigned)(index % 1000));
	for (index /= 1000; index > 0; index /= 1000) {
		memcpy(rest, groups, sizeof rest);
		(void)snprintf(groups, sizeof groups, "x%03u/%.34s", (unsigned)(index % 1000), rest);
	}
	if (width < TILE_WIDTH)
		(void)snprintf(out, TILE_PATH_SIZE, "tile/%.7s/%s.p/%u", level, groups, width);
	else
		(void)snprintf(out, TILE_PATH_SIZE, "tile/%.7s/%s", level, groups);
}
