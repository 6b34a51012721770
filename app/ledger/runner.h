/* A thread that does one thing at a time for one medium. Who asks may stop waiting; the runner then stays busy, keeps
 * what it needs, and is not asked again before it has answered.
 */
#ifndef KANNUKI_LEDGER_RUNNER_H
#define KANNUKI_LEDGER_RUNNER_H

#include "ledger/media.h"

enum err runner_new(struct store *store, struct runner **out) MUST_USE;
/* False: it is still busy, and goes on holding itself and its store until it ends. */
bool runner_free(struct runner *r);
bool runner_is_busy(struct runner *r);

/* `batch` is copied; NULL for other jobs. ERR_BUSY: it has not answered yet. */
enum err runner_ask(struct runner *r, enum job job, const struct batch *batch) MUST_USE;

/* What became of a job. */
struct answer {
	enum err err;
	struct fault fault;
};
/* Waits for all of them, but no longer than `patience_ns` after the first has answered, or from now on when somebody
   else can go on without them: ERR_TIMEOUT. */
enum patience { FROM_FIRST_ANSWER, FROM_NOW };
void runners_answer(struct runner *const *runners, int count, enum patience from, int64_t patience_ns,
		    struct answer *answers);

/* The job itself, where it is asked for. */
enum err store_do(struct store *s, enum job job, const struct batch *batch, struct fault *f) MUST_USE;

#endif
