/* Cuts the power at every instant of every workload and opens the ledger on what is left.
 *
 *   test_crash [--states N] [--seed S] [--workers W] [--first] [WORKLOAD …]
 *   test_crash --only STATE        one state by its name, as a failing one is printed
 *
 * A state is WORKLOAD:SEED:ROUND:CUT:FATE, and with :SECOND after it the same with another cut while that one was being
 * recovered from. A round throws every fate at every instant once. States are counted once however many ways lead to
 * the same disk.
 */
#include "earlier.h"
#include "need.h"
#include "power.h"
#include "workloads.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 16, SECOND_EVERY = 4, EXPORT_EVERY = 16, SHOWN = 5, STATE_NAME = 96 };

struct settings {
	uint64_t states, seed;
	unsigned workers;
	bool first; /* stop at the first finding */
	const char *only;
};

/* What a worker tells, in memory that it shares. */
struct tally {
	uint64_t states[FATES], seconds, exports, findings;
	uint64_t candidates; /* of all workers together: each enumerates all of them */
	int64_t longest_ns;
	char doing[STATE_NAME];
};

struct recording {
	const struct workload *workload;
	uint64_t seed;
	struct disk log;
	struct life life;
	size_t first_cut;
};

struct run {
	const struct settings *settings;
	const struct recording *recording;
	struct home home;
	struct tally *tally;
	unsigned worker;
	uint64_t *seen;
	size_t seen_count, seen_room;
};

/* ---- the recording ---- */

static enum err create(struct life *l, const struct workload *workload)
{
	return workload->first_cut == CUT_AFTER_ANOTHER ? earlier_create(l) : life_create(l);
}

/* False: something failed though no fault was injected, which is a broken promise too. */
static bool record(struct recording *r, const struct workload *workload, uint64_t seed)
{
	struct home home;

	*r = (struct recording){.workload = workload, .seed = seed};
	home_make(&home, workload->media);
	disk_init(&r->log, seed);
	life_begin(&r->life, &home, &r->log, seed);
	if (setjmp(r->life.give_up) != 0 || create(&r->life, workload) != ERR_OK) {
		(void)printf("# %s:%" PRIu64 " recording: %s\n", workload->name, seed, r->life.fault.text);
		life_close(&r->life);
		return false;
	}
	r->first_cut = workload->first_cut == CUT_FROM_THE_START ? 0 : r->log.op_count;
	workload->run(&r->life);
	life_close(&r->life);
	return true;
}

static void forget(struct recording *r)
{
	home_remove(&r->life.home);
	life_end(&r->life);
	disk_fini(&r->log);
}

/* ---- one state ---- */

static void tell(struct run *run, const struct finding *finding)
{
	if (run->tally->findings++ >= SHOWN)
		return;
	(void)printf("# %s %s: %s\n", run->tally->doing, finding->word, finding->text);
	(void)fflush(stdout);
}

static bool prove(struct run *run, struct life *life, enum export_too export_too)
{
	struct finding finding;
	int64_t opening_ns;
	bool good = life_prove(life, export_too, &opening_ns, &finding);

	if (opening_ns > run->tally->longest_ns)
		run->tally->longest_ns = opening_ns;
	run->tally->exports += export_too == EXPORT_TOO;
	if (!good)
		tell(run, &finding);
	return good;
}

/* How many entries were acknowledged before `at`, wherever they are. */
static uint64_t promised_at_all(const struct recording *r, size_t at)
{
	return truth_promised(&r->life.truth, at, ~0U);
}

static bool has_all(const struct truth *t, const struct truth *recorded, uint64_t count)
{
	if (t->count < count)
		return false;
	for (uint64_t i = 0; i < count; i++)
		if (memcmp(t->known[i].leaf, recorded->known[i].leaf, HASH_SIZE) != 0)
			return false;
	return true;
}

/* What must be there after the second cut. One medium that went on by itself without all that the other had
   acknowledged, or may have, cannot be brought together with it. */
