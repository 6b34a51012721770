/* C2SP tlog-checkpoint: three lines, no extension lines.
 *
 *   <origin> LF <size, decimal> LF <root, base64> LF
 */
#ifndef KANNUKI_LEDGER_CHECKPOINT_H
#define KANNUKI_LEDGER_CHECKPOINT_H

#include "base/bytes.h"
#include "ledger/hash.h"

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

#endif
