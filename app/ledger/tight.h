/* JSON that stands already as a disclosure holds it: no needless space, nothing escaped, whole numbers. Most of what is
 * recorded is made that way, and need not be taken apart and put together again for each entry.
 */
#ifndef KANNUKI_LEDGER_TIGHT_H
#define KANNUKI_LEDGER_TIGHT_H

#include <stdbool.h>
#include <stddef.h>

/* True when reading `text` as JSON, refusing two members of one name, and writing it again without spaces gives the
   same bytes. False says nothing. *has_act: it is an object with a string "act". */
bool json_is_tight(const char *text, size_t len, bool *has_act);

#endif
