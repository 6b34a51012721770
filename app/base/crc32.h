/* CRC-32 as ZIP and Ethernet use it (reflected, 0xEDB88320). */
#ifndef KANNUKI_BASE_CRC32_H
#define KANNUKI_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`; the first call gives 0. Thread-safe. */
uint32_t crc32_add(uint32_t crc, const void *data, size_t len);

#endif
