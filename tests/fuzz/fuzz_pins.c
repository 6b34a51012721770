/* What auditors bring or a bundle holds beside entries: checkpoints that were kept, codes on paper, proofs, ranges,
 * lines of witnesses. What is read twice is read the same; nobody has signed with the key asked for.
 */
#include "ledger/bundle.h"
#include "ledger/number.h"
#include "ledger/tlog_proof.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_paper(const char *text, size_t len)
{
	struct paper_code code, again;
	char written[PAPER_CODE_MAX + NUMBER_SIZE + 2];

	if (paper_code_parse(&code, text, len) != ERR_OK)
		return;
	(void)snprintf(written, sizeof written, "%llu-%s", (unsigned long long)code.size, code.code);
	if (paper_code_parse(&again, written, strlen(written)) != ERR_OK || again.size != code.size ||
	    strcmp(again.code, code.code) != 0)
		abort();
}

static void try_proof(const char *data, size_t len)
{
	struct tlog_proof proof;

	if (tlog_proof_parse(&proof, data, len) != ERR_OK)
		return;
	if (proof.count > TREE_HEIGHT || proof.checkpoint < data ||
	    proof.checkpoint + proof.checkpoint_len != data + len)
		abort();
}

static void try_range(const char *text, size_t len)
{
	uint64_t from, to;

	if (range_parse(&from, &to, text, len, 604) != ERR_OK)
		return;
	if (from % TILE_WIDTH != 0 || from >= to || to > 604 || (from == 0 && to == 604))
		abort();
}

static void try_checkpoint(const char *data, size_t len)
{
	struct kept_checkpoint kept;
	struct buf again = {0};
	struct note note;

	if (kept_checkpoint_parse(&kept, data, len) != ERR_OK)
		return;
	checkpoint_format(&again, kept.origin, &kept.checkpoint);
	if (note_parse(&note, data, len) != ERR_OK || again.len != note.text_len ||
	    memcmp(again.data, note.text, again.len) != 0)
		abort();
	buf_fini(&again);
}

/* The name of a witness in the corpus, with a key that nobody has. */
static void try_witness(const char *data, size_t len)
{
	struct note_key witness = {.type = KEY_COSIGNS, .name = "witness0.example/w"};
	static const uint8_t id[KEY_ID_SIZE] = {0xe6, 0x2b, 0x51, 0x0f};
	struct note note;
	uint64_t time;

	memcpy(witness.id, id, sizeof id);
	if (note_parse(&note, data, len) == ERR_OK && note_cosigned(&note, &witness, &time) == ERR_OK)
		abort();
}

static void try_path(const char *data, size_t len)
{
	static const struct extent part = {604, 3, 256, 512};
	char path[300];
	uint64_t number;

	if (len >= sizeof path)
		return;
	memcpy(path, data, len);
	path[len] = '\0';
	(void)bundle_classify(path, &part, &number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;

	if (sodium_init() < 0)
		abort();
	try_paper(text, len);
	try_proof(text, len);
	try_range(text, len);
	try_checkpoint(text, len);
	try_witness(text, len);
	try_path(text, len);
	return 0;
}
