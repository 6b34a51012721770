/* ZIP files of our own writing are read back; checksums; names for the screen. Lies are in tests/interop/test_zip.py.
 */
#include "base/crc32.h"
#include "base/text.h"
#include "ledger/zip_read.h"
#include "ledger/zip_write.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void checksums_are_those_of_everybody(void **state)
{
	static const char text[] = "The quick brown fox jumps over the lazy dog";

	(void)state;
	assert_int_equal(crc32_add(0, "", 0), 0);
	assert_int_equal(crc32_add(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_add(0, text, sizeof text - 1), 0x414fa339);
	for (size_t cut = 0; cut < sizeof text; cut++)
		assert_int_equal(crc32_add(crc32_add(0, text, cut), text + cut, sizeof text - 1 - cut), 0x414fa339);
}

static void write_members(int fd, unsigned members)
{
	struct zip_writer w;
	char name[32], spare[] = "/tmp/kannuki-zip-XXXXXX";
	int kept = mkstemp(spare);

	assert_true(kept >= 0);
	(void)close(kept);
	assert_int_equal(zip_write_open(&w, fd, spare), ERR_OK);
	for (unsigned i = 0; i < members; i++) {
		(void)snprintf(name, sizeof name, "folder/%u", i);
		/* Every third has room for 64-bit sizes. */
		assert_int_equal(zip_write_begin(&w, name, i % 3 == 0 ? UINT64_MAX : 64), ERR_OK);
		assert_int_equal(zip_write_add(&w, name, strlen(name)), ERR_OK);
		assert_int_equal(zip_write_end(&w), ERR_OK);
	}
	assert_int_equal(zip_write_finish(&w), ERR_OK);
	zip_write_close(&w);
}

static void check_member(int fd, const struct zip_member *member)
{
	char data[64] = "";
	size_t got;

	assert_true(member->size < sizeof data);
	assert_int_equal(zip_pread(fd, data, (size_t)member->size, member->at, &got), ERR_OK);
	assert_int_equal(got, member->size);
	assert_string_equal(data, member->name);
	assert_int_equal(member->crc, crc32_add(0, data, got));
}

static void read_members(int fd, unsigned members)
{
	struct fault fault = {0};
	struct zip_member member;
	unsigned count = 0;
	struct zip z;
	uint64_t at;

	assert_true(zip_is_one(fd));
	if (zip_open(&z, fd, &fault) != ERR_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(z.members, members);
	for (at = z.directory; zip_next(&z, &at, &member) == ERR_OK; count++)
		check_member(fd, &member);
	assert_int_equal(count, members);
	for (unsigned i = 0; i < members; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, "folder/%u", i);
		assert_int_equal(zip_find(&z, name, &member), ERR_OK);
		assert_string_equal(member.name, name);
	}
	assert_int_equal(zip_find(&z, "folder", &member), ERR_MISSING);
	assert_int_equal(zip_find(&z, "folder/", &member), ERR_MISSING);
	assert_int_equal(zip_find(&z, "", &member), ERR_MISSING);
	zip_close(&z);
}

static void what_is_written_is_read(void **state)
{
	static const unsigned counts[] = {1, 2, 1000, 65534, 65535, 65536, 70000};

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		int fd = memfd_create("zip", MFD_CLOEXEC);

		assert_true(fd >= 0);
		write_members(fd, counts[i]);
		read_members(fd, counts[i]);
		(void)close(fd);
	}
}

static void names_are_shown_without_danger(void **state)
{
	char shown[12];

	(void)state;
	text_show(shown, sizeof shown, "", 0);
	assert_string_equal(shown, "");
	text_show(shown, sizeof shown, "\x1b[2J", 4);
	assert_string_equal(shown, "\\x1b[2J");
	/* Only whole characters: three bytes each, eleven fit. */
	text_show(shown, sizeof shown, "一二三四五", 15);
	assert_string_equal(shown, "一二三");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums_are_those_of_everybody),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(names_are_shown_without_danger),
	};

	assert_true(sodium_init() >= 0);
	return cmocka_run_group_tests_name("zip", tests, NULL, NULL);
}
