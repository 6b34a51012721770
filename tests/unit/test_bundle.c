/* Exported bundles and their verdicts: good ones, and every byte of them changed. */
#include "base/file.h"
#include "ledger/inside.h"
#include "ledger/verdict.h"

#include "ledger_support.h"

#include <fts.h>

/* Always twice: threads must change nothing, down to the words and the counts. */
static struct verdict verdict_of(const struct bench *b, const char *code)
{
	struct verify_way alone = {.jobs = 1}, together = {.jobs = 3};
	struct known known = {.code = code};
	static struct verdict v, again;

	bundle_verify(&v, b->bundle, &known, &alone);
	bundle_verify(&again, b->bundle, &known, &together);
	assert_string_equal(v.fault.text, again.fault.text);
	assert_memory_equal(&v, &again, sizeof v);
	return v;
}

static void expect(const struct verdict *v, enum verdict_kind kind)
{
	if (v->kind != kind)
		fail_msg("verdict %d, expected %d: %s", v->kind, kind, v->fault.text);
}

static const struct draft spoken = {
	.who = "u12",
	.via = "serial",
	.type = "incident",
	.about = "2026-007",
	.idem = TEST_IDEM,
	.body = "{\"act\":\"incident.noted\"}",
	.text = "\"書いたこと\"",
	.person = "{\"name\":\"試験 太郎\"}",
	.files = "[{\"name\":\"a.log\",\"size\":3,\"type\":\"text/plain\","
		 "\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}]",
};

