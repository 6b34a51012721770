/* A ledger of 1,000,000 entries and the same one grown to 10,000,000: how appending and proving fare in them, and how
 * long the bundle of the first takes to be verified.
 *
 * Growth: one entry in a commit, and 64, with retry keys; rounds of the ledgers alternate, and of a new one, for
 * comparison. One inclusion proof, and one that the log grew; medians over entries and older sizes drawn from all of
 * it, each read anew as for a first question.
 *
 * Verifying: kannuki-verify against coreutils' sha256sum over the same bytes: every entry tile, hash tile and
 * disclosure file (kannuki-verify hashes each entry once, each disclosure once, and 65 bytes for each inner node
 * besides); and, for each entry, against the programs that check other logs (tests/bench/peers). CPU time with all
 * threads, runs of all alternate, medians. The memory is the largest of all runs; wall time, with one thread too, shows
 * what the machine has.
 */
#include "ledger/inside.h"
#include "ledger/proof.h"

#include "tests/bench/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MILLION = 1000000, GROUP = 4096, RETRY_KEY_EACH = 8, ROUNDS = 5, PEER_ENTRIES = 100000 };
enum { GROWTH_ROUNDS = 40, GROWTH_EACH = 4, GROUP_OF_MANY = 64, SMALL = 20000, PROOFS = 301 };

struct house {
	char place[PATH_MAX];
	char *code; /* shared with the processes that do the work */
};

/* ---- growth ---- */

static void fill(struct ledger *l, uint64_t size)
{
	while (ledger_head(l).size < size) {
		for (int i = 0; i < GROUP; i++)
			append(l, i % RETRY_KEY_EACH == 0 ? WITH_RETRY_KEY : WITHOUT_RETRY_KEY, moment_now());
		commit(l);
	}
	demand(ledger_tidy(l) == ERR_OK, "tidy");
}

static void time_groups(struct ledger *l, int size, double *times)
{
	for (int i = 0; i < GROWTH_EACH; i++) {
		double start = now_us();

		for (int j = 0; j < size; j++)
			append(l, WITH_RETRY_KEY, moment_now());
		commit(l);
		times[i] = now_us() - start;
	}
}

/* Of the new ledger, of that of a million and of that of ten. */
enum { LEDGERS = 3 };

static void compare_growth(struct ledger *const ledgers[LEDGERS], int size)
{
	double times[LEDGERS][GROWTH_ROUNDS * GROWTH_EACH], us[LEDGERS];
	size_t count = GROWTH_ROUNDS * GROWTH_EACH;
	char name[64];

	for (size_t i = 0; i < count; i += GROWTH_EACH)
		for (int l = 0; l < LEDGERS; l++)
			time_groups(ledgers[l], size, times[l] + i);
	for (int l = 0; l < LEDGERS; l++) {
		demand(ledger_tidy(ledgers[l]) == ERR_OK, "tidy");
		us[l] = quantile(times[l], count, 0.5);
		printf("# groups of %d: %.0f entries/s at %" PRIu64 " entries\n", size, size / us[l] * 1e6,
		       ledger_head(ledgers[l]).size);
	}
	(void)snprintf(name, sizeof name, "growth-append-%d-from-1m-to-10m", size);
	report(name, us[1] / us[2], "ratio", AT_LEAST, 0.8);
}

typedef enum err prover(struct ledger *l, uint64_t which, const struct checkpoint *at, struct proof *out,
			struct fault *f);

static void measure_proofs(struct ledger *l, prover *prove, const char *what, const char *label)
{
	const struct checkpoint *at = &l->head;
	uint64_t dice = 1;
	double times[PROOFS];
	struct proof proof;
	struct fault f;
	char name[64];

	for (int i = 0; i < PROOFS; i++) {
		double start;

		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		start = now_us();
		demand(prove(l, 1 + (dice >> 20) % (at->size - 1), at, &proof, &f) == ERR_OK, f.text);
		times[i] = now_us() - start;
	}
	(void)snprintf(name, sizeof name, "%s-of-%s", what, label);
	printf("# %s: p99 %.0f us, of %" PRIu64 " entries\n", name, quantile(times, PROOFS, 0.99), at->size);
	report(name, quantile(times, PROOFS, 0.5), "us", AT_MOST, 1000);
}

