/* The first byte chooses the name; the rest is a disclosure string, and a value to make one of. */
#include "ledger/disclosure.h"
#include "ledger/tight.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What passes as tight, Jansson writes again byte for byte. */
static void stands_as_it_must(const char *text, size_t len)
{
	bool ignored;
	json_t *json;
	char *again;

	if (!json_is_tight(text, len, &ignored))
		return;
	json = json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	again = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	if (again == NULL || strlen(again) != len || memcmp(again, text, len) != 0)
		abort();
	free(again);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t salt[SALT_SIZE] = {1};
	struct buf value = {0}, text = {0};
	enum disclosure_name name;
	struct fault f;

	if (len == 0)
		return 0;
	name = (enum disclosure_name)(data[0] % DISCLOSURE_COUNT);
	(void)!disclosure_parse(&value, name, (const char *)data + 1, len - 1);
	stands_as_it_must((const char *)data + 1, len - 1);
	/* What we write, we read. */
	if (disclosure_format(&text, name, salt, (const char *)data + 1, len - 1, &f) == ERR_OK &&
	    (text.len > DISCLOSURE_MAX || disclosure_parse(&value, name, text.data, text.len) != ERR_OK))
		abort();
	buf_fini(&value);
	buf_fini(&text);
	return 0;
}
