/* The Modbus line, the controller's bus on it, and relay modules from the shelf, with a libmodbus that the test owns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <modbus/modbus.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "uplink/bus.h"
#include "uplink/modules.h"

enum { POINTS = 64, NOT_OF_MODBUS = MODBUS_ENOBASE + 500 };

struct _modbus {
	char parity; /* 0: TCP */
	bool is_connected;
};

static struct {
	struct _modbus lines[8];
	unsigned made, freed;
	unsigned calls, fails_at; /* of those that make one; 0: none fails */
	unsigned flushed, exchanges, written;
	unsigned fails, after; /* so many exchanges fail, after so many that do not */
	int error;
	bool is_unplugged;
	unsigned device_major;
	bool is_missing;
	uint16_t outputs[POINTS], inputs[POINTS];
	uint16_t answer[64];
} world;

/* ---- in the place of libmodbus, and of stat for its devices ------------------------------------------------ */

static bool fails_to_make(void)
{
	errno = ENOMEM;
	return ++world.calls == world.fails_at;
}

static modbus_t *make(char parity)
{
	struct _modbus *m = &world.lines[world.made];

	if (fails_to_make())
		return NULL;
	*m = (struct _modbus){.parity = parity};
	world.made++;
	return m;
}

modbus_t *modbus_new_rtu(const char *device, int baud, char parity, int data_bit, int stop_bit)
{
	assert_int_equal(data_bit, 8);
	assert_int_equal(stop_bit, 1);
	assert_true(device[0] != '\0' && baud > 0);
	return make(parity);
}

modbus_t *modbus_new_tcp(const char *ip_address, int port)
{
	assert_true(ip_address[0] != '\0' && port > 0);
	return make('\0');
}

void modbus_free(modbus_t *m)
{
	world.freed += m != NULL;
}

int modbus_set_error_recovery(modbus_t *m, modbus_error_recovery_mode mode)
{
	assert_non_null(m);
	assert_int_equal(mode, MODBUS_ERROR_RECOVERY_NONE);
	return fails_to_make() ? -1 : 0;
}

int modbus_set_byte_timeout(modbus_t *m, uint32_t to_sec, uint32_t to_usec)
{
	assert_non_null(m);
	assert_int_equal(to_sec + to_usec, 0);
	return fails_to_make() ? -1 : 0;
}

int modbus_set_response_timeout(modbus_t *m, uint32_t to_sec, uint32_t to_usec)
{
	assert_non_null(m);
	assert_true(to_sec > 0 || to_usec > 0);
	return fails_to_make() ? -1 : 0;
}

int modbus_set_slave(modbus_t *m, int slave)
{
	assert_non_null(m);
	return slave > 0 ? 0 : -1;
}

int modbus_connect(modbus_t *m)
{
	errno = ENOENT;
	m->is_connected = !world.is_unplugged;
	return world.is_unplugged ? -1 : 0;
}

void modbus_close(modbus_t *m)
{
	assert_true(m->is_connected);
	m->is_connected = false;
}

int modbus_flush(modbus_t *m)
{
	assert_non_null(m);
	world.flushed++;
	return 0;
}

/* What an exchange of `count` returns. */
static int exchange(const modbus_t *m, int count)
{
	assert_true(m->is_connected);
	world.exchanges++;
	if (world.after > 0)
		world.after--;
	else if (world.fails > 0) {
		world.fails--;
		errno = world.error;
		return -1;
	}
	return count;
}

static int read_bits(const modbus_t *m, const uint16_t *from, int count, uint8_t *dest)
{
	int got = exchange(m, count);

	for (int i = 0; i < got; i++)
		dest[i] = (uint8_t)from[i];
	return got;
}

static int read_words(const modbus_t *m, const uint16_t *from, int count, uint16_t *dest)
{
	int got = exchange(m, count);

	if (got > 0)
		memcpy(dest, from, (size_t)count * sizeof *dest);
	return got;
}

int modbus_read_bits(modbus_t *m, int addr, int nb, uint8_t *dest)
{
	return read_bits(m, world.outputs + addr, nb, dest);
}

