#include "uplink/bus.h"

#include "board/map.h"

#include <modbus/modbus.h>

static struct wire *wire_of(struct bus *bus)
{
	return &((struct serial_bus *)(void *)bus)->wire;
}

static enum err serial_open(struct bus *bus, struct fault *f)
{
	return wire_open(wire_of(bus), f);
}

static void serial_close(struct bus *bus)
{
	wire_close(wire_of(bus));
}

static void serial_settle(struct bus *bus)
{
	wire_settle(wire_of(bus));
}

static enum err serial_read(struct bus *bus, uint16_t at, uint16_t *got, size_t count, struct fault *f)
{
	struct wire *w = wire_of(bus);
	modbus_t *m = wire_for(w, BOARD_SLAVE, 8 + 5 + 2 * count);

	return modbus_read_registers(m, at, (int)count, got) == (int)count ? ERR_OK : wire_fault(w, f);
}

static enum err serial_exchange(struct bus *bus, const struct bus_write *put, uint16_t at, uint16_t *got, size_t count,
				struct fault *f)
{
	struct wire *w = wire_of(bus);
	modbus_t *m = wire_for(w, BOARD_SLAVE, 13 + 2 * put->count + 5 + 2 * count);
	int read = modbus_write_and_read_registers(m, put->at, (int)put->count, put->words, at, (int)count, got);

	return read == (int)count ? ERR_OK : wire_fault(w, f);
}

enum err serial_bus_init(struct serial_bus *s, const struct wire_settings *settings, struct fault *f)
{
	static const struct bus_ops ops = {serial_open, serial_read, serial_exchange, serial_settle, serial_close};

	*s = (struct serial_bus){.bus = {.ops = &ops}};
	return wire_init(&s->wire, settings, f);
}

void serial_bus_fini(struct serial_bus *s)
{
	wire_fini(&s->wire);
}
