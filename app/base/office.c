#include "base/office.h"

#include "base/text.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

/* Opened once and kept. */
static iconv_t cp932;

static enum err from_cp932(struct buf *out, const char *data, size_t len)
{
	char *room, *in, *at, *to;
	size_t left = len, space = 3 * len + 1;
	enum err err = ERR_NOMEM;

	if (cp932 == NULL)
		cp932 = iconv_open("UTF-8", "CP932");
	if (cp932 == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): so it is told that there is none */
		return ERR_FORMAT;
	at = in = malloc(len + 1);
	to = room = malloc(space);
	if (room != NULL && in != NULL) {
		memcpy(in, data, len);
		(void)iconv(cp932, NULL, NULL, NULL, NULL);
		err = iconv(cp932, &at, &left, &to, &space) != (size_t)-1 && left == 0 ? ERR_OK : ERR_FORMAT;
	}
	if (err == ERR_OK)
		buf_add(out, room, (size_t)(to - room));
	free(room);
	free(in);
	return err == ERR_OK ? buf_status(out) : err;
}

enum err office_decode(struct buf *out, const char *data, size_t len)
{
	static const char mark[] = "\xEF\xBB\xBF";

	if (len >= 3 && memcmp(data, mark, 3) == 0) {
		data += 3;
		len -= 3;
	}
	if (!utf8_is_valid(data, len))
		return from_cp932(out, data, len);
	buf_add(out, data, len);
	return buf_status(out);
}
