#include "ledger/zip_read.h"

#include "base/text.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOCAL_SIGNATURE = 0x04034b50,
	RECORD_SIGNATURE = 0x02014b50,
	END64_SIGNATURE = 0x06064b50,
	LOCATOR_SIGNATURE = 0x07064b50,
	END_SIGNATURE = 0x06054b50,
	LOCAL_SIZE = 30,
	RECORD_SIZE = 46,
	END64_SIZE = 56,
	LOCATOR_SIZE = 20,
	END_SIZE = 22,
	EXTRA_MAX = 1024,
	HEADER_MAX = RECORD_SIZE + ZIP_PATH_MAX + EXTRA_MAX,
	/* Encrypted; sizes after the data; strongly encrypted; masked: the box sets none of these. */
	FLAGS_OF_OTHERS = 1 | 1 << 3 | 1 << 6 | 1 << 13,
	EXTRA_ZIP64 = 0x0001,
	EXTRA_OTHER_NAME = 0x7075,
	POSITION_BITS = 40
};
#define FULL32 UINT64_C(0xffffffff)
#define FULL16 UINT64_C(0xffff)
#define POSITION_MASK ((UINT64_C(1) << POSITION_BITS) - 1)
#define TAG_MASK ((UINT64_C(1) << (64 - POSITION_BITS)) - 1)

/* What a local header and a directory record have in common. */
struct header {
	uint8_t raw[HEADER_MAX];
	size_t len; /* without the comment */
	const uint8_t *name, *extra;
	size_t name_len, extra_len;
	uint64_t flags, method, crc, packed, size, offset;
};

static uint64_t number(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

/* ---- faults ---- */

static enum err bad_file(struct fault *f, const char *reason)
{
	return fault_set(f, ERR_CORRUPT, _("the ZIP file %s"), reason);
}

static enum err bad_member(struct zip *z, const struct header *h, struct fault *f, const char *reason)
{
	if (h->name_len > 0)
		text_show(z->blamed, sizeof z->blamed, (const char *)h->name, h->name_len);
	return fault_set(f, ERR_CORRUPT, "%s: %s", z->blamed, reason);
}

/* ---- reading ---- */

enum err zip_pread(int fd, void *out, size_t room, uint64_t at, size_t *got)
{
	ssize_t len;

	do
		len = pread(fd, out, room, (off_t)at);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return err_from_errno(errno);
	*got = (size_t)len;
	return ERR_OK;
}

/* ERR_FORMAT: it ends before. */
static enum err read_all(int fd, void *out, size_t len, uint64_t at)
{
	size_t done = 0, got = 0;

	while (done < len) {
		enum err err = zip_pread(fd, (uint8_t *)out + done, len - done, at + done, &got);

		if (err != ERR_OK)
			return err;
		if (got == 0)
			return ERR_FORMAT;
		done += got;
	}
	return ERR_OK;
}

bool zip_is_one(int fd)
{
	uint8_t raw[4];

	return read_all(fd, raw, sizeof raw, 0) == ERR_OK && number(raw, 4) == LOCAL_SIGNATURE;
}

/* A header of either kind before `end`; `common` is where what both have begins. ERR_FORMAT: there is none. */
static enum err read_header(int fd, uint64_t at, uint64_t end, uint32_t signature, struct header *h)
{
	size_t fixed = signature == LOCAL_SIGNATURE ? LOCAL_SIZE : RECORD_SIZE;
	const uint8_t *common = h->raw + (signature == LOCAL_SIGNATURE ? 6 : 8);
	size_t room = at < end && end - at < sizeof h->raw ? (size_t)(end - at) : sizeof h->raw;
	enum err err;

	if (at >= end || room < fixed)
		return ERR_FORMAT;
	err = read_all(fd, h->raw, room, at);
	if (err != ERR_OK)
		return err;
	h->flags = number(common, 2);
	h->method = number(common + 2, 2);
	h->crc = number(common + 8, 4);
	h->packed = number(common + 12, 4);
	h->size = number(common + 16, 4);
	h->name_len = (size_t)number(common + 20, 2);
	h->extra_len = (size_t)number(common + 22, 2);
	h->name = h->raw + fixed;
	h->extra = h->name + h->name_len;
	h->len = fixed + h->name_len + h->extra_len;
	if (number(h->raw, 4) != signature || h->name_len > ZIP_PATH_MAX || h->extra_len > EXTRA_MAX || h->len > room)
		return ERR_FORMAT;
	return ERR_OK;
}

/* The numbers that did not fit stand in the ZIP64 field, in this order, and no others. */
static bool take_zip64(struct header *h, const uint8_t *at, size_t len)
{
	uint64_t *const fields[] = {&h->size, &h->packed, &h->offset};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (*fields[i] != FULL32)
			continue;
		if (len < 8)
			return false;
		*fields[i] = number(at, 8);
		at += 8;
		len -= 8;
	}
	return len == 0;
}

