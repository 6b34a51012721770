/* The serial bus: 8E1, frames end after 1.75 ms of silence, or 3.5 characters when that is longer (timer 0). Half
 * duplex: what arrives between the end of a request and the end of its answer is thrown away.
 */
#ifndef KANNUKI_PORT_BUS_H
#define KANNUKI_PORT_BUS_H

#include "firmware/core/stamp.h"

#include <stdbool.h>
#include <stdint.h>

void bus_init(uint32_t baud);
/* A whole frame waits; it stays in place, and the bus deaf, until bus_send. */
bool bus_has_frame(void);
/* The frame, its length and the moment of its last byte. */
uint8_t *bus_frame(uint16_t *length, struct stamp *at);
/* Sends the first `length` bytes of the frame's buffer, or listens again when it is 0. */
void bus_send(uint16_t length);
/* Frames spoilt by parity, framing, overrun or length since the last call. */
uint8_t bus_take_spoilt(void);

#endif
