#include "ledger/zip_write.h"

#include "base/crc32.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	LOCAL_SIGNATURE = 0x04034b50,
	RECORD_SIGNATURE = 0x02014b50,
	END64_SIGNATURE = 0x06064b50,
	LOCATOR_SIGNATURE = 0x07064b50,
	END_SIGNATURE = 0x06054b50,
	VERSION_PLAIN = 10,
	VERSION_ZIP64 = 45,
	MADE_ON_UNIX = 3 << 8,
	DATE_1980 = 1 << 5 | 1,
	ZIP64_TAG = 1,
	HEADER_MAX = 128,
	LARGE_EXTRA = 20, /* tag, length, two sizes */
};
#define FULL32 UINT32_MAX
#define FULL16 UINT16_MAX
#define MODE_PRIVATE_FILE (0100600u << 16)

/* ---- numbers, little-endian ---- */

struct header {
	uint8_t bytes[HEADER_MAX + ZIP_NAME_MAX];
	size_t len;
};

static void put(struct header *h, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		h->bytes[h->len++] = (uint8_t)(value >> 8 * i);
}

static void put_name(struct header *h, const char *name)
{
	size_t len = strlen(name);

	memcpy(h->bytes + h->len, name, len);
	h->len += len;
}

static enum err write_all(int fd, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t done = write(fd, at, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_from_errno(errno);
		at += done;
		len -= (size_t)done;
	}
	return ERR_OK;
}

static enum err append(struct zip_writer *z, const void *data, size_t len)
{
	enum err err = write_all(z->fd, data, len);

	if (err == ERR_OK)
		z->offset += len;
	return err;
}

/* ---- members ---- */

enum err zip_write_open(struct zip_writer *z, int fd, const char *spare)
{
	int directory = open(spare, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (directory < 0)
		return err_from_errno(errno);
	(void)unlink(spare);
	*z = (struct zip_writer){.fd = fd, .directory = directory};
	return ERR_OK;
}

static void make_local_header(struct header *h, const struct zip_writer *z)
{
	put(h, LOCAL_SIGNATURE, 4);
	put(h, z->is_large ? VERSION_ZIP64 : VERSION_PLAIN, 2);
	put(h, 0, 2); /* flags */
	put(h, 0, 2); /* stored */
	put(h, 0, 2); /* time */
	put(h, DATE_1980, 2);
	put(h, z->crc, 4);
	put(h, z->is_large ? FULL32 : z->size, 4);
	put(h, z->is_large ? FULL32 : z->size, 4);
	put(h, strlen(z->name), 2);
	put(h, z->is_large ? LARGE_EXTRA : 0, 2);
	put_name(h, z->name);
	if (!z->is_large)
		return;
	put(h, ZIP64_TAG, 2);
	put(h, LARGE_EXTRA - 4, 2);
	put(h, z->size, 8);
	put(h, z->size, 8);
}

enum err zip_write_begin(struct zip_writer *z, const char *name, uint64_t at_most)
{
	struct header h = {.len = 0};

