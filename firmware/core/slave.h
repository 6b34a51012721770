/* Modbus RTU slave: one frame in, one frame out. FC 1-6, 15, 16, 23.
 *
 *   frame  address u8, function u8, data, crc16 (low byte first); at most 256 bytes
 *
 * A write is checked as a whole before anything is changed. Frames with a bad CRC, for other slaves or for
 * everybody (address 0) are not answered.
 */
#ifndef KANNUKI_FIRMWARE_SLAVE_H
#define KANNUKI_FIRMWARE_SLAVE_H

#include "firmware/core/panel.h"

enum { SLAVE_FRAME_MAX = 256 };

/* `frame` is replaced by the answer; returns its length, 0 for silence. `at` is when the last byte came. */
uint16_t slave_answer(struct panel *p, uint8_t frame[SLAVE_FRAME_MAX], uint16_t length, struct stamp at);

#endif
