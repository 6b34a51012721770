/* Decimal numbers as the formats write them: no sign, no leading zero, at most 2^63 - 1. */
#ifndef KANNUKI_LEDGER_NUMBER_H
#define KANNUKI_LEDGER_NUMBER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { NUMBER_SIZE = 20 };

enum err number_parse(const char *text, size_t len, uint64_t *out) MUST_USE;

#endif
