/* Whatever entry_parse accepts, entry_format writes again byte for byte. */
#include "ledger/entry.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf again = {.cap = ENTRY_MAX};
	struct entry e;
	struct fault f;

	if (entry_parse(&e, (const char *)data, len, &f) == ERR_OK &&
	    (entry_format(&again, &e) != ERR_OK || again.len != len || memcmp(again.data, data, len) != 0))
		abort();
	buf_fini(&again);
	return 0;
}
