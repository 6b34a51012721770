#include "ledger/epoch.h"

#include "ledger/checkpoint.h"
#include "ledger/number.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

enum err signer_init(struct signer *s, const char *origin, const uint8_t seed[SEED_SIZE])
{
	uint8_t *secret = sodium_malloc(KEY_SECRET_SIZE);
	uint8_t public[KEY_SIZE];
	struct note_key key;

	if (secret == NULL)
		return ERR_NOMEM;
	if (seed != NULL)
		(void)crypto_sign_seed_keypair(public, secret, seed);
	else
		(void)crypto_sign_keypair(public, secret);
	if (note_key_make(&key, origin, public) != ERR_OK) {
		sodium_free(secret);
		return ERR_FORMAT;
	}
	*s = (struct signer){.key = key, .secret = secret};
	return ERR_OK;
}

void signer_fini(struct signer *s)
{
	sodium_free(s->secret);
	*s = (struct signer){0};
}

void signer_seed(const struct signer *s, uint8_t seed[SEED_SIZE])
{
	(void)crypto_sign_ed25519_sk_to_seed(seed, s->secret);
}

void signer_sign(const struct signer *s, struct buf *note, size_t text_len)
{
	struct buf line = {0};

	if (buf_status(note) != ERR_OK)
		return;
	note_sign_line(&line, note->data, text_len, &s->key, s->secret);
	if (buf_status(&line) == ERR_OK)
		buf_add(note, line.data, line.len);
	else
		note->err = buf_status(&line);
	buf_fini(&line);
}

static void sign_both(struct buf *note, const struct signer *epoch, const struct signer *identity)
{
	size_t text_len = note->len;

	buf_addc(note, '\n');
	signer_sign(epoch, note, text_len);
	signer_sign(identity, note, text_len);
}

/* The `index`th line of a text, without its LF; false when there is none. */
static bool line_at(const char *text, size_t len, unsigned index, const char **line, size_t *line_len)
{
	const char *end = text + len;

	for (;; index--) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));

		if (lf == NULL)
			return false;
		if (index == 0) {
			*line = text;
			*line_len = (size_t)(lf - text);
			return true;
		}
		text = lf + 1;
	}
}

static bool line_is_vkey(const struct note *note, unsigned index, const char *name, struct note_key *out)
{
	const char *line;
	size_t len;
	struct note_key key;

	if (!line_at(note->text, note->text_len, index, &line, &len) || vkey_parse(&key, line, len) != ERR_OK ||
	    (name != NULL && strcmp(key.name, name) != 0))
		return false;
	*out = key;
	return true;
}

static bool text_is(const struct note *note, const struct buf *expected)
{
	return buf_status(expected) == ERR_OK && note->text_len == expected->len &&
	       memcmp(note->text, expected->data, expected->len) == 0;
}

static void genesis_text(struct buf *out, const struct note_key *identity, const struct note_key *epoch)
{
	char identity_vkey[VKEY_SIZE], epoch_vkey[VKEY_SIZE];

	vkey_format(identity_vkey, identity);
	vkey_format(epoch_vkey, epoch);
	buf_addf(out, "kannuki-genesis/v1\n%s\n%s\n%s\n", identity->name, identity_vkey, epoch_vkey);
}

void genesis_format(struct buf *out, const struct signer *identity, const struct signer *epoch)
{
	genesis_text(out, &identity->key, &epoch->key);
	sign_both(out, epoch, identity);
}

enum err genesis_parse(struct genesis *out, const char *data, size_t len)
{
	struct buf expected = {0};
	struct genesis g;
	struct note note;
	bool same;

	if (note_parse(&note, data, len) != ERR_OK || !line_is_vkey(&note, 2, NULL, &g.identity) ||
	    !line_is_vkey(&note, 3, g.identity.name, &g.epoch) || origin_check(g.identity.name) != ERR_OK)
		return ERR_FORMAT;
	genesis_text(&expected, &g.identity, &g.epoch);
	same = text_is(&note, &expected);
	buf_fini(&expected);
	if (!same)
		return ERR_FORMAT;
	if (!note_is_signed_exactly(&note, (const struct note_key *const[]){&g.epoch, &g.identity}, 2))
		return ERR_CRYPTO;
	hash_bytes(g.hash, note.text, note.text_len);
	*out = g;
	return ERR_OK;
}

void genesis_code(char *out, size_t chars, const uint8_t hash[HASH_SIZE])
{
	char all[BASE32_SIZE(HASH_SIZE)];

	base32_encode(all, hash, HASH_SIZE);
	memcpy(out, all, chars);
	out[chars] = '\0';
}

enum err genesis_code_check(const char *code, const uint8_t hash[HASH_SIZE])
{
	char right[BASE32_SIZE(HASH_SIZE)], typed[GENESIS_CODE_MAX + 1];

	if (code_read(typed, GENESIS_CODE_MIN, GENESIS_CODE_MAX, code, strlen(code)) != ERR_OK)
		return ERR_FORMAT;
	genesis_code(right, GENESIS_CODE_MAX, hash);
	return memcmp(right, typed, strlen(typed)) == 0 ? ERR_OK : ERR_CRYPTO;
}

static void certificate_text(struct buf *out, uint64_t epoch, const struct note_key *next,
			     const uint8_t previous[HASH_SIZE])
{
	char vkey[VKEY_SIZE], hash[BASE64_SIZE(HASH_SIZE)];

	vkey_format(vkey, next);
	base64_encode(hash, previous, HASH_SIZE);
	buf_addf(out, "kannuki-epoch/v1\n%s\n%" PRIu64 "\n%s\n%s\n", next->name, epoch, vkey, hash);
}

void certificate_format(struct buf *out, uint64_t epoch, const struct signer *next, const uint8_t previous[HASH_SIZE],
			const struct signer *current, const struct signer *identity)
{
	certificate_text(out, epoch, &next->key, previous);
	sign_both(out, current, identity);
}

enum err certificate_parse(struct certificate *out, const char *data, size_t len, uint64_t epoch,
			   const uint8_t previous[HASH_SIZE], const struct note_key *current,
			   const struct note_key *identity)
{
	struct certificate c = {.epoch = epoch};
	struct buf expected = {0};
	struct note note;
	bool same;

	if (note_parse(&note, data, len) != ERR_OK || !line_is_vkey(&note, 3, identity->name, &c.key))
		return ERR_FORMAT;
	certificate_text(&expected, epoch, &c.key, previous);
	same = text_is(&note, &expected);
	buf_fini(&expected);
	if (!same)
		return ERR_FORMAT;
	if (!note_is_signed_exactly(&note, (const struct note_key *const[]){current, identity}, 2))
		return ERR_CRYPTO;
	hash_bytes(c.hash, note.text, note.text_len);
	*out = c;
	return ERR_OK;
}

enum err epoch_note_peek(struct note_key *key, uint8_t hash[HASH_SIZE], const char *data, size_t len)
{
	struct note note;

	if (note_parse(&note, data, len) != ERR_OK || !line_is_vkey(&note, 3, NULL, key))
		return ERR_FORMAT;
	hash_bytes(hash, note.text, note.text_len);
	return ERR_OK;
}
