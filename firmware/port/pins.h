/* The pins of the ATmega1284P, as board/map.h assigns them. Called with interrupts off, or from one. */
#ifndef KANNUKI_PORT_PINS_H
#define KANNUKI_PORT_PINS_H

#include <stdbool.h>
#include <stdint.h>

/* All outputs off, pull-ups on, change interrupts of buttons and mirror contacts on. */
void pins_init(void);
/* Every input in the order of enum board_input; 1 is pressed, on, closed, present. */
uint16_t pins_read(void);
/* Mirror contacts that are closed. */
uint8_t pins_mirrors(void);
/* Coil pins to energise. */
void pins_set_coils(uint8_t coils);
/* enum board_lamp bits */
void pins_set_lamps(uint16_t lamps);
void pins_set_attention(bool on);
/* RS-485 driver. */
void pins_driver_on(void);
void pins_driver_off(void);

#endif
