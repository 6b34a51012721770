/* The memory of a panel without a controller, when the system gives it nothing. That it outlives the process is in
 * test_gpio.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uplink/memory.h"

/* ---- in the place of four system calls ------------------------------------------------------------------------- */

enum call { NONE, FSTAT, TRUNCATE, TRUNCATE_AGAIN, MAP, RANDOM };

static enum call fails;
static unsigned truncated;

int fstat(int fd, struct stat *status)
{
	errno = EIO;
	return fails == FSTAT ? -1 : (int)syscall(SYS_newfstatat, fd, "", status, AT_EMPTY_PATH);
}

int ftruncate(int fd, off_t length)
{
	bool is_second = truncated++ > 0;

	errno = ENOSPC;
	if ((fails == TRUNCATE && !is_second) || (fails == TRUNCATE_AGAIN && is_second))
		return -1;
	return (int)syscall(SYS_ftruncate, fd, length);
}

typedef void *mapper(void *addr, size_t length, int prot, int flags, int fd, off_t offset);

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	void *found = dlsym(RTLD_NEXT, "mmap");
	mapper *map;

	memcpy(&map, &found, sizeof map);
	errno = ENOMEM;
	return fails == MAP ? MAP_FAILED : map(addr, length, prot, flags, fd, offset);
}

ssize_t getrandom(void *buffer, size_t length, unsigned flags)
{
	return fails == RANDOM ? 3 : (ssize_t)syscall(SYS_getrandom, buffer, length, flags);
}

/* ---- the memory ---------------------------------------------------------------------------------------------------
 */

static char path[] = "/tmp/kannuki-memory-XXXXXX";

static int set_up(void **state)
{
	int file;

	(void)state;
	fails = NONE;
	truncated = 0;
	(void)snprintf(path, sizeof path, "/tmp/kannuki-memory-XXXXXX");
	file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(close(file), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	memory_close();
	memory_close();
	return unlink(path);
}

static void what_the_system_refuses_is_told(void **state)
{
	static const enum call calls[] = {FSTAT, TRUNCATE, TRUNCATE_AGAIN, MAP, RANDOM};
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		fails = calls[i];
		truncated = 0;
		f = (struct fault){0};
		assert_int_not_equal(memory_open(path, &f), ERR_OK);
		assert_int_not_equal(f.text[0], '\0');
	}
	fails = NONE;
	assert_int_equal(memory_open(path, &f), ERR_OK);
	assert_true(memory_is_new());
}

static void what_cannot_be_opened_is_named(void **state)
{
	struct fault f;

	(void)state;
	assert_int_not_equal(memory_open("/nonexistent/memory", &f), ERR_OK);
	assert_non_null(strstr(f.text, "/nonexistent/memory"));
}

static void a_byte_stays_where_it_was_written(void **state)
{
	struct fault f;

	(void)state;
	for (int life = 0; life < 2; life++) {
		assert_int_equal(memory_open(path, &f), ERR_OK);
		assert_int_equal(memory_is_new(), life == 0);
		assert_true(memory_eeprom()->ready());
		assert_int_equal(memory_eeprom()->read(7), life == 0 ? 0xFF : 0x42);
		memory_eeprom()->write(7, 0x42);
		assert_int_not_equal(memory_journal() | memory_name()[0], 0);
		memory_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_the_system_refuses_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_opened_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_byte_stays_where_it_was_written, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
