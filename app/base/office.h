/* Text as office programs save it: UTF-8 with or without a byte order mark, or CP932 ("Shift_JIS"). */
#ifndef KANNUKI_BASE_OFFICE_H
#define KANNUKI_BASE_OFFICE_H

#include "base/bytes.h"

/* Appends it as UTF-8, without the mark. ERR_FORMAT: it is neither. */
enum err office_decode(struct buf *out, const char *data, size_t len) MUST_USE;

#endif