static void take_truth(struct life *life, const struct recording *r, size_t cut, const struct life *before, size_t at,
		       bool other_was_alone)
{
	uint64_t all = promised_at_all(r, cut), by_it = truth_promised(&before->truth, at, ~0U);

	life->may_conflict = other_was_alone;
	if (by_it >= all && has_all(&before->truth, &r->life.truth, all)) {
		truth_copy(&life->truth, &before->truth, by_it);
		return;
	}
	truth_copy(&life->truth, &r->life.truth, all);
	life->truth.lives = before->truth.lives + 1;
	life->may_conflict = true;
	life->must_conflict = by_it > truth_promised(&r->life.truth, cut, life_present(before));
}

/* Another cut at any instant of the life that just recovered; all media are there then. */
static void cut_again(struct run *run, const struct disk *start, size_t cut, const struct life *before, uint64_t second)
{
	struct dice dice = dice_of(second, 7);
	struct disk disk;
	struct life life;
	struct power power;
	size_t at = dice_below(&dice, before->disk->op_count + 1);
	bool other_was_alone = life_other_says_alone(before, start);

	power_init(&power, start, before->disk, second);
	for (size_t i = 0; i < at; i++)
		power_play(&power, i);
	power_cut(&power, (enum fate)dice_below(&dice, FATES), dice, &disk);
	power_fini(&power);
	life_begin(&life, &run->home, &disk, second);
	take_truth(&life, run->recording, cut, before, at, other_was_alone);
	life.blank = before->blank;
	run->tally->seconds++;
	(void)prove(run, &life, EXPORT_NOT);
	life_end(&life);
	disk_fini(&disk);
}

struct state {
	uint64_t round, number, second; /* second 0: no second cut */
	size_t cut;
	enum fate fate;
	struct disk disk; /* what the cut left */
	unsigned present; /* which media are there */
};

/* The disk is used up. */
static void try_state(struct run *run, struct state *s)
{
	const struct truth *truth = &run->recording->life.truth;
	uint64_t promised = truth_promised(truth, s->cut, s->present);
	struct life life;
	struct disk start;
	bool good;

	if (s->second != 0)
		disk_copy(&start, &s->disk);
	life_begin(&life, &run->home, &s->disk, s->number);
	truth_copy(&life.truth, truth, promised);
	truth_promise(&life.truth, (struct promise){0, promised, ~0U});
	life.blank = truth_blank(truth, s->cut);
	good = prove(run, &life, s->number / SECOND_EVERY % EXPORT_EVERY == 0 ? EXPORT_TOO : EXPORT_NOT);
	if (s->second != 0 && good) {
		size_t end = strlen(run->tally->doing);

		(void)snprintf(run->tally->doing + end, STATE_NAME - end, ":%" PRIu64, s->second);
		cut_again(run, &start, s->cut, &life, s->second);
	}
	if (s->second != 0)
		disk_fini(&start);
	life_end(&life);
}

/* ---- all states ---- */

static bool is_new(struct run *run, uint64_t number)
{
	size_t at;

	if (run->seen_count * 2 >= run->seen_room) {
		uint64_t *old = run->seen;
		size_t room = run->seen_room;

		run->seen_room = room * 2 + 1024;
		run->seen = need_zeros(run->seen_room, sizeof *run->seen);
		run->seen_count = 0;
		for (size_t i = 0; i < room; i++)
			if (old[i] != 0)
				(void)is_new(run, old[i]);
		free(old);
	}
	for (at = number % run->seen_room; run->seen[at] != 0; at = (at + 1) % run->seen_room)
		if (run->seen[at] == number)
			return false;
	run->seen[at] = number;
	run->seen_count++;
	return true;
}

/* What the dice of all states of a round begin with. */
static uint64_t seed_of_round(const struct recording *r, uint64_t round)
{
	struct dice dice = dice_of(r->seed, round);

	return dice_throw(&dice);
}

static struct dice dice_of_state(const struct recording *r, uint64_t round, size_t cut, enum fate fate)
{
	return dice_of(seed_of_round(r, round), (uint64_t)cut * FATES + fate);
}

