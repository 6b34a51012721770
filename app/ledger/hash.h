/* Hashes: SHA-256, and the two RFC 6962 uses of it. Thread-safe; never fails (no memory for it ends the program). */
#ifndef KANNUKI_LEDGER_HASH_H
#define KANNUKI_LEDGER_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_SIZE = 32 };

void hash_bytes(uint8_t out[HASH_SIZE], const void *data, size_t len);
/* SHA-256(0x00 ‖ data): an entry. */
void hash_leaf(uint8_t out[HASH_SIZE], const void *data, size_t len);
/* SHA-256(0x01 ‖ left ‖ right): an inner node. `out` may be one of the inputs. */
void hash_node(uint8_t out[HASH_SIZE], const uint8_t left[HASH_SIZE], const uint8_t right[HASH_SIZE]);

/* For data that arrives in pieces. hasher_end releases it. */
struct hasher;
struct hasher *hasher_new(void);
void hasher_add(struct hasher *h, const void *data, size_t len);
void hasher_end(struct hasher *h, uint8_t out[HASH_SIZE]);

#endif