int modbus_read_input_bits(modbus_t *m, int addr, int nb, uint8_t *dest)
{
	return read_bits(m, world.inputs + addr, nb, dest);
}

int modbus_read_registers(modbus_t *m, int addr, int nb, uint16_t *dest)
{
	return read_words(m, world.outputs + addr % POINTS, nb, dest);
}

int modbus_read_input_registers(modbus_t *m, int addr, int nb, uint16_t *dest)
{
	return read_words(m, world.inputs + addr, nb, dest);
}

static int write_one(const modbus_t *m, int at, uint16_t value)
{
	int got = exchange(m, 1);

	if (got > 0)
		world.outputs[at] = value;
	world.written += got > 0;
	return got;
}

int modbus_write_bit(modbus_t *m, int coil_addr, int status)
{
	return write_one(m, coil_addr, (uint16_t)status);
}

/* Its last argument is an int in older releases. */
int modbus_write_register(modbus_t *m, int reg_addr, const uint16_t value)
{
	return write_one(m, reg_addr, value);
}

int modbus_write_bits(modbus_t *m, int addr, int nb, const uint8_t *data)
{
	int got = exchange(m, nb);

	for (int i = 0; i < got; i++)
		world.outputs[addr + i] = data[i];
	return got;
}

int modbus_write_registers(modbus_t *m, int addr, int nb, const uint16_t *data)
{
	int got = exchange(m, nb);

	if (got > 0)
		memcpy(world.outputs + addr, data, (size_t)nb * sizeof *data);
	return got;
}

int modbus_write_and_read_registers(modbus_t *m, int write_addr, int write_nb, const uint16_t *src, int read_addr,
				    int read_nb, uint16_t *dest)
{
	assert_true(write_addr == 0 && write_nb == 2 && src[1] == 7 && read_addr == BLOCK_STATUS);
	return read_words(m, world.answer, read_nb, dest);
}

int stat(const char *restrict path, struct stat *restrict status)
{
	assert_string_equal(path, "/dev/line");
	*status = (struct stat){.st_rdev = makedev(world.device_major, 0)};
	return world.is_missing ? -1 : 0;
}

/* ---- the line ------------------------------------------------------------------------------------------------ */

static struct fault fault;

static int reset(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	fault = (struct fault){0};
	return 0;
}

static struct wire_settings serial(void)
{
	return (struct wire_settings){
		.device = "/dev/line", .baud = 1000000, .parity = 'E', .slave_ms = 1, .peer = "panel controller"};
}

static struct wire_settings tcp(void)
{
	return (struct wire_settings){.address = "192.0.2.1", .port = 502, .slave_ms = 1, .peer = "relay module"};
}

static void whatever_cannot_be_made_is_released(void **state)
{
	struct wire_settings settings = serial();
	struct wire wire;
	unsigned fails_at = 0;

	do {
		reset(state);
		world.fails_at = ++fails_at;
		if (wire_init(&wire, &settings, &fault) == ERR_OK)
			wire_fini(&wire);
		else
			assert_non_null(strstr(fault.text, "/dev/line"));
		assert_int_equal(world.made, world.freed);
	} while (world.calls >= fails_at);
	assert_int_equal(fails_at, 9);
}

static char parity_of(unsigned device_major, bool is_missing)
{
	struct wire_settings settings = serial();
	struct wire wire;
	char parity = '\0';

	world.device_major = device_major;
	world.is_missing = is_missing;
	assert_int_equal(wire_init(&wire, &settings, &fault), ERR_OK);
	assert_int_equal(wire_open(&wire, &fault), ERR_OK);
	assert_int_equal(wire_open(&wire, &fault), ERR_OK);
	parity = wire.in_use->parity;
	wire_fini(&wire);
	return parity;
}

static void a_pseudo_terminal_has_no_parity(void **state)
{
	assert_int_equal(parity_of(4, false), 'E');
	reset(state);
	assert_int_equal(parity_of(136, false), 'N');
	reset(state);
	assert_int_equal(parity_of(143, false), 'N');
	reset(state);
	assert_int_equal(parity_of(144, false), 'E');
	reset(state);
	assert_int_equal(parity_of(136, true), 'E');
}

