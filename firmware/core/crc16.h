/* The CRC of Modbus RTU, also used for every record in EEPROM. */
#ifndef KANNUKI_FIRMWARE_CRC16_H
#define KANNUKI_FIRMWARE_CRC16_H

#include <stdint.h>

/* Over `length` bytes. Sent and stored low byte first. */
uint16_t crc16(const uint8_t *data, uint16_t length);

#endif
