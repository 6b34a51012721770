/* The chip's EEPROM, one byte at a time, never waiting. */
#ifndef KANNUKI_PORT_MEMORY_H
#define KANNUKI_PORT_MEMORY_H

#include "firmware/core/journal.h"

extern const struct eeprom memory;

#endif
