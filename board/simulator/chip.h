/* The simulated ATmega1284P, with what the simulator leaves out: see chip.c. Its time starts at 0. */
#ifndef KANNUKI_SIMULATOR_CHIP_H
#define KANNUKI_SIMULATOR_CHIP_H

#include <stdbool.h>
#include <stdint.h>

struct chip;

struct chip_image {
	uint8_t *bytes;
	uint32_t size, start;
};
bool chip_image_read(struct chip_image *image, const char *path);
void chip_image_free(struct chip_image *image);

struct chip_hooks {
	void *context;
	void (*sent)(void *context, uint8_t byte); /* a byte left the UART */
	void (*wrote)(void *context, uint16_t at); /* a byte of EEPROM is being written */
};

/* Power on. Borrows image and eeprom (4096 bytes, kept up to date). NULL: no memory. */
struct chip *chip_new(const struct chip_image *image, uint8_t *eeprom, uint8_t reset_flags,
		      const struct chip_hooks *hooks);
/* Power off; a byte of EEPROM being written is torn. */
void chip_free(struct chip *c);

enum chip_run { CHIP_RAN, CHIP_RESET };
uint64_t chip_cycle(const struct chip *c);
/* Runs until `until`, a reset or a change of port C or D, whichever is first; after a reset all inputs must be driven
 * again.
 */
enum chip_run chip_run(struct chip *c, uint64_t until);

void chip_drive(struct chip *c, char port, uint8_t bit, bool level);
/* Levels of the pins that are outputs; 0 for inputs. */
uint8_t chip_output(const struct chip *c, char port);
/* A byte begins to arrive. */
void chip_receive(struct chip *c, uint8_t byte);
void chip_hang(struct chip *c);
/* A byte of EEPROM is being written. */
bool chip_is_writing(const struct chip *c);

#endif
