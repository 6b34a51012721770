/* The journal: what outlives power, in 4 KiB of EEPROM, written byte by byte without waiting.
 *
 *   0x000  provisioning block (board/map.h); only read
 *   0x020  trip byte: 0xFF none; else a mask of uplinks in the low half and its complement in the high half
 *   0x040  latch ring   16 × 12: seq u32, latch number u32, uplinks u8, spare u8, crc16
 *   0x100  life ring    16 × 12: numbers below this may have been used u32, starts u32, spare u16, crc16
 *   0x200  event ring   32 × 16: number u32, kind u8, uplink u8, times u16, arg u32, crc16, spare u8,
 *                                acknowledged u8 (0xFF: not yet)
 *
 * Integers are stored high byte first, the CRC low byte first.
 *
 * Why recovery is right:
 *   - A byte takes 3.4 ms, a record 40 ms. A trip is safe after one byte: the trip byte goes first, ahead of any record
 *     in the middle; it is cleared only when the latch record that contains it is whole. A torn trip byte no longer
 *     fits its own complement and then means every uplink.
 *   - A ring slot is overwritten only with the next record; a torn record fails its CRC and the one before it counts.
 *   - Event numbers are handed out below a limit that was made durable first (the life record), and after start from
 *     that limit on: a number shown to the host never comes back for another event, even if the event's own record
 *     was lost with the power.
 *   - The acknowledge byte is written last of all; lost, it shows the event to the host once more, which knows its
 *     number.
 */
#ifndef KANNUKI_FIRMWARE_JOURNAL_H
#define KANNUKI_FIRMWARE_JOURNAL_H

#include "firmware/core/eventq.h"

#include <stdbool.h>
#include <stdint.h>

enum journal_place {
	JOURNAL_TRIP_AT = 0x020,
	JOURNAL_LATCH_AT = 0x040,
	JOURNAL_LIFE_AT = 0x100,
	JOURNAL_EVENT_AT = 0x200,
	JOURNAL_LATCH_SIZE = 12,
	JOURNAL_LIFE_SIZE = 12,
	JOURNAL_EVENT_SIZE = 16,
	JOURNAL_RING = 16,
	JOURNAL_EVENT_ACKNOWLEDGED = 15, /* offset of the byte */
	JOURNAL_RECORD_MAX = 16
};

/* The memory's three functions. `ready` is false while a write is under way; read and write only when it is true. */
struct eeprom {
	bool (*ready)(void);
	uint8_t (*read)(uint16_t at);
	void (*write)(uint16_t at, uint8_t byte);
};

struct provision {
	bool valid;
	uint8_t fitted, isolate, stay, loss, pulse;
	uint8_t baud; /* 0: BOARD_BAUD, 1: BOARD_BAUD_SLOW */
	uint16_t heartbeat_ms;
	uint32_t journal;
	uint8_t controller[8];
};

/* What is kept, as the program works with it. */
struct kept {
	struct provision provision;
	uint32_t latch_number;
	uint8_t latched;
	bool latch_unsaved;
	struct eventq events;
	uint32_t starts;
	uint16_t torn; /* records found unreadable at start */
	bool failed;   /* a byte did not read back as written */
};

struct journal {
	const struct eeprom *eeprom;
	uint32_t latch_seq;
	uint8_t latch_slot, life_slot; /* to be written next */
	uint32_t reserved;             /* durable limit of event numbers */
	uint8_t trip_byte;             /* as it stands in EEPROM */
	uint8_t trip_wanted;           /* uplinks tripped since the last whole latch record */
	/* The record being written. */
	uint8_t job; /* enum in journal.c */
	uint8_t slot;
	uint16_t at;
	uint8_t length, position;
	uint8_t record[JOURNAL_RECORD_MAX];
};

/* Reads everything; the memory must be ready. Counts this start. */
void journal_load(struct journal *j, const struct eeprom *eeprom, struct kept *kept);
/* A trip has latched these uplinks: their byte goes first. */
void journal_trip(struct journal *j, struct kept *kept, uint8_t uplinks);
/* Writes at most one byte and never waits. Returns the uplinks whose trip is durable. */
uint8_t journal_step(struct journal *j, struct kept *kept);

#endif
