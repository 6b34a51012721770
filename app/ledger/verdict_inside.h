/* What the parts of bundle_verify share: verdict.c takes the steps, verdict_tiles.c reads entries and hashes,
 * verdict_files.c everything else that lies in the bundle, verdict_pins.c compares with what the auditor brought.
 */
#ifndef KANNUKI_LEDGER_VERDICT_INSIDE_H
#define KANNUKI_LEDGER_VERDICT_INSIDE_H

#include "ledger/verdict.h"

#include <limits.h>

/* The hashes of one level that await their tile's end. */
struct level {
	uint64_t tile;
	unsigned width;
	uint8_t hashes[TILE_WIDTH][HASH_SIZE];
};

struct verifier {
	struct bundle bundle;
	const struct known *known;
	char given[GENESIS_CODE_MAX + 1]; /* the code of the genesis note given */
	struct verdict *verdict;
	struct audit audit;
	struct tile_listener listener;
	struct level levels[TILE_LEVELS];
	bool is_found;     /* a tile whose leaf hashes were compared ahead is being judged */
	enum err tile_err; /* of a tile compared while a hash was appended */
	struct line_reader lines;
	struct buf data;
	struct buf log, head; /* checkpoint.log and checkpoint */
	struct buf hashes;    /* a tile of leaf hashes */
	bool since_fits, paper_fits, is_witnessed;
	struct fault first_bad; /* among the files in no order: the one whose path comes first */
	char first_path[PATH_MAX], first_file[BUNDLE_PATH_SIZE];
	bool is_pin_at_fault; /* neither an entry nor a file is to blame, but the bundle does not fit a pin */
	struct fault *f;
};

/* Names of files are the bundle's: what could move a terminal's cursor must not reach it. */
void verify_show_path(char out[BUNDLE_PATH_SIZE], const char *path);
/* Both say the file first and remember it as the one to blame. */
enum err verify_bad_file(struct verifier *v, const char *path, const char *reason) MUST_USE;
/* A file that could not be read: is it the bundle's fault or the machine's? */
enum err verify_unreadable(struct verifier *v, const char *path, enum err err) MUST_USE;
enum err verify_read_part(struct verifier *v, const char *path, size_t limit, struct buf *out) MUST_USE;
struct extent verify_extent(const struct verifier *v);

/* A note that is `own` (already checked) and further signature lines. */
bool verify_extends(struct note *out, const struct buf *longer, const struct buf *own);

/* Listens to the tree: collects hashes and compares each finished tile with its file. */
void verify_take_hash(void *context, unsigned number, const uint8_t hash[HASH_SIZE]);
/* All entries with their disclosures, and all full tiles; then those that are not full. */
enum err verify_entries(struct verifier *v, const struct verify_way *way) MUST_USE;
enum err verify_partial_tiles(struct verifier *v) MUST_USE;
/* After ERR_CORRUPT: is it rather the last entry before that was changed? */
enum err verify_blame_last(struct verifier *v) MUST_USE;
/* A line of a disclosure file: what it says, and the text when DISCLOSED. */
bool verify_read_line(const char **line, size_t *len, uint64_t seq, enum disclosure_name name,
		      enum disclosed *state) MUST_USE;
/* The tile with the leaf hash of `seq`, into v->hashes. */
enum err verify_read_hashes(struct verifier *v, uint64_t seq) MUST_USE;

/* Every file of the bundle that is not read by the steps before. */
enum err verify_files(struct verifier *v) MUST_USE;

/* The tree has grown by one: is it as large as a pin? */
void verify_pass(struct verifier *v);
/* Lines of witnesses below a checkpoint of `size`. */
enum err verify_witnesses(struct verifier *v, const char *path, const struct note *note, uint64_t size) MUST_USE;
/* Whether the bundle fits all that the auditor brought. */
enum err verify_pins(struct verifier *v) MUST_USE;

#endif
