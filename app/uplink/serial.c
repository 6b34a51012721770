#include "uplink/bus.h"

#include "board/map.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

enum {
	BITS_ON_WIRE = 11, /* start, 8 data, parity, stop */
	FRAME_MAX = 256,
	PSEUDO_TERMINAL_FIRST = 136, /* major numbers of the kernel */
	PSEUDO_TERMINAL_LAST = 143
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

/* In our own words: strerror may look for a translation, and that allocates. */
static enum err serial_fault(const struct serial_bus *s, struct fault *f)
{
	int number = errno;
	enum err err = bus_error(number);

	switch ((int)err) {
	case ERR_TIMEOUT:
		return fault_set(f, err, "%s: no answer; check the controller's power and the cable",
				 s->settings.device);
	case ERR_DENIED:
		return fault_set(f, err, "%s: the controller refused the request (exception %d); update its firmware",
				 s->settings.device, number - MODBUS_ENOBASE);
	case ERR_FORMAT:
		return fault_set(f, err, "%s: damaged answer; check the cable, 'baud' and 'parity'",
				 s->settings.device);
	default:
		return fault_set(f, err, "%s: cannot be opened, or has gone (error %d); check the cable and 'device'",
				 s->settings.device, number);
	}
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
	s->in_use = is_pseudo_terminal(s->settings.device) ? s->without : s->with_parity;
	if (modbus_connect(s->in_use) != 0)
		return serial_fault(s, f);
	s->is_open = true;
	return ERR_OK;
}

static void serial_close(struct bus *bus)
{
	struct serial_bus *s = serial_of(bus);

	if (s->is_open)
		modbus_close(s->in_use);
	s->is_open = false;
}

/* One limit for the whole exchange: a slave that drips bytes must not hold the thread for longer. */
static void set_patience(const struct serial_bus *s, size_t bytes)
{
	(void)modbus_set_response_timeout(s->in_use, 0, (uint32_t)bus_patience_us(s->settings.baud, bytes));
}

static enum err serial_read(struct bus *bus, uint16_t at, uint16_t *got, size_t count, struct fault *f)
{
	struct serial_bus *s = serial_of(bus);

	set_patience(s, 8 + 5 + 2 * count);
	if (modbus_read_registers(s->in_use, at, (int)count, got) != (int)count)
		return serial_fault(s, f);
	return ERR_OK;
}

static enum err serial_exchange(struct bus *bus, const uint16_t *put, size_t put_count, uint16_t at, uint16_t *got,
				size_t count, struct fault *f)
{
	struct serial_bus *s = serial_of(bus);

	set_patience(s, 13 + 2 * put_count + 5 + 2 * count);
	if (modbus_write_and_read_registers(s->in_use, BLOCK_EXCHANGE, (int)put_count, put, at, (int)count, got) !=
	    (int)count)
		return serial_fault(s, f);
	return ERR_OK;
}

static void serial_settle(struct bus *bus)
{
	struct serial_bus *s = serial_of(bus);
	struct timespec rest = {.tv_nsec = (long)bus_patience_us(s->settings.baud, FRAME_MAX) * 1000};

	(void)nanosleep(&rest, NULL);
	(void)modbus_flush(s->in_use);
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

enum err serial_bus_init(struct serial_bus *s, const struct serial_settings *settings, struct fault *f)
{
	static const struct bus_ops ops = {serial_open, serial_read, serial_exchange, serial_settle, serial_close};
	enum err err;

	*s = (struct serial_bus){.bus = {.ops = &ops}, .settings = *settings};
	s->with_parity = modbus_make(settings, settings->parity);
	s->without = modbus_make(settings, 'N');
	if (s->with_parity != NULL && s->without != NULL)
		return ERR_OK;
	err = serial_fault(s, f);
	serial_bus_fini(s);
	return err;
}

void serial_bus_fini(struct serial_bus *s)
{
	serial_close(&s->bus);
	modbus_free(s->with_parity);
	modbus_free(s->without);
	*s = (struct serial_bus){.is_open = false};
}
