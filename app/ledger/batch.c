#include "ledger/batch.h"

#include <string.h>

/* How a change stands in the bytes: this, then the length of each blob (−1: NULL), then the blobs. */
struct head {
	int64_t integer;
	uint32_t statement;
	int32_t count;
};

void batch_add(struct batch *b, unsigned statement, int64_t integer, const struct blob *blobs, int count)
{
	struct head head = {.integer = integer, .statement = statement, .count = count};
	int64_t lengths[CHANGE_BLOBS_MAX];

	for (int i = 0; i < count; i++)
		lengths[i] = blobs[i].data != NULL ? (int64_t)blobs[i].len : -1;
	buf_add(&b->bytes, &head, sizeof head);
	buf_add(&b->bytes, lengths, (size_t)count * sizeof *lengths);
	for (int i = 0; i < count; i++)
		if (lengths[i] > 0)
			buf_add(&b->bytes, blobs[i].data, blobs[i].len);
}

void batch_clear(struct batch *b)
{
	buf_clear(&b->bytes);
}

void batch_fini(struct batch *b)
{
	buf_fini(&b->bytes);
}

void batch_copy(struct batch *to, const struct batch *from)
{
	buf_clear(&to->bytes);
	to->bytes.cap = from->bytes.cap;
	if (from->bytes.len > 0)
		buf_add(&to->bytes, from->bytes.data, from->bytes.len);
}

void batch_join(struct batch *b, const struct batch *more)
{
	buf_add(&b->bytes, more->bytes.data, more->bytes.len);
}

bool batch_is_same(const struct batch *a, const struct batch *b)
{
	return a->bytes.len == b->bytes.len &&
	       (a->bytes.len == 0 || memcmp(a->bytes.data, b->bytes.data, a->bytes.len) == 0);
}

bool batch_is_empty(const struct batch *b)
{
	return b->bytes.len == 0;
}

enum err batch_status(const struct batch *b)
{
	return buf_status(&b->bytes);
}

bool batch_next(const struct batch *b, size_t *at, struct change *out)
{
	const char *from = b->bytes.data + *at;
	int64_t lengths[CHANGE_BLOBS_MAX];
	struct head head;

	if (*at >= b->bytes.len)
		return false;
	memcpy(&head, from, sizeof head);
	memcpy(lengths, from + sizeof head, (size_t)head.count * sizeof *lengths);
	from += sizeof head + (size_t)head.count * sizeof *lengths;
	*out = (struct change){.statement = head.statement, .count = head.count, .integer = head.integer};
	for (int i = 0; i < head.count; i++) {
		if (lengths[i] < 0)
			continue;
		out->blobs[i] = (struct blob){lengths[i] > 0 ? from : "", (size_t)lengths[i]};
		from += lengths[i];
	}
	*at = (size_t)(from - b->bytes.data);
	return true;
}
