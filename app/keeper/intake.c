#include "keeper/intake.h"

#include "base/diag.h"
#include "ipc/descriptors.h"
#include "keeper/errand.h"
#include "procedure/words.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAITING_MAX = 8, END_WAIT_MS = 2000 };

static const uint64_t size_most = UINT64_C(2) << 30;
static const char size_most_words[] = "2 GiB";
static const uint64_t tell_every_us = 500000;

struct intake {
	struct intake *next;
	struct request request; /* params is a reference of our own */
	char token[TOKEN_SIZE];
	json_t *named; /* [{"name", "type"}] */
	intake_done *go_on;
	struct descriptors files;
	/* For the thread. */
	struct file_places places;
	struct kept_file kept[FILES_MAX];
	unsigned kept_count;
	enum err err;
	enum why why; /* of a refusal; WHY_COUNT: none that has words of its own */
	struct fault fault;
	int wake;
	atomic_bool stop;
	_Atomic uint64_t done, total, before; /* bytes; before: of the files that are stored */
};

/* The first is in the thread's hands. */
struct intakes {
	struct intake *first;
	unsigned waiting;
	int wake;
	sd_event_source *finished, *tell;
};

/* ---- the thread ---- */

static bool goes_on(void *context, uint64_t so_far)
{
	struct intake *in = context;

	atomic_store(&in->done, atomic_load(&in->before) + so_far);
	return !atomic_load(&in->stop) && so_far <= size_most;
}

static enum err refused(struct intake *in, enum why why, const char *text)
{
	in->why = why;
	return fault_set(&in->fault, ERR_FORMAT, "%s", text);
}

/* An ordinary file that may be read. */
static enum err look_at(struct intake *in, int fd, uint64_t *size)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat about;

	if (flags < 0 || (flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY || fstat(fd, &about) != 0 ||
	    !S_ISREG(about.st_mode) || lseek(fd, 0, SEEK_SET) != 0)
		return refused(in, WHY_FILE_KIND, "not a file that can be read");
	if ((uint64_t)about.st_size > size_most)
		return refused(in, WHY_FILE_SIZE, "a file is too large");
	*size = (uint64_t)about.st_size;
	return ERR_OK;
}

static enum err measure_all(struct intake *in, uint64_t sizes[FILES_MAX])
{
	enum err err = ERR_OK;
	uint64_t total = 0;

	for (unsigned i = 0; i < in->files.count && err == ERR_OK; i++) {
		err = look_at(in, in->files.fd[i], &sizes[i]);
		total += err == ERR_OK ? sizes[i] : 0;
	}
	atomic_store(&in->total, total);
	return err;
}

static enum err store_one(struct intake *in, unsigned i, uint64_t size)
{
	const struct file_watch watch = {.size = size, .go_on = goes_on, .context = in};
	enum err err = file_keep_watched(&in->places, in->files.fd[i], &watch, &in->kept[i], &in->fault);

	if (err == ERR_OK) {
		in->kept_count++;
		atomic_fetch_add(&in->before, in->kept[i].size);
	} else if (err == ERR_FULL) {
		in->why = WHY_FILE_ROOM;
	} else if (err == ERR_STATE) {
		in->why = atomic_load(&in->stop) ? WHY_COUNT : WHY_FILE_SIZE;
	} else {
		in->why = WHY_FILE_READ;
	}
	return err;
}

/* Where there is one core only, the loop comes first. */
static void *work(void *context)
{
	struct intake *in = context;
	uint64_t sizes[FILES_MAX] = {0};
	const uint64_t one = 1;

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
	in->err = measure_all(in, sizes);
	for (unsigned i = 0; i < in->files.count && in->err == ERR_OK; i++)
		in->err = store_one(in, i, sizes[i]);
	for (unsigned i = 0; i < in->files.count; i++)
		(void)close(in->files.fd[i]);
	in->files.count = 0;
	(void)!write(in->wake, &one, sizeof one);
	return NULL;
}