	if ((size_t)snprintf(z->name, sizeof z->name, "%s", name) >= sizeof z->name)
		return ERR_RANGE;
	z->start = z->offset;
	z->size = 0;
	z->crc = 0;
	z->is_large = at_most >= FULL32;
	make_local_header(&h, z);
	return append(z, h.bytes, h.len);
}

enum err zip_write_add(struct zip_writer *z, const void *data, size_t len)
{
	z->crc = crc32_add(z->crc, data, len);
	z->size += len;
	return append(z, data, len);
}

/* Of the sizes and the offset only those that do not fit into 32 bits are in the extra field. */
static void put_record(struct header *h, const struct zip_writer *z)
{
	unsigned extra = (z->is_large ? 16U : 0U) + (z->start >= FULL32 ? 8U : 0U);

	put(h, RECORD_SIGNATURE, 4);
	put(h, MADE_ON_UNIX | VERSION_ZIP64, 2);
	put(h, extra > 0 ? VERSION_ZIP64 : VERSION_PLAIN, 2);
	put(h, 0, 2);
	put(h, 0, 2);
	put(h, 0, 2);
	put(h, DATE_1980, 2);
	put(h, z->crc, 4);
	put(h, z->is_large ? FULL32 : z->size, 4);
	put(h, z->is_large ? FULL32 : z->size, 4);
	put(h, strlen(z->name), 2);
	put(h, extra > 0 ? extra + 4 : 0, 2);
	put(h, 0, 2); /* comment */
	put(h, 0, 2); /* disk */
	put(h, 0, 2); /* internal attributes */
	put(h, MODE_PRIVATE_FILE, 4);
	put(h, z->start >= FULL32 ? FULL32 : z->start, 4);
	put_name(h, z->name);
	if (extra == 0)
		return;
	put(h, ZIP64_TAG, 2);
	put(h, extra, 2);
	put(h, z->size, z->is_large ? 8 : 0);
	put(h, z->size, z->is_large ? 8 : 0);
	put(h, z->start, z->start >= FULL32 ? 8 : 0);
}

enum err zip_write_end(struct zip_writer *z)
{
	struct header local = {.len = 0}, record = {.len = 0};
	enum err err;

	if (!z->is_large && z->size >= FULL32)
		return ERR_RANGE;
	make_local_header(&local, z);
	put_record(&record, z);
	if (pwrite(z->fd, local.bytes, local.len, (off_t)z->start) != (ssize_t)local.len)
		return err_from_errno(errno);
	err = write_all(z->directory, record.bytes, record.len);
	if (err == ERR_OK) {
		z->members++;
		z->bytes += record.len;
	}
	return err;
}

/* ---- the end ---- */

static enum err copy_directory(struct zip_writer *z)
{
	uint8_t chunk[16384];
	enum err err = ERR_OK;
	ssize_t got = 1;

	if (lseek(z->directory, 0, SEEK_SET) != 0)
		return err_from_errno(errno);
	while (err == ERR_OK && (got = read(z->directory, chunk, sizeof chunk)) > 0)
		err = append(z, chunk, (size_t)got);
	return got < 0 ? err_from_errno(errno) : err;
}

static void put_end64(struct header *h, const struct zip_writer *z, uint64_t directory)
{
	put(h, END64_SIGNATURE, 4);
	put(h, 44, 8); /* what follows */
	put(h, MADE_ON_UNIX | VERSION_ZIP64, 2);
	put(h, VERSION_ZIP64, 2);
	put(h, 0, 4);
	put(h, 0, 4);
	put(h, z->members, 8);
	put(h, z->members, 8);
	put(h, z->bytes, 8);
	put(h, directory, 8);
	put(h, LOCATOR_SIGNATURE, 4);
	put(h, 0, 4);
	put(h, directory + z->bytes, 8);
	put(h, 1, 4); /* disks */
}

enum err zip_write_finish(struct zip_writer *z)
{
	uint64_t directory = z->offset;
	bool many = z->members >= FULL16, far = directory >= FULL32 || z->bytes >= FULL32;
	struct header h = {.len = 0};
	enum err err = copy_directory(z);

	if (err != ERR_OK)
		return err;
	if (many || far)
		put_end64(&h, z, directory);
	put(&h, END_SIGNATURE, 4);
	put(&h, 0, 2);
	put(&h, 0, 2);
	put(&h, many ? FULL16 : z->members, 2);
	put(&h, many ? FULL16 : z->members, 2);
	put(&h, z->bytes >= FULL32 ? FULL32 : z->bytes, 4);
	put(&h, directory >= FULL32 ? FULL32 : directory, 4);
	put(&h, 0, 2); /* comment */
	return append(z, h.bytes, h.len);
}

void zip_write_close(struct zip_writer *z)
{
	if (z->directory >= 0)
		(void)close(z->directory);
	z->directory = -1;
}
