/* Fails every call for memory and every call to the disk in turn, while a ledger is used as on any day. An act may fail
 * and say so; what was acknowledged must be there in the end, and everything goes on.
 *
 *   test_faults [--all]     without it, of the many allocations on two media only every fourth fails
 */
#include "life.h"
#include "need.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEED = 1, WORKERS = 4 };

/* ---- memory ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* The allocation that is number `failing` fails, counted while `is_counting`. */
static bool is_counting;
static unsigned long allocations, failing = ULONG_MAX;

static bool may_allocate(void)
{
	if (!is_counting || need_depth > 0 || allocations++ != failing)
		return true;
	errno = ENOMEM;
	return false;
}

void *malloc(size_t size)
{
	return may_allocate() ? __libc_malloc(size) : NULL;
}

void *calloc(size_t count, size_t size)
{
	return may_allocate() ? __libc_calloc(count, size) : NULL;
}

void *realloc(void *old, size_t size)
{
	return may_allocate() ? __libc_realloc(old, size) : NULL;
}

/* ---- a day ---- */

static enum err append_one(struct life *l)
{
	return life_append(l, 1);
}

static enum err append_three(struct life *l)
{
	return life_append(l, 3);
}

static enum err close_and_open(struct life *l)
{
	life_close(l);
	return life_open(l);
}

static enum err rejoin(struct life *l)
{
	return l->home.media == 1 ? ERR_OK : life_rejoin(l);
}

static enum err (*const day[])(struct life *l) = {
	life_open,      append_one, append_three, life_rotate, append_three, life_redact,
	close_and_open, life_tidy,  append_one,   rejoin,      append_one,
};
enum { ACTS = sizeof day / sizeof *day };

/* Every act of the day, failed or not; returns how many failed. A program that cannot go on is started again. */
static unsigned live(struct life *l, bool *has_words)
{
	unsigned failed = 0;

	for (int i = 0; i < ACTS; i++) {
		enum err err =
			l->ledger == NULL && day[i] != life_open && day[i] != close_and_open ? life_open(l) : ERR_OK;

		if (err == ERR_OK && (l->ledger != NULL || day[i] == life_open || day[i] == close_and_open))
			err = day[i](l);
		if (err == ERR_OK)
			continue;
		failed++;
		if (l->fault.text[0] == '\0') {
			(void)printf("# act %d: %s without a word\n", i, err_name(err));
			*has_words = false;
		}
		l->fault = (struct fault){.text = ""};
		if (l->ledger != NULL)
			ledger_abandon(l->ledger);
		if (err == ERR_IO)
			life_close(l);
	}
	return failed;
}

struct trial {
	struct home home;
	struct disk disk; /* as it was made */
	struct truth truth;
};

static void prepare(struct trial *t, unsigned media)
{
	struct life l;

	home_make(&t->home, media);
	disk_init(&t->disk, SEED);
	life_begin(&l, &t->home, &t->disk, SEED);
	if (life_create(&l) != ERR_OK || life_open(&l) != ERR_OK || life_append(&l, 3) != ERR_OK) {
		(void)printf("Bail out! %s\n", l.fault.text);
		exit(1);
	}
	life_close(&l);
	memcpy(t->home.code, l.home.code, sizeof t->home.code);
	truth_copy(&t->truth, &l.truth, l.truth.count);
	life_end(&l);
}

static void put_away(struct trial *t)
{
	home_remove(&t->home);
	disk_fini(&t->disk);
	truth_fini(&t->truth);
}

struct outcome {
	unsigned long tried, with_failures, broken;
};

/* What a fault is and how it ends. */
struct plan {
	void (*start)(struct life *l, unsigned long number);
	/* False: the day was over before the fault came. */
	bool (*stop)(struct life *l, unsigned long number);
};

static bool try_one(const struct trial *t, const struct plan *plan, unsigned long number, struct outcome *o)
{
	struct finding finding;
	struct life l;
	struct disk disk;
	int64_t opening_ns;
	bool came, has_words = true;

	disk_copy(&disk, &t->disk);
	life_begin(&l, &t->home, &disk, SEED + 1);
	truth_copy(&l.truth, &t->truth, t->truth.count);
	plan->start(&l, number);
	o->with_failures += live(&l, &has_words) > 0;
	came = plan->stop(&l, number);
	life_close(&l);
	l.truth.lives++;
	l.truth.promise_count = 0;
	if (!has_words) {
		o->broken++;
		(void)printf("# call %lu: somebody is left without a reason\n", number);
	}
	if (!life_prove(&l, EXPORT_NOT, &opening_ns, &finding)) {
		o->broken++;
		(void)printf("# call %lu %s: %s\n", number, finding.word, finding.text);
	}
	life_end(&l);
	disk_fini(&disk);
	return came;
}

