#include "firmware/core/journal_inside.h"

void journal_scan(struct journal *j)
{
	j->scan_ring = 0;
	j->scan_slot = 0;
	j->scan_bad = 0;
}

bool journal_is_scanning(const struct journal *j)
{
	return j->scan_ring < RING_COUNT;
}

bool scan_next(struct journal *j, enum ring_name *ring, uint8_t *slot)
{
	uint8_t record[JOURNAL_RECORD_MAX];
	bool readable;

	*ring = (enum ring_name)j->scan_ring;
	*slot = j->scan_slot;
	readable = record_read(j->eeprom, *ring, *slot, record) != RECORD_TORN;
	j->scan_slot++;
	if (j->scan_slot == rings[*ring].slots) {
		j->scan_slot = 0;
		j->scan_ring++;
	}
	j->scan_bad = (uint8_t)(j->scan_bad + !readable);
	return readable;
}
