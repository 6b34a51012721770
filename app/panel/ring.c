#include "panel/ring.h"

#include <string.h>

void ring_init(struct ring *r, void *slots, size_t each, size_t count)
{
	r->slots = slots;
	r->each = each;
	r->count = count;
	atomic_init(&r->put, 0);
	atomic_init(&r->taken, 0);
}

bool ring_put(struct ring *r, const void *item)
{
	size_t put = atomic_load_explicit(&r->put, memory_order_relaxed);

	if (put - atomic_load_explicit(&r->taken, memory_order_acquire) == r->count)
		return false;
	memcpy(r->slots + put % r->count * r->each, item, r->each);
	atomic_store_explicit(&r->put, put + 1, memory_order_release);
	return true;
}

bool ring_take(struct ring *r, void *item)
{
	size_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
	unsigned char *slot = r->slots + taken % r->count * r->each;

	if (atomic_load_explicit(&r->put, memory_order_acquire) == taken)
		return false;
	memcpy(item, slot, r->each);
	/* It may have been a key. */
	explicit_bzero(slot, r->each);
	atomic_store_explicit(&r->taken, taken + 1, memory_order_release);
	return true;
}