/* Signals are for the program's own thread. */
static bool start_thread(struct intake *in)
{
	sigset_t all, before;
	pthread_t thread;
	int result;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&thread, NULL, work, in);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result == 0 && pthread_detach(thread) == 0;
}

/* ---- the queue ---- */

static void intake_free(struct intake *in)
{
	descriptors_drop(&in->files);
	json_decref(in->request.params);
	json_decref(in->named);
	free(in);
}

static void refuse_busy(struct keeper *k, const struct intake *in)
{
	server_refuse(k->server, in->request.ticket, "busy", json_pack("{s:s}", "work", "files"));
}

static void start_next(struct keeper *k)
{
	struct intakes *all = k->intakes;

	while (all->first != NULL) {
		struct intake *in = all->first;

		if (scribe_ledger(k->scribe) != NULL && !atomic_load(&in->stop)) {
			ledger_file_places(scribe_ledger(k->scribe), &in->places);
			if (start_thread(in)) {
				(void)sd_event_source_set_time_relative(all->tell, tell_every_us);
				(void)sd_event_source_set_enabled(all->tell, SD_EVENT_ONESHOT);
				return;
			}
		}
		refuse_busy(k, in);
		all->first = in->next;
		all->waiting--;
		intake_free(in);
	}
	(void)sd_event_source_set_enabled(all->tell, SD_EVENT_OFF);
}