/* A second name would be what some programs unpack it by. */
static bool take_extra(struct header *h)
{
	const uint8_t *at = h->extra, *end = at + h->extra_len;
	bool is_awaited = h->size == FULL32 || h->packed == FULL32 || h->offset == FULL32;

	while (end - at >= 4) {
		uint64_t tag = number(at, 2), len = number(at + 2, 2);

		at += 4;
		if (len > (uint64_t)(end - at) || tag == EXTRA_OTHER_NAME)
			return false;
		if (tag == EXTRA_ZIP64) {
			if (!is_awaited || !take_zip64(h, at, (size_t)len))
				return false;
			is_awaited = false;
		}
		at += len;
	}
	return at == end && !is_awaited;
}

/* A directory record; *at moves behind it. */
static enum err read_record(const struct zip *z, uint64_t *at, struct header *h)
{
	enum err err = read_header(z->fd, *at, z->end, RECORD_SIGNATURE, h);
	uint64_t comment;

	if (err != ERR_OK)
		return err;
	comment = number(h->raw + 32, 2);
	h->offset = number(h->raw + 42, 4);
	if (number(h->raw + 34, 2) != 0 || comment > z->end - *at - h->len)
		return ERR_FORMAT;
	*at += h->len + comment;
	return ERR_OK;
}

/* The local header of a record whose extra field was taken, and where the bytes of the member are. */
static enum err read_local(const struct zip *z, const struct header *record, struct header *local, uint64_t *data)
{
	enum err err = read_header(z->fd, record->offset, z->directory, LOCAL_SIGNATURE, local);

	if (err != ERR_OK)
		return err;
	local->offset = 0;
	if (!take_extra(local) || local->flags != record->flags || local->method != record->method ||
	    local->crc != record->crc || local->packed != record->packed || local->size != record->size ||
	    local->name_len != record->name_len || memcmp(local->name, record->name, record->name_len) != 0 ||
	    record->size > z->directory - record->offset - local->len)
		return ERR_FORMAT;
	*data = record->offset + local->len;
	return ERR_OK;
}

/* ---- the end records ---- */

struct end {
	uint64_t records_here, records, bytes, at;
};

static bool is_full_or(uint64_t small, uint64_t full, uint64_t large)
{
	return small == full || small == large;
}

/* Where a locator stands before the end record, its numbers are those of the ZIP64 end record. */
static enum err read_end64(const struct zip *z, uint64_t *end_at, struct end *end)
{
	uint8_t raw[END64_SIZE + LOCATOR_SIZE], *locator = raw + END64_SIZE;
	struct end large;
	uint64_t at;
	enum err err;

	if (*end_at < sizeof raw)
		return ERR_OK;
	at = *end_at - sizeof raw;
	err = read_all(z->fd, raw, sizeof raw, at);
	if (err != ERR_OK || number(locator, 4) != LOCATOR_SIGNATURE)
		return err;
	large = (struct end){number(raw + 24, 8), number(raw + 32, 8), number(raw + 40, 8), number(raw + 48, 8)};
	if (number(locator + 4, 4) != 0 || number(locator + 8, 8) != at || number(locator + 16, 4) != 1 ||
	    number(raw, 4) != END64_SIGNATURE || number(raw + 4, 8) != END64_SIZE - 12 || number(raw + 16, 8) != 0 ||
	    !is_full_or(end->records_here, FULL16, large.records_here) ||
	    !is_full_or(end->records, FULL16, large.records) || !is_full_or(end->bytes, FULL32, large.bytes) ||
	    !is_full_or(end->at, FULL32, large.at))
		return ERR_FORMAT;
	*end = large;
	*end_at = at;
	return ERR_OK;
}

static enum err read_end(struct zip *z, struct fault *f)
{
	uint8_t raw[END_SIZE];
	uint64_t end_at;
	struct end end;
	struct stat about;
	enum err err;

