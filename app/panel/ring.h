/* A ring of fixed size between two threads: one puts, one takes, neither ever waits for the other. */
#ifndef KANNUKI_PANEL_RING_H
#define KANNUKI_PANEL_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct ring {
	unsigned char *slots; /* `count` of `each` bytes, owned by whoever made the ring */
	size_t each;
	size_t count;
	atomic_size_t put;
	atomic_size_t taken;
};

void ring_init(struct ring *r, void *slots, size_t each, size_t count);
/* False when it is full; nothing is overwritten. */
bool ring_put(struct ring *r, const void *item);
/* False when it is empty; `item` is untouched then. */
bool ring_take(struct ring *r, void *item);

#endif
