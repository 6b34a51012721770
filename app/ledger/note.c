#include "ledger/note.h"

#include "base/text.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

static const char dash[] = "\xe2\x80\x94 "; /* "— " */
enum { DASH_LEN = sizeof dash - 1 };

/* Unicode's white space beyond the ASCII space; control characters are refused anyway. */
static bool is_space(uint32_t c)
{
	return c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool note_name_is_valid(const char *name, size_t len)
{
	if (len == 0 || len > NOTE_NAME_MAX)
		return false;
	for (size_t at = 0; at < len;) {
		uint32_t c = 0;
		size_t size = utf8_next(name + at, len - at, &c);

		if (size == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '+' || is_space(c))
			return false;
		at += size;
	}
	return true;
}

static enum err make_key(struct note_key *out, enum key_type type, const char *name, const uint8_t key[KEY_SIZE])
{
	char text[NOTE_NAME_MAX + 2 + KEY_SIZE];
	uint8_t hash[HASH_SIZE];
	size_t len = strlen(name);

	if (!note_name_is_valid(name, len))
		return ERR_FORMAT;
	memcpy(text, name, len + 1);
	text[len] = '\n';
	text[len + 1] = (char)type;
	memcpy(text + len + 2, key, KEY_SIZE);
	hash_bytes(hash, text, len + 2 + KEY_SIZE);
	out->type = type;
	memcpy(out->name, name, len + 1);
	memcpy(out->id, hash, KEY_ID_SIZE);
	memmove(out->key, key, KEY_SIZE);
	return ERR_OK;
}

enum err note_key_make(struct note_key *out, const char *name, const uint8_t key[KEY_SIZE])
{
	return make_key(out, KEY_SIGNS, name, key);
}

enum err witness_key_make(struct note_key *out, const char *name, const uint8_t key[KEY_SIZE])
{
	return make_key(out, KEY_COSIGNS, name, key);
}

void vkey_format(char out[VKEY_SIZE], const struct note_key *key)
{
	uint8_t typed[1 + KEY_SIZE] = {(uint8_t)key->type};
	size_t len = strlen(key->name);

	memcpy(typed + 1, key->key, KEY_SIZE);
	memcpy(out, key->name, len);
	out[len] = '+';
	hex_encode(out + len + 1, key->id, KEY_ID_SIZE);
	out[len + 9] = '+';
	base64_encode(out + len + 10, typed, sizeof typed);
}

static enum err parse_vkey(struct note_key *out, enum key_type type, const char *text, size_t len)
{
	const char *plus = memchr(text, '+', len);
	size_t name_len = plus != NULL ? (size_t)(plus - text) : 0;
	size_t id_len = KEY_ID_SIZE, typed_len = 1 + KEY_SIZE;
	uint8_t id[KEY_ID_SIZE], typed[1 + KEY_SIZE];
	char name[NOTE_NAME_MAX + 1];
	struct note_key key;

	if (plus == NULL || name_len > NOTE_NAME_MAX || len < name_len + 10 || text[name_len + 9] != '+')
		return ERR_FORMAT;
	if (hex_decode(id, &id_len, plus + 1, 8) != ERR_OK ||
	    base64_decode(typed, &typed_len, plus + 10, len - name_len - 10) != ERR_OK || typed_len != sizeof typed ||
	    typed[0] != type)
		return ERR_FORMAT;
	memcpy(name, text, name_len);
	name[name_len] = '\0';
	if (strlen(name) != name_len || make_key(&key, type, name, typed + 1) != ERR_OK ||
	    memcmp(key.id, id, KEY_ID_SIZE) != 0)
		return ERR_FORMAT;
	*out = key;
	return ERR_OK;
}

enum err vkey_parse(struct note_key *out, const char *text, size_t len)
{
	return parse_vkey(out, KEY_SIGNS, text, len);
}

enum err witness_vkey_parse(struct note_key *out, const char *text, size_t len)
{
	return parse_vkey(out, KEY_COSIGNS, text, len);
}

/* One signature line without its LF. */
static enum err parse_line(struct note_line *out, const char *line, size_t len)
{
	uint8_t signature[4096];
	size_t size = sizeof signature;
	const char *name, *space;

	if (len < DASH_LEN || memcmp(line, dash, DASH_LEN) != 0)
		return ERR_FORMAT;
	name = line + DASH_LEN;
	len -= DASH_LEN;
	space = memchr(name, ' ', len);
	if (space == NULL || !note_name_is_valid(name, (size_t)(space - name)))
		return ERR_FORMAT;
	if (base64_decode(signature, &size, space + 1, len - (size_t)(space + 1 - name)) != ERR_OK ||
	    size <= KEY_ID_SIZE)
		return ERR_FORMAT;
	out->name = name;
	out->name_len = (size_t)(space - name);
	memcpy(out->id, signature, KEY_ID_SIZE);
	out->size = size - KEY_ID_SIZE;
	if (out->size <= COSIGNATURE_SIZE)
		memcpy(out->signature, signature + KEY_ID_SIZE, out->size);
	return ERR_OK;
}

/* The last empty line parts text and signatures. Returns the length of the text, 0 when there is none. */
static size_t text_length(const char *data, size_t len)
{
	for (size_t at = len; at >= 2; at--)
		if (data[at - 1] == '\n' && data[at - 2] == '\n')
			return at - 1;
	return 0;
}

static bool has_control(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)data[i] < 0x20 && data[i] != '\n')
			return true;
	return false;
}

enum err note_parse(struct note *out, const char *data, size_t len)
{
	const char *line, *end = data + len;

