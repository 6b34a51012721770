/* Debounce: an input has changed when four samples in a row differ from what is known of it.
 *
 * Sixteen inputs at once, in vertical counters: bit n of `low` and `high` is the two-bit counter of input n.
 * Counters rest at 3, so that after start, too, four samples are needed.
 */
#ifndef KANNUKI_FIRMWARE_DEBOUNCE_H
#define KANNUKI_FIRMWARE_DEBOUNCE_H

#include <stdint.h>

struct debounce {
	uint16_t state;
	uint16_t low, high;
	uint16_t moving; /* inputs that differ but have not counted to four */
	uint16_t spikes; /* changes that ended too soon; stays at 65535 */
};

void debounce_init(struct debounce *d);
/* Takes one sample; returns the inputs that have just changed. */
uint16_t debounce_sample(struct debounce *d, uint16_t raw);

#endif
