/* Seeded dice: the same seed throws the same numbers everywhere (splitmix64). */
#ifndef KANNUKI_TESTS_CRASH_DICE_H
#define KANNUKI_TESTS_CRASH_DICE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_throw(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline uint64_t dice_below(struct dice *d, uint64_t limit)
{
	return dice_throw(d) % limit;
}

static inline void dice_fill(struct dice *d, void *out, size_t len)
{
	uint8_t *at = out;

	while (len > 0) {
		uint64_t value = dice_throw(d);
		size_t part = len < sizeof value ? len : sizeof value;

		memcpy(at, &value, part);
		at += part;
		len -= part;
	}
}

/* Dice of their own for everything that has a number. */
static inline struct dice dice_of(uint64_t seed, uint64_t number)
{
	struct dice d = {seed};

	d.state = dice_throw(&d) ^ (number * UINT64_C(0xd6e8feb86659fd93));
	return d;
}

#endif
