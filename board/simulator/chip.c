/* Around simavr 1.6:
 *   - EEPROM writes end at once there: here EEPE stays set for 3.4 ms, and power lost meanwhile tears the byte;
 *   - a reset forgets inputs and timers: chip_run returns, the board drives the inputs again;
 *   - sleep jumps to the next timer, and waits in wall time: an empty timer marks each instant to act, and sleep is
 *     replaced by one that does not wait;
 *   - a low external-interrupt pin costs a hundredfold: switched off.
 */
#include "board/simulator/chip.h"

#include <simavr/avr_eeprom.h>
#include <simavr/avr_extint.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_cycle_timers.h>
#include <simavr/sim_hex.h>
#include <simavr/sim_io.h>

#include <stdlib.h>
#include <string.h>

enum {
	CLOCK = 7372800,
	EEPROM_SIZE = 4096,
	CYCLES_AT_ONCE = CLOCK / 1000, /* at most, and no further than the next timer */
	EEPROM_CYCLES = CLOCK / 10000 * 34,
	/* Addresses in the chip's data space. */
	AT_EECR = 0x3F,
	AT_EEARL = 0x41,
	AT_EEARH = 0x42,
	AT_MCUSR = 0x54,
	AT_RAM = 0x100,
	BIT_EEPE = 1 << 1
};

struct chip {
	avr_t *avr;
	struct chip_hooks hooks;
	uint8_t driven[4], levels[4]; /* inputs of ports A to D, driven from outside */
	uint8_t *eeprom;
	bool was_reset, has_moved;
	bool is_hung;
	avr_flashaddr_t hung_at;
	uint8_t hung_word[2]; /* what chip_hang has overwritten */
	bool eeprom_busy;
	uint16_t eeprom_at;
	avr_cycle_count_t eeprom_until;
};

bool chip_image_read(struct chip_image *image, const char *path)
{
	image->bytes = read_ihex_file(path, &image->size, &image->start);
	return image->bytes != NULL;
}

void chip_image_free(struct chip_image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}

/* libsimavr does not give back its pin tables; each power-on costs some kilobytes. This is the name by which the leak
   sanitizer asks what to overlook. */
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
const char *__lsan_default_suppressions(void);
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
const char *__lsan_default_suppressions(void)
{
	return "leak:libsimavr";
}

/* ---- EEPROM ---- */

static uint8_t *eeprom_inside(const struct chip *c)
{
	avr_eeprom_desc_t all = {.ee = NULL, .offset = 0, .size = EEPROM_SIZE};

	avr_ioctl(c->avr, AVR_IOCTL_EEPROM_GET, &all);
	return all.ee;
}

static void eeprom_finish(struct chip *c)
{
	c->eeprom_busy = false;
	c->eeprom[c->eeprom_at] = eeprom_inside(c)[c->eeprom_at];
}

bool chip_is_writing(const struct chip *c)
{
	return c->eeprom_busy && c->avr->cycle < c->eeprom_until;
}

static uint8_t eeprom_status(avr_t *avr, avr_io_addr_t addr, void *param)
{
	struct chip *c = param;

	if (c->eeprom_busy && avr->cycle >= c->eeprom_until)
		eeprom_finish(c);
	if (c->eeprom_busy)
		return avr->data[addr] | BIT_EEPE;
	return (uint8_t)(avr->data[addr] & ~BIT_EEPE);
}

static void eeprom_command(avr_t *avr, avr_io_addr_t addr, uint8_t value, void *param)
{
	struct chip *c = param;

	(void)addr;
	if ((value & BIT_EEPE) == 0 || c->eeprom_busy)
		return;
	c->eeprom_busy = true;
	c->eeprom_at = (uint16_t)((avr->data[AT_EEARH] << 8 | avr->data[AT_EEARL]) % EEPROM_SIZE);
	c->eeprom_until = avr->cycle + EEPROM_CYCLES;
	c->hooks.wrote(c->hooks.context, c->eeprom_at);
}

/* A mixture of old and new bits, and a wrong one. */
static void eeprom_tear(struct chip *c)
{
	uint8_t intended = eeprom_inside(c)[c->eeprom_at];
	uint8_t mask = (uint8_t)(c->avr->cycle * 37 >> 3);

	c->eeprom[c->eeprom_at] = (uint8_t)((c->eeprom[c->eeprom_at] & mask) | (intended & ~mask));
	c->eeprom[c->eeprom_at] ^= (uint8_t)(1U << (c->avr->cycle % 8));
}

/* ---- making one ---- */

static void do_not_wait(avr_t *avr, avr_cycle_count_t how_long)
{
	(void)avr;
	(void)how_long;
}

static struct chip *chip_of(avr_t *avr)
{
	return avr->custom.data;
}

static void on_reset(avr_t *avr)
{
	chip_of(avr)->was_reset = true;
}

static void byte_sent(struct avr_irq_t *irq, uint32_t value, void *param)
{
	struct chip *c = param;

	(void)irq;
	c->hooks.sent(c->hooks.context, (uint8_t)value);
}

/* Ports are written every millisecond; only a change is of interest. */
static void port_written(struct avr_irq_t *irq, uint32_t value, void *param)
{
	struct chip *c = param;

	if (irq->value == value)
		return;
	c->has_moved = true;
	c->avr->run_cycle_count = 0;
}

/* What RAM holds after power-on is nobody's business, and certainly not zero. */
static void fill_ram(avr_t *avr)
{
	uint32_t noise = 0x9E3779B9;

	for (unsigned at = AT_RAM; at <= avr->ramend; at++) {
		noise = noise * 1664525 + 1013904223;
		avr->data[at] = (uint8_t)(noise >> 24);
	}
}

