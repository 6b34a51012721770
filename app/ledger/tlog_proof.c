#include "ledger/tlog_proof.h"

#include "ledger/number.h"

#include <inttypes.h>
#include <string.h>

static const char first_line[] = "c2sp.org/tlog-proof@v1\nindex ";
enum { FIRST_LEN = sizeof first_line - 1, HASH_CHARS = BASE64_SIZE(HASH_SIZE) - 1 };

enum err tlog_proof_parse(struct tlog_proof *out, const char *data, size_t len)
{
	const char *at = data + FIRST_LEN, *end = data + len, *lf;
	struct tlog_proof p = {0};

	if (len < FIRST_LEN || memcmp(data, first_line, FIRST_LEN) != 0)
		return ERR_FORMAT;
	lf = memchr(at, '\n', (size_t)(end - at));
	if (lf == NULL || number_parse(at, (size_t)(lf - at), &p.index) != ERR_OK)
		return ERR_FORMAT;
	for (at = lf + 1; at < end && *at != '\n'; at += HASH_CHARS + 1) {
		size_t size = HASH_SIZE;

		if (p.count == TREE_HEIGHT || end - at <= HASH_CHARS || at[HASH_CHARS] != '\n' ||
		    base64_decode(p.hashes[p.count], &size, at, HASH_CHARS) != ERR_OK || size != HASH_SIZE)
			return ERR_FORMAT;
		p.count++;
	}
	if (at == end)
		return ERR_FORMAT;
	p.checkpoint = at + 1;
	p.checkpoint_len = (size_t)(end - p.checkpoint);
	*out = p;
	return ERR_OK;
}

void tlog_proof_format(struct buf *out, const struct tlog_proof *proof)
{
	char text[BASE64_SIZE(HASH_SIZE)];

	buf_addf(out, "c2sp.org/tlog-proof@v1\nindex %" PRIu64 "\n", proof->index);
	for (size_t i = 0; i < proof->count; i++) {
		base64_encode(text, proof->hashes[i], HASH_SIZE);
		buf_addf(out, "%s\n", text);
	}
	buf_addc(out, '\n');
	buf_add(out, proof->checkpoint, proof->checkpoint_len);
}
