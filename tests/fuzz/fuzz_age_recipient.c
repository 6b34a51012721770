/* Age recipients as people type them. In one that is accepted no character could be another. */
#include "ledger/age.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct age_recipient first, second;
	struct fault fault = {.text = ""};
	char *text = malloc(len + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (age_recipient_parse(&first, text, &fault) != ERR_OK) {
		if (fault.text[0] == '\0')
			abort();
	} else {
		/* Any one changed character is met. */
		text[4 + data[10] % 58] ^= 1;
		if (age_recipient_parse(&second, text, &fault) == ERR_OK)
			abort();
	}
	free(text);
	return 0;
}