static void name_state(struct run *run, uint64_t round, size_t cut, enum fate fate)
{
	(void)snprintf(run->tally->doing, STATE_NAME, "%s:%" PRIu64 ":%" PRIu64 ":%zu:%s",
		       run->recording->workload->name, run->recording->seed, round, cut, fate_names[fate]);
}

/* Of what two media did at once, any of one may have happened before any of the other. */
static void play_skewed(struct power *power, const struct stretch *stretch, size_t cut, struct dice dice)
{
	size_t ends[MEDIA], other = stretch->from + dice_below(&dice, stretch->to - stretch->from + 1);

	for (unsigned m = 0; m < MEDIA; m++)
		ends[m] = power->log->ops[cut].medium == m ? cut : other;
	for (size_t i = stretch->from; i < stretch->to; i++)
		if (i < ends[power->log->ops[i].medium])
			power_play(power, i);
}

/* `power` has played everything before the cut, or before the stretch that it falls into. */
static void make_state(struct state *s, const struct run *run, const struct power *power, const struct stretch *stretch)
{
	struct dice dice = dice_of_state(run->recording, s->round, s->cut, s->fate);
	uint64_t eye = dice_below(&dice, 4);
	struct power skewed;

	if (stretch != NULL) {
		power_copy(&skewed, power);
		play_skewed(&skewed, stretch, s->cut, dice);
		power_cut(&skewed, s->fate, dice, &s->disk);
		power_fini(&skewed);
	} else {
		power_cut(power, s->fate, dice, &s->disk);
	}
	s->present = run->home.media == 1 ? 1U : eye < 2 ? 3U : (unsigned)eye - 1;
	for (unsigned m = 0; m < MEDIA; m++)
		s->disk.is_lost[m] = (s->present & 1U << m) == 0;
	s->number = disk_number(&s->disk) ^
		    (truth_promised(&run->recording->life.truth, s->cut, s->present) * 4 + s->present) *
			    UINT64_C(0x2545f4914f6cdd1d);
}

static void consider(struct run *run, const struct power *power, const struct stretch *stretch, uint64_t round,
		     size_t cut, enum fate fate)
{
	struct state s = {.round = round, .cut = cut, .fate = fate};

	make_state(&s, run, power, stretch);
	if (is_new(run, s.number)) {
		bool twice = s.number % SECOND_EVERY == 0 || (run->home.media == MEDIA && s.present != 3U);

		run->tally->candidates += twice ? 2 : 1;
		if (s.number % run->settings->workers == run->worker) {
			s.second = twice ? s.number >> 8 | 1 : 0;
			name_state(run, round, cut, fate);
			run->tally->states[fate]++;
			try_state(run, &s);
		}
	}
	disk_fini(&s.disk);
}

static const struct stretch *find_stretch(const struct recording *r, size_t cut)
{
	const struct truth *t = &r->life.truth;

	for (size_t i = 0; i < t->stretch_count; i++)
		if (t->stretches[i].from < cut && cut < t->stretches[i].to)
			return &t->stretches[i];
	return NULL;
}

static void play_until(struct power *power, size_t *at, size_t end)
{
	for (; *at < end; (*at)++)
		power_play(power, *at);
}

/* So many rounds take every instant with every fate once, when fewer states are wanted than one round has. */
static uint64_t rounds_for_all(const struct run *run)
{
	uint64_t all = (run->recording->log.op_count - run->recording->first_cut + 1) * FATES;

	return all / run->settings->states + 1;
}

/* Every instant with every fate whose turn it is, thrown once. */
static void go_round(struct run *run, uint64_t round)
{
	const struct recording *r = run->recording;
	struct disk empty = {0};
	struct power power;
	uint64_t turns = rounds_for_all(run);
	size_t at = 0;

	power_init(&power, &empty, &r->log, seed_of_round(r, round));
	for (size_t cut = r->first_cut; cut <= r->log.op_count; cut++) {
		const struct stretch *stretch = find_stretch(r, cut);

		if (run->settings->first && run->tally->findings > 0)
			break;
		play_until(&power, &at, stretch != NULL ? stretch->from : cut);
		for (int fate = 0; fate < (power.count > 0 || stretch != NULL ? FATES : 1); fate++)
			if ((cut + (size_t)fate) % turns == round % turns)
				consider(run, &power, stretch, round, cut, (enum fate)fate);
	}
	power_fini(&power);
}

