#include "firmware/core/slave.h"

#include "firmware/core/crc16.h"
#include "firmware/core/registers.h"

#include <string.h>

enum { READ_COILS = 1, READ_INPUTS, READ_HOLDING, READ_INPUT_REGISTERS, WRITE_COIL, WRITE_REGISTER };
enum { WRITE_COILS = 15, WRITE_REGISTERS, READ_WRITE_REGISTERS = 23 };
enum { FAILED_BIT = 0x80, SHORTEST = 4, HEAD = 2, CRC = 2 };

/* One request: what stands behind the function code, and the room for the answer's data. */
struct request {
	const uint8_t *data;
	uint16_t length;
	uint8_t *out;
	uint16_t out_length;
	struct stamp at;
};

static void put_registers(struct request *r, const uint16_t *values, uint16_t count)
{
	r->out[0] = (uint8_t)(2 * count);
	for (uint16_t i = 0; i < count; i++) {
		r->out[1 + 2 * i] = (uint8_t)(values[i] >> 8);
		r->out[2 + 2 * i] = (uint8_t)values[i];
	}
	r->out_length = (uint16_t)(1 + 2 * count);
}

/* Writes are answered with their own first four bytes. */
static void echo(struct request *r)
{
	memcpy(r->out, r->data, 4);
	r->out_length = 4;
}

static enum modbus_exception read_bits(struct panel *p, struct request *r, uint16_t limit, bool inputs)
{
	uint16_t address = register_at(r->data, 0);
	uint16_t count = register_at(r->data, 1);
	uint16_t size = (uint16_t)((count + 7) / 8);

	if (r->length != 4 || count == 0)
		return EXCEPTION_VALUE;
	if (address >= limit || count > limit - address)
		return EXCEPTION_ADDRESS;
	memset(r->out + 1, 0, size);
	for (uint16_t i = 0; i < count; i++)
		if (inputs ? (p->inputs >> (address + i) & 1) != 0 : coil_read(p, (uint16_t)(address + i)))
			r->out[1 + i / 8] |= (uint8_t)(1U << (i % 8));
	r->out[0] = (uint8_t)size;
	r->out_length = (uint16_t)(1 + size);
	return EXCEPTION_NONE;
}

static enum modbus_exception read_coils(struct panel *p, struct request *r)
{
	return read_bits(p, r, COIL_LAMP + COIL_LAMPS, false);
}

static enum modbus_exception read_inputs(struct panel *p, struct request *r)
{
	return read_bits(p, r, BOARD_DISCRETE_INPUTS, true);
}

static enum modbus_exception read_registers(struct panel *p, struct request *r)
{
	uint16_t count = register_at(r->data, 1);
	const struct block *block = registers_find(register_at(r->data, 0), count);
	uint16_t values[REGISTERS_MAX];

	if (r->length != 4)
		return EXCEPTION_VALUE;
	if (block == NULL)
		return EXCEPTION_ADDRESS;
	registers_read(p, block, count, values);
	put_registers(r, values, count);
	return EXCEPTION_NONE;
}

static enum modbus_exception write_coil(struct panel *p, struct request *r)
{
	uint16_t coil = register_at(r->data, 0);
	uint16_t value = register_at(r->data, 1);

	if (r->length != 4 || (value != 0 && value != 0xFF00))
		return EXCEPTION_VALUE;
	if (!coil_is_lamp(coil))
		return EXCEPTION_ADDRESS;
	coil_write(p, coil, value != 0);
	echo(r);
	return EXCEPTION_NONE;
}

static enum modbus_exception write_register(struct panel *p, struct request *r)
{
	uint16_t address = register_at(r->data, 0);
	enum modbus_exception exception;

	if (r->length != 4)
		return EXCEPTION_VALUE;
	exception = registers_check_write(address, 1, r->data + 2);
	if (exception != EXCEPTION_NONE)
		return exception;
	registers_write(p, address, 1, r->data + 2, r->at);
	echo(r);
	return EXCEPTION_NONE;
}

static enum modbus_exception write_coils(struct panel *p, struct request *r)
{
	uint16_t address = register_at(r->data, 0);
	uint16_t count = register_at(r->data, 1);

	if (r->length < 6 || count == 0 || count > COIL_LAMPS || r->data[4] != 1 || r->length != 6)
		return EXCEPTION_VALUE;
	if (!coil_is_lamp(address) || !coil_is_lamp((uint16_t)(address + count - 1)))
		return EXCEPTION_ADDRESS;
	for (uint16_t i = 0; i < count; i++)
		coil_write(p, (uint16_t)(address + i), (r->data[5] >> i & 1) != 0);
	echo(r);
	return EXCEPTION_NONE;
}

