/* What the link thread and the main thread tell each other. Everything has a fixed size and neither side ever
 * waits: news and orders go through rings; what only has a present value (the recorded event, the lamps, the time the
 * keeper was last heard) stands in one atomic each.
 *
 *   link → main   news: a controller, its state, an event, the outcome of an order, a line for the diagnostics
 *   main → link   orders: commands of the keeper; errands: what may wait until nothing else is to be done
 *
 * A generation is counted up whenever a controller is found anew; what belongs to an earlier one is dropped.
 */
#ifndef KANNUKI_PANEL_MAIL_H
#define KANNUKI_PANEL_MAIL_H

#include "base/diag.h"
#include "panel/ring.h"
#include "uplink/driver.h"

#include <stdint.h>

enum link_fault { LINK_FAULT_ABSENT = 1, LINK_FAULT_MAP = 2, LINK_FAULT_UPLINKS = 4 };

/* The state as the keeper is told it. */
struct picture {
	bool present;
	bool key;
	uint16_t faults;      /* enum board_fault bits */
	uint16_t link_faults; /* enum link_fault bits */
	uint16_t uplink[BOARD_UPLINKS];
	uint32_t latch;
};

struct outcome {
	uint32_t connection; /* to the keeper, over which the order came; a keeper that started anew counts anew */
	int64_t command;     /* the keeper's number */
	bool ok;
	const char *word; /* static */
};

enum news_kind { NEWS_CONTROLLER, NEWS_PICTURE, NEWS_EVENT, NEWS_OUTCOME, NEWS_WITNESS, NEWS_KEYS, NEWS_NOTE };

struct news {
	enum news_kind kind;
	uint32_t generation;
	int64_t at_ns; /* when it was read, CLOCK_BOOTTIME */
	union {
		struct panel_identity controller;
		struct picture picture;
		struct {
			struct panel_event event;
			bool is_blind; /* its uplink has no contact that could prove anything */
		};
		struct outcome outcome;
		struct panel_witness witness;
		struct panel_keys keys;
		struct {
			enum diag_level level;
			char text[200];
		} note;
	};
};

struct order {
	uint32_t connection;
	int64_t command;
	struct panel_command what;
};

/* What a controller keeps for the host: the log as it was last seen, keys. */
enum errand_kind { ERRAND_WITNESS, ERRAND_KEYS, ERRAND_KINDS };

/* A checkpoint or a key to be kept. */
struct errand {
	uint32_t connection;
	int64_t command;
	enum errand_kind kind;
	union {
		struct witness_write what;
		struct key_write key;
	};
};

enum { NEWS_MAX = 64, ORDERS_MAX = 16, ERRANDS_MAX = 4 };

/* Beside enum board_lamp in mail.lamps. */
enum { LAMPS_UNKNOWN = 0x10000, LAMPS_MAINTENANCE = 0x20000 };

struct mail {
	struct ring news;
	struct ring orders;
	struct ring errands;
	struct news news_slots[NEWS_MAX];
	struct order order_slots[ORDERS_MAX];
	struct errand errand_slots[ERRANDS_MAX];
	int news_bell;                  /* eventfd: readable when there may be news */
	int orders_bell;                /* eventfd: readable when the link thread should look at once */
	atomic_uint_least64_t recorded; /* generation << 32 | number of the event the keeper has recorded */
	atomic_uint_least32_t lamps;    /* enum board_lamp bits of the keeper, LAMPS_MAINTENANCE; or LAMPS_UNKNOWN */
	atomic_int_least64_t keeper_answered_ns; /* its last answer to anything */
	atomic_int_least64_t link_turned_ns;
	atomic_bool stop;
};

enum err mail_open(struct mail *m, int64_t now_ns, struct fault *f) MUST_USE;
void mail_close(struct mail *m);
void bell_ring(int bell);
void bell_silence(int bell);

#endif
