/* A stored file that was damaged on one medium is named, put right from the other, and never exported. */
#include "ledger/verdict.h"

#include "pair_support.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

enum { FILE_SIZE = 200000 };

/* What happened to each medium, a letter each: the file synced, named, its folder synced, the database's commit. */
static struct deeds {
	char folder[128];
	char done[64];
} deeds[LEDGER_MEDIA];

static void note_deed(const char *path, char deed)
{
	for (int i = 0; i < LEDGER_MEDIA; i++) {
		size_t len = strlen(deeds[i].folder), count = strlen(deeds[i].done);

		if (len > 0 && strncmp(path, deeds[i].folder, len) == 0 && path[len] == '/' &&
		    count + 1 < sizeof deeds[i].done)
			deeds[i].done[count] = deed;
	}
}

static void path_behind(int fd, char path[256])
{
	char link[32];
	ssize_t len;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, 255);
	path[len > 0 ? len : 0] = '\0';
}

int fsync(int fd);
int fsync(int fd)
{
	struct stat about;
	char path[256];

	path_behind(fd, path);
	if (strstr(path, "/blobs") != NULL && fstat(fd, &about) == 0)
		note_deed(path, S_ISDIR(about.st_mode) ? 'D' : 'S');
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to);
int rename(const char *from, const char *to)
{
	if (strstr(to, "/blobs/") != NULL)
		note_deed(to, 'N');
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static const struct redaction why = {
	.who = "u1", .via = "cli", .authority = "a", .reason = "b", .approved_by = {"u1", "u2"}};

/* A file of several pieces, named by an entry. */
static struct kept_file keep_file(struct bench *b, uint64_t *seq)
{
	struct draft draft = {.who = "u1",
			      .via = "cli",
			      .type = "incident",
			      .about = "2026-001",
			      .body = "{\"act\":\"incident.noted\"}"};
	struct file_places places;
	struct kept_file kept;
	char files[256];
	FILE *content = tmpfile();

	assert_non_null(content);
	for (unsigned i = 0; i < FILE_SIZE; i++)
		(void)fputc((int)(i * i >> 5 & 0xff), content);
	assert_int_equal(fflush(content), 0);
	rewind(content);
	ledger_file_places(b->ledger, &places);
	must(file_keep(&places, fileno(content), &kept, &b->fault), &b->fault);
	(void)fclose(content);
	(void)snprintf(files, sizeof files, "[{\"name\":\"a\",\"size\":%d,\"type\":\"a/b\",\"sha256\":\"%s\"}]",
		       FILE_SIZE, kept.sha256);
	draft.files = files;
	must(ledger_add(b->ledger, &draft, test_now(), seq, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	return kept;
}

static const char *path_of(const char *folder, const struct kept_file *kept)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/blobs/%s", folder, kept->sha256);
	return path;
}

static void flip(const char *folder, const struct kept_file *kept)
{
	int fd = open(path_of(folder, kept), O_RDWR);
	unsigned char byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, FILE_SIZE / 2), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, FILE_SIZE / 2), 1);
	(void)close(fd);
}

static void lose(const char *folder, const struct kept_file *kept)
{
	assert_int_equal(unlink(path_of(folder, kept)), 0);
}

/* What is in the way of a file: a folder of its name. */
static void block(const char *folder, const struct kept_file *kept)
{
	lose(folder, kept);
	assert_int_equal(mkdir(path_of(folder, kept), 0700), 0);
}

static void expect_named(struct bench *b, const char *folder, const struct kept_file *kept, uint64_t seq)
{
	char number[32];

	(void)snprintf(number, sizeof number, "entry %d ", (int)seq);
	assert_int_equal(ledger_check(b->ledger, &b->fault), ERR_CORRUPT);
	assert_non_null(strstr(b->fault.text, folder));
	assert_non_null(strstr(b->fault.text, kept->sha256));
	assert_non_null(strstr(b->fault.text, number));
}

static struct scrub_report scrub_all(struct bench *b)
{
	struct scrub_report report;
	struct scrub *s = NULL;
	bool done = false;

	must(scrub_begin(b->ledger, &s, &b->fault), &b->fault);
	while (!done)
		must(scrub_step(s, 0, &done, &b->fault), &b->fault);
	scrub_tell(s, &report);
	scrub_end(s);
	return report;
}

