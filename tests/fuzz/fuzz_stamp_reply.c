/* Replies of time stamp authorities: whatever came, what is said of it is whole. */
#include "ledger/rfc3161.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct stamp_reply reply;

	stamp_reply_read(&reply, data, len);
	if (reply.words_len > sizeof reply.words || reply.status < STAMP_STATUS_NONE || reply.wall_ms < 0 ||
	    (reply.status > 1 && reply.is_signed))
		abort();
	return 0;
}
