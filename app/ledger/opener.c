#include "ledger/opener.h"

#include "ledger/inside.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;

/* The thread's as long as it is at work; whoever comes last lets go of it. */
struct opener {
	struct medium medium;
	int64_t began_ns;
	bool is_done, is_left;
};

static void drop(struct opener *o)
{
	medium_close(&o->medium);
	free(o->medium.folder);
	free(o);
}

static void *run(void *context)
{
	struct opener *o = context;
	bool is_left;

	(void)!medium_open(&o->medium, STORE_WRITE);
	(void)pthread_mutex_lock(&mutex);
	o->is_done = true;
	is_left = o->is_left;
	(void)pthread_cond_broadcast(&opened);
	(void)pthread_mutex_unlock(&mutex);
	if (is_left)
		drop(o);
	return NULL;
}

/* Signals are for the program's own thread. */
static int start(struct opener *o)
{
	sigset_t all, before;
	pthread_t thread;
	int result;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&thread, NULL, run, o);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result != 0 ? result : pthread_detach(thread);
}

enum err opener_new(const struct medium *medium, struct opener **out)
{
	struct opener *o = calloc(1, sizeof *o);

	if (o == NULL)
		return ERR_NOMEM;
	o->began_ns = slice_clock_ns();
	o->medium.folder = strdup(medium->folder);
	o->medium.file = medium->file;
	o->medium.lock = -1;
	if (o->medium.folder == NULL || start(o) != 0) {
		free(o->medium.folder);
		free(o);
		return ERR_NOMEM;
	}
	*out = o;
	return ERR_OK;
}

static struct timespec from_now(int64_t ns)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	ns += t.tv_nsec;
	return (struct timespec){.tv_sec = t.tv_sec + ns / 1000000000, .tv_nsec = ns % 1000000000};
}

bool opener_take(struct opener *o, int64_t patience_ns, struct medium *medium)
{
	struct timespec until = from_now(patience_ns);
	char *folder = medium->folder;
	bool is_done;

	(void)pthread_mutex_lock(&mutex);
	while (!o->is_done && pthread_cond_clockwait(&opened, &mutex, CLOCK_MONOTONIC, &until) != ETIMEDOUT)
		;
	is_done = o->is_done;
	(void)pthread_mutex_unlock(&mutex);
	if (!is_done)
		return false;
	*medium = o->medium;
	medium->folder = folder;
	free(o->medium.folder);
	free(o);
	return true;
}

void opener_leave(struct opener *o)
{
	bool is_done;

	if (o == NULL)
		return;
	(void)pthread_mutex_lock(&mutex);
	o->is_left = true;
	is_done = o->is_done;
	(void)pthread_mutex_unlock(&mutex);
	if (is_done)
		drop(o);
}

int64_t opener_began_ns(const struct opener *o)
{
	return o->began_ns;
}
