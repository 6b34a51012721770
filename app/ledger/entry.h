/* An entry: the leaf of the log. A text of at most 4,096 bytes in exactly one form, so that parsing and formatting
 * are inverse to each other and anything else is refused:
 *
 *   kannuki-entry/v1
 *   seq 123
 *   prev <base64 of the leaf hash of entry 122; for entry 0 SHA-256 of the empty string>
 *   boot 3
 *   mono 123000000
 *   wall 2026-11-20T00:12:33.123Z 250 ntp      "-" in place of 250 when the source is "unset"
 *   epoch 1
 *   who u12
 *   via panel                                  panel web serial cli keeper
 *   type incident                              incident panel register people system epoch
 *   about 2026-007
 *   idem <32 hex digits, lower case>           may be absent
 *   sd <name> <base64url SHA-256>              body files person text, each at most once, in this order
 */
#ifndef KANNUKI_LEDGER_ENTRY_H
#define KANNUKI_LEDGER_ENTRY_H

#include "base/bytes.h"
#include "base/clock.h"
#include "ledger/hash.h"

#include <stdbool.h>

enum { ENTRY_MAX = 4096, WORD_MAX = 64, IDEM_BYTES = 16 };

enum via { VIA_PANEL, VIA_WEB, VIA_SERIAL, VIA_CLI, VIA_KEEPER, VIA_COUNT };
enum entry_type { TYPE_INCIDENT, TYPE_PANEL, TYPE_REGISTER, TYPE_PEOPLE, TYPE_SYSTEM, TYPE_EPOCH, TYPE_COUNT };
/* In the order of their names, which is the order of the lines. */
enum disclosure_name { DISCLOSURE_BODY, DISCLOSURE_FILES, DISCLOSURE_PERSON, DISCLOSURE_TEXT, DISCLOSURE_COUNT };

extern const char *const via_names[VIA_COUNT];
extern const char *const entry_type_names[TYPE_COUNT];
extern const char *const disclosure_names[DISCLOSURE_COUNT];

/* The index of `text` among `names`, or -1. */
int name_find(const char *const *names, int count, const char *text, size_t len);

struct entry {
	uint64_t seq, boot, epoch;
	uint8_t prev[HASH_SIZE];
	struct moment at;
	enum via via;
	enum entry_type type;
	char who[WORD_MAX + 1], about[WORD_MAX + 1];
	bool has_idem;
	uint8_t idem[IDEM_BYTES];
	bool has[DISCLOSURE_COUNT];
	uint8_t sd[DISCLOSURE_COUNT][HASH_SIZE];
};

/* 1 to 64 of A-Z a-z 0-9 . _ : / @ - */
bool word_is_valid(const char *text, size_t len);

/* Appends the text. ERR_RANGE: a field is outside what the format can say. */
enum err entry_format(struct buf *out, const struct entry *entry) MUST_USE;
/* ERR_FORMAT: not exactly one entry; `f` names the line. */
enum err entry_parse(struct entry *out, const char *text, size_t len, struct fault *f) MUST_USE;

#endif
