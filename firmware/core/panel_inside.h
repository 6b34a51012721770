/* What the parts of the panel share: the queue, cutting, the permit, and the steps of each millisecond. */
#ifndef KANNUKI_FIRMWARE_PANEL_INSIDE_H
#define KANNUKI_FIRMWARE_PANEL_INSIDE_H

#include "firmware/core/journal_inside.h"
#include "firmware/core/panel.h"

enum {
	STUCK_MS = 10000,
	MUTE_MS = 1000,
	TEST_MS = 2000,
	ALARM_MS = 10000,
	NO_SUPPLY_MS = 50,
	BROWN_OUT_S = 600,
	STACK_LEAST = 1024
};

/* 1 << index; the chip has no barrel shifter, and a table is shorter than a loop. */
uint8_t bit_of(uint8_t index);
void panel_add(struct panel *p, enum board_event kind, uint8_t uplink, uint32_t arg);

/* Performs what the table of standings says; returns the uplinks that were dropped by it. */
uint8_t panel_apply(struct panel *p, uint8_t uplinks, enum cause cause);
/* Latches these uplinks: a new latch number, and neither permit nor proof test outlives it. Returns the dropped. */
uint8_t panel_latch(struct panel *p, uint8_t uplinks);
/* Neither permit nor proof test outlives a trip. */
void panel_end_running(struct panel *p);
/* Latches, cuts and reports, for everything but the buttons. */
void panel_cut(struct panel *p, uint8_t uplinks, enum board_event kind, uint32_t arg, struct stamp since);
/* Reports coils that have dropped; their proof is awaited. */
void panel_report_cut(struct panel *p, uint8_t dropped, enum board_event kind, uint32_t arg, struct stamp since);

/* Performs what the permit's table said. */
void panel_perform(struct panel *p, enum permit_effect effect);
bool panel_all_are(const struct panel *p, uint8_t uplinks, enum relay_state state);
bool panel_some_broken(const struct panel *p, uint8_t uplinks);

/* Takes so much of an allowance; false when there is not so much left. */
bool panel_spend(uint32_t *spent_s, uint16_t cost_s);

/* Proof test. */
void panel_prove(struct panel *p, uint8_t uplinks);
void panel_stop_prove(struct panel *p);

enum self_test_cause { SELF_TEST_AT_START, SELF_TEST_DAILY, SELF_TEST_ORDERED };
/* Ends by itself some time later, with an event. */
void panel_self_test(struct panel *p, enum self_test_cause cause);
enum board_result panel_erase_keys(struct panel *p);

/* Every second. */
void panel_second_of_start(struct panel *p);
void panel_second_of_host(struct panel *p);
/* Every millisecond. */
void panel_step_start(struct panel *p);
void panel_step_prove(struct panel *p, const struct stamp *mirror_edge);
void panel_step_permit(struct panel *p);
void panel_step_host(struct panel *p);
void panel_step_keys(struct panel *p);
void panel_step_self_test(struct panel *p);
void panel_watch_stuck(struct panel *p);
void panel_watch_supply(struct panel *p);
void panel_find_faults(struct panel *p);

#endif
