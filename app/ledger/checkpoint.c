#include "ledger/checkpoint.h"

#include "ledger/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum err origin_check(const char *origin)
{
	const char *first = strchr(origin, '/'), *last = strrchr(origin, '/');
	uint64_t incarnation;

	if (strlen(origin) > NOTE_NAME_MAX || first == NULL || last == first || first == origin || last == first + 1)
		return ERR_FORMAT;
	for (const char *at = origin; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~' || *at == '+' || (*at == '/' && at != first && at != last))
			return ERR_FORMAT;
	if (number_parse(last + 1, strlen(last + 1), &incarnation) != ERR_OK || incarnation == 0)
		return ERR_FORMAT;
	return ERR_OK;
}

void checkpoint_format(struct buf *out, const char *origin, const struct checkpoint *checkpoint)
{
	char root[BASE64_SIZE(HASH_SIZE)];

	base64_encode(root, checkpoint->root, HASH_SIZE);
	buf_addf(out, "%s\n%" PRIu64 "\n%s\n", origin, checkpoint->size, root);
}

enum err checkpoint_parse(struct checkpoint *out, const char *origin, const char *text, size_t len)
{
	size_t origin_len = strlen(origin), root_len = HASH_SIZE;
	const char *end = text + len, *size, *root;
	struct checkpoint parsed;

	if (len < origin_len + 2 || memcmp(text, origin, origin_len) != 0 || text[origin_len] != '\n')
		return ERR_FORMAT;
	size = text + origin_len + 1;
	root = memchr(size, '\n', (size_t)(end - size));
	if (root == NULL || number_parse(size, (size_t)(root - size), &parsed.size) != ERR_OK)
		return ERR_FORMAT;
	root++;
	if (end - root != BASE64_SIZE(HASH_SIZE) || end[-1] != '\n' ||
	    base64_decode(parsed.root, &root_len, root, (size_t)(end - root) - 1) != ERR_OK || root_len != HASH_SIZE)
		return ERR_FORMAT;
	*out = parsed;
	return ERR_OK;
}

enum err kept_checkpoint_parse(struct kept_checkpoint *out, const char *data, size_t len)
{
	struct kept_checkpoint kept;
	const char *lf;
	struct note note;

	if (note_parse(&note, data, len) != ERR_OK)
		return ERR_FORMAT;
	lf = memchr(note.text, '\n', note.text_len);
	if (lf == NULL || (size_t)(lf - note.text) >= sizeof kept.origin)
		return ERR_FORMAT;
	memcpy(kept.origin, note.text, (size_t)(lf - note.text));
	kept.origin[lf - note.text] = '\0';
	if (origin_check(kept.origin) != ERR_OK ||
	    checkpoint_parse(&kept.checkpoint, kept.origin, note.text, note.text_len) != ERR_OK)
		return ERR_FORMAT;
	*out = kept;
	return ERR_OK;
}

/* ---- on paper ---- */

static void whole_code(char out[PAPER_CODE_MAX + 1], const char *origin, const struct checkpoint *checkpoint)
{
	char text[NOTE_NAME_MAX + NUMBER_SIZE + BASE64_SIZE(HASH_SIZE) + 3], root[BASE64_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];
	int len;

	base64_encode(root, checkpoint->root, HASH_SIZE);
	len = snprintf(text, sizeof text, "%.255s\n%" PRIu64 "\n%s\n", origin, checkpoint->size, root);
	hash_bytes(hash, text, (size_t)len);
	base32_encode(out, hash, HASH_SIZE);
}

void paper_code_format(char out[PAPER_CODE_SIZE], const char *origin, const struct checkpoint *checkpoint)
{
	char code[PAPER_CODE_MAX + 1];

	whole_code(code, origin, checkpoint);
	(void)snprintf(out, PAPER_CODE_SIZE, "%" PRIu64 "-%.5s-%.5s-%.5s-%.5s", checkpoint->size, code, code + 5,
		       code + 10, code + 15);
}

/* What stands between letters that people type or copy out of a document; its length, 0 for anything else. */
static size_t gap(const char *text, size_t len)
{
	static const char *const gaps[] = {" ", "\t", "\r", "\n", "\u00a0", "\u3000"};

	for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
		size_t size = strlen(gaps[i]);

		if (size <= len && memcmp(text, gaps[i], size) == 0)
			return size;
	}
	return 0;
}

enum err code_read(char *out, size_t min, size_t max, const char *text, size_t len)
{
	char code[64];
	size_t count = 0, skipped;

	for (size_t i = 0; i<len; i += skipped> 0 ? skipped : 1) {
		char c = (char)toupper((unsigned char)text[i]);

		skipped = gap(text + i, len - i);
		if (skipped > 0 || c == '-')
			continue;
		if (count == max || c == '\0' || strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", c) == NULL)
			return ERR_FORMAT;
		code[count++] = c;
	}
	if (count < min)
		return ERR_FORMAT;
	memcpy(out, code, count);
	out[count] = '\0';
	return ERR_OK;
}

enum err paper_code_parse(struct paper_code *out, const char *text, size_t len)
{
	const char *hyphen = memchr(text, '-', len);
	char digits[NUMBER_SIZE];
	size_t count = 0, skipped;
	struct paper_code parsed;

	if (hyphen == NULL)
		return ERR_FORMAT;
	for (const char *at = text; at<hyphen; at += skipped> 0 ? skipped : 1) {
		skipped = gap(at, (size_t)(hyphen - at));
		if (skipped == 0 && count == sizeof digits)
			return ERR_FORMAT;
		if (skipped == 0)
			digits[count++] = *at;
	}
	if (number_parse(digits, count, &parsed.size) != ERR_OK ||
	    code_read(parsed.code, PAPER_CODE_MIN, PAPER_CODE_MAX, hyphen, len - (size_t)(hyphen - text)) != ERR_OK)
		return ERR_FORMAT;
	*out = parsed;
	return ERR_OK;
}

bool paper_code_fits(const struct paper_code *code, const char *origin, const struct checkpoint *checkpoint)
{
	char right[PAPER_CODE_MAX + 1];

	whole_code(right, origin, checkpoint);
	return code->size == checkpoint->size && strncmp(right, code->code, strlen(code->code)) == 0;
}
