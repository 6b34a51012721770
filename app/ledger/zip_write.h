/* Writes a stored ZIP (PKWARE APPNOTE 6.3; ZIP64 where needed), member after member, in constant memory.
 *
 *   local header ‖ data                for each member; size and CRC-32 are filled in when it ends
 *   directory                          one record for each member
 *   ZIP64 end record and locator       when there are more than 65,534 members or 4 GiB before the end
 *   end record                         without a comment
 *
 * The directory is collected in a file of its own that loses its name at once. All dates are 1980-01-01, so that equal
 * members make equal files.
 */
#ifndef KANNUKI_LEDGER_ZIP_WRITE_H
#define KANNUKI_LEDGER_ZIP_WRITE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZIP_NAME_MAX = 255 };

struct zip_writer {
	int fd, directory;       /* fd is the caller's */
	uint64_t offset;         /* where the next byte goes */
	uint64_t members, bytes; /* what the directory holds */
	/* The member that is open. */
	char name[ZIP_NAME_MAX + 1];
	uint64_t start, size;
	uint32_t crc;
	bool is_large; /* its local header has room for 64-bit sizes */
};

/* `fd` is open for writing, at its beginning; `spare` is a path for the directory's file. Where the system refuses,
   errno tells why. */
enum err zip_write_open(struct zip_writer *z, int fd, const char *spare) MUST_USE;
/* `at_most`: a size that the member will not exceed. */
enum err zip_write_begin(struct zip_writer *z, const char *name, uint64_t at_most) MUST_USE;
enum err zip_write_add(struct zip_writer *z, const void *data, size_t len) MUST_USE;
/* ERR_RANGE: it grew beyond what was promised. */
enum err zip_write_end(struct zip_writer *z) MUST_USE;
/* The directory and the end records. */
enum err zip_write_finish(struct zip_writer *z) MUST_USE;
void zip_write_close(struct zip_writer *z);

#endif
