/* What takes long must not hold the keeper up: each act goes in slices of 3 ms (slice_ns of app/keeper). How long a
 * slice really takes, of a ledger on two media with stored files; a slice ends after the piece in which its time ran
 * out.
 */
#include "ledger/blobs.h"
#include "tests/bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ENTRIES = 20000, GROUP = 64, FILES = 4, FILE_SIZE = 4 << 20, SLICES_MAX = 100000 };

static const int64_t slice_ns = 3000000;

static struct fault fault;

static void add_file(struct ledger *l, unsigned number)
{
	struct draft draft = {.who = "u12",
			      .via = "cli",
			      .type = "incident",
			      .about = "2026-007",
			      .body = "{\"act\":\"incident.noted\"}"};
	struct file_places places;
	struct kept_file kept;
	char files[256];
	FILE *content = tmpfile();

	demand(content != NULL, "tmpfile");
	for (unsigned i = 0; i < FILE_SIZE; i += sizeof i) {
		unsigned word = (i + number) * 2654435761U;

		demand(fwrite(&word, sizeof word, 1, content) == 1, "a file");
	}
	rewind(content);
	ledger_file_places(l, &places);
	demand(file_keep(&places, fileno(content), &kept, &fault) == ERR_OK, fault.text);
	(void)fclose(content);
	(void)snprintf(files, sizeof files, "[{\"name\":\"a\",\"size\":%d,\"type\":\"a/b\",\"sha256\":\"%s\"}]",
		       FILE_SIZE, kept.sha256);
	draft.files = files;
	demand(ledger_add(l, &draft, moment_now(), NULL, NULL, &fault) == ERR_OK, fault.text);
	commit(l);
}

static struct ledger *fill(const char *place)
{
	struct ledger *l = ledger_make(place, "one", "two", NULL);
	struct moment now = moment_now();

	for (unsigned i = 0; i < FILES; i++)
		add_file(l, i);
	for (int i = 0; i < ENTRIES; i++) {
		append(l, WITHOUT_RETRY_KEY, now);
		if (i % GROUP == GROUP - 1)
			commit(l);
	}
	commit(l);
	return l;
}

/* ---- the acts, a slice each ---- */

static bool slice_of_check(void *act)
{
	bool done = false;

	demand(check_step(act, slice_ns, &done, &fault) == ERR_OK, fault.text);
	return done;
}

static bool slice_of_scrub(void *act)
{
	bool done = false;

	demand(scrub_step(act, slice_ns, &done, &fault) == ERR_OK, fault.text);
	return done;
}

static bool slice_of_export(void *act)
{
	bool done = false;

	demand(export_step(act, slice_ns, &done, &fault) == ERR_OK, fault.text);
	return done;
}

static void measure(const char *what, bool (*slice)(void *act), void *act)
{
	double *ms = calloc(SLICES_MAX, sizeof *ms);
	char name[64];
	size_t count = 0;
	bool done = false;

	demand(ms != NULL, "memory");
	while (!done) {
		double start = now_us();

		demand(count < SLICES_MAX, "fewer slices");
		done = slice(act);
		ms[count++] = (now_us() - start) / 1000;
	}
	printf("# %s: %zu slices, p50 %.1f ms, longest %.1f ms\n", what, count, quantile(ms, count, 0.5),
	       quantile(ms, count, 1));
	(void)snprintf(name, sizeof name, "slice-of-%s-p99", what);
	report(name, quantile(ms, count, 0.99), "ms", AT_MOST, 5);
	free(ms);
}

int main(void)
{
	char place[PATH_MAX], out[PATH_MAX];
	struct ledger *l;
	struct check *check;
	struct scrub *scrub;
	struct export *export;
	const struct export_options whole = {.from = 0};

	place_make(place);
	l = fill(place);
	demand(check_begin(l, &check, &fault) == ERR_OK, fault.text);
	measure("check", slice_of_check, check);
	check_end(check);
	demand(scrub_begin(l, &scrub, &fault) == ERR_OK, fault.text);
	measure("scrub", slice_of_scrub, scrub);
	scrub_end(scrub);
	path_join(out, place, "bundle");
	demand(export_begin(l, out, &whole, moment_now(), &export, &fault) == ERR_OK, fault.text);
	measure("export", slice_of_export, export);
	export_end(export);
	ledger_close(l);
	place_remove(place);
	return 0;
}
