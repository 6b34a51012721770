/* What the world around the controller knows of its life: what was done to it, and what it has said. */
#ifndef KANNUKI_TEST_TRUTH_H
#define KANNUKI_TEST_TRUTH_H

#include "tests/firmware/trials.h"

enum { TRUTH_EVENTS = 512 };
#define NEVER UINT64_MAX

/* An event that was shown. */
struct seen {
	struct sim_event event;
	bool acknowledged;
	bool kept, gone; /* at the last rest it waited, or was acknowledged */
	bool again;      /* shown after the cut */
};

/* Presses of one button: at least so many are durable, and no more than so many were made. */
struct count {
	unsigned least, most;
};

struct truth {
	struct seen events[TRUTH_EVENTS];
	unsigned event_count;
	struct count presses[EVENT_UPLINK_ISOLATE + 1][BOARD_UPLINKS + 1]; /* by kind and uplink */
	/* From when on an uplink may be cut, and from when on it must stay so, power or not. */
	uint64_t may_cut[BOARD_UPLINKS], must_cut[BOARD_UPLINKS];
	uint32_t latch; /* at the last rest */
	uint16_t starts;
	uint64_t witness_kept, witness_told; /* sizes; 0: none */
	uint32_t key_kept, key_told;         /* generations; 0: none */
	bool keys_going;                     /* they are being erased */
};

void truth_init(struct truth *truth);
/* Takes the oldest event, acknowledges it, and remembers it; false: there is none. */
bool truth_take(struct trial *t, struct truth *truth);
/* Runs until nothing is being written any more: what was done till now is durable. */
void truth_rest(struct trial *t, struct truth *truth);
/* After a cut: compares what the controller says now. */
void truth_judge_events(struct trial *t, struct truth *truth);
void truth_judge_witness(struct trial *t, struct truth *truth);
void truth_judge_keys(struct trial *t, struct truth *truth);

/* What a witness of this size and a key of this generation contain. */
void truth_write_witness(struct trial *t, uint64_t size);
void truth_write_key(struct trial *t, uint32_t generation);

#endif
