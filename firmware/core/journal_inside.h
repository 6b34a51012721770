/* What reading at start, writing and scanning of the journal share: the rings and their records. */
#ifndef KANNUKI_FIRMWARE_JOURNAL_INSIDE_H
#define KANNUKI_FIRMWARE_JOURNAL_INSIDE_H

#include "firmware/core/journal.h"

enum { BLANK = 0xFF };

enum ring_name { RING_LATCH, RING_LIFE, RING_EVENT, RING_WITNESS, RING_KEY, RING_COUNT };

struct ring {
	uint16_t at;
	uint8_t size; /* from slot to slot */
	uint8_t slots;
	uint8_t sealed; /* bytes before the CRC */
};
extern const struct ring rings[RING_COUNT];

uint16_t ring_at(enum ring_name ring, uint8_t slot);

enum record_state { RECORD_BLANK, RECORD_WHOLE, RECORD_TORN };
/* `record` holds at least JOURNAL_RECORD_MAX bytes. */
enum record_state record_read(const struct eeprom *eeprom, enum ring_name ring, uint8_t slot, uint8_t *record);

void put32(uint8_t *to, uint32_t value);
uint32_t get32(const uint8_t *from);
void record_seal(uint8_t *record, uint8_t length);

/* Reads the provisioning block; false: there is no valid one, and *p holds what is then the rule. */
bool provision_read(const struct eeprom *eeprom, struct provision *p);

/* Reads the next slot of the scan; false when the slot is unreadable, and *ring and *slot name it. */
bool scan_next(struct journal *j, enum ring_name *ring, uint8_t *slot);

#endif