static void prove_all(struct ledger *l, const char *label)
{
	measure_proofs(l, prove_entry, "inclusion-proof", label);
	measure_proofs(l, prove_growth, "consistency-proof", label);
}

/* ---- the ledger ---- */

static void export_all(struct ledger *l, const char *bundle)
{
	struct export_options everything = {0};
	struct export *x = NULL;
	bool done = false;
	struct fault f;

	demand(export_begin(l, bundle, &everything, moment_now(), &x, &f) == ERR_OK, f.text);
	while (!done)
		demand(export_step(x, INT64_C(1000000000), &done, &f) == ERR_OK, f.text);
	export_end(x);
}

static void make_million(const void *context)
{
	const struct house *house = context;
	struct ledger *l = ledger_make(house->place, "ledger", NULL, house->code);
	char bundle[PATH_MAX];
	double start = now_us();

	fill(l, MILLION);
	printf("# %d entries in groups of %d: %.0f entries/s\n", MILLION, GROUP, MILLION / (now_us() - start) * 1e6);
	path_join(bundle, house->place, "bundle");
	export_all(l, bundle);
	prove_all(l, "1m");
	ledger_close(l);
}

static struct ledger *open_in(const struct house *house, const char *name)
{
	struct ledger *l = NULL;
	char path[PATH_MAX];
	struct fault f;

	path_join(path, house->place, name);
	demand(ledger_open(path, moment_now(), &l, &f) == ERR_OK, f.text);
	return l;
}

static void grow_to_ten(const void *context)
{
	const struct house *house = context;
	char from[PATH_MAX], to[PATH_MAX];
	const char *const copy[] = {"cp", "-r", from, to, NULL};
	struct ledger *l[LEDGERS];

	path_join(from, house->place, "ledger");
	path_join(to, house->place, "million");
	(void)cost_of(copy);
	l[0] = ledger_make(house->place, "small", NULL, NULL);
	fill(l[0], SMALL);
	l[1] = open_in(house, "million");
	l[2] = open_in(house, "ledger");
	fill(l[2], 10 * (uint64_t)MILLION);
	/* What is still on its way to the disk would be waited for by whoever commits first. */
	sync();
	compare_growth(l, 1);
	compare_growth(l, GROUP_OF_MANY);
	prove_all(l[2], "10m");
	for (int i = 0; i < LEDGERS; i++)
		ledger_close(l[i]);
}

/* ---- verifying ---- */

struct checker {
	const char *name;
	const char *argv[7];
	double cpu_s[ROUNDS], wall_s[ROUNDS];
	long peak_kib;
	double least; /* how much faster kannuki-verify is to be, for each entry */
	bool is_there;
};

/* A program that the script left. */
static void find_peer(struct checker *peer, const char *place, char program[PATH_MAX])
{
	path_join(program, place, peer->name);
	peer->argv[0] = program;
	peer->is_there = access(program, X_OK) == 0;
}

static void prepare_peers(const char *place)
{
	char number[16];
	const char *const argv[] = {"tests/bench/peers", place, number, NULL};

	(void)snprintf(number, sizeof number, "%d", PEER_ENTRIES);
	(void)cost_of(argv);
}

static void tell_skipped(const struct checker *peer, const char *name, const char *place)
{
	char file[64], path[PATH_MAX], why[200] = "";
	FILE *in;

	(void)snprintf(file, sizeof file, "%s.why", peer->name);
	path_join(path, place, file);
	in = fopen(path, "re");
	demand(in != NULL, path);
	(void)!fgets(why, sizeof why, in);
	(void)fclose(in);
	why[strcspn(why, "\n")] = '\0';
	printf("bench %s - ratio goal >= %g skipped (%s)\n", name, peer->least, why);
}