static void damage_on_either_is_named_and_put_right(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	const char *const folders[2] = {b->folder, p->mirror};
	void (*const damages[])(const char *, const struct kept_file *) = {flip, lose};
	struct kept_file kept;
	uint64_t seq = 0;

	open_ledger(b);
	kept = keep_file(b, &seq);
	must(ledger_check(b->ledger, &b->fault), &b->fault);
	for (int medium = 0; medium < 2; medium++)
		for (int i = 0; i < 2; i++) {
			damages[i](folders[medium], &kept);
			expect_named(b, folders[medium], &kept, seq);
			assert_int_equal(scrub_all(b).repaired, 1);
			must(ledger_check(b->ledger, &b->fault), &b->fault);
			must(ledger_note_media(b->ledger, test_now(), &b->fault), &b->fault);
			must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
			assert_non_null(strstr(body_before(b, 1), kept.sha256));
			assert_non_null(strstr(body_before(b, 1), medium == 0 ? "first" : "second"));
		}
	expect_equal(p);
}

static void what_no_medium_has_right_is_named_and_left(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct scrub_report report;
	struct kept_file kept;
	uint64_t seq = 0;

	open_ledger(b);
	kept = keep_file(b, &seq);
	flip(b->folder, &kept);
	flip(p->mirror, &kept);
	report = scrub_all(b);
	assert_int_equal(report.repaired, 0);
	assert_int_equal(report.bad, 2);
	assert_non_null(strstr(report.first_bad.text, kept.sha256));
	expect_named(b, b->folder, &kept, seq);
	flip(b->folder, &kept);
	assert_int_equal(scrub_all(b).repaired, 1);
}

/* What cannot be put right does not keep the rest from being looked at. */
static void a_file_that_cannot_be_replaced_is_named(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct scrub_report report;
	struct kept_file kept;
	uint64_t seq = 0;

	open_ledger(b);
	kept = keep_file(b, &seq);
	block(b->folder, &kept);
	expect_named(b, b->folder, &kept, seq);
	report = scrub_all(b);
	assert_int_equal(report.repaired, 0);
	assert_int_equal(report.bad, 1);
	assert_non_null(strstr(report.first_bad.text, b->folder));
}

static void one_medium_is_read_too(void **state)
{
	struct bench *b = *state;
	struct scrub_report report;
	struct kept_file kept;
	uint64_t seq = 0;

	open_ledger(b);
	kept = keep_file(b, &seq);
	assert_int_equal(scrub_all(b).bad, 0);
	flip(b->folder, &kept);
	expect_named(b, b->folder, &kept, seq);
	report = scrub_all(b);
	assert_int_equal(report.bad, 1);
	close_ledger(b);
	must(ledger_open_readonly(b->folder, &b->ledger, &b->fault), &b->fault);
	expect_named(b, b->folder, &kept, seq);
}

static void a_returned_file_is_not_trusted_for_its_name(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct kept_file kept;
	uint64_t seq = 0;

	open_ledger(b);
	kept = keep_file(b, &seq);
	close_ledger(b);
	pull(p, p->mirror);
	open_ledger(b);
	add_entries(b, 1);
	close_ledger(b);
	put_back(p->mirror);
	flip(p->mirror, &kept);
	open_ledger(b);
	expect_equal(p);
	assert_int_equal(scrub_all(b).repaired, 0);
}

static enum err export_anew(struct bench *b, struct export_options *options)
{
	struct export *x = NULL;
	bool done = false;
	enum err err = folder_remove(b->bundle, &b->fault);

	if (err == ERR_OK)
		err = export_begin(b->ledger, b->bundle, options, test_now(), &x, &b->fault);
	while (err == ERR_OK && !done)
		err = export_step(x, 0, &done, &b->fault);
	export_end(x);
	return err;
}

