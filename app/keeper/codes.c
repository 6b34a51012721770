#include "keeper/codes.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Each digit is the one before it plus `step`; after 9 comes 0. */
static bool is_run(const char *pin, size_t len, int step)
{
	for (size_t i = 1; i < len; i++)
		if ((pin[i] - pin[i - 1] - step) % 10 != 0)
			return false;
	return true;
}

/* 121212, 123123: the same `period` digits again and again. */
static bool repeats(const char *pin, size_t len, size_t period)
{
	for (size_t i = period; i < len; i++)
		if (pin[i] != pin[i - period])
			return false;
	return true;
}

const char *pin_fault(const char *pin)
{
	size_t len = strlen(pin);

	if (strspn(pin, "0123456789") != len)
		return "digits";
	if (len < PIN_MIN || len > PIN_MAX)
		return "length";
	if (is_run(pin, len, 0))
		return "same";
	if (is_run(pin, len, 1) || is_run(pin, len, -1))
		return "run";
	if (repeats(pin, len, 2) || repeats(pin, len, 3))
		return "pattern";
	return NULL;
}
