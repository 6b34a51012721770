#include "firmware/core/crc16.h"

/* Four bits at a time: a quarter of the time of one, for 32 bytes of table. */
static const uint16_t steps[16] = {0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
				   0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400};

uint16_t crc16(const uint8_t *data, uint16_t length)
{
	uint16_t crc = 0xFFFF;

	for (uint16_t i = 0; i < length; i++) {
		crc = (uint16_t)(crc ^ data[i]);
		crc = (uint16_t)(crc >> 4 ^ steps[crc & 0x0F]);
		crc = (uint16_t)(crc >> 4 ^ steps[crc & 0x0F]);
	}
	return crc;
}
