/* From a bundle to a verdict: reads a bundle as a stream, in constant memory, by the strict rules of
 * docs/formats/ledger.md. Needs neither a database nor a network.
 */
#ifndef KANNUKI_LEDGER_VERDICT_H
#define KANNUKI_LEDGER_VERDICT_H

#include "ledger/bundle.h"

enum verdict_kind { VERDICT_GOOD, VERDICT_BAD, VERDICT_UNKNOWN }; /* the exit code */

/* What the auditor knows from outside: a code, a genesis note kept as a file, or neither. */
struct known_genesis {
	const char *code;
	const struct buf *note;
};

struct verdict {
	enum verdict_kind kind;
	struct fault fault; /* why not good: entry or file first */
	bool has_entry;     /* `entry` is the first bad one */
	uint64_t entry;
	char file[BUNDLE_PATH_SIZE]; /* the file to blame, or empty */
	char origin[NOTE_NAME_MAX + 1];
	char code[GENESIS_CODE_MAX + 1];
	struct checkpoint checkpoint;
	uint64_t epochs;
	uint64_t entries; /* checked so far */
	uint64_t counts[DISCLOSED_COUNT];
	uint64_t blobs_checked, blobs_absent;
	uint64_t witness_lines; /* of witnesses that nobody here knows */
	uint64_t foreign_files, unsigned_files;
	char first_foreign[BUNDLE_PATH_SIZE];
};

/* Called after every tile, for a progress line. */
struct verdict_progress {
	void (*report)(void *context, uint64_t entries, uint64_t size);
	void *context;
};

/* `path` is a folder or a ZIP file. Always fills `out`. `progress` may be NULL. */
void bundle_verify(struct verdict *out, const char *path, const struct known_genesis *known,
		   const struct verdict_progress *progress);

#endif
