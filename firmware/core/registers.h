/* The register map (board/map.h) over the panel's state. Exceptions are Modbus exception codes, 0 is none. */
#ifndef KANNUKI_FIRMWARE_REGISTERS_H
#define KANNUKI_FIRMWARE_REGISTERS_H

#include "firmware/core/panel.h"

enum modbus_exception { EXCEPTION_NONE, EXCEPTION_FUNCTION, EXCEPTION_ADDRESS, EXCEPTION_VALUE };
/* The largest block that is read, and that is written. */
enum { REGISTERS_MAX = KEY_SLOTS_SIZE, REGISTERS_WRITE_MAX = WITNESS_WRITE_SIZE };

/* Registers as they came, high byte first; `get` reads number `i`. */
uint16_t register_at(const uint8_t *bytes, uint8_t i);
/* Numbers `i` and `i + 1` as one. */
uint32_t register_pair_at(const uint8_t *bytes, uint8_t i);
/* True when the last of so many words is the complement of the exclusive-or of the others. */
bool words_check(const uint8_t *words, uint8_t count);

/* A block that can be read. NULL: there is none at `address`, or it has not so many registers. */
struct block;
const struct block *registers_find(uint16_t address, uint16_t count);
void registers_read(const struct panel *p, const struct block *block, uint16_t count, uint16_t *out);

/* Says whether the whole write is allowed; registers_write then carries it out. `at` is when it arrived. */
enum modbus_exception registers_check_write(uint16_t address, uint16_t count, const uint8_t *values);
void registers_write(struct panel *p, uint16_t address, uint16_t count, const uint8_t *values, struct stamp at);

/* Coils and discrete inputs. */
bool coil_read(const struct panel *p, uint16_t coil);
bool coil_is_lamp(uint16_t coil);
void coil_write(struct panel *p, uint16_t coil, bool on);

#endif
