/* The first byte chooses the name; the rest is a disclosure string, and a value to make one of. */
#include "ledger/disclosure.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t salt[SALT_SIZE] = {1};
	struct buf value = {0}, text = {0};
	enum disclosure_name name;
	struct fault f;

	if (len == 0)
		return 0;
	name = (enum disclosure_name)(data[0] % DISCLOSURE_COUNT);
	(void)!disclosure_parse(&value, name, (const char *)data + 1, len - 1);
	/* What we write, we read. */
	if (disclosure_format(&text, name, salt, (const char *)data + 1, len - 1, &f) == ERR_OK &&
	    (text.len > DISCLOSURE_MAX || disclosure_parse(&value, name, text.data, text.len) != ERR_OK))
		abort();
	buf_fini(&value);
	buf_fini(&text);
	return 0;
}