/* True when the byte count at `head` fits `count` registers and the rest of the request. */
static bool values_fit(const struct request *r, uint16_t count, uint8_t head)
{
	return count <= REGISTERS_WRITE_MAX && r->data[head] == 2 * count && r->length == head + 1 + 2 * count;
}

static enum modbus_exception write_registers(struct panel *p, struct request *r)
{
	uint16_t address = register_at(r->data, 0);
	uint16_t count = register_at(r->data, 1);
	enum modbus_exception exception;

	if (r->length < 5 || !values_fit(r, count, 4))
		return EXCEPTION_VALUE;
	exception = registers_check_write(address, count, r->data + 5);
	if (exception != EXCEPTION_NONE)
		return exception;
	registers_write(p, address, count, r->data + 5, r->at);
	echo(r);
	return EXCEPTION_NONE;
}

/* Writes first, then reads: the answer shows what the write did. */
static enum modbus_exception read_write_registers(struct panel *p, struct request *r)
{
	uint16_t wanted = register_at(r->data, 1);
	const struct block *block = registers_find(register_at(r->data, 0), wanted);
	uint16_t values[REGISTERS_MAX];
	enum modbus_exception exception;

	if (r->length < 9 || !values_fit(r, register_at(r->data, 3), 8))
		return EXCEPTION_VALUE;
	if (block == NULL)
		return EXCEPTION_ADDRESS;
	exception = registers_check_write(register_at(r->data, 2), register_at(r->data, 3), r->data + 9);
	if (exception != EXCEPTION_NONE)
		return exception;
	registers_write(p, register_at(r->data, 2), register_at(r->data, 3), r->data + 9, r->at);
	registers_read(p, block, wanted, values);
	put_registers(r, values, wanted);
	return EXCEPTION_NONE;
}

struct function {
	uint8_t code;
	enum modbus_exception (*carry_out)(struct panel *p, struct request *r);
};

static const struct function functions[] = {
	{READ_COILS, read_coils},
	{READ_INPUTS, read_inputs},
	{READ_HOLDING, read_registers},
	{READ_INPUT_REGISTERS, read_registers},
	{WRITE_COIL, write_coil},
	{WRITE_REGISTER, write_register},
	{WRITE_COILS, write_coils},
	{WRITE_REGISTERS, write_registers},
	{READ_WRITE_REGISTERS, read_write_registers},
};
enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

static enum modbus_exception carry_out(struct panel *p, uint8_t code, struct request *r)
{
	if (r->length < 4)
		return EXCEPTION_VALUE;
	for (uint8_t i = 0; i < FUNCTION_COUNT; i++)
		if (functions[i].code == code)
			return functions[i].carry_out(p, r);
	return EXCEPTION_FUNCTION;
}

static bool is_whole(const uint8_t *frame, uint16_t length)
{
	uint16_t crc;

	if (length < SHORTEST || length > SLAVE_FRAME_MAX)
		return false;
	crc = crc16(frame, (uint16_t)(length - CRC));
	return frame[length - 2] == (uint8_t)crc && frame[length - 1] == (uint8_t)(crc >> 8);
}

static void count_up(uint16_t *counter)
{
	if (*counter != UINT16_MAX)
		(*counter)++;
}

static uint16_t seal(uint8_t *frame, uint16_t length)
{
	uint16_t crc = crc16(frame, length);

	frame[length] = (uint8_t)crc;
	frame[length + 1] = (uint8_t)(crc >> 8);
	return (uint16_t)(length + CRC);
}

uint16_t slave_answer(struct panel *p, uint8_t frame[SLAVE_FRAME_MAX], uint16_t length, struct stamp at)
{
	uint8_t out[1 + 2 * REGISTERS_MAX];
	struct request request = {.data = frame + HEAD, .out = out, .at = at};
	enum modbus_exception exception;

	if (!is_whole(frame, length)) {
		count_up(&p->bad_frames);
		return 0;
	}
	if (frame[0] != BOARD_SLAVE)
		return 0;
	request.length = (uint16_t)(length - HEAD - CRC);
	p->sequence++;
	exception = carry_out(p, frame[1], &request);
	if (exception == EXCEPTION_NONE) {
		memcpy(frame + HEAD, out, request.out_length);
		return seal(frame, (uint16_t)(HEAD + request.out_length));
	}
	count_up(&p->exceptions);
	frame[1] |= FAILED_BIT;
	frame[2] = (uint8_t)exception;
	return seal(frame, HEAD + 1);
}
