#include "firmware/port/bus.h"

#include "board/map.h"
#include "firmware/core/slave.h"
#include "firmware/port/clock.h"
#include "firmware/port/pins.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

/* In 64ths of the chip's clock: 1.75 ms, and 3.5 characters of 11 bits. */
enum { SILENCE_COUNTS = 201, SILENCE_COUNTS_SLOW = 231 };
enum bus_state { BUS_LISTENS, BUS_HAS_FRAME, BUS_SENDS };

static struct {
	volatile uint8_t state; /* enum bus_state */
	uint8_t spoilt;
	bool bad;
	uint8_t bytes[SLAVE_FRAME_MAX];
	uint16_t length, sent;
	struct stamp at;
} bus;

void bus_init(uint32_t baud)
{
	UBRR0 = (uint16_t)(F_CPU / 16 / baud - 1);
	UCSR0C = 1 << UPM01 | 1 << UCSZ01 | 1 << UCSZ00;
	UCSR0B = 1 << RXEN0 | 1 << TXEN0 | 1 << RXCIE0;
	TCCR0A = 1 << WGM01;
	OCR0A = baud == BOARD_BAUD ? SILENCE_COUNTS : SILENCE_COUNTS_SLOW;
	TIMSK0 = 1 << OCIE0A;
}

static void silence_restart(void)
{
	TCNT0 = 0;
	TIFR0 = 1 << OCF0A;
	TCCR0B = 1 << CS01 | 1 << CS00;
}

static void silence_stop(void)
{
	TCCR0B = 0;
}

ISR(USART0_RX_vect)
{
	uint8_t status = UCSR0A;
	uint8_t byte = UDR0;

	if (bus.state != BUS_LISTENS)
		return;
	if ((status & (1 << FE0 | 1 << DOR0 | 1 << UPE0)) != 0 || bus.length == SLAVE_FRAME_MAX)
		bus.bad = true;
	else
		bus.bytes[bus.length++] = byte;
	bus.at = clock_now();
	silence_restart();
}

static void listen(void)
{
	bus.length = 0;
	bus.state = BUS_LISTENS;
}

static void end_sending(void)
{
	UCSR0B &= (uint8_t)(~(1 << TXCIE0));
	pins_driver_off();
	listen();
}

ISR(TIMER0_COMPA_vect)
{
	silence_stop();
	if (bus.state == BUS_SENDS) {
		end_sending();
		return;
	}
	if (!bus.bad) {
		bus.state = BUS_HAS_FRAME;
		return;
	}
	bus.spoilt++;
	bus.bad = false;
	bus.length = 0;
}

ISR(USART0_UDRE_vect)
{
	UDR0 = bus.bytes[bus.sent++];
	if (bus.sent == bus.length) {
		/* Forgets a completion in the middle of the answer; this byte's own is a character away. */
		UCSR0A = 1 << TXC0;
		UCSR0B = (uint8_t)((UCSR0B & ~(1 << UDRIE0)) | 1 << TXCIE0);
		/* Should that one not come, the bus must not be dead for ever. */
		silence_restart();
	}
}

ISR(USART0_TX_vect)
{
	silence_stop();
	end_sending();
}

bool bus_has_frame(void)
{
	return bus.state == BUS_HAS_FRAME;
}

uint8_t *bus_frame(uint16_t *length, struct stamp *at)
{
	*length = bus.length;
	*at = bus.at;
	return bus.bytes;
}

void bus_send(uint16_t length)
{
	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		if (length == 0) {
			listen();
		} else {
			bus.length = length;
			bus.sent = 0;
			bus.state = BUS_SENDS;
			pins_driver_on();
			UCSR0B |= 1 << UDRIE0;
		}
	}
}

uint8_t bus_take_spoilt(void)
{
	uint8_t spoilt;

	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		spoilt = bus.spoilt;
		bus.spoilt = 0;
	}
	return spoilt;
}
