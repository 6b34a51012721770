/* The journal: what outlives power, in 4 KiB of EEPROM, written byte by byte without waiting.
 *
 *   0x000  provisioning block (board/map.h); only read
 *   0x020  trip byte: 0xFF none; else a mask of uplinks in the low half and its complement in the high half
 *   0x040  latch ring   16 × 12: seq u32, latch number u32, uplinks u8, spare u8, crc16
 *   0x100  life ring    16 × 12: numbers below this may have been used u32, starts u32, spare u16, crc16
 *   0x200  event ring   32 × 16: number u32, kind u8, uplink u8, times u16, arg u32, crc16, spare u8,
 *                                acknowledged u8 (0xFF: not yet)
 *   0x400  witness ring 8 × 64:  seq u32, origin 8 bytes, size u64, root 32 bytes, crc16
 *   0x600  key slots    2 × 64:  generation u32, key 32 bytes, crc16
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
 *   - The acknowledge byte is written after all events; lost, it shows the event to the host once more, which knows its
 *     number.
 *   - Witness and key slots come after everything else and give way in the middle of a record: it is begun again later.
 *     A key goes into the slot that does not hold the newest one; both are overwritten the older one first.
 *
 * When nothing is to be written, journal_scan reads every slot again. One that is neither whole nor blank is blanked,
 * and what memory knows of it is written anew.
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
	JOURNAL_WITNESS_AT = 0x400,
	JOURNAL_KEY_AT = 0x600,
	JOURNAL_LATCH_SIZE = 12,
	JOURNAL_LIFE_SIZE = 12,
	JOURNAL_EVENT_SIZE = 16,
	JOURNAL_RING = 16,
	JOURNAL_EVENT_ACKNOWLEDGED = 15, /* offset of the byte */
	JOURNAL_WITNESS_RING = 8,
	JOURNAL_SLOT_SIZE = 64, /* of witness and key */
	JOURNAL_RECORD_MAX = 54,
	WITNESS_BYTES = 48,
	KEY_BYTES = 36,
	KEY_SLOTS = 2
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

/* The newest log that was witnessed: origin, size and root as they lie in the registers. */
struct witness {
	uint8_t bytes[WITNESS_BYTES];
	uint8_t state; /* enum board_store_state */
};

/* WRITING means that the slot is to be written, or blanked when `blank` says so. */
struct key_slot {
	uint8_t bytes[KEY_BYTES]; /* generation and key as they lie in the registers */
	uint8_t state;            /* enum board_store_state */
	bool blank;
};

/* What is kept, as the program works with it. */
struct kept {
	struct provision provision;
	uint32_t latch_number;
	uint8_t latched;
	bool latch_unsaved;
	struct eventq events;
	struct witness witness;
	struct key_slot keys[KEY_SLOTS];
	uint32_t starts;
	uint16_t torn; /* records found unreadable at start */
	bool failed;   /* a byte did not read back as written */
};

struct journal {
	const struct eeprom *eeprom;
	uint32_t latch_seq;
	uint32_t witness_seq;
	uint8_t latch_slot, life_slot, witness_slot; /* to be written next */
	uint32_t reserved;                           /* durable limit of event numbers */
	uint8_t trip_byte;                           /* as it stands in EEPROM */
	uint8_t trip_wanted;                         /* uplinks tripped since the last whole latch record */
	/* The record being written. */
	uint8_t job; /* enum in journal.c */
	uint8_t slot;
	uint16_t at;
	uint8_t length, position;
	uint8_t record[JOURNAL_RECORD_MAX];
	bool spoilt; /* a byte of it did not read back */
	bool blanks; /* it erases a key */
	/* The scan. */
	uint8_t scan_ring; /* RING_COUNT: none goes on */
	uint8_t scan_slot;
	uint8_t scan_bad; /* slots found unreadable */
};

/* Reads everything; the memory must be ready. Counts this start. */
void journal_load(struct journal *j, const struct eeprom *eeprom, struct kept *kept);
/* A trip has latched these uplinks: their byte goes first. */
void journal_trip(struct journal *j, struct kept *kept, uint8_t uplinks);
/* Writes at most one byte and never waits. Returns the uplinks whose trip is durable. */
uint8_t journal_step(struct journal *j, struct kept *kept);

/* Begins to read everything again, a slot at a time. */
void journal_scan(struct journal *j);
bool journal_is_scanning(const struct journal *j);

/* The number at the beginning of a key slot. */
uint32_t key_generation(const struct key_slot *slot);
/* The slot a new key goes to: one that holds none, else the older. */
uint8_t key_slot_next(const struct kept *kept);

#endif