static void tell_peer(struct checker *peer, double verify_us, const char *place)
{
	double peer_us = quantile(peer->cpu_s, ROUNDS, 0.5) / PEER_ENTRIES * 1e6;
	char name[64];

	(void)snprintf(name, sizeof name, "verify-over-%s", peer->name);
	if (!peer->is_there) {
		tell_skipped(peer, name, place);
		return;
	}
	printf("# for each entry: %s %.2f us, kannuki-verify %.2f us\n", peer->name, peer_us, verify_us);
	report(name, peer_us / verify_us, "ratio", AT_LEAST, peer->least);
}

static void run_checker(struct checker *checker, int round)
{
	struct cost cost;

	if (!checker->is_there)
		return;
	cost = cost_of(checker->argv);
	checker->cpu_s[round] = cost.cpu_s;
	checker->wall_s[round] = cost.wall_s;
	if (cost.peak_kib > checker->peak_kib)
		checker->peak_kib = cost.peak_kib;
}

static void tell_verify(struct checker *sums, struct checker *all, struct checker *one, double verify_s)
{
	double sums_s = quantile(sums->cpu_s, ROUNDS, 0.5);

	printf("# sha256sum %.3f s CPU, kannuki-verify %.3f s; wall %.3f s, with one thread %.3f s\n", sums_s, verify_s,
	       quantile(all->wall_s, ROUNDS, 0.5), quantile(one->wall_s, ROUNDS, 0.5));
	report("verify-1m-over-sha256sum", sums_s / verify_s, "ratio", AT_LEAST, 0.5);
	report("verify-1m-memory", (double)all->peak_kib * 1024 / 1e6, "MB", AT_MOST, 10);
}

static void verify_bundle(const struct house *house)
{
	enum { SUMS, ALL_CORES, ONE_THREAD, JOURNAL, SLOG, CHECKERS };
	char folder[PATH_MAX], verify[PATH_MAX], bundle[PATH_MAX], sum[3 * PATH_MAX], programs[2][PATH_MAX];
	const char *code = house->code;
	struct checker all[CHECKERS] = {
		[SUMS] = {.argv = {"sh", "-c", sum}, .is_there = true},
		[ALL_CORES] = {.argv = {verify, bundle, "--genesis", code}, .is_there = true},
		[ONE_THREAD] = {.argv = {verify, bundle, "--genesis", code, "--jobs", "1"}, .is_there = true},
		[JOURNAL] = {.name = "journalctl", .least = 3},
		[SLOG] = {.name = "slogverify", .least = 8},
	};
	double verify_s;

	own_folder(folder);
	path_join(verify, folder, "../bin/kannuki-verify");
	path_join(bundle, house->place, "bundle");
	(void)snprintf(sum, sizeof sum, "find %s/tile %s/disclosures -type f -print0 | xargs -0 -n 10000 sha256sum",
		       bundle, bundle);
	prepare_peers(house->place);
	find_peer(&all[JOURNAL], house->place, programs[0]);
	find_peer(&all[SLOG], house->place, programs[1]);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < CHECKERS; i++)
			run_checker(&all[i], round);
	verify_s = quantile(all[ALL_CORES].cpu_s, ROUNDS, 0.5);
	tell_verify(&all[SUMS], &all[ALL_CORES], &all[ONE_THREAD], verify_s);
	tell_peer(&all[JOURNAL], verify_s / MILLION * 1e6, house->place);
	tell_peer(&all[SLOG], verify_s / MILLION * 1e6, house->place);
}

int main(void)
{
	struct house house = {
		.code = mmap(NULL, GENESIS_CODE_CHARS + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)};

	demand(house.code != MAP_FAILED, "memory");
	place_make(house.place);
	in_child(make_million, &house);
	verify_bundle(&house);
	in_child(grow_to_ten, &house);
	place_remove(house.place);
	return 0;
}
