/* The panel: everything the controller decides, once a millisecond, from debounced inputs and the host's words.
 *
 * The trip itself has already happened when panel_step hears of it (trip.h runs in the interrupt).
 * Pure: no pins, no clock; the port passes both in and carries `coils` and `lamps` out.
 */
#ifndef KANNUKI_FIRMWARE_PANEL_H
#define KANNUKI_FIRMWARE_PANEL_H

#include "firmware/core/journal.h"
#include "firmware/core/permit.h"
#include "firmware/core/relay.h"
#include "firmware/core/standing.h"
#include "firmware/core/trip.h"

enum { PANEL_WATCHED_INPUTS = 8, WATCHDOG_MEMORY_S = 600 };

/* How long ago the watchdog bit, through resets: lives in memory that start-up does not clear. */
struct watchdog_memory {
	uint16_t seconds, seconds_inverse; /* 600: long ago or never */
	uint8_t resets;
};

enum host_state { HOST_SILENT_SINCE_START, HOST_PRESENT, HOST_LOST };

struct host {
	uint8_t state; /* enum host_state */
	uint32_t silent_ms;
	uint16_t lamps; /* enum board_lamp bits it asks for */
	uint16_t nonce;
	uint32_t command_nonce;
	uint8_t result;           /* enum board_result */
	uint16_t absence_s;       /* announced; 0: none */
	uint64_t absence_ends_ms; /* a host that is still there then has not gone */
	bool cut_due;             /* it is lost, and policy isolate is not carried out yet */
	bool is_told_lost;        /* by an event */
	uint32_t spent_s;         /* of its allowance (board/map.h) */
	uint32_t loss_spent_s;    /* of the allowance for being lost */
};

enum proving_phase { PROVING_NOTHING, PROVING_OPENING, PROVING_CLOSING };

/* The proof test that is running. */
struct proving {
	uint8_t phase; /* enum proving_phase */
	uint8_t index; /* the uplink it is at, from 0 */
	uint8_t left;  /* uplinks still to come */
	bool failed;
};

/* What came of the last one. */
struct proof {
	uint8_t result; /* enum board_proof_result */
	uint32_t at_s;
	uint32_t us;
};

struct self_test {
	bool is_running, is_known;
	bool was_provisioned;       /* at start */
	uint16_t found, last_found; /* enum board_fault bits */
	uint32_t at_s;
};

/* What became of a write to witness or key slots. */
struct answer {
	uint32_t nonce;
	uint8_t result; /* enum board_result */
};

struct panel {
	struct kept kept;
	struct self_test test;
	struct {
		struct answer answer;
		bool is_written; /* since start, last at … */
		uint32_t at_s;
	} witness;
	struct {
		struct answer answer;
		uint8_t newest; /* slot of the last write */
		bool erasing;
	} keys;
	struct journal journal;
	uint8_t standing[BOARD_UPLINKS]; /* enum standing */
	struct relay relays[BOARD_UPLINKS];
	struct proving proving;
	struct proof proofs[BOARD_UPLINKS];
	struct permit permit;
	struct host host;
	struct watchdog_memory *watchdog;
	void (*drive)(void); /* called by a command, before its answer is built: `coils` to the pins; may be NULL */
	uint64_t now_ms;
	uint32_t uptime_s;
	struct stamp now;
	uint16_t inputs;       /* enum board_input bits */
	uint8_t coils;         /* uplinks to be energised */
	uint8_t told;          /* uplinks that know what they shall be (coils.h) */
	uint8_t told_anew;     /* uplinks that somebody asked to cut just now, cut already or not (coils_again) */
	uint8_t tested;        /* uplinks whose coil is off only for a proof test */
	uint8_t proof_awaited; /* uplinks whose cut was reported but not proven yet */
	bool started;          /* the start-up test is over and coils may be on */
	uint16_t lamps;        /* enum board_lamp bits as they shine */
	uint16_t faults;       /* enum board_fault bits */
	uint16_t on_ms[PANEL_WATCHED_INPUTS];
	uint8_t held;     /* watched inputs that were on a millisecond ago */
	uint8_t stuck;    /* watched inputs that have been on too long */
	uint16_t test_ms; /* of the lamp test, left */
	uint16_t alarm_ms;
	uint8_t no_supply_ms;
	uint16_t second_ms;
	bool muted;
	uint16_t brown_out_s; /* how long the fault is still shown */
	bool attention;       /* an event waits */
	/* Counters of the bus and the port. */
	uint16_t sequence, bad_frames, exceptions, loop_max_us, spikes, stack_free;
};

/* What the port hands over each millisecond. */
struct panel_view {
	struct trip_news news;
	struct stamp now;
	const struct stamp *mirror_edge; /* when each mirror contact last went closed, bounce included */
};

struct panel_start {
	uint8_t reset; /* enum board_reset bits */
	enum memory_state memory;
	uint8_t unsaved; /* from trip_init */
};

/* Loads what was kept. After it: trip_init with kept.provision.isolate, then panel_start. */
void panel_load(struct panel *p, const struct eeprom *eeprom, struct watchdog_memory *watchdog);
void panel_start(struct panel *p, const struct panel_start *start);
void panel_step(struct panel *p, const struct panel_view *view);

/* The host. */
void panel_heartbeat(struct panel *p);
/* Seconds that policy isolate still waits for an announced absence, from now; 0: none is announced. */
uint16_t panel_absence_left_s(const struct panel *p);
/* A proof test is at this uplink (from 0). */
bool panel_is_proving(const struct panel *p, uint8_t index);
struct command {
	uint16_t code;    /* enum board_command */
	uint16_t uplinks; /* mask */
	uint32_t nonce;
	uint32_t argument; /* PERMIT: latch number; EXPECT_ABSENCE: seconds */
	struct stamp at;   /* its last byte */
};
/* `coils` may have changed when it returns. */
void panel_command(struct panel *p, const struct command *command);
/* The whole of a written block, as it came. */
void panel_witness(struct panel *p, const uint8_t *words);
void panel_key(struct panel *p, const uint8_t *words);
/* The command's check word was wrong. */
void panel_command_refused(struct panel *p, uint32_t nonce);

#endif
