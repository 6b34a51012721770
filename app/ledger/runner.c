#include "ledger/runner.h"

#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum phase { IDLE, ASKED, ANSWERED, ENDING };

/* All runners share them: whoever waits, waits for any. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

struct runner {
	pthread_t thread;
	enum phase phase;
	struct store *store;
	enum job job;
	struct batch batch;
	struct answer answer;
};

enum err store_do(struct store *s, enum job job, const struct batch *batch, struct fault *f)
{
	switch (job) {
	case JOB_APPLY:
		return store_apply(s, batch, f);
	case JOB_TIDY:
		return store_tidy(s);
	case JOB_TRUNCATE:
		return store_truncate(s);
	}
	return ERR_STATE;
}

static void *run(void *context)
{
	struct runner *r = context;

	(void)pthread_mutex_lock(&mutex);
	for (;;) {
		struct answer answer = {.fault = {.text = ""}};

		while (r->phase != ASKED && r->phase != ENDING)
			(void)pthread_cond_wait(&changed, &mutex);
		if (r->phase == ENDING)
			break;
		(void)pthread_mutex_unlock(&mutex);
		answer.err = store_do(r->store, r->job, &r->batch, &answer.fault);
		(void)pthread_mutex_lock(&mutex);
		r->answer = answer;
		r->phase = ANSWERED;
		(void)pthread_cond_broadcast(&changed);
	}
	(void)pthread_mutex_unlock(&mutex);
	return NULL;
}

/* Signals are for the program's own thread. */
static int start_thread(struct runner *r)
{
	sigset_t all, before;
	int result;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&r->thread, NULL, run, r);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

enum err runner_new(struct store *store, struct runner **out)
{
	struct runner *r = calloc(1, sizeof *r);

	if (r == NULL)
		return ERR_NOMEM;
	r->store = store;
	if (start_thread(r) != 0) {
		free(r);
		return ERR_NOMEM;
	}
	*out = r;
	return ERR_OK;
}

bool runner_free(struct runner *r)
{
	bool is_busy;

	(void)pthread_mutex_lock(&mutex);
	is_busy = r->phase == ASKED;
	if (!is_busy)
		r->phase = ENDING;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&mutex);
	if (is_busy) {
		(void)pthread_detach(r->thread);
		return false;
	}
	(void)pthread_join(r->thread, NULL);
	batch_fini(&r->batch);
	free(r);
	return true;
}

bool runner_is_busy(struct runner *r)
{
	bool is_busy;

	(void)pthread_mutex_lock(&mutex);
	is_busy = r->phase == ASKED;
	(void)pthread_mutex_unlock(&mutex);
	return is_busy;
}

enum err runner_ask(struct runner *r, enum job job, const struct batch *batch)
{
	enum err err;

	if (runner_is_busy(r))
		return ERR_BUSY;
	/* Nobody but the asker touches an idle runner. */
	if (batch != NULL)
		batch_copy(&r->batch, batch);
	else
		batch_clear(&r->batch);
	err = batch_status(&r->batch);
	if (err != ERR_OK)
		return err;
	(void)pthread_mutex_lock(&mutex);
	r->job = job;
	r->phase = ASKED;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&mutex);
	return ERR_OK;
}

static int count_busy(struct runner *const *runners, int count)
{
	int busy = 0;

	for (int i = 0; i < count; i++)
		busy += runners[i]->phase == ASKED;
	return busy;
}

static struct timespec from_now(int64_t ns)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	ns += t.tv_nsec;
	return (struct timespec){.tv_sec = t.tv_sec + ns / 1000000000, .tv_nsec = ns % 1000000000};
}

void runners_answer(struct runner *const *runners, int count, enum patience from, int64_t patience_ns,
		    struct answer *answers)
{
	struct timespec until;
	bool is_timed = false;
	int busy;

	(void)pthread_mutex_lock(&mutex);
	while ((busy = count_busy(runners, count)) > 0) {
		if (!is_timed && (busy < count || from == FROM_NOW)) {
			until = from_now(patience_ns);
			is_timed = true;
		}
		if (!is_timed)
			(void)pthread_cond_wait(&changed, &mutex);
		else if (pthread_cond_clockwait(&changed, &mutex, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
			break;
	}
	for (int i = 0; i < count; i++) {
		struct answer *answer = &answers[i];

		if (runners[i]->phase == ASKED) {
			answer->err = fault_set(&answer->fault, ERR_TIMEOUT,
						_("the medium did not answer in time; check it and its cable"));
		} else {
			*answer = runners[i]->answer;
			runners[i]->phase = IDLE;
		}
	}
	(void)pthread_mutex_unlock(&mutex);
}
