/* What the two halves of bundle_verify share. */
#ifndef KANNUKI_LEDGER_VERDICT_INSIDE_H
#define KANNUKI_LEDGER_VERDICT_INSIDE_H

#include "ledger/verdict.h"

/* The hashes of one level that await their tile's end. */
struct level {
	uint64_t tile;
	unsigned width;
	uint8_t hashes[TILE_WIDTH][HASH_SIZE];
};

struct verifier {
	struct bundle bundle;
	struct verdict *verdict;
	struct audit audit;
	struct tile_listener listener;
	struct level levels[TILE_LEVELS];
	enum err tile_err; /* of a tile compared while a hash was appended */
	struct line_reader lines;
	struct buf data, log;
	struct fault *f;
};

/* Both say the file first and remember it as the one to blame. */
enum err verify_bad_file(struct verifier *v, const char *path, const char *reason) MUST_USE;
/* A file that could not be read: is it the bundle's fault or the machine's? */
enum err verify_unreadable(struct verifier *v, const char *path, enum err err) MUST_USE;
enum err verify_read_part(struct verifier *v, const char *path, size_t limit, struct buf *out) MUST_USE;

/* Listens to the tree: collects hashes and compares each finished tile with its file. */
void verify_take_hash(void *context, unsigned number, const uint8_t hash[HASH_SIZE]);
/* All entries with their disclosures, and all tiles. */
enum err verify_entries(struct verifier *v, const struct verdict_progress *progress) MUST_USE;

#endif
