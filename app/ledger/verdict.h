/* From a bundle to a verdict: reads a bundle as a stream, in constant memory, by the strict rules of
 * docs/formats/ledger.md. Needs neither a database nor a network.
 */
#ifndef KANNUKI_LEDGER_VERDICT_H
#define KANNUKI_LEDGER_VERDICT_H

#include "ledger/bundle.h"
#include "ledger/policy.h"

enum verdict_kind { VERDICT_GOOD, VERDICT_BAD, VERDICT_UNKNOWN }; /* the exit code */

/* What the auditor knows from outside; each may be absent. */
struct known {
	const char *code;       /* the genesis code */
	const struct buf *note; /* or the genesis note kept as a file */
	const struct kept_checkpoint *since;
	const struct paper_code *paper;
	const struct policy *policy;
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
	bool is_part; /* only the entries from `from` to `to` - 1 are there */
	uint64_t from, to;
	uint64_t epochs, epoch_began; /* how many, and with which entry the last one begins */
	uint64_t entries;             /* checked so far */
	uint64_t counts[DISCLOSED_COUNT];
	uint64_t redacted_elsewhere;
	uint64_t blobs_checked, blobs_encrypted, blobs_absent;
	uint64_t proofs, stamps;
	uint64_t since, paper;                      /* the sizes that these pins prove; 0: none */
	uint64_t witnessed;                         /* the largest size for which the policy's quorum holds */
	uint64_t witness_sizes[POLICY_MEMBERS_MAX]; /* and each of its witnesses has signed */
	uint64_t witness_lines;                     /* of witnesses that nobody here knows */
	uint64_t foreign_files, unsigned_files;
	char first_foreign[BUNDLE_PATH_SIZE];
	struct earlier_log earlier[EARLIER_LOGS_MAX]; /* that this one continues */
	size_t earlier_count;
};

/* How to go about it; nothing here changes the verdict. */
struct verify_way {
	unsigned jobs; /* threads; 0: one for each core, if the log is worth it */
	void (*report)(void *context, uint64_t entries, uint64_t size); /* after every tile, or NULL */
	void *context;
};

/* `path` is a folder or a ZIP file. Always fills `out`. `way` may be NULL. */
void bundle_verify(struct verdict *out, const char *path, const struct known *known, const struct verify_way *way);

/* A checkpoint that the auditor kept: the file of a signed note, or a bundle that has one. */
enum err kept_checkpoint_read(struct kept_checkpoint *out, const char *path, struct fault *f) MUST_USE;

#endif
