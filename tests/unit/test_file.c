#include "base/file.h"

#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/kannuki-file-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	return folder_remove(folder, NULL) == ERR_OK ? 0 : -1;
}

static void a_file_is_replaced_whole(void **state)
{
	struct buf data = {0};
	struct fault f;
	struct stat about;

	(void)state;
	assert_int_equal(file_replace(in_folder("a"), "first", 5, 0600, &f), ERR_OK);
	assert_int_equal(file_replace(in_folder("a"), "2nd", 3, 0640, &f), ERR_OK);
	assert_int_equal(file_read(in_folder("a"), 100, &data, &f), ERR_OK);
	assert_string_equal(data.data, "2nd");
	assert_int_equal(stat(in_folder("a"), &about), 0);
	assert_int_equal(about.st_mode & 0777, 0640);
	assert_int_equal(access(in_folder("a.new"), F_OK), -1);
	buf_fini(&data);
}

static void reading_has_a_limit_and_says_the_path(void **state)
{
	struct buf data = {0};
	struct fault f;

	(void)state;
	assert_int_equal(file_replace(in_folder("b"), "12345", 5, 0600, &f), ERR_OK);
	assert_int_equal(file_read(in_folder("b"), 5, &data, &f), ERR_OK);
	assert_int_equal(file_read(in_folder("b"), 4, &data, &f), ERR_RANGE);
	assert_non_null(strstr(f.text, "/b"));
	assert_int_equal(file_read(in_folder("nothing"), 4, &data, &f), ERR_MISSING);
	assert_int_equal(file_replace(in_folder("b"), "", 0, 0600, &f), ERR_OK);
	assert_int_equal(file_read(in_folder("b"), 4, &data, &f), ERR_OK);
	assert_string_equal(data.data, "");
	buf_fini(&data);
}

static void a_new_file_is_not_written_over_another(void **state)
{
	struct buf data = {0};
	struct fault f;

	(void)state;
	assert_int_equal(file_create(in_folder("c"), "1", 1, 0600, &f), ERR_OK);
	assert_int_equal(file_create(in_folder("c"), "2", 1, 0600, &f), ERR_EXISTS);
	assert_int_equal(file_read(in_folder("c"), 4, &data, &f), ERR_OK);
	assert_string_equal(data.data, "1");
	buf_fini(&data);
}

static void folders_are_made_synced_and_removed(void **state)
{
	struct fault f;

	(void)state;
	assert_int_equal(folder_make(in_folder("d/e/f"), 0700, &f), ERR_OK);
	assert_int_equal(folder_make(in_folder("d/e/f"), 0700, &f), ERR_OK);
	assert_int_equal(file_create(in_folder("d/e/f/g"), "1", 1, 0600, &f), ERR_OK);
	assert_int_equal(file_create(in_folder("outside"), "1", 1, 0600, &f), ERR_OK);
	assert_int_equal(symlink("../../outside", in_folder("d/e/link")), 0);
	assert_int_equal(folder_remove(in_folder("d"), &f), ERR_OK);
	assert_int_equal(access(in_folder("d"), F_OK), -1);
	assert_int_equal(access(in_folder("outside"), F_OK), 0);
	assert_int_equal(folder_remove(in_folder("d"), &f), ERR_OK);
	assert_int_equal(folder_make(in_folder("outside/x"), 0700, &f), ERR_IO);
	assert_int_equal(folder_make("", 0700, &f), ERR_RANGE);
}

static void places_lie_below_the_root(void **state)
{
	char path[32];

	(void)state;
	assert_int_equal(setenv("KANNUKI_ROOT", "/tmp/x", 1), 0);
	assert_int_equal(place(path, sizeof path, "/var/lib/kannuki"), ERR_OK);
	assert_string_equal(path, "/tmp/x/var/lib/kannuki");
	assert_int_equal(place(path, 8, "/var/lib/kannuki"), ERR_RANGE);
	assert_int_equal(unsetenv("KANNUKI_ROOT"), 0);
	assert_int_equal(place(path, sizeof path, "/etc"), ERR_OK);
	assert_string_equal(path, "/etc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_replaced_whole),
		cmocka_unit_test(reading_has_a_limit_and_says_the_path),
		cmocka_unit_test(a_new_file_is_not_written_over_another),
		cmocka_unit_test(folders_are_made_synced_and_removed),
		cmocka_unit_test(places_lie_below_the_root),
	};

	return cmocka_run_group_tests_name("file", tests, make_folder, drop_folder);
}
