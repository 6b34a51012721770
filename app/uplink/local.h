/* The panel in this process, for the drivers without a controller: firmware/core decides, the pins are somebody's.
 *
 * A thread of its own at real-time priority, which knows neither JSON nor the keeper's socket, senses the pins, lets
 * the panel take one step for every millisecond that has passed, and drives the coils; a coil that a button drops falls
 * before anything else happens. The link thread speaks with the panel as with any controller (controller.h), over a bus
 * that is only a lock. A command is carried out by the thread of the pins: a cut is driven first, then reported.
 *
 * It starts with every coil off, and stays so until local_recall has told which uplinks the record says are connected.
 * What the controller keeps in EEPROM stands in a file that lasts as long as this start of the machine, so that a
 * latch, the events and their numbers survive this process.
 */
#ifndef KANNUKI_UPLINK_LOCAL_H
#define KANNUKI_UPLINK_LOCAL_H

#include "firmware/core/panel.h"
#include "uplink/bus.h"
#include "uplink/pins.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LOCAL_ORDER_MAX = EXCHANGE_SIZE };

struct local_settings {
	uint8_t fitted;
	uint8_t isolate; /* what the ISOLATE button cuts */
	uint8_t blind;   /* uplinks without a mirror contact */
	uint8_t trusted; /* those of them that a permit may connect again, unproven */
	bool has_supply; /* there is an input for the coils' supply */
	char memory[256];
};

struct local {
	struct bus bus;
	struct local_settings settings;
	struct pins *pins; /* borrowed */
	int64_t (*clock_ns)(void);
	atomic_int_least64_t turned_ns;

	/* Behind the lock. */
	pthread_mutex_t lock;
	pthread_cond_t carried_out;
	struct panel panel;
	bool is_begun;
	uint8_t connected;
	bool has_recall;
	struct fault trouble; /* of the pins */
	bool has_order;
	uint16_t order[LOCAL_ORDER_MAX];
	int64_t order_ns;

	/* Of the pins' thread alone. */
	struct trip trip;
	struct watchdog_memory watchdog;
	struct stamp mirror_edge[BOARD_UPLINKS];
	uint16_t inputs;
	int64_t ticked_ns;
	uint32_t steps_due;
	int64_t driven_ns;
	uint8_t coils; /* as driven */
	uint16_t lamps;
	bool is_driven;

	int bell;
	atomic_bool stop;
	pthread_t thread;
};

/* `l` must be the only one in the process: the memory of firmware/core has no owner. */
enum err local_init(struct local *l, const struct local_settings *settings, struct pins *pins,
		    struct fault *f) MUST_USE;
void local_fini(struct local *l);
/* What the record says is connected. From any thread; only the first word after local_init counts. */
void local_recall(struct local *l, uint8_t connected);

/* One turn of the pins' thread; returns when the next one is due. */
int64_t local_turn(struct local *l, int64_t now_ns) MUST_USE;

enum err local_start(struct local *l, struct fault *f) MUST_USE;
/* Ends the thread; every output is off when it returns. */
void local_stop(struct local *l);

#endif
