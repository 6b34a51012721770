#include "board/simulator/board.h"

#include "firmware/core/crc16.h"

#include <string.h>

void board_provision_as(uint8_t eeprom[BOARD_EEPROM_SIZE], const struct board_choices *choices)
{
	uint8_t *block = eeprom + PROVISION_AT;
	uint16_t crc;

	memset(block, 0, PROVISION_SIZE);
	block[PROVISION_MAGIC] = 'K';
	block[PROVISION_MAGIC + 1] = 'N';
	block[PROVISION_VERSION] = 2;
	block[PROVISION_FITTED] = choices->fitted;
	block[PROVISION_ISOLATE] = choices->isolate;
	block[PROVISION_STAY] = choices->stay;
	block[PROVISION_LOSS] = choices->loss;
	block[PROVISION_PULSE] = choices->pulse;
	block[PROVISION_BAUD] = choices->baud;
	block[PROVISION_HEARTBEAT_MS] = (uint8_t)(choices->heartbeat_ms >> 8);
	block[PROVISION_HEARTBEAT_MS + 1] = (uint8_t)choices->heartbeat_ms;
	for (int i = 0; i < 8; i++)
		block[PROVISION_CONTROLLER + i] = (uint8_t)(choices->controller >> (56 - 8 * i));
	for (int i = 0; i < 4; i++)
		block[PROVISION_JOURNAL + i] = (uint8_t)(choices->journal >> (24 - 8 * i));
	crc = crc16(block, PROVISION_CRC);
	block[PROVISION_CRC] = (uint8_t)crc;
	block[PROVISION_CRC + 1] = (uint8_t)(crc >> 8);
}

void board_provision(uint8_t eeprom[BOARD_EEPROM_SIZE], uint64_t controller, int uplinks)
{
	uint8_t fitted = (uint8_t)((1U << uplinks) - 1);
	const struct board_choices choices = {.controller = controller,
					      .fitted = fitted,
					      .isolate = fitted,
					      .heartbeat_ms = BOARD_HEARTBEAT_MS,
					      .journal = (uint32_t)(controller >> 32 ^ controller) | 1};

	board_provision_as(eeprom, &choices);
}
