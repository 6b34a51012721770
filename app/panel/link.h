/* The link thread: polls the controller, hands over its events, carries out orders. Nothing else in this program may
 * hold it up: it allocates nothing, writes no diagnostics itself, and knows the keeper only through struct mail.
 *
 *   away ──connect──▶ linked ──no good answer for 1 s, line gone, controller started anew, other map──▶ away
 *
 * Away: tries again after 0.1 s, doubling to 2 s. Linked: a poll every 50 ms, which is the heartbeat too, and at once
 * when there is an order or a confirmation, or the attention line rises (at most every 10 ms). An order that could not
 * be carried out within 2 s is given up and its outcome says why; an order to cut is done only when the answer shows
 * each coil off and latched.
 *
 * An errand (a checkpoint of the log, a key) is run only while no order and no event waits, in the same turn as the
 * poll. It is done when the controller says that it is durable. Which keys it keeps is read as soon as it is linked.
 */
#ifndef KANNUKI_PANEL_LINK_H
#define KANNUKI_PANEL_LINK_H

#include "panel/attention.h"
#include "panel/mail.h"

#include <pthread.h>

/* How long the controller is asked to wait when this program is stopped in maintenance. */
enum { STOP_ABSENCE_S = 300 };

struct link {
	struct relay_driver *driver; /* borrowed */
	struct mail *mail;           /* borrowed */
	struct attention *attention; /* borrowed; NULL: there is none */
	unsigned uplinks;            /* as configured */

	bool is_linked;
	bool was_linked; /* ever */
	uint32_t generation;
	struct panel_identity identity;
	struct panel_state state;
	uint16_t faults; /* enum link_fault bits */
	int64_t good_ns; /* the last good answer */
	int64_t try_ns;  /* when to connect again */
	int64_t pause_ns;
	enum err said; /* the trouble that was written down last, so that it is written once */

	bool shows_recorded;
	bool controller_told; /* main knows of this generation */
	uint32_t offered;     /* the event main has been given */
	uint16_t offered_kind;

	bool has_order;
	struct order order;
	int64_t order_until_ns;
	const char *order_trouble;

	bool told_kept[ERRAND_KINDS]; /* main knows what this controller keeps */
	bool has_errand;
	struct errand errand;
	int64_t errand_until_ns;
	int64_t errand_ns; /* when to try it next */

	struct picture told;
	int64_t told_ns;

	pthread_t thread;
};

void link_init(struct link *l, struct relay_driver *driver, struct mail *mail, unsigned uplinks);
/* One turn of the thread; returns when (in the same clock) the next one is due. */
int64_t link_turn(struct link *l, int64_t now_ns) MUST_USE;
/* Sleeps until then, or until a turn is wanted sooner. `turned_ns` is when the last one began. */
void link_wait(struct link *l, int64_t turned_ns, int64_t until_ns);
/* Before the thread ends: what is stopped in maintenance is announced to the controller. */
void link_leave(struct link *l, int64_t now_ns);

/* Runs link_turn in a thread of its own, at real-time priority where allowed. */
enum err link_start(struct link *l, struct fault *f) MUST_USE;
/* Ends the thread; the controller keeps the state it has. */
void link_stop(struct link *l);

#endif
