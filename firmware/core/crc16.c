#include "firmware/core/crc16.h"

uint16_t crc16(const uint8_t *data, uint16_t length)
{
	uint16_t crc = 0xFFFF;

	for (uint16_t i = 0; i < length; i++) {
		crc = (uint16_t)(crc ^ data[i]);
		for (uint8_t bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc & 1) != 0 ? (crc >> 1) ^ 0xA001 : crc >> 1);
	}
	return crc;
}