static int on_tell(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct keeper *k = userdata;
	struct intake *in = k->intakes->first;

	(void)usec;
	if (in == NULL)
		return 0;
	server_push(k->server, in->request.ticket.connection, "progress",
		    json_pack("{s:s, s:I, s:I}", "work", "files", "done", (json_int_t)atomic_load(&in->done), "total",
			      (json_int_t)atomic_load(&in->total)));
	(void)sd_event_source_set_time_relative(source, tell_every_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* What is to be recorded of them. NULL: out of memory. */
static json_t *describe(const struct intake *in)
{
	json_t *files = json_array(), *named;
	size_t i;

	json_array_foreach (in->named, i, named) {
		json_t *type = json_object_get(named, "type");
		json_t *file = json_pack("{s:O, s:I, s:s, s:s}", "name", json_object_get(named, "name"), "size",
					 (json_int_t)in->kept[i].size, "type",
					 type != NULL ? json_string_value(type) : "application/octet-stream", "sha256",
					 in->kept[i].sha256);

		if (json_array_append_new(files, file) != 0) {
			json_decref(files);
			return NULL;
		}
	}
	return files;
}

static bool are_all_there(const struct keeper *k, const struct intake *in)
{
	for (unsigned i = 0; i < in->kept_count; i++)
		if (!ledger_has_file(scribe_ledger(k->scribe), in->kept[i].sha256))
			return false;
	return true;
}

static void refuse_files(struct keeper *k, const struct intake *in)
{
	struct refusal refusal = {NULL, NULL};

	diag(DIAG_WARNING, "files were not stored: %s", in->fault.text);
	if (in->why == WHY_COUNT || refuse(&refusal, param_lang(&in->request), in->why,
					   json_pack("{s:s}", "most", size_most_words)) != ERR_DENIED)
		refuse_busy(k, in);
	else
		server_refuse(k->server, in->request.ticket, refusal.code, refusal.args);
}

static void carry_on(struct keeper *k, struct intake *in)
{
	const struct session *session = own_session(k, &in->request, in->token);
	json_t *files = describe(in);

	if (session == NULL)
		server_refuse(k->server, in->request.ticket, "login_required", NULL);
	else if (files == NULL || !are_all_there(k, in))
		refuse_busy(k, in);
	else
		in->go_on(k, &in->request, session, files);
	json_decref(files);
}

/* What no entry names is removed; what is staged is not seen to name anything. */
static void forget_unnamed(struct keeper *k, const struct intake *in)
{
	(void)scribe_commit(k->scribe);
	for (unsigned i = 0; i < in->kept_count && scribe_ledger(k->scribe) != NULL; i++)
		ledger_drop_file(scribe_ledger(k->scribe), in->kept[i].sha256);
}

static int on_finished(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct keeper *k = userdata;
	struct intake *in = k->intakes->first;
	uint64_t count;

	(void)source;
	(void)events;
	if (read(fd, &count, sizeof count) < 0 || in == NULL)
		return 0;
	if (in->err != ERR_OK)
		refuse_files(k, in);
	else if (atomic_load(&in->stop) || scribe_ledger(k->scribe) == NULL)
		refuse_busy(k, in);
	else
		carry_on(k, in);
	if (in->kept_count > 0)
		forget_unnamed(k, in);
	k->intakes->first = in->next;
	k->intakes->waiting--;
	intake_free(in);
	start_next(k);
	return 0;
}

static enum err make(struct keeper *k)
{
	struct intakes *all = calloc(1, sizeof *all);
	int r;

	if (all == NULL)
		return ERR_NOMEM;
	all->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = all->wake < 0 ? -errno : sd_event_add_io(k->event, &all->finished, all->wake, EPOLLIN, on_finished, k);
	if (r >= 0)
		r = sd_event_add_time_relative(k->event, &all->tell, CLOCK_MONOTONIC, UINT64_MAX / 2, 1, on_tell, k);
	if (r >= 0)
		r = sd_event_source_set_enabled(all->tell, SD_EVENT_OFF);
	k->intakes = all;
	if (r < 0)
		intake_end(k);
	return r >= 0 ? ERR_OK : ERR_NOMEM;
}

static struct intake *intake_new(const struct request *r, const struct session *session, json_t *named,
				 intake_done *go_on, int wake)
{
	struct intake *in = calloc(1, sizeof *in);

	if (in == NULL)
		return NULL;
	in->request = *r;
	in->request.came = NULL;
	in->request.params = json_incref(r->params);
	in->named = json_incref(named);
	in->go_on = go_on;
	in->why = WHY_COUNT;
	in->wake = wake;
	memcpy(in->token, session->token, sizeof in->token);
	in->files = *r->came;
	r->came->count = 0;
	return in;
}

void intake_begin(struct keeper *k, const struct request *r, const struct session *session, json_t *named,
		  intake_done *go_on)
{
	struct intake *in = NULL, **at;

	if (r->came->count <= FILES_MAX && (k->intakes != NULL || make(k) == ERR_OK) &&
	    k->intakes->waiting < WAITING_MAX)
		in = intake_new(r, session, named, go_on, k->intakes->wake);
	if (in == NULL) {
		server_refuse(k->server, r->ticket, "busy", json_pack("{s:s}", "work", "files"));
		return;
	}
	for (at = &k->intakes->first; *at != NULL; at = &(*at)->next)
		;
	*at = in;
	if (k->intakes->waiting++ == 0)
		start_next(k);
}

void intake_gone(struct keeper *k, uint64_t connection)
{
	for (struct intake *in = k->intakes != NULL ? k->intakes->first : NULL; in != NULL; in = in->next)
		if (in->request.ticket.connection == connection)
			atomic_store(&in->stop, true);
}

void intake_let_go(struct keeper *k)
{
	for (struct intake *in = k->intakes != NULL ? k->intakes->first : NULL; in != NULL; in = in->next)
		atomic_store(&in->stop, true);
}

/* One that hangs is left alone; the program ends. */
void intake_end(struct keeper *k)
{
	struct intakes *all = k->intakes;
	struct pollfd finished = {.events = POLLIN};

	if (all == NULL)
		return;
	intake_let_go(k);
	finished.fd = all->wake;
	if (all->first != NULL && poll(&finished, 1, END_WAIT_MS) <= 0)
		return;
	for (struct intake *in = all->first, *next; in != NULL; in = next) {
		next = in->next;
		intake_free(in);
	}
	all->finished = sd_event_source_disable_unref(all->finished);
	all->tell = sd_event_source_disable_unref(all->tell);
	if (all->wake >= 0)
		(void)close(all->wake);
	free(all);
	k->intakes = NULL;
}
