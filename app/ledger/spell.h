/* JSON written without spaces, its members in their order, and each number as short as it can be: Jansson by itself
 * makes 1.1000000000000001 of 1.1.
 */
#ifndef KANNUKI_LEDGER_SPELL_H
#define KANNUKI_LEDGER_SPELL_H

#include "base/bytes.h"

#include <jansson.h>

/* ERR_NOMEM, or ERR_FULL when it would be longer than the buffer may be. NULL is no value: ERR_FORMAT. */
enum err json_spell(struct buf *out, json_t *value) MUST_USE;

#endif