/* Calls from `first` on, `stride` apart. */
static void work(const struct plan *plan, unsigned media, unsigned long first, unsigned stride, struct outcome *o)
{
	struct trial t;

	prepare(&t, media);
	for (unsigned long n = first; o->broken < 5 && try_one(&t, plan, n, o); n += stride)
		o->tried++;
	put_away(&t);
	(void)fflush(stdout);
}

static struct outcome share_work(const struct plan *plan, unsigned media, unsigned every,
				 struct outcome shared[WORKERS])
{
	struct outcome sum = {0};
	pid_t children[WORKERS];

	(void)fflush(stdout);
	for (unsigned i = 0; i < WORKERS; i++) {
		shared[i] = (struct outcome){0};
		children[i] = fork();
		if (children[i] == 0) {
			work(plan, media, (unsigned long)i * every, every * WORKERS, &shared[i]);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		int status = -1;

		(void)waitpid(children[i], &status, 0);
		sum.tried += shared[i].tried;
		sum.with_failures += shared[i].with_failures;
		sum.broken += shared[i].broken + (status != 0);
		if (status != 0)
			(void)printf("# a worker ended with status %d after %lu calls\n", status, shared[i].tried);
	}
	return sum;
}

static int number_of_test;

static int try_all(const char *name, unsigned media, unsigned every, const struct plan *plan)
{
	struct outcome *shared =
		mmap(NULL, WORKERS * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct outcome o;

	if (shared == MAP_FAILED)
		return 1;
	o = share_work(plan, media, every, shared);
	(void)munmap(shared, WORKERS * sizeof *shared);
	(void)printf("%s %d - %s\n#= %lu calls failed in turn, %lu times an act failed, %lu broken promises\n",
		     o.broken == 0 && o.tried > 100 && o.with_failures > 10 ? "ok" : "not ok", ++number_of_test, name,
		     o.tried, o.with_failures, o.broken);
	return o.broken == 0 ? 0 : 1;
}

/* ---- the plans ---- */

static void fail_disk(struct life *l, unsigned medium, unsigned long number, unsigned long times)
{
	disk_set_fault(l->disk, medium, (struct disk_fault){.at = number, .times = times});
}

static bool mend_disk(struct life *l, unsigned long number)
{
	bool came = l->disk->calls[0] > number || l->disk->calls[1] > number;

	for (unsigned m = 0; m < MEDIA; m++)
		disk_set_fault(l->disk, m, (struct disk_fault){0});
	return came;
}

static void fail_first_once(struct life *l, unsigned long number)
{
	fail_disk(l, 0, number, 1);
}

static void fail_second_once(struct life *l, unsigned long number)
{
	fail_disk(l, 1, number, 1);
}

static void fail_first_for_good(struct life *l, unsigned long number)
{
	fail_disk(l, 0, number, ULONG_MAX);
}

static void fail_allocation(struct life *l, unsigned long number)
{
	(void)l;
	allocations = 0;
	failing = number;
	is_counting = true;
}

static bool have_memory(struct life *l, unsigned long number)
{
	(void)l;
	is_counting = false;
	return allocations > number;
}

int main(int argc, char **argv)
{
	static const struct plan once = {fail_first_once, mend_disk}, second = {fail_second_once, mend_disk},
				 for_good = {fail_first_for_good, mend_disk}, memory = {fail_allocation, have_memory};
	bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
	int bad = 0;

	bad += try_all("each call to the only medium fails once", 1, 1, &once);
	bad += try_all("each call to the only medium fails, and all after it", 1, 1, &for_good);
	bad += try_all("each call to the first of two media fails once", 2, 1, &once);
	bad += try_all("each call to the second of two media fails once", 2, 1, &second);
	bad += try_all("each call to the first of two media fails, and all after it", 2, 1, &for_good);
	bad += try_all("each allocation fails, on one medium", 1, 1, &memory);
	bad += try_all("each allocation fails, on two media", 2, all ? 1 : 4, &memory);
	(void)printf("1..%d\n", number_of_test);
	return bad == 0 ? 0 : 1;
}
