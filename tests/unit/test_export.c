/* Exports: what is in them, and what is left when one fails at any point. Other tools judge them in tests/interop. */
#include "base/file.h"
#include "ledger/inside.h"
#include "ledger/verdict.h"

#include "ledger_support.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* ---- the failing disk: the call that `calls_until_failure` counts down to fails. 0: none fails ---- */

static unsigned calls_until_failure, calls;
static char watched[128]; /* the folder that the bundle is made in */

static bool fails(const char *path)
{
	if (strstr(path, ".part") == NULL && strcmp(path, watched) != 0)
		return false;
	calls++;
	if (calls_until_failure == 0 || calls != calls_until_failure)
		return false;
	errno = ENOSPC;
	return true;
}

static bool fails_on(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return fails(path);
}

ssize_t write(int fd, const void *data, size_t len)
{
	return fails_on(fd) ? -1 : syscall(SYS_write, fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return fails_on(fd) ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

int fsync(int fd)
{
	return fails_on(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int syncfs(int fd)
{
	return fails_on(fd) ? -1 : (int)syscall(SYS_syncfs, fd);
}

int open(const char *path, int flags, ...)
{
	va_list more;
	int mode = 0;

	va_start(more, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(more, int);
	va_end(more);
	return (flags & O_CREAT) != 0 && fails(path) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int mkdir(const char *path, mode_t mode)
{
	return fails(path) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return fails(from) ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

/* ---- */

static const struct draft spoken = {
	.who = "u12",
	.via = "serial",
	.type = "incident",
	.about = "2026-007",
	.body = "{\"act\":\"incident.noted\"}",
	.text = "\"書いたこと\"",
	.files = "[{\"name\":\"a.log\",\"size\":3,\"type\":\"text/plain\","
		 "\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},"
		 "{\"name\":\"b.log\",\"size\":0,\"type\":\"text/plain\","
		 "\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]",
};
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void record(struct bench *b, const struct draft *draft)
{
	must(ledger_add(b->ledger, draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
}

static void store_blob_file(struct bench *b, const char *name, const char *data, size_t len)
{
	char path[256];

	(void)snprintf(path, sizeof path, "%s/blobs", b->folder);
	must(folder_make(path, 0700, &b->fault), &b->fault);
	(void)snprintf(path, sizeof path, "%s/blobs/%s", b->folder, name);
	must(file_replace(path, data, len, 0600, &b->fault), &b->fault);
}

/* Entries 0 … 5 and the beginning of an epoch. The last two name the same two files, of which one is there. */
static void make_log(struct bench *b)
{
	open_ledger(b);
	record(b, &spoken);
	record(b, &spoken);
	must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
	store_blob_file(b, ABC, "abc", 3);
}

static void read_only(struct bench *b)
{
	close_ledger(b);
	must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
}

static enum err try_export(struct bench *b, const struct export_options *options)
{
	struct export *x = NULL;
	bool done = false;
	enum err err = export_begin(b->ledger, b->bundle, options, test_now(), &x, &b->fault);

	while (err == ERR_OK && !done)
		err = export_step(x, 0, &done, &b->fault);
	export_end(x);
	return err;
}

static void read_member(struct bench *b, const char *name, struct buf *out)
{
	char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", b->bundle, name);
	must(file_read(path, 1 << 24, out, &b->fault), &b->fault);
}

static bool is_there(const struct bench *b, const char *name)
{
	char path[256];
	struct stat about;

	(void)snprintf(path, sizeof path, "%s%s", b->bundle, name);
	return lstat(path, &about) == 0;
}

static void expect_good(struct bench *b)
{
	struct known known = {.code = b->code};
	struct verdict v;

	bundle_verify(&v, b->bundle, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		fail_msg("verdict %d: %s", v.kind, v.fault.text);
}

static unsigned count_files(const char *folder)
{
	char *const paths[] = {(char *)(uintptr_t)folder, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	unsigned count = 0;
	FTSENT *item;

	assert_non_null(tree);
	while ((item = fts_read(tree)) != NULL)
		count += item->fts_info == FTS_F ? 1 : 0;
	(void)fts_close(tree);
	return count;
}

/* ---- failing ---- */

static void fail_every_call(struct bench *b, const struct export_options *options)
{
	struct stat about;
	enum err err;

	make_log(b);
	read_only(b);
	(void)snprintf(watched, sizeof watched, "%s", b->place);
	for (calls_until_failure = 1;; calls_until_failure++) {
		calls = 0;
		err = try_export(b, options);
		if (calls < calls_until_failure)
			break;
		if (err != ERR_FULL || strstr(b->fault.text, b->bundle) == NULL)
			fail_msg("call %u: %s: %s", calls_until_failure, err_name(err), b->fault.text);
		assert_false(is_there(b, ""));
		assert_false(is_there(b, ".part"));
		assert_false(is_there(b, ".directory.part"));
	}
	assert_int_equal(err, ERR_OK);
	assert_true(calls_until_failure > 50);
	calls_until_failure = 0;
	assert_int_equal(stat(b->bundle, &about), 0);
	expect_good(b);
}

static void any_write_may_fail_for_a_folder(void **state)
{
	fail_every_call(*state, &(struct export_options){.prove_count = 1, .prove = &(uint64_t){3}});
}

static void any_write_may_fail_for_a_zip(void **state)
{
	fail_every_call(*state, &(struct export_options){.as_zip = true});
}

static void any_write_may_fail_when_encrypting(void **state)
{
	struct age_recipient auditor;

	(void)crypto_scalarmult_base(auditor.key, (const uint8_t[32]){7});
	fail_every_call(*state, &(struct export_options){.recipients = &auditor, .recipient_count = 1});
}

static void an_interrupted_one_is_no_bundle_and_is_cleared(void **state)
{
	static const struct export_options forms[] = {{.as_zip = false}, {.as_zip = true}};
	struct bench *b = *state;

	make_log(b);
	read_only(b);
	for (int i = 0; i < 2; i++) {
		for (int steps = 1; steps < 12; steps += 3) {
			pid_t child = fork();
			int status;

			assert_true(child >= 0);
			if (child == 0) {
				struct export *x = NULL;
				bool done = false;

				if (export_begin(b->ledger, b->bundle, &forms[i], test_now(), &x, &b->fault) != ERR_OK)
					_exit(1);
				for (int step = 0; step < steps; step++)
					(void)!export_step(x, 0, &done, &b->fault);
				_exit(done ? 1 : 0);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_int_equal(status, 0);
			assert_false(is_there(b, ""));
			assert_true(is_there(b, ".part"));
		}
		must(try_export(b, &forms[1 - i]), &b->fault);
		assert_false(is_there(b, ".part"));
		expect_good(b);
		must(folder_remove(b->bundle, &b->fault), &b->fault);
	}
}

static void nothing_is_written_over(void **state)
{
	struct bench *b = *state;
	struct buf kept = {0};

	make_log(b);
	must(file_create(b->bundle, "mine", 4, 0600, &b->fault), &b->fault);
	assert_int_equal(try_export(b, &(struct export_options){.as_zip = true}), ERR_EXISTS);
	assert_int_equal(try_export(b, &(struct export_options){.as_zip = false}), ERR_EXISTS);
	must(file_read(b->bundle, 100, &kept, &b->fault), &b->fault);
	assert_string_equal(kept.data, "mine");
	buf_fini(&kept);
	assert_int_equal(unlink(b->bundle), 0);
	/* Not even over what leads nowhere. */
	assert_int_equal(symlink("/nowhere", b->bundle), 0);
	assert_int_equal(try_export(b, &(struct export_options){.as_zip = true}), ERR_EXISTS);
}

/* A mistake changes nothing: no epoch ends, no folder is made. */
static void wrong_wishes_are_refused_at_once(void **state)
{
	struct bench *b = *state;
	static const uint64_t seqs[] = {5, 9};
	static const struct {
		struct export_options options;
		const char *says;
	} wrong[] = {
		{{.from = 3, .to = 3}, "empty"},
		{{.from = 4, .to = 3}, "empty"},
		{{.from = 9}, "0 to 8"},
		{{.from = 0, .to = 10}, "0 to 8"},
		{{.from = UINT64_MAX}, "0 to 8"},
		{{.prove = seqs, .prove_count = 2}, "the last one is 8"},
		{{.recipient_count = AGE_RECIPIENTS_MAX + 1}, "16"},
	};

	make_log(b);
	add_entries(b, 2);
	assert_int_equal(ledger_head(b->ledger).size, 9);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(try_export(b, &wrong[i].options), ERR_RANGE);
		if (strstr(b->fault.text, wrong[i].says) == NULL)
			fail_msg("%zu: %s", i, b->fault.text);
	}
	assert_int_equal(ledger_head(b->ledger).size, 9);
	assert_false(is_there(b, ".part"));
	/* What is only read ends where its last closed epoch does. */
	read_only(b);
	assert_int_equal(try_export(b, &(struct export_options){.from = 6}), ERR_RANGE);
	assert_non_null(strstr(b->fault.text, "0 to 5"));
}

/* ---- what is in it ---- */

static void equal_logs_make_equal_files(void **state)
{
	struct bench *b = *state;
	struct buf first = {0}, second = {0};

	make_log(b);
	read_only(b);
	must(try_export(b, &(struct export_options){.as_zip = true}), &b->fault);
	must(file_read(b->bundle, 1 << 24, &first, &b->fault), &b->fault);
	assert_int_equal(unlink(b->bundle), 0);
	must(try_export(b, &(struct export_options){.as_zip = true}), &b->fault);
	must(file_read(b->bundle, 1 << 24, &second, &b->fault), &b->fault);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	buf_fini(&first);
	buf_fini(&second);
}

static void a_stored_file_goes_out_once_or_is_counted_absent(void **state)
{
	struct bench *b = *state;
	struct buf data = {0};
	struct export *x = NULL;
	bool done = false;

	make_log(b);
	must(export_begin(b->ledger, b->bundle, &(struct export_options){.from = 0}, test_now(), &x, &b->fault),
	     &b->fault);
	while (!done)
		must(export_step(x, 0, &done, &b->fault), &b->fault);
	assert_int_equal(export_progress(x).entries, export_progress(x).entries_total);
	assert_int_equal(export_progress(x).files_total, 2);
	assert_int_equal(export_progress(x).files_absent, 1);
	export_end(x);
	read_member(b, "blobs/" ABC, &data);
	assert_string_equal(data.data, "abc");
	expect_good(b);
	buf_fini(&data);
}

static void a_withheld_name_takes_its_file_along(void **state)
{
	struct bench *b = *state;

	make_log(b);
	must(try_export(b, &(struct export_options){.without_files = true}), &b->fault);
	assert_false(is_there(b, "/blobs"));
	expect_good(b);
}

static void a_changed_stored_file_is_named(void **state)
{
	struct bench *b = *state;

	make_log(b);
	store_blob_file(b, ABC, "abd", 3);
	assert_int_equal(try_export(b, &(struct export_options){.as_zip = false}), ERR_CORRUPT);
	assert_non_null(strstr(b->fault.text, ABC));
	assert_false(is_there(b, ""));
	must(try_export(b, &(struct export_options){.without_files = true}), &b->fault);
}

/* With no time at all a step does one small thing: an entry, 64 KiB of a file, an epoch. */
static void a_step_does_little(void **state)
{
	struct bench *b = *state;
	size_t len = 3 * AGE_CHUNK + 1;
	char *data = calloc(1, len), files[256], hex[HEX_SIZE(HASH_SIZE)];
	struct draft draft = spoken;
	uint8_t hash[HASH_SIZE];
	struct export *x = NULL;
	bool done = false;
	unsigned steps = 0;

	assert_non_null(data);
	hash_bytes(hash, data, len);
	hex_encode(hex, hash, HASH_SIZE);
	(void)snprintf(files, sizeof files, "[{\"sha256\":\"%s\"}]", hex);
	draft.files = files;
	open_ledger(b);
	record(b, &draft);
	store_blob_file(b, hex, data, len);
	must(export_begin(b->ledger, b->bundle, &(struct export_options){.from = 0}, test_now(), &x, &b->fault),
	     &b->fault);
	for (uint64_t seq = 1; seq <= 5; seq++) {
		must(export_step(x, 0, &done, &b->fault), &b->fault);
		assert_int_equal(export_progress(x).entries, seq);
	}
	/* What is recorded in between is not in it, and does not disturb it. */
	add_entries(b, 3);
	/* Last tiles; the file: begun, four chunks, ended. */
	for (int i = 0; i < 6; i++) {
		must(export_step(x, 0, &done, &b->fault), &b->fault);
		assert_int_equal(export_progress(x).files, 0);
	}
	while (!done) {
		must(export_step(x, 0, &done, &b->fault), &b->fault);
		steps++;
	}
	assert_true(steps > 10);
	assert_int_equal(export_progress(x).files, 1);
	export_end(x);
	expect_good(b);
	free(data);
}

/* ---- ranges ---- */

static unsigned count_of(const struct buf *text, const char *part)
{
	unsigned count = 0;

	for (const char *at = text->data; (at = strstr(at, part)) != NULL; at++)
		count++;
	return count;
}

static void check_range(struct bench *b, uint64_t from, uint64_t to, uint64_t size)
{
	uint64_t first = from / TILE_WIDTH * TILE_WIDTH, end = (to + TILE_WIDTH - 1) / TILE_WIDTH * TILE_WIDTH;
	struct buf range = {0};
	char expected[64], path[128];

	end = end < size ? end : size;
	(void)snprintf(expected, sizeof expected, "from %d\nto %d\n", (int)first, (int)end);
	assert_int_equal(is_there(b, "/range"), first > 0 || end < size);
	if (is_there(b, "/range")) {
		read_member(b, "range", &range);
		assert_string_equal(range.data, expected);
	}
	for (uint64_t tile = 0; tile * TILE_WIDTH < size; tile++) {
		uint64_t start = tile * TILE_WIDTH, stop = start + TILE_WIDTH < end ? start + TILE_WIDTH : end;
		struct buf lines = {0};
		uint64_t open = 0;

		(void)snprintf(path, sizeof path, "/disclosures/%d.jsonl", (int)tile);
		assert_int_equal(is_there(b, path), start >= first && start < end);
		if (start < first || start >= end)
			continue;
		read_member(b, path + 1, &lines);
		for (uint64_t seq = start; seq < stop; seq++)
			open += (seq >= from && seq < to) || seq == 0 || seq == 2 ? 1 : 0;
		/* Each entry of this log has a body alone; entries 0 and 2 begin epochs. */
		assert_int_equal(count_of(&lines, "\n"), stop - start);
		assert_int_equal(count_of(&lines, "\"disclosure\""), open);
		assert_int_equal(count_of(&lines, "\"withheld\""), stop - start - open);
		buf_fini(&lines);
	}
	assert_int_equal(is_there(b, "/proofs"), to - from <= TILE_WIDTH);
	(void)snprintf(path, sizeof path, "%s/proofs", b->bundle);
	if (to - from <= TILE_WIDTH)
		assert_int_equal(count_files(path), to - from);
	buf_fini(&range);
}

static void ranges_are_cut_at_tiles(void **state)
{
	enum { SIZE = 600 };
	static const uint64_t borders[] = {0, 1, 255, 256, 257, 511, 512, 513, SIZE - 1, SIZE};
	struct bench *b = *state;
	enum { BORDERS = sizeof borders / sizeof *borders };

	open_ledger(b);
	add_entries(b, SIZE - 4);
	must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
	read_only(b);
	for (int i = 0; i < BORDERS - 1; i++) {
		for (int j = i + 1; j < BORDERS; j++) {
			struct export_options options = {.from = borders[i], .to = borders[j]};

			must(try_export(b, &options), &b->fault);
			check_range(b, borders[i], borders[j], SIZE);
			must(folder_remove(b->bundle, &b->fault), &b->fault);
		}
	}
}

/* A log of one tile asked for in part is whole, so it must prove its redactions and its policy. */
static void what_a_verifier_needs_is_never_kept_back(void **state)
{
	static const char policy_set[] = "{\"act\":\"policy.set\",\"policy\":\"log x\\nquorum none\\n\"}";
	static const char redaction[] = "{\"act\":\"redaction\",\"seq\":99}", other[] = "{\"act\":\"test.entry\"}";
	static const char *const bodies[] = {other, policy_set, other, redaction, other};
	struct bench *b = *state;
	struct buf lines = {0}, policy = {0};

	open_ledger(b);
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		record(b,
		       &(struct draft){.who = "u1", .via = "cli", .type = "system", .about = "-", .body = bodies[i]});
	must(try_export(b, &(struct export_options){.from = 8, .to = 9}), &b->fault);
	assert_false(is_there(b, "/range"));
	read_member(b, "policy", &policy);
	assert_string_equal(policy.data, "log x\nquorum none\n");
	read_member(b, "disclosures/0.jsonl", &lines);
	for (int seq = 0; seq < 9; seq++) {
		/* Two beginnings of epochs, the policy, the redaction, and the one that was asked for. */
		bool is_open = seq == 0 || seq == 2 || seq == 5 || seq == 7 || seq == 8;
		char start[64];

		(void)snprintf(start, sizeof start, "{\"seq\":%d,\"name\":\"body\",\"%s\"", seq,
			       is_open ? "disclosure" : "status");
		if (count_of(&lines, start) != 1)
			fail_msg("%s in %s", start, lines.data);
	}
	buf_fini(&lines);
	buf_fini(&policy);
}

static void record_redaction(struct bench *b)
{
	static const char body[] = "{\"act\":\"redaction\",\"seq\":5,\"name\":\"text\",\"digest\":\"%s\","
				   "\"approved_by\":[\"u1\",\"u2\"]}";
	char digest[BASE64_SIZE(HASH_SIZE)], text[256];
	struct store *store = media_store(&b->ledger->media);
	struct opened o = {0};
	sqlite3_stmt *rows = NULL;

	must(store_entries(store, 5, 6, &rows), &b->fault);
	must(store_next(rows), &b->fault);
	must(opened_fill(b->ledger, &o, rows, &b->fault), &b->fault);
	base64url_encode(digest, o.entry.sd[DISCLOSURE_TEXT], HASH_SIZE);
	(void)sqlite3_finalize(rows);
	opened_fini(&o);
	(void)snprintf(text, sizeof text, body, digest);
	record(b, &(struct draft){.who = "u1", .via = "cli", .type = "system", .about = "-", .body = text});
	assert_int_equal(sqlite3_exec(store->db, "UPDATE entries SET text = NULL WHERE seq = 5", NULL, NULL, NULL),
			 SQLITE_OK);
}

/* The bundle's log ends before the redaction, so the bundle may not call it redacted. */
static void what_is_erased_meanwhile_is_withheld(void **state)
{
	static const char *const says[] = {"{\"seq\":5,\"name\":\"text\",\"status\":\"withheld\"}\n",
					   "{\"seq\":5,\"name\":\"text\",\"status\":\"redacted\"}\n"};
	struct bench *b = *state;

	make_log(b);
	for (int i = 0; i < 2; i++) {
		struct export *x = NULL;
		struct buf lines = {0};
		bool done = false;

		must(export_begin(b->ledger, b->bundle, &(struct export_options){.from = 0}, test_now(), &x, &b->fault),
		     &b->fault);
		if (i == 0)
			record_redaction(b);
		while (!done)
			must(export_step(x, 0, &done, &b->fault), &b->fault);
		export_end(x);
		read_member(b, "disclosures/0.jsonl", &lines);
		assert_int_equal(count_of(&lines, says[i]), 1);
		expect_good(b);
		must(folder_remove(b->bundle, &b->fault), &b->fault);
		buf_fini(&lines);
	}
}

static void of_a_restricted_case_nothing_goes_out(void **state)
{
	struct bench *b = *state;
	struct draft draft = spoken;
	struct buf lines = {0};

	open_ledger(b);
	draft.about = "-";
	draft.restricted = "2026-009";
	record(b, &draft);
	must(try_export(b, &(struct export_options){.from = 0}), &b->fault);
	read_member(b, "disclosures/0.jsonl", &lines);
	assert_int_equal(count_of(&lines, "{\"seq\":4,"), 3);
	assert_int_equal(count_of(&lines, "withheld"), 3);
	assert_false(is_there(b, "/blobs"));
	expect_good(b);
	buf_fini(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(any_write_may_fail_for_a_folder),
		WITH_LEDGER(any_write_may_fail_for_a_zip),
		WITH_LEDGER(any_write_may_fail_when_encrypting),
		WITH_LEDGER(an_interrupted_one_is_no_bundle_and_is_cleared),
		WITH_LEDGER(nothing_is_written_over),
		WITH_LEDGER(wrong_wishes_are_refused_at_once),
		WITH_LEDGER(equal_logs_make_equal_files),
		WITH_LEDGER(a_stored_file_goes_out_once_or_is_counted_absent),
		WITH_LEDGER(a_withheld_name_takes_its_file_along),
		WITH_LEDGER(a_changed_stored_file_is_named),
		WITH_LEDGER(a_step_does_little),
		WITH_LEDGER(ranges_are_cut_at_tiles),
		WITH_LEDGER(what_a_verifier_needs_is_never_kept_back),
		WITH_LEDGER(what_is_erased_meanwhile_is_withheld),
		WITH_LEDGER(of_a_restricted_case_nothing_goes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
