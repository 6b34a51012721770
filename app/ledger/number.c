#include "ledger/number.h"

enum err number_parse(const char *text, size_t len, uint64_t *out)
{
	uint64_t value = 0;

	if (len == 0 || len > 19 || (text[0] == '0' && len > 1))
		return ERR_FORMAT;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return ERR_FORMAT;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (value > INT64_MAX)
		return ERR_FORMAT;
	*out = value;
	return ERR_OK;
}
