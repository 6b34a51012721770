#include "keeper/worker.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

struct queue {
	struct password_job *first, **end;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue asked[LANES], finished; /* under lock */
	unsigned waiting[LANES];             /* asked and not yet handed back; under lock */
	unsigned turn;                       /* the lane to be looked at next */
	bool stop;                           /* under lock */
	int wake;
	sd_event_source *source;
};

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

static void queue_add(struct queue *q, struct password_job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct password_job *queue_next(struct queue *q)
{
	struct password_job *job = q->first;

	if (job != NULL) {
		q->first = job->next;
		if (q->first == NULL)
			q->end = &q->first;
	}
	return job;
}

void password_work(struct password_job *job)
{
	size_t len = strlen(job->password);

	if (job->work == PASSWORD_VERIFY)
		job->result = crypto_pwhash_str_verify(job->hash, job->password, len) == 0 ? ERR_OK : ERR_CRYPTO;
	else
		job->result = crypto_pwhash_str(job->hash, job->password, len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
						crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
				      ? ERR_OK
				      : ERR_NOMEM;
	sodium_memzero(job->password, sizeof job->password);
}

/* Of the lanes in turn; NULL: nothing waits. */
static struct password_job *next_job(struct worker *w)
{
	struct password_job *job = NULL;

	for (unsigned i = 0; job == NULL && i < LANES; i++) {
		job = queue_next(&w->asked[w->turn]);
		w->turn = (w->turn + 1) % LANES;
	}
	return job;
}

/* Where there is one core only, the loop comes first. */
static void stand_back(void)
{
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
}

static void *work(void *context)
{
	const uint64_t one = 1;
	struct worker *w = context;

	stand_back();
	(void)pthread_mutex_lock(&w->lock);
	for (;;) {
		struct password_job *job = NULL;

		while (!w->stop && (job = next_job(w)) == NULL)
			(void)pthread_cond_wait(&w->more, &w->lock);
		if (job == NULL)
			break;
		(void)pthread_mutex_unlock(&w->lock);
		password_work(job);
		(void)pthread_mutex_lock(&w->lock);
		queue_add(&w->finished, job);
		(void)!write(w->wake, &one, sizeof one);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int on_finished(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct worker *w = userdata;
	uint64_t count;

	(void)source;
	(void)events;
	(void)!read(fd, &count, sizeof count);
	for (;;) {
		struct password_job *job;

		(void)pthread_mutex_lock(&w->lock);
		job = queue_next(&w->finished);
		if (job != NULL)
			w->waiting[job->lane]--;
		(void)pthread_mutex_unlock(&w->lock);
		if (job == NULL)
			return 0;
		job->done(job->context, job);
	}
}

enum err worker_new(sd_event *event, struct worker **out, struct fault *f)
{
	struct worker *w = calloc(1, sizeof *w);
	int r;

	if (w == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	for (unsigned i = 0; i < LANES; i++)
		queue_init(&w->asked[i]);
	queue_init(&w->finished);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake < 0) {
		free(w);
		return fault_set(f, err_from_errno(errno), "password worker: %s", strerror(errno));
	}
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->more, NULL);
	r = sd_event_add_io(event, &w->source, w->wake, EPOLLIN, on_finished, w);
	if (r >= 0)
		r = -pthread_create(&w->thread, NULL, work, w);
	if (r < 0) {
		w->source = sd_event_source_disable_unref(w->source);
		(void)close(w->wake);
		free(w);
		return fault_set(f, err_from_errno(-r), "password worker: %s", strerror(-r));
	}
	*out = w;
	return ERR_OK;
}

static void drop(struct queue *q)
{
	for (struct password_job *job = queue_next(q); job != NULL; job = queue_next(q)) {
		sodium_memzero(job->password, sizeof job->password);
		if (job->forget != NULL)
			job->forget(job);
		else
			free(job);
	}
}

void worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stop = true;
	(void)pthread_cond_signal(&w->more);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	for (unsigned i = 0; i < LANES; i++)
		drop(&w->asked[i]);
	drop(&w->finished);
	w->source = sd_event_source_disable_unref(w->source);
	(void)close(w->wake);
	(void)pthread_cond_destroy(&w->more);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

enum err worker_take(struct worker *w, struct password_job *job)
{
	enum err err = ERR_FULL;

	(void)pthread_mutex_lock(&w->lock);
	if (w->waiting[job->lane] < WORKER_LANE_MAX) {
		w->waiting[job->lane]++;
		queue_add(&w->asked[job->lane], job);
		(void)pthread_cond_signal(&w->more);
		err = ERR_OK;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return err;
}
