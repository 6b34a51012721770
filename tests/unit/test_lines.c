/* How the lines of a plan become a request: the true libgpiod, but for the chip itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>

#include "uplink/lines.h"

/* ---- a chip whose lines GPIO0 to GPIO31 can all be had -------------------------------------------------- */

static int chip_there, request_there;

struct gpiod_chip *gpiod_chip_open(const char *path)
{
	(void)path;
	return (struct gpiod_chip *)&chip_there;
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
	(void)chip;
}

int gpiod_chip_get_line_offset_from_name(struct gpiod_chip *chip, const char *name)
{
	(void)chip;
	return strncmp(name, "GPIO", 4) == 0 ? (int)strtol(name + 4, NULL, 10) : -1;
}

struct gpiod_line_request *gpiod_chip_request_lines(struct gpiod_chip *chip, struct gpiod_request_config *how,
						    struct gpiod_line_config *lines)
{
	(void)chip;
	(void)how;
	(void)lines;
	return (struct gpiod_line_request *)&request_there;
}

void gpiod_line_request_release(struct gpiod_line_request *request)
{
	(void)request;
}

/* ---- tests ------------------------------------------------------------------------------------------------ */

static enum err open_with(const char *relay, const char *second_relay, const char *isolate, const char *declare,
			  struct fault *f)
{
	const struct lines_plan plan = {.chip = "chip",
					.outputs = {{.name = relay}, {.name = second_relay}},
					.outputs_count = 2,
					.inputs = {{.name = declare}, {.name = isolate}},
					.inputs_count = 2};
	struct lines lines;
	enum err err = lines_open(&lines, &plan, f);

	lines_close(&lines);
	return err;
}

static void names_and_numbers_are_lines(void **state)
{
	struct fault f = {ERR_OK, ""};

	(void)state;
	assert_int_equal(open_with("GPIO17", "27", "GPIO22", "18", &f), ERR_OK);
	assert_int_equal(open_with("GPIO17", "27", "ISOLATE", "18", &f), ERR_MISSING);
}

/* Its press would be that of DECLARE: nothing would be cut. */
static void a_line_by_name_and_by_number_is_refused(void **state)
{
	struct fault f = {ERR_OK, ""};

	(void)state;
	assert_int_equal(open_with("GPIO17", "27", "GPIO22", "22", &f), ERR_FORMAT);
	assert_non_null(strstr(f.text, "'GPIO22' is line 22"));
	assert_int_equal(open_with("GPIO17", "017", "GPIO22", "18", &f), ERR_FORMAT);
	assert_non_null(strstr(f.text, "'017' is line 17"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_are_lines),
		cmocka_unit_test(a_line_by_name_and_by_number_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
