#include "firmware/port/pins.h"

#include "board/map.h"

#include <avr/io.h>

enum {
	MIRRORS = BOARD_ALL_UPLINKS << PIN_MIRROR,
	COILS = BOARD_ALL_UPLINKS << PIN_COIL,
	UPLINK_LAMPS = BOARD_ALL_UPLINKS << PIN_UPLINK_LAMP,
	PANEL_LAMPS = 1 << PIN_LAMP_RECORDED | 1 << PIN_LAMP_INCIDENT | 1 << PIN_LAMP_FAULT | 1 << PIN_LAMP_DRILL |
		      1 << PIN_ALARM
};

/* Port A is exactly the low byte of enum board_input, and lamps lie in the order of enum board_lamp. */
_Static_assert(1 << PIN_DECLARE == INPUT_DECLARE && 1 << PIN_TEST == INPUT_TEST, "buttons out of order");
_Static_assert(LAMP_RECORDED << PIN_LAMP_RECORDED == 1 << PIN_LAMP_RECORDED, "lamps out of order");
_Static_assert(LAMP_ALARM << PIN_LAMP_RECORDED == 1 << PIN_ALARM, "lamps out of order");

void pins_init(void)
{
	PORTC = 0;
	DDRC = COILS | UPLINK_LAMPS;
	PORTB = MIRRORS | 1 << PIN_JUMPER;
	DDRB = 1 << PIN_BUZZER | 1 << PIN_ATTENTION;
	PORTA = 0xFF;
	DDRA = 0;
	PORTD = 1 << PIN_RXD;
	DDRD = PANEL_LAMPS | 1 << PIN_DRIVER | 1 << PIN_TXD;
	PCMSK0 = 0xFF;
	PCMSK1 = MIRRORS;
	PCICR = 1 << PCIE0 | 1 << PCIE1;
}

uint8_t pins_mirrors(void)
{
	return (uint8_t)(~PINB & MIRRORS) >> PIN_MIRROR;
}

uint16_t pins_read(void)
{
	uint16_t inputs = (uint8_t)~PINA;

	inputs |= (uint16_t)pins_mirrors() * INPUT_MIRROR_1;
	if ((PINB & 1 << PIN_SUPPLY) != 0)
		inputs |= INPUT_SUPPLY;
	if ((PINB & 1 << PIN_JUMPER) == 0)
		inputs |= INPUT_JUMPER;
	return inputs;
}

void pins_set_coils(uint8_t coils)
{
	PORTC = (uint8_t)((PORTC & ~COILS) | (coils << PIN_COIL & COILS));
}

void pins_set_lamps(uint16_t lamps)
{
	uint8_t uplinks = (uint8_t)(lamps / LAMP_UPLINK_1);

	PORTC = (uint8_t)((PORTC & ~UPLINK_LAMPS) | (uplinks << PIN_UPLINK_LAMP & UPLINK_LAMPS));
	PORTD = (uint8_t)((PORTD & ~PANEL_LAMPS) | (lamps << PIN_LAMP_RECORDED & PANEL_LAMPS));
	if ((lamps & LAMP_BUZZER) != 0)
		PORTB |= 1 << PIN_BUZZER;
	else
		PORTB &= (uint8_t)(~(1 << PIN_BUZZER));
}

void pins_set_attention(bool on)
{
	if (on)
		PORTB |= 1 << PIN_ATTENTION;
	else
		PORTB &= (uint8_t)(~(1 << PIN_ATTENTION));
}

void pins_driver_on(void)
{
	PORTD |= 1 << PIN_DRIVER;
}

void pins_driver_off(void)
{
	PORTD &= (uint8_t)(~(1 << PIN_DRIVER));
}