/* Until there are enough, or all instants together bring nothing new. */
static void work(struct run *run)
{
	uint64_t before = 0, round = 0, turns = rounds_for_all(run);
	const struct tally *tally = run->tally;

	home_copy(&run->home, &run->recording->life.home);
	while (tally->candidates < run->settings->states && !(run->settings->first && tally->findings > 0)) {
		go_round(run, round++);
		if (round % turns != 0)
			continue;
		if (tally->candidates == before)
			break;
		before = tally->candidates;
	}
	home_remove(&run->home);
	free(run->seen);
}

/* ---- workers ---- */

static void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		(void)puts("Bail out! no memory to share");
		exit(1);
	}
	return memory;
}

static void add_tally(struct tally *sum, const struct tally *t)
{
	for (int i = 0; i < FATES; i++)
		sum->states[i] += t->states[i];
	sum->seconds += t->seconds;
	sum->exports += t->exports;
	sum->findings += t->findings;
	if (t->longest_ns > sum->longest_ns)
		sum->longest_ns = t->longest_ns;
}

static void run_workers(const struct settings *settings, const struct recording *recording, struct tally *sum)
{
	struct tally *tallies = shared(WORKERS_MAX * sizeof *tallies);
	pid_t children[WORKERS_MAX];

	(void)fflush(stdout);
	for (unsigned i = 0; i < settings->workers; i++) {
		struct run run = {.settings = settings, .recording = recording, .tally = &tallies[i], .worker = i};

		children[i] = fork();
		if (children[i] == 0) {
			work(&run);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < settings->workers; i++) {
		int status = -1;

		(void)waitpid(children[i], &status, 0);
		add_tally(sum, &tallies[i]);
		if (status != 0) {
			sum->findings++;
			(void)printf("# %s died: a worker ended with status %d\n", tallies[i].doing, status);
		}
	}
	(void)munmap(tallies, WORKERS_MAX * sizeof *tallies);
}

static uint64_t report(const struct workload *workload, size_t number, const struct tally *t)
{
	uint64_t states = t->seconds;

	for (int i = 0; i < FATES; i++)
		states += t->states[i];
	(void)printf("%s %zu - %s\n# %s: %" PRIu64 " states", t->findings == 0 ? "ok" : "not ok", number,
		     workload->name, workload->name, states);
	for (int i = 0; i < FATES; i++)
		(void)printf(", %" PRIu64 " %s", t->states[i], fate_names[i]);
	(void)printf(", %" PRIu64 " cut twice; %" PRIu64 " exported; opening took %.1f ms at most\n", t->seconds,
		     t->exports, (double)t->longest_ns / 1e6);
	(void)fflush(stdout);
	return states;
}

static bool is_wanted(const char *name, char **wanted, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name, wanted[i]) == 0)
			return true;
	return count == 0;
}

static int run_all(const struct settings *settings, char **wanted, int count)
{
	uint64_t states = 0, findings = 0;
	size_t number = 0, wanted_count = count > 0 ? (size_t)count : workload_count;

	for (size_t i = 0; i < workload_count; i++) {
		struct settings part = *settings; /* its share of the states */
		struct recording recording;
		struct tally tally = {0};

		if (!is_wanted(workloads[i].name, wanted, count))
			continue;
		part.states = settings->states / wanted_count + 1;
		if (record(&recording, &workloads[i], settings->seed))
			run_workers(&part, &recording, &tally);
		else
			tally.findings++;
		states += report(&workloads[i], ++number, &tally);
		findings += tally.findings;
		forget(&recording);
		if (settings->first && findings > 0)
			break;
	}
	(void)printf("1..%zu\n#= %" PRIu64 " states, %" PRIu64 " broken promises\n", number, states, findings);
	return findings == 0 && number > 0 ? 0 : 1;
}