	if (fstat(z->fd, &about) != 0)
		return fault_set(f, err_from_errno(errno), _("the ZIP file cannot be read: %s"), strerror(errno));
	if (about.st_size < END_SIZE)
		return bad_file(f, _("is cut off"));
	end_at = (uint64_t)about.st_size - END_SIZE;
	err = read_all(z->fd, raw, sizeof raw, end_at);
	if (err == ERR_OK && (number(raw, 4) != END_SIGNATURE || number(raw + 4, 4) != 0 || number(raw + 20, 2) != 0))
		return bad_file(f, _("is cut off, or something was added at its end"));
	end = (struct end){number(raw + 8, 2), number(raw + 10, 2), number(raw + 12, 4), number(raw + 16, 4)};
	if (err == ERR_OK)
		err = read_end64(z, &end_at, &end);
	if (err != ERR_OK && err != ERR_FORMAT)
		return fault_set(f, err, _("the ZIP file cannot be read: %s"), err_name(err));
	if (err != ERR_OK || end.records_here != end.records || end.bytes > end_at || end.at != end_at - end.bytes ||
	    end.bytes >= POSITION_MASK)
		return bad_file(f, _("contradicts itself: its directory is not where its end says"));
	z->directory = end.at;
	z->end = end_at;
	z->members = end.records;
	return ERR_OK;
}

enum { GENESIS = 1, GENESIS_DEEPER = 2 };

/* The genesis note of a bundle, or of one with a folder around it; else 0. */
static unsigned genesis_of(const struct header *record)
{
	static const char file[] = "genesis.note";
	const size_t len = sizeof file - 1;
	const uint8_t *name = record->name, *slash = memchr(name, '/', record->name_len);
	const uint8_t *last = slash != NULL && slash > name ? slash + 1 : name;

	if ((size_t)(name + record->name_len - last) != len || memcmp(last, file, len) != 0)
		return 0;
	return last == name ? GENESIS : GENESIS_DEEPER;
}

/* Before anything is said of a member: where another program packed what was in the box's ZIP file, nothing that is
 * odd about its envelope proves that somebody changed the bundle.
 */
static enum err read_directory(const struct zip *z, struct fault *f)
{
	struct header record;
	uint64_t at = z->directory, count = 0;
	unsigned genesis = 0;

	for (; at < z->end; count++) {
		enum err err = read_record(z, &at, &record);

		if (err == ERR_FORMAT)
			return bad_file(f, _("has a damaged directory"));
		if (err != ERR_OK)
			return fault_set(f, err, _("the ZIP file cannot be read: %s"), err_name(err));
		if (record.method != 0 || (record.flags & FLAGS_OF_OTHERS) != 0)
			return fault_set(
				f, ERR_FORMAT,
				_("the ZIP file was packed again by another program: unpack it and give the folder"));
		genesis |= genesis_of(&record);
	}
	if (count != z->members)
		return bad_file(f, _("has not as many files as it says"));
	return genesis != GENESIS_DEEPER
		       ? ERR_OK
		       : fault_set(f, ERR_FORMAT,
				   _("the bundle lies in a folder of the ZIP file: unpack it and give that folder"));
}

/* ---- the table of names ---- */

static uint64_t hash_of(const struct zip *z, const void *data, size_t len)
{
	uint8_t out[crypto_shorthash_BYTES];

	(void)crypto_shorthash(out, data, len, z->key);
	return number(out, sizeof out);
}

/* The slot that holds the name, or the free one where it belongs; `record` is the one found. */
static enum err find_slot(const struct zip *z, const void *name, size_t len, uint64_t **slot, struct header *record)
{
	uint64_t hash = hash_of(z, name, len), index = (hash >> 32) * z->slot_count >> 32;

	for (;; index = (index + 1) % z->slot_count) {
		uint64_t at = (z->slots[index] & POSITION_MASK) - 1 + z->directory;
		enum err err;

		*slot = &z->slots[index];
		if (z->slots[index] == 0)
			return ERR_MISSING;
		if (z->slots[index] >> POSITION_BITS != (hash & TAG_MASK))
			continue;
		err = read_record(z, &at, record);
		if (err != ERR_OK || (record->name_len == len && memcmp(record->name, name, len) == 0))
			return err;
	}
}

static enum err make_table(struct zip *z)
{
	z->slot_count = z->members + z->members / 4 + 1;
	z->slots = z->slot_count < UINT32_MAX ? calloc((size_t)z->slot_count, sizeof *z->slots) : NULL;
	randombytes_buf(z->key, sizeof z->key);
	return z->slots != NULL ? ERR_OK : ERR_NOMEM;
}

/* ---- the members ---- */

