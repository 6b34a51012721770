/* The interface of the relay drivers: what the panel daemon's link thread asks of whatever holds buttons and relays.
 *
 * A driver is polled; every poll tells it what the host wishes (lamps, the event that is durably recorded) and
 * brings back the whole state. No function allocates after `connect` has succeeded once; each may block for the time
 * its header names. Words, events and states are those of board/map.h.
 *
 * What counts as proof: only the mirror contact. Coil off and mirror closed is CUT; coil off alone is CUTTING, for
 * however long; a mirror contact that contradicts its coil is BROKEN whatever else is claimed.
 */
#ifndef KANNUKI_UPLINK_DRIVER_H
#define KANNUKI_UPLINK_DRIVER_H

#include "base/err.h"
#include "board/map.h"

#include <stdbool.h>
#include <stdint.h>

struct panel_identity {
	uint64_t controller;
	uint32_t journal; /* with it an event number names one event for ever; 0: not known */
	uint16_t map;     /* of the controller; commands only when it is BOARD_MAP_VERSION */
	uint16_t firmware[3];
	uint16_t fitted; /* mask */
};

struct panel_event {
	uint32_t number; /* 0: none */
	uint16_t kind;   /* enum board_event, or one that a newer controller knows */
	uint16_t uplink; /* 1 … 4, 0: none */
	uint16_t times;
	uint32_t arg;
	uint32_t age_ms; /* BOARD_AGE_UNKNOWN across a power loss */
	uint32_t last_age_ms;
};

struct panel_state {
	uint16_t inputs; /* enum board_input bits */
	uint16_t lamps;  /* enum board_lamp bits */
	uint16_t faults; /* enum board_fault bits */
	uint32_t latch;
	uint16_t uplink[BOARD_UPLINKS]; /* enum board_uplink bits, without the state byte */
	uint16_t result;                /* enum board_result of the command `result_nonce` */
	uint32_t result_nonce;
	uint32_t uptime_ms;
	uint16_t waiting;
	uint16_t absence_left_s;  /* 0: none is announced */
	struct panel_event event; /* the oldest that waits */
};

/* What the host wants to be true; told with every poll. */
struct panel_wish {
	uint16_t lamps;    /* enum board_lamp bits below BOARD_LAMPS_OF_HOST */
	uint32_t recorded; /* number of the last event that is durably recorded; 0: none */
};

struct panel_command {
	uint16_t code;     /* enum board_command */
	uint16_t uplinks;  /* mask */
	uint32_t nonce;    /* new for each command; the same again is not carried out twice */
	uint32_t argument; /* COMMAND_PERMIT: the trip it was given for; COMMAND_EXPECT_ABSENCE: seconds */
};

/* A checkpoint of the log, as a controller keeps it. */
struct log_seen {
	uint64_t origin; /* first 8 bytes of the hash of the log's origin */
	uint64_t size;
	uint8_t root[32];
};

/* The newest one that it keeps, and what became of the last write. */
struct panel_witness {
	struct log_seen log;
	uint16_t state;  /* enum board_store_state */
	uint16_t result; /* enum board_result of the write `result_nonce` */
	uint32_t result_nonce;
};

enum witness_kind { WITNESS_ROUTINE, WITNESS_OF_EPOCH };

struct witness_write {
	uint32_t nonce; /* new for each write */
	enum witness_kind kind;
	struct log_seen log;
};

/* What a controller keeps in its key slots, and what became of the last write. */
struct panel_key {
	uint16_t state; /* enum board_store_state */
	uint32_t generation;
	uint8_t key[32];
};
struct panel_keys {
	struct panel_key slot[2];
	uint16_t result; /* enum board_result of the write `result_nonce` */
	uint32_t result_nonce;
};

struct key_write {
	uint32_t nonce; /* new for each write */
	uint32_t generation;
	uint8_t key[32];
};

struct relay_driver;

struct relay_driver_ops {
	/* Finds the controller, without changing anything on it. ERR_STATE: one that must not be commanded (its map is
	   unknown); *identity is filled then too. */
	enum err (*connect)(struct relay_driver *driver, struct panel_identity *identity, struct panel_state *state,
			    struct fault *f);
	enum err (*poll)(struct relay_driver *driver, const struct panel_wish *wish, struct panel_state *state,
			 struct fault *f);
	/* ERR_OK means that the controller has taken the command; state->result says what became of it. */
	enum err (*command)(struct relay_driver *driver, const struct panel_wish *wish,
			    const struct panel_command *command, struct panel_state *state, struct fault *f);
	/* Writes a checkpoint (NULL: nothing), then reads what is kept. ERR_OK means that the controller has taken it;
	   witness->result says what became of it, and it is durable once witness->state says so. The same write may be
	   repeated. ERR_DENIED: this panel keeps none. */
	enum err (*witness)(struct relay_driver *driver, const struct witness_write *write,
			    struct panel_witness *witness, struct fault *f);
	/* The same with a key; it goes into the slot that holds none, or the older one. */
	enum err (*keys)(struct relay_driver *driver, const struct key_write *write, struct panel_keys *keys,
			 struct fault *f);
	void (*disconnect)(struct relay_driver *driver);
};

struct relay_driver {
	const struct relay_driver_ops *ops;
};

/* The state of one uplink as proven by its contacts. */
enum board_uplink_state uplink_judge(uint16_t bits) MUST_USE;
/* True when that state rests on the mirror contact. */
bool uplink_is_proven(uint16_t bits) MUST_USE;
/* True when each uplink of the mask is latched and its coil off. */
bool uplinks_are_cut(const struct panel_state *state, uint16_t mask) MUST_USE;

/* "cut"; "unknown" for a number that has no word. */
const char *uplink_state_word(enum board_uplink_state state);
/* "declare_pressed"; "event" for a number that has no word. */
const char *event_word(uint16_t kind);
const char *result_word(uint16_t result);
/* The word of one fault bit; NULL when the bit has none. */
const char *fault_word(unsigned bit);

/* An event that lights RECORDED once it is in the log. */
bool event_is_press(uint16_t kind) MUST_USE;

#endif