/* A level interrupt on a low pin, in use or not, would be looked at in every cycle; a reset brings that back. */
static void ease_interrupt_pins(avr_t *avr)
{
	for (uint8_t i = 0; i < 3; i++)
		avr_extint_set_strict_lvl_trig(avr, i, 0);
}

static void attach(struct chip *c)
{
	avr_t *avr = c->avr;
	uint32_t uart_flags = 0;
	avr_eeprom_desc_t all = {.ee = c->eeprom, .offset = 0, .size = EEPROM_SIZE};

	avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &uart_flags);
	avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &all);
	avr_register_io_read(avr, AT_EECR, eeprom_status, c);
	avr_register_io_write(avr, AT_EECR, eeprom_command, c);
	ease_interrupt_pins(avr);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), byte_sent, c);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('C'), IOPORT_IRQ_REG_PORT), port_written, c);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), IOPORT_IRQ_REG_PORT), port_written, c);
}

struct chip *chip_new(const struct chip_image *image, uint8_t *eeprom, uint8_t reset_flags,
		      const struct chip_hooks *hooks)
{
	struct chip *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->avr = avr_make_mcu_by_name("atmega1284p");
	if (c->avr == NULL || avr_init(c->avr) != 0) {
		free(c);
		return NULL;
	}
	c->hooks = *hooks;
	c->eeprom = eeprom;
	c->avr->frequency = CLOCK;
	c->avr->log = LOG_ERROR;
	c->avr->sleep = do_not_wait;
	c->avr->custom.data = c;
	avr_loadcode(c->avr, image->bytes, image->size, image->start);
	attach(c);
	fill_ram(c->avr);
	c->avr->data[AT_MCUSR] = reset_flags;
	c->avr->reset = on_reset;
	return c;
}

void chip_free(struct chip *c)
{
	if (c == NULL)
		return;
	if (chip_is_writing(c))
		eeprom_tear(c);
	else if (c->eeprom_busy)
		eeprom_finish(c);
	avr_terminate(c->avr);
	free(c->avr);
	free(c);
}

/* ---- running ---- */

uint64_t chip_cycle(const struct chip *c)
{
	return c->avr->cycle;
}

static avr_cycle_count_t instant(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
	(void)avr;
	(void)when;
	(void)param;
	return 0;
}

static void unhang(struct chip *c)
{
	if (!c->is_hung)
		return;
	memcpy(c->avr->flash + c->hung_at, c->hung_word, sizeof c->hung_word);
	c->is_hung = false;
}

/* The level is also named as the port's external pull: otherwise each write to the port register would let go of the
   pin for a moment. */
void chip_drive(struct chip *c, char port, uint8_t bit, bool level)
{
	uint8_t index = (uint8_t)(port - 'A');
	avr_ioport_external_t pull = {.name = (unsigned long)port & 0x7FUL};

	c->driven[index] |= (uint8_t)(1U << bit);
	c->levels[index] &= (uint8_t)(~(1U << bit));
	c->levels[index] |= (uint8_t)(level << bit);
	pull.mask = c->driven[index];
	pull.value = c->levels[index];
	avr_ioctl(c->avr, (uint32_t)AVR_IOCTL_IOPORT_SET_EXTERNAL(port), &pull);
	avr_raise_irq(avr_io_getirq(c->avr, (uint32_t)AVR_IOCTL_IOPORT_GETIRQ(port), bit), level);
}

/* A reset has zeroed the PIN registers, and a level that does not change is not passed on. */
static void drive_again(struct chip *c)
{
	for (uint8_t port = 0; port < sizeof c->driven; port++) {
		for (uint8_t bit = 0; bit < 8; bit++) {
			if ((c->driven[port] >> bit & 1) == 0)
				continue;
			chip_drive(c, (char)('A' + port), bit, (c->levels[port] >> bit & 1) == 0);
			chip_drive(c, (char)('A' + port), bit, (c->levels[port] >> bit & 1) == 0);
		}
	}
}

enum chip_run chip_run(struct chip *c, uint64_t until)
{
	if (until > c->avr->cycle)
		avr_cycle_timer_register(c->avr, until - c->avr->cycle, instant, c);
	c->has_moved = false;
	c->avr->run_cycle_limit = CYCLES_AT_ONCE;
	while (c->avr->cycle < until && !c->was_reset && !c->has_moved)
		avr_run(c->avr);
	if (!c->was_reset) {
		avr_cycle_timer_cancel(c->avr, instant, c);
		return CHIP_RAN;
	}
	c->was_reset = false;
	ease_interrupt_pins(c->avr);
	unhang(c);
	drive_again(c);
	return CHIP_RESET;
}

uint8_t chip_output(const struct chip *c, char port)
{
	avr_ioport_state_t state;

	avr_ioctl(c->avr, (uint32_t)AVR_IOCTL_IOPORT_GETSTATE(port), &state);
	return (uint8_t)(state.port & state.ddr);
}

void chip_receive(struct chip *c, uint8_t byte)
{
	avr_raise_irq(avr_io_getirq(c->avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT), byte);
}

void chip_hang(struct chip *c)
{
	static const uint8_t jump_to_itself[2] = {0xFF, 0xCF};

	if (c->is_hung)
		return;
	c->is_hung = true;
	c->hung_at = c->avr->pc;
	memcpy(c->hung_word, c->avr->flash + c->hung_at, sizeof c->hung_word);
	memcpy(c->avr->flash + c->hung_at, jump_to_itself, sizeof jump_to_itself);
}
