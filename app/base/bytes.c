#include "base/bytes.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){.cap = cap};
}

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.cap = b->cap};
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->err = ERR_OK;
	if (b->data != NULL)
		b->data[0] = '\0';
}

enum err buf_status(const struct buf *b)
{
	return b->err;
}

static bool reserve(struct buf *b, size_t extra)
{
	size_t cap = b->cap != 0 ? b->cap : BUF_CAP_DEFAULT;
	size_t size = b->size != 0 ? b->size : 256;
	char *data;

	if (b->err != ERR_OK)
		return false;
	if (extra > cap - b->len) {
		b->err = ERR_FULL;
		return false;
	}
	if (b->data != NULL && b->len + extra < b->size)
		return true;
	while (size <= b->len + extra)
		size *= 2;
	data = realloc(b->data, size);
	if (data == NULL) {
		b->err = ERR_NOMEM;
		return false;
	}
	b->data = data;
	b->size = size;
	return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addn(struct buf *b, uint64_t number)
{
	char digits[DECIMAL_SIZE];

	decimal_encode(digits, number);
	buf_adds(b, digits);
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	size_t room;
	int len;

	/* Most texts fit into what is there already, and need not be formatted twice. */
	if (!reserve(b, 0))
		return;
	room = b->size - b->len;
	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(b->data + b->len, room, format, args);
	if (len < 0) {
		b->err = ERR_FORMAT;
	} else if (reserve(b, (size_t)len)) {
		if ((size_t)len >= room)
			(void)vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
	b->data[b->len] = '\0';
	va_end(again);
	va_end(args);
}

char *buf_take(struct buf *b)
{
	char *data;

	if (!reserve(b, 0))
		return NULL;
	data = b->data;
	data[b->len] = '\0';
	*b = (struct buf){.cap = b->cap};
	return data;
}

static const char hex_digits[] = "0123456789abcdef";
static const char alphabet64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char alphabet32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void decimal_encode(char out[DECIMAL_SIZE], uint64_t number)
{
	char digits[DECIMAL_SIZE] = "";
	size_t at = sizeof digits - 1;

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	memcpy(out, digits + at, sizeof digits - at);
}

void hex_encode(char *out, const void *data, size_t len)
{
	const uint8_t *in = data;

	for (size_t i = 0; i < len; i++) {
		*out++ = hex_digits[in[i] >> 4];
		*out++ = hex_digits[in[i] & 15];
	}
	*out = '\0';
}

/* Groups `bits` bits a character, the highest first; the last character is filled with zero bits. */
static char *encode_bits(char *out, const uint8_t *in, size_t len, unsigned bits, const char *alphabet)
{
	uint32_t pending = 0;
	unsigned have = 0;

	for (size_t i = 0; i < len; i++) {
		pending = pending << 8 | in[i];
		for (have += 8; have >= bits; have -= bits)
			*out++ = alphabet[pending >> (have - bits) & ((1U << bits) - 1)];
		pending &= (1U << have) - 1;
	}
	if (have > 0)
		*out++ = alphabet[pending << (bits - have) & ((1U << bits) - 1)];
	return out;
}

/* Three bytes at a time: this is on the path of every entry. */
static char *encode64(char *out, const uint8_t *data, size_t len, const char *alphabet)
{
	for (; len >= 3; len -= 3, data += 3) {
		uint32_t group = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];

		*out++ = alphabet[group >> 18];
		*out++ = alphabet[group >> 12 & 63U];
		*out++ = alphabet[group >> 6 & 63U];
		*out++ = alphabet[group & 63U];
	}
	return encode_bits(out, data, len, 6, alphabet);
}

void base64_encode(char *out, const void *data, size_t len)
{
	out = encode64(out, data, len, alphabet64);
	for (size_t i = len; i % 3 != 0; i++)
		*out++ = '=';
	*out = '\0';
}

void base64url_encode(char *out, const void *data, size_t len)
{
	*encode64(out, data, len, alphabet64url) = '\0';
}

void buf_add_base64url(struct buf *b, const void *data, size_t len)
{
	size_t encoded = BASE64_SIZE(len);

	if (!reserve(b, encoded))
		return;
	base64url_encode(b->data + b->len, data, len);
	b->len += strlen(b->data + b->len);
}

void base32_encode(char *out, const void *data, size_t len)
{
	*encode_bits(out, data, len, 5, alphabet32) = '\0';
}

/* Six bits of value, two of alphabet. Decoding is on the path of every entry that is verified, hence a table. */
enum { NOT_STANDARD = 0x40, NOT_URL = 0x80, NO_DIGIT = NOT_STANDARD | NOT_URL };
// clang-format off
#define X NO_DIGIT
static const uint8_t digits64[256] = {
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, NOT_URL | 62, X, NOT_STANDARD | 62, X, NOT_URL | 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, X, X, X, X, X, X,
	X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, X, X, X, X, NOT_STANDARD | 63,
	X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
	X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
};
#undef X
// clang-format on

static int hex_digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum err hex_decode(void *out, size_t *len, const char *text, size_t text_len)
{
	uint8_t *bytes = out;

	if (text_len % 2 != 0)
		return ERR_FORMAT;
	if (text_len / 2 > *len)
		return ERR_RANGE;
	for (size_t i = 0; i < text_len; i++)
		if (hex_digit_of(text[i]) < 0)
			return ERR_FORMAT;
	for (size_t i = 0; i < text_len; i += 2)
		bytes[i / 2] = (uint8_t)(hex_digit_of(text[i]) * 16 + hex_digit_of(text[i + 1]));
	*len = text_len / 2;
	return ERR_OK;
}

static uint32_t digit64(char c)
{
	return digits64[(unsigned char)c] & 63U;
}

/* All characters belong to the alphabet and the bits that make no byte are zero. */
static bool is_base64(const char *text, size_t len, unsigned wrong)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned flags = 0;
	size_t i = 0;

	for (; i + 4 <= len; i += 4)
		flags |= digits64[at[i]] | digits64[at[i + 1]] | digits64[at[i + 2]] | digits64[at[i + 3]];
	for (; i < len; i++)
		flags |= digits64[at[i]];
	if (len % 4 == 1 || (flags & wrong) != 0)
		return false;
	return len % 4 == 0 || (digit64(text[len - 1]) & (len % 4 == 2 ? 15U : 3U)) == 0;
}

