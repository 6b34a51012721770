/* C2SP tlog-checkpoint: three lines, no extension lines.
 *
 *   <origin> LF <size, decimal> LF <root, base64> LF
 */
#ifndef KANNUKI_LEDGER_CHECKPOINT_H
#define KANNUKI_LEDGER_CHECKPOINT_H

#include "base/bytes.h"
#include "ledger/hash.h"
#include "ledger/note.h"

struct checkpoint {
	uint64_t size;
	uint8_t root[HASH_SIZE];
};

/* "<operator domain>/<serial>/<incarnation>": at most 255 bytes, graphic ASCII without "+", two slashes, no part empty,
   the last one a decimal number from 1. */
enum err origin_check(const char *origin) MUST_USE;

void checkpoint_format(struct buf *out, const char *origin, const struct checkpoint *checkpoint);
/* ERR_FORMAT unless the text is exactly what checkpoint_format writes for this origin. */
enum err checkpoint_parse(struct checkpoint *out, const char *origin, const char *text, size_t len) MUST_USE;

/* A checkpoint that somebody kept: of whichever log. ERR_FORMAT: these bytes are not a checkpoint's note. */
struct kept_checkpoint {
	char origin[NOTE_NAME_MAX + 1];
	struct checkpoint checkpoint;
};
enum err kept_checkpoint_parse(struct kept_checkpoint *out, const char *data, size_t len) MUST_USE;

/* The code of a checkpoint on paper: its size and the beginning of base32(SHA-256 of its text), in groups of five.
 *
 *   1234-ABCDE-FGHIJ-KLMNO-PQRST
 */
enum { PAPER_CODE_MIN = 20, PAPER_CODE_MAX = BASE32_SIZE(HASH_SIZE) - 1, PAPER_CODE_SIZE = 48 };
struct paper_code {
	uint64_t size;
	char code[PAPER_CODE_MAX + 1];
};
/* 20 characters of it. */
void paper_code_format(char out[PAPER_CODE_SIZE], const char *origin, const struct checkpoint *checkpoint);
/* What a person typed: case, gaps and further hyphens do not matter. ERR_FORMAT. */
enum err paper_code_parse(struct paper_code *out, const char *text, size_t len) MUST_USE;
bool paper_code_fits(const struct paper_code *code, const char *origin, const struct checkpoint *checkpoint);

/* The letters and digits of a base32 code that a person typed: case, hyphens and gaps (spaces, tabs,
   line ends, U+00A0, U+3000) do not matter. ERR_FORMAT: another character, or not `min` to `max` of them. `out` has
   room for max + 1. */
enum err code_read(char *out, size_t min, size_t max, const char *text, size_t len) MUST_USE;

#endif