static void each_failure_has_its_own_words(void **state)
{
	static const struct {
		int number;
		enum err err;
		const char *words;
	} cases[] = {
		{ETIMEDOUT, ERR_TIMEOUT, "no answer"},       {EMBXILFUN, ERR_DENIED, "exception 1"},
		{EMBXGTAR, ERR_DENIED, "exception 11"},      {EMBBADCRC, ERR_FORMAT, "damaged answer"},
		{EMBBADSLAVE, ERR_FORMAT, "damaged answer"}, {EIO, ERR_IO, "'device'"},
		{NOT_OF_MODBUS, ERR_IO, "'device'"},
	};
	struct wire_settings settings = serial();
	struct wire wire;

	(void)state;
	assert_int_equal(wire_init(&wire, &settings, &fault), ERR_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		errno = cases[i].number;
		assert_int_equal(wire_fault(&wire, &fault), cases[i].err);
		assert_non_null(strstr(fault.text, cases[i].words));
		assert_non_null(strstr(fault.text, "/dev/line"));
	}
	wire_fini(&wire);
	settings = tcp();
	assert_int_equal(wire_init(&wire, &settings, &fault), ERR_OK);
	world.is_unplugged = true;
	assert_int_equal(wire_open(&wire, &fault), ERR_IO);
	assert_non_null(strstr(fault.text, "192.0.2.1"));
	assert_non_null(strstr(fault.text, "'address'"));
	wire_close(&wire);
	wire_fini(&wire);
}

static void patience_is_the_slaves_time_and_that_on_the_wire(void **state)
{
	struct wire_settings settings = serial();

	(void)state;
	settings.baud = 11000;
	assert_int_equal(wire_patience_us(&settings, 20), 1000 + 20000);
	settings = tcp();
	assert_int_equal(wire_patience_us(&settings, 20), 1000);
}

static void the_bus_reads_and_exchanges(void **state)
{
	static const uint16_t words[] = {1, 7};
	const struct bus_write put = {.at = 0, .words = words, .count = 2};
	struct wire_settings settings = serial();
	struct serial_bus bus;
	uint16_t got[3];

	(void)state;
	world.outputs[BLOCK_STATUS % POINTS] = 42;
	world.answer[2] = 43;
	assert_int_equal(serial_bus_init(&bus, &settings, &fault), ERR_OK);
	assert_int_equal(bus.bus.ops->open(&bus.bus, &fault), ERR_OK);
	assert_int_equal(bus.bus.ops->read(&bus.bus, BLOCK_STATUS, got, 3, &fault), ERR_OK);
	assert_int_equal(got[0], 42);
	assert_int_equal(bus.bus.ops->exchange(&bus.bus, &put, BLOCK_STATUS, got, 3, &fault), ERR_OK);
	assert_int_equal(got[2], 43);
	world.fails = 2;
	world.error = ETIMEDOUT;
	assert_int_equal(bus.bus.ops->read(&bus.bus, BLOCK_STATUS, got, 3, &fault), ERR_TIMEOUT);
	assert_int_equal(bus.bus.ops->exchange(&bus.bus, &put, BLOCK_STATUS, got, 3, &fault), ERR_TIMEOUT);
	bus.bus.ops->settle(&bus.bus);
	assert_int_equal(world.flushed, 1);
	bus.bus.ops->close(&bus.bus);
	serial_bus_fini(&bus);
	assert_int_equal(world.made, world.freed);
}

/* ---- modules --------------------------------------------------------------------------------------------------- */

static struct modules modules;

static struct modules_settings settings_of(int read, int write)
{
	return (struct modules_settings){
		.wire = tcp(),
		.relays = {.slave = 1, .count = 4, .read = read, .write = write},
		.inputs = {.slave = 2, .count = 4, .read = read == 1 ? 2 : 4},
		.wiring = {.relays = {"1", "2"},
			   .lamps = {[0] = "3", [2] = "-"},
			   .inputs = {[WIRED_DECLARE] = "1", [WIRED_ISOLATE] = "2", [WIRED_FEEDBACK] = "4"},
			   .inverted = {"2"},
			   .inverted_count = 1},
	};
}

