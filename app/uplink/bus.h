/* The bus below the controller driver: one exchange at a time with whatever holds the registers of board/map.h. */
#ifndef KANNUKI_UPLINK_BUS_H
#define KANNUKI_UPLINK_BUS_H

#include "uplink/wire.h"

struct bus;

/* Words to be written, from one address on. */
struct bus_write {
	uint16_t at;
	const uint16_t *words;
	size_t count;
};

struct bus_ops {
	/* Opens the line; a second call on an open one does nothing. */
	enum err (*open)(struct bus *bus, struct fault *f);
	/* FC 3. Errors: ERR_TIMEOUT no answer; ERR_FORMAT garbage; ERR_DENIED the slave refused; ERR_IO line gone. */
	enum err (*read)(struct bus *bus, uint16_t at, uint16_t *got, size_t count, struct fault *f);
	/* FC 23: writes `put`, then reads `count` registers in the same exchange. Errors as above. */
	enum err (*exchange)(struct bus *bus, const struct bus_write *put, uint16_t at, uint16_t *got, size_t count,
			     struct fault *f);
	/* Waits until no late answer can come any more, and throws away what came. */
	void (*settle)(struct bus *bus);
	void (*close)(struct bus *bus);
};

struct bus {
	const struct bus_ops *ops;
};

/* The bus of the panel controller on a serial line. */
struct serial_bus {
	struct bus bus;
	struct wire wire;
};

/* Allocates everything the bus will ever need; serial_bus_fini releases it. Opens nothing yet. */
enum err serial_bus_init(struct serial_bus *s, const struct wire_settings *settings, struct fault *f) MUST_USE;
void serial_bus_fini(struct serial_bus *s);

#endif
