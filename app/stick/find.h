/* The one USB stick that is plugged in, as far as can be told without mounting anything. */
#ifndef KANNUKI_STICK_FIND_H
#define KANNUKI_STICK_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stick_state { STICK_NONE, STICK_SEVERAL, STICK_UNKNOWN, STICK_PROTECTED, STICK_READY, STICK_STATE_COUNT };

enum { SECTOR_SIZE = 512, LABEL_SIZE = 12 };

struct stick {
	enum stick_state state;
	char device[96];        /* of the file system: /dev/sda1 */
	const char *type;       /* vfat, exfat */
	char label[LABEL_SIZE]; /* signs that a screen shows, or "" */
	uint64_t size;          /* bytes of the whole stick */
};

/* Which file system begins with this sector; false: none that is known. */
bool volume_read(const uint8_t sector[SECTOR_SIZE], const char **type, char label[LABEL_SIZE]);

/* Looks anew. Names, sizes and labels come from the stick: none of them is believed further than to be shown. */
void stick_find(struct stick *out);

#endif