/* `text_len` without padding. First all characters are judged, then written. */
static enum err decode64(uint8_t *out, size_t *len, const char *text, size_t text_len, unsigned wrong)
{
	size_t bytes = text_len * 6 / 8, at = 0, i = 0;
	uint32_t group;

	if (!is_base64(text, text_len, wrong))
		return ERR_FORMAT;
	if (bytes > *len)
		return ERR_RANGE;
	for (; i + 4 <= text_len; i += 4) {
		group = digit64(text[i]) << 18 | digit64(text[i + 1]) << 12 | digit64(text[i + 2]) << 6 |
			digit64(text[i + 3]);
		out[at++] = (uint8_t)(group >> 16);
		out[at++] = (uint8_t)(group >> 8);
		out[at++] = (uint8_t)group;
	}
	if (i + 2 <= text_len) {
		group = digit64(text[i]) << 18 | digit64(text[i + 1]) << 12;
		out[at++] = (uint8_t)(group >> 16);
		if (i + 3 == text_len)
			out[at] = (uint8_t)((group | digit64(text[i + 2]) << 6) >> 8);
	}
	*len = bytes;
	return ERR_OK;
}

enum err base64_decode(void *out, size_t *len, const char *text, size_t text_len)
{
	size_t padding = 0;

	if (text_len % 4 != 0)
		return ERR_FORMAT;
	while (padding < 2 && padding < text_len && text[text_len - 1 - padding] == '=')
		padding++;
	return decode64(out, len, text, text_len - padding, NOT_STANDARD);
}

enum err base64url_decode(void *out, size_t *len, const char *text, size_t text_len)
{
	return decode64(out, len, text, text_len, NOT_URL);
}
