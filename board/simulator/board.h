/* A simulated panel board: the real firmware on a simulated ATmega1284P, with buttons, key, relays and lamps.
 *
 * Deterministic: time is counted in the chip's clock and moves only in board_run. Inputs act at the exact cycle.
 *
 *   relay   follows its coil after RELAY_TRAVEL, when the coil is driven and has supply (ISOLATE's second pole);
 *           a bistable one, where so provisioned, stays as it is without a pulse
 *   mirror  closed when the relay has fallen and its main contact is not welded
 *   eeprom  a byte takes 3.4 ms; power lost meanwhile tears it
 *   faults  of contacts, wires, lamps, supply and line stay until they are mended
 */
#ifndef KANNUKI_SIMULATOR_BOARD_H
#define KANNUKI_SIMULATOR_BOARD_H

#include "board/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BOARD_EEPROM_SIZE = 4096, BOARD_CLOCK = 7372800, BOARD_LOG = 1024, BOARD_PLANS = 1024 };

/* Time in cycles of BOARD_CLOCK. */
#define BOARD_US(us) (BOARD_CLOCK * (uint64_t)(us) / 1000000)
#define BOARD_MS(ms) BOARD_US(1000 * (uint64_t)(ms))
#define RELAY_TRAVEL BOARD_MS(10)

enum board_happening {
	HAPPENED_INPUT,   /* index: bit number in enum board_input; level 1: pressed */
	HAPPENED_COIL,    /* index: uplink from 0; level 1: energised */
	HAPPENED_CONTACT, /* index: uplink from 0; level 1: connected */
	HAPPENED_LAMP,    /* index: bit number in enum board_lamp; not those of the uplinks, which blink */
	HAPPENED_POWER,
	HAPPENED_RESET
};

struct board_note {
	uint64_t at;
	uint8_t what; /* enum board_happening */
	uint8_t index;
	uint8_t level;
};

struct board;

/* Takes bytes the chip sends. */
typedef void board_listener(void *context, uint8_t byte);

/* A board without power. `eeprom` (borrowed) is what the chip's EEPROM holds, kept up to date byte by byte.
   NULL: the .hex file cannot be read, or no memory. */
struct board *board_new(const char *hex_path, uint8_t eeprom[BOARD_EEPROM_SIZE]);
void board_free(struct board *b);
void board_listen(struct board *b, board_listener *listener, void *context);

uint64_t board_now(const struct board *b);
/* Runs until `until`; a few cycles more when an instruction is in the middle. */
void board_run(struct board *b, uint64_t until);

void board_power(struct board *b, bool on);
bool board_has_power(const struct board *b);

/* Presses or releases input `bit` (bit number in enum board_input, 0 to 7) at `at`, or now if that is past. False when
   more than BOARD_PLANS are planned already. */
bool board_input(struct board *b, uint64_t at, uint8_t bit, bool pressed);
bool board_is_pressed(const struct board *b, uint8_t bit);
/* Breaks a pole of ISOLATE: the first is what the chip sees, the second the supply. */
void board_break_isolate(struct board *b, bool first_pole, bool second_pole);

void board_weld(struct board *b, uint8_t uplink, bool welded);
bool board_is_welded(const struct board *b, uint8_t uplink);
void board_cut_mirror_wire(struct board *b, uint8_t uplink, bool cut);
/* The mirror contact is seen closed whatever the relay does. */
void board_short_mirror_wire(struct board *b, uint8_t uplink, bool shorted);
bool board_mirror_wire_is_cut(const struct board *b, uint8_t uplink);
bool board_mirror_wire_is_shorted(const struct board *b, uint8_t uplink);
/* The coil pin, the main contact, the mirror contact. */
bool board_coil(const struct board *b, uint8_t uplink);
bool board_connected(const struct board *b, uint8_t uplink);
bool board_mirror(const struct board *b, uint8_t uplink);
/* enum board_lamp bits, from the pins. */
uint16_t board_lamps(const struct board *b);
/* Lamps that stay dark whatever their pin says. */
void board_break_lamps(struct board *b, uint16_t lamps);
uint16_t board_broken_lamps(const struct board *b);
/* At the coils: behind ISOLATE's second pole. */
bool board_supply(const struct board *b);
/* The coils' power supply itself. */
void board_take_supply(struct board *b, bool taken);
bool board_supply_is_taken(const struct board *b);
void board_set_jumper(struct board *b, bool set);
bool board_jumper(const struct board *b);
/* The line that is high while an event waits. */
bool board_attention(const struct board *b);

enum board_line {
	LINE_WHOLE,
	LINE_DEAF,      /* nothing reaches the chip */
	LINE_MUTE,      /* nothing the chip sends arrives */
	LINE_UNPLUGGED, /* neither */
	LINE_NOISY,     /* bytes are disturbed, both ways */
	LINE_LATE,      /* answers arrive when the host has given up */
	LINE_TWO,       /* a second controller answers at the same time; a dominant bit of either wins */
	LINE_OTHER_MAP, /* answers say another map version, as of a firmware that does not belong here */
	LINE_COUNT
};
void board_set_line(struct board *b, enum board_line line);
enum board_line board_line(const struct board *b);

/* Sends bytes to the chip, one after the other, at the speed it is provisioned for. False when there is no room. */
bool board_send(struct board *b, const uint8_t *bytes, size_t length);
/* When the last byte given to board_send will have arrived. */
uint64_t board_sent_at(const struct board *b);

/* Makes the processor run in a circle at the place where it is, until a reset. */
void board_hang(struct board *b);
/* A byte of EEPROM is being written: power lost now tears it. */
bool board_is_writing(const struct board *b);
/* How often this byte of EEPROM was written since the board was made. */
uint32_t board_writes(const struct board *b, uint16_t at);
/* The chip's supply sags for a moment. */
void board_brown_out(struct board *b);
/* Power fails while everything in EEPROM that can be under way is being written, and comes back. */
void board_tear_eeprom(struct board *b);
/* The next power-up is reported to the chip with these reset flags (enum board_reset). */
void board_reset_flags(struct board *b, uint8_t flags);

/* The last BOARD_LOG notes, oldest first: notes with number in [board_log_begin, board_log_end). */
uint64_t board_log_begin(const struct board *b);
uint64_t board_log_end(const struct board *b);
const struct board_note *board_log_at(const struct board *b, uint64_t number);

/* A provisioning block for a board with this id and so many uplinks; ISOLATE cuts all, hold, default heartbeat. The
   journal's number is made from the id. */
void board_provision(uint8_t eeprom[BOARD_EEPROM_SIZE], uint64_t controller, int uplinks);
/* The same with every choice. */
struct board_choices {
	uint64_t controller;
	uint8_t fitted, isolate, stay, loss, pulse;
	uint8_t baud; /* 0 or 1 */
	uint16_t heartbeat_ms;
	uint32_t journal;
};
void board_provision_as(uint8_t eeprom[BOARD_EEPROM_SIZE], const struct board_choices *choices);

#endif