static void expect_good(struct bench *b)
{
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	struct verdict v;

	must(export_anew(b, &everything), &b->fault);
	bundle_verify(&v, b->bundle, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		fail_msg("%s", v.fault.text);
	assert_int_equal(v.blobs_checked, 1);
}

static void the_right_one_is_exported(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct export_options everything = {0};
	struct kept_file kept;
	uint64_t seq = 0;

	open_ledger(b);
	kept = keep_file(b, &seq);
	expect_good(b);
	flip(b->folder, &kept);
	expect_good(b);
	block(b->folder, &kept);
	expect_good(b);
	assert_int_equal(rmdir(path_of(b->folder, &kept)), 0);
	expect_good(b);
	flip(p->mirror, &kept);
	assert_int_equal(export_anew(b, &everything), ERR_CORRUPT);
	lose(p->mirror, &kept);
	must(export_anew(b, &everything), &b->fault);
}

static bool is_being_copied(const char *folder)
{
	char pattern[256];
	glob_t found;
	bool is_any;

	(void)snprintf(pattern, sizeof pattern, "%s/blobs/.part-*", folder);
	is_any = glob(pattern, 0, NULL, &found) == 0;
	globfree(&found);
	return is_any;
}

/* Erased while it is copied, it is neither missed nor brought back. */
static void erasing_meanwhile_wins(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct scrub_report report;
	struct kept_file kept;
	struct scrub *s = NULL;
	bool done = false;
	uint64_t seq = 0;

	open_ledger(b);
	kept = keep_file(b, &seq);
	flip(b->folder, &kept);
	must(scrub_begin(b->ledger, &s, &b->fault), &b->fault);
	while (!is_being_copied(b->folder))
		must(scrub_step(s, 0, &done, &b->fault), &b->fault);
	assert_false(done);
	must(ledger_redact(b->ledger, seq, "files", &why, test_now(), &b->fault), &b->fault);
	while (!done)
		must(scrub_step(s, 0, &done, &b->fault), &b->fault);
	scrub_tell(s, &report);
	scrub_end(s);
	assert_int_equal(report.repaired + report.bad, 0);
	assert_int_equal(access(path_of(b->folder, &kept), F_OK), -1);
	assert_int_equal(access(path_of(p->mirror, &kept), F_OK), -1);
	assert_false(is_being_copied(b->folder));
	must(ledger_check(b->ledger, &b->fault), &b->fault);
}

/* What is erased while a medium is filled is erased there, too. */
static void erasing_reaches_a_medium_that_is_being_filled(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	struct kept_file kept;
	bool done = false;
	uint64_t seq = 0;

	open_ledger(b);
	kept = keep_file(b, &seq);
	add_text(b, "2026-001", "\"what was written\"");
	for (int i = 0; i < 600; i++)
		add_entries(b, 1);
	close_ledger(b);
	pull(p, p->mirror);
	must(folder_make(p->mirror, 0700, &b->fault), &b->fault);
	open_ledger(b);
	while (ledger_rejoined(b->ledger) < 256 || ledger_rejoined(b->ledger) == ledger_head(b->ledger).size)
		must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	assert_false(done);
	must(ledger_redact(b->ledger, seq, "files", &why, test_now(), &b->fault), &b->fault);
	must(ledger_redact(b->ledger, seq + 1, "text", &why, test_now(), &b->fault), &b->fault);
	while (!done)
		must(ledger_rejoin(b->ledger, REJOIN_ANEW, 0, &done, &b->fault), &b->fault);
	expect_equal(p);
	assert_int_equal(access(path_of(p->mirror, &kept), F_OK), -1);
}

static void watch_commit(int fd)
{
	char path[256];

	path_behind(fd, path);
	note_deed(path, 'C');
}

static void a_file_is_safe_before_its_entry_is(void **state)
{
	struct pair *p = *state;
	struct bench *b = &p->b;
	uint64_t seq;

	open_ledger(b);
	memset(deeds, 0, sizeof deeds);
	(void)snprintf(deeds[0].folder, sizeof deeds[0].folder, "%s", b->folder);
	(void)snprintf(deeds[1].folder, sizeof deeds[1].folder, "%s", p->mirror);
	on_fdatasync = watch_commit;
	(void)keep_file(b, &seq);
	on_fdatasync = NULL;
	for (int i = 0; i < LEDGER_MEDIA; i++) {
		deeds[i].folder[0] = '\0';
		assert_string_equal(deeds[i].done, "SNDC");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(a_file_is_safe_before_its_entry_is),
		WITH_PAIR(damage_on_either_is_named_and_put_right),
		WITH_PAIR(what_no_medium_has_right_is_named_and_left),
		WITH_PAIR(a_file_that_cannot_be_replaced_is_named),
		WITH_LEDGER(one_medium_is_read_too),
		WITH_PAIR(a_returned_file_is_not_trusted_for_its_name),
		WITH_PAIR(the_right_one_is_exported),
		WITH_PAIR(erasing_meanwhile_wins),
		WITH_PAIR(erasing_reaches_a_medium_that_is_being_filled),
	};

	return cmocka_run_group_tests_name("blobs", tests, NULL, NULL);
}
