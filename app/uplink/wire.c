#include "uplink/wire.h"

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

static bool is_serial(const struct wire_settings *settings)
{
	return settings->device[0] != '\0';
}

int64_t wire_patience_us(const struct wire_settings *settings, size_t bytes)
{
	int64_t slave_us = settings->slave_ms * INT64_C(1000);

	return is_serial(settings) ? slave_us + (int64_t)bytes * BITS_ON_WIRE * 1000000 / settings->baud : slave_us;
}

static enum err wire_error(int number)
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
enum err wire_fault(const struct wire *w, struct fault *f)
{
	int number = errno;
	enum err err = wire_error(number);
	const char *place = is_serial(&w->settings) ? w->settings.device : w->settings.address;

	switch ((int)err) {
	case ERR_TIMEOUT:
		return fault_set(f, err, "%s: no answer; check the %s's power and the cable", place, w->settings.peer);
	case ERR_DENIED:
		return fault_set(f, err, "%s: the %s refused the request (exception %d); it is another kind or version",
				 place, w->settings.peer, number - MODBUS_ENOBASE);
	case ERR_FORMAT:
		return fault_set(f, err, "%s: damaged answer; check the cable, 'baud' and 'parity'", place);
	default:
		return fault_set(f, err, "%s: cannot be opened, or has gone (error %d); check the cable and '%s'",
				 place, number, is_serial(&w->settings) ? "device" : "address");
	}
}

/* A pseudo-terminal has no parity, and glibc refuses to set it when nothing else changes: each second time. */
static bool is_pseudo_terminal(const char *device)
{
	struct stat status;

	return stat(device, &status) == 0 && major(status.st_rdev) >= PSEUDO_TERMINAL_FIRST &&
	       major(status.st_rdev) <= PSEUDO_TERMINAL_LAST;
}

enum err wire_open(struct wire *w, struct fault *f)
{
	if (w->is_open)
		return ERR_OK;
	w->in_use = is_serial(&w->settings) && is_pseudo_terminal(w->settings.device) ? w->without_parity : w->usual;
	if (modbus_connect(w->in_use) != 0)
		return wire_fault(w, f);
	w->is_open = true;
	return ERR_OK;
}

void wire_close(struct wire *w)
{
	if (w->is_open)
		modbus_close(w->in_use);
	w->is_open = false;
}

/* One limit for the whole exchange: a slave that drips bytes must not hold the thread for longer. */
struct _modbus *wire_for(struct wire *w, int slave, size_t bytes)
{
	int64_t us = wire_patience_us(&w->settings, bytes);

	(void)modbus_set_slave(w->in_use, slave);
	(void)modbus_set_response_timeout(w->in_use, (uint32_t)(us / 1000000), (uint32_t)(us % 1000000));
	return w->in_use;
}

void wire_settle(struct wire *w)
{
	int64_t us = wire_patience_us(&w->settings, FRAME_MAX);
	struct timespec rest = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};

	(void)nanosleep(&rest, NULL);
	(void)modbus_flush(w->in_use);
}

static modbus_t *modbus_make(const struct wire_settings *settings, int parity)
{
	modbus_t *m = is_serial(settings) ? modbus_new_rtu(settings->device, settings->baud, (char)parity, 8, 1)
					  : modbus_new_tcp(settings->address, settings->port);

	if (m != NULL && modbus_set_error_recovery(m, MODBUS_ERROR_RECOVERY_NONE) == 0 &&
	    modbus_set_byte_timeout(m, 0, 0) == 0 &&
	    modbus_set_response_timeout(m, 0, (uint32_t)settings->slave_ms * 1000) == 0)
		return m;
	modbus_free(m);
	return NULL;
}

enum err wire_init(struct wire *w, const struct wire_settings *settings, struct fault *f)
{
	enum err err;

	*w = (struct wire){.settings = *settings};
	w->usual = modbus_make(settings, settings->parity);
	w->without_parity = modbus_make(settings, 'N');
	w->in_use = w->usual;
	if (w->usual != NULL && w->without_parity != NULL)
		return ERR_OK;
	err = wire_fault(w, f);
	wire_fini(w);
	return err;
}

void wire_fini(struct wire *w)
{
	wire_close(w);
	modbus_free(w->usual);
	modbus_free(w->without_parity);
	*w = (struct wire){.is_open = false};
}