	if (len > NOTE_MAX || len == 0 || data[len - 1] != '\n' || has_control(data, len) || !utf8_is_valid(data, len))
		return ERR_FORMAT;
	out->text = data;
	out->text_len = text_length(data, len);
	out->count = 0;
	if (out->text_len < 2)
		return ERR_FORMAT;
	for (line = data + out->text_len + 1; line < end;) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));

		if (out->count == NOTE_LINES_MAX ||
		    parse_line(&out->lines[out->count], line, (size_t)(lf - line)) != ERR_OK)
			return ERR_FORMAT;
		out->count++;
		line = lf + 1;
	}
	return out->count > 0 ? ERR_OK : ERR_FORMAT;
}

bool note_line_is_of(const struct note_line *line, const struct note_key *key)
{
	return memcmp(line->id, key->id, KEY_ID_SIZE) == 0 && line->name_len == strlen(key->name) &&
	       memcmp(line->name, key->name, line->name_len) == 0;
}

int note_line_of(const struct note *note, const struct note_key *key)
{
	for (size_t i = 0; i < note->count; i++)
		if (note_line_is_of(&note->lines[i], key))
			return (int)i;
	return -1;
}

/* Releases of libsodium differ in what they accept beyond honest signatures; test_vectors asks ours about each case. */
bool signature_verifies(const uint8_t signature[SIGNATURE_SIZE], const void *data, size_t len,
			const uint8_t key[KEY_SIZE])
{
	return crypto_sign_verify_detached(signature, data, len, key) == 0;
}

static bool line_verifies(const struct note *note, const struct note_line *line, const struct note_key *key)
{
	return line->size == SIGNATURE_SIZE &&
	       signature_verifies(line->signature, note->text, note->text_len, key->key);
}

enum err note_verify(const struct note *note, const struct note_key *key)
{
	int at = note_line_of(note, key);

	if (at < 0)
		return ERR_MISSING;
	for (size_t i = (size_t)at + 1; i < note->count; i++)
		if (note_line_is_of(&note->lines[i], key))
			return ERR_CRYPTO;
	return line_verifies(note, &note->lines[at], key) ? ERR_OK : ERR_CRYPTO;
}

bool note_is_signed_exactly(const struct note *note, const struct note_key *const *keys, size_t count)
{
	if (note->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!note_line_is_of(&note->lines[i], keys[i]) || !line_verifies(note, &note->lines[i], keys[i]))
			return false;
	return true;
}

void note_sign_line(struct buf *out, const char *text, size_t text_len, const struct note_key *key,
		    const uint8_t secret[KEY_SECRET_SIZE])
{
	uint8_t signature[KEY_ID_SIZE + SIGNATURE_SIZE];
	char line[BASE64_SIZE(sizeof signature)];

	memcpy(signature, key->id, KEY_ID_SIZE);
	(void)crypto_sign_detached(signature + KEY_ID_SIZE, NULL, (const unsigned char *)text, text_len, secret);
	base64_encode(line, signature, sizeof signature);
	buf_addf(out, "%s%s %s\n", dash, key->name, line);
}

/* ---- witnesses ---- */

/* What a witness signs. */
static void cosigned_text(struct buf *out, uint64_t time, const char *text, size_t len)
{
	buf_addf(out, "cosignature/v1\ntime %" PRIu64 "\n", time);
	buf_add(out, text, len);
}

static uint64_t time_of(const uint8_t signature[COSIGNATURE_SIZE])
{
	uint64_t time = 0;

	for (int i = 0; i < 8; i++)
		time = time << 8 | signature[i];
	return time;
}

static bool cosignature_verifies(const struct note *note, const struct note_line *line, const struct note_key *witness,
				 uint64_t *time)
{
	struct buf text = {.cap = NOTE_MAX + 64};
	bool verifies = false;

	if (line->size != COSIGNATURE_SIZE || time_of(line->signature) > INT64_MAX)
		return false;
	*time = time_of(line->signature);
	cosigned_text(&text, *time, note->text, note->text_len);
	if (buf_status(&text) == ERR_OK)
		verifies = signature_verifies(line->signature + 8, text.data, text.len, witness->key);
	buf_fini(&text);
	return verifies;
}

enum err note_cosigned(const struct note *note, const struct note_key *witness, uint64_t *time)
{
	uint64_t latest = 0, at;
	enum err err = ERR_MISSING;

	for (size_t i = 0; i < note->count; i++) {
		if (!note_line_is_of(&note->lines[i], witness))
			continue;
		if (!cosignature_verifies(note, &note->lines[i], witness, &at))
			return ERR_CRYPTO;
		latest = at > latest ? at : latest;
		err = ERR_OK;
	}
	if (err == ERR_OK)
		*time = latest;
	return err;
}

void note_cosign_line(struct buf *out, const char *text, size_t text_len, const struct note_key *witness, uint64_t time,
		      const uint8_t secret[KEY_SECRET_SIZE])
{
	uint8_t signature[KEY_ID_SIZE + COSIGNATURE_SIZE];
	char line[BASE64_SIZE(sizeof signature)];
	struct buf signed_text = {0};

	cosigned_text(&signed_text, time, text, text_len);
	if (buf_status(&signed_text) != ERR_OK) {
		out->err = buf_status(&signed_text);
		return;
	}
	memcpy(signature, witness->id, KEY_ID_SIZE);
	for (int i = 0; i < 8; i++)
		signature[KEY_ID_SIZE + i] = (uint8_t)(time >> (8 * (7 - i)));
	(void)crypto_sign_detached(signature + KEY_ID_SIZE + 8, NULL, (const unsigned char *)signed_text.data,
				   signed_text.len, secret);
	buf_fini(&signed_text);
	base64_encode(line, signature, sizeof signature);
	buf_addf(out, "%s%s %s\n", dash, witness->name, line);
}
