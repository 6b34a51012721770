/* The firmware's own version; the register map has another. */
#ifndef KANNUKI_FIRMWARE_VERSION_H
#define KANNUKI_FIRMWARE_VERSION_H

#define FIRMWARE_MAJOR 0
#define FIRMWARE_MINOR 2
#define FIRMWARE_PATCH 0

#endif
