/* A disclosure: base64url of the JSON array ["<salt>","<name>",<value>], written without any space around the three.
 * The salt is 22 base64url characters (128 random bits). The leaf holds SHA-256 of the base64url string.
 */
#ifndef KANNUKI_LEDGER_DISCLOSURE_H
#define KANNUKI_LEDGER_DISCLOSURE_H

#include "ledger/entry.h"

enum {
	SALT_SIZE = 16,
	DISCLOSURE_VALUE_MAX = 64 * 1024,
	/* ["…22…","person",VALUE] in base64url. */
	DISCLOSURE_MAX = (DISCLOSURE_VALUE_MAX + 48) / 3 * 4 + 4
};

/* Appends the string for `value`, a JSON text (written again without needless spaces): body an object with a string
   "act", files an array, person an object, text any value. ERR_FORMAT: it is not; ERR_RANGE: larger than 64 KiB. */
enum err disclosure_format(struct buf *out, enum disclosure_name name, const uint8_t salt[SALT_SIZE], const char *value,
			   size_t len, struct fault *f) MUST_USE;
/* Strict base64url of ["<salt>","<name>",…]; that what follows is JSON, its hash in the entry says. `decoded` is room.
 */
bool disclosure_has_form(char decoded[DISCLOSURE_MAX], enum disclosure_name name, const char *text, size_t len);
/* Puts the JSON text of the value into `value` (cleared first). ERR_FORMAT: not a disclosure of this name. */
enum err disclosure_parse(struct buf *value, enum disclosure_name name, const char *text, size_t len) MUST_USE;

#endif
