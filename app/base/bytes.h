/* Bytes: a growing buffer with a cap, and the text encodings of bytes (hex, base64, base64url, base32). */
#ifndef KANNUKI_BASE_BYTES_H
#define KANNUKI_BASE_BYTES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* A byte string that grows up to `cap`. Zero-initialise, or buf_init; buf_fini releases.
   The data is always followed by a zero byte, so a text may be read as a C string.
   Errors are sticky: after one failed append every later one fails too, so a writer may append
   many times and look at buf_status once. */
struct buf {
	char *data;
	size_t len;
	size_t size;
	size_t cap;
	enum err err;
};

enum { BUF_CAP_DEFAULT = 64 * 1024 * 1024 };

void buf_init(struct buf *b, size_t cap);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b);
enum err buf_status(const struct buf *b) MUST_USE;

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *text);
void buf_addc(struct buf *b, char c);
void buf_addn(struct buf *b, uint64_t number); /* decimal */
void buf_add_base64url(struct buf *b, const void *data, size_t len);
void buf_addf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* The contents as a heap string that the caller frees; the buffer is empty afterwards.
   NULL when an append had failed. */
char *buf_take(struct buf *b);

/* Encoders write a zero-terminated text; `out` holds at least the named size. */
#define HEX_SIZE(n) (2 * (n) + 1)
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)
#define BASE32_SIZE(n) ((8 * (n) + 4) / 5 + 1)
enum { DECIMAL_SIZE = 21 };

void decimal_encode(char out[DECIMAL_SIZE], uint64_t number);
void hex_encode(char *out, const void *data, size_t len);
void base64_encode(char *out, const void *data, size_t len);    /* standard alphabet, padded */
void base64url_encode(char *out, const void *data, size_t len); /* URL alphabet, no padding */
void base32_encode(char *out, const void *data, size_t len);    /* RFC 4648 upper case, no padding */

/* Decoders are strict: exact alphabet, exact padding, zero spare bits, nothing left over.
   `*len` is in: room, out: bytes written. Outputs are untouched on failure. */
enum err hex_decode(void *out, size_t *len, const char *text, size_t text_len) MUST_USE;
enum err base64_decode(void *out, size_t *len, const char *text, size_t text_len) MUST_USE;
enum err base64url_decode(void *out, size_t *len, const char *text, size_t text_len) MUST_USE;

#endif
