/* C2SP signed notes: a text, an empty line, and lines "— <name> <base64(key id[4] ‖ signature)>".
 *
 *   key id   the first 4 bytes of SHA-256(name ‖ LF ‖ type ‖ public key)
 *   vkey     name "+" 8 hex digits of the key id "+" base64(type ‖ public key)
 *
 *   type 0x01   Ed25519 over the text
 *   type 0x04   a witness: the time (u64be, POSIX seconds) ‖ Ed25519 over
 *               "cosignature/v1" LF "time " <time, decimal> LF <the text>        (C2SP tlog-cosignature)
 *
 * The text is valid UTF-8 without control characters other than LF, ends with LF, and is not empty. Signature lines
 * of keys that nobody here knows are ignored; a line of a known key that does not verify condemns the whole note,
 * and so does a second line of one known key.
 */
#ifndef KANNUKI_LEDGER_NOTE_H
#define KANNUKI_LEDGER_NOTE_H

#include "base/bytes.h"
#include "ledger/hash.h"

#include <stdbool.h>

enum {
	NOTE_MAX = 64 * 1024,
	NOTE_LINES_MAX = 64,
	NOTE_NAME_MAX = 255,
	KEY_SIZE = 32,
	KEY_SECRET_SIZE = 64,
	KEY_ID_SIZE = 4,
	SIGNATURE_SIZE = 64,
	COSIGNATURE_SIZE = 8 + SIGNATURE_SIZE,
	VKEY_SIZE = NOTE_NAME_MAX + 1 + 8 + 1 + BASE64_SIZE(1 + KEY_SIZE)
};

enum key_type { KEY_SIGNS = 1, KEY_COSIGNS = 4 };

struct note_key {
	enum key_type type;
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[KEY_ID_SIZE];
	uint8_t key[KEY_SIZE];
};

/* A signature line; `name` points into the note. */
struct note_line {
	const char *name;
	size_t name_len;
	uint8_t id[KEY_ID_SIZE];
	size_t size; /* of the signature, of which only such as we know are kept */
	uint8_t signature[COSIGNATURE_SIZE];
};

/* A parsed note; everything points into the bytes that were parsed. */
struct note {
	const char *text;
	size_t text_len;
	size_t count;
	struct note_line lines[NOTE_LINES_MAX];
};

/* Name rules of a key: 1 to 255 bytes of valid UTF-8, no space, control character or "+". */
bool note_name_is_valid(const char *name, size_t len);
enum err note_key_make(struct note_key *out, const char *name, const uint8_t key[KEY_SIZE]) MUST_USE;
enum err witness_key_make(struct note_key *out, const char *name, const uint8_t key[KEY_SIZE]) MUST_USE;
void vkey_format(char out[VKEY_SIZE], const struct note_key *key);
/* ERR_FORMAT: not a vkey of this type. */
enum err vkey_parse(struct note_key *out, const char *text, size_t len) MUST_USE;
enum err witness_vkey_parse(struct note_key *out, const char *text, size_t len) MUST_USE;

/* Ed25519 as docs/formats/ledger.md narrows it: no points of small order, no second spelling of any, no cofactor. */
bool signature_verifies(const uint8_t signature[SIGNATURE_SIZE], const void *data, size_t len,
			const uint8_t key[KEY_SIZE]) MUST_USE;

/* ERR_FORMAT: these bytes are not a note. */
enum err note_parse(struct note *out, const char *data, size_t len) MUST_USE;
/* Which line is `key`'s: its index, or -1. */
int note_line_of(const struct note *note, const struct note_key *key);
bool note_line_is_of(const struct note_line *line, const struct note_key *key);
/* ERR_MISSING: no line of this key. ERR_CRYPTO: its line does not verify, or it has two. */
enum err note_verify(const struct note *note, const struct note_key *key) MUST_USE;
/* True when the note's lines are those of the given keys, in that order, all verified, and no others. */
bool note_is_signed_exactly(const struct note *note, const struct note_key *const *keys, size_t count);

/* When this witness saw the note: the latest time of its lines, all of which must verify. ERR_MISSING, ERR_CRYPTO. */
enum err note_cosigned(const struct note *note, const struct note_key *witness, uint64_t *time) MUST_USE;
void note_cosign_line(struct buf *out, const char *text, size_t text_len, const struct note_key *witness, uint64_t time,
		      const uint8_t secret[KEY_SECRET_SIZE]);

/* Appends to `out` the signature line over `text`. `secret` is libsodium's 64-byte form. */
void note_sign_line(struct buf *out, const char *text, size_t text_len, const struct note_key *key,
		    const uint8_t secret[KEY_SECRET_SIZE]);

#endif