/* ---- one state by its name ---- */

static int find_name(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

static const struct workload *find_workload(const char *name)
{
	for (size_t i = 0; i < workload_count; i++)
		if (strcmp(name, workloads[i].name) == 0)
			return &workloads[i];
	return NULL;
}

static void cut_here(struct run *run, struct state *s)
{
	const struct recording *r = run->recording;
	const struct stretch *stretch = find_stretch(r, s->cut);
	struct disk empty = {0};
	struct power power;
	size_t at = 0;

	if (s->cut > r->log.op_count)
		s->cut = r->log.op_count;
	power_init(&power, &empty, &r->log, seed_of_round(r, s->round));
	play_until(&power, &at, stretch != NULL ? stretch->from : s->cut);
	make_state(s, run, &power, stretch);
	name_state(run, s->round, s->cut, s->fate);
	(void)printf("# %s: %" PRIu64 " entries acknowledged, media %s\n", run->tally->doing,
		     truth_promised(&r->life.truth, s->cut, s->present),
		     s->present == 3U   ? "both"
		     : s->present == 1U ? "first"
					: "second");
	try_state(run, s);
	power_fini(&power);
	disk_fini(&s->disk);
}

enum { NAME, SEED, ROUND, CUT, FATE, SECOND };

/* A field of a state's name; those that are not there are empty. */
static void field_of(const char *state, int index, char out[32])
{
	for (; index > 0; index--) {
		state += strcspn(state, ":");
		state += *state == ':';
	}
	(void)snprintf(out, 32, "%.*s", (int)strcspn(state, ":"), state);
}

static uint64_t number_of(const char *state, int index)
{
	char field[32];

	field_of(state, index, field);
	return strtoull(field, NULL, 10);
}

static int run_only(const struct settings *settings)
{
	char name[32], fate_name[32];
	const struct workload *workload;
	int fate;
	struct recording recording;
	struct tally tally = {0};
	struct run run = {.settings = settings, .recording = &recording, .tally = &tally};

	field_of(settings->only, NAME, name);
	field_of(settings->only, FATE, fate_name);
	workload = find_workload(name);
	fate = find_name(fate_name, fate_names, FATES);
	if (workload == NULL || fate < 0) {
		(void)fprintf(stderr, "test_crash: '%s' names no state\n", settings->only);
		return 2;
	}
	if (record(&recording, workload, number_of(settings->only, SEED))) {
		struct state s = {.round = number_of(settings->only, ROUND),
				  .second = number_of(settings->only, SECOND),
				  .cut = number_of(settings->only, CUT),
				  .fate = (enum fate)fate};

		home_copy(&run.home, &recording.life.home);
		cut_here(&run, &s);
		home_remove(&run.home);
	} else {
		tally.findings++;
	}
	forget(&recording);
	(void)printf("%s 1 - %s\n1..1\n", tally.findings == 0 ? "ok" : "not ok", settings->only);
	return tally.findings == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"states", required_argument, NULL, 'n'},  {"seed", required_argument, NULL, 's'},
		{"workers", required_argument, NULL, 'w'}, {"first", no_argument, NULL, 'f'},
		{"only", required_argument, NULL, 'o'},    {NULL, 0, NULL, 0},
	};
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct settings settings = {.states = 10000, .seed = 1};
	int option;

	settings.workers = cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'n')
			settings.states = strtoull(optarg, NULL, 10);
		else if (option == 's')
			settings.seed = strtoull(optarg, NULL, 10);
		else if (option == 'w')
			settings.workers = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'f')
			settings.first = true;
		else if (option == 'o')
			settings.only = optarg;
		else
			return 2;
	}
	if (settings.workers < 1 || settings.workers > WORKERS_MAX)
		return 2;
	return settings.only != NULL ? run_only(&settings) : run_all(&settings, argv + optind, argc - optind);
}
