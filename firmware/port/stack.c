#include "firmware/port/stack.h"

#include <avr/io.h>

enum { PAINT = 0xC5, BYTES_AT_ONCE = 8 };

extern uint8_t __heap_start; /* the end of all variables; there is no heap */

/* After the stack pointer is set, before main: everything from the variables up to here is unused. */
__attribute__((naked, used, section(".init5"))) static void paint(void)
{
	for (volatile uint8_t *at = &__heap_start; at < (uint8_t *)SP; at++)
		*at = PAINT;
}

uint16_t stack_look(void)
{
	static const uint8_t *at = &__heap_start;
	static uint16_t unused = UINT16_MAX;

	for (uint8_t i = 0; i < BYTES_AT_ONCE; i++, at++) {
		if (*at == PAINT)
			continue;
		unused = (uint16_t)(at - &__heap_start);
		at = &__heap_start;
		break;
	}
	return unused;
}
