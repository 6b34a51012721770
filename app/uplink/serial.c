#include "uplink/bus.h"

#include "board/map.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

enum {
	BITS_ON_WIRE = 11, /* start, 8 data, parity, stop */
	FRAME_MAX = 256,
	PSEUDO_TERMINAL_FIRST = 136, /* major numbers of the kernel */
	PSEUDO_TERMINAL_LAST = 143
};

struct serial_bus {
	struct bus bus;
	modbus_t *with_parity;
	modbus_t *without; /* for pseudo-terminals */
	modbus_t *modbus;  /* the one in use */
	struct serial_settings settings;
	bool is_open;
};

int64_t bus_patience_us(int baud, size_t bytes)
{
	return BOARD_BUS_TIMEOUT_MS * INT64_C(1000) + (int64_t)bytes * BITS_ON_WIRE * 1000000 / baud;
}

static struct serial_bus *serial_of(struct bus *bus)
{
	return (struct serial_bus *)(void *)bus;
}

static enum err bus_error(int number)
{
	if (number == ETIMEDOUT)
		return ERR_TIMEOUT;
	if (number >= EMBXILFUN && number <= EMBXGTAR)
		return ERR_DENIED;
	if (number > EMBXGTAR && number <= EMBBADSLAVE)
		return ERR_FORMAT;
	return ERR_IO;
}

static enum err serial_fault(const struct serial_bus *s, struct fault *f)
{
	int number = errno;

	return fault_set(f, bus_error(number), "%s: %s", s->settings.device, modbus_strerror(number));
}

/* A pseudo-terminal has no parity, and glibc refuses to set it when nothing else changes: each second time. */
static bool is_pseudo_terminal(const char *device)
{
	struct stat status;

	return stat(device, &status) == 0 && major(status.st_rdev) >= PSEUDO_TERMINAL_FIRST &&
	       major(status.st_rdev) <= PSEUDO_TERMINAL_LAST;
}

static enum err serial_open(struct bus *bus, struct fault *f)
{
	struct serial_bus *s = serial_of(bus);

	if (s->is_open)
		return ERR_OK;
	s->modbus = is_pseudo_terminal(s->settings.device) ? s->without : s->with_parity;
	if (modbus_connect(s->modbus) != 0)
		return serial_fault(s, f);
	s->is_open = true;
	return ERR_OK;
}

static void serial_close(struct bus *bus)
{
	struct serial_bus *s = serial_of(bus);

	if (s->is_open)
		modbus_close(s->modbus);
	s->is_open = false;
}

/* One limit for the whole exchange: a slave that drips bytes must not hold the thread for longer. */
static void set_patience(const struct serial_bus *s, size_t bytes)
{
	(void)modbus_set_response_timeout(s->modbus, 0, (uint32_t)bus_patience_us(s->settings.baud, bytes));
}

static enum err serial_read(struct bus *bus, uint16_t at, uint16_t *got, size_t count, struct fault *f)
{
	struct serial_bus *s = serial_of(bus);

	set_patience(s, 8 + 5 + 2 * count);
	if (modbus_read_registers(s->modbus, at, (int)count, got) != (int)count)
		return serial_fault(s, f);
	return ERR_OK;
}

static enum err serial_exchange(struct bus *bus, const uint16_t *put, size_t put_count, uint16_t at, uint16_t *got,
				size_t count, struct fault *f)
{
	struct serial_bus *s = serial_of(bus);

	set_patience(s, 13 + 2 * put_count + 5 + 2 * count);
	if (modbus_write_and_read_registers(s->modbus, BLOCK_EXCHANGE, (int)put_count, put, at, (int)count, got) !=
	    (int)count)
		return serial_fault(s, f);
	return ERR_OK;
}

static void serial_settle(struct bus *bus)
{
	struct serial_bus *s = serial_of(bus);
	struct timespec rest = {.tv_nsec = (long)bus_patience_us(s->settings.baud, FRAME_MAX) * 1000};

	(void)nanosleep(&rest, NULL);
	(void)modbus_flush(s->modbus);
}

static modbus_t *modbus_make(const struct serial_settings *settings, char parity)
{
	modbus_t *m = modbus_new_rtu(settings->device, settings->baud, parity, 8, 1);

	if (m != NULL && modbus_set_slave(m, settings->slave) == 0 &&
	    modbus_set_error_recovery(m, MODBUS_ERROR_RECOVERY_NONE) == 0 && modbus_set_byte_timeout(m, 0, 0) == 0)
		return m;
	modbus_free(m);
	return NULL;
}

enum err serial_bus_new(const struct serial_settings *settings, struct bus **out, struct fault *f)
{
	static const struct bus_ops ops = {serial_open, serial_read, serial_exchange, serial_settle, serial_close};
	struct serial_bus *s = calloc(1, sizeof *s);

	if (s == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	s->bus.ops = &ops;
	s->settings = *settings;
	s->with_parity = modbus_make(settings, settings->parity);
	s->without = modbus_make(settings, 'N');
	if (s->with_parity == NULL || s->without == NULL) {
		enum err err = serial_fault(s, f);

		serial_bus_free(&s->bus);
		return err;
	}
	*out = &s->bus;
	return ERR_OK;
}

void serial_bus_free(struct bus *bus)
{
	struct serial_bus *s = serial_of(bus);

	if (s == NULL)
		return;
	serial_close(bus);
	modbus_free(s->with_parity);
	modbus_free(s->without);
	free(s);
}