static struct pins *opened(int read, int write)
{
	struct modules_settings settings = settings_of(read, write);

	for (int i = 0; i < 4; i++)
		world.outputs[i] = 1;
	assert_int_equal(modules_init(&modules, &settings, &fault), ERR_OK);
	assert_int_equal(modules.pins.ops->open(&modules.pins, &fault), ERR_OK);
	return &modules.pins;
}

static unsigned outputs(void)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < 4; i++)
		mask |= (unsigned)(world.outputs[i] != 0) << i;
	return mask;
}

static void closed(struct pins *pins)
{
	pins->ops->close(pins);
	modules_fini(&modules);
	assert_int_equal(world.made, world.freed);
}

static void every_function_code_switches_and_reads(void **state)
{
	static const int writes[] = {5, 6, 15, 16};

	for (unsigned i = 0; i < 8; i++) {
		int read = i < 4 ? 1 : 3, write = writes[i % 4];
		struct pins *pins;
		struct sight sight;

		reset(state);
		pins = opened(read, write);
		/* What is not ours stays as it is, unless all are written at once. */
		assert_int_equal(outputs(), write < 15 ? 8 : 0);
		assert_int_equal(pins->ops->drive(pins, 3, 1 | 4, &fault), ERR_OK);
		assert_int_equal(outputs() & 7, 7);
		assert_int_equal(pins->ops->drive(pins, 2, 0, &fault), ERR_OK);
		assert_int_equal(outputs() & 7, 2);
		world.inputs[0] = world.inputs[3] = 1;
		assert_false(pins->ops->next(pins, 0, &sight));
		assert_int_equal(pins->ops->sense(pins, 77, &fault), ERR_OK);
		assert_true(pins->ops->next(pins, 77, &sight));
		assert_int_equal(sight.inputs, INPUT_DECLARE | INPUT_ISOLATE | INPUT_MIRROR_1);
		assert_int_equal(sight.at_ns, 77);
		assert_false(pins->ops->next(pins, 77, &sight));
		closed(pins);
		assert_int_equal(outputs() & 7, 0);
	}
}

static void an_output_that_fell_is_written_again(void **state)
{
	struct pins *pins = opened(1, 5);

	(void)state;
	assert_int_equal(pins->ops->drive(pins, 1, 0, &fault), ERR_OK);
	world.outputs[0] = 0;
	world.outputs[1] = 1;
	assert_int_equal(pins->ops->sense(pins, 1, &fault), ERR_OK);
	assert_int_equal(outputs() & 3, 1);
	closed(pins);
}

static void a_miss_is_waited_out_and_asked_again(void **state)
{
	static const int misses[] = {ETIMEDOUT, EMBBADCRC};
	struct pins *pins = opened(1, 5);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		world.error = misses[i];
		world.flushed = 0;
		world.fails = 1;
		assert_int_equal(pins->ops->sense(pins, 1, &fault), ERR_OK);
		assert_int_equal(world.flushed, 1);
		world.fails = 1;
		assert_int_equal(pins->ops->drive(pins, i == 0, 0, &fault), ERR_OK);
		assert_int_equal(world.flushed, 2);
		world.fails = 2;
		assert_int_not_equal(pins->ops->sense(pins, 1, &fault), ERR_OK);
		assert_int_equal(pins->ops->open(pins, &fault), ERR_OK);
	}
	world.fails = 2;
	assert_int_equal(pins->ops->drive(pins, 3, 1, &fault), ERR_FORMAT);
	closed(pins);
}

static void a_refusal_is_not_asked_again(void **state)
{
	for (int write = 5; write <= 16; write += write == 6 ? 9 : 1) {
		struct pins *pins;

		reset(state);
		pins = opened(write % 2 == 1 ? 1 : 3, write);
		world.error = EMBXILADD;
		world.fails = 1;
		world.exchanges = 0;
		assert_int_equal(pins->ops->drive(pins, 3, 0, &fault), ERR_DENIED);
		assert_int_equal(world.exchanges, 1);
		world.fails = 1;
		assert_int_equal(pins->ops->sense(pins, 1, &fault), ERR_DENIED);
		assert_int_equal(world.exchanges, 2);
		closed(pins);
	}
}

