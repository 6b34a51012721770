/* What the benchmarks of the ledger share: a clock, medians, the lines they print, a place to write, entries to record.
 */
#ifndef KANNUKI_BENCH_MEASURE_H
#define KANNUKI_BENCH_MEASURE_H

#include "ledger/ledger.h"

#include <limits.h>
#include <stdbool.h>

_Noreturn void give_up(const char *what);
/* Ends the program with `what` when it is not so. */
static inline void demand(bool good, const char *what)
{
	if (!good)
		give_up(what);
}

double now_us(void);
/* Sorts the values. */
double quantile(double *values, size_t count, double q);

enum goal { AT_LEAST, AT_MOST };
/* bench NAME VALUE UNIT goal OP GOAL ok|short */
void report(const char *name, double value, const char *unit, enum goal op, double goal);

/* The folder of the running program. */
void own_folder(char out[PATH_MAX]);
/* A new folder beside the program: on the disk of the build, not in memory as /tmp may be. */
void place_make(char place[PATH_MAX]);
void place_remove(const char *place);
/* PLACE/name */
void path_join(char out[PATH_MAX], const char *place, const char *name);

/* Of a program with its threads and children; the memory is the largest of any of them. This process must be a small
 * one: the child begins as its copy. */
struct cost {
	double cpu_s, wall_s;
	long peak_kib;
};
struct cost cost_of(const char *const argv[]);
/* Runs `work` in a process of its own, to keep this one small. */
void in_child(void (*work)(const void *context), const void *context);

/* A new ledger PLACE/name, with a mirror PLACE/mirror_name unless that is NULL, open for writing. */
struct ledger *ledger_make(const char *place, const char *name, const char *mirror_name, char *code);
/* An entry of some 250 bytes and a body, as a press on the panel gives; a retry key adds 38. */
enum retry_key { WITHOUT_RETRY_KEY, WITH_RETRY_KEY };
void append(struct ledger *l, enum retry_key key, struct moment now);
void commit(struct ledger *l);

#endif
