/* What a ledger goes through while power is cut. Each workload runs once against a disk that remembers, then every
 * instant of it is an instant of the cut.
 */
#ifndef KANNUKI_TESTS_CRASH_WORKLOADS_H
#define KANNUKI_TESTS_CRASH_WORKLOADS_H

#include "life.h"

struct workload {
	const char *name;
	void (*run)(struct life *l);
	unsigned media;
	/* The cut may come while the ledger is made; else only after. Or another log has ended before this one. */
	enum { CUT_LATER, CUT_FROM_THE_START, CUT_AFTER_ANOTHER } first_cut;
};

enum { WORKLOADS_MAX = 32 };
extern const struct workload workloads[];
extern const size_t workload_count;

#endif
