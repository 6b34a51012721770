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

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len < 0) {
		b->err = ERR_FORMAT;
	} else if (reserve(b, (size_t)len)) {
		(void)vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
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

void base64_encode(char *out, const void *data, size_t len)
{
	out = encode_bits(out, data, len, 6, alphabet64);
	for (size_t i = len; i % 3 != 0; i++)
		*out++ = '=';
	*out = '\0';
}

void base64url_encode(char *out, const void *data, size_t len)
{
	*encode_bits(out, data, len, 6, alphabet64url) = '\0';
}

void base32_encode(char *out, const void *data, size_t len)
{
	*encode_bits(out, data, len, 5, alphabet32) = '\0';
}

static int digit_of(const char *alphabet, char c)
{
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

enum err hex_decode(void *out, size_t *len, const char *text, size_t text_len)
{
	uint8_t *bytes = out;

	if (text_len % 2 != 0)
		return ERR_FORMAT;
	if (text_len / 2 > *len)
		return ERR_RANGE;
	for (size_t i = 0; i < text_len; i++)
		if (digit_of(hex_digits, text[i]) < 0)
			return ERR_FORMAT;
	for (size_t i = 0; i < text_len; i += 2)
		bytes[i / 2] = (uint8_t)(digit_of(hex_digits, text[i]) * 16 + digit_of(hex_digits, text[i + 1]));
	*len = text_len / 2;
	return ERR_OK;
}

/* `text_len` without padding. First all characters are judged, then written. */
static enum err decode64(uint8_t *out, size_t *len, const char *text, size_t text_len, const char *alphabet)
{
	size_t bytes = text_len * 6 / 8, at = 0;
	uint32_t pending = 0;
	unsigned have = 0;

	if (text_len % 4 == 1)
		return ERR_FORMAT;
	for (size_t i = 0; i < text_len; i++)
		if (digit_of(alphabet, text[i]) < 0)
			return ERR_FORMAT;
	if (text_len % 4 != 0) {
		unsigned spare = text_len % 4 == 2 ? 15U : 3U;

		if (((unsigned)digit_of(alphabet, text[text_len - 1]) & spare) != 0)
			return ERR_FORMAT;
	}
	if (bytes > *len)
		return ERR_RANGE;
	for (size_t i = 0; i < text_len; i++) {
		pending = (pending << 6 | (uint32_t)digit_of(alphabet, text[i])) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[at++] = (uint8_t)(pending >> have);
		}
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
	return decode64(out, len, text, text_len - padding, alphabet64);
}

enum err base64url_decode(void *out, size_t *len, const char *text, size_t text_len)
{
	return decode64(out, len, text, text_len, alphabet64url);
}
