/* The bus below the controller driver: one exchange at a time with one Modbus slave.
 *
 * The serial bus is libmodbus RTU with its error recovery off (with the device gone it would not return); opening
 * again, waiting out a slave and asking again are the driver's and the link's business.
 */
#ifndef KANNUKI_UPLINK_BUS_H
#define KANNUKI_UPLINK_BUS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;

struct bus_ops {
	/* Opens the line; a second call on an open one does nothing. */
	enum err (*open)(struct bus *bus, struct fault *f);
	/* FC 3. Errors: ERR_TIMEOUT no answer; ERR_FORMAT garbage; ERR_DENIED the slave refused; ERR_IO line gone. */
	enum err (*read)(struct bus *bus, uint16_t at, uint16_t *got, size_t count, struct fault *f);
	/* FC 23: writes `put` at register 0 and reads `count` registers in the same exchange. Errors as above. */
	enum err (*exchange)(struct bus *bus, const uint16_t *put, size_t put_count, uint16_t at, uint16_t *got,
			     size_t count, struct fault *f);
	/* Waits until no late answer can come any more, and throws away what came. */
	void (*settle)(struct bus *bus);
	void (*close)(struct bus *bus);
};

struct bus {
	const struct bus_ops *ops;
};

struct serial_settings {
	const char *device; /* borrowed for the life of the bus */
	int baud;
	char parity; /* 'E', 'O' or 'N' */
	int slave;
};

struct _modbus;

struct serial_bus {
	struct bus bus;
	struct serial_settings settings;
	struct _modbus *with_parity;
	struct _modbus *without; /* for pseudo-terminals */
	struct _modbus *in_use;
	bool is_open;
};

/* Allocates everything the bus will ever need; serial_bus_fini releases it. Opens nothing yet. */
enum err serial_bus_init(struct serial_bus *s, const struct serial_settings *settings, struct fault *f) MUST_USE;
void serial_bus_fini(struct serial_bus *s);

/* The longest an exchange of `bytes` on the wire may take: the slave's 40 ms and the time on the wire. */
int64_t bus_patience_us(int baud, size_t bytes) MUST_USE;

#endif
