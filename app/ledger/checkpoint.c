#include "ledger/checkpoint.h"

#include "ledger/note.h"
#include "ledger/number.h"

#include <inttypes.h>
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