/* Three epochs, a full disclosure, and a bundle of it. */
static void make_small_bundle(struct bench *b, const struct export_options *options)
{
	open_ledger(b);
	must(ledger_add(b->ledger, &spoken, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
	add_entries(b, 2);
	export_bundle(b, options);
}

static void a_bundle_is_good(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct verdict v;

	make_small_bundle(b, &everything);
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
	assert_int_equal(v.checkpoint.size, 8);
	assert_int_equal(v.entries, 8);
	assert_int_equal(v.epochs, 3);
	assert_int_equal(v.counts[DISCLOSED], 11);
	assert_int_equal(v.blobs_absent, 1);
	assert_int_equal(v.foreign_files, 0);
	assert_int_equal(v.unsigned_files, 1);
	assert_string_equal(v.origin, TEST_ORIGIN);
}

static void the_genesis_may_be_a_file_or_is_missing(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct buf note = {0};
	struct known known = {.note = &note};
	struct verdict v;
	char path[160];

	make_small_bundle(b, &everything);
	v = verdict_of(b, NULL);
	expect(&v, VERDICT_UNKNOWN);
	v = verdict_of(b, "AAAAAAAAAAAAAAAAAAAAAAAA");
	expect(&v, VERDICT_BAD);
	v = verdict_of(b, "too short");
	expect(&v, VERDICT_UNKNOWN);
	(void)snprintf(path, sizeof path, "%s/genesis.note", b->bundle);
	must(file_read(path, NOTE_MAX, &note, &b->fault), &b->fault);
	bundle_verify(&v, b->bundle, &known, NULL);
	expect(&v, VERDICT_GOOD);
	buf_fini(&note);
}

static void what_is_withheld_is_counted(void **state)
{
	struct bench *b = *state;
	struct export_options options = {.without_text = true, .without_person = true, .without_files = true};
	struct verdict v;

	make_small_bundle(b, &options);
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
	assert_int_equal(v.counts[WITHHELD], 3);
	assert_int_equal(v.counts[DISCLOSED], 8);
}

static void changed(const struct bench *b, const char *path, size_t *bytes)
{
	struct buf data = {0};
	struct fault f;

	must(file_read(path, 1 << 20, &data, &f), &f);
	assert_true(data.len > 0);
	for (size_t i = 0; i < data.len; i++) {
		/* One bit, each in its turn, so that all eight are met again and again. */
		char bit = (char)(1 << (i % 8));
		FILE *file = fopen(path, "r+b");
		struct verdict v;

		assert_non_null(file);
		data.data[i] = (char)(data.data[i] ^ bit);
		assert_int_equal(fwrite(data.data, 1, data.len, file), data.len);
		assert_int_equal(fclose(file), 0);
		v = verdict_of(b, b->code);
		if (v.kind != VERDICT_BAD)
			fail_msg("%s: bit %d of byte %zu changed, and the verdict is %d: %s", path, bit, i, v.kind,
				 v.fault.text);
		assert_true(strlen(v.fault.text) > 0);
		assert_true(v.has_entry || v.file[0] != '\0');
		data.data[i] = (char)(data.data[i] ^ bit);
	}
	must(file_replace(path, data.data, data.len, 0600, &f), &f);
	*bytes += data.len;
	buf_fini(&data);
}

static void one_changed_bit_anywhere_is_bad(void **state)
{
	struct bench *b = *state;
	char *const paths[] = {b->bundle, NULL};
	struct export_options options = {.without_person = true};
	size_t bytes = 0, files = 0;
	struct verdict v;
	FTSENT *item;
	FTS *tree;

	make_small_bundle(b, &options);
	tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	assert_non_null(tree);
	while ((item = fts_read(tree)) != NULL) {
		if (item->fts_info != FTS_F || strcmp(item->fts_name, "README.txt") == 0)
			continue;
		changed(b, item->fts_accpath, &bytes);
		files++;
	}
	(void)fts_close(tree);
	/* checkpoint, checkpoint.log, genesis.note, policy, two certificates, two closings, two tiles, one of
	 * disclosures */
	assert_int_equal(files, 11);
	assert_true(bytes > 5000);
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
}

/* Each file of the bundle: without it, and cut short by its last byte. */
static void a_missing_or_cut_file_is_bad(void **state)
{
	static const char *const names[] = {
		"checkpoint",     "checkpoint.log",       "genesis.note",       "policy",
		"epochs/2.note",  "epochs/3.note",        "checkpoints/1",      "checkpoints/2",
		"tile/0/000.p/8", "tile/entries/000.p/8", "disclosures/0.jsonl"};
	struct bench *b = *state;
	struct export_options everything = {0};
	struct verdict v;

	make_small_bundle(b, &everything);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buf data = {0};
		char path[160], aside[176];

		(void)snprintf(path, sizeof path, "%s/%s", b->bundle, names[i]);
		(void)snprintf(aside, sizeof aside, "%s/aside", b->place);
		assert_int_equal(rename(path, aside), 0);
		v = verdict_of(b, b->code);
		expect(&v, VERDICT_BAD);
		assert_non_null(strstr(v.fault.text, names[i]));
		assert_int_equal(rename(aside, path), 0);
		must(file_read(path, 1 << 20, &data, &b->fault), &b->fault);
		assert_int_equal(truncate(path, (off_t)data.len - 1), 0);
		v = verdict_of(b, b->code);
		expect(&v, VERDICT_BAD);
		must(file_replace(path, data.data, data.len, 0600, &b->fault), &b->fault);
		buf_fini(&data);
	}
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
}

static void write_into(const struct bench *b, const char *name, const char *text)
{
	char path[160], folder[160];
	struct fault f;

	(void)snprintf(path, sizeof path, "%s/%s", b->bundle, name);
	(void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	must(folder_make(folder, 0700, &f), &f);
	must(file_replace(path, text, strlen(text), 0600, &f), &f);
}

static void blobs_are_hashed_and_strangers_reported(void **state)
{
	static const char abc[] = "blobs/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	struct bench *b = *state;
	struct export_options everything = {0};
	struct verdict v;

	make_small_bundle(b, &everything);
	write_into(b, "tile/.DS_Store", "x");
	write_into(b, "mine.txt", "x");
	write_into(b, "blobs/abc", "x");
	write_into(b, "note.tsr", "x");
	write_into(b, abc, "abc");
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
	assert_int_equal(v.blobs_checked, 1);
	assert_int_equal(v.blobs_absent, 0);
	assert_int_equal(v.foreign_files, 3);
	assert_int_equal(v.unsigned_files, 1);
	assert_int_equal(v.stamps, 1);
	write_into(b, abc, "abd");
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_BAD);
	assert_string_equal(v.file, abc);
}

static void parts_that_no_entry_has_are_bad(void **state)
{
	static const char *const strays[] = {"tile/entries/001", "tile/8/000",    "tile/x",     "epochs/4.note",
					     "epochs/02.note",   "checkpoints/3", "epochs/a/b", "disclosures/9.jsonl"};
	struct bench *b = *state;
	struct export_options everything = {0};

	make_small_bundle(b, &everything);
	for (size_t i = 0; i < sizeof strays / sizeof *strays; i++) {
		char path[512];
		struct verdict v;

		write_into(b, strays[i], "x");
		v = verdict_of(b, b->code);
		expect(&v, VERDICT_BAD);
		assert_string_equal(v.file, strays[i]);
		(void)snprintf(path, sizeof path, "%s/%s", b->bundle, strays[i]);
		assert_int_equal(remove(path), 0);
	}
}

static void a_log_of_several_tiles_is_good(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct verdict v;

	open_ledger(b);
	add_entries(b, 600);
	export_bundle(b, &everything);
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
	assert_int_equal(v.checkpoint.size, 604);
	/* The keeper records on; a second bundle holds more. */
	add_entries(b, 3);
	(void)snprintf(b->bundle, sizeof b->bundle, "%s/second", b->place);
	export_bundle(b, &everything);
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
	assert_int_equal(v.checkpoint.size, 608);
}

/* All in one commit. */
static void add_group(struct bench *b, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct draft draft = spoken;
		char idem[33];

		(void)snprintf(idem, sizeof idem, "%032u", i);
		draft.idem = idem;
		must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	}
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Of many tiles, so that threads are far ahead of the first bad entry. verdict_of compares. */
static void threads_blame_what_one_alone_blames(void **state)
{
	static const char *const names[] = {"tile/entries/000",    "tile/entries/003", "disclosures/2.jsonl",
					    "disclosures/6.jsonl", "tile/0/001",       "checkpoints/1",
					    "epochs/2.note"};
	struct bench *b = *state;
	struct export_options everything = {0};
	uint64_t random = 20261120;
	uint64_t bad = 0;

	open_ledger(b);
	add_group(b, 1660);
	must(ledger_add(b->ledger, &spoken, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	export_bundle(b, &everything);
	for (unsigned i = 0; i < 200; i++) {
		struct buf data = {0}, other = {0};
		char path[160];
		size_t at, cut;

		(void)snprintf(path, sizeof path, "%s/%s", b->bundle,
			       names[next_random(&random) % (sizeof names / sizeof *names)]);
		must(file_read(path, 1 << 20, &data, &b->fault), &b->fault);
		at = next_random(&random) % data.len;
		/* A changed byte, or bytes left out. */
		cut = next_random(&random) % 4 == 0 ? 1 + next_random(&random) % (data.len - at) : 0;
		buf_add(&other, data.data, data.len - cut);
		memmove(other.data + at, data.data + at + cut, data.len - at - cut);
		other.data[cut == 0 ? at : 0] ^= cut == 0 ? 4 : 0;
		must(file_replace(path, other.data, other.len, 0600, &b->fault), &b->fault);
		bad += verdict_of(b, b->code).kind == VERDICT_BAD;
		must(file_replace(path, data.data, data.len, 0600, &b->fault), &b->fault);
		buf_fini(&data);
		buf_fini(&other);
	}
	assert_int_equal(bad, 200);
	assert_int_equal(verdict_of(b, b->code).kind, VERDICT_GOOD);
}

static void recording_goes_on_between_the_slices(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct export *x = NULL;
	bool done = false;
	struct verdict v;

	open_ledger(b);
	add_entries(b, 300);
	must(export_begin(b->ledger, b->bundle, &everything, test_now(), &x, &b->fault), &b->fault);
	while (!done) {
		add_entries(b, 1);
		must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
		must(export_step(x, 0, &done, &b->fault), &b->fault);
		assert_int_equal(access(b->bundle, F_OK), done ? 0 : -1);
	}
	export_end(x);
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
	assert_int_equal(v.checkpoint.size, 304);
}

static void an_unfinished_export_leaves_nothing(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct export *x = NULL;
	char part[128];
	bool done = false;

	open_ledger(b);
	add_entries(b, 300);
	must(export_begin(b->ledger, b->bundle, &everything, test_now(), &x, &b->fault), &b->fault);
	must(export_step(x, 0, &done, &b->fault), &b->fault);
	assert_false(done);
	(void)snprintf(part, sizeof part, "%s.part", b->bundle);
	assert_int_equal(access(part, F_OK), 0);
	export_end(x);
	assert_int_equal(access(part, F_OK), -1);
	export_bundle(b, &everything);
	assert_int_equal(export_begin(b->ledger, b->bundle, &everything, test_now(), &x, &b->fault), ERR_EXISTS);
}

static void a_reader_exports_what_the_last_epoch_closed(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct export *x = NULL;
	struct verdict v;

	must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
	assert_int_equal(export_begin(b->ledger, b->bundle, &everything, test_now(), &x, &b->fault), ERR_STATE);
	close_ledger(b);
	open_ledger(b);
	close_ledger(b);
	must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
	export_bundle(b, &everything);
	v = verdict_of(b, b->code);
	expect(&v, VERDICT_GOOD);
	assert_int_equal(v.checkpoint.size, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(a_bundle_is_good),
		WITH_LEDGER(the_genesis_may_be_a_file_or_is_missing),
		WITH_LEDGER(what_is_withheld_is_counted),
		WITH_LEDGER(one_changed_bit_anywhere_is_bad),
		WITH_LEDGER(a_missing_or_cut_file_is_bad),
		WITH_LEDGER(blobs_are_hashed_and_strangers_reported),
		WITH_LEDGER(parts_that_no_entry_has_are_bad),
		WITH_LEDGER(a_log_of_several_tiles_is_good),
		WITH_LEDGER(threads_blame_what_one_alone_blames),
		WITH_LEDGER(recording_goes_on_between_the_slices),
		WITH_LEDGER(an_unfinished_export_leaves_nothing),
		WITH_LEDGER(a_reader_exports_what_the_last_epoch_closed),
	};

	return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
