/* The flashable firmware on the simulated board, and a Modbus master inside the simulation: everything in simulated
 * time, so the same on every machine.
 */
#ifndef KANNUKI_TEST_SIMULATION_H
#define KANNUKI_TEST_SIMULATION_H

#include "board/simulator/board.h"

#include <stdbool.h>
#include <stdint.h>

enum { SIM_ANSWER_MAX = 512 };

struct sim {
	struct board *board;
	uint8_t eeprom[BOARD_EEPROM_SIZE];
	uint8_t answer[SIM_ANSWER_MAX];
	size_t answer_length;
	uint64_t answer_began; /* cycle of its first byte */
	uint16_t nonce;
	uint32_t command_nonce;
	uint16_t lamps;               /* asked for with every poll */
	uint16_t status[STATUS_SIZE]; /* the last good answer */
	uint64_t stop_at; /* 0, or the cycle at which `stop` is called whatever is going on; it sets the next */
	void (*stop)(struct sim *s, void *context);
	void *context;
};

/* What the status block says of the oldest event. */
struct sim_event {
	uint32_t number, arg, age_ms;
	uint16_t kind, uplink, times;
};

/* A provisioned board without power; the .hex is that of $KANNUKI_BUILD. Fails the test when there is none. */
void sim_open(struct sim *s);
void sim_close(struct sim *s);
/* Power on, start-up and self-test over, host present, all events acknowledged. */
void sim_up(struct sim *s);
/* Power off for `ms`, and on again until the start-up is over. */
void sim_power_cycle(struct sim *s, unsigned ms);

void sim_run_us(struct sim *s, uint64_t us);
void sim_run_ms(struct sim *s, uint64_t ms);
/* The same with a poll every 20 ms. */
void sim_run_polling(struct sim *s, uint64_t ms);

/* Sends `bytes` as they are and collects what comes within 40 ms. */
void sim_send(struct sim *s, const uint8_t *bytes, size_t length);
/* The same with the CRC added. */
void sim_ask(struct sim *s, const uint8_t *bytes, size_t length);
/* One exchange; fails the test without a good answer. */
void sim_poll(struct sim *s, uint32_t acknowledge);
/* Returns enum board_result. */
uint16_t sim_command(struct sim *s, uint16_t code, uint16_t uplinks, uint32_t argument);
uint32_t sim_latch(const struct sim *s);
/* FC 3. */
void sim_read(struct sim *s, uint16_t address, uint8_t count, uint16_t *out);
/* FC 16, with the check word put into the last one. */
void sim_write(struct sim *s, uint16_t address, uint8_t count, uint16_t *words);

struct sim_event sim_oldest(const struct sim *s);
/* Acknowledges the oldest event and returns it; number 0: there is none. */
struct sim_event sim_take(struct sim *s);
/* Takes events until one of `kind`; fails the test when it does not come within `ms`. */
struct sim_event sim_find(struct sim *s, enum board_event kind, uint64_t ms);
void sim_drop_events(struct sim *s);

/* Until no byte of EEPROM has been written for 20 ms. */
void sim_run_quiet(struct sim *s);

/* Button `bit` down at `at` for `ms`. */
void sim_press_at(struct sim *s, uint64_t at, uint8_t bit, unsigned ms);
/* Time of the newest note of this sort since log number `since`; 0: none. */
uint64_t sim_noted(const struct sim *s, uint64_t since, enum board_happening what, uint8_t index, uint8_t level);

/* A sequence of numbers that is the same every time. */
struct sim_dice {
	uint64_t state;
};
uint32_t sim_roll(struct sim_dice *dice, uint32_t below);

enum { SIM_DECLARE, SIM_ISOLATE, SIM_UPLINK, SIM_KEY = 6, SIM_TEST };

#endif