/* A relative path whose every part is a name of its own; the last may be empty, which makes it a folder. */
static bool is_plain(const uint8_t *name, size_t len)
{
	size_t part = 0;

	for (size_t i = 0; i < len; i++) {
		if (name[i] < 0x20 || name[i] == '\\' || (name[i] == '.' && i > 0 && name[i - 1] == '.'))
			return false;
		if (name[i] != '/')
			continue;
		if (i == part || (i == part + 1 && name[part] == '.'))
			return false;
		part = i + 1;
	}
	return len > 0 && !(len == part + 1 && name[part] == '.');
}

static const char *broken_sizes(const struct header *h)
{
	if (h->packed != h->size)
		return _("has two different sizes in the ZIP file");
	if (h->name[h->name_len - 1] == '/' && h->size != 0)
		return _("is a folder with content in the ZIP file");
	return NULL;
}

/* Members lie without gap or overlap exactly when each one's end is another's beginning, or the directory's. So the
 * sums of a keyed hash over all beginnings and over all ends are equal; and no order has to be kept or sorted.
 */
struct chain {
	uint64_t starts, ends;
};

static uint64_t link_of(const struct zip *z, uint64_t position)
{
	return hash_of(z, &position, sizeof position);
}

static enum err take_member(struct zip *z, uint64_t *at, struct chain *chain, struct fault *f)
{
	struct header record, local, other;
	uint64_t here = *at, data = 0, *slot = NULL;
	const char *reason;
	enum err err = read_record(z, at, &record);

	if (err != ERR_OK)
		return err;
	reason = is_plain(record.name, record.name_len) ? NULL : _("is no name that a file of a bundle can have");
	if (reason == NULL && !take_extra(&record))
		reason = _("has an extra field in the ZIP file that contradicts the rest");
	if (reason == NULL)
		reason = broken_sizes(&record);
	if (reason != NULL)
		return bad_member(z, &record, f, reason);
	err = read_local(z, &record, &local, &data);
	if (err != ERR_OK)
		return err == ERR_FORMAT ? bad_member(z, &record, f, _("is not where the ZIP file's directory says"))
					 : err;
	err = find_slot(z, record.name, record.name_len, &slot, &other);
	if (err != ERR_MISSING)
		return err == ERR_OK ? bad_member(z, &record, f, _("is in the ZIP file twice")) : err;
	*slot = (hash_of(z, record.name, record.name_len) & TAG_MASK) << POSITION_BITS | (here - z->directory + 1);
	chain->starts += link_of(z, record.offset);
	chain->ends += link_of(z, data + record.size);
	return ERR_OK;
}

static enum err take_members(struct zip *z, struct fault *f)
{
	struct chain chain = {link_of(z, z->directory), link_of(z, 0)};
	uint64_t at = z->directory;
	enum err err = ERR_OK;

	while (err == ERR_OK && at < z->end)
		err = take_member(z, &at, &chain, f);
	if (err != ERR_OK)
		return err == ERR_CORRUPT ? err
					  : fault_set(f, err, _("the ZIP file cannot be read: %s"), err_name(err));
	if (chain.starts != chain.ends)
		return bad_file(f, _("has members that overlap, or something between them"));
	return ERR_OK;
}

enum err zip_open(struct zip *z, int fd, struct fault *f)
{
	enum err err;

	*z = (struct zip){.fd = fd, .blamed = "ZIP"};
	err = read_end(z, f);
	if (err == ERR_OK)
		err = read_directory(z, f);
	if (err == ERR_OK && make_table(z) != ERR_OK)
		err = fault_set(f, ERR_NOMEM, _("no memory"));
	if (err == ERR_OK)
		err = take_members(z, f);
	if (err != ERR_OK)
		zip_close(z);
	return err;
}

void zip_close(struct zip *z)
{
	free(z->slots);
	z->slots = NULL;
}

static enum err give_member(const struct zip *z, struct header *record, struct zip_member *out)
{
	struct header local;
	uint64_t data;
	enum err err = take_extra(record) ? read_local(z, record, &local, &data) : ERR_FORMAT;

	if (err != ERR_OK)
		return err;
	*out = (struct zip_member){.at = data, .size = record->size, .crc = (uint32_t)record->crc};
	memcpy(out->name, record->name, record->name_len);
	return ERR_OK;
}

enum err zip_find(const struct zip *z, const char *name, struct zip_member *out)
{
	struct header record;
	uint64_t *slot;
	enum err err = find_slot(z, name, strlen(name), &slot, &record);

	return err == ERR_OK ? give_member(z, &record, out) : err;
}

enum err zip_next(const struct zip *z, uint64_t *at, struct zip_member *out)
{
	struct header record;
	enum err err = *at < z->end ? read_record(z, at, &record) : ERR_MISSING;

	return err == ERR_OK ? give_member(z, &record, out) : err;
}