/* What is to go off goes first; when that fails, nothing is switched on. */
static void a_cut_that_fails_connects_nothing(void **state)
{
	struct pins *pins = opened(1, 5);

	(void)state;
	assert_int_equal(pins->ops->drive(pins, 1, 0, &fault), ERR_OK);
	world.error = EMBXILADD;
	world.fails = 1;
	assert_int_equal(pins->ops->drive(pins, 2, 0, &fault), ERR_DENIED);
	assert_int_equal(outputs() & 3, 1);
	world.after = 1;
	world.fails = 1;
	assert_int_equal(pins->ops->drive(pins, 1, 0, &fault), ERR_DENIED);
	closed(pins);
}

static void a_line_that_is_gone_is_closed_and_opened_again(void **state)
{
	struct modules_settings settings = settings_of(1, 5);
	struct pins *pins = &modules.pins;

	(void)state;
	settings.wire = serial();
	settings.inputs.count = 0;
	assert_int_equal(modules_init(&modules, &settings, &fault), ERR_OK);
	world.is_unplugged = true;
	assert_int_equal(pins->ops->open(pins, &fault), ERR_IO);
	pins->ops->close(pins);
	world.is_unplugged = false;
	world.error = EMBXILADD;
	world.fails = 1;
	assert_int_equal(pins->ops->open(pins, &fault), ERR_DENIED);
	assert_int_equal(pins->ops->open(pins, &fault), ERR_OK);
	assert_int_equal(pins->ops->sense(pins, 1, &fault), ERR_OK);
	world.error = ETIMEDOUT;
	world.fails = 2;
	assert_int_equal(pins->ops->sense(pins, 1, &fault), ERR_TIMEOUT);
	assert_true(modules.wire.is_open);
	world.error = EIO;
	world.fails = 1;
	assert_int_equal(pins->ops->sense(pins, 1, &fault), ERR_IO);
	assert_false(modules.wire.is_open);
	closed(pins);
}

static void points_are_numbers_from_1_to_64(void **state)
{
	(void)state;
	assert_int_equal(point_number("1"), 1);
	assert_int_equal(point_number("64"), 64);
	assert_int_equal(point_number("65"), 0);
	assert_int_equal(point_number("0"), 0);
	assert_int_equal(point_number("x"), 0);
	assert_int_equal(point_number("7a"), 0);
	assert_int_equal(point_number(""), 0);
}

static void the_bell_ends_the_wait(void **state)
{
	struct pins *pins = opened(1, 5);
	int bell = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	uint64_t times;

	(void)state;
	assert_true(bell >= 0);
	pins->ops->wait(pins, bell, INT64_MAX);
	/* It has been answered; a moment that is past is not waited for. */
	assert_int_equal(read(bell, &times, sizeof times), -1);
	pins->ops->wait(pins, bell, 0);
	assert_int_equal(close(bell), 0);
	closed(pins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whatever_cannot_be_made_is_released, reset),
		cmocka_unit_test_setup(a_pseudo_terminal_has_no_parity, reset),
		cmocka_unit_test_setup(each_failure_has_its_own_words, reset),
		cmocka_unit_test_setup(patience_is_the_slaves_time_and_that_on_the_wire, reset),
		cmocka_unit_test_setup(the_bus_reads_and_exchanges, reset),
		cmocka_unit_test_setup(every_function_code_switches_and_reads, reset),
		cmocka_unit_test_setup(an_output_that_fell_is_written_again, reset),
		cmocka_unit_test_setup(a_miss_is_waited_out_and_asked_again, reset),
		cmocka_unit_test_setup(a_refusal_is_not_asked_again, reset),
		cmocka_unit_test_setup(a_cut_that_fails_connects_nothing, reset),
		cmocka_unit_test_setup(a_line_that_is_gone_is_closed_and_opened_again, reset),
		cmocka_unit_test_setup(points_are_numbers_from_1_to_64, reset),
		cmocka_unit_test_setup(the_bell_ends_the_wait, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
