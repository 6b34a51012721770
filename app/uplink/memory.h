/* What the controller keeps in EEPROM, kept in a file for firmware/core: 4096 bytes as in journal.h, then 16 random
 * ones that name this memory. It is mapped, so a byte that was written survives this process at once.
 *
 * The file belongs into a folder that is empty after each start of the machine (/run).
 */
#ifndef KANNUKI_UPLINK_MEMORY_H
#define KANNUKI_UPLINK_MEMORY_H

#include "base/err.h"
#include "firmware/core/journal.h"

/* "": memory that ends with the process. */
enum err memory_open(const char *path, struct fault *f) MUST_USE;
void memory_close(void);

const struct eeprom *memory_eeprom(void);
/* Nothing was in it when it was opened. */
bool memory_is_new(void);
/* Eight bytes that stand for the controller's number. */
const uint8_t *memory_name(void);
uint32_t memory_journal(void);

#endif
