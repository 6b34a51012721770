#include "base/crc32.h"

#include <threads.h>

/* tables[k][b] is what byte b does to the remainder after k more bytes, so that eight bytes cost eight look-ups that
 * do not wait for each other.
 */
enum { STRIDE = 8 };
static uint32_t tables[STRIDE][256];
static once_flag once = ONCE_FLAG_INIT;

static void fill_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
		tables[0][byte] = crc;
	}
	for (int k = 1; k < STRIDE; k++)
		for (int byte = 0; byte < 256; byte++)
			tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
}

static uint32_t add_stride(uint32_t crc, const uint8_t *at)
{
	uint32_t next = 0;

	for (unsigned i = 0; i < 4; i++)
		next ^= tables[7 - i][at[i] ^ (crc >> 8 * i & 0xff)] ^ tables[3 - i][at[4 + i]];
	return next;
}

uint32_t crc32_add(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *at = data;

	call_once(&once, fill_tables);
	crc = ~crc;
	for (; len >= STRIDE; at += STRIDE, len -= STRIDE)
		crc = add_stride(crc, at);
	for (; len > 0; at++, len--)
		crc = crc >> 8 ^ tables[0][(crc ^ *at) & 0xff];
	return ~crc;
}
