#include "uplink/modules.h"

#include <modbus/modbus.h>
#include <stdlib.h>

enum { ATTEMPTS = 2, REQUEST_BYTES = 16 };

static const int64_t rest_ns = 10 * INT64_C(1000000);
/* A relay from the shelf, its module's own pace, and the wire. */
static const int64_t settle_ns = 150 * INT64_C(1000000);

static struct modules *modules_of(struct pins *pins)
{
	return (struct modules *)(void *)pins;
}

unsigned point_number(const char *name)
{
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	if (name[0] < '1' || name[0] > '9' || *end != '\0' || number > MODULE_POINTS_MAX)
		return 0;
	return (unsigned)number;
}

static uint64_t point_bit(const char *name)
{
	unsigned number = point_number(name);

	return number == 0 ? 0 : UINT64_C(1) << (number - 1);
}

/* ---- one exchange --------------------------------------------------------------------------------------- */

static int read_row(modbus_t *m, const struct module_row *row, uint64_t *bits)
{
	uint8_t single[MODULE_POINTS_MAX];
	uint16_t words[MODULE_POINTS_MAX];
	bool is_bits = row->read <= 2;
	int got;

	if (is_bits)
		got = row->read == 1 ? modbus_read_bits(m, row->first, row->count, single)
				     : modbus_read_input_bits(m, row->first, row->count, single);
	else
		got = row->read == 3 ? modbus_read_registers(m, row->first, row->count, words)
				     : modbus_read_input_registers(m, row->first, row->count, words);
	if (got != row->count)
		return -1;
	*bits = 0;
	for (int i = 0; i < row->count; i++)
		if (is_bits ? single[i] != 0 : words[i] != 0)
			*bits |= UINT64_C(1) << i;
	return 0;
}

static int write_one(modbus_t *m, const struct module_row *row, int index, bool on)
{
	if (row->write == 5)
		return modbus_write_bit(m, row->first + index, on ? 1 : 0) == 1 ? 0 : -1;
	return modbus_write_register(m, row->first + index, on ? 1 : 0) == 1 ? 0 : -1;
}

static int write_all(modbus_t *m, const struct module_row *row, uint64_t bits)
{
	uint8_t single[MODULE_POINTS_MAX];
	uint16_t words[MODULE_POINTS_MAX];

	for (int i = 0; i < row->count; i++) {
		single[i] = (uint8_t)(bits >> i & 1);
		words[i] = single[i];
	}
	if (row->write == 15)
		return modbus_write_bits(m, row->first, row->count, single) == row->count ? 0 : -1;
	return modbus_write_registers(m, row->first, row->count, words) == row->count ? 0 : -1;
}

static enum err look(struct modules *s, const struct module_row *row, uint64_t *bits, struct fault *f)
{
	size_t answer = 5 + (row->read <= 2 ? (size_t)(row->count + 7) / 8 : 2 * (size_t)row->count);
	enum err err = ERR_TIMEOUT;

	for (int i = 0; i < ATTEMPTS; i++) {
		if (read_row(wire_for(&s->wire, row->slave, REQUEST_BYTES + answer), row, bits) == 0)
			return ERR_OK;
		err = wire_fault(&s->wire, f);
		if (err != ERR_TIMEOUT && err != ERR_FORMAT)
			break;
		wire_settle(&s->wire);
	}
	return err;
}

/* Offs first: a cut never waits behind a lamp. */
static enum err put_each(struct modules *s, uint64_t change, bool on, struct fault *f)
{
	const struct module_row *row = &s->settings.relays;

	for (int i = 0; i < row->count; i++) {
		if ((change >> i & 1) == 0)
			continue;
		if (write_one(wire_for(&s->wire, row->slave, 2 * REQUEST_BYTES), row, i, on) != 0)
			return wire_fault(&s->wire, f);
	}
	return ERR_OK;
}

static enum err put_once(struct modules *s, uint64_t change, struct fault *f)
{
	const struct module_row *row = &s->settings.relays;
	size_t bytes = 2 * REQUEST_BYTES + 2 * (size_t)row->count;
	enum err err;

	if (row->write >= 15)
		return write_all(wire_for(&s->wire, row->slave, bytes), row, s->wanted) == 0 ? ERR_OK
											     : wire_fault(&s->wire, f);
	err = put_each(s, change & ~s->wanted, false, f);
	return err == ERR_OK ? put_each(s, change & s->wanted, true, f) : err;
}

static enum err put(struct modules *s, uint64_t change, struct fault *f)
{
	enum err err = ERR_OK;

