/* Reads a ZIP file of stored members without trust. What two unpacking programs could read in two ways is refused:
 *
 *   local header ‖ data            member after member, from the first byte of the file on, no gap and no overlap
 *   directory                      a record for each member; the local headers say the same
 *   ZIP64 end record and locator   agreeing with the end record
 *   end record                     without a comment, the last 22 bytes of the file
 *
 * Names are plain relative paths, each there once. It keeps 10 bytes for each member; safe for several threads once
 * it is open.
 */
#ifndef KANNUKI_LEDGER_ZIP_READ_H
#define KANNUKI_LEDGER_ZIP_READ_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZIP_PATH_MAX = 1024, ZIP_KEY_SIZE = 16, ZIP_BLAMED_SIZE = 96 };

struct zip {
	int fd;                  /* the caller's */
	uint64_t directory, end; /* where the directory begins and ends */
	uint64_t members;
	uint64_t *slots, slot_count;  /* a hash table: 24 bits of a name's hash, and where in the directory it is */
	uint8_t key[ZIP_KEY_SIZE];    /* random, so that nobody can choose names that collide */
	char blamed[ZIP_BLAMED_SIZE]; /* the member that a failure is about, or "ZIP" */
};

struct zip_member {
	char name[ZIP_PATH_MAX + 1];
	uint64_t at, size; /* its bytes */
	uint32_t crc;
};

/* True when the file begins like a ZIP file with a member. */
bool zip_is_one(int fd);
/* Checks the whole envelope, all but the members' CRC-32. ERR_CORRUPT: why is in `f`; ERR_FORMAT: packed by another
 * program, which compresses, encrypts, or writes sizes after the data; or with a folder around the bundle.
 */
enum err zip_open(struct zip *z, int fd, struct fault *f) MUST_USE;
void zip_close(struct zip *z);
/* ERR_MISSING. */
enum err zip_find(const struct zip *z, const char *name, struct zip_member *out) MUST_USE;
/* The member whose record is at *at, and moves *at on; begins with z->directory. ERR_MISSING: the end. */
enum err zip_next(const struct zip *z, uint64_t *at, struct zip_member *out) MUST_USE;
/* At most `room` bytes, 0 at the end of the file. */
enum err zip_pread(int fd, void *out, size_t room, uint64_t at, size_t *got) MUST_USE;

#endif
