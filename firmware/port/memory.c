#include "firmware/port/memory.h"

#include <avr/io.h>
#include <util/atomic.h>

static bool memory_ready(void)
{
	return (EECR & 1 << EEPE) == 0;
}

static uint8_t memory_read(uint16_t at)
{
	EEAR = at;
	EECR |= 1 << EERE;
	return EEDR;
}

static void memory_write(uint16_t at, uint8_t byte)
{
	/* The two strobes must follow each other within four cycles. */
	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		EEAR = at;
		EEDR = byte;
		EECR = 1 << EEMPE;
		EECR |= 1 << EEPE;
	}
}

const struct eeprom memory = {memory_ready, memory_read, memory_write};