	for (int i = 0; i < ATTEMPTS && change != 0; i++) {
		err = put_once(s, change, f);
		if (err != ERR_TIMEOUT && err != ERR_FORMAT)
			break;
		wire_settle(&s->wire);
	}
	return err;
}

/* Reads the outputs back; one that is not as wanted is written again. */
static enum err keep_outputs(struct modules *s, struct fault *f)
{
	uint64_t bits = 0;
	enum err err = look(s, &s->settings.relays, &bits, f);

	return err == ERR_OK ? put(s, (bits ^ s->wanted) & s->used, f) : err;
}

/* ---- pins ------------------------------------------------------------------------------------------------ */

static uint16_t inputs_from(const struct modules *s, uint64_t bits)
{
	const struct wiring *wiring = &s->settings.wiring;
	uint16_t inputs = 0;

	for (unsigned i = 0; i < WIRED_INPUTS; i++) {
		uint64_t point = point_bit(wiring->inputs[i]);

		if (point != 0 && ((bits & point) != 0) != wiring_inverts(wiring, wiring->inputs[i]))
			inputs |= (uint16_t)(1U << i);
	}
	return inputs;
}

/* Off once, at the start. A line that only broke for a moment must not cut. */
static enum err modules_open(struct pins *pins, struct fault *f)
{
	struct modules *s = modules_of(pins);
	enum err err = wire_open(&s->wire, f);

	if (err != ERR_OK || s->is_ready)
		return err;
	wire_settle(&s->wire);
	err = put(s, s->used, f);
	s->is_ready = err == ERR_OK;
	return err;
}

static enum err look_at_both(struct modules *s, uint64_t *bits, struct fault *f)
{
	enum err err = keep_outputs(s, f);

	return err == ERR_OK && s->settings.inputs.count > 0 ? look(s, &s->settings.inputs, bits, f) : err;
}

static enum err modules_sense(struct pins *pins, int64_t now_ns, struct fault *f)
{
	struct modules *s = modules_of(pins);
	uint64_t bits = 0;
	enum err err = look_at_both(s, &bits, f);

	if (err == ERR_OK) {
		s->sight = (struct sight){inputs_from(s, bits), now_ns};
		s->has_sight = true;
		return ERR_OK;
	}
	/* A connection to a module that was switched off never ends by itself. */
	if (err == ERR_IO || s->settings.wire.device[0] == '\0')
		wire_close(&s->wire);
	return err;
}

static bool modules_next(struct pins *pins, int64_t until_ns, struct sight *sight)
{
	struct modules *s = modules_of(pins);

	(void)until_ns;
	if (!s->has_sight)
		return false;
	*sight = s->sight;
	s->has_sight = false;
	return true;
}

static enum err modules_drive(struct pins *pins, uint8_t coils, uint16_t lamps, struct fault *f)
{
	struct modules *s = modules_of(pins);
	const struct wiring *wiring = &s->settings.wiring;
	uint64_t before = s->wanted;

	s->wanted = 0;
	for (unsigned i = 0; i < BOARD_UPLINKS; i++)
		if ((coils >> i & 1) != 0)
			s->wanted |= point_bit(wiring->relays[i]);
	for (unsigned i = 0; i < WIRED_LAMPS; i++)
		if ((lamps >> i & 1) != 0)
			s->wanted |= point_bit(wiring->lamps[i]);
	return put(s, before ^ s->wanted, f);
}

static void modules_wait(struct pins *pins, int bell, int64_t until_ns)
{
	(void)pins;
	pins_wait(bell, -1, until_ns);
}

static void modules_close(struct pins *pins)
{
	struct modules *s = modules_of(pins);
	struct fault unused;

	s->wanted = 0;
	if (s->is_ready && s->wire.is_open)
		(void)put(s, s->used, &unused);
	s->is_ready = false;
	wire_close(&s->wire);
}

enum err modules_init(struct modules *m, const struct modules_settings *settings, struct fault *f)
{
	static const struct pins_ops ops = {modules_open,  modules_sense, modules_next,
					    modules_drive, modules_wait,  modules_close};

	*m = (struct modules){.pins = {.ops = &ops, .rest_ns = rest_ns, .settle_ns = settle_ns}, .settings = *settings};
	for (unsigned i = 0; i < BOARD_UPLINKS; i++)
		m->used |= point_bit(settings->wiring.relays[i]);
	for (unsigned i = 0; i < WIRED_LAMPS; i++)
		m->used |= point_bit(settings->wiring.lamps[i]);
	return wire_init(&m->wire, &settings->wire, f);
}

void modules_fini(struct modules *m)
{
	wire_fini(&m->wire);
}
